// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/mainwindow.h"

#include "core/base/bytes.h"
#include "ui/clusters/clusterspage.h"
#include "ui/common/choosefile.h"
#include "ui/common/messagebar.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/proposals/proposalspage.h"
#include "ui/settings/settingspage.h"
#include "ui/shell/cheatsheet.h"
#include "ui/shell/commandpalette.h"
#include "ui/shell/contextbar.h"
#include "ui/shell/helppage.h"
#include "ui/shell/jobbar.h"
#include "ui/shell/rail.h"
#include "ui/start/startpage.h"
#include "ui/traces/outcomebar.h"
#include "ui/traces/tracespage.h"
#include "ui/versions/versionspage.h"

#include <QAbstractSpinBox>
#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QSettings>
#include <QStackedWidget>

#include <filesystem>

namespace tackroom::ui {

namespace fs = std::filesystem;

namespace {
constexpr std::size_t kMaxPatchBytes = 64U << 20;
constexpr int kMaxHistory = 200;

bool isRepository(const fs::path& path)
{
    std::error_code ignored;
    return fs::exists(path / ".git", ignored) || (fs::exists(path / "HEAD", ignored) && fs::is_directory(path / "objects", ignored));
}
} // namespace

MainWindow::MainWindow(Session& session, QWidget* parent) : QMainWindow(parent), m_session(session)
{
    setWindowTitle(tr("Tackroom"));
    setAcceptDrops(true);
    resize(1440, 900);
    makePages();
    makeActions();
    makeFrame();
    connectSession();
    QSettings settings;
    restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray());
    m_history.push_back({Start, QString()});
    showPage(Start);
    sessionChanged();
}

MainWindow::~MainWindow() = default;

void MainWindow::makePages()
{
    m_stack = new QStackedWidget(this);
    m_pages = {new StartPage(m_session, m_stack),     new TracesPage(m_session, m_stack),   new ClustersPage(m_session, m_stack),
               new ProposalsPage(m_session, m_stack), new VersionsPage(m_session, m_stack), new SettingsPage(m_session, m_stack), new HelpPage(m_stack)};
    for (int i = 0; i < kPageCount; ++i) {
        Page* page = m_pages[static_cast<std::size_t>(i)];
        m_stack->addWidget(page);
        connect(page, &Page::openAddress, this, &MainWindow::goTo);
        connect(page, &Page::addressChanged, this, [this, page] {
            if (m_stack->currentWidget() == page) record();
        });
        connect(page, &Page::waitingCountChanged, this, [this, i](int count) { m_rail->setCount(m_pageActions[static_cast<std::size_t>(i)], count); });
        connect(page, &Page::queryNotUnderstood, this, [this, page](const QString& what) {
            if (m_stack->currentWidget() == page) m_context->setNotUnderstood(what);
        });
        connect(page, &Page::queryBoxChanged, this, [this, page] {
            if (m_stack->currentWidget() == page) updateQueryBox();
        });
        connect(page, &Page::queryWanted, this, [this, i, page](const QString& query) {
            m_queries[static_cast<std::size_t>(i)] = query;
            page->setQuery(query);
            if (m_stack->currentWidget() == page) m_context->setQuery(query);
        });
    }
}

QAction* MainWindow::windowAction(const QString& id, const QString& text, const QKeySequence& key, std::function<void()> act)
{
    auto* action = new QAction(text, this);
    action->setObjectName(id);
    action->setShortcut(key);
    const QString keys = key.toString(QKeySequence::NativeText);
    action->setToolTip(plainToolTip(keys.isEmpty() ? text : text + QStringLiteral(" (") + keys + QLatin1Char(')')));
    connect(action, &QAction::triggered, this, [act = std::move(act)] { act(); });
    addAction(action);
    m_windowActions.append(action);
    return action;
}

