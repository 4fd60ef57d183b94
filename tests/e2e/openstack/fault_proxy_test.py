"""Tests of the fault proxy, between clients of this file and a small server of its own."""

import contextlib
import http.client
import http.server
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 20


class Upstream(http.server.ThreadingHTTPServer):
    """Counts the requests that came whole; answers with what it was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size).decode()
        self.server.seen.append((self.command, self.path, body))
        text = json.dumps({"at": self.server.url, "path": self.path, "body": body}).encode()
        self.send_response(204 if self.command == "DELETE" else 200)
        self.send_header("Content-Type", "application/json")
        if self.command == "DELETE":
            self.end_headers()
        elif self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(text), text))
        else:
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


class FaultProxy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.upstream = Upstream()
        cls.folder = tempfile.TemporaryDirectory()
        ready = pathlib.Path(cls.folder.name, "ready")
        cls.process = subprocess.Popen(
            [
                sys.executable,
                HERE / "fault_proxy.py",
                ready,
                f"keystone={cls.upstream.url}",
                f"plain={cls.upstream.url}",
                "closed=http://127.0.0.1:9",
            ]
        )
        deadline = time.monotonic() + PATIENCE
        while not ready.exists():
            assert cls.process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        cls.facts = json.loads(ready.read_text())

    @classmethod
    def tearDownClass(cls):
        cls.process.terminate()
        assert cls.process.wait(PATIENCE) == 0
        cls.upstream.shutdown()
        cls.upstream.server_close()
        cls.folder.cleanup()

    def setUp(self):
        self.control("DELETE", "/rules")
        self.control("DELETE", "/log")
        self.upstream.seen.clear()

    def connect(self, url):
        connection = http.client.HTTPConnection(url.partition("//")[2], timeout=PATIENCE)
        self.addCleanup(connection.close)
        return connection

    def control(self, method, path, value=None):
        connection = self.connect(self.facts["control"])
        connection.request(method, path, None if value is None else json.dumps(value))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def rule(self, **fields):
        status, value = self.control("POST", "/rules", fields)
        self.assertEqual(status, 201, value)
        return value["rule"]

    def log(self):
        return self.control("GET", "/log")[1]

    def ask(self, method="GET", path="/x", body=None, service="plain", headers=None):
        connection = self.connect(self.facts["services"][service])
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers

    def eventually(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def test_passes_on(self):
        status, body, headers = self.ask("POST", "/a?b=c", "text")
        self.assertEqual((status, json.loads(body)["body"]), (200, "text"))
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(self.upstream.seen, [("POST", "/a?b=c", "text")])
        self.assertEqual(json.loads(self.ask(path="/chunked")[1])["path"], "/chunked")
        self.assertEqual(self.ask("DELETE")[:2], (204, b""))

    def test_takes_chunks_and_waits_to_be_told(self):
        with self.raw("plain") as stream:
            stream.sendall(
                b"POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                b"Expect: 100-continue\r\n\r\n"
            )
            self.assertIn(b" 100 ", stream.recv(1000))
            stream.sendall(b"3\r\nabc\r\n0\r\n\r\n")
            self.assertIn(b" 200 ", stream.recv(1000))
        self.assertEqual(self.upstream.seen, [("POST", "/c", "abc")])

    @contextlib.contextmanager
    def raw(self, service):
        host, port = self.facts["services"][service].partition("//")[2].split(":")
        with socket.create_connection((host, int(port)), PATIENCE) as stream:
            yield stream

    def until_reset(self, service="plain"):
        """What comes before a reset; an end of the stream would be none."""
        came = b""
        with self.raw(service) as stream:
            stream.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab")
            with self.assertRaises(ConnectionResetError):
                while piece := stream.recv(1000):
                    came += piece
        return came

    def test_translates_the_catalog(self):
        at = json.loads(self.ask(service="keystone")[1])["at"]
        self.assertIn(at, self.facts["services"].values())
        self.assertEqual(json.loads(self.ask()[1])["at"], self.upstream.url)

    def test_log_has_no_secrets(self):
        secret = {"X-Auth-Token": "t0ken", "X-OpenStack-Request-Id": "req-1"}
        self.ask("POST", "/tokens", "passw0rd", headers=secret)
        log = self.log()
        self.assertEqual(len(log), 1)
        entry = log[0]
        self.assertEqual(entry["headers"]["x-openstack-request-id"], "req-1")
        self.assertIn("x-auth-token", entry["header_names"])
        self.assertEqual((entry["status"], entry["upstream"]), (200, 200))
        self.assertIsNone(entry["rule"])
        self.assertGreater(entry["seconds"], 0)
        self.assertNotIn("t0ken", json.dumps(log))
        self.assertNotIn("passw0rd", json.dumps(log))

    def test_log_tells_connections(self):
        connection = self.connect(self.facts["services"]["plain"])
        for _ in range(2):
            connection.request("GET", "/")
            connection.getresponse().read()
        self.ask()
        numbers = [entry["connection"] for entry in self.log()]
        self.assertEqual(numbers[0], numbers[1])
        self.assertNotEqual(numbers[1], numbers[2])

    def test_rules_choose(self):
        self.rule(action="answer", status=503, method="POST", path="^/servers$", nth=2)
        plan = [("GET", "/servers"), ("POST", "/servers"), ("POST", "/other")]
        plan += [("POST", "/servers"), ("POST", "/servers")]
        self.assertEqual([self.ask(*one)[0] for one in plan], [200, 200, 200, 503, 200])
        rules = self.control("GET", "/rules")[1]
        self.assertEqual([(r["matched"], r["acted"]) for r in rules], [(3, 1)])

    def test_rules_repeat(self):
        self.rule(action="answer", status=429, service="plain", times=2)
        self.assertEqual([self.ask()[0] for _ in range(3)], [429, 429, 200])
        number = self.rule(action="answer", status=500, times=0)
        self.assertEqual([self.ask()[0] for _ in range(5)], [500] * 5)
        self.assertEqual(self.log()[-1]["rule"], number)

    def test_refuses_bad_rules(self):
        for wrong in ({}, {"action": "dance"}, {"action": "pass", "path": "("}, {"x": 1}):
            self.assertEqual(self.control("POST", "/rules", wrong)[0], 400)
        self.assertEqual(self.control("GET", "/nothing")[0], 404)

    def test_close(self):
        self.rule(action="close")
        connection = self.connect(self.facts["services"]["plain"])
        connection.request("GET", "/")
        answer = connection.getresponse()
        self.assertNotEqual(answer.headers["Connection"], "close")
        answer.read()
        with self.assertRaises(ConnectionError):
            connection.request("GET", "/")
            connection.getresponse()
        self.assertEqual(len(self.upstream.seen), 1)

    def test_reset_head(self):
        self.rule(action="reset-head")
        with self.raw("plain") as stream:
            stream.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n")
            with self.assertRaises(ConnectionResetError):
                stream.recv(1)
        self.assertEqual(self.upstream.seen, [])

    def test_reset_before(self):
        self.rule(action="reset-before")
        self.assertEqual(self.until_reset(), b"")
        self.assertEqual(self.upstream.seen, [])
        self.assertIsNone(self.log()[0]["status"])

    def test_reset_after(self):
        self.rule(action="reset-after")
        self.assertEqual(self.until_reset(), b"")
        self.assertEqual(len(self.upstream.seen), 1)
        entry = self.log()[0]
        self.assertEqual((entry["status"], entry["upstream"]), (None, 200))

    def test_reset_middle(self):
        self.rule(action="reset-middle")
        head, _, body = self.until_reset().partition(b"\r\n\r\n")
        self.assertIn(b" 200 ", head)
        length = int(head.partition(b"Content-Length: ")[2].split()[0])
        self.assertEqual(len(body), length // 2)

    def test_hang(self):
        for forward in (False, True):
            self.rule(action="hang", forward=forward)
            with self.raw("plain") as stream:
                stream.settimeout(0.5)
                stream.sendall(b"GET /h HTTP/1.1\r\nHost: x\r\n\r\n")
                with self.assertRaises(TimeoutError):
                    stream.recv(1)
                self.assertIsNone(self.log()[-1]["seconds"])
            self.assertEqual(len(self.upstream.seen), int(forward))
            self.eventually(lambda: self.log()[-1]["seconds"] is not None)

    def test_forwards_though_the_client_left(self):
        self.rule(action="pass", delay=0.5)
        with self.raw("plain") as stream:
            stream.sendall(b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
        self.eventually(lambda: self.upstream.seen == [("GET", "/late", "")])

    def test_drip(self):
        self.rule(action="drip", interval=0.1, bytes=20)
        begin = time.monotonic()
        self.assertEqual(json.loads(self.ask()[1])["path"], "/x")
        self.assertGreater(time.monotonic() - begin, 0.25)

    def test_half(self):
        self.rule(action="half")
        status, body, _ = self.ask()
        self.assertEqual(status, 200)
        with self.assertRaises(ValueError):
            json.loads(body)

    def test_answer(self):
        page = {"Content-Type": "text/html", "Retry-After": "1"}
        self.rule(action="answer", status=503, headers=page, body="<h1>no</h1>")
        status, body, headers = self.ask()
        self.assertEqual((status, body), (503, b"<h1>no</h1>"))
        self.assertEqual((headers["Content-Type"], headers["Retry-After"]), ("text/html", "1"))
        self.assertEqual(self.upstream.seen, [])
        self.rule(action="answer", status=500, forward=True)
        self.assertEqual(self.ask()[:2], (500, b""))
        self.assertEqual(len(self.upstream.seen), 1)

    def test_redirect_to_the_stranger(self):
        there = {"Location": self.facts["stranger"] + "/y"}
        self.rule(action="answer", status=307, headers=there)
        status, _, headers = self.ask()
        self.assertEqual(status, 307)
        connection = self.connect(headers["Location"].rpartition("/")[0])
        connection.request("GET", "/y", headers={"X-Auth-Token": "t0ken"})
        self.assertEqual(connection.getresponse().read(), b"{}")
        entry = self.log()[-1]
        self.assertEqual((entry["service"], entry["path"]), ("stranger", "/y"))
        self.assertIn("x-auth-token", entry["header_names"])

    def test_flood(self):
        self.rule(action="flood", bytes=5_000_000)
        status, body, _ = self.ask()
        self.assertEqual((status, len(body)), (200, 5_000_000))
        self.assertEqual(len(json.loads(body)), 4_999_998)
        # Who leaves in the middle of it does no harm.
        self.rule(action="flood")
        with self.raw("plain") as stream:
            stream.sendall(b"GET /f HTTP/1.1\r\nHost: x\r\n\r\n")
            stream.recv(1000)
        self.assertEqual(self.ask()[0], 200)

    def test_delay(self):
        self.rule(action="answer", status=418, delay=0.3)
        begin = time.monotonic()
        self.assertEqual(self.ask()[0], 418)
        self.assertGreater(time.monotonic() - begin, 0.3)

    def test_closed_service(self):
        self.assertEqual(self.until_reset("closed"), b"")
        self.assertIsNone(self.log()[0]["upstream"])

    def test_survives_nonsense(self):
        for text in (b"\0" * 1000, b"GET\r\n\r\n", b"x" * 2_000_000, b"POST / HTTP/1.1\r\n"):
            with self.raw("plain") as stream, contextlib.suppress(ConnectionError):
                stream.sendall(text)
        self.assertEqual(self.ask()[0], 200)


if __name__ == "__main__":
    unittest.main()
