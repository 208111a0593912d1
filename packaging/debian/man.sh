#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A manual page out of what a program says of itself, so that there is one text to keep true. Called by rules while the
# packages are built.
#
#   man.sh PROGRAM SECTION WHAT-IT-DOES       writes debian/man/NAME.SECTION
set -eu
program=$1 section=$2 what=$3
name=${program##*/}
page=debian/man/$name.$section

# Text as it stands: no character of it means anything to roff.
verbatim() {
  echo .nf
  sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e 's/^[.'"'"']/\\\&&/'
  echo .fi
}

mkdir -p debian/man
{
  echo '.\" SPDX-License-Identifier: Apache-2.0'
  echo ".TH $name $section"
  echo .SH NAME
  echo "$name \\- $what"
  echo .SH SYNOPSIS
  "$program" --help | verbatim
  [ "$name" = gatewitness ] || exit 0
  for command in $("$program" --help | sed -n 's/^  \([a-z, -]*[a-z]\)   *[^ ].*/\1/p' | tr -d ,); do
    text=$("$program" help "$command" 2>/dev/null) || continue
    echo ".SH $command" | sed 's/-/\\-/g'
    printf '%s\n' "$text" | verbatim
  done
} > "$page"
