"""Measures making and deleting servers on the genuine OpenStack of the tests. Exits with 1 if a
limit is not kept, or if a way does not make what it should.

dvo        `dvo-run` of a plan with a cloud.create() for each, and `dvo-run --destroy`: with
           preflight, state, and the wait until each is ACTIVE, or gone.
curl       16 shells that each ask for one server after the other with curl and look every half
           second: what the service itself can take.
sdk        openstacksdk in 16 threads, create_server(wait=True) and delete_server(wait=True).
client     `openstack server create --wait` and `openstack server delete --wait`, one by one.
ansible    openstack.cloud.server in a loop. Debian's collection refuses Debian's newer
           openstacksdk by its number alone: a copy of it does without that.

The last two work on one server at a time, so they make fewer: what counts is the time per server.
Each way begins and ends with none. Seconds are wall time of whole commands.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPENSTACK = ROOT / "tests/e2e/openstack"
COLLECTION = pathlib.Path(
    "/usr/lib/python3/dist-packages/ansible_collections/openstack/cloud"
)
FOLDER = pathlib.Path(
    os.environ.get("DVO_OPENSTACK_DIR")
    or pathlib.Path(tempfile.gettempdir(), "dvo-openstack")
)
PROJECT = f"bench-{os.getpid()}"
KEY = f"dvo:{PROJECT}:"
FLAVOR, IMAGE, NETWORK = "m1.tiny", "cirros", "private"
PARALLEL = 16
TIMEOUT = 1800
# Seconds per server of dvo over those of the other, at most.
LIMITS = {"curl": 1.1, "sdk": 1.0, "client": 1.0, "ansible": 1.0}

WORKER = """
set -eu
ask() {
    curl -sS --fail-with-body -H "X-Auth-Token: $TOKEN" \\
        -H 'OpenStack-API-Version: compute 2.79' "$@"
}
for name; do
    if [ "$VERB" = make ]; then
        id=$(ask "$COMPUTE/servers" --json "{\\"server\\": {\\"name\\": \\"$name\\",
            \\"tags\\": [\\"$KEY$name\\"], \\"flavorRef\\": \\"$FLAVOR\\",
            \\"imageRef\\": \\"$IMAGE\\", \\"networks\\": [{\\"uuid\\": \\"$NETWORK\\"}]}}" |
            jq -r .server.id)
        until [ "$(ask "$COMPUTE/servers/$id" | jq -r .server.status)" = ACTIVE ]; do
            sleep 0.5
        done
    else
        ask -X DELETE "$COMPUTE/servers/$name"
        while ask "$COMPUTE/servers/$name" >/dev/null 2>&1; do
            sleep 0.5
        done
    fi
done
"""
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - openstack.cloud.server:
        cloud: demo
        name: "{{ item }}"
        state: "{{ state }}"
        flavor: "%s"
        image: "%s"
        network: "%s"
        auto_ip: false
        meta: {bench: "%s"}
      loop: "{{ names }}"
"""


class Failed(Exception):
    """A way did not do what it is for."""


def command(words, folder, **environment):
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise Failed(f"{words[0]} ended with {done.returncode}:\n{done.stdout[-3000:]}")
    return done.stdout


class Cloud:
    """What there is, by the cloud's own lists."""

    def __init__(self, folder):
        self.folder = folder

    def client(self, *words):
        return command(
            [sys.executable, "-B", OPENSTACK / "client.py", "demo", *words], self.folder
        )

    def ask(self, service, path):
        return json.loads(self.client("call", "GET", service, path))

    def servers(self):
        """Those with a name of ours: not every way gives tags."""
        found = self.ask("compute", f"/servers/detail?name={PROJECT}")["servers"]
        return [(one["name"], one["id"], one["status"]) for one in found]

    def named(self, service, path, plural, name):
        return next(
            one["id"] for one in self.ask(service, path)[plural] if one["name"] == name
        )


def names(count):
    return [f"{PROJECT}-{number}" for number in range(count)]


def dvo(cloud, options, count):
    folder = cloud.folder / "dvo"
    (folder / "etc/dvo/providers").mkdir(parents=True)
    (folder / "etc/dvo/dvo.yaml").write_text(f"project: {PROJECT}\nprovider: zed\n")
    (folder / "etc/dvo/providers/zed.yaml").write_text(
        f"driver: openstack\ncloud: demo\nimages: {{DEFAULT: {IMAGE}}}\n"
        f"networks: {{DEFAULT: {NETWORK}}}\n"
    )
    (folder / "servers.dvo").write_text(
        f'm = [cloud.create(flavor="{FLAVOR}", name="{PROJECT}-%d" % i) '
        f"for i in range({count})]\n"
    )
    command([options.bin / "dvoc", "build", "servers.dvo"], folder)
    run = options.bin / "dvo-run"
    return (
        lambda: command([run, "build/servers"], folder),
        lambda: command([run, "--destroy", "--yes", "build/servers"], folder),
    )


