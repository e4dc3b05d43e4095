// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/harness/landing.h"
#include "core/harness/repositoryimpl.h"

#include <algorithm>
#include <charconv>

namespace tackroom
{

namespace
{

constexpr std::size_t kShortId = 10;

/// N of "vN"; nothing for other labels.
std::optional<int> numberOf(std::string_view label)
{
    if (!label.starts_with('v')) return std::nullopt;
    label.remove_prefix(1);
    int number = 0;
    const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), number);
    if (error != std::errc{} || end != label.data() + label.size() || number < 0) return std::nullopt;
    return number;
}

/// The value of a trailer in the last paragraph of a message.
std::string trailerOf(std::string_view message, std::string_view key)
{
    const auto text = trimmed(message);
    const auto paragraph = text.rfind("\n\n");
    if (paragraph == std::string_view::npos) return {};
    for (const auto line : splitOn(text.substr(paragraph + 2), '\n'))
        if (line.starts_with(key) && line.substr(key.size()).starts_with(": "))
            return std::string(trimmed(line.substr(key.size() + 2)));
    return {};
}

/// The file lies in a folder that holds a SKILL.md, itself or above.
Result<bool> liesInSkill(const GitStore& store, const std::string& tree, const std::string& path)
{
    std::string current = tree;
    for (const auto part : splitOn(path, '/')) {
        TR_ASSIGN(const auto entries, store.tree(current));
        if (std::ranges::find(entries, "SKILL.md", &TreeEntry::name) != entries.end()) return true;
        const auto at = std::ranges::find(entries, part, &TreeEntry::name);
        if (at == entries.end() || !at->isTree()) return false;
        current = at->id;
    }
    return false;
}

Result<bool> isArtifact(const RepositoryState& d, const std::string& tree, const std::string& path, const std::string& blob)
{
    if (d.kindOf(path, {})) return true;
    if (path.ends_with(".json") && path.contains("tools/")) {
        TR_ASSIGN(const auto text, d.vault->bytes(blob, ObjectType::Blob));
        if (d.kindOf(path, std::string_view(text).substr(0, kMaxToolBytes))) return true;
    }
    return liesInSkill(*d.vault, tree, path);
}

} // namespace

std::optional<ArtifactKind> RepositoryState::kindOf(const std::string& path, std::string_view contentStart) const
{
    const auto kind = artifactKindOf(path, contentStart, manifest);
    return kind || prefix.empty() ? kind : artifactKindOf(prefix + path, contentStart, manifest);
}

Result<bool> RepositoryState::touchesArtifacts(const std::string& commit, const std::string& parent)
{
    if (const auto known = touches.find(commit); known != touches.end()) return known->second;
    TR_ASSIGN(const auto fromTree, treeAt(parent));
    TR_ASSIGN(const auto toTree, treeAt(commit));
    TR_ASSIGN(const auto changes, compareTrees(*vault, fromTree, toTree));
    bool found = false;
    for (const auto& change : changes) {
        const bool gone = change.newBlob.value.empty();
        TR_ASSIGN(found,
                  isArtifact(*this, gone ? fromTree : toTree, change.path, gone ? change.oldBlob.value : change.newBlob.value));
        if (found) break;
    }
    touches[commit] = found;
    return found;
}

std::string RepositoryState::labelOf(const std::string& commit) const
{
    std::string label;
    for (const auto& [tag, at] : versionTags) {
        if (at != commit) continue;
        // Several tags on one commit: the highest number is the version's name.
        if (label.empty() || numberOf(tag).value_or(-1) > numberOf(label).value_or(-1)) label = tag;
    }
    return label.empty() ? commit.substr(0, kShortId) : label;
}

int RepositoryState::nextVersionNumber() const
{
    int highest = 0;
    for (const auto& [label, commit] : versionTags) highest = std::max(highest, numberOf(label).value_or(0));
    for (const auto& entry : entries) highest = std::max(highest, numberOf(entry.version).value_or(0));
    return highest + 1;
}

