// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// A harness version as plain text: path (with `/`) → bytes. Paths decide what a file is; nothing else about it is known.
using HarnessFiles = std::map<std::string, std::string, std::less<>>;

/// "when loyal and late do refund up to 3,000": a limit that holds under conditions. From memory/*.md, or from a sentence in
/// prose that names such a condition.
struct ConditionalLimit {
    bool needsLoyal = false;
    bool needsLate = false;
    int loyalYears = 5;         ///< "with us for N years"; 5 where the text does not say
    std::optional<double> upTo; ///< nothing: without a bound of its own
    std::string path, text;
};

struct PolicyText {
    std::string path, id, inForceFrom; ///< day as 2026-03-23
    std::string text;
    int windowDays = 0;
};

struct RetryRule {
    int maxAttempts = 1;
    int backoffSeconds = 0;
    std::set<std::string, std::less<>> retryOn;
    bool idempotencyKey = false;
};

/// What a tool's inputSchema checks, as far as the tools of the sample go.
struct ToolRule {
    std::string path, name, description, schemaText;
    std::map<std::string, std::regex> patterns; ///< property → pattern
    std::map<std::string, std::string> patternTexts;
    std::map<std::string, double> maxima;
    std::set<std::string, std::less<>> properties;
    bool closed = false; ///< additionalProperties: false
};

/// What the agent does, as read out of the files. Reading never fails: what is missing has the value given here, what
/// could not be read is listed in `unread`.
struct HarnessRules {
    std::optional<double> limit;     ///< the strictest one stated; nothing: every refund is handed over
    bool handOverAboveLimit = false; ///< false: refuses instead
    bool handOverWhenUpset = false;
    bool stripHash = false;          ///< takes a leading # from order numbers
    bool silentWhileWaiting = false; ///< says nothing when somebody else has to act
    bool silentWhileProcessing = false;
    bool answersInLanguage = false;
    bool checksBeforeRetry = false;
    bool judgeAcceptsHandOvers = false;
    std::vector<ConditionalLimit> conditional;
    RetryRule refundRetry;
    std::map<std::string, ToolRule, std::less<>> tools;
    std::vector<PolicyText> policies;
    std::string systemPrompt;        ///< prompts/system.md, byte for byte
    std::vector<std::string> loaded; ///< paths that a run loads
    std::vector<std::string> unread; ///< "path: why"

    /// The limit for a customer with us for `years`, whose delivery was late or not.
    [[nodiscard]] std::optional<double> limitFor(int years, bool late) const;
};

[[nodiscard]] HarnessRules readRules(const HarnessFiles& files);

/// The parts of a Markdown text that say something: one a bullet or paragraph, joined to one line, without front matter,
/// headings, tables, code blocks and sections headed "Examples". For tests too.
[[nodiscard]] std::vector<std::string> statementsOf(std::string_view markdown);
/// The number after "up to", "at most", "no more than" or "limit is/of": 2,000 · 2.000 · 2 000 · EUR 2,000 · 1500.50.
/// Not what counts days, weeks, attempts or per cent.
[[nodiscard]] std::optional<double> statedLimit(std::string_view sentence);

} // namespace tackroom
