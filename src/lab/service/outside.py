"""The internet of a rehearsal, in a network namespace of its own: it answers for every address, and notes what arrives.

    outside.py <own address> <log> <certificate> <key> [<name or domain that does not exist>…]

It answers DNS (every name leads to its own address, save those that exist nowhere), HTTP, HTTPS and NTP, at whatever address they
are asked. Every packet that comes in is a line of JSON in the log.
"""

import json
import os
import socket
import ssl
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

IP_PKTINFO = 8
ETH_P_IP = 0x0800
PACKET_HOST = 0
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp"}
TYPES = {1: "A", 12: "PTR", 28: "AAAA"}
# The log is kept small enough to be read whole: what is older than two of these is forgotten.
LONGEST_LOG = 64 << 20
SINCE_1900 = 2_208_988_800


class Log:
    def __init__(self, path):
        self.path = path
        self.file = open(path, "a", encoding="utf-8", buffering=1)
        self.lock = threading.Lock()

    def note(self, **what):
        with self.lock:
            self.file.write(json.dumps({"at": round(time.time(), 3), **what}) + "\n")
            if self.file.tell() > LONGEST_LOG:
                self.file.close()
                os.replace(self.path, self.path + ".1")
                self.file = open(self.path, "a", encoding="utf-8", buffering=1)


def question(message):
    """(name, type) of the first question of a DNS message; None for what is none."""
    try:
        labels, at = [], 12
        while length := message[at]:
            labels.append(message[at + 1 : at + 1 + length].decode("ascii", "replace").lower())
            at += 1 + length
        (kind,) = struct.unpack("!H", message[at + 1 : at + 3])
        return ".".join(labels), kind, message[12 : at + 5]
    except (IndexError, struct.error):
        return None


def exists(name, nowhere):
    """Names without a dot are nobody's, and the special ones of RFC 6761 exist nowhere."""
    return "." in name and not any(name == end or name.endswith("." + end) for end in nowhere)


def answer(message, address, nowhere):
    """The answer to a DNS message: the own address for every name that exists."""
    asked = question(message)
    if asked is None or len(message) < 12 or message[2] & 0x80:
        return None
    name, kind, section = asked
    there = exists(name, nowhere)
    records = b""
    if there and kind == 1:
        records = struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(address)
    flags = 0x8480 | (message[2] & 1) << 8 | (0 if there else 3)
    return message[:2] + struct.pack("!HHHHH", flags, 1, 1 if records else 0, 0, 0) + section + records


def packet(data):
    """What a packet of IPv4 says of itself."""
    header = (data[0] & 15) * 4
    kind = data[9]
    said = {"from": socket.inet_ntoa(data[12:16]), "to": socket.inet_ntoa(data[16:20])}
    said["protocol"] = PROTOCOLS.get(kind, str(kind))
    # Only the first fragment has ports.
    if kind in (6, 17) and not struct.unpack("!H", data[6:8])[0] & 0x1FFF:
        said["port"] = struct.unpack("!H", data[header + 2 : header + 4])[0]
        if kind == 6:
            said["opens"] = data[header + 13] & 0x12 == 2
        if kind == 17 and said["port"] == 53 and (asked := question(data[header + 8 :])):
            said["name"], said["type"] = asked[0], TYPES.get(asked[1], str(asked[1]))
    return said


def watch(log, ready):
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP)) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.bind(("eth0", ETH_P_IP))
        ready.set()
        while True:
            data, (_, _, kind, *_) = s.recvfrom(65536)
            if kind == PACKET_HOST and len(data) >= 20:
                try:
                    log.note(**packet(data))
                except (IndexError, struct.error):
                    log.note(**{"from": socket.inet_ntoa(data[12:16]), "to": socket.inet_ntoa(data[16:20])})


def datagrams(port, reply):
    """Answers each datagram from the address that it was sent to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        s.bind(("", port))
        while True:
            message, control, _, source = s.recvmsg(65536, 256)
            asked = next((data[8:12] for _, kind, data in control if kind == IP_PKTINFO), None)
            said = reply(message)
            if said is not None and asked is not None:
                info = struct.pack("=I4s4s", 0, asked, bytes(4))
                try:
                    s.sendmsg([said], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, source)
                except OSError:
                    pass  # whoever asked is gone


def ntp(request):
    if len(request) < 48:
        return None
    now = time.time() + SINCE_1900
    stamp = struct.pack("!II", int(now), int(now % 1 * 2**32))
    head = struct.pack("!BBbb", 0x24, 1, 6, -20) + struct.pack("!II4s", 0, 0, b"LAB\0")
    return head + stamp + request[40:48] + stamp + stamp


def exactly(s, count):
    data = b""
    while len(data) < count:
        part = s.recv(count - len(data))
        if not part:
            return None
        data += part
    return data


def dns_over_tcp(log, reply):
    def serve(s, source):
        with s:
            s.settimeout(10)
            try:
                while length := exactly(s, 2):
                    message = exactly(s, struct.unpack("!H", length)[0])
                    said = message and reply(message)
                    if not said:
                        return
                    name, kind, _ = question(message)
                    log.note(**{"from": source, "protocol": "tcp", "port": 53, "name": name, "type": TYPES.get(kind, str(kind))})
                    s.sendall(struct.pack("!H", len(said)) + said)
            except OSError:
                pass

    with socket.create_server(("", 53), backlog=64) as server:
        while True:
            s, (source, _) = server.accept()
            threading.Thread(target=serve, args=(s, source), daemon=True).start()


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self):
        body = b"the outside of a rehearsal\n"
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


class Web(ThreadingHTTPServer):
    daemon_threads = True
    context = None

    def finish_request(self, request, client_address):
        if self.context:
            request.settimeout(10)
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, *_):
        pass  # whoever asked is gone, or does not speak TLS


def web(port, context=None):
    server = Web(("", port), Page)
    server.context = context
    server.serve_forever()


def main():
    address, path, certificate, key, *nowhere = sys.argv[1:]
    log = Log(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    reply = lambda message: answer(message, address, nowhere)
    watching = threading.Event()
    work = (
        (datagrams, 53, reply),
        (datagrams, 123, ntp),
        (dns_over_tcp, log, reply),
        (web, 80),
        (web, 443, context),
        (watch, log, watching),
    )
    threads = [threading.Thread(target=run, args=arguments, daemon=True) for run, *arguments in work]
    for thread in threads:
        thread.start()
    watching.wait()
    # One that ends takes the others with it: half an outside would look like a closed one.
    while all(thread.is_alive() for thread in threads):
        time.sleep(1)
    sys.exit("a server of the outside has ended")


if __name__ == "__main__":
    main()
