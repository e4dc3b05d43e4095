// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/harnessversion.h"

#include "core/base/text.h"
#include "core/readers/jsonvalues.h"

#include <algorithm>
#include <array>

namespace tackroom
{

namespace
{

constexpr std::size_t kKeyBytes = 200;
constexpr std::size_t kShortBytes = 200; ///< a longer value names no version
constexpr std::size_t kMostKeys = 200;   ///< of one run
constexpr int kDeepest = 8;

// In the order in which they are believed.
constexpr std::array<std::string_view, 17> kCommitKeys{"harness.git_commit",
                                                       "harness.git.commit",
                                                       "harness.commit",
                                                       "git.commit",
                                                       "git.commit.sha",
                                                       "git.commit.id",
                                                       "git.commit.hash",
                                                       "git_commit",
                                                       "git.sha",
                                                       "git_sha",
                                                       "commit_sha",
                                                       "commit_id",
                                                       "commit",
                                                       "vcs.ref.head.revision",
                                                       "vcs.revision",
                                                       "revision_id",
                                                       "revision"};
constexpr std::array<std::string_view, 12> kVersionKeys{
    "harness.version", "harness_version", "service.version", "agent.version", "agent_version",     "app.version",
    "app_version",     "release.version", "release",         "graph.version", "assistant.version", "deployment.version"};
constexpr std::array<std::string_view, 5> kPromptKeys{"llm.prompt_template.version", "prompt.version", "prompt_version",
                                                      "prompt.version_id", "prompt.id"};

WantedVersionKeys& wanted()
{
    static WantedVersionKeys keys;
    return keys;
}

/// The first value of a key counts.
void keep(std::vector<VersionKey>& keys, std::string_view key, const std::string& value)
{
    if (value.empty() || keys.size() >= kMostKeys || key.size() > kKeyBytes) return;
    if (std::ranges::contains(keys, key, &VersionKey::key)) return;
    keys.push_back({std::string(key), value});
}

template <std::size_t N>
void findAll(const std::array<std::string_view, N>& known, const std::function<std::string(std::string_view)>& lookUp,
             std::string& value, std::string& key, std::vector<VersionKey>& keys)
{
    for (const std::string_view candidate : known) {
        std::string found = lookUp(candidate);
        if (found.empty()) continue;
        found = jsonvalues::cut(trimmed(found), jsonvalues::kIdBytes);
        if (found.empty()) continue;
        keep(keys, candidate, found);
        if (!value.empty()) continue;
        value = std::move(found);
        key = candidate;
    }
}

void eachScalarAt(const std::string& path, jsonvalues::Value value, const VersionKeyVisit& visit, int depth)
{
    simdjson::dom::object object;
    if (value.get(object) == simdjson::SUCCESS) {
        if (depth >= kDeepest) return;
        for (const auto field : object)
            if (path.size() + field.key.size() < kKeyBytes)
                eachScalarAt(path.empty() ? std::string(field.key) : path + '.' + std::string(field.key), field.value, visit,
                             depth + 1);
        return;
    }
    if (value.is_array() || value.is_null() || path.empty()) return;
    if (const auto text = jsonvalues::stringOf(value))
        visit(path, *text);
    else
        visit(path, jsonvalues::textOf(value));
}

void take(std::string& to, std::string& toKey, const std::string& from, const std::string& fromKey)
{
    if (!to.empty() || from.empty()) return;
    to = from;
    toKey = fromKey;
}

} // namespace

void VersionFacts::fillFrom(const VersionFacts& other)
{
    take(commit, commitKey, other.commit, other.commitKey);
    take(label, labelKey, other.label, other.labelKey);
    take(prompt, promptKey, other.prompt, other.promptKey);
    for (const VersionKey& each : other.keys) keep(keys, each.key, each.value);
}

void wantVersionKeys(WantedVersionKeys keys) { wanted() = std::move(keys); }

bool moreVersionKeysWanted() { return wanted().all || !wanted().keys.empty(); }

std::vector<std::string_view> knownVersionKeys()
{
    std::vector<std::string_view> keys(kCommitKeys.begin(), kCommitKeys.end());
    keys.insert(keys.end(), kVersionKeys.begin(), kVersionKeys.end());
    keys.insert(keys.end(), kPromptKeys.begin(), kPromptKeys.end());
    return keys;
}

bool isKnownVersionKey(std::string_view key)
{
    return std::ranges::contains(kCommitKeys, key) || std::ranges::contains(kVersionKeys, key) ||
           std::ranges::contains(kPromptKeys, key);
}

VersionFacts findVersion(const std::function<std::string(std::string_view)>& lookUp,
                         const std::function<void(const VersionKeyVisit&)>& each)
{
    VersionFacts facts;
    findAll(kCommitKeys, lookUp, facts.commit, facts.commitKey, facts.keys);
    findAll(kVersionKeys, lookUp, facts.label, facts.labelKey, facts.keys);
    findAll(kPromptKeys, lookUp, facts.prompt, facts.promptKey, facts.keys);
    for (const std::string& key : wanted().keys)
        keep(facts.keys, key, jsonvalues::cut(trimmed(lookUp(key)), jsonvalues::kIdBytes));
    if (!wanted().all) return facts;
    each([&](std::string_view key, std::string_view value) {
        const std::string_view text = trimmed(value);
        if (text.size() <= kShortBytes && text.find('\n') == std::string_view::npos)
            keep(facts.keys, key, jsonvalues::cut(text, kShortBytes));
    });
    return facts;
}

void eachScalar(jsonvalues::Value object, const VersionKeyVisit& visit) { eachScalarAt({}, object, visit, 0); }

void setVersion(RunRecord& record, const VersionFacts& facts)
{
    Run& run = record.run;
    std::vector<VersionKey> keys = facts.keys;
    keep(keys, facts.commitKey, facts.commit);
    keep(keys, facts.labelKey, facts.label);
    keep(keys, facts.promptKey, facts.prompt);
    for (const VersionKey& each : record.versionKeys) keep(keys, each.key, each.value);
    const auto decide = [&](const std::string& version, std::string_view kind, const std::string& key) {
        run.harnessVersion = version;
        run.harnessVersionSource = std::string(kind) + ": " + key;
        // Of the key that decided, the source tells already.
        std::erase_if(keys, [&](const VersionKey& each) { return each.key == key && each.value == version; });
    };
    if (!facts.commit.empty()) {
        decide(facts.commit, "commit key", facts.commitKey);
        run.harnessVersionLabel = facts.label;
    } else if (!facts.label.empty()) {
        decide(facts.label, "version key", facts.labelKey);
    } else if (!facts.prompt.empty()) {
        decide(facts.prompt, "prompt version", facts.promptKey);
    }
    record.versionKeys = std::move(keys);
}

} // namespace tackroom
