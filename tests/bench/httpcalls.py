"""Measures plans of 10,000 HTTP calls against nginx on loopback, beside a program that is libcurl's
multi interface and nothing else (http/multi.c), with as many requests at a time. Exits with 1 if a
limit is not kept.

GETs    `http.request("GET", ...)`: 10,000 calls that depend on nothing, 64 at a time.
calls   10,000 calls of a provider whose driver is http/bench.dvo, 16 at a time: each looks its
        thing up and creates it. An intent is on the disk before each POST, so much of this is the
        disk's time, and no limit is set; beside it stand as many GETs, and then as many POSTs of
        the same size.

Requests per second are those that nginx has logged, from the first answer to the last: neither
process's start nor the reading of a plan counts. CPU is that of the whole client process. The
rounds take turns, the state is a new file in each, and what is told is the median.

memory  The peak of what is resident in dvo-run, for the first run of either plan. The calls.json
        of the second one has 46 MB, as that of 10,000 machines at an OpenStack.
"""

import argparse
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from bench import Failed, Sample
from language import Floors

SOURCES = pathlib.Path(__file__).resolve().parent / "http"
CALLS = 10_000
GET_CONCURRENCY, CALL_CONCURRENCY = 64, 16
ROUNDS = 5
TIMEOUT = 600.0
RATE_LIMIT = 0.9  # of the requests per second of the bare loop
MEMORY_LIMIT = 64  # MiB


class Server:
    """nginx, for as long as the measurement takes."""

    def __init__(self, nginx, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = folder / "access.log"
        config = (SOURCES / "nginx.conf").read_text(encoding="ascii")
        path = folder / "nginx.conf"
        path.write_text(config.replace("@DIR@", str(folder))
                        .replace("@PORT@", str(self.port)), encoding="ascii")
        self.process = subprocess.Popen(
            [nginx, "-e", folder / "error.log", "-p", folder, "-c", path])
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise Failed("nginx does not start")

    def rate(self, requests):
        """Requests per second of those logged since the last call."""
        for _ in range(100):
            self.process.send_signal(signal.SIGUSR1)  # writes its buffer
            time.sleep(0.1)
            lines = self.log.read_text(encoding="ascii").split()
            if len(lines) >= requests:
                break
        if len(lines) != requests:
            raise Failed(f"nginx has answered {len(lines)} requests of {requests}")
        self.log.unlink()
        self.process.send_signal(signal.SIGUSR1)
        times = sorted(map(float, lines))
        return (requests - 1) / max(times[-1] - times[0], 0.001)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def write_programs(folder, port):
    """The two programs and the second one's provider."""
    config = folder / "etc" / "dvo"
    for part in ("providers", "drivers"):
        (config / part).mkdir(parents=True)
    (config / "dvo.yaml").write_text("project: bench\nprovider: bench\ndrivers: drivers\n")
    (config / "providers" / "bench.yaml").write_text(
        f"driver: bench\nlimits: {{parallel: {CALL_CONCURRENCY}}}\n")
    driver = (SOURCES / "bench.dvo").read_text(encoding="ascii")
    (config / "drivers" / "bench.dvo").write_text(driver.replace("@PORT@", str(port)))
    (folder / "get.dvo").write_text(
        f'for i in range({CALLS}):\n'
        f'    http.request("GET", f"http://127.0.0.1:{port}/{{i}}")\n')
    (folder / "calls.dvo").write_text(
        f'for i in range({CALLS}):\n    cloud.address(f"range {{i}}", name=f"thing-{{i}}")\n')


class Measurement:
    """One of the two plans beside the bare loop."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        self.rates, self.cpus, self.peaks = {}, {}, {}

    def take(self, what, requests, *commands):
        cpu = peak = 0
        for argv in commands:
            sample = Sample([str(word) for word in argv], self.folder, TIMEOUT)
            cpu, peak = cpu + sample.cpu, max(peak, sample.peak)
        self.rates.setdefault(what, []).append(self.server.rate(requests))
        self.cpus.setdefault(what, []).append(cpu)
        self.peaks.setdefault(what, []).append(peak)

    def tell(self, name, limits, limit=None):
        for what, rates in self.rates.items():
            print(f"{name:<6} {what:<8} {statistics.median(rates):>10.0f}"
                  f" {statistics.median(self.cpus[what]) * 1e3:>8.0f}"
                  f" {statistics.median(self.peaks[what]) / 2**20:>8.1f}")
        ratios = [a / b for a, b in zip(self.rates["dvo-run"], self.rates["bare"])]
        what = f"{name}: requests per second over those of a bare loop"
        if limit:
            limits.check_least(what, statistics.median(ratios), limit)
        else:
            print(f"     {what}: {statistics.median(ratios):.2f} times")
        limits.check(f"{name}: memory", max(self.peaks["dvo-run"]) / 2**20, MEMORY_LIMIT, "MiB")


def measure(options, folder, limits):
    """Both plans, in turns with the bare loop."""
    server = Server(options.nginx, folder)
    try:
        write_programs(folder, server.port)
        for name in ("get", "calls"):
            Sample([f"{options.bin}/dvoc", "build", str(folder / f"{name}.dvo"), "-o",
                    str(folder / name)], folder, TIMEOUT)
        bare = f"{options.bin}/tests/bench/bench_multi"
        base = f"http://127.0.0.1:{server.port}"
        state = folder / "state"
        run = [f"{options.bin}/dvo-run", "--state", state / "bench.db"]
        gets, calls = Measurement(folder, server), Measurement(folder, server)
        for _ in range(options.rounds):
            gets.take("bare", CALLS, [bare, base, CALLS, GET_CONCURRENCY])
            gets.take("dvo-run", CALLS, ["/bin/rm", "-rf", state], [*run, folder / "get"])
            calls.take("bare", 2 * CALLS, [bare, f"{base}/list", CALLS, CALL_CONCURRENCY],
                       [bare, base, CALLS, CALL_CONCURRENCY, "x" * 3600])
            calls.take("dvo-run", 2 * CALLS, ["/bin/rm", "-rf", state],
                       [*run, folder / "calls"])
    finally:
        server.stop()
    print(f"{'':<15} {'per second':>10} {'CPU ms':>8} {'MiB':>8}")
    gets.tell("GETs", limits, RATE_LIMIT)
    calls.tell("calls", limits)


def main():
    """The exit status says whether all limits hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True)
    parser.add_argument("--nginx", required=True)
    parser.add_argument("rounds", type=int, nargs="?", default=ROUNDS)
    options = parser.parse_args()
    limits = Floors()
    with tempfile.TemporaryDirectory(prefix="dvo-http-") as folder:
        try:
            measure(options, pathlib.Path(folder), limits)
        except Failed as error:
            limits.failed("http", error)
    return 1 if limits.broken else 0


if __name__ == "__main__":
    sys.exit(main())
