// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/clusteredits.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/harness/privatejournal.h"

#include <algorithm>

namespace tackroom
{

namespace
{

std::optional<LedgerEntry> ledgerEntryOf(const JournalEntry& entry)
{
    auto edit = ClusterEdit::fromJson(entry.clusterEdit);
    if (!edit) return std::nullopt;
    return LedgerEntry{originOf(entry), entry.time, entry.reviewer.name, std::move(*edit)};
}

std::unexpected<Error> unusable(const ClusterEdit& edit, std::string why)
{
    return fail(ErrorCode::Usage, formatText("{} {}", nameOf(edit.act), edit.cluster), std::move(why));
}

/// A split looks at what a run is, not at what the analysis, which is replayed under it, makes of it.
Status checkSplit(const ClusterEdit& edit)
{
    if (!edit.runs.empty()) return {};
    const RunFilter filter = parseRunFilter(edit.text);
    if (filter.fields.empty() && filter.words.empty()) return unusable(edit, "a split needs a query or chosen runs");
    if (!filter.notUnderstood.empty())
        return unusable(edit, formatText("\"{}\" is not understood: {}", filter.notUnderstood.front().typed,
                                         explanationOf(filter.notUnderstood.front().why)));
    for (const RunCondition& condition : filter.fields)
        if (condition.field == "outcome" || condition.field == "cluster" || condition.value == "cluster" ||
            condition.field == "since" || condition.field == "until")
            return unusable(edit, "a query that splits a cluster does not look at outcome, cluster or age, which change");
    return {};
}

/// The edit with ids of today and the runs of its clusters.
Status complete(ClusterEdit& edit, ClusterQueries& clusters)
{
    edit.text = std::string(trimmed(edit.text));
    TR_ASSIGN(const ClusterId id, clusters.find(edit.cluster));
    edit.cluster = id.value;
    TR_ASSIGN(const auto keys, clusters.memberKeys(id));
    std::vector<std::string> texts;
    for (const RunKey& key : keys) texts.push_back(key.value);
    edit.members = keptMembers(std::move(texts));
    if (edit.act == ClusterAct::Split) return checkSplit(edit);
    if (edit.act == ClusterAct::Move && edit.runs.empty()) return unusable(edit, "no run is named");
    if (edit.act != ClusterAct::Merge && edit.act != ClusterAct::Move) return {};
    TR_ASSIGN(const ClusterId other, clusters.find(edit.other));
    edit.other = other.value;
    if (edit.act == ClusterAct::Merge && other == id) return unusable(edit, "a cluster cannot be merged with itself");
    TR_ASSIGN(const auto otherKeys, clusters.memberKeys(other));
    texts.clear();
    for (const RunKey& key : otherKeys) texts.push_back(key.value);
    edit.otherMembers = keptMembers(std::move(texts));
    return {};
}

} // namespace

bool isEditOfStore(const ClusterEdit& edit, RunQueries& runs)
{
    return std::ranges::any_of(edit.members, [&](const std::string& key) { return runs.find(key).has_value(); });
}

Result<std::vector<LedgerEntry>> clusterEditHistory(const Places& places, const std::filesystem::path& storeCacheFolder)
{
    std::vector<LedgerEntry> history;
    TR_ASSIGN(const auto entries, readPrivateJournal(places.data));
    std::unique_ptr<RunQueries> runs;
    for (const JournalEntry& entry : entries) {
        auto edit = ledgerEntryOf(entry);
        if (!edit) continue;
        if (!runs) {
            TR_ASSIGN(runs, RunQueries::open(storeCacheFolder, {}));
        }
        if (isEditOfStore(edit->edit, *runs)) history.push_back(std::move(*edit));
    }
    std::ranges::stable_sort(history, {}, &LedgerEntry::time);
    return history;
}

Result<ClusterLedger> readClusterLedger(const Places& places, const std::filesystem::path& storeCacheFolder)
{
    TR_ASSIGN(auto history, clusterEditHistory(places, storeCacheFolder));
    return ledgerOf(std::move(history));
}

Result<ClustersEdited> editClusters(const Places& places, HarnessRepository* repository,
                                    const std::filesystem::path& storeCacheFolder, std::vector<ClusterEdit> edits,
                                    const Reviewer& reviewer, const CancelToken& cancel)
{
    ClustersEdited edited;
    // One after the other: an edit may be of a cluster that the one before makes.
    for (ClusterEdit& edit : edits) {
        JournalEntry entry;
        if (edit.act != ClusterAct::Undo) {
            TR_ASSIGN(const auto clusters, ClusterQueries::open(storeCacheFolder, cancel));
            TR_TRY(complete(edit, *clusters));
        }
        entry.kind = EntryKind::Cluster;
        entry.reviewer = reviewer;
        entry.cluster = edit.cluster;
        entry.clusterEdit = edit.toJson();
        TR_ASSIGN(const auto written, appendPrivateJournal(places.data, {std::move(entry)}, cancel));
        if (auto each = ledgerEntryOf(written.front())) edited.entries.push_back(std::move(*each));
        if (repository && !edited.notShared)
            if (auto shared = repository->record(copyOf(written.front()), cancel); !shared)
                edited.notShared = std::move(shared.error());
        TR_ASSIGN(const ClusterLedger ledger, readClusterLedger(places, storeCacheFolder));
        TR_ASSIGN(edited.report, updateClusters(storeCacheFolder, ledger, cancel));
    }
    return edited;
}

Result<ClusterEdit> undoOf(const Places& places, const std::filesystem::path& storeCacheFolder, const std::string& id)
{
    TR_ASSIGN(auto history, clusterEditHistory(places, storeCacheFolder));
    const ClusterLedger counting = ledgerOf(history);
    const std::vector<LedgerEntry>& from = id.empty() ? counting.entries : history;
    const auto found = std::ranges::find_last_if(from, [&](const LedgerEntry& entry) { return id.empty() || entry.id == id; });
    if (found.empty())
        return fail(ErrorCode::NotFound, id,
                    id.empty() ? "nobody has changed a cluster of this store"
                               : "there is no such edit of this store's clusters");
    const LedgerEntry& entry = found.front();
    return ClusterEdit{.act = ClusterAct::Undo,
                       .cluster = entry.edit.cluster,
                       .text = {},
                       .other = entry.id,
                       .runs = {},
                       .until = 0,
                       .count = 0,
                       .untilEscalating = false,
                       .members = entry.edit.members,
                       .otherMembers = {},
                       .copyOf = {}};
}

std::string editText(const LedgerEntry& entry)
{
    const ClusterEdit& edit = entry.edit;
    switch (edit.act) {
    case ClusterAct::Rename:
        return edit.text.empty() ? "has its made name again" : formatText("renamed to \"{}\"", edit.text);
    case ClusterAct::Describe:
        return edit.text.empty() ? "has its made description again" : "described anew";
    case ClusterAct::Expect:
        return formatText("should have: {}", edit.text);
    case ClusterAct::Assign:
        return edit.text.empty() ? "assigned to nobody" : formatText("assigned to {}", edit.text);
    case ClusterAct::Merge:
        return formatText("merged into {}", edit.other);
    case ClusterAct::Split:
        return edit.runs.empty() ? formatText("split by \"{}\"", edit.text) : formatText("{} runs split off", edit.runs.size());
    case ClusterAct::Move:
        return formatText("{} runs moved to {}", edit.runs.size(), edit.other);
    case ClusterAct::Mute: {
        std::string until;
        if (edit.until != 0) until += " until " + formatTime(edit.until);
        if (edit.count != 0) until += formatText("{} until {} more runs", until.empty() ? "" : " or", edit.count);
        if (edit.untilEscalating) until += std::string(until.empty() ? "" : " or") + " until it escalates";
        return "muted" + until;
    }
    case ClusterAct::Unmute:
        return "muted no more";
    case ClusterAct::Resolve:
        return edit.text.empty() ? "resolved" : "resolved: " + edit.text;
    case ClusterAct::Reopen:
        return "reopened";
    case ClusterAct::Pin:
        return "pinned";
    case ClusterAct::Unpin:
        return "pinned no more";
    case ClusterAct::Undo:
        return formatText("{} undone", edit.other);
    }
    return {};
}

} // namespace tackroom
