// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite's files as a store wants to be looked at. Even for mode=ro its own VFS opens -wal for writing and makes it where it is
// missing: the writer that made it may have gone between our look and SQLite's. Here every file of a store is opened for
// reading, none is made, none is removed; only -shm, which the VFS opens by itself, may be marked.
#include "core/sql/connection.h"

#include <algorithm>
#include <cstring>

namespace tackroom::sql
{

namespace
{

constexpr int kOfTheStore = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL | SQLITE_OPEN_SUPER_JOURNAL;
constexpr int kChanging = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE | SQLITE_OPEN_DELETEONCLOSE;

/// One of SQLite's VFS with three of its functions replaced. SQLite hands its own object to every function, which must
/// therefore begin with the object and know what it is a copy of.
struct LookingVfs {
    sqlite3_vfs vfs{};
    sqlite3_vfs* base = nullptr;
};

int openToLook(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* outFlags)
{
    const auto* looking = reinterpret_cast<LookingVfs*>(vfs);
    // What SQLite sorts in temporary files of its own lies elsewhere, and is written.
    if (flags & kOfTheStore) flags = (flags & ~kChanging) | SQLITE_OPEN_READONLY;
    return looking->base->xOpen(vfs, name, file, flags, outFlags);
}

int removeNothing(sqlite3_vfs*, const char*, int) { return SQLITE_IOERR_DELETE; }

/// The name is resolved already; another look at its links could lead elsewhere.
int nameAsItIs(sqlite3_vfs*, const char* name, int size, char* out)
{
    const std::size_t length = std::strlen(name);
    if (length + 1 > static_cast<std::size_t>(std::max(size, 0))) return SQLITE_CANTOPEN;
    std::memcpy(out, name, length + 1);
    return SQLITE_OK;
}

bool registerAs(LookingVfs& looking, const char* name, const char* baseName)
{
    looking.base = sqlite3_vfs_find(baseName);
    if (!looking.base) return false;
    looking.vfs = *looking.base;
    looking.vfs.pNext = nullptr;
    looking.vfs.zName = name;
    looking.vfs.xOpen = openToLook;
    looking.vfs.xDelete = removeNothing;
    looking.vfs.xFullPathname = nameAsItIs;
    return sqlite3_vfs_register(&looking.vfs, 0) == SQLITE_OK;
}

} // namespace

bool makeLookingVfs()
{
    static LookingVfs locking, lockless;
    static const bool made =
        registerAs(locking, kLookingVfs, "unix") && registerAs(lockless, kLookingVfsWithoutLocks, "unix-none");
    return made;
}

} // namespace tackroom::sql
