"""Measures the convergence of N operations on one machine of the embedded provider through
Ansible, Chef and the api backend, the first time and again, in one run, beside the tools
themselves on what they find when all is as wanted. Exits with 1 if a limit is not kept.

The workload is files, directories, lines of a file and links, as a configuration mostly is:
of ten operations six are files. A machine per backend exists and is prepared before the clock
starts, so a time is what a person waits for `dvo-run`: looking for the machine, its lock,
the tool, and the probes of all operations.

Chef Infra Client asks for a licence: set DVO_CHEF_LICENSE to give your own word.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

BACKENDS = ("ansible", "chef", "api")
SIZES = (10, 100, 1000)
TIMEOUT = 1800
PODMAN = ("podman", "--url", "unix:///run/dvo/podman/api.sock")

# Nothing to do, through dvo-run, over the tool alone: probes and the state are the rest.
OVERHEAD_LIMIT = 1.6
# The smallest installation must not be the slowest: api over the faster of the two tools.
API_LIMIT = 1.0

HEAD = """machine = cloud.create(flavor=provider.FLAVOR_COMPUTE)
machine.bootstrap()
"""
BODY = """
machine.directory("/srv/bench")
for i in range({groups}):
    machine.directory("/srv/bench/%d" % i)
    for k in range(6):
        machine.file("/srv/bench/%d/file%d" % (i, k), content="file %d of group %d\\n" % (k, i))
    machine.link("/srv/bench/%d/link" % i, to="file0")
    machine.line("/srv/bench/%d.conf" % i, "group = %d" % i)
    machine.line("/srv/bench/%d.conf" % i, "active = yes")
