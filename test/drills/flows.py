"""Connects to many ports from where it runs, and says of each how it answered.

Reads [[address, protocol, port], …] as JSON from standard input and prints a list of "open" (somebody answered), "refused" (the
host let it in, and nobody listens) and "silent" (it was dropped, or a datagram was taken without an answer).
"""

import errno
import json
import selectors
import socket
import struct
import sys
import time

AT_ONCE = 300
# Seconds until a port counts as silent. All hosts of a rehearsal are on one machine, which may be busy.
SILENCE = 4.0

# What makes a server answer that takes datagrams.
QUESTIONS = {
    53: b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + b"\x07example\x03org\x00" + b"\x00\x01\x00\x01",
    123: b"\x23" + bytes(47),
    3478: struct.pack("!HHI12s", 1, 0, 0x2112A442, b"rolewright!!"),
}


def open_socket(address, protocol, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
    s.setblocking(False)
    try:
        s.connect((address, port))
    except BlockingIOError:
        pass
    if protocol == "udp":
        s.send(QUESTIONS.get(port, b"?" * 8))
    return s


def ask(probes):
    answers = ["silent"] * len(probes)
    selector = selectors.DefaultSelector()
    for number, (address, protocol, port) in enumerate(probes):
        s = open_socket(address, protocol, port)
        # A stream can be written to when it is connected; a datagram socket always.
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if protocol == "tcp" else 0)
        selector.register(s, events, number)
    end = time.monotonic() + SILENCE
    while selector.get_map() and (left := end - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            problem = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if problem == 0:
                answers[key.data] = "open"
            elif problem == errno.ECONNREFUSED:
                answers[key.data] = "refused"
            selector.unregister(key.fileobj)
            key.fileobj.close()
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    return answers


def main():
    probes = json.load(sys.stdin)
    answers = []
    for start in range(0, len(probes), AT_ONCE):
        answers += ask(probes[start : start + AT_ONCE])
    json.dump(answers, sys.stdout)


main()
