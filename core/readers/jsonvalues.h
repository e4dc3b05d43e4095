// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Small helpers over simdjson's DOM, shared by the readers. Every one takes foreign values: a missing member or another type
/// than expected is an empty answer, never an error. Texts are made well-formed UTF-8 and cut where they go into the model.
#include "core/base/result.h"
#include "core/base/time.h"

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tackroom::jsonvalues
{

using Value = simdjson::dom::element;

/// A parser with the readers' limit of nesting. One a thread; the value lives until the next parse.
class Parser
{
public:
    Parser();
    /// Damaged, with simdjson's own words; Refused where memory does not suffice. `padded` says that kJsonPadding readable bytes follow the text.
    [[nodiscard]] Result<Value> parse(std::string_view text, bool padded = false);

private:
    simdjson::dom::parser m_parser;
};

/// The member, where `value` is an object that has it.
[[nodiscard]] std::optional<Value> member(Value value, std::string_view key);
/// By a path such as "llm.token_count.prompt", nested or flat or half and half ({"llm":{"token_count.prompt":1}}).
[[nodiscard]] std::optional<Value> at(Value value, std::string_view path);
/// A text as it is, a number or truth value in its JSON form, null and nothing empty, an object or array as compact JSON.
[[nodiscard]] std::string textOf(std::optional<Value> value);
/// Only where it is a text.
[[nodiscard]] std::optional<std::string_view> stringOf(std::optional<Value> value);
[[nodiscard]] std::optional<double> numberOf(std::optional<Value> value);
/// Truncated towards zero; 0 where it is none or out of range.
[[nodiscard]] std::int64_t integerOf(std::optional<Value> value);
/// Only where it is the truth value.
[[nodiscard]] bool isTrue(std::optional<Value> value);
[[nodiscard]] bool isObject(std::optional<Value> value);
[[nodiscard]] bool isArray(std::optional<Value> value);
/// Of ISO 8601; 0 where it is none.
[[nodiscard]] UtcNs timeOf(std::optional<Value> value);
/// Well-formed and at most `maxBytes`.
[[nodiscard]] std::string cut(std::string_view text, std::size_t maxBytes);
/// The same into a text whose memory is used again. `text` does not lie in it.
void assignCut(std::string& to, std::string_view text, std::size_t maxBytes);
/// How much is kept of an id or a name.
inline constexpr std::size_t kIdBytes = 512;

} // namespace tackroom::jsonvalues
