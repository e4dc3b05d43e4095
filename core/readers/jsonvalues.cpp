// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/jsonvalues.h"

#include "core/base/text.h"
#include "core/readers/jsonelements.h"

#include <cmath>

namespace tackroom::jsonvalues
{

namespace
{

/// Ids and names, by the million: sooner seen here than by a call of the library.
bool isShortAscii(std::string_view text)
{
    constexpr std::size_t kShort = 64;
    if (text.size() > kShort) return false;
    unsigned char bits = 0;
    for (const char c : text) bits |= static_cast<unsigned char>(c);
    return bits < 0x80;
}

} // namespace

Parser::Parser()
{
    // The depth is fixed once; the capacity grows with what is parsed. An allocation that fails is reported by parse().
    [[maybe_unused]] const auto code = m_parser.allocate(std::size_t{1} << 16, kMaxJsonDepth);
}

Result<Value> Parser::parse(std::string_view text, bool padded)
{
    Value value;
    if (!text.data()) text = ""; // as of an empty column: bytes are copied from there, if only none
    const auto code = m_parser.parse(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), !padded).get(value);
    if (code == simdjson::MEMALLOC || code == simdjson::CAPACITY)
        return fail(ErrorCode::Refused, {}, "it needs more memory than the reader may use");
    if (code != simdjson::SUCCESS) return fail(ErrorCode::Damaged, {}, std::string(simdjson::error_message(code)));
    return value;
}

std::optional<Value> member(Value value, std::string_view key)
{
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return std::nullopt;
    Value found;
    if (object.at_key(key).get(found) != simdjson::SUCCESS) return std::nullopt;
    return found;
}

std::optional<Value> at(Value value, std::string_view path)
{
    if (auto whole = member(value, path)) return whole;
    for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
        const auto inner = member(value, path.substr(0, dot));
        if (!inner || !isObject(inner)) continue;
        if (auto found = at(*inner, path.substr(dot + 1))) return found;
    }
    return std::nullopt;
}

std::string textOf(std::optional<Value> value)
{
    if (!value || value->is_null()) return {};
    if (const auto text = stringOf(value)) return std::string(*text);
    return simdjson::minify(*value);
}

std::optional<std::string_view> stringOf(std::optional<Value> value)
{
    std::string_view text;
    if (!value || value->get(text) != simdjson::SUCCESS) return std::nullopt;
    return text;
}

std::optional<double> numberOf(std::optional<Value> value)
{
    double number = 0;
    if (!value || value->get(number) != simdjson::SUCCESS || !std::isfinite(number)) return std::nullopt;
    return number;
}

std::int64_t integerOf(std::optional<Value> value)
{
    std::int64_t number = 0;
    if (value && value->get(number) == simdjson::SUCCESS) return number;
    const auto real = numberOf(value);
    return real && std::abs(*real) < 9e15 ? static_cast<std::int64_t>(*real) : 0;
}

bool isTrue(std::optional<Value> value)
{
    bool yes = false;
    return value && value->get(yes) == simdjson::SUCCESS && yes;
}

bool isObject(std::optional<Value> value) { return value && value->is_object(); }
bool isArray(std::optional<Value> value) { return value && value->is_array(); }

UtcNs timeOf(std::optional<Value> value) { return parseTime(stringOf(value).value_or("")).value_or(0); }

std::string cut(std::string_view text, std::size_t maxBytes)
{
    std::string to;
    assignCut(to, text, maxBytes);
    return to;
}

void assignCut(std::string& to, std::string_view text, std::size_t maxBytes)
{
    // Cut first, so that a text of many megabytes is not looked at as a whole.
    const std::string_view front = cutUtf8(text, maxBytes);
    if (isShortAscii(front) || simdjson::validate_utf8(front.data(), front.size())) {
        to.assign(front);
        return;
    }
    const std::string whole = toUtf8(text.substr(0, maxBytes + 4 < maxBytes ? maxBytes : maxBytes + 4));
    to.assign(cutUtf8(whole, maxBytes));
}

} // namespace tackroom::jsonvalues
