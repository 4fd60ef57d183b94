"""Measures the same work on several hosts at once: 20 tasks and 2 handlers, as a playbook written
by hand (hosts/site.yml), as a program (hosts/site.dvo) and as a script (hosts/floor.sh). Exits
with 1 if a limit is not kept, or if the hosts are not the same afterwards.

by hand    `ansible-playbook` with an empty ansible.cfg: Ansible's own settings.
-O2, -O3   `dvoc run`: compiling, the tool runs, the probes, the state.
floor      The script, sent with its files through one SSH session per host, to all at once.

Each of them gets new hosts, system containers of the embedded provider. They are made before
the clock starts; so are the downloads, as the mirror is not what is measured: all package
files lie on the hosts, and an index that was just fetched but counts as two hours old, so that
each variant asks the mirror once whether there is news. Then it is new; the second run finds all
as wanted, and must change nothing. After each run hosts/probe.sh says what is on the hosts.

Seconds are wall time, of whole commands. Beside them stands the CPU time of both sides, which
other work on this computer hardly changes: of the commands (connections that stay open aside), and
of all that runs on the hosts.
"""

import argparse
import concurrent.futures
import http.client
import io
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time

SOURCES = pathlib.Path(__file__).resolve().parent / "hosts"
IMAGE = "localhost/dvo/debian-12:latest"
PACKAGES = "tinyproxy bc tree"
INDEX = "/var/lib/apt/lists"
TIMEOUT = 1800
PATIENCE = 60  # seconds for a host to appear

BY_HAND, FLOOR = "by hand", "floor"
LEVELS = ("-O2", "-O3")
RUNS = ("from bare", "converged")
# Seconds by hand over seconds of `dvoc run`, at least.
LIMITS = {"-O2": 1.5, "-O3": 4.0}

# What it prints, FILL reads.
DOWNLOAD = f"""
{{
    apt-get -qq update && apt-get -qq install --yes --download-only {PACKAGES} || exit
}} >&2
tar -cC / {INDEX.strip('/')} var/cache/apt
"""
FILL = """
tar -xC / || exit
systemctl is-system-running --wait >/dev/null
# Degraded is no failure.
exit 0
"""


class Failed(Exception):
    """Something that is measured, or needed for it, did not succeed."""


class Podman(http.client.HTTPConnection):
    """The API of the embedded provider's podman, behind a socket file."""

    def __init__(self, path):
        super().__init__("podman", timeout=TIMEOUT)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def call(self, method, path, body=None, missing=False):
        """The body of the answer; None where something is missing and may be."""
        self.request(method, f"/v4.0.0/libpod{path}", body and json.dumps(body),
                     {"Content-Type": "application/json"})
        answer = self.getresponse()
        text = answer.read()
        if missing and answer.status == 404:
            return None
        if answer.status >= 400:
            raise Failed(f"podman: {method} {path}: {answer.status} {text.decode()}")
        return text


