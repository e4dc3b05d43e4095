// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "tests/unit/readers/filestore.h"

namespace tackroom::testing
{
namespace
{

using Atif = FileStoreTest;

std::string trajectory(const std::string& session, const std::string& steps, const std::string& more = {})
{
    return formatText(R"({{"schema_version": "ATIF-v1.6", "session_id": "{}", "agent": {{"name": "t", "version": "2.0",
        "model_name": "gpt"}}, "steps": [{}]{}}})",
                      session, steps, more);
}

TEST_F(Atif, stepsCallsAndMetrics)
{
    const auto store = read(write("t.json", trajectory("s1", R"(
        {"step_id": 1, "source": "user", "message": [{"type": "text", "text": "Look"}, {"type": "image", "source": {"path": "x.png"}}], "timestamp": "2025-01-15T10:00:00Z", "extra": {"user_id": "u7"}},
        {"step_id": 2, "source": "agent", "message": "I call.", "reasoning_content": "Hm.", "model_name": "gpt-4", "timestamp": "2025-01-15T10:00:02Z",
         "tool_calls": [{"tool_call_id": "a", "function_name": "f", "arguments": {"x": 1}}, {"tool_call_id": "b", "function_name": "g", "arguments": {}}],
         "observation": {"results": [{"source_call_id": "b", "content": "Error: no"}, {"source_call_id": "a", "content": "yes"}]},
         "metrics": {"prompt_tokens": 10, "completion_tokens": 3, "cost_usd": 0.5}},
        {"step_id": 3, "source": "agent", "message": "Done.", "observation": {"results": [{"content": "terminal"}]}, "metrics": {"prompt_tokens": 20, "completion_tokens": 4, "cost_usd": 0.25}})")));
    EXPECT_EQ(store.reader->info().kind, "atif");
    EXPECT_EQ(store.reader->info().schema, "ATIF-v1.6");
    EXPECT_EQ(store.reader->info().note, "");
    const RunRecord& record = store.run("s1");
    EXPECT_EQ(record.run.sessionId, "s1");
    EXPECT_EQ(record.run.userId, "u7");
    EXPECT_EQ(record.run.agentName, "t");
    EXPECT_EQ(record.run.harnessVersion, "2.0");
    EXPECT_EQ(record.run.task, "Look\n[image]");
    EXPECT_EQ(record.run.answer, "Done.");
    EXPECT_EQ(record.run.promptTokens, 30);
    EXPECT_EQ(record.run.completionTokens, 7);
    EXPECT_EQ(record.run.costUsd, 0.75);
    EXPECT_EQ(formatTime(record.run.start), "2025-01-15T10:00:00Z");
    EXPECT_EQ(formatTime(record.run.end), "2025-01-15T10:00:02Z");
    ASSERT_EQ(record.steps.size(), 5U);
    EXPECT_EQ(record.steps[0].model, "gpt-4");
    EXPECT_EQ(record.steps[0].outputText, "I call.");
    EXPECT_EQ(record.steps[1].toolName, "f");
    EXPECT_EQ(record.steps[1].result, "yes");
    EXPECT_EQ(record.steps[2].status, StepStatus::Error);
    EXPECT_EQ(record.steps[3].model, "gpt");
    EXPECT_EQ(record.steps[4].result, "terminal");
    const Body body = store.body("s1", {});
    EXPECT_EQ(body.messages.at(1).content, "Hm.\nI call.");
    EXPECT_EQ(store.body("s1", "m1.c2").output, "Error: no");
    EXPECT_EQ(store.body("s1", "m1.c2").input, "{}");
}

TEST_F(Atif, whatIsNewerSaysSo)
{
    const auto store = read(write("t.json", R"({"schema_version": "ATIF-v1.9", "session_id": "s", "agent": {}, "steps": []})"));
    EXPECT_TRUE(store.reader->info().note.contains("newer"));
    EXPECT_EQ(store.run("s").steps.size(), 0U);
}

TEST_F(Atif, filesThatContinueEachOtherAreOneRun)
{
    writeBelow(
        "runs/a/trajectory.json",
        trajectory(
            "s", R"({"step_id":1,"source":"user","message":"Go"},{"step_id":2,"source":"agent","message":"one"})",
            R"(, "final_metrics": {"total_prompt_tokens": 5, "total_cost_usd": 1}, "continued_trajectory_ref": "trajectory.cont-1.json")"));
    writeBelow(
        "runs/a/trajectory.cont-1.json",
        trajectory(
            "s-cont-1", R"({"step_id":1,"source":"user","message":"Go","is_copied_context":true},
                   {"step_id":2,"source":"agent","message":"one","is_copied_context":true},{"step_id":3,"source":"agent","message":"two"})",
            R"(, "final_metrics": {"total_prompt_tokens": 9, "total_cost_usd": 3}, "continued_trajectory_ref": "trajectory.cont-2.json")"));
    writeBelow("runs/a/trajectory.cont-2.json", trajectory("s-cont-2", R"({"step_id":1,"source":"agent","message":"three"})",
                                                           R"(, "continued_trajectory_ref": "trajectory.cont-1.json")"));
    const auto store = read(file("runs"));
    ASSERT_EQ(store.got.runs.size(), 1U);
    const RunRecord& record = store.run("s");
    ASSERT_EQ(record.steps.size(), 3U);
    EXPECT_EQ(record.steps[2].outputText, "three");
    EXPECT_EQ(record.run.promptTokens, 9); // counted from the beginning
    EXPECT_EQ(record.run.costUsd, 3.0);
    EXPECT_EQ(record.run.answer, "three");
    EXPECT_EQ(store.body("s", {}).messages.size(), 4U);
    // Alone it is a run of its own, its copied context no steps.
    const auto alone = read(file("runs/a/trajectory.cont-1.json"));
    EXPECT_EQ(alone.run("s-cont-1").steps.size(), 1U);
    EXPECT_EQ(alone.body("s-cont-1", {}).messages.size(), 3U);
}

TEST_F(Atif, subagentsStandBelowTheirCalls)
{
    writeBelow("x/p.json", trajectory("s", R"({"step_id":1,"source":"user","message":"Go"},
        {"step_id":2,"source":"agent","message":"ask","tool_calls":[{"tool_call_id":"c","function_name":"delegate","arguments":{}}],
         "observation":{"results":[{"source_call_id":"c","content":"asked","subagent_trajectory_ref":[{"session_id":"other","trajectory_path":"x/p.summarization-1-summary.json"}]}]}},
        {"step_id":3,"source":"agent","message":"end"})"));
    writeBelow("x/p.summarization-1-summary.json",
               trajectory("s-summarization-1-summary",
                          R"({"step_id":1,"source":"user","message":"sum up"},{"step_id":2,"source":"agent","message":"sum",
            "tool_calls":[{"tool_call_id":"k","function_name":"read","arguments":{"f":1}}],"observation":{"results":[{"source_call_id":"k","content":"text"}]}})"));
    const auto store = read(file("x"));
    expectWhole(store.got);
    ASSERT_EQ(store.got.runs.size(), 1U);
    const RunRecord& record = store.run("s");
    ASSERT_EQ(record.steps.size(), 6U);
    EXPECT_EQ(record.steps[2].nativeId, "a1");
    EXPECT_EQ(record.steps[2].kind, StepKind::Agent);
    EXPECT_EQ(record.steps[2].parentId, "m1.c1");
    EXPECT_EQ(record.steps[3].nativeId, "a1.m1");
    EXPECT_EQ(record.steps[3].parentId, "a1");
    EXPECT_EQ(record.steps[4].parentId, "a1.m1");
    EXPECT_EQ(record.steps[4].toolName, "read");
    EXPECT_EQ(store.body("s", "a1.m1").messages.size(), 2U);
    EXPECT_EQ(store.body("s", "a1.m1.c1").output, "text");
    EXPECT_EQ(store.body("s", "a1").messages.size(), 3U);
}

TEST_F(Atif, filesThatReferToEachOtherInARingAreRead)
{
    const std::string ring = R"({"step_id":1,"source":"agent","message":"x","observation":{"results":[{"content":"y",
        "subagent_trajectory_ref":[{"trajectory_path":"%"},{"trajectory_path":"%"},{"trajectory_path":"%"}]}]}})";
    const auto to = [&](std::string name) {
        std::string text = ring;
        for (std::size_t at = 0; (at = text.find('%', at)) != std::string::npos;) text.replace(at, 1, name);
        return text;
    };
    writeBelow("x/a.json", trajectory("s", to("b.json"), R"(, "continued_trajectory_ref": "a.json")"));
    writeBelow("x/b.json", trajectory("s-summarization-1-b", to("a.json")));
    const auto store = read(file("x"));
    ASSERT_EQ(store.got.runs.size(), 1U);
    expectWhole(store.got);
    EXPECT_LT(store.got.runs.begin()->second.steps.size(), 20'000U);
}

