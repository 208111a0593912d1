#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the product as it is shipped: small, optimised as a whole, without tests. Called by quickstart.sh and
# tests/run.sh, so that both run the same programs; a second call only builds what changed.
#
#   packaging/build.sh FOLDER [meson options...]
set -eu
folder=$1
shift
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

if command -v ccache >/dev/null && [ -z "${CXX:-}" ]; then export CXX='ccache g++' CCACHE_NOHASHDIR=true; fi
if [ ! -f "$folder/build.ninja" ]; then
  meson setup "$folder" "$root" --buildtype=minsize -Db_lto=true -Dtests=false -Dwerror=true \
    -Dcpp_args='-ffunction-sections -fdata-sections' -Dcpp_link_args=-Wl,--gc-sections "$@"
fi
exec meson compile -C "$folder"
