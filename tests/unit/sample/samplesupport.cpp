// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/sample/samplesupport.h"

#include "core/base/hash.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace sampletest
{
using namespace tackroom;
namespace fs = std::filesystem;

Folder::Folder()
{
    std::string pattern = (fs::temp_directory_path() / "tackroom-sample-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) std::abort();
    m_path = pattern;
}

Folder::~Folder()
{
    std::error_code ignored;
    fs::remove_all(m_path, ignored);
}

Output shell(const std::string& command)
{
    Output output;
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (!pipe) return output;
    char buffer[4096];
    for (std::size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.text.append(buffer, got);
    const int status = ::pclose(pipe);
    output.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return output;
}

Output git(const fs::path& folder, const std::string& arguments)
{
    return shell("HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git -C '" + folder.string() +
                 "' -c user.name=Reviewer -c user.email=reviewer@example.org -c commit.gpgsign=false " + arguments);
}

std::vector<std::string> query(const fs::path& store, const std::string& sql)
{
    std::vector<std::string> rows;
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open_v2(store.c_str(), &database, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database) << " in " << sql;
    while (statement && sqlite3_step(statement) == SQLITE_ROW) {
        std::string row;
        for (int i = 0; i < sqlite3_column_count(statement); ++i) {
            const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
            row += (i ? "|" : "") + std::string(text ? text : "");
        }
        rows.push_back(std::move(row));
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return rows;
}

std::string one(const fs::path& store, const std::string& sql)
{
    const auto rows = query(store, sql);
    return rows.empty() ? std::string() : rows.front();
}

std::string logicalHash(const fs::path& store)
{
    Sha256 sha;
    for (const std::string& table : query(store, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"))
        for (const std::string& row : query(store, "SELECT * FROM \"" + table + "\" ORDER BY 1"))
            sha.add(table + ":" + row + "\n");
    return sha.hex();
}

std::string slurp(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void spew(const fs::path& path, const std::string& text)
{
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

std::string replacedOnce(std::string text, const std::string& from, const std::string& to)
{
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    if (at == std::string::npos) return text;
    EXPECT_EQ(text.find(from, at + 1), std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

const SampleHarness& harness()
{
    static const SampleHarness made = [] {
        auto result = sampleHarness();
        if (!result) std::fprintf(stderr, "%s\n", oneLine(result.error()).c_str());
        return result ? std::move(*result) : SampleHarness();
    }();
    return made;
}

const HarnessFiles& version(std::string_view name)
{
    static const HarnessFiles none;
    const auto it = std::ranges::find(harness().versions, name, &SampleVersion::name);
    EXPECT_NE(it, harness().versions.end()) << name;
    return it == harness().versions.end() ? none : it->files;
}

const SampleVersion& proposal(std::string_view name)
{
    static const SampleVersion none;
    const auto it = std::ranges::find(harness().proposals, name, &SampleVersion::name);
    EXPECT_NE(it, harness().proposals.end()) << name;
    return it == harness().proposals.end() ? none : *it;
}

std::vector<PlayedRun> playMany(const HarnessFiles& files, int count, const std::string& when)
{
    const HarnessRules rules = readRules(files);
    std::vector<PlayedRun> runs;
    for (int i = 0; i < count; ++i) {
        Random world(static_cast<std::uint64_t>(i) * 2 + 1), agent(static_cast<std::uint64_t>(i) * 2 + 2);
        const Customer customer = drawCustomer(world);
        runs.push_back(playRun(rules, customer, {parseTime(when).value_or(0), "sess-1", "0000", "v"}, agent));
    }
    return runs;
}

int countOf(const std::vector<PlayedRun>& runs, PlayedFailure failure)
{
    return static_cast<int>(std::ranges::count(runs, failure, &PlayedRun::failure));
}

} // namespace sampletest
