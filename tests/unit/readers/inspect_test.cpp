// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/readers/inspect.h"
#include "core/readers/zipentries.h"
#include "tests/support/formatfixture.h"
#include "tests/unit/readers/collector.h"

#include <algorithm>
#include <array>

namespace tackroom::testing
{
namespace
{

// Counted by Python (json, zipfile) over the same files, one line each: events by `event`; span_begin, step begin and subtask
// by type (scorer(s): evaluator, else chain), a span of type tool left out where a tool event under the same parent has its
// name; errors: model and tool events with `error`; scores C and 1 good, I, N and 0 bad; tokens of model_usage; input events
// are decisions. log_tool_call_error.json has no events: its tool messages, all of which have an `error`.
constexpr auto kInspectReal = std::to_array<const char*>({
    "2024-11-05T13-31-45-05-00_input-task_8zXjbRzCWrL9GXiXo2vus9.json: 1 runs, 2 llm, 0 tool, 1 human, 1 evaluator, 2 chain, 0 "
    "other, 0 errors, 1 scores (1 good, 0 bad), 1 decisions, 274 + 189 tokens, 0 skipped",
    "2024-11-05T13-32-37-05-00_input-task_hxs4q9azL3ySGkjJirypKZ.eval: 1 runs, 2 llm, 0 tool, 1 human, 1 evaluator, 2 chain, 0 "
    "other, 0 errors, 1 scores (1 good, 0 bad), 1 decisions, 287 + 202 tokens, 0 skipped",
    "2025-02-11T15-17-00-05-00_popularity_dPiJifoWeEQBrfWsAopzWr.eval: 10 runs, 10 llm, 0 tool, 0 human, 0 evaluator, 20 "
    "chain, 0 other, 0 errors, 0 scores (0 good, 0 bad), 0 decisions, 620 + 20 tokens, 0 skipped",
    "2025-02-11T15-18-04-05-00_popularity_mj7khqpMM4GBCfVQozKgzB.eval: 10 runs, 10 llm, 0 tool, 0 human, 10 evaluator, 20 "
    "chain, 0 other, 0 errors, 10 scores (8 good, 2 bad), 0 decisions, 620 + 20 tokens, 0 skipped",
    "2025-05-12T20-27-36-04-00_browser.json: 1 runs, 5 llm, 4 tool, 0 human, 1 evaluator, 3 chain, 10 other, 0 errors, 1 "
    "scores (1 good, 0 bad), 0 decisions, 15235 + 281 tokens, 0 skipped",
    "2025-05-12T20-28-13-04-00_popularity.json: 3 runs, 3 llm, 0 tool, 0 human, 3 evaluator, 9 chain, 0 other, 0 errors, 3 "
    "scores (2 good, 1 bad), 0 decisions, 192 + 6 tokens, 0 skipped",
    "2025-05-12T20-28-26-04-00_security-guide.json: 3 runs, 6 llm, 0 tool, 0 human, 3 evaluator, 9 chain, 0 other, 0 errors, 3 "
    "scores (3 good, 0 bad), 0 decisions, 959 + 1033 tokens, 0 skipped",
    "log_formats.eval: 1 runs, 1 llm, 0 tool, 0 human, 1 evaluator, 2 chain, 0 other, 0 errors, 1 scores (0 good, 1 bad), 0 "
    "decisions, 66 + 2 tokens, 0 skipped",
    "log_message_deduplication.eval: 1 runs, 6 llm, 5 tool, 0 human, 2 evaluator, 4 chain, 5 other, 0 errors, 1 scores (0 "
    "good, 1 bad), 0 decisions, 0 + 0 tokens, 0 skipped",
    "log_read_sample.eval: 1 runs, 1 llm, 0 tool, 0 human, 2 evaluator, 4 chain, 0 other, 0 errors, 1 scores (1 good, 0 bad), "
    "0 decisions, 66 + 3 tokens, 0 skipped",
    "log_read_sample.json: 1 runs, 1 llm, 0 tool, 0 human, 2 evaluator, 4 chain, 0 other, 0 errors, 1 scores (1 good, 0 bad), "
    "0 decisions, 66 + 3 tokens, 0 skipped",
    "log_streaming.eval: 4 runs, 4 llm, 0 tool, 0 human, 4 evaluator, 8 chain, 0 other, 0 errors, 4 scores (3 good, 1 bad), 0 "
    "decisions, 252 + 6 tokens, 0 skipped",
    "log_tool_call_error.json: 1 runs, 0 llm, 11 tool, 0 human, 0 evaluator, 0 chain, 0 other, 11 errors, 0 scores (0 good, 0 "
    "bad), 0 decisions, 0 + 0 tokens, 0 skipped",
    "mmlu-summary-choices.eval: 1 runs, 1 llm, 0 tool, 0 human, 2 evaluator, 3 chain, 0 other, 0 errors, 1 scores (0 good, 1 "
    "bad), 0 decisions, 153 + 3 tokens, 0 skipped",
});

std::string rowOfInspect(const std::string& name, const FormatReading& got)
{
    std::array<std::size_t, 16> kinds{};
    std::size_t scores = 0, good = 0, bad = 0, decisions = 0;
    std::int64_t errors = 0, prompt = 0, completion = 0;
    for (const ParsedRun& run : got.runs) {
        for (const Step& step : run.record.steps) ++kinds[static_cast<std::size_t>(step.kind)];
        errors += run.record.run.errorCount;
        scores += run.record.scores.size();
        good += static_cast<std::size_t>(std::ranges::count(run.record.scores, Outcome::Success, &Score::says));
        bad += static_cast<std::size_t>(std::ranges::count(run.record.scores, Outcome::Failure, &Score::says));
        decisions += run.record.decisions.size();
        prompt += run.record.run.promptTokens;
        completion += run.record.run.completionTokens;
    }
    const auto of = [&](StepKind kind) { return kinds[static_cast<std::size_t>(kind)]; };
    return formatText(
        "{}: {} runs, {} llm, {} tool, {} human, {} evaluator, {} chain, {} other, {} errors, {} scores ({} good, "
        "{} bad), {} decisions, {} + {} tokens, {} skipped",
        name, got.runs.size(), of(StepKind::Llm), of(StepKind::Tool), of(StepKind::Human), of(StepKind::Evaluator),
        of(StepKind::Chain), of(StepKind::Other), errors, scores, good, bad, decisions, prompt, completion, got.skips.size());
}

std::filesystem::path inspectData()
{
    const auto data = sharedData();
    return data.empty() ? data : data / "inspect-ai";
}

const Step* stepNamed(const ParsedRun& run, std::string_view name)
{
    const auto step = std::ranges::find(run.record.steps, name, &Step::name);
    return step == run.record.steps.end() ? nullptr : &*step;
}

/// The stretches that a run names, put together as the reader does it.
FormatReading readAgain(const InputFile& file, const ParsedRun& run)
{
    std::string bytes;
    for (const FileRange& range : run.ranges)
        bytes += (bytes.empty() ? "" : "\n") + file.read(range.offset, range.bytes).value();
    return readTextWith(inspectFormat(), bytes, true);
}

TEST(Inspect, realFilesEqualTheCount)
{
    const auto data = inspectData();
    if (data.empty()) GTEST_SKIP() << "the folder of recorded runs is not there";
    for (const std::string row : kInspectReal) {
        const std::string name = row.substr(0, row.find(": "));
        EXPECT_EQ(recognisedKind(data / name), "inspect") << name;
        const auto got = readWith(inspectFormat(), data / name);
        EXPECT_TRUE(got.status) << name;
        EXPECT_EQ(rowOfInspect(name, got), row);
    }
}

TEST(Inspect, everyRealRunIsFoundAgainByItsStretches)
{
    const auto data = inspectData();
    if (data.empty()) GTEST_SKIP() << "the folder of recorded runs is not there";
    for (const std::string row : kInspectReal) {
        const auto file = InputFile::open(data / row.substr(0, row.find(": ")));
        ASSERT_TRUE(file);
        for (const ParsedRun& run : readWith(inspectFormat(), file->path()).runs) {
            ASSERT_EQ(run.ranges.size(), 2U) << row;
            const auto again = readAgain(*file, run);
            ASSERT_EQ(again.runs.size(), 1U) << row;
            EXPECT_EQ(again.runs[0].record.run.nativeId, run.record.run.nativeId);
            EXPECT_EQ(again.runs[0].record.run.project, run.record.run.project);
            EXPECT_EQ(again.runs[0].record.steps.size(), run.record.steps.size());
            const auto body = bodyOf(again.runs[0], {}, 1U << 20);
            ASSERT_TRUE(body);
            EXPECT_FALSE(body->messages.empty());
            for (const Message& message : body->messages) EXPECT_EQ(message.content.find("attachment://"), std::string::npos);
        }
    }
}

TEST(Inspect, theFolderIsOneStore)
{
    const auto data = inspectData();
    if (data.empty()) GTEST_SKIP() << "the folder of recorded runs is not there";
    auto reader = openStore(data, {});
    ASSERT_TRUE(reader) << textOf(reader.error());
    Collector got;
    ASSERT_TRUE((*reader)->ingest({}, got, {}));
    EXPECT_EQ(got.runs.size(), 39U) << "the sum of the runs of the files";
    EXPECT_TRUE(got.skips.empty());
    for (const auto& [id, record] : got.runs)
        for (const Step& step : record.steps) {
            const auto body = (*reader)->fetch(RunAddress(record.run), step.nativeId, 1U << 20);
            ASSERT_TRUE(body) << id << " " << step.nativeId;
            const std::size_t least = step.kind == StepKind::Llm ? 2 : 0;
            EXPECT_GE(body->messages.size(), least) << id << " " << step.nativeId;
        }
}

TEST(Inspect, deduplicatedMessagesAreResolved)
{
    const auto data = inspectData();
    if (data.empty()) GTEST_SKIP() << "the folder of recorded runs is not there";
    const auto got = readWith(inspectFormat(), data / "log_message_deduplication.eval", true);
    ASSERT_EQ(got.runs.size(), 1U);
    const ParsedRun& run = got.runs[0];
    EXPECT_EQ(run.record.run.nativeId, "oNudNHL32se6mcUiF8ingo/FhdYWFJ77GkBBV8uKGRTuQ/0/1");
    EXPECT_EQ(run.record.run.task, "Guess the number");
    EXPECT_EQ(run.record.run.answer, "done");
    EXPECT_EQ(run.record.run.harnessVersion, "c8ef316");
    EXPECT_EQ(run.conversation.size(), 12U);
    // The sixth call sent the eleven messages [0, 11) of the pool.
    const auto last = std::ranges::find_if(run.record.steps.rbegin(), run.record.steps.rend(),
                                           [](const Step& step) { return step.kind == StepKind::Llm; });
    const auto body = bodyOf(run, last->nativeId, 1U << 20);
    ASSERT_TRUE(body);
    ASSERT_EQ(body->messages.size(), 12U);
    EXPECT_EQ(body->messages[0].content, "Guess the number");
    EXPECT_EQ(body->messages[10].toolCallId, "hardcoded_4");
    EXPECT_EQ(body->messages[11].content, "done");
    EXPECT_EQ(run.conversation.back().stepId, last->nativeId);
    const Step* tool = stepNamed(run, "bash");
    ASSERT_NE(tool, nullptr);
    EXPECT_EQ(tool->arguments, R"({"cmd":"ls"})");
    EXPECT_TRUE(tool->result.starts_with("bin\nboot\n"));
    const Step* sandbox = stepNamed(run, "sandbox exec");
    ASSERT_NE(sandbox, nullptr);
    EXPECT_EQ(sandbox->parentId, tool->nativeId) << "what the call's span holds belongs to the call";
    EXPECT_EQ(run.record.scores[0].weight, OutcomeSource::Verifier);
}

TEST(Inspect, modelGradedScoresAreTheModels)
{
    const auto data = inspectData();
    if (data.empty()) GTEST_SKIP() << "the folder of recorded runs is not there";
    const auto graded = readWith(inspectFormat(), data / "2025-05-12T20-28-26-04-00_security-guide.json");
    for (const ParsedRun& run : graded.runs) {
        ASSERT_EQ(run.record.scores.size(), 1U);
        EXPECT_EQ(run.record.scores[0].annotator, Annotator::Llm);
        EXPECT_EQ(run.record.scores[0].weight, OutcomeSource::ModelJudge);
        EXPECT_EQ(run.record.scores[0].label, "C");
    }
    // "includes" without a target checks nothing against a truth.
    const auto browser = readWith(inspectFormat(), data / "2025-05-12T20-27-36-04-00_browser.json");
    EXPECT_EQ(browser.runs.at(0).record.scores.at(0).weight, OutcomeSource::Rule);
    EXPECT_EQ(formatTime(browser.runs[0].record.run.start), "2025-05-13T00:27:36.997Z");
    const auto errors = readWith(inspectFormat(), data / "log_tool_call_error.json");
    const auto& steps = errors.runs.at(0).record.steps;
    EXPECT_EQ(steps.at(1).errorType, "timeout");
    EXPECT_EQ(steps.at(10).errorText, "The tool output limit of 10 MiB was exceeded.");
}

// ---- zips made here: deflate is in the real files, zstd and everything odd is not

std::string number(std::uint64_t value, int bytes)
{
    std::string out;
    for (int i = 0; i < bytes; ++i) out += i < 8 ? static_cast<char>(value >> (8 * i) & 0xff) : '\0';
    return out;
}

std::uint32_t crcOf(std::string_view bytes)
{
    std::uint32_t crc = ~0U;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int i = 0; i < 8; ++i) crc = crc & 1U ? crc >> 1 ^ 0xedb88320U : crc >> 1;
    }
    return ~crc;
}

