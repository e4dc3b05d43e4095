// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "tests/unit/readers/filestore.h"

namespace tackroom::testing
{
namespace
{

using MiniSweAgent = FileStoreTest;

TEST_F(MiniSweAgent, theFormatWithInfo)
{
    const auto store = read(write("x.traj.json", R"({"trajectory_format": "mini-swe-agent-1.1", "instance_id": "django-1",
     "info": {"exit_status": "LimitsExceeded", "submission": "", "mini_version": "2.1.0", "model_stats": {"instance_cost": 0.5, "api_calls": 3},
       "config": {"agent_type": "minisweagent.agents.default.DefaultAgent", "model": {"model_name": "claude"}}},
     "messages": [{"role": "system", "content": "You can"}, {"role": "user", "content": "Fix it", "extra": {"timestamp": 1700000000.5}},
      {"role": "assistant", "content": "Look", "tool_calls": [{"id": "t1", "type": "function", "function": {"name": "bash", "arguments": "{\"command\":\"ls\"}"}}],
       "extra": {"actions": [{"command": "ls", "tool_call_id": "t1"}], "timestamp": 1700000001.5, "cost": 0.1, "response": {"model": "claude-5", "usage": {"prompt_tokens": 30, "completion_tokens": 5}}}},
      {"role": "tool", "tool_call_id": "t1", "content": "<returncode>2</returncode><output>no</output>", "extra": {"returncode": 2, "raw_output": "no", "timestamp": 1700000002}},
      {"role": "assistant", "content": "Remove", "extra": {"actions": [{"command": "rm -rf x"}], "response": {"usage": {"prompt_tokens": 40, "completion_tokens": 6}}}},
      {"role": "user", "content": "Commands not executed. The user rejected your commands with the following message: keep x", "extra": {"interrupt_type": "UserRejection"}},
      {"role": "assistant", "content": "Two", "extra": {"actions": [{"command": "a"}, {"command": "b"}]}},
      {"role": "user", "content": "<returncode>0</returncode>", "extra": {"returncode": 0, "raw_output": ""}},
      {"role": "user", "content": "Odd", "extra": {"returncode": -1, "raw_output": "", "exception_info": "timed out"}},
      {"role": "user", "content": "<returncode>0</returncode> is what I expected", "extra": {}},
      {"role": "exit", "content": "LimitsExceeded", "extra": {"exit_status": "LimitsExceeded"}}]})"));
    EXPECT_EQ(store.reader->info().kind, "mini-swe-agent");
    EXPECT_EQ(store.reader->info().schema, "mini-swe-agent-1.1");
    expectWhole(store.got);
    const RunRecord& record = store.run("django-1");
    EXPECT_EQ(record.run.task, "Fix it");
    EXPECT_EQ(record.run.answer, "Two");
    EXPECT_EQ(record.run.agentName, "DefaultAgent");
    EXPECT_EQ(record.run.harnessVersion, "2.1.0");
    EXPECT_EQ(record.run.harnessVersionSource, "version key");
    EXPECT_EQ(record.run.promptTokens, 70);
    EXPECT_EQ(record.run.completionTokens, 11);
    EXPECT_EQ(record.run.costUsd, 0.5);
    EXPECT_EQ(record.run.status, StepStatus::Error);
    EXPECT_EQ(score(record, "exit_status").label, "LimitsExceeded");
    ASSERT_EQ(record.steps.size(), 7U);
    EXPECT_EQ(record.steps[0].model, "claude-5");
    EXPECT_EQ(record.steps[2].model, "claude");
    EXPECT_EQ(formatTime(record.steps[0].start), "2023-11-14T22:13:21.500Z");
    EXPECT_EQ(record.steps[1].arguments, "{\"command\":\"ls\"}");
    EXPECT_EQ(record.steps[1].status, StepStatus::Error);
    EXPECT_EQ(record.steps[3].arguments, "rm -rf x");
    EXPECT_EQ(record.steps[3].status, StepStatus::Unset); // never run
    EXPECT_EQ(record.steps[5].status, StepStatus::Ok);
    EXPECT_EQ(record.steps[6].status, StepStatus::Error);
    ASSERT_EQ(record.decisions.size(), 1U);
    EXPECT_EQ(record.decisions[0].kind, DecisionKind::Reject);
    EXPECT_EQ(record.decisions[0].stepId, "m4.c1");
    EXPECT_EQ(record.decisions[0].target, "rm -rf x");
    EXPECT_EQ(record.decisions[0].reason, "keep x");
    EXPECT_EQ(store.body("django-1", {}).messages.back().role, "user"); // both commands have their observation already
    EXPECT_EQ(store.body("django-1", "m2.c1").output, "<returncode>2</returncode><output>no</output>");
}

TEST_F(MiniSweAgent, theMessagesOfTheResponsesApi)
{
    const auto store = read(
        write("x.traj.json", R"({"trajectory_format": "mini-swe-agent-2", "info": {"exit_status": "Submitted"}, "messages": [
      {"role": "system", "content": "s"}, {"role": "user", "content": "u"},
      {"object": "response", "model": "o5", "output": [{"type": "reasoning"}, {"type": "message", "content": [{"type": "output_text", "text": "hi"}]},
        {"type": "function_call", "call_id": "k", "name": "bash", "arguments": "{}"}], "usage": {"input_tokens": 3, "output_tokens": 1}},
      {"type": "function_call_output", "call_id": "k", "output": "done", "extra": {"returncode": 0}}]})"));
    EXPECT_TRUE(store.reader->info().note.contains("newer"));
    const RunRecord& record = store.run("x");
    EXPECT_EQ(record.run.status, StepStatus::Unset);
    ASSERT_EQ(record.steps.size(), 2U);
    EXPECT_EQ(record.steps[0].outputText, "hi");
    EXPECT_EQ(record.steps[0].model, "o5");
    EXPECT_EQ(record.run.promptTokens, 3);
    EXPECT_EQ(record.steps[1].result, "done");
}

TEST_F(MiniSweAgent, otherListsOfMessagesAreNotTaken)
{
    EXPECT_FALSE(openStore(write("chat.json", R"([{"role": "system", "content": "s"}, {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "```bash\nls\n```"}])"),
                           {}));
    EXPECT_FALSE(openStore(write("own.json", R"({"info": {}, "messages": []})"), {}));
}

TEST_F(MiniSweAgent, recordedTrajectoriesAgreeWithPython)
{
    const auto path = shared("mini-swe-agent");
    if (path.empty()) GTEST_SKIP() << "there is no folder mini-swe-agent in TACKROOM_SHARED_DATA";
    const auto counted =
        python("import json,sys,glob,re\n"
               "for f in sorted(glob.glob(sys.argv[1]+'/*.traj.json')):\n"
               "  d=json.load(open(f)); a=[m['content'] for m in d if m['role']=='assistant']\n"
               "  print(f,len(a),sum(len(re.findall(r'```mswea_bash_command\\s*\\n(.*?)\\n```',x,re.S)) for x in a),"
               "sum(bool(re.match(r'<returncode>[1-9-]',m['content'])) for m in d if m['role']=='user'),sep='|')",
               path);
    std::size_t files = 0;
    std::istringstream lines(counted);
    for (std::string line; std::getline(lines, line); ++files) {
        const std::filesystem::path file = line.substr(0, line.find('|'));
        const auto store = read(file);
        ASSERT_EQ(store.got.runs.size(), 1U) << file;
        expectWhole(store.got);
        const Counts all = counts(store.got);
        EXPECT_EQ(line.substr(line.find('|')), formatText("|{}|{}|{}", all.llm, all.tools, all.errors)) << file;
    }
    EXPECT_EQ(files, 2U);
    const auto store = read(path / "github_issue.traj.json");
    EXPECT_EQ(store.run("github_issue").steps.at(3).arguments, "ls -la");
    EXPECT_TRUE(store.run("github_issue").run.task.starts_with("Please solve this issue: GitHub Issue: SyntaxError"));
    // The patches beside them are known, and are no runs.
    const auto folder = read(path);
    EXPECT_EQ(folder.got.runs.size(), 2U);
    EXPECT_TRUE(folder.got.skips.empty());
}

} // namespace
} // namespace tackroom::testing
