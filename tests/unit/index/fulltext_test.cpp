// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/fulltext.h"

#include "core/index/everywhere.h"
#include "core/index/textreader.h"
#include "core/platform/filelock.h"
#include "tests/unit/index/indexfixture.h"

#include <algorithm>
#include <format>
#include <set>

namespace tackroom::testing
{
namespace
{

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FullText : public IndexTest
{
protected:
    void SetUp() override
    {
        IndexTest::SetUp();
        m_store.emplace(file("p.db"));
    }
    /// A run in which the agent says `text`. Every step of it is well.
    void addRun(const std::string& id, const std::string& text, int second = 0)
    {
        const auto trace = m_store->addTrace(id, second);
        m_store->addSpan(trace, {.id = id + "-root",
                                 .name = "agent",
                                 .kind = "AGENT",
                                 .attributes = R"({"input":{"value":"hello"},"output":{"value":"bye"}})",
                                 .second = second});
        m_store->addSpan(
            trace,
            {.id = id + "-llm",
             .parent = id + "-root",
             .name = "chat",
             .kind = "LLM",
             .attributes =
                 R"({"llm":{"input_messages":[{"message":{"role":"user","content":"hello"}}],"output_messages":[{"message":{"role":"assistant","content":")" +
                 text + R"("}}]}})",
             .second = second + 1});
    }
    RunRow rowOf(const std::string& id) { return queries()->find(id).value_or(RunRow(0)); }
    /// A derived.db that says which runs failed, and which a person judged.
    void writeOutcomes(const std::set<std::string>& failing, const std::set<std::string>& judged = {})
    {
        std::filesystem::remove(indexFolder() / kDerivedFile);
        auto db = openCacheWriter(indexFolder() / kDerivedFile);
        ASSERT_TRUE(db);
        ASSERT_TRUE(db->exec(kDerivedDdl));
        ASSERT_TRUE(db->exec(std::format("PRAGMA user_version={}", kDerivedSchemaVersion)));
        ASSERT_TRUE(db->exec(std::format("INSERT INTO meta VALUES('runs_epoch', '{}')", state().epoch)));
        for (const auto& id : failing)
            ASSERT_TRUE(db->exec(std::format("INSERT INTO outcomes VALUES({}, 2, 3, 'reward 0.0')", rowOf(id).value)));
        for (const auto& id : judged)
            ASSERT_TRUE(db->exec(
                std::format("INSERT OR REPLACE INTO outcomes VALUES({}, 1, 5, 'judged good by Ann')", rowOf(id).value)));
        ASSERT_TRUE(db->exec("PRAGMA journal_mode=DELETE"));
    }
    TextCoverage update(const TextIndexOptions& options = {})
    {
        auto done = updateTextIndex(indexFolder(), m_store->path(), options, {}, {});
        EXPECT_TRUE(done) << textOf(done.error());
        return done.value_or(TextCoverage{});
    }
    std::vector<std::string> idsOf(const RunFilter& filter)
    {
        std::vector<std::string> ids;
        const auto asked = queries();
        const auto rows = asked->rows(filter, RunOrder::Start, false);
        EXPECT_TRUE(rows) << textOf(rows.error());
        if (!rows) return {"error"};
        for (const RunRow row : *rows) ids.push_back(asked->item(row)->run.nativeId);
        std::ranges::sort(ids);
        return ids;
    }
    std::vector<std::string> find(std::string_view query) { return idsOf(parseRunFilter(query)); }
    /// How the hits of a run are marked: "[refund] was".
    std::vector<std::string> marked(const std::string& id, std::string_view query)
    {
        const auto index = TextIndex::open(indexFolder(), {});
        EXPECT_TRUE(index) << textOf(index.error());
        std::vector<std::string> out;
        const auto hits = (*index)->hits(rowOf(id), textWordsOf(parseRunFilter(query)), 10);
        EXPECT_TRUE(hits) << textOf(hits.error());
        for (const TextHit& hit : *hits) {
            std::string text = hit.snippet;
            for (auto mark = hit.marks.rbegin(); mark != hit.marks.rend(); ++mark) {
                text.insert(mark->first + mark->second, "]");
                text.insert(mark->first, "[");
            }
            out.push_back(hit.stepId + " " + hit.place + ": " + text);
        }
        return out;
    }
    std::optional<PhoenixFixture> m_store;
};

