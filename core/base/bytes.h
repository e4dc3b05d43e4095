// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"

#include <cstddef>
#include <filesystem>
#include <string>

namespace tackroom
{

/// The bytes of a regular file of at most `maxBytes`. Opened with O_NOFOLLOW only if `followLinks` is false, always with
/// O_NONBLOCK, and checked by fstat, so that a FIFO or device never blocks.
[[nodiscard]] Result<std::string> readFile(const std::filesystem::path& path, std::size_t maxBytes, bool followLinks = true);

} // namespace tackroom
