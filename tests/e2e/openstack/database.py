"""The database server's data, and the tables of each service, made by its own tool."""

import getpass
import os
import shutil
import subprocess
import time

import settings
from service import Failure, environment
from settings import CONFIG, FOLDER, LOGS, PYTHON, ROOT, RUN

SOCKET = RUN / "mysql.sock"
# What the kernel takes for the path of a socket.
LONGEST_SOCKET = 107
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
# Whose tables to make; what takes longest comes first.
OWNERS = ("neutron", "nova", "keystone", "cinder", "glance", "placement")


def address(name):
    """Where a service finds a database."""
    return f"mysql+pymysql://root@localhost/{name}?unix_socket={SOCKET}&charset=utf8"


def sql(text):
    return subprocess.run(
        ["/usr/bin/mariadb", "--no-defaults", "-uroot", "-S", SOCKET, "-e", text],
        capture_output=True,
        text=True,
        check=False,
    )


def answers():
    return sql("select 1").returncode == 0


def make_server_data():
    """The server's own tables, once."""
    if len(os.fsencode(SOCKET)) > LONGEST_SOCKET:
        raise Failure(f"{FOLDER} is too long a name; set DVO_OPENSTACK_DIR")
    if (FOLDER / "mysql").exists():
        return
    fresh = FOLDER / "mysql.new"
    shutil.rmtree(fresh, ignore_errors=True)
    manage(
        "/usr/bin/mariadb-install-db",
        "--no-defaults",
        f"--user={getpass.getuser()}",
        f"--datadir={fresh}",
        "--skip-test-db",
        "--auth-root-authentication-method=normal",
    )
    fresh.rename(FOLDER / "mysql")


def make_databases():
    for name in DATABASES:
        done = sql(f"create database if not exists {name} character set utf8")
        if done.returncode:
            raise Failure(f"mariadb: {done.stderr}")


def make_tables(owner):
    """The tables of one service."""
    own = {"keystone": make_keystone_tables, "nova": make_nova_tables}
    tools = {
        "placement": ["/usr/bin/placement-manage", "placement.conf", "db", "sync"],
        "glance": [ROOT / "usr/bin/glance-manage", "glance-api.conf", "db_sync"],
        "neutron": [ROOT / "usr/bin/neutron-db-manage", "neutron.conf", "upgrade", "heads"],
        "cinder": [ROOT / "usr/bin/cinder-manage", "cinder.conf", "db", "sync"],
    }
    if owner in own:
        own[owner]()
    else:
        tool, file, *words = tools[owner]
        manage(PYTHON, tool, "--config-file", CONFIG / file, *words)


def make_keystone_tables():
    def keystone_manage(*words):
        file = CONFIG / "keystone/keystone.conf"
        password = {"OS_BOOTSTRAP_PASSWORD": settings.password()}
        manage("/usr/bin/keystone-manage", "--config-file", file, *words, more=password)

    url = settings.url("keystone") + "/v3/"
    keystone_manage("db_sync")
    keystone_manage(
        "bootstrap",
        *("--bootstrap-region-id", settings.REGION),
        *("--bootstrap-public-url", url),
        *("--bootstrap-internal-url", url),
    )


def nova_manage(*words):
    files = ("nova.conf", "nova-databases.conf")
    options = [word for file in files for word in ("--config-file", CONFIG / file)]
    manage(PYTHON, ROOT / "usr/bin/nova-manage", *options, *words)


def make_nova_tables():
    nova_manage("api_db", "sync")
    nova_manage("cell_v2", "map_cell0", "--database_connection", address("nova_cell0"))
    nova_manage("db", "sync")
    nova_manage("cell_v2", "create_cell", "--name", "cell1")


def find_computes():
    """Tells the scheduler of new hosts: it boots nothing on those that it does not know."""
    nova_manage("cell_v2", "discover_hosts")


def manage(*command, more=None):
    """Runs one of the services' own tools, with more variables in its environment."""
    begin = time.monotonic()
    done = subprocess.run(
        [str(word) for word in command],
        env=environment(more or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    with open(LOGS / "manage.out", "a") as file:
        file.write(done.stdout)
        words = " ".join(str(word) for word in command)
        file.write(f"-- {time.monotonic() - begin:.1f} s: {words}\n")
    if done.returncode:
        tool = next(str(word) for word in command if word != PYTHON)
        raise Failure(f"{tool}: status {done.returncode}\n{done.stdout[-3000:]}")
