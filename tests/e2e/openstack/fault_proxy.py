"""A proxy between dvoc and HTTP services that makes faults on demand, and remembers what was
asked.

    fault_proxy.py READY NAME=URL...

Every service gets a port of its own on 127.0.0.1. In what a service `keystone...` answers the
addresses of all services are replaced by those of their ports, so that who takes the catalog
from there goes through the proxy. READY is a file that is written when it listens, as JSON:
{"control": URL, "stranger": URL, "services": {NAME: URL}}. `stranger` is a host that nobody
has a reason to ask: it answers 200 {} to all, and the log tells of it. The proxy ends with
SIGTERM.

The control port:

    GET /log, DELETE /log       the requests since the last deletion, oldest first
    GET /rules, DELETE /rules   the rules, and how often each one matched and acted
    POST /rules                 one rule more; the answer is {"rule": its number}

A request of the log has: service, method, path (with query), connection (a number, the same
for requests on one connection), begun (Unix time), seconds (until answered; null before),
status (as the client saw it; null for none), upstream (the service's own status; null where
it was not asked or not heard), rule (the number of that which acted, or null), headers (only
harmless ones, by lower-case name), header_names (all). No body, no token, no password.

A rule is a JSON object. Which requests: service, method (both exactly), path (a regular
expression, searched in path and query), nth (acts from the nth match on; default 1), times
(on so many matches; default 1; 0: on all). Of several that match a request each counts it, and
the first that is due acts. What it does, `action`:

    pass           nothing (for delay)
    close          as pass, then the connection is closed, though the answer did not say so
    reset-head     the connection is reset once the request's head has come
    reset-before   the connection is reset; the service hears nothing
    reset-after    the service has answered; then the connection is reset, without an answer
    reset-middle   the connection is reset in the middle of the answer's body
    hang           no answer as long as the client waits; forward: the service was asked
    drip           the answer comes in pieces of `bytes` (1), each after `interval` s (0.1)
    half           only half of the answer's body, announced as if it were all
    answer         status (200), headers (an object), body (text); forward: the service was
                   asked
    flood          an answer 200 of `bytes` (100,000,000) of JSON

delay: so many seconds go by before anything else happens.
"""

import asyncio
import contextlib
import dataclasses
import itertools
import json
import os
import re
import signal
import socket
import struct
import sys
import time
import urllib.parse

from http_message import make_answer, read_answer, read_body, read_head

ADDRESS = "127.0.0.1"
STREAM_LIMIT = 1024 * 1024
HARMLESS = (
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "openstack-api-version",
    "user-agent",
    "x-openstack-nova-api-version",
    "x-openstack-request-id",
)
JSON_HEADERS = [("Content-Type", "application/json")]
# For the client to read what was sent, as a reset throws away what is under way.
BEFORE_RESET = 0.05


@dataclasses.dataclass
class Rule:
    """See above; the default of each field is here."""

    action: str
    service: str = ""
    method: str = ""
    path: str = ""
    nth: int = 1
    times: int = 1
    delay: float = 0
    forward: bool = False
    status: int = 200
    headers: dict = dataclasses.field(default_factory=dict)
    body: str = ""
    bytes: int = 0
    interval: float = 0.1
    number: int = 0
    matched: int = 0
    acted: int = 0

    def __post_init__(self):
        if self.action not in ACTIONS:
            raise ValueError(f"no action {self.action!r}")
        re.compile(self.path)

    def matches(self, entry):
        return (
            self.service in ("", entry["service"])
            and self.method in ("", entry["method"])
            and re.search(self.path, entry["path"]) is not None
        )

    def due(self):
        return self.matched >= self.nth and (
            self.times == 0 or self.matched < self.nth + self.times
        )


