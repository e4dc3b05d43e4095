// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What the tests of core/sql share: folders, their fingerprints, and another process that works on a database.
#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/platform/childprocess.h"
#include "core/platform/directories.h"
#include "core/sql/sql.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <sys/stat.h>

namespace tackroom::sqltesting
{

namespace fs = std::filesystem;

/// Every entry of a folder, and the folder itself, as far as a write could change it (times of reading left out).
inline std::map<std::string, std::string> fingerprint(const fs::path& folder, const std::string& butNot = {})
{
    std::map<std::string, std::string> entries;
    const auto add = [&](const fs::path& path, const std::string& name) {
        struct stat info{};
        if (::lstat(path.c_str(), &info) != 0) return;
        std::string text = std::to_string(info.st_ino) + " " + std::to_string(info.st_mode);
        if (name != butNot) {
            text += " " + std::to_string(info.st_size) + " " + std::to_string(info.st_mtim.tv_sec) + "." +
                    std::to_string(info.st_mtim.tv_nsec) + " " + std::to_string(info.st_ctim.tv_sec) + "." +
                    std::to_string(info.st_ctim.tv_nsec);
            if (S_ISREG(info.st_mode)) text += " " + sha256Hex(readFile(path, 1u << 30).value_or("unreadable"));
        }
        entries[name] = text;
    };
    add(folder, ".");
    for (const auto& entry : fs::directory_iterator(folder)) add(entry.path(), entry.path().filename().string());
    return entries;
}

/// The sqlite3 program, which runs what it is told until it is ended or killed.
class OtherProcess
{
public:
    explicit OtherProcess(const fs::path& database)
        : m_child(ChildProcess::start(
              {"sqlite3", "-batch", database.string()},
              {.in = ChildOptions::Stream::Pipe, .out = ChildOptions::Stream::Pipe, .err = ChildOptions::Stream::Inherit}))
    {
    }
    /// Returns when it has been done.
    void run(const std::string& sql)
    {
        ASSERT_TRUE(m_child) << m_child.error().detail;
        ASSERT_TRUE(m_child->write(sql + "\n.print done\n", 5'000));
        std::string answer;
        while (answer.find("done\n") == std::string::npos) {
            std::array<char, 4096> buffer;
            const auto got = m_child->readOut(buffer, 20'000);
            ASSERT_TRUE(got && *got > 0) << "no answer to: " << sql;
            answer.append(buffer.data(), *got);
        }
    }
    void end()
    {
        m_child->closeIn();
        ASSERT_TRUE(m_child->waitFor(5'000));
    }
    void kill()
    {
        m_child->kill();
        ASSERT_TRUE(m_child->waitFor(5'000));
    }

private:
    Result<ChildProcess> m_child;
};

class StoreTest : public testing::Test
{
protected:
    void SetUp() override
    {
        auto folder = TemporaryFolder::make("tackroom-sql");
        ASSERT_TRUE(folder);
        m_folder.emplace(std::move(*folder));
        db = m_folder->path() / "store.db";
    }
    [[nodiscard]] const fs::path& folder() const { return m_folder->path(); }

    /// A database in rollback mode, or in WAL mode with everything checkpointed and no -wal.
    void make(const std::string& sql)
    {
        OtherProcess other(db);
        other.run(sql);
        other.end();
    }
    void makeSpans(int rows, const std::string& before = {})
    {
        make(before +
             "CREATE TABLE spans(id INTEGER PRIMARY KEY, name TEXT); "
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<" +
             std::to_string(rows) + ") INSERT INTO spans SELECT i, 'span number '||i FROM n;");
    }
    void writeBytes(const fs::path& path, std::string_view bytes)
    {
        std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }

    fs::path db;

private:
    std::optional<TemporaryFolder> m_folder;
};

/// All of it is read, so that every page is touched.
inline std::int64_t countSpans(Database& database)
{
    const auto count = database.scalar("SELECT count(*) + 0*sum(length(name)) FROM spans");
    EXPECT_TRUE(count) << count.error().detail;
    return count.value_or(-1);
}

inline std::string describe(const Error& error) { return std::string(nameOf(error.code)) + ": " + error.detail; }

} // namespace tackroom::sqltesting
