// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Going through the rows of a database for texts: newest first, in batches of few milliseconds with no statement open between
/// them. Where a page cannot be read it goes on with the next row that can be, and says how many were left out.
#include "core/readers/rowpages.h"
#include "core/readers/textscan.h"
#include "core/sql/sql.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

struct sqlite3;
struct sqlite3_value;

namespace tackroom
{

/// What is read of which table. The members are expressions of SQL.
struct RowScanPlan {
    std::string rowId; ///< integer key; from the highest down
    std::string run, step;
    std::string from;      ///< the table and what is joined to it
    std::string table;     ///< for the highest row
    bool isJoined = false; ///< not each row of the table is one of the plan
    struct Text {
        std::string column, place;
        bool isJson = false;
    };
    std::vector<Text> texts;
    std::string (*stepOf)(std::string_view) = nullptr; ///< a step's native id by `step`; null: that is it
    std::string runOf;                                 ///< SELECT of a run's native id by `run`; empty: that is it
    std::string runsOf;                                ///< … of number and native id of all between two; empty: one by one
    std::optional<RowPlaces> places;                   ///< of the same in a record; none: only SQLite can tell
};

/// Of each run, which of the texts were found in it.
class RunsFound
{
public:
    /// By a number or by a text, as the store names its runs.
    [[nodiscard]] std::uint32_t& of(const Statement& row, int column);
    [[nodiscard]] std::uint32_t& of(std::int64_t run);
    [[nodiscard]] std::uint32_t in(std::int64_t run) const
    {
        if (run >= 0 && static_cast<std::size_t>(run) < m_dense.size()) return m_dense[static_cast<std::size_t>(run)];
        const auto known = m_byNumber.find(run);
        return known == m_byNumber.end() ? 0 : known->second;
    }
    [[nodiscard]] std::uint32_t in(std::string_view run) const;
    [[nodiscard]] std::uint32_t in(sqlite3_value* run) const;
    [[nodiscard]] std::uint32_t in(const Statement& row, int column) const;
    [[nodiscard]] bool empty() const { return m_empty; }

private:
    struct TextHash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    /// Runs are mostly numbered from 1 on; up to there they are found without a search, in 16 MB.
    static constexpr std::int64_t kMostDense = std::int64_t{1} << 22;
    std::vector<std::uint32_t> m_dense;
    bool m_empty = true;
    std::unordered_map<std::int64_t, std::uint32_t> m_byNumber;
    std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> m_byText;
};

class RowScan
{
public:
    /// Called where the store must be opened again; answers whether `db` is good.
    using Reopen = std::function<Status()>;
    /// How long a batch may hold the store.
    static constexpr std::chrono::milliseconds kBatch{100};
    RowScan(Database& db, const std::vector<TextNeedle>& words, const TextScanner::Hit& hit, Reopen reopen,
            std::chrono::milliseconds batch = kBatch)
        : m_db(db),
          m_words(words),
          m_hit(hit),
          m_reopen(std::move(reopen)),
          m_batch(batch),
          m_all((std::uint64_t{1} << words.size()) - 1)
    {
    }
    ~RowScan();
    RowScan(const RowScan&) = delete;
    RowScan& operator=(const RowScan&) = delete;
    /// Several plans, one after another, may speak of the same runs. `done` counts rows.
    [[nodiscard]] Status run(const RowScanPlan& plan, const TextScanner::Done& done, const CancelToken& cancel);
    /// Of all plans so far.
    [[nodiscard]] std::vector<ScanLoss> takeLosses() { return std::exchange(m_losses, {}); }
    /// Texts of runs in which everything was found are not read now.
    [[nodiscard]] bool passesOver() const { return m_guarded; }

private:
    struct Found {
        std::size_t word = 0;
        std::string run, step, place;
        TextSnippet snippet;
    };
    /// Where it is: the row to go on with (0: the end), and what it has met.
    struct Walk {
        std::int64_t from = 0, read = 0;
        std::chrono::milliseconds slice{}; ///< of the next batch: short at first, so that hits are told soon
        int holes = 0;
        std::vector<Found> found;
    };
    /// Where much is found, texts are read only of runs in which something is still to be found.
    [[nodiscard]] std::string selectOf(const RowScanPlan& plan) const;
    [[nodiscard]] Status addGuard();
    [[nodiscard]] Result<std::int64_t> highestRow(const RowScanPlan& plan);
    /// Reads for a while: from the pages where they are as usual (then true), else by SQLite.
    [[nodiscard]] Result<bool> batchFromPages(const RowScanPlan& plan, Walk& walk, const CancelToken& cancel);
    enum class Looked : std::uint8_t { Yes, PassedOver, Unusual };
    [[nodiscard]] Looked lookAtPages(const RowScanPlan& plan, std::vector<Found>& found);
    [[nodiscard]] Status batch(const RowScanPlan& plan, Walk& walk, const CancelToken& cancel);
    [[nodiscard]] Status goOnBelow(const RowScanPlan& plan, Walk& walk, const CancelToken& cancel);
    [[nodiscard]] Result<bool> canRead(const RowScanPlan& plan, std::int64_t from);
    void addLoss(const RowScanPlan& plan, std::int64_t read);
    /// `Row`: the two ways to read one.
    template <class Row> void look(const RowScanPlan& plan, const Row& row, std::vector<Found>& found);
    [[nodiscard]] Status tell(const RowScanPlan& plan, std::vector<Found>& found);
    using RunIds = std::vector<std::optional<std::string>>;
    [[nodiscard]] Result<RunIds> runIdsOf(const RowScanPlan& plan, const std::vector<Found>& found);
    [[nodiscard]] bool neighbouringRunIds(const RowScanPlan& plan, const std::vector<Found>& found, RunIds& runs);
    [[nodiscard]] Result<std::optional<std::string>> runIdOf(Statement& named, const std::string& run);

    Database& m_db;
    const std::vector<TextNeedle>& m_words;
    const TextScanner::Hit& m_hit;
    Reopen m_reopen;
    std::chrono::milliseconds m_batch;
    std::uint64_t m_all; ///< a bit for each text
    RowPages m_pages;
    RowPages::Parts m_parts;
    std::string_view m_bytes; ///< of the row that m_pages stands on
    RunsFound m_known;
    bool m_guarded = false;     ///< of many rows nothing is wanted any more
    sqlite3* m_guard = nullptr; ///< the connection that has the function
    int m_reopens = 0;
    std::vector<ScanLoss> m_losses;
};

} // namespace tackroom
