#!/bin/sh
# Prints plugins/module_utils/steps.py of the collection dvo.host: the step library as one
# Python string, files in the order of their names. dvoc is built with the same text.
set -eu
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../host"
printf '"""The step library of dvo, run by the module step."""\n\n'
printf "STEPS = r'''\n"
cat ./*.sh
printf "'''\n"
