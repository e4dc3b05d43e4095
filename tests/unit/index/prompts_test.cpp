// SPDX-License-Identifier: GPL-3.0-or-later
// Prompts through the process, as the window and the command line ask for them.
#include "core/base/format.h"

#include "core/index/promptframes.h"
#include "core/index/promptreader.h"
#include "tests/support/databasefixture.h"
#include "tests/support/promptfixture.h"
#include "tests/unit/index/indexfixture.h"

#include <sys/stat.h>

namespace tackroom::testing
{
namespace
{

class PromptClient : public IndexTest
{
};

TEST_F(PromptClient, ListsAndReadsBesideTheRuns)
{
    {
        PhoenixFixture store(file("p.db"));
        store.addUsualRun(1);
        store.exec(phoenixPromptsSql());
    }
    const auto client = PromptReader::open(file("p.db"), {});
    ASSERT_TRUE(client) << textOf(client.error());
    const auto listing = (*client)->list({});
    ASSERT_TRUE(listing) << textOf(listing.error());
    EXPECT_EQ(listing->registry, "Arize Phoenix");
    ASSERT_EQ(listing->prompts.size(), 2U);
    const PromptInfo& refund = listing->prompts[1];
    EXPECT_EQ(refund.name, "refund");
    EXPECT_EQ(refund.tags.at(0).second, "care");
    ASSERT_EQ(refund.versions.size(), 3U);
    EXPECT_EQ(refund.versions[1].number, 5);
    EXPECT_EQ(refund.versions[1].author, "Ines");
    EXPECT_EQ(refund.versions[1].labels.at(0), "production");
    EXPECT_GT(refund.versions[1].time, 0);
    const auto text = (*client)->file("refund", 5, {});
    ASSERT_TRUE(text) << textOf(text.error());
    EXPECT_THAT(*text, ::testing::HasSubstr("Refund up to 2,000.\n"));
    EXPECT_EQ((*client)->file("refund", 6, {}).error().code, ErrorCode::NotFound);
}

TEST_F(PromptClient, AStoreWithoutRunsCanHavePromptsAndOthersHaveNone)
{
    {
        DatabaseFixture db(file("m.db"));
        db.exec(mlflowPromptsSql());
    }
    const auto client = PromptReader::open(file("m.db"), {});
    ASSERT_TRUE(client);
    EXPECT_EQ((*client)->list({})->prompts.at(0).name, "summary");
    const auto lines = PromptReader::open(write("x.json", "[]"), {});
    ASSERT_TRUE(lines);
    const auto none = (*lines)->list({});
    ASSERT_TRUE(none) << textOf(none.error());
    EXPECT_TRUE(none->registry.empty());
    EXPECT_EQ((*lines)->file("a", 1, {}).error().code, ErrorCode::NotFound);
    const auto missing = PromptReader::open(file("missing"), {});
    EXPECT_EQ((*missing)->list({}).error().code, ErrorCode::NotFound);
}

TEST_F(PromptClient, NotAByteOfTheStoreChanges)
{
    {
        PhoenixFixture store(file("p.db"));
        store.exec(phoenixPromptsSql());
        store.exec("PRAGMA journal_mode=WAL; UPDATE prompts SET description = 'x' WHERE id = 2");
        // A log that no writer has: the connection ends without a checkpoint.
        std::filesystem::create_directory(file("stale"));
        for (const char* suffix : {"", "-wal"})
            std::filesystem::copy_file(file("p.db").string() + suffix, file("stale/p.db").string() + suffix);
    }
    const auto look = [&] {
        std::string out;
        for (const auto& each : std::filesystem::directory_iterator(file("stale"))) {
            struct stat st{};
            EXPECT_EQ(::stat(each.path().c_str(), &st), 0);
            out += formatText("{} {} {} {}.{}\n", each.path().string(), st.st_ino, st.st_size, st.st_mtim.tv_sec,
                              st.st_mtim.tv_nsec);
        }
        return out;
    };
    const std::string before = look();
    const auto client = PromptReader::open(file("stale/p.db"), {});
    ASSERT_TRUE(client);
    const auto listing = (*client)->list({});
    ASSERT_TRUE(listing) << textOf(listing.error());
    EXPECT_EQ(listing->prompts.at(0).description, "x") << "what is in the log is read";
    EXPECT_TRUE((*client)->file("refund", 3, {}));
    EXPECT_EQ(look(), before);
}

TEST_F(PromptClient, TheParentTakesNoMoreThanAListingMayHold)
{
    frames::PromptReceiver receiver;
    receiver.add({{"what", "version"}, {"number", 1}}); // of no prompt
    receiver.add({{"what", "prompt"}, {"name", std::string(100'000, 'n')}, {"labels", "no list"}, {"tags", {{"a"}, 7}}});
    for (std::size_t i = 0; i < kMaxListedVersions + 10; ++i)
        receiver.add({{"what", "version"}, {"number", i}, {"note", 7}, {"labels", {1, "x"}}});
    receiver.add({{"what", "something"}});
    const PromptListing listing = receiver.take({{"registry", 7}, {"promptCount", -5}});
    ASSERT_EQ(listing.prompts.size(), 1U);
    EXPECT_LE(listing.prompts[0].name.size(), 4096U);
    EXPECT_TRUE(listing.prompts[0].tags.empty());
    EXPECT_EQ(listing.prompts[0].versions.size(), kMaxListedVersions);
    EXPECT_EQ(listing.prompts[0].versions[0].labels.size(), 2U);
    EXPECT_EQ(listing.promptCount, 0);
    EXPECT_TRUE(listing.registry.empty());
}

} // namespace
} // namespace tackroom::testing
