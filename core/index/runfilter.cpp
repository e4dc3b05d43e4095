// SPDX-License-Identifier: GPL-3.0-or-later
// The language of the filter box: words, "quoted words", field:value and field:"quoted value".
#include "core/base/text.h"
#include "core/index/filtersql.h"
#include "core/index/runqueries.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tackroom
{

namespace
{

constexpr std::array<std::string_view, 10> kFields{"outcome", "cluster", "version", "tool",  "session",
                                                   "user",    "error",   "source",  "since", "id"};

struct Token {
    std::string text;                      ///< without quotes
    std::size_t colon = std::string::npos; ///< the first one outside quotes
    std::string typed;
};

std::vector<Token> tokensOf(std::string_view text)
{
    std::vector<Token> tokens;
    Token token;
    bool inQuotes = false, any = false;
    const auto end = [&] {
        if (any) tokens.push_back(std::move(token));
        token = {};
        any = false;
    };
    for (const char c : text) {
        const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (space && !inQuotes) {
            end();
            continue;
        }
        any = true;
        token.typed += c;
        if (c == '"') {
            inQuotes = !inQuotes;
            continue;
        }
        if (c == ':' && !inQuotes && token.colon == std::string::npos) token.colon = token.text.size();
        token.text += c;
    }
    end();
    return tokens;
}

bool isFieldName(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '-'; });
}

bool valueFits(std::string_view field, const std::string& value)
{
    if (value.empty()) return false;
    if (field == "outcome") return filtersql::outcomeValue(value).has_value();
    if (field == "source") return filtersql::sourceValue(value).has_value();
    if (field == "since") return filtersql::sinceValue(value, utcNow()).has_value();
    return true;
}

} // namespace

namespace filtersql
{

std::optional<Outcome> outcomeValue(std::string_view value)
{
    const std::string lower = asciiLower(value);
    if (lower == "success" || lower == "succeeded" || lower == "passed" || lower == "ok") return Outcome::Success;
    if (lower == "failure" || lower == "failed" || lower == "fail") return Outcome::Failure;
    if (lower == "unknown" || lower == "none") return Outcome::Unknown;
    return std::nullopt;
}

std::optional<OutcomeSource> sourceValue(std::string_view value)
{
    const std::string lower = asciiLower(value);
    if (lower == "judge" || lower == "model" || lower == "model-judge" || lower == "llm") return OutcomeSource::ModelJudge;
    if (lower == "none") return OutcomeSource::None;
    const OutcomeSource source = outcomeSourceOf(lower);
    return source == OutcomeSource::None ? std::nullopt : std::optional(source);
}

std::optional<UtcNs> sinceValue(std::string_view value, UtcNs now)
{
    std::int64_t count = 0;
    const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), count);
    if (error == std::errc{} && rest == value.data() + value.size() - 1 && count >= 0 && count < 100'000) {
        constexpr std::int64_t kHour = 3'600'000'000'000;
        const char unit = *rest;
        const std::int64_t hours = unit == 'h' ? 1 : unit == 'd' ? 24 : unit == 'w' ? 24 * 7 : 0;
        if (hours > 0) return now - count * hours * kHour;
    }
    if (value.size() == 10)
        if (const auto day = parseTime(std::string(value) + "T00:00:00Z")) return day;
    return parseTime(value);
}

} // namespace filtersql

RunFilter parseRunFilter(std::string_view text)
{
    RunFilter filter;
    filter.text = std::string(text);
    for (Token& token : tokensOf(text)) {
        if (token.colon == std::string::npos) {
            if (!token.text.empty()) filter.words.push_back(std::move(token.text));
            continue;
        }
        const std::string field = asciiLower(token.text.substr(0, token.colon));
        std::string value = token.text.substr(token.colon + 1);
        if (std::ranges::contains(kFields, std::string_view(field)) && valueFits(field, value))
            filter.fields.emplace_back(field, std::move(value));
        else if (isFieldName(field))
            filter.notUnderstood.push_back(token.typed);
        else
            filter.words.push_back(token.text); // a time of day, a Windows path: nobody's field
    }
    return filter;
}

} // namespace tackroom
