// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/clusters/exemplarcard.h"

#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QCoreApplication>
#include <QKeyEvent>
#include <QPainter>
#include <QVBoxLayout>

namespace tackroom::ui
{

namespace
{
QString said(const char* text) { return QCoreApplication::translate("tackroom::ui::ExemplarRoles", text); }
} // namespace

QString exemplarRoleText(const std::string& role)
{
    if (role == "typical") return said(QT_TRANSLATE_NOOP("tackroom::ui::ExemplarRoles", "typical"));
    if (role == "borderline") return said(QT_TRANSLATE_NOOP("tackroom::ui::ExemplarRoles", "borderline"));
    if (role == "newest") return said(QT_TRANSLATE_NOOP("tackroom::ui::ExemplarRoles", "newest"));
    if (role == "counter-example")
        return said(QT_TRANSLATE_NOOP("tackroom::ui::ExemplarRoles", "counter-example: this one worked"));
    return shownLine(role, 40);
}

ExemplarCard::ExemplarCard(const ExemplarRun& exemplar, QWidget* parent) : QAbstractButton(parent)
{
    m_address = QStringLiteral("run/") + own(exemplar.key.value);
    if (!exemplar.stepId.empty()) m_address += QStringLiteral("/step/") + own(exemplar.stepId);
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(kGrid + kGrid / 2, kGrid, kGrid + kGrid / 2, kGrid);
    column->setSpacing(kGrid / 2);
    const QString role = exemplarRoleText(exemplar.role), task = shownLine(exemplar.task, 300),
                  why = shownLine(exemplar.explanation);
    auto* head = new QHBoxLayout;
    head->addWidget(new TextLabel(role, TextLabel::Faint | TextLabel::Strong, this));
    head->addStretch(1);
    head->addWidget(
        new TextLabel(exemplar.stepId.empty() ? tr("open the run ›") : tr("open at the step ›"), TextLabel::Faint, this));
    column->addLayout(head);
    column->addWidget(
        new TextLabel(task.isEmpty() ? tr("Run %1").arg(shownLine(exemplar.nativeId, 80)) : task, TextLabel::Wrapped, this));
    if (!why.isEmpty()) {
        const bool decisive = exemplar.role != "counter-example";
        column->addWidget(new TextLabel(decisive ? tr("◎ %1").arg(why) : why, TextLabel::Faint | TextLabel::Wrapped, this));
    }
    for (QLabel* label : findChildren<QLabel*>()) label->setAttribute(Qt::WA_TransparentForMouseEvents);
    setAccessibleName(tr("%1: %2").arg(role, task));
    setAccessibleDescription(why);
    setToolTip(plainToolTip(tr("Opens the run %1").arg(shownLine(exemplar.nativeId, 80))));
}

QSize ExemplarCard::sizeHint() const { return layout()->sizeHint(); }

int ExemplarCard::heightForWidth(int width) const { return layout()->totalHeightForWidth(width); }

void ExemplarCard::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const RoleColors& colors = roleColors(palette());
    painter.setPen(QPen(hasFocus() ? colors.accent : colors.line, hasFocus() ? 2 : 1));
    painter.setBrush(isDown() ? colors.accentWash : colors.raised);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
}

void ExemplarCard::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        click();
        return;
    }
    QAbstractButton::keyPressEvent(event);
}

} // namespace tackroom::ui
