"""One process of the cloud: started in a session of its own, found again by its id and its
time of birth, so that a number which another process got later is never taken for it."""

import os
import signal
import socket
import subprocess
import time

import settings

POLL = 0.05


class Failure(Exception):
    """Something of the cloud did not do what it should; the text is for the user."""


class Service:
    """command: its argument list. environment: added to a small one of our own. port: what
    it listens on when it is ready, or None. ready: a function that says whether it is."""

    def __init__(self, name, command, environment=None, port=None, ready=None):
        self.name = name
        self.command = [str(word) for word in command]
        self.environment = environment or {}
        self.port = port
        self.ready = ready or self.answers
        self.record = settings.RUN / f"{name}.pid"
        self.output = settings.LOGS / f"{name}.out"

    def pid(self):
        """Its process id, or None when it does not run."""
        try:
            pid, birth = self.record.read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        return int(pid) if birth_of(pid) == birth else None

    def start(self):
        """Starts it unless it runs; says whether it did."""
        if self.pid():
            return False
        if self.port and port_answers(self.port):
            raise Failure(f"{self.name}: something else listens on port {self.port}")
        with open(self.output, "ab") as output:
            child = subprocess.Popen(
                self.command,
                env=environment(self.environment),
                cwd=settings.STATE,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.record.write_text(f"{child.pid} {birth_of(child.pid)}")
        return True

    def wait(self, patience=120):
        """Waits until it is ready, for so many seconds at most."""
        deadline = time.monotonic() + patience
        while not self.ready():
            if not self.pid():
                raise Failure(f"{self.name} died; its last words:\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise Failure(
                    f"{self.name} not ready after {patience} s\n{self.last_words()}"
                )
            time.sleep(POLL)

    def stop(self, patience=5):
        """Ends it and what it started; those who do not go in so many seconds are killed."""
        pid = self.pid()
        if not pid:
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while self.pid() and time.monotonic() < deadline:
            reap(pid)
            time.sleep(POLL)
        # Its session's other processes go in any case.
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        while self.pid():
            reap(pid)
            time.sleep(POLL)
        self.record.unlink()
        return True

    def answers(self):
        return self.pid() is not None and (not self.port or port_answers(self.port))

    def last_words(self):
        lines = []
        for path in (self.output, settings.LOGS / f"{self.name}.log"):
            if path.exists():
                lines += path.read_text(errors="replace").splitlines()[-15:]
        return "\n".join("    " + line for line in lines)


def birth_of(pid):
    """When a living process began, in the kernel's ticks as text; None for a dead one."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]


def reap(pid):
    """A child of ours that ended leaves the process table."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


def port_answers(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((settings.ADDRESS, port)) == 0


def environment(more):
    """What the processes of the cloud see: nothing of the caller's, whose proxies, Python
    and locale are no business of theirs."""
    return {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(settings.STATE),
        "LC_ALL": "C.UTF-8",
        **{name: str(value) for name, value in more.items()},
    }
