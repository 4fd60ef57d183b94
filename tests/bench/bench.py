"""Measures dvoc: time to start, and time, memory and output of compiling large programs,
beside `ninja -n` on a manifest of the same graph. Exits with 1 if a limit is not kept.

The workload is N resources in groups of 18: a machine, 5 packages, 8 files that hold this
machine's and the next machine's address, 2 users, 2 services that restart with two of the
files. N is rounded up to whole groups. The bootstrap of every machine comes on top: it is
in the programs and in the manifest, but does not count as a resource.

Builds go to $TMPDIR, a playbook for each machine: TMPDIR=/dev/shm leaves out what the
disk's file system costs. ext4 searches long for an inode while many were freed in the
minute before, by whomever; such runs show in the column "of it sys".

A million resources take a minute and are measured on request only, best beside what they
are compared with: `run.sh 100000 1000000`.
"""

import argparse
import os
import pathlib
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time

PACKAGES = ("curl", "git", "htop", "jq", "rsync")
USERS = ("ana", "ben")
# Each service with the two files it restarts with.
SERVICES = (("front", (0, 1)), ("worker", (2, 3)))
FILES = 8
GROUP = 1 + len(PACKAGES) + FILES + len(USERS) + len(SERVICES)

FORMS = ("loop", "straight")
ROUNDS = 5
ONE_ROUND_FROM = 1_000_000
STARTUP_ROUNDS = 40
TIMEOUT = 300.0

STARTUP_LIMIT = 0.003  # wall seconds more than /bin/true
SMALL, SMALL_LIMIT = 1_000, 0.006  # wall seconds
MIDDLE, LARGE, HUGE = 10_000, 100_000, 1_000_000
LARGE_LIMIT = 1.0  # times the CPU of ninja -n, at LARGE
HUGE_LIMIT = 1.2e9  # peak resident bytes, of the loop at HUGE
# CPU per resource over that at the size before.
GROWTH_LIMITS = ((MIDDLE, LARGE, 1.5), (LARGE, HUGE, 1.2))

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Failed(Exception):
    """A measured command did not succeed."""


class Sample:
    """One run of a command: seconds of wall and CPU time, peak resident bytes."""

    def __init__(self, argv, folder, timeout=None):
        errors = os.open(folder / "stderr", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        actions = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                   (os.POSIX_SPAWN_DUP2, errors, 2)]
        begin = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=actions)
        timer = None
        if timeout:
            timer = threading.Timer(timeout, os.kill, (pid, signal.SIGKILL))
            timer.start()
        _, status, usage = os.wait4(pid, 0)
        self.wall = time.perf_counter() - begin
        if timer:
            timer.cancel()
        self.system = usage.ru_stime
        self.cpu = usage.ru_utime + usage.ru_stime
        # Includes what this process had when it started the command, some 10 MB: it must
        # stay small itself, so workloads are written piece by piece.
        self.peak = usage.ru_maxrss * 1024
        with os.fdopen(errors) as file:
            file.seek(0)
            said = file.read(1000)
        code = os.waitstatus_to_exitcode(status)
        if code:
            raise Failed(f"{' '.join(map(str, argv))}: exit status {code}"
                         f" after {self.wall:.1f} s\n{said}")


def median(samples, field):
    return statistics.median(getattr(sample, field) for sample in samples)


def row(resources, what, samples):
    return (f"{resources:>9} {what:<9} {median(samples, 'cpu') * 1e3:>9.1f}"
            f" {median(samples, 'system') * 1e3:>9.1f}"
            f" {median(samples, 'wall') * 1e3:>9.1f}"
            f" {median(samples, 'peak') / 1e6:>9.1f}")


