// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/session.h"

#include "core/sample/sample.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"

#include <QSettings>

#include <mutex>

namespace tackroom::ui {

namespace {
constexpr int kAnalyseDelayMs = 4000;
constexpr const char* kReviewerName = "reviewer/name";
constexpr const char* kReviewerMail = "reviewer/mail";
/// When a store that is being read is looked at for its first rows, and then for more; how often an open one for changes.
constexpr int kFirstLookMs = 60, kNextLookMs = 700, kFollowMs = 2000;

struct OpenedRepository {
    RepositoryInfo info;
    std::vector<Proposal> proposals;
    std::vector<Version> versions;
};

Result<OpenedRepository> describe(HarnessRepository& repository, const CancelToken& cancel)
{
    OpenedRepository opened;
    opened.info = repository.info();
    TR_ASSIGN(opened.versions, repository.versions());
    TR_ASSIGN(opened.proposals, listProposals(repository, cancel));
    return opened;
}
} // namespace

/// What worker threads own: made, used and destroyed there.
struct Session::Lane {
    std::unique_ptr<HarnessRepository> repository; ///< git lane only
    std::mutex readerMutex;                        ///< one fetch at a time
    std::unique_ptr<ReaderClient> reader;
    std::filesystem::path readerStore;
    std::unique_ptr<RunQueries> inUse; ///< of the open store: as long as it is open, no other Tackroom evicts its index
};

Session::Session(Places places, ReaderClient::Options readerOptions, QObject* parent)
    : QObject(parent), m_places(std::move(places)), m_readerOptions(std::move(readerOptions)), m_jobs(std::make_unique<JobRunner>()),
      m_lane(std::make_shared<Lane>())
{
    connect(&m_growing, &QTimer::timeout, this, &Session::lookAtGrowingStore);
    connect(&m_following, &QTimer::timeout, this, &Session::lookForChanges);
    m_readAt.start();
    m_following.start(kFollowMs);
    m_analyseSoon.setSingleShot(true);
    m_analyseSoon.setInterval(kAnalyseDelayMs);
    connect(&m_analyseSoon, &QTimer::timeout, this, &Session::analyseAgain);
}

Session::~Session()
{
    // The runner waits for its jobs, which may still use the lane.
    m_jobs.reset();
}

HarnessRepository* Session::laneRepository() const { return m_lane->repository.get(); }

// ------------------------------------------------------------------------------------------------------------- the store
void Session::openStore(const QString& path)
{
    m_jobs->cancel(m_storeJob);
    if (path != m_storePath) {
        m_storeState = State::Opening;
        m_store = {};
        m_storeCounts = {};
        m_undo.clear();
        m_storeSettings = {};
        m_analyseSoon.stop();
    } else if (m_storeState != State::Ready) {
        m_storeState = State::Opening;
    }
    m_storePath = path;
    ++m_storeGeneration;
    Q_EMIT storeChanged();
    startReading(false);
}

void Session::startReading(bool quiet)
{
    m_jobs->cancel(m_storeJob);
    m_storeBusy = true;
    m_readingSince.start();
    m_growing.stop();
    const std::filesystem::path file = utf8(m_storePath);
    m_storeJob = m_jobs->start<IndexReport>(
        {tr("Reading %1").arg(shownLine(file.filename().string())), ui::Lane::Pool, true, quiet}, this,
        [this, file, places = m_places, options = m_readerOptions](const CancelToken& cancel, const Progress& progress) {
            // The runner waits for its jobs before the session ends.
            const auto opened = [this, file](const IndexReport& report) {
                QMetaObject::invokeMethod(
                    this, [this, file, report] { if (file == utf8(m_storePath)) storeOpened(report); }, Qt::QueuedConnection);
            };
            return openStoreIndex(file, places, options, cancel, progress, opened);
        },
        [this](Result<IndexReport> report) { storeIndexed(std::move(report)); });
    m_jobs->cancel(m_stampJob);
    m_stampJob = m_jobs->start<std::string>(
        {QString(), ui::Lane::Pool, true, true}, this,
        [file](const CancelToken&, const Progress&) -> Result<std::string> { return storeStamp(file); },
        [this](Result<std::string> stamp) {
            m_stampJob = 0;
            m_storeStamp = stamp.value_or(std::string());
        });
}

void Session::storeOpened(const IndexReport& report)
{
    if (m_storeState != State::Opening || !m_storeBusy) return; // a refresh keeps what is shown until all is there
    m_store = report;
    m_growing.start(kFirstLookMs);
}

/// The rows that are there so far; what cannot be read yet is asked for again.
void Session::lookAtGrowingStore()
{
    if (!m_storeBusy || m_storeState == State::Ready) return m_growing.stop();
    if (m_growingJob) return;
    m_growingJob = askRuns<RunCounts>(
        this, [](RunQueries& queries) { return queries.counts(); },
        [this](Result<RunCounts> counts) {
            m_growingJob = 0;
            const bool isNew = m_storeState == State::Opening || (m_storeState == State::Reading && counts && counts->runs != m_storeCounts.runs);
            if (!counts || counts->runs == 0 || !isNew || !m_storeBusy) return;
            m_growing.setInterval(kNextLookMs);
            m_storeState = State::Reading;
            m_storeCounts = *counts;
            ++m_storeGeneration;
            Q_EMIT storeChanged();
        });
}

/// A store that somebody writes to is read again by itself, but never more than a fifth of the time.
void Session::lookForChanges()
{
    if (m_storeState != State::Ready || m_storeBusy || m_stampJob || m_readAt.elapsed() < 4 * m_readingMs) return;
    m_stampJob = m_jobs->start<std::string>(
        {QString(), ui::Lane::Pool, true, true}, this,
        [file = std::filesystem::path(utf8(m_storePath))](const CancelToken&, const Progress&) -> Result<std::string> { return storeStamp(file); },
        [this](Result<std::string> stamp) {
            m_stampJob = 0;
            if (stamp && !stamp->empty() && *stamp != m_storeStamp && m_storeState == State::Ready && !m_storeBusy) startReading(true);
        });
}

void Session::recognise(QObject* receiver, const QString& path, std::function<void(Result<StoreInfo>)> then)
{
    const std::filesystem::path file = utf8(path);
    m_jobs->start<StoreInfo>({tr("Looking at %1").arg(shownLine(file.filename().string())), ui::Lane::Pool, true, false}, receiver,
                             [file, options = m_readerOptions](const CancelToken& cancel, const Progress&) {
                                 return ReaderClient::recognise(file, options, cancel);
                             },
                             std::move(then));
}

void Session::refreshStore()
{
    if (!m_storePath.isEmpty()) openStore(m_storePath);
}

void Session::storeIndexed(Result<IndexReport> report)
{
    m_growing.stop();
    m_jobs->cancel(m_growingJob);
    m_growingJob = 0;
    m_storeBusy = false;
    m_readingMs = m_readingSince.elapsed();
    m_readAt.start();
    if (!report) {
        // A refresh that fails leaves what was read before on screen.
        if (m_storeState != State::Ready) m_storeState = State::Failed;
        m_storeError = report.error();
        Q_EMIT storeChanged();
        if (m_storeError.code != ErrorCode::Cancelled) Q_EMIT failureRaised(m_storeError);
        return;
    }
    m_store = std::move(*report);
    struct Totals {
        RunCounts counts;
        std::int64_t clusters = 0;
        Judgements judgements;
        StoreSettings settings;
    };
    m_storeJob = m_jobs->start<Totals>(
        {QString(), ui::Lane::Pool, true, true}, this,
        [lane = m_lane, report = m_store, places = m_places,
         repository = utf8(m_repositoryPath)](const CancelToken& cancel, const Progress&) -> Result<Totals> {
            Totals totals;
            TR_ASSIGN(auto runs, RunQueries::open(report.folder, cancel));
            TR_ASSIGN(totals.counts, runs->counts());
            TR_ASSIGN(auto clusters, ClusterQueries::open(report.folder, cancel));
            TR_ASSIGN(const auto overview, clusters->overview());
            totals.clusters = static_cast<std::int64_t>(overview.clusters.size());
            TR_ASSIGN(totals.judgements, readJudgements(places));
            totals.settings = readStoreSettings(places, report.folder);
            // Not cancelled with this job, so a connection of its own.
            TR_ASSIGN(auto inUse, RunQueries::open(report.folder, {}));
            TR_ASSIGN([[maybe_unused]] const RunCounts looked, inUse->counts());
            {
                const std::lock_guard lock(lane->readerMutex);
                lane->inUse = std::move(inUse);
            }
            // The recent list is a convenience: what it cannot keep is not worth a message.
            (void)rememberRecent(places, {.kind = Recent::Kind::Store, .path = report.path, .title = report.store.title, .runs = totals.counts.runs,
                                          .failures = totals.counts.failures, .clusters = totals.clusters, .proposals = 0, .versions = 0,
                                          .lastOpened = utcNow(), .linked = repository});
            return totals;
        },
        [this](Result<Totals> totals) {
            if (!totals) {
                m_storeState = State::Failed;
                m_storeError = totals.error();
                Q_EMIT failureRaised(m_storeError);
            } else {
                m_storeState = State::Ready;
                m_storeCounts = totals->counts;
                m_judgements = std::move(totals->judgements);
                m_storeSettings = std::move(totals->settings);
            }
            ++m_storeGeneration;
            Q_EMIT storeChanged();
            Q_EMIT viewsChanged();
            exchangeWithRepository();
        });
}

quint64 Session::fetchBody(QObject* receiver, const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes,
                           std::function<void(Result<Body>)> then)
{
    return m_jobs->start<Body>(
        {QString(), ui::Lane::Pool, true, true}, receiver,
        [lane = m_lane, store = m_store.path, options = m_readerOptions, run, stepId, maxBytes](const CancelToken& cancel, const Progress&) -> Result<Body> {
            const std::lock_guard lock(lane->readerMutex);
            if (cancel.cancelled()) return CancelToken::error();
            for (int attempt = 0;; ++attempt) {
                if (!lane->reader || lane->readerStore != store) {
                    lane->reader.reset();
                    TR_ASSIGN(lane->reader, ReaderClient::open(store, options));
                    lane->readerStore = store;
                }
                auto body = lane->reader->fetch(run, stepId, maxBytes, cancel);
                if (body) return body;
                // A cancelled or crashed child is gone: the next call starts a new one. A crash is tried once more.
                lane->reader.reset();
                if (body.error().code != ErrorCode::Crashed || attempt > 0) return body;
            }
        },
        std::move(then));
}

// -------------------------------------------------------------------------------------------------------- the repository
void Session::openRepository(const QString& path, bool adoptPlainFolder)
{
    m_jobs->cancel(m_repositoryJob);
    m_repositoryPath = path;
    m_repositoryState = State::Opening;
    m_proposals.clear();
    m_versions.clear();
    m_repositoryInfo = {};
    Q_EMIT repositoryChanged();
    HarnessRepository::Options options;
    options.dataDirectory = m_places.data;
    options.adoptPlainFolder = adoptPlainFolder;
    m_repositoryJob = m_jobs->start<OpenedRepository>(
        {tr("Opening %1").arg(shownLine(std::filesystem::path(utf8(path)).filename().string())), ui::Lane::Git, true, false}, this,
        [lane = m_lane, folder = std::filesystem::path(utf8(path)), options, places = m_places,
         store = m_store.path](const CancelToken& cancel, const Progress&) -> Result<OpenedRepository> {
            lane->repository.reset();
            TR_ASSIGN(lane->repository, HarnessRepository::open(folder, options, cancel));
            TR_ASSIGN(OpenedRepository opened, describe(*lane->repository, cancel));
            (void)rememberRecent(places, {.kind = Recent::Kind::Repository, .path = opened.info.path, .title = opened.info.name, .runs = 0, .failures = 0,
                                          .clusters = 0, .proposals = static_cast<std::int64_t>(opened.proposals.size()),
                                          .versions = static_cast<std::int64_t>(opened.versions.size()), .lastOpened = utcNow(), .linked = store});
            return opened;
        },
        [this](Result<OpenedRepository> opened) {
            if (!opened) {
                m_repositoryState = State::Failed;
                m_repositoryError = opened.error();
                Q_EMIT repositoryChanged();
                if (m_repositoryError.code != ErrorCode::Cancelled) Q_EMIT failureRaised(m_repositoryError);
                return;
            }
            m_repositoryState = State::Ready;
            m_repositoryInfo = std::move(opened->info);
            m_proposals = std::move(opened->proposals);
            m_versions = std::move(opened->versions);
            Q_EMIT repositoryChanged();
            for (const std::string& notice : m_repositoryInfo.notices) Q_EMIT newsRaised(shownLine(notice));
            exchangeWithRepository();
        });
}

void Session::refreshRepository()
{
    if (m_repositoryState != State::Ready) {
        if (!m_repositoryPath.isEmpty()) openRepository(m_repositoryPath);
        return;
    }
    loadRepositoryLists();
}

void Session::loadRepositoryLists()
{
    m_repositoryJob = askRepository<OpenedRepository>(
        this, QString(),
        [](HarnessRepository& repository, const CancelToken& cancel) -> Result<OpenedRepository> {
            TR_TRY(repository.refresh());
            return describe(repository, cancel);
        },
        [this](Result<OpenedRepository> opened) {
            if (!opened) {
                Q_EMIT failureRaised(opened.error());
                return;
            }
            m_repositoryInfo = std::move(opened->info);
            m_proposals = std::move(opened->proposals);
            m_versions = std::move(opened->versions);
            Q_EMIT repositoryChanged();
        });
}

// ------------------------------------------------------------------------------------------------------------ the sample
void Session::openSample()
{
    const std::filesystem::path folder = samplePlace(m_places);
    m_jobs->start<SampleMade>(
        {tr("Playing the sample"), ui::Lane::Pool, true, false}, this,
        [folder](const CancelToken& cancel, const Progress& progress) { return makeSample(folder, {}, cancel, progress); },
        [this](Result<SampleMade> made) {
            if (!made) {
                Q_EMIT failureRaised(made.error());
                return;
            }
            openRepository(own(made->harness.string()));
            openStore(own(made->store.string()));
        });
}

void Session::playSampleRuns(int runs)
{
    const std::filesystem::path store = m_store.path, repository = m_repositoryInfo.path;
    m_jobs->start<Appended>(
        {tr("Playing %n run(s) with the live version", nullptr, runs), ui::Lane::Pool, false, false}, this,
        [store, repository, runs](const CancelToken& cancel, const Progress& progress) {
            return appendRuns(repository, store, runs, static_cast<std::uint64_t>(utcNow()), cancel, progress);
        },
        [this](Result<Appended> appended) {
            if (!appended) {
                Q_EMIT failureRaised(appended.error());
                return;
            }
            Q_EMIT newsRaised(tr("%n run(s) were played with the live version.", nullptr, appended->runs));
            refreshStore();
        });
}

bool Session::isSample() const
{
    return !m_store.path.empty() && m_store.path.parent_path() == samplePlace(m_places);
}

// -------------------------------------------------------------------------------------------------------------- the rest
Reviewer Session::reviewer() const
{
    const QSettings settings;
    return {utf8(settings.value(QLatin1String(kReviewerName)).toString()), utf8(settings.value(QLatin1String(kReviewerMail)).toString())};
}

void Session::setReviewer(const Reviewer& reviewer)
{
    QSettings settings;
    settings.setValue(QLatin1String(kReviewerName), own(reviewer.name));
    settings.setValue(QLatin1String(kReviewerMail), own(reviewer.mail));
}

std::vector<Recent> Session::recents() const { return readRecents(m_places); }

void Session::forgetRecent(const Recent& recent)
{
    if (const Status status = tackroom::forgetRecent(m_places, recent.path); !status) Q_EMIT failureRaised(status.error());
}

QString Session::versionLabel(const std::string& commitOrVersion) const
{
    for (const Version& version : m_versions)
        if (version.commit.value == commitOrVersion || version.label == commitOrVersion) return own(version.label);
    const bool isCommit = commitOrVersion.size() == 40 && commitOrVersion.find_first_not_of("0123456789abcdef") == std::string::npos;
    return isCommit ? own(commitOrVersion.substr(0, 8)) : shownLine(commitOrVersion, 60);
}

} // namespace tackroom::ui
