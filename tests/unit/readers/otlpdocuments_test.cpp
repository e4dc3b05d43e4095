// SPDX-License-Identifier: GPL-3.0-or-later
// Documents read by several threads are what one thread reads, in the same order.
#include "core/base/format.h"
#include "core/readers/formats.h"
#include "core/readers/otlpdocuments.h"
#include "core/readers/packedspan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tackroom::testing
{
namespace
{

using ::testing::ElementsAre;
using ::testing::SizeIs;

std::string line(int trace, int span)
{
    return formatText(
        R"({{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.version","value":{{"stringValue":"{}"}}}}]}},)"
        R"("scopeSpans":[{{"spans":[{{"traceId":"{:032x}","spanId":"{:016x}","parentSpanId":"{}","name":"n{}","startTimeUnixNano":"{}",)"
        R"("attributes":[{{"key":"gen_ai.operation.name","value":{{"stringValue":"chat"}}}},{{"key":"gen_ai.input.messages",)"
        R"("value":{{"stringValue":"[{{\"role\":\"user\",\"content\":\"{}\"}}]"}}}}]}}]}}]}}]}})",
        trace % 3, trace, span, span % 4 == 1 ? "" : formatText("{:016x}", span - 1), span, span, std::string(1500, 'q'));
}

/// Some megabytes: four lines a trace, some of them far apart, among them what is broken, foreign, empty or very long.
std::string manyLines()
{
    std::string bytes;
    for (int i = 0; i < 4000; ++i) {
        const int trace = i % 7 == 0 ? 5000 + i / 28 : 1 + i / 4;
        bytes += line(trace, 1 + i);
        bytes += i % 5 == 0 ? "\r\n" : "\n";
        if (i % 500 == 3) bytes += "not json\n";
        if (i % 700 == 9) bytes += "\n  \n{\"x\":1}\n";
        if (i == 2000) bytes += R"({"resourceSpans":[],"filler":")" + std::string(3 << 20, 'f') + "\"}\n";
    }
    return bytes + line(1, 9999).substr(0, 200); // half-written
}

/// All that came of the documents, as text.
class Told
{
public:
    void document(const OtlpDocument& document, std::uint64_t index)
    {
        text += formatText("{} {} {} {} {} {}\n", index, document.offset, document.bytes, document.isOtlp, document.isTooLong,
                           document.failure ? document.failure->detail : "");
    }
    void span(const NormalisedSpan& span)
    {
        text += formatText("  {} {} {} {} {}\n", span.traceId, span.step.nativeId, span.step.parentId, span.version.label,
                           span.userText.size());
    }
    std::string text;
};

class SpansInOrder : public SpanReceiver
{
public:
    [[nodiscard]] bool wantsBodies() const override { return false; }
    void add(const Span& span, std::string) override { spans.push_back(normaliseSpan(span, false)); }
    std::vector<NormalisedSpan> spans;
};

std::string byOneThread(const InputFile& file)
{
    Told told;
    SpansInOrder spans;
    OtlpDocumentReader reader(spans);
    JsonElementVisitor visitor;
    visitor.visit = [&](const JsonElement& element) -> Result<bool> {
        spans.spans.clear();
        told.document(reader.read(element), element.index);
        for (const auto& span : spans.spans) told.span(span);
        return true;
    };
    EXPECT_TRUE(forEachJsonElement(file, JsonLayout::Lines, visitor, {}));
    return told.text;
}

std::string byThreads(const InputFile& file, std::size_t threadCount)
{
    Told told;
    std::uint64_t lines = 0;
    const CancelToken cancel;
    OtlpStretches stretches(file, 0, threadCount, cancel);
    EXPECT_TRUE(stretches.works());
    for (;;) {
        auto stretch = stretches.next();
        EXPECT_TRUE(stretch);
        if (!stretch || !*stretch) return told.text;
        std::string_view spans = (*stretch)->spans;
        NormalisedSpan span;
        for (const OtlpDocument& document : (*stretch)->documents) {
            told.document(document, lines + document.index);
            for (std::size_t i = 0; i < document.spanCount; ++i) {
                const auto glance = packedspan::glanceAt(spans);
                packedspan::unpack(glance.whole, span);
                told.span(span);
                spans.remove_prefix(glance.whole.size());
            }
        }
        EXPECT_EQ(spans, "");
        lines += (*stretch)->lineCount;
        stretches.giveBack(std::move(*stretch));
    }
}

