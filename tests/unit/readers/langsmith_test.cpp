// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "core/traces/versionrule.h"
#include "tests/unit/readers/collector.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace tackroom::testing
{
namespace
{

class LangSmith : public FolderTest
{
protected:
    Collector read(const std::filesystem::path& path, const std::string& kind = "langsmith")
    {
        Collector got;
        auto reader = openStore(path, {});
        EXPECT_TRUE(reader) << textOf(reader.error());
        if (!reader) return got;
        EXPECT_EQ((*reader)->info().kind, kind);
        const auto done = (*reader)->ingest({}, got, {});
        EXPECT_TRUE(done) << textOf(done.error());
        return got;
    }
    static Body body(const std::filesystem::path& path, const RunRecord& record, const std::string& step)
    {
        auto reader = openStore(path, {});
        EXPECT_TRUE(reader);
        if (!reader) return {};
        auto body = (*reader)->fetch(RunAddress(record.run), step, 1'000'000);
        EXPECT_TRUE(body) << textOf(body.error());
        return body ? *body : Body{};
    }
    static std::filesystem::path shared()
    {
        const char* data = std::getenv("TACKROOM_SHARED_DATA");
        return data ? std::filesystem::path(data) / "langsmith" : std::filesystem::path();
    }
};

struct ExpectedLangSmith {
    std::string_view file, id, task, answerBegins, model;
    std::int64_t promptTokens, completionTokens, durationMs;
};

// Read with python3 json: post[0].inputs.messages, patch[0].outputs.choices[0].message and usage_metadata, end_time -
// start_time.
constexpr ExpectedLangSmith kLangSmithFiles[] = {
    {"langsmith_py_wrap_openai_.json", "d0d84d31-923d-4cb5-94a8-40a0a0087578", "howdy", "Howdy! How can I assist you today?",
     "gpt-4o-mini", 9, 9, 1118},
    {"langsmith_py_wrap_openai_reasoning.json", "a8b34ded-ccd2-4fb7-bccb-9cd625066a14",
     "Write a bash script that takes a matrix", "Certainly! Below is a **Bash script**", "o1-mini", 43, 2497, 15138},
    {"langsmith_py_wrap_openai_stream.json", "fe8ffecb-72ce-4cd2-bdb7-01f34654c391", "howdy",
     "Howdy! How can I assist you today?", "gpt-4o-mini", 9, 9, 1328},
};

TEST_F(LangSmith, realPostAndPatchBodies)
{
    if (!std::filesystem::is_directory(shared()))
        GTEST_SKIP() << "there are no recorded LangSmith bodies (TACKROOM_SHARED_DATA)";
    for (const ExpectedLangSmith& expected : kLangSmithFiles) {
        const auto path = shared() / expected.file;
        const Collector got = read(path);
        ASSERT_EQ(got.runs.size(), 1U) << path;
        const RunRecord& record = got.runs.begin()->second;
        const tackroom::Run& run = record.run;
        std::cout << formatText(
            "{:42} runs {} steps {} errors {} scores {} decisions {} tokens {}/{} version {} ({}): {} -> {}\n", expected.file,
            got.runs.size(), record.steps.size(), run.errorCount, record.scores.size(), record.decisions.size(),
            run.promptTokens, run.completionTokens, run.harnessVersion, run.harnessVersionSource, run.task.substr(0, 40),
            run.answer.substr(0, 40));
        EXPECT_EQ(run.nativeId, expected.id);
        EXPECT_TRUE(got.skips.empty());
        ASSERT_EQ(record.steps.size(), 1U); // the patch is the same run
        EXPECT_EQ(record.steps[0].kind, StepKind::Llm);
        EXPECT_EQ(record.steps[0].name, "ChatOpenAI");
        EXPECT_EQ(record.steps[0].model, expected.model);
        EXPECT_EQ((record.steps[0].end - record.steps[0].start) / 1'000'000, expected.durationMs);
        EXPECT_EQ(run.status, StepStatus::Ok);
        EXPECT_EQ(run.project, "default");
        EXPECT_EQ(run.harnessVersion, "v0.1.82-381-g03d9e1a-dirty");
        EXPECT_EQ(run.harnessVersionSource, "commit key: revision_id");
        EXPECT_TRUE(run.task.starts_with(expected.task)) << run.task;
        EXPECT_TRUE(run.answer.starts_with(expected.answerBegins)) << run.answer;
        EXPECT_EQ(run.promptTokens, expected.promptTokens);
        EXPECT_EQ(run.completionTokens, expected.completionTokens);
        const Body said = body(path, record, record.steps[0].nativeId);
        ASSERT_EQ(said.messages.size(), 2U);
        EXPECT_EQ(said.messages[0].role, "user");
        EXPECT_EQ(said.messages[1].role, "assistant");
        EXPECT_TRUE(said.raw.contains("usage_metadata"));
    }
}

constexpr const char* kRuns =
    R"x({"id":"r","name":"LangGraph","run_type":"chain","start_time":"2026-01-01T00:00:00.000000","end_time":"2026-01-01T00:00:09.000000","trace_id":"r","dotted_order":"20260101T000000000000Zr","inputs":{"messages":[{"role":"user","content":"refund 7"}]},"outputs":{"messages":[{"type":"human","content":"refund 7"},{"type":"ai","content":"done"}]},"extra":{"metadata":{"thread_id":"th","user_id":"u1","ls_agent_type":"root"}},"error":null,"status":"success","session_id":"proj","prompt_tokens":30,"completion_tokens":6,"total_cost":"0.5","feedback_stats":{"correct":{"n":2,"avg":0.5,"values":{}}}}
{"id":"l1","name":"ChatOpenAI","run_type":"llm","start_time":"2026-01-01T00:00:01","end_time":"2026-01-01T00:00:02","trace_id":"r","parent_run_id":"r","dotted_order":"20260101T000000000000Zr.20260101T000001000000Zl1","inputs":{"messages":[[{"lc":1,"type":"constructor","id":["langchain","schema","messages","HumanMessage"],"kwargs":{"content":"refund 7","type":"human"}}]]},"outputs":{"generations":[[{"text":"","message":{"lc":1,"type":"constructor","id":["langchain","schema","messages","AIMessage"],"kwargs":{"content":"","tool_calls":[{"name":"refund","args":{"id":7},"id":"c1","type":"tool_call"}],"usage_metadata":{"input_tokens":10,"output_tokens":2}}}}]],"llm_output":null},"extra":{"metadata":{"ls_model_name":"gpt-5"},"invocation_params":{"model":"x"}},"error":null}
{"id":"t1","name":"refund","run_type":"tool","start_time":"2026-01-01T00:00:03","end_time":"2026-01-01T00:00:04","trace_id":"r","dotted_order":"20260101T000000000000Zr.20260101T000003000000Zt1","inputs":{"input":"{'id': 7}"},"outputs":{"output":{"type":"tool","content":"no such order","tool_call_id":"c1","status":"error"}},"extra":{},"error":null}
{"id":"l2","name":"ChatOpenAI","run_type":"llm","start_time":"2026-01-01T00:00:05","end_time":"2026-01-01T00:00:06","trace_id":"r","parent_run_id":"r","dotted_order":"x","inputs":{"messages":[[{"type":"human","data":{"content":"refund 7"}},{"type":"ai","data":{"content":"","tool_calls":[{"name":"refund","args":{"id":7},"id":"c1"}]}},{"type":"tool","data":{"content":"no such order","tool_call_id":"c1"}}]]},"outputs":{"generations":[[{"text":"done"}]],"llm_output":{"token_usage":{"prompt_tokens":20,"completion_tokens":4}}},"error":null}
{"id":"q","name":"bot","run_type":"chain","start_time":1767312000000,"end_time":1767312001000,"trace_id":"q","dotted_order":"20260102T000000000000Zq","inputs":{"question":"who"},"outputs":null,"error":"openai.RateLimitError(\"too many\")Traceback (most recent call last): x","extra":{"metadata":{"git_commit":"abc1234","revision_id":"zzz"}}}
{"id":"g","name":"bot","run_type":"chain","start_time":"2026-01-03T00:00:00Z","end_time":"2026-01-03T00:00:01Z","trace_id":"g","dotted_order":"20260103T000000000000Zg","inputs":{"input":"pay"},"outputs":{"output":"asking"},"error":"GraphInterrupt((Interrupt(value='ok?'),))"}
{"id":"f1","run_id":"r","key":"correctness","score":0.0,"value":"wrong","comment":"not refunded","correction":{"answer":"refused"},"created_at":"2026-01-04T00:00:00","feedback_source":{"type":"app","user_name":"ann"}}
{"id":"f2","run_id":"l2","key":"user_score","score":true,"created_at":"2026-01-04T00:00:00","feedback_source":{"type":"api"}}
{"id":"f3","run_id":"gone","key":"x","score":1,"feedback_source":{"type":"model"}}
)x";

TEST_F(LangSmith, runsAndFeedbackOfATrace)
{
    const auto path = write("runs.jsonl", kRuns);
    const Collector got = read(path);
    EXPECT_EQ(got.order, (std::vector<std::string>{"g", "q", "r"}));
    ASSERT_EQ(got.runs.size(), 3U);
    const RunRecord& record = got.runs.at("r");
    const tackroom::Run& run = record.run;
    EXPECT_EQ(run.sessionId, "th");
    EXPECT_EQ(run.userId, "u1");
    EXPECT_EQ(run.project, "proj");
    EXPECT_EQ(run.agentName, "LangGraph");
    EXPECT_EQ(run.task, "refund 7");
    EXPECT_EQ(run.answer, "done");
    EXPECT_EQ(run.status, StepStatus::Ok);
    EXPECT_EQ(run.promptTokens, 30);
    EXPECT_EQ(run.completionTokens, 6);
    EXPECT_EQ(run.costUsd, 0.5);
    EXPECT_EQ(run.errorCount, 1);
    ASSERT_EQ(record.steps.size(), 4U);
    EXPECT_EQ(record.steps[0].kind, StepKind::Agent);
    EXPECT_EQ(record.steps[1].model, "gpt-5");
    EXPECT_EQ(record.steps[1].promptTokens, 10);
    EXPECT_EQ(record.steps[2].parentId, "r"); // of the dotted order
    EXPECT_EQ(record.steps[2].toolName, "refund");
    EXPECT_EQ(record.steps[2].arguments, "{'id': 7}");
    EXPECT_EQ(record.steps[2].result, "no such order");
    EXPECT_EQ(record.steps[2].status, StepStatus::Error);
    EXPECT_EQ(record.steps[3].completionTokens, 4);
    ASSERT_EQ(record.scores.size(), 3U);
    const auto stats = std::ranges::find(record.scores, "correct", &Score::name);
    ASSERT_NE(stats, record.scores.end());
    EXPECT_EQ(stats->value, 0.5);
    EXPECT_EQ(stats->weight, OutcomeSource::None);
    EXPECT_EQ(stats->explanation, "average of 2");
    const auto human = std::ranges::find(record.scores, "correctness", &Score::name);
    ASSERT_NE(human, record.scores.end());
    EXPECT_EQ(human->by, "ann");
    EXPECT_EQ(human->stepId, "");
    EXPECT_EQ(human->says, Outcome::Failure);
    EXPECT_EQ(human->weight, OutcomeSource::Human);
    const auto user = std::ranges::find(record.scores, "user_score", &Score::name);
    ASSERT_NE(user, record.scores.end());
    EXPECT_EQ(user->stepId, "l2");
    EXPECT_EQ(user->value, 1);
    EXPECT_EQ(user->weight, OutcomeSource::Human);
    ASSERT_EQ(record.decisions.size(), 1U);
    EXPECT_EQ(record.decisions[0].kind, DecisionKind::Edit);
    EXPECT_EQ(record.decisions[0].after, "{\"answer\":\"refused\"}");
    ASSERT_EQ(got.skips.size(), 1U);
    EXPECT_TRUE(got.skips[0].second.contains("1 of runs that are not here"));

    const RunRecord& failed = got.runs.at("q");
    EXPECT_EQ(failed.run.status, StepStatus::Error);
    EXPECT_EQ(failed.steps[0].errorType, "openai.RateLimitError");
    EXPECT_EQ(failed.run.start, 1'767'312'000'000'000'000);
    EXPECT_EQ(failed.run.task, "who");
    EXPECT_EQ(failed.run.harnessVersion, "abc1234");
    EXPECT_EQ(got.runs.at("g").run.status, StepStatus::Unset); // asks a person: no error
    EXPECT_EQ(got.runs.at("g").run.errorCount, 0);
    EXPECT_EQ(got.runs.at("g").run.answer, "asking");
}

TEST_F(LangSmith, bodiesOfATrace)
{
    const auto path = write("runs.jsonl", kRuns);
    const Collector got = read(path);
    const RunRecord& record = got.runs.at("r");
    const Body whole = body(path, record, "");
    ASSERT_EQ(whole.messages.size(), 4U);
    EXPECT_EQ(whole.messages[0].content, "refund 7");
    ASSERT_EQ(whole.messages[1].toolCalls.size(), 1U);
    EXPECT_EQ(whole.messages[1].toolCalls[0].arguments, "{\"id\":7}");
    EXPECT_EQ(whole.messages[2].role, "tool");
    EXPECT_EQ(whole.messages[3].content, "done");
    EXPECT_EQ(whole.messages[3].stepId, "l2");
    const Body tool = body(path, record, "t1");
    EXPECT_EQ(tool.input, "{'id': 7}");
    EXPECT_EQ(tool.output, "no such order");
    EXPECT_EQ(body(path, record, "l2").messages.size(), 4U);
}

TEST_F(LangSmith, anAnswerToAnInterruptIsADecision)
{
    // Two traces of one thread: a graph that stops for a person, and its going on with the answer. Another thread between them.
    const auto root = [](const std::string& id, const std::string& thread, const std::string& time, const std::string& rest) {
        return R"({"id":")" + id + R"(","trace_id":")" + id + R"(","dotted_order":"20260301T080000000000Z)" + id +
               R"(","run_type":"chain","name":"graph","start_time":"2026-03-01T08:)" + time +
               R"(:00","end_time":"2026-03-01T08:)" + time + R"(:30","extra":{"metadata":{"thread_id":")" + thread +
               R"(","user_id":"ana"}},)" + rest + "}\n";
    };
    const std::string stopped =
        R"("inputs":{"messages":[]},"outputs":{"__interrupt__":[{"value":[{"action_request":{"action":"refund","args":{"sum":9}},)"
        R"("description":"d"}],"id":"i1"}]})";
    const auto got = read(write(
        "t.jsonl",
        root("00000000-0000-0000-0000-00000000000a", "t1", "00", stopped) +
            root("00000000-0000-0000-0000-00000000000b", "t2", "01",
                 R"("inputs":{"x":1},"outputs":{"__interrupt__":[{"value":"Other?","id":"i2"}]})") +
            root(
                "00000000-0000-0000-0000-00000000000c", "t1", "02",
                R"("inputs":{"input":{"graph":null,"update":null,"resume":[{"type":"edit","args":{"action":"refund","args":{"sum":5}}}],)"
                R"("goto":[]}},"outputs":{"ok":true})") +
            root("00000000-0000-0000-0000-00000000000e", "t1", "05",
                 R"("inputs":{"x":1},"outputs":{"__interrupt__":[{"value":"Asked later?","id":"i3"}]})") +
            root("00000000-0000-0000-0000-00000000000d", "t3", "03",
                 R"("inputs":{"resume":"a file, no command"},"outputs":{})")));
    ASSERT_EQ(got.runs.size(), 5U);
    const auto& decisions = got.runs.at("00000000-0000-0000-0000-00000000000c").decisions;
    ASSERT_EQ(decisions.size(), 1U);
    EXPECT_EQ(decisions[0].kind, DecisionKind::Edit);
    EXPECT_EQ(decisions[0].target, "tool call: refund");
    EXPECT_EQ(decisions[0].before, "{\"sum\":9}");
    EXPECT_EQ(decisions[0].after, "{\"sum\":5}");
    EXPECT_EQ(decisions[0].by, "ana");
    EXPECT_EQ(formatTime(decisions[0].time), "2026-03-01T08:02:00Z");
    for (const char* id : {"a", "b", "d", "e"})
        EXPECT_TRUE(got.runs.at(std::string("00000000-0000-0000-0000-00000000000") + id).decisions.empty()) << id;
}

