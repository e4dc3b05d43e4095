// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Small databases of each kind that is read, as bytes to damage, and the same with any texts in their columns.
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom::fuzz
{

/// What libFuzzer and the campaign both notice.
[[noreturn]] void broken(const char* promise);
/// A folder of this process, gone at its end.
[[nodiscard]] const std::filesystem::path& scratch();
[[nodiscard]] std::string bytesOf(const std::filesystem::path& path);

inline constexpr std::string_view kDatabaseMagic{"SQLite format 3\0", 16};
inline constexpr char kEndOfChunk = '\xFF';
/// Beside the kinds of databaseFormats(): stores with the prompts of a registry.
inline constexpr std::string_view kPhoenixPrompts = "phoenix-prompts", kMlflowPrompts = "mlflow-prompts";

struct Column {
    std::string table, name, value; ///< of its first row
};

/// A database as bytes, and the columns whose values are replaced.
struct SmallDatabase {
    std::string bytes;
    std::vector<Column> columns;
};

[[nodiscard]] const SmallDatabase& databaseOf(const std::string& kind);
/// The file itself, each column's value alone, and all of them.
[[nodiscard]] std::vector<std::string> databaseSeeds(const std::string& kind);
/// What is fed, as a database: itself where it begins as one, else the small one with the chunks in its columns (targets.h).
[[nodiscard]] std::string asDatabase(const std::string& kind, std::string_view bytes);

} // namespace tackroom::fuzz
