// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/proposals/proposalspage.h"

#include "ui/common/messagebar.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/statepane.h"
#include "ui/common/theme.h"
#include "ui/common/twolinedelegate.h"
#include "ui/proposals/promptimportpane.h"
#include "ui/review/decisionbar.h"
#include "ui/review/evidencepane.h"

#include <QListView>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QSettings>
#include <QSplitter>
#include <QTreeView>
#include <QVBoxLayout>

namespace tackroom::ui {

namespace {
QString splitterKey() { return QStringLiteral("proposals/splitter"); }

Result<std::vector<FileDiff>> diffsOf(HarnessRepository& repository, const Proposal& proposal, const CancelToken& cancel)
{
    TR_ASSIGN(const std::vector<ProposedFile> files, proposedFiles(repository, proposal));
    std::vector<FileDiff> diffs;
    for (const ProposedFile& file : files) {
        if (cancel.cancelled()) return CancelToken::error();
        FileDiff diff;
        diff.change = file.change;
        if (file.kind) diff.kind = std::string(nameOf(*file.kind));
        if (file.conflicts) diff.note = "conflicts with the main line";
        diff.document = DiffDocument::make(file.change.path, file.current.value_or(std::string()), file.proposed.value_or(std::string()));
        diffs.push_back(std::move(diff));
    }
    return diffs;
}
} // namespace

ProposalsPage::ProposalsPage(Session& session, QWidget* parent)
    : Page(parent),
      m_session(session),
      m_model(new ProposalListModel(this)),
      m_queue(new QListView(this)),
      m_files(new FileDiffPane(this)),
      m_evidence(new EvidencePane(session, this)),
      m_decision(new DecisionBar(this)),
      m_messages(new MessageBar(this)),
      m_state(new StatePane(this)),
      m_prompts(new PromptImportPane(session, this)),
      m_desk(new QWidget(this)),
      m_splitter(new QSplitter(this)),
      m_title(new TextLabel({}, TextLabel::Heading | TextLabel::Elided, this)),
      m_about(new TextLabel({}, TextLabel::Faint | TextLabel::Elided, this))
{
    m_queue->setModel(m_model);
    m_queue->setItemDelegate(new TwoLineDelegate(ProposalListModel::IsHeadingRole, ProposalListModel::StateTextRole, ProposalListModel::ToneRole, m_queue));
    m_queue->setAccessibleName(tr("Proposals"));
    m_queue->setObjectName(QStringLiteral("queue"));
    m_queue->setFrameShape(QFrame::NoFrame);
    m_queue->setUniformItemSizes(false);
    m_queue->setMouseTracking(true);
    m_queue->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);

    auto* middle = new QWidget(this);
    auto* middleColumn = new QVBoxLayout(middle);
    middleColumn->setContentsMargins(0, 0, 0, 0);
    middleColumn->setSpacing(0);
    auto* head = new QVBoxLayout;
    head->setContentsMargins(kGrid * 3 / 2, kGrid, kGrid * 3 / 2, kGrid / 2);
    head->setSpacing(2);
    head->addWidget(m_title);
    head->addWidget(m_about);
    middleColumn->addLayout(head);
    middleColumn->addWidget(m_files, 1);

    m_splitter->addWidget(m_queue);
    m_splitter->addWidget(middle);
    m_splitter->addWidget(m_evidence);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(1);
    m_splitter->setSizes({260, 780, 300});
    m_splitter->restoreState(QSettings().value(splitterKey()).toByteArray());
    m_queue->setMinimumWidth(170);
    m_evidence->setMinimumWidth(200);