/// A zstd frame of one raw block (RFC 8878, 3.1.1): one segment, its size in four bytes.
std::string zstdOf(std::string_view text)
{
    return std::string("\x28\xB5\x2F\xFD\xA0", 5) + number(text.size(), 4) + number(text.size() << 3 | 1, 3) +
           std::string(text);
}

struct Zip {
    std::string bytes, table;
    int count = 0;
    void add(const std::string& name, const std::string& text, int method)
    {
        const std::string packed = method == 93 ? zstdOf(text) : text;
        const std::string middle = number(0, 2) + number(static_cast<std::uint64_t>(method), 2) + number(0, 4) +
                                   number(crcOf(text), 4) + number(packed.size(), 4) + number(text.size(), 4) +
                                   number(name.size(), 2) + number(0, 2);
        table +=
            "PK\x01\x02" + number(63, 2) + number(63, 2) + middle + number(0, 2 + 2 + 2 + 4) + number(bytes.size(), 4) + name;
        bytes += "PK\x03\x04" + number(63, 2) + middle + name + packed;
        ++count;
    }
    [[nodiscard]] std::string whole() const
    {
        const auto entries = static_cast<std::uint64_t>(count);
        return bytes + table + "PK\x05\x06" + number(0, 4) + number(entries, 2) + number(entries, 2) + number(table.size(), 4) +
               number(bytes.size(), 4) + number(0, 2);
    }
};

