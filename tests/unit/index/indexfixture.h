// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/index/indexschema.h"
#include "core/index/ingest.h"
#include "core/index/runqueries.h"
#include "core/index/runrecords.h"
#include "core/platform/directories.h"
#include "core/sql/sql.h"
#include "tests/support/phoenixfixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>

namespace tackroom::testing
{

inline std::string textOf(const Error& error)
{
    return std::string(nameOf(error.code)) + ": " + error.detail + " @ " + error.where;
}

class IndexTest : public ::testing::Test
{
protected:
    void SetUp() override
    {
        auto made = TemporaryFolder::make("index");
        ASSERT_TRUE(made) << made.error().detail;
        m_folder.emplace(std::move(*made));
    }
    [[nodiscard]] std::filesystem::path file(const std::string& name) const { return m_folder->path() / name; }
    [[nodiscard]] std::filesystem::path write(const std::string& name, std::string_view bytes) const
    {
        std::ofstream(file(name), std::ios::binary) << bytes;
        return file(name);
    }
    [[nodiscard]] std::filesystem::path indexFolder() const { return file("index"); }

    IngestReport ingest(const std::filesystem::path& store)
    {
        auto reader = openStore(store, {});
        EXPECT_TRUE(reader) << textOf(reader.error());
        if (!reader) return {};
        auto report = ingestStore(**reader, store, indexFolder(), {}, {});
        EXPECT_TRUE(report) << textOf(report.error());
        return report.value_or(IngestReport{});
    }
    std::unique_ptr<RunQueries> queries()
    {
        auto opened = RunQueries::open(indexFolder(), {});
        EXPECT_TRUE(opened) << textOf(opened.error());
        return opened ? std::move(*opened) : nullptr;
    }
    RunsState state()
    {
        const auto now = readRunsState(indexFolder());
        EXPECT_TRUE(now) << textOf(now.error());
        return now.value_or(RunsState{});
    }

private:
    std::optional<TemporaryFolder> m_folder;
};

} // namespace tackroom::testing