    auto* deskColumn = new QVBoxLayout(m_desk);
    deskColumn->setContentsMargins(0, 0, 0, 0);
    deskColumn->setSpacing(0);
    deskColumn->addWidget(m_splitter, 1);
    deskColumn->addWidget(m_decision);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_messages);
    column->addWidget(m_state, 1);
    column->addWidget(m_desk, 1);
    column->addWidget(m_prompts, 1);

    makeActions();
    makeChoices();
    connect(m_queue->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& now) {
        if (const Proposal* proposal = m_model->at(now)) show(proposal->id);
    });
    connect(m_evidence, &EvidencePane::openAddress, this, &Page::openAddress);
    connect(m_prompts, &PromptImportPane::openAddress, this, &Page::openAddress);
    connect(m_prompts, &PromptImportPane::closed, this, [this] {
        showPrompts(false);
        Q_EMIT addressChanged();
    });
    connect(&session, &Session::repositoryChanged, this, &ProposalsPage::repositoryChanged);
    connect(&session, &Session::storeChanged, this, [this] {
        if (m_opened && m_session.storeState() != Session::State::Opening) m_evidence->setProposal(&m_opened->proposal);
    });
    repositoryChanged();
}

ProposalsPage::~ProposalsPage() { QSettings().setValue(splitterKey(), m_splitter->saveState()); }

void ProposalsPage::makeActions()
{
    for (QWidget* scope : {static_cast<QWidget*>(m_queue), static_cast<QWidget*>(m_files)}) {
        const bool first = scope == m_queue;
        const auto add = [this, scope, first](const char* id, const QString& text, const QKeySequence& key, std::function<void()> act) {
            if (first) return addPageAction(scope, QLatin1String(id), text, key, std::move(act));
            // The same action acts in the diff too.
            for (QAction* action : pageActions())
                if (action->objectName() == QLatin1String(id)) scope->addAction(action);
            return static_cast<QAction*>(nullptr);
        };
        add("proposals.next", tr("Next proposal"), QKeySequence(Qt::Key_N), [this] { stepProposal(1); });
        add("proposals.previous", tr("Previous proposal"), QKeySequence(Qt::Key_P), [this] { stepProposal(-1); });
        add("proposals.nextFile", tr("Next file"), QKeySequence(Qt::Key_BracketRight), [this] { m_files->stepFile(1); });
        add("proposals.previousFile", tr("Previous file"), QKeySequence(Qt::Key_BracketLeft), [this] { m_files->stepFile(-1); });
        add("proposals.approve", tr("Approve the proposal"), QKeySequence(Qt::SHIFT | Qt::Key_A), [this] { m_decision->choose(QStringLiteral("approve")); });
        add("proposals.reject", tr("Reject the proposal"), QKeySequence(Qt::SHIFT | Qt::Key_X), [this] { m_decision->choose(QStringLiteral("reject")); });
        add("proposals.defer", tr("Defer the proposal"), QKeySequence(Qt::SHIFT | Qt::Key_D), [this] { m_decision->choose(QStringLiteral("defer")); });
        add("proposals.reason", tr("Write the reason"), QKeySequence(Qt::Key_R), [this] { m_decision->focusReason(); });
        add("proposals.queue", tr("Show or hide the queue"), QKeySequence(Qt::CTRL | Qt::Key_B), [this] { togglePane(m_queue); });
        add("proposals.evidence", tr("Show or hide the evidence"), QKeySequence(Qt::CTRL | Qt::Key_E), [this] { togglePane(m_evidence); });
    }
    addPageAction(m_queue, QStringLiteral("proposals.diff"), tr("Read the diff"), QKeySequence(Qt::Key_Return), [this] { m_files->diff()->setFocus(Qt::ShortcutFocusReason); });
    addPageAction(m_prompts->list(), QStringLiteral("proposals.importPrompt"), tr("Import all versions of the prompt"),
                  QKeySequence(Qt::Key_I), [this] { m_prompts->importAll(); });
    addPageAction(m_prompts->list(), QStringLiteral("proposals.importPromptVersion"), tr("Import this version of the prompt"),
                  QKeySequence(Qt::SHIFT | Qt::Key_I), [this] { m_prompts->importOne(); });
    addPageAction(m_prompts, QStringLiteral("proposals.closePrompts"), tr("Back to the proposals"),
                  QKeySequence(Qt::Key_Escape), [this] {
                      showPrompts(false);
                      Q_EMIT addressChanged();
                  });
}

