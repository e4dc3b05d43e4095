// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clusters/analysis.h"

#include "core/clusters/labels.h"
#include "core/index/indexschema.h"
#include "core/platform/atomicfile.h"
#include "core/platform/filelock.h"

#include <chrono>
#include <functional>
#include <system_error>

namespace tackroom
{

namespace
{

namespace fs = std::filesystem;

constexpr std::string_view kNewSuffix = ".new";
constexpr int kLockWaitMs = 120'000;
constexpr std::uint64_t kReportEvery = 500;

/// Whether derived.db was computed from just this runs.db by just this program; false too where it cannot be read.
/// `ledger`: also its clusters are as this ledger (by fingerprint) has them.
bool isCurrent(const fs::path& file, const RunsState& state, const std::string& rules, const std::string* ledger,
               AnalysisReport& report)
{
    auto db = openCacheReader(file);
    if (!db) return false;
    const auto version = db->scalar("PRAGMA user_version");
    if (!version || *version != kDerivedSchemaVersion) return false;
    auto meta = db->prepare(
        "SELECT (SELECT value FROM meta WHERE key='runs_epoch'), (SELECT value FROM meta WHERE key='runs_generation'), "
        "(SELECT value FROM meta WHERE key='analysis_version'), (SELECT value FROM meta WHERE key='outcome_rules'), "
        "(SELECT value FROM meta WHERE key='cluster_ledger')");
    if (!meta) return false;
    if (const auto row = meta->step(); !row || !*row) return false;
    if (meta->textAt(0) != state.epoch || meta->textAt(1) != std::to_string(state.generation) ||
        meta->textAt(2) != std::to_string(kAnalysisVersion) || meta->textAt(3) != rules ||
        (ledger && meta->textAt(4) != *ledger))
        return false;
    auto counts = db->prepare("SELECT (SELECT count(*) FROM outcomes), (SELECT count(*) FROM outcomes WHERE outcome=?), "
                              "(SELECT count(*) FROM signals), "
                              "(SELECT count(*) FROM clusters)");
    if (!counts) return false;
    counts->bind(1, static_cast<int>(Outcome::Failure));
    if (const auto row = counts->step(); !row || !*row) return false;
    report.runs = counts->intAt(0);
    report.failingRuns = counts->intAt(1);
    report.signals = counts->intAt(2);
    report.clusters = counts->intAt(3);
    return true;
}

Result<std::map<std::string, std::string>> versionLabels(const fs::path& folder, const CancelToken& cancel)
{
    TR_ASSIGN(Database db, openCacheReader(folder / kRunsFile, cancel));
    TR_ASSIGN(Statement select,
              db.prepare("SELECT harness_version, max(harness_version_label) FROM runs GROUP BY harness_version"));
    std::map<std::string, std::string> labels;
    for (;;) {
        TR_ASSIGN(const bool row, select.step());
        if (!row) return labels;
        labels.emplace(select.stringAt(0), select.stringAt(1));
    }
}

void removeLeftovers(const fs::path& file)
{
    std::error_code ignored; // what cannot be removed shows itself when the file is opened
    for (const char* end : {"", "-wal", "-shm", "-journal"}) fs::remove(fs::path(file.string() + end), ignored);
}

class Analysis
{
public:
    Analysis(fs::path folder, const OutcomeRules& rules, const ClusterLedger& ledger, const CancelToken& cancel,
             const Progress& progress)
        : m_folder(std::move(folder)), m_rules(rules), m_ledger(ledger), m_cancel(cancel), m_progress(progress)
    {
    }

