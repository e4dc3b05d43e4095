// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"
#include "core/platform/childprocess.h"

#include <string>
#include <sys/types.h>
#include <vector>

namespace tackroom::detail
{

/// All that a child needs, made ready before the fork: after it only async-signal-safe calls are allowed.
struct SpawnRequest {
    std::string program; ///< a path
    std::vector<std::string> argv;
    std::vector<std::string> environment;
    std::string workingDirectory;
    int in = -1; ///< descriptors that become 0, 1 and 2; -1: /dev/null
    int out = -1;
    int err = -1;
    std::uint64_t memoryBytes = 0;
    std::uint64_t cpuSeconds = 0;
};

/// Forks and runs the program; returns when it runs or could not. The fork happens on one thread that lives as long as the
/// process: the kernel's "die with your parent" means the parent *thread*, and the caller's may be a pool's.
[[nodiscard]] Result<pid_t> spawn(const SpawnRequest& request);

} // namespace tackroom::detail
