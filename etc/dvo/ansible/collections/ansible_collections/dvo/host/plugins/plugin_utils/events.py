"""Where events go: to a file, or to whoever runs the playbook and writes them down."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json
import os
import socket
import stat


class Silent(Exception):
    """Nobody reads the events any more."""


class Events(object):
    """Events as JSON lines, to where the environment variable DVO_EVENTS points.

    A file is appended to. Through a Unix socket each event is answered, once it is written
    down: what starts has been recorded as started before anything happens on a machine.
    """

    def __init__(self):
        path = os.environ.get("DVO_EVENTS")
        self._fd = None
        self._socket = None
        if not path:
            return
        if os.path.exists(path) and stat.S_ISSOCK(os.stat(path).st_mode):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                self._socket.connect(path)
            except (IOError, OSError) as error:
                raise Silent(str(error))
        else:
            self._fd = os.open(
                path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
            )

    def wanted(self):
        return self._fd is not None or self._socket is not None

    def answered(self):
        """Somebody listens, and nothing stays in a file: secrets may pass."""
        return self._socket is not None

    def write(self, event):
        data = (json.dumps(event, sort_keys=True) + "\n").encode("ascii")
        if self._socket is not None:
            try:
                self._socket.sendall(data)
                answer = self._socket.recv(1)
            except (IOError, OSError) as error:
                raise Silent(str(error))
            if not answer:
                raise Silent("the reader of the events is gone")
        while self._fd is not None and data:
            data = data[os.write(self._fd, data) :]


def left_out(task, task_vars):
    """Of those for whom a task is carried out, the places of who takes no part in this run."""
    line = str(place(task)["line"])
    return (task_vars or {}).get("left_out", {}).get(line, [])


def place(task):
    """Where the task stands in the playbook."""
    path, dummy, line = (task.get_path() or "").rpartition(":")
    return {
        "path": os.path.basename(path),
        "line": int(line) if line.isdigit() else 0,
    }
