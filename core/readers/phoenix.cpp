// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/phoenix.h"

#include "core/base/boundedqueue.h"
#include "core/base/format.h"
#include "core/readers/databasereader.h"
#include "core/readers/jsonvalues.h"
#include "core/readers/phoenixassembly.h"
#include "core/readers/phoenixbody.h"
#include "core/readers/phoenixmarks.h"
#include "core/readers/phoenixrun.h"
#include "core/readers/phoenixscan.h"
#include "core/readers/phoenixsql.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <sys/stat.h>
#include <thread>

namespace tackroom
{

namespace
{

/// Slices that are read ahead of what is made of them.
constexpr std::size_t kSlicesAhead = 8;
constexpr int kFetchAgain = 3;

} // namespace

struct PhoenixReader::Private {
    Database db;
    std::vector<TableInfo> tables;
    std::filesystem::path path;
    StoreInfo info;
    std::vector<ScanLoss> losses;

    PhoenixSql sql;

    [[nodiscard]] const TableInfo* table(std::string_view name) const { return realTable(tables, name); }
    [[nodiscard]] Result<PhoenixMarks> marksNow();
    [[nodiscard]] Result<bool> stillHolds(const PhoenixMarks& before);
    [[nodiscard]] Result<std::set<std::int64_t>> grownTraces(const PhoenixMarks& before);
    [[nodiscard]] Status addIds(std::set<std::int64_t>& ids, const std::string& sql, std::int64_t since,
                                const std::string* time);
    [[nodiscard]] Status reopen(const CancelToken& cancel);
    [[nodiscard]] Status refresh(const CancelToken& cancel);
    using Ranges = std::vector<std::pair<std::int64_t, std::int64_t>>; ///< of trace rows: above the first, up to the second
    [[nodiscard]] Status readRanges(const Ranges& ranges, PhoenixBuffers& buffers, const PhoenixSlices::Deliver& deliver,
                                    const CancelToken& cancel);
    [[nodiscard]] Result<std::string> ingestNow(const std::string& cursor, RunSink& sink, const CancelToken& cancel);
    [[nodiscard]] Result<Body> fetchNow(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes);
    [[nodiscard]] Status ingest(const Ranges& ranges, std::int64_t expectedRuns, RunSink& sink, const CancelToken& cancel);
};

Result<PhoenixMarks> PhoenixReader::Private::marksNow()
{
    TR_ASSIGN(auto view, db.transaction(Database::Begin::Read));
    PhoenixMarks marks;
    TR_ASSIGN(marks.trace, db.scalar("SELECT max(id) FROM traces"));
    TR_ASSIGN(marks.span, db.scalar("SELECT max(id) FROM spans"));
    TR_ASSIGN(marks.traceCount, db.scalar("SELECT count(*) FROM traces"));
    TR_ASSIGN(marks.spanCount, db.scalar("SELECT count(*) FROM spans"));
    if (!sql.costs.empty()) {
        TR_ASSIGN(marks.cost, db.scalar("SELECT max(id) FROM span_costs"));
    }
    for (std::size_t i = 0; i < kAnnotationTables.size(); ++i) {
        if (sql.annotations[i].empty()) continue;
        const std::string from = formatText(" FROM {}", kAnnotationTables[i]);
        TR_ASSIGN(marks.annotation[i], db.scalar("SELECT max(id)" + from));
        TR_ASSIGN(marks.annotationCount[i], db.scalar("SELECT count(*)" + from));
        if (!table(kAnnotationTables[i])->hasColumn("updated_at")) continue;
        TR_ASSIGN(Statement statement, db.prepare("SELECT max(updated_at)" + from));
        TR_ASSIGN(const bool row, statement.step());
        if (row) marks.annotatedAt = std::max(marks.annotatedAt, statement.stringAt(0));
    }
    TR_ASSIGN(Statement last, db.prepare("SELECT trace_id FROM traces WHERE id = ?"));
    last.bind(1, marks.trace);
    TR_ASSIGN(const bool row, last.step());
    if (row) marks.lastTraceId = last.stringAt(0);
    return marks;
}

/// Whether all that was there at the marks is there still: no row deleted, and no other database in its place.
Result<bool> PhoenixReader::Private::stillHolds(const PhoenixMarks& before)
{
    // All of them, from a small index, without the few that are new: rows up to the mark would be counted by reading the table.
    const auto count = [&](std::string_view from, std::int64_t upTo) -> Result<std::int64_t> {
        TR_ASSIGN(const std::int64_t all, db.scalar(formatText("SELECT count(*) FROM {}", from)));
        TR_ASSIGN(Statement statement, db.prepare(formatText("SELECT count(*) FROM {} WHERE id > ?", from)));
        statement.bind(1, upTo);
        TR_ASSIGN(const bool row, statement.step());
        return all - (row ? statement.intAt(0) : 0);
    };
    TR_ASSIGN(Statement last, db.prepare("SELECT trace_id FROM traces WHERE id = ?"));
    last.bind(1, before.trace);
    TR_ASSIGN(const bool row, last.step());
    if ((row ? last.stringAt(0) : std::string()) != before.lastTraceId) return false;
    TR_ASSIGN(const auto traces, count("traces", before.trace));
    TR_ASSIGN(const auto spans, count("spans", before.span));
    if (traces != before.traceCount || spans != before.spanCount) return false;
    for (std::size_t i = 0; i < kAnnotationTables.size(); ++i) {
        if (sql.annotations[i].empty()) continue;
        TR_ASSIGN(const auto annotations, count(kAnnotationTables[i], before.annotation[i]));
        if (annotations != before.annotationCount[i]) return false;
    }
    return true;
}

Status PhoenixReader::Private::addIds(std::set<std::int64_t>& ids, const std::string& sql, std::int64_t since,
                                      const std::string* time)
{
    TR_ASSIGN(Statement statement, db.prepare(sql));
    statement.bind(1, since);
    if (time) statement.bind(2, *time);
    for (;;) {
        TR_ASSIGN(const bool row, statement.step());
        if (!row) return {};
        ids.insert(statement.intAt(0));
    }
}

/// The traces up to the mark to which something was added since.
Result<std::set<std::int64_t>> PhoenixReader::Private::grownTraces(const PhoenixMarks& before)
{
    std::set<std::int64_t> ids;
    TR_TRY(addIds(ids, "SELECT DISTINCT trace_rowid FROM spans WHERE id > ?", before.span, nullptr));
    if (!sql.costs.empty())
        TR_TRY(addIds(ids, "SELECT DISTINCT trace_rowid FROM span_costs WHERE id > ?", before.cost, nullptr));
    for (std::size_t i = 0; i < kAnnotationTables.size(); ++i) {
        if (sql.annotations[i].empty()) continue;
        const bool timed = table(kAnnotationTables[i])->hasColumn("updated_at");
        TR_TRY(addIds(ids, sql.annotated[i], before.annotation[i], timed ? &before.annotatedAt : nullptr));
    }
    ids.erase(ids.upper_bound(before.trace), ids.end());
    return ids;
}

Status PhoenixReader::Private::reopen(const CancelToken& cancel)
{
    TR_ASSIGN(db, openForeign(path, cancel));
    db.setCancel(cancel);
    return {};
}

/// A store that nobody wrote to is read without locks; where somebody has begun to, it is opened again.
Status PhoenixReader::Private::refresh(const CancelToken& cancel)
{
    const auto same = db.recheck();
    if (same || same.error().code != ErrorCode::Locked) return same;
    return reopen(cancel);
}

/// On the thread that reads the database.
Status PhoenixReader::Private::readRanges(const Ranges& ranges, PhoenixBuffers& buffers, const PhoenixSlices::Deliver& deliver,
                                          const CancelToken& cancel)
{
    try {
        PhoenixSlices slices(db, sql, buffers, deliver, [&] { return reopen(cancel); });
        for (const auto& [above, upTo] : ranges) {
            TR_TRY(slices.read(above, upTo, cancel));
            if (slices.stopped()) return {};
        }
        return {};
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::Refused, path.string(), "the store needs more memory than the reader may use");
    } catch (const std::exception& error) {
        return fail(ErrorCode::Internal, path.string(), error.what());
    }
}

