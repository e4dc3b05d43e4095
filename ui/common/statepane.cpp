// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/statepane.h"

#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

namespace tackroom::ui {

StatePane::StatePane(QWidget* parent)
    : QWidget(parent), m_title(new TextLabel({}, TextLabel::Heading | TextLabel::Wrapped, this)),
      m_why(new TextLabel({}, TextLabel::Faint | TextLabel::Wrapped, this)), m_busy(new QProgressBar(this)), m_actions(new QVBoxLayout)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(4 * kGrid, 4 * kGrid, 4 * kGrid, 4 * kGrid);
    column->setSpacing(kGrid);
    column->addStretch(2);
    for (QLabel* label : {static_cast<QLabel*>(m_title), static_cast<QLabel*>(m_why)}) {
        label->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
        column->addWidget(label);
    }
    m_busy->setRange(0, 0);
    m_busy->setTextVisible(false);
    m_busy->setFixedWidth(240);
    m_busy->setAccessibleName(tr("Working"));
    column->addWidget(m_busy, 0, Qt::AlignHCenter);
    column->addSpacing(kGrid);
    column->addLayout(m_actions);
    column->addStretch(3);
}

void StatePane::showEmpty(const QString& title, const QString& why, const std::vector<Action>& actions)
{
    clearActions();
    m_busy->hide();
    m_title->setShown(title);
    m_why->setShown(why);
    m_why->setVisible(!why.isEmpty());
    for (const Action& action : actions) {
        auto* button = new QPushButton(action.text, this);
        button->setAutoDefault(true);
        connect(button, &QPushButton::clicked, this, [act = action.act] { act(); });
        m_actions->addWidget(button, 0, Qt::AlignHCenter);
    }
}

void StatePane::showLoading(const QString& title)
{
    clearActions();
    m_title->setShown(title);
    m_why->hide();
    m_busy->show();
}

void StatePane::clearActions()
{
    while (QLayoutItem* item = m_actions->takeAt(0)) {
        if (item->widget()) item->widget()->deleteLater();
        delete item;
    }
}

} // namespace tackroom::ui
