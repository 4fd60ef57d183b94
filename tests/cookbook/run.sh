#!/bin/sh
# Tests the libraries of the cookbook that recipes are written for, without Chef: what they
# are is said in cookbook.rb.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
exec /usr/bin/ruby -w "$root/tests/cookbook/cookbook.rb"
