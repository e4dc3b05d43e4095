// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/base/json.h"
#include "core/clusters/analysis.h"
#include "core/index/indexschema.h"

namespace tackroom
{

namespace
{

std::string versionsJson(const std::vector<VersionCount>& versions)
{
    Json list = Json::array();
    for (const VersionCount& version : versions)
        list.push_back(
            {{"version", version.version}, {"label", version.label}, {"runs", version.runs}, {"outOf", version.outOf}});
    return dumpJson(list);
}

} // namespace

Result<DerivedWriter> DerivedWriter::create(const std::filesystem::path& file)
{
    TR_ASSIGN(Database db, openCacheWriter(file));
    // It lies under a temporary name until it is complete, so nothing of it needs to survive a crash half made.
    TR_TRY(db.exec("PRAGMA synchronous=OFF"));
    DerivedWriter writer(std::move(db));
    TR_ASSIGN(Transaction transaction, writer.m_db.transaction());
    writer.m_transaction.push_back(std::move(transaction));
    TR_TRY(writer.m_db.exec(kDerivedDdl));
    TR_TRY(writer.m_db.exec(formatText("PRAGMA user_version={}", kDerivedSchemaVersion)));
    return writer;
}

Status DerivedWriter::addRun(RunRow row, const OutcomeVerdict& verdict, const std::vector<Signal>& signals)
{
    {
        TR_ASSIGN(Statement insert, m_db.prepare("INSERT INTO outcomes(run_row, outcome, source, reason) VALUES(?,?,?,?)"));
        insert.bind(1, row.value)
            .bind(2, static_cast<int>(verdict.outcome))
            .bind(3, static_cast<int>(verdict.source))
            .bind(4, verdict.reason);
        TR_TRY(insert.run());
    }
    if (signals.empty()) return {};
    TR_ASSIGN(
        Statement insert,
        m_db.prepare("INSERT INTO signals(run_row, ordinal, family, layer, step_id, subject, text, explanation, strength) "
                     "VALUES(?,?,?,?,?,?,?,?,?)"));
    std::int64_t ordinal = 0;
    for (const Signal& signal : signals) {
        insert.bind(1, row.value)
            .bind(2, ordinal++)
            .bind(3, signal.family)
            .bind(4, static_cast<int>(signal.layer))
            .bind(5, signal.stepId);
        insert.bind(6, signal.subject).bind(7, signal.text).bind(8, signal.explanation).bind(9, signal.strength);
        TR_TRY(insert.run());
    }
    return {};
}

Result<std::string> DerivedWriter::explanationOf(RunRow row, std::int64_t ordinal)
{
    TR_ASSIGN(Statement select, m_db.prepare("SELECT explanation FROM signals WHERE run_row=? AND ordinal=?"));
    select.bind(1, row.value).bind(2, ordinal);
    TR_ASSIGN(const bool found, select.step());
    return found ? select.stringAt(0) : std::string();
}

Status DerivedWriter::addCluster(const Grouping& grouping, const ClusterDraft& draft, std::int64_t position)
{
    const ClusterItem& item = draft.item;
    {
        TR_ASSIGN(Statement insert,
                  m_db.prepare("INSERT INTO made_clusters(id, position, layer, layer_share, layer_reason, family, subject, "
                               "signature, label, description, runs, "
                               "failing_runs, users, share_low, share_high, first_seen_ns, last_seen_ns, versions, per_week) "
                               "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
        insert.bind(1, item.id.value)
            .bind(2, position)
            .bind(3, static_cast<int>(item.layer))
            .bind(4, item.layerShare)
            .bind(5, item.layerReason);
        insert.bind(6, item.family)
            .bind(7, item.subject)
            .bind(8, item.signature)
            .bind(9, item.label)
            .bind(10, item.description);
        insert.bind(11, item.runs)
            .bind(12, item.failingRuns)
            .bind(13, item.users)
            .bind(14, item.share.low)
            .bind(15, item.share.high);
        insert.bind(16, item.firstSeen)
            .bind(17, item.lastSeen)
            .bind(18, versionsJson(item.versions))
            .bind(19, dumpJson(Json(item.perWeek)));
        TR_TRY(insert.run());
    }
    TR_ASSIGN(Statement member, m_db.prepare("INSERT INTO made_members(cluster_id, run_row, signal_ordinal) VALUES(?,?,?)"));
    for (const Member& one : draft.group->members) {
        member.bind(1, item.id.value)
            .bind(2, grouping.runs()[one.run].row.value)
            .bind(3, one.hasSignal ? std::int64_t{one.signal.ordinal} : std::int64_t{-1});
        TR_TRY(member.run());
    }
    TR_ASSIGN(
        Statement exemplar,
        m_db.prepare("INSERT INTO made_exemplars(cluster_id, position, run_row, role, step_id, explanation) "
                     "SELECT ?1, ?2, ?3, ?4, coalesce((SELECT step_id FROM signals WHERE run_row=?3 AND ordinal=?5), ?6), "
                     "coalesce((SELECT explanation FROM signals WHERE run_row=?3 AND ordinal=?5), ?7)"));
    std::int64_t place = 0;
    for (const ChosenRun& run : draft.exemplars) {
        exemplar.bind(1, item.id.value).bind(2, place++).bind(3, grouping.runs()[run.run].row.value).bind(4, run.role);
        exemplar.bind(5, run.signalOrdinal).bind(6, run.stepId).bind(7, run.explanation);
        TR_TRY(exemplar.run());
    }
    return {};
}

Status DerivedWriter::finish(const RunsState& state, const std::string& rules, const StoreFrame& frame,
                             const std::filesystem::path& folder, const ClusterLedger& ledger, const CancelToken& cancel)
{
    {
        TR_ASSIGN(Statement insert, m_db.prepare("INSERT INTO meta(key, value) VALUES(?,?)"));
        for (const auto& [key, value] : {std::pair<std::string, std::string>{"runs_epoch", state.epoch},
                                         {"runs_generation", std::to_string(state.generation)},
                                         {"analysis_version", std::to_string(kAnalysisVersion)},
                                         {"outcome_rules", rules},
                                         {"first_week", std::to_string(frame.firstWeek)},
                                         {"last_run", std::to_string(frame.lastRun)},
                                         {"runs_per_week", dumpJson(Json(frame.runsPerWeek))}}) {
            insert.bind(1, key).bind(2, value);
            TR_TRY(insert.run());
        }
    }
    TR_TRY(applyLedger(m_db, folder, ledger, cancel));
    TR_TRY(m_transaction.front().commit());
    m_transaction.clear();
    // A write-ahead log is found by its file's name: left beside the file it would be taken for the log of the next derived.db.
    TR_TRY(m_db.exec("PRAGMA synchronous=FULL"));
    return m_db.exec("PRAGMA journal_mode=DELETE");
}

} // namespace tackroom
