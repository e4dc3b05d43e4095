// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/phoenix.h"

#include "core/base/text.h"
#include "core/readers/jsonelements.h"
#include "core/readers/phoenixbody.h"
#include "core/readers/phoenixmarks.h"
#include "core/readers/phoenixrun.h"
#include "core/readers/phoenixsql.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <format>
#include <map>
#include <set>
#include <sys/stat.h>

namespace tackroom
{

namespace
{

/// How long a batch may hold its reading transactions, and by how many traces it begins.
constexpr std::int64_t kBatchMs = 100;
constexpr std::int64_t kFirstBatch = 100;
constexpr std::int64_t kSmallestBatch = 10;
constexpr std::int64_t kLargestBatch = 5000;
/// A store whose way of reading no longer holds (a writer came) is opened again, so often.
constexpr int kMaxReopens = 5;
/// Of an annotation: each of its texts, and the metadata, which longer than this is not looked into.
constexpr std::size_t kMaxAnnotationTextBytes = 4000;
constexpr std::size_t kMaxMetadataBytes = std::size_t{256} << 10;

std::int64_t nowMs()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

} // namespace

struct PhoenixReader::Private {
    Database db;
    std::vector<TableInfo> tables;
    std::filesystem::path path;
    StoreInfo info;

    PhoenixSql sql;

