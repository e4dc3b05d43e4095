// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A database that a test writes with SQL of its own.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace tackroom::testing
{

class DatabaseFixture
{
public:
    explicit DatabaseFixture(std::filesystem::path path) : m_path(std::move(path))
    {
        EXPECT_EQ(sqlite3_open(m_path.c_str(), &m_db), SQLITE_OK);
        // Tests need no store that survives a power cut.
        exec("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY");
    }
    DatabaseFixture(const DatabaseFixture&) = delete;
    DatabaseFixture& operator=(const DatabaseFixture&) = delete;
    ~DatabaseFixture() { sqlite3_close(m_db); }

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] sqlite3* handle() const { return m_db; }
    void exec(const std::string& sql)
    {
        char* message = nullptr;
        EXPECT_EQ(sqlite3_exec(m_db, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << (message ? message : "") << "\n"
                                                                                          << sql;
        sqlite3_free(message);
    }
    /// As an SQL literal; nothing is NULL. Also with bytes that SQL cannot say.
    static std::string quoted(std::string_view text)
    {
        if (text.find('\0') != std::string_view::npos) {
            std::string out = "CAST(x'";
            for (const unsigned char c : text) {
                out += "0123456789abcdef"[c >> 4];
                out += "0123456789abcdef"[c & 15];
            }
            return out + "' AS TEXT)";
        }
        std::string out = "'";
        for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
        return out + "'";
    }

private:
    std::filesystem::path m_path;
    sqlite3* m_db = nullptr;
};

} // namespace tackroom::testing
