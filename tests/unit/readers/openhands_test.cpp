// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "tests/unit/readers/filestore.h"

#include <sys/resource.h>

namespace tackroom::testing
{
namespace
{

using OpenHands = FileStoreTest;

/// An action of V0 with what the model answered.
std::string actionV0(int id, const std::string& response, const std::string& call, const std::string& action,
                     const std::string& args)
{
    return formatText(
        R"({{"id": {}, "timestamp": "2025-01-27T22:45:{:02}.5", "source": "agent", "message": "m", "action": "{}", "args": {},
        "tool_call_metadata": {{"function_name": "fn_{}", "tool_call_id": "{}", "model_response": {{"id": "{}", "model": "claude",
        "choices": [{{"message": {{"content": "I do {}.", "tool_calls": [{{"id": "{}", "function": {{"name": "fn", "arguments": "{{\"n\":{}}}"}}}}]}}}}],
        "usage": {{"prompt_tokens": 100, "completion_tokens": 10}}}}}}}})",
        id, id, action, args, action, call, response, response, call, id);
}
std::string observationV0(int id, int cause, const std::string& call, const std::string& what, const std::string& content,
                          const std::string& extras)
{
    return formatText(R"({{"id": {}, "timestamp": "2025-01-27T22:45:{:02}.9", "source": "agent", "message": "", "cause": {},
        "observation": "{}", "content": "{}", "extras": {}, "tool_call_metadata": {{"tool_call_id": "{}"}}}})",
                      id, id, cause, what, content, extras, call);
}

std::string eventsV0()
{
    return R"({"id": 0, "timestamp": "2025-01-27T22:45:00", "source": "user", "message": "x", "action": "message", "args": {"content": "Do it"}},)"
           R"({"id": 1, "timestamp": "2025-01-27T22:45:01", "source": "environment", "message": "", "observation": "agent_state_changed", "content": "", "extras": {"agent_state": "running"}},)" +
           actionV0(2, "r1", "c1", "run", R"({"command": "false", "confirmation_state": "confirmed"})") + "," +
           actionV0(3, "r1", "c2", "read", R"({"path": "p"})") + "," +
           observationV0(4, 2, "c1", "run", "no", R"({"metadata": {"exit_code": 2}})") + "," +
           observationV0(5, 3, "c2", "read", "text", "{}") + "," +
           actionV0(6, "r2", "c3", "run", R"({"command": "rm x", "confirmation_state": "awaiting_confirmation"})") + "," +
           R"({"id": 7, "timestamp": "2025-01-27T22:45:07", "source": "user", "message": "", "action": "change_agent_state", "args": {"agent_state": "user_confirmed"}},)" +
           actionV0(8, "r2", "c3", "run", R"({"command": "rm x", "confirmation_state": "confirmed"})") + "," +
           observationV0(9, 8, "c3", "run", "gone", R"({"metadata": {"exit_code": 0}})") + "," +
           actionV0(10, "r3", "c4", "run", R"({"command": "rm y", "confirmation_state": "awaiting_confirmation"})") + "," +
           observationV0(11, 10, "c4", "user_rejected", "not that", "{}") + "," +
           R"({"id": 12, "timestamp": "2025-01-27T22:45:12", "source": "agent", "message": "All done", "action": "finish", "args": {"final_thought": "All done", "outputs": {}}, "llm_metrics": {"accumulated_cost": 0.25, "accumulated_token_usage": {"prompt_tokens": 777, "completion_tokens": 55}}})";
}

