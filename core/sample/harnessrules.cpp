// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sample/harnessrules.h"

#include "core/base/json.h"
#include "core/base/text.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

namespace tackroom
{
namespace
{

bool hasAny(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::ranges::any_of(words, [text](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

/// `word` not inside a longer word.
bool hasWord(std::string_view text, std::string_view word)
{
    auto letter = [text](std::size_t i) { return i < text.size() && std::isalpha(static_cast<unsigned char>(text[i])); };
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
        if (!(at > 0 && letter(at - 1)) && !letter(at + word.size())) return true;
    return false;
}

bool isBullet(std::string_view line)
{
    if (line.starts_with("- ") || line.starts_with("* ") || line.starts_with("+ ")) return true;
    const auto digits = line.find_first_not_of("0123456789");
    return digits != std::string_view::npos && digits > 0 && digits < 4 && line.substr(digits).starts_with(". ");
}

std::string_view withoutFrontMatter(std::string_view text)
{
    if (!text.starts_with("---\n")) return text;
    const auto end = text.find("\n---\n", 3);
    return end == std::string_view::npos ? text : text.substr(end + 5);
}

std::vector<std::string> sentencesOf(std::string_view statement)
{
    std::vector<std::string> sentences;
    std::size_t from = 0;
    for (std::size_t i = 0; i + 2 < statement.size(); ++i) {
        const bool ends = statement[i] == '.' && statement[i + 1] == ' ';
        if (!ends || !(std::isupper(static_cast<unsigned char>(statement[i + 2])) || statement[i + 2] == '`')) continue;
        sentences.emplace_back(statement.substr(from, i + 1 - from));
        from = i + 2;
    }
    sentences.emplace_back(statement.substr(from));
    return sentences;
}

/// A number at the start of `text`, with thousands marks; nothing where there is none or where it counts something else.
std::optional<double> numberAt(std::string_view text)
{
    std::size_t at = 0;
    for (const std::string_view currency : {"eur ", "€ ", "€", "usd ", "$"})
        if (asciiLower(text.substr(0, currency.size())) == currency) {
            at = currency.size();
            break;
        }
    std::string digits;
    auto isDigit = [&](std::size_t i) { return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])); };
    while (at < text.size()) {
        if (isDigit(at)) {
            digits += text[at++];
            continue;
        }
        const bool mark = text[at] == ',' || text[at] == '.' || text[at] == ' ' || text[at] == '\'';
        if (mark && isDigit(at + 1) && isDigit(at + 2) && isDigit(at + 3) && !isDigit(at + 4) && !digits.empty()) {
            ++at;
            continue;
        }
        if (text[at] == '.' && isDigit(at + 1) && digits.find('.') == std::string::npos) {
            digits += text[at++];
            continue;
        }
        break;
    }
    if (digits.empty()) return std::nullopt;
    const std::string after = asciiLower(trimmed(text.substr(at, 12)));
    for (const std::string_view unit :
         {"day", "working day", "week", "month", "year", "hour", "minute", "attempt", "%", "percent", "per cent"})
        if (after.starts_with(unit)) return std::nullopt;
    return std::strtod(digits.c_str(), nullptr);
}

int yearsIn(std::string_view text)
{
    static constexpr std::array<std::string_view, 11> kWords{"zero", "one",   "two",   "three", "four", "five",
                                                             "six",  "seven", "eight", "nine",  "ten"};
    const auto at = text.find(" year");
    if (at == std::string_view::npos) return 5;
    const auto before = text.substr(0, at);
    const auto space = before.find_last_of(" (");
    const auto word = before.substr(space == std::string_view::npos ? 0 : space + 1);
    for (std::size_t i = 0; i < kWords.size(); ++i)
        if (word == kWords[i]) return static_cast<int>(i);
    const int years = std::atoi(std::string(word).c_str());
    return years > 0 && years < 100 ? years : 5;
}

/// "when loyal and late do refund up to 3,000, because …"; `lower` without its reason.
std::optional<ConditionalLimit> conditionalLimit(std::string_view lower)
{
    ConditionalLimit rule;
    rule.needsLoyal = hasAny(lower, {"loyal", "long-standing", "with us for"});
    rule.needsLate = hasWord(lower, "late") || hasWord(lower, "delayed") || hasWord(lower, "delay");
    if (!rule.needsLoyal && !rule.needsLate) return std::nullopt;
    if (!hasAny(lower, {"refund", "approve", "pay out"})) return std::nullopt;
    rule.upTo = statedLimit(lower);
    const bool alone = hasAny(lower, {"without a manager", "by yourself", "yourself", "at once", "without handing over"});
    if (!rule.upTo && !alone) return std::nullopt;
    rule.loyalYears = yearsIn(lower);
    return rule;
}

/// What one statement, lower-cased, says about the agent's conduct. Later statements win over earlier ones.
void readConduct(std::string_view lower, HarnessRules& rules)
{
    const bool negated = hasAny(lower, {"do not", "don't", "never", "no longer"});
    const bool handOver = hasAny(lower, {"hand over", "hand-over", "handover", "hand_over", "escalate"});
    if (handOver && hasAny(lower, {"upset", "angry", "frustrat", "because of tone", "threaten"}))
        rules.handOverWhenUpset = !negated;
    if (handOver && hasAny(lower, {"above", "exceed", "more than your", "over your", "over the limit"}))
        rules.handOverAboveLimit = !negated;
    if (lower.find('#') != std::string_view::npos &&
        hasAny(lower, {"strip", "remove", "drop", "cut off", "leave out", "omit", "without the"}))
        rules.stripHash = !negated;
    if (hasAny(lower, {"answer", "reply", "write back"}) &&
        hasAny(lower, {"that language", "their language", "customer's language", "same language"}))
        rules.answersInLanguage = !negated;
    const bool tells = hasAny(lower, {"tell the customer", "let the customer know", "write to the customer", "send a holding",
                                      "one line", "send one message"});
    const bool waits = hasAny(lower, {"waits", "waiting", "interim message", "holding message"});
    if (waits && (tells || negated)) rules.silentWhileWaiting = !tells;
    const bool unconfirmed = hasAny(lower, {"not confirmed", "unconfirmed", "no confirmation", "no_confirmation", "timed out",
                                            "time-out", "timeout", "second time"});
    if (unconfirmed && hasAny(lower, {"check", "look up", "look at"}) &&
        hasAny(lower, {"status", "booked", "refunds", "lookup_order"}))
        rules.checksBeforeRetry = !negated;
}

struct ProcessingRule {
    bool told = false, silent = false;
};

void readProcessing(std::string_view lower, ProcessingRule& rule)
{
    if (lower.find("processing") == std::string_view::npos) return;
    if (hasAny(lower, {"tell the customer", "let the customer know", "write to the customer", "one line", "holding message"}))
        rule.told = true;
    else if (hasAny(lower, {"wait for", "do not answer", "say nothing"}))
        rule.silent = true;
}

void readProse(const std::string& path, std::string_view text, HarnessRules& rules, ProcessingRule& processing)
{
    for (const std::string& statement : statementsOf(withoutFrontMatter(text))) {
        const std::string lower = asciiLower(statement);
        readConduct(lower, rules);
        readProcessing(lower, processing);
        for (const std::string& sentence : sentencesOf(statement)) {
            const std::string lowerSentence = asciiLower(sentence);
            if (auto rule = conditionalLimit(lowerSentence)) {
                rule->path = path;
                rule->text = sentence;
                rules.conditional.push_back(*rule);
            } else if (hasAny(lowerSentence, {"refund", "limit", "amount"})) {
                const auto stated = statedLimit(lowerSentence);
                if (stated && (!rules.limit || *stated < *rules.limit)) rules.limit = stated;
            }
        }
    }
}

void readLessons(const std::string& path, std::string_view text, HarnessRules& rules, ProcessingRule& processing)
{
    for (const std::string& statement : statementsOf(withoutFrontMatter(text))) {
        std::string lower = asciiLower(statement);
        if (const auto because = lower.find("because"); because != std::string::npos) lower.resize(because);
        if (const auto source = lower.find("source:"); source != std::string::npos) lower.resize(source);
        if (!lower.starts_with("when")) continue; // the introduction
        readConduct(lower, rules);
        readProcessing(lower, processing);
        if (auto rule = conditionalLimit(lower)) {
            rule->path = path;
            rule->text = statement;
            rules.conditional.push_back(*rule);
        }
    }
}

void readTool(const std::string& path, const std::string& text, HarnessRules& rules)
{
    const auto json = parseJson(text, path);
    if (!json || !json->is_object()) {
        rules.unread.push_back(path + ": " + (json ? std::string("not an object") : json.error().detail));
        return;
    }
    ToolRule tool;
    tool.path = path;
    tool.name = stringAt(*json, "name");
    tool.description = stringAt(*json, "description");
    tool.schemaText = dumpJson(*json);
    const Json& schema = memberAt(*json, json->contains("inputSchema") ? "inputSchema" : "parameters");
    const Json& closed = memberAt(schema, "additionalProperties");
    tool.closed = closed.is_boolean() && !closed.get<bool>();
    const Json& properties = memberAt(schema, "properties");
    for (const auto& [name, property] : properties.items()) {
        tool.properties.insert(name);
        if (const Json& maximum = memberAt(property, "maximum"); maximum.is_number()) tool.maxima[name] = maximum.get<double>();
        const std::string pattern = stringAt(property, "pattern");
        if (pattern.empty()) continue;
        constexpr std::size_t kLongestPattern = 200; // std::regex recurses; nobody's order number needs more
        if (pattern.size() > kLongestPattern) {
            rules.unread.push_back(path + ": pattern of " + name + " is too long");
            continue;
        }
        try {
            tool.patterns.emplace(name, std::regex(pattern, std::regex::ECMAScript));
            tool.patternTexts.emplace(name, pattern);
        } catch (const std::regex_error& error) {
            rules.unread.push_back(path + ": pattern of " + name + ": " + error.what());
        }
    }
    if (!tool.name.empty()) rules.tools[tool.name] = std::move(tool);
}

void readWorkflow(const std::string& path, const std::string& text, HarnessRules& rules)
{
    try {
        const YAML::Node root = YAML::Load(text);
        if (!root.IsMap() || !root["tools"] || !root["tools"].IsMap()) return;
        const YAML::Node refund = root["tools"]["issue_refund"];
        if (!refund || !refund.IsMap()) return;
        RetryRule rule;
        rule.maxAttempts = std::clamp(refund["max_attempts"].as<int>(1), 1, 10);
        rule.backoffSeconds = std::clamp(refund["backoff_seconds"].as<int>(0), 0, 3600);
        for (const YAML::Node& reason : refund["retry_on"]) rule.retryOn.insert(reason.as<std::string>());
        const std::string key = refund["idempotency_key"].as<std::string>("none");
        rule.idempotencyKey = key != "none" && key != "null" && key != "~" && !key.empty();
        rules.refundRetry = std::move(rule);
    } catch (const YAML::Exception& error) {
        rules.unread.push_back(path + ": " + error.what());
    }
}

std::string valueAfter(std::string_view text, std::string_view key)
{
    const auto at = text.find(key);
    if (at == std::string_view::npos) return {};
    return std::string(trimmed(firstLine(text.substr(at + key.size()))));
}

void readPolicy(const std::string& path, const std::string& text, HarnessRules& rules)
{
    PolicyText policy;
    policy.path = path;
    policy.id = valueAfter(text, "Policy id:");
    policy.inForceFrom = valueAfter(text, "In force from:");
    policy.text = text;
    static const std::regex kWindow("within\\s+([0-9]{1,4})\\s+days\\s+of\\s+(the\\s+)?delivery", std::regex::icase);
    std::smatch match;
    if (policy.id.empty() || !std::regex_search(text, match, kWindow)) {
        rules.unread.push_back(path + ": no policy id or no return window");
        return;
    }
    policy.windowDays = std::atoi(match[1].str().c_str());
    rules.policies.push_back(std::move(policy));
}

void readRubric(std::string_view text, HarnessRules& rules)
{
    for (const std::string& statement : statementsOf(text)) {
        const std::string lower = asciiLower(statement);
        if (hasAny(lower, {"hand-over", "hand over", "handover"}) && hasAny(lower, {"counts as resolved", "is resolved"}))
            rules.judgeAcceptsHandOvers = !hasAny(lower, {"only", "never", "not "});
    }
}

bool within(std::string_view path, std::string_view folder, std::string_view ending)
{
    return path.starts_with(folder) && path.ends_with(ending);
}

} // namespace

std::vector<std::string> statementsOf(std::string_view markdown)
{
    std::vector<std::string> statements;
    std::string current;
    bool inCode = false, inExamples = false;
    auto flush = [&] {
        if (!current.empty()) statements.push_back(std::move(current));
        current.clear();
    };
    for (std::string_view line : splitOn(markdown, '\n')) {
        line = trimmed(line);
        if (line.starts_with("```")) inCode = !inCode;
        const bool heading = !inCode && line.starts_with("#") && line.find_first_not_of('#') != std::string_view::npos &&
                             line[line.find_first_not_of('#')] == ' ';
        if (heading) inExamples = containsNoCase(line, "example");
        if (line.empty() || heading || inCode || inExamples || line.starts_with("```") || line.starts_with("|")) {
            flush();
            continue;
        }
        if (isBullet(line)) {
            flush();
            line = trimmed(line.substr(line.find(' ')));
        } else if (!current.empty()) {
            current += ' ';
        }
        current += line;
    }
    flush();
    return statements;
}

std::optional<double> statedLimit(std::string_view sentence)
{
    const std::string lower = asciiLower(sentence);
    for (const std::string_view key : {"up to ", "at most ", "no more than ", "limit is ", "limit of ", "limit: "}) {
        for (std::size_t at = lower.find(key); at != std::string::npos; at = lower.find(key, at + 1))
            if (const auto number = numberAt(std::string_view(lower).substr(at + key.size()))) return number;
    }
    return std::nullopt;
}

std::optional<double> HarnessRules::limitFor(int years, bool late) const
{
    std::optional<double> best = limit;
    for (const ConditionalLimit& rule : conditional) {
        if ((rule.needsLoyal && years < rule.loyalYears) || (rule.needsLate && !late)) continue;
        constexpr double kUnbounded = 1e12;
        const double value = rule.upTo.value_or(kUnbounded);
        if (!best || value > *best) best = value;
    }
    return best;
}

HarnessRules readRules(const HarnessFiles& files)
{
    HarnessRules rules;
    ProcessingRule processing;
    auto each = [&](auto&& accept, auto&& read) {
        for (const auto& [path, text] : files)
            if (accept(path)) {
                read(path, text);
                rules.loaded.push_back(path);
            }
    };
    auto prose = [&](const std::string& path, const std::string& text) { readProse(path, text, rules, processing); };
    each([](std::string_view path) { return path == "AGENTS.md" || path == "CLAUDE.md"; }, prose);
    each([](std::string_view path) { return within(path, "prompts/", ".md"); }, prose);
    each([](std::string_view path) { return within(path, "skills/", "/SKILL.md"); }, prose);
    each([](std::string_view path) { return within(path, "memory/", ".md"); },
         [&](const std::string& path, const std::string& text) { readLessons(path, text, rules, processing); });
    each([](std::string_view path) { return within(path, "tools/", ".json"); },
         [&](const std::string& path, const std::string& text) { readTool(path, text, rules); });
    each([](std::string_view path) { return within(path, "workflows/", ".yaml") || within(path, "workflows/", ".yml"); },
         [&](const std::string& path, const std::string& text) { readWorkflow(path, text, rules); });
    each([](std::string_view path) { return within(path, "retrieval/", ".md"); },
         [&](const std::string& path, const std::string& text) { readPolicy(path, text, rules); });
    for (const auto& [path, text] : files)
        if (within(path, "evals/", ".md")) readRubric(text, rules);
    rules.silentWhileProcessing = processing.silent && !processing.told;
    if (const auto prompt = files.find("prompts/system.md"); prompt != files.end()) rules.systemPrompt = prompt->second;
    std::ranges::stable_sort(rules.policies, {}, &PolicyText::inForceFrom);
    return rules;
}

} // namespace tackroom
