#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Says whether the firewall offloads flows, and whether mail is exempt, as it is in the kernel now: what is offloaded passes
# unseen. Run by the init script and by fw4 after each load. Two words into <run_dir>.offload, where `gatewitness status` looks
# for them; beside the folder, because the folder belongs to an unprivileged user.
#
#   none | software | hardware | unknown     unneeded | active | absent
# No set -u: OpenWrt's functions are not written for it.
# shellcheck source=/dev/null
. /lib/functions.sh
run_dir=
config_load gatewitness
config_get run_dir daemon run_dir /var/run/gatewitness
case "$run_dir" in
	/?*) ;;
	*) exit 0 ;;
esac

state=unknown exemption=unneeded
if forward="$(nft list chain inet fw4 forward 2>/dev/null)"; then
	# Both of our rules before the first that offloads.
	words="$(printf '%s\n' "$forward" | awk '
		/flow (add|offload) @/ { if (!offload) offload = NR }
		/!gatewitness: mail (out|back)/ { if (!offload) ours++ }
		END { print (offload ? "software" : "none"), (offload ? (ours == 2 ? "active" : "absent") : "unneeded") }')"
	state=${words% *} exemption=${words#* }
	if [ "$state" = software ] && nft list flowtables inet 2>/dev/null | grep -q 'flags.*offload'; then
		state=hardware
	fi
fi

file=$run_dir.offload
mkdir -p "${file%/*}"
printf '%s %s\n' "$state" "$exemption" >"$file.new" && mv -f "$file.new" "$file"
