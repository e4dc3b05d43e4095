// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/readers/filestore.h"

namespace tackroom::testing
{
namespace
{

using Tau2Bench = FileStoreTest;

// The fields are those of upstream's data models (src/tau2/data_model); there is no real file in the shared data.
constexpr const char* kSimulation =
    R"({"id": "sim-1", "task_id": "7", "trial": 1, "start_time": "2025-06-01T10:00:00", "end_time": "2025-06-01T10:05:00",
 "duration": 300, "termination_reason": "user_stop", "agent_cost": 0.125, "user_cost": 9,
 "reward_info": {"reward": 0.0, "db_check": {"db_match": false, "db_reward": 0.0}, "reward_basis": ["DB", "COMMUNICATE"],
   "reward_breakdown": {"DB": 0.0, "COMMUNICATE": 1.0},
   "action_checks": [{"action": {"action_id": "1", "name": "refund", "arguments": {"n": 1}}, "action_match": false, "action_reward": 0},
     {"action": {"name": "get", "arguments": {}}, "action_match": true, "action_reward": 1}],
   "communicate_checks": [{"info": "42", "met": false, "justification": ""}], "nl_assertions": [{"nl_assertion": "was kind", "met": false, "justification": "rude"}]},
 "review": {"summary": "bad", "agent_error": true, "has_errors": true, "errors": [{"source": "agent", "error_tags": ["wrong_tool"], "turn_idx": 2, "reasoning": "why"}]},
 "messages": [{"role": "assistant", "content": "Hi {[", "turn_idx": 0, "timestamp": "2025-06-01T10:00:01", "usage": {"prompt_tokens": 5, "completion_tokens": 1}},
  {"role": "user", "content": "My phone \" is dead", "turn_idx": 1},
  {"role": "assistant", "content": null, "tool_calls": [{"id": "a", "name": "find", "arguments": {"q": 1}, "requestor": "assistant"}], "usage": {"prompt_tokens": 7, "completion_tokens": 2}},
  {"role": "tool", "id": "a", "content": "none", "requestor": "assistant", "error": true},
  {"role": "user", "content": "I toggle", "tool_calls": [{"id": "u", "name": "toggle_data", "arguments": {}, "requestor": "user"}]},
  {"role": "tool", "tool_messages": [{"role": "tool", "id": "u", "content": "on", "requestor": "user", "error": false}]},
  {"role": "assistant", "content": "Bye", "usage": null}]})";

std::string results(const std::string& simulations)
{
    return std::string(
               R"({"timestamp": "2025", "info": {"git_commit": "abc", "agent_info": {"implementation": "llm_agent", "llm": "gpt-4.1"},
        "environment_info": {"domain_name": "telecom", "policy": "be \"good\" {["}}, "tasks": [{"id": "7", "x": ["simulations"]}], "simulations": [)") +
           simulations + "]}";
}

void expectSimulation(const RunRecord& record)
{
    EXPECT_EQ(record.run.task, "My phone \" is dead");
    EXPECT_EQ(record.run.answer, "Bye");
    EXPECT_EQ(record.run.promptTokens, 12);
    EXPECT_EQ(record.run.completionTokens, 3);
    EXPECT_EQ(record.run.costUsd, 0.125);
    EXPECT_EQ(formatTime(record.run.start), "2025-06-01T10:00:00Z");
    EXPECT_EQ(formatTime(record.run.end), "2025-06-01T10:05:00Z");
    EXPECT_EQ(record.run.status, StepStatus::Unset);
    std::string ids;
    for (const Step& each : record.steps) ids += each.nativeId + " ";
    EXPECT_EQ(ids, "m0 m2 m2.c1 m4 m4.c1 m6 ");
}

