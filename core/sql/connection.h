// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Private to core/sql: what a Database holds, and how SQLite's codes become errors.
#include "core/platform/directories.h"
#include "core/sql/probe.h"
#include "core/sql/sql.h"

#include <sqlite3.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tackroom
{

struct Database::Impl {
    enum class Kind : std::uint8_t { Foreign, CacheReader, CacheWriter };

    Impl() = default;
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl();

    sqlite3* db = nullptr;
    Kind kind = Kind::CacheReader;
    std::filesystem::path path;
    CancelToken cancel;
    int busyTimeoutMs = 0;
    std::string denied; ///< the sentence of the authorizer's last refusal

    /// Idle statements, most recently used last; each knows its own text (sqlite3_sql). A loop takes and gives back one for
    /// every row, so that neither may cost an allocation.
    std::vector<sqlite3_stmt*> idle;

    // A foreign store's.
    ForeignMode foreignMode = ForeignMode::None;
    std::filesystem::path realPath;
    std::optional<sql::StoreState> state; ///< as it was when the way of opening was chosen
    std::vector<sql::ProbePtr> probes;    ///< kept open: closing a file drops this process's locks on it
    std::optional<TemporaryFolder> copy;
    UniqueFd folder;     ///< of a store whose path is too long for SQLite
    std::string caution; ///< what may be missing, for people

    void giveBack(sqlite3_stmt* stmt);
};

namespace sql
{

/// As a name of a table or column in SQL.
[[nodiscard]] std::string quotedName(std::string_view name);

using Impl = Database::Impl;

/// The names of the VFS through which stores are read; see lookingvfs.cpp. False where SQLite does not have what they need.
inline constexpr const char* kLookingVfs = "tackroom-looking";
inline constexpr const char* kLookingVfsWithoutLocks = "tackroom-looking-none";
[[nodiscard]] bool makeLookingVfs();

/// The error of `rc`, with SQLite's words captured now.
[[nodiscard]] Error errorOf(Impl& impl, int rc, std::string_view doing);
[[nodiscard]] ErrorCode codeOf(const Impl& impl, int rc);

/// sqlite3_open_v2 on a URI made of `path` and `query` ("mode=ro" …), with the hooks of busy and cancel, the limits and the
/// switches of its kind. Nothing is read from the file yet.
[[nodiscard]] Result<std::shared_ptr<Impl>> openConnection(const std::filesystem::path& file, std::string_view query,
                                                           Impl::Kind kind, const CancelToken& cancel);
[[nodiscard]] Status execOn(Impl& impl, const char* sql);
/// Lets only SELECT on real tables and harmless PRAGMAs through, and takes all virtual table modules away.
[[nodiscard]] Status restrictToReading(Impl& impl);
/// A database of ours in a folder of ours that stands for a store: read like it, and checked against the store's files.
[[nodiscard]] Result<Database> openPrivateStore(TemporaryFolder folder, const std::filesystem::path& copy, Database& store);

} // namespace sql
} // namespace tackroom