TEST_F(OpenHands, eventsOfV0)
{
    const auto store = read(write("conv.json", "[" + eventsV0() + "]"));
    EXPECT_EQ(store.reader->info().kind, "openhands");
    EXPECT_EQ(store.reader->info().schema, "V0 events");
    expectWhole(store.got);
    const RunRecord& record = store.run("conv");
    EXPECT_EQ(record.run.task, "Do it");
    EXPECT_EQ(record.run.answer, "All done");
    EXPECT_EQ(record.run.costUsd, 0.25);
    EXPECT_EQ(record.run.promptTokens, 777);
    EXPECT_EQ(formatTime(record.run.start), "2025-01-27T22:45:00Z");
    EXPECT_EQ(record.run.status, StepStatus::Unset);
    ASSERT_EQ(record.steps.size(), 9U); // four answers, five calls: two of one answer, one confirmed and not twice
    EXPECT_EQ(record.steps[0].model, "claude");
    EXPECT_EQ(record.steps[0].promptTokens, 100);
    EXPECT_EQ(record.steps[0].outputText, "I do r1.");
    EXPECT_EQ(record.steps[1].toolName, "fn_run");
    EXPECT_EQ(record.steps[1].arguments, "{\"n\":2}");
    EXPECT_EQ(record.steps[1].status, StepStatus::Error);
    EXPECT_EQ(record.steps[2].parentId, "m1");
    EXPECT_EQ(record.steps[2].result, "text");
    EXPECT_EQ(record.steps[2].status, StepStatus::Ok);
    EXPECT_GT(record.steps[2].end, record.steps[2].start);
    ASSERT_EQ(record.decisions.size(), 2U);
    EXPECT_EQ(record.decisions[0].kind, DecisionKind::Approve);
    EXPECT_EQ(record.decisions[0].target, "fn_run");
    EXPECT_EQ(step(record, record.decisions[0].stepId).result, "gone");
    EXPECT_EQ(record.decisions[1].kind, DecisionKind::Reject);
    EXPECT_EQ(record.decisions[1].reason, "not that");
    EXPECT_EQ(step(record, record.decisions[1].stepId).result, "not that");
    EXPECT_EQ(store.body("conv", "m1.c2").output, "text");
    EXPECT_EQ(store.body("conv", {}).messages.at(1).toolCalls.size(), 2U);

    // The same as the web page hands it out; cut off; and an event a file.
    EXPECT_EQ(counts(read(write("t.json", "{\"trajectory\": [" + eventsV0() + "]}")).got), counts(store.got));
    const std::string whole = "[" + eventsV0();
    const auto cut = read(write("cut.json", whole.substr(0, whole.size() - 40)));
    ASSERT_EQ(cut.got.runs.size(), 1U);
    EXPECT_EQ(cut.run("cut").steps.size(), 7U);
    EXPECT_EQ(cut.run("cut").run.key, record.run.key); // it is the conversation that began so
    EXPECT_EQ(cut.got.skips.size(), 1U);
}

TEST_F(OpenHands, anEventAFileOfV0)
{
    for (int i = 0; i < 12; ++i) // 10.json stands before 2.json by name
        writeBelow(
            formatText("sessions/abc/events/{}.json", i),
            i == 0
                ? R"({"id": 0, "timestamp": "2025-01-27T22:00:00", "source": "user", "message": "x", "action": "message", "args": {"content": "Do it"}})"
                : actionV0(i, formatText("r{}", i), formatText("c{}", i), "run", "{}"));
    const auto store = read(file("sessions"));
    ASSERT_EQ(store.got.runs.size(), 1U);
    const RunRecord& record = store.run("abc");
    ASSERT_EQ(record.steps.size(), 22U);
    EXPECT_EQ(record.steps[2].outputText, "I do r2.");
    EXPECT_EQ(record.steps[20].outputText, "I do r11.");
    EXPECT_EQ(store.body("abc", "m1").messages.size(), 2U);
}

TEST_F(OpenHands, manyFilesAreReadWithFewDescriptors)
{
    for (int i = 0; i < 300; ++i)
        writeBelow(formatText("sessions/abc/events/{}.json", i),
                   actionV0(i, formatText("r{}", i), formatText("c{}", i), "run", "{}"));
    struct rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit few{.rlim_cur = 200, .rlim_max = before.rlim_max}; // the reader's process has 256
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    const auto store = read(file("sessions"));
    const Body body = store.body("abc", {});
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(store.got.skips.empty());
    EXPECT_EQ(store.run("abc").steps.size(), 600U);
    EXPECT_EQ(body.messages.size(), 300U);
}

std::string eventV1(int id, const std::string& kind, const std::string& source, const std::string& more)
{
    return formatText(R"({{"id": "e{}", "timestamp": "2026-09-23T09:42:{:02}.1", "source": "{}", "kind": "{}", {}}})", id, id,
                      source, kind, more);
}
std::string actionV1(int id, const std::string& response, const std::string& call, const std::string& tool)
{
    return eventV1(
        id, "ActionEvent", "agent",
        formatText(
            R"("thought": [{{"type": "text", "text": "I think {}"}}], "reasoning_content": "because", "action": {{"kind": "A"}},
            "tool_name": "{}", "tool_call_id": "{}", "tool_call": {{"id": "{}", "name": "{}", "arguments": "{{\"a\":{}}}"}}, "llm_response_id": "{}",
            "critic_result": {{"score": 0.5, "message": "so so"}})",
            id, tool, call, call, tool, id, response));
}

