"""Writes the configuration of every service, and the users' clouds.yaml and secure.yaml."""

import base64
import os

import database
import yaml
from settings import (
    ADDRESS,
    CONFIG,
    FOLDER,
    LOGS,
    PORTS,
    REGION,
    ROOT,
    RUN,
    SHORT_TOKEN_LIFE,
    STATE,
    TLS_OFFSET,
    TLS_REGION,
    TLS_SERVICES,
    TOKEN_LIFE,
    USERS,
    password,
    url,
)

# Seconds. Whoever brings the cloud up waits for the first report of its workers.
REPORT_INTERVAL = 2
# nova's fake driver and neutron's test driver agree on this name: ports of this host bind
# without an agent.
HOST = "host-ovs-filter-active"

# Who only reads may not write, as in a cloud of today: these releases still ask for it.
WRITER = "role:admin or role:member"
WRITES = {
    "nova": [
        "os_compute_api:os-keypairs:create",
        "os_compute_api:os-keypairs:delete",
        "os_compute_api:servers:create",
        "os_compute_api:servers:create:attach_network",
        "os_compute_api:servers:create:attach_volume",
        "os_compute_api:servers:delete",
        "os_compute_api:os-volumes-attachments:create",
        "os_compute_api:os-volumes-attachments:delete",
    ],
    "neutron": [
        f"{verb}_{noun}"
        for noun in (
            "network",
            "subnet",
            "router",
            "port",
            "security_group",
            "security_group_rule",
            "floatingip",
        )
        for verb in ("create", "delete")
    ],
    "cinder": ["volume:create", "volume:delete"],
    "glance": ["add_image", "delete_image"],
}


def credentials(user):
    """How a service's own user logs in."""
    return {
        "auth_url": url("keystone") + "/v3",
        "auth_type": "password",
        "username": user,
        "password": password(),
        "project_name": "service",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
        "region_name": REGION,
    }


def token_check(user):
    return {
        **credentials(user),
        "www_authenticate_uri": url("keystone") + "/",
        "service_token_roles": "service",
        "service_token_roles_required": "true",
    }


def service(name, user, **sections):
    """What all services say alike, and the sections of one."""
    shared = {
        "DEFAULT": {
            "log_file": LOGS / f"{name}.log",
            "state_path": STATE / user,
            "transport_url": f"rabbit://guest:guest@{ADDRESS}:{PORTS['rabbitmq']}/",
            # A stop is an outage; nobody waits for idle connections.
            "graceful_shutdown_timeout": 2,
            "rpc_response_timeout": 30,
        },
        # What was under way outlives an outage of the message bus.
        "oslo_messaging_rabbit": {"amqp_durable_queues": "true"},
        "keystone_authtoken": token_check(user),
        "oslo_concurrency": {"lock_path": STATE / "lock"},
        "oslo_messaging_notifications": {"driver": "noop"},
        "oslo_middleware": {"enable_proxy_headers_parsing": "true"},
        "oslo_policy": {
            "enforce_scope": "false",
            "policy_file": CONFIG / f"{user}-policy.yaml",
        },
    }
    for section, settings in sections.items():
        shared[section] = {**shared.get(section, {}), **settings}
    return shared


def keystone(life):
    keys = STATE / "keystone"
    return {
        "DEFAULT": {"log_file": LOGS / "keystone.log"},
        "database": {"connection": database.address("keystone")},
        "token": {"provider": "fernet", "expiration": life},
        "fernet_tokens": {"key_repository": keys},
        "fernet_receipts": {"key_repository": keys},
        "cache": {"enabled": "true", "backend": "dogpile.cache.memory"},
        # As cheap as bcrypt can be: every login pays for it.
        "identity": {"password_hash_rounds": 4},
        "oslo_middleware": {"enable_proxy_headers_parsing": "true"},
    }


def placement():
    return service(
        "placement",
        "placement",
        placement_database={"connection": database.address("placement")},
    )


def glance():
    return service(
        "glance-api",
        "glance",
        DEFAULT={
            "bind_host": ADDRESS,
            "bind_port": PORTS["glance-api"],
            "workers": 1,
            "enabled_backends": "disk:file",
        },
        database={"connection": database.address("glance")},
        paste_deploy={
            "flavor": "keystone",
            "config_file": ROOT / "usr/share/glance-common/glance-api-paste.ini",
        },
        glance_store={"default_backend": "disk"},
        disk={"filesystem_store_datadir": STATE / "glance/images"},
    )