void MainWindow::makeActions()
{
    const std::array<const char*, kPageCount> icons = {"go-home", "view-list-tree", "distribute-graph", "document-edit", "vcs-branch", "configure", "help-contents"};
    auto* group = new QActionGroup(this);
    for (int i = 0; i < kPageCount; ++i) {
        const auto index = static_cast<PageIndex>(i);
        QKeySequence key;
        if (i >= Traces && i <= Versions) key = QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_0 + i));
        if (i == Settings) key = QKeySequence(Qt::CTRL | Qt::Key_Comma);
        auto* action = windowAction(QStringLiteral("page.%1").arg(i), pageTitle(index), key, [this, index] {
            showPage(index);
            record();
        });
        action->setIcon(QIcon::fromTheme(QLatin1String(icons[static_cast<std::size_t>(i)])));
        action->setCheckable(true);
        group->addAction(action);
        m_pageActions[static_cast<std::size_t>(i)] = action;
    }
    m_back = windowAction(QStringLiteral("go.back"), tr("Back"), QKeySequence(Qt::ALT | Qt::Key_Left), [this] { step(-1); });
    m_back->setIcon(QIcon::fromTheme(QStringLiteral("go-previous")));
    m_forward = windowAction(QStringLiteral("go.forward"), tr("Forward"), QKeySequence(Qt::ALT | Qt::Key_Right), [this] { step(1); });
    m_forward->setIcon(QIcon::fromTheme(QStringLiteral("go-next")));
    m_commands = windowAction(QStringLiteral("commands"), tr("Commands"), QKeySequence(Qt::CTRL | Qt::Key_K), [this] { openPalette(); });
    m_openedMenu = new QMenu(this);
    const auto inMenu = [this](QAction* action) { m_openedMenu->addAction(action); };
    inMenu(windowAction(QStringLiteral("open.store"), tr("Open a trace store…"), QKeySequence(Qt::CTRL | Qt::Key_O), [this] { chooseStore(); }));
    inMenu(windowAction(QStringLiteral("open.storeFolder"), tr("Open a folder of traces…"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_O),
                        [this] { chooseStoreFolder(); }));
    inMenu(windowAction(QStringLiteral("open.repository"), tr("Open a harness repository…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O),
                        [this] { chooseRepository(); }));
    inMenu(windowAction(QStringLiteral("open.folder"), tr("Adopt a plain folder as a harness…"), {}, [this] { chooseFolderToAdopt(); }));
    inMenu(windowAction(QStringLiteral("open.patch"), tr("Import a patch as a proposal…"), {}, [this] { choosePatch(); }));
    inMenu(windowAction(QStringLiteral("open.prompts"), tr("Import prompts of the store…"),
                        QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_I), [this] { goTo(QStringLiteral("proposals/prompts")); }));
    inMenu(windowAction(QStringLiteral("open.sample"), tr("Try the sample"), {}, [this] { m_session.openSample(); }));
    inMenu(windowAction(QStringLiteral("sample.play"), tr("Play 200 more sample runs with the live version"), {}, [this] { m_session.playSampleRuns(200); }));
    m_openedMenu->addSeparator();
    inMenu(windowAction(QStringLiteral("refresh"), tr("Read again"), QKeySequence(Qt::Key_F5), [this] {
        m_session.refreshStore();
        m_session.refreshRepository();
    }));
    windowAction(QStringLiteral("query"), tr("Filter the page"), QKeySequence(Qt::CTRL | Qt::Key_F), [this] { m_context->focusQuery(); });
    windowAction(QStringLiteral("pane.next"), tr("Next pane"), QKeySequence(Qt::Key_F6), [this] { nextPane(1); });
    windowAction(QStringLiteral("pane.previous"), tr("Previous pane"), QKeySequence(Qt::SHIFT | Qt::Key_F6), [this] { nextPane(-1); });
    windowAction(QStringLiteral("copyAddress"), tr("Copy the address of this place"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C),
                 [this] { QApplication::clipboard()->setText(address()); });
    windowAction(QStringLiteral("keys"), tr("Keys"), QKeySequence(Qt::Key_F1), [this] { openCheatSheet(); });
    windowAction(QStringLiteral("quit"), tr("Quit"), QKeySequence::Quit, [this] { close(); });
}

