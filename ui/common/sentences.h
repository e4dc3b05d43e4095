// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"
#include "core/clusters/clusters.h"

#include <QString>

namespace tackroom::ui {

/// "The database is damaged." — by code, translated.
[[nodiscard]] QString sentenceOf(const Error& error);
/// where: detail — untranslated, for the details, safe.
[[nodiscard]] QString detailsOf(const Error& error);
/// 1,204
[[nodiscard]] QString countText(std::int64_t count);
/// "14 of 39 runs (36 %, 23–52 %)" with the Wilson interval.
[[nodiscard]] QString shareText(std::int64_t count, std::int64_t outOf);
/// "3 hours ago"; empty for 0. The exact time is exactTime().
[[nodiscard]] QString relativeTime(std::int64_t utcNs);
[[nodiscard]] QString exactTime(std::int64_t utcNs);
[[nodiscard]] QString durationText(std::int64_t durationNs); ///< empty for <= 0
[[nodiscard]] QString costText(double usd);
/// "✓ success", "✗ failure", "? unknown": word and shape.
[[nodiscard]] QString outcomeText(Outcome outcome);

} // namespace tackroom::ui