TEST_F(OpenHands, aConversationOfV1)
{
    const std::string folder = "conversations/5db1/";
    writeBelow(
        folder + "base_state.json",
        R"({"id": "5db134a6", "agent": {"llm": {"model": "gpt-5"}, "kind": "Agent"}, "workspace": {"kind": "LocalWorkspace"},
        "max_iterations": 500, "execution_status": "stuck", "stats": {"usage_to_metrics": {"agent": {"accumulated_cost": 0.5, "accumulated_token_usage": {"prompt_tokens": 40, "completion_tokens": 4}},
        "condenser": {"accumulated_cost": 0.25, "accumulated_token_usage": {"prompt_tokens": 2, "completion_tokens": 1}}}}})");
    const std::vector<std::string> events{
        eventV1(0, "SystemPromptEvent", "agent", R"("system_prompt": {"type": "text", "text": "You are"}, "tools": [])"),
        eventV1(1, "MessageEvent", "user",
                R"("llm_message": {"role": "user", "content": [{"type": "text", "text": "Do it"}]})"),
        actionV1(2, "r1", "c1", "terminal"),
        actionV1(3, "r1", "c2", "file_editor"),
        eventV1(4, "ObservationEvent", "environment", R"("tool_name": "terminal", "tool_call_id": "c1", "action_id": "e2",
            "observation": {"content": [{"type": "text", "text": "boom"}], "is_error": false, "exit_code": 1, "kind": "T"})"),
        eventV1(5, "UserRejectObservation", "user",
                R"("tool_name": "file_editor", "tool_call_id": "c2", "action_id": "e3", "rejection_reason": "never")"),
        eventV1(6, "ConversationStateUpdateEvent", "environment",
                R"("key": "execution_status", "value": "waiting_for_confirmation")"),
        actionV1(7, "r2", "c3", "terminal"),
        eventV1(8, "ConversationStateUpdateEvent", "environment",
                R"("key": "execution_status", "value": "waiting_for_confirmation")"),
        eventV1(9, "ConversationStateUpdateEvent", "environment", R"("key": "execution_status", "value": "running")"),
        eventV1(10, "AgentErrorEvent", "agent", R"("tool_name": "terminal", "tool_call_id": "c3", "error": "no such tool")"),
        eventV1(11, "UserRejectObservation", "environment",
                R"("tool_name": "x", "tool_call_id": "c9", "rejection_reason": "hook says no", "rejection_source": "hook")"),
        eventV1(12, "SomethingNewEvent", "agent", R"("x": 1)"),
        eventV1(
            13, "MessageEvent", "agent",
            R"("llm_message": {"role": "assistant", "content": [{"type": "text", "text": "Bye"}]}, "llm_response_id": "r3")"),
    };
    for (std::size_t i = 0; i < events.size(); ++i)
        writeBelow(formatText("{}events/event-{:05}-aa.json", folder, i), events[i]);
    const auto store = read(file("conversations"));
    ASSERT_EQ(store.got.runs.size(), 1U);
    EXPECT_TRUE(store.got.skips.empty());
    expectWhole(store.got);
    const RunRecord& record = store.run("5db134a6");
    EXPECT_EQ(record.run.sessionId, "5db134a6");
    EXPECT_EQ(record.run.task, "Do it");
    EXPECT_EQ(record.run.answer, "Bye");
    EXPECT_EQ(record.run.promptTokens, 42);
    EXPECT_EQ(record.run.costUsd, 0.75);
    EXPECT_EQ(record.run.status, StepStatus::Error);
    EXPECT_EQ(score(record, "execution_status").label, "stuck");
    EXPECT_EQ(record.steps[0].model, "gpt-5");
    EXPECT_EQ(record.steps[0].outputText, "because\nI think 2");
    EXPECT_EQ(record.steps[1].toolName, "terminal");
    EXPECT_EQ(record.steps[1].arguments, "{\"a\":2}");
    EXPECT_EQ(record.steps[1].status, StepStatus::Error);
    EXPECT_EQ(record.steps[2].result, "rejected: never");
    EXPECT_EQ(record.steps[2].status, StepStatus::Ok);
    EXPECT_EQ(step(record, "m5.c1").errorText, "no such tool");
    EXPECT_EQ(std::ranges::count(record.steps, StepKind::Llm, &Step::kind), 3);
    ASSERT_EQ(record.decisions.size(), 2U);
    EXPECT_EQ(record.decisions[0].kind, DecisionKind::Reject);
    EXPECT_EQ(record.decisions[0].stepId, "m2.c2");
    EXPECT_EQ(record.decisions[0].reason, "never");
    EXPECT_EQ(record.decisions[1].kind, DecisionKind::Approve);
    EXPECT_EQ(record.decisions[1].stepId, "m5.c1");
    EXPECT_EQ(score(record, "critic").value, 0.5);
    EXPECT_EQ(score(record, "critic").says, Outcome::Unknown);
    EXPECT_EQ(store.body("5db134a6", "m2.c1").output, "boom");
    // The conversation's own folder is a store as well.
    EXPECT_EQ(counts(read(file("conversations/5db1")).got), counts(store.got));
}

