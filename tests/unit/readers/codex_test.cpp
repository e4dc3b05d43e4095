// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/codex.h"
#include "tests/support/formatfixture.h"
#include "tests/unit/readers/collector.h"

#include <algorithm>
#include <array>

namespace tackroom::testing
{
namespace
{

// By eye and `jq -r .payload.type`, in files of three and four lines: consecutive assistant items are one llm step, function
// calls tools.
struct CodexReal {
    const char* file;
    const char* id;
    std::size_t llm, tool;
    const char* task;
};
constexpr auto kCodexReal = std::to_array<CodexReal>({
    {"fc_args_1.jsonl", "fc-args-1", 1, 1, "inspect files"},
    {"fc_args_2.jsonl", "fc-args-2", 1, 1, "apply patch"},
    {"fc_stdin.jsonl", "fc-stdin", 1, 1, "send input"},
    {"function_calls.jsonl", "fc-1", 1, 2, "Run the tests"},
    {"standard_session.jsonl", "abc-123", 1, 0, "Add rate limiting"},
});

std::size_t countOfCodex(const ParsedRun& run, StepKind kind)
{
    return static_cast<std::size_t>(std::ranges::count(run.record.steps, kind, &Step::kind));
}

TEST(Codex, realFiles)
{
    const auto data = sharedData();
    if (data.empty()) GTEST_SKIP() << "the folder of recorded runs is not there";
    for (const CodexReal& real : kCodexReal) {
        const auto path = data / "claude-code/wesm-agentsview/codex" / real.file;
        EXPECT_EQ(recognisedKind(path), "codex") << real.file;
        const auto got = readWith(codexFormat(), path);
        ASSERT_TRUE(got.status);
        ASSERT_EQ(got.runs.size(), 1U) << real.file;
        EXPECT_TRUE(got.skips.empty());
        const ParsedRun& run = got.runs[0];
        EXPECT_EQ(run.record.run.nativeId, real.id);
        EXPECT_EQ(run.record.run.task, real.task);
        EXPECT_EQ(countOfCodex(run, StepKind::Llm), real.llm) << real.file;
        EXPECT_EQ(countOfCodex(run, StepKind::Tool), real.tool) << real.file;
        EXPECT_EQ(run.record.run.errorCount, 0);
    }
    const auto patch = readWith(codexFormat(), data / "claude-code/wesm-agentsview/codex/fc_args_2.jsonl");
    const auto tool = std::ranges::find(patch.runs.at(0).record.steps, "apply_patch", &Step::toolName);
    ASSERT_NE(tool, patch.runs[0].record.steps.end());
    EXPECT_TRUE(tool->arguments.starts_with(R"({"patch":"*** Begin Patch\n)"));
}

constexpr const char* kRollout =
    R"({"timestamp":"2026-01-01T00:00:00Z","type":"session_meta","payload":{"id":"R","cwd":"/p","cli_version":"0.60.1","git":{"commit_hash":"deadbeef"},"source":{"subagent":{"thread_spawn":{"parent_thread_id":"P"}}}}}
{"timestamp":"2026-01-01T00:00:00Z","type":"session_meta","payload":{"id":"parent of a fork","cwd":"/q"}}
{"timestamp":"2026-01-01T00:00:00Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"<environment_context>…"}]}}
{"timestamp":"2026-01-01T00:00:01Z","type":"event_msg","payload":{"type":"user_message","message":"fix it"}}
{"timestamp":"2026-01-01T00:00:01Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"fix it"}]}}
{"timestamp":"2026-01-01T00:00:01Z","type":"turn_context","payload":{"model":"gpt-5-codex","cwd":"/p"}}
{"timestamp":"2026-01-01T00:00:02Z","type":"response_item","payload":{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"…"}}
{"timestamp":"2026-01-01T00:00:03Z","type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"I test"}]}}
{"timestamp":"2026-01-01T00:00:04Z","type":"response_item","payload":{"type":"function_call","name":"shell","arguments":"{\"command\":[\"make\"]}","call_id":"c1"}}
{"timestamp":"2026-01-01T00:00:05Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":100,"output_tokens":10},"last_token_usage":{"input_tokens":100,"output_tokens":10}}}}
{"timestamp":"2026-01-01T00:00:06Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c1","output":"{\"output\":\"no rule\",\"metadata\":{\"exit_code\":2,\"duration_seconds\":0.1}}"}}
{"timestamp":"2026-01-01T00:00:07Z","type":"response_item","payload":{"type":"custom_tool_call","name":"apply_patch","input":"*** Begin","call_id":"c2"}}
{"timestamp":"2026-01-01T00:00:08Z","type":"response_item","payload":{"type":"custom_tool_call_output","call_id":"c2","output":"patch rejected by user"}}
{"timestamp":"2026-01-01T00:00:08Z","type":"event_msg","payload":{"type":"turn_aborted","reason":"interrupted"}}
{"timestamp":"2026-01-01T00:00:09Z","type":"event_msg","payload":{"type":"task_started"}}
{"timestamp":"2026-01-01T00:00:09Z","type":"response_item","payload":{"type":"local_shell_call","call_id":"c3","status":"completed","action":{"type":"exec","command":["ls"]}}}
{"timestamp":"2026-01-01T00:00:10Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c3","output":"Exit code: 0\nWall time: 0.1 seconds\nOutput:\nx"}}
{"timestamp":"2026-01-01T00:00:11Z","type":"response_item","payload":{"type":"function_call","name":"request_user_input","arguments":"{}","call_id":"c4"}}
{"timestamp":"2026-01-01T00:00:12Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c4","output":{"content":"blue","success":true}}}
{"timestamp":"2026-01-01T00:00:13Z","type":"compacted","payload":{"message":"so far"}}
{"timestamp":"2026-01-01T00:00:14Z","type":"event_msg","payload":{"type":"error","message":"stream closed"}}
{"timestamp":"2026-01-01T00:00:15Z","type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"done"}]}}
{"timestamp":"2026-01-01T00:00:16Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":250,"output_tokens":30},"last_token_usage":{"input_tokens":150,"output_tokens":20}}}}
{"timestamp":"2026-01-01T00:00:17Z","type":"event_msg","payload":{"type":"turn_aborted","reason":"interrupted"}}
)";

