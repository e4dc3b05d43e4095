// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/readers/agui.h"
#include "tests/support/formatfixture.h"
#include "tests/unit/readers/collector.h"

#include <algorithm>
#include <array>

namespace tackroom::testing
{
namespace
{

// Counted by Python (json) over the same folders, of the server's responses: runs = distinct (threadId, runId) of requests and
// RUN_STARTED; llm = distinct messageId of assistant TEXT_MESSAGE_START and parentMessageId of TOOL_CALL_START, calls with an
// empty one that follow each other being one more; tool = TOOL_CALL_START; human = interrupts; decisions = resume entries with
// the id of an interrupt and tool messages with `approved` that answer a call; tokens = usage of RUN_FINISHED.
constexpr auto kAguiReal = std::to_array<const char*>({
    "MixedToolInvocationIntegration: 2 runs, 2 llm, 2 tool, 0 human, 0 errors, 0 decisions, 427 + 288 tokens",
    "Step01_GettingStarted: 2 runs, 2 llm, 0 tool, 0 human, 0 errors, 0 decisions, 37 + 111 tokens",
    "Step02_BackendTools: 1 runs, 2 llm, 1 tool, 0 human, 0 errors, 0 decisions, 463 + 422 tokens",
    "Step03_FrontendTools: 2 runs, 2 llm, 1 tool, 0 human, 0 errors, 0 decisions, 297 + 1022 tokens",
    "Step04_HumanInLoop: 2 runs, 3 llm, 2 tool, 0 human, 0 errors, 1 decisions, 345 + 117 tokens",
    "Step05_StateManagement: 1 runs, 1 llm, 0 tool, 0 human, 0 errors, 0 decisions, 658 + 188 tokens",
    "Step06_RawEvents: 1 runs, 1 llm, 0 tool, 0 human, 0 errors, 0 decisions, 13 + 1471 tokens",
    "Step07_ThinkingEvents: 1 runs, 1 llm, 0 tool, 0 human, 0 errors, 0 decisions, 39 + 345 tokens",
    "Step08_MultimodalMessages: 1 runs, 1 llm, 0 tool, 0 human, 0 errors, 0 decisions, 220 + 47 tokens",
    "Step09_InterruptsApproval: 2 runs, 3 llm, 2 tool, 1 human, 0 errors, 1 decisions, 406 + 171 tokens",
    "Step10_InterruptsUserInput: 2 runs, 1 llm, 0 tool, 1 human, 0 errors, 1 decisions, 247 + 215 tokens",
    "Step11_Serialization: 2 runs, 2 llm, 0 tool, 0 human, 0 errors, 0 decisions, 0 + 0 tokens",
    "Step12_ParallelToolCalls: 1 runs, 2 llm, 2 tool, 0 human, 0 errors, 0 decisions, 495 + 488 tokens",
});

FormatReading readFolder(const std::filesystem::path& folder, bool bodies = false)
{
    std::vector<std::filesystem::path> paths;
    for (const auto& each : std::filesystem::directory_iterator(folder)) paths.push_back(each.path());
    std::ranges::sort(paths);
    FileUnit unit;
    for (const auto& path : paths) {
        auto file = InputFile::open(path);
        EXPECT_TRUE(file);
        EXPECT_EQ(recognisedKind(path), "ag-ui") << path;
        unit.parts.push_back({path.filename().string(), std::move(*file)});
    }
    return readUnitWith(agUiFormat(), unit, bodies);
}

std::size_t countOfAgui(const ParsedRun& run, StepKind kind)
{
    return static_cast<std::size_t>(std::ranges::count(run.record.steps, kind, &Step::kind));
}

std::string rowOfAgui(const std::string& name, const FormatReading& got)
{
    std::size_t llm = 0, tool = 0, human = 0, decisions = 0;
    std::int64_t errors = 0, prompt = 0, completion = 0;
    for (const ParsedRun& run : got.runs) {
        llm += countOfAgui(run, StepKind::Llm);
        tool += countOfAgui(run, StepKind::Tool);
        human += countOfAgui(run, StepKind::Human);
        decisions += run.record.decisions.size();
        errors += run.record.run.errorCount;
        prompt += run.record.run.promptTokens;
        completion += run.record.run.completionTokens;
    }
    return formatText("{}: {} runs, {} llm, {} tool, {} human, {} errors, {} decisions, {} + {} tokens", name, got.runs.size(),
                      llm, tool, human, errors, decisions, prompt, completion);
}

TEST(AgUi, realFoldersEqualTheCount)
{
    const auto data = sharedData();
    if (data.empty()) GTEST_SKIP() << "the folder of recorded runs is not there";
    for (const std::string row : kAguiReal) {
        const std::string name = row.substr(0, row.find(": "));
        const auto got = readFolder(data / "ag-ui/baselines" / name);
        EXPECT_TRUE(got.status);
        EXPECT_TRUE(got.skips.empty());
        EXPECT_EQ(rowOfAgui(name, got), row);
    }
    for (const auto& each : std::filesystem::recursive_directory_iterator(data / "ag-ui/fixtures"))
        if (each.is_regular_file()) {
            EXPECT_EQ(recognisedKind(each.path()), "") << "recordings of model answers hold no events";
        }
}

TEST(AgUi, anInterruptAndItsAnswerAreOneDecision)
{
    const auto data = sharedData();
    if (data.empty()) GTEST_SKIP() << "the folder of recorded runs is not there";
    const auto got = readFolder(data / "ag-ui/baselines/Step09_InterruptsApproval", true);
    ASSERT_EQ(got.runs.size(), 2U);
    const auto& asked = got.runs[0].record;
    EXPECT_EQ(asked.run.nativeId, "thread_Id_1/run_Id_1");
    EXPECT_EQ(asked.run.task, "Please delete the file report-draft.txt");
    ASSERT_EQ(asked.decisions.size(), 1U);
    EXPECT_EQ(asked.decisions[0].kind, DecisionKind::Approve);
    EXPECT_EQ(asked.decisions[0].target, "tool call: delete_file");
    EXPECT_EQ(asked.decisions[0].before, "{\n  \"filename\": \"report-draft.txt\"\n}");
    const auto tool = std::ranges::find(asked.steps, StepKind::Tool, &Step::kind);
    ASSERT_NE(tool, asked.steps.end());
    EXPECT_EQ(asked.decisions[0].stepId, tool->nativeId);
    const auto& wentOn = got.runs[1].record;
    EXPECT_TRUE(wentOn.run.answer.starts_with("Done"));
    const auto deleted = std::ranges::find(wentOn.steps, "delete_file", &Step::toolName);
    ASSERT_NE(deleted, wentOn.steps.end());
    EXPECT_EQ(deleted->result, "\"File 'report-draft.txt' deleted successfully.\"");
    const auto body = bodyOf(got.runs[1], deleted->nativeId, 1U << 20);
    ASSERT_TRUE(body);
    EXPECT_EQ(body->input, "{\n  \"filename\": \"report-draft.txt\"\n}");

    const auto input = readFolder(data / "ag-ui/baselines/Step10_InterruptsUserInput");
    const auto& answer = input.runs.at(0).record.decisions.at(0);
    EXPECT_EQ(answer.kind, DecisionKind::Answer);
    EXPECT_EQ(answer.before, "What username would you like to use?");
    EXPECT_EQ(answer.after, R"({"response":"johndoe42"})");
    // The older way: a frontend tool that is answered with {"approved": true} in the next request.
    const auto older = readFolder(data / "ag-ui/baselines/Step04_HumanInLoop");
    EXPECT_EQ(older.runs.at(0).record.decisions.at(0).kind, DecisionKind::Approve);
    EXPECT_EQ(older.runs.at(0).record.decisions.at(0).target, "tool call: request_approval");
}

TEST(AgUi, realTextsAndFrontendTools)
{
    const auto data = sharedData();
    if (data.empty()) GTEST_SKIP() << "the folder of recorded runs is not there";
    const auto tools = readFolder(data / "ag-ui/baselines/Step03_FrontendTools");
    const auto call = std::ranges::find(tools.runs.at(0).record.steps, "GetUserLocation", &Step::toolName);
    ASSERT_NE(call, tools.runs[0].record.steps.end());
    EXPECT_EQ(call->result, "\"Amsterdam, Netherlands (52.37°N, 4.90°E)\"") << "it stands in the next request";
    const auto thinking = readFolder(data / "ag-ui/baselines/Step07_ThinkingEvents", true);
    const auto& said = thinking.runs.at(0).conversation.back().content;
    EXPECT_TRUE(said.starts_with("[thinking] "));
    EXPECT_FALSE(thinking.runs[0].record.run.answer.starts_with("[thinking]"));
    // Ids are scrubbed there: the runs of two folders are not one.
    const auto one = readFolder(data / "ag-ui/baselines/Step01_GettingStarted");
    EXPECT_EQ(one.runs.at(0).record.run.nativeId, tools.runs.at(0).record.run.nativeId);
    EXPECT_NE(one.runs.at(0).record.run.key, tools.runs.at(0).record.run.key);
}

TEST(AgUi, aFolderOfFoldersIsOneStore)
{
    const auto data = sharedData();
    if (data.empty()) GTEST_SKIP() << "the folder of recorded runs is not there";
    auto reader = openStore(data / "ag-ui/baselines", {});
    ASSERT_TRUE(reader) << textOf(reader.error());
    Collector got;
    ASSERT_TRUE((*reader)->ingest({}, got, {}));
    EXPECT_EQ(got.order.size(), 20U) << "the sum of the runs of the folders";
    EXPECT_TRUE(got.skips.empty());
    for (const auto& [id, record] : got.runs) {
        const auto body = (*reader)->fetch(RunAddress(record.run), {}, 1U << 20);
        ASSERT_TRUE(body) << id << ": " << textOf(body.error());
        ASSERT_FALSE(body->messages.empty()) << id;
        EXPECT_EQ(body->messages.front().role, "user") << "the request stands before the events";
        for (const Step& step : record.steps) EXPECT_TRUE((*reader)->fetch(RunAddress(record.run), step.nativeId, 1U << 20));
    }
}

TEST(AgUi, theFixturesOfTheDartSdk)
{
    const auto data = sharedData();
    if (data.empty()) GTEST_SKIP() << "the folder of recorded runs is not there";
    const auto path = data / "ag-ui/dart-events.json";
    EXPECT_EQ(recognisedKind(path), "ag-ui");
    const auto got = readWith(agUiFormat(), path);
    ASSERT_TRUE(got.status);
    EXPECT_EQ(got.runs.size(), 16U) << "jq '[.[][] | select(.type==\"RUN_STARTED\")] | length'";
    EXPECT_TRUE(got.skips.empty());
    const auto runOf = [&](const std::string& id) -> const ParsedRun& {
        return *std::ranges::find_if(got.runs, [&](const ParsedRun& run) { return run.record.run.nativeId == id; });
    };
    const ParsedRun& failed = runOf("thread_08/run_09");
    EXPECT_EQ(failed.record.run.status, StepStatus::Error);
    EXPECT_EQ(failed.record.steps.back().errorType, "TIMEOUT");
    EXPECT_EQ(failed.record.steps.back().errorText, "Connection timeout");
    const ParsedRun& steps = runOf("thread_07/run_08");
    EXPECT_EQ(countOfAgui(steps, StepKind::Chain), 2U);
    EXPECT_EQ(runOf("thread_11/run_12").record.run.answer, "Complete message in a single chunk");
    EXPECT_EQ(runOf("thread_10/run_11").record.run.answer, "First message");
    EXPECT_EQ(runOf("thread_06/run_07").record.run.answer, "Based on my analysis...");
    EXPECT_EQ(runOf("thread_04/run_04").record.run.task, "Describe this image\n[image]");
    EXPECT_EQ(runOf("thread_04b/run_04b").record.run.answer, "Indexing started.") << "told by a snapshot alone";
}

constexpr const char* kStream =
    R"(data: {"type":"RUN_STARTED","threadId":"thread-0123456789","runId":"run-00000000000001","timestamp":1767225600000,"input":{"threadId":"t","runId":"r","messages":[{"id":"u","role":"user","content":"delete it"}]}}

event: message
data: {"type":"StepStarted","stepName":"plan"}
data: {"type":"toolCallChunk","toolCallId":"c1","toolCallName":"rm","parentMessageId":"m1","delta":"{\"a\":"}
data: {"type":"TOOL_CALL_CHUNK","toolCallId":"c1","delta":"1}"}
data: {"type":"STEP_FINISHED","stepName":"plan"}
data: {"type":"RUN_FINISHED","threadId":"thread-0123456789","runId":"run-00000000000001","timestamp":1767225602500,"outcome":{"type":"interrupt","interrupts":[{"id":"i1","reason":"tool_call","toolCallId":"c1"},{"id":"i2","reason":"ask","message":"why?"},{"id":"i3","reason":"ask","message":"who?"}]}}
data: {"type":"RUN_STARTED","threadId":"thread-0123456789","runId":"run-00000000000002","input":{"messages":[],"resume":[{"interruptId":"i1","status":"resolved","payload":{"approved":false,"reason":"too risky"}},{"interruptId":"i2","status":"cancelled"},{"interruptId":"i3","status":"resolved","payload":{"approved":true,"editedArgs":{"a":2}}},{"interruptId":"unheard","status":"resolved","payload":"x"}]}}
data: {"type":"TOOL_CALL_RESULT","messageId":"x","toolCallId":"lost","content":"Error: no"}
data: {"type":"TEXT_MESSAGE_CHUNK","messageId":"m2","role":"assistant","delta":"ok","rawEvent":{"modelId":"gpt"}}
data: {"type":"CUSTOM","name":"on_interrupt","value":"sure?"}
data: {"type":"RUN_ERROR","message":"gone"}
)";

TEST(AgUi, answersOfLangGraphAreDecisions)
{
    constexpr const char* kInbox = R"(data: {"type":"RUN_STARTED","threadId":"thread-0123456789","runId":"run-00000000000001"}
data: {"type":"CUSTOM","name":"on_interrupt","value":"[{\"action_request\":{\"action\":\"refund\",\"args\":{\"sum\":9}}},{\"action_request\":{\"action\":\"mail\",\"args\":{}}}]"}
data: {"type":"RUN_FINISHED","threadId":"thread-0123456789","runId":"run-00000000000001"}
data: {"type":"RUN_STARTED","threadId":"thread-0123456789","runId":"run-00000000000002","input":{"threadId":"thread-0123456789","runId":"run-00000000000002","messages":[],"forwardedProps":{"command":{"resume":[{"type":"accept","args":null},{"type":"ignore","args":null}]}}}}
data: {"type":"RUN_FINISHED","threadId":"thread-0123456789","runId":"run-00000000000002"}
)";
    const auto got = readTextWith(agUiStreamFormat(), kInbox, true);
    ASSERT_TRUE(got.status);
    ASSERT_EQ(got.runs.size(), 2U);
    const auto& decisions = got.runs[0].record.decisions;
    ASSERT_EQ(decisions.size(), 2U) << "on the run that asked";
    EXPECT_EQ(decisions[0].kind, DecisionKind::Approve);
    EXPECT_EQ(decisions[0].target, "tool call: refund");
    EXPECT_EQ(decisions[0].before, "{\"sum\":9}");
    EXPECT_EQ(decisions[1].kind, DecisionKind::Reject);
    EXPECT_EQ(decisions[1].target, "tool call: mail");
    EXPECT_EQ(decisions[0].stepId, got.runs[0].record.steps.at(0).nativeId);
    EXPECT_TRUE(got.runs[1].record.decisions.empty());
}