TEST_F(OpenHands, evaluationsAreALineARun)
{
    const auto line = [](const std::string& id, const std::string& more) {
        return formatText(
            R"({{"instance_id": "{}", "instruction": "Solve", "metadata": {{"agent_class": "CodeActAgent", "llm_config": {{"model": "gpt"}}, "dataset": "SWE", "git_commit": "abc"}},
"history": [[{}, {}]], "metrics": {{"accumulated_cost": 2.5}}, {}}})",
            id, actionV0(2, "r", "c", "run", "{}"), observationV0(3, 2, "c", "run", "ok", "{}"), more);
    };
    const auto one = [&](const std::string& id, const std::string& more) {
        std::string text = line(id, more);
        std::ranges::replace(text, '\n', ' ');
        return text + "\n";
    };
    const auto path =
        write("output.jsonl",
              one("a", R"("test_result": {"git_patch": "d", "report": {"resolved": true}}, "error": null)") +
                  one("b", R"("test_result": {"git_patch": ""}, "report": {"resolved": false}, "error": "AgentStuck: x")") +
                  "half of a line\n" + one("c", R"("test_result": {"git_patch": ""}, "error": null)"));
    const auto store = read(path);
    EXPECT_EQ(store.reader->info().schema, "evaluation");
    EXPECT_EQ(store.got.runs.size(), 3U);
    EXPECT_EQ(store.got.skips.size(), 1U);
    const RunRecord& record = store.run("a");
    EXPECT_EQ(score(record, "resolved").says, Outcome::Success);
    EXPECT_EQ(score(record, "resolved").weight, OutcomeSource::Verifier);
    EXPECT_EQ(record.run.task, "Solve");
    EXPECT_EQ(record.run.costUsd, 2.5);
    EXPECT_EQ(record.run.harnessVersion, "abc");
    EXPECT_EQ(record.run.agentName, "CodeActAgent");
    EXPECT_EQ(record.steps.size(), 2U);
    EXPECT_EQ(score(store.run("b"), "resolved").says, Outcome::Failure);
    EXPECT_EQ(store.run("b").run.status, StepStatus::Error);
    EXPECT_TRUE(store.run("c").scores.empty());
    EXPECT_EQ(store.body("b", "m0.c1").output, "ok");
}

/// Answers (by response, or by event where there is none), calls, their tokens, and errors, in Python.
TEST_F(OpenHands, recordedConversationsAgreeWithPython)
{
    const auto path = shared("openhands");
    if (path.empty()) GTEST_SKIP() << "there is no folder openhands in TACKROOM_SHARED_DATA";
    const auto counted =
        python("import json,sys,glob\n"
               "for f in sorted(glob.glob(sys.argv[1]+'/*.json')):\n"
               "  d=json.load(open(f)); a=[e for e in d if e['source']=='agent' and 'action' in e]\n"
               "  r={e.get('tool_call_metadata',{}).get('model_response',{}).get('id',e['id']):e for e in a}\n"
               "  u=[e['tool_call_metadata']['model_response']['usage'] for e in r.values() if 'tool_call_metadata' in e]\n"
               "  x=sum(e.get('observation')=='error' or ((e.get('extras') or {}).get('metadata') or {}).get('exit_code',0)>0 "
               "for e in d)\n"
               "  print(f,len(r),sum('tool_call_metadata' in e for e in a),x,sum(q['prompt_tokens'] for q in u),"
               "sum(q['completion_tokens'] for q in u),sep='|')",
               path);
    std::size_t files = 0;
    std::istringstream lines(counted);
    for (std::string line; std::getline(lines, line); ++files) {
        const std::filesystem::path file = line.substr(0, line.find('|'));
        const auto store = read(file);
        ASSERT_EQ(store.got.runs.size(), 1U) << file;
        expectWhole(store.got);
        const Counts all = counts(store.got);
        const auto& run = store.got.runs.begin()->second.run;
        EXPECT_EQ(line.substr(line.find('|')),
                  formatText("|{}|{}|{}|{}|{}", all.llm, all.tools, all.errors, run.promptTokens, run.completionTokens))
            << file;
        EXPECT_NE(run.start, 0);
    }
    EXPECT_EQ(files, 4U);
    EXPECT_EQ(read(path / "basic_interactions.json").run("basic_interactions").run.task, "what's 1+1?");
}

} // namespace
} // namespace tackroom::testing
