#!/usr/bin/python3
"""Answers every GET with its name and version."""
import http.server
import os

VERSION = "@VERSION@"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"my-app {VERSION}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    address = ("", int(os.environ.get("PORT", "8080")))
    http.server.ThreadingHTTPServer(address, Handler).serve_forever()
