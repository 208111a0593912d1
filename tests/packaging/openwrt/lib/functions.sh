# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
#
# Stand-in of OpenWrt's /lib/functions.sh and /lib/config/uci.sh for the tests: the calls that our scripts make, with the
# arguments and the effects that they have there. A package's configuration is its file, which is shell as `uci export` is.

fault() { echo "FAULT $*" >>/tmp/calls; echo "stand-in: $*" >&2; }
record() {
	local call="$1" argument
	shift
	for argument in "$@"; do call="$call	$argument"; done
	echo "$call" >>/tmp/calls
}

config_set() { eval "CONFIG_$1_$2=\$3"; }
# Of names that are none, OpenWrt's does nothing.
config_get() {
	[ $# -ge 3 ] || fault "config_get wants a variable, a section and an option, not: $*"
	case "$2$3" in *[!A-Za-z0-9_]*) return ;; esac
	eval "$1=\${CONFIG_$2_$3:-\$4}"
}
config_get_bool() {
	local value
	config_get value "$2" "$3" "$4"
	case "$value" in
		1 | on | true | yes | enabled) value=1 ;;
		0 | off | false | no | disabled) value=0 ;;
		*) value=$4 ;;
	esac
	eval "$1=\$value"
}
config() {
	CONFIG_COUNT=$((CONFIG_COUNT + 1))
	CONFIG_SECTION=${2:-cfg$CONFIG_COUNT}
	CONFIG_SECTIONS="$CONFIG_SECTIONS $CONFIG_SECTION"
	config_set "$CONFIG_SECTION" TYPE "$1"
}
option() { config_set "$CONFIG_SECTION" "$1" "$2"; }
list() {
	local length all
	config_get length "$CONFIG_SECTION" "$1_LENGTH" 0
	[ "$length" != 0 ] || CONFIG_LISTS="$CONFIG_LISTS ${CONFIG_SECTION}_$1"
	length=$((length + 1))
	config_set "$CONFIG_SECTION" "$1_ITEM$length" "$2"
	config_set "$CONFIG_SECTION" "$1_LENGTH" $length
	config_get all "$CONFIG_SECTION" "$1"
	config_set "$CONFIG_SECTION" "$1" "${all:+$all }$2"
}
package() { :; }
# A second load forgets the sections and lists of the first, but not its other options.
config_load() {
	local name
	for name in $CONFIG_LISTS; do eval "CONFIG_$name='' CONFIG_${name}_LENGTH=''"; done
	CONFIG_LISTS=
	[ $# = 1 ] || fault "config_load $*"
	CONFIG_SECTIONS='' CONFIG_COUNT=0
	# shellcheck source=/dev/null
	if [ -r "/etc/config/$1" ]; then . "/etc/config/$1"; fi
}
config_foreach() {
	local function="$1" wanted="$2" section type
	shift 2
	for section in $CONFIG_SECTIONS; do
		config_get type "$section" TYPE
		[ "$type" != "$wanted" ] || "$function" "$section" "$@"
	done
}
config_list_foreach() {
	local section="$1" option="$2" function="$3" length i=1 item
	shift 3
	config_get length "$section" "${option}_LENGTH" 0
	while [ $i -le "$length" ]; do
		config_get item "$section" "${option}_ITEM$i"
		"$function" "$item" "$@"
		i=$((i + 1))
	done
}
