// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/textpage.h"

#include "core/traces/blobs.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QEvent>
#include <QFontDatabase>
#include <QScrollBar>
#include <QTextBlock>

#include <utility>

namespace tackroom::ui
{

TextPage::TextPage(QWidget* parent) : QTextBrowser(parent)
{
    setReadOnly(true);
    setAcceptRichText(false);
    setOpenLinks(false);
    setOpenExternalLinks(false);
    setUndoRedoEnabled(false);
    setFrameShape(QFrame::NoFrame);
    setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard | Qt::LinksAccessibleByMouse |
                            Qt::LinksAccessibleByKeyboard);
    document()->setDocumentMargin(kGrid);
}

void TextPage::begin()
{
    setUpdatesEnabled(false);
    document()->clear();
    m_writer = QTextCursor(document());
    m_writer.beginEditBlock();
    m_empty = true;
    m_pieces.clear();
}

void TextPage::end()
{
    m_writer.endEditBlock();
    m_writer = QTextCursor();
    setUpdatesEnabled(true);
}

void TextPage::startParagraph(int hang, const QString& label, int labelLook, Wash wash, int spaceAbove)
{
    m_pieces.push_back({Piece::Paragraph, label, {}, hang, labelLook, spaceAbove, wash});
    write(m_pieces.back());
}

void TextPage::addText(const QString& text, int look)
{
    m_pieces.push_back({Piece::Text, text, {}, 0, look, 0, Wash::None});
    write(m_pieces.back());
}

void TextPage::addLink(const QString& text, const QString& target)
{
    m_pieces.push_back({Piece::Link, text, target, 0, Plain, 0, Wash::None});
    write(m_pieces.back());
}

void TextPage::writeParagraph(int hang, const QString& label, int labelLook, Wash wash, int spaceAbove)
{
    m_hang = hang;
    m_wash = wash;
    QTextBlockFormat format;
    format.setLeftMargin(hang);
    format.setTopMargin(spaceAbove);
    format.setLineHeight(115, QTextBlockFormat::ProportionalHeight);
    const RoleColors& colors = roleColors(palette());
    if (wash == Wash::Accent) format.setBackground(colors.accentWash);
    if (wash == Wash::Failure) format.setBackground(colors.failureWash);
    if (wash == Wash::Human) format.setBackground(colors.warningWash);
    if (!label.isEmpty()) {
        format.setTextIndent(-hang);
        format.setTabPositions({QTextOption::Tab(hang, QTextOption::LeftTab)});
    }
    if (m_empty)
        m_writer.setBlockFormat(format);
    else
        m_writer.insertBlock(format, formatOf(Plain));
    m_empty = false;
    if (!label.isEmpty()) {
        m_writer.insertText(label, formatOf(labelLook));
        m_writer.insertText(QStringLiteral("\t"), formatOf(Plain));
    }
}

void TextPage::write(const Piece& piece)
{
    if (piece.kind == Piece::Paragraph) {
        writeParagraph(piece.hang, piece.text, piece.look, piece.wash, piece.spaceAbove);
        return;
    }
    QTextCharFormat format = formatOf(piece.look);
    if (piece.kind == Piece::Link) {
        format.setAnchor(true);
        format.setAnchorHref(piece.target);
        format.setForeground(palette().color(QPalette::Link));
        format.setFontUnderline(true);
        m_writer.insertText(piece.text, format);
        return;
    }
    // insertText() makes a paragraph of each line; those after the first must not hang.
    const QStringList lines = piece.text.split(QLatin1Char('\n'));
    for (qsizetype i = 0; i < lines.size(); ++i) {
        if (i > 0) writeParagraph(m_hang, {}, Plain, m_wash, 0);
        writeLine(lines[i], format);
    }
}

void TextPage::writeLine(const QString& line, const QTextCharFormat& format)
{
    static const QString begin = own(kChipBegin), end = own(kChipEnd);
    qsizetype at = 0;
    for (qsizetype chip = line.indexOf(begin); chip >= 0; chip = line.indexOf(begin, at)) {
        const qsizetype close = line.indexOf(end, chip);
        if (close < 0) break;
        m_writer.insertText(line.mid(at, chip - at), format);
        QTextCharFormat chipFormat = format;
        chipFormat.setBackground(roleColors(palette()).raised);
        chipFormat.setForeground(roleColors(palette()).accent);
        const QChar space(0x00A0);
        m_writer.insertText(QString(space + line.mid(chip + 1, close - chip - 1) + space), chipFormat);
        at = close + end.size();
    }
    m_writer.insertText(line.mid(at), format);
}

void TextPage::writeAgain()
{
    if (m_pieces.empty()) return;
    const int scrolled = verticalScrollBar()->value(), position = textCursor().position();
    const std::vector<Piece> pieces = std::exchange(m_pieces, {});
    begin();
    for (const Piece& piece : pieces) write(piece);
    end();
    m_pieces = pieces;
    QTextCursor place(document());
    place.setPosition(std::min(position, document()->characterCount() - 1));
    setTextCursor(place);
    verticalScrollBar()->setValue(scrolled);
}

int TextPage::writePosition() const { return m_writer.position(); }

void TextPage::showPosition(int position)
{
    QTextCursor cursor(document());
    cursor.setPosition(qBound(0, position, document()->characterCount() - 1));
    setTextCursor(cursor);
    const QRect place = cursorRect(cursor);
    verticalScrollBar()->setValue(verticalScrollBar()->value() + place.top() - viewport()->height() / 4);
}

void TextPage::changeEvent(QEvent* event)
{
    QTextBrowser::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) writeAgain();
}

QTextCharFormat TextPage::formatOf(int look) const
{
    QTextCharFormat format;
    const RoleColors& colors = roleColors(palette());
    QFont font = look & Mono ? QFontDatabase::systemFont(QFontDatabase::FixedFont) : this->font();
    if (look & Mono) font.setPointSizeF(this->font().pointSizeF() * 0.95);
    if (look & Strong) font.setWeight(QFont::DemiBold);
    format.setFont(font);
    QColor color = palette().color(QPalette::Text);
    if (look & Faint) color = colors.faint;
    if (look & Failed) color = colors.failure;
    if (look & Accent) color = colors.accent;
    if (look & Human) color = colors.human;
    format.setForeground(color);
    return format;
}

// Whatever the document asks for, there is nothing to load.
void TextPage::doSetSource(const QUrl&, QTextDocument::ResourceType) {}
QVariant TextPage::loadResource(int, const QUrl&) { return {}; }

} // namespace tackroom::ui
