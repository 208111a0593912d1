// SPDX-License-Identifier: Apache-2.0
//
// Keeps a process small. glibc makes a heap for each thread and rarely gives pages back, and start-up
// (dynamic linking, nDPI's tables, YAML) touches megabytes of code that the loop never needs again: on a
// router with 128 MB that is more than all of our own tables. Called by the mains.
#pragma once

namespace gatewitness::process {

// One heap for all threads, and large blocks given back at once. First in main, before any thread. Nothing to
// do with C libraries other than glibc.
void use_little_memory();

// Gives the kernel the heap that start-up left behind, and the pages of code and constants that it has
// mapped: those come back from the page cache one by one when they are needed. Before the loop, and after
// what is rare and large.
void give_back_memory();

}  // namespace gatewitness::process
