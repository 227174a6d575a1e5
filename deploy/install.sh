#!/bin/sh
# Install Pratique into a folder for a service: what runs, without what tests it.
#
#   deploy/install.sh /opt/pratique-0.1.0
#
# Run it in a checkout or an unpacked source archive.  It needs of Debian: python3-venv,
# python3-dev, gcc, g++, libc6-dev, libmilter-dev (pymilter and py-tlsh are built here).
# All files come through constraints.txt, each checked by its hash; what is then put into
# the folder comes from those files alone, and no index is asked again.  Nothing else is
# changed.
set -eu
[ $# = 1 ] || { echo "usage: deploy/install.sh FOLDER" >&2; exit 2; }
target=$1
# A service that runs must not find half of another version under its feet.
[ ! -e "$target" ] || { echo "$target exists; each version has a folder of its own" >&2; exit 1; }
case $target in /*) ;; *) target=$PWD/$target ;; esac
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wheels=$work/wheels

pip() { "$work/build/bin/python" -m pip -qq --disable-pip-version-check "$@"; }

# What a pip.conf adds has no hash: here nothing counts but the folder of wheels.
from_wheels() {
    PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS='' pip "$@" --no-index --find-links "$wheels"
}

python3 -m venv "$work/build"
sed '/^# The rest/,$d' constraints.txt >"$work/build-tools.txt"
pip install --require-hashes --no-build-isolation -r "$work/build-tools.txt"
pip wheel --require-hashes --no-build-isolation --wheel-dir "$wheels" -r constraints.txt
from_wheels install hatchling
"$work/build/bin/python" -m hatchling build --target wheel --directory "$wheels" >/dev/null
python3 -m venv --without-pip "$target"
from_wheels --python "$target/bin/python" install 'pratique[milter,tlsh]'
"$target/bin/pratique" --version
