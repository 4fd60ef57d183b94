"""Brings the test cloud up and down; cloud.sh is how to call it."""

import concurrent.futures
import contextlib
import datetime
import fcntl
import hashlib
import pathlib
import shutil
import sys
import time
import urllib.error
import urllib.request

import configuration
import database
import settings
import tls
from service import Failure
from services import services
from settings import CONFIG, FOLDER, LOGS, RUN, STATE

HERE = pathlib.Path(__file__).resolve().parent
# What all others need: started first, stopped last.
BASE = ("mariadb", "epmd", "rabbitmq")
LOG_IN_AT_ONCE = ("nova-conductor", "nova-scheduler", "nova-compute")
# A purge keeps what is large and the same for every cloud.
KEPT = ("root", "cache")
BEGIN = time.monotonic()


def said(text):
    print(f"[{time.monotonic() - BEGIN:5.1f} s] {text}", flush=True)


@contextlib.contextmanager
def once(name, fingerprint=""):
    """Yields whether a step is still to be done, and notes that it was. The fingerprint is
    of what the step depends on."""
    mark = STATE / f"{name}.done"
    todo = not mark.exists() or mark.read_text() != fingerprint
    yield todo
    if todo:
        mark.write_text(fingerprint)


def now():
    """As the services write it down."""
    return datetime.datetime.utcnow().isoformat()


def until(what, condition, patience=120):
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not after {patience} s")
        time.sleep(0.2)


def answers(service, path="/"):
    """Whether a service answers HTTP, which those that listen early do not at once."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(settings.url(service) + path, timeout=30).close()
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True


def start(names):
    """Starts them at once, then waits for each. Says whether one did not run."""
    every = services()
    started = [name for name in names if every[name].start()]
    for name in names:
        every[name].wait()
    for name in names:
        if name in settings.TLS_SERVICES:
            until(f"{name} answers", lambda name=name: answers(name))
    return bool(started)


def stop(names):
    every = services()
    for name in names:
        if every[name].stop():
            said(f"stopped {name}")


def make_tables():
    with once("tables") as todo:
        if not todo:
            return
        start(["mariadb"])
        database.make_databases()
        # While the message bus starts.
        every = services()
        for name in BASE:
            every[name].start()
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            list(pool.map(database.make_tables, database.OWNERS))
        said("tables")


def once_seeded(name):
    """As once, again after a change of what there is to be."""
    code = b"".join((HERE / file).read_bytes() for file in ("seed.py", "settings.py"))
    return once(name, hashlib.sha256(code).hexdigest())


def start_all():
    """In an order that also holds the first time: some end where they cannot log in."""
    since = now()
    started = start([*BASE, "keystone"])
    every = services()
    for name in every:
        if name not in LOG_IN_AT_ONCE:
            started |= every[name].start()
    with once_seeded("identity") as todo:
        if todo:
            import seed

            seed.identity()
            said("users and catalog")
    started |= start(list(every))
    if started:
        until_workers_live(since)
    said("all services run")


def until_workers_live(since):
    import seed

    until("the workers of nova and cinder live", lambda: seed.workers_up(since))


def start_some(names):
    """The end of an outage. The workers come back to the message bus by and by."""
    since = now()
    if start(names) and "rabbitmq" in names:
        until_workers_live(since)


def fill():
    """Flavors, images, networks, quotas."""
    with once_seeded("cloud") as todo:
        if not todo:
            return
        import seed

        until("nova knows its host", seed.host_known)
        seed.cloud()
        said("flavors, images, networks, quotas")


def up():
    for folder in (CONFIG, LOGS, RUN, STATE):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Two tests may want it at once.
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        configuration.write()
        tls.make()
        database.make_server_data()
        make_tables()
        start_all()
        fill()
    print(f"export OS_CLIENT_CONFIG_FILE={FOLDER / 'clouds.yaml'}")
    print(f"export OS_CLIENT_SECURE_FILE={FOLDER / 'secure.yaml'} OS_CLOUD=demo")


def down():
    """The services at once, then what they all need."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: stop([name]), set(services()) - set(BASE)))
    stop(reversed(BASE))


def purge():
    down()
    for path in FOLDER.iterdir() if FOLDER.exists() else ():
        if path.is_dir() and path.name not in KEPT:
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()


def status():
    for name, service in services().items():
        pid = service.pid()
        print(f"{name}: {f'runs, process {pid}' if pid else 'does not run'}")


def main(words):
    alone = {"up": up, "down": down, "purge": purge, "status": status}
    named = {"start": start_some, "stop": stop}
    verb, *names = words or [""]
    if verb in alone and not names:
        alone[verb]()
    elif verb in named and names and set(names) <= set(services()):
        named[verb](names)
    else:
        some = "|".join(services())
        sys.exit(f"usage: cloud.sh {'|'.join(alone)}, or start|stop {some}...")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failure as failure:
        sys.exit(f"openstack: {failure}")