@dataclasses.dataclass
class Exchange:
    """One request on its way; the log's entry follows it."""

    proxy: object
    request: object
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    entry: dict
    rule: Rule

    async def forward(self):
        """Asks the service; its answer."""
        url = urllib.parse.urlsplit(self.proxy.upstreams[self.entry["service"]])
        headers = self.request.without(
            "connection", "transfer-encoding", "content-length", "expect"
        )
        headers.append(("Connection", "close"))
        if self.request.body or self.request.first[0] in ("POST", "PUT", "PATCH"):
            headers.append(("Content-Length", str(len(self.request.body))))
        method, path, _ = self.request.first
        head = dataclasses.replace(
            self.request, first=(method, url.path.rstrip("/") + path, "HTTP/1.1")
        )
        head.headers = headers
        reader, writer = await asyncio.open_connection(
            url.hostname, url.port, limit=STREAM_LIMIT
        )
        try:
            writer.write(head.head() + self.request.body)
            await writer.drain()
            answer = await read_answer(reader, method)
        finally:
            writer.close()
        self.entry["upstream"] = int(answer.first[1])
        return self.proxy.translated(self.entry["service"], answer)

    def told(self, answer, body=None):
        """The answer's head for the client, where its body has been read."""
        headers = answer.without("transfer-encoding", "connection", "keep-alive")
        if "HEAD" != self.request.first[0] and answer.first[1] not in ("204", "304"):
            headers = [pair for pair in headers if pair[0].lower() != "content-length"]
            length = len(answer.body if body is None else body)
            headers.append(("Content-Length", str(length)))
        self.entry["status"] = int(answer.first[1])
        first = ("HTTP/1.1", *answer.first[1:])
        return dataclasses.replace(answer, first=first, headers=headers).head()

    async def send(self, answer):
        self.writer.write(self.told(answer) + answer.body)
        await self.writer.drain()

    async def reset(self):
        await asyncio.sleep(BEFORE_RESET)
        no_lingering = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, no_lingering
        )
        self.writer.transport.abort()


async def do_pass(exchange):
    await exchange.send(await exchange.forward())


async def do_close(exchange):
    await exchange.send(await exchange.forward())
    exchange.writer.close()


async def do_reset_before(exchange):
    await exchange.reset()


async def do_reset_after(exchange):
    await exchange.forward()
    await exchange.reset()


