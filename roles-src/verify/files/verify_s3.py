"""Put, get and delete an object over S3 (Signature Version 4)."""

import hashlib
import hmac
import os
import time
from urllib.parse import urlsplit

from verify_base import Wrong
from verify_web import request


class Bucket:
    def __init__(self, asker, question):
        self.asker = asker
        self.question = question

    def ask(self, method, bucket, key, body=b"", signed=True):
        """Status and text of the answer. Path and key are taken as they are: letters, digits, hyphens and slashes."""
        path = "/%s/%s" % (bucket, key)
        headers = self.sign(method, path, body) if signed else {}
        status, _, text = request(self.asker, self.question["endpoint"] + path, headers, method, body)
        return status, text

    def sign(self, method, path, body):
        now = time.gmtime()
        moment, day = time.strftime("%Y%m%dT%H%M%SZ", now), time.strftime("%Y%m%d", now)
        digest = hashlib.sha256(body).hexdigest()
        headers = {
            "host": urlsplit(self.question["endpoint"]).netloc,
            "x-amz-content-sha256": digest,
            "x-amz-date": moment,
        }
        names = ";".join(headers)
        lines = [method, path, "", *("%s:%s" % pair for pair in headers.items()), "", names, digest]
        scope = [day, self.question.get("region", "us-east-1"), "s3", "aws4_request"]
        asked = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", moment, "/".join(scope), asked])
        key = ("AWS4" + self.question["secret_key"]).encode()
        for part in scope:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        credential = "/".join([self.question["access_key"], *scope])
        return {
            "Host": headers["host"],
            "x-amz-content-sha256": digest,
            "x-amz-date": moment,
            "Authorization": "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=%s, Signature=%s"
            % (credential, names, signature),
        }

    def expect(self, statuses, method, bucket, key, body=b"", signed=True):
        status, text = self.ask(method, bucket, key, body, signed)
        if status not in statuses:
            code = text.partition("<Code>")[2].partition("</Code>")[0]
            raise Wrong("%s answered %d %s; wanted %s" % (method, status, code, statuses[0]))
        return text


def bucket(asker, question):
    here, name = Bucket(asker, question), question["bucket"]
    where = "%s, the bucket %s as %s" % (question["endpoint"], name, question["access_key"])

    def look():
        key, body = "verify/" + os.urandom(12).hex(), os.urandom(16).hex().encode() * 1024
        try:
            here.expect([200], "PUT", name, key, body)
            if here.expect([200], "GET", name, key).encode() != body:
                raise Wrong("what came back is not what was put there")
            here.expect([403], "GET", name, key, signed=False)
        finally:
            here.expect([204, 200], "DELETE", name, key)
        return "put, got and deleted an object of %d bytes; without a signature it was refused" % len(body)

    def refused(other):
        def look():
            here.expect([403], "PUT", other, "verify/" + os.urandom(12).hex(), b"x")
            return "refused"

        return look

    yield where, look
    for other in question.get("refused", []):
        yield "%s, to put into the bucket %s as %s" % (question["endpoint"], other, question["access_key"]), refused(other)
