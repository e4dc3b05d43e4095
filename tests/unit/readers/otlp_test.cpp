// SPDX-License-Identifier: GPL-3.0-or-later
// OTLP/JSON, Tempo, Jaeger and any-agent: own small files. The real ones: realspans_test.cpp.
#include "core/base/format.h"
#include "core/readers/filelook.h"
#include "core/readers/formats.h"
#include "core/readers/otlp.h"
#include "core/traces/versionrule.h"
#include "tests/unit/readers/collector.h"

#include <archive.h>
#include <archive_entry.h>

namespace tackroom::testing
{
namespace
{

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Keeps what a format delivers.
class Sink : public FormatSink
{
public:
    Result<bool> add(ParsedRun run) override
    {
        runs.push_back(std::move(run));
        return runs.size() < most;
    }
    void skipped(std::string where, std::string why) override { skips.push_back(where + ": " + why); }
    void progress(std::uint64_t doneBytes) override { done = doneBytes; }
    std::vector<ParsedRun> runs;
    std::vector<std::string> skips;
    std::uint64_t done = 0;
    std::size_t most = 1'000'000;
};

const FileFormat* formatOf(const std::string& bytes)
{
    const InputFile file = InputFile::ofBytes("x", bytes);
    const auto looked = LookedFile::at(file, {});
    if (!looked) return nullptr;
    for (const FileFormat* format : fileFormats())
        if (format->recognise(looked->look())) return format;
    return nullptr;
}
std::string kindOf(const std::string& bytes)
{
    const FileFormat* format = formatOf(bytes);
    return format ? format->info().kind : "";
}

Sink readWith(const FileFormat& format, const std::string& bytes, FormatRequest request = {}, std::size_t most = 1'000'000)
{
    Sink sink;
    sink.most = most;
    FileUnit unit;
    unit.parts.push_back({"x", InputFile::ofBytes("x", bytes)});
    const auto done = format.read(unit, request, sink, {});
    if (!done) sink.skips.push_back("FAILED " + textOf(done.error()));
    return sink;
}
Sink read(const std::string& bytes, bool bodies = false)
{
    const FileFormat* format = formatOf(bytes);
    EXPECT_NE(format, nullptr) << bytes.substr(0, 200);
    return format ? readWith(*format, bytes, {.bodies = bodies, .fromBytes = 0}) : Sink();
}

const std::string kTraceA = "5B8EFFF798038103D269B633813FC60C", kTraceB = "00000000000000000000000000000abc";
std::string span(std::string_view trace, std::string_view id, std::string_view parent, int start, std::string_view more = {})
{
    return formatText(
        R"({{"traceId":"{}","spanId":"{}","parentSpanId":"{}","name":"n{}","startTimeUnixNano":"{}000000000","endTimeUnixNano":"{}500000000"{}}})",
        trace, id, parent, id, start, start, more);
}
std::string document(std::string_view spans)
{
    return formatText(
        R"({{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"desk"}}}},)"
        R"({{"key":"service.version","value":{{"stringValue":"1.2"}}}}]}},"scopeSpans":[{{"scope":{{"name":"lib"}},"spans":[{}]}}]}}]}})",
        spans);
}
constexpr std::string_view kChat =
    R"(,"status":{"code":2,"message":"no"},"attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.request.model","value":{"stringValue":"m"}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":"11"}},{"key":"gen_ai.input.messages","value":{"stringValue":"[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"q\"}]}]"}},{"key":"gen_ai.output.messages","value":{"stringValue":"[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"a\"}]}]"}}])";

using GrowingOtlp = FolderTest;

TEST(OtlpJson, Ids)
{
    EXPECT_EQ(hexId("5B8EFFF798038103D269B633813FC60C", 32), "5b8efff798038103d269b633813fc60c");
    EXPECT_EQ(hexId("abc", 16), "0000000000000abc");
    EXPECT_EQ(hexId("W47/95gDgQPSabYzgT/GDA==", 32), "5b8efff798038103d269b633813fc60c");
    EXPECT_EQ(hexId("7uGbfsPBsXQ=", 16), "eee19b7ec3c1b174");
    EXPECT_EQ(hexId("0000000000000000", 16), "");
    EXPECT_EQ(hexId("", 16), "");
    EXPECT_EQ(hexId("my-run_1", 32), "my-run_1");
}

