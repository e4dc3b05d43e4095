// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/textscan.h"

#include "core/base/jsonpieces.h"
#include "core/base/text.h"
#include "core/platform/directories.h"
#include "core/readers/phoenixscan.h"
#include "core/readers/readers.h"
#include "tests/support/phoenixfixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

namespace tackroom::testing
{
namespace
{

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What it finds in a JSON text: the marked part of the snippet, or nothing.
std::string foundIn(std::string_view json, std::string_view wanted)
{
    const TextNeedle needle(wanted);
    const auto snippet = needle.inJson(json);
    if (snippet && !needle.mayBeInJson(json)) return "the bytes said no";
    return snippet ? snippet->text.substr(snippet->markAt, snippet->markBytes) : std::string();
}

TEST(FoldedFinder, findsWhatASlowSearchFinds)
{
    std::mt19937 random(5);
    const std::string letters = "abAB e{\"";
    for (int round = 0; round < 3000; ++round) {
        std::string text(random() % 200, ' '), wanted(1 + random() % 4, ' ');
        for (char& c : text) c = letters[random() % letters.size()];
        for (char& c : wanted) c = letters[random() % letters.size()];
        const auto from = text.empty() ? 0 : random() % text.size();
        EXPECT_EQ(FoldedFinder(wanted).in(text, from), asciiLower(text).find(asciiLower(wanted), from))
            << text << " / " << wanted;
    }
    EXPECT_EQ(FoldedFinder("").in("abc"), std::string::npos);
    EXPECT_EQ(FoldedFinder("[").in("xx{"), std::string::npos); // differs from { by the bit that folds letters
}

TEST(TextNeedle, undoesTheEscapesOfJson)
{
    EXPECT_EQ(foundIn(R"({"a":"Late Delivery"})", "late delivery"), "Late Delivery");
    EXPECT_EQ(foundIn(R"({"a":"one\ntwo"})", "one\ntwo"), "one\ntwo");
    EXPECT_EQ(foundIn(R"({"a":"he said \"no\" twice"})", "said \"no\""), "said \"no\"");
    EXPECT_EQ(foundIn(R"({"a":"C:\\temp"})", "c:\\temp"), "C:\\temp");
    EXPECT_EQ(foundIn(R"({"a":"M\u00fcller"})", "Müller"), "Müller");
    EXPECT_EQ(foundIn(R"({"a":"Müller"})", "müller"), "Müller");
    EXPECT_EQ(foundIn(R"({"a":"\u9000\u6B3E"})", "退款"), "退款");
    EXPECT_EQ(foundIn(R"({"a":"退款"})", "退款"), "退款");
    EXPECT_EQ(foundIn(R"({"a":"well \ud83d\ude42 then"})", "🙂"), "🙂");
    EXPECT_EQ(foundIn(R"({"a":"x \u003cb\u003e y"})", "<b>"), "<b>");
    EXPECT_EQ(foundIn(R"({"a":"\/"})", "/"), "/");
}

TEST(TextNeedle, undoesTheEscapesOfJsonWithinJson)
{
    const std::string_view twice = R"({"input":{"value":"{\"q\": \"M\\u00fcller\\nsaid \\\"no\\\"\"}"}})";
    EXPECT_EQ(foundIn(twice, "müller"), "Müller");
    EXPECT_EQ(foundIn(twice, "müller\nsaid"), "Müller\nsaid");
    EXPECT_EQ(foundIn(twice, "said \"no\""), "said \"no\"");
    EXPECT_EQ(foundIn(twice, "nsaid"), "");
    EXPECT_EQ(foundIn(twice, "\"q\": "), "\"q\": "); // the arguments as they are shown
}

TEST(TextNeedle, namesOfMembersAndLettersOfEscapesAreNoText)
{
    EXPECT_EQ(foundIn(R"({"content":"refund"})", "content"), "");
    EXPECT_EQ(foundIn(R"({"content" : "refund"})", "content"), "");
    EXPECT_EQ(foundIn(R"(["content","x"])", "content"), "content");
    EXPECT_EQ(foundIn(R"({"a":"\nabc"})", "nabc"), "");
    EXPECT_EQ(foundIn(R"({"a":"\u00fcber"})", "fcb"), "");
    EXPECT_EQ(foundIn(R"({"a":12345})", "12345"), "");
}

TEST(TextNeedle, whatIsNoJsonEndsSomewhere)
{
    for (const char* bytes : {"", "\"", "{\"a", "{\"a\":\"\\", "\\\"\\", "{\"a\":\"\\u12", "\"\\ud83d\""}) {
        const std::string_view text(bytes);
        EXPECT_EQ(foundIn(text, "zz"), "") << text;
        (void)decodedJsonString(text);
    }
    EXPECT_EQ(decodedJsonString("\\q\\u12"), "\\q\\u12");
    EXPECT_EQ(decodedJsonString("\\ud83d!"), "\uFFFD!");
}

