// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How a RunFilter becomes SQL. Values are always bound, never written into the text.
#include "core/index/runqueries.h"
#include "core/sql/sql.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tackroom::filtersql
{

[[nodiscard]] std::optional<Outcome> outcomeValue(std::string_view value);
[[nodiscard]] std::optional<OutcomeSource> sourceValue(std::string_view value);
/// 2026-03-01, a full time, or so many hours, days, weeks before now: 12h, 7d, 2w.
[[nodiscard]] std::optional<UtcNs> sinceValue(std::string_view value, UtcNs now);

/// 2026-03-01, without a time of day.
[[nodiscard]] bool isDay(std::string_view value);

struct Where {
    std::string text; ///< "" or " WHERE …" over runs r
    std::vector<std::variant<std::int64_t, std::string>> values;
};
/// `derived`: whether derived.db is attached as `d`; `texts`: text.db as `t`. Looks up names of tools, versions and clusters in
/// the database.
[[nodiscard]] Result<Where> whereOf(Database& db, const RunFilter& filter, bool derived, bool texts = false);
/// Binds from parameter `from` on; the next free one is returned.
int bindAll(Statement& statement, const Where& where, int from = 1);

/// The distinct values of an indexed column, by hops along the index: as fast as there are few. `condition` may narrow.
[[nodiscard]] Result<std::vector<std::string>> distinctValues(Database& db, std::string_view table, std::string_view column,
                                                              std::string_view condition, std::size_t limit);

/// Values with run counts of the fields that RunQueries::values() does not answer itself: agent, model, score (names; of the
/// newest runs), has.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::int64_t>>> moreValues(Database& db, std::string_view field,
                                                                                   bool derived);

/// SELECT of each name of that field (kToolName, kModelName) with how many runs have it.
[[nodiscard]] std::string runsByName(std::int64_t field);

/// What is shown of a version: the label, else a short commit id, else what the trace says.
[[nodiscard]] std::string versionLabelOf(const std::string& version, const std::string& label);

} // namespace tackroom::filtersql
