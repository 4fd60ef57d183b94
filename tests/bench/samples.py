"""Measures samples on fresh machines of the embedded provider, and again when all is as
wanted: `dvoc run`, beside `ansible-playbook` of what was written by hand for the same work
(tests/samples/NAME), with Ansible's default settings, on machines of its own. Exits with 1 if
a limit is not kept.

The machines are there and have booted before the clock starts. `dvoc run` compiles, looks for the
machines, takes their locks, and asks them in the end whether all is as it should be.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import sys
import tempfile

import yaml

from converge import PODMAN, Failed, call, limit

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ("users", "system", "backup", "monitoring")
IDENTITY = "/var/lib/dvo/podman/ssh/id_ed25519"

# What the two ways take secrets from.
SECRETS = {"DVO_SECRET_SHOP_DATABASE": "of-the-bench", "SHOP_DATABASE_PASSWORD": "of-the-bench"}

# The emitted over that by hand: no slower.
LIMIT = 1.0


class Machines:
    """The machines of a sample that nothing was done to, under a project of their own."""

    def __init__(self, tools, folder, name, who):
        self.folder, self.name = folder / f"{name}-{who}", name
        self.project = f"bench-{who}-{os.getpid()}"
        self.dvoc = [tools / "dvoc", "run", "--project", self.project, f"{name}.dvo"]
        shutil.copytree(ROOT / "samples", self.folder,
                        ignore=shutil.ignore_patterns(".dvo", "build"))
        call([tools / "dvoc", "build", "--project", self.project, f"{name}.dvo"], self.folder)
        plan = json.loads((self.folder / "build" / name / "plan.json").read_text())
        made = [op["address"] for op in plan["ops"] if op["call"] == "cloud.create"]
        try:
            call([*self.dvoc, *(word for one in made for word in ("--only", one))], self.folder)
            self.addresses = self.booted(len(made))
        except BaseException:
            self.destroy(tools)
            raise

    def booted(self, count):
        """Waits for all; their addresses."""
        _, text = call([*PODMAN, "ps", "--format", "json"], self.folder)
        mine = [c["Id"] for c in json.loads(text)
                if (c["Labels"] or {}).get("dvo.key", "").startswith(f"dvo:{self.project}:")]
        if len(mine) != count:
            raise Failed(f"{self.project}: {len(mine)} machines instead of {count}")
        for machine in mine:
            # It says "degraded" with a status of 1 where some unit does not suit a container.
            call([*PODMAN, "exec", machine, "sh", "-c",
                  "systemctl is-system-running --wait || :"], self.folder)
        _, text = call([*PODMAN, "inspect", *mine], self.folder)
        return [c["NetworkSettings"]["Networks"]["dvo"]["IPAddress"] for c in json.loads(text)]

    def destroy(self, tools):
        """Removes the machines."""
        call([tools / "dvoc", "destroy", "--yes", f"build/{self.name}"], self.folder)


def emitted(machines):
    """Seconds of `dvoc run`; whether nothing changed."""
    took, said = call(machines.dvoc, machines.folder)
    return took, "nothing changed" in said


def by_hand(machines):
    """Seconds of `ansible-playbook`; whether nothing changed."""
    inventory = machines.folder / "inventory.yml"
    keys = machines.folder / "known_hosts"
    if not inventory.exists():
        _, text = call(["ssh-keyscan", "-t", "ed25519", *machines.addresses], machines.folder)
        keys.write_text("".join(f"{line}\n" for line in text.splitlines() if line[0] != "#"))
        written = yaml.safe_load((ROOT / "tests/samples" / machines.name /
                                  "inventory.yml").read_text())
        addresses = iter(machines.addresses)
        for host in hosts(written):
            host.update(ansible_host=next(addresses), ansible_user="root",
                        ansible_ssh_private_key_file=IDENTITY,
                        ansible_ssh_common_args=f"-o UserKnownHostsFile={keys}")
        inventory.write_text(yaml.safe_dump(written))
    took, said = call(["ansible-playbook", "-i", inventory, "playbook.yml"],
                      ROOT / "tests/samples" / machines.name)
    return took, not re.search(r"changed=[1-9]", said)


def hosts(groups):
    """The hosts of an inventory."""
    for group in groups.values():
        yield from group.get("hosts", {}).values()
        yield from hosts(group.get("children", {}))


def measure(tools, folder, name, way):
    """Seconds the first time, and again."""
    machines = Machines(tools, folder, name, way.__name__.replace("_", "-"))
    try:
        first, _ = way(machines)
        again, unchanged = way(machines)
        if not unchanged:
            raise Failed(f"{name}, {way.__name__}: the second run changed something")
        return first, again
    finally:
        machines.destroy(tools)
        shutil.rmtree(machines.folder)


def main():
    """Prints the table; the exit status says whether all limits hold."""
    parser = argparse.ArgumentParser(description=__doc__.split(":", maxsplit=1)[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    good = True
    os.environ.update(SECRETS)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dvo-samples-"))
    try:
        for name in options.names or NAMES:
            times = {emitted: [], by_hand: []}
            for k in range(options.rounds):
                # Whoever is first finds colder caches.
                for way in (emitted, by_hand)[:: -1 if k % 2 else 1]:
                    times[way].append(measure(options.bin, folder, name, way))
            for k, what in enumerate(("fresh", "again")):
                ours, theirs = (statistics.median(row[k] for row in times[way])
                                for way in (emitted, by_hand))
                print(f"{name:12} {what:6} {ours:8.2f} s, by hand {theirs:8.2f} s", flush=True)
                good &= limit(f"{name}, {what}: emitted over by hand", ours / theirs, LIMIT)
    finally:
        shutil.rmtree(folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
