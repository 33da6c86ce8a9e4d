"""Ask for pages as browsers and programs do, and look at certificates."""

import http.client
import json
import socket
import ssl
import time
from urllib.parse import urlsplit

from verify_base import Wrong

# A name that is nobody's: RFC 2606.
NOBODY = "forged.invalid"


def claims(address):
    """What a client may claim of itself in the name of another. None of it may arrive."""
    return {
        "Forwarded": "for=%s;proto=http;host=%s" % (address, NOBODY),
        "X-Forwarded-For": address,
        "X_Forwarded_For": address,
        "X-Forwarded-Host": NOBODY,
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-Port": "1",
        "X-Real-IP": address,
        # A proxy that does as it is told here removes its own headers.
        "Connection": "X-Forwarded-For, X-Real-IP, close",
    }


def request(asker, url, headers=(), method="GET", body=None):
    """An answer: status, headers, text. TLS is checked against the name in the URL."""
    asked = urlsplit(url)
    port = asked.port or (443 if asked.scheme == "https" else 80)
    connection = http.client.HTTPConnection(asked.hostname, port, timeout=asker.timeout)
    with (asker.connect_tls if asked.scheme == "https" else asker.connect)(asked.hostname, port) as link:
        connection.sock = link
        path = (asked.path or "/") + ("?" + asked.query if asked.query else "")
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        sent = {"Host": asked.netloc, "Connection": "close"}
        sent.update(headers)
        if body is not None:
            sent["Content-Length"] = str(len(body))
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode(errors="replace")


def page(asker, question):
    url, forged = question["url"], question.get("forged")
    headers = claims(forged) if forged else {}
    headers.update((header["name"], header["value"]) for header in question.get("headers", []))

    def closed():
        asked = urlsplit(url)
        try:
            asker.connect(asked.hostname, asked.port or 443, min(3, asker.timeout)).close()
        except (socket.timeout, ConnectionError, OSError) as error:
            return "no connection (%s)" % (str(error) or type(error).__name__)
        raise Wrong("a connection; wanted none")

    def look():
        status, got, text = request(asker, url, headers)
        said = [str(status)]
        if got["Location"]:
            said.append("to " + got["Location"])
        wrong = []
        if question.get("statuses") and status not in question["statuses"]:
            wrong.append("status " + " or ".join(map(str, question["statuses"])))
        # What the proxy says itself when it does not pass a request on.
        if not question.get("statuses") and (status >= 500 or status in (403, 421, 429)):
            wrong.append("an answer of what is behind the proxy")
        if question.get("location") and got["Location"] != question["location"]:
            wrong.append("the location " + question["location"])
        for part in question.get("contains", []):
            if part not in text:
                wrong.append("a text with %s in it" % part)
        if question.get("echo"):
            arrived, missing = echoed(asker, text, question)
            said.append(arrived)
            wrong += missing
        if wrong:
            raise Wrong("%s; wanted %s" % (", ".join(said), " and ".join(wrong)))
        return ", ".join(said)

    host = next((h["value"] for h in question.get("headers", []) if h["name"].lower() == "host"), None)
    asked = "GET %s%s%s" % (url, " as %s" % host if host else "", " claiming to be %s" % forged if forged else "")
    yield asked, closed if question.get("closed") else look


def echoed(asker, text, question):
    """What arrived at a server that echoes it, and what of it is not as it should be."""
    try:
        headers = json.loads(text)["headers"]
    except (ValueError, KeyError, TypeError):
        return "no echo", ["an echo of what arrived"]
    asked = urlsplit(question["url"])
    values = lambda name: [value for key, value in headers if key == name]
    wanted = {
        "x-forwarded-for": [asker.address],
        "x-real-ip": [asker.address],
        "x-forwarded-proto": [asked.scheme],
        "x-forwarded-host": [asked.netloc],
        "x-forwarded-port": [str(asked.port or 443)],
        "forwarded": [],
        "x_forwarded_for": [],
        "host": [question.get("host_header") or asked.netloc],
    }
    wrong = [
        "%s: %s instead of %s" % (name, ", ".join(good) or "nothing", ", ".join(values(name)) or "nothing")
        for name, good in wanted.items()
        if values(name) != good
    ]
    forged = question.get("forged")
    if forged and any(forged in value or NOBODY in value for _, value in headers):
        wrong.append("nothing of what was forged")
    return "arrived as %s from %s" % (" ".join(values("host")), " ".join(values("x-forwarded-for"))), wrong


def certificate(asker, question):
    """A chain to the CA, the name among those of the certificate, and some time until it ends."""
    host, port = question["host"], question["port"]

    def look():
        with asker.connect_tls(host, port) as link:
            found = link.getpeercert()
            version = link.version()
        issuer = dict(pair for part in found["issuer"] for pair in part).get("commonName", "?")
        days = int((ssl.cert_time_to_seconds(found["notAfter"]) - time.time()) / 86400)
        names = [value for _, value in found.get("subjectAltName", ())]
        said = "%s of %s for %d more days, for %s" % (version, issuer, days, " ".join(names))
        wrong = ["%s in it" % name for name in question.get("names", []) if name not in names]
        if days < question.get("days", 7):
            wrong.append("%d days at least" % question.get("days", 7))
        if wrong:
            raise Wrong("%s; wanted %s" % (said, " and ".join(wrong)))
        return said

    yield "the certificate of %s:%d" % (host, port), look