void ProposalsPage::makeChoices()
{
    m_decision->setChoices({
        {QStringLiteral("reject"), tr("Reject"), QStringLiteral("Shift+X"), [this] { return needsOf(false); }, {},
         [this](const QString& reason) { decide(QStringLiteral("reject"), reason); }},
        {QStringLiteral("defer"), tr("Defer"), QStringLiteral("Shift+D"), [this] { return needsOf(false); }, {},
         [this](const QString& reason) { decide(QStringLiteral("defer"), reason); }},
        {QStringLiteral("approve"), tr("Approve"), QStringLiteral("Shift+A"), [this] { return needsOf(true); }, [this] { return landingPreview(); },
         [this](const QString& reason) { decide(QStringLiteral("approve"), reason); }},
    });
}

// ----------------------------------------------------------------------------------------------------------- what is shown
void ProposalsPage::repositoryChanged()
{
    const ProposalId before = m_wanted.value.empty() && m_opened ? m_opened->proposal.id : m_wanted;
    {
        const QSignalBlocker quiet(m_queue->selectionModel());
        m_model->setProposals(m_session.proposals(), m_query);
    }
    Q_EMIT waitingCountChanged(m_model->waiting());
    updateState();
    if (m_session.repositoryState() != Session::State::Ready) {
        m_opened.reset();
        return;
    }
    QModelIndex index = m_model->indexOf(before);
    if (!index.isValid() && m_model->nextRow(-1, 1) >= 0) index = m_model->index(m_model->nextRow(-1, 1));
    if (index.isValid()) {
        const QSignalBlocker quiet(m_queue->selectionModel());
        m_queue->setCurrentIndex(index);
        show(m_model->at(index)->id);
    }
    m_queue->viewport()->update();
}

void ProposalsPage::updateState()
{
    m_prompts->setVisible(m_promptsOpen);
    if (m_promptsOpen) {
        m_desk->hide();
        m_state->hide();
        return;
    }
    const Session::State state = m_session.repositoryState();
    const bool any = state == Session::State::Ready && m_model->rowCount() > 0;
    m_desk->setVisible(any);
    m_state->setVisible(!any);
    if (any) return;
    if (state == Session::State::Opening) return m_state->showLoading(tr("Opening the harness repository"));
    if (state == Session::State::Ready && !m_session.proposals().empty())
        return m_state->showEmpty(tr("No proposal matches"), tr("%1 proposals do not match “%2”.").arg(countText(static_cast<std::int64_t>(m_session.proposals().size())), m_query));
    if (state == Session::State::Ready)
        return m_state->showEmpty(
            tr("No proposals"), tr("A branch named proposals/… in the repository is a proposal, and so is a patch file."),
            {{tr("Import a patch…"), [this] { Q_EMIT openAddress(QStringLiteral("action/import-patch")); }},
             {tr("Import prompts of the store…"), [this] { Q_EMIT openAddress(QStringLiteral("action/import-prompts")); }}});
    const QString why = state == Session::State::Failed ? sentenceOf(m_session.repositoryError())
                                                        : tr("Proposed edits of prompts, skills and tools are read from a git repository that holds the agent's harness.");
    m_state->showEmpty(state == Session::State::Failed ? tr("The repository could not be opened") : tr("No harness repository is open"), why,
                       {{tr("Open a harness repository…"), [this] { Q_EMIT openAddress(QStringLiteral("action/open-repository")); }},
                        {tr("Try the sample"), [this] { Q_EMIT openAddress(QStringLiteral("action/sample")); }}});
}

void ProposalsPage::show(const ProposalId& id)
{
    const bool same = m_opened && m_opened->proposal.id == id;
    m_wanted = id;
    m_session.jobs().cancel(m_job);
    m_loading = true;
    if (!same) {
        m_files->showLoading(tr("Reading the proposal"));
        m_decision->clearReason();
        m_messages->clear();
    }
    m_job = m_session.askRepository<Opened>(
        this, QString(),
        [id](HarnessRepository& repository, const CancelToken& cancel) -> Result<Opened> {
            Opened opened;
            TR_ASSIGN(opened.proposal, findProposal(repository, id.value, cancel));
            opened.tip = repository.info().tip;
            TR_ASSIGN(opened.files, diffsOf(repository, opened.proposal, cancel));
            return opened;
        },
        [this](Result<Opened> opened) { showOpened(std::move(opened)); });
    Q_EMIT addressChanged();
}