constexpr const char* kHeader =
    R"({"version":2,"status":"success","eval":{"run_id":"R","eval_id":"E","task_id":"T","task":"refunds","created":"2026-01-01T00:00:00Z",
 "solver":"react","revision":{"type":"git","commit":"abc1234","dirty":true},
 "scorers":[{"name":"rating","metrics":[{"name":"inspect_ai/mean"}]}]},"plan":{"name":"plan"}})";

constexpr const char* kSample = R"({"id":"s 1","epoch":2,"input":[{"role":"system","content":"be kind"},
 {"role":"user","content":"attachment://0aFf"}],"target":["yes"],
 "messages":[{"id":"m1","role":"user","content":"attachment://0aFf"},
  {"id":"m2","role":"assistant","content":[{"type":"reasoning","reasoning":"hm"},{"type":"text","text":"I pay"}],
   "tool_calls":[{"id":"c1","function":"pay","arguments":{"note":"attachment://0aFf"}}]},
  {"id":"m3","role":"tool","tool_call_id":"c1","function":"pay","content":"no"}],
 "attachments":{"0aFf":"a \"long\" text\nof two lines"},
 "events_data":{"messages":[{"role":"system","content":"be kind"},{"role":"user","content":"attachment://0aFf"}],"calls":[]},
 "events":[
  {"event":"span_begin","id":"A","type":"agent","name":"react","span_id":"A","timestamp":"2026-01-01T00:00:01Z"},
  {"event":"model","model":"gpt","span_id":"A","timestamp":"2026-01-01T00:00:02Z","completed":"2026-01-01T00:00:03Z","input":[],
   "input_refs":[[0,2],[1,99]],"output":{"choices":[{"message":{"id":"m2","role":"assistant","content":"I pay"}}],
   "usage":{"input_tokens":7,"output_tokens":3}}},
  {"event":"approval","span_id":"A","approver":"human","decision":"modify","call":{"id":"c1","function":"pay","arguments":{"n":1}},
   "modified":{"id":"c1","function":"pay","arguments":{"n":2}},"explanation":"too much","timestamp":"2026-01-01T00:00:04Z"},
  {"event":"approval","span_id":"A","approver":"auto","decision":"approve","call":{"id":"c1","function":"pay","arguments":{}}},
  {"event":"tool","id":"c1","function":"pay","arguments":{"note":"attachment://0aFf"},"result":"no","span_id":"A",
   "error":{"type":"approval","message":"not allowed"},"timestamp":"2026-01-01T00:00:05Z",
   "events":[{"event":"model","model":"inner","output":{"choices":[]},"error":"overloaded"}]},
  {"event":"interrupt","source":"user_cancel","interrupted":"tool_call","interrupted_tool_call_id":"c1"},
  {"event":"sample_limit","type":"token","message":"100 tokens"},
  {"event":"score","score":{"value":0.25},"intermediate":true,"span_id":"A"},
  {"event":"span_end","id":"A","timestamp":"2026-01-01T00:00:09Z"},
  {"event":"of next year"}],
 "error":{"message":"boom","traceback":"…"},"limit":{"type":"token","limit":100},
 "model_usage":{"gpt":{"input_tokens":7,"output_tokens":3,"total_tokens":15,"input_tokens_cache_read":5,"total_cost":0.5}},
 "scores":{"rating":{"value":1},"custom":{"value":{"a":"C","b":0.4,"c":"P"}},
  "match":{"value":"C","history":[{"value":"I"},{"value":"C","provenance":{"author":"mia","reason":"it is right","timestamp":"2026-02-01T00:00:00Z"}}]}}})";

