// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QFrame>
#include <QPointer>

class QAction;
class QTreeWidget;

namespace tackroom::ui {

/// `?`: the keys of the open page and of the window, over the page. Escape closes it.
class CheatSheet : public QFrame {
    Q_OBJECT
public:
    explicit CheatSheet(QWidget* window);
    void open(const QString& pageTitle, const QList<QAction*>& pageActions, const QList<QAction*>& windowActions);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void dismiss();
    QTreeWidget* m_list;
    QPointer<QWidget> m_before;
};

} // namespace tackroom::ui
