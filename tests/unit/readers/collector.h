// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/platform/directories.h"
#include "core/readers/readers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tackroom::testing
{

/// Keeps what a reader delivers.
class Collector : public RunSink
{
public:
    void startsOver() override { ++startedOver; }
    Status add(RunRecord record) override
    {
        order.push_back(record.run.nativeId);
        unseen.erase(record.run.nativeId);
        runs[record.run.nativeId] = std::move(record);
        return {};
    }
    void beginSource(std::string_view source, Extent extent) override
    {
        inSource = source;
        unseen.clear();
        for (const auto& [id, record] : runs)
            if (extent == Extent::Whole && record.run.source == source) unseen.insert(id);
    }
    Status endSource() override
    {
        for (const std::string& id : unseen) runs.erase(id);
        return {};
    }
    Status sourceIsGone(std::string_view source) override
    {
        std::erase_if(runs, [&](const auto& each) { return each.second.run.source == source; });
        return {};
    }
    Result<std::string> placeOf(std::string_view source, std::string_view nativeId) override
    {
        const auto found = runs.find(std::string(nativeId));
        return found != runs.end() && found->second.run.source == source ? found->second.run.place : std::string();
    }
    void skipped(std::string where, std::string why) override { skips.emplace_back(std::move(where), std::move(why)); }
    void progress(std::uint64_t, std::uint64_t) override {}

    int startedOver = 0;
    std::string inSource;
    std::set<std::string> unseen;
    std::map<std::string, RunRecord> runs;
    std::vector<std::string> order;
    std::vector<std::pair<std::string, std::string>> skips;
};

class FolderTest : public ::testing::Test
{
protected:
    void SetUp() override
    {
        auto made = TemporaryFolder::make("readers");
        ASSERT_TRUE(made) << made.error().detail;
        m_folder.emplace(std::move(*made));
    }
    [[nodiscard]] std::filesystem::path file(const std::string& name) const { return m_folder->path() / name; }
    [[nodiscard]] std::filesystem::path write(const std::string& name, std::string_view bytes) const
    {
        std::ofstream(file(name), std::ios::binary) << bytes;
        return file(name);
    }

private:
    std::optional<TemporaryFolder> m_folder;
};

inline std::string textOf(const Error& error) { return std::string(nameOf(error.code)) + ": " + error.detail; }

} // namespace tackroom::testing
