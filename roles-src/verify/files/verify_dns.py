"""Ask a name server for an address (RFC 1035)."""

import os
import socket
import struct

ANSWERS = {0: "no error", 1: "malformed", 2: "server failure", 3: "no such name", 5: "refused"}


def ask(server, name, protocol, timeout, port=53):
    """The server's verdict and the addresses that it answers with, sorted."""
    number = os.urandom(2)
    labels = b"".join(struct.pack("B", len(label)) + label for label in name.encode("idna").split(b"."))
    question = number + struct.pack(">5H", 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    answer = exchange(server, port, question, protocol, timeout)
    if answer[:2] != number:
        raise OSError("%s answered another question" % server)
    flags, _, count = struct.unpack(">3H", answer[2:8])
    return ANSWERS.get(flags & 15, "error %d" % (flags & 15)), sorted(addresses(answer, len(question), count))


def exchange(server, port, question, protocol, timeout):
    if protocol == "udp":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
            connection.settimeout(timeout)
            connection.connect((server, port))
            connection.send(question)
            return connection.recv(65535)
    with socket.create_connection((server, port), timeout) as connection:
        connection.sendall(struct.pack(">H", len(question)) + question)
        with connection.makefile("rb") as stream:
            return stream.read(struct.unpack(">H", stream.read(2))[0])


def addresses(answer, at, count):
    for _ in range(count):
        # A name ends with a zero, or with a pointer to where it has been before.
        while answer[at] and answer[at] < 0xC0:
            at += answer[at] + 1
        at += 2 if answer[at] else 1
        kind, _, _, length = struct.unpack(">2HIH", answer[at : at + 10])
        at += 10
        if kind == 1:
            yield socket.inet_ntoa(answer[at : at + length])
        at += length