void ProposalsPage::showOpened(Result<Opened> opened)
{
    m_loading = false;
    if (!opened) {
        m_opened.reset();
        m_files->showEmpty(tr("This proposal cannot be shown"), sentenceOf(opened.error()));
        m_evidence->setProposal(nullptr);
        return;
    }
    m_opened = std::move(*opened);
    const Proposal& p = m_opened->proposal;
    m_title->setShown(shownLine(p.title, 300));
    QStringList about{own(p.kind)};
    if (!p.layer.empty()) about << tr("layer %1").arg(own(p.layer));
    about << ProposalListModel::stateText(p.state) << ProposalListModel::baseStateText(p.baseState);
    if (!p.baseStateReason.empty()) about << shownLine(p.baseStateReason);
    about << tr("patch set %1").arg(p.patchSetNumber) << own(p.id.value);
    if (p.decision && p.state != ProposalState::InReview)
        about << tr("decided by %1, %2: %3").arg(shownLine(p.decision->reviewer.name, 80), relativeTime(p.decision->time), shownLine(p.decision->reason));
    m_about->setShown(about.join(QStringLiteral(" · ")));
    m_files->setFiles(m_opened->files);
    m_evidence->setProposal(&p);
    const bool named = !m_session.reviewer().name.empty();
    m_decision->setWayOn(named ? QString() : tr("Set your name…"), [this] { Q_EMIT openAddress(QStringLiteral("settings")); });
    m_decision->setBusy({});
}

// -------------------------------------------------------------------------------------------------------------- deciding
QString ProposalsPage::needsOf(bool landing) const
{
    if (!m_opened) return tr("No proposal is chosen.");
    const Proposal& p = m_opened->proposal;
    if (p.state == ProposalState::Approved || p.state == ProposalState::Rejected || p.state == ProposalState::RolledBack)
        return tr("This proposal is decided: %1.").arg(ProposalListModel::stateText(p.state));
    QStringList missing;
    if (landing && p.baseState != BaseState::Clean && p.baseState != BaseState::Reapplies)
        missing << tr("it cannot land as it stands: %1 %2").arg(ProposalListModel::baseStateText(p.baseState), shownLine(p.baseStateReason)).trimmed();
    if (m_session.reviewer().name.empty()) missing << tr("your name as the reviewer");
    if (m_decision->reason().isEmpty()) missing << tr("a reason");
    return missing.isEmpty() ? QString() : tr("Before this can be decided: %1.").arg(missing.join(QStringLiteral("; ")));
}

QString ProposalsPage::landingPreview() const
{
    std::uint64_t added = 0, removed = 0;
    for (const FileDiff& file : m_opened->files) {
        added += file.change.addedLines;
        removed += file.change.removedLines;
    }
    return tr("Lands as one new version on %1, exactly as shown: %n file(s), +%2 −%3 lines. Your reason and the evidence on screen are recorded. It can be taken back later.",
              nullptr, static_cast<int>(m_opened->files.size()))
        .arg(shownLine(m_session.repository().mainBranch))
        .arg(added)
        .arg(removed);
}

DecisionRequest ProposalsPage::request(const QString& reason) const
{
    return {.proposal = m_opened->proposal.id, .patchSet = m_opened->proposal.patchSet, .tip = m_opened->tip, .reviewer = m_session.reviewer(),
            .reason = utf8(reason), .evidence = m_evidence->shown()};
}

