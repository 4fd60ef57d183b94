"""A small server for the unit tests of HTTP: `https_server.py [CERTIFICATE KEY]` prints its
port. Paths: /ok, /to?URL (302 to URL), /on?N (to itself, N times), /head?NAME (that header)."""

import http.server
import ssl
import sys
import urllib.parse


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, text="", place=None):
        self.send_response(status)
        if place is not None:
            self.send_header("Location", place)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path == "/to":
            return self.answer(302, "moved", urllib.parse.unquote(query))
        if path == "/on" and int(query):
            return self.answer(307, "moved", f"/on?{int(query) - 1}")
        if path == "/head":
            return self.answer(200, self.headers.get(query, ""))
        return self.answer(200, f"{self.command} {self.path}")

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
