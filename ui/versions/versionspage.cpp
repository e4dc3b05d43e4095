// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/versions/versionspage.h"

#include "ui/bundles/bundlepanel.h"
#include "ui/common/messagebar.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/statepane.h"
#include "ui/common/theme.h"
#include "ui/common/twolinedelegate.h"
#include "ui/review/decisionbar.h"
#include "ui/versions/effecttable.h"

#include <QHBoxLayout>
#include <QListView>
#include <QListWidget>
#include <QPushButton>
#include <QSettings>
#include <QSplitter>

namespace tackroom::ui {

namespace {
QString splitterKey() { return QStringLiteral("versions/splitter"); }

Result<FileDiff> diffOf(HarnessRepository& repository, const FileChange& change)
{
    FileDiff diff;
    diff.change = change;
    std::string before, after;
    if (!change.oldBlob.value.empty()) { TR_ASSIGN(before, repository.blob(change.oldBlob)); }
    if (!change.newBlob.value.empty()) { TR_ASSIGN(after, repository.blob(change.newBlob)); }
    if (const auto kind = artifactKindOf(change.path, after.empty() ? before : after, repository.manifest())) diff.kind = std::string(nameOf(*kind));
    diff.document = DiffDocument::make(change.path, std::move(before), std::move(after));
    return diff;
}
} // namespace

VersionsPage::VersionsPage(Session& session, QWidget* parent)
    : Page(parent), m_session(session), m_model(new VersionListModel(this)), m_list(new QListView(this)), m_splitter(new QSplitter(this)),
      m_state(new StatePane(this)), m_body(new QWidget(this)), m_messages(new MessageBar(this))
{
    m_list->setModel(m_model);
    m_list->setItemDelegate(new TwoLineDelegate(-1, VersionListModel::DetailRole, -1, m_list));
    m_list->setAccessibleName(tr("Harness versions, newest first"));
    m_list->setObjectName(QStringLiteral("versionList"));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setMouseTracking(true);
    m_list->setMinimumWidth(200);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_splitter->addWidget(m_list);
    m_splitter->addWidget(makeVersionPane());
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(1);
    m_splitter->setSizes({320, 1000});
    m_splitter->restoreState(QSettings().value(splitterKey()).toByteArray());

    m_decision = new DecisionBar(this);
    m_bundle = new BundlePanel(session, this);
    auto* bodyColumn = new QVBoxLayout(m_body);
    bodyColumn->setContentsMargins(0, 0, 0, 0);
    bodyColumn->setSpacing(0);
    bodyColumn->addWidget(m_bundle);
    bodyColumn->addWidget(m_splitter, 1);
    bodyColumn->addWidget(m_decision);
    m_decision->hide();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_messages);
    column->addWidget(m_state, 1);
    column->addWidget(m_body, 1);

    makeActions();
    makeChoices();
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& now) {
        if (const Version* version = m_model->at(now)) show(version->commit.value);
    });
    connect(&session, &Session::repositoryChanged, this, &VersionsPage::repositoryChanged);
    connect(&session, &Session::storeChanged, this, &VersionsPage::loadEffect);
    repositoryChanged();
}

VersionsPage::~VersionsPage() { QSettings().setValue(splitterKey(), m_splitter->saveState()); }

QWidget* VersionsPage::makeVersionPane()
{
    auto* pane = new QWidget(this);
    auto* column = new QVBoxLayout(pane);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(kGrid / 2);
    auto* head = new QVBoxLayout;
    head->setContentsMargins(kGrid * 3 / 2, kGrid, kGrid * 3 / 2, 0);
    head->setSpacing(4);
    auto* top = new QHBoxLayout;
    m_title = new TextLabel({}, TextLabel::Heading | TextLabel::Elided, pane);
    top->addWidget(m_title, 1);
    m_rollback = new QPushButton(tr("Roll back…"), pane);
    m_rollback->setObjectName(QStringLiteral("rollBack"));
    m_export = new QPushButton(tr("Export bundle…"), pane);
    m_export->setObjectName(QStringLiteral("exportBundle"));
    top->addWidget(m_rollback);
    top->addWidget(m_export);
    head->addLayout(top);
    m_about = new TextLabel({}, TextLabel::Faint | TextLabel::Wrapped | TextLabel::Selectable, pane);
    m_decisionText = new TextLabel({}, TextLabel::Wrapped | TextLabel::Selectable, pane);
    head->addWidget(m_about);
    head->addWidget(m_decisionText);
    m_effectTitle = new TextLabel(tr("Failure clusters with this version and the one before"), TextLabel::Strong, pane);
    head->addWidget(m_effectTitle);
    m_effect = new EffectTable(pane);
    head->addWidget(m_effect);
    column->addLayout(head);
    m_files = new FileDiffPane(pane);
    column->addWidget(m_files, 1);
    connect(m_effect, &QTableWidget::cellActivated, this, [this](int row) {
        Q_EMIT openAddress(QStringLiteral("cluster/") + m_effect->item(row, 0)->data(Qt::UserRole).toString());
    });
    return pane;
}