TEST(OtlpDocuments, ManyThreadsReadWhatOneReads)
{
    const std::string bytes = manyLines();
    ASSERT_GT(bytes.size(), 2 * OtlpStretches::kWorthBytes);
    for (const std::string& text : {bytes, "\xEF\xBB\xBF" + bytes, bytes + "\n"}) {
        const InputFile file = InputFile::ofBytes("x", text);
        const std::string alone = byOneThread(file);
        EXPECT_GT(alone.size(), 400'000U);
        for (const std::size_t threads : {1U, 2U, 5U}) EXPECT_EQ(byThreads(file, threads), alone) << threads;
    }
}

class HeldSink : public FormatSink
{
public:
    Result<bool> add(ParsedRun run) override
    {
        runs.push_back(std::move(run));
        if (runs.size() == cancelAt) source.cancel();
        return runs.size() < most;
    }
    void skipped(std::string where, std::string) override { skips.push_back(std::move(where)); }
    void progress(std::uint64_t doneBytes) override { done = doneBytes; }
    std::vector<ParsedRun> runs;
    std::vector<std::string> skips;
    std::uint64_t done = 0;
    std::size_t most = 1'000'000, cancelAt = 0;
    CancelSource source;
};

Status readAll(const std::string& bytes, HeldSink& sink)
{
    FileUnit unit;
    unit.parts.push_back({"x", InputFile::ofBytes("x", bytes)});
    return otlpJsonLinesFormat().read(unit, {}, sink, sink.source.token());
}

TEST(OtlpDocuments, ALongFileIsReadByThreads)
{
    std::string bytes;
    for (int i = 0; i < 12'000; ++i) {
        bytes += line(1 + i / 4, 1 + i) + "\n";
        if (i == 5000 || i == 11'000) bytes += "broken\n";
    }
    HeldSink sink;
    ASSERT_TRUE(readAll(bytes, sink));
    ASSERT_EQ(sink.runs.size(), 3000U);
    for (std::size_t i = 0; i < sink.runs.size(); ++i) {
        const auto& record = sink.runs[i].record;
        const auto& ranges = sink.runs[i].ranges;
        ASSERT_EQ(record.run.nativeId, formatText("{:032x}", i + 1)); // in the order of the file
        ASSERT_EQ(record.steps.size(), 4U);
        ASSERT_EQ(record.run.harnessVersion, formatText("{}", (i + 1) % 3));
        ASSERT_THAT(ranges, SizeIs(4));
        ASSERT_EQ(bytes.substr(ranges[2].offset, ranges[2].bytes), line(static_cast<int>(i) + 1, static_cast<int>(i) * 4 + 3));
    }
    EXPECT_THAT(sink.skips, ElementsAre("line 5002", "line 11003"));
    EXPECT_EQ(sink.done, bytes.size() - 1);
}

TEST(OtlpDocuments, ThreadsEndWithTheirReader)
{
    std::string bytes;
    for (int i = 0; i < 24'000; ++i) bytes += line(1 + i / 4, 1 + i) + "\n";
    HeldSink few;
    few.most = 10;
    EXPECT_TRUE(readAll(bytes, few));
    EXPECT_THAT(few.runs, SizeIs(10));
    HeldSink cancelled;
    cancelled.cancelAt = 10;
    const auto done = readAll(bytes, cancelled);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::Cancelled);
    EXPECT_LT(cancelled.runs.size(), 5000U);
    HeldSink before;
    before.source.cancel();
    EXPECT_FALSE(readAll(bytes, before));
    EXPECT_TRUE(before.runs.empty());
}

} // namespace
} // namespace tackroom::testing
