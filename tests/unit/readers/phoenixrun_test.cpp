// SPDX-License-Identifier: GPL-3.0-or-later
// Spans of a trace put together to a run, without a database.
#include "core/base/format.h"
#include "core/readers/phoenixrun.h"
#include "tests/unit/readers/collector.h"

#include <gtest/gtest.h>

#include <memory>

namespace tackroom
{
namespace
{

using testing::Collector;

TEST(PhoenixRun, aCircleOfSpansHasARootAllTheSame)
{
    PhoenixRunBuilder builder;
    Collector sink;
    builder.begin({.rowId = 1, .traceId = "t", .start = {}, .end = {}, .sessionId = {}, .userId = {}, .project = {}});
    PhoenixSpanRow row;
    row.attributes = "{}";
    row.spanId = "a";
    row.parentId = "b";
    row.start = "2026-03-02 08:00:01";
    builder.addSpan(row, sink);
    row.spanId = "b";
    row.parentId = "a";
    row.start = "2026-03-02 08:00:00";
    row.statusCode = "ERROR";
    builder.addSpan(row, sink);
    const RunRecord record = builder.finish(sink);
    EXPECT_EQ(record.run.status, StepStatus::Error);
    EXPECT_EQ(formatTime(record.run.start), "2026-03-02T08:00:00Z");
}

TEST(PhoenixRun, textsOfManySpansStayWhatTheyWere)
{
    const auto workplace = std::make_shared<PhoenixWorkplace>();
    PhoenixRunBuilder builders[] = {PhoenixRunBuilder(workplace), PhoenixRunBuilder(workplace)};
    constexpr int kSpans = 2000;
    const auto wordsOf = [](int batch, int builder, int span) {
        return std::string(static_cast<std::size_t>(span % 7 * 250), 'x') + formatText("{} {} {}", batch, builder, span);
    };
    Collector sink;
    for (int batch = 0; batch < 3; ++batch) {
        for (auto& builder : builders)
            builder.begin({.rowId = 1, .traceId = "t", .start = {}, .end = {}, .sessionId = {}, .userId = {}, .project = {}});
        for (int i = 0; i < kSpans; ++i)
            for (int b = 0; b < 2; ++b) {
                const std::string text = wordsOf(batch, b, i), attributes = formatText(R"({{"input":{{"value":"{}"}}}})", text);
                PhoenixSpanRow row;
                row.rowId = i;
                row.spanId = std::string_view(text).substr(text.find_last_of('x') + 1);
                row.kind = "CHAIN";
                row.attributes = attributes;
                builders[b].addSpan(row, sink);
            }
        for (int b = 0; b < 2; ++b) {
            const RunRecord record = builders[b].finish(sink);
            ASSERT_EQ(builders[b].steps().size(), std::size_t{kSpans});
            for (int i = 0; i < kSpans; ++i) {
                const StepView& step = builders[b].steps()[static_cast<std::size_t>(i)];
                ASSERT_EQ(step.inputText, wordsOf(batch, b, i));
                ASSERT_EQ(step.nativeId, formatText("{} {} {}", batch, b, i));
            }
        }
        workplace->texts.clear();
    }
    const std::string large(std::size_t{1} << 20, 'y');
    const auto before = workplace->texts.keep("before"), kept = workplace->texts.keep(large),
               after = workplace->texts.keep("after");
    EXPECT_EQ(before, "before");
    EXPECT_EQ(kept, large);
    EXPECT_EQ(after, "after");
}

} // namespace
} // namespace tackroom
