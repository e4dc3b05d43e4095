// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tackroom
{

/// Nanoseconds since 1970-01-01 UTC.
using UtcNs = std::int64_t;

[[nodiscard]] UtcNs utcNow();
/// ISO 8601 / RFC 3339 with `T` or a space, any number of fraction digits, `Z`, an offset, or nothing (taken as UTC;
/// Phoenix and MLflow write it so). Nothing where it is not a time.
[[nodiscard]] std::optional<UtcNs> parseTime(std::string_view text);
/// 2026-03-01T12:00:00Z, with milliseconds where there are any.
[[nodiscard]] std::string formatTime(UtcNs time);
/// 2026-03-01
[[nodiscard]] std::string formatDay(UtcNs time);
/// 250 µs, 85 ms, 8.2 s, 3 min 20 s, 2 h 5 min, 3 d 4 h.
[[nodiscard]] std::string formatDuration(std::int64_t durationNs);
/// 1,204
[[nodiscard]] std::string formatCount(std::uint64_t count);

} // namespace tackroom
