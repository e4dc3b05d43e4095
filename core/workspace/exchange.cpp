// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/exchange.h"

#include "core/harness/privatejournal.h"
#include "core/workspace/clusteredits.h"

#include <algorithm>
#include <set>

namespace tackroom
{

namespace
{

bool isOfStore(const JournalEntry& entry, RunQueries& runs)
{
    if (entry.judgement) return runs.find(entry.judgement->run).has_value();
    const auto edit = ClusterEdit::fromJson(entry.clusterEdit);
    return edit && isEditOfStore(*edit, runs);
}

/// Those of `from`, about this store, that `to` has not.
std::vector<JournalEntry> missing(const std::vector<JournalEntry>& from, const std::vector<JournalEntry>& to, RunQueries& runs)
{
    std::set<std::string> there;
    for (const JournalEntry& entry : to) there.insert(originOf(entry));
    std::vector<JournalEntry> found;
    for (const JournalEntry& entry : from)
        if (!there.contains(originOf(entry)) && isOfStore(entry, runs)) found.push_back(copyOf(entry));
    return found;
}

} // namespace

Result<Exchanged> exchangeWords(const Places& places, HarnessRepository& repository,
                                const std::filesystem::path& storeCacheFolder, const CancelToken& cancel)
{
    const auto saysSomething = [](const JournalEntry& entry) { return entry.judgement || entry.clusterEdit.is_object(); };
    TR_ASSIGN(auto ours, readPrivateJournal(places.data));
    TR_ASSIGN(auto theirs, repository.journal());
    std::erase_if(ours, std::not_fn(saysSomething));
    std::erase_if(theirs, std::not_fn(saysSomething));
    if (ours.empty() && theirs.empty()) return Exchanged{};
    TR_ASSIGN(const auto runs, RunQueries::open(storeCacheFolder, cancel));
    for (const JournalEntry& entry : missing(ours, theirs, *runs)) TR_TRY(repository.record(entry, cancel));
    const auto coming = missing(theirs, ours, *runs);
    TR_TRY(appendPrivateJournal(places.data, coming, cancel));
    const auto judged = std::ranges::count_if(coming, [](const JournalEntry& entry) { return entry.judgement.has_value(); });
    return Exchanged{.judgements = static_cast<std::size_t>(judged),
                     .clusterEdits = coming.size() - static_cast<std::size_t>(judged)};
}

} // namespace tackroom