TEST_F(Tau2Bench, results)
{
    std::string second = kSimulation;
    second.replace(second.find("sim-1"), 5, "sim-2");
    second.replace(second.find("\"reward\": 0.0"), 13, "\"reward\": 1.0");
    second.replace(second.find("user_stop"), 9, "max_steps");
    const auto store = read(write("r.json", results(std::string(kSimulation) + ", 7, {\"x\": 1}, " + second)));
    EXPECT_EQ(store.reader->info().kind, "tau2-bench");
    EXPECT_EQ(store.reader->info().schema, "results");
    EXPECT_EQ(store.got.order, (std::vector<std::string>{"sim-1", "sim-2"}));
    EXPECT_EQ(store.got.skips.size(), 1U); // the object; what is none cannot be told from a comma
    expectWhole(store.got);
    const RunRecord& record = store.run("sim-1");
    expectSimulation(record);
    EXPECT_EQ(record.run.agentName, "llm_agent");
    EXPECT_EQ(record.run.project, "telecom");
    EXPECT_EQ(record.run.harnessVersion, "abc");
    EXPECT_EQ(record.steps[0].model, "gpt-4.1");
    EXPECT_EQ(record.steps[2].status, StepStatus::Error);
    EXPECT_EQ(record.steps[3].kind, StepKind::Human);
    EXPECT_EQ(record.steps[4].toolName, "toggle_data");
    EXPECT_EQ(record.steps[4].result, "on");
    const Score& reward = score(record, "reward");
    EXPECT_EQ(reward.says, Outcome::Failure);
    EXPECT_EQ(reward.weight, OutcomeSource::Verifier);
    EXPECT_EQ(reward.explanation,
              "DB = 0, COMMUNICATE = 1; the database differs from what was expected; not done: refund({\"n\":1}); "
              "not said: 42; not met: was kind (rude)");
    EXPECT_EQ(score(record, "termination_reason").label, "user_stop");
    EXPECT_EQ(score(record, "review").label, "agent error");
    EXPECT_EQ(score(record, "review error").stepId, "m2");
    EXPECT_EQ(score(record, "review error").label, "agent wrong_tool");
    EXPECT_EQ(score(store.run("sim-2"), "reward").says, Outcome::Success);
    EXPECT_EQ(store.run("sim-2").run.status, StepStatus::Error);

    EXPECT_EQ(store.body("sim-2", {}).messages.size(), 7U);
    EXPECT_EQ(store.body("sim-1", "m4.c1").output, "on");
    EXPECT_EQ(store.body("sim-1", "m2.c1").output, "none");
    EXPECT_EQ(store.body("sim-1", "m2.c1").input, "{\"q\":1}");
}

TEST_F(Tau2Bench, aSimulationAFileAndTicks)
{
    const auto store = read(write("s.json", kSimulation));
    EXPECT_EQ(store.reader->info().schema, "simulation");
    expectSimulation(store.run("sim-1"));
    const auto voice =
        read(write("v.json", R"({"id": "v", "task_id": "1", "termination_reason": "agent_stop", "messages": null, "ticks": [
      {"tick_id": 0, "timestamp": "2025-06-01T10:00:00", "agent_chunk": {"role": "assistant", "content": "Hel"}},
      {"tick_id": 1, "timestamp": "2025-06-01T10:00:01", "agent_chunk": {"role": "assistant", "content": "lo"}, "user_chunk": {"role": "user", "content": ""}},
      {"tick_id": 2, "timestamp": "2025-06-01T10:00:02", "user_chunk": {"role": "user", "content": "Hi"}},
      {"tick_id": 3, "timestamp": "2025-06-01T10:00:03", "agent_tool_calls": [{"id": "a", "name": "f", "arguments": {}}],
       "agent_tool_results": [{"id": "a", "role": "tool", "content": "ok", "requestor": "assistant"}]}]})"));
    const RunRecord& record = voice.run("v");
    ASSERT_EQ(record.steps.size(), 3U);
    EXPECT_EQ(record.steps[0].outputText, "Hello");
    EXPECT_EQ(record.steps[2].result, "ok");
    EXPECT_EQ(record.run.task, "Hi");
}

TEST_F(Tau2Bench, aCutFileKeepsWhatCameBefore)
{
    const std::string whole = results(std::string(kSimulation) + "," + kSimulation);
    const auto store = read(write("cut.json", whole.substr(0, whole.size() - 400)));
    EXPECT_EQ(store.got.runs.size(), 1U);
    ASSERT_EQ(store.got.skips.size(), 1U);
    EXPECT_EQ(store.got.skips[0].first, "the rest of the file");
    const auto begun = read(write("begun.json", results("")));
    EXPECT_TRUE(begun.got.runs.empty());
    EXPECT_TRUE(begun.got.skips.empty());
}

} // namespace
} // namespace tackroom::testing
