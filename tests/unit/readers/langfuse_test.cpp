// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "core/traces/versionrule.h"
#include "tests/unit/readers/collector.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace tackroom::testing
{
namespace
{

class Langfuse : public FolderTest
{
protected:
    Collector read(const std::filesystem::path& path, const std::string& kind = "langfuse")
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
        return data ? std::filesystem::path(data) / "langfuse" : std::filesystem::path();
    }
    static const Step* step(const RunRecord& record, std::string_view id)
    {
        const auto found = std::ranges::find(record.steps, id, &Step::nativeId);
        EXPECT_NE(found, record.steps.end()) << id;
        return found == record.steps.end() ? nullptr : &*found;
    }
};

struct ExpectedLangfuse {
    std::string_view file, id;
    std::size_t steps, llm, tools, scores, decisions;
    std::string_view task, answerBegins;
    std::int64_t promptTokens, completionTokens;
};

// Counted with python3: len(observations), type or metadata's attributes, len(trace.scores), len(trace.corrections); tokens are
// usageDetails input and output summed over the observations that have no observation with usage below them.
constexpr ExpectedLangfuse kLangfuseFiles[] = {
    {"agno-2025-06-11", "080130871f53145aecf7c29d5dfb6e4c", 6, 2, 1, 0, 0, "What is currently trending on Twitter?",
     "To find out", 826, 245},
    {"autogen-2025-06-06", "1b72c51fabed12ae7df83bfd4a09f545", 2, 1, 0, 0, 0, "Say 'Hello World!'", "Hello World!", 41, 3},
    {"claude-agent-2025-12-22", "097f1d8982fa909b8cffb14a166ec272", 7, 4, 2, 3, 0,
     "What's the weather like in Berlin and New York?", "Great! Here's", 34, 232},
    {"crewai-2025-07-11", "a287bb31e317433610d8827617471140", 6, 1, 0, 2, 0, "\nCurrent Task: Define the HTML", "```html", 190,
     164},
    {"google-adk-2025-08-28", "b82a0bdc1994fc5d1c8576ca032543f7", 5, 2, 1, 2, 0, "hi", "Hello Langfuse", 67, 9},
    {"langgraph-python-2025-08-22", "e1fde3efec57ce8a69bafd3fb928a7eb", 9, 2, 1, 2, 0,
     "Search the web for 'example' and summarize.", "The search for", 168, 66},
    {"microsoft-agent-2025-12-17", "8e419d3288419b5d944270505640e183", 4, 2, 1, 3, 0, "What's the weather in Tokyo?",
     "Current conditions", 293, 106},
    {"openai-agents-2025-09-30", "fee618f96dc31e0ca38b2f7b26eb8b29", 5, 2, 1, 2, 0, "What's the weather in Tokyo?",
     "The weather in Tokyo", 140, 44},
    {"pydantic-ai-2025-06-06", "25f4bdeebaab60e6e1bee7e8469554bc", 3, 1, 0, 0, 1, "What is Langfuse?", "Langfuse is a tool", 31,
     96},
    {"vercel-aisdk-2025-11-17", "df41e597d0a85e0d7a6ae8ebfaa70aa0", 3, 1, 1, 2, 0,
     "What is the weather like today in San Francisco?", "", 62, 85},
};

TEST_F(Langfuse, realTracesOfTenFrameworks)
{
    if (!std::filesystem::is_directory(shared()))
        GTEST_SKIP() << "there are no recorded Langfuse traces (TACKROOM_SHARED_DATA)";
    for (const ExpectedLangfuse& expected : kLangfuseFiles) {
        const auto path = shared() / (std::string(expected.file) + ".trace.json");
        const Collector got = read(path);
        ASSERT_EQ(got.runs.size(), 1U) << path;
        const RunRecord& record = got.runs.begin()->second;
        const tackroom::Run& run = record.run;
        std::cout << formatText("{:28} runs {} steps {} errors {} scores {} decisions {} tokens {}/{} cost {:.6f}: {} -> {}\n",
                                expected.file, got.runs.size(), record.steps.size(), run.errorCount, record.scores.size(),
                                record.decisions.size(), run.promptTokens, run.completionTokens, run.costUsd.value_or(0),
                                run.task.substr(0, 40), run.answer.substr(0, 40));
        EXPECT_EQ(run.nativeId, expected.id);
        EXPECT_TRUE(got.skips.empty());
        EXPECT_EQ(record.steps.size(), expected.steps) << path;
        EXPECT_EQ(std::ranges::count(record.steps, StepKind::Llm, &Step::kind), expected.llm) << path;
        EXPECT_EQ(std::ranges::count(record.steps, StepKind::Tool, &Step::kind), expected.tools) << path;
        EXPECT_EQ(run.errorCount, 0);
        EXPECT_EQ(record.scores.size(), expected.scores) << path;
        EXPECT_EQ(record.decisions.size(), expected.decisions) << path;
        EXPECT_TRUE(run.task.starts_with(expected.task)) << path << ": " << run.task;
        EXPECT_TRUE(run.answer.starts_with(expected.answerBegins)) << path << ": " << run.answer;
        EXPECT_EQ(run.promptTokens, expected.promptTokens) << path;
        EXPECT_EQ(run.completionTokens, expected.completionTokens) << path;
        EXPECT_GT(run.start, 1'740'000'000'000'000'000) << path;
        EXPECT_GT(run.end, run.start) << path;
    }
}

TEST_F(Langfuse, realTraceInDetail)
{
    if (!std::filesystem::is_directory(shared()))
        GTEST_SKIP() << "there are no recorded Langfuse traces (TACKROOM_SHARED_DATA)";
    const auto path = shared() / "claude-agent-2025-12-22.trace.json";
    const Collector got = read(path);
    ASSERT_EQ(got.runs.size(), 1U);
    const RunRecord& record = got.runs.begin()->second;
    const Step* tool = step(record, "edbd987c5f361fdf");
    ASSERT_TRUE(tool);
    EXPECT_EQ(tool->kind, StepKind::Tool);
    EXPECT_EQ(tool->toolName, "mcp__weather__get_weather");
    EXPECT_EQ(tool->parentId, "805dc5dff9e33e32");
    EXPECT_EQ(tool->arguments, R"({"input":{"city":"New York"}})");
    ASSERT_EQ(record.scores.size(), 3U);
    const auto score = std::ranges::find(record.scores, "correctness", &Score::name);
    ASSERT_NE(score, record.scores.end());
    EXPECT_EQ(score->value, 0);
    EXPECT_EQ(score->annotator, Annotator::Llm);
    EXPECT_EQ(score->says, Outcome::Failure);
    EXPECT_TRUE(score->explanation.starts_with("The generation does not provide"));
    // Bodies: the call that the model made, in its own step; the conversation of the run holds both calls once.
    const Body said = body(path, record, "2cc13e77781787fd");
    ASSERT_FALSE(said.messages.empty());
    ASSERT_EQ(said.messages.back().toolCalls.size(), 1U);
    EXPECT_EQ(said.messages.back().toolCalls[0].arguments, R"({"city":"Berlin"})");
    EXPECT_EQ(body(path, record, "edbd987c5f361fdf").output,
              R"({"content":[{"type":"text","text":"Weather in New York: Sunny, 75°F"}]})");
    const Body whole = body(path, record, "");
    EXPECT_EQ(std::ranges::count_if(whole.messages, [](const Message& message) { return !message.toolCalls.empty(); }), 2);
    EXPECT_TRUE(whole.raw.contains("\"bookmarked\":true"));
    EXPECT_TRUE(whole.messages.back().content.starts_with("Great! Here's"));

    // LangChain's tool is a plain span whose output is the tool's message.
    const auto graphPath = shared() / "langgraph-python-2025-08-22.trace.json";
    const Collector graph = read(graphPath);
    ASSERT_EQ(graph.runs.size(), 1U);
    const RunRecord& searched = graph.runs.begin()->second;
    const Step* search = step(searched, "21441266a9f21251");
    ASSERT_TRUE(search);
    EXPECT_EQ(search->toolName, "Web-Search");
    EXPECT_EQ(search->arguments, "{'query': 'example'}");
    EXPECT_TRUE(search->result.starts_with(R"([{"url": "https://example.com")")) << search->result;
    const Body talk = body(graphPath, searched, "");
    const auto answered = std::ranges::find(talk.messages, "tool", &Message::role);
    ASSERT_NE(answered, talk.messages.end());
    EXPECT_EQ(answered->stepId, "21441266a9f21251");

    const Collector corrected = read(shared() / "pydantic-ai-2025-06-06.trace.json");
    ASSERT_EQ(corrected.runs.size(), 1U);
    const RunRecord& edited = corrected.runs.begin()->second;
    ASSERT_EQ(edited.decisions.size(), 1U);
    EXPECT_EQ(edited.decisions[0].kind, DecisionKind::Edit);
    EXPECT_EQ(edited.decisions[0].by, "cm167x5rh00018bk3mcnituff");
    EXPECT_TRUE(edited.decisions[0].after.starts_with("Langfuse is a tool designed"));
    EXPECT_EQ(edited.decisions[0].before, edited.decisions[0].after) << "whoever corrected it left the output as it was";
    EXPECT_EQ(edited.run.harnessVersion, "1.0.0");
    EXPECT_EQ(edited.run.harnessVersionSource, "version key: version");
    EXPECT_EQ(edited.run.sessionId, "session_abc");
    EXPECT_EQ(edited.run.userId, "user_123");
}

// The blob storage's rows: snake_case, metadata an object, times without a zone, input and output as texts.
constexpr const char* kTraces =
    R"({"id":"t1","timestamp":"2026-03-01 10:00:00.000000","name":"support","environment":"prod","project_id":"p","metadata":{"tenant":"a"},"user_id":"mia","session_id":"s1","release":"0a1b2c3d","version":"v7","public":false,"bookmarked":false,"tags":["x"],"input":"{\"messages\":[{\"role\":\"user\",\"content\":\"where is my order\"}]}","output":"on its way"}
{"id":"t2","timestamp":"2026-03-01 11:00:00.000000","name":"support","environment":"prod","project_id":"p","metadata":{},"user_id":null,"session_id":null,"release":null,"version":null,"public":false,"bookmarked":false,"tags":[],"input":null,"output":null}
)";
constexpr const char* kObservations =
    R"({"id":"o2","trace_id":"t1","project_id":"p","type":"GENERATION","parent_observation_id":"o1","start_time":"2026-03-01 10:00:01.000000","end_time":"2026-03-01 10:00:02.500000","name":"answer","metadata":{},"level":"DEFAULT","status_message":null,"version":null,"input":"[{\"role\":\"user\",\"content\":\"where is my order\"}]","output":"{\"role\":\"assistant\",\"content\":\"on its way\"}","provided_model_name":"gpt-5","usage_details":{"input":10,"output":4,"total":14},"cost_details":{"total":0.25},"prompt_name":"support","prompt_version":3}
{"id":"x1","trace_id":"t2","project_id":"p","type":"AGENT","parent_observation_id":null,"start_time":"2026-03-01 11:00:00.000000","end_time":"2026-03-01 11:00:03.000000","name":"bot","metadata":{},"level":"ERROR","status_message":"no such customer","input":"{\"question\":\"who am I\"}","output":null}
{"id":"o1","trace_id":"t1","project_id":"p","type":"SPAN","parent_observation_id":null,"start_time":"2026-03-01 10:00:00.000000","end_time":"2026-03-01 10:00:03.000000","name":"handle","metadata":{},"level":"WARNING","status_message":"slow","input":null,"output":null}
{"id":"o3","trace_id":"t1","project_id":"p","type":"TOOL","parent_observation_id":"o1","start_time":"2026-03-01 10:00:00.500000","end_time":"2026-03-01 10:00:00.900000","name":"find_order","metadata":{},"level":"ERROR","status_message":"timeout","input":"{\"id\":7}","output":"None"}
)";
constexpr const char* kScores =
    R"({"id":"s1","timestamp":"2026-03-01 12:00:00.000000","project_id":"p","trace_id":"t1","observation_id":null,"name":"verdict","value":0,"source":"ANNOTATION","comment":"rude","data_type":"CATEGORICAL","string_value":"bad","author_user_id":"ann"}
{"id":"s2","timestamp":"2026-03-01 12:00:00.000000","project_id":"p","trace_id":"t1","observation_id":"o2","name":"test_passed","value":1,"source":"API","comment":null,"data_type":"BOOLEAN","string_value":"True"}
{"id":"s3","timestamp":"2026-03-01 12:00:00.000000","project_id":"p","trace_id":"t2","observation_id":null,"name":"user-feedback","value":0,"source":"API","comment":null,"data_type":"NUMERIC","string_value":null}
{"id":"s1","timestamp":"2026-03-01 12:00:00.000000","project_id":"p","trace_id":"t1","name":"verdict","value":0,"source":"ANNOTATION","data_type":"CATEGORICAL","string_value":"bad"}
{"id":"s9","timestamp":"2026-03-01 12:00:00.000000","project_id":"p","trace_id":"elsewhere","name":"verdict","value":0,"source":"ANNOTATION","data_type":"CATEGORICAL","string_value":"bad"}
)";

void expectRows(const Collector& got)
{
    EXPECT_EQ(got.order, (std::vector<std::string>{"t2", "t1"})); // newest first
    ASSERT_EQ(got.runs.size(), 2U);
    const RunRecord& first = got.runs.at("t1");
    ASSERT_EQ(first.steps.size(), 3U);
    EXPECT_EQ(first.steps[0].nativeId, "o1");
    EXPECT_EQ(first.steps[0].status, StepStatus::Unset); // a warning says nothing of success
    EXPECT_EQ(first.steps[1].nativeId, "o3");
    EXPECT_EQ(first.steps[1].toolName, "find_order");
    EXPECT_EQ(first.steps[1].status, StepStatus::Error);
    EXPECT_EQ(first.steps[1].errorText, "timeout");
    EXPECT_EQ(first.steps[1].arguments, "{\"id\":7}");
    EXPECT_EQ(first.steps[2].model, "gpt-5");
    EXPECT_EQ(first.steps[2].promptTokens, 10);
    EXPECT_EQ(first.steps[2].outputText, "on its way");
    EXPECT_EQ(first.steps[2].end - first.steps[2].start, 1'500'000'000);
    EXPECT_EQ(got.runs.at("t2").run.status, StepStatus::Error);
    EXPECT_EQ(got.runs.at("t2").run.task, "who am I");
    EXPECT_EQ(got.runs.at("t2").run.agentName, "bot");
}

TEST_F(Langfuse, blobStorageFoldersAreOneUnit)
{
    for (const auto* folder : {"traces", "observations", "scores"}) std::filesystem::create_directory(file(folder));
    (void)write("traces/2026.jsonl", kTraces);
    (void)write("observations/2026.jsonl", kObservations);
    (void)write("scores/2026.jsonl", kScores);
    const Collector got = read(file(""), "files");
    expectRows(got);
    const RunRecord& first = got.runs.at("t1");
    EXPECT_EQ(first.run.sessionId, "s1");
    EXPECT_EQ(first.run.userId, "mia");
    EXPECT_EQ(first.run.agentName, "support");
    EXPECT_EQ(first.run.task, "where is my order");
    EXPECT_EQ(first.run.answer, "on its way");
    EXPECT_EQ(first.run.harnessVersion, "0a1b2c3d");
    EXPECT_EQ(first.run.harnessVersionLabel, "v7");
    EXPECT_EQ(first.run.harnessVersionSource, "commit key: release");
    EXPECT_EQ(first.run.costUsd, 0.25);
    EXPECT_EQ(first.run.errorCount, 1);
    ASSERT_EQ(first.scores.size(), 2U); // the one that is told twice counts once
    EXPECT_EQ(first.scores[0].label, "bad");
    EXPECT_FALSE(first.scores[0].value); // the number of a category is no measure
    EXPECT_EQ(first.scores[0].by, "ann");
    EXPECT_EQ(first.scores[0].says, Outcome::Failure);
    EXPECT_EQ(first.scores[0].weight, OutcomeSource::Human);
    EXPECT_EQ(first.scores[1].stepId, "o2");
    EXPECT_EQ(first.scores[1].says, Outcome::Success);
    EXPECT_EQ(first.scores[1].weight, OutcomeSource::Verifier);
    ASSERT_EQ(got.runs.at("t2").scores.size(), 1U);
    EXPECT_EQ(got.runs.at("t2").scores[0].weight, OutcomeSource::Human); // what a user pressed, sent by a program
    EXPECT_EQ(got.runs.at("t2").scores[0].says, Outcome::Failure);
    ASSERT_EQ(got.skips.size(), 1U);
    EXPECT_TRUE(got.skips[0].second.contains("only 1 scores"));
    EXPECT_EQ(body(file(""), first, "o3").input, "{\"id\":7}");
}

TEST_F(Langfuse, linesOfObservationsAloneAndTheirBodies)
{
    const auto path = write("o.jsonl", kObservations);
    const Collector got = read(path);
    expectRows(got);
    EXPECT_TRUE(got.skips.empty());
    const RunRecord& first = got.runs.at("t1");
    EXPECT_EQ(first.run.harnessVersion, "support:3"); // of the prompt, where nothing else says
    EXPECT_EQ(first.run.answer, "on its way");
    const Body whole = body(path, first, "");
    ASSERT_EQ(whole.messages.size(), 2U);
    EXPECT_EQ(whole.messages[0].content, "where is my order");
    EXPECT_EQ(whole.messages[1].stepId, "o2");
    EXPECT_TRUE(body(path, first, "o1").raw.contains("\"handle\""));
    EXPECT_EQ(body(path, got.runs.at("t2"), "x1").input, "{\"question\":\"who am I\"}");
}

TEST_F(Langfuse, apiAnswersAndTraces)
{
    const auto page = write(
        "p.json", R"({"data": [{"id": "t1", "timestamp": "2026-03-01T10:00:00Z", "name": "n", "input": {"prompt": "hello"},
        "output": {"answer": "yes"}, "sessionId": null, "release": "v2.1", "version": null, "userId": null, "metadata": {}, "tags": [],
        "public": false, "observations": ["o1"], "scores": ["s1"], "totalCost": 0.5}], "meta": {"page": 1}})");
    const Collector pages = read(page);
    ASSERT_EQ(pages.runs.size(), 1U);
    EXPECT_EQ(pages.runs.at("t1").run.task, "hello");
    EXPECT_EQ(pages.runs.at("t1").run.answer, "yes");
    EXPECT_EQ(pages.runs.at("t1").run.costUsd, 0.5);
    EXPECT_EQ(pages.runs.at("t1").run.harnessVersion, "v2.1");
    EXPECT_EQ(pages.runs.at("t1").run.harnessVersionSource, "version key: release");

    const auto whole =
        write("t.json", R"([{"id": "t7", "timestamp": "2026-03-01T10:00:00Z", "name": "n", "input": "hi", "output": "yes",
        "observations": [{"id": "a", "traceId": "t7", "type": "GENERATION", "startTime": "2026-03-01T10:00:00Z", "input": "hi", "output": "yes",
        "usage": {"promptTokens": 3, "completionTokens": 2}, "comments": [{"id": "c", "content": "too short", "authorUserId": "bob"}]}],
        "scores": [{"id": "s", "traceId": "t7", "observationId": "a", "name": "user_feedback", "value": 1, "source": "API", "dataType": "NUMERIC"}]}])");
    const Collector traces = read(whole);
    ASSERT_EQ(traces.runs.size(), 1U);
    const RunRecord& record = traces.runs.at("t7");
    EXPECT_EQ(record.run.promptTokens, 3);
    EXPECT_EQ(record.run.completionTokens, 2);
    ASSERT_EQ(record.scores.size(), 2U);
    const auto comment = std::ranges::find(record.scores, "comment", &Score::name);
    ASSERT_NE(comment, record.scores.end());
    EXPECT_EQ(comment->explanation, "too short");
    EXPECT_EQ(comment->by, "bob");
    EXPECT_EQ(comment->says, Outcome::Unknown);
}

