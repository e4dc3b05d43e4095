// SPDX-License-Identifier: GPL-3.0-or-later
/// What people say of runs, and what they set for a store: the part of the session that writes.
#include "core/platform/atomicfile.h"
#include "core/workspace/clusteredits.h"
#include "core/workspace/exchange.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/models/session.h"

#include <algorithm>

namespace tackroom::ui
{

namespace
{

constexpr std::int64_t kFewRuns = 50'000; ///< so many are grouped anew in the background within seconds

struct Written {
    Judged judged;
    Judgements judgements;
    RunCounts counts;
};

Result<std::string> judgementLines(const Places& places, const std::filesystem::path& folder, const CancelToken& cancel)
{
    TR_ASSIGN(const auto runs, RunQueries::open(folder, cancel));
    TR_ASSIGN(const Judgements judgements, readJudgements(places));
    std::string lines;
    for (const auto& [key, entry] : judgements) {
        const auto row = runs->find(key);
        if (!row) continue; // of another store
        TR_ASSIGN(const RunListItem item, runs->item(*row));
        lines += dumpJson(exportOf(entry, &item), -1) + "\n";
    }
    return lines;
}

} // namespace

const JournalEntry* Session::judgementOf(const RunKey& run) const
{
    const auto found = m_judgements.find(run.value);
    return found == m_judgements.end() ? nullptr : &found->second;
}

void Session::judge(const RunJudgement& judgement, const QString& reason)
{
    const JournalEntry* before = judgementOf(RunKey(judgement.run));
    m_undo.emplace_back(judgement.run, before ? std::optional(*before) : std::nullopt);
    writeJudgement(judgement, utf8(reason));
}

void Session::undoJudgement()
{
    if (m_undo.empty()) return;
    const auto [run, before] = std::move(m_undo.back());
    m_undo.pop_back();
    RunJudgement judgement;
    judgement.run = run;
    judgement.verdict = JudgeVerdict::Withdrawn;
    writeJudgement(before ? *before->judgement : judgement, before ? before->reason : std::string());
}

void Session::writeJudgement(const RunJudgement& judgement, const std::string& reason)
{
    ++m_judgeJobs;
    m_analyseSoon.stop();
    // On the git lane: two judgements come into the journal in the order in which they were made.
    m_jobs->start<Written>(
        {QString(), ui::Lane::Git, false, true}, this,
        [this, judgement, reason, reviewer = reviewer(), places = m_places, folder = m_store.folder](const CancelToken& cancel, const Progress&) -> Result<Written> {
            Written written;
            TR_ASSIGN(written.judged, judgeRun(places, laneRepository(), judgement, reviewer, reason, cancel));
            TR_ASSIGN(const OutcomeRules rules, outcomeRulesOf(places, folder));
            TR_TRY(updateOutcomes(folder, {RunKey(judgement.run)}, rules, cancel));
            TR_ASSIGN(written.judgements, readJudgements(places));
            TR_ASSIGN(const auto runs, RunQueries::open(folder, cancel));
            TR_ASSIGN(written.counts, runs->counts());
            return written;
        },
        [this](Result<Written> written) {
            --m_judgeJobs;
            if (!written) {
                if (!m_undo.empty()) m_undo.pop_back();
                Q_EMIT failureRaised(written.error());
                Q_EMIT outcomesChanged();
                return;
            }
            if (written->judged.notShared) Q_EMIT failureRaised(*written->judged.notShared);
            m_judgements = std::move(written->judgements);
            m_storeCounts = written->counts;
            Q_EMIT outcomesChanged();
            if (m_judgeJobs == 0 && m_storeCounts.runs <= kFewRuns) m_analyseSoon.start();
        });
}

void Session::analyseAgain()
{
    if (m_storeState != State::Ready) return;
    struct Done {
        RunCounts counts;
    };
    m_jobs->start<Done>(
        {tr("Grouping the failures anew"), ui::Lane::Pool, true, false}, this,
        [places = m_places, folder = m_store.folder](const CancelToken& cancel, const Progress& progress) -> Result<Done> {
            TR_ASSIGN(const OutcomeRules rules, outcomeRulesOf(places, folder));
            TR_ASSIGN(const ClusterLedger ledger, readClusterLedger(places, folder));
            TR_TRY(analyse(folder, cancel, progress, rules, ledger));
            TR_ASSIGN(const auto runs, RunQueries::open(folder, cancel));
            Done done;
            TR_ASSIGN(done.counts, runs->counts());
            return done;
        },
        [this, generation = m_storeGeneration](Result<Done> done) {
            if (generation != m_storeGeneration) return;
            if (!done) {
                if (done.error().code != ErrorCode::Cancelled) Q_EMIT failureRaised(done.error());
                return;
            }
            m_storeCounts = done->counts;
            ++m_storeGeneration;
            Q_EMIT storeChanged();
        });
}

void Session::exchangeWithRepository()
{
    if (m_storeState != State::Ready || m_repositoryState != State::Ready) return;
    struct Done {
        Exchanged came;
        Judgements judgements;
    };
    m_jobs->start<Done>(
        {QString(), ui::Lane::Git, true, true}, this,
        [this, places = m_places, folder = m_store.folder](const CancelToken& cancel, const Progress&) -> Result<Done> {
            Done done;
            HarnessRepository* repository = laneRepository();
            if (!repository) return done;
            TR_ASSIGN(done.came, exchangeWords(places, *repository, folder, cancel));
            TR_ASSIGN(done.judgements, readJudgements(places));
            return done;
        },
        [this](Result<Done> exchanged) {
            if (!exchanged) {
                if (exchanged.error().code != ErrorCode::Cancelled) Q_EMIT failureRaised(exchanged.error());
                return;
            }
            const auto [judgements, edits] = exchanged->came;
            if (judgements + edits == 0) return;
            m_judgements = std::move(exchanged->judgements);
            if (judgements > 0)
                Q_EMIT newsRaised(
                    judgements == 1
                        ? tr("1 judgement came from the repository.")
                        : tr("%1 judgements came from the repository.").arg(countText(static_cast<std::int64_t>(judgements))));
            if (edits > 0)
                Q_EMIT newsRaised(edits == 1 ? tr("1 edit of the clusters came from the repository.")
                                             : tr("%1 edits of the clusters came from the repository.")
                                                   .arg(countText(static_cast<std::int64_t>(edits))));
            analyseAgain();
        });
}

void Session::exportJudgements(const QString& file)
{
    m_jobs->start<std::string>(
        {tr("Writing the judgements"), ui::Lane::Pool, true, false}, this,
        [file = std::filesystem::path(utf8(file)), places = m_places, folder = m_store.folder](const CancelToken& cancel, const Progress&) -> Result<std::string> {
            TR_ASSIGN(std::string lines, judgementLines(places, folder, cancel));
            TR_TRY(writeFileAtomically(file, lines));
            return lines;
        },
        [this, file](Result<std::string> lines) {
            if (!lines) {
                Q_EMIT failureRaised(lines.error());
                return;
            }
            const auto count = std::count(lines->begin(), lines->end(), '\n');
            const QString where = shownLine(utf8(file));
            Q_EMIT newsRaised(count == 1 ? tr("1 judgement was written to %1.").arg(where) : tr("%1 judgements were written to %2.").arg(countText(count), where));
        });
}

// --------------------------------------------------------------------------------------------------- settings of the store
void Session::keepSettings(StoreSettings settings)
{
    m_storeSettings = std::move(settings);
    struct Kept {};
    m_jobs->start<Kept>(
        {QString(), ui::Lane::Git, false, true}, this,
        [places = m_places, folder = m_store.folder, kept = m_storeSettings](const CancelToken&, const Progress&) -> Result<Kept> {
            TR_TRY(writeStoreSettings(places, folder, kept));
            return Kept{};
        },
        [this](Result<Kept> kept) {
            if (!kept) Q_EMIT failureRaised(kept.error());
        });
}

void Session::setRule(const std::optional<ScoreRule>& rule)
{
    StoreSettings settings = m_storeSettings;
    settings.rule = rule;
    m_storeSettings = settings;
    struct Kept {};
    m_jobs->start<Kept>(
        {QString(), ui::Lane::Git, false, true}, this,
        [places = m_places, folder = m_store.folder, settings](const CancelToken&, const Progress&) -> Result<Kept> {
            TR_TRY(writeStoreSettings(places, folder, settings));
            return Kept{};
        },
        [this](Result<Kept> kept) {
            if (kept)
                analyseAgain();
            else
                Q_EMIT failureRaised(kept.error());
        });
}

void Session::keepView(const QString& name, const QString& query)
{
    StoreSettings settings = m_storeSettings;
    tackroom::keepView(settings, {utf8(name), utf8(query)});
    keepSettings(std::move(settings));
    Q_EMIT viewsChanged();
}

void Session::forgetView(const QString& name)
{
    StoreSettings settings = m_storeSettings;
    std::erase_if(settings.views, [&](const SavedView& view) { return view.name == utf8(name); });
    keepSettings(std::move(settings));
    Q_EMIT viewsChanged();
}

} // namespace tackroom::ui