void expectSample(const ParsedRun& run)
{
    const Run& out = run.record.run;
    EXPECT_EQ(out.nativeId, "R/T/s 1/2");
    EXPECT_EQ(out.sessionId, "E");
    EXPECT_EQ(out.project, "refunds");
    EXPECT_EQ(out.agentName, "react");
    EXPECT_EQ(out.harnessVersion, "abc1234");
    EXPECT_EQ(out.harnessVersionSource, "commit key: eval.revision.commit (with changes beside it)");
    EXPECT_EQ(out.task, "a \"long\" text\nof two lines");
    EXPECT_EQ(out.status, StepStatus::Error);
    EXPECT_EQ(out.promptTokens, 12) << "this provider counts the cache beside the input";
    EXPECT_EQ(out.completionTokens, 3);
    EXPECT_EQ(out.costUsd, 0.5);
    EXPECT_EQ(formatTime(out.start), "2026-01-01T00:00:01Z");
    EXPECT_EQ(formatTime(out.end), "2026-01-01T00:00:09Z");
    ASSERT_EQ(run.record.steps.size(), 7U);
    const auto& steps = run.record.steps;
    EXPECT_EQ(steps[0].kind, StepKind::Agent);
    EXPECT_EQ(steps[1].parentId, steps[0].nativeId);
    EXPECT_EQ(steps[2].kind, StepKind::Guardrail);
    EXPECT_EQ(steps[3].errorType, "approval");
    EXPECT_EQ(steps[3].arguments, R"({"note":"a \"long\" text\nof two lines"})");
    EXPECT_EQ(steps[4].name, "inner");
    EXPECT_EQ(steps[4].parentId, steps[3].nativeId);
    EXPECT_EQ(steps[4].errorText, "overloaded");
    EXPECT_EQ(steps[5].errorType, "limit: token");
    EXPECT_EQ(steps[6].errorText, "boom");
    EXPECT_EQ(out.errorCount, 4);
}