void MainWindow::makeFrame()
{
    m_rail = new Rail(this);
    for (const PageIndex index : {Traces, Clusters, Proposals, Versions}) m_rail->addEntry(m_pageActions[index]);
    m_rail->addEntry(m_pageActions[Start], true);
    m_rail->addEntry(m_pageActions[Help], true);
    m_rail->addEntry(m_pageActions[Settings], true);
    m_context = new ContextBar(m_back, m_forward, m_commands, m_openedMenu, this);
    m_messages = new MessageBar(this);
    m_jobBar = new JobBar(m_session, this);
    auto* middle = new QWidget(this);
    auto* column = new QVBoxLayout(middle);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_context);
    column->addWidget(m_messages);
    column->addWidget(m_stack, 1);
    column->addWidget(m_jobBar);
    auto* central = new QWidget(this);
    auto* row = new QHBoxLayout(central);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(m_rail);
    row->addWidget(middle, 1);
    setCentralWidget(central);
    m_palette = new CommandPalette(this);
    m_cheatSheet = new CheatSheet(this);
    connect(m_context, &ContextBar::queryChanged, this, [this](const QString& text) {
        const PageIndex at = currentPage();
        m_queries[at] = text;
        m_context->setNotUnderstood({});
        m_pages[at]->setQuery(text);
    });
    connect(m_context, &ContextBar::viewKept, this, [this](const QString& name) { m_pages[currentPage()]->keepQueryView(name, m_context->query()); });
    connect(m_context, &ContextBar::viewForgotten, this, [this](const QString& name) { m_pages[currentPage()]->forgetQueryView(name); });
    connect(m_context, &ContextBar::queryLeft, this, [this] {
        const QList<QWidget*> panes = m_pages[currentPage()]->panes();
        if (!panes.isEmpty()) panes.first()->setFocus(Qt::ShortcutFocusReason);
    });
}

void MainWindow::connectSession()
{
    connect(&m_session, &Session::storeChanged, this, &MainWindow::sessionChanged);
    connect(&m_session, &Session::repositoryChanged, this, &MainWindow::sessionChanged);
    connect(&m_session, &Session::newsRaised, this, [this](const QString& text) { m_jobBar->tell(text); });
    connect(&m_session, &Session::failureRaised, this, [this](const Error& error) {
        std::vector<MessageBar::Action> actions;
        if (m_session.repositoryState() == Session::State::Failed && m_session.repositoryError() == error && error.code == ErrorCode::BadRepository) {
            actions.push_back({tr("Adopt as a plain folder"), [this] {
                                   m_messages->clear();
                                   m_session.openRepository(m_session.repositoryPath(), true);
                               }});
        }
        m_messages->showError(error, actions);
    });
}

QString MainWindow::pageTitle(PageIndex index) const
{
    switch (index) {
    case Start: return tr("Start");
    case Traces: return tr("Traces");
    case Clusters: return tr("Clusters");
    case Proposals: return tr("Proposals");
    case Versions: return tr("Versions");
    case Settings: return tr("Settings");
    case Help: return tr("Help");
    case kPageCount: break;
    }
    return {};
}

// -------------------------------------------------------------------------------------------------------- places, history
MainWindow::PageIndex MainWindow::currentPage() const { return static_cast<PageIndex>(std::max(0, m_stack->currentIndex())); }

QString MainWindow::address() const
{
    static const std::array<const char*, kPageCount> names = {"start", "traces", "clusters", "proposals", "versions", "settings", "help"};
    const PageIndex at = currentPage();
    const QString inside = m_pages[at]->address();
    return inside.isEmpty() ? QLatin1String(names[at]) : inside;
}