TEST_F(FullText, failingAndChosenRunsAreFound)
{
    addRun("one", "the parcel was late");
    addRun("two", "the parcel came early");
    addRun("three", "parcel lost");
    addRun("four", "no parcel at all");
    ingest(m_store->path());
    EXPECT_THAT(find("parcel"), IsEmpty());
    writeOutcomes({"one", "two"}, {"three"});
    EXPECT_THAT(find("parcel"), IsEmpty());
    EXPECT_EQ(update(), (TextCoverage{.searched = 3, .wanted = 3, .bytes = 75}));
    EXPECT_THAT(find("parcel"), ElementsAre("one", "three", "two"));
    EXPECT_THAT(find("parcel late"), ElementsAre("one"));
    EXPECT_THAT(find("parcel -late"), ElementsAre("three", "two"));
    EXPECT_THAT(find("outcome:failure parcel"), ElementsAre("one", "two"));
    EXPECT_THAT(marked("one", "parcel late"),
                ElementsAre("one-llm assistant: the [parcel] was late", "one-llm assistant: the parcel was [late]"));
    EXPECT_THAT(marked("four", "parcel"), IsEmpty());
    // Asked for: from now on, failing or not.
    const RunKey four = queries()->item(rowOf("four"))->run.key;
    EXPECT_EQ(update({.asked = {four}}).searched, 4);
    EXPECT_EQ(update().searched, 4);
    EXPECT_THAT(find("parcel").size(), 4U);
}

TEST_F(FullText, wordsBeginWordsAndPhrasesKeepTheirOrder)
{
    addRun("a", "Refunded after a late, LATE delivery");
    addRun("b", "prerefund; delivery late");
    addRun("c", "issue_refund for #W1203 was refused");
    addRun("d", "issue refund for W1203");
    ingest(m_store->path());
    writeOutcomes({"a", "b", "c", "d"});
    update();
    EXPECT_THAT(find("refund"), ElementsAre("a", "c", "d"));
    EXPECT_THAT(find("\"late delivery\""), ElementsAre("a"));
    EXPECT_THAT(find("\"delivery late\""), ElementsAre("b"));
    EXPECT_THAT(find("\"late deliv\""), IsEmpty());
    EXPECT_THAT(find("issue_refund"), ElementsAre("c"));
    EXPECT_THAT(find("\"issue refund\""), ElementsAre("c", "d"));
    EXPECT_THAT(find("W1203"), ElementsAre("c", "d"));
    EXPECT_THAT(find("#W1203"), ElementsAre("c"));
    EXPECT_THAT(find("-\"#W1203\""), ElementsAre("a", "b", "d"));
    EXPECT_THAT(marked("c", "#w1203"), ElementsAre("c-llm assistant: issue_refund for [#W1203] was refused"));
}

TEST_F(FullText, lettersOfEveryScript)
{
    addRun("de", "Herr M\\u00fcller möchte Geld zurück");
    addRun("zh", "我要申请退款，谢谢");
    addRun("ja", "返金をお願いします");
    addRun("ko", "주문을 환불해주세요");
    addRun("th", "ขอคืนเงินด้วย");
    addRun("ru", "Верните деньги");
    addRun("emoji", "all well 🙂 → done");
    ingest(m_store->path());
    writeOutcomes({"de", "zh", "ja", "ko", "th", "ru", "emoji"});
    update();
    EXPECT_THAT(find("müller"), ElementsAre("de"));
    EXPECT_THAT(find("MÜLLER"), ElementsAre("de"));
    EXPECT_THAT(find("muller"), ElementsAre("de"));
    EXPECT_THAT(find("zuruck"), ElementsAre("de"));
    EXPECT_THAT(find("退款"), ElementsAre("zh"));
    EXPECT_THAT(find("-退款 -deньги").size(), 6U);
    EXPECT_THAT(find("お願い"), ElementsAre("ja"));
    EXPECT_THAT(find("환불"), ElementsAre("ko"));
    EXPECT_THAT(find("คืนเงิน"), ElementsAre("th"));
    EXPECT_THAT(find("ДЕНЬГИ"), ElementsAre("ru"));
    EXPECT_THAT(find("🙂"), ElementsAre("emoji"));
    EXPECT_THAT(find("→"), ElementsAre("emoji"));
    EXPECT_THAT(marked("zh", "退款"), ElementsAre("zh-llm assistant: 我要申请[退款]，谢谢"));
}