TEST_F(Langfuse, observationsWithTheirTracesFactsAndSessions)
{
    const Collector rows =
        read(write("v2.json", R"({"data": [{"id": "o", "traceId": "t", "type": "SPAN", "startTime": "2026-03-01T10:00:00Z",
        "endTime": "2026-03-01T10:00:01Z", "parentObservationId": null, "traceName": "support", "release": "0a1b2c3d4e", "userId": "u",
        "sessionId": "s", "tags": []}], "meta": {"cursor": "x"}})"));
    ASSERT_EQ(rows.runs.size(), 1U);
    EXPECT_EQ(rows.runs.at("t").run.agentName, "support");
    EXPECT_EQ(rows.runs.at("t").run.harnessVersion, "0a1b2c3d4e");
    EXPECT_EQ(rows.runs.at("t").run.harnessVersionSource, "commit key: release");
    EXPECT_EQ(rows.runs.at("t").run.sessionId, "s");
    const Collector session = read(write("session.json", R"({"id": "s", "createdAt": "2026-03-01T10:00:00Z", "traces": [
        {"id": "t1", "timestamp": "2026-03-01T10:00:00Z", "userId": "u", "public": false, "input": "hi", "output": "ho", "sessionId": "s"},
        {"id": "t2", "timestamp": "2026-03-01T10:01:00Z", "userId": "u", "public": false, "input": "bye", "output": null, "sessionId": "s"}]})"));
    EXPECT_EQ(session.order, (std::vector<std::string>{"t2", "t1"}));
    ASSERT_EQ(session.runs.size(), 2U);
    EXPECT_EQ(session.runs.at("t1").run.answer, "ho");
    EXPECT_EQ(session.runs.at("t1").run.start, 1'772'359'200'000'000'000);
}

