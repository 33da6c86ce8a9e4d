"""Log in to PostgreSQL, or a pooler before it, and write and read (protocol 3.0, SCRAM-SHA-256)."""

import base64
import hashlib
import hmac
import os
import struct

from verify_base import Wrong


class Session:
    """A connection that speaks PostgreSQL's protocol, with simple queries alone."""

    def __init__(self, asker, question):
        self.link = asker.connect(question["host"], question["port"])
        self.version = ""
        if question.get("tls", True):
            self.link.sendall(struct.pack(">2I", 8, 80877103))
            if self.link.recv(1) != b"S":
                raise Wrong("no TLS")
            self.link = asker.context().wrap_socket(self.link, server_hostname=question["host"])
            self.version = self.link.version()
        self.stream = self.link.makefile("rb")
        self.log_in(question)

    def send(self, kind, body):
        self.link.sendall(kind + struct.pack(">I", len(body) + 4) + body)

    def receive(self):
        head = self.stream.read(5)
        if len(head) < 5:
            raise Wrong("the connection was closed")
        kind, length = struct.unpack(">cI", head)
        body = self.stream.read(length - 4)
        if kind == b"E":
            fields = dict((part[:1], part[1:].decode(errors="replace")) for part in body.split(b"\0") if part)
            raise Wrong("%s %s" % (fields.get(b"C", ""), fields.get(b"M", "refused")))
        return kind, body

    def log_in(self, question):
        words = ["user", question["user"], "database", question["database"], "application_name", "verify"]
        body = struct.pack(">I", 196608) + b"".join(word.encode() + b"\0" for word in words) + b"\0"
        self.link.sendall(struct.pack(">I", len(body) + 4) + body)
        kind, body = self.receive()
        if kind != b"R" or struct.unpack(">I", body[:4])[0] != 10 or b"SCRAM-SHA-256\0" not in body:
            raise Wrong("it does not ask for SCRAM-SHA-256")
        self.scram(question["password"])
        while self.receive()[0] != b"Z":
            pass

    def scram(self, password):
        """RFC 7677. Neither side gets to know the password of the other, and both prove that they have it."""
        nonce = base64.b64encode(os.urandom(18)).decode()
        first = "n=,r=" + nonce
        self.send(b"p", b"SCRAM-SHA-256\0" + struct.pack(">I", len(first) + 3) + b"n,," + first.encode())
        challenge = self.receive()[1][4:].decode()
        given = dict(part.split("=", 1) for part in challenge.split(","))
        if not given["r"].startswith(nonce):
            raise Wrong("it answered another login")
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(given["s"]), int(given["i"]))
        mac = lambda key, text: hmac.new(key, text, hashlib.sha256).digest()
        key = mac(salted, b"Client Key")
        last = "c=biws,r=" + given["r"]
        signed = ",".join([first, challenge, last]).encode()
        signature = mac(hashlib.sha256(key).digest(), signed)
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()
        self.send(b"p", (last + ",p=" + proof).encode())
        verdict = self.receive()[1][4:].decode()
        if verdict != "v=" + base64.b64encode(mac(mac(salted, b"Server Key"), signed)).decode():
            raise Wrong("it does not know the password itself")
        self.receive()

    def query(self, text):
        """The rows of the last statement. An error is raised when the server is ready again."""
        self.send(b"Q", text.encode() + b"\0")
        rows, problem = [], None
        while True:
            try:
                kind, body = self.receive()
            except Wrong as wrong:
                if str(wrong) == "the connection was closed":
                    raise
                problem = wrong
                continue
            if kind == b"T":
                rows = []
            elif kind == b"D":
                rows.append(list(values(body)))
            elif kind == b"Z":
                if problem:
                    raise problem
                return rows

    def close(self):
        self.send(b"X", b"")
        self.link.close()


def values(body):
    at = 2
    for _ in range(struct.unpack(">H", body[:2])[0]):
        length = struct.unpack(">i", body[at : at + 4])[0]
        at += 4
        yield None if length < 0 else body[at : at + length].decode()
        at += max(length, 0)


def database(asker, question):
    def look():
        session = Session(asker, question)
        table, text = "verify_" + os.urandom(6).hex(), os.urandom(12).hex()
        try:
            [[standby, server, user]] = session.query("SELECT pg_is_in_recovery(), inet_server_addr(), current_user")
            if standby != "f":
                raise Wrong("a standby, %s; wanted the primary" % server)
            try:
                session.query("CREATE TABLE %s (text text)" % table)
                session.query("INSERT INTO %s VALUES ('%s')" % (table, text))
                [[read]] = session.query("SELECT text FROM %s" % table)
            finally:
                session.query("DROP TABLE IF EXISTS %s" % table)
            if read != text:
                raise Wrong("%s was written and %s read" % (text, read))
            how = session.version or "no TLS"
            return "%s, logged in as %s, wrote and read at the primary %s" % (how, user, server)
        finally:
            session.close()

    def refused():
        try:
            Session(asker, dict(question, password=os.urandom(12).hex())).close()
        except Wrong as wrong:
            return "refused (%s)" % wrong
        raise Wrong("a login; wanted to be refused")

    where = "the database %s at %s:%d" % (question["database"], question["host"], question["port"])
    yield where, look
    yield where + " with a wrong password", refused
