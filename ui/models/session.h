// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/models: what the pages share and the item models, without widgets.
#include "core/clusters/clusters.h"
#include "core/index/readerclient.h"
#include "core/index/runqueries.h"
#include "core/proposals/proposals.h"
#include "core/workspace/judgements.h"
#include "core/workspace/storesettings.h"
#include "core/workspace/workspace.h"
#include "ui/jobs/jobrunner.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

#include <functional>
#include <memory>

namespace tackroom::ui {

/// The open store and the open repository, and the way to ask them. Lives on the GUI thread; all asking happens on workers.
/// Pages hold a reference, connect to its signals, and keep nothing that it keeps.
class Session : public QObject {
    Q_OBJECT
public:
    /// Reading: the runs that are indexed so far can be shown, more come, and there are no clusters yet (stores only).
    enum class State { None, Opening, Reading, Ready, Failed };

    Session(Places places, ReaderClient::Options readerOptions, QObject* parent = nullptr);
    ~Session() override;

    [[nodiscard]] const Places& places() const { return m_places; }
    [[nodiscard]] JobRunner& jobs() { return *m_jobs; }
    [[nodiscard]] const ReaderClient::Options& readerOptions() const { return m_readerOptions; }

    // --- the store
    void openStore(const QString& path);
    /// What a file or folder is, without opening it.
    void recognise(QObject* receiver, const QString& path, std::function<void(Result<StoreInfo>)> then);
    void refreshStore();                                           ///< F5: index what is new
    [[nodiscard]] State storeState() const { return m_storeState; }
    [[nodiscard]] const IndexReport& store() const { return m_store; }   ///< valid when Reading or Ready
    [[nodiscard]] const RunCounts& storeCounts() const { return m_storeCounts; } ///< while Reading: at least so many
    [[nodiscard]] bool storeShown() const { return m_storeState == State::Reading || m_storeState == State::Ready; }
    [[nodiscard]] const Error& storeError() const { return m_storeError; }
    [[nodiscard]] QString storePath() const { return m_storePath; }
    /// Bumped with every storeChanged: results of an older generation are stale.
    [[nodiscard]] int storeGeneration() const { return m_storeGeneration; }

    template <class T>
    quint64 askRuns(QObject* receiver, std::function<Result<T>(RunQueries&)> ask, std::function<void(Result<T>)> then);
    template <class T>
    quint64 askClusters(QObject* receiver, std::function<Result<T>(ClusterQueries&)> ask, std::function<void(Result<T>)> then);
    /// Body of a step, or of the whole run where `stepId` is empty.
    quint64 fetchBody(QObject* receiver, const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes,
                      std::function<void(Result<Body>)> then);

    // --- the repository
    void openRepository(const QString& path, bool adoptPlainFolder = false);
    void refreshRepository();
    [[nodiscard]] State repositoryState() const { return m_repositoryState; }
    [[nodiscard]] const RepositoryInfo& repository() const { return m_repositoryInfo; }
    [[nodiscard]] const Error& repositoryError() const { return m_repositoryError; }
    [[nodiscard]] QString repositoryPath() const { return m_repositoryPath; }
    [[nodiscard]] const std::vector<Proposal>& proposals() const { return m_proposals; }
    [[nodiscard]] const std::vector<Version>& versions() const { return m_versions; } ///< newest first

    /// Runs on the git lane with the open repository. `title` empty: quiet.
    template <class T>
    quint64 askRepository(QObject* receiver, const QString& title, std::function<Result<T>(HarnessRepository&, const CancelToken&)> ask,
                          std::function<void(Result<T>)> then);

    // --- what people say of runs
    [[nodiscard]] const Judgements& judgements() const { return m_judgements; }
    /// The latest word on a run; nothing where nobody has said one.
    [[nodiscard]] const JournalEntry* judgementOf(const RunKey& run) const;
    /// Writes it down in the reviewer's name, resolves the run's outcome anew and tells it by outcomesChanged().
    void judge(const RunJudgement& judgement, const QString& reason);
    /// Takes the last judgement of this session back: a new entry that says what was said before, or nothing.
    void undoJudgement();
    [[nodiscard]] bool canUndoJudgement() const { return !m_undo.empty(); }
    [[nodiscard]] bool judging() const { return m_judgeJobs > 0; }
    /// Every judgement of the open store, one JSON object a line.
    void exportJudgements(const QString& file);

    // --- what people do to clusters
    /// Writes edits down in the reviewer's name and brings the clusters to them; storeChanged() tells it. `done`: what the
    /// status line says.
    void editClusters(std::vector<ClusterEdit> edits, const QString& done);
    /// Takes the last edit of the store's clusters back, whoever made it.
    void undoClusterEdit();
    [[nodiscard]] bool editingClusters() const { return m_clusterJobs > 0; }

    // --- what is set for the open store
    [[nodiscard]] const StoreSettings& storeSettings() const { return m_storeSettings; }
    void setRule(const std::optional<ScoreRule>& rule); ///< analyses anew
    void keepView(const QString& name, const QString& query);
    void forgetView(const QString& name);