TEST_F(LangSmith, patchesInOtherBodiesCompletePosts)
{
    (void)write("1.json",
                R"({"post": [{"id": "a", "name": "n", "run_type": "tool", "start_time": "2026-01-01T00:00:00Z", "trace_id": "a",
        "dotted_order": "20260101T000000000000Za", "inputs": {"x": 1}, "outputs": {}}], "patch": []})");
    (void)write("2.json", R"({"post": [], "patch": [{"id": "a", "trace_id": "a", "dotted_order": "20260101T000000000000Za",
        "end_time": "2026-01-01T00:00:02Z", "outputs": {"output": "ok"}}, {"id": "b", "end_time": "2026-01-01T00:00:02Z"}]})");
    const Collector got = read(file(""), "files");
    ASSERT_EQ(got.runs.size(), 1U);
    const RunRecord& record = got.runs.at("a");
    ASSERT_EQ(record.steps.size(), 1U);
    EXPECT_EQ(record.steps[0].kind, StepKind::Tool);
    EXPECT_EQ(record.steps[0].arguments, "{\"x\":1}");
    EXPECT_EQ(record.steps[0].result, "ok");
    EXPECT_EQ(record.steps[0].status, StepStatus::Ok);
    EXPECT_EQ(record.steps[0].end - record.steps[0].start, 2'000'000'000);
    ASSERT_EQ(got.skips.size(), 1U);
    EXPECT_TRUE(got.skips[0].first.contains("patches"));
}

