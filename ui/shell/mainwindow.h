// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/common/page.h"
#include "ui/models/session.h"

#include <QMainWindow>

#include <array>
#include <vector>

class QMenu;
class QStackedWidget;

namespace tackroom::ui {

class CheatSheet;
class CommandPalette;
class ContextBar;
class JobBar;
class MessageBar;
class Rail;
class StartPage;

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    enum PageIndex { Start, Traces, Clusters, Proposals, Versions, Settings, Help, kPageCount };

    explicit MainWindow(Session& session, QWidget* parent = nullptr);
    ~MainWindow() override;

    /// Opens what it is given: a folder with .git or a bare repository is a harness, another folder is adopted, a file is a store,
    /// a patch is imported as a proposal.
    void openPath(const QString& path);
    void openFolder(const QString& path);
    /// Goes to an address: a page's name, "run/…", "cluster/…", "proposal/…", "version/…", "action/…".
    void goTo(const QString& address);
    [[nodiscard]] QString address() const;
    [[nodiscard]] Page* page(PageIndex index) const { return m_pages[index]; }
    [[nodiscard]] PageIndex currentPage() const;
    /// No job runs and the open page has all that it shows.
    [[nodiscard]] bool settled() const;

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Place {
        PageIndex page = Start;
        QString address;
    };
    void makePages();
    void makeActions();
    void makeFrame();
    void connectSession();
    QAction* windowAction(const QString& id, const QString& text, const QKeySequence& key, std::function<void()> act);
    void showPage(PageIndex index);
    void record();
    void step(int by);
    void openAction(const QString& name);
    void chooseStore();
    void chooseStoreFolder();
    void chooseRepository();
    void chooseFolderToAdopt();
    void choosePatch();
    void importPatchFile(const QString& path);
    void openPalette();
    void openCheatSheet();
    void nextPane(int by);
    void sessionChanged();
    void updateQueryBox();
    [[nodiscard]] QString pageTitle(PageIndex index) const;
    [[nodiscard]] static PageIndex pageOf(const QString& address);

    Session& m_session;
    std::array<Page*, kPageCount> m_pages{};
    std::array<QAction*, kPageCount> m_pageActions{};
    std::array<QString, kPageCount> m_queries;
    QList<QAction*> m_windowActions;
    QAction *m_back = nullptr, *m_forward = nullptr, *m_commands = nullptr;
    QMenu* m_openedMenu = nullptr;
    Rail* m_rail = nullptr;
    ContextBar* m_context = nullptr;
    MessageBar* m_messages = nullptr;
    QStackedWidget* m_stack = nullptr;
    JobBar* m_jobBar = nullptr;
    CommandPalette* m_palette = nullptr;
    CheatSheet* m_cheatSheet = nullptr;
    std::vector<Place> m_history;
    std::size_t m_at = 0;
    bool m_travelling = false;
};

} // namespace tackroom::ui
