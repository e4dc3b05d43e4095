// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/review/decisionbar.h"

#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>

namespace tackroom::ui {

DecisionBar::DecisionBar(QWidget* parent)
    : QFrame(parent), m_reason(new QLineEdit(this)), m_says(new TextLabel({}, TextLabel::Wrapped, this)), m_wayOn(new QPushButton(this)),
      m_confirm(new QPushButton(this)), m_back(new QPushButton(tr("Not yet"), this)), m_buttonRow(new QHBoxLayout)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(kGrid * 3 / 2, kGrid, kGrid * 3 / 2, kGrid);
    column->setSpacing(kGrid / 2);
    auto* top = new QHBoxLayout;
    top->addWidget(m_reason, 1);
    top->addLayout(m_buttonRow);
    top->addWidget(m_back);
    top->addWidget(m_confirm);
    column->addLayout(top);
    auto* below = new QHBoxLayout;
    below->addWidget(m_says, 1);
    below->addWidget(m_wayOn);
    column->addLayout(below);
    m_reason->setObjectName(QStringLiteral("reason"));
    m_reason->setAccessibleName(tr("Reason of the decision"));
    m_reason->setPlaceholderText(tr("Reason: why is this right, or wrong?"));
    m_reason->setMaxLength(4000);
    m_reason->installEventFilter(this);
    m_confirm->setObjectName(QStringLiteral("confirmLanding"));
    m_confirm->setAccessibleName(tr("Confirm the decision"));
    m_confirm->hide();
    m_wayOn->setAccessibleName(tr("What to do about it"));
    m_back->setObjectName(QStringLiteral("notYet"));
    m_back->hide();
    m_wayOn->hide();
    connect(m_reason, &QLineEdit::textChanged, this, [this] { update(); });
    connect(m_confirm, &QPushButton::clicked, this, &DecisionBar::confirm);
    connect(m_back, &QPushButton::clicked, this, &DecisionBar::leaveAsking);
    connect(m_wayOn, &QPushButton::clicked, this, [this] {
        if (m_wayOnAct) m_wayOnAct();
    });
}

void DecisionBar::setChoices(std::vector<Choice> choices)
{
    m_choices = std::move(choices);
    for (QPushButton* button : m_buttons) button->deleteLater();
    m_buttons.clear();
    for (int i = 0; i < static_cast<int>(m_choices.size()); ++i) {
        const Choice& choice = m_choices[static_cast<std::size_t>(i)];
        auto* button = new QPushButton(choice.text, this);
        button->setObjectName(choice.id);
        button->setToolTip(plainToolTip(choice.keys.isEmpty() ? choice.text : choice.text + QStringLiteral(" (") + choice.keys + QLatin1Char(')')));
        connect(button, &QPushButton::clicked, this, [this, i] { ask(i); });
        m_buttonRow->addWidget(button);
        m_buttons.push_back(button);
    }
    leaveAsking();
}

void DecisionBar::update()
{
    if (m_asked >= 0 || m_busy) return;
    // The last choice is the page's main one: the bar says what it still needs, in words, and no button is greyed silently.
    const QString missing = m_choices.empty() ? QString() : m_choices.back().needs();
    m_says->setShown(missing);
    m_says->setVisible(!missing.isEmpty());
    m_wayOn->setVisible(!m_wayOn->text().isEmpty());
    for (QPushButton* button : m_buttons) button->setEnabled(true);
}

void DecisionBar::setWayOn(const QString& text, std::function<void()> act)
{
    m_wayOn->setText(text);
    m_wayOnAct = std::move(act);
    m_wayOn->setVisible(!text.isEmpty());
}

void DecisionBar::clearReason() { m_reason->clear(); }
QString DecisionBar::reason() const { return m_reason->text().trimmed(); }
void DecisionBar::focusReason() { m_reason->setFocus(Qt::ShortcutFocusReason); }

void DecisionBar::choose(const QString& id)
{
    for (int i = 0; i < static_cast<int>(m_choices.size()); ++i)
        if (m_choices[static_cast<std::size_t>(i)].id == id) return ask(i);
}

void DecisionBar::ask(int choice)
{
    if (m_busy) return;
    const Choice& chosen = m_choices[static_cast<std::size_t>(choice)];
    if (const QString missing = chosen.needs(); !missing.isEmpty()) {
        m_says->setShown(missing);
        m_says->show();
        if (reason().isEmpty()) focusReason();
        return;
    }
    if (!chosen.preview) return chosen.act(reason());
    m_asked = choice;
    for (QPushButton* button : m_buttons) button->hide();
    m_wayOn->hide();
    m_reason->setReadOnly(true);
    m_says->setShown(chosen.preview());
    m_says->show();
    m_confirm->setText(chosen.text);
    m_confirm->show();
    m_back->show();
    m_confirm->setFocus(Qt::OtherFocusReason);
}

void DecisionBar::confirm()
{
    if (m_asked < 0) return;
    const auto act = m_choices[static_cast<std::size_t>(m_asked)].act;
    leaveAsking();
    act(reason());
}

void DecisionBar::leaveAsking()
{
    m_asked = -1;
    m_busy = false;
    m_confirm->hide();
    m_back->hide();
    m_reason->setReadOnly(false);
    for (QPushButton* button : m_buttons) button->show();
    update();
}

void DecisionBar::setBusy(const QString& text)
{
    m_busy = !text.isEmpty();
    if (!m_busy) return leaveAsking();
    m_says->setShown(text);
    m_says->show();
    for (QPushButton* button : m_buttons) button->setEnabled(false);
}

bool DecisionBar::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape && watched == m_reason) {
        if (m_asked >= 0) leaveAsking();
        return false;
    }
    return QFrame::eventFilter(watched, event);
}

void DecisionBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_asked >= 0 ? roleColors(palette()).accentWash : roleColors(palette()).raised);
    painter.fillRect(0, 0, width(), 1, roleColors(palette()).line);
}

} // namespace tackroom::ui