TEST(Inspect, decisionsScoresLimitsAndErrors)
{
    Zip zip;
    zip.add("samples/s 1_epoch_2.json", kSample, 93);
    zip.add("header.json", kHeader, 93);
    const std::string bytes = zip.whole();
    EXPECT_EQ(recognisedKind(InputFile::ofBytes("x", bytes)), "inspect");
    const auto got = readTextWith(inspectFormat(), bytes, true);
    ASSERT_TRUE(got.status);
    ASSERT_EQ(got.runs.size(), 1U);
    EXPECT_TRUE(got.skips.empty());
    const ParsedRun& run = got.runs[0];
    expectSample(run);
    const auto& decisions = run.record.decisions;
    ASSERT_EQ(decisions.size(), 3U);
    EXPECT_EQ(decisions[0].kind, DecisionKind::Edit);
    EXPECT_EQ(decisions[0].stepId, run.record.steps[3].nativeId);
    EXPECT_EQ(decisions[0].before, R"({"n":1})");
    EXPECT_EQ(decisions[0].after, R"({"n":2})");
    EXPECT_EQ(decisions[1].kind, DecisionKind::Reject);
    EXPECT_EQ(decisions[1].stepId, run.record.steps[3].nativeId);
    EXPECT_EQ(decisions[2].kind, DecisionKind::Override);
    EXPECT_EQ(decisions[2].before + " to " + decisions[2].after + " by " + decisions[2].by, "I to C by mia");
    const auto& scores = run.record.scores;
    ASSERT_EQ(scores.size(), 6U);
    EXPECT_EQ(scores[0].name, "intermediate score");
    EXPECT_EQ(scores[0].says, Outcome::Unknown);
    EXPECT_EQ(scores[1].value, 1.0);
    EXPECT_EQ(scores[1].says, Outcome::Unknown) << "1 of a mean may be the worst of five";
    EXPECT_EQ(scores[2].name, "custom.a");
    EXPECT_EQ(scores[2].says, Outcome::Success);
    EXPECT_EQ(scores[3].says, Outcome::Unknown);
    EXPECT_EQ(scores[4].value, 0.5);
    EXPECT_EQ(scores[4].says, Outcome::Unknown);
    EXPECT_EQ(scores[5].weight, OutcomeSource::Human);
    EXPECT_EQ(scores[5].by, "mia");
    const auto body = bodyOf(run, run.record.steps[1].nativeId, 1U << 20);
    ASSERT_TRUE(body);
    ASSERT_EQ(body->messages.size(), 4U) << "[0,2) and what there is of [1,99), and the answer";
    EXPECT_EQ(body->messages[2].content, "a \"long\" text\nof two lines");
}

