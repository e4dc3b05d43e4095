// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/messagebar.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QToolButton>

namespace tackroom::ui {

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent), m_sign(new TextLabel({}, TextLabel::Strong, this)), m_text(new TextLabel({}, TextLabel::Wrapped | TextLabel::Selectable, this)),
      m_details(new QPlainTextEdit(this)), m_detailsButton(new QToolButton(this)), m_actions(new QHBoxLayout)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * kGrid, kGrid, kGrid, kGrid);
    auto* row = new QHBoxLayout;
    column->addLayout(row);
    row->addWidget(m_sign, 0, Qt::AlignTop);
    row->addSpacing(kGrid);
    row->addWidget(m_text, 1);
    row->addLayout(m_actions);
    m_detailsButton->setText(tr("Details"));
    m_detailsButton->setCheckable(true);
    m_detailsButton->setAutoRaise(true);
    row->addWidget(m_detailsButton);
    auto* close = new QToolButton(this);
    close->setText(tr("Dismiss"));
    close->setAutoRaise(true);
    connect(close, &QToolButton::clicked, this, &MessageBar::clear);
    row->addWidget(close);
    m_details->setReadOnly(true);
    m_details->setAccessibleName(tr("Details of the message"));
    m_details->setMaximumHeight(fontMetrics().height() * 5);
    m_details->hide();
    column->addWidget(m_details);
    connect(m_detailsButton, &QToolButton::toggled, m_details, &QWidget::setVisible);
    hide();
}

void MessageBar::showError(const Error& error, const std::vector<Action>& actions)
{
    show(Tone::Failure, sentenceOf(error), detailsOf(error), actions);
}
void MessageBar::showNews(const QString& text, const std::vector<Action>& actions) { show(Tone::News, text, {}, actions); }
void MessageBar::showWarning(const QString& text, const std::vector<Action>& actions) { show(Tone::Warning, text, {}, actions); }

void MessageBar::clear()
{
    hide();
    m_text->setShown({});
}

QString MessageBar::text() const { return m_text->whole(); }

void MessageBar::show(Tone tone, const QString& text, const QString& details, const std::vector<Action>& actions)
{
    m_tone = tone;
    m_sign->setShown(tone == Tone::Failure ? QStringLiteral("✗") : tone == Tone::Warning ? QStringLiteral("⚠") : QStringLiteral("✓"));
    m_text->setShown(text);
    setAccessibleName(text);
    m_details->setPlainText(details);
    m_detailsButton->setVisible(!details.isEmpty());
    m_detailsButton->setChecked(false);
    while (QLayoutItem* item = m_actions->takeAt(0)) {
        if (item->widget()) item->widget()->deleteLater();
        delete item;
    }
    for (const Action& action : actions) {
        auto* button = new QPushButton(action.text, this);
        connect(button, &QPushButton::clicked, this, [act = action.act] { act(); });
        m_actions->addWidget(button);
    }
    QFrame::show();
    QAccessibleEvent event(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
    update();
}

void MessageBar::paintEvent(QPaintEvent*)
{
    const RoleColors& colors = roleColors(palette());
    QPainter painter(this);
    painter.fillRect(rect(), m_tone == Tone::Failure ? colors.failureWash : m_tone == Tone::Warning ? colors.warningWash : colors.accentWash);
    painter.fillRect(0, 0, 4, height(), m_tone == Tone::Failure ? colors.failure : m_tone == Tone::Warning ? colors.warning : colors.accent);
}

} // namespace tackroom::ui
