// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace tackroom
{

/// For our own files: writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the folder, so that
/// after a crash the old bytes are there or the new ones. The folder must exist. On an error nothing is left behind and the
/// old file is as it was. Errors: DiskFull, NotReadable (no permission), NotFound (no folder), NotAFile, Io.
[[nodiscard]] Status writeFileAtomically(const std::filesystem::path& path, std::string_view bytes, unsigned mode = 0600);

/// The same for the entry `name` of an open folder (a descriptor that can be read, not O_PATH). `mode` is lessened by the
/// umask. `where` goes into errors.
[[nodiscard]] Status writeFileAtomicallyAt(int folderFd, const std::string& name, std::string_view bytes, unsigned mode,
                                           const std::string& where);

/// fsync of a folder, so that a rename, a new entry or a removal in it is on the disk.
[[nodiscard]] Status syncDirectory(const std::filesystem::path& path);

} // namespace tackroom
