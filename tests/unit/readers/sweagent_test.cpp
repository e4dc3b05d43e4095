// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "tests/unit/readers/filestore.h"

namespace tackroom::testing
{
namespace
{

using SweAgent = FileStoreTest;

constexpr const char* kFirst = R"({"environment": "swe_main", "trajectory": [
  {"action": "open a.py\n", "observation": "1: x", "response": "I look.\n```\nopen a.py\n```", "state": "{}", "thought": "I look."},
  {"action": "edit 1:1\ny\nend_of_edit", "observation": "Your proposed edit has introduced new syntax error(s).", "response": "I edit.", "state": "{}", "thought": "I edit."},
  {"action": "", "observation": "", "response": "Exit due to cost limit", "state": "{}", "thought": "Exit due to cost limit"}],
 "history": [{"role": "system", "content": "SETTING", "agent": "primary"},
  {"role": "user", "content": "Here is a demonstration", "agent": "primary", "is_demo": true},
  {"role": "user", "content": "Fix the issue", "agent": "primary"},
  {"role": "assistant", "content": "I look.", "thought": "I look.", "action": "open a.py\n", "agent": "primary"}],
 "info": {"exit_status": "exit_cost", "submission": null, "model_stats": {"total_cost": 9.5, "instance_cost": 1.25, "tokens_sent": 100, "tokens_received": 7, "api_calls": 3}}})";

TEST_F(SweAgent, theFirstGeneration)
{
    const auto store = read(write("owner__repo-1.traj", kFirst));
    EXPECT_EQ(store.reader->info().kind, "swe-agent");
    EXPECT_EQ(store.reader->info().schema, "SWE-agent 0");
    const RunRecord& record = store.run("owner__repo-1");
    EXPECT_EQ(record.run.task, "Fix the issue");
    EXPECT_EQ(record.run.agentName, "primary");
    EXPECT_EQ(record.run.promptTokens, 100);
    EXPECT_EQ(record.run.completionTokens, 7);
    EXPECT_EQ(record.run.costUsd, 1.25);
    EXPECT_EQ(record.run.status, StepStatus::Error);
    ASSERT_EQ(record.steps.size(), 5U);
    EXPECT_EQ(record.steps[1].toolName, "open");
    EXPECT_EQ(record.steps[1].arguments, "open a.py\n");
    EXPECT_EQ(record.steps[1].result, "1: x");
    EXPECT_EQ(record.steps[1].parentId, record.steps[0].nativeId);
    EXPECT_EQ(record.steps[3].toolName, "edit");
    EXPECT_EQ(record.steps[3].status, StepStatus::Error);
    EXPECT_EQ(score(record, "exit_status").label, "exit_cost");
    EXPECT_EQ(score(record, "exit_status").says, Outcome::Unknown);
    const Body whole = store.body("owner__repo-1", {});
    ASSERT_EQ(whole.messages.size(), 8U);
    EXPECT_EQ(whole.messages[1].content, "Here is a demonstration");
    EXPECT_EQ(whole.messages[7].content, "Exit due to cost limit");
    EXPECT_EQ(store.body("owner__repo-1", "m3.c1").output, "1: x");
    EXPECT_EQ(store.body("owner__repo-1", "m5").messages.size(), 6U);
}

TEST_F(SweAgent, functionCallsAndReplayConfig)
{
    const auto store = read(write(
        "x.traj",
        R"({"replay_config": "{\"agent\":{\"name\":\"main\",\"model\":{\"name\":\"gpt-4o\"}},\"problem_statement\":{\"id\":\"inst-7\"},\"env\":{\"repo\":{\"github_url\":\"https://github.com/o/r\"}}}",
 "environment": "main",
 "trajectory": [{"action": "ls -F", "observation": "bash: ls: command not found", "response": "List.", "thought": "List.", "state": {}, "query": [{}], "extra_info": {}},
   {"action": "submit", "observation": "", "response": "Done.", "thought": "Done.", "state": {}, "query": [{}]}],
 "history": [{"role": "system", "content": [{"type": "text", "text": "SETTING"}], "agent": "main", "message_type": "system_prompt"},
   {"role": "user", "content": "Fix", "agent": "main", "message_type": "observation"},
   {"role": "assistant", "content": "List.", "action": "ls -F", "agent": "main", "message_type": "action", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "bash", "arguments": "{\"command\":\"ls -F\"}"}}]},
   {"role": "tool", "content": "bash: ls", "tool_call_ids": ["c1"], "agent": "main", "message_type": "observation"}],
 "info": {"exit_status": "submitted", "submission": "diff", "swe_agent_hash": "abc123", "swe_agent_version": "1.1.0", "review": {"accept": true},
   "model_stats": {"instance_cost": 0.5, "tokens_sent": 10, "tokens_received": 2, "api_calls": 2}}})"));
    EXPECT_EQ(store.reader->info().schema, "SWE-agent 1");
    const RunRecord& record = store.run("inst-7");
    EXPECT_EQ(record.run.harnessVersion, "abc123");
    EXPECT_EQ(record.run.harnessVersionLabel, "1.1.0");
    EXPECT_EQ(record.run.project, "https://github.com/o/r");
    EXPECT_EQ(record.run.status, StepStatus::Unset); // handed in is not right
    ASSERT_EQ(record.steps.size(), 4U);
    EXPECT_EQ(record.steps[0].model, "gpt-4o");
    EXPECT_EQ(record.steps[1].toolName, "bash");
    EXPECT_EQ(record.steps[1].arguments, "{\"command\":\"ls -F\"}");
    EXPECT_EQ(record.steps[1].status, StepStatus::Error);
    EXPECT_EQ(record.steps[3].toolName, "submit");
    EXPECT_EQ(score(record, "review").value, 1.0);
    EXPECT_EQ(score(record, "review").weight, OutcomeSource::ModelJudge);
}

