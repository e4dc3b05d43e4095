// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/linkbutton.h"

#include "ui/common/shown.h"

#include <QEvent>
#include <QGuiApplication>

namespace tackroom::ui
{

LinkButton::LinkButton(QWidget* parent) : QPushButton(parent)
{
    setFlat(true);
    setCursor(Qt::PointingHandCursor);
    recolor();
}

void LinkButton::setLink(const QString& shown, const QString& whole)
{
    setText(QString(shown).replace(QLatin1Char('&'), QStringLiteral("&&")));
    setToolTip(plainToolTip(whole));
    setAccessibleName(tr("Open %1").arg(whole));
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