TEST_F(Atif, theRewardOfATrialComesFromHarborsResult)
{
    writeBelow("jobs/t1/agent/trajectory.json", trajectory("s", R"({"step_id":1,"source":"agent","message":"x"})"));
    writeBelow("jobs/t1/result.json", R"({"task_name": "hello", "trial_name": "t1", "agent_result": {},
        "verifier_result": {"rewards": {"reward": 0.0, "style": 0.5}}, "started_at": "2025-11-01T10:00:00Z", "finished_at": "2025-11-01T10:01:00Z",
        "exception_info": {"exception_type": "AgentTimeoutError", "exception_message": "too slow"}})");
    writeBelow("jobs/t2/agent/trajectory.json", trajectory("s2", R"({"step_id":1,"source":"agent","message":"x"})"));
    writeBelow(
        "jobs/t2/result.json",
        R"({"task_name": "hello", "trial_name": "t2", "verifier_result": {"rewards": {"reward": 1}}, "exception_info": null})");
    const auto store = read(file("jobs"));
    ASSERT_EQ(store.got.runs.size(), 2U);
    const RunRecord& record = store.run("s");
    EXPECT_EQ(score(record, "reward").says, Outcome::Failure);
    EXPECT_EQ(score(record, "reward").weight, OutcomeSource::Verifier);
    EXPECT_EQ(score(record, "style").says, Outcome::Unknown);
    EXPECT_EQ(score(record, "exception").label, "AgentTimeoutError");
    EXPECT_EQ(record.run.status, StepStatus::Error);
    EXPECT_EQ(formatTime(record.run.end), "2025-11-01T10:01:00Z");
    EXPECT_EQ(score(store.run("s2"), "reward").says, Outcome::Success);
    EXPECT_EQ(store.run("s2").run.status, StepStatus::Unset);
    EXPECT_TRUE(store.got.skips.empty());
}

