// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How much Tackroom may take: `limits.json` in the configuration directory, for the window and the command line.
#include "core/workspace/workspace.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tackroom
{

struct Limits {
    std::int64_t cacheBytes = 20'000'000'000;               ///< of all indexes; 0: no limit
    std::int64_t readerMemoryBytes = std::int64_t{4} << 30; ///< of the process that reads a store
    friend bool operator==(const Limits&, const Limits&) = default;
};
inline constexpr std::int64_t kLeastReaderMemoryBytes = std::int64_t{256} << 20;

/// Those that cannot be read are the usual ones.
[[nodiscard]] Limits readLimits(const Places& places);
[[nodiscard]] Status writeLimits(const Places& places, const Limits& limits);
/// The options with these limits, where they say nothing else.
[[nodiscard]] ReaderClient::Options withLimits(ReaderClient::Options options, const Limits& limits);

/// "5GB", "1.5 GB", "800 MB"; "none" is 0. Units are powers of 1000. Usage where it is no size.
[[nodiscard]] Result<std::int64_t> parseSize(std::string_view text);

} // namespace tackroom
