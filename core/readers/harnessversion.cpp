// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/harnessversion.h"

#include "core/base/text.h"
#include "core/readers/jsonvalues.h"

#include <array>

namespace tackroom
{

namespace
{

constexpr std::size_t kIdBytes = 512;

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

template <std::size_t N>
void findFirst(const std::array<std::string_view, N>& keys, const std::function<std::string(std::string_view)>& lookUp,
               std::string& value, std::string& key)
{
    for (const std::string_view candidate : keys) {
        value = jsonvalues::cut(trimmed(lookUp(candidate)), kIdBytes);
        if (value.empty()) continue;
        key = candidate;
        return;
    }
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
}

VersionFacts findVersion(const std::function<std::string(std::string_view)>& lookUp)
{
    VersionFacts facts;
    findFirst(kCommitKeys, lookUp, facts.commit, facts.commitKey);
    findFirst(kVersionKeys, lookUp, facts.label, facts.labelKey);
    findFirst(kPromptKeys, lookUp, facts.prompt, facts.promptKey);
    return facts;
}

void setVersion(Run& run, const VersionFacts& facts)
{
    if (!facts.commit.empty()) {
        run.harnessVersion = facts.commit;
        run.harnessVersionLabel = facts.label;
        run.harnessVersionSource = "commit key: " + facts.commitKey;
    } else if (!facts.label.empty()) {
        run.harnessVersion = facts.label;
        run.harnessVersionSource = "version key: " + facts.labelKey;
    } else if (!facts.prompt.empty()) {
        run.harnessVersion = facts.prompt;
        run.harnessVersionSource = "prompt version: " + facts.promptKey;
    }
}

} // namespace tackroom
