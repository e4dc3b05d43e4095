// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/copilotkit.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/readers/aguievents.h"
#include "core/readers/aguithread.h"

#include <algorithm>
#include <unordered_map>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::int64_t kNewestRunnerSchema = 1;
constexpr std::uint64_t kMaxRowBytes = std::uint64_t{256} << 20;

class CopilotKitFormat : public DatabaseFormat
{
public:
    explicit CopilotKitFormat(std::span<const TableInfo> tables);
    [[nodiscard]] Result<std::vector<RunMark>> look(Database& db) override;
    [[nodiscard]] Result<std::optional<ParsedRun>> read(Database& db, std::int64_t row, bool bodies,
                                                        const Skipped& skipped) override;
    [[nodiscard]] Result<std::optional<std::int64_t>> find(Database& db, const std::string& nativeId) override;

private:
    /// The rows of the same thread before and behind a row; 0 where there is none.
    struct Neighbours {
        std::int64_t before = 0, behind = 0;
    };
    struct Part {
        std::string run, thread;
        std::string told; ///< "thread/run" as its events and input name it
        UtcNs written = 0;
        bool found = false;
    };
    [[nodiscard]] Result<Part> addPart(Database& db, std::int64_t id, AgUiThread& thread, const Skipped& skipped);

    std::string m_rowSql;
    std::unordered_map<std::int64_t, Neighbours> m_neighbours;
    Parser m_parser;
};

CopilotKitFormat::CopilotKitFormat(std::span<const TableInfo> tables)
{
    const TableInfo* runs = storedTable(tables, "agent_runs");
    m_rowSql = formatText("SELECT {}, {}, {}, a.run_id, a.thread_id FROM agent_runs a WHERE a.id = ?",
                          sqltext::limited("a.input", kMaxRowBytes), sqltext::limited("a.events", kMaxRowBytes),
                          sqltext::column(runs, "a", "created_at", "0"));
}

Result<std::vector<RunMark>> CopilotKitFormat::look(Database& db)
{
    m_neighbours.clear();
    std::unordered_map<std::string, std::int64_t> lastOfThread;
    std::vector<RunMark> marks;
    TR_ASSIGN(Statement row,
              db.prepare("SELECT a.id, a.thread_id, a.run_id, octet_length(a.events) FROM agent_runs a ORDER BY a.id"));
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) break;
        const std::int64_t id = row.intAt(0);
        std::int64_t& last = lastOfThread[cut(row.textAt(1), 512)];
        m_neighbours[id].before = last;
        if (last) m_neighbours[last].behind = id;
        last = id;
        marks.push_back({id, xxh64(cut(row.textAt(2), 512)), StateHash().add(row.intAt(3)).value()});
    }
    // The row behind it tells what was answered.
    for (RunMark& mark : marks)
        mark.state = StateHash().add(static_cast<std::int64_t>(mark.state)).add(m_neighbours[mark.row].behind).value();
    return marks;
}

Result<std::optional<std::int64_t>> CopilotKitFormat::find(Database& db, const std::string& nativeId)
{
    TR_ASSIGN(Statement row, db.prepare("SELECT a.id FROM agent_runs a WHERE a.run_id = ?"));
    row.bind(1, nativeId);
    TR_ASSIGN(const bool found, row.step());
    if (!found) return std::nullopt;
    const std::int64_t id = row.intAt(0);
    if (!m_neighbours.contains(id)) TR_TRY(look(db));
    return id;
}

Result<CopilotKitFormat::Part> CopilotKitFormat::addPart(Database& db, std::int64_t id, AgUiThread& thread,
                                                         const Skipped& skipped)
{
    Part part;
    TR_ASSIGN(Statement row, db.prepare(m_rowSql));
    row.bind(1, id);
    TR_ASSIGN(part.found, row.step());
    if (!part.found) return part;
    part.written = timeOfMilliseconds(row.intAt(2));
    part.run = cut(row.textAt(3), 512);
    part.thread = cut(row.textAt(4), 512);
    const auto parse = [&](int column, std::string_view what) -> std::optional<Value> {
        const auto parsed = m_parser.parse(row.textAt(column));
        if (parsed) return *parsed;
        skipped(formatText("run {}", cut(part.run, 64)),
                row.isNullAt(column) ? formatText("its {} has more than {} bytes, or is missing", what, kMaxRowBytes)
                                     : formatText("its {}: {}", what, parsed.error().detail));
        return std::nullopt;
    };
    part.told = part.thread + "/" + part.run;
    const auto name = [&](Value value) {
        const std::string threadId = textOf(member(value, "threadId")), runId = textOf(member(value, "runId"));
        if (!runId.empty()) part.told = cut(threadId, 500) + "/" + cut(runId, 500);
    };
    thread.beginList();
    if (const auto input = parse(0, "input"); isObject(input)) {
        name(*input);
        thread.addRequest(*input, row.textAt(0), {});
    }
    const auto events = parse(1, "list of events");
    if (!isArray(events)) return part;
    for (const Value event : simdjson::dom::array(*events))
        if (isObject(event)) {
            if (agUiType(event) == "runstarted") name(event);
            thread.addEvent(event, simdjson::minify(event), {});
        }
    return part;
}

Result<std::optional<ParsedRun>> CopilotKitFormat::read(Database& db, std::int64_t row, bool bodies, const Skipped& skipped)
{
    const auto around = m_neighbours.find(row);
    if (around == m_neighbours.end()) return std::nullopt;
    const Skipped silent = [](const std::string&, const std::string&) {}; // told when it is that row's turn
    AgUiThread thread(bodies);
    if (around->second.before) TR_TRY(addPart(db, around->second.before, thread, silent));
    TR_ASSIGN(const Part own, addPart(db, row, thread, skipped));
    if (!own.found) return std::nullopt;
    if (around->second.behind) TR_TRY(addPart(db, around->second.behind, thread, silent));
    auto runs = thread.finish(false);
    const auto found = std::ranges::find(runs, own.told, [](const ParsedRun& run) { return run.record.run.nativeId; });
    ParsedRun parsed = found == runs.end() ? ParsedRun{} : std::move(*found);
    Run& run = parsed.record.run;
    run.nativeId = own.run;
    run.sessionId = own.thread;
    run.key = {};
    parsed.ranges.clear();
    if (run.start == 0) run.start = run.end = own.written;
    return parsed;
}

} // namespace

Result<std::unique_ptr<StoreReader>> openCopilotKit(DatabaseCandidate& candidate)
{
    TR_ASSIGN(const bool fits, hasTables(candidate, "a database of CopilotKit",
                                         {{"agent_runs", {"id", "thread_id", "run_id", "parent_run_id", "events", "input"}}}));
    if (!fits) return nullptr;
    StoreInfo info;
    info.kind = kCopilotKitKind;
    info.title = "CopilotKit runs";
    info.schema = "copilotkit";
    const TableInfo* versions = storedTable(candidate.tables, "schema_version");
    if (versions && versions->hasColumn("version")) {
        TR_ASSIGN(const std::int64_t version, candidate.db.scalar("SELECT max(version) FROM schema_version"));
        info.schema = formatText("copilotkit (schema version {})", version);
        if (version > kNewestRunnerSchema)
            info.note = formatText("its schema version {} is newer than {}, the newest known; it is read as far as understood",
                                   version, kNewestRunnerSchema);
    }
    auto format = std::make_unique<CopilotKitFormat>(candidate.tables);
    return std::make_unique<DatabaseReader>(std::move(candidate.db), candidate.path, std::move(info), std::move(format));
}

} // namespace tackroom
