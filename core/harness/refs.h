// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/gitstore.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

/// Moving refs by compare-and-swap, as git's own files protocol has it: `<ref>.lock` is held, the old value is looked at, the
/// lock is renamed to the ref. Ours differs in one point: the lock is a second name (hard link) of a private file
/// `tackroom-<owner>-…` in the git directory that already holds the new value. Whoever finds a lock with the same inode as such
/// a private file knows that it is ours; and after prepare() nothing is left to do that needs room on the disk.
namespace tackroom
{

/// A private file in the git directory, synced, that a lock can be made of. Removed at the end.
class PrivateFile
{
public:
    PrivateFile() = default;
    [[nodiscard]] static Result<PrivateFile> make(const std::filesystem::path& commonDirectory, const std::string& owner,
                                                  std::string_view bytes, unsigned mode = 0666);
    PrivateFile(PrivateFile&& other) noexcept : m_path(std::move(other.m_path)) { other.m_path.clear(); }
    PrivateFile& operator=(PrivateFile&& other) noexcept;
    ~PrivateFile();
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    /// Renamed away: nothing to remove any more.
    void forget() { m_path.clear(); }

private:
    std::filesystem::path m_path;
};

/// A lock file `target.lock` that becomes `target` at commit() and goes away otherwise.
class PreparedFile
{
public:
    PreparedFile() = default;
    /// Locked where somebody else holds the lock.
    [[nodiscard]] static Result<PreparedFile> make(const std::filesystem::path& commonDirectory, const std::string& owner,
                                                   const std::filesystem::path& target, std::string_view bytes);
    PreparedFile(PreparedFile&& other) noexcept;
    PreparedFile& operator=(PreparedFile&& other) noexcept;
    ~PreparedFile();
    /// Other bytes, synced, while the lock is held.
    [[nodiscard]] Status fill(std::string_view bytes);
    /// The rename, and the folder synced. After an error moved() tells whether the rename happened.
    [[nodiscard]] Status commit();
    [[nodiscard]] bool moved() const { return m_moved; }

private:
    void drop();
    PrivateFile m_private;
    std::filesystem::path m_target;
    std::filesystem::path m_lock; ///< empty: not held
    bool m_moved = false;
};

/// A move of one ref: locked, its old value compared, its new value on the disk beside it.
class PreparedRef
{
public:
    PreparedRef() = default;
    /// `expected` nothing: the ref must not be there. Conflict where it has another value or is symbolic; Locked.
    [[nodiscard]] static Result<PreparedRef> make(const std::filesystem::path& gitDirectory, const std::string& owner,
                                                  const std::string& name, const std::optional<std::string>& expected,
                                                  const std::string& newId);
    /// A line for the reflogs of the ref (and of HEAD where `alsoHead`), written at commit where the repository keeps them.
    void setReflog(const std::string& oldId, const std::string& newId, std::string line, bool alsoHead);
    /// Puts the old value on the disk beside the new one, so that revert() needs no room. Before commit().
    [[nodiscard]] Status keepOld(const std::string& oldId);
    [[nodiscard]] Status commit();
    /// After commit(), under the same lock of ours: the old value again. Nothing to do where commit() failed before it moved
    /// anything.
    [[nodiscard]] Status revert();

private:
    std::filesystem::path m_gitDirectory;
    std::filesystem::path m_commonDirectory;
    std::string m_name;
    std::string m_reflog;
    bool m_alsoHead = false;
    std::string m_owner;
    PrivateFile m_old;
    PreparedFile m_file;
};

/// prepare and commit in one step.
[[nodiscard]] Status moveRef(const std::filesystem::path& gitDirectory, const std::string& owner, const std::string& name,
                             const std::optional<std::string>& expected, const std::string& newId);
/// Takes away private files of this owner that a kill left, and the locks that are provably theirs. Under the owner's lock
/// only. How many locks were freed.
[[nodiscard]] Result<int> sweepLocks(const std::filesystem::path& commonDirectory, const std::string& owner);
/// Letters, digits, `.`, `_`, `-` and `/` in the form that git takes for a ref.
[[nodiscard]] bool isPlainRefName(std::string_view name);

} // namespace tackroom