async def do_reset_middle(exchange):
    answer = await exchange.forward()
    exchange.writer.write(exchange.told(answer) + answer.body[: len(answer.body) // 2])
    await exchange.writer.drain()
    await exchange.reset()


async def do_hang(exchange):
    if exchange.rule.forward:
        await exchange.forward()
    # It sends nothing more before it is answered.
    while not exchange.reader.at_eof():
        await asyncio.sleep(0.05)


async def do_drip(exchange):
    answer = await exchange.forward()
    size = exchange.rule.bytes or 1
    exchange.writer.write(exchange.told(answer))
    for begin in range(0, len(answer.body), size):
        await asyncio.sleep(exchange.rule.interval)
        exchange.writer.write(answer.body[begin : begin + size])
        await exchange.writer.drain()


async def do_half(exchange):
    answer = await exchange.forward()
    answer.body = answer.body[: len(answer.body) // 2]
    await exchange.send(answer)


async def do_answer(exchange):
    rule = exchange.rule
    if rule.forward:
        await exchange.forward()
    headers = list(rule.headers.items())
    await exchange.send(make_answer(rule.status, headers, rule.body.encode()))


async def do_flood(exchange):
    size = exchange.rule.bytes or 100_000_000
    piece = b"x" * 65536
    answer = make_answer(200, JSON_HEADERS)
    # As a string in quotes it would even be JSON.
    exchange.writer.write(exchange.told(answer, range(size)) + b'"')
    for left in range(size - 2, 0, -len(piece)):
        exchange.writer.write(piece[:left])
        await exchange.writer.drain()
    exchange.writer.write(b'"')
    await exchange.writer.drain()


ACTIONS = {
    "pass": do_pass,
    "close": do_close,
    "reset-head": do_reset_before,
    "reset-before": do_reset_before,
    "reset-after": do_reset_after,
    "reset-middle": do_reset_middle,
    "hang": do_hang,
    "drip": do_drip,
    "half": do_half,
    "answer": do_answer,
    "flood": do_flood,
}


class Proxy:
    """services: the upstream address of each by name."""

    def __init__(self, services):
        self.upstreams = services
        self.addresses = {}
        self.rules = []
        self.log = []
        self.numbers = itertools.count(1)
        self.connections = itertools.count(1)

    def translated(self, service, answer):
        """The catalog, with the proxy's addresses."""
        if service.startswith("keystone"):
            for name, upstream in self.upstreams.items():
                answer.body = answer.body.replace(
                    upstream.encode(), self.addresses[name].encode()
                )
        return answer

    def remember(self, service, connection, request):
        names = [key.lower() for key, _ in request.headers]
        entry = {
            "service": service,
            "method": request.first[0],
            "path": request.first[1],
            "connection": connection,
            "begun": time.time(),
            "seconds": None,
            "status": None,
            "upstream": None,
            "rule": None,
            "headers": {key: request.header(key) for key in HARMLESS if key in names},
            "header_names": names,
        }
        self.log.append(entry)
        return entry

    def judge(self, entry):
        """The rule that acts on a request."""
        acting = None
        for rule in self.rules:
            if rule.matches(entry):
                rule.matched += 1
                if acting is None and rule.due():
                    acting = rule
        if acting is None:
            return Rule("pass")
        acting.acted += 1
        entry["rule"] = acting.number
        return acting

    async def exchange(self, service, connection, reader, request, writer):
        entry = self.remember(service, connection, request)
        if request.header("expect"):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        rule = self.judge(entry)
        if rule.action != "reset-head":
            request.body = await read_body(reader, request)
        one = Exchange(self, request, reader, writer, entry, rule)
        try:
            if service == "stranger":
                await one.send(make_answer(200, JSON_HEADERS, b"{}"))
            else:
                await asyncio.sleep(rule.delay)
                await ACTIONS[rule.action](one)
        except ConnectionRefusedError:
            # As if the client had come to the closed port itself.
            await one.reset()
        finally:
            entry["seconds"] = time.time() - entry["begun"]

    def control(self, request):
        """Status and value that answer a request to the control port."""
        method, path, _ = request.first
        if path == "/log":
            if method == "DELETE":
                self.log = []
            return 200, self.log
        if path != "/rules" or method not in ("GET", "POST", "DELETE"):
            return 404, {"error": "there are /log and /rules"}
        if method == "DELETE":
            self.rules = []
        if method == "POST":
            try:
                rule = Rule(**json.loads(request.body))
            except (TypeError, ValueError, re.error) as error:
                return 400, {"error": str(error)}
            rule.number = next(self.numbers)
            self.rules.append(rule)
            return 201, {"rule": rule.number}
        return 200, [dataclasses.asdict(rule) for rule in self.rules]

    async def controlled(self, reader, request, writer):
        request.body = await read_body(reader, request)
        status, value = self.control(request)
        answer = make_answer(status, JSON_HEADERS, json.dumps(value).encode() + b"\n")
        writer.write(answer.head() + answer.body)
        await writer.drain()

    def server(self, name):
        """What is done with the connections to one port."""

        async def serve(reader, writer):
            connection = next(self.connections)
            try:
                while request := await read_head(reader):
                    if name == "control":
                        await self.controlled(reader, request, writer)
                    else:
                        await self.exchange(name, connection, reader, request, writer)
                    closing = request.header("connection").lower() == "close"
                    if closing or writer.is_closing():
                        break
            except (OSError, EOFError, ValueError):
                pass
            finally:
                writer.close()

        return serve

    async def listen(self, ready):
        for name in (*self.upstreams, "stranger", "control"):
            server = await asyncio.start_server(
                self.server(name), ADDRESS, 0, limit=STREAM_LIMIT
            )
            port = server.sockets[0].getsockname()[1]
            self.addresses[name] = f"http://{ADDRESS}:{port}"
        facts = {
            "control": self.addresses["control"],
            "stranger": self.addresses["stranger"],
            "services": {name: self.addresses[name] for name in self.upstreams},
        }
        with open(ready + ".new", "w") as file:
            json.dump(facts, file)
        os.replace(ready + ".new", ready)
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        await stopped.wait()


def main():
    if len(sys.argv) < 3 or not all("=" in word for word in sys.argv[2:]):
        sys.exit("usage: fault_proxy.py READY NAME=URL...")
    services = dict(word.split("=", 1) for word in sys.argv[2:])
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(Proxy(services).listen(sys.argv[1]))


if __name__ == "__main__":
    main()