def neutron():
    return service(
        "neutron-server",
        "neutron",
        DEFAULT={
            "bind_host": ADDRESS,
            "bind_port": PORTS["neutron-server"],
            "api_workers": 1,
            "rpc_workers": 0,
            "rpc_state_report_workers": 0,
            "core_plugin": "ml2",
            "service_plugins": "router",
            "auth_strategy": "keystone",
            "api_paste_config": ROOT / "usr/share/neutron-common/api-paste.ini",
            "dhcp_agent_notification": "false",
        },
        database={"connection": database.address("neutron")},
        nova=credentials("nova"),
        placement=credentials("placement"),
        ml2={
            "type_drivers": "flat,vxlan",
            "tenant_network_types": "vxlan",
            # Of neutron's own test suite: binds ports although no agent is there.
            "mechanism_drivers": "test",
            "extension_drivers": "port_security",
        },
        ml2_type_flat={"flat_networks": "public"},
        ml2_type_vxlan={"vni_ranges": "1:10000"},
    )


def nova():
    """All that nova-compute reads: it must not know the databases."""
    return service(
        "nova",
        "nova",
        DEFAULT={
            "compute_driver": "fake.FakeDriver",
            "host": HOST,
            "my_ip": ADDRESS,
            "enabled_apis": "osapi_compute",
            "osapi_compute_listen": ADDRESS,
            "osapi_compute_listen_port": PORTS["nova-api"],
            "osapi_compute_workers": 2,
            "allow_resize_to_same_host": "true",
            "report_interval": REPORT_INTERVAL,
            "periodic_fuzzy_delay": 0,
        },
        wsgi={"api_paste_config": ROOT / "usr/share/nova-common/api-paste.ini"},
        service_user={"send_service_user_token": "true", **credentials("nova")},
        placement=credentials("nova"),
        neutron=credentials("nova"),
        glance=credentials("nova"),
        cinder={
            **credentials("nova"),
            "os_region_name": REGION,
            "catalog_info": "volumev3::internalURL",
        },
        conductor={"workers": 1},
        scheduler={"workers": 1},
        vnc={"enabled": "false"},
        key_manager={"backend": "nova.keymgr.conf_key_mgr.ConfKeyManager"},
    )


def cinder():
    return service(
        "cinder",
        "cinder",
        DEFAULT={
            "my_ip": ADDRESS,
            "osapi_volume_listen": ADDRESS,
            "osapi_volume_listen_port": PORTS["cinder-api"],
            "osapi_volume_workers": 1,
            "host": "cinderhost",
            "report_interval": REPORT_INTERVAL,
            "periodic_fuzzy_delay": 0,
            "enabled_backends": "fake",
            "default_volume_type": "__DEFAULT__",
            "api_paste_config": ROOT / "usr/share/cinder-common/api-paste.ini",
            "resource_query_filters_file": ROOT / "etc/cinder/resource_filters.json",
            "glance_api_servers": url("glance-api"),
            "volumes_dir": STATE / "cinder/volumes",
        },
        # Of cinder's own gate: the LVM driver, whose commands are logged and not executed.
        fake={
            "volume_driver": "cinder.tests.fake_driver.FakeLoggingVolumeDriver",
            "volume_backend_name": "fake",
        },
        database={"connection": database.address("cinder")},
        nova={**credentials("nova"), "interface": "internal"},
        service_user={"send_service_user_token": "true", **credentials("cinder")},
        key_manager={"backend": "cinder.keymgr.conf_key_mgr.ConfKeyManager"},
    )


def uwsgi(port, script, processes):
    """keystone and placement have no server of their own."""
    return {
        "uwsgi": {
            "http-socket": f"{ADDRESS}:{port}",
            "plugins": "python3",
            "wsgi-file": script,
            "master": "true",
            "processes": processes,
            "threads": 4,
            "enable-threads": "true",
            "lazy-apps": "true",
            "thunder-lock": "true",
            "die-on-term": "true",
            "buffer-size": 65535,
            "listen": 100,
            "disable-logging": "true",
            "add-header": "Connection: close",
        }
    }


def rabbitmq():
    return "\n".join(
        (
            f"listeners.tcp.1 = {ADDRESS}:{PORTS['rabbitmq']}",
            "log.console = false",
            "vm_memory_high_watermark.absolute = 1GiB",
            "",
        )
    )


