#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds to a corpus what a merge has kept, the smallest files first, up to so many bytes in all: it is replayed at each
test run. Usage: keep_small.py MERGED CORPUS"""
import pathlib
import shutil
import sys

MOST_BYTES = 262_144


def main(merged, corpus):
    corpus.mkdir(parents=True, exist_ok=True)
    used = sum(file.stat().st_size for file in corpus.iterdir())
    for file in sorted(merged.iterdir(), key=lambda each: (each.stat().st_size, each.name)):
        used += file.stat().st_size
        if used > MOST_BYTES:
            break
        shutil.copy(file, corpus / file.name)


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:3]))
