// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/platform/directories.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace tackroom
{

namespace fs = std::filesystem;

namespace
{

fs::path homeFolder()
{
    if (const char* home = std::getenv("HOME"); home && fs::path(home).is_absolute()) return home;
    std::vector<char> buffer(16'384);
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found && found->pw_dir &&
        fs::path(found->pw_dir).is_absolute())
        return found->pw_dir;
    return {};
}

fs::path temporaryRoot()
{
    std::error_code error;
    fs::path path = fs::temp_directory_path(error);
    return error ? fs::path("/tmp") : path;
}

fs::path xdgFolder(const char* variable, const char* belowHome)
{
    // The XDG rules tell to ignore a relative path.
    if (const char* given = std::getenv(variable); given && fs::path(given).is_absolute()) return fs::path(given) / "tackroom";
    const fs::path home = homeFolder();
    if (home.empty()) return temporaryRoot() / ("tackroom-" + std::to_string(::getuid())) / belowHome;
    return home / belowHome / "tackroom";
}

} // namespace

Directories defaultDirectories()
{
    return {xdgFolder("XDG_CACHE_HOME", ".cache"), xdgFolder("XDG_DATA_HOME", ".local/share"),
            xdgFolder("XDG_CONFIG_HOME", ".config")};
}

Status makePrivateDirectory(const fs::path& path)
{
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0) {
        if (S_ISDIR(info.st_mode)) return {};
        return fail(ErrorCode::NotAFile, path.string(), "a folder is needed here, and something else has this name");
    }
    if (errno != ENOENT) return std::unexpected(errorFromErrno(errno, path.string(), "cannot look at the folder"));
    const fs::path clean = path.lexically_normal();
    const fs::path parent = clean.has_filename() ? clean.parent_path() : clean.parent_path().parent_path();
    if (!parent.empty() && parent != clean) TR_TRY(makePrivateDirectory(parent));
    if (::mkdir(clean.c_str(), 0700) == 0) return {};
    // Somebody else may have made it at the same time.
    if (errno == EEXIST && ::stat(clean.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
    return std::unexpected(errorFromErrno(errno, path.string(), "cannot make the folder"));
}

Result<TemporaryFolder> TemporaryFolder::make(std::string_view prefix, const fs::path& parent)
{
    const fs::path base = parent.empty() ? temporaryRoot() : parent;
    std::string name = (base / (std::string(prefix) + "-XXXXXX")).string();
    if (!::mkdtemp(name.data())) return std::unexpected(errorFromErrno(errno, base.string(), "cannot make a temporary folder"));
    return TemporaryFolder(name);
}

TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept
{
    std::swap(m_path, other.m_path);
    return *this;
}

TemporaryFolder::~TemporaryFolder()
{
    if (m_path.empty()) return;
    // Nobody could act on a failure here; what stays lies in a private folder that the system clears.
    std::error_code ignored;
    fs::remove_all(m_path, ignored);
}

} // namespace tackroom
