// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clusters/ledger.h"

#include "core/base/hash.h"
#include "core/clusters/ledgerreplay.h"
#include "core/index/indexschema.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace tackroom
{

std::string ClusterLedger::fingerprint() const
{
    if (entries.empty()) return {};
    std::string all;
    for (const LedgerEntry& entry : entries) all.append(entry.id).append(1, '\n');
    return xxh128Hex(all);
}

ClusterLedger ledgerOf(std::vector<LedgerEntry> all)
{
    const auto place = [](const LedgerEntry& entry) { return std::tie(entry.time, entry.id); };
    std::ranges::sort(all, {}, place);
    const auto repeated = std::ranges::unique(all, {}, place);
    all.erase(repeated.begin(), repeated.end());
    // From the last to the first: whether an undo counts is known before what it takes back is met. One that names what comes
    // after it (clocks that disagree) does nothing.
    std::set<std::string> undone;
    ClusterLedger ledger;
    for (auto entry = all.rbegin(); entry != all.rend(); ++entry) {
        if (undone.contains(entry->id)) continue;
        if (entry->edit.act == ClusterAct::Undo)
            undone.insert(entry->edit.other);
        else
            ledger.entries.push_back(std::move(*entry));
    }
    std::ranges::reverse(ledger.entries);
    return ledger;
}

Result<LedgerReport> applyLedger(Database& derived, const std::filesystem::path& folder, const ClusterLedger& ledger,
                                 const CancelToken& cancel)
{
    TR_ASSIGN(Database runs, openCacheReader(folder / kRunsFile, cancel));
    LedgerReplay replay(derived, runs, folder, cancel);
    TR_TRY(replay.begin());
    LedgerReport report;
    for (const LedgerEntry& entry : ledger.entries) {
        if (cancel.cancelled()) return CancelToken::error();
        TR_ASSIGN(const bool done, replay.apply(entry));
        ++(done ? report.applied : report.withoutPlace);
    }
    TR_TRY(replay.finish());
    TR_ASSIGN(Statement insert, derived.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES(?,?)"));
    for (const auto& [key, value] : {std::pair<std::string, std::string>{"cluster_ledger", ledger.fingerprint()},
                                     {"edits_without_place", std::to_string(report.withoutPlace)}}) {
        insert.bind(1, key).bind(2, value);
        TR_TRY(insert.run());
    }
    return report;
}

} // namespace tackroom