TEST(OtlpJson, ADocument)
{
    const std::string bytes =
        document(span(kTraceA, "aa", "", 1) + "," + span(kTraceA, "bb", "aa", 2, kChat) + "," + span(kTraceB, "cc", "", 3));
    EXPECT_EQ(kindOf(bytes), "otlp-json");
    const auto got = read(bytes, true);
    ASSERT_EQ(got.runs.size(), 2U);
    const auto& run = got.runs[0].record.run;
    EXPECT_EQ(run.nativeId, "5b8efff798038103d269b633813fc60c");
    EXPECT_EQ(run.key, runKeyOf("otel", "5b8efff798038103d269b633813fc60c"));
    EXPECT_EQ(run.project, "desk");
    EXPECT_EQ(run.harnessVersion, "1.2");
    EXPECT_EQ(run.harnessVersionSource, "version key: service.version");
    EXPECT_EQ(run.stepCount, 2);
    EXPECT_EQ(run.errorCount, 1);
    EXPECT_EQ(run.promptTokens, 11);
    EXPECT_EQ(run.task, "q");
    EXPECT_EQ(run.answer, "a");
    EXPECT_EQ(run.start, 1'000'000'000);
    EXPECT_EQ(run.end, 2'500'000'000);
    const auto& steps = got.runs[0].record.steps;
    EXPECT_EQ(steps[1].parentId, "00000000000000aa");
    EXPECT_EQ(steps[1].errorText, "no");
    EXPECT_EQ(got.runs[0].conversation.size(), 2U);
    EXPECT_THAT(got.runs[0].texts.at("00000000000000bb").raw, HasSubstr(R"("gen_ai.operation.name")"));
    EXPECT_THAT(got.runs[0].ranges, ElementsAre(FileRange{0, bytes.size()})); // a document of one line is a line
    EXPECT_EQ(got.runs[1].record.run.nativeId, kTraceB);
}

TEST(OtlpJson, OlderAndOtherSpellings)
{
    std::string older = document(span(kTraceA, "aa", "", 1));
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"scopeSpans", "instrumentationLibrarySpans"},
                                   {"\"scope\"", "\"instrumentationLibrary\""}})
        older.replace(older.find(from), from.size(), to);
    EXPECT_EQ(read(older).runs.size(), 1U);
    const std::string snake =
        R"({"resource_spans":[{"scope_spans":[{"spans":[{"trace_id":"W47/95gDgQPSabYzgT/GDA==","span_id":"7uGbfsPBsXQ=",
        "name":"x","start_time_unix_nano":1700000000000000001,"end_time_unix_nano":1.7e18,"status":{"code":"STATUS_CODE_ERROR"}}]}]}]})";
    EXPECT_EQ(kindOf(snake), "otlp-json");
    const auto got = read(snake);
    ASSERT_EQ(got.runs.size(), 1U);
    EXPECT_EQ(got.runs[0].record.run.nativeId, "5b8efff798038103d269b633813fc60c");
    EXPECT_EQ(got.runs[0].record.run.start, 1'700'000'000'000'000'001);
    EXPECT_EQ(got.runs[0].record.steps[0].status, StepStatus::Error);
    const std::string array = "[" + document(span(kTraceA, "aa", "", 1)) + ",\n" + document(span(kTraceB, "bb", "", 1)) + "]";
    EXPECT_EQ(kindOf(array), "otlp-json");
    EXPECT_EQ(read(array).runs.size(), 2U);
}

