#!/bin/bash
# A genuine OpenStack (keystone, placement, glance, nova with its fake compute driver, neutron,
# cinder) on 127.0.0.1, for tests.
#
#   cloud.sh up                 install, set up, start and fill it, as far as that is not done
#   cloud.sh stop SERVICE...    an outage of these services; all of them: cloud.sh down
#   cloud.sh start SERVICE...   its end
#   cloud.sh status             the services and whether they run
#   cloud.sh down               stop everything
#   cloud.sh purge              down, and remove its databases and settings
#
#   DVO_OPENSTACK_DIR           holds all of it (default: dvo-openstack in $TMPDIR or /tmp)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
packages=$here/../../../etc/packages.sh
folder=${DVO_OPENSTACK_DIR:-${TMPDIR:-/tmp}/dvo-openstack}

if [ "${1-}" = up ]; then
    (umask 077 && mkdir -p "$folder")
    [ -O "$folder" ] || {
        echo "cloud.sh: $folder must belong to $(id -un)" >&2
        exit 1
    }
    sh "$packages" openstack
    sh "$packages" --unpack "$folder/root" openstack-services
fi
exec env -u PYTHONPATH -u PYTHONHOME /usr/bin/python3 "$here/cloud.py" "$@"