void VersionsPage::makeActions()
{
    QAction* rollback = addPageAction(m_splitter, QStringLiteral("versions.rollback"), tr("Roll this version back"), QKeySequence(Qt::SHIFT | Qt::Key_R), [this] { beginRollback(); });
    QAction* exporting = addPageAction(m_splitter, QStringLiteral("versions.export"), tr("Export this version as a bundle"), QKeySequence(Qt::SHIFT | Qt::Key_E), [this] {
        if (m_opened) m_bundle->openFor(m_opened->version);
    });
    addPageAction(m_splitter, QStringLiteral("versions.verify"), tr("Verify a bundle"), {}, [this] { m_bundle->openVerify(); });
    addPageAction(m_splitter, QStringLiteral("versions.nextFile"), tr("Next file"), QKeySequence(Qt::Key_BracketRight), [this] { m_files->stepFile(1); });
    addPageAction(m_splitter, QStringLiteral("versions.previousFile"), tr("Previous file"), QKeySequence(Qt::Key_BracketLeft), [this] { m_files->stepFile(-1); });
    addPageAction(m_list, QStringLiteral("versions.diff"), tr("Read what it changed"), QKeySequence(Qt::Key_Return), [this] { m_files->diff()->setFocus(Qt::ShortcutFocusReason); });
    connect(m_rollback, &QPushButton::clicked, rollback, &QAction::trigger);
    connect(m_export, &QPushButton::clicked, exporting, &QAction::trigger);
    m_rollback->setToolTip(rollback->toolTip());
    m_export->setToolTip(exporting->toolTip());
}

void VersionsPage::makeChoices()
{
    m_decision->setChoices({
        {QStringLiteral("cancelRollback"), tr("Leave it as it is"), {}, [] { return QString(); }, {}, [this](const QString&) { endRollback(); }},
        {QStringLiteral("landRollback"), tr("Roll back as a new version"), {}, [this] { return rollbackNeeds(); }, {}, [this](const QString& reason) { landRollback(reason); }},
    });
}

// ----------------------------------------------------------------------------------------------------------- what is shown
void VersionsPage::repositoryChanged()
{
    {
        const QSignalBlocker quiet(m_list->selectionModel());
        m_model->setVersions(m_session.versions(), m_query);
    }
    int unreviewed = 0;
    for (const Version& version : m_session.versions()) unreviewed += version.review == Version::Review::Unreviewed;
    Q_EMIT waitingCountChanged(unreviewed);
    updateState();
    if (m_session.repositoryState() != Session::State::Ready) {
        m_opened.reset();
        return;
    }
    // Whoever had the live version open finds the new live one when coming back; what is being read does not jump.
    if (m_opened && m_opened->version.live && !isVisible()) m_wanted.clear();
    QModelIndex index = m_model->indexOf(m_wanted);
    if (!index.isValid()) index = m_model->index(0);
    if (index.isValid()) {
        const QSignalBlocker quiet(m_list->selectionModel());
        m_list->setCurrentIndex(index);
        show(m_model->at(index)->commit.value);
    }
    m_list->viewport()->update();
}

void VersionsPage::updateState()
{
    const Session::State state = m_session.repositoryState();
    const bool any = state == Session::State::Ready && m_model->rowCount() > 0;
    m_body->setVisible(any);
    m_state->setVisible(!any);
    if (any) return;
    if (state == Session::State::Opening) return m_state->showLoading(tr("Opening the harness repository"));
    if (state == Session::State::Ready) return m_state->showEmpty(tr("No version matches"), tr("No version matches “%1”.").arg(m_query));
    const QString why = state == Session::State::Failed ? sentenceOf(m_session.repositoryError())
                                                        : tr("Versions are the commits of a harness repository's main line, with who decided them and why.");
    m_state->showEmpty(state == Session::State::Failed ? tr("The repository could not be opened") : tr("No harness repository is open"), why,
                       {{tr("Open a harness repository…"), [this] { Q_EMIT openAddress(QStringLiteral("action/open-repository")); }},
                        {tr("Try the sample"), [this] { Q_EMIT openAddress(QStringLiteral("action/sample")); }}});
}

