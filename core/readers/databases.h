// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The databases that are read, one line each in databases.cpp.
#include "core/base/cancel.h"
#include "core/readers/readers.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace tackroom
{

/// Recognises a SQLite file by its tables and columns. Empty where it has no tables, UnknownFormat where nobody knows them,
/// with their names; and the errors of openForeign.
[[nodiscard]] Result<std::unique_ptr<StoreReader>> openDatabaseStore(const std::filesystem::path& path,
                                                                     const CancelToken& cancel);
[[nodiscard]] std::vector<FormatInfo> databaseFormats();

} // namespace tackroom