/// Each real file alone: agent steps that are not copied, calls and results without a call, in Python.
TEST_F(Atif, recordedTrajectoriesAgreeWithPython)
{
    const auto path = shared("atif");
    if (path.empty()) GTEST_SKIP() << "there is no folder atif in TACKROOM_SHARED_DATA";
    const auto counted = python(
        "import json,sys,glob\n"
        "def count(t):\n"
        "  llm=tool=0\n"
        "  for s in t['steps']:\n"
        "    if s.get('is_copied_context'): continue\n"
        "    r=[x for x in (s.get('observation') or {}).get('results',[]) if x.get('content') or x.get('source_call_id')]\n"
        "    if s['source']!='agent': continue\n"
        "    c=s.get('tool_calls') or []; llm+=1; tool+=max(len(c),len(r))\n"
        "  return llm,tool\n"
        "for f in sorted(glob.glob(sys.argv[1]+'/*.json')):\n"
        "  d=json.load(open(f)); ts=[d]+d.get('subagent_trajectories',[]) if 'steps' in d else list(d.values())\n"
        "  n=[count(t) for t in ts]; m=ts[0].get('final_metrics') or {}\n"
        "  print(f,sum(x[0] for x in n),sum(x[1] for x in "
        "n),len(ts)-1,m.get('total_prompt_tokens'),m.get('total_completion_tokens'),sep='|')",
        path);
    std::size_t files = 0;
    std::istringstream lines(counted);
    for (std::string line; std::getline(lines, line); ++files) {
        const std::filesystem::path file = line.substr(0, line.find('|'));
        const auto store = read(file);
        ASSERT_EQ(store.got.runs.size(), 1U) << file;
        EXPECT_TRUE(store.got.skips.empty());
        expectWhole(store.got);
        const Counts all = counts(store.got);
        const RunRecord& record = store.got.runs.begin()->second;
        EXPECT_EQ(line.substr(line.find('|')), formatText("|{}|{}|{}|{}|{}", all.llm, all.tools,
                                                          std::ranges::count(record.steps, StepKind::Agent, &Step::kind),
                                                          record.run.promptTokens, record.run.completionTokens))
            << file;
    }
    EXPECT_EQ(files, 15U);
    // The folder: the continuation is one run with what it continues, and nothing else changes.
    const auto store = read(path);
    EXPECT_EQ(store.got.runs.size(), 14U);
    EXPECT_EQ(store.run("harbor-terminus2-continuation").run.promptTokens, 7802);
    EXPECT_EQ(std::ranges::count(store.run("harbor-terminus2-continuation").steps, StepKind::Llm, &Step::kind), 7);
    EXPECT_EQ(step(store.run("sess-parallel-mixed"), "m1.c2").status, StepStatus::Error);
    EXPECT_EQ(store.run("harbor-terminus2-invalid-json").run.errorCount, 1);
}

} // namespace
} // namespace tackroom::testing