TEST_F(FullText, nothingTypedIsSyntax)
{
    addRun("a", "plain words NEAR the end OR not, 100% of a_b");
    ingest(m_store->path());
    writeOutcomes({"a"});
    update();
    for (const char* query : {"\"",
                              "\"\"",
                              "*",
                              "a*",
                              "(",
                              ")",
                              "^plain",
                              "NEAR(",
                              "\"NEAR(plain words)\"",
                              "text:plain",
                              "{text}:",
                              "plain AND",
                              "NOT",
                              "OR",
                              "'",
                              "\"a\" \"b\"\"",
                              "--",
                              ";drop",
                              "%",
                              "_",
                              "\\",
                              "\xff\xfe",
                              "+",
                              "\"plain + words\"",
                              "-",
                              "\u0000x"}) {
        const RunFilter filter = parseRunFilter(query);
        const auto rows = queries()->rows(filter, RunOrder::Start, false);
        EXPECT_TRUE(rows) << query << ": " << textOf(rows.error());
        const auto hits = (*TextIndex::open(indexFolder(), {}))->hits(RunRow(1), textWordsOf(filter), 5);
        EXPECT_TRUE(hits) << query << ": " << textOf(hits.error());
    }
    EXPECT_THAT(find("NEAR"), ElementsAre("a"));
    EXPECT_THAT(find("AND"), IsEmpty());
    EXPECT_THAT(find("100%"), ElementsAre("a"));
    EXPECT_THAT(find("10%"), IsEmpty());
    EXPECT_THAT(find("a_b"), ElementsAre("a"));
    EXPECT_THAT(find("a%b"), IsEmpty());
    EXPECT_THAT(find("^plain"), IsEmpty());
    EXPECT_THAT(find("\"plain* words\""), IsEmpty());
    EXPECT_THAT(find(std::string(5000, 'x')), IsEmpty());
}

TEST_F(FullText, whatWasSaidComesBeforeTheSystemPrompt)
{
    const std::vector<TextDocument> documents{
        {"s1", "system", "use refund"}, {"s1", "user", "a Refund please"}, {"s2", "arguments", "refund {}"}};
    const auto hits = hitsIn(documents, {"refund"}, 2);
    ASSERT_EQ(hits.size(), 2U);
    EXPECT_EQ(hits[0].place, "user");
    EXPECT_EQ(hits[1].place, "arguments");
    EXPECT_EQ(hitsIn(documents, {"refund"}, 5).back().place, "system");
    // A message to the agent belongs to the step that read it.
    Body body;
    body.messages.resize(2);
    body.messages[0].content = "hello";
    body.messages[1].content = "hi";
    body.messages[1].stepId = "llm";
    EXPECT_EQ(documentsOf(body).front().stepId, "llm");
}

TEST_F(FullText, marksInTheTextsAreNoMarks)
{
    addRun("a", "a\\u0002b\\u0003c refund \\u0000 done");
    ingest(m_store->path());
    writeOutcomes({"a"});
    update();
    EXPECT_THAT(marked("a", "refund"), ElementsAre("a-llm assistant: a b c [refund]   done"));
    EXPECT_THAT(find("done"), ElementsAre("a"));
}

TEST_F(FullText, followsGrowthAndOutcomes)
{
    addRun("one", "parcel one", 1);
    addRun("two", "parcel two", 2);
    ingest(m_store->path());
    writeOutcomes({"one"});
    EXPECT_EQ(update().searched, 1);
    EXPECT_THAT(find("parcel"), ElementsAre("one"));
    // Outcomes change: one is fine after all.
    writeOutcomes({"two"});
    EXPECT_EQ(update().searched, 1);
    EXPECT_THAT(find("parcel"), ElementsAre("two"));
    // A run grows, another comes.
    m_store->addSpan(
        2, {.id = "late",
            .parent = "two-root",
            .name = "chat",
            .kind = "LLM",
            .attributes = R"({"llm":{"output_messages":[{"message":{"role":"assistant","content":"and a voucher"}}]}})",
            .second = 30});
    addRun("three", "parcel three", 3);
    ingest(m_store->path());
    writeOutcomes({"two", "three"});
    EXPECT_THAT(find("voucher"), IsEmpty());
    EXPECT_EQ(update().searched, 2);
    EXPECT_THAT(find("voucher"), ElementsAre("two"));
    EXPECT_THAT(find("parcel"), ElementsAre("three", "two"));
    EXPECT_EQ(update(), update());
}