def write_loop(file, groups):
    restarts = "".join(f'    machine.service("{name}", restart_on=['
                       f'{", ".join(f"files[{number}]" for number in numbers)}])\n'
                       for name, numbers in SERVICES)
    file.write(f"""\
machines = [cloud.create(flavor=provider.FLAVOR_COMPUTE, name=f"m{{number}}")
            for number in range({groups})]
for number, machine in enumerate(machines):
    other = machines[(number + 1) % {groups}]
    machine.bootstrap()
    for package in {list(PACKAGES)}:
        machine.install(package)
    files = []
    for part in range({FILES}):
        files.append(machine.file(
            f"/etc/bench/{{part}}.conf",
            content=f"part {{part}}\\nself = {{machine.private_ip}}\\n"
                    + f"peer = {{other.private_ip}}\\n"))
    for user in {list(USERS)}:
        machine.user(user)
{restarts}""")


def write_straight(file, groups):
    for group in range(groups):
        file.write(f"m{group} = cloud.create(flavor=provider.FLAVOR_COMPUTE)\n")
    for group in range(groups):
        me, other = f"m{group}", f"m{(group + 1) % groups}"
        file.write(f"{me}.bootstrap()\n")
        for package in PACKAGES:
            file.write(f'{me}.install("{package}")\n')
        for part in range(FILES):
            file.write(f'f{group}_{part} = {me}.file("/etc/bench/{part}.conf", '
                       f'content=f"part {part}\\nself = {{{me}.private_ip}}\\n'
                       f'peer = {{{other}.private_ip}}\\n")\n')
        for user in USERS:
            file.write(f'{me}.user("{user}")\n')
        for name, numbers in SERVICES:
            files = ", ".join(f"f{group}_{number}" for number in numbers)
            file.write(f'{me}.service("{name}", restart_on=[{files}])\n')


def write_manifest(file, groups):
    """The calls of a machine in a chain, and an edge for every value that is used."""
    file.write("rule call\n  command = true $out\n")

    def node(name, *inputs):
        file.write(f"build {name}: call {' '.join(dict.fromkeys(inputs))}\n")
        return name

    for group in range(groups):
        me, other = f"m{group}", f"m{(group + 1) % groups}"
        last = node(f"{me}.bootstrap", node(me))
        for package in PACKAGES:
            last = node(f"{me}.install.{package}", last, me)
        files = []
        for part in range(FILES):
            last = node(f"{me}.file.{part}", last, me, other)
            files.append(last)
        for user in USERS:
            last = node(f"{me}.user.{user}", last, me)
        for name, numbers in SERVICES:
            last = node(f"{me}.service.{name}", last, me, *(files[n] for n in numbers))


def folder_size(folder):
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


class Limits:
    """Compares what was measured with what is promised."""

    def __init__(self):
        self.broken = 0

    def check(self, what, value, limit, unit):
        kept = value <= limit
        self.broken += not kept
        print(f"{'PASS' if kept else 'FAIL'} {what}: {value:.2f} of {limit:g} {unit}")

    def failed(self, what, why):
        self.broken += 1
        print(f"FAIL {what}: {why}")


def measure_startup(dvoc, folder, limits):
    program = str(ROOT / "samples/app.dvo")
    commands = {"/bin/true": ["/bin/true"],
                "dvoc --version": [dvoc, "--version"],
                "dvoc check samples/app.dvo": [dvoc, "check", program]}
    samples = {name: [] for name in commands}
    for _ in range(STARTUP_ROUNDS):
        for name, argv in commands.items():
            samples[name].append(Sample(argv, folder))
    base = median(samples.pop("/bin/true"), "wall")
    print(f"start-up: /bin/true takes {base * 1e3:.2f} ms, medians of {STARTUP_ROUNDS}")
    for name, runs in samples.items():
        limits.check(f"{name} over /bin/true", (median(runs, "wall") - base) * 1e3,
                     STARTUP_LIMIT * 1e3, "ms")


