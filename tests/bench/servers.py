"""Measures how long it takes to create 40 servers and then to delete them, on the genuine
OpenStack of the tests (tests/e2e/openstack), whose servers boot in no time: what is measured are
calls and waiting. Exits with 1 if a limit is not kept.

dvo-run    `dvo-run` of a program that creates them, and `dvoc destroy`: with preflight, lookups
           and state. At most 16 calls are under way at a time, as the provider has it.
service    What the service can take: 16 threads that do nothing but POST, until a list that is
           read once a second says that all are ACTIVE; and DELETE, until it has none.
sdk        openstacksdk in 16 threads, each of which waits for its server.
openstack  `openstack server create --wait` and `delete --wait`, one by one.

The last one gets 4 servers, and the seconds of these times 10 are told. The others take turns, and
what is told is the median; of ratios, that of each round's.

Ansible's openstack.cloud.server is left out. Debian's collection refuses Debian's openstacksdk, and
is right: with a copy that takes any version it ends with a KeyError once the server is there.
"""

import argparse
import concurrent.futures
import os
import pathlib
import statistics
import sys
import tempfile
import time

from bench import ROOT, Failed, Sample
from language import Floors

sys.path.insert(0, str(ROOT / "tests" / "e2e" / "openstack"))
import client  # noqa: E402

SOURCES = pathlib.Path(__file__).resolve().parent / "servers"
SERVERS, FEW, THREADS = 40, 4, 16
ROUNDS = 2
TIMEOUT = 600.0
SERVICE_LIMIT = 1.1  # times the seconds of the service alone
VERBS = ("create", "delete")


class Contestant:
    """Creates and deletes servers bench-0 and so on: `create` and `delete`."""

    few = False

    def __init__(self, folder, cloud, options):
        self.folder, self.cloud, self.options = folder, cloud, options
        self.count = min(FEW, options.servers) if self.few else options.servers
        self.took = {verb: [] for verb in VERBS}

    def command(self, *words):
        Sample([str(word) for word in words], self.folder, TIMEOUT)

    def servers(self):
        """Ids and states of those that there are."""
        return {one["id"]: one["status"] for one in self.cloud.pages("servers")
                if one["name"].startswith("bench-") and one["status"] != "DELETED"}

    def measure(self):
        """One round; what is not as it should be afterwards is a failure."""
        for verb, left in zip(VERBS, (self.count, 0)):
            begin = time.perf_counter()
            getattr(self, verb)()
            self.took[verb].append((time.perf_counter() - begin) * self.options.servers / self.count)
            there = list(self.servers().values())
            if there != ["ACTIVE"] * left:
                raise Failed(f"{type(self).__name__}, {verb}: there are {there}")

    def both(self):
        """Seconds of each round."""
        return [sum(one) for one in zip(*self.took.values())]


class DvoRun(Contestant):
    """The program."""

    def __init__(self, *context):
        super().__init__(*context)
        settings = self.folder / "etc" / "dvo" / "providers"
        settings.mkdir(parents=True)
        (settings.parent / "dvo.yaml").write_text("project: bench\nprovider: bench\n")
        (settings / "bench.yaml").write_text(
            "driver: openstack\ncloud: demo\nimages: {DEFAULT: cirros}\n"
            f"networks: {{DEFAULT: private}}\nlimits: {{parallel: {THREADS}}}\n")
        text = (SOURCES / "machines.dvo").read_text(encoding="ascii")
        (self.folder / "machines.dvo").write_text(text.replace("@COUNT@", str(self.count)))
        self.build = self.folder / "machines"
        self.dvoc("build", self.folder / "machines.dvo", "-o", self.build)
        self.state = ("--state", self.folder / "bench.db")

    def dvoc(self, *words):
        os.chdir(self.folder)
        self.command(f"{self.options.bin}/dvoc", *words)

    def create(self):
        os.chdir(self.folder)
        self.command(f"{self.options.bin}/dvo-run", *self.state, self.build)

    def delete(self):
        self.dvoc("destroy", *self.state, "--yes", self.build)


