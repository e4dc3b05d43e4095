// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/linkbutton.h"

#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QEvent>
#include <QGuiApplication>
#include <QStyleOptionButton>
#include <QStyleOptionFocusRect>
#include <QStylePainter>

#include <algorithm>

namespace tackroom::ui
{

LinkButton::LinkButton(QWidget* parent) : QPushButton(parent)
{
    setFlat(true);
    setCursor(Qt::PointingHandCursor);
    setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed); // never wider than its text, narrower where it must be
    recolor();
}

void LinkButton::setLink(const QString& text)
{
    m_whole = text;
    setToolTip(plainToolTip(text));
    setAccessibleName(tr("Open %1").arg(text));
    updateGeometry();
    elide();
}

QSize LinkButton::sizeHint() const
{
    QSize size = QPushButton::sizeHint();
    size.setWidth(fontMetrics().horizontalAdvance(m_whole) + kGrid / 2);
    return size;
}

QSize LinkButton::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 12, QPushButton::minimumSizeHint().height()};
}

void LinkButton::elide()
{
    QString shown = fontMetrics().elidedText(m_whole, Qt::ElideMiddle, std::max(0, width() - 2));
    setText(shown.replace(QLatin1Char('&'), QStringLiteral("&&")));
}

void LinkButton::paintEvent(QPaintEvent*)
{
    // Flush with the text above and below it, as a link is.
    QStylePainter painter(this);
    QStyleOptionButton option;
    initStyleOption(&option);
    if (option.state & (QStyle::State_Sunken | QStyle::State_MouseOver)) {
        QFont underlined = font();
        underlined.setUnderline(true);
        painter.setFont(underlined);
    }
    painter.drawItemText(rect(), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextShowMnemonic, palette(), isEnabled(), text(),
                         QPalette::ButtonText);
    if (!hasFocus()) return;
    QStyleOptionFocusRect focus;
    focus.initFrom(this);
    painter.drawPrimitive(QStyle::PE_FrameFocusRect, focus);
}

void LinkButton::resizeEvent(QResizeEvent* event)
{
    QPushButton::resizeEvent(event);
    elide();
}

void LinkButton::recolor()
{
    if (m_recoloring) return;
    m_recoloring = true;
    QPalette colors; // only this role, so that the rest follows the theme
    colors.setColor(QPalette::ButtonText, QGuiApplication::palette().color(QPalette::Link));
    setPalette(colors);
    m_recoloring = false;
}

void LinkButton::changeEvent(QEvent* event)
{
    QPushButton::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::ApplicationPaletteChange) recolor();
}

} // namespace tackroom::ui