TEST(AgUi, streamsChunksAndRefusals)
{
    EXPECT_EQ(recognisedKind(InputFile::ofBytes("x", kStream)), "ag-ui-stream");
    const auto got = readTextWith(agUiStreamFormat(), kStream, true);
    ASSERT_TRUE(got.status);
    EXPECT_TRUE(got.skips.empty());
    ASSERT_EQ(got.runs.size(), 2U);
    const auto& first = got.runs[0].record;
    EXPECT_EQ(first.run.nativeId, "thread-0123456789/run-00000000000001");
    EXPECT_EQ(first.run.sessionId, "thread-0123456789");
    EXPECT_EQ(first.run.task, "delete it");
    EXPECT_EQ(formatTime(first.run.start), "2026-01-01T00:00:00Z");
    EXPECT_EQ(formatTime(first.run.end), "2026-01-01T00:00:02.500Z");
    ASSERT_EQ(first.steps.size(), 6U);
    EXPECT_EQ(first.steps[0].name, "plan");
    EXPECT_EQ(first.steps[1].parentId, first.steps[0].nativeId);
    EXPECT_EQ(first.steps[2].arguments, "{\"a\":1}");
    ASSERT_EQ(first.decisions.size(), 3U);
    EXPECT_EQ(first.decisions[0].kind, DecisionKind::Reject);
    EXPECT_EQ(first.decisions[0].reason, "too risky");
    EXPECT_EQ(first.decisions[0].stepId, first.steps[2].nativeId);
    EXPECT_EQ(first.decisions[1].kind, DecisionKind::Reject);
    EXPECT_EQ(first.decisions[1].before, "why?");
    EXPECT_EQ(first.decisions[2].kind, DecisionKind::Edit);
    const auto& second = got.runs[1].record;
    ASSERT_EQ(second.decisions.size(), 1U) << "the interrupt of this answer is not in the file";
    EXPECT_EQ(second.decisions[0].after, "x");
    EXPECT_EQ(second.run.errorCount, 2);
    EXPECT_EQ(second.run.answer, "ok");
    EXPECT_EQ(countOfAgui(got.runs[1], StepKind::Human), 1U);
    EXPECT_EQ(std::ranges::find(second.steps, StepKind::Llm, &Step::kind)->model, "gpt");
    std::string again;
    for (const FileRange& range : got.runs[1].ranges) again += std::string(kStream).substr(range.offset, range.bytes) + "\n";
    const auto alone = readTextWith(agUiStreamFormat(), again, true);
    ASSERT_EQ(alone.runs.size(), 1U);
    EXPECT_EQ(alone.runs[0].record.steps.size(), second.steps.size());
}