/// One thread reads the database, this one makes runs of what it reads.
Status PhoenixReader::Private::ingest(const Ranges& ranges, std::int64_t expectedRuns, RunSink& sink, const CancelToken& cancel)
{
    PhoenixBuffers buffers;
    BoundedQueue<PhoenixSlice> queue(kSlicesAhead);
    Status read;
    // Whatever ends this function, the queue is closed and the thread waited for.
    struct Reading {
        BoundedQueue<PhoenixSlice>& queue;
        std::thread thread;
        ~Reading() { end(); }
        void end()
        {
            queue.close();
            if (thread.joinable()) thread.join();
        }
    } reading{queue, std::thread([&] {
                  read = readRanges(ranges, buffers, [&](PhoenixSlice slice) { return queue.push(std::move(slice)); }, cancel);
                  queue.close();
              })};
    PhoenixAssembly assembly(sink, buffers, expectedRuns);
    while (auto slice = queue.pop()) TR_TRY(assembly.take(std::move(*slice), cancel));
    reading.end();
    return read;
}

Result<bool> PhoenixReader::recognise(std::span<const TableInfo> tables, const std::filesystem::path& path)
{
    const TableInfo* spans = findTable(tables, "spans");
    const TableInfo* traces = findTable(tables, "traces");
    const TableInfo* projects = findTable(tables, "projects");
    if (!spans || !traces || !projects) return false;
    for (const TableInfo* table : {spans, traces, projects})
        if (table->isView || table->isVirtual)
            return fail(ErrorCode::Refused, path.string(),
                        formatText("\"{}\" is {} here; a Phoenix database has a table of that name", table->name,
                                   table->isView ? "a view" : "a virtual table"));
    for (const std::string_view column : {"id", "span_id", "parent_id", "trace_rowid", "attributes"}) {
        if (spans->computes(column)) return computedColumn(path, formatText("\"{}\" of \"spans\"", column));
        if (!spans->hasColumn(column)) return false;
    }
    return traces->hasColumn("id") && traces->hasColumn("trace_id") && traces->hasColumn("project_rowid") &&
           projects->hasColumn("id") && projects->hasColumn("name");
}

