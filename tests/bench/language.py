"""Measures the language of dvoc beside others, in one run. Exits with 1 if a limit is not
kept. Everything is CPU time, user and system, of whole processes: the best of several runs
that take turns, less the best of a process that does nothing. So other work on the machine
hardly shows, but Go's collector, which runs beside the program, does.

evaluator  `dvoc eval`, starlark-go and CPython run the same five files, language/*.star,
           whose output must be the same. What all three understand is used: no f-strings,
           no recursion, no while.
parser     Text to syntax tree, beside a bare flex scan of the same text, which matches the
           tokens and forgets them (language/scan.l). Both include what lies between.
ops        A program makes 100,000 ops in nested loops with f-strings. The same program whose
           call is a function of its own, with the same arguments, which does nothing, costs
           what the evaluator costs: loops, texts, the call. The rest is the op's: checking
           its arguments as the record says, its address, its order, the checks of the graph.
           Memory is the difference of peaks between twice as many ops and as many.
"""

import argparse
import math
import pathlib
import sys
import tempfile

from bench import Failed, Limits, Sample

PARTS = ("evaluator", "parser", "ops")
ROUNDS = 5
TIMEOUT = 300.0

WORKLOADS = ("integers", "calls", "strings", "dicts", "lists")
# CPU over dvoc's, at least: on a workload, and the geometric mean of all. Texts, lists and
# dicts hold no limit beside CPython, which frees what it no longer needs: dvoc's memory is
# given back at the end, and new pages are what it waits for.
LIMITS = {"starlark-go": dict.fromkeys(WORKLOADS, 1.0),
          "python3": {"integers": 1.0, "calls": 1.0}}
MEAN_LIMIT = {"starlark-go": 2.0, "python3": 1.0}

TEXT_SIZE = 20_000_000
PARSE_LIMIT = 5.0  # CPU over that of the bare scan

OPS = 100_000
OPS_PER_MACHINE = 1000
CALL_LIMIT = 2.0  # microseconds of the evaluator per op

HERE = pathlib.Path(__file__).resolve().parent / "language"


class Floors(Limits):
    """Limits that are to be reached."""

    def check_least(self, what, value, limit, unit="times"):
        kept = value >= limit
        self.broken += not kept
        print(f"{'PASS' if kept else 'FAIL'} {what}: {value:.2f} {unit}, at least {limit:g}")


def best(commands, folder, rounds=ROUNDS):
    """The best CPU time of each command; they take turns."""
    times = {name: math.inf for name in commands}
    for _ in range(rounds):
        for name, argv in commands.items():
            times[name] = min(times[name], Sample(argv, folder, TIMEOUT).cpu)
    return times


def output(argv, folder):
    """What a command prints."""
    path = folder / "output"
    Sample(["/bin/sh", "-c", 'out=$1; shift; exec "$@" >"$out"', "sh", path, *argv], folder,
           TIMEOUT)
    return path.read_bytes()


def measure_evaluator(tools, folder, limits):
    """The five workloads on the three interpreters."""
    nothing = folder / "nothing.star"
    nothing.write_text("")
    runners = {"dvoc": [tools.dvoc, "eval"], "starlark-go": [tools.starlark],
               "python3": ["/usr/bin/python3", "-I"]}
    start = best({name: [*argv, str(nothing)] for name, argv in runners.items()}, folder, 20)
    print("start of a process, ms: "
          + ", ".join(f"{name} {seconds * 1e3:.1f}" for name, seconds in start.items()))
    print(f"{'workload':<10} {'dvoc ms':>9} {'starlark-go':>12} {'python3':>9}  times dvoc's")
    ratios = {name: {} for name in LIMITS}
    for workload in WORKLOADS:
        commands = {name: [*argv, str(HERE / f"{workload}.star")]
                    for name, argv in runners.items()}
        said = {name: output(argv, folder) for name, argv in commands.items()}
        if len(set(said.values())) > 1:
            raise Failed(f"{workload}: the interpreters do not agree: {said}")
        times = best(commands, folder)
        own = times["dvoc"] - start["dvoc"]
        for name in ratios:
            ratios[name][workload] = (times[name] - start[name]) / own
        print(f"{workload:<10} {own * 1e3:>9.1f} {ratios['starlark-go'][workload]:>12.2f}"
              f" {ratios['python3'][workload]:>9.2f}", flush=True)
    for name, of in ratios.items():
        for workload, least in LIMITS[name].items():
            limits.check_least(f"{workload}, CPU of {name} over dvoc's", of[workload], least)
        limits.check_least(f"geometric mean, CPU of {name} over dvoc's",
                           math.prod(of.values()) ** (1 / len(of)), MEAN_LIMIT[name])


