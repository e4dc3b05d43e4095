// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/diffview/findbar.h"

#include "ui/diffview/diffview.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>

namespace tackroom::ui
{

FindBar::FindBar(DiffView* view) : QWidget(view), m_view(view), m_text(new QLineEdit(this)), m_answer(new QLabel(this))
{
    setObjectName(QStringLiteral("diffFindBar"));
    setAutoFillBackground(true);
    m_text->setPlaceholderText(DiffView::tr("Find in this file"));
    m_text->setAccessibleName(DiffView::tr("Find in this file"));
    m_text->setClearButtonEnabled(true);
    m_text->installEventFilter(this);
    m_answer->setTextFormat(Qt::PlainText);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(8);
    layout->addWidget(m_text);
    layout->addWidget(m_answer);
    m_answer->hide();
    hide();
}

void FindBar::open()
{
    const QString selected = m_view->selectedText();
    if (!selected.isEmpty() && !selected.contains(u'\n')) m_text->setText(selected);
    m_answer->hide();
    show();
    place();
    raise();
    m_text->setFocus(Qt::ShortcutFocusReason);
    m_text->selectAll();
}

void FindBar::place()
{
    adjustSize();
    const QRect area = m_view->viewport()->geometry();
    resize(std::min(std::max(width(), 280), area.width()), height());
    move(area.right() - width() - 8, area.top() + 8);
}

void FindBar::search(bool backwards)
{
    if (m_text->text().isEmpty()) return;
    const bool found = m_view->find(m_text->text(), backwards);
    m_answer->setText(found ? QString() : DiffView::tr("Nowhere in this file"));
    m_answer->setVisible(!found);
    place();
}

void FindBar::close()
{
    hide();
    m_view->setFocus(Qt::OtherFocusReason);
}

bool FindBar::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        // Escape closes this field before it means anything to the window.
        if (static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) event->accept();
        return false;
    }
    if (event->type() != QEvent::KeyPress) return QWidget::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_Escape)
        close();
    else if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter)
        search(key->modifiers() & Qt::ShiftModifier);
    else
        return QWidget::eventFilter(watched, event);
    return true;
}

} // namespace tackroom::ui