TEST_F(FullText, mayBeDeletedAndBelongsToOneIndex)
{
    addRun("one", "parcel");
    ingest(m_store->path());
    writeOutcomes({"one"});
    update();
    const auto asked = queries();
    const auto count = [&] {
        const auto found = asked->count(parseRunFilter("parcel"));
        EXPECT_TRUE(found) << textOf(found.error());
        return found.value_or(-1);
    };
    EXPECT_EQ(count(), 1);
    std::filesystem::remove(indexFolder() / kTextFile);
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(TextIndex::open(indexFolder(), {}).error().code, ErrorCode::NotFound);
    update();
    EXPECT_EQ(count(), 1);
    // Bytes of something else in its place.
    std::ofstream(indexFolder() / kTextFile, std::ios::binary) << std::string(8192, 'x');
    EXPECT_EQ(count(), 0);
    update();
    EXPECT_EQ(count(), 1);
    // Of another version.
    openCacheWriter(indexFolder() / kTextFile)->exec("PRAGMA user_version=99").value();
    EXPECT_EQ(queries()->count(parseRunFilter("parcel")).value_or(-1), 0);
    update();
    EXPECT_EQ(queries()->count(parseRunFilter("parcel")).value_or(-1), 1);
    // runs.db is made anew: other row numbers.
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(indexFolder() / (std::string(kRunsFile) + end));
    ingest(m_store->path());
    EXPECT_EQ(queries()->count(parseRunFilter("parcel")).value_or(-1), 0);
    EXPECT_EQ(update().wanted, 0); // derived.db is of the old one
    writeOutcomes({"one"});
    EXPECT_EQ(update().searched, 1);
}

TEST_F(FullText, theNewestStayWithinTheLimit)
{
    for (int i = 0; i < 100; ++i) addRun(std::format("run-{:03}", i), std::format("parcel {}", std::string(1000, 'x')), i);
    std::set<std::string> all;
    for (int i = 0; i < 100; ++i) all.insert(std::format("run-{:03}", i));
    ingest(m_store->path());
    writeOutcomes(all);
    TextIndexOptions options;
    options.limitBytes = 20'000;
    TextCoverage coverage = update(options);
    EXPECT_TRUE(coverage.full);
    EXPECT_EQ(coverage.wanted, 100);
    EXPECT_EQ(coverage.searched, 20);
    auto found = find("parcel");
    EXPECT_EQ(static_cast<std::int64_t>(found.size()), coverage.searched);
    EXPECT_EQ(found.back(), "run-099");
    EXPECT_EQ(found.front(), std::format("run-{:03}", 100 - coverage.searched));
    EXPECT_EQ(update(options), coverage);
    options.maxRunBytes = 500;
    options.limitBytes = 10'000'000;
    coverage = update(options);
    EXPECT_FALSE(coverage.full);
    EXPECT_EQ(coverage.searched, 100);
    EXPECT_GE(coverage.cut, 49);
}

TEST_F(FullText, cancelKeepsWhatIsThere)
{
    for (int i = 0; i < 70; ++i) addRun(std::format("run-{:03}", i), "parcel", i);
    std::set<std::string> all;
    for (int i = 0; i < 70; ++i) all.insert(std::format("run-{:03}", i));
    ingest(m_store->path());
    writeOutcomes(all);
    CancelSource cancel;
    const Progress progress([&](std::string_view, std::uint64_t done, std::uint64_t) {
        if (done >= 32) cancel.cancel();
    });
    EXPECT_EQ(updateTextIndex(indexFolder(), m_store->path(), {}, cancel.token(), progress).error().code, ErrorCode::Cancelled);
    EXPECT_EQ(find("parcel").size(), 32U);
    EXPECT_EQ((*TextIndex::open(indexFolder(), {}))->coverage()->wanted, 70);
    EXPECT_EQ(update().searched, 70);
    // Another program fills it just now.
    const auto lock = FileLock::acquire(indexFolder() / kTextLock, 0);
    EXPECT_EQ(updateTextIndex(indexFolder(), m_store->path(), {}, {}, {}).error().code, ErrorCode::Locked);
}

TEST_F(FullText, everythingIsSearchedOnRequest)
{
    addRun("one", "the parcel was late", 1);
    addRun("two", "the parcel was M\\u00fcller's", 2);
    addRun("three", "nothing", 3);
    ingest(m_store->path());
    writeOutcomes({"one"});
    update();
    const RunFilter filter = parseRunFilter("parcel -late");
    EXPECT_THAT(idsOf(filter), IsEmpty());
    FoundRuns found;
    std::vector<std::string> told;
    const auto report = searchEverywhere(indexFolder(), m_store->path(), {}, textWordsOf(filter),
                                         [&](RunRow row, const TextHit& hit) {
                                             found[hit.word].push_back(row);
                                             told.push_back(hit.word + " " + hit.stepId + " " +
                                                            hit.snippet.substr(hit.marks[0].first, hit.marks[0].second));
                                         },
                                         {}, {});
    ASSERT_TRUE(report) << textOf(report.error());
    EXPECT_EQ(report->runs, 3);
    EXPECT_EQ(report->found, 3);
    EXPECT_THAT(told, ElementsAre("parcel two-llm parcel", "parcel one-llm parcel", "late one-llm late"));
    EXPECT_THAT(idsOf(withFound(filter, found)), ElementsAre("two"));
    EXPECT_EQ(textWordsOf(withFound(filter, found)).size(), 2U);
    CancelSource cancel;
    cancel.cancel();
    EXPECT_EQ(searchEverywhere(indexFolder(), m_store->path(), {}, {"x"}, [](RunRow, const TextHit&) {}, cancel.token(), {})
                  .error()
                  .code,
              ErrorCode::Cancelled);
}