TEST(Codex, callsErrorsTokensAndDecisions)
{
    EXPECT_EQ(recognisedKind(InputFile::ofBytes("x", kRollout)), "codex");
    const auto got = readTextWith(codexFormat(), kRollout, true);
    ASSERT_EQ(got.runs.size(), 1U);
    EXPECT_TRUE(got.skips.empty());
    const ParsedRun& run = got.runs[0];
    const auto& out = run.record.run;
    EXPECT_EQ(out.nativeId, "R");
    EXPECT_EQ(out.sessionId, "P");
    EXPECT_EQ(out.project, "/p");
    EXPECT_EQ(out.harnessVersion, "0.60.1") << "not the commit of the project";
    EXPECT_EQ(out.task, "fix it");
    EXPECT_EQ(out.answer, "done");
    EXPECT_EQ(out.promptTokens, 250);
    EXPECT_EQ(out.completionTokens, 30);
    std::string kinds;
    for (const Step& step : run.record.steps) kinds += std::string(nameOf(step.kind)) + ":" + step.name + " ";
    EXPECT_EQ(kinds, "llm:assistant tool:shell llm:assistant tool:apply_patch llm:assistant tool:shell llm:assistant "
                     "tool:request_user_input other:compaction other:error llm:assistant ");
    EXPECT_EQ(run.record.steps[0].outputText, "I test");
    EXPECT_TRUE(
        std::ranges::any_of(run.conversation, [](const Message& each) { return each.content == "[thinking] hm\nI test"; }));
    EXPECT_EQ(run.record.steps[0].model, "gpt-5-codex");
    EXPECT_EQ(run.record.steps[0].promptTokens, 100);
    EXPECT_EQ(run.record.steps[1].errorType, "exit code 2");
    EXPECT_EQ(run.record.steps[1].result, "no rule");
    EXPECT_EQ(run.record.steps[3].errorType, "rejected by the user");
    EXPECT_EQ(run.record.steps[5].status, StepStatus::Ok);
    EXPECT_EQ(run.record.steps[5].arguments, R"({"type":"exec","command":["ls"]})");
    EXPECT_EQ(run.record.steps.back().promptTokens, 150);
    EXPECT_EQ(out.errorCount, 3);
    const auto& decisions = run.record.decisions;
    ASSERT_EQ(decisions.size(), 3U) << "the refusal and the turn that it aborted are one";
    EXPECT_EQ(decisions[0].kind, DecisionKind::Reject);
    EXPECT_EQ(decisions[0].before, "*** Begin");
    EXPECT_EQ(decisions[0].stepId, run.record.steps[3].nativeId);
    EXPECT_EQ(decisions[1].kind, DecisionKind::Answer);
    EXPECT_EQ(decisions[1].after, "blue");
    EXPECT_EQ(decisions[2].after, "interrupted");
    const auto body = bodyOf(run, {}, 1U << 20);
    ASSERT_TRUE(body);
    EXPECT_EQ(body->messages[0].role, "system");
    EXPECT_EQ(body->messages[1].content, "fix it");
}

