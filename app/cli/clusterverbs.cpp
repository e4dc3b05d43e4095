// SPDX-License-Identifier: GPL-3.0-or-later
/// edit-cluster, cluster-edits
#include "app/cli/context.h"
#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/workspace/clusteredits.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace tackroom::cli
{

namespace
{

/// "2026-12-01", or an age from now ("2w"): until when a cluster is muted.
Result<UtcNs> untilOf(const std::string& text)
{
    if (const auto time = parseTime(text)) return *time;
    constexpr UtcNs kSecond = 1'000'000'000;
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit(end, text.data() + text.size());
    const std::int64_t seconds = unit == "h" ? 3'600 : unit == "d" ? 86'400 : unit == "w" ? 604'800 : 0;
    if (error != std::errc() || count <= 0 || count > 10'000 || seconds == 0)
        return fail(ErrorCode::Usage, "--until", formatText("\"{}\" is neither a day nor a span", text),
                    "2026-12-01, 12h, 3d, 2w");
    return utcNow() + count * seconds * kSecond;
}

Result<std::vector<std::string>> runKeysOf(Context& context, const std::filesystem::path& folder, const std::string& list)
{
    TR_ASSIGN(const auto queries, RunQueries::open(folder, context.cancel));
    std::vector<std::string> keys;
    for (const std::string_view each : splitOn(list, ',')) {
        TR_ASSIGN(const RunRow row, queries->find(trimmed(each)));
        TR_ASSIGN(const RunListItem item, queries->item(row));
        keys.push_back(item.run.key.value);
    }
    std::ranges::sort(keys);
    return keys;
}

Result<ClusterEdit> editOf(Context& context, const std::filesystem::path& folder)
{
    const Arguments& arguments = context.arguments;
    const auto act = clusterActOf(arguments.position(2));
    if (!act)
        return fail(ErrorCode::Usage, arguments.position(2), "this is nothing that can be done to a cluster",
                    "rename, describe, expect, assign, merge, split, move, mute, unmute, resolve, reopen, pin, unpin or undo");
    const std::string value = arguments.position(3);
    if (*act == ClusterAct::Undo) return undoOf(context.places, folder, value);
    ClusterEdit edit;
    edit.act = *act;
    edit.cluster = arguments.position(1);
    (*act == ClusterAct::Merge || *act == ClusterAct::Move ? edit.other : edit.text) = value;
    if (arguments.has("runs")) {
        TR_ASSIGN(edit.runs, runKeysOf(context, folder, arguments.text("runs")));
    }
    if (arguments.has("until")) {
        TR_ASSIGN(edit.until, untilOf(arguments.text("until")));
    }
    TR_ASSIGN(const std::uint64_t count, arguments.number("count", 0, 1, 1'000'000'000));
    edit.count = static_cast<std::int64_t>(count);
    edit.untilEscalating = arguments.has("escalating");
    return edit;
}

Json jsonOf(const LedgerEntry& entry, bool counts)
{
    Json json = entry.edit.toJson();
    json.erase("members");
    json.erase("otherMembers");
    json.erase("copyOf");
    json["entry"] = entry.id;
    json["time"] = formatTime(entry.time);
    json["by"] = entry.by;
    json["counts"] = counts;
    if (entry.edit.act == ClusterAct::Split) json["other"] = splitClusterId(entry.edit);
    return json;
}

} // namespace

Result<Answer> runEditCluster(Context& context)
{
    TR_ASSIGN(const std::string reviewerText, context.arguments.required("reviewer"));
    TR_ASSIGN(const Reviewer reviewer, parseReviewer(reviewerText));
    TR_ASSIGN(const IndexReport report, indexed(context));
    TR_ASSIGN(ClusterEdit edit, editOf(context, report.folder));
    TR_ASSIGN(const auto repository, repositoryBeside(context));
    TR_ASSIGN(const ClustersEdited edited,
              editClusters(context.places, repository.get(), report.folder, {std::move(edit)}, reviewer, context.cancel));
    if (edited.notShared) context.notices.push_back("The repository's journal did not get it: " + oneLine(*edited.notShared));
    const LedgerEntry& entry = edited.entries.front();
    std::string text = formatText("{}: {}.\n", entry.edit.cluster, safeLine(editText(entry)));
    if (entry.edit.act == ClusterAct::Split) text += formatText("The new cluster is {}.\n", splitClusterId(entry.edit));
    return answerOf(context, {{"edit", jsonOf(entry, true)}, {"withoutPlace", edited.report.withoutPlace}}, std::move(text));
}

Result<Answer> runClusterEdits(Context& context)
{
    TR_ASSIGN(const IndexReport report, indexed(context));
    TR_ASSIGN(const auto history, clusterEditHistory(context.places, report.folder));
    std::set<std::string> counting;
    for (const LedgerEntry& entry : ledgerOf(history).entries) counting.insert(entry.id);
    Json list = Json::array();
    Table table({"When", "By", "Cluster", "What", "Counts", "Entry"});
    for (const LedgerEntry& entry : history) {
        const bool counts = counting.contains(entry.id);
        list.push_back(jsonOf(entry, counts));
        table.add({when(entry.time), safeLine(entry.by, 24), entry.edit.cluster, safeLine(editText(entry), 60),
                   counts                               ? "yes"
                   : entry.edit.act == ClusterAct::Undo ? ""
                                                        : "undone",
                   entry.id});
    }
    std::string text = table.empty() ? std::string("Nobody has changed a cluster of this store.\n") : table.text();
    return answerOf(context, {{"edits", std::move(list)}}, std::move(text));
}

} // namespace tackroom::cli