MainWindow::PageIndex MainWindow::pageOf(const QString& address)
{
    const QString first = address.section(QLatin1Char('/'), 0, 0);
    if (first == QLatin1String("run") || first == QLatin1String("traces")) return Traces;
    if (first == QLatin1String("cluster") || first == QLatin1String("clusters")) return Clusters;
    if (first == QLatin1String("proposal") || first == QLatin1String("proposals")) return Proposals;
    if (first == QLatin1String("version") || first == QLatin1String("versions")) return Versions;
    if (first == QLatin1String("settings")) return Settings;
    if (first == QLatin1String("help")) return Help;
    if (first == QLatin1String("start")) return Start;
    return kPageCount;
}

void MainWindow::showPage(PageIndex index)
{
    m_stack->setCurrentIndex(index);
    m_pageActions[index]->setChecked(true);
    setWindowTitle(index == Start ? tr("Tackroom") : tr("%1 – Tackroom").arg(pageTitle(index)));
    if (index == Start) static_cast<StartPage*>(m_pages[Start])->reload();
    m_context->setNotUnderstood({});
    updateQueryBox();
    const QList<QWidget*> panes = m_pages[index]->panes();
    if (!panes.isEmpty() && !m_pages[index]->isAncestorOf(QApplication::focusWidget())) panes.first()->setFocus(Qt::OtherFocusReason);
}

void MainWindow::updateQueryBox()
{
    Page* page = m_pages[currentPage()];
    const QString hint = page->queryHint();
    m_context->setQueryBox(!hint.isEmpty(), hint, page->queryCompletions());
    m_context->setViews(page->queryViews());
    m_context->setQuery(hint.isEmpty() ? QString() : m_queries[currentPage()]);
}

void MainWindow::goTo(const QString& address)
{
    if (address.startsWith(QLatin1String("action/"))) return openAction(address.mid(7));
    const PageIndex index = pageOf(address);
    if (index == kPageCount) return;
    m_travelling = true;
    showPage(index);
    if (address.contains(QLatin1Char('/'))) m_pages[index]->goTo(address);
    m_travelling = false;
    record();
}

void MainWindow::record()
{
    if (m_travelling) return;
    const Place here{currentPage(), m_pages[currentPage()]->address()};
    const Place& last = m_history[m_at];
    if (last.page == here.page && last.address == here.address) return;
    m_history.resize(m_at + 1);
    // A page that was opened and then found its first place is one place.
    if (last.page == here.page && last.address.isEmpty()) m_history[m_at] = here;
    else m_history.push_back(here);
    if (m_history.size() > kMaxHistory) m_history.erase(m_history.begin());
    m_at = m_history.size() - 1;
    m_back->setEnabled(m_at > 0);
    m_forward->setEnabled(false);
}

void MainWindow::step(int by)
{
    const auto to = static_cast<std::ptrdiff_t>(m_at) + by;
    if (to < 0 || to >= static_cast<std::ptrdiff_t>(m_history.size())) return;
    m_at = static_cast<std::size_t>(to);
    m_travelling = true;
    showPage(m_history[m_at].page);
    if (!m_history[m_at].address.isEmpty()) m_pages[m_history[m_at].page]->goTo(m_history[m_at].address);
    m_travelling = false;
    m_back->setEnabled(m_at > 0);
    m_forward->setEnabled(m_at + 1 < m_history.size());
}

void MainWindow::nextPane(int by)
{
    const QList<QWidget*> panes = m_pages[currentPage()]->panes();
    if (panes.isEmpty()) return;
    qsizetype at = -1;
    for (qsizetype i = 0; i < panes.size(); ++i)
        if (panes[i] == QApplication::focusWidget() || panes[i]->isAncestorOf(QApplication::focusWidget())) at = i;
    for (qsizetype tried = 0; tried < panes.size(); ++tried) {
        at = (at + by + panes.size()) % panes.size();
        if (panes[at]->isVisible() && panes[at]->isEnabled()) break;
    }
    panes[at]->setFocus(Qt::TabFocusReason);
}

