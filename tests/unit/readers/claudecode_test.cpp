// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/readers/claudecode.h"
#include "tests/support/formatfixture.h"
#include "tests/unit/readers/collector.h"

#include <algorithm>
#include <array>

namespace tackroom::testing
{
namespace
{

// Counted by Python (json) over the same files: llm = distinct message.id of assistant lines (a line without one is its own),
// tool = distinct ids of tool_use, errors = tool_result with is_error, tokens = the last usage of each message id (input + both
// caches, output), skipped = lines that are no JSON object with a type, or user and assistant lines without message.content.
constexpr auto kClaudeReal = std::to_array<const char*>({
    "daaain-claude-code-log/edge_cases.jsonl: 4 llm, 3 tool, 1 errors, 488 + 435 tokens, 6 skipped",
    "daaain-claude-code-log/representative_messages.jsonl: 5 llm, 2 tool, 0 errors, 218 + 445 tokens, 0 skipped",
    "daaain-claude-code-log/session_b.jsonl: 1 llm, 0 tool, 0 errors, 20 + 35 tokens, 0 skipped",
    "daaain-claude-code-log/todowrite_examples.jsonl: 6 llm, 3 tool, 0 errors, 883 + 328 tokens, 0 skipped",
    "simonw-claude-code-transcripts/sample_session.json: 15 llm, 12 tool, 1 errors, 0 + 0 tokens, 0 skipped",
    "simonw-claude-code-transcripts/sample_session.jsonl: 3 llm, 2 tool, 0 errors, 0 + 0 tokens, 0 skipped",
    "wesm-agentsview/claude/valid_session.jsonl: 2 llm, 1 tool, 0 errors, 0 + 0 tokens, 0 skipped",
});

const FileFormat& formatFor(const std::string& name)
{
    return name.ends_with(".json") ? claudeCodeExportFormat() : claudeCodeFormat();
}

std::string rowOfClaude(const std::string& name, const FormatReading& got)
{
    std::size_t llm = 0, tool = 0;
    std::int64_t errors = 0, prompt = 0, completion = 0;
    for (const ParsedRun& run : got.runs) {
        llm += static_cast<std::size_t>(std::ranges::count(run.record.steps, StepKind::Llm, &Step::kind));
        tool += static_cast<std::size_t>(std::ranges::count(run.record.steps, StepKind::Tool, &Step::kind));
        errors += run.record.run.errorCount;
        prompt += run.record.run.promptTokens;
        completion += run.record.run.completionTokens;
    }
    return formatText("{}: {} llm, {} tool, {} errors, {} + {} tokens, {} skipped", name, llm, tool, errors, prompt, completion,
                      got.skips.size());
}

TEST(ClaudeCode, realFilesEqualTheCount)
{
    const auto data = sharedData();
    if (data.empty()) GTEST_SKIP() << "the folder of recorded runs is not there";
    for (const std::string row : kClaudeReal) {
        const std::string name = row.substr(0, row.find(": "));
        const FileFormat& format = formatFor(name);
        EXPECT_EQ(recognisedKind(data / "claude-code" / name), format.info().kind) << name;
        const auto got = readWith(format, data / "claude-code" / name);
        EXPECT_TRUE(got.status) << name;
        EXPECT_EQ(rowOfClaude(name, got), row);
        // One line of edge_cases.jsonl has another sessionId and no parent in the file: it stays apart.
        EXPECT_EQ(got.runs.size(), name.find("edge_cases") == std::string::npos ? 1U : 2U) << name;
    }
}

TEST(ClaudeCode, aRealSessionIsTold)
{
    const auto data = sharedData();
    if (data.empty()) GTEST_SKIP() << "the folder of recorded runs is not there";
    const auto got =
        readWith(claudeCodeExportFormat(), data / "claude-code/simonw-claude-code-transcripts/sample_session.json", true);
    ASSERT_EQ(got.runs.size(), 1U);
    const ParsedRun& run = got.runs[0];
    EXPECT_EQ(run.record.run.task, "Create a simple Python function to add two numbers");
    EXPECT_EQ(run.record.run.answer, "Added multiply function!");
    EXPECT_EQ(formatTime(run.record.run.start), "2025-12-24T10:00:00Z");
    EXPECT_EQ(formatTime(run.record.run.end), "2025-12-24T10:05:15Z");
    const auto failed = std::ranges::find(run.record.steps, StepStatus::Error, &Step::status);
    ASSERT_NE(failed, run.record.steps.end());
    EXPECT_EQ(failed->toolName, "Bash");
    EXPECT_TRUE(failed->errorText.starts_with("Exit code 1\n===== FAILURES ====="));
    const auto compact = std::ranges::find_if(run.conversation, [](const Message& each) {
        return each.content.starts_with("This is a session continuation summary");
    });
    ASSERT_NE(compact, run.conversation.end());
    EXPECT_EQ(compact->role, "system");
    const auto edge = readWith(claudeCodeFormat(), data / "claude-code/daaain-claude-code-log/edge_cases.jsonl", true);
    const auto& run2 = edge.runs.at(0);
    EXPECT_EQ(run2.record.run.nativeId, "edge_cases");
    EXPECT_EQ(run2.record.run.harnessVersion, "1.0.0");
    EXPECT_EQ(run2.record.run.project, "/tmp");
    EXPECT_TRUE(std::ranges::any_of(run2.conversation, [](const Message& each) {
        return each.role == "user" && each.content == "test-command --verbose --output /tmp/test.log";
    }));
}

constexpr const char* kSession =
    R"({"type":"file-history-snapshot","messageId":"x","snapshot":{}}
{"type":"user","uuid":"u1","parentUuid":null,"sessionId":"S","cwd":"/p","version":"2.0.1","timestamp":"2026-01-01T00:00:00Z","isMeta":true,"message":{"role":"user","content":"Caveat: …"}}
{"type":"user","uuid":"u2","parentUuid":"u1","sessionId":"S","timestamp":"2026-01-01T00:00:01Z","message":{"role":"user","content":[{"type":"text","text":"fix it"},{"type":"image","source":{"type":"base64","data":"xx"}}]}}
{"type":"assistant","uuid":"a1","parentUuid":"u2","sessionId":"S","timestamp":"2026-01-01T00:00:02Z","message":{"id":"M1","role":"assistant","model":"opus","content":[{"type":"thinking","thinking":"hm"}],"usage":{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":1,"output_tokens":1}}}
{"type":"assistant","uuid":"a2","parentUuid":"a1","sessionId":"S","timestamp":"2026-01-01T00:00:03Z","message":{"id":"M1","role":"assistant","model":"opus","content":[{"type":"text","text":"I look"}],"usage":{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":1,"output_tokens":7}}}
{"type":"assistant","uuid":"a3","parentUuid":"a2","sessionId":"S","timestamp":"2026-01-01T00:00:04Z","message":{"id":"M1","role":"assistant","model":"opus","content":[{"type":"tool_use","id":"T1","name":"Task","input":{"prompt":"search for it"}},{"type":"tool_use","id":"T2","name":"Bash","input":{"command":"rm -rf /"}}],"usage":{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":1,"output_tokens":9}}}
{"type":"user","uuid":"s1","parentUuid":null,"isSidechain":true,"sessionId":"S","timestamp":"2026-01-01T00:00:05Z","message":{"role":"user","content":"search for it"}}
{"type":"assistant","uuid":"s2","parentUuid":"s1","isSidechain":true,"sessionId":"S","timestamp":"2026-01-01T00:00:06Z","message":{"id":"M2","role":"assistant","model":"haiku","content":[{"type":"tool_use","id":"T3","name":"Grep","input":{"pattern":"it"}}],"usage":{"input_tokens":3,"output_tokens":2}}}
{"type":"user","uuid":"s3","parentUuid":"s2","isSidechain":true,"sessionId":"S","timestamp":"2026-01-01T00:00:07Z","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"T3","content":[{"type":"text","text":"found"}]}]}}
{"type":"user","uuid":"u3","parentUuid":"a3","sessionId":"S","timestamp":"2026-01-01T00:00:08Z","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"T2","is_error":true,"content":"The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, the new_string was NOT written to the file). To tell you how to proceed, the user said:\nnever delete"}]},"toolUseResult":"User rejected tool use"}
{"type":"user","uuid":"u4","parentUuid":"u3","sessionId":"S","timestamp":"2026-01-01T00:00:08Z","message":{"role":"user","content":[{"type":"text","text":"[Request interrupted by user for tool use]"}]}}
{"type":"user","uuid":"u5","parentUuid":"u4","sessionId":"S","timestamp":"2026-01-01T00:00:09Z","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"T1","content":"done"}]}}
{"type":"system","subtype":"compact_boundary","uuid":"c1","sessionId":"S","timestamp":"2026-01-01T00:00:10Z","content":"Conversation compacted"}
{"type":"user","uuid":"u6","parentUuid":"c1","sessionId":"S","timestamp":"2026-01-01T00:00:11Z","isCompactSummary":true,"message":{"role":"user","content":"This session is being continued …"}}
{"type":"assistant","uuid":"a4","parentUuid":"u6","sessionId":"S","timestamp":"2026-01-01T00:00:12Z","message":{"id":"M3","role":"assistant","model":"opus","content":[{"type":"tool_use","id":"T4","name":"Edit","input":{"new_string":"a"}},{"type":"tool_use","id":"T5","name":"AskUserQuestion","input":{}},{"type":"tool_use","id":"T6","name":"ExitPlanMode","input":{"plan":"p"}}]}}
{"type":"user","uuid":"u7","parentUuid":"a4","sessionId":"S","timestamp":"2026-01-01T00:00:13Z","toolUseResult":{"newString":"b","userModified":true},"message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"T4","content":"ok"}]}}
{"type":"user","uuid":"u8","parentUuid":"u7","sessionId":"S","timestamp":"2026-01-01T00:00:14Z","toolUseResult":{"questions":[],"answers":{"which?":"that"}},"message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"T5","content":"User has answered your questions"}]}}
{"type":"user","uuid":"u9","parentUuid":"u8","sessionId":"S","timestamp":"2026-01-01T00:00:15Z","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"T6","content":"User has approved your plan. You can now start coding."}]}}
{"type":"user","uuid":"u10","parentUuid":"u9","sessionId":"S","timestamp":"2026-01-01T00:00:16Z","message":{"role":"user","content":"[Request interrupted by user]"}}
{"type":"assistant","uuid":"a5","parentUuid":"u10","sessionId":"S","timestamp":"2026-01-01T00:00:17Z","isApiErrorMessage":true,"message":{"id":"M4","role":"assistant","model":"<synthetic>","content":[{"type":"text","text":"API Error: 529"}]}}
)";

const Step& stepCalled(const ParsedRun& run, std::string_view tool)
{
    return *std::ranges::find(run.record.steps, tool, &Step::toolName);
}

TEST(ClaudeCode, streamingSidechainsCompactionAndErrors)
{
    const auto got = readTextWith(claudeCodeFormat(), kSession, true);
    ASSERT_TRUE(got.status);
    ASSERT_EQ(got.runs.size(), 1U);
    EXPECT_TRUE(got.skips.empty());
    const ParsedRun& run = got.runs[0];
    EXPECT_EQ(run.record.run.nativeId, "S");
    EXPECT_EQ(run.record.run.task, "fix it\n[image]");
    EXPECT_EQ(run.record.run.harnessVersion, "2.0.1");
    EXPECT_EQ(run.record.run.harnessVersionSource, "version key: version");
    EXPECT_EQ(run.record.run.promptTokens, 16 + 3) << "the three lines of M1 are one call";
    EXPECT_EQ(run.record.run.completionTokens, 9 + 2);
    std::string kinds;
    for (const Step& step : run.record.steps) kinds += std::string(nameOf(step.kind)) + ":" + step.name + " ";
    EXPECT_EQ(kinds, "llm:assistant tool:Task tool:Bash agent:sub-agent llm:assistant tool:Grep other:compaction llm:assistant "
                     "tool:Edit tool:AskUserQuestion tool:ExitPlanMode llm:assistant ");
    EXPECT_EQ(run.record.steps[0].outputText, "I look");
    EXPECT_TRUE(
        std::ranges::any_of(run.conversation, [](const Message& each) { return each.content == "[thinking] hm\nI look"; }));
    EXPECT_EQ(run.record.steps[0].model, "opus");
    const Step& agent = run.record.steps[3];
    EXPECT_EQ(agent.parentId, stepCalled(run, "Task").nativeId);
    EXPECT_EQ(run.record.steps[4].parentId, agent.nativeId);
    EXPECT_EQ(stepCalled(run, "Grep").result, "found");
    EXPECT_EQ(formatTime(stepCalled(run, "Grep").end), "2026-01-01T00:00:07Z");
    EXPECT_EQ(stepCalled(run, "Bash").errorType, "rejected by the user");
    EXPECT_EQ(run.record.steps.back().errorType, "api error");
    EXPECT_EQ(run.record.run.errorCount, 2);
    const auto body = bodyOf(run, stepCalled(run, "Bash").nativeId, 1U << 20);
    ASSERT_TRUE(body);
    EXPECT_EQ(body->input, R"({"command":"rm -rf /"})");
    EXPECT_TRUE(body->output.ends_with("never delete"));
}

TEST(ClaudeCode, decisionsOfThePerson)
{
    const auto got = readTextWith(claudeCodeFormat(), kSession);
    const ParsedRun& run = got.runs.at(0);
    const auto& decisions = run.record.decisions;
    ASSERT_EQ(decisions.size(), 5U) << "the refusal and the line after it are one";
    EXPECT_EQ(decisions[0].kind, DecisionKind::Reject);
    EXPECT_EQ(decisions[0].target, "tool call: Bash");
    EXPECT_EQ(decisions[0].before, R"({"command":"rm -rf /"})");
    EXPECT_EQ(decisions[0].reason, "never delete");
    EXPECT_EQ(decisions[0].stepId, stepCalled(run, "Bash").nativeId);
    EXPECT_EQ(decisions[1].kind, DecisionKind::Edit);
    EXPECT_EQ(decisions[1].after, "b");
    EXPECT_EQ(decisions[1].stepId, stepCalled(run, "Edit").nativeId);
    EXPECT_EQ(decisions[2].kind, DecisionKind::Answer);
    EXPECT_EQ(decisions[2].after, R"({"which?":"that"})");
    EXPECT_EQ(decisions[3].kind, DecisionKind::Approve);
    EXPECT_EQ(decisions[4].kind, DecisionKind::Reject);
    EXPECT_EQ(decisions[4].target, "what the agent was doing");
    EXPECT_EQ(decisions[4].stepId, stepCalled(run, "ExitPlanMode").nativeId);
}

std::string userLine(std::string_view session, std::string_view uuid, std::string_view parent, std::string_view more = "")
{
    return formatText(
               R"({{"type":"user","uuid":"{}","parentUuid":{},"sessionId":"{}",{}"timestamp":"2026-01-01T00:00:00Z","message":{{"role":"user","content":"{}"}}}})",
               uuid, parent, session, more, uuid) +
           "\n";
}

TEST(ClaudeCode, resumedForkedAndSubAgentSessions)
{
    const auto resumed = readTextWith(claudeCodeFormat(), userLine("A", "one", "null") + userLine("B", "two", R"("one")"));
    ASSERT_EQ(resumed.runs.size(), 1U);
    EXPECT_EQ(resumed.runs[0].record.run.nativeId, "B");
    EXPECT_EQ(resumed.runs[0].conversation.size(), 2U);
    const auto apart = readTextWith(claudeCodeFormat(), userLine("A", "one", "null") + userLine("B", "two", "null"));
    EXPECT_EQ(apart.runs.size(), 2U);
    const std::string agentLine = userLine("A", "three", "null", R"("isSidechain":true,"agentId":"f00",)");
    const auto agent = readTextWith(claudeCodeFormat(), agentLine);
    ASSERT_EQ(agent.runs.size(), 1U);
    EXPECT_EQ(agent.runs[0].record.run.nativeId, "A/agent-f00");
    EXPECT_EQ(agent.runs[0].record.run.sessionId, "A");
    EXPECT_EQ(agent.runs[0].record.run.task, "three");
    EXPECT_EQ(recognisedKind(InputFile::ofBytes("x", agentLine)), "claude-code");
    EXPECT_EQ(recognisedKind(InputFile::ofBytes("x", R"({"type":"user","name":"mia"})")), "");
}

TEST(ClaudeCode, whatIsAddedLaterIsTheSameSession)
{
    const std::string session = kSession;
    const std::size_t middle = session.find("\n", session.size() / 2) + 1;
    FileUnit unit;
    unit.parts.push_back({"x", InputFile::ofBytes("x", session)});
    FormatReading tail;
    ASSERT_TRUE(claudeCodeFormat().read(unit, {.bodies = false, .fromBytes = middle}, tail, {}));
    ASSERT_EQ(tail.runs.size(), 1U);
    EXPECT_EQ(tail.runs[0].record.run.nativeId, "S");
    ASSERT_FALSE(tail.runs[0].ranges.empty());
    EXPECT_EQ(tail.runs[0].ranges.front().offset, middle);
    // Of the whole, the stretches give the same run again.
    const auto whole = readTextWith(claudeCodeFormat(), session);
    std::string again;
    for (const FileRange& range : whole.runs.at(0).ranges) again += session.substr(range.offset, range.bytes) + "\n";
    EXPECT_EQ(readTextWith(claudeCodeFormat(), again).runs.at(0).record.steps.size(), whole.runs[0].record.steps.size());
    // Lines without any id: the name comes from the first of them.
    const std::string nameless =
        "{\"type\":\"user\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"message\":{\"content\":\"hi\"}}\n";
    const auto first = readTextWith(claudeCodeFormat(), nameless);
    const auto more = readTextWith(claudeCodeFormat(), nameless + "{\"type\":\"user\",\"message\":{\"content\":\"more\"}}\n");
    EXPECT_EQ(first.runs.at(0).record.run.nativeId, more.runs.at(0).record.run.nativeId);
}

class ClaudeCodeStore : public FolderTest
{
};

TEST_F(ClaudeCodeStore, aGrowingSessionStaysOneRun)
{
    const std::string session = kSession;
    const std::size_t middle = session.find("\n", session.size() / 2) + 1;
    const auto path = write("s.jsonl", session.substr(0, middle + 40)); // and half of a line
    auto reader = openStore(path, {});
    ASSERT_TRUE(reader) << textOf(reader.error());
    Collector got;
    const auto cursor = (*reader)->ingest({}, got, {});
    ASSERT_TRUE(cursor);
    ASSERT_EQ(got.runs.size(), 1U);
    const auto before = got.runs.at("S").steps.size();
    std::ofstream(path, std::ios::binary | std::ios::app) << session.substr(middle + 40);
    ASSERT_TRUE((*reader)->ingest(*cursor, got, {}));
    ASSERT_EQ(got.runs.size(), 1U);
    EXPECT_EQ(got.startedOver, 1) << "only the new lines were read";
    EXPECT_TRUE(got.skips.empty());
    const auto& steps = got.runs.at("S").steps;
    EXPECT_GT(steps.size(), before);
    EXPECT_EQ(steps.size(), readTextWith(claudeCodeFormat(), session).runs.at(0).record.steps.size());
    const auto body = (*reader)->fetch(RunAddress(got.runs.at("S").run), {}, 1U << 20);
    ASSERT_TRUE(body);
    EXPECT_EQ(body->messages.size(), readTextWith(claudeCodeFormat(), session).runs.at(0).conversation.size());
}

/// New lines under another id that follow the known ones are the same run, which is not left behind under its old id.
TEST_F(ClaudeCodeStore, aSessionThatGrowsUnderANewIdStaysOneRun)
{
    const auto line = [](std::string_view id, int number) {
        return formatText(
                   R"({{"type":"user","sessionId":"{}","uuid":"u{}","parentUuid":{},"cwd":"/","version":"2.0","timestamp":"2026-01-01T00:00:00Z","message":{{"role":"user","content":"word {}"}}}})",
                   id, number, number == 1 ? "null" : formatText("\"u{}\"", number - 1), number) +
               "\n";
    };
    const auto path = write("s.jsonl", line("old", 1) + line("old", 2));
    auto reader = openStore(path, {});
    ASSERT_TRUE(reader) << textOf(reader.error());
    Collector got;
    auto cursor = (*reader)->ingest({}, got, {});
    ASSERT_TRUE(cursor);
    ASSERT_TRUE(got.runs.contains("old"));
    std::ofstream(path, std::ios::binary | std::ios::app) << line("new", 3);
    cursor = (*reader)->ingest(*cursor, got, {});
    ASSERT_TRUE(cursor);
    ASSERT_EQ(got.runs.size(), 1U);
    ASSERT_TRUE(got.runs.contains("new"));
    const auto words = [&] { return (*reader)->fetch(RunAddress(got.runs.at("new").run), {}, 1U << 20)->messages.size(); };
    EXPECT_EQ(words(), 3U);
    got.order.clear();
    std::ofstream(path, std::ios::binary | std::ios::app) << line("new", 4);
    ASSERT_TRUE((*reader)->ingest(*cursor, got, {}));
    EXPECT_EQ(got.order, std::vector<std::string>{"new"});
    EXPECT_EQ(words(), 4U);
}

TEST(ClaudeCode, anyCutAndAnyFlippedByteIsSurvived)
{
    const std::string whole = kSession;
    for (std::size_t cut = 0; cut < whole.size(); cut += 97) {
        const auto got = readTextWith(claudeCodeFormat(), whole.substr(0, cut));
        EXPECT_TRUE(got.skips.empty()) << "a half-written last line is nothing to speak of";
    }
    for (std::size_t at = 0; at < whole.size(); at += 11) {
        std::string flipped = whole;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x15);
        (void)readTextWith(claudeCodeFormat(), flipped, true);
    }
    const auto broken = readTextWith(claudeCodeFormat(), "17\n{\"type\":\"user\",\"message\":3}\n" + whole);
    EXPECT_EQ(broken.skips.size(), 2U);
    EXPECT_EQ(broken.skips[1].first, "line 2");
}

} // namespace
} // namespace tackroom::testing