def nginx():
    """TLS in front of the services."""
    servers = "".join(
        f"""
    server {{
        listen {ADDRESS}:{PORTS[name] + TLS_OFFSET} ssl http2;
        location / {{
            proxy_pass {url(name)};
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto https;
        }}
    }}"""
        for name in TLS_SERVICES
    )
    scratch = "".join(
        f"    {kind}_temp_path {STATE}/nginx;\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""daemon off;
worker_processes 1;
pid {RUN}/nginx.master;
error_log {LOGS}/nginx.log;
events {{}}
http {{
    access_log off;
{scratch}    client_max_body_size 0;
    ssl_certificate {CONFIG}/tls/server.pem;
    ssl_certificate_key {CONFIG}/tls/server.key;
{servers}
}}
"""


def clouds():
    """What users have in clouds.yaml, and what in secure.yaml."""

    def cloud(user, project, auth_url=url("keystone"), region=REGION, **more):
        return {
            "auth": {
                "auth_url": auth_url + "/v3",
                "username": user,
                "project_name": project,
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
            "region_name": region,
            "identity_api_version": 3,
            **more,
        }

    tls = {"auth_url": url("keystone", tls=True), "region": TLS_REGION}
    public = {"admin": cloud("admin", "admin")}
    for user, (project, _) in USERS.items():
        public[user] = cloud(user, project)
    public["short"] = cloud("demo", "demo", url("keystone-short"))
    public["tls"] = cloud("demo", "demo", **tls, cacert=str(CONFIG / "tls/ca.pem"))
    public["tls-untrusted"] = cloud("demo", "demo", **tls)
    public["tls-insecure"] = cloud("demo", "demo", **tls, verify=False)
    misnamed = url("keystone", tls=True).replace(ADDRESS, "localhost")
    public["tls-misnamed"] = cloud(
        "demo", "demo", misnamed, TLS_REGION, cacert=str(CONFIG / "tls/ca.pem")
    )
    secret = {name: {"auth": {"password": password()}} for name in public}
    return {"clouds": public}, {"clouds": secret}


def ini(sections):
    lines = []
    for name, pairs in sections.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {value}" for key, value in pairs.items()]
    return "\n".join(lines) + "\n"


def files():
    """Every file's path and text."""
    public, secret = clouds()
    sections = {
        "keystone/keystone.conf": keystone(TOKEN_LIFE),
        "keystone-short/keystone.conf": keystone(SHORT_TOKEN_LIFE),
        "keystone.ini": uwsgi(PORTS["keystone"], "/usr/bin/keystone-wsgi-public", 2),
        "keystone-short.ini": uwsgi(
            PORTS["keystone-short"], "/usr/bin/keystone-wsgi-public", 1
        ),
        "placement.conf": placement(),
        "placement.ini": uwsgi(PORTS["placement"], "/usr/bin/placement-api", 1),
        "glance-api.conf": glance(),
        "neutron.conf": neutron(),
        "nova.conf": nova(),
        "nova-databases.conf": {
            "api_database": {"connection": database.address("nova_api")},
            "database": {"connection": database.address("nova")},
        },
        "cinder.conf": cinder(),
    }
    texts = {CONFIG / name: ini(value) for name, value in sections.items()}
    for user, rules in WRITES.items():
        texts[CONFIG / f"{user}-policy.yaml"] = yaml.safe_dump(
            {rule: WRITER for rule in rules}
        )
    texts[CONFIG / "placement-policy.yaml"] = "{}\n"
    texts[CONFIG / "rabbitmq.conf"] = rabbitmq()
    texts[CONFIG / "rabbitmq-environment.conf"] = ""
    texts[CONFIG / "rabbitmq-plugins"] = "[].\n"
    texts[CONFIG / "nginx.conf"] = nginx()
    texts[FOLDER / "clouds.yaml"] = yaml.safe_dump(public, sort_keys=False)
    texts[FOLDER / "secure.yaml"] = yaml.safe_dump(secret, sort_keys=False)
    return texts


def write():
    """Writes them all, and the folders that the services expect."""
    for folder in (
        "nova",
        "glance/images",
        "neutron",
        "cinder/volumes",
        "keystone",
        "placement",
        "rabbitmq",
        "nginx",
        "lock",
    ):
        os.makedirs(STATE / folder, mode=0o700, exist_ok=True)
    for path, text in files().items():
        write_file(path, text)
    # keystone's: the one that signs, and the next one.
    for name in ("0", "1"):
        if not (STATE / "keystone" / name).exists():
            write_file(STATE / "keystone" / name, token_key())


def token_key():
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def write_file(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