TEST(OtlpJson, LinesWhoseTracesLieInSeveral)
{
    const std::string one = document(span(kTraceA, "aa", "", 1)), two = document(span(kTraceB, "bb", "", 2)),
                      three = document(span(kTraceA, "cc", "aa", 3, kChat) + "," + span(kTraceB, "dd", "bb", 3));
    const std::string bytes = one + "\n" + two + "\n\nnot json\n{\"x\":1}\n" + three + "\n" + three.substr(0, 90);
    EXPECT_EQ(kindOf(bytes), "otlp-jsonl");
    const auto got = read(bytes);
    ASSERT_EQ(got.runs.size(), 2U);
    EXPECT_EQ(got.runs[0].record.run.stepCount, 2);
    EXPECT_EQ(got.runs[1].record.run.stepCount, 2);
    const std::uint64_t at = bytes.find(three);
    EXPECT_THAT(got.runs[0].ranges, ElementsAre(FileRange{0, one.size()}, FileRange{at, three.size()}));
    EXPECT_THAT(got.runs[1].ranges, ElementsAre(FileRange{one.size() + 1, two.size()}, FileRange{at, three.size()}));
    // The half-written last line goes without a word, what is broken in the middle does not.
    EXPECT_THAT(got.skips, ElementsAre(StartsWith("line 4: "), "line 5: it is no document of OTLP's"));

    // The ranges are enough to read the run again.
    const auto again = readWith(otlpJsonLinesFormat(), one + "\n" + three, {.bodies = true, .fromBytes = 0});
    ASSERT_EQ(again.runs.size(), 2U);
    EXPECT_EQ(again.runs[0].record.run.stepCount, 2);
    // From the middle on.
    const auto rest = readWith(otlpJsonLinesFormat(), bytes, {.bodies = false, .fromBytes = at});
    ASSERT_EQ(rest.runs.size(), 2U);
    EXPECT_EQ(rest.runs[0].record.run.stepCount, 1);
    EXPECT_THAT(rest.runs[0].ranges, ElementsAre(FileRange{at, three.size()}));
    // A sink that has enough is asked no more.
    EXPECT_EQ(readWith(otlpJsonLinesFormat(), bytes, {}, 1).runs.size(), 1U);
}

TEST(OtlpJson, ManyTracesAreNotHeld)
{
    // Each trace holds some kB; beyond kTraceRestBytes of file behind it, a whole one is delivered while the file is still
    // read.
    std::string bytes;
    const std::string filler(20'000, 'x');
    for (int i = 1; i <= 900; ++i)
        bytes += document(span(formatText("{:032x}", i), "aa", "", i,
                               formatText(R"(,"attributes":[{{"key":"f","value":{{"stringValue":"{}"}}}}])", filler))) +
                 "\n";
    Sink sink = read(bytes);
    EXPECT_EQ(sink.runs.size(), 900U);
    EXPECT_EQ(sink.runs.front().record.run.nativeId, formatText("{:032x}", 1));
    EXPECT_EQ(sink.done, bytes.size() - 1);
    class Watch : public Sink
    {
    public:
        Result<bool> add(ParsedRun run) override
        {
            if (runs.empty()) firstAt = done;
            return Sink::add(std::move(run));
        }
        std::uint64_t firstAt = 0;
    } watch;
    FileUnit unit;
    unit.parts.push_back({"x", InputFile::ofBytes("x", bytes)});
    ASSERT_TRUE(otlpJsonLinesFormat().read(unit, {}, watch, {}));
    EXPECT_GT(watch.firstAt, kTraceRestBytes);
    EXPECT_LT(watch.firstAt, kTraceRestBytes + 200'000);
}

TEST(OtlpJson, LogsOfTheConventionsJoinTheirSpans)
{
    const auto record = [](std::string_view id, std::string_view name, std::string_view body) {
        return formatText(
            R"({{"timeUnixNano":"5","traceId":"{}","spanId":"{}","eventName":"{}","body":{{"kvlistValue":{{"values":[{}]}}}},"attributes":[]}})",
            kTraceA, id, name, body);
    };
    const std::string logs =
        R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[)" +
        record("bb", "gen_ai.user.message", R"({"key":"content","value":{"stringValue":"asked"}})") + "," +
        record(
            "bb", "gen_ai.choice",
            R"({"key":"message","value":{"kvlistValue":{"values":[{"key":"role","value":{"stringValue":"assistant"}},{"key":"content","value":{"stringValue":"said"}}]}}})") +
        R"(,{"body":{"stringValue":"another log"},"traceId":"0123"}]}]}]})";
    const std::string llm = document(
        span(kTraceA, "aa", "", 1) + "," +
        span(kTraceA, "bb", "aa", 2, R"(,"attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}}])"));
    for (const std::string& bytes : {logs + "\n" + llm + "\n", llm + "\n" + logs + "\n"}) {
        EXPECT_EQ(kindOf(bytes), "otlp-jsonl");
        const auto got = read(bytes, true);
        ASSERT_EQ(got.runs.size(), 1U);
        ASSERT_EQ(got.runs[0].record.steps.size(), 2U);
        EXPECT_EQ(got.runs[0].record.run.task, "asked");
        EXPECT_EQ(got.runs[0].record.run.answer, "said");
        EXPECT_EQ(got.runs[0].record.steps[1].outputText, "said");
        ASSERT_EQ(got.runs[0].conversation.size(), 2U);
        EXPECT_EQ(got.runs[0].conversation[1].content, "said");
        EXPECT_EQ(read(bytes).runs[0].record.run.task, "asked"); // also without bodies
    }
    EXPECT_EQ(read(logs).runs.size(), 1U); // by themselves they still tell a conversation
    const InputFile file = InputFile::ofBytes("x", logs);
    const auto looked = LookedFile::at(file, {});
    ASSERT_TRUE(looked);
    EXPECT_THAT(otlpJsonFormat().recognise(looked->look())->note, HasSubstr("log records"));
}

