// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/readersfuzz.h"

#include "core/base/text.h"
#include "core/index/readerframes.h"
#include "core/index/runqueries.h"
#include "core/index/treeorder.h"
#include "core/platform/directories.h"
#include "core/readers/jsonelements.h"
#include "core/readers/openinference.h"
#include "core/readers/readers.h"
#include "tests/fuzz/targets.h"

#include <cstdlib>
#include <fstream>
#include <optional>

namespace tackroom::fuzz
{

namespace
{

void require(bool holds)
{
    if (!holds) std::abort(); // what libFuzzer and the campaign both notice
}

void requireText(const std::string& text, std::size_t maxBytes)
{
    require(text.size() <= maxBytes);
    require(isUtf8(text));
}
/// A part of an error, which is one line.
void requireLine(std::string_view text)
{
    require(isUtf8(text));
    require(text.find('\n') == text.npos);
}

void requireStep(const Step& step)
{
    for (const std::string* text : {&step.nativeId, &step.parentId, &step.name, &step.errorType, &step.errorText, &step.model,
                                    &step.toolName, &step.arguments, &step.result, &step.inputText, &step.outputText})
        requireText(*text, kMaxStepTextBytes);
}

/// Takes everything and holds it to what the model promises.
class CheckingSink : public RunSink
{
public:
    void beginSource(std::string_view, Extent) override {}
    Status endSource() override { return {}; }
    Status sourceIsGone(std::string_view) override { return {}; }
    Result<std::string> placeOf(std::string_view, std::string_view) override { return std::string(); }
    void startsOver() override {}
    Status add(RunRecord record) override
    {
        requireText(record.run.task, 2000);
        requireText(record.run.answer, 2000);
        requireText(record.run.harnessVersion, 2000);
        requireText(record.run.sessionId, 2000);
        for (const Step& step : record.steps) requireStep(step);
        require(treeOrder(record.steps).size() == record.steps.size());
        ++runs;
        require(record.run.place.size() <= 4096);
        for (const std::string* text : {&record.run.agentName, &record.run.userId, &record.run.project})
            requireText(*text, 2000);
        for (const Score& score : record.scores) requireText(score.explanation, 4000);
        if (!run) {
            run.emplace(record.run);
            if (!record.steps.empty()) step = record.steps.back().nativeId;
        }
        return {};
    }
    void skipped(std::string where, std::string why) override
    {
        require(!where.empty() || !why.empty());
        ++skips;
    }
    void progress(std::uint64_t, std::uint64_t) override {}

    std::optional<RunAddress> run;
    std::string step;
    int runs = 0, skips = 0;
};

void feedStore(std::string_view bytes)
{
    static const auto folder = TemporaryFolder::make("fuzz");
    require(folder.has_value());
    const auto path = folder->path() / "store";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    FeedCounts& counts = feedCounts();
    ++counts.stores;
    const auto reader = openStore(path, {});
    if (!reader) {
        require(!reader.error().detail.empty());
        requireLine(reader.error().detail);
        return;
    }
    CheckingSink sink;
    const auto cursor = (*reader)->ingest({}, sink, {});
    ++counts.opened;
    ++(cursor ? counts.whole : counts.broken);
    counts.runs += sink.runs;
    counts.skipped += sink.skips;
    require(cursor || !cursor.error().detail.empty());
    if (cursor) (void)(*reader)->ingest(*cursor, sink, {});
    if (!sink.run) return;
    for (const std::string& step : {std::string(), sink.step}) {
        const auto body = (*reader)->fetch(*sink.run, step, 3000);
        if (!body) continue;
        std::size_t bytesOfBody = body->input.size() + body->output.size() + body->raw.size();
        for (const Message& message : body->messages) bytesOfBody += message.content.size();
        require(bytesOfBody <= 3000);
    }
}

void feedAttributes(std::string_view bytes)
{
    static openinference::Parsers parsers;
    for (const StepKind kind : {StepKind::Other, StepKind::Llm, StepKind::Tool, StepKind::Retriever}) {
        Step step;
        step.kind = kind;
        (void)openinference::readAttributes(bytes, step, parsers);
        requireStep(step);
    }
    if (const auto value = parsers.attributes.parse(bytes)) (void)openinference::messagesOf(*value);
}

void feedFrames(std::string_view bytes)
{
    frames::BodyReceiver receiver(1000);
    while (bytes.size() >= frames::kHeaderBytes) {
        const auto header = frames::decodeHeader(bytes.substr(0, frames::kHeaderBytes));
        bytes.remove_prefix(frames::kHeaderBytes);
        if (!header) continue;
        require(header->length <= frames::kMaxControlBytes);
        const auto payload = bytes.substr(0, header->length);
        bytes.remove_prefix(payload.size());
        (void)receiver.add(payload);
    }
    const Body body = receiver.take(0);
    require(isUtf8(body.input) && isUtf8(body.raw));
}

} // namespace

void feed(Target target, std::string_view bytes)
{
    static openinference::Parsers parsers;
    switch (target) {
    case Target::Attributes:
        return feedAttributes(bytes);
    case Target::Events: {
        Step step;
        step.status = StepStatus::Error;
        (void)openinference::readEvents(bytes, step, parsers);
        return requireStep(step);
    }
    case Target::Texts:
        (void)openinference::userTextOf(bytes, parsers);
        (void)openinference::answerTextOf(bytes, parsers);
        return;
    case Target::Store:
        return feedStore(bytes);
    case Target::JsonBeginning:
        return requireLine(describeJson(bytes));
    case Target::Frames:
        return feedFrames(bytes);
    case Target::Filter:
        return require(parseRunFilter(bytes).text == bytes);
    }
}

} // namespace tackroom::fuzz
