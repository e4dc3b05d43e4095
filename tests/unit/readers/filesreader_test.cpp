// SPDX-License-Identifier: GPL-3.0-or-later
// A store of files: what is new, what changed, what went, and one run again. OTLP lines stand for every format that grows.
#include "collector.h"

#include "core/readers/filelist.h"
#include "core/readers/filesingest.h"
#include "core/readers/filesreader.h"

#include <archive.h>
#include <archive_entry.h>

#include <sys/stat.h>

namespace tackroom::testing
{
namespace
{

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// A line of OTLP with one span.
std::string spanLine(const std::string& trace, const std::string& span, const std::string& name)
{
    return R"({"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"scope":{"name":"t"},"spans":[{"traceId":")" +
           trace + R"(","spanId":")" + span + R"(","name":")" + name +
           R"(","startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000001000000000","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}}]}]}]}]})";
}

const std::string kTraceA(32, 'a');
const std::string kTraceB(32, 'b');

class Files : public FolderTest
{
protected:
    /// Reads what is new; the cursor is kept.
    void ingest(const std::filesystem::path& path)
    {
        auto reader = openStore(path, {});
        ASSERT_TRUE(reader) << textOf(reader.error());
        auto next = (*reader)->ingest(cursor, sink, {});
        ASSERT_TRUE(next) << textOf(next.error());
        cursor = *next;
    }
    [[nodiscard]] std::size_t stepsOf(const std::string& id) const { return sink.runs.at(id).steps.size(); }
    void put(const std::string& name, std::string_view bytes) const { std::ofstream(file(name), std::ios::binary) << bytes; }
    void append(const std::string& name, std::string_view bytes) const
    {
        std::ofstream(file(name), std::ios::binary | std::ios::app) << bytes;
    }
    Collector sink;
    std::string cursor;
};

TEST_F(Files, onlyNewLinesAreReadAndARunThatGrewIsWhole)
{
    const auto path = write("t.jsonl", spanLine(kTraceA, "0000000000000001", "one") + "\n" +
                                           spanLine(kTraceB, "0000000000000002", "two") + "\n");
    ingest(path);
    EXPECT_EQ(sink.startedOver, 1);
    ASSERT_EQ(sink.runs.size(), 2U);
    EXPECT_EQ(stepsOf(kTraceA), 1U);

    sink.order.clear();
    append("t.jsonl", spanLine(kTraceA, "0000000000000003", "three") + "\n");
    ingest(path);
    EXPECT_EQ(sink.startedOver, 1) << "the lines before are the same";
    EXPECT_THAT(sink.order, ElementsAre(kTraceA)) << "the other run did not change";
    EXPECT_EQ(stepsOf(kTraceA), 2U);
    EXPECT_EQ(sink.runs.size(), 2U);
}

TEST_F(Files, aHalfWrittenLastLineWaits)
{
    const std::string line = spanLine(kTraceB, "0000000000000002", "two");
    const auto path = write("t.jsonl", spanLine(kTraceA, "0000000000000001", "one") + "\n" +
                                           spanLine(kTraceA, "0000000000000009", "x") + "\n" + line.substr(0, 100));
    ingest(path);
    EXPECT_EQ(sink.runs.size(), 1U);
    EXPECT_THAT(sink.skips, IsEmpty());
    append("t.jsonl", line.substr(100) + "\n");
    ingest(path);
    EXPECT_EQ(sink.runs.size(), 2U);
    EXPECT_EQ(sink.startedOver, 1);
    EXPECT_THAT(sink.skips, IsEmpty());
}

TEST_F(Files, aFileThatWasWrittenAnewIsReadAnew)
{
    const auto path = write("t.jsonl", spanLine(kTraceA, "0000000000000001", "one") + "\n" +
                                           spanLine(kTraceA, "0000000000000009", "x") + "\n");
    ingest(path);
    ASSERT_EQ(sink.runs.size(), 1U);
    // Truncated and longer than before, with another beginning.
    put("t.jsonl", spanLine(kTraceB, "0000000000000001", "a much longer name than the one before it") + "\n" +
                       spanLine(kTraceB, "0000000000000002", "another") + "\n" +
                       spanLine(kTraceB, "0000000000000003", "third") + "\n");
    ingest(path);
    ASSERT_EQ(sink.runs.size(), 1U);
    EXPECT_TRUE(sink.runs.contains(kTraceB));
    EXPECT_EQ(stepsOf(kTraceB), 3U);
}

TEST_F(Files, aFolderIsOneStoreAndKnowsWhatWentAndCame)
{
    std::filesystem::create_directory(file("sub"));
    put("sub/a.jsonl", spanLine(kTraceA, "0000000000000001", "one") + "\n" + spanLine(kTraceA, "0000000000000002", "x") + "\n");
    put("b.jsonl", spanLine(kTraceB, "0000000000000001", "one") + "\n" + spanLine(kTraceB, "0000000000000002", "x") + "\n");
    put("notes.txt", "nothing of this matters");
    put("other.json", R"({"what": "ever"})");
    put(".hidden.jsonl", spanLine(std::string(32, 'c'), "0000000000000001", "one") + "\n");
    const auto folder = file(".");
    ingest(folder);
    EXPECT_EQ(sink.runs.size(), 2U);
    EXPECT_EQ(sink.runs.at(kTraceA).run.source, "sub/a.jsonl");
    ASSERT_EQ(sink.skips.size(), 1U);
    EXPECT_EQ(sink.skips.front().first, "other.json");
    EXPECT_THAT(sink.skips.front().second, HasSubstr("an object with the keys what"));

    sink.order.clear();
    ingest(folder);
    EXPECT_THAT(sink.order, IsEmpty()) << "nothing changed";

    std::filesystem::remove(file("b.jsonl"));
    const std::string traceD(32, 'd');
    put("d.jsonl", spanLine(traceD, "0000000000000001", "one") + "\n" + spanLine(traceD, "0000000000000002", "x") + "\n");
    ingest(folder);
    EXPECT_THAT(sink.order, ElementsAre(traceD));
    EXPECT_EQ(sink.runs.size(), 2U);
    EXPECT_FALSE(sink.runs.contains(kTraceB));
}

TEST_F(Files, aRunIsFoundAgainByItsPlace)
{
    const auto path =
        write("t.jsonl", spanLine(kTraceA, "0000000000000001", "one") + "\n" + spanLine(kTraceB, "0000000000000002", "two") +
                             "\n" + spanLine(kTraceA, "0000000000000003", "three") + "\n");
    ingest(path);
    const tackroom::Run& run = sink.runs.at(kTraceA).run;
    const auto place = filesingest::Place::fromText(run.place);
    ASSERT_TRUE(place);
    EXPECT_EQ(place->file, "t.jsonl");
    EXPECT_EQ(place->ranges.size(), 2U) << run.place;
    auto reader = openStore(path, {});
    ASSERT_TRUE(reader);
    EXPECT_TRUE((*reader)->fetch(RunAddress(run), {}, 1 << 20));
    EXPECT_TRUE((*reader)->fetch(RunAddress(run), "0000000000000003", 1 << 20));
    EXPECT_EQ((*reader)->fetch(RunAddress(run), "0000000000000002", 1 << 20).error().code, ErrorCode::NotFound);

    RunAddress elsewhere(run);
    elsewhere.place = R"({"k":"otlp-json","f":"../t.jsonl"})";
    EXPECT_FALSE((*reader)->fetch(elsewhere, {}, 100)) << "no place leads out of the store";
}

TEST_F(Files, compressedFilesAreReadAsWhatIsInThem)
{
    const std::string text =
        spanLine(kTraceA, "0000000000000001", "one") + "\n" + spanLine(kTraceA, "0000000000000002", "two") + "\n";
    for (const auto& [suffix, filter] : {std::pair{"zst", ARCHIVE_FILTER_ZSTD}, {"gz", ARCHIVE_FILTER_GZIP}}) {
        const auto path = file(std::string("t.") + suffix);
        archive* out = archive_write_new();
        archive_write_set_format_raw(out);
        ASSERT_EQ(archive_write_add_filter(out, filter), ARCHIVE_OK);
        ASSERT_EQ(archive_write_open_filename(out, path.c_str()), ARCHIVE_OK);
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, "x");
        archive_entry_set_filetype(entry, AE_IFREG);
        ASSERT_EQ(archive_write_header(out, entry), ARCHIVE_OK);
        ASSERT_EQ(archive_write_data(out, text.data(), text.size()), static_cast<la_ssize_t>(text.size()));
        archive_entry_free(entry);
        archive_write_close(out);
        archive_write_free(out);
        sink.runs.clear();
        cursor.clear();
        ingest(path);
        ASSERT_EQ(sink.runs.size(), 1U) << suffix;
        EXPECT_EQ(stepsOf(kTraceA), 2U);
    }
}

TEST(Globs, matchPartByPart)
{
    EXPECT_TRUE(matchesGlob("a.jsonl", "*.jsonl"));
    EXPECT_FALSE(matchesGlob("sub/a.jsonl", "*.jsonl"));
    EXPECT_TRUE(matchesGlob("sub/a.jsonl", "*/*.jsonl"));
    EXPECT_TRUE(matchesGlob("a.jsonl", "**/*.jsonl"));
    EXPECT_TRUE(matchesGlob("x/y/a.jsonl", "**/*.jsonl"));
    EXPECT_FALSE(matchesGlob("x/y/a.json", "**/*.jsonl"));
    EXPECT_TRUE(matchesGlob("x/run1/t.json", "x/run?/t.json"));
    EXPECT_FALSE(matchesGlob("x/run12/t.json", "x/run?/t.json"));
    const auto parts = splitGlob("/data/logs/*/t-*.json");
    EXPECT_EQ(parts.root, "/data/logs");
    EXPECT_EQ(parts.pattern, "*/t-*.json");
}

TEST(Places, areShortHoweverManyStretches)
{
    filesingest::Place place{.kind = "k", .file = "f", .folder = {}, .ranges = {}};
    for (std::uint64_t i = 0; i < 5000; ++i) place.ranges.push_back({i * 1'000'000'000 + (i % 7) * 1000, 500});
    const std::string text = place.toText();
    EXPECT_LE(text.size(), 4096U);
    const auto back = filesingest::Place::fromText(text);
    ASSERT_TRUE(back);
    // Every byte of the former is in one of the later stretches.
    std::size_t at = 0;
    for (const FileRange& range : place.ranges) {
        while (at < back->ranges.size() && back->ranges[at].offset + back->ranges[at].bytes < range.offset + range.bytes) ++at;
        ASSERT_LT(at, back->ranges.size());
        ASSERT_LE(back->ranges[at].offset, range.offset);
    }
    for (const char* bad : {"", "x", "{}", R"({"k":"a"})", R"({"k":"a","f":"/etc/passwd"})", R"({"k":"a","f":"a/../b"})",
                            R"({"k":"a","f":"b","r":[-1,2]})", R"({"k":"a","f":"b","d":"c"})"})
        EXPECT_FALSE(filesingest::Place::fromText(bad)) << bad;
}

} // namespace
} // namespace tackroom::testing
