// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/platform/directories.h"
#include "core/readers/readers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
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
        runs[record.run.nativeId] = std::move(record);
        return {};
    }
    void skipped(std::string where, std::string why) override { skips.emplace_back(std::move(where), std::move(why)); }
    void progress(std::uint64_t, std::uint64_t) override {}

    int startedOver = 0;
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
