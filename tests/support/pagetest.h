// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// For tests of pages: the page alone in a window, over a session of its own.
#include "tests/support/uisession.h"

#include <QLabel>
#include <QPushButton>

namespace tackroom::ui
{

inline constexpr int kPatienceMs = 60'000;

[[nodiscard]] inline bool saysSomewhere(QWidget& widget, const QString& text)
{
    for (QLabel* label : widget.findChildren<QLabel*>())
        if (label->isVisible() && label->text().contains(text)) return true;
    return false;
}

[[nodiscard]] inline QPushButton* buttonWith(QWidget& widget, const QString& text)
{
    for (QPushButton* button : widget.findChildren<QPushButton*>())
        if (button->isVisible() && button->text().contains(text)) return button;
    return nullptr;
}

/// A test class derives from it beside QObject, and closes the page in its cleanup().
template <class PageType> class PageTest
{
protected:
    UiSession m_ui;
    std::unique_ptr<Session> m_session;
    std::unique_ptr<PageType> m_page;

    /// `reader` in place of the reader program.
    void openPage(const std::filesystem::path& reader = {})
    {
        m_page.reset();
        m_session = m_ui.open(reader);
        showPage();
    }
    /// Over the session that there is.
    void showPage()
    {
        m_page = std::make_unique<PageType>(*m_session);
        m_page->resize(1384, 820);
        m_page->setVisible(true); // ProposalsPage has a show() of its own
        m_page->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
    }
    void openPageOn(const std::filesystem::path& store)
    {
        openPage();
        m_session->openStore(QString::fromStdString(store.string()));
        QTRY_COMPARE_WITH_TIMEOUT(m_session->storeState(), Session::State::Ready, kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(m_session->jobs().idle() && m_page->settled(), kPatienceMs);
    }
    void closePage()
    {
        m_page.reset();
        m_session.reset();
    }
};

} // namespace tackroom::ui