"""


class Failed(Exception):
    """A measured command did not succeed."""


def call(argv, folder, **more):
    """Runs a command; its wall time in seconds and what it printed."""
    begin = time.perf_counter()
    done = subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=TIMEOUT, check=False, **more)
    took = time.perf_counter() - begin
    if done.returncode:
        raise Failed(f"{' '.join(map(str, argv))}: exit status {done.returncode}\n"
                     f"{done.stdout.decode()[-4000:]}")
    return took, done.stdout.decode()


class Bench:
    """One backend with its machine."""

    def __init__(self, tools, folder, backend):
        self.tools, self.folder, self.backend = tools, folder / backend, backend
        self.project = f"bench-{backend}-{os.getpid()}"
        settings = self.folder / "etc" / "dvo"
        settings.mkdir(parents=True)
        (settings / "dvo.yaml").write_text(
            f"project: {self.project}\nbackends: {{default: {backend}}}\n")
        # All on the image that every backend can use.
        (self.folder / "base.dvo").write_text(HEAD + 'machine.file("/etc/bench", "", '
                                              'via="chef")\n' + 'machine.file("/etc/bench2", "")\n')
        call([self.tools / "dvoc", "run", "base.dvo"], self.folder)

    def measure(self, size):
        """Seconds the first time, again, and of the tool alone."""
        name = f"n{size}"
        (self.folder / f"{name}.dvo").write_text(HEAD + BODY.format(groups=size // 10))
        call([self.tools / "dvoc", "build", f"{name}.dvo"], self.folder)
        first, _ = call([self.tools / "dvo-run", f"build/{name}"], self.folder)
        again, said = call([self.tools / "dvo-run", f"build/{name}"], self.folder)
        if "nothing changed" not in said:
            raise Failed(f"{self.backend}: the second run changed something\n{said[-2000:]}")
        alone = self.alone(name)
        self.remote("rm -rf /srv/bench")
        return first, again, alone

    def access(self, name):
        """The values file that a tool run without dvo-run needs."""
        values = self.folder / "values.json"
        filled = json.loads(
            (self.folder / "build" / name / "ansible" / "values.example.json").read_text())
        port = self.container()["Ports"][0]["host_port"]
        keys = self.folder / "known_hosts"
        _, text = call(["ssh-keyscan", "-p", str(port), "-t", "ed25519", "127.0.0.1"],
                       self.folder)
        keys.write_text("".join(f"{line}\n" for line in text.splitlines() if line[0] != "#"))
        for machine in filled["machines"].values():
            machine.update(address="127.0.0.1", port=port, user="root", known_hosts=str(keys),
                           identity="/var/lib/dvo/podman/ssh/id_ed25519")
        values.write_text(json.dumps(filled))
        return values

    def alone(self, name):
        """Seconds of the tool without dvo-run, all being as wanted; None if there is none."""
        if self.backend == "ansible":
            values = self.access(name)
            took, _ = call(["ansible-playbook", "-e", f"@{values}", "site.yml"],
                           self.folder / "build" / name / "ansible")
            return took
        if self.backend == "chef":
            plan = json.loads((self.folder / "build" / name / "plan.json").read_text())
            recipe = next(s["recipe"] for s in plan["segments"] if s["tool"] == "chef")
            home = f"/var/cache/dvo/chef/{plan['project']}"
            license_ = os.environ["DVO_CHEF_LICENSE"]
            return self.remote(f"cd {home} && CHEF_LICENSE='{license_}' chef-client "
                               f"--local-mode -c client.rb -o 'recipe[{recipe}]'")
        return None

    def container(self):
        """The machine as podman lists it."""
        _, text = call([*PODMAN, "ps", "--format", "json"], self.folder)
        return next(c for c in json.loads(text)
                    if (c["Labels"] or {}).get("dvo.key", "").startswith(f"dvo:{self.project}:"))

    def remote(self, command):
        """Seconds that a command takes on the machine."""
        return call([*PODMAN, "exec", self.container()["Id"], "sh", "-c", command],
                    self.folder)[0]

    def destroy(self):
        """Removes the machine."""
        call([self.tools / "dvoc", "destroy", "--yes", "base.dvo"], self.folder)


def main():
    """Prints the table; the exit status says whether all limits hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("sizes", type=int, nargs="*", metavar="N")
    options = parser.parse_args()
    if not os.environ.get("DVO_CHEF_LICENSE"):
        sys.exit("converge: set DVO_CHEF_LICENSE: Chef Infra Client asks for your licence")
    sizes = options.sizes or SIZES
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dvo-converge-"))
    benches, rows, good = [], {}, True
    try:
        for backend in BACKENDS:
            benches.append(Bench(options.bin, folder, backend))
        print(f"{'ops':>5}  {'backend':8} {'first':>8} {'again':>8} {'tool alone':>10}  seconds")
        for size in sizes:
            for bench in benches:
                first, again, alone = rows[size, bench.backend] = bench.measure(size)
                shown = f"{alone:10.2f}" if alone else " " * 10
                print(f"{size:5}  {bench.backend:8} {first:8.2f} {again:8.2f} {shown}", flush=True)
        for size in sizes:
            for backend in ("ansible", "chef"):
                _, again, alone = rows[size, backend]
                good &= limit(f"{size} ops, nothing to do: dvo-run over {backend} alone",
                              again / alone, OVERHEAD_LIMIT if size >= 100 else None)
            for k, what in enumerate(("first time", "again")):
                fastest = min(rows[size, "ansible"][k], rows[size, "chef"][k])
                good &= limit(f"{size} ops, {what}: api over the faster tool",
                              rows[size, "api"][k] / fastest, API_LIMIT)
    finally:
        for bench in benches:
            bench.destroy()
        shutil.rmtree(folder)
    return 0 if good else 1


def limit(what, value, most):
    """Prints a ratio; whether it is within its limit, if it has one."""
    kept = most is None or value <= most
    bound = f" (limit {most:.2f})" if most else ""
    print(f"{'ok' if kept else 'NOT KEPT':8} {what}: {value:.2f}{bound}")
    return kept


if __name__ == "__main__":
    sys.exit(main())
