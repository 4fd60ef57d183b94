"""Brings the test cloud up and down; cloud.sh is how to call it."""

import concurrent.futures
import contextlib
import fcntl
import getpass
import hashlib
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

import configuration
import settings
import tls
from service import Failure, Service, environment
from settings import ADDRESS, CONFIG, FOLDER, LOGS, PORTS, ROOT, RUN, STATE

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
DATABASES = (
    "keystone",
    "placement",
    "glance",
    "neutron",
    "nova_api",
    "nova",
    "nova_cell0",
    "cinder",
)
# mysql's limit on the path of its socket.
LONGEST_SOCKET = 107
# What is kept by a purge is large and the same for every cloud.
KEPT = ("root", "cache")


def said(text, begin=time.monotonic()):
    print(f"[{time.monotonic() - begin:5.1f} s] {text}", flush=True)


# ---- the services


def python_service(name, *configurations, port=None, program=None):
    command = [PYTHON, ROOT / "usr/bin" / (program or name)]
    for path in configurations:
        command += ["--config-file", CONFIG / path]
    return Service(name, command, port=port)


def keystone(name):
    return Service(
        name,
        ["/usr/bin/uwsgi", "--ini", CONFIG / f"{name}.ini"],
        {
            "OS_KEYSTONE_CONFIG_DIR": CONFIG / name,
            "OS_KEYSTONE_CONFIG_FILES": "keystone.conf",
        },
        PORTS[name],
    )


def mariadb():
    command = [
        "/usr/sbin/mariadbd",
        "--no-defaults",
        f"--user={getpass.getuser()}",
        f"--datadir={FOLDER / 'mysql'}",
        f"--socket={configuration.SOCKET}",
        f"--pid-file={RUN / 'mariadb.own'}",
        "--skip-networking",
        "--max-connections=600",
        "--innodb-buffer-pool-size=256M",
        "--performance-schema=OFF",
        # The data are worth a test: no waiting for the disk.
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=OFF",
        "--innodb-flush-method=nosync",
    ]
    return Service("mariadb", command, ready=lambda: mysql("select 1", check=False) == 0)


def neutron_server():
    service = python_service("neutron-server", "neutron.conf", port=PORTS["neutron-server"])
    # Its test driver asserts what holds in its own tests only; python -O leaves that out,
    # and Debian brings no bytecode for it.
    service.command.insert(1, "-O")
    service.environment = {"PYTHONPYCACHEPREFIX": FOLDER / "cache"}
    return service


def epmd():
    return Service(
        "epmd",
        ["/usr/bin/epmd", "-address", ADDRESS, "-port", PORTS["epmd"]],
        port=PORTS["epmd"],
    )


def rabbitmq():
    inside = ADDRESS.replace(".", ",")
    return Service(
        "rabbitmq",
        [ROOT / "usr/lib/rabbitmq/bin/rabbitmq-server"],
        {
            "HOME": STATE / "rabbitmq",
            "ERL_EPMD_ADDRESS": ADDRESS,
            "ERL_EPMD_PORT": PORTS["epmd"],
            "RABBITMQ_NODENAME": "dvo@localhost",
            "RABBITMQ_MNESIA_BASE": STATE / "rabbitmq/mnesia",
            "RABBITMQ_LOG_BASE": LOGS,
            "RABBITMQ_CONF_ENV_FILE": CONFIG / "rabbitmq-environment.conf",
            "RABBITMQ_CONFIG_FILE": CONFIG / "rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": CONFIG / "rabbitmq-plugins",
            "RABBITMQ_PID_FILE": RUN / "rabbitmq.own",
            "RABBITMQ_DIST_PORT": PORTS["rabbitmq-peers"],
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface "
            f"{{{inside}}} +sbwt none +sbwtdcpu none +sbwtdio none",
        },
        PORTS["rabbitmq"],
    )


def nginx():
    return Service(
        "tls",
        [ROOT / "usr/sbin/nginx", "-c", CONFIG / "nginx.conf", "-e", LOGS / "nginx.log"],
        port=PORTS["keystone"] + settings.TLS_OFFSET,
    )


