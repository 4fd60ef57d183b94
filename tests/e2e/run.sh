#!/bin/sh
# The end-to-end group: the whole way on real parts.
exec bash "$(dirname "$0")/provider.sh"