TEST_F(Langfuse, ingestionEventsCompleteEachOther)
{
    const auto path = write("e.json", R"({"batch": [
        {"id": "1", "type": "trace-create", "timestamp": "2026-03-01T10:00:00Z", "body": {"id": "t", "name": "n", "userId": "u"}},
        {"id": "2", "type": "generation-create", "body": {"id": "g", "traceId": "t", "name": "call", "startTime": "2026-03-01T10:00:00Z",
          "model": "m", "input": [{"role": "user", "content": "hi"}]}},
        {"id": "3", "type": "generation-update", "body": {"id": "g", "traceId": "t", "endTime": "2026-03-01T10:00:04Z",
          "output": {"role": "assistant", "content": "ho"}, "usage": {"input": 5, "output": 1}, "level": "ERROR", "statusMessage": "cut"}},
        {"id": "4", "type": "score-create", "body": {"id": "s", "traceId": "t", "name": "q", "value": 1, "source": "EVAL", "dataType": "BOOLEAN"}},
        {"id": "5", "type": "sdk-log", "body": {"log": "x"}}, {"id": "6", "type": "tool-create", "body": {"id": "h", "traceId": "t",
          "parentObservationId": "g", "name": "look", "startTime": "2026-03-01T10:00:01Z"}}]})");
    const Collector got = read(path);
    ASSERT_EQ(got.runs.size(), 1U);
    const RunRecord& record = got.runs.at("t");
    ASSERT_EQ(record.steps.size(), 2U);
    const Step& step = record.steps[0];
    EXPECT_EQ(step.kind, StepKind::Llm);
    EXPECT_EQ(step.name, "call");
    EXPECT_EQ(step.model, "m");
    EXPECT_EQ(step.promptTokens, 5);
    EXPECT_EQ(step.end - step.start, 4'000'000'000);
    EXPECT_EQ(step.errorText, "cut");
    EXPECT_EQ(record.steps[1].kind, StepKind::Tool);
    EXPECT_EQ(record.run.userId, "u");
    EXPECT_EQ(record.scores.size(), 1U);
    EXPECT_EQ(body(path, record, "g").messages.size(), 2U);
}

