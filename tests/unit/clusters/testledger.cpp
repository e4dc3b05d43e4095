// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/clusters/smallstore.h"

#include <algorithm>

namespace tackroom
{
namespace
{

using testing::ingestRecords;
using testing::kDay;
using testing::kMonday;
using testing::overviewOf;
using testing::smallStore;
using testing::TemporaryFolder;

/// Entries one second apart, the first long after the last run.
LedgerEntry entry(int number, ClusterAct act, const std::string& cluster, const std::string& text = {},
                  const std::string& other = {})
{
    LedgerEntry made;
    made.id = formatText("e{:03}", number);
    made.time = kMonday + 100 * kDay + number * std::int64_t{1'000'000'000};
    made.by = "Ann";
    made.edit.act = act;
    made.edit.cluster = cluster;
    made.edit.text = text;
    made.edit.other = other;
    return made;
}

class LedgerTest : public ::testing::Test
{
protected:
    void SetUp() override
    {
        ingestRecords(smallStore(), m_folder.path());
        ASSERT_TRUE(analyse(m_folder.path(), {}, Progress()));
        const auto overview = overviewOf(m_folder.path());
        ASSERT_EQ(overview.clusters.size(), 3U);
        m_lookup = overview.clusters[0].id.value;
        m_mail = overview.clusters[1].id.value;
        m_judge = overview.clusters[2].id.value;
    }
    LedgerReport apply(std::vector<LedgerEntry> entries)
    {
        const auto report = updateClusters(m_folder.path(), ledgerOf(std::move(entries)), {});
        EXPECT_TRUE(report) << (report ? "" : oneLine(report.error()));
        return report.value_or(LedgerReport());
    }
    ClusterItem item(const std::string& id)
    {
        const auto overview = overviewOf(m_folder.path());
        const auto found = std::ranges::find(overview.clusters, id, [](const ClusterItem& each) { return each.id.value; });
        EXPECT_NE(found, overview.clusters.end()) << id;
        return found == overview.clusters.end() ? ClusterItem() : *found;
    }
    std::vector<std::string> membersOf(const std::string& id)
    {
        auto queries = ClusterQueries::open(m_folder.path(), {});
        std::vector<std::string> keys;
        const auto members = (*queries)->memberKeys(ClusterId(id));
        for (const RunKey& key : *members) keys.push_back(key.value);
        return keys;
    }

    TemporaryFolder m_folder;
    std::string m_lookup, m_mail, m_judge;
};

TEST(Ledger, whatCountsIsTheSameInWhateverOrderItComes)
{
    const std::vector<LedgerEntry> all{entry(1, ClusterAct::Rename, "c-1", "first"),
                                       entry(2, ClusterAct::Rename, "c-1", "second"),
                                       entry(3, ClusterAct::Undo, "c-1", {}, "e002"),
                                       entry(4, ClusterAct::Undo, "c-1", {}, "e003"),
                                       entry(5, ClusterAct::Pin, "c-1"),
                                       entry(6, ClusterAct::Undo, "c-1", {}, "e005")};
    const auto ids = [](const ClusterLedger& ledger) {
        std::vector<std::string> found;
        for (const LedgerEntry& each : ledger.entries) found.push_back(each.id);
        return found;
    };
    const ClusterLedger ledger = ledgerOf(all);
    EXPECT_EQ(ids(ledger), (std::vector<std::string>{"e001", "e002"})) << "an undo that was undone does nothing";
    auto twice = all;
    twice.insert(twice.end(), all.begin(), all.end());
    std::ranges::reverse(twice);
    EXPECT_EQ(ids(ledgerOf(twice)), ids(ledger));
    EXPECT_EQ(ledgerOf(twice).fingerprint(), ledger.fingerprint());
    EXPECT_NE(ledgerOf({all[0]}).fingerprint(), ledger.fingerprint());
    EXPECT_EQ(ledgerOf({}).fingerprint(), "");
}

TEST(Ledger, anEditIsTheSameAfterJson)
{
    const ClusterEdit edit{.act = ClusterAct::Mute,
                           .cluster = "c-1",
                           .text = "t",
                           .other = "o",
                           .runs = {"a", "b"},
                           .until = 7,
                           .count = 3,
                           .untilEscalating = true,
                           .members = {"m"},
                           .otherMembers = {"n"},
                           .copyOf = "x"};
    EXPECT_EQ(ClusterEdit::fromJson(edit.toJson()), edit);
    EXPECT_FALSE(ClusterEdit::fromJson({{"act", "explode"}, {"cluster", "c-1"}}));
    EXPECT_FALSE(ClusterEdit::fromJson({{"act", "pin"}}));
    for (int act = 0; act <= static_cast<int>(ClusterAct::Undo); ++act)
        EXPECT_EQ(clusterActOf(nameOf(static_cast<ClusterAct>(act))), static_cast<ClusterAct>(act));
}

TEST(Ledger, keptMembersAreFewAndAlwaysTheSame)
{
    std::vector<std::string> keys;
    for (int i = 0; i < 5'000; ++i) keys.push_back(formatText("key-{}", i));
    const auto kept = keptMembers(keys);
    EXPECT_EQ(kept.size(), kKeptMembers);
    std::ranges::reverse(keys);
    EXPECT_EQ(keptMembers(keys), kept);
    EXPECT_EQ(keptMembers({"b", "a"}), (std::vector<std::string>{"a", "b"}));
}

TEST_F(LedgerTest, namesStayBesideWhatWasMade)
{
    const ClusterItem before = item(m_lookup);
    EXPECT_EQ(apply({entry(1, ClusterAct::Rename, m_lookup, "Order ids with letters"),
                     entry(2, ClusterAct::Describe, m_lookup, "Words."),
                     entry(3, ClusterAct::Expect, m_lookup, "strip the letter"), entry(4, ClusterAct::Assign, m_lookup, "Bo")})
                  .applied,
              4);
    const ClusterItem after = item(m_lookup);
    EXPECT_EQ(after.label, "Order ids with letters");
    EXPECT_EQ(after.description, "Words.");
    EXPECT_TRUE(after.words.isNamed && after.words.isDescribed);
    EXPECT_EQ(after.words.madeLabel, before.label);
    EXPECT_EQ(after.words.madeDescription, before.description);
    EXPECT_EQ(after.words.expected, "strip the letter");
    EXPECT_EQ(after.words.owner, "Bo");
    EXPECT_EQ(after.runs, before.runs);
    auto queries = ClusterQueries::open(m_folder.path(), {});
    EXPECT_EQ((*queries)->find(before.label)->value, m_lookup) << "a proposal may name it as it was";
    EXPECT_EQ((*queries)->find("order ids with letters")->value, m_lookup);
    // Taken back by an empty name, and by no ledger at all.
    apply({entry(1, ClusterAct::Rename, m_lookup, "x"), entry(2, ClusterAct::Rename, m_lookup, "")});
    EXPECT_EQ(item(m_lookup).label, before.label);
    apply({});
    EXPECT_EQ(item(m_lookup).description, before.description);
}

TEST_F(LedgerTest, mergedClustersAreOneAndTheirFiguresAddUp)
{
    const ClusterItem lookup = item(m_lookup), mail = item(m_mail);
    apply({entry(1, ClusterAct::Rename, m_lookup, "Ids"), entry(2, ClusterAct::Merge, m_mail, {}, m_lookup)});
    const auto overview = overviewOf(m_folder.path());
    ASSERT_EQ(overview.clusters.size(), 2U);
    EXPECT_EQ(overview.unclustered, 0);
    const ClusterItem& merged = overview.clusters[0];
    EXPECT_EQ(merged.id.value, m_lookup);
    EXPECT_EQ(merged.label, "Ids");
    EXPECT_EQ(merged.runs, 18);
    EXPECT_EQ(merged.words.mergedFrom, std::vector<std::string>{m_mail});
    EXPECT_EQ(merged.firstSeen, std::min(lookup.firstSeen, mail.firstSeen));
    EXPECT_EQ(merged.lastSeen, std::max(lookup.lastSeen, mail.lastSeen));
    ASSERT_EQ(merged.perWeek.size(), lookup.perWeek.size());
    for (std::size_t i = 0; i < merged.perWeek.size(); ++i) EXPECT_EQ(merged.perWeek[i], lookup.perWeek[i] + mail.perWeek[i]);
    ASSERT_EQ(merged.versions.size(), lookup.versions.size());
    for (std::size_t i = 0; i < merged.versions.size(); ++i) {
        EXPECT_EQ(merged.versions[i].version, lookup.versions[i].version);
        EXPECT_EQ(merged.versions[i].outOf, lookup.versions[i].outOf);
        EXPECT_EQ(merged.versions[i].runs, lookup.versions[i].runs + mail.versions[i].runs);
    }
    auto queries = ClusterQueries::open(m_folder.path(), {});
    EXPECT_EQ((*queries)->find(m_mail)->value, m_lookup) << "the former id leads to it";
    // The table of runs asks by the same clusters.
    auto runs = RunQueries::open(m_folder.path(), {});
    EXPECT_EQ(*(*runs)->count(parseRunFilter("cluster:" + m_lookup)), 18);
    // What is said of the part is said of the whole, and an edit that is undone leaves nothing.
    apply({entry(2, ClusterAct::Merge, m_mail, {}, m_lookup), entry(3, ClusterAct::Assign, m_mail, "Bo")});
    EXPECT_EQ(item(m_lookup).words.owner, "Bo");
    apply({entry(2, ClusterAct::Merge, m_mail, {}, m_lookup), entry(3, ClusterAct::Undo, m_mail, {}, "e002")});
    EXPECT_EQ(item(m_lookup).runs, 12);
    EXPECT_EQ(item(m_mail).runs, 6);
}

TEST_F(LedgerTest, aSplitTakesTheRunsOfItsQueryAndNoOthers)
{
    const LedgerEntry split = entry(1, ClusterAct::Split, m_lookup, "version:v1");
    const std::string part = splitClusterId(split.edit);
    const auto before = membersOf(m_lookup);
    apply({split, entry(2, ClusterAct::Rename, part, "Only v1")});
    const auto ofPart = membersOf(part), rest = membersOf(m_lookup);
    EXPECT_EQ(ofPart.size() + rest.size(), before.size());
    ASSERT_FALSE(ofPart.empty());
    ASSERT_FALSE(rest.empty());
    const ClusterItem item1 = item(part), item2 = item(m_lookup);
    EXPECT_EQ(item1.label, "Only v1");
    EXPECT_TRUE(item1.words.isSplit);
    for (const VersionCount& version : item1.versions) EXPECT_EQ(version.runs, version.version == "v1" ? item1.runs : 0);
    for (const VersionCount& version : item2.versions) EXPECT_EQ(version.runs, version.version == "v1" ? 0 : item2.runs);
    // A query that fits nothing makes no cluster; chosen runs make one.
    EXPECT_EQ(apply({entry(4, ClusterAct::Split, m_lookup, "version:v9")}).applied, 1);
    EXPECT_EQ(overviewOf(m_folder.path()).clusters.size(), 3U);
    LedgerEntry chosen = entry(3, ClusterAct::Split, m_lookup);
    chosen.edit.runs = {before[0], before[3], membersOf(m_mail)[0]};
    apply({chosen});
    EXPECT_EQ(membersOf(splitClusterId(chosen.edit)), (std::vector<std::string>{before[0], before[3]}));
    EXPECT_EQ(item(m_mail).runs, 6) << "a run of another cluster is not split off this one";
}

TEST_F(LedgerTest, movedRunsGoAndAnEmptyClusterIsNoneAnyMore)
{
    LedgerEntry moved = entry(1, ClusterAct::Move, m_judge, {}, m_mail);
    moved.edit.runs = membersOf(m_judge);
    apply({moved});
    EXPECT_EQ(item(m_mail).runs, 8);
    EXPECT_EQ(overviewOf(m_folder.path()).clusters.size(), 2U);
}

TEST_F(LedgerTest, aClusterIsFoundAgainByItsRuns)
{
    LedgerEntry named = entry(1, ClusterAct::Rename, "c-000000000000", "Found again");
    named.edit.members = membersOf(m_mail);
    named.edit.members.resize(4);
    named.edit.members.push_back("a run of another store");
    EXPECT_EQ(apply({named}).applied, 1);
    EXPECT_EQ(item(m_mail).label, "Found again");
    auto queries = ClusterQueries::open(m_folder.path(), {});
    EXPECT_EQ((*queries)->find("c-000000000000")->value, m_mail);
    // Half of its runs are not more than half.
    named.id = "e002";
    named.edit.members = {membersOf(m_mail)[0], membersOf(m_lookup)[0]};
    EXPECT_EQ(apply({named}).withoutPlace, 1);
    EXPECT_FALSE(item(m_mail).words.isNamed);
    EXPECT_EQ(overviewOf(m_folder.path()).editsWithoutPlace, 1);
}

TEST_F(LedgerTest, pinnedOnesStandFirst)
{
    apply({entry(1, ClusterAct::Pin, m_judge)});
    EXPECT_EQ(overviewOf(m_folder.path()).clusters[0].id.value, m_judge);
    apply({entry(1, ClusterAct::Pin, m_judge), entry(2, ClusterAct::Unpin, m_judge)});
    EXPECT_EQ(overviewOf(m_folder.path()).clusters[0].id.value, m_lookup);
}

TEST_F(LedgerTest, aResolvedClusterThatComesBackIsRegressedAndNamesTheVersion)
{
    LedgerEntry resolved = entry(1, ClusterAct::Resolve, m_mail, "mail is optional now");
    apply({resolved});
    EXPECT_EQ(item(m_mail).state, ClusterState::Watching) << "no run of the store has come since";
    resolved = entry(2, ClusterAct::Resolve, m_mail, "mail is optional now");
    resolved.time = item(m_mail).lastSeen - 2 * kDay;
    apply({resolved});
    const ClusterItem back = item(m_mail);
    EXPECT_EQ(back.state, ClusterState::Regressed);
    EXPECT_GE(back.words.resolution->runsSince, 1);
    EXPECT_EQ(back.words.resolution->version, "v2");
    EXPECT_EQ(back.words.resolution->reason, "mail is optional now");
    apply({resolved, entry(3, ClusterAct::Reopen, m_mail)});
    EXPECT_EQ(item(m_mail).state, ClusterState::Ongoing);
}

TEST_F(LedgerTest, whatWasSaidStaysWhenTheStoreGrows)
{
    const ClusterLedger ledger =
        ledgerOf({entry(1, ClusterAct::Rename, m_mail, "Mail"), entry(2, ClusterAct::Merge, m_judge, {}, m_mail)});
    ASSERT_TRUE(updateClusters(m_folder.path(), ledger, {}));
    const auto former = membersOf(m_mail);
    auto grown = smallStore();
    for (int i = 100; i < 140; ++i) {
        grown.push_back(testing::recordOf(i, 14, true));
        testing::addCall(grown.back(), "send_mail", formatText("no address for customer {}", i));
    }
    ingestRecords(grown, m_folder.path());
    ASSERT_TRUE(analyse(m_folder.path(), {}, Progress(), {}, ledger));
    const auto now = membersOf(m_mail);
    EXPECT_EQ(item(m_mail).label, "Mail");
    EXPECT_EQ(now.size(), former.size() + 40);
    EXPECT_TRUE(std::ranges::includes(now, former)) << "nothing that was named has moved";
    // The same ledger again costs no work; another one is seen.
    EXPECT_TRUE(analyse(m_folder.path(), {}, Progress(), {}, ledger)->wasCurrent);
    ASSERT_TRUE(analyse(m_folder.path(), {}, Progress(), {}, {}));
    EXPECT_FALSE(item(m_mail).words.isNamed);
}

ClusterItem seen(std::vector<std::int64_t> perWeek, UtcNs firstSeen = kMonday)
{
    ClusterItem item;
    item.perWeek = std::move(perWeek);
    item.firstSeen = firstSeen;
    return item;
}

TEST(ClusterStates, aMuteEndsWhenItsTimeItsCountOrItsCalmEnds)
{
    const std::vector<std::int64_t> store{100, 100, 100, 100, 100};
    const UtcNs last = kMonday + 34 * kDay;
    ClusterItem item = seen({5, 5, 5, 5, 5});
    EXPECT_EQ(stateOf(item, store, last, last), ClusterState::Ongoing);
    item.words.mute = ClusterWords::Mute{};
    EXPECT_EQ(stateOf(item, store, last, last), ClusterState::Ignored);
    item.words.mute->until = last;
    EXPECT_EQ(stateOf(item, store, last, last - 1), ClusterState::Ignored);
    EXPECT_EQ(stateOf(item, store, last, last), ClusterState::Ongoing);
    item.words.mute =
        ClusterWords::Mute{.since = 0, .until = 0, .count = 3, .runsSince = 2, .untilEscalating = false, .by = {}};
    EXPECT_EQ(stateOf(item, store, last, last), ClusterState::Ignored);
    item.words.mute->runsSince = 3;
    EXPECT_EQ(stateOf(item, store, last, last), ClusterState::Ongoing);
    item.words.mute = ClusterWords::Mute{.since = 0, .until = 0, .count = 0, .runsSince = 0, .untilEscalating = true, .by = {}};
    EXPECT_EQ(stateOf(item, store, last, last), ClusterState::Ignored);
    item.perWeek.back() = 20;
    EXPECT_EQ(stateOf(item, store, last, last), ClusterState::Escalating);
}

TEST(ClusterStates, growthOfTheStoreIsNoEscalation)
{
    const UtcNs last = kMonday + 34 * kDay;
    EXPECT_EQ(stateOf(seen({5, 5, 5, 5, 20}), {100, 100, 100, 100, 400}, last, last), ClusterState::Ongoing);
    EXPECT_EQ(stateOf(seen({5, 5, 5, 5, 20}), {100, 100, 100, 100, 100}, last, last), ClusterState::Escalating);
    EXPECT_EQ(stateOf(seen({0, 0, 0, 0, 4}), {100, 100, 100, 100, 100}, last, last), ClusterState::Ongoing)
        << "four runs say nothing";
    EXPECT_EQ(stateOf(seen({0, 0, 0, 0, 9}, last - 3 * kDay), {100, 100, 100, 100, 100}, last, last), ClusterState::New);
}

TEST(ClusterStates, resolvedNeedsRunsThatShowIt)
{
    ClusterItem item = seen({5, 0});
    item.words.resolution = ClusterWords::Resolution{};
    item.words.resolution->storeRunsSince = kRunsToTrust - 1;
    EXPECT_EQ(stateOf(item, {9, 9}, kMonday, kMonday), ClusterState::Watching);
    item.words.resolution->storeRunsSince = kRunsToTrust;
    EXPECT_EQ(stateOf(item, {9, 9}, kMonday, kMonday), ClusterState::Resolved);
    item.words.resolution->runsSince = 1;
    EXPECT_EQ(stateOf(item, {9, 9}, kMonday, kMonday), ClusterState::Regressed);
}

} // namespace
} // namespace tackroom