PhoenixReader::PhoenixReader(Database db, std::vector<TableInfo> tables, std::filesystem::path path)
    : d(new Private{
          .db = std::move(db), .tables = std::move(tables), .path = std::move(path), .info = {}, .losses = {}, .sql = {}})
{
    d->sql = phoenixSqlOf(d->tables);
    d->info.kind = kKind;
    d->info.title = "Arize Phoenix database";
}

PhoenixReader::~PhoenixReader() = default;

const StoreInfo& PhoenixReader::info() const { return d->info; }

Status PhoenixReader::prepare(const CancelToken& cancel)
{
    d->db.setCancel(cancel);
    std::error_code error;
    d->info.sizeBytes = std::filesystem::file_size(d->path, error);
    const TableInfo* spans = d->table("spans");
    std::string generation = "2024";
    if (d->table("project_sessions")) generation = "sessions";
    if (spans->hasColumn("llm_token_count_prompt")) generation = "tokens";
    if (d->table("span_costs")) generation = "costs";
    d->info.schema = "phoenix (" + generation + ")";
    d->info.note = d->db.caution();
    if (const TableInfo* alembic = d->table("alembic_version"); alembic && alembic->hasColumn("version_num")) {
        TR_ASSIGN(Statement statement, d->db.prepare("SELECT version_num FROM alembic_version"));
        TR_ASSIGN(const bool row, statement.step());
        if (row) d->info.schema = formatText("phoenix ({}, alembic {})", generation, jsonvalues::cut(statement.textAt(0), 40));
    }
    return {};
}

