// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// runs.db as its one writer has it: what stands in which table, transactions, totals. One thread at a time; indexwriter.h puts
/// a thread before it.
#include "core/index/packedrun.h"
#include "core/sql/sql.h"
#include "core/traces/versionrule.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tackroom
{

class RunsFile
{
public:
    /// Opens or makes the file. Damaged and another schema are healed by beginning anew.
    [[nodiscard]] static Result<std::unique_ptr<RunsFile>> open(const std::filesystem::path& file);

    struct Totals {
        std::int64_t runs = 0, steps = 0, scores = 0, decisions = 0, unreadable = 0;
        friend bool operator==(const Totals&, const Totals&) = default;
    };
    [[nodiscard]] const Totals& totals() const { return m_totals; }
    [[nodiscard]] std::int64_t newRuns() const { return m_newRuns; }
    [[nodiscard]] std::int64_t removedRuns() const { return m_removedRuns; }
    [[nodiscard]] Result<std::string> meta(std::string_view key);

    [[nodiscard]] Status startOver();
    [[nodiscard]] Status put(const PackedRun& run);
    [[nodiscard]] Status skip(std::string_view where, std::string_view why);
    [[nodiscard]] Status beginSource(std::string_view source, RunSink::Extent extent);
    [[nodiscard]] Status endSource();
    [[nodiscard]] Status sourceIsGone(std::string_view source);
    [[nodiscard]] Result<std::string> placeOf(std::string_view source, std::string_view nativeId);
    /// Gives every run that is there the harness version that the rule says, and notes the rule.
    [[nodiscard]] Status resolveVersions(const VersionRule& rule);
    [[nodiscard]] Status noteVersionKeys(std::string_view keys);
    /// Commits where the transaction is old enough; the first ones soon, so that something is seen.
    [[nodiscard]] Status commitIfDue();
    /// Of a file that is being filled with about so many runs (0: not known): makes one of the indexes where it is time to.
    [[nodiscard]] Status makeIndexIfDue(std::int64_t expectedRuns);
    [[nodiscard]] Status commit();
    /// Takes away what was not delivered again after startOver(), notes where the next ingest begins, makes the indexes that
    /// are missing, and commits.
    [[nodiscard]] Status finish(const std::string& kind, const std::string& fingerprint, const std::string& cursor);

private:
    explicit RunsFile(Database db) : m_db(std::move(db)) {}
    [[nodiscard]] Status load(bool onDisk);
    [[nodiscard]] Status begin();
    [[nodiscard]] Status setMeta(std::string_view key, std::string_view value);
    [[nodiscard]] Status beginBulk();
    [[nodiscard]] Status makeIndexes();
    [[nodiscard]] Result<std::int64_t> insertRun(const PackedRun& run, std::int64_t nameSet);
    [[nodiscard]] Status updateRun(const PackedRun& run, std::int64_t nameSet, std::int64_t row);
    struct Former {
        std::int64_t row = 0, content = 0;
        std::string source, place;
    };
    [[nodiscard]] Status lookUp(const RunKey& key, Former& former);
    [[nodiscard]] Status moveRun(const Former& former, const Run& run);
    [[nodiscard]] Status putParts(const PackedRun& run, std::int64_t row);
    [[nodiscard]] Result<std::int64_t> nameSetOf(const PackedRun& run);
    [[nodiscard]] Result<std::int64_t> nameSetRow(std::vector<std::int64_t> names);
    [[nodiscard]] Result<std::int64_t> nameRow(std::int64_t field, const std::string& name);
    [[nodiscard]] Status removeParts(std::int64_t row);
    [[nodiscard]] Status removeRun(std::int64_t row);
    [[nodiscard]] Status removeUnseen();
    [[nodiscard]] Status rowsOfSource(std::string_view source, std::unordered_set<std::int64_t>& rows);
    [[nodiscard]] bool isSeen(std::int64_t row) const;
    [[nodiscard]] Status forgetSkipped(std::string_view source);
    void see(std::int64_t row);

    Database m_db;
    std::optional<Statement> m_insertRun, m_insertPart; ///< kept: what is bound to them keeps its room
    std::optional<Transaction> m_transaction;
    std::chrono::steady_clock::time_point m_began;
    std::chrono::milliseconds m_patience{0}; ///< how old the transaction may become
    Totals m_totals;
    std::int64_t m_generation = 0;
    std::int64_t m_lastRow = 0; ///< ids are given here: SQLite's AUTOINCREMENT writes a row of its own for each insert
    std::int64_t m_newRuns = 0, m_removedRuns = 0;
    bool m_changed = false;    ///< something since BEGIN that a reader could see
    bool m_bulk = false;       ///< the file was empty: indexes come at the end, and nothing waits for the disk until then
    std::size_t m_indexes = 0; ///< of kRunsIndexes that were made while it was filled
    bool m_startedOver = false;
    std::vector<bool> m_seen;                          ///< by row, after startOver()
    std::string m_source;                              ///< that is being read
    std::unordered_set<std::int64_t> m_unseenOfSource; ///< rows of the source that is being read, not delivered again so far
    std::unordered_map<std::string, std::int64_t> m_names;    ///< rows of `names`, by field and name
    std::unordered_map<std::string, std::int64_t> m_nameSets; ///< rows of `name_sets`, by the names of a run in its order
    std::size_t m_nameSetBytes = 0;                           ///< of its keys
    std::string m_nameKey;                                    ///< of m_nameSets, used again
};

} // namespace tackroom