TEST(TextSnippet, isWellFormedAndMarksTheHit)
{
    const std::string text = std::string(200, 'a') + "äöü refund €uro" + std::string(300, 'z');
    const auto at = text.find("refund");
    const TextSnippet snippet = snippetAt(text, at, 6);
    EXPECT_EQ(snippet.text.substr(snippet.markAt, snippet.markBytes), "refund");
    EXPECT_TRUE(snippet.text.starts_with("…a") && snippet.text.ends_with("z…")) << snippet.text;
    for (std::size_t i = 0; i + 6 < text.size(); ++i) EXPECT_TRUE(isUtf8(snippetAt(text, i, 1).text)) << i;
    const std::string broken = "\xff\xfe refund \xff";
    const TextSnippet mended = snippetAt(broken, broken.find("refund"), 6);
    EXPECT_TRUE(isUtf8(mended.text));
    EXPECT_EQ(mended.text.substr(mended.markAt, mended.markBytes), "refund");
}

class PhoenixScan : public ::testing::Test
{
protected:
    void SetUp() override
    {
        auto made = TemporaryFolder::make("scan");
        ASSERT_TRUE(made);
        m_folder.emplace(std::move(*made));
        m_store.emplace(m_folder->path() / "p.db");
        for (int i = 0; i < 4; ++i) m_store->addUsualRun(i);
    }
    /// "word run step place", in the order in which they were told.
    std::vector<std::string> scan(const std::vector<std::string>& words)
    {
        auto reader = openStore(m_folder->path() / "p.db", {});
        EXPECT_TRUE(reader);
        auto* scanner = reader ? dynamic_cast<TextScanner*>(reader->get()) : nullptr;
        std::vector<std::string> told;
        if (!scanner) return {"no scanner"};
        const std::vector<TextNeedle> needles(words.begin(), words.end());
        const auto done = scanner->scan(
            needles,
            [&](const ScanHit& hit) -> Status {
                told.push_back(words[hit.word] + " " + hit.runId.substr(26) + " " +
                               hit.stepId.substr(std::min<std::size_t>(7, hit.stepId.size()), 1) +
                               hit.stepId.substr(std::min<std::size_t>(15, hit.stepId.size())) + " " + hit.place);
                return {};
            },
            [](std::uint64_t, std::uint64_t) -> Status { return {}; }, {});
        EXPECT_TRUE(done && *done);
        return told;
    }
    std::optional<TemporaryFolder> m_folder;
    std::optional<PhoenixFixture> m_store;
};

TEST_F(PhoenixScan, tellsEachRunOnceNewestFirst)
{
    EXPECT_THAT(scan({"no such ORDER"}), ElementsAre("no such ORDER abc003 34 step", "no such ORDER abc002 24 step",
                                                     "no such ORDER abc001 14 step", "no such ORDER abc000 04 step"));
    EXPECT_THAT(scan({"done 2", "order_id does not"}),
                ElementsAre("order_id does not abc003 33 error", "done 2 abc002 24 step", "order_id does not abc002 23 error",
                            "order_id does not abc001 13 error", "order_id does not abc000 03 error"));
    EXPECT_THAT(scan({"input_messages"}), ElementsAre());
    EXPECT_THAT(scan({"it failed"}).size(), 4U);
}

TEST_F(PhoenixScan, looksIntoWhatWasSaidOfRunsAndSpans)
{
    m_store->annotate("span_annotations", "span_rowid", 2,
                      {.name = "correct", .explanation = "the amount was wrong, 100%_sure"});
    m_store->annotate("trace_annotations", "trace_rowid", 2, {.name = "ok", .explanation = "Fine by me"});
    EXPECT_THAT(scan({"100%_SURE", "fine BY me"}), ElementsAre("100%_SURE abc000 02 judge", "fine BY me abc001  judge"));
    EXPECT_THAT(scan({"100__sure"}), ElementsAre());
}

