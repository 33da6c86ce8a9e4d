"""Stands in for an application behind a proxy: answers every request with what it received.

Usage: responder.py <address>:<port>...

The answer is JSON: where it arrived, from whom, method, path and headers. `/wait/<seconds>` answers only then, as a
long poll does. A request to upgrade gets status 101, and then its own bytes back.
"""

import base64
import hashlib
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Upgrade"):
            self.send_response(101)
            self.send_header("Connection", "Upgrade")
            self.send_header("Upgrade", self.headers["Upgrade"])
            # RFC 6455, section 4.2.2.
            key = self.headers.get("Sec-WebSocket-Key", "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
            self.send_header("Sec-WebSocket-Accept", accept)
            self.end_headers()
            self.close_connection = True
            while data := self.connection.recv(4096):
                self.connection.sendall(data)
            return
        if self.path.startswith("/wait/"):
            time.sleep(min(float(self.path.rpartition("/")[2]), 120))
        answer = {
            "server": "%s:%d" % self.server.server_address,
            "client": self.client_address[0],
            "method": self.command,
            "path": self.path,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "received": len(body),
        }
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_DELETE = do_GET = do_OPTIONS = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, *_):
        """Proxies end their checks in the middle."""


servers = []
for listen in sys.argv[1:]:
    address, _, port = listen.rpartition(":")
    servers.append(Server((address, int(port)), Handler))
for server in servers:
    threading.Thread(target=server.serve_forever).start()
