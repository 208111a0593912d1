# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
#
# Which devices are the LAN side, and where their leases are. Sourced by the init script after /lib/functions.sh and /lib/functions/network.sh. Called in
# subshells: config_load forgets what was loaded before.

# A zone that masquerades, or is called wan, is the outside; every other one has devices of the home behind it.
gw_zone() {
	local name masq masq6 networks devices
	config_get name "$1" name
	config_get_bool masq "$1" masq 0
	config_get_bool masq6 "$1" masq6 0
	config_get networks "$1" network
	config_get devices "$1" device
	[ "$name" != wan ] && [ "$masq" = 0 ] && [ "$masq6" = 0 ] || return 0
	gw_found="$gw_found $networks"
	gw_found_devices="$gw_found_devices $devices"
}

# gw_lan_networks: the logical networks of the LAN side, words on one line.
gw_lan_networks() {
	(
		gw_found='' gw_found_devices=''
		config_load firewall
		config_foreach gw_zone zone
		[ -n "${gw_found# }" ] || gw_found=lan
		set -f
		# shellcheck disable=SC2086  # words
		echo $gw_found
	)
}

# gw_lan_zone_devices: devices that a zone names itself.
gw_lan_zone_devices() {
	(
		gw_found='' gw_found_devices=''
		config_load firewall
		config_foreach gw_zone zone
		set -f
		# shellcheck disable=SC2086
		echo $gw_found_devices
	)
}

gw_is_device_name() {
	case "$1" in
		'' | *[!A-Za-z0-9._@-]* | lo) return 1 ;;
	esac
	[ ${#1} -le 15 ]
}

# Ethernet frames (ARPHRD_ETHER) carry the sender's MAC; a tunnel's do not.
gw_is_ethernet() {
	local kind=
	[ -r "/sys/class/net/$1/type" ] && read -r kind <"/sys/class/net/$1/type"
	[ "$kind" = 1 ]
}

# gw_devices FOUND NETWORK...: devices of the networks that are up, each once, on one line. FOUND 1: nobody named them, so what
# is no Ethernet is left out.
gw_devices() {
	local found="$1" network device seen=' '
	shift
	for network in "$@"; do
		device=
		case "$network" in
			device:*) device=${network#device:} ;;
			*[!A-Za-z0-9_-]*) continue ;;
			*) network_get_device device "$network" || continue ;;
		esac
		gw_is_device_name "$device" || continue
		[ "$found" = 0 ] || gw_is_ethernet "$device" || continue
		case "$seen" in *" $device "*) continue ;; esac
		seen="$seen$device "
	done
	seen=${seen# }
	echo "${seen% }"
}

gw_leases_of() {
	local file
	config_get file "$1" leasefile
	case "$file" in
		/*) echo "$file" ;;
	esac
}

# gw_lease_files: where the DHCP servers write who has which address, one a line.
gw_lease_files() {
	(
		config_load dhcp
		config_foreach gw_leases_of dnsmasq
		config_foreach gw_leases_of odhcpd
	)
}

gw_offload_of() {
	local on
	config_get_bool on "$1" flow_offloading_hw 0
	[ "$on" = 0 ] || gw_hardware=1
}

# gw_hardware_offload: true if the firewall is configured to offload flows to hardware.
gw_hardware_offload() {
	(
		gw_hardware=0
		config_load firewall
		config_foreach gw_offload_of defaults
		[ $gw_hardware = 1 ]
	)
}

gw_is_ppp() {
	local kind=
	case "$1" in pppoe-* | ppp[0-9]* | pppoa-*) return 0 ;; esac
	[ -r "/sys/class/net/$1/type" ] && read -r kind <"/sys/class/net/$1/type"
	[ "$kind" = 512 ]
}
