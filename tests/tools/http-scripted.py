#!/usr/bin/env python3
"""http-scripted.py ROUTES LOG [SOCKET]: an HTTP server that does what ROUTES says.

ROUTES is a JSON file: path -> reply, or a list of replies of which the last repeats. A
reply is a status, or {status, headers, body, hex, gzip, drop, cut, delay}: [hex]: a body
that is no text; [gzip]: so many zeros, compressed; [drop]: the request is taken and the
connection reset; [cut]: the connection is closed so many bytes into the answer; [delay]: in
seconds, before it. Every request is a line of JSON in LOG. Prints its port, or "ready" when
it listens on the unix SOCKET.
"""
import gzip
import http.server
import json
import os
import socket
import socketserver
import sys
import threading
import time

routes = json.load(open(sys.argv[1], encoding="utf-8"))
log, lock, served = open(sys.argv[2], "a", encoding="utf-8"), threading.Lock(), {}


def next_reply(path):
    replies = routes.get(path, 404)
    replies = replies if isinstance(replies, list) else [replies]
    at = served.get(path, 0)
    served[path] = at + 1
    reply = replies[min(at, len(replies) - 1)]
    return {"status": reply} if isinstance(reply, int) else reply


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with lock:
            print(json.dumps({"method": self.command, "path": self.path,
                              "headers": {k.lower(): v for k, v in self.headers.items()},
                              "body": body.decode("utf-8", "replace")}), file=log, flush=True)
            reply = next_reply(self.path.split("?")[0])
        time.sleep(reply.get("delay", 0))
        if reply.get("drop"):
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()
            return
        self.send(reply)

    def send(self, reply):
        body = bytes.fromhex(reply["hex"]) if "hex" in reply else reply.get("body", "").encode()
        headers = dict(reply.get("headers") or {})
        if "gzip" in reply:
            body = gzip.compress(b"\0" * reply["gzip"])
            headers["Content-Encoding"] = "gzip"
        self.send_response(reply.get("status", 200))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if "cut" in reply:
            self.wfile.write(body[:reply["cut"]])
            self.close_connection = True
        elif self.command != "HEAD":
            self.wfile.write(body)

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def address_string(self):
        return "somebody"


class Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


def end_with(parent):
    """A test that was ended, or forgot, leaves no server behind."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
if len(sys.argv) > 3:
    server = Unix(sys.argv[3], Handler)
    print("ready", flush=True)
else:
    server = Quiet(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
server.serve_forever()