// ---------------------------------------------------------------------------------------------------------------- opening
void MainWindow::openAction(const QString& name)
{
    if (name == QLatin1String("open-store")) chooseStore();
    else if (name == QLatin1String("open-repository")) chooseRepository();
    else if (name == QLatin1String("sample")) m_session.openSample();
    else if (name == QLatin1String("settings")) goTo(QStringLiteral("settings"));
    else if (name == QLatin1String("import-patch")) choosePatch();
    else if (name == QLatin1String("import-prompts"))
        goTo(QStringLiteral("proposals/prompts"));
    else if (name == QLatin1String("refresh")) m_session.refreshStore();
    else if (name == QLatin1String("outcome-rule") || name == QLatin1String("version-rule")) {
        goTo(QStringLiteral("traces"));
        auto* traces = qobject_cast<TracesPage*>(m_pages[Traces]);
        if (name == QLatin1String("version-rule"))
            traces->editVersionRule();
        else if (m_session.storeState() == Session::State::Ready)
            traces->outcomeBar().editRule();
    }
}

void MainWindow::chooseStore()
{
    chooseFile(this, Choose::File, tr("Open a trace store"), tr("Trace stores (*.db *.sqlite *.sqlite3 *.json *.jsonl *.ndjson *.eval *.traj *.zst *.gz);;All files (*)"), {},
               [this](const QString& path) { m_session.openStore(path); });
}

void MainWindow::chooseStoreFolder()
{
    chooseFile(this, Choose::Folder, tr("Open a folder of traces"), {}, {}, [this](const QString& path) { m_session.openStore(path); });
}

void MainWindow::chooseRepository()
{
    chooseFile(this, Choose::Folder, tr("Open a harness repository"), {}, {}, [this](const QString& path) { openPath(path); });
}

void MainWindow::chooseFolderToAdopt()
{
    chooseFile(this, Choose::Folder, tr("Adopt a plain folder as a harness"), {}, {}, [this](const QString& path) { m_session.openRepository(path, true); });
}

void MainWindow::choosePatch()
{
    chooseFile(this, Choose::File, tr("Import a patch as a proposal"), tr("Patches (*.patch *.diff);;All files (*)"), {},
               [this](const QString& path) { importPatchFile(path); });
}

void MainWindow::importPatchFile(const QString& path)
{
    m_session.askRepository<Proposal>(
        this, tr("Reading the patch"),
        [file = fs::path(utf8(path))](HarnessRepository& repository, const CancelToken& cancel) -> Result<Proposal> {
            TR_ASSIGN(const std::string bytes, readFile(file, kMaxPatchBytes));
            return importPatch(repository, bytes, file.filename().string(), cancel);
        },
        [this](Result<Proposal> proposal) {
            if (!proposal) return m_messages->showError(proposal.error());
            m_session.refreshRepository();
            goTo(QStringLiteral("proposal/") + own(proposal->id.value));
        });
}

void MainWindow::openPath(const QString& path)
{
    const fs::path file = utf8(path);
    std::error_code ignored;
    if (fs::is_directory(file, ignored)) return isRepository(file) ? m_session.openRepository(path) : openFolder(path);
    const std::string ending = file.extension().string();
    if (ending == ".patch" || ending == ".diff") return importPatchFile(path);
    m_session.openStore(path);
}

/// A folder without git is a store where there are traces in it, else a harness to adopt.
void MainWindow::openFolder(const QString& path)
{
    m_session.recognise(this, path, [this, path](const Result<StoreInfo>& info) {
        if (info)
            m_session.openStore(path);
        else
            m_session.openRepository(path, true);
    });
}

void MainWindow::sessionChanged()
{
    QStringList opened;
    if (!m_session.storePath().isEmpty()) opened << shownLine(fs::path(utf8(m_session.storePath())).filename().string());
    if (!m_session.repositoryPath().isEmpty()) opened << shownLine(fs::path(utf8(m_session.repositoryPath())).filename().string());
    m_context->setOpened(opened.isEmpty() ? tr("Open") : opened.join(QStringLiteral(" · ")));
    if (m_session.storeShown() || m_session.repositoryState() == Session::State::Ready) {
        // From the start page on, opening something leads to it; elsewhere nothing moves by itself.
        if (currentPage() == Start) {
            showPage(m_session.storeState() != Session::State::None ? Traces : Proposals);
            record();
        }
    }
    for (QAction* action : m_windowActions)
        if (action->objectName() == QLatin1String("sample.play"))
            action->setVisible(m_session.isSample() && m_session.repositoryState() == Session::State::Ready);
    updateQueryBox();
}