TEST(OtlpJson, DamagedAndForeign)
{
    EXPECT_EQ(kindOf(R"({"data":[1,2]})"), "");
    EXPECT_EQ(kindOf(R"({"spans":[]})"), "");
    EXPECT_EQ(kindOf(R"({"trace":"x","batches":3})"), "");
    const std::string bytes = document(span(kTraceA, "aa", "", 1));
    for (std::size_t cut = 1; cut < bytes.size(); cut += 7) (void)readWith(otlpJsonFormat(), bytes.substr(0, cut));
    const auto lost = readWith(otlpJsonFormat(), document(R"({"name":"x"},7,)" + span(kTraceA, "aa", "", 1)));
    EXPECT_EQ(lost.runs.size(), 1U);
    EXPECT_THAT(lost.skips, ElementsAre("x: 2 spans without a trace id or span id"));
    const std::string wrong =
        R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"aa","spanId":"bb","name":5,"startTimeUnixNano":"x","attributes":{},"events":[3,{"attributes":7}],"status":[]}]}]},{"scopeSpans":7},9]})";
    EXPECT_EQ(read(wrong).runs.size(), 1U);
}

TEST_F(GrowingOtlp, OnlyTheNewLinesAreRead)
{
    const auto path =
        write("t.jsonl", document(span(kTraceA, "aa", "", 1)) + "\n" + document(span(kTraceB, "bb", "", 2)) + "\n");
    auto reader = openStore(path, {});
    ASSERT_TRUE(reader) << textOf(reader.error());
    Collector got;
    auto cursor = (*reader)->ingest({}, got, {});
    ASSERT_TRUE(cursor) << textOf(cursor.error());
    EXPECT_EQ(got.runs.size(), 2U);
    got.order.clear();
    std::ofstream(path, std::ios::app) << document(span(kTraceB, "cc", "bb", 3, kChat)) << "\n"
                                       << document(span("77", "dd", "", 4)) << "\n"
                                       << document(span("88", "ee", "", 5)).substr(0, 60);
    reader = openStore(path, {});
    ASSERT_TRUE(reader);
    cursor = (*reader)->ingest(*cursor, got, {});
    ASSERT_TRUE(cursor) << textOf(cursor.error());
    EXPECT_THAT(got.order, ::testing::UnorderedElementsAre(kTraceB, "00000000000000000000000000000077"));
    EXPECT_EQ(got.runs.at(kTraceB).steps.size(), 2U); // both its lines, read as one
    EXPECT_EQ(got.runs.at(kTraceB).run.task, "q");
    EXPECT_TRUE(got.skips.empty());
    const auto body = (*reader)->fetch(RunAddress(got.runs.at(kTraceB).run), "00000000000000cc", 100'000);
    ASSERT_TRUE(body) << textOf(body.error());
    ASSERT_EQ(body->messages.size(), 2U);
    EXPECT_EQ(body->messages[1].content, "a");
}

// A few lines of protobuf's wire format.
std::string varint(std::uint64_t value)
{
    std::string bytes;
    for (; value > 0x7F; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
    return bytes + static_cast<char>(value);
}
std::string field(int number, const std::string& bytes)
{
    return varint(static_cast<std::uint64_t>(number) << 3 | 2) + varint(bytes.size()) + bytes;
}
std::string plainField(int number, std::uint64_t value)
{
    return varint(static_cast<std::uint64_t>(number) << 3) + varint(value);
}
std::string fixedField(int number, std::uint64_t value)
{
    std::string bytes = varint(static_cast<std::uint64_t>(number) << 3 | 1);
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(value >> (8 * i));
    return bytes;
}
std::string keyValue(const std::string& key, const std::string& any) { return field(1, key) + field(2, any); }
std::string protoSpan(char trace, char id, const std::string& parent)
{
    return field(1, std::string(16, trace)) + field(2, std::string(8, id)) + field(4, parent) + field(5, "chat \"m\"\n") +
           fixedField(7, 1'700'000'000'000'000'001) + fixedField(8, 1'700'000'000'000'000'002) +
           field(9, keyValue("gen_ai.operation.name", field(1, "chat"))) +
           field(9, keyValue("gen_ai.usage.input_tokens", plainField(3, 12))) +
           field(9, keyValue("list", field(5, field(1, field(1, "x")) + field(1, plainField(2, 1))))) +
           field(9, keyValue("map", field(6, field(1, keyValue("in", field(1, "release-9")))))) +
           field(9, keyValue("service.version", field(1, "\xff"
                                                         "7"))) +
           field(11, fixedField(1, 5) + field(2, "exception") + field(3, keyValue("exception.message", field(1, "boom")))) +
           field(15, field(2, "bad") + plainField(3, 2));
}
std::string protoMessage(const std::string& spans)
{
    return field(1,
                 field(1, field(1, keyValue("service.name", field(1, "desk")))) + field(2, field(1, field(1, "lib")) + spans));
}
std::string framed(const std::string& message)
{
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(message.size() >> shift);
    return bytes + message;
}

TEST(OtlpProto, EveryFraming)
{
    const std::string one = protoMessage(field(2, protoSpan('\x11', '\x01', ""))),
                      two = protoMessage(field(2, protoSpan('\x11', '\x02', std::string(8, '\x01'))) +
                                         field(2, protoSpan('\x22', '\x03', "")));
    for (const std::string& bytes :
         {framed(one) + framed(two), varint(one.size()) + one + varint(two.size()) + two, one + two}) {
        EXPECT_EQ(kindOf(bytes), "otlp-proto");
        const auto got = read(bytes, true);
        EXPECT_TRUE(got.skips.empty());
        ASSERT_EQ(got.runs.size(), 2U);
        const RunRecord& record = got.runs[0].record;
        EXPECT_EQ(record.run.nativeId, "11111111111111111111111111111111");
        EXPECT_EQ(record.run.project, "desk");
        EXPECT_EQ(record.run.promptTokens, 12); // of the inner one: a parent repeats its children
        EXPECT_EQ(record.run.errorCount, 2);
        EXPECT_EQ(record.run.start, 1'700'000'000'000'000'001);
        ASSERT_EQ(record.steps.size(), 2U);
        EXPECT_EQ(record.steps[0].name, "chat \"m\"\n");
        EXPECT_EQ(record.steps[0].kind, StepKind::Llm);
        EXPECT_EQ(record.steps[0].errorText, "boom");
        EXPECT_EQ(record.steps[1].parentId, "0101010101010101");
        EXPECT_EQ(record.run.harnessVersion, "\uFFFD7"); // a byte that is no UTF-8
    }
    // What is kept of the stretches, read again with a line feed between them.
    EXPECT_EQ(readWith(otlpProtoFormat(), framed(one) + "\n" + framed(two)).runs.size(), 2U);
    const auto half = read(framed(one) + framed(two).substr(0, 50));
    EXPECT_EQ(half.runs.size(), 1U);
    EXPECT_THAT(half.skips, ElementsAre(HasSubstr("cut off")));
    EXPECT_EQ(kindOf(std::string("\0\0\0\x10", 4) + std::string(16, 'x')), "");
    EXPECT_EQ(kindOf(std::string(100, '\x0a')), "");
}

/// As libarchive compresses it.
std::string zstd(const std::string& bytes)
{
    std::string out(bytes.size() + 1000, '\0');
    std::size_t used = 0;
    archive* writer = archive_write_new();
    archive_write_set_format_raw(writer);
    archive_write_add_filter_zstd(writer);
    archive_write_set_bytes_in_last_block(writer, 1);
    archive_write_open_memory(writer, out.data(), out.size(), &used);
    archive_entry* entry = archive_entry_new();
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_write_header(writer, entry);
    archive_write_data(writer, bytes.data(), bytes.size());
    archive_entry_free(entry);
    archive_write_close(writer);
    archive_write_free(writer);
    return out.substr(0, used);
}

TEST(OtlpProto, MessagesThatAreCompressedOneByOne)
{
    const std::string proto = protoMessage(field(2, protoSpan('\x11', '\x01', ""))),
                      json = document(span(kTraceA, "aa", "", 1));
    const std::string bytes =
        framed(zstd(proto)) + framed(zstd(json)) + framed(zstd("neither")) + framed(zstd(proto).substr(0, 9));
    EXPECT_EQ(kindOf(bytes), "otlp-proto");
    const auto got = read(bytes);
    ASSERT_EQ(got.runs.size(), 2U);
    EXPECT_EQ(got.runs[0].record.run.nativeId, "11111111111111111111111111111111");
    EXPECT_EQ(got.runs[1].record.run.nativeId, "5b8efff798038103d269b633813fc60c");
    EXPECT_THAT(got.skips, ::testing::SizeIs(2));
    EXPECT_EQ(kindOf(framed(zstd(json))), "otlp-proto");
    EXPECT_EQ(kindOf(framed(zstd("other"))), "");
}

TEST(OtlpProto, NeverCrashes)
{
    const std::string message = protoMessage(field(2, protoSpan('\x11', '\x01', "")));
    const std::string bytes = framed(message) + framed(message);
    for (std::size_t cut = 1; cut < bytes.size(); cut += 3) (void)readWith(otlpProtoFormat(), bytes.substr(0, cut));
    for (std::size_t i = 0; i < bytes.size(); ++i)
        for (const char c : {'\0', '\xff', '\x0a', '\x80'}) {
            std::string broken = bytes;
            broken[i] = c;
            (void)readWith(otlpProtoFormat(), broken, {.bodies = true, .fromBytes = 0});
        }
}

const std::string kJaeger = R"({"data":[{"traceID":"abc","spans":[
    {"traceID":"abc","spanID":"1","operationName":"root","references":[],"startTime":1000,"duration":500,"tags":[{"key":"otel.status_code","type":"string","value":"OK"}],"logs":[],"processID":"p1"},
    {"traceID":"abc","spanID":"2","operationName":"execute_tool f","references":[{"refType":"CHILD_OF","traceID":"abc","spanID":"1"}],"startTime":1100,"duration":50,
     "tags":[{"key":"gen_ai.tool.name","type":"string","value":"f"},{"key":"error","type":"bool","value":true}],
     "logs":[{"timestamp":1120,"fields":[{"key":"event","type":"string","value":"exception"},{"key":"exception.type","type":"string","value":"E"},{"key":"exception.message","type":"string","value":"boom"}]}],"processID":"p1"}],
    "processes":{"p1":{"serviceName":"svc","tags":[{"key":"service.version","type":"string","value":"3"}]}}}]})";

