// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/filelist.h"

#include "core/base/format.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace tackroom
{

namespace
{

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

/// Walks by descriptors, so that a folder that is exchanged for a link meanwhile leads nowhere else.
class Walk
{
public:
    Walk(std::filesystem::path root, const std::string& pattern, const CancelToken& cancel)
        : m_root(std::move(root)), m_pattern(pattern), m_cancel(cancel)
    {
    }

    Status folder(int fd, const std::string& prefix, int depth)
    {
        const std::unique_ptr<DIR, CloseFolder> listing(::fdopendir(fd));
        if (!listing) {
            ::close(fd);
            return {}; // it went away, or may not be read: nothing of it is known
        }
        while (const dirent* entry = ::readdir(listing.get())) {
            if (m_cancel.cancelled()) return CancelToken::error();
            const std::string_view name = entry->d_name;
            if (name.starts_with('.')) continue;
            TR_TRY(visit(::dirfd(listing.get()), entry->d_name, prefix + std::string(name), depth));
        }
        return {};
    }

    std::vector<ListedFile> files;

private:
    Status visit(int folderFd, const char* leaf, const std::string& name, int depth)
    {
        struct stat st{};
        if (::fstatat(folderFd, leaf, &st, AT_SYMLINK_NOFOLLOW) != 0) return {};
        if (S_ISDIR(st.st_mode)) {
            if (depth >= kMaxFolderDepth) return {};
            const int fd = ::openat(folderFd, leaf, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            return fd < 0 ? Status() : folder(fd, name + "/", depth + 1);
        }
        if (!S_ISREG(st.st_mode) || st.st_size == 0) return {};
        if (!m_pattern.empty() && !matchesGlob(name, m_pattern)) return {};
        if (files.size() == kMaxFilesOfStore)
            return fail(ErrorCode::Refused, m_root.string(),
                        formatText("the folder holds more than {} files", kMaxFilesOfStore), "open one of its folders");
        files.push_back({name,
                         {.sizeBytes = static_cast<std::uint64_t>(st.st_size),
                          .mtimeNs = std::int64_t{st.st_mtim.tv_sec} * 1'000'000'000 + st.st_mtim.tv_nsec,
                          .inode = st.st_ino}});
        return {};
    }

    std::filesystem::path m_root;
    const std::string& m_pattern;
    const CancelToken& m_cancel;
};

bool hasWildcard(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

} // namespace

Result<std::vector<ListedFile>> listFiles(const std::filesystem::path& root, const std::string& pattern,
                                          const CancelToken& cancel)
{
    const int fd = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return std::unexpected(errorFromErrno(errno, root.string(), "cannot look into the folder"));
    Walk walk(root, pattern, cancel);
    TR_TRY(walk.folder(fd, {}, 0));
    std::ranges::sort(walk.files, {}, &ListedFile::name);
    return std::move(walk.files);
}

bool isGlob(const std::filesystem::path& path)
{
    std::error_code ignored;
    return hasWildcard(path.native()) && !std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

GlobParts splitGlob(const std::filesystem::path& path)
{
    GlobParts parts;
    bool inPattern = false;
    for (const auto& part : path) {
        inPattern = inPattern || hasWildcard(part.native());
        if (!inPattern)
            parts.root /= part;
        else
            parts.pattern += (parts.pattern.empty() ? "" : "/") + part.string();
    }
    if (parts.root.empty()) parts.root = ".";
    return parts;
}

bool matchesGlob(std::string_view name, std::string_view pattern)
{
    // Part by part: fnmatch knows no "**".
    const auto slash = pattern.find('/');
    const std::string_view first = pattern.substr(0, slash);
    if (first == "**") {
        const std::string_view rest = slash == std::string_view::npos ? "*" : pattern.substr(slash + 1);
        for (std::string_view tail = name;;) {
            if (matchesGlob(tail, rest)) return true;
            const auto next = tail.find('/');
            if (next == std::string_view::npos) return false;
            tail.remove_prefix(next + 1);
        }
    }
    const auto nameSlash = name.find('/');
    if ((slash == std::string_view::npos) != (nameSlash == std::string_view::npos)) return false;
    if (::fnmatch(std::string(first).c_str(), std::string(name.substr(0, nameSlash)).c_str(), FNM_PERIOD) != 0) return false;
    return slash == std::string_view::npos || matchesGlob(name.substr(nameSlash + 1), pattern.substr(slash + 1));
}

} // namespace tackroom