TEST(Codex, theOlderGeneration)
{
    const std::string old =
        R"({"id":"old-1","timestamp":"2025-06-01T10:00:00Z","instructions":null,"git":{"commit_hash":"abc"}}
{"record_type":"state"}
{"type":"message","role":"user","content":[{"type":"input_text","text":"hello"}]}
{"type":"reasoning","id":"r","summary":[],"encrypted_content":"x"}
{"type":"function_call","name":"shell","arguments":"{}","call_id":"k"}
{"type":"function_call_output","call_id":"k","output":{"content":"bad","success":false}}
{"type":"message","role":"assistant","content":[{"type":"output_text","text":"hi"}]}
)";
    EXPECT_EQ(recognisedKind(InputFile::ofBytes("x", old)), "codex");
    const auto got = readTextWith(codexFormat(), old);
    ASSERT_EQ(got.runs.size(), 1U);
    EXPECT_TRUE(got.skips.empty());
    EXPECT_EQ(got.runs[0].record.run.nativeId, "old-1");
    EXPECT_EQ(formatTime(got.runs[0].record.run.start), "2025-06-01T10:00:00Z");
    EXPECT_EQ(got.runs[0].record.run.errorCount, 1);
    EXPECT_EQ(got.runs[0].record.run.stepCount, 3);
    EXPECT_TRUE(got.runs[0].record.run.harnessVersion.empty());
}

TEST(Codex, tailsAndBrokenLines)
{
    const std::string whole = kRollout;
    const std::size_t middle = whole.find('\n', whole.size() / 2) + 1;
    FileUnit unit;
    unit.parts.push_back({"x", InputFile::ofBytes("x", whole)});
    FormatReading tail;
    ASSERT_TRUE(codexFormat().read(unit, {.bodies = false, .fromBytes = middle}, tail, {}));
    ASSERT_EQ(tail.runs.size(), 1U);
    EXPECT_EQ(tail.runs[0].record.run.nativeId, "R");
    EXPECT_EQ(tail.runs[0].ranges, (std::vector<FileRange>{{middle, whole.size() - middle}}));
    for (std::size_t cut = 0; cut < whole.size(); cut += 97)
        EXPECT_TRUE(readTextWith(codexFormat(), whole.substr(0, cut)).skips.empty());
    for (std::size_t at = 0; at < whole.size(); at += 11) {
        std::string flipped = whole;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x15);
        (void)readTextWith(codexFormat(), flipped, true);
    }
    const auto broken = readTextWith(codexFormat(), "{\"payl\n17\n" + whole);
    EXPECT_EQ(broken.skips.size(), 2U);
}

} // namespace
} // namespace tackroom::testing
