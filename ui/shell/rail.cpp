// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/rail.h"

#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QAbstractButton>
#include <QAction>
#include <QPainter>
#include <QVBoxLayout>

namespace tackroom::ui {

/// Icon above its word, a count where something waits, a bar at the left of the open page.
class Rail::Button : public QAbstractButton {
public:
    Button(QAction* action, QWidget* parent) : QAbstractButton(parent), m_action(action)
    {
        setCheckable(true);
        setFocusPolicy(Qt::TabFocus);
        setAccessibleName(action->text());
        setObjectName(action->objectName() + QStringLiteral("Rail"));
        const QString keys = action->shortcut().toString(QKeySequence::NativeText);
        setToolTip(plainToolTip(keys.isEmpty() ? action->text() : action->text() + QStringLiteral(" (") + keys + QLatin1Char(')')));
        connect(this, &QAbstractButton::clicked, action, &QAction::trigger);
        connect(action, &QAction::toggled, this, &QAbstractButton::setChecked);
        setChecked(action->isChecked());
    }
    QAction* action() const { return m_action; }
    void setCount(int count)
    {
        m_count = count;
        setAccessibleName(count > 0 ? Rail::tr("%1, %2 waiting").arg(m_action->text()).arg(count) : m_action->text());
        update();
    }
    QSize sizeHint() const override { return {std::max(72, fontMetrics().horizontalAdvance(m_action->text()) + 2 * kGrid), fontMetrics().height() + 44}; }

protected:
    void paintEvent(QPaintEvent*) override
    {
        const RoleColors& colors = roleColors(palette());
        QPainter painter(this);
        if (isChecked())
            painter.fillRect(rect(), colors.accentWash);
        else if (underMouse())
            painter.fillRect(rect(), palette().color(QPalette::Button));
        if (isChecked()) painter.fillRect(0, 0, 3, height(), colors.accent);
        if (hasFocus()) {
            painter.setPen(QPen(colors.accent, 1));
            painter.drawRect(rect().adjusted(1, 1, -2, -2));
        }
        const QRect iconBox((width() - 22) / 2, 10, 22, 22);
        m_action->icon().paint(&painter, iconBox);
        QFont small = font();
        small.setPointSizeF(small.pointSizeF() * 0.92);
        if (isChecked()) small.setWeight(QFont::DemiBold);
        painter.setFont(small);
        painter.setPen(palette().color(QPalette::WindowText));
        painter.drawText(QRect(0, iconBox.bottom() + 4, width(), fontMetrics().height()), Qt::AlignCenter, m_action->text());
        if (m_count > 0) {
            painter.setRenderHint(QPainter::Antialiasing);
            const QString text = m_count > 99 ? QStringLiteral("99+") : QString::number(m_count);
            const int w = std::max(18, painter.fontMetrics().horizontalAdvance(text) + 10);
            const QRect badge(iconBox.center().x() + 4, 4, w, 18);
            painter.setPen(Qt::NoPen);
            painter.setBrush(colors.accent);
            painter.drawRoundedRect(badge, 9, 9);
            painter.setPen(isDark(palette()) ? QColor(Qt::black) : QColor(Qt::white));
            painter.drawText(badge, Qt::AlignCenter, text);
        }
    }

private:
    QAction* m_action;
    int m_count = 0;
};

Rail::Rail(QWidget* parent) : QWidget(parent)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, kGrid, 1, kGrid);
    column->setSpacing(2);
    column->addStretch(1);
    setAccessibleName(tr("Pages"));
}

void Rail::addEntry(QAction* action, bool bottom)
{
    auto* button = new Button(action, this);
    auto* column = static_cast<QVBoxLayout*>(layout());
    if (bottom) {
        column->addWidget(button);
    } else {
        int at = 0;
        while (at < column->count() && column->itemAt(at)->widget()) ++at;
        column->insertWidget(at, button);
    }
    m_buttons.push_back(button);
}

void Rail::setCount(QAction* action, int count)
{
    for (Button* button : m_buttons)
        if (button->action() == action) button->setCount(count);
}

void Rail::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Window));
    painter.fillRect(width() - 1, 0, 1, height(), roleColors(palette()).line);
}

} // namespace tackroom::ui
