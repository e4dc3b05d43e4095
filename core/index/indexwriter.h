// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The RunSink that writes runs.db. Used by ingest.cpp alone.
#include "core/readers/readers.h"
#include "core/sql/sql.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace tackroom
{

class IndexWriter : public RunSink
{
public:
    /// Opens or makes the file. Damaged and another schema are healed by beginning anew.
    [[nodiscard]] static Result<std::unique_ptr<IndexWriter>> open(const std::filesystem::path& file, const Progress& progress);

    struct Totals {
        std::int64_t runs = 0, steps = 0, scores = 0, decisions = 0, unreadable = 0;
        friend bool operator==(const Totals&, const Totals&) = default;
    };
    [[nodiscard]] const Totals& totals() const { return m_totals; }
    [[nodiscard]] std::int64_t newRuns() const { return m_newRuns; }
    [[nodiscard]] std::int64_t removedRuns() const { return m_removedRuns; }
    [[nodiscard]] Result<std::string> meta(std::string_view key);

    // RunSink
    void startsOver() override;
    [[nodiscard]] Status add(RunRecord record) override;
    void beginSource(std::string_view source) override;
    [[nodiscard]] Status endSource() override;
    [[nodiscard]] Status sourceIsGone(std::string_view source) override;
    [[nodiscard]] Result<std::string> placeOf(std::string_view source, std::string_view nativeId) override;
    void skipped(std::string where, std::string why) override;
    void progress(std::uint64_t doneRuns, std::uint64_t totalRuns) override;

    /// Takes away what was not delivered again after startsOver(), and notes where the next ingest begins.
    [[nodiscard]] Status finish(const std::string& kind, const std::string& fingerprint, const std::string& cursor);
    /// Keeps what was written so far, without the new cursor: for an ingest that ended early.
    [[nodiscard]] Status keep();

private:
    explicit IndexWriter(Database db, const Progress& progress) : m_db(std::move(db)), m_progress(progress) {}
    [[nodiscard]] Status load();
    [[nodiscard]] Status begin();
    [[nodiscard]] Status commit();
    [[nodiscard]] Status setMeta(std::string_view key, std::string_view value);
    [[nodiscard]] Status writeRun(const RunRecord& record, std::int64_t content, std::int64_t& row);
    [[nodiscard]] Status writeSteps(std::int64_t row, const std::vector<Step>& steps, std::int64_t& written);
    [[nodiscard]] Status removeParts(std::int64_t row);
    [[nodiscard]] Status removeUnseen();
    [[nodiscard]] Status removeRun(std::int64_t row);
    [[nodiscard]] Status rowsOfSource(std::string_view source, std::unordered_set<std::int64_t>& rows);
    [[nodiscard]] Status noteSkipped(std::string_view where, std::string_view why);
    void see(std::int64_t row);

    Database m_db;
    Progress m_progress;
    std::optional<Transaction> m_transaction;
    std::chrono::steady_clock::time_point m_began;
    Totals m_totals;
    std::int64_t m_generation = 0;
    std::int64_t m_newRuns = 0, m_removedRuns = 0;
    std::int64_t m_inTransaction = 0; ///< runs written since BEGIN
    bool m_changed = false;           ///< something since BEGIN that a reader could see
    bool m_startedOver = false;
    std::vector<bool> m_seen;       ///< by row, after startsOver()
    std::unordered_set<std::int64_t> m_unseenOfSource; ///< rows of the source that is being read, not delivered again so far
    std::optional<Error> m_failure; ///< of a call that cannot answer; returned by the next that can
};

} // namespace tackroom
