"""Asks the web proxy of a Matrix deployment as a client and as an administrator do, and prints what came back.

Usage: edge.py <client|admin> <domain> <virtual IP> <CA certificate>

Runs where it is called: `lab run client -- python3 test/drills/edge.py client …`. What answers behind the proxy is
responder.py. Exit status 1 where an answer is another one than wanted.
"""

import json
import socket
import ssl
import sys
import time

where, domain, vip, ca = sys.argv[1:]
matrix, rtc, livekit = f"matrix.{domain}", f"rtc.{domain}", f"livekit.{domain}"
context = ssl.create_default_context(cafile=ca)
FORGED = "203.0.113.66"
wrong = 0


def connect(name, port):
    sock = socket.create_connection((vip, port), timeout=60)
    return sock if port == 80 else context.wrap_socket(sock, server_hostname=name)


def ask(name, path, port=443, host=None, headers=(), method="GET"):
    """Status, headers and body of one request, written byte for byte: no library tidies the path."""
    with connect(name, port) as sock:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host or name}", "Connection: close", *headers, "", ""]
        sock.sendall("\r\n".join(lines).encode())
        data = b""
        while piece := sock.recv(65536):
            data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    return int(status.split()[1]), {k.lower(): v.strip() for k, _, v in (f.partition(":") for f in fields)}, body


def expect(what, got, wanted):
    global wrong
    ok = got == wanted
    wrong += not ok
    print(f"{'ok   ' if ok else 'WRONG'} {where:6} {what}: {got}" + ("" if ok else f", wanted {wanted}"))


def status(what, wanted, *args, **kwargs):
    expect(what, ask(*args, **kwargs)[0], wanted)


def seen(name, path, **kwargs):
    """What reached the server: its address and port, and the headers by name."""
    answer = json.loads(ask(name, path, **kwargs)[2])
    headers = {}
    for key, value in answer["headers"]:
        headers.setdefault(key, []).append(value)
    return answer["server"].rpartition(":")[2], answer["path"], headers


admin = where == "admin"

code, headers, _ = ask(matrix, "/a/b?c=d", port=80)
expect("HTTP is redirected", (code, headers.get("location")), (308, f"https://{matrix}/a/b?c=d"))
status("HTTP for an unknown host", 421, matrix, "/", port=80, host="other.example")
status("an unknown host", 421, matrix, "/", host="other.example")

for name in (domain, matrix):
    port, path, headers = seen(name, "/page?x=1")
    expect(f"{name} leads to the application", (port, path, headers["host"]), ("81", "/page?x=1", [name]))
port, path, headers = seen(domain, "/.well-known/matrix/client")
expect(".well-known is asked of the matrix host", (path, headers["host"]), ("/.well-known/matrix/client", [matrix]))
status(f"{rtc} without LiveKit", 503, rtc, "/rtc")
status(f"{livekit} without LiveKit", 503, livekit, "/rtc")

closed = 200 if admin else 403
for name in (domain, matrix):
    for path in ("/synapse-admin", "/synapse-admin/", "/_synapse/admin/v1/users", "//_synapse//admin/v1",
                 "/%5fsynapse/%61dmin/v1", "/_synapse%2fadmin/v1"):
        status(f"{name}{path}", closed, name, path)
    for path in ("/x/../_synapse/admin/v1", "/x/%2e%2e/_synapse/admin/v1", "/_synapse/./admin"):
        status(f"{name}{path}", 400, name, path)
    for path in ("/metrics", "/metrics/synapse/main-process", "/_matrix/federation/v1/version", "/_matrix/key/v2/server",
                 "/_matrix/federation/v1/openid/userinfo"):
        status(f"{name}{path}", 403, name, path)
for name in (rtc, livekit):
    status(f"{name}/twirp/livekit.RoomService/ListRooms", 403, name, "/twirp/livekit.RoomService/ListRooms", method="POST")
status("a name that only begins like the closed one", 200, matrix, "/synapse-administrator")
status("a room's alias", 200, matrix, "/_matrix/client/v3/directory/room/%23a%3Ab")

_, _, headers = seen(matrix, "/forged", headers=[
    f"X-Forwarded-For: {FORGED}", f"X-Forwarded-For: {FORGED}", f"Forwarded: for={FORGED}", f"X-Real-IP: {FORGED}",
    "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http", "X-Forwarded-Server: evil.example",
    f"X_Forwarded_For: {FORGED}", "Connection: X-Forwarded-For, X-Real-IP"])
with connect(matrix, 443) as sock:
    own = sock.getsockname()[0]
expect("forged headers are replaced", {k: v for k, v in headers.items() if "forward" in k or "real" in k}, {
    "x-forwarded-for": [own], "x-forwarded-host": [matrix], "x-forwarded-port": ["443"], "x-forwarded-proto": ["https"],
    "x-real-ip": [own]})
expect("no header names others to forget", headers.get("connection"), None)

_, headers, _ = ask(matrix, "/metrics")
expect("browsers are told to come with HTTPS", headers.get("strict-transport-security"), "max-age=31536000")

with connect(matrix, 443) as sock:
    sock.sendall((f"GET /socket HTTP/1.1\r\nHost: {matrix}\r\nConnection: Upgrade, X-Real-IP\r\nUpgrade: websocket\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
    switched = sock.recv(4096).split(b"\r\n")[0].decode()
    sock.sendall(b"ping")
    expect("a WebSocket", (switched, sock.recv(100)), ("HTTP/1.1 101 Switching Protocols", b"ping"))
began = time.monotonic()
status("a long poll of 20 s", 200, matrix, "/wait/20")
expect("it took as long", time.monotonic() - began >= 20, True)

status("8448 for anything else", 404, matrix, "/", port=8448)
status("8448 for federation", 403, matrix, "/_matrix/federation/v1/version", port=8448)
status("8448 for the check of tokens", 403, matrix, "/_matrix/federation/v1/openid/userinfo", port=8448)

if not admin:
    codes = [ask(matrix, "/_matrix/client/v3/login", method="POST")[0] for _ in range(120)]
    expect("120 logins at once", (codes[0], codes[-1], 99 <= codes.count(200) <= 101), (200, 429, True))
    status("and another page", 200, matrix, "/page")

sys.exit(wrong > 0)