    // --- the sample
    void openSample();                                             ///< makes it on first use, then opens its store and harness
    void playSampleRuns(int runs);                                 ///< appends runs of the live version, then refreshes
    [[nodiscard]] bool isSample() const;                           ///< the open store is the played sample

    [[nodiscard]] Reviewer reviewer() const;                       ///< empty name where not set
    void setReviewer(const Reviewer& reviewer);
    [[nodiscard]] std::vector<Recent> recents() const;
    void forgetRecent(const Recent& recent);
    /// The label (v4) of a commit id as traces name it, from the open repository; the text itself (short) where unknown.
    [[nodiscard]] QString versionLabel(const std::string& commitOrVersion) const;

Q_SIGNALS:
    void storeChanged();        ///< state, counts or content; generation bumped
    void outcomesChanged();     ///< a judgement was made or taken back: the same runs, other outcomes
    void viewsChanged();        ///< saved views of the open store
    void repositoryChanged();   ///< state, tip, versions, proposals
    void newsRaised(const QString& text);
    void failureRaised(const tackroom::Error& error);

private:
    struct Lane;
    void loadRepositoryLists();
    void startReading(bool quiet);
    void storeOpened(const IndexReport& report);
    void lookAtGrowingStore();
    void storeIndexed(Result<IndexReport> report);
    void lookForChanges();
    void writeJudgement(const RunJudgement& judgement, const std::string& reason);
    void writeClusterEdits(std::function<Result<std::vector<ClusterEdit>>()> edits, const QString& done);
    void analyseAgain();
    void exchangeWithRepository();
    void keepSettings(StoreSettings settings);

    Places m_places;
    ReaderClient::Options m_readerOptions;
    std::unique_ptr<JobRunner> m_jobs;
    std::shared_ptr<Lane> m_lane;             ///< objects that live on worker threads: the repository, the fetching reader
    State m_storeState = State::None, m_repositoryState = State::None;
    IndexReport m_store;
    RunCounts m_storeCounts;
    Error m_storeError, m_repositoryError;
    QString m_storePath, m_repositoryPath;
    int m_storeGeneration = 0;
    quint64 m_storeJob = 0, m_repositoryJob = 0;
    // The store as it grows: while it is read for the first time, and afterwards.
    QTimer m_growing, m_following;
    quint64 m_growingJob = 0, m_stampJob = 0;
    bool m_storeBusy = false;              ///< it is being read, or its clusters are being made
    QElapsedTimer m_readingSince, m_readAt;
    qint64 m_readingMs = 0;                ///< how long that took the last time
    std::string m_storeStamp;              ///< of what was read
    Judgements m_judgements;
    std::vector<std::pair<std::string, std::optional<JournalEntry>>> m_undo; ///< run, and what was said of it before
    int m_judgeJobs = 0, m_clusterJobs = 0;
    QTimer m_analyseSoon; ///< the clusters follow when judging pauses
    StoreSettings m_storeSettings;
    RepositoryInfo m_repositoryInfo;
    std::vector<Proposal> m_proposals;
    std::vector<Version> m_versions;

    HarnessRepository* laneRepository() const; ///< git lane only
};

template <class T>
quint64 Session::askRuns(QObject* receiver, std::function<Result<T>(RunQueries&)> ask, std::function<void(Result<T>)> then)
{
    return m_jobs->start<T>(
        {QString(), ui::Lane::Pool, true, true}, receiver,
        [folder = m_store.folder, ask = std::move(ask)](const CancelToken& cancel, const Progress&) -> Result<T> {
            TR_ASSIGN(auto queries, RunQueries::open(folder, cancel));
            return ask(*queries);
        },
        std::move(then));
}

template <class T>
quint64 Session::askClusters(QObject* receiver, std::function<Result<T>(ClusterQueries&)> ask, std::function<void(Result<T>)> then)
{
    return m_jobs->start<T>(
        {QString(), ui::Lane::Pool, true, true}, receiver,
        [folder = m_store.folder, ask = std::move(ask)](const CancelToken& cancel, const Progress&) -> Result<T> {
            TR_ASSIGN(auto queries, ClusterQueries::open(folder, cancel));
            return ask(*queries);
        },
        std::move(then));
}

template <class T>
quint64 Session::askRepository(QObject* receiver, const QString& title, std::function<Result<T>(HarnessRepository&, const CancelToken&)> ask,
                               std::function<void(Result<T>)> then)
{
    return m_jobs->start<T>(
        {title, ui::Lane::Git, true, title.isEmpty()}, receiver,
        [this, ask = std::move(ask)](const CancelToken& cancel, const Progress&) -> Result<T> {
            HarnessRepository* repository = laneRepository();
            if (!repository) return fail(ErrorCode::NotFound, {}, "no harness repository is open");
            return ask(*repository, cancel);
        },
        std::move(then));
}

} // namespace tackroom::ui
