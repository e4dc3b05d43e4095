// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <string>

/// Runs a function in a child process under ptrace and counts its file-changing system calls: open with O_CREAT or O_TRUNC,
/// write, pwrite, writev, rename*, link*, symlink*, unlink*, mkdir*, rmdir, (f)truncate, fallocate, chmod and chown in all
/// forms, utimensat, fsync, fdatasync, copy_file_range. Writes into shared file mappings pass no call; they are counted apart,
/// so that a test can say that there are none.
namespace tackroom::test
{

struct Stepped {
    std::uint64_t calls = 0;          ///< file-changing calls that were begun
    std::uint64_t sharedMappings = 0; ///< mmap of a file, shared and writable
    bool interfered = false;          ///< the chosen call was reached
    bool killed = false;
    int exitCode = -1;    ///< where it was not killed
    std::string said;     ///< what the child wrote into its pipe
    std::string callName; ///< of the chosen call
};

enum class Interference : std::uint8_t { None, Kill, NoSpace, IoError };

/// `work` gets the descriptor of a pipe to speak into. `at` counts from 1. Kill: the child dies at the entry of that call,
/// which does not happen. NoSpace, IoError: the call does not happen and fails with ENOSPC or EIO; `lasting` makes every later
/// one that needs room fail too.
Stepped runStepped(const std::function<int(int pipe)>& work, Interference what, std::uint64_t at, bool lasting = false);
/// Whether system calls can be stepped here at all, and (for faults) be made to fail.
bool canStep();
bool canFail();

} // namespace tackroom::test