TEST(JaegerJson, Own)
{
    EXPECT_EQ(kindOf(kJaeger), "jaeger-json");
    const auto got = read(kJaeger);
    ASSERT_EQ(got.runs.size(), 1U);
    const auto& run = got.runs[0].record.run;
    const auto& steps = got.runs[0].record.steps;
    EXPECT_EQ(run.nativeId, "00000000000000000000000000000abc");
    EXPECT_EQ(run.key, runKeyOf("otel", kTraceB)); // as the same trace in OTLP
    EXPECT_EQ(run.project, "svc");
    EXPECT_EQ(run.harnessVersion, "3");
    EXPECT_EQ(run.start, 1'000'000);
    EXPECT_EQ(run.end, 1'500'000);
    EXPECT_EQ(run.status, StepStatus::Ok);
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps[1].kind, StepKind::Tool);
    EXPECT_EQ(steps[1].parentId, "0000000000000001");
    EXPECT_EQ(steps[1].errorType, "E");
    EXPECT_EQ(steps[1].errorText, "boom");
    // What a span follows is its parent only where nothing else is.
    std::string follows = kJaeger;
    const std::string reference = R"({"refType":"CHILD_OF","traceID":"abc","spanID":"1"})";
    follows.replace(follows.find(reference), reference.size(),
                    R"({"refType":"FOLLOWS_FROM","traceID":"abc","spanID":"7"},)" + reference);
    EXPECT_EQ(read(follows).runs.at(0).record.steps.at(1).parentId, "0000000000000001");
    std::string line;
    for (const char c : kJaeger)
        if (c != '\n') line += c;
    EXPECT_EQ(readWith(jaegerJsonFormat(), line + "\n" + line + "\n").runs.size(), 1U);
    for (std::size_t cut = 1; cut < kJaeger.size(); cut += 5) (void)readWith(jaegerJsonFormat(), kJaeger.substr(0, cut));
}

