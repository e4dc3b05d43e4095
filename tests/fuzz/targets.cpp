// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/targets.h"

#include "core/base/hash.h"
#include "core/index/readerframes.h"
#include "core/readers/databases.h"
#include "core/readers/formats.h"
#include "tests/fuzz/formatseeds.h"
#include "tests/fuzz/readersfuzz.h"
#include "tests/fuzz/smalldatabases.h"
#include "tests/support/formatfixture.h"

#include <algorithm>
#include <map>

namespace tackroom::fuzz
{

namespace
{

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostRecordedBytes = 20'000;
constexpr std::size_t kMostRecordedFiles = 12;
/// One input in so many goes through a file and the whole of the reader.
constexpr std::uint64_t kThroughFileEvery = 4;

// ---- databases

void feedDatabase(const std::string& kind, std::string_view bytes) { feed(Target::Store, asDatabase(kind, bytes)); }

// ---- files

const FileFormat* formatOf(std::string_view kind)
{
    for (const FileFormat* format : fileFormats())
        if (format->info().kind == kind) return format;
    return nullptr;
}

/// Whatever a format finds, its steps can be put in order and its texts counted.
struct CheckingFormatSink : FormatSink {
    Result<bool> add(ParsedRun run) override
    {
        if (run.record.run.nativeId.empty() && run.record.run.key.value.empty()) broken("a run has a name");
        for (const FileRange& range : run.ranges)
            if (range.offset > sizeBytes || range.bytes > sizeBytes - range.offset) broken("ranges lie within the file");
        if (ranges.empty()) ranges = run.ranges;
        ++runs;
        return runs < 1'000;
    }
    void skipped(std::string where, std::string why) override
    {
        if (where.empty() && why.empty()) broken("what was skipped is named");
    }
    void progress(std::uint64_t) override {}

    std::uint64_t sizeBytes = 0;
    std::vector<FileRange> ranges; ///< of the first run
    int runs = 0;
};

void readAs(const FileFormat& format, std::string bytes, bool bodies, std::uint64_t from, CheckingFormatSink& sink)
{
    FileUnit unit;
    sink.sizeBytes = bytes.size();
    unit.parts.push_back({"fed", InputFile::ofBytes("fed", std::move(bytes))});
    const auto read = format.read(unit, {.bodies = bodies, .fromBytes = from}, sink, {});
    if (!read && read.error().detail.empty()) broken("an error says what it is");
}

void feedFile(const FileFormat& format, std::string_view bytes)
{
    const std::string text(bytes);
    const auto file = InputFile::ofBytes("fed", text);
    if (const auto looked = LookedFile::at(file, {})) (void)format.recognise(looked->look());
    CheckingFormatSink first;
    readAs(format, text, false, 0, first);
    CheckingFormatSink whole; // damage within a body shows only here: the runs may be fewer
    readAs(format, text, true, 0, whole);
    if (!first.ranges.empty()) {
        std::string again;
        for (const FileRange& range : first.ranges)
            again += (again.empty() ? "" : "\n") + text.substr(range.offset, range.bytes);
        CheckingFormatSink one;
        readAs(format, again, true, 0, one);
    }
    if (const auto line = text.find('\n', text.size() / 2); format.growsByLines() && line != text.npos) {
        CheckingFormatSink tail;
        readAs(format, text, false, line + 1, tail);
    }
    if (xxh64(bytes) % kThroughFileEvery == 0) feed(Target::Store, bytes);
}

void addRecorded(const std::string& kind, std::vector<std::string>& seeds)
{
    const fs::path folder = testing::sharedData();
    if (folder.empty()) return;
    static const auto known = [&] {
        std::map<std::string, std::vector<fs::path>> byKind;
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            if (entry.is_regular_file() && entry.file_size() <= kMostRecordedBytes)
                byKind[testing::recognisedKind(entry.path())].push_back(entry.path());
        for (auto& [name, paths] : byKind) std::ranges::sort(paths);
        return byKind;
    }();
    const auto at = known.find(kind);
    if (at == known.end()) return;
    for (std::size_t i = 0; i < std::min(at->second.size(), kMostRecordedFiles); ++i) seeds.push_back(bytesOf(at->second[i]));
}

std::string frameSeed()
{
    Body body;
    body.messages.push_back(
        {.role = "user", .name = {}, .content = "text", .toolCalls = {{"1", "f", "{}"}}, .toolCallId = "t", .stepId = "s"});
    body.input = "in";
    std::string stream;
    const auto sent = frames::sendBody(body, [&](std::string_view payload) -> Status {
        stream += frames::encode(frames::FrameType::Text, 1, payload);
        return {};
    });
    if (!sent) broken("a body can be sent");
    return stream;
}

std::vector<std::string> partSeeds(Target target)
{
    switch (target) {
    case Target::Attributes:
        return {
            R"({"llm":{"model_name":"m","token_count":{"prompt":1,"completion":2},"input_messages":[{"message":{"role":"user","content":"hi"}},{"message.role":"tool","message.content":"x"}],"output_messages":[{"message":{"role":"assistant","contents":[{"message_content":{"type":"text","text":"t"}}],"tool_calls":[{"tool_call":{"id":"c","function":{"name":"f","arguments":"{}"}}}]}}]},"metadata":"{\"harness.git_commit\":\"abc\"}","openinference":{"span":{"kind":"LLM"}}})",
            R"({"input":{"value":"{\"messages\":[[{\"kwargs\":{\"type\":\"human\",\"content\":\"q\"}}]]}"},"output":{"value":"{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"a\"}}]}"},"retrieval":{"documents":[{"document":{"id":"d","content":"c","score":0.5}}]},"service":{"version":"1"},"vcs":{"ref":{"head":{"revision":"r"}}}})"};
    case Target::Events:
        return {R"([{"name":"exception","timestamp":"t","attributes":{"exception.type":"E","exception.message":"m"}}])"};
    case Target::Texts:
        return {R"({"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]})", R"([["human","q"]])",
                R"({"output":{"content":"o"}})"};
    case Target::JsonBeginning:
        return {R"({"a":1,"b\"c":[{}]})", R"([{"x":"y"},2])"};
    case Target::Frames:
        return {frameSeed()};
    case Target::Filter:
        return {R"(a tool:b "c d" since:7d outcome:failure)"};
    case Target::Store:
        break;
    }
    return {};
}

} // namespace