TEST_F(Langfuse, whatIsBrokenIsCountedAndTheRestRead)
{
    std::string lines = kObservations;
    lines.insert(lines.find('\n') + 1, "{\"id\": \"o9\", \"trace_id\": oops}\n{\"id\": 3}\n[]\n");
    const Collector got = read(write("b.jsonl", lines));
    expectRows(got);
    EXPECT_EQ(got.skips.size(), 3U);
    // Cut off in the last line.
    const std::string_view whole = kObservations;
    const Collector cutOff = read(write("c.jsonl", whole.substr(0, whole.size() - 40)));
    EXPECT_EQ(cutOff.runs.size(), 2U);
    EXPECT_EQ(cutOff.runs.at("t1").steps.size(), 2U);
    EXPECT_EQ(cutOff.skips.size(), 1U);
    // Members of other types than expected.
    const Collector odd = read(write(
        "d.jsonl",
        R"({"id":"a","traceId":"t","type":"GENERATION","startTime":17,"endTime":{},"name":[1],"level":3,"input":[null,{}],"output":{"choices":3},"usageDetails":[],"costDetails":"x","metadata":"{broken","model":{}}
{"id":"b","traceId":"t","type":"SPAN","startTime":"2026-03-01T10:00:00Z","parentObservationId":"b"}
)"));
    ASSERT_EQ(odd.runs.size(), 1U);
    EXPECT_EQ(odd.runs.at("t").steps.size(), 2U);
    EXPECT_EQ(openStore(write("no.json", R"({"trace": 1, "observations": []})"), {}).error().code, ErrorCode::UnknownFormat);
    EXPECT_EQ(openStore(write("nor.json", R"({"data": [{"id": "x"}], "meta": {}})"), {}).error().code,
              ErrorCode::UnknownFormat);
}

} // namespace
} // namespace tackroom::testing
