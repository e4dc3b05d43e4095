// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/runversions.h"
#include "core/platform/directories.h"
#include "core/workspace/limits.h"
#include "core/workspace/storesettings.h"
#include "core/workspace/versionsettings.h"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>

namespace tackroom
{
namespace
{

class SettingsTest : public ::testing::Test
{
protected:
    void SetUp() override
    {
        auto made = tackroom::TemporaryFolder::make("settings");
        ASSERT_TRUE(made);
        m_folder.emplace(std::move(*made));
        std::filesystem::create_directories(index());
    }
    [[nodiscard]] Places places() const
    {
        return {m_folder->path() / "cache", m_folder->path() / "data", m_folder->path() / "config"};
    }
    [[nodiscard]] std::filesystem::path index() const { return m_folder->path() / "cache" / "stores" / "abc"; }

private:
    std::optional<tackroom::TemporaryFolder> m_folder;
};

TEST_F(SettingsTest, limitsAreKeptAndNonsenseIsTheUsual)
{
    EXPECT_EQ(readLimits(places()), Limits{});
    const Limits mine{.cacheBytes = 0, .readerMemoryBytes = std::int64_t{1} << 30};
    ASSERT_TRUE(writeLimits(places(), mine));
    EXPECT_EQ(readLimits(places()), mine);
    std::ofstream(places().config / "limits.json") << R"({"cacheBytes":-5,"readerMemoryBytes":7,"other":1})";
    EXPECT_EQ(readLimits(places()), (Limits{.cacheBytes = 0, .readerMemoryBytes = kLeastReaderMemoryBytes}));
    std::ofstream(places().config / "limits.json") << "no JSON";
    EXPECT_EQ(readLimits(places()), Limits{});
}

TEST_F(SettingsTest, whatAProgramAsksForItselfComesBeforeTheLimits)
{
    const Limits limits{.cacheBytes = 7, .readerMemoryBytes = std::int64_t{1} << 30};
    EXPECT_EQ(withLimits({}, limits).cacheLimitBytes, 7);
    EXPECT_EQ(withLimits({}, limits).memoryLimitBytes, std::int64_t{1} << 30);
    ReaderClient::Options own;
    own.cacheLimitBytes = 5;
    EXPECT_EQ(withLimits(own, limits).cacheLimitBytes, 5);
}

TEST_F(SettingsTest, sizes)
{
    EXPECT_EQ(parseSize("5GB").value(), 5'000'000'000);
    EXPECT_EQ(parseSize(" 1.5 gb ").value(), 1'500'000'000);
    EXPECT_EQ(parseSize("800MB").value(), 800'000'000);
    EXPECT_EQ(parseSize("none").value(), 0);
    EXPECT_EQ(parseSize("0").value(), 0);
    for (const char* wrong : {"", "5", "GB", "-5GB", "5 GiB of it", "1e300GB", "nan GB", "0.1 kB of"})
        EXPECT_EQ(parseSize(wrong).error().code, ErrorCode::Usage) << wrong;
}

TEST_F(SettingsTest, theRuleForVersionsIsKeptBesideTheOtherSettingsAndBesideTheIndex)
{
    StoreSettings settings;
    keepView(settings, {"mine", "outcome:failure"});
    ASSERT_TRUE(writeStoreSettings(places(), index(), settings));
    const std::vector<std::string> terms{"key release", "deployed 2026-03-01 is v4"};
    const VersionRule rule = parseVersionRule(terms).value();
    ASSERT_TRUE(writeVersionRule(places(), index(), rule));
    EXPECT_EQ(readVersionRule(places(), index()), rule);
    EXPECT_EQ(readVersionRuleFile(index()), rule);
    EXPECT_EQ(readStoreSettings(places(), index()).views, settings.views);
    ASSERT_TRUE(writeStoreSettings(places(), index(), {}));
    EXPECT_EQ(readVersionRule(places(), index()), rule) << "the others do not take it away";
    EXPECT_FALSE(mendVersionRule(places(), index()).value());

    // The index was evicted and made again.
    std::filesystem::remove(index() / kVersionRuleFile);
    EXPECT_TRUE(mendVersionRule(places(), index()).value());
    EXPECT_EQ(readVersionRuleFile(index()), rule);
    ASSERT_TRUE(writeVersionRule(places(), index(), {}));
    EXPECT_TRUE(readVersionRule(places(), index()).empty());
    EXPECT_TRUE(readVersionRuleFile(index()).empty());
}

} // namespace
} // namespace tackroom
