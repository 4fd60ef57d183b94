"""Fills the cloud by its real API. Every step looks first, so that it can be done again."""

import os

import database
import settings

# Read by openstacksdk when it is imported.
os.environ["OS_CLIENT_CONFIG_FILE"] = str(settings.FOLDER / "clouds.yaml")
os.environ["OS_CLIENT_SECURE_FILE"] = str(settings.FOLDER / "secure.yaml")
import openstack  # noqa: E402

CATALOG = (
    ("glance", "image", "glance-api", ""),
    ("nova", "compute", "nova-api", "/v2.1"),
    ("neutron", "network", "neutron-server", ""),
    ("placement", "placement", "placement", ""),
    ("cinderv3", "volumev3", "cinder-api", "/v3/%(project_id)s"),
    ("cinder", "block-storage", "cinder-api", "/v3/%(project_id)s"),
)
# Name, processors, MiB of memory, GiB of disk. No host has the memory of the last one.
FLAVORS = (
    ("m1.tiny", 1, 512, 1),
    ("m1.small", 1, 2048, 20),
    ("m1.medium", 2, 4096, 40),
    ("m1.large", 4, 8192, 80),
    ("m1.impossible", 1, 1000000, 1),
)
WORKERS = (
    "nova-conductor",
    "nova-scheduler",
    "nova-compute",
    "cinder-scheduler",
    "cinder-volume",
)
IMAGES = ("cirros", "debian-12")
# Room for tests of many, and hardly any.
QUOTAS = {
    "demo": {
        "compute": {"instances": 1000, "cores": 1000, "ram": 2000000, "key_pairs": 200},
        "network": {
            "port": 2000,
            "security_group": 200,
            "security_group_rule": 1000,
            "floatingip": 250,
            "network": 200,
            "subnet": 200,
            "router": 50,
        },
        "volume": {"volumes": 200, "gigabytes": 10000},
    },
    # Its one network is there already.
    "tight": {
        "compute": {"instances": 2, "cores": 2, "ram": 1024, "key_pairs": 1},
        "network": {
            "port": 5,
            "security_group": 2,
            "security_group_rule": 10,
            "floatingip": 1,
            "network": 1,
            "subnet": 1,
            "router": 1,
        },
        "volume": {"volumes": 1, "gigabytes": 2},
    },
}


def connect(cloud="admin"):
    return openstack.connect(cloud=cloud)


def identity():
    """Projects, users, their roles, and the catalog."""
    keystone = connect().identity
    projects = {
        name: keystone.find_project(name)
        or keystone.create_project(name=name, domain_id="default")
        for name in ("service", *QUOTAS)
    }
    roles = {
        name: keystone.find_role(name) or keystone.create_role(name=name)
        for name in ("admin", "member", "reader", "service")
    }
    wanted = {name: ("service", ("admin", "service")) for name in settings.SERVICE_USERS}
    wanted.update(
        {name: (project, (role,)) for name, (project, role) in settings.USERS.items()}
    )
    for name, (project, names) in wanted.items():
        user = keystone.find_user(name) or keystone.create_user(
            name=name, password=settings.password(), domain_id="default"
        )
        for role in names:
            keystone.assign_project_role_to_user(projects[project], user, roles[role])
    catalog(keystone)


def catalog(keystone):
    """Each service's addresses in both regions."""
    for name in (settings.REGION, settings.TLS_REGION):
        keystone.find_region(name) or keystone.create_region(id=name)
    services = {service.type: service for service in keystone.services()}
    have = {(e.service_id, e.region_id, e.interface) for e in keystone.endpoints()}
    for name, kind, process, path in (*CATALOG, ("keystone", "identity", "keystone", "/v3")):
        service = services.get(kind) or keystone.create_service(name=name, type=kind)
        for region in (settings.REGION, settings.TLS_REGION):
            tls = region == settings.TLS_REGION
            if tls and process not in settings.TLS_SERVICES:
                continue
            for interface in ("public", "internal"):
                if (service.id, region, interface) not in have:
                    keystone.create_endpoint(
                        service_id=service.id,
                        interface=interface,
                        url=settings.url(process, tls) + path,
                        region_id=region,
                    )


def workers_up(since):
    """Whether the workers of nova and cinder have said since then that they live: a message
    to one that does not listen yet is lost, and its server stays in BUILD for ever."""
    admin = connect()
    said = {service.binary: service.updated_at for service in admin.compute.services()}
    answer = admin.block_storage.get("/os-services")
    if answer.ok:
        said |= {one["binary"]: one["updated_at"] for one in answer.json()["services"]}
    return all((said.get(name) or "") >= since for name in WORKERS)


def host_known():
    """Whether the host can be booted on. It is looked for after it said what it has."""
    database.find_computes()
    return any(connect().compute.hypervisors())


def cloud():
    """Flavors, images, networks, quotas."""
    admin = connect()
    for name, processors, memory, disk in FLAVORS:
        admin.compute.find_flavor(name) or admin.compute.create_flavor(
            name=name, vcpus=processors, ram=memory, disk=disk
        )
    for name in IMAGES:
        admin.image.find_image(name) or admin.image.create_image(
            name=name,
            container_format="bare",
            disk_format="raw",
            visibility="public",
            data=bytes(65536),
            validate_checksum=False,
        )
    public = network(
        admin.network,
        "public",
        "203.0.113.0/24",
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network="public",
    )
    for project in QUOTAS:
        neutron = connect(project).network
        private = network(neutron, "private", "10.0.0.0/20")
        if not neutron.find_router("router1"):
            router = neutron.create_router(
                name="router1", external_gateway_info={"network_id": public.id}
            )
            subnet = neutron.find_subnet("private-subnet", network_id=private.id)
            neutron.add_interface_to_router(router, subnet_id=subnet.id)
    for name, quotas in QUOTAS.items():
        project = admin.identity.find_project(name).id
        admin.set_compute_quotas(project, **quotas["compute"])
        admin.set_network_quotas(project, **quotas["network"])
        admin.set_volume_quotas(project, **quotas["volume"])


def network(neutron, name, cidr, **more):
    """The network of that name with its subnet."""
    found = neutron.find_network(name) or neutron.create_network(name=name, **more)
    neutron.find_subnet(f"{name}-subnet") or neutron.create_subnet(
        name=f"{name}-subnet",
        network_id=found.id,
        ip_version=4,
        cidr=cidr,
        enable_dhcp=False,
    )
    return found
