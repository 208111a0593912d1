# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
# Stand-in of /lib/functions/network.sh: /etc/standin/up has a line for each network that is up, its name and its device.
network_get_device() {
	local standin_network standin_device
	[ $# = 2 ] || fault "network_get_device $*"
	# shellcheck disable=SC2034  # by eval
	while read -r standin_network standin_device; do
		[ "$standin_network" != "$2" ] || { eval "$1=\$standin_device"; return 0; }
	done </etc/standin/up
	return 1
}
