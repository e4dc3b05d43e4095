// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/limits.h"

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/platform/atomicfile.h"
#include "core/platform/directories.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxBytes = std::size_t{1} << 16;

std::filesystem::path fileOf(const Places& places) { return places.config / "limits.json"; }

/// The whole file, so that what a newer program wrote is kept.
Json readFileOf(const Places& places)
{
    const auto bytes = readFile(fileOf(places), kMaxBytes);
    if (!bytes) return Json::object();
    auto json = parseJson(*bytes, fileOf(places).string());
    return json && json->is_object() ? std::move(*json) : Json::object();
}

} // namespace

Limits readLimits(const Places& places)
{
    const Json json = readFileOf(places);
    const Limits usual;
    Limits limits;
    limits.cacheBytes = std::max<std::int64_t>(0, intAt(json, "cacheBytes", usual.cacheBytes));
    limits.readerMemoryBytes = std::max(kLeastReaderMemoryBytes, intAt(json, "readerMemoryBytes", usual.readerMemoryBytes));
    return limits;
}

Status writeLimits(const Places& places, const Limits& limits)
{
    TR_TRY(makePrivateDirectory(places.config));
    Json json = readFileOf(places);
    json["cacheBytes"] = limits.cacheBytes;
    json["readerMemoryBytes"] = limits.readerMemoryBytes;
    return writeFileAtomically(fileOf(places), dumpJson(json, 1));
}

ReaderClient::Options withLimits(ReaderClient::Options options, const Limits& limits)
{
    const ReaderClient::Options usual;
    if (options.cacheLimitBytes == usual.cacheLimitBytes) options.cacheLimitBytes = limits.cacheBytes;
    if (options.memoryLimitBytes == usual.memoryLimitBytes) options.memoryLimitBytes = limits.readerMemoryBytes;
    return options;
}

Result<std::int64_t> parseSize(std::string_view text)
{
    const auto wrong = [&] { return fail(ErrorCode::Usage, std::string(text), "this is no size", "write 5GB, 800MB or none"); };
    const std::string lower = asciiLower(trimmed(text));
    if (lower == "none" || lower == "0") return 0;
    double value = 0;
    const auto [end, error] = std::from_chars(lower.data(), lower.data() + lower.size(), value);
    if (error != std::errc() || !std::isfinite(value) || value < 0) return wrong();
    const std::string_view unit = trimmed(std::string_view(end, lower.data() + lower.size()));
    const double factor = unit == "tb"                  ? 1e12
                          : unit == "gb" || unit == "g" ? 1e9
                          : unit == "mb" || unit == "m" ? 1e6
                          : unit == "kb" || unit == "k" ? 1e3
                                                        : 0;
    constexpr double kMost = 1e17;
    if (factor == 0 || value * factor < 1 || value * factor > kMost) return wrong();
    return static_cast<std::int64_t>(value * factor);
}

} // namespace tackroom