class Host:
    """A machine that nobody has configured yet."""

    def __init__(self, options, number):
        self.options = options
        self.name = f"proxy{number}"
        self.values = {"proxy_port": 8800 + number, "report_minute": 5 * number % 60}
        label = f"bench-hosts-{os.getpid()}"
        self.container, self.mark = f"dvo-{label}-{self.name}", f"dvo:{label}:{self.name}"
        self.path = f"/containers/{self.container}"

    def api(self, *arguments, **more):
        podman = Podman(self.options.socket)
        try:
            return podman.call(*arguments, **more)
        finally:
            podman.close()

    def make(self):
        """It boots; how to reach it is known."""
        self.api("POST", "/containers/create", {
            "name": self.container, "hostname": self.name, "image": IMAGE,
            "command": ["/sbin/init"], "systemd": "always", "terminal": True,
            "stop_signal": 37, "unmask": ["/proc/sys"], "use_image_hosts": True,
            "cap_add": ["SYS_ADMIN", "NET_ADMIN", "NET_RAW", "AUDIT_WRITE"],
            "netns": {"nsmode": "bridge"}, "networks": {"dvo": {}},
            "labels": {"dvo.key": self.mark, "dvo.name": self.name},
            "portmappings": [{"host_ip": "127.0.0.1", "host_port": 0, "container_port": 22}],
            "env": {"DVO_AUTHORIZED_KEY": pathlib.Path(f"{self.options.identity}.pub").read_text(
                encoding="ascii").strip()},
        })
        self.api("POST", f"{self.path}/start")
        ports = json.loads(self.api("GET", f"{self.path}/json"))["NetworkSettings"]["Ports"]
        self.port = int(ports["22/tcp"][0]["HostPort"])
        self.key = self.wait_for_key()

    def wait_for_key(self):
        """The host key, once it is there."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            tar = self.api("GET", f"{self.path}/archive?path=/etc/ssh/ssh_host_ed25519_key.pub",
                           missing=True)
            if tar:
                with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
                    text = archive.extractfile(archive.next()).read().decode()
                return " ".join(text.split()[:2])
            time.sleep(0.1)
        raise Failed(f"{self.name} has not booted after {PATIENCE} seconds: are there too many "
                     "machines for sysctl fs.inotify.max_user_instances?")

    def cpu(self):
        """Seconds of CPU that it has used since it was made."""
        text = self.api("GET", f"/containers/stats?containers={self.container}&stream=false")
        return json.loads(text)["Stats"][0]["CPUNano"] / 1e9

    def remove(self):
        self.api("DELETE", f"{self.path}?force=true&timeout=0&v=true", missing=True)

    def ssh(self, known_hosts, *command):
        """The command line that runs a command there."""
        return ["ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR",
                "-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={known_hosts}",
                "-o", "IdentitiesOnly=yes", "-i", self.options.identity,
                "-p", str(self.port), "root@127.0.0.1", *command]


def call(argv, folder, log, stdin=None):
    """Runs a command; its wall time in seconds and what it printed, which goes to a log, too."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("ANSIBLE_", "DVO_"))}
    # Ansible's connections, of which none of another variant may be left.
    environment.update(HOME=str(folder), ANSIBLE_NOCOLOR="1", LC_ALL="C.UTF-8")
    if (folder / "ansible.cfg").exists():
        environment["ANSIBLE_CONFIG"] = str(folder / "ansible.cfg")
    begin = time.perf_counter()
    with subprocess.Popen(argv, cwd=folder, env=environment,
                          stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            said = process.communicate(stdin, TIMEOUT)[0].decode(errors="replace")
        except BaseException:
            process.kill()
            raise
    took = time.perf_counter() - begin
    log.write_text(said, encoding="utf-8")
    if process.returncode:
        raise Failed(f"{' '.join(map(str, argv))}: exit status {process.returncode}\n"
                     f"{said[-4000:]}")
    return took, said


class Variant:
    """One way to do the work, with hosts of its own. Says of each run whether it changed
    something."""

    def __init__(self, options, work, name):
        self.options, self.name, self.hosts = options, name, []
        self.folder = work / name.strip("-").replace(" ", "-")
        self.downloads = work / "downloads.tar"  # of all variants
        self.known_hosts = self.folder / "known_hosts"
        shutil.copytree(SOURCES, self.folder)
        # 20 kB, as an application's data may be.
        (self.folder / "files" / "data.txt").write_text(
            "".join(f"{number:079}\n" for number in range(250)), encoding="ascii")

    def together(self, work):
        """work(host) for all hosts at once."""
        with concurrent.futures.ThreadPoolExecutor(len(self.hosts)) as pool:
            return list(pool.map(work, self.hosts))

    def make_hosts(self):
        for number in range(1, self.options.hosts + 1):
            # Whatever becomes of it, it is removed.
            self.hosts.append(Host(self.options, number))
            self.hosts[-1].make()
        self.known_hosts.write_text(
            "".join(f"[127.0.0.1]:{host.port} {host.key}\n" for host in self.hosts),
            encoding="ascii")
        self.together(self.wait_for_login)
        self.fill_hosts()
        self.age_index("2 hours ago")
        self.write_inventory()

    def fill_hosts(self):
        """All have what one host has downloaded."""
        if not self.downloads.exists():
            with self.downloads.open("wb") as file:
                done = subprocess.run(self.hosts[0].ssh(self.known_hosts, DOWNLOAD), stdout=file,
                                      stdin=subprocess.DEVNULL, timeout=TIMEOUT, check=False)
            if done.returncode:
                raise Failed(f"{PACKAGES}: the first host could not download them")
        packed = self.downloads.read_bytes()
        self.together(lambda host: call(host.ssh(self.known_hosts, FILL), self.folder,
                                        self.folder / f"{host.name}.fill.log", packed))

    def age_index(self, when):
        """How old apt's index counts on the hosts. apt itself leaves that as it is where the
        mirror has no news, so that Ansible would ask again and again."""
        self.together(lambda host: self.script(host, "age", f"touch -d '{when}' {INDEX}"))

    def remove_hosts(self):
        problems = []
        for host in self.hosts:
            try:
                host.remove()
            except (Failed, OSError) as error:
                problems.append(f"{host.container} is not removed: {error}")
        if problems:
            raise Failed("\n".join(problems))

    def script(self, host, name, text):
        """What a shell script on that host prints."""
        return call(host.ssh(self.known_hosts, "sh", "-s"), self.folder,
                    self.folder / f"{host.name}.{name}.log", text.encode())[1]

    def wait_for_login(self, host):
        """The host key is there a moment before the server that shows it."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.script(host, "login", "")
            except Failed:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def cpu(self):
        """Seconds of CPU so far, of the commands here and of the hosts."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime + sum(self.together(Host.cpu))

    def probe(self):
        """The state of all hosts, by their names."""
        text = (SOURCES / "probe.sh").read_text(encoding="ascii")
        return dict(self.together(lambda host: (host.name, self.script(host, "probe", text))))

    def write_inventory(self):
        """Where the variant looks for the hosts."""

    def run(self, log):
        """Seconds, and whether something changed."""
        raise NotImplementedError


class ByHand(Variant):
    """ansible-playbook as it comes."""

    def write_inventory(self):
        (self.folder / "ansible.cfg").write_text("", encoding="ascii")
        common = {
            "ansible_host": "127.0.0.1", "ansible_user": "root",
            "ansible_ssh_private_key_file": self.options.identity,
            "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={self.known_hosts}",
        }
        # JSON is YAML.
        (self.folder / "inventory.yml").write_text(json.dumps({"proxies": {
            "vars": common,
            "hosts": {host.name: {"ansible_port": host.port, **host.values}
                      for host in self.hosts},
        }}), encoding="ascii")

    def run(self, log):
        took, said = call(["ansible-playbook", "-i", "inventory.yml", "site.yml"],
                          self.folder, log)
        return took, said.count("changed=0 ") != len(self.hosts)


class Program(Variant):
    """dvoc run."""

    def write_inventory(self):
        settings = self.folder / "etc" / "dvo"
        settings.mkdir(parents=True)
        (settings / "dvo.yaml").write_text("project: bench-hosts\n", encoding="ascii")
        (settings / "inventory.yaml").write_text(json.dumps({"hosts": {
            host.name: {"address": "127.0.0.1", "port": host.port, "host_key": host.key,
                        "identity": self.options.identity, "roles": ["proxies"],
                        "vars": host.values}
            for host in self.hosts
        }}), encoding="ascii")

    def run(self, log):
        took, said = call([self.options.dvoc, "run", self.name, "site.dvo"], self.folder, log)
        return took, "nothing changed" not in said


class Floor(Variant):
    """The script."""

    def run(self, log):
        begin = time.perf_counter()
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for name in ("floor.sh", "files", "templates"):
                tar.add(self.folder / name, name)
        packed = packed.getvalue()

        def work(host):
            values = {"inventory_hostname": host.name, **host.values}
            command = ("d=$(mktemp -d) && tar -xC $d && "
                       + " ".join(f"{name}={value}" for name, value in values.items())
                       + " sh $d/floor.sh; s=$?; rm -rf $d; exit $s")
            return call(host.ssh(self.known_hosts, command), self.folder,
                        self.folder / f"{host.name}.{log.name}", packed)[1]
        said = self.together(work)
        return time.perf_counter() - begin, any("changed=0\n" not in text for text in said)


def differences(what, want, other):
    """What is not the same on the hosts, in words."""
    rows = []
    for name, text in want.items():
        mine, theirs = text.splitlines(), other[name].splitlines()
        rows += [f"{what}: {name}: missing: {line}" for line in mine if line not in theirs]
        rows += [f"{what}: {name}: instead: {line}" for line in theirs if line not in mine]
    return rows


def measure(variant, want):
    """Seconds of both runs and their CPU seconds, and the state they have made: `want`, if that
    is known."""
    seconds, cpu = [], []
    try:
        variant.make_hosts()
        bare = variant.probe()
        for number, run in enumerate(RUNS):
            before = variant.cpu()
            took, changed = variant.run(variant.folder / f"run-{number}.log")
            seconds.append(took)
            cpu.append(variant.cpu() - before)
            state = variant.probe()
            if want is None:
                want = state
            if state != want:
                raise Failed("\n".join(differences(f"{variant.name}, {run}", want, state)))
            if changed != (number == 0):
                raise Failed(f"{variant.name}, {run}: something changed: {changed}")
            variant.age_index("now")
        if any(bare[name] == want[name] for name in want):
            raise Failed(f"{variant.name}: the hosts were not bare")
    finally:
        variant.remove_hosts()
    return (*seconds, *cpu), want


def report(rows):
    """Prints the ratios; whether all limits hold."""
    good = True
    for level in LEVELS:
        for k, run in enumerate(RUNS):
            ratio = rows[BY_HAND][k] / rows[level][k]
            kept = ratio >= LIMITS[level]
            good &= kept
            print(f"{'PASS' if kept else 'FAIL'}  by hand over {level}, {run}: {ratio:.2f} times"
                  f" (limit {LIMITS[level]:.1f})")
    for level in LEVELS:
        for k, run in enumerate(RUNS, len(RUNS)):
            print(f"      by hand over {level}, {run}, CPU: "
                  f"{rows[BY_HAND][k] / rows[level][k]:.2f} times")
    for name in (BY_HAND, *LEVELS):
        for k, run in enumerate(RUNS):
            print(f"      {name} over the floor, {run}: {rows[name][k] / rows[FLOOR][k]:.2f} times")
    return good


def main():
    """Prints the table; the exit status says whether all limits hold."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--dvoc", required=True, type=os.path.abspath)
    parser.add_argument("--socket", required=True, help="of the embedded provider's podman")
    parser.add_argument("--identity", required=True, help="its SSH key")
    parser.add_argument("--hosts", type=int, default=8, help="how many hosts (default 8)")
    parser.add_argument("--work", type=pathlib.Path, help="a new folder, which keeps the logs")
    options = parser.parse_args()
    if options.hosts < 1:
        parser.error("--hosts: at least 1")
    # Hosts are removed in any case.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("hosts: ended"))
    work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="dvo-hosts-"))
    work.mkdir(parents=True, exist_ok=options.work is None)
    work = work.resolve()
    rows, want = {}, None
    try:
        print(f"{options.hosts} hosts, 20 tasks and 2 handlers; seconds\n"
              f"{'':10} {RUNS[0]:>10} {RUNS[1]:>10} {'CPU':>10} {'CPU':>10}")
        for kind, name in ((ByHand, BY_HAND), *((Program, level) for level in LEVELS),
                           (Floor, FLOOR)):
            rows[name], want = measure(kind(options, work, name), want)
            print(f"{name:10}" + "".join(f" {value:10.1f}" for value in rows[name]), flush=True)
        return 0 if report(rows) else 1
    except (Failed, OSError, subprocess.TimeoutExpired) as error:
        sys.exit(f"hosts: {error}")
    finally:
        if options.work is None:
            shutil.rmtree(work)


if __name__ == "__main__":
    sys.exit(main())