/// A store of many pages of which some are lost.
class DamagedScan : public PhoenixScan
{
protected:
    static constexpr int kRuns = 3'000;
    void SetUp() override
    {
        PhoenixScan::SetUp();
        m_store.emplace(path());
        m_store->exec("BEGIN");
        for (int i = 0; i < kRuns; ++i)
            m_store->addSpan(m_store->addTrace(formatText("run-{:06}", i), i),
                             {.id = formatText("span-{:06}", i),
                              .name = "n",
                              .kind = "TOOL",
                              .attributes = formatText(R"({{"input":{{"value":"{:06} of the parcels"}}}})", i),
                              .second = i});
        m_store->exec("COMMIT");
        m_store.reset();
    }
    [[nodiscard]] std::filesystem::path path() const { return m_folder->path() / "many.db"; }
    /// The page that has this text, made zeros; answers how many spans of ours were on it.
    int wipe(const std::string& text)
    {
        std::ifstream in(path(), std::ios::binary);
        std::string bytes{std::istreambuf_iterator<char>(in), {}};
        in.close();
        constexpr std::size_t kPage = 4096;
        const auto at = bytes.find(text) / kPage * kPage;
        const std::string page = bytes.substr(at, kPage);
        int count = 0;
        for (auto found = page.find(" of the parcels"); found != page.npos; found = page.find(" of the parcels", found + 1))
            ++count;
        bytes.replace(at, kPage, kPage, '\0');
        std::ofstream(path(), std::ios::binary | std::ios::trunc) << bytes;
        return count;
    }
    struct Found {
        Result<bool> done;
        std::vector<std::string> runs;
        std::vector<ScanLoss> losses;
    };
    Found scanMany(const std::string& word, const CancelToken& cancel = {})
    {
        auto reader = openStore(path(), {});
        EXPECT_TRUE(reader);
        auto* scanner = reader ? dynamic_cast<TextScanner*>(reader->get()) : nullptr;
        Found found;
        if (!scanner) return found;
        const std::vector<TextNeedle> needles{TextNeedle(word)};
        found.done = scanner->scan(
            needles,
            [&](const ScanHit& hit) -> Status {
                found.runs.push_back(hit.runId);
                return {};
            },
            [](std::uint64_t done, std::uint64_t total) -> Status {
                EXPECT_LE(done, total);
                return {};
            },
            cancel);
        found.losses = scanner->losses();
        return found;
    }
};

TEST_F(DamagedScan, goesOnBelowEachHoleAndSaysHowManyAreMissing)
{
    EXPECT_EQ(scanMany("PARCELS").runs.size(), static_cast<std::size_t>(kRuns));
    EXPECT_TRUE(scanMany("PARCELS").losses.empty());
    int lost = 0;
    for (const char* text :
         {"002999 of the parcels", "002000 of the parcels", "001500 of the parcels", "000000 of the parcels"}) {
        lost += wipe(text);
        const Found found = scanMany("PARCELS");
        ASSERT_TRUE(found.done && *found.done) << text;
        EXPECT_EQ(found.runs.size(), static_cast<std::size_t>(kRuns - lost)) << text;
        EXPECT_TRUE(std::ranges::is_sorted(found.runs, std::ranges::greater())) << text;
        EXPECT_THAT(found.losses,
                    ElementsAre(ScanLoss{"table spans",
                                         formatText("{} of 3000 rows could not be read; they lie on damaged pages", lost)}))
            << text;
    }
    EXPECT_GT(lost, 40);
    CancelSource cancel;
    cancel.cancel();
    EXPECT_EQ(scanMany("PARCELS", cancel.token()).done.error().code, ErrorCode::Cancelled);
}