TEST(Inspect, logsThatWereNeverFinished)
{
    Zip zip;
    zip.add("_journal/start.json", kHeader, 0);
    zip.add("samples/s 1_epoch_2.json", kSample, 0);
    zip.add(
        "_journal/summaries/1.json",
        R"([{"id":"s 1","epoch":2,"input":"x"},{"id":9,"epoch":1,"input":"lost","target":"t","scores":{"match":{"value":"I"}},
             "error":"gone","model_usage":{"gpt":{"input_tokens":1,"output_tokens":1}}}])",
        93);
    for (const std::string& bytes : {zip.whole(), zip.bytes, zip.bytes + "PK\x03\x04 half of a head"}) {
        const auto got = readTextWith(inspectFormat(), bytes);
        ASSERT_TRUE(got.status);
        ASSERT_EQ(got.runs.size(), 2U);
        expectSample(got.runs[0]);
        EXPECT_EQ(got.runs[1].record.run.nativeId, "R/T/9/1");
        EXPECT_EQ(got.runs[1].record.run.task, "lost");
        EXPECT_EQ(got.runs[1].record.scores.at(0).says, Outcome::Failure);
        EXPECT_EQ(got.runs[1].record.steps.at(0).errorText, "gone");
    }
}

TEST(Inspect, whatCannotBeReadIsCounted)
{
    Zip zip;
    zip.add("header.json", kHeader, 93);
    zip.add("samples/1_epoch_1.json", R"({"id":1,"epoch":1,"input":"x")", 0);
    zip.add("samples/2_epoch_1.json", R"({"id":2,"epoch":1,"input":"whole","messages":[{"role":"assistant","content":"hi"}]})",
            0);
    zip.add("samples/3_epoch_1/sample.json", R"({"id":3,"epoch":1})", 0);
    zip.add("samples/4_epoch_1.json", R"({"id":4,"epoch":1,"input":"flipped"})", 0);
    zip.add("summaries.json", R"([{"id":1,"epoch":1,"input":"told"},{"id":2,"epoch":1},{"id":3,"epoch":1,"input":"chunks"}])",
            93);
    std::string bytes = zip.whole();
    bytes[bytes.find("flipped")] = 'F'; // its check sum is wrong now
    const auto got = readTextWith(inspectFormat(), bytes);
    ASSERT_TRUE(got.status);
    std::vector<std::string> tasks;
    for (const ParsedRun& run : got.runs) tasks.push_back(run.record.run.task);
    EXPECT_EQ(tasks, (std::vector<std::string>{"whole", "told", "chunks"}));
    ASSERT_EQ(got.skips.size(), 3U);
    EXPECT_EQ(got.skips[0].first, "samples/1_epoch_1.json");
    EXPECT_EQ(got.skips[1].second, "this sample is kept in chunks, which is newer than known");
    EXPECT_EQ(got.skips[2].first, "samples/4_epoch_1.json");
}

