#!/bin/sh
# Compares what the samples become with playbooks written by hand: `sh tests/samples/run.sh`.
# What must hold stands in samples.py. The compiler is $DVOC, or that of the sanitizer build.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
. "$root/tests/lib.sh"
use_dvoc
# Where the samples find their packages, and what reads what was written for Chef.
sh "$root/samples/my-app/build.sh" "$root/samples/packages" 1.0 1.1 || exit 1
chef=$(sh "$root/etc/dvo/chef/install.sh") || exit 1
export COOKSTYLE="$chef/bin/cookstyle"
exec "$PYTHON" "$root/tests/samples/samples.py" "$@"
