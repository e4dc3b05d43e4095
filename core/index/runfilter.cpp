// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/runfilter.h"

#include "core/base/text.h"
#include "core/index/filtersql.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace tackroom
{

namespace
{

using Kind = QueryField::Kind;
using Test = RunCondition::Test;
using Why = QueryProblem::Why;

constexpr std::array kFields{
    QueryField{Kind::Word, "outcome"},  QueryField{Kind::Text, "version"},  QueryField{Kind::Text, "tool"},
    QueryField{Kind::Text, "cluster"},  QueryField{Kind::Text, "error"},    QueryField{Kind::Number, "errors"},
    QueryField{Kind::Number, "steps"},  QueryField{Kind::Duration, "duration"}, QueryField{Kind::Number, "cost"},
    QueryField{Kind::Number, "tokens"}, QueryField{Kind::Time, "since"},    QueryField{Kind::Time, "until"},
    QueryField{Kind::Word, "has"},      QueryField{Kind::Score, "score"},   QueryField{Kind::Word, "source"},
    QueryField{Kind::Text, "model"},    QueryField{Kind::Text, "agent"},    QueryField{Kind::Text, "session"},
    QueryField{Kind::Text, "user"},     QueryField{Kind::Text, "id"},
};
constexpr std::array<std::string_view, 3> kOutcomeWords{"failure", "success", "unknown"};
constexpr std::array<std::string_view, 6> kSourceWords{"human", "verifier", "rule", "judge", "status", "none"};
constexpr std::array<std::string_view, 9> kHasWords{"decision", "judgement", "score", "error", "cluster",
                                                    "version",  "cost",      "session", "user"};

struct Sign {
    std::string_view text;
    Test test;
};
constexpr std::array kSigns{Sign{">=", Test::AtLeast}, Sign{"<=", Test::AtMost}, Sign{"!=", Test::IsNot},
                            Sign{">", Test::Above},    Sign{"<", Test::Below},   Sign{"=", Test::Is}};

const QueryField* fieldOf(std::string_view name)
{
    const auto at = std::ranges::find(kFields, name, &QueryField::name);
    return at == kFields.end() ? nullptr : &*at;
}

struct Token {
    std::string text;                      ///< without quotes
    std::size_t colon = std::string::npos; ///< the first one outside quotes, in `text`
    std::string typed;
    bool negated = false;
    bool quoted = false; ///< begins with a quote: words, whatever stands in it
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
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (space && !inQuotes) {
            end();
            continue;
        }
        const bool first = !any;
        any = true;
        token.typed += c;
        // A dash before something is a "not"; alone, or before a digit, it is what it looks like.
        if (first && c == '-' && i + 1 < text.size() &&
            (text[i + 1] == '"' || static_cast<unsigned char>(text[i + 1]) >= 'A')) {
            token.negated = true;
            continue;
        }
        if (c == '"') {
            if (token.text.empty() && token.colon == std::string::npos) token.quoted = true;
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

/// The whole text as a finite number, with k or M behind it and a currency sign before.
std::optional<double> numberOf(std::string_view text)
{
    if (text.starts_with('$')) text.remove_prefix(1);
    double scale = 1;
    if (text.ends_with('k') || text.ends_with('K')) scale = 1e3;
    if (text.ends_with('m') || text.ends_with('M')) scale = 1e6;
    if (scale > 1) text.remove_suffix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
    return number * scale;
}

/// 30s, 1.5m, 200ms, 2h; seconds where no unit is said. In nanoseconds.
std::optional<double> durationOf(std::string_view text)
{
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0 || !std::isfinite(number)) return std::nullopt;
    const std::string unit = asciiLower(std::string_view(end, text.data() + text.size()));
    constexpr std::array<std::pair<std::string_view, double>, 10> kUnits{{{"", 1e9},
                                                                         {"s", 1e9},
                                                                         {"sec", 1e9},
                                                                         {"ms", 1e6},
                                                                         {"us", 1e3},
                                                                         {"m", 60e9},
                                                                         {"min", 60e9},
                                                                         {"h", 3600e9},
                                                                         {"d", 86400e9},
                                                                         {"w", 7 * 86400e9}}};
    const auto at = std::ranges::find(kUnits, std::string_view(unit), &std::pair<std::string_view, double>::first);
    return at == kUnits.end() ? std::nullopt : std::optional(number * at->second);
}

class Reader
{
public:
    explicit Reader(RunFilter& filter) : m_filter(filter) {}

    void read(Token token)
    {
        if (token.quoted && token.colon == std::string::npos) return word(token);
        if (token.colon == std::string::npos) {
            // "steps>10" without a colon, of the fields that are compared.
            const std::size_t sign = token.text.find_first_of("<>=");
            const QueryField* field = sign == std::string::npos ? nullptr : fieldOf(asciiLower(token.text.substr(0, sign)));
            if (!field || (field->kind != Kind::Number && field->kind != Kind::Duration)) return word(token);
            return narrow(token, *field, token.text.substr(sign));
        }
        const std::string name = asciiLower(token.text.substr(0, token.colon));
        if (const QueryField* field = fieldOf(name)) return narrow(token, *field, token.text.substr(token.colon + 1));
        if (isFieldName(name)) return problem(token, Why::Field);
        word(token); // a time of day, a Windows path: nobody's field
    }

private:
    void word(Token& token)
    {
        if (token.text.empty()) return;
        if (token.negated)
            m_filter.fields.push_back({.field = {}, .value = std::move(token.text), .negated = true, .subject = {}});
        else
            m_filter.words.push_back(std::move(token.text));
    }
    void problem(const Token& token, Why why) { m_filter.notUnderstood.push_back({token.typed, why}); }

    void narrow(const Token& token, const QueryField& field, std::string value)
    {
        RunCondition condition{.field = std::string(field.name), .value = {}, .negated = token.negated, .subject = {}};
        if (value.empty()) return problem(token, Why::Empty);
        std::optional<Why> wrong;
        switch (field.kind) {
        case Kind::Text:
            condition.value = std::move(value);
            break;
        case Kind::Word:
            wrong = readWord(condition, std::move(value));
            break;
        case Kind::Time:
            condition.value = std::move(value);
            if (!filtersql::sinceValue(condition.value, utcNow())) wrong = Why::Time;
            break;
        case Kind::Number:
            wrong = readNumber(condition, value, &numberOf);
            break;
        case Kind::Duration:
            wrong = readNumber(condition, value, &durationOf);
            break;
        case Kind::Score:
            wrong = readScore(condition, value);
            break;
        }
        if (wrong) return problem(token, *wrong);
        m_filter.fields.push_back(std::move(condition));
    }

    static std::optional<Why> readWord(RunCondition& condition, std::string value)
    {
        if (condition.field == "has") {
            value = asciiLower(value);
            if (value.ends_with('s') && value.size() > 1) value.pop_back(); // has:decisions
        }
        const bool known = condition.field == "outcome"  ? filtersql::outcomeValue(value).has_value()
                           : condition.field == "source" ? filtersql::sourceValue(value).has_value()
                                                         : std::ranges::contains(kHasWords, std::string_view(value));
        condition.value = std::move(value);
        return known ? std::nullopt : std::optional(Why::Value);
    }

    template <class Read> static std::optional<Why> readNumber(RunCondition& condition, std::string_view value, Read read)
    {
        condition.value = std::string(value);
        if (const auto dots = value.find(".."); dots != std::string_view::npos) {
            const auto low = read(value.substr(0, dots)), high = read(value.substr(dots + 2));
            if (!low || !high) return Why::Number;
            condition.test = Test::Between;
            condition.number = *low;
            condition.upTo = *high;
            condition.numeric = true;
            return std::nullopt;
        }
        bool compared = false;
        for (const Sign& sign : kSigns) {
            if (!value.starts_with(sign.text)) continue;
            condition.test = sign.test;
            value.remove_prefix(sign.text.size());
            compared = true;
            break;
        }
        const auto number = read(value);
        if (!number) return Why::Number;
        // Nobody means exactly so many seconds or cents.
        if (!compared && (condition.field == "duration" || condition.field == "cost")) return Why::Comparison;
        condition.number = *number;
        condition.numeric = true;
        return std::nullopt;
    }

    static std::optional<Why> readScore(RunCondition& condition, std::string_view value)
    {
        const std::size_t at = value.find_first_of("<>=!");
        condition.subject = std::string(value.substr(0, at));
        if (condition.subject.empty()) return Why::Empty;
        condition.test = Test::Exists;
        if (at == std::string_view::npos) return std::nullopt;
        value.remove_prefix(at);
        for (const Sign& sign : kSigns) {
            if (!value.starts_with(sign.text)) continue;
            condition.test = sign.test;
            value.remove_prefix(sign.text.size());
            break;
        }
        if (condition.test == Test::Exists || value.empty()) return Why::Number;
        condition.value = std::string(value);
        const bool byLabel = condition.test == Test::Is || condition.test == Test::IsNot;
        const auto number = numberOf(value);
        if (!number && !byLabel) return Why::Number;
        condition.numeric = number.has_value();
        condition.number = number.value_or(0);
        return std::nullopt;
    }

    RunFilter& m_filter;
};

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
    if (isDay(value))
        if (const auto day = parseTime(std::string(value) + "T00:00:00Z")) return day;
    return parseTime(value);
}

bool isDay(std::string_view value) { return value.size() == 10; }

} // namespace filtersql

RunFilter parseRunFilter(std::string_view text)
{
    RunFilter filter;
    filter.text = std::string(text);
    Reader reader(filter);
    for (Token& token : tokensOf(text)) reader.read(std::move(token));
    return filter;
}

std::string_view explanationOf(QueryProblem::Why why)
{
    switch (why) {
    case Why::Field:
        return "there is no such field";
    case Why::Empty:
        return "nothing stands behind it";
    case Why::Value:
        return "the field has no such value";
    case Why::Number:
        return "a number is needed";
    case Why::Comparison:
        return "write > or < before the number";
    case Why::Time:
        return "write an age (2w, 3d, 12h), a day or a time";
    }
    return {};
}

std::span<const QueryField> queryFields() { return kFields; }

std::span<const std::string_view> wordsOf(std::string_view field)
{
    if (field == "outcome") return kOutcomeWords;
    if (field == "source") return kSourceWords;
    if (field == "has") return kHasWords;
    return {};
}

} // namespace tackroom
