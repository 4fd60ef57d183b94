"""Creates or deletes servers by openstacksdk: sdk.py create|delete COUNT THREADS."""

import concurrent.futures
import sys

import openstack


def create(cloud, count, pool):
    """Waits in the threads, as the manual of the sdk shows it."""
    image = cloud.image.find_image("cirros").id
    flavor = cloud.compute.find_flavor("m1.tiny").id
    network = cloud.network.find_network("private").id

    def one(i):
        server = cloud.compute.create_server(
            name=f"bench-{i}", image_id=image, flavor_id=flavor, networks=[{"uuid": network}])
        cloud.compute.wait_for_server(server)
    list(pool.map(one, range(count)))


def delete(cloud, _, pool):
    """All that are called so."""
    def one(server):
        cloud.compute.delete_server(server)
        cloud.compute.wait_for_delete(server)
    list(pool.map(one, [server for server in cloud.compute.servers()
                        if server.name.startswith("bench-")]))


if __name__ == "__main__":
    with concurrent.futures.ThreadPoolExecutor(int(sys.argv[3])) as threads:
        {"create": create, "delete": delete}[sys.argv[1]](
            openstack.connect(), int(sys.argv[2]), threads)
