"""Measures the writers of artefacts and what the runtime does before the first op. Exits
with 1 if a limit is not kept. Everything is CPU time, user and system, of whole processes:
the best of several runs that take turns, less that of a process that does nothing.

emission    The writers of YAML, JSON and Ruby write files of tasks into memory.
load        A plan of 100,000 ops is read and checked, and so are all files of the build;
            jansson alone reads the same two JSON files with the same flags.
scheduling  100,000 units, each of which waits for three others, are taken and finished.
"""

import argparse
import pathlib
import sys
import tempfile

from bench import GROUP, Failed, Sample, write_loop
from language import Floors, best

MEGABYTES, WRITE_LIMIT = 500, 500  # MB per second
OPS = 100_000
LOAD_LIMIT = 1.3  # CPU over that of jansson
SCHEDULE_LIMIT = 1.0  # microseconds per op
TIMEOUT = 300.0


def measure(tools, folder, limits):
    """All stages, in turns."""
    program, build = folder / "loop.dvo", folder / "build"
    with open(program, "w", encoding="ascii") as file:
        write_loop(file, OPS // GROUP)
    Sample([tools.dvoc, "build", str(program), "-o", str(build)], folder, TIMEOUT)
    arguments = {"nothing": "-", "yaml": MEGABYTES, "json": MEGABYTES, "ruby": MEGABYTES,
                 "load": build, "jansson": build, "schedule": OPS}
    times = best({stage: [tools.stages, stage, str(argument)]
                  for stage, argument in arguments.items()}, folder)
    own = {stage: seconds - times["nothing"] for stage, seconds in times.items()}
    for writer in ("yaml", "json", "ruby"):
        limits.check_least(f"writing {writer}", MEGABYTES / own[writer], WRITE_LIMIT, "MB/s")
    print(f"plan of {(build / 'plan.json').stat().st_size / 1e6:.1f} MB:"
          f" jansson {own['jansson'] * 1e3:.0f} ms, plan_load() {own['load'] * 1e3:.0f} ms")
    limits.check("loading a plan over what jansson needs", own["load"] / own["jansson"],
                 LOAD_LIMIT, "times")
    limits.check("scheduling, per op", own["schedule"] / OPS * 1e6, SCHEDULE_LIMIT, "us")


def main():
    """The exit status says whether all limits hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for tool in ("dvoc", "stages"):
        parser.add_argument(f"--{tool}", required=True)
    options = parser.parse_args()
    limits = Floors()
    with tempfile.TemporaryDirectory(prefix="dvo-stages-") as folder:
        try:
            measure(options, pathlib.Path(folder), limits)
        except Failed as error:
            limits.failed("stages", error)
    return 1 if limits.broken else 0


if __name__ == "__main__":
    sys.exit(main())