/// The spans are whole, but not what says which runs they are of.
TEST_F(DamagedScan, textsOfRunsThatCannotBeNamedHideNoOthers)
{
    wipe("run-001500");
    const Found found = scanMany("PARCELS");
    ASSERT_TRUE(found.done && *found.done) << (found.done ? "" : found.done.error().detail);
    EXPECT_GT(found.runs.size(), std::size_t{2'800});
    EXPECT_LT(found.runs.size(), std::size_t{3'000});
    ASSERT_EQ(found.losses.size(), 1U);
    EXPECT_EQ(found.losses[0].where, "runs");
}

/// Rows of runs in which everything was found are passed over, and nothing is lost by that.
TEST_F(PhoenixScan, passesOverRunsThatAreFound)
{
    const auto trace = [&](int number, int spans, const std::string& word, int at) {
        const auto row = m_store->addTrace(formatText("{:032x}", 0xabd000 + number), number);
        for (int i = 0; i < spans; ++i)
            m_store->addSpan(row,
                             {.id = formatText("{:08x}{:08x}", 0x90 + number, i),
                              .name = "chat",
                              .attributes = formatText(R"({{"output":{{"value":"the parcel {}"}}}})", i == at ? word : "came"),
                              .second = number});
    };
    trace(1, 400, "left", 0);
    trace(2, 40, "has a needle", 0); // the last of its rows, when one word is found already
    trace(3, 400, "has a needle", 399);
    trace(4, 400, "left", 0);
    auto db = openForeign(m_folder->path() / "p.db");
    ASSERT_TRUE(db);
    const auto known = tables(*db);
    ASSERT_TRUE(known);
    const auto scanned = [&](const std::vector<std::string>& words, std::chrono::milliseconds batch, int* guarded) {
        const std::vector<TextNeedle> needles(words.begin(), words.end());
        std::vector<std::string> told;
        const TextScanner::Hit hit = [&](const ScanHit& each) -> Status {
            told.push_back(words[each.word] + " " + each.runId + " " + each.stepId + " " + each.snippet.text);
            return {};
        };
        RowScan scan(*db, needles, hit, [] { return fail(ErrorCode::Internal, {}, "not here"); }, batch);
        const auto done = [&](std::uint64_t, std::uint64_t) -> Status {
            *guarded += scan.passesOver();
            return {};
        };
        for (const RowScanPlan& plan : phoenixScanPlans(*known)) EXPECT_TRUE(scan.run(plan, done, {}));
        return told;
    };
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"parcel"}, {"parcel", "needle"}, {"needle"}}) {
        int guarded = 0, unguarded = 0;
        const auto byPieces = scanned(words, std::chrono::milliseconds(0), &guarded);
        EXPECT_EQ(byPieces, scanned(words, std::chrono::hours(1), &unguarded));
        EXPECT_EQ(byPieces.size(), words.size() == 2 ? 6U : words[0] == "needle" ? 2U : 4U);
        EXPECT_EQ(unguarded, 0);
        EXPECT_GT(guarded, words[0] == "needle" ? -1 : 5);
    }
    // The function does not outlive the search.
    EXPECT_FALSE(db->prepare("SELECT tackroom_wanted(1)"));
}

/// What is read straight from the pages is what SQLite tells: rows on one page and on many, rows of other kinds than usual.
TEST_F(PhoenixScan, pagesAndSqliteSayTheSame)
{
    for (int i = 0; i < 60; ++i)
        m_store->addSpan(m_store->addTrace(formatText("{:032x}", 0xabe000 + i), i),
                         {.id = formatText("{:016x}", 0xc0 + i),
                          .name = "chat",
                          .attributes = formatText(R"({{"input":{{"value":"{}the parcel {}"}}}})",
                                                   std::string(static_cast<std::size_t>(i) * 500, '-'), i),
                          .second = i});
    const auto scanned = [&](bool fromPages, const std::vector<std::string>& words) {
        auto db = openForeign(m_folder->path() / "p.db");
        auto plans = phoenixScanPlans(*tables(*db));
        EXPECT_TRUE(plans.front().places);
        if (!fromPages) plans.front().places.reset();
        const std::vector<TextNeedle> needles(words.begin(), words.end());
        std::vector<std::string> told;
        const TextScanner::Hit hit = [&](const ScanHit& each) -> Status {
            told.push_back(words[each.word] + " " + each.runId + " " + each.stepId + " " + each.snippet.text);
            return {};
        };
        RowScan scan(*db, needles, hit, [] { return fail(ErrorCode::Internal, {}, "not here"); });
        for (const RowScanPlan& plan : plans)
            EXPECT_TRUE(scan.run(plan, [](std::uint64_t, std::uint64_t) -> Status { return {}; }, {}));
        EXPECT_TRUE(scan.takeLosses().empty());
        return told;
    };
    const auto compare = [&](const std::vector<std::string>& words, std::size_t atLeast) {
        const auto fromPages = scanned(true, words);
        EXPECT_EQ(fromPages, scanned(false, words)) << words[0];
        EXPECT_GE(fromPages.size(), atLeast) << words[0];
    };
    const auto compareAll = [&] {
        compare({"the parcel"}, 30);
        compare({"parcel 5", "PARCEL", "order"}, 30);
        compare({"nowhere"}, 0);
    };
    compareAll();
    m_store->exec("UPDATE spans SET status_message = 'parcel ' || id WHERE id % 7 = 1");
    compareAll();
    m_store->exec("UPDATE spans SET attributes = 4711 WHERE id = (SELECT max(id) FROM spans) OR id % 23 = 5");
    m_store->exec("UPDATE spans SET attributes = x'227061726365c3bc22' WHERE id % 29 = 6");
    compareAll();
    compare({"4711"}, 0);
    compare({"parce\u00fc"}, 1);
    m_store->exec("ALTER TABLE spans RENAME COLUMN status_message TO former");
    m_store->exec("ALTER TABLE spans ADD COLUMN status_message TEXT DEFAULT 'late'");
    m_store->exec("UPDATE spans SET status_message = 'now' WHERE id % 3 = 1");
    compareAll();
    compare({"late"}, 30);
    compare({"now"}, 20);
}

} // namespace
} // namespace tackroom::testing
