"""HTTP/1.1 messages on asyncio streams, read whole and written whole."""

import dataclasses
import http

LONGEST_HEAD = 256 * 1024


class Broken(ValueError):
    """What came is no HTTP message."""


@dataclasses.dataclass
class Message:
    """first: the three words of the first line. headers: pairs, as they came."""

    first: tuple
    headers: list
    body: bytes = b""

    def header(self, name, default=""):
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return default

    def without(self, *names):
        """The headers but those."""
        return [(key, value) for key, value in self.headers if key.lower() not in names]

    def head(self):
        lines = [" ".join(self.first)] + [f"{key}: {value}" for key, value in self.headers]
        return "\r\n".join(lines + ["", ""]).encode("latin-1")


async def read_head(reader):
    """The head of the next message; None where the stream ends before it."""
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        line = await reader.readline()
        if not line:
            if text:
                raise Broken("ends within a head")
            return None
        if text or line.strip():
            text += line
        if len(text) > LONGEST_HEAD:
            raise Broken("endless head")
    first, *lines = text.decode("latin-1").split("\r\n")[:-2]
    words = (first.split(" ", 2) + ["", ""])[:3]
    headers = [(key, value.strip()) for key, _, value in (l.partition(":") for l in lines)]
    return Message(tuple(words), headers)


async def read_body(reader, message, to_end=False):
    """The body that a head announces; to_end: or else all until the stream ends."""
    if "chunked" in message.header("transfer-encoding").lower():
        return await read_chunks(reader)
    length = message.header("content-length")
    if length:
        return await reader.readexactly(int(length))
    return await reader.read() if to_end else b""


async def read_chunks(reader):
    body = b""
    while True:
        size = int((await reader.readline()).split(b";")[0], 16)
        if size:
            body += await reader.readexactly(size)
        line = await reader.readline()
        if not size:
            while line.strip():
                line = await reader.readline()
            return body


async def read_answer(reader, method):
    """A server's whole answer to a request of that method."""
    answer = await read_head(reader)
    while answer and answer.first[1].startswith("1"):
        answer = await read_head(reader)
    if answer is None:
        raise Broken("no answer")
    if method != "HEAD" and answer.first[1] not in ("204", "304"):
        answer.body = await read_body(reader, answer, to_end=True)
    return answer


def make_answer(status, headers, body=b""):
    """An answer, whose length is said."""
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    pairs = [*headers, ("Content-Length", str(len(body)))]
    return Message(("HTTP/1.1", str(status), phrase), pairs, body)
