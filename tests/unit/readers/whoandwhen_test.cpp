// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "tests/unit/readers/filestore.h"

namespace tackroom::testing
{
namespace
{

using WhoAndWhen = FileStoreTest;

constexpr const char* kGenerated = R"({"is_correct": false, "question": "How many?", "question_ID": "q-1", "level": "2",
 "ground_truth": "8", "history": [
  {"content": "plan", "role": "assistant", "name": "Excel_Expert"},
  {"content": "exitcode: 1 (execution failed)\nTraceback", "role": "user", "name": "Computer_terminal"},
  {"content": "exitcode: 0 (execution succeeded)\n4", "role": "user", "name": "Computer_terminal"},
  {"content": "It is 4.", "role": "assistant", "name": "Verification_Expert"}],
 "mistake_agent": "Excel_Expert", "mistake_step": "0", "mistake_reason": "It counted wrong."})";

TEST_F(WhoAndWhen, aRunOfTheGeneratedSubset)
{
    const auto store = read(write("1.json", kGenerated));
    EXPECT_EQ(store.reader->info().kind, "who-and-when");
    EXPECT_EQ(store.reader->info().schema, "algorithm-generated");
    const RunRecord& record = store.run("q-1");
    EXPECT_EQ(record.run.task, "How many?");
    EXPECT_EQ(record.run.answer, "It is 4.");
    EXPECT_EQ(record.run.errorCount, 1);
    ASSERT_EQ(record.steps.size(), 4U);
    EXPECT_EQ(record.steps[0].name, "Excel_Expert");
    EXPECT_EQ(record.steps[0].kind, StepKind::Llm);
    EXPECT_EQ(record.steps[1].kind, StepKind::Tool);
    EXPECT_EQ(record.steps[1].status, StepStatus::Error);
    EXPECT_EQ(record.steps[2].status, StepStatus::Ok);
    const Score& outcome = score(record, "is_correct");
    EXPECT_EQ(outcome.says, Outcome::Failure);
    EXPECT_EQ(outcome.weight, OutcomeSource::Verifier);
    EXPECT_EQ(outcome.explanation, "expected: 8");
    const Score& mistake = score(record, "mistake");
    EXPECT_EQ(mistake.stepId, "m0");
    EXPECT_EQ(mistake.label, "Excel_Expert");
    EXPECT_EQ(mistake.explanation, "It counted wrong.");
    EXPECT_EQ(mistake.annotator, Annotator::Human);
    EXPECT_EQ(mistake.says, Outcome::Unknown);

    const Body whole = store.body("q-1", {});
    ASSERT_EQ(whole.messages.size(), 4U);
    EXPECT_EQ(whole.messages[1].stepId, "m1");
    EXPECT_TRUE(whole.raw.contains("mistake_reason"));
    EXPECT_EQ(store.body("q-1", "m3").messages.size(), 4U);
    EXPECT_EQ(store.body("q-1", "m1").output, "exitcode: 1 (execution failed)\nTraceback");
}

TEST_F(WhoAndWhen, aRunOfTheHandCraftedSubsetAndOddSteps)
{
    const auto store = read(write(
        "all.jsonl",
        R"x({"is_corrected": false, "question": "Q", "question_ID": "a", "groundtruth": "x", "history": [{"content": "Q", "role": "human"}, {"content": "go", "role": "Orchestrator (-> WebSurfer)"}, {"content": "went", "role": "WebSurfer"}], "mistake_agent": "WebSurfer", "mistake_step": 1, "mistake_reason": "r"}
{"question_ID": "b", "history": [{"content": "Q", "role": "human"}], "mistake_agent": "X", "mistake_step": "Factual_Error", "mistake_reason": "r"}
{"question_ID": "c", "history": [{"content": "Q", "role": "human"}], "mistake_agent": "X", "mistake_step": "7", "mistake_reason": "r"}
{"question_ID": "d", "history": 3}
broken
)x"));
    EXPECT_EQ(store.reader->info().schema, "hand-crafted");
    EXPECT_EQ(store.got.order, (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(store.got.skips.size(), 2U);
    const RunRecord& record = store.run("a");
    EXPECT_EQ(record.steps.at(0).kind, StepKind::Human);
    EXPECT_EQ(record.steps.at(1).name, "Orchestrator");
    EXPECT_EQ(score(record, "is_correct").explanation, "expected: x");
    EXPECT_EQ(score(record, "mistake").stepId, "m1");
    EXPECT_EQ(score(record, "mistake").explanation, "r (that step was said by Orchestrator)");
    EXPECT_EQ(score(store.run("b"), "mistake").stepId, "");
    EXPECT_EQ(score(store.run("b"), "mistake").explanation,
              "r (the step is given as \"Factual_Error\", which is none of the history)");
    EXPECT_EQ(score(store.run("c"), "mistake").stepId, "");
    EXPECT_EQ(store.run("b").scores.size(), 1U);
    EXPECT_EQ(store.body("b", {}).messages.size(), 1U);
}

TEST_F(WhoAndWhen, aBrokenFileSaysSo)
{
    const std::string whole = kGenerated;
    const auto cut = openStore(write("cut.json", whole.substr(0, whole.size() / 2)), {});
    EXPECT_EQ(cut.error().code, ErrorCode::UnknownFormat); // its keys alone are those of many
    auto store = read(write("cut.jsonl", "[" + whole + "," + whole.substr(0, 40)));
    EXPECT_EQ(store.got.runs.size(), 1U);
    ASSERT_EQ(store.got.skips.size(), 1U);
    EXPECT_EQ(store.got.skips[0].first, "the rest of the file");
}

TEST_F(WhoAndWhen, recordedRunsAgreeWithPython)
{
    const auto path = shared("who-and-when");
    if (path.empty()) GTEST_SKIP() << "there is no folder who-and-when in TACKROOM_SHARED_DATA";
    const auto store = read(path);
    expectWhole(store.got);
    const Counts all = counts(store.got);
    std::size_t failures = 0, atSteps = 0, bySpeaker = 0;
    for (const auto& [id, record] : store.got.runs) {
        failures += score(record, "is_correct").says == Outcome::Failure;
        const Score& mistake = score(record, "mistake");
        if (mistake.stepId.empty()) continue;
        ++atSteps;
        bySpeaker += step(record, mistake.stepId).name == mistake.label;
    }
    EXPECT_EQ(all.runs, 126U);
    EXPECT_EQ(
        formatText("{} {} {} {} {} {} {}\n", all.runs, all.llm + all.tools, all.tools, all.errors, failures, atSteps,
                   bySpeaker),
        python("import json,sys,glob\n"
               "d=[json.load(open(f)) for f in glob.glob(sys.argv[1]+'/*/*.json')]\n"
               "h=[m for r in d for m in r['history']]\n"
               "t=[m for m in h if m['name']=='Computer_terminal']\n"
               "print(len(d),len(h),len(t),sum(m['content'].startswith('exitcode: ') and m['content'][10]!='0' for m in t),"
               "sum(not r['is_correct'] for r in d),sum(int(r['mistake_step'])<len(r['history']) for r in d),"
               "sum(r['history'][int(r['mistake_step'])]['name']==r['mistake_agent'] for r in d))",
               path));
    for (const auto& [where, why] : store.got.skips) EXPECT_TRUE(false) << where << ": " << why;
}

} // namespace
} // namespace tackroom::testing
