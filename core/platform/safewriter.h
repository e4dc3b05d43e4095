// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"
#include "core/platform/uniquefd.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// A folder whose content somebody else may change while we work in it: a git work tree, an adopted folder. Every call
/// stays beneath the root, whatever is moved or linked meanwhile: no symbolic link is followed in any component.
///
/// Relative paths use `/`. Refused (ErrorCode::Refused) before anything is touched: empty and absolute paths, empty, `.` and
/// `..` components, NUL, and every spelling of `.git` that some system takes for it (case, `git~1`, trailing dots and
/// spaces, invisible characters). Errors name the path. Thread-safe: the object holds one descriptor and no other state.
class SafeFolder
{
public:
    enum class Kind : std::uint8_t { File, Folder, Link, Other };
    struct Entry {
        std::string name; ///< of the entry alone, bytes as they are
        Kind kind = Kind::Other;
        std::uint64_t sizeBytes = 0;
        unsigned mode = 0; ///< permission bits
    };

    /// `root` itself is the user's word: links in it are followed, once.
    [[nodiscard]] static Result<SafeFolder> open(const std::filesystem::path& root);
    [[nodiscard]] const std::filesystem::path& root() const { return m_root; }

    /// A regular file of at most `maxBytes`. Errors: NotFound, NotAFile, NotReadable, Refused (a link on the way, too large).
    [[nodiscard]] Result<std::string> read(std::string_view relative, std::size_t maxBytes) const;
    /// Whole or not at all, synced before it returns; missing parents are made (0777 less the umask) and taken away again
    /// when the write fails. `mode` is lessened by the umask. A link or folder in the file's place is Refused / NotAFile.
    [[nodiscard]] Status writeAtomically(std::string_view relative, std::string_view bytes, unsigned mode = 0644) const;
    /// Removes a file or a link (never what it points to), and with `emptyParentsToo` the parents that this leaves empty.
    [[nodiscard]] Status remove(std::string_view relative, bool emptyParentsToo = false) const;
    /// What stands there, without following a last link; nothing where there is nothing.
    [[nodiscard]] Result<std::optional<Entry>> look(std::string_view relative) const;
    /// The entries of a folder, sorted by name; `relative` "" is the root. `.git` is left out.
    [[nodiscard]] Result<std::vector<Entry>> list(std::string_view relative = {}) const;
    /// The target of a symbolic link, as it is written.
    [[nodiscard]] Result<std::string> readLink(std::string_view relative) const;

private:
    SafeFolder(std::filesystem::path root, UniqueFd fd) : m_root(std::move(root)), m_fd(std::move(fd)) {}
    std::filesystem::path m_root;
    UniqueFd m_fd;
};

/// The check of SafeFolder by itself, for paths that come out of a patch, a bundle or a tree: the reason why it is refused.
[[nodiscard]] Status checkRelativePath(std::string_view relative);

} // namespace tackroom