TEST_F(LangSmith, childRunsListsAndBrokenLines)
{
    const Collector nested =
        read(write("n.json", R"({"runs": [{"id": "a", "name": "n", "run_type": "chain", "start_time": "2026-01-01T00:00:00Z",
        "trace_id": "a", "inputs": {}, "child_runs": [{"id": "b", "name": "m", "run_type": "llm", "start_time": "2026-01-01T00:00:01Z",
        "parent_run_id": "a", "trace_id": "a", "inputs": {"prompts": ["p"]}, "outputs": {"generations": [[{"text": "t"}]]}}]}], "cursors": {}})"));
    ASSERT_EQ(nested.runs.size(), 1U);
    ASSERT_EQ(nested.runs.at("a").steps.size(), 2U);
    EXPECT_EQ(nested.runs.at("a").run.answer, "t");
    std::string lines = kRuns;
    lines.insert(lines.find('\n') + 1, "{\"id\": \"z\", \"trace_id\": oops}\n{\"id\": 3}\n");
    const Collector got = read(write("b.jsonl", lines.substr(0, lines.size() - 20)));
    EXPECT_EQ(got.runs.size(), 3U);
    EXPECT_EQ(got.skips.size(), 3U); // the two and the half-written last one
    const Collector odd = read(write(
        "d.jsonl",
        R"({"id":"a","run_type":"llm","trace_id":"a","start_time":{},"end_time":"never","inputs":[1],"outputs":"x","extra":7,"error":{"e":1},"feedback_stats":[1],"child_runs":[3]}
{"id":"b","run_type":7,"trace_id":"a","dotted_order":".","parent_run_id":"b","inputs":{},"outputs":{"generations":[[]]}}
)"));
    ASSERT_EQ(odd.runs.size(), 1U);
    EXPECT_EQ(odd.runs.at("a").steps.size(), 2U);
    EXPECT_EQ(odd.runs.at("a").steps[0].status, StepStatus::Error);
}

} // namespace
} // namespace tackroom::testing