def services():
    """All of them, by name, in the order of their start."""
    both = ("nova.conf", "nova-databases.conf")
    return {
        service.name: service
        for service in (
            mariadb(),
            epmd(),
            rabbitmq(),
            keystone("keystone"),
            Service(
                "placement",
                ["/usr/bin/uwsgi", "--ini", CONFIG / "placement.ini"],
                {"OS_PLACEMENT_CONFIG_DIR": CONFIG},
                PORTS["placement"],
            ),
            python_service("nova-conductor", *both),
            python_service("nova-compute", "nova.conf"),
            neutron_server(),
            python_service("nova-scheduler", *both),
            python_service("nova-api", *both, port=PORTS["nova-api"]),
            python_service("cinder-volume", "cinder.conf"),
            python_service("cinder-scheduler", "cinder.conf"),
            python_service("cinder-api", "cinder.conf", port=PORTS["cinder-api"]),
            python_service("glance-api", "glance-api.conf", port=PORTS["glance-api"]),
            keystone("keystone-short"),
            nginx(),
        )
    }


def start(names):
    """Starts them at once, then waits for each."""
    every = services()
    for name in names:
        every[name].start()
    for name in names:
        every[name].wait()


# ---- the databases


def mysql(text, check=True):
    """Runs SQL; its status."""
    done = subprocess.run(
        [
            "/usr/bin/mariadb",
            "--no-defaults",
            "-uroot",
            "-S",
            configuration.SOCKET,
            "-e",
            text,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        raise Failure(f"mariadb: {done.stderr}")
    return done.returncode


def make_mysql():
    if (FOLDER / "mysql").exists():
        return
    fresh = FOLDER / "mysql.new"
    shutil.rmtree(fresh, ignore_errors=True)
    manage(
        "mariadb-install-db",
        "/usr/bin/mariadb-install-db",
        "--no-defaults",
        f"--user={getpass.getuser()}",
        f"--datadir={fresh}",
        "--skip-test-db",
        "--auth-root-authentication-method=normal",
    )
    fresh.rename(FOLDER / "mysql")


def manage(name, *command):
    """Runs one of the services' own tools."""
    done = subprocess.run(
        [str(word) for word in command],
        env=environment({}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    with open(LOGS / f"{name}.out", "a") as file:
        file.write(done.stdout)
    if done.returncode:
        raise Failure(f"{name}: status {done.returncode}\n{done.stdout[-3000:]}")


def fill_keystone():
    tool = ["/usr/bin/keystone-manage", "--config-file", CONFIG / "keystone/keystone.conf"]
    address = url = settings.url("keystone") + "/v3/"
    who = ["--keystone-user", getpass.getuser(), "--keystone-group", getpass.getuser()]
    manage("keystone-manage", *tool, "db_sync")
    manage("keystone-manage", *tool, "fernet_setup", *who)
    manage("keystone-manage", *tool, "credential_setup", *who)
    manage(
        "keystone-manage",
        *tool,
        "bootstrap",
        *("--bootstrap-password", settings.password()),
        *("--bootstrap-region-id", settings.REGION),
        *("--bootstrap-public-url", address),
        *("--bootstrap-internal-url", url),
    )


def fill_nova():
    tool = [PYTHON, ROOT / "usr/bin/nova-manage"]
    tool += ["--config-file", CONFIG / "nova.conf"]
    tool += ["--config-file", CONFIG / "nova-databases.conf"]
    cell0 = configuration.database("nova_cell0")
    manage("nova-manage", *tool, "api_db", "sync")
    manage("nova-manage", *tool, "cell_v2", "map_cell0", "--database_connection", cell0)
    manage("nova-manage", *tool, "db", "sync")
    manage("nova-manage", *tool, "cell_v2", "create_cell", "--name", "cell1")


def find_computes():
    """Where servers can be booted is not known before the scheduler was told."""
    tool = [PYTHON, ROOT / "usr/bin/nova-manage"]
    tool += ["--config-file", CONFIG / "nova.conf"]
    tool += ["--config-file", CONFIG / "nova-databases.conf"]
    manage("nova-manage", *tool, "cell_v2", "discover_hosts")


def fill(name):
    """The tables of one service."""
    tools = {
        "placement": ["/usr/bin/placement-manage", "placement.conf", "db", "sync"],
        "glance": [ROOT / "usr/bin/glance-manage", "glance-api.conf", "db_sync"],
        "neutron": [ROOT / "usr/bin/neutron-db-manage", "neutron.conf", "upgrade", "heads"],
        "cinder": [ROOT / "usr/bin/cinder-manage", "cinder.conf", "db", "sync"],
    }
    own = {"keystone": fill_keystone, "nova": fill_nova}
    if name in own:
        own[name]()
    else:
        tool, file, *words = tools[name]
        manage(f"{name}-manage", PYTHON, tool, "--config-file", CONFIG / file, *words)
    said(f"{name} has its tables")


# ---- what it consists of, once


@contextlib.contextmanager
def once(name, fingerprint=""):
    """Yields whether a step is still to be done, and notes that it was. The fingerprint is
    of what the step depends on."""
    mark = STATE / f"{name}.done"
    todo = not mark.exists() or mark.read_text() != fingerprint
    yield todo
    if todo:
        mark.write_text(fingerprint)


def answered(service, path="/"):
    """Says whether a service answers HTTP, which those that listen early do not at once."""
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            settings.url(service) + path, timeout=30
        ).close()
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True


def until(what, condition, patience=120):
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not after {patience} s")
        time.sleep(0.2)


def seed():
    """Users, catalog, flavors, images, networks, quotas."""
    import seed as seeding

    code = b"".join((HERE / name).read_bytes() for name in ("seed.py", "settings.py"))
    with once("seed", hashlib.sha256(code).hexdigest()) as todo:
        if not todo:
            return
        seeding.identity()
        said("users and catalog")
        for name in ("nova-api", "glance-api", "neutron-server", "cinder-api"):
            until(f"{name} answers", lambda name=name: answered(name))
        seeding.wait_for_workers()
        find_computes()
        seeding.cloud()
        said("flavors, images, networks, quotas")


def check_place():
    if len(str(configuration.SOCKET)) > LONGEST_SOCKET:
        raise Failure(f"{FOLDER} is too long a name; set DVO_OPENSTACK_DIR")


def up():
    check_place()
    for folder in (CONFIG, LOGS, RUN, STATE):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        configuration.write()
        tls.make()
        make_mysql()
        start(["mariadb"])
        every = services()
        with once("tables") as todo:
            if todo:
                for name in DATABASES:
                    mysql(f"create database if not exists {name} character set utf8")
                # The longest first.
                order = ("neutron", "nova", "keystone", "cinder", "glance", "placement")
                with concurrent.futures.ThreadPoolExecutor(3) as pool:
                    work = [pool.submit(start, ["epmd", "rabbitmq"])]
                    work += [pool.submit(fill, name) for name in order]
                    for one in work:
                        one.result()
        start(["epmd", "rabbitmq", "keystone"])
        until("keystone answers", lambda: answered("keystone", "/v3"))
        start(name for name in every)
        said("all services run")
        seed()
    print(f"export OS_CLIENT_CONFIG_FILE={FOLDER / 'clouds.yaml'} OS_CLOUD=demo")


def stop(names):
    every = services()
    for name in names:
        if every[name].stop():
            said(f"stopped {name}")


def down():
    """The services in parallel, then what they all need."""
    base = ("rabbitmq", "epmd", "mariadb")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: stop([name]), set(services()) - set(base)))
    stop(base)


def purge():
    down()
    for path in FOLDER.iterdir() if FOLDER.exists() else ():
        if path.name in KEPT:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def status():
    for name, service in services().items():
        pid = service.pid()
        print(f"{name}: {f'runs, process {pid}' if pid else 'does not run'}")


def main(words):
    verbs = {"up": up, "down": down, "purge": purge, "status": status}
    named = {"start": start, "stop": stop}
    verb, *names = words or [""]
    if verb in verbs and not names:
        verbs[verb]()
    elif verb in named and names and set(names) <= set(services()):
        named[verb](names)
    else:
        some = "|".join(services())
        sys.exit(f"usage: cloud.sh {'|'.join(verbs)}, or start|stop {some}...")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failure as failure:
        sys.exit(f"openstack: {failure}")
