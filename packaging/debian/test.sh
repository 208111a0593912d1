#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the packages of what is committed, and tries them: lintian, and their life on a gateway with a real systemd in
# namespaces (installed, at work in the home laboratory, hung, upgraded, removed, purged). Needs root, and Debian's mirror the
# first time. Minutes, nearly all of them for the build; not a part of tests/run.sh for that.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
"$root/packaging/packages.sh" build lab debian
DEB_BUILD_OPTIONS=${DEB_BUILD_OPTIONS:-nocheck noautodbgsym parallel=$(nproc)} "$root/packaging/debian/build.sh"
exec /usr/bin/python3 "$root/tests/packaging/debian_test.py" "$root/build/debian"
