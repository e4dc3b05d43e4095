// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/traces/versionrule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tackroom
{
namespace
{

using ::testing::ElementsAre;
using ::testing::HasSubstr;

VersionRule ruleOf(const std::vector<std::string>& terms)
{
    auto rule = parseVersionRule(terms);
    EXPECT_TRUE(rule) << rule.error().detail;
    return rule.value_or(VersionRule{});
}

VersionFactsOfRun runAt(std::string_view time, std::vector<VersionKey> keys = {})
{
    VersionFactsOfRun facts;
    facts.run.start = parseTime(time.size() == 10 ? std::string(time) + "T00:00:00Z" : std::string(time)).value_or(0);
    facts.run.agentName = "refunds";
    facts.run.source = "a.jsonl";
    facts.keys = std::move(keys);
    facts.model = "gpt";
    return facts;
}

VersionFactsOfRun found(VersionFactsOfRun facts, const VersionVerdict& verdict)
{
    facts.found = verdict;
    return facts;
}

const VersionVerdict kFound{"abc1234", "v2", "commit key: git.commit"};

TEST(VersionRule, termsAreReadAndWrittenBack)
{
    const std::vector<std::string> terms{"key release",
                                         "key agent",
                                         "where release = prod = 7 is the one is v4",
                                         "from 2026-03-01 is v5",
                                         "from 2026-03-01T10:30:00Z to 2026-03-08 is v6",
                                         "deployed 2026-02-01 is 3f2a91cd (v1)",
                                         "deployed 2026-02-20 is v2",
                                         "deployment first"};
    const VersionRule rule = ruleOf(terms);
    EXPECT_EQ(toTerms(rule), terms);
    EXPECT_EQ(rule.values.front(), (VersionRule::Value{"release", "prod = 7 is the one", "v4"}));
    EXPECT_THAT(keysOf(rule), ElementsAre("release")) << "every run has an agent";
    EXPECT_EQ(ruleOf({"  key   release ", "key release"}).keys, std::vector<std::string>{"release"});
    EXPECT_TRUE(ruleOf({}).empty());
    // By time, however they were given.
    EXPECT_EQ(ruleOf({"deployed 2026-02-20 is v2", "deployed 2026-02-01 is v1"}).deployments.front().version, "v1");
}

TEST(VersionRule, whatIsNoTermIsRefusedAndSaysWhatIs)
{
    for (const char* term :
         {"", "key", "release", "where release is v4", "where release = is v4", "from yesterday is v4",
          "from 2026-03-08 to 2026-03-01 is v4", "deployed 2026-03-01", "deployed is v4", "key a\nb", "deployment last"}) {
        const std::vector<std::string> terms{term};
        const auto rule = parseVersionRule(terms);
        ASSERT_FALSE(rule) << term;
        EXPECT_EQ(rule.error().code, ErrorCode::Usage) << term;
        EXPECT_THAT(rule.error().hint, HasSubstr("where NAME = VALUE is VERSION")) << term;
    }
}

TEST(VersionRule, theOrderIsMappingThenChosenKeyThenTheTraceThenDeployment)
{
    std::vector<std::string> terms{"deployed 2026-01-01 is v1"};
    const VersionFactsOfRun run = runAt("2026-03-05T12:00:00Z", {{"release", "r7"}, {"git.commit", "abc1234"}});
    const auto says = [&](const VersionVerdict& verdict) { return resolveVersion(ruleOf(terms), found(run, verdict)); };
    EXPECT_EQ(says({}), (VersionVerdict{"v1", "", "time of deployment: 2026-01-01"}));
    EXPECT_EQ(says(kFound), kFound) << "what the trace says comes before";
    terms.emplace_back("key missing");
    EXPECT_EQ(says(kFound), kFound) << "the run has no such key";
    terms.emplace_back("key release");
    EXPECT_EQ(says(kFound), (VersionVerdict{"r7", "", "chosen key: release"}));
    terms.emplace_back("deployment first");
    EXPECT_EQ(says(kFound), (VersionVerdict{"v1", "", "time of deployment: 2026-01-01"}));
    terms.emplace_back("from 2026-03-05 to 2026-03-06 is v8");
    EXPECT_EQ(says(kFound), (VersionVerdict{"v8", "", "mapping: time from 2026-03-05"}));
    terms.emplace_back("where release = r7 is 0123abcd (v9)");
    EXPECT_EQ(says(kFound), (VersionVerdict{"0123abcd", "v9", "mapping: release = r7"}));
}

TEST(VersionRule, endsOfTimesAndRunsWithoutATime)
{
    const VersionRule rule =
        ruleOf({"from 2026-03-05 to 2026-03-06 is v8", "deployed 2026-03-10 is v10", "deployed 2026-03-12 is v11"});
    const auto at = [&](std::string_view time) { return resolveVersion(rule, runAt(time)).version; };
    EXPECT_EQ(at("2026-03-04T23:59:59Z"), "");
    EXPECT_EQ(at("2026-03-05T00:00:00Z"), "v8");
    EXPECT_EQ(at("2026-03-06T00:00:00Z"), "");
    EXPECT_EQ(at("2026-03-10T00:00:00Z"), "v10");
    EXPECT_EQ(at("2026-03-12T00:00:00Z"), "v11");
    EXPECT_EQ(resolveVersion(rule, {}).version, "") << "nobody knows when it was";
}

TEST(VersionRule, membersOfRunsAreKeysAndATracesOwnKeyComesBefore)
{
    const auto by = [](const std::string& key, const VersionFactsOfRun& facts) {
        return resolveVersion(ruleOf({"key " + key}), facts).version;
    };
    const VersionFactsOfRun run = found(runAt("2026-03-05"), kFound);
    EXPECT_EQ(by("agent", run), "refunds");
    EXPECT_EQ(by("model", run), "gpt");
    EXPECT_EQ(by("file", run), "a.jsonl");
    EXPECT_EQ(resolveVersion(ruleOf({"key version"}), run), (VersionVerdict{"abc1234", "v2", "chosen key: version"}));
    EXPECT_EQ(by("model", runAt("2026-03-05", {{"model", "own"}})), "own");
    EXPECT_EQ(by("project", run), "abc1234") << "it has none";
}

} // namespace
} // namespace tackroom
