"""Where names lead: as the machine itself believes, and as name servers say."""

import socket

from verify_base import Wrong
from verify_dns import ask


def hosts_file(asker, question):
    def look():
        wrong = []
        for item in question["names"]:
            try:
                found = sorted({a[4][0] for a in socket.getaddrinfo(item["name"], None, socket.AF_INET)})
            except OSError as error:
                found = [str(error)]
            if found != [item["address"]]:
                wrong.append("%s leads to %s, not to %s" % (item["name"], " ".join(found), item["address"]))
        if wrong:
            raise Wrong("; ".join(wrong))
        return "each leads where it should"

    yield "%d names of hosts and services" % len(question["names"]), look


def records(asker, question):
    """What a name server says of names: addresses, or that there is no such name where none is given."""
    server, port = question["server"], question.get("port", 53)

    def same(record):
        def look():
            wanted = sorted(record["addresses"])
            got = {p: ask(server, record["name"], p, asker.timeout, port) for p in ("udp", "tcp")}
            text = ", ".join(
                "%s over %s" % (" ".join(found) or verdict, p.upper()) for p, (verdict, found) in got.items()
            )
            if any(found != wanted or (not wanted and verdict != "no such name") for verdict, found in got.values()):
                raise Wrong("%s; wanted %s" % (text, " ".join(wanted) or "no such name"))
            return text

        return look

    for record in question["names"]:
        yield "%s asked for %s" % (server, record["name"]), same(record)
