"""What there is in a cloud, by its own API, and its removal: asks the services, whatever dvoc
believes of them.

    client.py CLOUD list KEY [KIND...]   what bears a key that begins with KEY ("": all)
    client.py CLOUD clean KEY            deletes that, and waits until it is gone
    client.py CLOUD catalog              the addresses of the services
    client.py CLOUD token                a token of the user's
    client.py CLOUD call METHOD SERVICE PATH [BODY]
                                         any request; the answer's body

CLOUD is an entry of the test cloud's clouds.yaml, or of what OS_CLIENT_CONFIG_FILE names; its
password stands in secure.yaml, or in what OS_CLIENT_SECURE_FILE names. The first two print one
JSON object a line: kind, id, name, status, key (null: it bears none).
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

import settings
import yaml

FILES = {"OS_CLIENT_CONFIG_FILE": "clouds.yaml", "OS_CLIENT_SECURE_FILE": "secure.yaml"}
PATIENCE = 120
# Kind: service, path, where the list stands in the answer. In the order of deletion.
KINDS = {
    "servers": ("compute", "/servers/detail", "servers"),
    "floatingips": ("network", "/v2.0/floatingips", "floatingips"),
    "routers": ("network", "/v2.0/routers", "routers"),
    "ports": ("network", "/v2.0/ports", "ports"),
    "subnets": ("network", "/v2.0/subnets", "subnets"),
    "networks": ("network", "/v2.0/networks", "networks"),
    "security-groups": ("network", "/v2.0/security-groups", "security_groups"),
    "security-group-rules": (
        "network",
        "/v2.0/security-group-rules",
        "security_group_rules",
    ),
    "volumes": ("volumev3", "/volumes/detail", "volumes"),
    "keypairs": ("compute", "/os-keypairs", "keypairs"),
}
# From the first one on servers have tags.
MICROVERSION = {"compute": "compute 2.79"}
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Cloud:
    def __init__(self, name):
        entry = {}
        for variable, usual in FILES.items():
            with open(os.environ.get(variable) or settings.FOLDER / usual) as file:
                one = yaml.safe_load(file)["clouds"][name]
            entry.setdefault("auth", {}).update(one.pop("auth"))
            entry.update(one)
        self.token = None
        answer, token = self.log_in(entry["auth"])
        self.token = token
        self.project = answer["token"]["project"]["id"]
        self.addresses = {
            service["type"]: endpoint["url"]
            for service in answer["token"]["catalog"]
            for endpoint in service["endpoints"]
            if endpoint["interface"] == "public"
            and endpoint["region"] == entry["region_name"]
        }

    def log_in(self, auth):
        user = {
            "name": auth["username"],
            "password": auth["password"],
            "domain": {"name": auth["user_domain_name"]},
        }
        project = {
            "name": auth["project_name"],
            "domain": {"name": auth["project_domain_name"]},
        }
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": project},
            }
        }
        answer, headers = self.call("POST", auth["auth_url"] + "/auth/tokens", body)
        return answer, headers["X-Subject-Token"]

    def call(self, method, url, body=None, service="", refused=()):
        """The answer's value and headers; None and None where its status is one of those."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.token:
            headers["X-Auth-Token"] = self.token
        if service in MICROVERSION:
            headers["OpenStack-API-Version"] = MICROVERSION[service]
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with OPENER.open(request, timeout=60) as answer:
                text = answer.read()
                return json.loads(text) if text else None, answer.headers
        except urllib.error.HTTPError as error:
            if error.code in refused:
                return None, None
            text = error.read().decode(errors="replace")
            error.close()
            raise SystemExit(f"{method} {url}: {error.code} {text}") from None

    def pages(self, kind):
        service, path, plural = KINDS[kind]
        url = self.addresses[service] + path
        while url:
            page, _ = self.call("GET", url, service=service)
            yield from page[plural]
            links = page.get(f"{plural}_links", [])
            url = next((one["href"] for one in links if one["rel"] == "next"), None)

    def things(self, kind):
        """Those of the cloud's own project, as the script prints them."""
        for thing in self.pages(kind):
            thing = thing.get("keypair", thing)
            if thing.get("project_id", self.project) == self.project:
                yield {
                    "kind": kind,
                    "id": thing.get("id") or thing["name"],
                    "name": thing.get("name"),
                    "status": thing.get("status"),
                    "key": key_of(kind, thing),
                }

    def delete(self, thing):
        service, path, _ = KINDS[thing["kind"]]
        url = self.addresses[service] + path.removesuffix("/detail") + "/" + thing["id"]
        if thing["kind"] == "routers":
            self.empty_router(url, thing["id"])
        # Gone already; or still in use.
        self.call("DELETE", url, service=service, refused=(404, 409))

    def empty_router(self, url, router):
        for port in self.pages("ports"):
            if (
                port["device_id"] == router
                and port["device_owner"] == "network:router_interface"
            ):
                body = {"port_id": port["id"]}
                self.call("PUT", url + "/remove_router_interface", body)


def key_of(kind, thing):
    if kind == "servers":
        marks = thing["tags"]
    elif kind == "volumes":
        marks = [thing["metadata"].get("dvo.key", "")]
    elif kind == "keypairs":
        marks = [thing["name"]]
    else:
        marks = [thing["description"] or ""]
    # No colon may stand in the name of a key pair.
    return next((mark for mark in marks if mark.startswith(("dvo:", "dvo-"))), None)


def bears(thing, key):
    return not key or (thing["key"] or "").replace("dvo-", "dvo:", 1).startswith(key)


def listed(cloud, key, kinds):
    return [thing for kind in kinds for thing in cloud.things(kind) if bears(thing, key)]


def clean(cloud, key):
    if not key.startswith("dvo:"):
        raise SystemExit("clean: only what bears a key that begins with dvo:")
    for kind in KINDS:
        deadline = time.monotonic() + PATIENCE
        while left := listed(cloud, key, [kind]):
            if time.monotonic() > deadline:
                raise SystemExit(f"clean: still there: {left}")
            for thing in left:
                if thing["status"] not in ("in-use", "deleting", "detaching"):
                    cloud.delete(thing)
            time.sleep(0.3)


def main(words):
    match words:
        case [name, "list", key, *kinds] if set(kinds) <= set(KINDS):
            for thing in listed(Cloud(name), key, kinds or KINDS):
                print(json.dumps(thing))
        case [name, "clean", key]:
            clean(Cloud(name), key)
        case [name, "catalog"]:
            print(json.dumps(Cloud(name).addresses))
        case [name, "token"]:
            print(Cloud(name).token)
        case [name, "call", method, service, path, *body] if len(body) < 2:
            cloud = Cloud(name)
            url = cloud.addresses[service] + path
            answer, _ = cloud.call(method, url, *map(json.loads, body), service=service)
            print(json.dumps(answer))
        case _:
            sys.exit("usage: client.py CLOUD list KEY [KIND...] | clean KEY | catalog | token"
                     " | call METHOD SERVICE PATH [BODY]")


if __name__ == "__main__":
    main(sys.argv[1:])
