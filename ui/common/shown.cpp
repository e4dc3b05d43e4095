// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/shown.h"

#include "ui/common/theme.h"

#include <QEvent>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QResizeEvent>
#include <QTextDocument>

namespace tackroom::ui {

QString shownLine(std::string_view foreign, std::size_t maxBytes) { return toQString(SafeText::line(foreign, maxBytes)); }
QString shownBlock(std::string_view foreign, std::size_t maxBytes) { return toQString(SafeText::block(foreign, maxBytes)); }

QString plainToolTip(const QString& text)
{
    QString plain = text.left(2000);
    // Qt shows a tooltip as rich text when its start looks like markup. Ours never is: such an opening sign is replaced.
    if (Qt::mightBeRichText(plain)) plain.replace(QLatin1Char('<'), QChar(0x2039)).replace(QLatin1Char('&'), QChar(0xFF06));
    return plain;
}

TextLabel::TextLabel(const QString& text, int style, QWidget* parent) : QLabel(parent), m_style(style)
{
    setTextFormat(Qt::PlainText);
    setForegroundRole(QPalette::WindowText); // also on a page in the base colour, where it would be Text
    if (style & Wrapped) setWordWrap(true);
    if (style & Selectable) setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    restyle();
    setShown(text);
}

void TextLabel::setShown(const QString& text)
{
    m_whole = text;
    setAccessibleName(text);
    if (m_style & Elided)
        elide();
    else
        setText(text);
}

QSize TextLabel::minimumSizeHint() const
{
    QSize size = QLabel::minimumSizeHint();
    if (m_style & Elided) size.setWidth(fontMetrics().averageCharWidth() * 4);
    return size;
}

void TextLabel::restyle()
{
    if (m_restyling) return;
    m_restyling = true;
    QFont f = (m_style & Mono) ? QFontDatabase::systemFont(QFontDatabase::FixedFont) : (parentWidget() ? parentWidget()->font() : QFont());
    if (m_style & Heading) {
        f.setPointSizeF(f.pointSizeF() * 1.3);
        f.setWeight(QFont::DemiBold);
    }
    if (m_style & Strong) f.setWeight(QFont::DemiBold);
    setFont(f);
    if (m_style & Faint) {
        // Nothing but this one colour: a palette with all roles set would no longer follow the theme.
        QPalette p;
        p.setColor(QPalette::WindowText, roleColors(QGuiApplication::palette()).faint);
        setPalette(p);
    }
    m_restyling = false;
}

void TextLabel::elide()
{
    const QString line = QString(m_whole).replace(QLatin1Char('\n'), QLatin1Char(' '));
    const QString cut = fontMetrics().elidedText(line, Qt::ElideMiddle, std::max(0, width() - 2));
    setText(cut);
    setToolTip(cut == m_whole ? QString() : plainToolTip(m_whole));
    setAccessibleName(m_whole);
}

void TextLabel::resizeEvent(QResizeEvent* event)
{
    QLabel::resizeEvent(event);
    if (m_style & Elided) elide();
}

void TextLabel::changeEvent(QEvent* event)
{
    QLabel::changeEvent(event);
    // A child hears of a new theme by PaletteChange alone.
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::ApplicationPaletteChange || event->type() == QEvent::ParentChange) restyle();
}

} // namespace tackroom::ui
