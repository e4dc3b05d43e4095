// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Between the values of core/traces and rows of runs.db: one place for the order of the columns.
#include "core/index/indexschema.h"
#include "core/sql/sql.h"
#include "core/traces/traces.h"

#include <cstdint>
#include <string_view>

namespace tackroom::rowvalues
{

/// Columns of a run in the order of readRun, of table alias `r`.
inline constexpr std::string_view kRunColumns =
    "r.id, r.run_key, r.native_id, r.session_id, r.user_id, r.agent_name, r.project, r.harness_version, "
    "r.harness_version_label, "
    "r.harness_version_source, r.start_ns, r.end_ns, r.status, r.prompt_tokens, r.completion_tokens, r.cost_usd, r.step_count, "
    "r.error_count, r.task, r.answer, r.source, r.place";
inline constexpr int kRunColumnCount = 22;
/// From column 1 on; column 0 is the row.
[[nodiscard]] Run readRun(const Statement& row);
/// INSERT of a new row (nothing where one of this key is there) or UPDATE of one; the same parameters in both, of which
/// kRunRow is the id.
inline constexpr std::string_view kInsertRun =
    "INSERT INTO runs(run_key, content, native_id, session_id, user_id, agent_name, project, harness_version, "
    "harness_version_label, "
    "harness_version_source, start_ns, end_ns, status, prompt_tokens, completion_tokens, cost_usd, step_count, error_count, "
    "score_count, "
    "decision_count, name_set, task, answer, source, place, id) "
    "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26) "
    "ON CONFLICT(run_key) DO NOTHING";
inline constexpr std::string_view kUpdateRun =
    "UPDATE runs SET run_key=?1, content=?2, native_id=?3, session_id=?4, user_id=?5, agent_name=?6, project=?7, "
    "harness_version=?8, "
    "harness_version_label=?9, harness_version_source=?10, start_ns=?11, end_ns=?12, status=?13, prompt_tokens=?14, "
    "completion_tokens=?15, "
    "cost_usd=?16, step_count=?17, error_count=?18, score_count=?19, decision_count=?20, name_set=?21, task=?22, answer=?23, "
    "source=?24, place=?25 WHERE id=?26";
inline constexpr int kRunRow = 26;
struct RunNumbers {
    std::int64_t content = 0, scores = 0, decisions = 0, nameSet = 0;
};
void bindRun(Statement& to, const Run& run, const RunNumbers& numbers);

/// A number from a file as an enumerator; 0 (unknown, other, none) where it is out of range.
template <class Enum> [[nodiscard]] Enum enumOf(std::int64_t value, Enum last)
{
    return value >= 0 && value <= static_cast<std::int64_t>(last) ? static_cast<Enum>(value) : Enum{};
}

} // namespace tackroom::rowvalues
