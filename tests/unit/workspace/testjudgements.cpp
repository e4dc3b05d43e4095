// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/privatejournal.h"
#include "core/workspace/exchange.h"
#include "core/workspace/judgements.h"
#include "core/workspace/storesettings.h"
#include "tests/unit/clusters/clustertesting.h"

#include <cstdlib>
#include <fstream>

namespace tackroom
{
namespace
{

using testing::ingestRecords;
using testing::TemporaryFolder;

const Reviewer kRita{"Rita Reviewer", "rita@example.org"};
const Reviewer kAnn{"Ann Other", "ann@example.org"};

RunRecord recordOf(int number, Outcome says)
{
    RunRecord record;
    record.run.nativeId = "run-" + std::to_string(number);
    record.run.key = runKeyOf("given", record.run.nativeId);
    record.run.start = 1'772'409'600LL * 1'000'000'000 + number;
    record.run.end = record.run.start + 5;
    record.run.task = "task " + std::to_string(number);
    Score score;
    score.name = "reward";
    score.value = says == Outcome::Success ? 1 : 0;
    score.says = says;
    score.weight = OutcomeSource::Verifier;
    if (says != Outcome::Unknown) record.scores.push_back(score);
    return record;
}

std::string keyOf(int number) { return recordOf(number, Outcome::Unknown).run.key.value; }

class JudgementTest : public ::testing::Test
{
protected:
    void SetUp() override
    {
        ingestRecords({recordOf(1, Outcome::Success), recordOf(2, Outcome::Failure), recordOf(3, Outcome::Unknown)}, index());
        ASSERT_TRUE(analyseNow());
    }
    [[nodiscard]] std::filesystem::path index() const
    {
        const auto folder = m_folder.path() / "cache" / "given-store";
        std::filesystem::create_directories(folder);
        return folder;
    }
    [[nodiscard]] Places places() const
    {
        return {m_folder.path() / "cache", m_folder.path() / "data", m_folder.path() / "config"};
    }
    JournalEntry judge(int run, JudgeVerdict verdict, const std::string& reason = {}, HarnessRepository* repository = nullptr,
                       const Reviewer& by = kRita)
    {
        RunJudgement judgement;
        judgement.run = keyOf(run);
        judgement.verdict = verdict;
        auto entry = judgeRun(places(), repository, judgement, by, reason, {});
        EXPECT_TRUE(entry) << oneLine(entry.error());
        EXPECT_FALSE(entry && entry->notShared);
        return entry ? entry->entry : JournalEntry();
    }
    Result<AnalysisReport> analyseNow() const
    {
        auto rules = outcomeRulesOf(places(), index());
        if (!rules) return std::unexpected(rules.error());
        return analyse(index(), {}, Progress(), *rules);
    }
    RunListItem item(int run) const
    {
        auto queries = RunQueries::open(index(), {});
        EXPECT_TRUE(queries);
        auto row = (*queries)->find(keyOf(run));
        EXPECT_TRUE(row);
        return *(*queries)->item(*row);
    }
    std::unique_ptr<HarnessRepository> openRepository(const std::string& name)
    {
        const auto repo = m_folder.path() / name;
        const std::string made = "mkdir -p '" + repo.string() + "' && cd '" + repo.string() +
                                 "' && git init -q -b main . && echo hi > AGENTS.md && git add -A && git -c user.name=A -c "
                                 "user.email=a@b commit -q -m 'First of " +
                                 name + "'";
        if (!std::filesystem::exists(repo)) {
            EXPECT_EQ(std::system(made.c_str()), 0);
        }
        HarnessRepository::Options options;
        options.dataDirectory = places().data;
        auto opened = HarnessRepository::open(repo, options, {});
        EXPECT_TRUE(opened) << oneLine(opened.error());
        return opened ? std::move(*opened) : nullptr;
    }