    Status run(AnalysisReport& report, std::int64_t expectedRuns)
    {
        const fs::path file = m_folder / kDerivedFile, fresh = file.string() + std::string(kNewSuffix);
        removeLeftovers(fresh);
        const auto done = write(fresh, report, expectedRuns);
        if (!done) {
            removeLeftovers(fresh);
            return done;
        }
        std::error_code error;
        fs::rename(fresh, file, error);
        if (error) return fail(ErrorCode::Io, file.string(), "cannot be put in place: " + error.message());
        return syncDirectory(m_folder);
    }

private:
    Status write(const fs::path& file, AnalysisReport& report, std::int64_t expectedRuns)
    {
        TR_ASSIGN(DerivedWriter writer, DerivedWriter::create(file));
        Grouping grouping;
        PassingPool pool;
        TR_ASSIGN(const RunsState state, readRuns(writer, grouping, pool, report, expectedRuns));
        m_progress.report("clustering", 0, 1);
        TR_ASSIGN(const auto labels, versionLabels(m_folder, m_cancel));
        const std::vector<Group> groups = grouping.finish();
        const StoreFrame frame = frameOf(grouping, labels);
        std::vector<ClusterDraft> drafts = draftClusters(grouping, groups, pool, frame);
        if (m_cancel.cancelled()) return CancelToken::error();
        TR_TRY(describe(writer, grouping, drafts));
        std::int64_t position = 0;
        for (const ClusterDraft& draft : drafts) TR_TRY(writer.addCluster(grouping, draft, position++));
        report.runs = static_cast<std::int64_t>(grouping.runs().size());
        report.failingRuns = grouping.all().failing;
        report.clusters = static_cast<std::int64_t>(drafts.size());
        TR_TRY(writer.finish(state, m_rules.fingerprint(), frame, m_folder, m_ledger, m_cancel));
        m_progress.report("clustering", 1, 1);
        return {};
    }

    Result<RunsState> readRuns(DerivedWriter& writer, Grouping& grouping, PassingPool& pool, AnalysisReport& report,
                               std::int64_t expectedRuns)
    {
        std::uint64_t done = 0;
        const auto visit = [&](RunRow row, const RunRecord& record) -> Status {
            if (m_cancel.cancelled()) return CancelToken::error();
            const OutcomeVerdict verdict = resolveOutcome(record, m_rules);
            const std::vector<Signal> signals = detectSignals(record);
            if (verdict.outcome == Outcome::Success) pool.add(static_cast<std::uint32_t>(grouping.runs().size()), record);
            grouping.add(row, record, verdict, signals);
            report.signals += static_cast<std::int64_t>(signals.size());
            if (++done % kReportEvery == 0) m_progress.report("analysing", done, static_cast<std::uint64_t>(expectedRuns));
            return writer.addRun(row, verdict, signals);
        };
        return forEachRecord(m_folder, visit, m_cancel);
    }

    static Status describe(DerivedWriter& writer, const Grouping& grouping, std::vector<ClusterDraft>& drafts)
    {
        for (ClusterDraft& draft : drafts) {
            const ChosenRun& typical = draft.exemplars.front();
            TR_ASSIGN(const std::string explanation,
                      writer.explanationOf(grouping.runs()[typical.run].row, typical.signalOrdinal));
            draft.item.description = descriptionOf(grouping, *draft.group, draft.item, explanation);
        }
        return {};
    }

