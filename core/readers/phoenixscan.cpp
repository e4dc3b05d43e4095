// SPDX-License-Identifier: GPL-3.0-or-later
// Texts of a Phoenix store, straight from its rows: attributes and events of the spans, status messages, and what annotations
// explain.
#include "core/readers/phoenixscan.h"

#include "core/base/format.h"
#include "core/readers/databasereader.h"
#include "core/readers/phoenixrun.h"
#include "core/readers/phoenixsql.h"

#include <array>

namespace tackroom
{

namespace
{

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
        plan.texts = {{"a.explanation", "judge", false}};
    }
    if (annotations("trace_annotations", "trace_rowid")) {
        RowScanPlan& plan = plans.emplace_back(plans.front());
        plan.rowId = "a.id";
        plan.run = "a.trace_rowid";
        plan.step = "''";
        plan.from = plan.table = "trace_annotations a";
        plan.texts = {{"a.explanation", "judge", false}};
    }
    return plans;
}

} // namespace tackroom
