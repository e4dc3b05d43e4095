// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/rowscan.h"

#include "core/base/format.h"

#include <chrono>

namespace tackroom
{

namespace
{

/// How long a batch may hold the store, and how often the clock is looked at.
constexpr std::chrono::milliseconds kScanBatch{100};
constexpr int kRowsBetweenLooks = 64;
constexpr int kMaxScanReopens = 5;

} // namespace

Status RowScan::run(const RowScanPlan& plan, const TextScanner::Done& done, const CancelToken& cancel)
{
    TR_ASSIGN(const std::int64_t highest, m_db.scalar(formatText("SELECT max({}) FROM {}", plan.rowId, plan.table)));
    const auto total = static_cast<std::uint64_t>(std::max<std::int64_t>(0, highest));
    std::vector<Found> found;
    for (std::int64_t from = highest; from > 0;) {
        if (const auto same = m_db.recheck(); !same) {
            if (same.error().code != ErrorCode::Locked || ++m_reopens > kMaxScanReopens) return same;
            TR_TRY(m_reopen());
        }
        TR_ASSIGN(from, batch(plan, from, found, cancel));
        TR_TRY(tell(plan, found));
        TR_TRY(done(total - static_cast<std::uint64_t>(std::max<std::int64_t>(0, from)), total));
    }
    return {};
}

/// Reads for a while; answers the row to go on with, 0 at the end.
Result<std::int64_t> RowScan::batch(const RowScanPlan& plan, std::int64_t from, std::vector<Found>& found,
                                    const CancelToken& cancel)
{
    TR_ASSIGN(Statement row, m_db.prepare(formatText("{0} WHERE {1} <= ? ORDER BY {1} DESC", plan.select, plan.rowId)));
    row.bind(1, from);
    const auto until = std::chrono::steady_clock::now() + kScanBatch;
    for (int rows = 1;; ++rows) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) return 0;
        look(plan, row, found);
        if (rows % kRowsBetweenLooks != 0 || std::chrono::steady_clock::now() < until) continue;
        if (cancel.cancelled()) return CancelToken::error();
        return row.intAt(0) - 1;
    }
}

void RowScan::look(const RowScanPlan& plan, const Statement& row, std::vector<Found>& found)
{
    std::uint32_t* known = nullptr;
    const auto known_ = [&]() -> std::uint32_t& {
        if (!known) known = &m_known[row.stringAt(1)];
        return *known;
    };
    for (std::size_t i = 0; i < plan.texts.size(); ++i) {
        const RowScanPlan::Text& text = plan.texts[i];
        const std::string_view bytes = row.textAt(static_cast<int>(i) + 3);
        for (std::size_t word = 0; word < m_words.size(); ++word) {
            const TextNeedle& needle = m_words[word];
            // The bytes first: nearly all rows end here.
            const bool maybe = text.isJson ? needle.mayBeInJson(bytes) : needle.in(bytes) != std::string_view::npos;
            if (!maybe || (known_() >> word & 1U)) continue;
            auto snippet = text.isJson ? needle.inJson(bytes) : needle.inText(bytes);
            if (!snippet) continue;
            known_() |= 1U << word;
            std::string step = plan.stepOf ? plan.stepOf(row.textAt(2)) : row.stringAt(2);
            found.push_back({word, row.stringAt(1), std::move(step), text.place, std::move(*snippet)});
        }
    }
}

/// Outside of any statement on the rows: the receiver may take its time.
Status RowScan::tell(const RowScanPlan& plan, std::vector<Found>& found)
{
    for (Found& each : found) {
        std::string runId = each.run;
        if (!plan.runOf.empty()) {
            TR_ASSIGN(Statement statement, m_db.prepare(plan.runOf));
            statement.bind(1, each.run);
            TR_ASSIGN(const bool there, statement.step());
            if (!there) continue; // taken away meanwhile
            runId = statement.stringAt(0);
        }
        TR_TRY(m_hit({each.word, std::move(runId), {}, std::move(each.step), std::move(each.place), std::move(each.snippet)}));
    }
    found.clear();
    return {};
}

} // namespace tackroom
