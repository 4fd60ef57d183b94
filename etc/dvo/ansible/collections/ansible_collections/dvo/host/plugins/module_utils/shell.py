"""What the modules step and steps have in common: scripts of the step library, their answers."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import re

from ansible.module_utils._text import to_bytes, to_text

from .steps import STEPS

NAMES = (
    "authorized_key",
    "block",
    "bootstrap",
    "cron",
    "database",
    "deploy",
    "directory",
    "fetch",
    "file",
    "filesystem",
    "git",
    "group",
    "hold",
    "hostname",
    "install",
    "line",
    "link",
    "mount",
    "permissions",
    "query",
    "remove",
    "repository",
    "run",
    "service",
    "sync",
    "sysctl",
    "timezone",
    "unit",
    "unpack",
    "upgrade",
    "user",
    "wait",
)
DIFF_LIMIT = 128 * 1024


def scalar(value):
    """The text of one parameter value."""
    if value is True or value is False:
        return b"true" if value else b"false"
    return to_bytes(value, errors="surrogateescape", nonstring="simplerepr")


def words(params):
    """The parameters as words of a shell script, in single quotes."""
    for key in sorted(params):
        value = params[key]
        if isinstance(value, dict):
            values = [
                scalar(name) + b"=" + scalar(value[name])
                for name in sorted(value)
                if value[name] is not None
            ]
        elif isinstance(value, (list, tuple)):
            values = [scalar(item) for item in value]
        elif value is None:
            values = []
        else:
            values = [scalar(value)]
        for text in values:
            if b"\0" in text:
                raise ValueError("%s has a NUL byte in it" % key)
            yield b"'--" + to_bytes(key) + b"=" + text.replace(b"'", b"'\\''") + b"'"


def compose(calls, check, locked, timeout=None):
    """The script for these lines."""
    head = b"DVO_CHECK=1\n" if check else b"DVO_LOCKED=1\n" if locked else b""
    if timeout:
        head += b"DVO_TIMEOUT=%d\n" % timeout
    return head + to_bytes(STEPS) + b"{\n" + b"\n".join(calls) + b"\ndvo_end\n}\n"


def decode(text):
    """Undoes the percent-encoding of the step library."""
    raw = re.sub(
        b"%([0-9A-Fa-f]{2})",
        lambda found: bytes(bytearray([int(found.group(1), 16)])),
        text,
    )
    return to_text(raw, errors="replace")


def parse(output):
    """Results as {ID: (state, errno, reason, fields) or "skipped"}, and whether the end came."""
    results = {}
    ended = False
    for line in output.split(b"\n"):
        parts = line.split(b" ")
        if parts == [b"dvo", b"end"]:
            ended = True
        elif len(parts) == 3 and parts[0] == b"dvo" and parts[2] == b"skipped":
            results[int(parts[1])] = "skipped"
        elif len(parts) >= 5 and parts[0] == b"dvo" and parts[1].isdigit():
            fields = dict(part.split(b"=", 1) for part in parts[5:])
            results[int(parts[1])] = (
                to_text(parts[2]),
                to_text(parts[3]),
                decode(parts[4]) if parts[4] != b"-" else "",
                dict((to_text(key), decode(value)) for key, value in fields.items()),
            )
    return results, ended


def answer(result):
    """A result as modules tell it."""
    state, errno, reason, fields = result
    told = dict(msg=reason, state=state, fields=fields, changed=state in ("changed", "unknown"))
    for key in ("stdout", "stderr"):
        if key in fields:
            told[key] = fields[key]
    if state == "failed":
        told["errno"] = errno
    return told


def content(path):
    """The text of a file for a diff; None if it is no small text."""
    try:
        with open(to_bytes(path, errors="surrogateescape"), "rb") as stream:
            data = stream.read(DIFF_LIMIT + 1)
    except (IOError, OSError):
        return ""
    if len(data) > DIFF_LIMIT or b"\0" in data:
        return None
    return to_text(data, errors="replace")


def shows(step, params):
    """The path of the file whose difference can be shown, or None."""
    return params.get("path") if step in ("block", "file", "line") else None


def difference(step, params, before, check):
    """The difference since, as Ansible shows it; None if it cannot be told."""
    path = params["path"]
    after = content(path)
    if check:
        after = params.get("content") if step == "file" else None
    if before is None or after is None:
        return None
    return dict(before=before, after=after, before_header=path, after_header=path)
