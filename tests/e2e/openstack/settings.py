"""Where the test cloud is: its folder, ports, users and their passwords.

DVO_OPENSTACK_DIR names the folder that holds all of it (default: dvo-openstack in $TMPDIR or
/tmp). Run as a script it prints the services that users ask, as NAME=URL.
"""

import os
import pathlib
import secrets
import tempfile

FOLDER = pathlib.Path(
    os.environ.get("DVO_OPENSTACK_DIR")
    or pathlib.Path(tempfile.gettempdir(), "dvo-openstack")
).absolute()
CONFIG = FOLDER / "etc"
LOGS = FOLDER / "log"
RUN = FOLDER / "run"
STATE = FOLDER / "state"
# Debian's packages of the services, unpacked and not installed.
ROOT = FOLDER / "root"
# Debian's, for which its packages are.
PYTHON = "/usr/bin/python3"

ADDRESS = "127.0.0.1"
# Not the usual ones, which a cloud or a database of the user's may have.
PORTS = {
    "keystone": 15000,
    "keystone-short": 15001,
    "placement": 18778,
    "nova-api": 18774,
    "cinder-api": 18776,
    "glance-api": 19292,
    "neutron-server": 19696,
    "rabbitmq": 15672,
    "epmd": 14369,
    "rabbitmq-peers": 15673,
}
# The same services behind TLS, each at its port and this much.
TLS_OFFSET = 10000
TLS_SERVICES = (
    "keystone",
    "nova-api",
    "cinder-api",
    "glance-api",
    "neutron-server",
)

REGION = "RegionOne"
# The catalog's region whose addresses are those behind TLS.
TLS_REGION = "RegionTls"
# Seconds that a token of keystone lives, and one of keystone-short.
TOKEN_LIFE = 3600
SHORT_TOKEN_LIFE = int(os.environ.get("DVO_OPENSTACK_SHORT_TOKEN_LIFE") or 10)

# Each user's project and role there.
USERS = {
    "demo": ("demo", "member"),
    "reader": ("demo", "reader"),
    "tight": ("tight", "member"),
}
SERVICE_USERS = ("nova", "placement", "neutron", "glance", "cinder")


def url(service, tls=False):
    """The address of a service, without a path."""
    if tls:
        return f"https://{ADDRESS}:{PORTS[service] + TLS_OFFSET}"
    return f"http://{ADDRESS}:{PORTS[service]}"


def password():
    """The one password of all users of this folder's cloud; made by the first who asks."""
    path = FOLDER / "password"
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(16))
    except FileExistsError:
        pass
    return path.read_text()


if __name__ == "__main__":
    print(*(f"{name}={url(name)}" for name in (*TLS_SERVICES, "keystone-short")))
