#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The one place that knows which Debian packages gatewitness needs. Installs those that are missing and
# nothing else; asks nothing. Called by quickstart.sh, tests/run.sh and whoever builds by hand.
set -eu

usage() {
  cat <<END
usage: packages.sh [--list] SET...

Installs the Debian packages that are missing, as root or through sudo.

  build   compiler, meson and the libraries of the product
  lab     the home laboratory: network namespaces, DHCP, DNS, mail servers
  test    what tests/run.sh needs: build and lab, GoogleTest, pytest, formatters and linters
  debian  what builds the Debian packages and tries them, besides build and lab
  bench   what the product is measured against
  --list  print the packages of the sets, one a line, and install nothing

Exit status: 0 all there; 1 something is missing and could not be installed; 2 wrong command line.
END
}

# Why a package is here, where its name does not say it: libndpi-dev brings the protocol classifier, zlib1g-dev
# compressed captures, libmnl-dev and libnetfilter-conntrack-dev NAT bindings and neighbours, libnftables-dev the
# quarantine, libsodium-dev the keyed hashes of mail addresses and the signatures, ieee-data the makers of MAC addresses,
# libseccomp-dev the sandbox, libcurl4-openssl-dev the alert channels over HTTP, libmosquitto-dev Home Assistant over MQTT,
# libssl-dev the encryption of Web Push, libmicrohttpd-dev metrics over HTTP.
BUILD='meson ninja-build pkg-config g++ nlohmann-json3-dev
  libpcap-dev libndpi-dev libzmq3-dev libyaml-cpp-dev libmnl-dev libnetfilter-conntrack-dev libnftables-dev libseccomp-dev
  libsodium-dev libsqlite3-dev zlib1g-dev ieee-data libcurl4-openssl-dev libmosquitto-dev libssl-dev libmicrohttpd-dev'
# swaks speaks STARTTLS only with libnet-ssleay-perl. postfix is the mail server of the laboratory's internet (opensmtpd 6.8
# of Debian 12 cannot finish a TLS handshake with OpenSSL 3).
LAB='python3 iproute2 procps nftables dnsmasq-base udhcpc conntrack tcpdump swaks libnet-ssleay-perl postfix openssl'
TEST="$BUILD $LAB git ccache libgtest-dev python3-pytest python3-zmq python3-cbor2 clang-format-14 clang-tidy-19 clangd-19 shellcheck
  busybox make python3-yaml chromium systemd mosquitto python3-cryptography"
# busybox is the shell of an OpenWrt router, squashfs-tools pack what is put on its flash, chromium looks at the LuCI pages, mosquitto is the MQTT broker
# that the tests of the alert channels run, openssl makes their certificates.
DEBIAN='git ccache debhelper dpkg-dev lintian debootstrap'
BENCH='libndpi-bin tshark iperf3 ethtool'

packages_of() {
  case $1 in
    build) echo "$BUILD" ;;
    lab) echo "$LAB" ;;
    test) echo "$TEST" ;;
    debian) echo "$DEBIAN" ;;
    bench) echo "$BENCH" ;;
    *) echo "packages.sh: \"$1\" is no set of packages (build, lab, test, debian, bench)" >&2; return 2 ;;
  esac
}

missing_of() {
  for package in "$@"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || echo "$package"
  done
}

# Debian starts a service as soon as its package is unpacked, and again at each boot; the laboratory's mail server and
# the tests' MQTT broker must never run on the machine itself. policy-rc.d is Debian's own word for that; one that is already there is left
# alone. --no-remove: a mail server that is in use here is not pushed out, the installation fails instead.
POLICY=/usr/sbin/policy-rc.d
# shellcheck disable=SC2016  # expanded by the shell that runs it as root
install_script='
  if [ ! -e "$POLICY" ]; then
    trap "rm -f $POLICY" EXIT
    trap "exit 130" INT
    trap "exit 143" TERM
    printf "#!/bin/sh\nexit 101\n" > "$POLICY"
    chmod 755 "$POLICY"
  fi
  apt-get -qq update
  apt-get -qq -y --no-remove --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 install "$@"
  for service in postfix mosquitto; do
    case " $* " in *" $service "*)
      if command -v systemctl >/dev/null; then systemctl --quiet disable "$service" 2>/dev/null || true; fi ;;
    esac
  done
'

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

can_be_root() {
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

cannot() {
  echo "packages.sh: $1. Install as root:" >&2
  echo "  apt-get install --no-install-recommends $2" >&2
  exit 1
}

list_only=no
wanted=
for argument in "$@"; do
  case $argument in
    --list) list_only=yes ;;
    -h | --help) usage; exit 0 ;;
    *) set_packages=$(packages_of "$argument") || { usage >&2; exit 2; }; wanted="$wanted $set_packages" ;;
  esac
done
[ -n "$wanted" ] || { usage >&2; exit 2; }
# shellcheck disable=SC2086  # a list of words
if [ "$list_only" = yes ]; then printf '%s\n' $wanted | sort -u; exit 0; fi

# shellcheck disable=SC2086,SC2116  # words on one line
command -v dpkg-query >/dev/null ||
  cannot 'this is not Debian; these are the names that Debian 12 gives to what is needed' "$(echo $wanted)"
# shellcheck disable=SC2086
missing=$(missing_of $wanted)
[ -n "$missing" ] || { echo "packages.sh: all packages are installed"; exit 0; }
# shellcheck disable=SC2086,SC2116
missing=$(echo $missing)
can_be_root || cannot 'packages are missing, and this is neither root nor sudo without a password' "$missing"
echo "packages.sh: installing $missing"
# shellcheck disable=SC2086
as_root env DEBIAN_FRONTEND=noninteractive POLICY=$POLICY sh -ec "$install_script" packages.sh $missing ||
  cannot 'apt-get failed' "$missing"
