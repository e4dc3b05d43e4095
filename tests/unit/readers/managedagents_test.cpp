// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "tests/unit/readers/collector.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace tackroom::testing
{
namespace
{

class ManagedAgents : public FolderTest
{
protected:
    Collector read(const std::filesystem::path& path)
    {
        Collector got;
        auto reader = openStore(path, {});
        EXPECT_TRUE(reader) << textOf(reader.error());
        if (!reader) return got;
        EXPECT_EQ((*reader)->info().kind, "claude-managed-agents");
        const auto done = (*reader)->ingest({}, got, {});
        EXPECT_TRUE(done) << textOf(done.error());
        return got;
    }
};

struct ExpectedManaged {
    std::string_view file, id, tool, answerBegins, model;
    std::size_t steps, decisions, conversation;
    std::int64_t promptTokens, completionTokens;
};

// Counted with python3 over the lines: span.model_request_start + *tool_use; user.tool_confirmation in the stream; the sums of
// model_usage; conversation = system, user.message, requests that said something, *tool_result.
constexpr ExpectedManaged kManagedFiles[] = {
    {"anthropic_managed_builtin_tools.jsonl", "sesn_01UunETy25dNCWyPpkXe27t5", "bash", "The current date and time is",
     "claude-sonnet-5", 3, 0, 5, 14329, 80},
    {"anthropic_managed_custom_tools.jsonl", "sesn_014fc5Q6rWwrXD3vWBfPRUes", "get_weather", "It's currently **23",
     "claude-sonnet-5", 3, 0, 5, 14476, 80},
    {"anthropic_managed_mcp_tools.jsonl", "sesn_01FYL2vWeckHzjuCjjpAudtE", "web_search_exa",
     "The **langchain-ai/langsmith-sdk** repository", "claude-opus-4-8", 3, 1, 5, 18028, 435},
};

TEST_F(ManagedAgents, realRecordings)
{
    const char* data = std::getenv("TACKROOM_SHARED_DATA");
    const auto folder = data ? std::filesystem::path(data) / "langsmith" : std::filesystem::path();
    if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "there are no recorded sessions (TACKROOM_SHARED_DATA)";
    for (const ExpectedManaged& expected : kManagedFiles) {
        const Collector got = read(folder / expected.file);
        ASSERT_EQ(got.runs.size(), 1U) << expected.file;
        const RunRecord& record = got.runs.begin()->second;
        const tackroom::Run& run = record.run;
        std::cout << formatText("{:40} runs {} steps {} errors {} scores {} decisions {} tokens {}/{}: {} -> {}\n",
                                expected.file, got.runs.size(), record.steps.size(), run.errorCount, record.scores.size(),
                                record.decisions.size(), run.promptTokens, run.completionTokens, run.task.substr(0, 40),
                                run.answer.substr(0, 40));
        EXPECT_TRUE(got.skips.empty());
        EXPECT_EQ(run.nativeId, expected.id);
        EXPECT_EQ(run.harnessVersion, "1");
        ASSERT_EQ(record.steps.size(), expected.steps);
        EXPECT_EQ(record.steps[0].kind, StepKind::Llm);
        EXPECT_EQ(record.steps[0].model, expected.model);
        EXPECT_EQ(record.steps[1].toolName, expected.tool);
        EXPECT_EQ(record.steps[1].parentId, record.steps[0].nativeId);
        EXPECT_EQ(record.steps[1].status, StepStatus::Ok);
        EXPECT_FALSE(record.steps[1].result.empty());
        EXPECT_GT(record.steps[1].end, record.steps[1].start);
        EXPECT_EQ(run.promptTokens, expected.promptTokens);
        EXPECT_EQ(run.completionTokens, expected.completionTokens);
        EXPECT_TRUE(run.answer.starts_with(expected.answerBegins)) << run.answer;
        ASSERT_EQ(record.decisions.size(), expected.decisions);
        if (expected.decisions) {
            EXPECT_EQ(record.decisions[0].kind, DecisionKind::Approve);
            EXPECT_EQ(record.decisions[0].target, expected.tool);
            EXPECT_EQ(record.decisions[0].stepId, record.steps[1].nativeId);
        }
        auto reader = openStore(folder / expected.file, {});
        ASSERT_TRUE(reader);
        const auto body = (*reader)->fetch(RunAddress(run), "", 1'000'000);
        ASSERT_TRUE(body) << textOf(body.error());
        EXPECT_EQ(body->messages.size(), expected.conversation);
        const auto tool = (*reader)->fetch(RunAddress(run), record.steps[1].nativeId, 1'000'000);
        ASSERT_TRUE(tool);
        EXPECT_FALSE(tool->output.empty());
    }
}

TEST_F(ManagedAgents, listedEventsDenialsAndBrokenLines)
{
    const std::string events =
        R"({"id":"sevt_1","type":"user.message","content":[{"type":"text","text":"pay"}],"processed_at":"2026-07-06T10:00:00Z"}
{"id":"sevt_2","type":"span.model_request_start","processed_at":"2026-07-06T10:00:01Z"}
{"id":"sevt_3","type":"agent.tool_use","name":"pay","input":{"sum":7},"processed_at":"2026-07-06T10:00:02Z"}
{broken
{"id":"sevt_4","type":"user.tool_confirmation","tool_use_id":"sevt_3","result":"deny","deny_message":"too much","processed_at":"2026-07-06T10:00:03Z"}
{"id":"sevt_5","type":"agent.tool_result","tool_use_id":"sevt_3","is_error":true,"content":[{"type":"text","text":"denied"}],"processed_at":"2026-07-06T10:00:04Z"}
{"id":"sevt_6","type":"session.error","processed_at":"2026-07-06T10:00:05Z"}
)";
    const Collector got = read(write("e.jsonl", events));
    ASSERT_EQ(got.runs.size(), 1U);
    EXPECT_EQ(got.skips.size(), 1U);
    const RunRecord& record = got.runs.at("sevt_1");
    ASSERT_EQ(record.steps.size(), 2U);
    EXPECT_EQ(record.run.status, StepStatus::Error);
    EXPECT_EQ(record.run.task, "pay");
    EXPECT_EQ(record.steps[1].status, StepStatus::Error);
    EXPECT_EQ(record.steps[1].errorText, "denied");
    ASSERT_EQ(record.decisions.size(), 1U);
    EXPECT_EQ(record.decisions[0].kind, DecisionKind::Reject);
    EXPECT_EQ(record.decisions[0].reason, "too much");
    EXPECT_EQ(
        read(
            write(
                "a.json",
                R"({"data":[{"id":"sevt_1","type":"user.message","content":"hi"},7,{"id":"sevt_2","type":"agent.message","content":[{"text":"ho"}]}]})"))
            .runs.at("sevt_1")
            .run.answer,
        "ho");
}

} // namespace
} // namespace tackroom::testing