/// A store without rows of its own: through the bodies of its runs.
TEST_F(FullText, filesAreSearchedThroughTheirRuns)
{
    std::string lines;
    for (int i = 0; i < 150; ++i)
        lines +=
            std::format(
                R"({{"traj": [{{"role": "user", "content": "order {0}"}}, {{"role": "assistant", "content": "the par\u00e7el {0}"}}], "reward": 0.0, "task_id": {0}}})",
                i) +
            (i < 149 ? "," : "");
    const auto store = write("results.json", "[" + lines + "]");
    ingest(store);
    ASSERT_EQ(queries()->counts()->runs, 150);
    std::set<std::int64_t> rows;
    std::uint64_t last = 0;
    const auto report = searchEverywhere(
        indexFolder(), store, {}, {"parçel 14"}, [&](RunRow row, const TextHit&) { rows.insert(row.value); }, {},
        Progress([&](std::string_view, std::uint64_t done, std::uint64_t) { last = done; }));
    ASSERT_TRUE(report) << textOf(report.error());
    EXPECT_EQ(rows.size(), 11U); // 14, 140 … 149
    EXPECT_EQ(last, 150U);
    EXPECT_EQ(report->unreadable, 0);
}

/// A lost page hides neither the other rows nor that it is lost.
TEST_F(FullText, everythingOnWholePagesIsSearched)
{
    m_store->exec("BEGIN");
    for (int i = 0; i < 400; ++i) addRun(std::format("run-{:03}", i), std::format("the parcel {:03} was late", i), i);
    m_store->exec("COMMIT");
    const auto path = m_store->path();
    m_store.reset();
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    in.close();
    const auto page = bytes.find("parcel 200 was late") / 4096 * 4096;
    std::size_t lost = 0;
    for (auto at = bytes.find(" was late", page); at < page + 4096; at = bytes.find(" was late", at + 1)) ++lost;
    bytes.replace(page, 4096, 4096, '\0');
    ASSERT_EQ(write("p.db", bytes), path);
    ingest(path);
    std::set<std::int64_t> rows;
    const auto report = searchEverywhere(indexFolder(), path, {}, {"was late"},
                                         [&](RunRow row, const TextHit&) { rows.insert(row.value); }, {}, {});
    ASSERT_TRUE(report) << textOf(report.error());
    EXPECT_GT(lost, 2U);
    EXPECT_EQ(rows.size(), 400 - lost);
    ASSERT_EQ(report->losses.size(), 1U);
    EXPECT_EQ(report->losses[0].where, "table spans");
    EXPECT_THAT(report->losses[0].why, HasSubstr("of 800 rows could not be read"));
}

TEST_F(FullText, textsOfManyRunsComeInOneRequest)
{
    for (int i = 0; i < 5; ++i) addRun(std::format("run-{}", i), std::string(200'000, static_cast<char>('a' + i)));
    TextReader reader(m_store->path(), {});
    std::vector<RunAddress> runs{"run-3", "none", "run-1"};
    std::vector<std::string> told;
    const auto visit = [&](std::size_t which, Result<Body> body) -> Status {
        told.push_back(std::format("{} {}", which,
                                   body ? body->messages.at(1).content.substr(0, 2) : std::string(nameOf(body.error().code))));
        return {};
    };
    ASSERT_TRUE(reader.texts(runs, 1 << 20, visit, {}));
    EXPECT_THAT(told, ElementsAre("0 dd", "1 not-found", "2 bb"));
    // Whoever has enough says so, and can ask again.
    const auto stopped = reader.texts(
        runs, 1 << 20, [](std::size_t, const Result<Body>&) -> Status { return fail(ErrorCode::Refused, {}, "enough"); }, {});
    EXPECT_EQ(stopped.error().code, ErrorCode::Refused);
    told.clear();
    ASSERT_TRUE(reader.texts(runs, 1 << 20, visit, {}));
    EXPECT_EQ(told.size(), 3U);
}

} // namespace
} // namespace tackroom::testing