namespace
{

/// Which commits of the line are baseline: the baseline's commit and what led to it.
class BaselineTest
{
public:
    BaselineTest(const GitStore& store, const std::vector<JournalEntry>& entries) : m_store(store)
    {
        for (const auto& entry : entries)
            if (entry.kind == EntryKind::Baseline) m_baselines.push_back(entry.result.value);
    }
    Result<bool> covers(const std::string& commit)
    {
        if (m_reached) return true; // newest first: behind a covered commit all are covered
        for (const auto& baseline : m_baselines) {
            if (!m_store.has(baseline)) continue;
            TR_ASSIGN(m_reached, m_store.descends(baseline, commit));
            if (m_reached) return true;
        }
        return false;
    }

private:
    const GitStore& m_store;
    std::vector<std::string> m_baselines;
    bool m_reached = false;
};

void linkRollbacks(std::vector<Version>& versions)
{
    const auto find = [&](const std::string& label) {
        return std::ranges::find_if(versions, [&](const Version& version) {
            return version.label == label || version.commit.value.starts_with(label);
        });
    };
    // Newest first: a rollback that was itself taken back no longer counts.
    for (auto& version : versions) {
        if (version.rollsBack.empty() || !version.rolledBackBy.empty()) continue;
        if (const auto target = find(version.rollsBack); target != versions.end() && target->rolledBackBy.empty())
            target->rolledBackBy = version.label;
    }
}

} // namespace

Status RepositoryState::listVersions()
{
    if (versions) return {};
    const auto lost = givenUp();
    std::unordered_map<std::string, const JournalEntry*> decisions;
    for (const auto& entry : entries)
        if ((entry.kind == EntryKind::Approve || entry.kind == EntryKind::Rollback) && !lost.contains(entry.id))
            decisions[entry.result.value] = &entry;
    BaselineTest baseline(*vault, entries);
    std::vector<Version> found;
    line.clear();
    for (std::string id = info.tip.value; !id.empty();) {
        line.insert(id);
        TR_ASSIGN(const auto commit, vault->commit(id));
        Version version;
        version.commit = CommitId(id);
        version.parent = CommitId(commit.parents.empty() ? std::string{} : commit.parents.front());
        version.label = labelOf(id);
        version.tagged = versionTags.contains(version.label);
        version.time = commit.commitTime;
        version.title = std::string(firstLine(commit.message));
        version.author = commit.authorName;
        version.live = id == info.tip.value;
        const auto decision = decisions.find(id);
        TR_ASSIGN(const bool covered, baseline.covers(id));
        TR_ASSIGN(const bool touched, touchesArtifacts(id, version.parent.value));
        if (decision != decisions.end()) {
            version.review = Version::Review::Reviewed;
            version.decision = *decision->second;
            version.rollsBack = decision->second->rollsBack;
        } else {
            version.review = covered   ? Version::Review::Baseline
                             : touched ? Version::Review::Unreviewed
                                       : Version::Review::NotAnArtifact;
            version.rollsBack = trailerOf(commit.message, "Rolls-back");
        }
        const std::string next = version.parent.value;
        if (version.tagged || touched || decision != decisions.end() || version.live) found.push_back(std::move(version));
        id = next;
    }
    linkRollbacks(found);
    versions = std::move(found);
    return {};
}

Result<std::vector<Version>> HarnessRepository::versions()
{
    TR_TRY(d->listVersions());
    return *d->versions;
}

Result<Version> HarnessRepository::version(std::string_view labelOrCommit)
{
    TR_TRY(d->listVersions());
    const auto& versions = *d->versions;
    const auto text = asciiLower(trimmed(labelOrCommit));
    const auto byLabel = [&](const std::string& label) { return std::ranges::find(versions, label, &Version::label); };
    if (text == "live")
        for (const auto& version : versions)
            if (version.live) return version;
    for (const auto& label : {std::string(trimmed(labelOrCommit)), text, "v" + text})
        if (const auto found = byLabel(label); found != versions.end()) return *found;
    if (text.size() >= 4 && text.find_first_not_of("0123456789abcdef") == std::string::npos) {
        const Version* one = nullptr;
        for (const auto& version : versions) {
            if (!version.commit.value.starts_with(text)) continue;
            if (one)
                return fail(ErrorCode::NotFound, std::string(labelOrCommit), "more than one version begins so",
                            "write more of the commit's id");
            one = &version;
        }
        if (one) return *one;
    }
    return fail(ErrorCode::NotFound, std::string(labelOrCommit), "there is no such version",
                "a label such as v4, live, or the beginning of a commit's id");
}

} // namespace tackroom
