// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/platform: the system's own, so that no other folder calls POSIX for these things.
///
///   directories.h   where cache, data and settings lie; private folders; temporary private folders
///   uniquefd.h      a file descriptor with an owner
///   atomicfile.h    replacing one of our own files, whole or not at all
///   safewriter.h    SafeFolder: reading and writing beneath a folder that others may tamper with (a work tree)
///   filelock.h      one writer at a time; a dead owner's lock is free
///   childprocess.h  child programs with pipes, limits, time-outs and cancel
///
/// Everything here blocks and belongs off the GUI thread.