bool MainWindow::settled() const { return m_session.jobs().idle() && m_pages[currentPage()]->settled(); }

// ------------------------------------------------------------------------------------------------- palette and cheat sheet
void MainWindow::openPalette()
{
    std::vector<CommandPalette::Entry> entries;
    const auto addAction = [&entries](QAction* action, const QString& kind) {
        if (!action->isEnabled() || !action->isVisible()) return;
        entries.push_back({action->text().remove(QLatin1Char('&')), kind, action->shortcut().toString(QKeySequence::NativeText), [action] { action->trigger(); }});
    };
    for (QAction* action : m_pages[currentPage()]->pageActions()) addAction(action, pageTitle(currentPage()));
    for (QAction* action : m_windowActions)
        if (action != m_commands) addAction(action, tr("window"));
    const auto go = [this](const QString& text, const QString& kind, const QString& to) {
        return CommandPalette::Entry{text, kind, {}, [this, to] { goTo(to); }};
    };
    if (const auto views = m_pages[Traces]->queryViews()) {
        for (const Page::QueryView& view : *views) {
            entries.push_back({view.name + QStringLiteral("  ") + view.query, tr("saved view"), {}, [this, query = view.query] {
                                   goTo(QStringLiteral("traces"));
                                   Q_EMIT m_pages[Traces]->queryWanted(query);
                               }});
        }
    }
    for (const Proposal& proposal : m_session.proposals())
        entries.push_back(go(shownLine(proposal.title, 120), tr("proposal"), QStringLiteral("proposal/") + own(proposal.id.value)));
    for (const Version& version : m_session.versions())
        entries.push_back(go(own(version.label) + QStringLiteral(" ") + shownLine(version.title, 120), tr("version"), QStringLiteral("version/") + own(version.commit.value)));
    m_palette->open(std::move(entries), [go, this](const QString& typed) -> std::vector<CommandPalette::Entry> {
        std::vector<CommandPalette::Entry> found;
        if (typed.contains(QLatin1Char('/')) && pageOf(typed) != kPageCount) found.push_back(go(tr("Go to %1").arg(typed), tr("address"), typed));
        if (m_session.storeShown()) {
            found.push_back({tr("Find runs with “%1”").arg(typed), tr("traces"), {}, [this, typed] {
                                 m_queries[Traces] = typed;
                                 m_pages[Traces]->setQuery(typed);
                                 goTo(QStringLiteral("traces"));
                             }});
        }
        return found;
    });
}

void MainWindow::openCheatSheet() { m_cheatSheet->open(pageTitle(currentPage()), m_pages[currentPage()]->pageActions(), m_windowActions); }

void MainWindow::keyPressEvent(QKeyEvent* event)
{
    const QWidget* focus = QApplication::focusWidget();
    const bool typing = qobject_cast<const QLineEdit*>(focus) || qobject_cast<const QPlainTextEdit*>(focus) || qobject_cast<const QComboBox*>(focus) ||
                        qobject_cast<const QAbstractSpinBox*>(focus);
    if (!typing && event->text() == QLatin1String("?")) return openCheatSheet();
    QMainWindow::keyPressEvent(event);
}

// --------------------------------------------------------------------------------------------------- drag and drop, closing
void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    for (const QUrl& url : event->mimeData()->urls())
        if (url.isLocalFile()) openPath(url.toLocalFile());
    event->acceptProposedAction();
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    QSettings settings;
    settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
    QMainWindow::closeEvent(event);
}

} // namespace tackroom::ui