TEST(AnyAgent, Own)
{
    const std::string bytes = R"({"spans":[
        {"name":"call_llm m","parent":{"span_id":12324293800750531911},"start_time":20,"end_time":30,"status":{"status_code":"error","description":"late"},
         "context":{"trace_id":100927429609276267646756448943279827607,"span_id":9295669169508793927},
         "attributes":{"gen_ai.operation.name":"call_llm","gen_ai.request.model":"m","gen_ai.output":"[{\"tool.name\": \"f\", \"tool.args\": \"{}\"}]","n":12345678901234567890123},"events":[],"resource":{"attributes":{}}},
        {"name":"invoke_agent [a]","parent":null,"start_time":10,"end_time":40,"status":{"status_code":"unset"},
         "context":{"trace_id":100927429609276267646756448943279827607,"span_id":12324293800750531911},
         "attributes":{"gen_ai.operation.name":"invoke_agent","gen_ai.agent.name":"a","any_agent.version":"1"},"resource":{"attributes":{"service.name":"unknown_service"}}}],
        "final_output":"the end \"12345678901234567890123\""})";
    EXPECT_EQ(kindOf(bytes), "any-agent");
    const auto got = read(bytes, true);
    ASSERT_EQ(got.runs.size(), 1U);
    const auto& run = got.runs[0].record.run;
    EXPECT_EQ(run.nativeId, "4bedea77bb33b9c5f280371eae21ea97"); // '%032x' % 100927429609276267646756448943279827607
    EXPECT_EQ(run.answer, "the end \"12345678901234567890123\"");
    EXPECT_EQ(run.agentName, "a");
    EXPECT_EQ(run.errorCount, 1);
    EXPECT_EQ(run.project, "");
    EXPECT_EQ(got.runs[0].record.steps[1].parentId, got.runs[0].record.steps[0].nativeId);
    EXPECT_EQ(got.runs[0].conversation.back().content, run.answer);
    for (std::size_t cut = 1; cut < bytes.size(); cut += 5) (void)readWith(anyAgentFormat(), bytes.substr(0, cut));
}

} // namespace
} // namespace tackroom::testing
