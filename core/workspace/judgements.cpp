// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/judgements.h"

#include "core/base/text.h"
#include "core/harness/privatejournal.h"
#include "core/workspace/storesettings.h"

#include <algorithm>

namespace tackroom
{

namespace
{

std::vector<JournalEntry> judgementsIn(std::vector<JournalEntry> entries)
{
    std::erase_if(entries, [](const JournalEntry& entry) { return !entry.judgement; });
    return entries;
}

Outcome outcomeOf(JudgeVerdict verdict)
{
    return verdict == JudgeVerdict::Good ? Outcome::Success : verdict == JudgeVerdict::Bad ? Outcome::Failure : Outcome::Unknown;
}

} // namespace

Judgements latestJudgements(const std::vector<JournalEntry>& entries)
{
    Judgements latest;
    for (const JournalEntry& entry : entries) {
        if (!entry.judgement) continue;
        const auto [at, first] = latest.try_emplace(entry.judgement->run, entry);
        if (!first && entry.time >= at->second.time) at->second = entry;
    }
    std::erase_if(latest, [](const auto& each) { return each.second.judgement->verdict == JudgeVerdict::Withdrawn; });
    return latest;
}

Result<std::vector<JournalEntry>> judgementHistory(const Places& places)
{
    TR_ASSIGN(auto entries, readPrivateJournal(places.data));
    return judgementsIn(std::move(entries));
}

Result<Judgements> readJudgements(const Places& places)
{
    TR_ASSIGN(const auto entries, readPrivateJournal(places.data));
    return latestJudgements(entries);
}

Result<Judged> judgeRun(const Places& places, HarnessRepository* repository, RunJudgement judgement, const Reviewer& reviewer,
                        const std::string& reason, const CancelToken& cancel)
{
    JournalEntry entry;
    entry.kind = EntryKind::Judge;
    entry.reviewer = reviewer;
    entry.reason = std::string(trimmed(reason));
    entry.judgement = std::move(judgement);
    entry.judgement->copyOf.clear();
    TR_ASSIGN(auto written, appendPrivateJournal(places.data, {std::move(entry)}, cancel));
    Judged judged{std::move(written.front()), std::nullopt};
    if (!repository) return judged;
    if (auto shared = repository->record(copyOf(judged.entry), cancel); !shared) judged.notShared = std::move(shared.error());
    return judged;
}

std::string judgementText(const JournalEntry& judgement)
{
    std::string text = "judged " + std::string(nameOf(judgement.judgement->verdict)) + " by " + judgement.reviewer.name;
    if (!judgement.reason.empty()) text += ": " + judgement.reason;
    return text;
}

Json exportOf(const JournalEntry& entry, const RunListItem* item)
{
    Json json = entry.judgement->toJson();
    json.erase("copyOf");
    json["outcome"] = std::string(nameOf(outcomeOf(entry.judgement->verdict)));
    json["reason"] = entry.reason;
    json["reviewer"] = toString(entry.reviewer);
    json["time"] = formatTime(entry.time);
    json["entry"] = originOf(entry);
    if (!item) return json;
    json["id"] = item->run.nativeId;
    json["session"] = item->run.sessionId;
    json["version"] = item->run.harnessVersion;
    json["task"] = item->run.task;
    json["answer"] = item->run.answer;
    return json;
}

Result<OutcomeRules> outcomeRulesOf(const Places& places, const std::filesystem::path& storeCacheFolder)
{
    OutcomeRules rules;
    TR_ASSIGN(const auto judgements, readJudgements(places));
    // Those of runs of other stores are left out: they must not make this one's analysis stale.
    auto runs = RunQueries::open(storeCacheFolder, {});
    for (const auto& [run, entry] : judgements)
        if (!runs || (*runs)->find(run)) rules.words[run] = {outcomeOf(entry.judgement->verdict), judgementText(entry)};
    rules.rule = readStoreSettings(places, storeCacheFolder).rule;
    return rules;
}

} // namespace tackroom
