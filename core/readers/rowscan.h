// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Going through the rows of a database for texts: newest first, in batches of few milliseconds with no statement open between
/// them.
#include "core/readers/textscan.h"
#include "core/sql/sql.h"

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tackroom
{

/// What is read of which table.
struct RowScanPlan {
    /// Row number (integer key, from the highest down), run, step, then texts; ends before " WHERE …".
    std::string select;
    std::string rowId; ///< of the first column, for WHERE and ORDER BY
    std::string table; ///< for the highest row
    struct Text {
        std::string place;
        bool isJson = false;
    };
    std::vector<Text> texts;                           ///< of the columns from the third on
    std::string (*stepOf)(std::string_view) = nullptr; ///< a step's native id by the third column; null: that is it
    std::string runOf; ///< SELECT of a run's native id by what stands in the second column; empty: that is it
};

class RowScan
{
public:
    /// Called where the store must be opened again; answers whether `db` is good.
    using Reopen = std::function<Status()>;
    RowScan(Database& db, const std::vector<TextNeedle>& words, const TextScanner::Hit& hit, Reopen reopen)
        : m_db(db), m_words(words), m_hit(hit), m_reopen(std::move(reopen))
    {
    }
    /// Several plans, one after another, may speak of the same runs. `done` counts rows.
    [[nodiscard]] Status run(const RowScanPlan& plan, const TextScanner::Done& done, const CancelToken& cancel);

private:
    struct Found {
        std::size_t word = 0;
        std::string run, step, place;
        TextSnippet snippet;
    };
    [[nodiscard]] Result<std::int64_t> batch(const RowScanPlan& plan, std::int64_t from, std::vector<Found>& found,
                                             const CancelToken& cancel);
    void look(const RowScanPlan& plan, const Statement& row, std::vector<Found>& found);
    [[nodiscard]] Status tell(const RowScanPlan& plan, std::vector<Found>& found);

    Database& m_db;
    const std::vector<TextNeedle>& m_words;
    const TextScanner::Hit& m_hit;
    Reopen m_reopen;
    std::unordered_map<std::string, std::uint32_t> m_known; ///< by the second column: which words were found already
    int m_reopens = 0;
};

} // namespace tackroom
