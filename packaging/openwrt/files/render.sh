# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
#
# Renders /etc/config/gatewitness, loaded before with config_load, as YAML on standard output. Sourced by the init script;
# needs /lib/functions.sh. Which key is which option stands in uci.keys.

GW_KEYS=${GW_KEYS:-/usr/share/gatewitness/uci.keys}

# gw_quote TEXT: into gw_quoted, as a YAML scalar in single quotes. In these only the quote itself means anything.
gw_quote() {
	local rest="$1"
	gw_quoted=
	while :; do
		case "$rest" in
			*\'*)
				gw_quoted="$gw_quoted${rest%%\'*}''"
				rest="${rest#*\'}"
				;;
			*) break ;;
		esac
	done
	gw_quoted="'$gw_quoted$rest'"
}

# gw_harmless WHERE TEXT: a line break or another control character has no business in any value.
gw_harmless() {
	case "$2" in
		*[[:cntrl:]]*)
			gw_errors="$gw_errors$1 has a control character
"
			return 1
			;;
	esac
}

# gw_scalar KIND WHERE VALUE: into gw_quoted, as the key's kind wants it.
gw_scalar() {
	gw_harmless "$2" "$3" || return 1
	case "$1" in
		flag)
			case "$3" in
				1 | on | true | yes | enabled) gw_quoted=true ;;
				0 | off | false | no | disabled) gw_quoted=false ;;
				*) gw_quote "$3" ;;
			esac
			;;
		plain)
			case "$3" in
				'' | *[!0-9a-z.+-]* | .* | -*) gw_quote "$3" ;;
				*) gw_quoted=$3 ;;
			esac
			;;
		*) gw_quote "$3" ;;
	esac
}

gw_indent() {
	gw_spaces=
	local i=0
	while [ $i -lt "$1" ]; do
		gw_spaces="$gw_spaces  "
		i=$((i + 1))
	done
}

# gw_open PATH: writes the headings of the sections that lead to it and are not open yet; gw_spaces and gw_name are then those
# of the key itself.
gw_open() {
	local rest="$1" have="$gw_at" depth=0 same=1 part
	gw_at=
	while :; do
		case "$rest" in
			*.*) ;;
			*) break ;;
		esac
		part="${rest%%.*}"
		rest="${rest#*.}"
		if [ $same = 1 ] && [ "${have%%.*}" = "$part" ]; then
			have="${have#*.}"
		else
			same=0
			gw_indent $depth
			echo "$gw_spaces$part:"
		fi
		gw_at="$gw_at$part."
		depth=$((depth + 1))
	done
	gw_indent $depth
	gw_name=$rest
}

# gw_option KIND PATH [DEFAULT]
gw_option() {
	local kind="$1" path="$2" default="$3" section option value
	section="${path%%.*}"
	gw_words "${path#*.}"
	option=$gw_word
	if [ "$kind" = list ]; then
		gw_list "$path" "$section" "$option"
		return
	fi
	config_get value "$section" "$option" "$default"
	[ -n "$value" ] || return 0
	gw_scalar "$kind" "gatewitness.$section.$option" "$value" || return 0
	gw_open "$path"
	printf '%s%s: %s\n' "$gw_spaces" "$gw_name" "$gw_quoted"
}

# gw_words a.b.c: into gw_word, as a_b_c.
gw_words() {
	local rest="$1"
	gw_word=
	while :; do
		case "$rest" in
			*.*) ;;
			*) break ;;
		esac
		gw_word="$gw_word${rest%%.*}_"
		rest="${rest#*.}"
	done
	gw_word="$gw_word$rest"
}

gw_list() {
	local length value item
	config_get length "$2" "$3_LENGTH"
	config_get value "$2" "$3"
	# What the init script found by itself stands in for an option that is not there.
	[ "$1" != capture.interfaces ] || [ -n "$value" ] || { value="$GW_INTERFACES" length=; }
	[ "$1" != identity.leases ] || [ -n "$value" ] || { value="$GW_LEASES" length=; }
	[ -n "$value" ] || return 0
	gw_open "$1"
	echo "$gw_spaces$gw_name:"
	gw_where="gatewitness.$2.$3"
	if [ -n "$length" ]; then
		config_list_foreach "$2" "$3" gw_list_item
	else
		set -f
		for item in $value; do gw_list_item "$item"; done
		set +f
	fi
}