void ProposalsPage::decide(const QString& what, const QString& reason)
{
    const DecisionRequest decision = request(reason);
    m_messages->clear();
    if (what == QLatin1String("approve")) {
        m_decision->setBusy(tr("Landing…"));
        m_session.askRepository<Landed>(
            this, tr("Landing the proposal"),
            [decision](HarnessRepository& repository, const CancelToken& cancel) { return approve(repository, decision, cancel); },
            [this, decision](Result<Landed> landed) {
                m_decision->setBusy({});
                if (!landed) return m_messages->showError(landed.error(), {{tr("Read again"), [this] { m_session.refreshRepository(); }}});
                m_messages->showNews(tr("Approved: this is now %1, and live.").arg(own(landed->version)),
                                     {{tr("Open the version"), [this, id = own(landed->commit.value)] { Q_EMIT openAddress(QStringLiteral("version/") + id); }}});
                decided(decision.proposal);
            });
        return;
    }
    const bool rejecting = what == QLatin1String("reject");
    m_decision->setBusy(tr("Recording…"));
    m_session.askRepository<JournalEntry>(
        this, QString(),
        [decision, rejecting](HarnessRepository& repository, const CancelToken& cancel) {
            return rejecting ? reject(repository, decision, cancel) : defer(repository, decision, cancel);
        },
        [this, decision, rejecting](Result<JournalEntry> entry) {
            m_decision->setBusy({});
            if (!entry) return m_messages->showError(entry.error());
            m_messages->showNews(rejecting ? tr("Rejected; the reason is recorded.") : tr("Deferred; the reason is recorded."));
            decided(decision.proposal);
        });
}

void ProposalsPage::decided(const ProposalId& id)
{
    m_wanted = id;
    m_decision->clearReason();
    m_session.refreshRepository();
}

void ProposalsPage::stepProposal(int by)
{
    const int row = m_model->nextRow(m_queue->currentIndex().row(), by);
    if (row >= 0) m_queue->setCurrentIndex(m_model->index(row));
}

void ProposalsPage::togglePane(QWidget* pane)
{
    pane->setVisible(!pane->isVisible());
    if (!pane->isVisible()) m_files->diff()->setFocus(Qt::OtherFocusReason);
}

// ------------------------------------------------------------------------------------------------------------ the shell's
void ProposalsPage::showPrompts(bool shown)
{
    m_promptsOpen = shown;
    if (shown) m_prompts->reload();
    updateState();
    (shown ? static_cast<QWidget*>(m_prompts->list()) : m_queue)->setFocus(Qt::OtherFocusReason);
}

QString ProposalsPage::address() const
{
    if (m_promptsOpen) return QStringLiteral("proposals/prompts");
    return m_wanted.value.empty() ? QString() : QStringLiteral("proposal/") + own(m_wanted.value);
}

bool ProposalsPage::goTo(const QString& address)
{
    if (address == QLatin1String("proposals/prompts")) {
        showPrompts(true);
        return true;
    }
    if (m_promptsOpen) showPrompts(false);
    const ProposalId id(utf8(address.section(QLatin1Char('/'), 1)));
    m_wanted = id;
    const QModelIndex index = m_model->indexOf(id);
    if (!index.isValid()) return m_session.repositoryState() != Session::State::Ready;
    if (m_queue->currentIndex() == index) show(id);
    else m_queue->setCurrentIndex(index);
    return true;
}

void ProposalsPage::setQuery(const QString& query)
{
    m_query = query.trimmed();
    repositoryChanged();
}

QString ProposalsPage::queryHint() const
{
    return m_session.repositoryState() == Session::State::Ready ? tr("Filter proposals: title, kind, layer, file, proposer") : QString();
}

QStringList ProposalsPage::queryCompletions() const
{
    QStringList words;
    for (const Proposal& proposal : m_session.proposals()) {
        words << own(proposal.kind) << own(proposal.layer);
        for (const FileChange& change : proposal.changes) words << shownLine(change.path);
    }
    words.removeAll(QString());
    words.removeDuplicates();
    return words;
}

QList<QWidget*> ProposalsPage::panes() const
{
    if (m_promptsOpen) return {m_prompts->list(), m_prompts->preview()};
    return {m_queue, m_files->diff(), m_evidence, m_decision->findChild<QWidget*>(QStringLiteral("reason"))};
}

bool ProposalsPage::settled() const { return !m_loading && m_evidence->settled() && m_prompts->settled(); }

} // namespace tackroom::ui