TEST_F(SweAgent, predictionsAndResultsAreKnownButHaveNoRuns)
{
    const auto predictions =
        read(write("all_preds.jsonl", "{\"model_name_or_path\":\"m\",\"instance_id\":\"i\",\"model_patch\":\"d\"}\n"));
    EXPECT_EQ(predictions.reader->info().schema, "predictions");
    EXPECT_TRUE(predictions.reader->info().note.contains("no runs"));
    EXPECT_TRUE(predictions.got.runs.empty());
    const auto byId = read(write("preds.json", R"({"i": {"model_name_or_path": "m", "instance_id": "i", "model_patch": ""}})"));
    EXPECT_EQ(byId.reader->info().schema, "predictions");
    const auto results = read(write("results.json", R"({"resolved_ids": ["a"], "unresolved_ids": []})"));
    EXPECT_EQ(results.reader->info().schema, "SWE-bench results");
    EXPECT_TRUE(results.got.runs.empty());
    EXPECT_TRUE(results.got.skips.empty());
}

TEST_F(SweAgent, aBrokenFileSaysSo)
{
    const std::string whole = kFirst;
    const auto cut = read(write("cut.traj", whole.substr(0, whole.size() - 20)));
    EXPECT_EQ(cut.reader->info().kind, "swe-agent");
    EXPECT_TRUE(cut.got.runs.empty());
    EXPECT_EQ(cut.got.skips.size(), 1U);
    // A lone member of the wrong type is left empty.
    const auto store =
        read(write("odd.traj", R"({"trajectory": [{"action": 3, "observation": {"a": 1}, "response": null, "thought": "t"}, 7],
        "history": [], "info": {"exit_status": 4, "model_stats": []}})"));
    EXPECT_EQ(store.run("odd").steps.size(), 2U);
    EXPECT_EQ(score(store.run("odd"), "exit_status").label, "4");
}

/// Steps, calls and errors of each of the 23 real files, counted in Python from the trajectory (the history where there is
/// none).
TEST_F(SweAgent, recordedTrajectoriesAgreeWithPython)
{
    const auto path = shared("swe-agent");
    if (path.empty()) GTEST_SKIP() << "there is no folder swe-agent in TACKROOM_SHARED_DATA";
    const auto counted =
        python("import json,sys,glob\n"
               "B=('Error','Traceback (most recent call last)','bash: ','/bin/bash: ','EXECUTION TIMED OUT',"
               "'Your proposed edit has introduced new syntax error(s)')\n"
               "for f in sorted(glob.glob(sys.argv[1]+'/**/*.traj',recursive=True)):\n"
               "  d=json.load(open(f)); T=d.get('trajectory'); H=d['history']; i=d.get('info') or {}\n"
               "  if T: r=(len(T),len(T),sum(t['observation'].strip().startswith(B) for t in T))\n"
               "  else: r=(sum(m['role']=='assistant' for m in H),sum(len(m.get('tool_calls') or []) for m in H),0)\n"
               "  s=i.get('model_stats',{})\n"
               "  print(f,*r,i.get('exit_status','-'),s.get('tokens_sent',0),s.get('tokens_received',0),sep='|')",
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
        const auto& run = store.got.runs.begin()->second.run;
        const auto& scores = store.got.runs.begin()->second.scores;
        EXPECT_EQ(line.substr(line.find('|')),
                  formatText("|{}|{}|{}|{}|{}|{}", all.llm, all.tools, all.errors, scores.empty() ? "-" : scores[0].label,
                             run.promptTokens, run.completionTokens))
            << file;
        EXPECT_FALSE(run.task.empty()) << file;
    }
    EXPECT_EQ(files, 23U);
}

} // namespace
} // namespace tackroom::testing
