// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Going through the rows of a database for texts: newest first, in batches of few milliseconds with no statement open between
/// them. Where a page cannot be read it goes on with the next row that can be, and says how many were left out.
#include "core/readers/textscan.h"
#include "core/sql/sql.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tackroom
{

/// What is read of which table.
struct RowScanPlan {
    /// Row number (integer key, from the highest down), run, step, then texts; ends before " WHERE …".
    std::string select;
    std::string rowId;     ///< of the first column, for WHERE and ORDER BY
    std::string table;     ///< for the highest row
    bool isJoined = false; ///< not each row of the table is one of the plan
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
    /// Of all plans so far.
    [[nodiscard]] std::vector<ScanLoss> takeLosses() { return std::exchange(m_losses, {}); }

private:
    struct Found {
        std::size_t word = 0;
        std::string run, step, place;
        TextSnippet snippet;
    };
    /// Where it is: the row to go on with (0: the end), and what it has met.
    struct Walk {
        std::int64_t from = 0, read = 0;
        int holes = 0;
        std::vector<Found> found;
    };
    [[nodiscard]] Result<std::int64_t> highestRow(const RowScanPlan& plan);
    [[nodiscard]] Status batch(const RowScanPlan& plan, Walk& walk, const CancelToken& cancel);
    [[nodiscard]] Status goOnBelow(const RowScanPlan& plan, Walk& walk, const CancelToken& cancel);
    [[nodiscard]] Result<bool> canRead(const RowScanPlan& plan, std::int64_t from);
    void addLoss(const RowScanPlan& plan, std::int64_t read);
    void look(const RowScanPlan& plan, const Statement& row, std::vector<Found>& found);
    [[nodiscard]] Status tell(const RowScanPlan& plan, std::vector<Found>& found);
    [[nodiscard]] Result<std::optional<std::string>> runIdOf(const RowScanPlan& plan, const std::string& run);

    Database& m_db;
    const std::vector<TextNeedle>& m_words;
    const TextScanner::Hit& m_hit;
    Reopen m_reopen;
    std::unordered_map<std::string, std::uint32_t> m_known; ///< by the second column: which words were found already
    int m_reopens = 0;
    std::vector<ScanLoss> m_losses;
};

} // namespace tackroom
