// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tackroom
{

/// For what we write and edit. Keys keep their order, so that our files do not change by themselves.
using Json = nlohmann::ordered_json;

/// Parses without exceptions; the error names the line and column. `where` goes into the error.
[[nodiscard]] Result<Json> parseJson(std::string_view text, std::string where);
/// UTF-8 that is ill-formed becomes U+FFFD instead of an exception. `indent` -1: one line.
[[nodiscard]] std::string dumpJson(const Json& value, int indent = -1);

/// The member if it is there and of that type, else the fallback.
[[nodiscard]] std::string stringAt(const Json& object, std::string_view key, std::string fallback = {});
[[nodiscard]] std::int64_t intAt(const Json& object, std::string_view key, std::int64_t fallback = 0);
[[nodiscard]] double doubleAt(const Json& object, std::string_view key, double fallback = 0);
[[nodiscard]] bool boolAt(const Json& object, std::string_view key, bool fallback = false);
/// The member, or a null value.
[[nodiscard]] const Json& memberAt(const Json& object, std::string_view key);

} // namespace tackroom