gw_list_item() {
	gw_harmless "$gw_where" "$1" || return 0
	gw_quote "$1"
	printf '%s  - %s\n' "$gw_spaces" "$gw_quoted"
}

# gw_field KIND SECTION OPTION: into gw_quoted; "" where the option is not there.
gw_field() {
	local value
	gw_quoted=
	gw_where="gatewitness.$2.$3"
	config_get value "$2" "$3"
	[ -n "$value" ] || return 0
	case "$1" in
		list | pairs)
			gw_flow=
			config_list_foreach "$2" "$3" "gw_${1}_flow"
			gw_quoted="[$gw_flow]"
			[ "$1" = list ] || gw_quoted="{$gw_flow}"
			;;
		*) gw_scalar "$1" "$gw_where" "$value" ;;
	esac
}

gw_list_flow() {
	gw_harmless "$gw_where" "$1" || return 0
	gw_quote "$1"
	gw_flow="$gw_flow${gw_flow:+, }$gw_quoted"
}

# "Name: value"
gw_pairs_flow() {
	local name
	gw_harmless "$gw_where" "$1" || return 0
	gw_quote "${1%%:*}"
	name=$gw_quoted
	case "$1" in
		*': '*) gw_quote "${1#*: }" ;;
		*) gw_quote "${1#*:}" ;;
	esac
	gw_flow="$gw_flow${gw_flow:+, }$name: $gw_quoted"
}

# gw_entry SECTION KEY FIELDS: KEY "-" for an entry of a list.
gw_entry() {
	local section="$1" key="$2" fields="$3" field kind value lead='    ' bare=1 head
	head='  -'
	if [ "$key" != - ]; then
		config_get value "$section" "$key"
		gw_scalar text "gatewitness.$section.$key" "$value" || return 0
		head="  $gw_quoted:"
	fi
	for field in $fields; do
		kind=text
		case "$field" in *:*) kind=${field%%:*} ;; esac
		gw_field "$kind" "$section" "${field#*:}" || return 0
		[ -n "$gw_quoted" ] || continue
		if [ $bare = 1 ] && [ "$key" = - ]; then
			gw_entries="$gw_entries$head "
			lead=
		elif [ $bare = 1 ]; then
			gw_entries="$gw_entries$head
"
		fi
		bare=0
		gw_entries="$gw_entries$lead${field#*:}: $gw_quoted
"
		lead='    '
	done
	[ $bare = 0 ] || gw_entries="$gw_entries$head {}
"
}

# gw_sections KIND PATH TYPE [KEY] FIELD...
gw_sections() {
	local kind="$1" path="$2" type="$3" key=-
	shift 3
	if [ "$kind" = map ]; then
		key=$1
		shift
	fi
	gw_entries=
	config_foreach gw_entry "$type" "$key" "$*"
	[ -n "$gw_entries" ] || return 0
	gw_open "$path"
	echo "$gw_spaces$gw_name:"
	# The entries are written for the top; deeper they move to the right.
	printf '%s' "$gw_entries" | sed "s/^/$gw_spaces/"
}

# gw_render: the YAML. Status 1 if an option cannot be written, with a line for each on standard error.
gw_render() {
	local kind path rest
	gw_errors=
	gw_at=
	echo "# Made by /etc/init.d/gatewitness from /etc/config/gatewitness: changes here are lost."
	while read -r kind path rest; do
		case "$kind" in
			'' | '#'*) ;;
			map | items)
				# shellcheck disable=SC2086  # words
				gw_sections "$kind" "$path" $rest
				;;
			*) gw_option "$kind" "$path" "$rest" ;;
		esac
	done <"$GW_KEYS"
	[ -z "$gw_errors" ] && return 0
	printf '%s' "$gw_errors" >&2
	return 1
}
