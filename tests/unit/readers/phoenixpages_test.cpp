// SPDX-License-Identifier: GPL-3.0-or-later
// A Phoenix store is told alike whether its spans come from their pages or from SQLite, be its rows as odd as they like.
#include "core/base/format.h"
#include "core/readers/phoenixpages.h"
#include "tests/support/phoenixfixture.h"
#include "tests/unit/readers/collector.h"

namespace tackroom::testing
{
namespace
{

class PhoenixPagesTest : public FolderTest
{
protected:
    static std::string textOfRun(const RunRecord& record)
    {
        const tackroom::Run& run = record.run;
        std::string text = formatText("{} {} {} {} {} {} {} {} {}\n", run.nativeId, run.sessionId, run.task, run.answer,
                                      run.harnessVersion, run.start, run.end, run.promptTokens, run.errorCount);
        for (const Step& step : record.steps)
            text += formatText("  {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}\n", step.nativeId, step.parentId,
                               static_cast<int>(step.kind), step.name, step.start, step.end, static_cast<int>(step.status),
                               step.errorText, step.model, step.toolName, step.arguments, step.result, step.inputText,
                               step.outputText, step.promptTokens, step.completionTokens);
        return text;
    }
    static std::string told(const std::filesystem::path& path)
    {
        auto reader = openStore(path, {});
        EXPECT_TRUE(reader) << textOf(reader.error());
        Collector got;
        const auto done = (*reader)->ingest({}, got, {});
        EXPECT_TRUE(done) << textOf(done.error());
        std::string text;
        for (const auto& [key, record] : got.runs) text += textOfRun(record);
        for (const auto& skip : got.skips) text += formatText("{}: {}\n", skip.first, skip.second);
        return text;
    }
    /// How many spans come from pages before the first that does not.
    static std::int64_t fromPages(const std::filesystem::path& path, std::int64_t first)
    {
        auto db = openForeign(path);
        const auto all = tables(*db);
        const PhoenixSql sql = phoenixSqlOf(*all);
        PhoenixPages pages(sql);
        const auto view = db->transaction(Database::Begin::Read);
        std::int64_t rows = 0;
        for (auto found = pages.seek(*db, first); found == PhoenixPages::Found::Row; found = pages.next(), ++rows) {
            std::string room(pages.bytes() + 64, ' ');
            PhoenixSpanRow row;
            if (!pages.read(room.data(), row)) return rows;
        }
        return rows;
    }
};

TEST_F(PhoenixPagesTest, oddRowsAreToldAsSqliteTellsThem)
{
    PhoenixFixture store(file("p.db"));
    for (int i = 0; i < 60; ++i) store.addUsualRun(i); // four spans each
    const auto trace = store.addTrace("00000000000000000000000000000abc", 70);
    const auto add = [&](const char* id, const std::string& attributes) {
        store.addSpan(trace, {.id = id, .parent = "aa01", .name = "chain", .attributes = attributes});
    };
    add("aa01", R"({"input":{"value":"first"}})");
    add("aa02", formatText(R"({{"input":{{"value":"{}"}}}})", std::string(3U << 20, 'x')));
    add("aa03", formatText(R"({{"input":{{"value":"{}"}}}})", std::string(17U << 20, 'y')));
    add("aa04", formatText(R"({{"input":{{"value":"{}"}}}})", std::string(9000, 'z')));
    store.exec("UPDATE spans SET attributes = CAST(attributes AS BLOB) WHERE id = 5; UPDATE spans SET name = 12 WHERE id = 70;"
               "UPDATE spans SET llm_token_count_prompt = '12 or so', cumulative_llm_token_count_prompt = 3.7 WHERE id = 100;"
               "UPDATE spans SET name = printf('%.5000c', 'n') WHERE id = 150;"
               "UPDATE spans SET start_time = '' WHERE id = 200");
    const std::string pages = told(store.path());
    EXPECT_GT(pages.size(), 40'000U);
    EXPECT_EQ(fromPages(store.path(), 1), 4) << "the usual rows before the first odd one";
    EXPECT_GT(fromPages(store.path(), 101), 100);
    // With rows beside the file, SQLite alone knows which ones count.
    store.exec("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; UPDATE spans SET name = name || 'x' WHERE id = 1; "
               "UPDATE spans SET name = substr(name, 1, length(name) - 1) WHERE id = 1");
    EXPECT_EQ(fromPages(store.path(), 1), 0);
    EXPECT_TRUE(told(store.path()) == pages);
}

TEST_F(PhoenixPagesTest, rowsOlderThanAColumnHaveItsDefault)
{
    PhoenixFixture store(file("p.db"), PhoenixFixture::Generation::Old);
    for (int i = 0; i < 5; ++i) store.addUsualRun(i);
    store.exec("ALTER TABLE spans ADD COLUMN llm_token_count_prompt INTEGER DEFAULT 41");
    EXPECT_EQ(fromPages(store.path(), 1), 0);
    EXPECT_THAT(told(store.path()), ::testing::HasSubstr(" 41 "));
}

} // namespace
} // namespace tackroom::testing