def write_text(file, size):
    """Build files as people have them, until they are `size` bytes."""
    written = number = 0
    while written < size:
        k = number
        piece = f'''\
# Service {k}: what it is made of, where it listens and who may ask it.
load("//tools/rules:service_{k % 50}.bzl", "service_rule", _helper = "helper_{k % 20}")

PORTS_{k} = [{8000 + k % 1000}, {9000 + k % 1000}, 0x{k:x}]
DEFAULTS_{k} = {{
    "replicas": {k % 7 + 1},
    "timeout": {k % 60}.5,
    "image": "registry.example.org/team-{k % 30}/service-{k}:1.{k % 100}.0",
    "labels": {{"tier": "backend", "owner": "team-{k % 30}", "critical": {bool(k % 2)}}},
}}

def service_{k}(name, srcs, deps = [], visibility = None, **kwargs):
    """Declares the service and the library it is linked from.

    Args:
      name: of the service; the library is called NAME_lib.
      srcs: files, relative to this folder.
    """
    if not srcs and not deps:
        fail("service_{k}: %s has neither sources nor dependencies" % name)
    copts = ["-Wall", "-O2", "-DSERVICE_ID={k}"]
    for port in PORTS_{k}:
        if port > 1024 and port != DEFAULTS_{k}["replicas"] * 1000:
            copts.append("-DPORT=" + str(port))
        elif port == 0:
            continue
    headers = [src for src in srcs if src.endswith(".h")]
    service_rule(
        name = name + "_lib",
        srcs = srcs,
        hdrs = headers or None,
        copts = copts + select({{"//conditions:default": [], ":debug": ["-g"]}}),
        deps = deps + [
            "//base/logging",
            "//base/net:http_server",
            "//team_{k % 30}/common:config_{k % 11}",
        ],
        visibility = visibility if visibility != None else ["//visibility:private"],
    )
    return struct(name = name, port = PORTS_{k}[0], key = lambda x: (x.name, -x.port))

machine_{k} = cloud.create(flavor = provider.FLAVOR_SMALL, name = "m{k}")
machine_{k}.file("/etc/service-{k}/main.conf", content = f"id = {k}\\nself = {{machine_{k}.ip}}\\n",
                mode = "0644", owner = 'root')
service_{k}(
    name = "service_{k}",
    srcs = glob(["src/{k}/*.c", "src/{k}/**/*.h"], exclude = ["src/{k}/test_*.c"]),
    deps = [":service_%d" % n for n in range({k % 5})],
    tags = ["manual", "requires-network"],
)

'''
        file.write(piece)
        written += len(piece)
        number += 1


def measure_parser(tools, folder, limits):
    """Syntax trees against a bare scan."""
    path = folder / "text.bzl"
    with open(path, "w", encoding="ascii") as file:
        write_text(file, TEXT_SIZE)
    size = path.stat().st_size
    times = best({stage: [tools.stage, stage, str(path)]
                  for stage in ("read", "scan", "parse")}, folder)
    scan, parse = times["scan"] - times["read"], times["parse"] - times["read"]
    print(f"{size / 1e6:.1f} MB of text: bare scan {size / 1e6 / scan:.0f} MB/s,"
          f" parsed {size / 1e6 / parse:.0f} MB/s")
    limits.check("CPU of parsing over that of a bare flex scan", parse / scan, PARSE_LIMIT,
                 "times")


def write_ops(file, ops, real):
    """A program that makes `ops` files on machines, or calls an equal function instead."""
    make = "machine.file" if real else "same_shape"
    file.write(f"""\
def same_shape(path, content):
    pass

for group in range({ops // OPS_PER_MACHINE}):
    machine = cloud.create(flavor=provider.FLAVOR_SMALL, name=f"m{{group}}")
    machine.bootstrap()
    for part in range({OPS_PER_MACHINE}):
        {make}(f"/etc/bench/{{group}}/{{part}}.conf",
               content=f"part = {{part}}\\ngroup = {{group}}\\n")
""")


def measure_ops(tools, folder, limits):
    """What an op costs, and what of it is the evaluator's."""
    commands = {}
    for name, ops, real in (("nothing", 0, True), ("calls", OPS, False), ("ops", OPS, True),
                            ("twice", 2 * OPS, True)):
        path = folder / f"{name}.dvo"
        with open(path, "w", encoding="ascii") as file:
            write_ops(file, ops, real)
        commands[name] = [tools.stage, "evaluate", str(path)]
    peak = {name: Sample(commands[name], folder, TIMEOUT).peak for name in ("ops", "twice")}
    del commands["twice"]
    times = best(commands, folder)
    call = (times["calls"] - times["nothing"]) / OPS * 1e6
    whole = (times["ops"] - times["nothing"]) / OPS * 1e6
    print(f"{OPS} ops: {whole:.2f} us each, of it {call:.2f} us evaluation and"
          f" {whole - call:.2f} us the op's own;"
          f" {(peak['twice'] - peak['ops']) / OPS:.0f} bytes each")
    limits.check("evaluation of a call in nested loops", call, CALL_LIMIT, "us")


def main():
    """Runs the parts; the exit status says whether all limits hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for tool in ("dvoc", "stage", "starlark"):
        parser.add_argument(f"--{tool}", required=True)
    parser.add_argument("parts", nargs="*", metavar="PART", default=PARTS)
    options = parser.parse_args()
    measures = dict(zip(PARTS, (measure_evaluator, measure_parser, measure_ops)))
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    limits = Floors()
    with tempfile.TemporaryDirectory(prefix="dvo-language-") as folder:
        for part in options.parts:
            try:
                measures[part](options, pathlib.Path(folder), limits)
            except Failed as error:
                limits.failed(part, error)
    return 1 if limits.broken else 0


if __name__ == "__main__":
    sys.exit(main())
