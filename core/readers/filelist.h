// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Which files a store of many files has. Used by FilesReader alone.
#include "core/base/cancel.h"
#include "core/readers/inputfile.h"

#include <filesystem>
#include <string>
#include <vector>

namespace tackroom
{

inline constexpr std::size_t kMaxFilesOfStore = 200'000;
inline constexpr int kMaxFolderDepth = 32;

struct ListedFile {
    std::string name; ///< relative to the root, '/' between folders
    InputFile::Stamp stamp;
};

/// The regular files below `root`, by name; with `pattern` those whose name matches (glob(7)'s * ? [] within a folder, ** over
/// folders). Links are not followed, hidden files and folders are left out, and so are empty files. Refused beyond the limits.
[[nodiscard]] Result<std::vector<ListedFile>> listFiles(const std::filesystem::path& root, const std::string& pattern,
                                                        const CancelToken& cancel);

/// Whether a path is a glob: it has one of * ? [ in it and does not exist as it is.
[[nodiscard]] bool isGlob(const std::filesystem::path& path);
/// The folder before the first part with a wildcard, and the rest.
struct GlobParts {
    std::filesystem::path root;
    std::string pattern;
};
[[nodiscard]] GlobParts splitGlob(const std::filesystem::path& path);
[[nodiscard]] bool matchesGlob(std::string_view name, std::string_view pattern);

} // namespace tackroom