TEST(Inspect, aLongRunIsShownWithoutRepeatingItself)
{
    // 3,000 calls, each of which sent all that was said before: 4.5 million messages, were they kept for each.
    std::string messages, events;
    for (int i = 0; i < 3000; ++i) {
        const char* comma = i == 0 ? "" : ",";
        messages += formatText(R"({}{{"id":"a{}","role":"assistant","content":"number {}"}})", comma, i, i);
        events += formatText(
            R"({}{{"event":"model","model":"m","input":[],"input_refs":[[0,{}]],"output":{{"choices":[{{"message":{{"id":"a{}","role":"assistant","content":"number {}"}}}}]}}}})",
            comma, i, i, i);
    }
    const std::string header(kHeader);
    const std::string log = header.substr(0, header.size() - 1) + R"(,"samples":[{"id":1,"epoch":1,"input":"go","messages":[)" +
                            messages + R"(],"message_pool":[)" + messages + R"(],"events":[)" + events + "]}]}";
    const auto got = readTextWith(inspectFormat(), log, true);
    ASSERT_EQ(got.runs.size(), 1U);
    ASSERT_EQ(got.runs[0].record.steps.size(), 3000U);
    std::size_t kept = 0;
    for (const auto& [id, texts] : got.runs[0].texts) kept += texts.messages.size();
    EXPECT_LT(kept, 1'000'000U);
    for (const int step : {0, 10, 2999}) {
        const auto body = bodyOf(got.runs[0], formatText("e{}", step), 1U << 24);
        ASSERT_TRUE(body);
        ASSERT_EQ(body->messages.size(), static_cast<std::size_t>(step) + 1);
        EXPECT_EQ(body->messages.back().content, formatText("number {}", step));
    }
}

TEST(Inspect, headersWithoutSamplesSaySo)
{
    const std::string header(kHeader);
    const auto json = readTextWith(inspectFormat(), header);
    EXPECT_TRUE(json.status);
    ASSERT_EQ(json.skips.size(), 1U);
    EXPECT_EQ(json.skips[0].second, "this log was written with its header only; it has no samples");
    EXPECT_EQ(recognisedKind(InputFile::ofBytes("x", header)), "inspect");
    EXPECT_EQ(recognisedKind(InputFile::ofBytes("x", R"({"status":"ok","eval":{"score":1}})")), "");
    Zip zip;
    zip.add("_journal/start.json", kHeader, 0);
    const auto empty = readTextWith(inspectFormat(), zip.whole());
    EXPECT_TRUE(empty.status);
    ASSERT_EQ(empty.skips.size(), 1U);
    EXPECT_EQ(empty.skips[0].second, "this log has no samples and no summaries of them");
    EXPECT_EQ(recognisedKind(InputFile::ofBytes("x", "PK\x03\x04 garbage")), "");
}

TEST(Inspect, anyCutAndAnyFlippedByteIsSurvived)
{
    Zip zip;
    zip.add("_journal/start.json", kHeader, 93);
    zip.add("samples/s 1_epoch_2.json", kSample, 0);
    const std::string whole = zip.whole();
    const std::string header(kHeader);
    const std::string json = header.substr(0, header.size() - 1) + ",\"samples\":[" + kSample + "]}";
    for (const std::string& bytes : {whole, json}) {
        for (std::size_t cut = 0; cut < bytes.size(); cut += 7) (void)readTextWith(inspectFormat(), bytes.substr(0, cut));
        const auto cut = readTextWith(inspectFormat(), bytes.substr(0, bytes.size() - 1));
        EXPECT_EQ(cut.runs.size(), 1U) << "the sample is whole, the end of the log is not";
        EXPECT_TRUE(cut.status);
        for (std::size_t at = 0; at < bytes.size(); at += 3) {
            std::string flipped = bytes;
            flipped[at] = static_cast<char>(flipped[at] ^ 0xff);
            (void)readTextWith(inspectFormat(), flipped, true);
        }
    }
    expectSample(readTextWith(inspectFormat(), json).runs.at(0));
}

} // namespace
} // namespace tackroom::testing