TEST(AgUi, anyCutAndAnyFlippedByteIsSurvived)
{
    const std::string stream = kStream;
    std::string array = "\xEF\xBB\xBF[";
    for (std::size_t at = stream.find("data: "); at != std::string::npos; at = stream.find("data: ", at + 1))
        array += (array.size() > 4 ? ",\n" : "") + stream.substr(at + 6, stream.find('\n', at) - at - 6);
    array += "]";
    EXPECT_EQ(recognisedKind(InputFile::ofBytes("x", array)), "ag-ui");
    EXPECT_EQ(readTextWith(agUiFormat(), array).runs.size(), 2U);
    for (std::size_t cut = 0; cut < stream.size(); cut += 13)
        EXPECT_TRUE(readTextWith(agUiStreamFormat(), stream.substr(0, cut)).skips.empty());
    for (std::size_t cut = 0; cut < array.size(); cut += 13) (void)readTextWith(agUiFormat(), array.substr(0, cut));
    EXPECT_EQ(readTextWith(agUiFormat(), array.substr(0, array.size() - 1)).skips.size(), 1U);
    for (std::size_t at = 0; at < array.size(); at += 5) {
        std::string flipped = array;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x15);
        (void)readTextWith(agUiFormat(), flipped, true);
    }
    EXPECT_EQ(recognisedKind(InputFile::ofBytes("x", R"([{"type":"custom","name":"x"}])")), "");
    EXPECT_EQ(recognisedKind(InputFile::ofBytes("x", R"({"threadId":"a","runId":"b","messages":[]})")), "ag-ui");
    EXPECT_EQ(recognisedKind(InputFile::ofBytes("x", R"({"threadId":"a","messages":[]})")), "");
}

} // namespace
} // namespace tackroom::testing
