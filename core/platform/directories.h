// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"

#include <filesystem>
#include <string_view>

namespace tackroom
{

/// Tackroom's own folders. A plain value: the options --cache and --data replace a field.
struct Directories {
    std::filesystem::path cache;  ///< indexes of stores; may be deleted at any time
    std::filesystem::path data;   ///< vaults and the registry; must be kept
    std::filesystem::path config; ///< settings and recent files
};

/// By the XDG rules ($XDG_CACHE_HOME and so on where absolute, else ~/.cache, ~/.local/share, ~/.config), each with
/// `/tackroom` below. Nothing is made. Where there is no home at all, the fields lie below the temporary folder.
[[nodiscard]] Directories defaultDirectories();

/// Makes a folder and its missing parents with mode 0700. One that is there already is left as it is.
/// Errors: NotAFile (something else stands there), NotReadable, DiskFull, Io.
[[nodiscard]] Status makePrivateDirectory(const std::filesystem::path& path);

/// A new folder of mode 0700 that is removed with all its content when the object dies.
class TemporaryFolder
{
public:
    /// Below `parent`, or below the system's temporary folder ($TMPDIR, /tmp) where it is empty.
    [[nodiscard]] static Result<TemporaryFolder> make(std::string_view prefix = "tackroom",
                                                      const std::filesystem::path& parent = {});
    TemporaryFolder(TemporaryFolder&& other) noexcept : m_path(std::move(other.m_path)) { other.m_path.clear(); }
    TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;
    ~TemporaryFolder();
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    explicit TemporaryFolder(std::filesystem::path path) : m_path(std::move(path)) {}
    std::filesystem::path m_path;
};

} // namespace tackroom
