// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/databases.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/copilotkit.h"
#include "core/readers/databasereader.h"
#include "core/readers/hermes.h"
#include "core/readers/llmlogs.h"
#include "core/readers/mlflow.h"
#include "core/readers/phoenix.h"

#include <array>

namespace tackroom
{

namespace
{

struct KnownDatabase {
    std::string_view kind, title;
    /// Nothing where the tables are not this format's; else it takes the connection.
    Result<std::unique_ptr<StoreReader>> (*open)(DatabaseCandidate& candidate);
};

Result<std::unique_ptr<StoreReader>> openPhoenix(DatabaseCandidate& candidate)
{
    TR_ASSIGN(const bool fits, PhoenixReader::recognise(candidate.tables, candidate.path));
    if (!fits) return nullptr;
    auto reader = std::make_unique<PhoenixReader>(std::move(candidate.db), std::move(candidate.tables), candidate.path);
    TR_TRY(reader->prepare(candidate.cancel));
    return reader;
}

constexpr std::array kKnownDatabases{
    KnownDatabase{PhoenixReader::kKind, "Arize Phoenix database (SQLite)", openPhoenix},
    KnownDatabase{kMlflowKind, "MLflow database with traces (SQLite)", openMlflow},
    KnownDatabase{kCopilotKitKind, "CopilotKit runs (SQLite)", openCopilotKit},
    KnownDatabase{kHermesKind, "Hermes Agent database (SQLite, state.db)", openHermes},
    KnownDatabase{kLlmLogsKind, "logs of llm (SQLite, logs.db)", openLlmLogs},
};

std::string namesOf(const std::vector<TableInfo>& tables)
{
    constexpr std::size_t kMaxNames = 12;
    if (tables.empty()) return "without any tables";
    std::string text = "with the tables ";
    for (std::size_t i = 0; i < tables.size() && i < kMaxNames; ++i)
        text += formatText("{}{}{}", i ? ", " : "", cutUtf8(toUtf8(tables[i].name), 60), tables[i].isView ? " (a view)" : "");
    if (tables.size() > kMaxNames) text += formatText(" and {} more", tables.size() - kMaxNames);
    return text;
}

} // namespace

Result<std::unique_ptr<StoreReader>> openDatabaseStore(const std::filesystem::path& path, const CancelToken& cancel)
{
    TR_ASSIGN(Database db, openForeign(path, cancel));
    TR_ASSIGN(auto found, tables(db));
    DatabaseCandidate candidate{.db = std::move(db), .tables = std::move(found), .path = path, .cancel = cancel};
    for (const KnownDatabase& known : kKnownDatabases) {
        TR_ASSIGN(auto reader, known.open(candidate));
        if (reader) return reader;
    }
    const auto code = candidate.tables.empty() ? ErrorCode::Empty : ErrorCode::UnknownFormat;
    return fail(code, path.string(), "this is a SQLite database " + namesOf(candidate.tables));
}

std::vector<FormatInfo> databaseFormats()
{
    std::vector<FormatInfo> formats;
    for (const KnownDatabase& known : kKnownDatabases) formats.push_back({std::string(known.kind), std::string(known.title)});
    return formats;
}

} // namespace tackroom