    TemporaryFolder m_folder;
};

TEST_F(JudgementTest, aPersonsWordOutranksTheStoresAndIsSeenAtOnce)
{
    EXPECT_EQ(item(1).outcome, Outcome::Success);
    EXPECT_EQ(item(1).outcomeSource, OutcomeSource::Verifier);
    judge(1, JudgeVerdict::Bad, "wrong amount");
    auto rules = outcomeRulesOf(places(), index());
    ASSERT_TRUE(rules);
    ASSERT_TRUE(updateOutcomes(index(), {RunKey(keyOf(1))}, *rules, {}));
    EXPECT_EQ(item(1).outcome, Outcome::Failure);
    EXPECT_EQ(item(1).outcomeSource, OutcomeSource::Human);
    EXPECT_EQ(item(1).outcomeReason, "judged bad by Rita Reviewer: wrong amount");
    EXPECT_EQ(item(2).outcomeSource, OutcomeSource::Verifier) << "the others stay";
    // The clusters follow: the analysis is not current any more, and once made anew it is.
    const auto again = analyseNow();
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->wasCurrent);
    EXPECT_EQ(again->failingRuns, 2);
    EXPECT_EQ(item(1).outcome, Outcome::Failure);
    EXPECT_TRUE(analyseNow()->wasCurrent);
}

TEST_F(JudgementTest, goodIsSuccessAndUnsureIsUnknownByAHuman)
{
    judge(2, JudgeVerdict::Good);
    judge(3, JudgeVerdict::Unsure, "cannot tell");
    ASSERT_TRUE(analyseNow());
    EXPECT_EQ(item(2).outcome, Outcome::Success);
    EXPECT_EQ(item(2).outcomeSource, OutcomeSource::Human);
    EXPECT_EQ(item(3).outcome, Outcome::Unknown);
    EXPECT_EQ(item(3).outcomeSource, OutcomeSource::Human);
}

TEST_F(JudgementTest, theLatestWordCountsAndTakingItBackIsAnEntryToo)
{
    judge(1, JudgeVerdict::Bad, "first", nullptr, kAnn);
    judge(1, JudgeVerdict::Good, "second");
    auto latest = readJudgements(places());
    ASSERT_TRUE(latest);
    EXPECT_EQ(latest->at(keyOf(1)).reason, "second");
    judge(1, JudgeVerdict::Withdrawn);
    latest = readJudgements(places());
    ASSERT_TRUE(latest);
    EXPECT_FALSE(latest->contains(keyOf(1)));
    EXPECT_EQ(judgementHistory(places())->size(), 3U);
    ASSERT_TRUE(analyseNow());
    EXPECT_EQ(item(1).outcomeSource, OutcomeSource::Verifier);
}

TEST_F(JudgementTest, annotationsComeBackAsTheyWereGiven)
{
    RunJudgement judgement{keyOf(1), JudgeVerdict::Bad, "no", "a full refund", "not relevant", "the return window", {}};
    ASSERT_TRUE(judgeRun(places(), nullptr, judgement, kRita, " because \n", {}));
    const auto latest = readJudgements(places());
    ASSERT_TRUE(latest);
    EXPECT_EQ(*latest->at(keyOf(1)).judgement, judgement);
    const RunListItem shown = item(1);
    const Json line = exportOf(latest->at(keyOf(1)), &shown);
    EXPECT_EQ(line["outcome"], "failure");
    EXPECT_EQ(line["reason"], "because");
    EXPECT_EQ(line["adopted"], "no");
    EXPECT_EQ(line["relevance"], "not relevant");
    EXPECT_EQ(line["preference"], "a full refund");
    EXPECT_EQ(line["missingKnowledge"], "the return window");
    EXPECT_EQ(line["id"], "run-1");
    EXPECT_EQ(line["task"], "task 1");
    EXPECT_EQ(line["reviewer"], "Rita Reviewer <rita@example.org>");
}

TEST_F(JudgementTest, whoHasNoNameCannotJudge)
{
    RunJudgement judgement;
    judgement.run = keyOf(1);
    EXPECT_EQ(judgeRun(places(), nullptr, judgement, {}, {}, {}).error().code, ErrorCode::Usage);
    EXPECT_TRUE(judgementHistory(places())->empty());
}

TEST_F(JudgementTest, goesToTheRepositoryAndComesBackFromIt)
{
    judge(1, JudgeVerdict::Bad, "before the repository was opened");
    {
        const auto repository = openRepository("harness");
        ASSERT_TRUE(repository);
        EXPECT_EQ(exchangeWords(places(), *repository, index(), {}).value().judgements, 0U);
        judge(2, JudgeVerdict::Good, "while it is open", repository.get());
        EXPECT_EQ(exchangeWords(places(), *repository, index(), {}).value().judgements, 0U) << "nothing is carried over twice";
        EXPECT_EQ(latestJudgements(*repository->journal()).size(), 2U);
    }
    // Somebody else's machine: no private journal, the same repository and vault.
    std::filesystem::remove_all(places().data / "vaults" / "private.git");
    EXPECT_TRUE(readJudgements(places())->empty());
    const auto repository = openRepository("harness");
    ASSERT_TRUE(repository);
    EXPECT_EQ(exchangeWords(places(), *repository, index(), {}).value().judgements, 2U);
    const auto latest = readJudgements(places());
    ASSERT_TRUE(latest);
    EXPECT_EQ(latest->at(keyOf(1)).reason, "before the repository was opened");
    EXPECT_EQ(latest->at(keyOf(1)).reviewer, kRita);
    EXPECT_EQ(exchangeWords(places(), *repository, index(), {}).value().judgements, 0U);
}

TEST_F(JudgementTest, onlyRunsOfTheStoreGoToTheRepository)
{
    judge(1, JudgeVerdict::Bad);
    judge(77, JudgeVerdict::Bad, "a run of another store");
    const auto repository = openRepository("harness");
    ASSERT_TRUE(repository);
    ASSERT_TRUE(exchangeWords(places(), *repository, index(), {}));
    const auto latest = latestJudgements(*repository->journal());
    EXPECT_TRUE(latest.contains(keyOf(1)));
    EXPECT_FALSE(latest.contains(keyOf(77)));
    EXPECT_FALSE(outcomeRulesOf(places(), index())->words.contains(keyOf(77)));
}

TEST_F(JudgementTest, aHundredWordsStayInOnePackAndOrder)
{
    for (int i = 0; i < 60; ++i) judge(1, i % 2 ? JudgeVerdict::Good : JudgeVerdict::Bad, std::to_string(i));
    const auto history = judgementHistory(places());
    ASSERT_TRUE(history);
    ASSERT_EQ(history->size(), 60U);
    for (std::size_t i = 0; i < history->size(); ++i) EXPECT_EQ((*history)[i].reason, std::to_string(i));
    EXPECT_EQ(readJudgements(places())->at(keyOf(1)).reason, "59");
    const std::string check = "git -C '" + (places().data / "vaults/private.git").string() + "' fsck --strict";
    EXPECT_EQ(std::system(check.c_str()), 0);
}

TEST_F(JudgementTest, aRuleOfTheStoreIsKeptAndUsed)
{
    StoreSettings settings;
    settings.rule = *parseScoreRule("reward >= 1");
    keepView(settings, {"failures", "outcome:failure"});
    keepView(settings, {"costly", "cost:>1"});
    keepView(settings, {"failures", "outcome:failure since:1w"});
    ASSERT_TRUE(writeStoreSettings(places(), index(), settings));
    const StoreSettings back = readStoreSettings(places(), index());
    EXPECT_EQ(back.rule, settings.rule);
    ASSERT_EQ(back.views.size(), 2U);
    EXPECT_EQ(back.views[0].name, "costly");
    EXPECT_EQ(back.views[1].query, "outcome:failure since:1w");
    ASSERT_TRUE(analyseNow());
    EXPECT_EQ(item(1).outcome, Outcome::Failure);
    EXPECT_EQ(item(1).outcomeReason, "rule: reward >= 1 (reward = 1)");
    EXPECT_EQ(item(1).outcomeSource, OutcomeSource::Rule);
    EXPECT_EQ(item(2).outcome, Outcome::Success);
    std::ofstream(places().config / "stores" / "given-store.json") << "{\"views\": 7, \"rule\": \"reward\"";
    EXPECT_FALSE(readStoreSettings(places(), index()).rule) << "a damaged file is an empty one";
}

} // namespace
} // namespace tackroom