void VersionsPage::show(const std::string& commit)
{
    if (m_preview) endRollback();
    const bool same = m_opened && m_opened->version.commit.value == commit;
    m_wanted = commit;
    m_session.jobs().cancel(m_job);
    m_loading = true;
    if (!same) m_files->showLoading(tr("Reading the version"));
    m_job = m_session.askRepository<Opened>(
        this, QString(),
        [commit](HarnessRepository& repository, const CancelToken& cancel) -> Result<Opened> {
            Opened opened;
            TR_ASSIGN(opened.version, repository.version(commit));
            TR_ASSIGN(const std::vector<FileChange> changes, repository.changes(opened.version.parent, opened.version.commit));
            for (const FileChange& change : changes) {
                if (cancel.cancelled()) return CancelToken::error();
                TR_ASSIGN(FileDiff diff, diffOf(repository, change));
                opened.files.push_back(std::move(diff));
            }
            return opened;
        },
        [this](Result<Opened> opened) { showOpened(std::move(opened)); });
    Q_EMIT addressChanged();
}

void VersionsPage::showOpened(Result<Opened> opened)
{
    m_loading = false;
    if (!opened) {
        m_opened.reset();
        m_files->showEmpty(tr("This version cannot be shown"), sentenceOf(opened.error()));
        return;
    }
    m_opened = std::move(*opened);
    const Version& v = m_opened->version;
    m_title->setShown(own(v.label) + QStringLiteral("  ") + shownLine(v.title, 300));
    QStringList about;
    if (v.live) about << tr("● live");
    about << VersionListModel::reviewText(v) << exactTime(v.time) << tr("commit %1").arg(own(v.commit.value.substr(0, 12)));
    if (!v.author.empty()) about << tr("written by %1").arg(shownLine(v.author, 120));
    if (!v.rolledBackBy.empty()) about << tr("taken back by %1").arg(own(v.rolledBackBy));
    m_about->setShown(about.join(QStringLiteral(" · ")));
    m_decisionText->setVisible(v.decision.has_value() && !v.decision->reason.empty());
    if (v.decision)
        m_decisionText->setShown(tr("%1 decided: %2").arg(shownLine(toString(v.decision->reviewer), 200), shownBlock(v.decision->reason, 2000)));
    m_files->setFiles(m_opened->files);
    loadEffect();
}

// --------------------------------------------------------------------------------------------------------------- effect
void VersionsPage::loadEffect()
{
    m_session.jobs().cancel(m_effectJob);
    m_effectLoading = false;
    m_effect->hide();
    m_effectTitle->hide();
    if (!m_opened || m_session.storeState() != Session::State::Ready) return;
    m_effectLoading = true;
    m_effectJob = m_session.askClusters<ClusterOverview>(
        this, [](ClusterQueries& clusters) { return clusters.overview(); },
        [this](Result<ClusterOverview> overview) {
            m_effectLoading = false;
            if (overview) showEffect(*overview);
        });
}

void VersionsPage::showEffect(const ClusterOverview& overview)
{
    if (!m_opened) return;
    const Version& v = m_opened->version;
    const auto* before = static_cast<const Version*>(nullptr);
    for (const Version& version : m_session.versions())
        if (version.commit == v.parent) before = &version;
    const auto isOf = [](const VersionCount& count, const Version& version) {
        return count.version == version.commit.value || count.version == version.label || count.label == version.label;
    };
    std::vector<EffectTable::Row> rows;
    for (const ClusterItem& cluster : overview.clusters) {
        EffectTable::Row row{&cluster, {}, {}};
        for (const VersionCount& count : cluster.versions) {
            if (before && isOf(count, *before)) row.was = count;
            if (isOf(count, v)) row.is = count;
        }
        if (row.is.outOf > 0) rows.push_back(row);
    }
    m_effectTitle->setVisible(true);
    if (rows.empty()) {
        m_effectTitle->setShown(tr("Effect: not measured; no run of the open store names this version."));
        return;
    }
    m_effectTitle->setShown(tr("Failure clusters before and with this version"));
    m_effect->setRows(rows);
    m_effect->show();
}

// -------------------------------------------------------------------------------------------------------------- rollback
void VersionsPage::beginRollback()
{
    if (!m_opened) return;
    m_messages->clear();
    m_bundle->hide();
    m_loading = true;
    m_files->showLoading(tr("Working out what would be taken back"));
    m_job = m_session.askRepository<Preview>(
        this, QString(),
        [commit = m_opened->version.commit.value](HarnessRepository& repository, const CancelToken&) -> Result<Preview> {
            Preview preview;
            TR_ASSIGN(preview.rollback, repository.previewRollback(commit));
            for (const FileChange& change : preview.rollback.changes) {
                FileDiff diff;
                diff.change = change;
                std::string now;
                if (!change.oldBlob.value.empty()) { TR_ASSIGN(now, repository.blob(change.oldBlob)); }
                std::string then;
                for (const LandRequest::File& file : preview.rollback.request.files)
                    if (file.path == change.path) then = file.bytes.value_or(std::string());
                diff.document = DiffDocument::make(change.path, std::move(now), std::move(then));
                preview.files.push_back(std::move(diff));
            }
            return preview;
        },
        [this](Result<Preview> preview) { showPreview(std::move(preview)); });
}