    fs::path m_folder;
    const OutcomeRules& m_rules;
    const ClusterLedger& m_ledger;
    const CancelToken& m_cancel;
    const Progress& m_progress;
};

/// Changes a copy under another name and puts it in place, as analyse() does it: who reads sees the old file or the new one.
/// Nothing is done where there is none. The caller holds the lock.
Status changeDerived(const fs::path& folder, const std::function<Status(Database&)>& change)
{
    const fs::path derived = folder / kDerivedFile, fresh = derived.string() + std::string(kNewSuffix);
    removeLeftovers(fresh);
    std::error_code error;
    if (!fs::exists(derived, error)) return {};
    fs::copy_file(derived, fresh, error);
    if (error) return fail(ErrorCode::Io, fresh.string(), "cannot be written: " + error.message());
    const auto changed = [&]() -> Status {
        TR_ASSIGN(Database db, openCacheWriter(fresh));
        {
            TR_ASSIGN(Transaction transaction, db.transaction());
            TR_TRY(change(db));
            TR_TRY(transaction.commit());
        }
        return db.exec("PRAGMA journal_mode=DELETE"); // a write-ahead log beside it would be taken for that of the next file
    }();
    if (!changed) {
        removeLeftovers(fresh);
        return changed;
    }
    fs::rename(fresh, derived, error);
    if (error) return fail(ErrorCode::Io, derived.string(), "cannot be put in place: " + error.message());
    return syncDirectory(folder);
}

/// The fingerprint of the rules stays the old one: the clusters still are those.
Status writeOutcomes(Database& db, const fs::path& folder, const std::vector<RunKey>& runs, const OutcomeRules& rules,
                     const CancelToken& cancel)
{
    TR_ASSIGN(const auto queries, RunQueries::open(folder, cancel));
    for (const RunKey& key : runs) {
        const auto row = queries->find(key.value);
        if (!row && row.error().code == ErrorCode::NotFound) continue;
        if (!row) return std::unexpected(row.error());
        TR_ASSIGN(const RunRecord record, readRecord(folder, *row));
        const OutcomeVerdict verdict = resolveOutcome(record, rules);
        TR_ASSIGN(Statement insert,
                  db.prepare("INSERT OR REPLACE INTO outcomes(run_row, outcome, source, reason) VALUES(?,?,?,?)"));
        insert.bind(1, row->value)
            .bind(2, static_cast<int>(verdict.outcome))
            .bind(3, static_cast<int>(verdict.source))
            .bind(4, verdict.reason);
        TR_TRY(insert.run());
    }
    return {};
}

/// Brings the clusters to the ledger; nothing where they have it. The caller holds the lock.
Result<LedgerReport> writeLedger(const fs::path& folder, const ClusterLedger& ledger, const CancelToken& cancel)
{
    LedgerReport report;
    {
        TR_ASSIGN(Database db, openCacheReader(folder / kDerivedFile, cancel));
        TR_ASSIGN(const std::int64_t version, db.scalar("PRAGMA user_version"));
        if (version != kDerivedSchemaVersion) return report; // the next analysis makes it anew
        TR_ASSIGN(Statement meta, db.prepare("SELECT value FROM meta WHERE key='cluster_ledger'"));
        TR_ASSIGN(const bool has, meta.step());
        if (has && meta.textAt(0) == ledger.fingerprint()) return report;
    }
    TR_TRY(changeDerived(folder, [&](Database& db) -> Status {
        TR_ASSIGN(report, applyLedger(db, folder, ledger, cancel));
        return {};
    }));
    return report;
}

} // namespace

Result<AnalysisReport> analyse(const std::filesystem::path& storeCacheFolder, const CancelToken& cancel,
                               const Progress& progress, const OutcomeRules& rules, const ClusterLedger& ledger)
{
    const auto begun = std::chrono::steady_clock::now();
    AnalysisReport report;
    const auto finished = [&] {
        report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
        return report;
    };
    TR_ASSIGN(RunsState state, readRunsState(storeCacheFolder));
    const fs::path derived = storeCacheFolder / kDerivedFile;
    const std::string said = ledger.fingerprint();
    report.wasCurrent = isCurrent(derived, state, rules.fingerprint(), &said, report);
    if (report.wasCurrent) return finished();
    TR_ASSIGN(const FileLock lock, FileLock::acquire(storeCacheFolder / kDerivedLock, kLockWaitMs, cancel));
    // Whoever held the lock may have done the work.
    TR_ASSIGN(state, readRunsState(storeCacheFolder));
    report.wasCurrent = isCurrent(derived, state, rules.fingerprint(), nullptr, report);
    if (report.wasCurrent) {
        TR_TRY(writeLedger(storeCacheFolder, ledger, cancel));
        return finished();
    }
    report = {};
    TR_TRY(Analysis(storeCacheFolder, rules, ledger, cancel, progress).run(report, state.runs));
    return finished();
}

Status updateOutcomes(const std::filesystem::path& storeCacheFolder, const std::vector<RunKey>& runs, const OutcomeRules& rules,
                      const CancelToken& cancel)
{
    TR_ASSIGN(const FileLock lock, FileLock::acquire(storeCacheFolder / kDerivedLock, kLockWaitMs, cancel));
    return changeDerived(storeCacheFolder,
                         [&](Database& db) { return writeOutcomes(db, storeCacheFolder, runs, rules, cancel); });
}

Result<LedgerReport> updateClusters(const std::filesystem::path& storeCacheFolder, const ClusterLedger& ledger,
                                    const CancelToken& cancel)
{
    TR_ASSIGN(const FileLock lock, FileLock::acquire(storeCacheFolder / kDerivedLock, kLockWaitMs, cancel));
    std::error_code error;
    if (!fs::exists(storeCacheFolder / kDerivedFile, error)) return LedgerReport{};
    return writeLedger(storeCacheFolder, ledger, cancel);
}

} // namespace tackroom
