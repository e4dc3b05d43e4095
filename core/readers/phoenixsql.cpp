// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/phoenixsql.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/phoenixmarks.h"
#include "core/readers/phoenixrun.h"

#include <algorithm>
#include <optional>

namespace tackroom
{

const TableInfo* realTable(std::span<const TableInfo> tables, std::string_view name)
{
    const TableInfo* found = findTable(tables, name);
    return found && !found->isView && !found->isVirtual ? found : nullptr;
}

namespace
{

/// A column, or a constant in its place where this generation has none.
std::string columnOr(const TableInfo* table, std::string_view alias, std::string_view column, std::string_view otherwise)
{
    return table && table->hasColumn(column) ? formatText("{}.{}", alias, column) : std::string(otherwise);
}

constexpr std::array<std::string_view, 16> kSpanColumns{"id",
                                                        "trace_rowid",
                                                        "span_id",
                                                        "parent_id",
                                                        "name",
                                                        "span_kind",
                                                        "start_time",
                                                        "end_time",
                                                        "attributes",
                                                        "events",
                                                        "status_code",
                                                        "status_message",
                                                        "llm_token_count_prompt",
                                                        "llm_token_count_completion",
                                                        "cumulative_llm_token_count_prompt",
                                                        "cumulative_llm_token_count_completion"};

std::optional<std::array<int, 16>> spanPlacesOf(const TableInfo& spans)
{
    if (!spans.hasRowNumbers) return std::nullopt;
    std::array<int, 16> places;
    places.fill(-1);
    for (std::size_t i = 0; i < spans.columns.size(); ++i) {
        if (spans.columns[i].isComputed) return std::nullopt; // it is in no record
        if (spans.columns[i].primaryKeyRank > 1) return std::nullopt;
        const auto known = std::ranges::find(kSpanColumns, asciiLower(spans.columns[i].name));
        if (known != kSpanColumns.end()) places[static_cast<std::size_t>(known - kSpanColumns.begin())] = static_cast<int>(i);
    }
    // The row's number by another name; each record has NULL in its place.
    const ColumnInfo& id = spans.columns[static_cast<std::size_t>(std::max(places[0], 0))];
    if (asciiLower(id.declaredType) != "integer" || id.primaryKeyRank != 1) return std::nullopt;
    return places;
}

} // namespace

std::string phoenixSpanColumns(const TableInfo* spans, std::int64_t maxBytes)
{
    const auto column = [&](std::string_view name, std::string_view otherwise) {
        return columnOr(spans, "s", name, otherwise);
    };
    const auto limited = [&](std::string_view name) {
        const std::string c = column(name, "''");
        // octet_length looks at the record's header only: a text of a gigabyte is never loaded, and its length is told instead.
        return formatText("CASE WHEN octet_length({0}) <= {1} THEN {0} ELSE -octet_length({0}) END", c, maxBytes);
    };
    std::string columns;
    for (std::size_t i = 0; i < kSpanColumns.size(); ++i) {
        const std::string_view name = kSpanColumns[i];
        const bool mayBeLong = name == "attributes" || name == "events";
        columns += (i == 0 ? "" : ", ") + (mayBeLong ? limited(name) : column(name, i >= 12 ? "0" : "''"));
    }
    return columns;
}

namespace
{

/// How an annotation (alias a) is joined to its trace, and what the trace's row is called then.
struct AnnotationJoin {
    std::string key;     ///< the column that must be there
    std::string forward; ///< FROM, beginning at the traces or spans of a range
    std::string back;    ///< what follows "FROM … a" to get to the trace
    std::string trace;   ///< its row id
    std::string step = "''";
    std::string position = "0"; ///< of a document; -1 says that it is the session's
};

std::optional<AnnotationJoin> joinOf(std::span<const TableInfo> tables, std::size_t index)
{
    const std::string name(kAnnotationTables[index]);
    const TableInfo* traces = realTable(tables, "traces");
    switch (index) {
    case 1:
        return AnnotationJoin{"trace_rowid", "trace_annotations a", "", "a.trace_rowid"};
    case 3: {
        if (!traces || !traces->hasColumn("project_session_rowid")) return std::nullopt;
        return AnnotationJoin{"project_session_id",
                              "traces t CROSS JOIN " + name + " a ON a.project_session_id = t.project_session_rowid",
                              " JOIN traces t ON t.project_session_rowid = a.project_session_id",
                              "t.id",
                              "''",
                              "-1"};
    }
    case 4: {
        const TableInfo* runs = realTable(tables, "experiment_runs");
        if (!runs || !runs->hasColumn("id") || !runs->hasColumn("trace_id")) return std::nullopt;
        // The runs of experiments are few, and may have no index: SQLite makes one for the query.
        return AnnotationJoin{"experiment_run_id",
                              "traces t CROSS JOIN experiment_runs r ON r.trace_id = t.trace_id CROSS JOIN " + name +
                                  " a ON a.experiment_run_id = r.id",
                              " JOIN experiment_runs r ON r.id = a.experiment_run_id JOIN traces t ON t.trace_id = r.trace_id",
                              "t.id"};
    }
    default:
        return AnnotationJoin{"span_rowid", "spans s CROSS JOIN " + name + " a ON a.span_rowid = s.id",
                              " JOIN spans s ON s.id = a.span_rowid", "s.trace_rowid", "s.span_id"};
    }
}

void addAnnotations(PhoenixSql& sql, std::span<const TableInfo> tables, std::size_t index)
{
    const TableInfo* annotations = realTable(tables, kAnnotationTables[index]);
    const auto join = joinOf(tables, index);
    if (!annotations || !join || !annotations->hasColumn("id") || !annotations->hasColumn(join->key) ||
        !annotations->hasColumn("name"))
        return;
    const auto column = [&](std::string_view name, std::string_view otherwise) {
        return columnOr(annotations, "a", name, otherwise);
    };
    const TableInfo* users = realTable(tables, "users");
    const bool named = users && users->hasColumn("id") && users->hasColumn("username") && annotations->hasColumn("user_id");
    const std::string time = column("updated_at", column("created_at", column("end_time", "''")));
    const std::string select = formatText(
        "SELECT {}, {}, a.name, {}, {}, {}, {}, {}, {}, {}, {}, {} FROM ", join->trace, join->step, column("label", "''"),
        column("score", "NULL"), column("explanation", "''"), column("metadata", "''"), column("annotator_kind", "''"),
        column("identifier", "''"), named ? "(SELECT u.username FROM users u WHERE u.id = a.user_id)" : "''", time,
        column("document_position", join->position));
    sql.annotations[index] = select + formatText("{} WHERE {} BETWEEN ?1 AND ?2 ORDER BY a.id", join->forward, join->trace);
    if (join->key == "span_rowid")
        sql.annotationsById[index] = select + formatText("{} a CROSS JOIN spans s ON s.id = a.span_rowid WHERE a.span_rowid "
                                                         "BETWEEN ?3 AND ?4 AND s.trace_rowid BETWEEN ?1 AND ?2 ORDER BY a.id",
                                                         kAnnotationTables[index]);
    sql.annotated[index] = formatText("SELECT DISTINCT {} FROM {} a{} WHERE a.id > ?{}", join->trace, kAnnotationTables[index],
                                      join->back, annotations->hasColumn("updated_at") ? " OR a.updated_at > ?" : "");
}

} // namespace

PhoenixSql phoenixSqlOf(std::span<const TableInfo> tables)
{
    PhoenixSql sql;
    const TableInfo* traces = realTable(tables, "traces");
    const TableInfo* sessions = realTable(tables, "project_sessions");
    const bool hasSessions = sessions && sessions->hasColumn("session_id") && sessions->hasColumn("id") &&
                             traces->hasColumn("project_session_rowid");
    const auto ofSession = [&](std::string_view column) {
        if (!hasSessions || !sessions->hasColumn(column)) return std::string("''");
        return formatText("(SELECT p.{} FROM project_sessions p WHERE p.id = t.project_session_rowid)", column);
    };
    sql.traces = formatText(
        "SELECT t.id, t.trace_id, {}, {}, {}, {}, (SELECT p.name FROM projects p WHERE p.id = t.project_rowid) FROM traces t",
        columnOr(traces, "t", "start_time", "''"), columnOr(traces, "t", "end_time", "''"), ofSession("session_id"),
        ofSession("session_user"));
    sql.spanColumns = phoenixSpanColumns(realTable(tables, "spans"), kMaxAttributesBytes);
    if (const TableInfo* spans = realTable(tables, "spans")) sql.spanPlaces = spanPlacesOf(*spans);
    sql.spans = "SELECT " + sql.spanColumns +
                " FROM spans s WHERE s.trace_rowid BETWEEN ?1 AND ?2 AND NOT (s.trace_rowid = ?3 AND s.id >= ?4) "
                "ORDER BY s.trace_rowid DESC, s.id DESC";
    sql.spansById = "SELECT " + sql.spanColumns + " FROM spans s WHERE s.id BETWEEN ?1 AND ?2 ORDER BY s.id";
    const TableInfo* costs = realTable(tables, "span_costs");
    if (costs && costs->hasColumn("trace_rowid") && costs->hasColumn("total_cost") && costs->hasColumn("id"))
        sql.costs =
            "SELECT trace_rowid, sum(total_cost) FROM span_costs WHERE trace_rowid BETWEEN ? AND ? AND total_cost IS NOT "
            "NULL GROUP BY trace_rowid";
    for (std::size_t i = 0; i < kAnnotationTables.size(); ++i) addAnnotations(sql, tables, i);
    return sql;
}

} // namespace tackroom
