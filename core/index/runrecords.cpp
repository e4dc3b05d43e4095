// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/runrecords.h"

#include "core/base/format.h"
#include "core/index/indexschema.h"
#include "core/index/packedparts.h"
#include "core/index/rowvalues.h"
#include "core/sql/sql.h"

#include <charconv>

namespace tackroom
{

namespace
{

std::int64_t numberIn(std::string_view text)
{
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

Result<std::string> metaValue(Database& db, std::string_view key)
{
    TR_ASSIGN(Statement statement, db.prepare("SELECT value FROM meta WHERE key = ?"));
    statement.bind(1, key);
    TR_ASSIGN(const bool row, statement.step());
    return row ? statement.stringAt(0) : std::string();
}

Result<RunsState> stateOf(Database& db)
{
    RunsState state;
    TR_ASSIGN(state.epoch, metaValue(db, "epoch"));
    TR_ASSIGN(const std::string generation, metaValue(db, "generation"));
    TR_ASSIGN(const std::string runs, metaValue(db, "runs"));
    state.generation = numberIn(generation);
    state.runs = numberIn(runs);
    return state;
}

Result<RunRecord> recordOf(Database& db, const Statement& row)
{
    RunRecord record;
    const std::int64_t id = row.intAt(0);
    record.run = rowvalues::readRun(row);
    TR_ASSIGN(auto parts, readParts(db, id, PartsWanted::All));
    record.steps = std::move(parts.steps);
    record.scores = std::move(parts.scores);
    record.decisions = std::move(parts.decisions);
    return record;
}

} // namespace

Result<Database> openRuns(const std::filesystem::path& folder, const CancelToken& cancel)
{
    TR_ASSIGN(Database db, openCacheReader(folder / kRunsFile, cancel));
    TR_ASSIGN(const std::int64_t version, db.scalar("PRAGMA user_version"));
    if (version != kRunsSchemaVersion)
        return fail(ErrorCode::NotFound, folder.string(), "the index is of another version of Tackroom",
                    "index the store again");
    return db;
}

Result<RunsState> readRunsState(const std::filesystem::path& storeCacheFolder)
{
    TR_ASSIGN(Database db, openRuns(storeCacheFolder, {}));
    TR_ASSIGN(auto view, db.transaction(Database::Begin::Read));
    return stateOf(db);
}

Result<RunsState> forEachRecord(const std::filesystem::path& storeCacheFolder,
                                const std::function<Status(RunRow, const RunRecord&)>& visit, const CancelToken& cancel)
{
    TR_ASSIGN(Database db, openRuns(storeCacheFolder, cancel));
    TR_ASSIGN(auto view, db.transaction(Database::Begin::Read));
    TR_ASSIGN(const RunsState state, stateOf(db));
    // The order is taken first, as ids only: sorting whole rows would need their texts in memory.
    std::vector<std::int64_t> order;
    {
        TR_ASSIGN(Statement ids, db.prepare("SELECT id FROM runs ORDER BY start_ns, run_key"));
        for (;;) {
            TR_ASSIGN(const bool more, ids.step());
            if (!more) break;
            order.push_back(ids.intAt(0));
        }
    }
    TR_ASSIGN(Statement row, db.prepare(formatText("SELECT {} FROM runs r WHERE r.id = ?", rowvalues::kRunColumns)));
    for (const std::int64_t id : order) {
        if (cancel.cancelled()) return CancelToken::error();
        row.bind(1, id);
        TR_ASSIGN(const bool found, row.step());
        if (!found) return fail(ErrorCode::Damaged, storeCacheFolder.string(), "the index lost a run", "index the store again");
        TR_ASSIGN(const RunRecord record, recordOf(db, row));
        row.reset();
        TR_TRY(visit(RunRow(id), record));
    }
    return state;
}

Result<RunRecord> readRecord(const std::filesystem::path& storeCacheFolder, RunRow runRow)
{
    TR_ASSIGN(Database db, openRuns(storeCacheFolder, {}));
    TR_ASSIGN(auto view, db.transaction(Database::Begin::Read));
    TR_ASSIGN(Statement row, db.prepare(formatText("SELECT {} FROM runs r WHERE r.id = ?", rowvalues::kRunColumns)));
    row.bind(1, runRow.value);
    TR_ASSIGN(const bool found, row.step());
    if (!found)
        return fail(ErrorCode::NotFound, storeCacheFolder.string(),
                    formatText("there is no run {} in the index", runRow.value));
    return recordOf(db, row);
}

} // namespace tackroom
