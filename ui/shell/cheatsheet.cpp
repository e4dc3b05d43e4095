// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/cheatsheet.h"

#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QAction>
#include <QApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QPainter>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace tackroom::ui {

CheatSheet::CheatSheet(QWidget* window) : QFrame(window), m_list(new QTreeWidget(this))
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * kGrid, 2 * kGrid, 2 * kGrid, kGrid);
    column->addWidget(new TextLabel(tr("Keys"), TextLabel::Heading, this));
    m_list->setColumnCount(2);
    m_list->setHeaderHidden(true);
    m_list->setRootIsDecorated(false);
    m_list->setIndentation(kGrid);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setAccessibleName(tr("Keys of this page and of the window"));
    m_list->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    m_list->installEventFilter(this);
    column->addWidget(m_list, 1);
    column->addWidget(new TextLabel(tr("Escape closes this."), TextLabel::Faint, this));
    hide();
}

void CheatSheet::open(const QString& pageTitle, const QList<QAction*>& pageActions, const QList<QAction*>& windowActions)
{
    m_list->clear();
    const auto section = [this](const QString& title, const QList<QAction*>& actions) {
        auto* top = new QTreeWidgetItem(m_list, {title});
        QFont strong = m_list->font();
        strong.setWeight(QFont::DemiBold);
        top->setFont(0, strong);
        for (QAction* action : actions) {
            QStringList keys;
            for (const QKeySequence& key : action->shortcuts()) keys << key.toString(QKeySequence::NativeText);
            if (!keys.isEmpty()) new QTreeWidgetItem(top, {keys.join(QStringLiteral("  ")), action->text().remove(QLatin1Char('&'))});
        }
        if (top->childCount() == 0) delete top;
    };
    section(pageTitle, pageActions);
    section(tr("Everywhere"), windowActions);
    m_list->expandAll();
    m_before = QApplication::focusWidget();
    const QRect around = parentWidget()->rect();
    const int width = std::min(620, around.width() - 64), height = std::min(640, around.height() - 80);
    setGeometry((around.width() - width) / 2, (around.height() - height) / 2, width, height);
    show();
    raise();
    m_list->setFocus(Qt::PopupFocusReason);
}

void CheatSheet::dismiss()
{
    hide();
    if (m_before) m_before->setFocus(Qt::PopupFocusReason);
}

void CheatSheet::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape || event->key() == Qt::Key_Question) return dismiss();
    QFrame::keyPressEvent(event);
}

bool CheatSheet::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::FocusOut && isVisible()) hide();
    return QFrame::eventFilter(watched, event);
}

void CheatSheet::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(roleColors(palette()).line);
    painter.setBrush(palette().color(QPalette::Base));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

} // namespace tackroom::ui