void VersionsPage::showPreview(Result<Preview> preview)
{
    m_loading = false;
    if (!preview) {
        m_files->setFiles(m_opened->files);
        return m_messages->showError(preview.error());
    }
    m_preview = std::move(*preview);
    const RollbackPreview& rollback = m_preview->rollback;
    if (!rollback.conflicts.empty()) {
        QStringList paths;
        for (const std::string& path : rollback.conflicts) paths << shownLine(path);
        m_messages->showWarning(tr("%1 cannot be taken back as a whole: later versions changed the same text in %2.").arg(own(rollback.label), paths.join(QStringLiteral(", "))));
        return endRollback();
    }
    if (rollback.request.files.empty()) {
        m_messages->showNews(tr("There is nothing of %1 left to take back.").arg(own(rollback.label)));
        return endRollback();
    }
    m_messages->showNews(tr("Preview: what taking %1 back would change in the live version. Nothing has happened yet.").arg(own(rollback.label)));
    m_files->setFiles(m_preview->files);
    m_effect->hide();
    m_effectTitle->hide();
    m_decision->show();
    m_decision->clearReason();
    const bool named = !m_session.reviewer().name.empty();
    m_decision->setWayOn(named ? QString() : tr("Set your name…"), [this] { Q_EMIT openAddress(QStringLiteral("settings")); });
    m_decision->setBusy({});
    m_decision->focusReason();
}

void VersionsPage::endRollback()
{
    m_preview.reset();
    m_decision->hide();
    if (m_opened) {
        m_files->setFiles(m_opened->files);
        loadEffect();
    }
    m_list->setFocus(Qt::OtherFocusReason);
}

QString VersionsPage::rollbackNeeds() const
{
    QStringList missing;
    if (m_session.reviewer().name.empty()) missing << tr("your name as the reviewer");
    if (m_decision->reason().isEmpty()) missing << tr("a reason");
    return missing.isEmpty() ? QString() : tr("Before this can be taken back: %1.").arg(missing.join(QStringLiteral("; ")));
}

void VersionsPage::landRollback(const QString& reason)
{
    if (!m_preview) return;
    m_decision->setBusy(tr("Landing…"));
    m_session.askRepository<Landed>(
        this, tr("Rolling back"),
        [preview = m_preview->rollback, reviewer = m_session.reviewer(), text = utf8(reason)](HarnessRepository& repository, const CancelToken& cancel) {
            return rollback(repository, preview, reviewer, text, cancel);
        },
        [this, label = own(m_preview->rollback.label)](Result<Landed> landed) {
            m_decision->setBusy({});
            if (!landed) return m_messages->showError(landed.error());
            m_messages->showNews(tr("%1 was taken back: %2 is live now.").arg(label, own(landed->version)));
            m_preview.reset();
            m_decision->hide();
            m_wanted = landed->commit.value;
            m_list->setFocus(Qt::OtherFocusReason);
            m_session.refreshRepository();
        });
}

// ------------------------------------------------------------------------------------------------------------ the shell's
QString VersionsPage::address() const { return m_wanted.empty() ? QString() : QStringLiteral("version/") + own(m_wanted); }

bool VersionsPage::goTo(const QString& address)
{
    m_wanted = utf8(address.section(QLatin1Char('/'), 1));
    const QModelIndex index = m_model->indexOf(m_wanted);
    if (!index.isValid()) return m_session.repositoryState() != Session::State::Ready;
    if (m_list->currentIndex() == index) show(m_model->at(index)->commit.value);
    else m_list->setCurrentIndex(index);
    return true;
}

void VersionsPage::setQuery(const QString& query)
{
    m_query = query.trimmed();
    repositoryChanged();
}

QString VersionsPage::queryHint() const
{
    return m_session.repositoryState() == Session::State::Ready ? tr("Filter versions: label, title, commit, reviewer") : QString();
}

QList<QWidget*> VersionsPage::panes() const
{
    return {m_list, m_files->diff(), m_effect, m_decision->findChild<QWidget*>(QStringLiteral("reason"))};
}

bool VersionsPage::settled() const { return !m_loading && !m_effectLoading; }

} // namespace tackroom::ui
