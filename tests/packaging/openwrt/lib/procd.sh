# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
#
# Stand-in of /lib/functions/procd.sh: writes each call to /tmp/calls, one a line, tabs between the arguments, and says FAULT
# where the real one would not understand.

instance=0 trigger=0 jail=0
inside() { [ $instance = 1 ] || fault "$1 outside an instance"; }
procd_open_service() { record procd_open_service "$@"; }
procd_close_service() {
	procd_open_trigger
	service_triggers
	procd_close_trigger
	[ $instance = 0 ] || fault "an instance is left open"
	record ubus "$1"
}
procd_open_instance() {
	[ $instance = 0 ] || fault "an instance within an instance"
	instance=1 jail=0
	record procd_open_instance "$@"
}
procd_close_instance() { inside procd_close_instance; instance=0; record procd_close_instance; }
procd_set_param() {
	inside procd_set_param
	record procd_set_param "$@"
	case "$1" in
		command) [ -x "$2" ] || fault "no program $2" ;;
		respawn) [ $# = 4 ] || fault "respawn takes three numbers" ;;
		env | data | limits) case "$2" in *=*) ;; *) fault "$1 takes NAME=VALUE" ;; esac ;;
		netdev | file | watch) [ $# -ge 2 ] || fault "$1 of nothing" ;;
		capabilities) [ -r "$2" ] || fault "no file $2" ;;
		user | group) grep -q "^$2:" "/etc/${1%user}passwd" /etc/group 2>/dev/null || fault "no $1 $2" ;;
		stdout | stderr | no_new_privs) case "$2" in 0 | 1) ;; *) fault "$1 takes 0 or 1" ;; esac ;;
		term_timeout | nice) [ "$2" -ge 0 ] 2>/dev/null || fault "$1 takes a number" ;;
		pidfile | seccomp | facility | reload_signal) ;;
		*) fault "procd knows no parameter $1" ;;
	esac
}
procd_add_jail() {
	inside procd_add_jail
	local word
	jail=1
	record procd_add_jail "$@"
	shift
	for word in "$@"; do
		case "$word" in
			log | ubus | udebug | procfs | sysfs | ronly | requirejail | netns | userns | cgroupsns) ;;
			*) fault "procd_add_jail knows no $word" ;;
		esac
	done
}
procd_add_jail_mount() { [ $jail = 1 ] || fault "a mount without a jail"; record procd_add_jail_mount "$@"; }
procd_add_jail_mount_rw() { [ $jail = 1 ] || fault "a mount without a jail"; record procd_add_jail_mount_rw "$@"; }
procd_open_trigger() { trigger=$((trigger + 1)); }
procd_close_trigger() { trigger=$((trigger - 1)); }
procd_add_reload_trigger() { [ $trigger -gt 0 ] || fault "no trigger open"; record procd_add_reload_trigger "$@"; }
procd_add_interface_trigger() {
	if [ $trigger = 0 ] || [ $# -lt 3 ] || [ ! -x "$3" ]; then fault "procd_add_interface_trigger $*"; fi
	record procd_add_interface_trigger "$@"
}
procd_add_validation() { record procd_add_validation "$@"; "$@"; }
procd_running() { record procd_running "$@"; [ -e /tmp/running ]; }
procd_kill() { record procd_kill "$@"; }

is_a() {
	case "$1" in
		bool) case "$2" in 0 | 1 | on | off | true | false | yes | no | enabled | disabled) ;; *) return 1 ;; esac ;;
		port) [ "$2" -ge 0 ] 2>/dev/null && [ "$2" -le 65535 ] ;;
		uciname) case "$2" in '' | *[!A-Za-z0-9_]*) return 1 ;; esac ;;
		macaddr) case "$2" in ??:??:??:??:??:??) ;; *) return 1 ;; esac ;;
		'maxlength('*) local most="${1#*\(}"; [ ${#2} -le "${most%)}" ] ;;
		'or('*) case "$1" in *"\"$2\""*) ;; *) return 1 ;; esac ;;
		*) fault "validate_data knows no type $1" ;;
	esac
}
uci_load_validate() {
	local package="$1" type="$2" section="$3" function="$4" status=0 spec name kind default value item
	shift 4
	record uci_load_validate "$package" "$type" "$section" "$function" "$@"
	for spec in "$@"; do
		name=${spec%%:*} kind=${spec#*:} default=
		case "$kind" in *:*) default=${kind##*:} kind=${kind%:*} ;; esac
		eval "local $name"
		config_get value "${section:-none}" "$name" "$default"
		case "$kind" in
			'list('*)
				kind=${kind#list\(} kind=${kind%\)}
				for item in $value; do is_a "$kind" "$item" || status=1; done
				;;
			*) [ -z "$value" ] || is_a "$kind" "$value" || status=1 ;;
		esac
		[ "$kind" != bool ] || config_get_bool value "${section:-none}" "$name" "${default:-0}"
		eval "$name=\$value"
	done
	[ -n "$function" ] || return $status
	"$function" "$section" $status
}
