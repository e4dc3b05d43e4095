// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Indexes for the tests: from a real store, or from records made here.
#include "core/clusters/clusters.h"
#include "core/index/indexschema.h"
#include "core/index/ingest.h"
#include "core/index/runrecords.h"
#include "core/sql/sql.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tackroom::testing
{

namespace fs = std::filesystem;

class TemporaryFolder
{
public:
    TemporaryFolder()
    {
        std::string name = (fs::temp_directory_path() / "clusters.XXXXXX").string();
        m_path = ::mkdtemp(name.data());
    }
    ~TemporaryFolder()
    {
        std::error_code ignored;
        fs::remove_all(m_path, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const fs::path& path() const { return m_path; }

private:
    fs::path m_path;
};

/// Delivers what it was given, in that order.
class GivenReader : public StoreReader
{
public:
    explicit GivenReader(std::vector<RunRecord> records) : m_records(std::move(records)) { m_info.kind = "given"; }
    const StoreInfo& info() const override { return m_info; }
    Result<std::string> fingerprint() override { return std::to_string(m_records.size()); }
    Result<std::string> ingest(const std::string&, RunSink& sink, const CancelToken&) override
    {
        for (const RunRecord& record : m_records) TR_TRY(sink.add(record));
        return std::string("{}");
    }
    Result<Body> fetch(const RunAddress&, const std::string&, std::uint64_t) override { return Body(); }

private:
    StoreInfo m_info;
    std::vector<RunRecord> m_records;
};

inline void ingestRecords(std::vector<RunRecord> records, const fs::path& folder)
{
    GivenReader reader(std::move(records));
    const auto report = ingestStore(reader, folder / "given", folder, Progress(), {});
    ASSERT_TRUE(report) << oneLine(report.error());
}

inline void ingestFile(const fs::path& store, const fs::path& folder)
{
    auto reader = openStore(store, {});
    ASSERT_TRUE(reader) << oneLine(reader.error());
    const auto report = ingestStore(**reader, store, folder, Progress(), {});
    ASSERT_TRUE(report) << oneLine(report.error());
}

/// Everything in derived.db, table by table in key order. With `byKey`, row numbers are replaced by what they stand for.
inline std::string dumpOf(const fs::path& folder, bool byKey)
{
    auto db = openCacheReader(folder / kDerivedFile);
    if (!db) return oneLine(db.error());
    std::map<std::int64_t, std::string> keys;
    auto runs = openCacheReader(folder / kRunsFile);
    if (!runs) return oneLine(runs.error());
    auto select = runs->prepare("SELECT id, run_key FROM runs");
    while (select && *select->step()) keys[select->intAt(0)] = select->stringAt(1);
    std::string dump;
    for (const std::string table : {"outcomes", "signals", "clusters", "cluster_members", "cluster_exemplars"}) {
        auto rows = db->prepare("SELECT * FROM " + table);
        if (!rows) return oneLine(rows.error());
        std::vector<std::string> lines;
        while (*rows->step()) {
            std::string line = table;
            for (int column = 0; column < rows->columnCount(); ++column) {
                const bool isRow = byKey && rows->columnName(column) == "run_row";
                line += "|" + (isRow ? keys[rows->intAt(column)] : rows->stringAt(column));
            }
            lines.push_back(line);
        }
        if (byKey) std::ranges::sort(lines);
        for (const std::string& line : lines) dump += line + "\n";
    }
    return dump;
}

} // namespace tackroom::testing