Result<std::string> PhoenixReader::fingerprint()
{
    // PRAGMA data_version counts only within one connection, so the files are looked at: sizes and times, and the highest row
    // ids. Looked at only: opening and closing the database file here would drop the locks of our own connection.
    TR_TRY(d->refresh({}));
    std::string text;
    for (const char* suffix : {"", "-wal"}) {
        struct stat st{};
        if (::stat((d->path.string() + suffix).c_str(), &st) != 0) {
            if (*suffix) continue;
            return std::unexpected(errorFromErrno(errno, d->path.string(), "cannot look at the database"));
        }
        // An empty log says nothing, and is made and removed by anybody who looks.
        if (st.st_size > 0) text += formatText("{}:{}.{:09}:", st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    }
    for (const std::string_view name : {"traces", "spans", "span_annotations", "trace_annotations", "document_annotations",
                                        "project_session_annotations", "experiment_run_annotations", "span_costs"}) {
        const TableInfo* table = d->table(name);
        if (!table || !table->hasColumn("id")) continue;
        const auto highest = d->db.scalar(formatText("SELECT max(id) FROM {}", name));
        if (!highest && highest.error().code != ErrorCode::Damaged) return std::unexpected(highest.error());
        text += highest ? formatText("{}:", *highest) : "?:";
    }
    return text;
}

Result<std::string> PhoenixReader::ingest(const std::string& cursor, RunSink& sink, const CancelToken& cancel)
{
    d->db.setCancel(cancel);
    TR_TRY(d->refresh(cancel));
    return ingestOrSalvage(d->db, d->path, cursor, sink, cancel,
                           [&](const std::string& from) { return d->ingestNow(from, sink, cancel); });
}

Result<std::string> PhoenixReader::Private::ingestNow(const std::string& cursor, RunSink& sink, const CancelToken& cancel)
{
    TR_ASSIGN(const PhoenixMarks now, marksNow());
    const auto before = PhoenixMarks::fromText(cursor);
    bool goOn = before.has_value();
    if (goOn) {
        TR_ASSIGN(goOn, stillHolds(*before));
    }
    if (!goOn) {
        sink.startsOver();
        sink.progress(0, static_cast<std::uint64_t>(now.traceCount));
        TR_TRY(ingest({{0, now.trace}}, now.traceCount, sink, cancel));
        return now.toText();
    }
    TR_ASSIGN(const auto grown, grownTraces(*before));
    const std::int64_t total = now.traceCount - before->traceCount + static_cast<std::int64_t>(grown.size());
    Ranges ranges{{before->trace, now.trace}};
    for (auto id = grown.rbegin(); id != grown.rend(); ++id) ranges.emplace_back(*id - 1, *id);
    TR_TRY(ingest(ranges, total, sink, cancel));
    return now.toText();
}

Result<Body> PhoenixReader::fetch(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes)
{
    TR_TRY(d->refresh({}));
    for (int again = 0;; ++again) {
        auto body = d->fetchNow(run, stepId, maxBytes);
        // What was read without locks while a writer came may be anything.
        const auto same = d->db.recheck();
        if (again == kFetchAgain) return body;
        if (!same && same.error().code == ErrorCode::Locked) {
            TR_TRY(d->reopen({}));
            continue;
        }
        if (body || body.error().code != ErrorCode::Damaged || d->db.foreignMode() == ForeignMode::PrivateCopy) return body;
        auto salvaged = openSalvaged(d->path, {});
        if (!salvaged) return body;
        d->db = std::move(salvaged->db);
        for (auto& loss : salvaged->losses) d->losses.push_back({std::move(loss.where), std::move(loss.why)});
    }
}

Result<Body> PhoenixReader::Private::fetchNow(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes)
{
    TR_ASSIGN(Statement trace, db.prepare("SELECT id FROM traces WHERE trace_id = ?"));
    trace.bind(1, run.nativeId);
    TR_ASSIGN(const bool found, trace.step());
    if (!found) return fail(ErrorCode::NotFound, run.nativeId, "there is no such trace in the store any more");
    const std::int64_t traceRow = trace.intAt(0);
    trace.reset();

    PhoenixBodyBuilder builder(maxBytes);
    const std::string order = !stepId.empty()                           ? " AND s.span_id = ?"
                              : table("spans")->hasColumn("start_time") ? " ORDER BY s.start_time, s.id"
                                                                        : " ORDER BY s.id";
    const auto room = static_cast<std::int64_t>(std::min<std::uint64_t>(maxBytes, kMaxFetchedAttributesBytes));
    const std::string columns = phoenixSpanColumns(table("spans"), std::max(kMaxAttributesBytes, room));
    TR_ASSIGN(Statement spans, db.prepare("SELECT " + columns + " FROM spans s WHERE s.trace_rowid = ?" + order));
    spans.bind(1, traceRow);
    if (!stepId.empty()) spans.bind(2, stepId);
    bool any = false;
    for (;;) {
        TR_ASSIGN(const bool more, spans.step());
        if (!more) break;
        any = true;
        if (stepId.empty())
            builder.addToRun(phoenixSpanRow(spans));
        else
            return builder.step(phoenixSpanRow(spans));
    }
    if (!any)
        return fail(ErrorCode::NotFound, stepId.empty() ? run.nativeId : stepId, "there is no such span in the store any more");
    return builder.finishRun();
}

Result<bool> PhoenixReader::scan(const std::vector<TextNeedle>& words, const Hit& hit, const Done& done,
                                 const CancelToken& cancel)
{
    d->db.setCancel(cancel);
    TR_TRY(d->refresh(cancel));
    RowScan scan(d->db, words, hit, [&] { return d->reopen(cancel); });
    for (const RowScanPlan& plan : phoenixScanPlans(d->tables)) TR_TRY(scan.run(plan, done, cancel));
    addLosses(d->losses, scan.takeLosses());
    return true;
}

const std::vector<ScanLoss>& PhoenixReader::losses() const { return d->losses; }

} // namespace tackroom
