#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds for another processor with Debian's multiarch, and runs unit and golden tests under qemu-user. All of it in a
# Debian of its own in a folder: the machine's packages are left alone. Needs root, debootstrap and Debian's mirror.
set -eu

usage() {
  cat <<END
usage: packaging/cross/build.sh ARCH [--without FEATURE]... [--folder FOLDER]

  ARCH               arm64, armhf, mipsel, s390x: a name of Debian's that has crossbuild-essential-ARCH
  --without FEATURE  an option of meson_options.txt, such as ndpi
  --folder FOLDER    of the Debian; kept for the next time. Default: /var/tmp/gatewitness-cross/ARCH

Exit status: 0 built and all tests passed.
END
}

arch=${1:-}
case $arch in
  '' | -h | --help) usage; [ -n "$arch" ]; exit ;;
  arm64) triplet=aarch64-linux-gnu family=aarch64 endian=little qemu=aarch64 ;;
  armhf) triplet=arm-linux-gnueabihf family=arm endian=little qemu=arm ;;
  mipsel) triplet=mipsel-linux-gnu family=mips endian=little qemu=mipsel ;;
  s390x) triplet=s390x-linux-gnu family=s390x endian=big qemu=s390x ;;
  *) echo "packaging/cross/build.sh: does not know \"$arch\" (arm64, armhf, mipsel, s390x)" >&2; exit 2 ;;
esac
shift
folder=/var/tmp/gatewitness-cross/$arch options=''
while [ $# -gt 0 ]; do
  case $1 in
    --without) options="$options -D$2=disabled"; shift 2 ;;
    --folder) folder=$2; shift 2 ;;
    *) echo "packaging/cross/build.sh: does not understand \"$1\" (see --help)" >&2; exit 2 ;;
  esac
done
[ "$(id -u)" = 0 ] || { echo 'packaging/cross/build.sh: needs root, for chroot' >&2; exit 1; }

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
# shellcheck disable=SC2016  # apt's own placeholder
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Codename: bookworm' | head -n 1)
[ -n "$mirror" ] || { echo 'packaging/cross/build.sh: apt knows no mirror of Debian bookworm (apt-get update)' >&2; exit 1; }
inside() { chroot "$folder" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

if [ ! -e "$folder/ready" ]; then
  rm -rf "$folder"
  mkdir -p "$folder"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$folder" "$mirror"
  rm -rf "$folder/etc/apt"
  cp -aL /etc/apt "$folder/etc/apt"
  # Packages of two processors are installed together only in the same version, and security updates come for some of the
  # processors only: the release as it was published, for all of them.
  rm -rf "$folder/etc/apt/sources.list.d"
  echo "deb $mirror bookworm main" > "$folder/etc/apt/sources.list"
  cp -L /etc/resolv.conf "$folder/etc/resolv.conf"
  # A mirror behind the place's own authority.
  [ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp -L /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/"
  inside dpkg --add-architecture "$arch"
  inside apt-get -q update
  # Libraries of the other processor, tools of this one.
  libraries='' tools='make squashfs-tools'
  for package in $("$root/packaging/packages.sh" --list build) libgtest-dev libgmock-dev; do
    case $package in
      meson | ninja-build | pkg-config | ieee-data | g++) tools="$tools $package" ;;
      nlohmann-json3-dev) tools="$tools $package" ;;
      libndpi-dev) case $options in *ndpi=disabled*) ;; *) libraries="$libraries $package:$arch" ;; esac ;;
      *) libraries="$libraries $package:$arch" ;;
    esac
  done
  # shellcheck disable=SC2086  # lists of words
  inside apt-get -q -y --no-install-recommends install "crossbuild-essential-$arch" qemu-user-static python3 python3-yaml $tools $libraries
  touch "$folder/ready"
fi

rm -rf "$folder/source"
mkdir -p "$folder/source"
git -C "$root" archive HEAD | tar -x -C "$folder/source"
emulator=/usr/bin/qemu-$qemu-static preload=''
if [ "$arch" = mipsel ]; then
  inside "$triplet-g++" -O1 -shared -fPIC -o /unaligned.so /source/packaging/cross/unaligned_mips.cc
  preload=/unaligned.so
fi
cat > "$folder/cross.ini" <<END
[binaries]
c = '$triplet-gcc'
cpp = '$triplet-g++'
ar = '$triplet-gcc-ar'
strip = '$triplet-strip'
pkgconfig = '$triplet-pkg-config'
exe_wrapper = ['$emulator', '-E', 'LD_PRELOAD=$preload']
[host_machine]
system = 'linux'
cpu_family = '$family'
cpu = '$family'
endian = '$endian'
END
# shellcheck disable=SC2086  # a list of words
inside meson setup /source/build /source --cross-file /cross.ini --buildtype=minsize $options

# Under qemu-user there is no seccomp, no namespace and no binfmt: of the unit tests those that are one program each, but for
# unit-process, which tries the sandbox; of the rest golden, with the program behind a script.
programs=$(python3 - "$folder/source/build/meson-info/intro-tests.json" <<'END'
import json
import sys
for test in json.load(open(sys.argv[1], encoding="utf-8")):
    if "/tests/unit/" in test["cmd"][0] and test["name"] != "unit-process":
        print(test["cmd"][0].removeprefix("/source/build/"))
END
)
# shellcheck disable=SC2086  # a list of words
inside ninja -C /source/build daemon/replay/gatewitness-replay $programs
# shellcheck disable=SC2046,SC2086  # lists of words
inside meson test -C /source/build --no-rebuild --timeout-multiplier 10 --print-errorlogs $(basename -a $programs)
cat > "$folder/source/build/under-qemu" <<END
#!/bin/sh
shift  # "replay", which the command would start itself
exec $emulator -E LD_PRELOAD=$preload /source/build/daemon/replay/gatewitness-replay "\$@"
END
chmod +x "$folder/source/build/under-qemu"
case $options in *ndpi=disabled*) without=--without-ndpi ;; *) without= ;; esac
# shellcheck disable=SC2086  # perhaps nothing
inside python3 /source/tests/golden/replay_test.py /source/build/under-qemu $without

# As the OpenWrt feed ships it unless more is chosen, and how large that is.
# shellcheck disable=SC2086  # a list of words
inside /source/packaging/build.sh /source/release --cross-file /cross.ini $options \
  -Dmqtt=disabled -Dwebpush=disabled -Dgzip=disabled -Dmetrics_http=disabled
inside STRIP="$triplet-strip" /source/packaging/openwrt/sizes.sh /source/release
