"""The services: their command lines, and the order of their start."""

import getpass

import database
import settings
from service import Service
from settings import ADDRESS, CONFIG, FOLDER, LOGS, PORTS, PYTHON, ROOT, RUN, STATE


def python_service(name, *configurations, port=None):
    command = [PYTHON, ROOT / "usr/bin" / name]
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
        f"--socket={database.SOCKET}",
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
    return Service("mariadb", command, ready=database.answers)


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
