// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"

#include "core/base/format.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxDepth = 200;
/// Keys are looked up one by one (they keep their order), so an object of very many keys would take quadratic time.
constexpr std::size_t kMaxMembers = 20'000;

std::string placeOf(std::string_view text, std::size_t byte)
{
    const auto before = text.substr(0, std::min(byte, text.size()));
    const auto line = 1 + std::ranges::count(before, '\n');
    const auto lastEnd = before.rfind('\n');
    const auto column = lastEnd == std::string_view::npos ? before.size() : before.size() - lastEnd - 1;
    return formatText("line {}, column {}", line, std::max<std::size_t>(column, 1));
}

/// Refuses what is too deep or too wide for the parser and for whoever walks the value, before any of it is built.
Status checkShape(std::string_view text, const std::string& where)
{
    std::vector<std::size_t> commas; // one entry an open bracket; for arrays it stays 0
    std::vector<char> kinds;
    bool inString = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (inString) {
            if (c == '\\') ++at;
            inString = c != '"';
            continue;
        }
        if (c == '"') {
            inString = true;
        } else if (c == '{' || c == '[') {
            commas.push_back(0);
            kinds.push_back(c);
            if (kinds.size() > kMaxDepth)
                return fail(ErrorCode::Refused, where,
                            formatText("{}: JSON nested deeper than {} levels", placeOf(text, at + 1), kMaxDepth));
        } else if ((c == '}' || c == ']') && !kinds.empty()) {
            commas.pop_back();
            kinds.pop_back();
        } else if (c == ',' && !kinds.empty() && kinds.back() == '{' && ++commas.back() >= kMaxMembers) {
            return fail(ErrorCode::Refused, where,
                        formatText("{}: a JSON object of more than {} members", placeOf(text, at + 1), kMaxMembers));
        }
    }
    return {};
}

} // namespace

Result<Json> parseJson(std::string_view text, std::string where)
{
    TR_TRY(checkShape(text, where));
    try {
        return Json::parse(text);
    } catch (const Json::parse_error& error) {
        const bool ended = error.byte > text.size();
        return fail(ErrorCode::Damaged, std::move(where),
                    placeOf(text, error.byte) + (ended ? ": the JSON ends too early" : ": not well-formed JSON"));
    } catch (const Json::exception&) {
        // The one other thing that parsing throws: a number that no double can hold.
        return fail(ErrorCode::Damaged, std::move(where), "line 1 or later: a JSON number out of range");
    }
}

std::string dumpJson(const Json& value, int indent) { return value.dump(indent, ' ', false, Json::error_handler_t::replace); }

std::string stringAt(const Json& object, std::string_view key, std::string fallback)
{
    const Json& member = memberAt(object, key);
    return member.is_string() ? member.get<std::string>() : fallback;
}

std::int64_t intAt(const Json& object, std::string_view key, std::int64_t fallback)
{
    const Json& member = memberAt(object, key);
    if (member.is_number_unsigned()) {
        const auto value = member.get<std::uint64_t>();
        return value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) ? static_cast<std::int64_t>(value)
                                                                                             : fallback;
    }
    return member.is_number_integer() ? member.get<std::int64_t>() : fallback;
}

double doubleAt(const Json& object, std::string_view key, double fallback)
{
    const Json& member = memberAt(object, key);
    return member.is_number() ? member.get<double>() : fallback;
}

bool boolAt(const Json& object, std::string_view key, bool fallback)
{
    const Json& member = memberAt(object, key);
    return member.is_boolean() ? member.get<bool>() : fallback;
}

const Json& memberAt(const Json& object, std::string_view key)
{
    static const Json kNull;
    if (!object.is_object()) return kNull;
    const auto it = object.find(key);
    return it == object.end() ? kNull : *it;
}

} // namespace tackroom
