// SPDX-License-Identifier: GPL-3.0-or-later
// Texts of a Phoenix store, straight from its rows: attributes and events of the spans, status messages, and what annotations
// explain.
#include "core/readers/phoenixscan.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/databasereader.h"
#include "core/readers/phoenixrun.h"
#include "core/readers/phoenixsql.h"

#include <algorithm>
#include <optional>

namespace tackroom
{

namespace
{

/// Nothing where the records of the spans are not what they seem.
std::optional<RowPlaces> placesOf(const TableInfo& spans)
{
    if (!spans.hasRowNumbers) return std::nullopt;
    const auto placeOf = [&](std::string_view name) {
        const auto found =
            std::ranges::find_if(spans.columns, [&](const ColumnInfo& column) { return asciiLower(column.name) == name; });
        return found == spans.columns.end() ? -1 : static_cast<int>(found - spans.columns.begin());
    };
    for (const ColumnInfo& column : spans.columns)
        if (column.isComputed || column.primaryKeyRank > 1) return std::nullopt; // not in a record as in the list
    RowPlaces places{.table = spans.name,
                     .id = placeOf("id"),
                     .run = placeOf("trace_rowid"),
                     .step = placeOf("span_id"),
                     .texts = {placeOf("attributes"), placeOf("events"), placeOf("status_message")},
                     .mostTextBytes = kMaxAttributesBytes};
    if (places.id < 0 || places.run < 0 || places.step < 0) return std::nullopt;
    const ColumnInfo& id = spans.columns[static_cast<std::size_t>(places.id)];
    if (asciiLower(id.declaredType) != "integer" || id.primaryKeyRank != 1) return std::nullopt;
    return places;
}

RowScanPlan spansPlan(const TableInfo* spans)
{
    const auto text = [&](std::string_view name) {
        return sqltext::limited(sqltext::column(spans, "s", name, "''"), kMaxAttributesBytes);
    };
    RowScanPlan plan;
    plan.rowId = "s.id";
    plan.run = "s.trace_rowid";
    plan.step = "s.span_id";
    plan.from = plan.table = "spans s";
    plan.texts = {
        {text("attributes"), "step", true}, {text("events"), "error", true}, {text("status_message"), "error", false}};
    plan.runOf = "SELECT trace_id FROM traces WHERE id = ?";
    plan.runsOf = "SELECT id, trace_id FROM traces WHERE id BETWEEN ? AND ?";
    if (spans) plan.places = placesOf(*spans);
    return plan;
}

} // namespace

std::vector<RowScanPlan> phoenixScanPlans(std::span<const TableInfo> tables)
{
    std::vector<RowScanPlan> plans{spansPlan(realTable(tables, "spans"))};
    const auto annotations = [&](std::string_view name, std::string_view key) -> const TableInfo* {
        const TableInfo* table = realTable(tables, name);
        return table && table->hasColumn("id") && table->hasColumn(key) && table->hasColumn("explanation") ? table : nullptr;
    };
    if (annotations("span_annotations", "span_rowid")) {
        RowScanPlan& plan = plans.emplace_back(plans.front());
        // A join keeps the annotation's order and drops what belongs to no span.
        plan.rowId = "a.id";
        plan.from = "span_annotations a CROSS JOIN spans s ON s.id = a.span_rowid";
        plan.table = "span_annotations a";
        plan.isJoined = true;
        plan.places.reset(); // few rows
        plan.texts = {{"a.explanation", "judge", false}};
    }
    if (annotations("trace_annotations", "trace_rowid")) {
        RowScanPlan& plan = plans.emplace_back(plans.front());
        plan.rowId = "a.id";
        plan.run = "a.trace_rowid";
        plan.step = "''";
        plan.from = plan.table = "trace_annotations a";
        plan.places.reset();
        plan.texts = {{"a.explanation", "judge", false}};
    }
    return plans;
}

} // namespace tackroom
