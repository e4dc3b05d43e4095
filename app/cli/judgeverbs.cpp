// SPDX-License-Identifier: GPL-3.0-or-later
/// judge, judgements
#include "app/cli/context.h"
#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/workspace/judgements.h"

#include <algorithm>
#include <array>

namespace tackroom::cli
{

namespace
{

Result<JudgeVerdict> verdictOf(const std::string& word)
{
    if (const auto verdict = judgeVerdictOf(word)) return *verdict;
    if (word == "undo" || word == "withdraw") return JudgeVerdict::Withdrawn;
    return fail(ErrorCode::Usage, word, "this is no verdict", "good, bad, unsure, or withdrawn to take it back");
}

/// One of the words that an annotation takes; empty where it is not given.
template <std::size_t N>
Result<std::string> chosen(const Arguments& arguments, std::string_view option, const std::array<std::string_view, N>& words)
{
    const std::string word = arguments.text(option);
    if (word.empty() || std::ranges::contains(words, std::string_view(word))) return word;
    std::string hint;
    for (const auto each : words) hint += (hint.empty() ? "" : ", ") + std::string(each);
    return fail(ErrorCode::Usage, formatText("--{}", option), formatText("{} is none of its words", word), hint);
}

Result<RunJudgement> judgementOf(const Arguments& arguments)
{
    RunJudgement judgement;
    TR_ASSIGN(judgement.verdict, verdictOf(arguments.position(2)));
    TR_ASSIGN(judgement.adopted, chosen(arguments, "adopted", std::array<std::string_view, 2>{"yes", "no"}));
    TR_ASSIGN(judgement.relevance,
              chosen(arguments, "relevance", std::array<std::string_view, 3>{"relevant", "partly", "not relevant"}));
    judgement.preference = arguments.text("preference");
    judgement.missingKnowledge = arguments.text("missing");
    return judgement;
}

} // namespace

Result<Answer> runJudge(Context& context)
{
    TR_ASSIGN(RunJudgement judgement, judgementOf(context.arguments));
    TR_ASSIGN(const std::string reviewerText, context.arguments.required("reviewer"));
    TR_ASSIGN(const Reviewer reviewer, parseReviewer(reviewerText));
    TR_ASSIGN(const IndexReport report, indexed(context));
    RunListItem item;
    {
        TR_ASSIGN(const auto queries, RunQueries::open(report.folder, context.cancel));
        TR_ASSIGN(const RunRow row, queries->find(context.arguments.position(1)));
        TR_ASSIGN(item, queries->item(row));
    }
    judgement.run = item.run.key.value;
    TR_ASSIGN(const auto repository, repositoryBeside(context));
    TR_ASSIGN(const Judged judged, judgeRun(context.places, repository.get(), std::move(judgement), reviewer,
                                            context.arguments.text("reason"), context.cancel));
    if (judged.notShared) context.notices.push_back("The repository's journal did not get it: " + oneLine(*judged.notShared));
    TR_ASSIGN(const OutcomeRules rules, outcomeRulesOf(context.places, report.folder));
    TR_TRY(updateOutcomes(report.folder, {item.run.key}, rules, context.cancel));
    return answerOf(context, {{"judgement", exportOf(judged.entry, &item)}},
                    formatText("{} is {}.\n", safeLine(item.run.nativeId, 80), safeLine(judgementText(judged.entry))));
}

Result<Answer> runJudgements(Context& context)
{
    TR_ASSIGN(const IndexReport report, indexed(context));
    TR_ASSIGN(const auto queries, RunQueries::open(report.folder, context.cancel));
    TR_ASSIGN(std::vector<JournalEntry> history, judgementHistory(context.places));
    if (!context.arguments.has("history")) {
        std::vector<JournalEntry> latest;
        for (auto& [run, entry] : latestJudgements(history)) latest.push_back(entry);
        history = std::move(latest);
        std::ranges::stable_sort(history, {}, &JournalEntry::time);
    }
    Json list = Json::array();
    std::string lines;
    Table table({"Run", "Verdict", "By", "When", "Reason", "Task"});
    for (const JournalEntry& entry : history) {
        const auto row = queries->find(entry.judgement->run);
        if (!row) continue; // of another store
        TR_ASSIGN(const RunListItem item, queries->item(*row));
        list.push_back(exportOf(entry, &item));
        lines += dumpJson(list.back(), -1) + "\n";
        table.add({shortId(item.run.nativeId, 16), std::string(nameOf(entry.judgement->verdict)),
                   safeLine(entry.reviewer.name, 24), when(entry.time), safeLine(entry.reason, 60), safeLine(item.run.task, 60)});
    }
    if (context.arguments.has("jsonl")) return answerOf(context, {{"judgements", std::move(list)}}, std::move(lines));
    std::string text = table.empty() ? std::string("Nobody has judged a run of this store.\n") : table.text();
    return answerOf(context, {{"judgements", std::move(list)}}, std::move(text));
}

} // namespace tackroom::cli
