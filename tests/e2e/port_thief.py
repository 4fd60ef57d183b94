"""Takes the ports of this computer that the engine chose for machines which are made but do not
run yet, and keeps them for a minute.

    port_thief.py SOCKET PROJECT N     of the first N of the project; a line for each one taken
"""

import http.client
import json
import socket
import sys
import time

PATIENCE, KEPT = 60, 60


class Engine(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("podman")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def made(path, project):
    """Machines of the project that do not run: id and port."""
    engine = Engine(path)
    engine.request("GET", "/v4.0.0/libpod/containers/json?all=true")
    for one in json.loads(engine.getresponse().read()):
        key = (one["Labels"] or {}).get("dvo.key", "")
        if key.startswith(f"dvo:{project}:") and one["State"] == "created":
            yield from ((one["Id"], port["host_port"]) for port in one["Ports"])
    engine.close()


def take(port):
    """The socket that has it now; None: the machine was faster."""
    taken = socket.socket()
    try:
        taken.bind(("127.0.0.1", port))
    except OSError:
        taken.close()
        return None
    taken.listen()
    return taken


def main(path, project, count):
    held, seen = [], set()
    deadline = time.monotonic() + PATIENCE
    while len(held) < count and time.monotonic() < deadline:
        for machine, port in made(path, project):
            taken = take(port) if machine not in seen else None
            seen.add(machine)
            if taken and len(held) < count:
                held.append(taken)
                print(port, flush=True)
    time.sleep(KEPT)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
