"""An HTTPS server for the unit tests of HTTP: `h2_server.py CERTIFICATE KEY [PROTOCOL...]` prints
its port, and agrees on one of these protocols (h2, http/1.1) if there are any. Every answer is "N
PROTOCOL M", with the numbers of the connection and of the request. With the protocol "break" it breaks
a connection off that asks for a third answer by HTTP/2."""

import itertools
import socketserver
import ssl
import struct
import sys

HEADERS, DATA, SETTINGS, PING = 1, 0, 4, 6
END_STREAM, ACK, END_HEADERS = 1, 1, 4
CONNECTIONS, REQUESTS = itertools.count(1), itertools.count(1)


class Server(socketserver.BaseRequestHandler):
    def handle(self):
        number = next(CONNECTIONS)
        try:
            tls = context.wrap_socket(self.request, server_side=True)
            self.file = tls.makefile("rwb")
            if tls.selected_alpn_protocol() == "h2":
                self.speak_2(number)
            else:
                self.speak_1(number)
        except OSError:
            pass

    def speak_1(self, number):
        while self.file.readline().strip():
            length = 0
            for line in iter(lambda: self.file.readline().strip().lower(), b""):
                if line.startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            self.file.read(length)
            text = b"%d http/1.1 %d" % (number, next(REQUESTS))
            self.file.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
            self.file.flush()

    def send(self, kind, flags, stream, payload=b""):
        self.file.write(struct.pack(">I", len(payload))[1:] + bytes((kind, flags)))
        self.file.write(struct.pack(">I", stream) + payload)
        self.file.flush()

    # What is asked is not decoded.
    def speak_2(self, number):
        self.file.read(len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
        self.send(SETTINGS, 0, 0)
        answered = 0
        while head := self.file.read(9):
            length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
            stream = int.from_bytes(head[5:], "big")
            payload = self.file.read(length)
            if kind in (SETTINGS, PING) and not flags & ACK:
                self.send(kind, ACK, 0, payload if kind == PING else b"")
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                text = b"%d h2 %d" % (number, next(REQUESTS))
                answered += 1
                if answered == 3 and "break" in sys.argv:
                    return
                self.send(HEADERS, END_HEADERS, stream, b"\x88")  # :status 200
                self.send(DATA, END_STREAM, stream, text)


class Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
if len(sys.argv) > 3:
    context.set_alpn_protocols([p for p in sys.argv[3:] if p != "break"])
server = Listener(("127.0.0.1", 0), Server)
print(server.server_address[1], flush=True)
server.serve_forever()
