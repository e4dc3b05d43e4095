// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/traces/versionrule.h"

#include "core/base/format.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <optional>

namespace tackroom
{

namespace
{

constexpr std::array kRunMembers{kVersionOfReader, kAgentKey, kProjectKey, kModelKey, kFileKey};
constexpr std::string_view kFirst = "deployment first";
constexpr std::size_t kMaxTerms = 5000;

std::string timeText(UtcNs time)
{
    constexpr UtcNs kDay = 86'400'000'000'000;
    return time % kDay == 0 ? formatDay(time) : formatTime(time);
}

std::unexpected<Error> wrong(std::string_view term, std::string detail)
{
    return fail(ErrorCode::Usage, std::string(term), std::move(detail),
                "write 'key NAME', 'where NAME = VALUE is VERSION', 'from TIME is VERSION', 'deployed TIME is VERSION' or "
                "'deployment first'");
}

Result<UtcNs> timeOf(std::string_view term, std::string_view text)
{
    std::string whole(trimmed(text));
    constexpr std::size_t kDayBytes = 10; // 2026-03-01
    const auto time = parseTime(whole.size() == kDayBytes ? whole + "T00:00:00Z" : whole);
    if (!time || *time <= 0) return wrong(term, "'" + whole + "' is no time");
    return *time;
}

struct Halves {
    std::string_view what, version;
};
/// At the last " is ": what is before it may have the word in it.
Result<Halves> halvesOf(std::string_view term, std::string_view rest)
{
    const auto at = rest.rfind(" is ");
    if (at == std::string_view::npos) return wrong(term, "it does not say which version that is");
    const Halves halves{trimmed(rest.substr(0, at)), trimmed(rest.substr(at + 4))};
    if (halves.what.empty() || halves.version.empty()) return wrong(term, "something is missing before or after 'is'");
    return halves;
}

Status addValue(VersionRule& rule, std::string_view term, std::string_view rest)
{
    TR_ASSIGN(const Halves halves, halvesOf(term, rest));
    const auto sign = halves.what.find(" = ");
    if (sign == std::string_view::npos) return wrong(term, "it does not say which value of the key");
    const std::string_view key = trimmed(halves.what.substr(0, sign)), value = trimmed(halves.what.substr(sign + 3));
    if (key.empty() || value.empty()) return wrong(term, "a key and a value are needed");
    rule.values.push_back({std::string(key), std::string(value), std::string(halves.version)});
    return {};
}

Status addTime(VersionRule& rule, std::string_view term, std::string_view rest)
{
    TR_ASSIGN(const Halves halves, halvesOf(term, rest));
    VersionRule::Time time;
    time.version = std::string(halves.version);
    const auto until = halves.what.find(" to ");
    TR_ASSIGN(time.from, timeOf(term, halves.what.substr(0, until)));
    if (until != std::string_view::npos) {
        TR_ASSIGN(time.to, timeOf(term, halves.what.substr(until + 4)));
        if (time.to <= time.from) return wrong(term, "it ends before it begins");
    }
    rule.times.push_back(std::move(time));
    return {};
}

Status addTerm(VersionRule& rule, std::string_view whole)
{
    const std::string_view term = trimmed(whole);
    if (term.find_first_of("\n\r\x1E\x1F") != std::string_view::npos) return wrong(term, "a term is one line");
    const auto rest = [&](std::string_view word) -> std::optional<std::string_view> {
        if (!term.starts_with(word) || term.size() <= word.size() || term[word.size()] != ' ') return std::nullopt;
        return trimmed(term.substr(word.size()));
    };
    if (term == kFirst) {
        rule.deploymentsFirst = true;
        return {};
    }
    if (const auto key = rest("key")) {
        if (!std::ranges::contains(rule.keys, *key)) rule.keys.emplace_back(*key);
        return {};
    }
    if (const auto value = rest("where")) return addValue(rule, term, *value);
    if (const auto time = rest("from")) return addTime(rule, term, *time);
    if (const auto time = rest("deployed")) {
        TR_ASSIGN(const Halves halves, halvesOf(term, *time));
        TR_ASSIGN(const UtcNs from, timeOf(term, halves.what));
        rule.deployments.push_back({from, 0, std::string(halves.version)});
        return {};
    }
    return wrong(term, "it is no rule for the harness version");
}

std::string_view valueOf(const VersionFactsOfRun& facts, std::string_view key)
{
    const auto own = std::ranges::find(facts.keys, key, &VersionKey::key);
    if (own != facts.keys.end()) return own->value;
    if (key == kVersionOfReader) return facts.found.version;
    if (key == kAgentKey) return facts.run.agentName;
    if (key == kProjectKey) return facts.run.project;
    if (key == kModelKey) return facts.model;
    return key == kFileKey ? std::string_view(facts.run.source) : std::string_view();
}

/// "3f2a91c (v4)" is a commit and its label.
VersionVerdict verdictOf(std::string_view version, std::string source)
{
    const auto open = version.rfind(" (");
    const std::string_view commit = version.substr(0, open);
    const bool isCommit = commit.size() >= 7 && commit.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    if (open == std::string_view::npos || !version.ends_with(')') || !isCommit)
        return {std::string(version), {}, std::move(source)};
    return {std::string(commit), std::string(version.substr(open + 2, version.size() - open - 3)), std::move(source)};
}

const VersionRule::Time* deployedAt(const VersionRule& rule, UtcNs start)
{
    if (start <= 0) return nullptr;
    const auto after = std::ranges::upper_bound(rule.deployments, start, {}, &VersionRule::Time::from);
    return after == rule.deployments.begin() ? nullptr : &*std::prev(after);
}

} // namespace

bool isRunMember(std::string_view key) { return std::ranges::contains(kRunMembers, key); }

std::vector<std::string> toTerms(const VersionRule& rule)
{
    std::vector<std::string> terms;
    for (const auto& key : rule.keys) terms.push_back("key " + key);
    for (const auto& value : rule.values)
        terms.push_back(formatText("where {} = {} is {}", value.key, value.value, value.version));
    for (const auto& time : rule.times)
        terms.push_back(
            formatText("from {}{} is {}", timeText(time.from), time.to > 0 ? " to " + timeText(time.to) : "", time.version));
    for (const auto& time : rule.deployments)
        terms.push_back(formatText("deployed {} is {}", timeText(time.from), time.version));
    if (rule.deploymentsFirst) terms.emplace_back(kFirst);
    return terms;
}

Result<VersionRule> parseVersionRule(std::span<const std::string> terms)
{
    VersionRule rule;
    if (terms.size() > kMaxTerms) return wrong({}, formatText("a rule has at most {} terms", kMaxTerms));
    for (const std::string& term : terms) TR_TRY(addTerm(rule, term));
    std::ranges::stable_sort(rule.deployments, {}, &VersionRule::Time::from);
    return rule;
}

std::vector<std::string> keysOf(const VersionRule& rule)
{
    std::vector<std::string> keys;
    const auto add = [&](const std::string& key) {
        if (!isRunMember(key) && !std::ranges::contains(keys, key)) keys.push_back(key);
    };
    for (const auto& key : rule.keys) add(key);
    for (const auto& value : rule.values) add(value.key);
    return keys;
}

VersionVerdict resolveVersion(const VersionRule& rule, const VersionFactsOfRun& facts)
{
    const Run& run = facts.run;
    const VersionVerdict& found = facts.found;
    for (const auto& each : rule.values)
        if (valueOf(facts, each.key) == each.value)
            return verdictOf(each.version, formatText("mapping: {} = {}", each.key, each.value));
    for (const auto& time : rule.times)
        if (run.start >= time.from && (time.to == 0 || run.start < time.to))
            return verdictOf(time.version, "mapping: time from " + timeText(time.from));
    const VersionRule::Time* deployed = deployedAt(rule, run.start);
    const auto byDeployment = [&] { return verdictOf(deployed->version, "time of deployment: " + timeText(deployed->from)); };
    if (rule.deploymentsFirst && deployed) return byDeployment();
    for (const auto& key : rule.keys) {
        const std::string_view value = valueOf(facts, key);
        if (value.empty()) continue;
        // The label that the trace has is that of the version which it names.
        return {std::string(value), value == found.version ? found.label : std::string(), "chosen key: " + key};
    }
    if (found.version.empty() && deployed) return byDeployment();
    return found;
}

} // namespace tackroom
