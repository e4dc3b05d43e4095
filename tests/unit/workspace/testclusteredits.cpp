// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/clusteredits.h"
#include "core/workspace/exchange.h"
#include "tests/unit/clusters/smallstore.h"

#include <cstdlib>

namespace tackroom
{
namespace
{

using testing::ingestRecords;
using testing::overviewOf;
using testing::smallStore;
using testing::TemporaryFolder;

/// Two laptops with the same store: each has its own cache and data, and a clone of one repository.
std::vector<std::string> wordsOf(const ClusterLedger& ledger)
{
    std::vector<std::string> words;
    for (const LedgerEntry& entry : ledger.entries)
        words.push_back(entry.id + " " + std::to_string(entry.time) + " " + editText(entry));
    return words;
}

class ClusterEditTest : public ::testing::Test
{
protected:
    struct Laptop {
        std::filesystem::path root;
        [[nodiscard]] Places places() const { return {root / "cache", root / "data", root / "config"}; }
        [[nodiscard]] std::filesystem::path index() const { return root / "cache" / "given-store"; }
        [[nodiscard]] std::string label(std::size_t at) const { return overviewOf(index()).clusters.at(at).label; }
    };
    const Reviewer m_ann{"Ann Other", "ann@example.org"};

    Laptop laptop(const std::string& name)
    {
        Laptop made{m_folder.path() / name};
        std::filesystem::create_directories(made.index());
        ingestRecords(smallStore(), made.index());
        EXPECT_TRUE(refresh(made));
        return made;
    }
    static Status refresh(const Laptop& laptop)
    {
        TR_ASSIGN(const auto ledger, readClusterLedger(laptop.places(), laptop.index()));
        TR_TRY(analyse(laptop.index(), {}, Progress(), {}, ledger));
        return {};
    }
    std::unique_ptr<HarnessRepository> repository(const Laptop& laptop)
    {
        const auto repo = laptop.root / "harness";
        const std::string made = "mkdir -p '" + repo.string() + "' && cd '" + repo.string() +
                                 "' && git init -q -b main . && echo hi > AGENTS.md && git add -A && git -c user.name=A -c "
                                 "user.email=a@b commit -q -m First --date 2026-03-01T00:00:00Z";
        if (!std::filesystem::exists(repo)) {
            EXPECT_EQ(std::system(("export GIT_COMMITTER_DATE=2026-03-01T00:00:00Z; " + made).c_str()), 0);
        }
        HarnessRepository::Options options;
        options.dataDirectory = laptop.places().data;
        auto opened = HarnessRepository::open(repo, options, {});
        EXPECT_TRUE(opened) << (opened ? "" : oneLine(opened.error()));
        return opened ? std::move(*opened) : nullptr;
    }
    Result<ClustersEdited> edit(const Laptop& laptop, ClusterEdit edit, HarnessRepository* repository = nullptr)
    {
        return editClusters(laptop.places(), repository, laptop.index(), {std::move(edit)}, m_ann, {});
    }
    static ClusterEdit act(ClusterAct act, const std::string& cluster, const std::string& text = {},
                           const std::string& other = {})
    {
        ClusterEdit edit;
        edit.act = act;
        edit.cluster = cluster;
        edit.text = text;
        edit.other = other;
        return edit;
    }
    TemporaryFolder m_folder;
};

TEST_F(ClusterEditTest, anEditIsWrittenDownSeenAtOnceAndUndone)
{
    const Laptop here = laptop("a");
    const std::string made = here.label(0), id = overviewOf(here.index()).clusters[0].id.value;
    const auto edited = edit(here, act(ClusterAct::Rename, made, "  Wrong ids \n"));
    ASSERT_TRUE(edited) << oneLine(edited.error());
    EXPECT_EQ(edited->entries.at(0).edit.cluster, id) << "named by its words, kept by its id";
    EXPECT_EQ(edited->entries.at(0).edit.members.size(), 12U);
    EXPECT_EQ(here.label(0), "Wrong ids");
    std::filesystem::remove_all(here.index());
    std::filesystem::create_directories(here.index());
    ingestRecords(smallStore(), here.index());
    ASSERT_TRUE(refresh(here));
    EXPECT_EQ(here.label(0), "Wrong ids") << "the cache may be lost";
    const auto undo = undoOf(here.places(), here.index());
    ASSERT_TRUE(undo);
    ASSERT_TRUE(edit(here, *undo));
    EXPECT_EQ(here.label(0), made);
    EXPECT_EQ(undoOf(here.places(), here.index()).error().code, ErrorCode::NotFound);
    // The undo itself is undone by its id.
    const auto history = clusterEditHistory(here.places(), here.index()).value();
    ASSERT_EQ(history.size(), 2U);
    ASSERT_TRUE(edit(here, undoOf(here.places(), here.index(), history[1].id).value()));
    EXPECT_EQ(here.label(0), "Wrong ids");
    EXPECT_EQ(clusterEditHistory(here.places(), here.index())->size(), 3U);
}

TEST_F(ClusterEditTest, whatMakesNoSenseIsRefusedAndNotWrittenDown)
{
    const Laptop here = laptop("a");
    const auto clusters = overviewOf(here.index()).clusters;
    const std::string first = clusters[0].id.value;
    EXPECT_EQ(edit(here, act(ClusterAct::Rename, "no such words at all", "x")).error().code, ErrorCode::NotFound);
    EXPECT_EQ(edit(here, act(ClusterAct::Merge, first, {}, first)).error().code, ErrorCode::Usage);
    EXPECT_EQ(edit(here, act(ClusterAct::Split, first)).error().code, ErrorCode::Usage);
    EXPECT_EQ(edit(here, act(ClusterAct::Split, first, "steps:>many")).error().code, ErrorCode::Usage);
    EXPECT_EQ(edit(here, act(ClusterAct::Split, first, "outcome:failure")).error().code, ErrorCode::Usage);
    EXPECT_EQ(edit(here, act(ClusterAct::Split, first, "since:2w")).error().code, ErrorCode::Usage);
    EXPECT_EQ(edit(here, act(ClusterAct::Move, first, {}, first)).error().code, ErrorCode::Usage);
    EXPECT_TRUE(clusterEditHistory(here.places(), here.index())->empty());
}

TEST_F(ClusterEditTest, anotherStoresClustersAreLeftAlone)
{
    const Laptop here = laptop("a");
    ASSERT_TRUE(edit(here, act(ClusterAct::Rename, overviewOf(here.index()).clusters[0].id.value, "Named here")));
    // The same failures in other runs: the same cluster ids, of another store.
    const auto other = m_folder.path() / "other-store";
    auto records = smallStore();
    for (RunRecord& record : records) {
        record.run.nativeId = "other-" + record.run.nativeId;
        record.run.key = runKeyOf("given", record.run.nativeId);
    }
    std::filesystem::create_directories(other);
    ingestRecords(records, other);
    EXPECT_TRUE(readClusterLedger(here.places(), other)->entries.empty());
}

TEST_F(ClusterEditTest, anotherLaptopGetsItFromTheRepository)
{
    const Laptop a = laptop("a"), b = laptop("b");
    {
        const auto repo = repository(a);
        ASSERT_TRUE(repo);
        const auto clusters = overviewOf(a.index()).clusters;
        ASSERT_TRUE(edit(a, act(ClusterAct::Rename, clusters[0].id.value, "Wrong ids")));
        EXPECT_FALSE(edit(a, act(ClusterAct::Merge, clusters[2].id.value, {}, clusters[1].id.value), repo.get())->notShared);
        const auto done = exchangeWords(a.places(), *repo, a.index(), {});
        ASSERT_TRUE(done) << oneLine(done.error());
        EXPECT_EQ(done->clusterEdits, 0U);
        EXPECT_EQ(exchangeWords(a.places(), *repo, a.index(), {})->clusterEdits, 0U) << "nothing is carried over twice";
    }
    // b has the same repository and its vault, nothing of what a keeps for itself.
    std::filesystem::create_directories(b.places().data);
    std::filesystem::copy(a.places().data, b.places().data, std::filesystem::copy_options::recursive);
    std::filesystem::remove_all(b.places().data / "vaults" / "private.git");
    ASSERT_TRUE(readClusterLedger(b.places(), b.index())->entries.empty());
    HarnessRepository::Options options;
    options.dataDirectory = b.places().data;
    const auto opened = HarnessRepository::open(a.root / "harness", options, {});
    ASSERT_TRUE(opened) << oneLine(opened.error());
    const auto& repo = *opened;
    const auto came = exchangeWords(b.places(), *repo, b.index(), {});
    ASSERT_TRUE(came) << oneLine(came.error());
    EXPECT_EQ(came->clusterEdits + came->judgements, 2U);
    ASSERT_TRUE(refresh(b));
    EXPECT_EQ(b.label(0), "Wrong ids");
    EXPECT_EQ(overviewOf(b.index()).clusters.size(), 2U);
    EXPECT_EQ(wordsOf(*readClusterLedger(a.places(), a.index())), wordsOf(*readClusterLedger(b.places(), b.index())));
}

} // namespace
} // namespace tackroom
