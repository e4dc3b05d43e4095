// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/textfindbar.h"

#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/traces/textmatches.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QToolButton>

namespace tackroom::ui
{

TextFindBar::TextFindBar(QWidget* parent)
    : QWidget(parent),
      m_wanted(new QLineEdit(this)),
      m_status(new TextLabel({}, TextLabel::Faint, this)),
      m_previous(new QToolButton(this)),
      m_next(new QToolButton(this)),
      m_close(new QToolButton(this))
{
    m_wanted->setPlaceholderText(tr("Find in this text"));
    m_wanted->setAccessibleName(tr("Find in this text"));
    m_wanted->setClearButtonEnabled(true);
    m_wanted->setMaxLength(static_cast<int>(TextMatches::kMostWanted));
    m_status->setObjectName(QStringLiteral("matches"));
    const auto button = [this](QToolButton* made, const QString& text, const QString& tip) {
        made->setText(text);
        made->setToolTip(tip);
        made->setAutoRaise(true);
    };
    button(m_previous, tr("Previous"), tr("Previous match (Shift+F3)"));
    button(m_next, tr("Next"), tr("Next match (F3 or Enter)"));
    button(m_close, tr("Close"), tr("Ends finding (Esc)"));
    connect(m_wanted, &QLineEdit::textChanged, this, &TextFindBar::wantedChanged);
    connect(m_previous, &QToolButton::clicked, this, [this] { Q_EMIT moveWanted(-1); });
    connect(m_next, &QToolButton::clicked, this, [this] { Q_EMIT moveWanted(1); });
    connect(m_close, &QToolButton::clicked, this, &TextFindBar::closeWanted);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(kGrid, 0, kGrid, kGrid / 2);
    row->setSpacing(kGrid);
    row->addWidget(m_wanted, 1);
    row->addWidget(m_status);
    for (QToolButton* each : {m_previous, m_next, m_close}) row->addWidget(each);
}

void TextFindBar::open()
{
    show();
    m_wanted->setFocus(Qt::ShortcutFocusReason);
    m_wanted->selectAll();
}

QString TextFindBar::wanted() const { return m_wanted->text(); }

void TextFindBar::showStatus(const QString& status, bool canMove)
{
    m_status->setShown(status);
    m_previous->setEnabled(canMove);
    m_next->setEnabled(canMove);
}

void TextFindBar::keyPressEvent(QKeyEvent* event)
{
    if (event->key() != Qt::Key_Return && event->key() != Qt::Key_Enter) return QWidget::keyPressEvent(event);
    Q_EMIT moveWanted(event->modifiers() & Qt::ShiftModifier ? -1 : 1);
}

} // namespace tackroom::ui