def measure_size(dvoc, ninja, folder, size, limits):
    """Prints the rows of one N; returns seconds of CPU per resource of each form."""
    groups = -(-size // GROUP)
    for name, writer in (("loop.dvo", write_loop), ("straight.dvo", write_straight),
                         ("build.ninja", write_manifest)):
        with open(folder / name, "w", encoding="ascii") as file:
            writer(file, groups)

    samples = {form: [] for form in FORMS}
    manifest = []
    written = {}
    broken = {}
    for turn in range(1 if size >= ONE_ROUND_FROM else ROUNDS):
        for form in FORMS:
            if form in broken:
                continue
            # Nothing is removed between runs: ext4 searches long for an inode while many
            # were freed just before, and that time would be the compiler's.
            out = folder / f"{form}.{turn}"
            argv = [dvoc, "build", str(folder / f"{form}.dvo"), "-o", str(out)]
            try:
                samples[form].append(Sample(argv, folder, TIMEOUT))
            except Failed as error:
                broken[form] = str(error)
                continue
            written[form] = folder_size(out)
        manifest.append(Sample([ninja, "-C", str(folder), "-n"], folder, TIMEOUT))

    resources = groups * GROUP
    base = median(manifest, "cpu")
    per_resource = {}
    for form, runs in samples.items():
        if form in broken:
            print(f"{resources:>9} {form:<9} {broken[form].rstrip()}")
            limits.failed(f"{size} resources, {form}", "the program was not compiled")
            continue
        cpu, wall = median(runs, "cpu"), median(runs, "wall")
        per_resource[form] = cpu / resources
        print(row(resources, form, runs) + f" {written[form] / 1e6:>9.2f}"
              f" {cpu / resources * 1e6:>9.2f} {cpu / base:>8.2f}"
              f" {median(runs, 'peak') / resources / 1e3:>8.2f}")
        if size == SMALL:
            limits.check(f"{size} resources, {form}", wall * 1e3, SMALL_LIMIT * 1e3, "ms")
        if size == LARGE:
            limits.check(f"{size} resources, {form}", cpu / base, LARGE_LIMIT,
                         "times ninja -n")
        if size == HUGE and form == "loop":
            limits.check(f"{size} resources, {form}, peak", median(runs, "peak") / 1e9,
                         HUGE_LIMIT / 1e9, "GB")
    print(row(resources, "ninja -n", manifest))
    return per_resource


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--dvoc", required=True, help="the compiler to measure")
    parser.add_argument("--work", help="new folder for workloads and builds, kept")
    parser.add_argument("sizes", metavar="N", nargs="*", type=int,
                        default=[SMALL, MIDDLE, LARGE], help="numbers of resources")
    options = parser.parse_args()
    options.sizes = sorted(set(options.sizes))
    if min(options.sizes) < 1:
        parser.error("N is at least 1")
    if options.work and os.path.exists(options.work):
        parser.error(f"{options.work} exists already")
    dvoc = os.path.abspath(options.dvoc)
    ninja = shutil.which("ninja")

    limits = Limits()
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(options.work or temporary).resolve()
        work.mkdir(parents=True, exist_ok=not options.work)
        try:
            measure_startup(dvoc, work, limits)
        except Failed as error:
            limits.failed("start-up", error)
        print(f"{'resources':>9} {'form':<9} {'CPU ms':>9} {'of it sys':>9}"
              f" {'wall ms':>9} {'peak MB':>9} {'output MB':>9} {'µs/res.':>9}"
              f" {'x ninja':>8} {'kB/res.':>8}", flush=True)
        costs = {}
        for size in options.sizes:
            folder = work / str(size)
            folder.mkdir()
            costs[size] = measure_size(dvoc, ninja, folder, size, limits)
            sys.stdout.flush()
    for small, large, limit in GROWTH_LIMITS:
        for form in FORMS:
            if form in costs.get(small, {}) and form in costs.get(large, {}):
                limits.check(f"growth of CPU per resource, {form}, from {small} to {large}",
                             costs[large][form] / costs[small][form], limit, "times")
    return 1 if limits.broken else 0


if __name__ == "__main__":
    sys.exit(main())
