// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/cachelimit.h"
#include "core/platform/filelock.h"
#include "tests/unit/index/indexfixture.h"

namespace tackroom::testing
{
namespace
{

namespace fs = std::filesystem;

class CacheLimit : public IndexTest
{
protected:
    /// An index of so many bytes that was used so many hours ago.
    fs::path make(const std::string& name, std::size_t bytes, int hoursAgo)
    {
        const fs::path folder = file("cache") / "stores" / name;
        fs::create_directories(folder);
        std::ofstream(folder / kRunsFile, std::ios::binary) << std::string(bytes, 'x');
        std::ofstream(folder / kRunsLock).flush();
        fs::last_write_time(folder / kRunsLock, fs::file_time_type::clock::now() - std::chrono::hours(hoursAgo));
        return folder;
    }
    Eviction evict(std::uint64_t limit, const fs::path& keep = {})
    {
        const auto done = evictIndexes(file("cache"), limit, keep);
        EXPECT_TRUE(done) << textOf(done.error());
        return done.value_or(Eviction{});
    }
};

TEST_F(CacheLimit, theLeastRecentlyUsedGoFirstAndNoMoreThanNeeded)
{
    const auto a = make("a", 1000, 3), b = make("b", 1000, 9), c = make("c", 1000, 1), d = make("d", 1000, 6);
    EXPECT_TRUE(evict(4000).removed.empty());
    const auto done = evict(2500);
    EXPECT_EQ(done.bytesBefore, 4000U);
    EXPECT_EQ(done.bytesAfter, 2000U);
    EXPECT_EQ(done.removed, (std::vector<fs::path>{b, d}));
    EXPECT_FALSE(fs::exists(b));
    EXPECT_TRUE(fs::exists(a) && fs::exists(c));
    EXPECT_EQ(std::distance(fs::directory_iterator(file("cache") / "stores"), {}), 2);
}

TEST_F(CacheLimit, theOneInHandAndWhatIsBeingWrittenStay)
{
    const auto a = make("a", 1000, 5), b = make("b", 1000, 4), c = make("c", 1000, 3);
    const auto writing = FileLock::acquire(b / kRunsLock, 0);
    ASSERT_TRUE(writing);
    const auto done = evict(0, a);
    EXPECT_EQ(done.removed, std::vector<fs::path>{c});
    EXPECT_EQ(done.inUse, 1U);
    EXPECT_TRUE(fs::exists(a / kRunsFile) && fs::exists(b / kRunsFile));
}

TEST_F(CacheLimit, theListTellsWhatIsThereMostRecentFirst)
{
    const auto a = make("a", 1000, 5), b = make("b", 2000, 2);
    std::ofstream(a / kStoreFile) << R"({"path":"/home/x/p.db","title":"Arize Phoenix database","runs":12})";
    const auto list = cachedIndexes(file("cache"));
    ASSERT_TRUE(list) << textOf(list.error());
    ASSERT_EQ(list->size(), 2U);
    EXPECT_EQ((*list)[0].folder, b);
    EXPECT_EQ((*list)[0].bytes, 2000U);
    EXPECT_EQ((*list)[0].store, "");
    EXPECT_EQ((*list)[1].store, "/home/x/p.db");
    EXPECT_EQ((*list)[1].runs, 12);
    const std::int64_t hours = (utcNow() - (*list)[1].used) / 3'600'000'000'000;
    EXPECT_TRUE(hours >= 4 && hours <= 5) << hours;
    EXPECT_TRUE(cachedIndexes(file("nowhere"))->empty());
}

TEST_F(CacheLimit, oneAloneIsRemovedAndNothingOutsideTheCache)
{
    const auto a = make("a", 1000, 5), b = make("b", 1000, 4);
    fs::create_directories(file("elsewhere"));
    EXPECT_EQ(removeIndexOf(file("cache"), file("elsewhere")).error().code, ErrorCode::NotFound);
    EXPECT_TRUE(fs::exists(file("elsewhere")));
    const auto done = removeIndexOf(file("cache"), a);
    ASSERT_TRUE(done) << textOf(done.error());
    EXPECT_EQ(done->removed, std::vector<fs::path>{a});
    EXPECT_EQ(done->bytesAfter, 1000U);
    EXPECT_TRUE(!fs::exists(a) && fs::exists(b));
    const auto writing = FileLock::acquire(b / kRunsLock, 0);
    ASSERT_TRUE(writing);
    EXPECT_EQ(removeIndexOf(file("cache"), b)->inUse, 1U);
    EXPECT_TRUE(fs::exists(b));
}

TEST_F(CacheLimit, aReadersProcessRemovesForAParentThatHasIndexesOpen)
{
    PhoenixFixture store(file("p.db"));
    store.addUsualRun(1);
    auto reader = openStore(store.path(), {});
    ASSERT_TRUE(reader);
    const fs::path open = file("cache") / "stores" / "open";
    ASSERT_TRUE(ingestStore(**reader, store.path(), open, {}, {}));
    const auto old = make("old", 1000, 9);
    const auto queries = RunQueries::open(open, {});
    ASSERT_TRUE(queries);
    const auto done = askEviction(file("cache"), 0, {}, {}, {});
    ASSERT_TRUE(done) << textOf(done.error());
    EXPECT_EQ(done->removed, std::vector<fs::path>{old});
    EXPECT_EQ(done->inUse, 1U);
    EXPECT_EQ((*queries)->counts()->runs, 1);
    EXPECT_EQ(askEviction(file("cache"), 0, {}, file("elsewhere"), {}).error().code, ErrorCode::NotFound);
}

TEST_F(CacheLimit, whatIsNoIndexIsLeftAloneAndHalfRemovedOnesAreEnded)
{
    const fs::path stores = file("cache") / "stores";
    fs::create_directories(stores / ".gone-1-x");
    std::ofstream(stores / ".gone-1-x" / kRunsFile) << "half";
    fs::create_directories(file("elsewhere"));
    std::ofstream(file("elsewhere") / "precious") << std::string(5000, 'p');
    fs::create_directory_symlink(file("elsewhere"), stores / "link");
    std::ofstream(stores / "note.txt") << "kept";
    const auto done = evict(0);
    EXPECT_TRUE(done.removed.empty());
    EXPECT_FALSE(fs::exists(stores / ".gone-1-x"));
    EXPECT_TRUE(fs::exists(file("elsewhere") / "precious") && fs::exists(stores / "link") && fs::exists(stores / "note.txt"));
    EXPECT_TRUE(evictIndexes(file("no cache"), 0, {}));
}

} // namespace
} // namespace tackroom::testing