const std::vector<FuzzTarget>& fuzzTargets()
{
    using What = FuzzTarget::What;
    static const std::vector<FuzzTarget> targets = [] {
        std::vector<FuzzTarget> all;
        for (const FileFormat* format : fileFormats()) all.push_back({format->info().kind, What::File});
        for (const FormatInfo& format : databaseFormats()) all.push_back({format.kind, What::Database});
        all.push_back({"anything", What::Anything});
        for (const auto& [name, part] : {std::pair{"attributes", Target::Attributes}, std::pair{"events", Target::Events},
                                         std::pair{"texts", Target::Texts}, std::pair{"json-beginning", Target::JsonBeginning},
                                         std::pair{"frames", Target::Frames}, std::pair{"filter", Target::Filter}})
            all.push_back({name, What::Part, static_cast<int>(part)});
        for (const std::span<const Part> parts : {textParts(), storeParts()})
            for (const Part& part : parts) all.push_back({part.name, What::Other, 0, &part});
        return all;
    }();
    return targets;
}

const FuzzTarget* fuzzTarget(std::string_view name)
{
    const auto& all = fuzzTargets();
    const auto at = std::ranges::find(all, name, &FuzzTarget::name);
    return at == all.end() ? nullptr : &*at;
}

std::vector<std::string> fuzzSeeds(const FuzzTarget& target)
{
    std::vector<std::string> seeds;
    switch (target.what) {
    case FuzzTarget::What::Part:
        return partSeeds(static_cast<Target>(target.part));
    case FuzzTarget::What::Other:
        return target.other->seeds();
    case FuzzTarget::What::Database:
        return databaseSeeds(target.name);
    case FuzzTarget::What::File:
        for (const FormatSeed& seed : formatSeeds())
            if (seed.kind == target.name) seeds.push_back(seed.text);
        addRecorded(target.name, seeds);
        // A format of which nothing is at hand begins with those of the others.
        if (!seeds.empty()) return seeds;
        break;
    case FuzzTarget::What::Anything:
        for (const FuzzTarget& each : fuzzTargets())
            if (each.what == FuzzTarget::What::Database) seeds.push_back(databaseSeeds(each.name).front());
    }
    for (const FormatSeed& seed : formatSeeds()) seeds.push_back(seed.text);
    return seeds;
}

void feed(const FuzzTarget& target, std::string_view bytes)
{
    switch (target.what) {
    case FuzzTarget::What::Part:
        return feed(static_cast<Target>(target.part), bytes);
    case FuzzTarget::What::Other:
        return target.other->feed(bytes);
    case FuzzTarget::What::Database:
        return feedDatabase(target.name, bytes);
    case FuzzTarget::What::File:
        return feedFile(*formatOf(target.name), bytes);
    case FuzzTarget::What::Anything:
        return feed(Target::Store, bytes);
    }
}

FeedCounts& feedCounts()
{
    static FeedCounts counts;
    return counts;
}

} // namespace tackroom::fuzz