def curl(cloud, _, count):
    ids = {
        "FLAVOR": cloud.named("compute", "/flavors", "flavors", FLAVOR),
        "IMAGE": cloud.named("image", "/v2/images", "images", IMAGE),
        "NETWORK": cloud.named("network", "/v2.0/networks", "networks", NETWORK),
        "TOKEN": cloud.client("token").strip(),
        "COMPUTE": json.loads(cloud.client("catalog"))["compute"],
        "KEY": KEY,
    }

    def work(verb, words):
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            list(
                pool.map(
                    lambda word: command(
                        ["sh", "-c", WORKER, "worker", word], cloud.folder, VERB=verb, **ids
                    ),
                    words,
                )
            )

    return (
        lambda: work("make", names(count)),
        lambda: work("delete", [id for _, id, _ in cloud.servers()]),
    )


def sdk(_, __, count):
    import openstack

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        connection = pool.submit(openstack.connect, cloud="demo").result()

    def each(function):
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(function, names(count)))

    def make(name):
        connection.create_server(
            name, image=IMAGE, flavor=FLAVOR, network=NETWORK, auto_ip=False, wait=True
        )

    return (
        lambda: each(make),
        lambda: each(lambda name: connection.delete_server(name, wait=True)),
    )


def client(cloud, _, count):
    words = ["openstack", "--os-cloud", "demo", "server"]

    def make():
        for name in names(count):
            command(
                [*words, "create", "--flavor", FLAVOR, "--image", IMAGE, "--network", NETWORK,
                 "--wait", name],
                cloud.folder,
            )

    def delete():
        for name in names(count):
            command([*words, "delete", "--wait", name], cloud.folder)

    return make, delete


def ansible(cloud, _, count):
    folder = cloud.folder / "ansible"
    copy = folder / "collections/ansible_collections/openstack/cloud"
    shutil.copytree(COLLECTION, copy)
    limits = copy / "plugins/module_utils/openstack.py"
    limits.write_text(
        limits.read_text().replace("MAXIMUM_SDK_VERSION = '0.98.999'", "MAXIMUM_SDK_VERSION = None")
    )
    (folder / "play.yml").write_text(PLAYBOOK % (FLAVOR, IMAGE, NETWORK, PROJECT))

    def play(state):
        command(
            ["ansible-playbook", "-i", "localhost,", "-c", "local", "play.yml", "-e",
             json.dumps({"state": state, "names": names(count),
                         "ansible_python_interpreter": sys.executable})],
            folder,
            ANSIBLE_COLLECTIONS_PATH=str(folder / "collections"),
        )

    return lambda: play("present"), lambda: play("absent")


# Whether each works on one server at a time.
WAYS = {
    "dvo": (dvo, False),
    "curl": (curl, False),
    "sdk": (sdk, False),
    "client": (client, True),
    "ansible": (ansible, True),
}


def timed(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def measure(name, options):
    """Seconds per server, to make and to delete."""
    way, serial = WAYS[name]
    count = min(options.serial, options.servers) if serial else options.servers
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(pathlib.Path(folder))
        make, delete = way(cloud, options, count)
        load = os.getloadavg()[0]
        made = timed(make)
        servers = cloud.servers()
        if len(servers) != count or any(status != "ACTIVE" for *_, status in servers):
            raise Failed(f"{name}: {count} were to be made: {servers}")
        gone = timed(delete)
        if left := cloud.servers():
            raise Failed(f"{name}: still there: {left}")
    print(
        f"{name:8} {count:3} servers: made in {made:6.1f} s, deleted in {gone:6.1f} s; "
        f"per server {made / count:5.2f} and {gone / count:5.2f} s (load before: {load:.1f})",
        flush=True,
    )
    return made / count, gone / count


def clean(folder):
    cloud = Cloud(folder)
    for _, id, _ in cloud.servers():
        cloud.client("call", "DELETE", "compute", f"/servers/{id}")


def main():
    parser = argparse.ArgumentParser(description="Measures servers on OpenStack.")
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--servers", type=int, default=40)
    parser.add_argument("--serial", type=int, default=10)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    options = parser.parse_args()
    os.environ.update(
        OS_CLIENT_CONFIG_FILE=str(FOLDER / "clouds.yaml"),
        OS_CLIENT_SECURE_FILE=str(FOLDER / "secure.yaml"),
    )
    kept = True
    try:
        seconds = {name: measure(name, options) for name in options.ways}
    finally:
        clean(pathlib.Path(tempfile.gettempdir()))
    for name, limit in LIMITS.items():
        if name not in seconds or "dvo" not in seconds:
            continue
        ratios = [ours / theirs for ours, theirs in zip(seconds["dvo"], seconds[name])]
        good = max(ratios) <= limit
        kept = kept and good
        print(
            f"dvo / {name}: making {ratios[0]:.2f}, deleting {ratios[1]:.2f} "
            f"(limit {limit}){'' if good else ': not kept'}"
        )
    return 0 if kept else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"servers: {failure}")