class Service(Contestant):
    """Calls, and nothing else."""

    def __init__(self, *context):
        super().__init__(*context)
        self.url = self.cloud.addresses["compute"]
        self.body = {
            "flavorRef": self.id_of("/flavors", "flavors", "m1.tiny"),
            "imageRef": self.id_of("/images", "images", "cirros", "image", "/v2"),
            "networks": [{"uuid": self.id_of("/networks", "networks", "private", "network",
                                             "/v2.0")}],
        }

    def id_of(self, path, plural, name, service="compute", version=""):
        answer, _ = self.cloud.call("GET", self.cloud.addresses[service] + version + path)
        return next(one["id"] for one in answer[plural] if one["name"] == name)

    def together(self, call, things):
        with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(call, things))

    def wait(self, left):
        deadline = time.monotonic() + TIMEOUT
        while list(self.servers().values()) != ["ACTIVE"] * left:
            if time.monotonic() > deadline:
                raise Failed("the service comes to no end")
            time.sleep(1)

    def create(self):
        self.together(lambda i: self.cloud.call(
            "POST", f"{self.url}/servers",
            {"server": {"name": f"bench-{i}", **self.body}}, "compute"), range(self.count))
        self.wait(self.count)

    def delete(self):
        self.together(lambda id: self.cloud.call(
            "DELETE", f"{self.url}/servers/{id}", service="compute"), self.servers())
        self.wait(0)


class Sdk(Contestant):
    """openstacksdk."""

    def create(self, verb="create"):
        self.command(sys.executable, SOURCES / "sdk.py", verb, self.count, THREADS)

    def delete(self):
        self.create("delete")


class OpenStack(Contestant):
    """The command."""

    few = True

    def create(self):
        for i in range(self.count):
            self.command("/usr/bin/openstack", "server", "create", "--flavor", "m1.tiny",
                         "--image", "cirros", "--network", "private", "--wait", f"bench-{i}")

    def delete(self):
        for i in range(self.count):
            self.command("/usr/bin/openstack", "server", "delete", "--wait", f"bench-{i}")


def take_turns(everybody, rounds):
    """The measurements."""
    for number in range(rounds):
        for name, one in everybody.items():
            if not one.few or number == 0:
                one.measure()
                print(f"round {number + 1}: {name}: "
                      + ", ".join(f"{verb} {one.took[verb][-1]:.1f} s" for verb in VERBS),
                      flush=True)


def measure(options, folder, limits):
    """All of them; the table, and what of it is promised."""
    cloud = client.Cloud(os.environ["OS_CLOUD"])
    everybody = {}
    for name, kind in (("dvo-run", DvoRun), ("service", Service), ("sdk", Sdk),
                       ("openstack", OpenStack)):
        (folder / name).mkdir()
        everybody[name] = kind(folder / name, cloud, options)
    try:
        take_turns(everybody, options.rounds)
    finally:
        everybody["service"].delete()
    print(f"{'':<10} {'create s':>9} {'delete s':>9}")
    for name, one in everybody.items():
        print(f"{name:<10}" + "".join(f" {statistics.median(one.took[verb]):>9.1f}"
                                      for verb in VERBS)
              + (f"  (of {one.count}, times {options.servers / one.count:g})" if one.few else ""))
    own = everybody.pop("dvo-run").both()
    service = everybody.pop("service").both()
    limits.check("seconds over those of the service",
                 statistics.median(a / b for a, b in zip(own, service)), SERVICE_LIMIT, "times")
    for name, one in everybody.items():
        limits.check_least(f"seconds of {name} over dvo-run's",
                           statistics.median(a / b for a, b in zip(one.both(), own)), 1)


def main():
    """The exit status says whether all limits hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True)
    parser.add_argument("--servers", type=int, default=SERVERS)
    parser.add_argument("rounds", type=int, nargs="?", default=ROUNDS)
    options = parser.parse_args()
    limits = Floors()
    with tempfile.TemporaryDirectory(prefix="dvo-servers-") as folder:
        try:
            measure(options, pathlib.Path(folder), limits)
        except Failed as error:
            limits.failed("servers", error)
    return 1 if limits.broken else 0


if __name__ == "__main__":
    sys.exit(main())
