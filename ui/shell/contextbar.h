// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/common/page.h"

#include <QWidget>

class QLineEdit;
class QMenu;
class QToolButton;

namespace tackroom::ui {

class TextLabel;

class ContextBar : public QWidget {
    Q_OBJECT
public:
    ContextBar(QAction* back, QAction* forward, QAction* commands, QMenu* opened, QWidget* parent = nullptr);
    void setOpened(const QString& text);
    /// The query box of the open page; hidden where `usable` is false.
    void setQueryBox(bool usable, const QString& hint, const QStringList& completions);
    /// The menu of named queries beside the box; nothing: there is none.
    void setViews(const std::optional<QList<Page::QueryView>>& views);
    void setQuery(const QString& text);
    void setNotUnderstood(const QString& what);
    void focusQuery();
    [[nodiscard]] QString query() const;

Q_SIGNALS:
    void queryChanged(const QString& text); ///< after a short pause in typing, or Enter
    void viewKept(const QString& name);      ///< the query in the box, under this name
    void viewForgotten(const QString& name);
    void queryLeft();                       ///< Escape or Down: back to the page

protected:
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fillViewsMenu();
    QToolButton* m_opened;
    QToolButton* m_viewsButton;
    QList<Page::QueryView> m_views;
    QLineEdit* m_query;
    TextLabel* m_notUnderstood;
};

} // namespace tackroom::ui