    [[nodiscard]] const TableInfo* table(std::string_view name) const { return realTable(tables, name); }
    [[nodiscard]] Result<PhoenixMarks> marksNow();
    [[nodiscard]] Result<bool> stillHolds(const PhoenixMarks& before);
    [[nodiscard]] Result<std::set<std::int64_t>> grownTraces(const PhoenixMarks& before);
    [[nodiscard]] Status addIds(std::set<std::int64_t>& ids, const std::string& sql, std::int64_t since,
                                const std::string* time);
    [[nodiscard]] Status reopen(const CancelToken& cancel);
    [[nodiscard]] Status refresh(const CancelToken& cancel);
    [[nodiscard]] Result<std::int64_t> readBatch(std::int64_t above, std::int64_t upTo, std::int64_t limit,
                                                 PhoenixRunBuilder& builder, RunSink& sink, std::int64_t& runs);
    [[nodiscard]] Result<std::map<std::int64_t, double>> costs(std::int64_t low, std::int64_t high);
    [[nodiscard]] Status readTraces(const std::vector<PhoenixTraceRow>& traces, PhoenixRunBuilder& builder, RunSink& sink,
                                    std::vector<RunRecord>& records);
    [[nodiscard]] Result<std::vector<PhoenixTraceRow>> traceRows(std::int64_t above, std::int64_t upTo, std::int64_t limit);
    [[nodiscard]] Status readRange(std::int64_t above, std::int64_t upTo, RunSink& sink, const CancelToken& cancel,
                                   std::int64_t& runs, std::int64_t total);
};

namespace
{

using AnnotationsByTrace = std::map<std::int64_t, std::vector<PhoenixAnnotationRow>>;

Status readAnnotations(Database& db, const std::string& sql, bool ofDocument, std::int64_t low, std::int64_t high,
                       AnnotationsByTrace& out)
{
    if (sql.empty()) return {};
    TR_ASSIGN(Statement statement, db.prepare(sql));
    statement.bind(1, low).bind(2, high);
    const auto textAt = [&](int column) { return jsonvalues::cut(statement.textAt(column), kMaxAnnotationTextBytes); };
    for (;;) {
        TR_ASSIGN(const bool more, statement.step());
        if (!more) return {};
        PhoenixAnnotationRow row;
        row.traceRowId = statement.intAt(0);
        row.stepId = textAt(1);
        row.name = textAt(2);
        row.label = textAt(3);
        if (!statement.isNullAt(4)) row.score = statement.doubleAt(4);
        row.explanation = textAt(5);
        if (statement.textAt(6).size() <= kMaxMetadataBytes) row.metadata = statement.stringAt(6);
        row.annotatorKind = textAt(7);
        row.identifier = textAt(8);
        row.userName = textAt(9);
        row.time = textAt(10);
        row.documentPosition = statement.intAt(11);
        row.ofDocument = ofDocument;
        out[row.traceRowId].push_back(std::move(row));
    }
}

PhoenixSpanRow spanRowOf(const Statement& statement)
{
    PhoenixSpanRow row;
    row.rowId = statement.intAt(0);
    row.traceRowId = statement.intAt(1);
    row.spanId = statement.textAt(2);
    row.parentId = statement.textAt(3);
    row.name = statement.textAt(4);
    row.kind = statement.textAt(5);
    row.start = statement.textAt(6);
    row.end = statement.textAt(7);
    row.attributes = statement.textAt(8);
    row.attributesBytes = static_cast<std::uint64_t>(statement.intAt(9));
    row.events = statement.textAt(10);
    row.eventsBytes = static_cast<std::uint64_t>(statement.intAt(11));
    row.statusCode = statement.textAt(12);
    row.statusMessage = statement.textAt(13);
    row.promptTokens = statement.intAt(14);
    row.completionTokens = statement.intAt(15);
    row.cumulativePromptTokens = statement.intAt(16);
    row.cumulativeCompletionTokens = statement.intAt(17);
    return row;
}

} // namespace

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
        const std::string from = std::format(" FROM {}", kAnnotationTables[i]);
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
    const auto count = [&](std::string_view from, std::int64_t upTo) -> Result<std::int64_t> {
        TR_ASSIGN(Statement statement, db.prepare(std::format("SELECT count(*) FROM {} WHERE id <= ?", from)));
        statement.bind(1, upTo);
        TR_ASSIGN(const bool row, statement.step());
        return row ? statement.intAt(0) : 0;
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

Result<std::vector<PhoenixTraceRow>> PhoenixReader::Private::traceRows(std::int64_t above, std::int64_t upTo,
                                                                       std::int64_t limit)
{
    std::vector<PhoenixTraceRow> rows;
    TR_ASSIGN(Statement statement, db.prepare(sql.traces + " WHERE t.id > ? AND t.id <= ? ORDER BY t.id DESC LIMIT ?"));
    statement.bind(1, above).bind(2, upTo).bind(3, limit);
    for (;;) {
        TR_ASSIGN(const bool more, statement.step());
        if (!more) return rows;
        rows.push_back({statement.intAt(0), jsonvalues::cut(statement.textAt(1), 512), statement.stringAt(2),
                        statement.stringAt(3), statement.stringAt(4), statement.stringAt(5), statement.stringAt(6)});
    }
}

Result<std::map<std::int64_t, double>> PhoenixReader::Private::costs(std::int64_t low, std::int64_t high)
{
    std::map<std::int64_t, double> costs;
    if (sql.costs.empty()) return costs;
    TR_ASSIGN(Statement statement, db.prepare(sql.costs));
    statement.bind(1, low).bind(2, high);
    for (;;) {
        TR_ASSIGN(const bool more, statement.step());
        if (!more) return costs;
        costs[statement.intAt(0)] = statement.doubleAt(1);
    }
}

/// The runs of these traces (highest row first), put together from one pass over their spans.
Status PhoenixReader::Private::readTraces(const std::vector<PhoenixTraceRow>& traces, PhoenixRunBuilder& builder, RunSink& sink,
                                          std::vector<RunRecord>& records)
{
    const std::int64_t low = traces.back().rowId, high = traces.front().rowId;
    AnnotationsByTrace annotations;
    for (std::size_t i = 0; i < kAnnotationTables.size(); ++i)
        TR_TRY(readAnnotations(db, sql.annotations[i], i == 2, low, high, annotations));
    TR_ASSIGN(const auto costOf, costs(low, high));
    TR_ASSIGN(Statement spans, db.prepare(sql.spans));
    spans.bind(1, low).bind(2, high);
    TR_ASSIGN(bool more, spans.step());
    for (const auto& trace : traces) {
        builder.begin(trace);
        while (more && spans.intAt(1) > trace.rowId) { // spans of a trace that is not there
            TR_ASSIGN(more, spans.step());
        }
        while (more && spans.intAt(1) == trace.rowId) {
            builder.addSpan(spanRowOf(spans), sink);
            TR_ASSIGN(more, spans.step());
        }
        if (!builder.hasSpans()) {
            sink.skipped("trace " + trace.traceId, "there are no spans of it");
            continue;
        }
        for (const auto& row : annotations[trace.rowId]) builder.addAnnotation(row);
        if (const auto cost = costOf.find(trace.rowId); cost != costOf.end()) builder.addCost(cost->second);
        records.push_back(builder.finish(sink));
    }
    return {};
}

/// Reads up to `limit` traces with above < id <= upTo, highest first; answers the lowest id read (0: there was none).
Result<std::int64_t> PhoenixReader::Private::readBatch(std::int64_t above, std::int64_t upTo, std::int64_t limit,
                                                       PhoenixRunBuilder& builder, RunSink& sink, std::int64_t& runs)
{
    std::vector<RunRecord> records;
    std::int64_t low = 0;
    {
        TR_ASSIGN(auto view, db.transaction(Database::Begin::Read));
        TR_ASSIGN(const auto traces, traceRows(above, upTo, limit));
        if (traces.empty()) return 0;
        low = traces.back().rowId;
        TR_TRY(readTraces(traces, builder, sink, records));
    }
    // Delivered when nothing is open any more: the receiver may take its time.
    for (auto& record : records) {
        TR_TRY(sink.add(std::move(record)));
        ++runs;
    }
    return low;
}

Status PhoenixReader::Private::readRange(std::int64_t above, std::int64_t upTo, RunSink& sink, const CancelToken& cancel,
                                         std::int64_t& runs, std::int64_t total)
{
    PhoenixRunBuilder builder;
    std::int64_t limit = kFirstBatch;
    int reopens = 0;
    while (upTo > above) {
        if (cancel.cancelled()) return CancelToken::error();
        if (const auto same = db.recheck(); !same) {
            if (same.error().code != ErrorCode::Locked || ++reopens > kMaxReopens) return same;
            TR_TRY(reopen(cancel));
        }
        const std::int64_t started = nowMs();
        TR_ASSIGN(const std::int64_t low, readBatch(above, upTo, limit, builder, sink, runs));
        if (low == 0) return {};
        upTo = low - 1;
        const std::int64_t took = nowMs() - started;
        if (took > kBatchMs) limit = std::max(kSmallestBatch, limit / 2);
        if (took < kBatchMs / 3) limit = std::min(kLargestBatch, limit * 2);
        sink.progress(static_cast<std::uint64_t>(runs), static_cast<std::uint64_t>(std::max(total, runs)));
    }
    return {};
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
                        std::format("\"{}\" is {} here; a Phoenix database has a table of that name", table->name,
                                    table->isView ? "a view" : "a virtual table"));
    for (const std::string_view column : {"id", "span_id", "parent_id", "trace_rowid", "attributes"})
        if (!spans->hasColumn(column)) return false;
    return traces->hasColumn("id") && traces->hasColumn("trace_id") && traces->hasColumn("project_rowid") &&
           projects->hasColumn("id") && projects->hasColumn("name");
}

PhoenixReader::PhoenixReader(Database db, std::vector<TableInfo> tables, std::filesystem::path path)
    : d(new Private{.db = std::move(db), .tables = std::move(tables), .path = std::move(path), .info = {}, .sql = {}})
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
    if (const TableInfo* alembic = d->table("alembic_version"); alembic && alembic->hasColumn("version_num")) {
        TR_ASSIGN(Statement statement, d->db.prepare("SELECT version_num FROM alembic_version"));
        TR_ASSIGN(const bool row, statement.step());
        if (row) d->info.schema = std::format("phoenix ({}, alembic {})", generation, jsonvalues::cut(statement.textAt(0), 40));
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
        if (st.st_size > 0) text += std::format("{}:{}.{:09}:", st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    }
    for (const std::string_view name : {"traces", "spans", "span_annotations", "trace_annotations", "document_annotations",
                                        "project_session_annotations", "experiment_run_annotations", "span_costs"}) {
        const TableInfo* table = d->table(name);
        if (!table || !table->hasColumn("id")) continue;
        TR_ASSIGN(const std::int64_t highest, d->db.scalar(std::format("SELECT max(id) FROM {}", name)));
        text += std::format("{}:", highest);
    }
    return text;
}

Result<std::string> PhoenixReader::ingest(const std::string& cursor, RunSink& sink, const CancelToken& cancel)
{
    d->db.setCancel(cancel);
    TR_TRY(d->refresh(cancel));
    TR_ASSIGN(const PhoenixMarks now, d->marksNow());
    const auto before = PhoenixMarks::fromText(cursor);
    bool goOn = before.has_value();
    if (goOn) {
        TR_ASSIGN(goOn, d->stillHolds(*before));
    }
    std::int64_t runs = 0;
    if (!goOn) {
        sink.startsOver();
        sink.progress(0, static_cast<std::uint64_t>(now.traceCount));
        TR_TRY(d->readRange(0, now.trace, sink, cancel, runs, now.traceCount));
        return now.toText();
    }
    TR_ASSIGN(const auto grown, d->grownTraces(*before));
    const std::int64_t total = now.traceCount - before->traceCount + static_cast<std::int64_t>(grown.size());
    TR_TRY(d->readRange(before->trace, now.trace, sink, cancel, runs, total));
    for (auto id = grown.rbegin(); id != grown.rend(); ++id) TR_TRY(d->readRange(*id - 1, *id, sink, cancel, runs, total));
    return now.toText();
}

Result<Body> PhoenixReader::fetch(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes)
{
    TR_TRY(d->refresh({}));
    TR_ASSIGN(Statement trace, d->db.prepare("SELECT id FROM traces WHERE trace_id = ?"));
    trace.bind(1, run.nativeId);
    TR_ASSIGN(const bool found, trace.step());
    if (!found) return fail(ErrorCode::NotFound, run.nativeId, "there is no such trace in the store any more");
    const std::int64_t traceRow = trace.intAt(0);
    trace.reset();

    PhoenixBodyBuilder builder(maxBytes);
    const std::string order = !stepId.empty()                              ? " AND s.span_id = ?"
                              : d->table("spans")->hasColumn("start_time") ? " ORDER BY s.start_time, s.id"
                                                                           : " ORDER BY s.id";
    TR_ASSIGN(Statement spans, d->db.prepare("SELECT " + d->sql.spanColumns + " FROM spans s WHERE s.trace_rowid = ?" + order));
    spans.bind(1, traceRow);
    if (!stepId.empty()) spans.bind(2, stepId);
    bool any = false;
    for (;;) {
        TR_ASSIGN(const bool more, spans.step());
        if (!more) break;
        any = true;
        if (stepId.empty())
            builder.addToRun(spanRowOf(spans));
        else
            return builder.step(spanRowOf(spans));
    }
    if (!any)
        return fail(ErrorCode::NotFound, stepId.empty() ? run.nativeId : stepId, "there is no such span in the store any more");
    return builder.finishRun();
}

} // namespace tackroom
