// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/textpage.h"

#include "core/traces/blobs.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QAbstractTextDocumentLayout>
#include <QElapsedTimer>
#include <QEvent>
#include <QFontDatabase>
#include <QMimeData>
#include <QScrollBar>
#include <QTextBlock>

#include <algorithm>
#include <utility>

namespace tackroom::ui
{

namespace
{

constexpr qsizetype kLongestStretch = 2000; ///< of a line; the layout of a paragraph costs more than its length says
constexpr qsizetype kFirstSlice = 16'000, kLeastSlice = 2'000, kMostSlice = 32'000;
constexpr qint64 kSliceMs = 10;
constexpr int kAfterFrameMs = 20; ///< what is there is painted before more is written
constexpr int kGoesOn = 1;        ///< state of a block that is a further stretch of the line before it

/// Where the line that begins at `from` is cut: at its end, or at a space near kLongestStretch; never inside a chip.
qsizetype stretchEnd(const QString& text, qsizetype from, qsizetype lineEnd)
{
    if (lineEnd - from <= kLongestStretch + kLongestStretch / 4) return lineEnd;
    static const QString begin = own(kChipBegin), end = own(kChipEnd);
    qsizetype cut = from + kLongestStretch;
    const qsizetype space = text.lastIndexOf(QLatin1Char(' '), cut);
    if (space > cut - 200) cut = space + 1;
    if (text.at(cut).isLowSurrogate()) --cut;
    const qsizetype chip = text.lastIndexOf(begin, cut);
    if (chip > from && text.indexOf(end, chip) >= cut && cut - chip < 200) cut = chip;
    return cut;
}

QString asciiFolded(QString text)
{
    for (QChar& c : text)
        if (c >= QLatin1Char('A') && c <= QLatin1Char('Z')) c = QChar(c.unicode() | 0x20);
    return text;
}

} // namespace

TextPage::TextPage(QWidget* parent) : QTextBrowser(parent), m_sliceChars(kFirstSlice), m_firstSlice(kFirstSlice)
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
    m_goOn.setSingleShot(true);
    connect(&m_goOn, &QTimer::timeout, this, [this] {
        writeSlice(m_sliceChars);
        writeSoon();
    });
}

void TextPage::begin()
{
    m_goOn.stop();
    setUpdatesEnabled(false);
    document()->clear();
    m_empty = true;
    m_pieces.clear();
    m_marks.clear();
    m_next = 0;
    m_offset = 0;
    m_pendingMark = -1;
}

void TextPage::end()
{
    writeSlice(m_firstSlice);
    setUpdatesEnabled(true);
    if (writing())
        m_goOn.start(kAfterFrameMs);
    else
        written();
}

void TextPage::beginMore(int fromMark)
{
    writeUpTo(-1);
    m_goOn.stop();
    setUpdatesEnabled(false);
    const int from = positionOf(fromMark);
    if (from < 0) return;
    for (int& mark : m_marks)
        if (mark >= from) mark = -1;
    QTextCursor cursor(document());
    cursor.setPosition(std::max(0, from - 1)); // with the end of the paragraph before it
    cursor.movePosition(QTextCursor::End, QTextCursor::KeepAnchor);
    cursor.removeSelectedText();
    m_empty = from == 0;
}

void TextPage::replaceFront(int mark, const QString& text, const QString& link, const QString& target)
{
    const int position = positionOf(mark);
    if (position <= 0) return;
    setUpdatesEnabled(false);
    const int before = topOf(position);
    QTextCursor cursor(document());
    cursor.beginEditBlock();
    cursor.setPosition(0);
    cursor.setPosition(position - 1, QTextCursor::KeepAnchor);
    cursor.removeSelectedText();
    cursor.setBlockFormat({});
    cursor.insertText(text, formatOf(Faint));
    QTextCharFormat format = formatOf(Plain);
    format.setAnchor(true);
    format.setAnchorHref(target);
    format.setForeground(palette().color(QPalette::Link));
    format.setFontUnderline(true);
    cursor.insertText(link, format);
    cursor.endEditBlock();
    const int shift = cursor.position() + 1 - position;
    for (int& each : m_marks) each = each < position ? -1 : each + shift;
    verticalScrollBar()->setValue(verticalScrollBar()->value() + topOf(position + shift) - before);
    setUpdatesEnabled(true);
}

int TextPage::addMark()
{
    m_pendingMark = static_cast<int>(m_marks.size());
    m_marks.push_back(-1);
    return m_pendingMark;
}

int TextPage::positionOf(int mark) const
{
    return mark >= 0 && mark < static_cast<int>(m_marks.size()) ? m_marks[static_cast<std::size_t>(mark)] : -1;
}

void TextPage::startParagraph(int hang, const QString& label, int labelLook, Wash wash, int spaceAbove)
{
    m_pieces.push_back({Piece::Paragraph, label, {}, hang, labelLook, spaceAbove, std::exchange(m_pendingMark, -1), wash});
}

void TextPage::startStretch(int hang, Wash wash)
{
    startParagraph(hang, {}, Plain, wash, 0);
    m_pieces.back().goesOn = true;
}

void TextPage::addText(const QString& text, int look)
{
    m_pieces.push_back({Piece::Text, text, {}, 0, look, 0, -1, Wash::None});
}

void TextPage::addLink(const QString& text, const QString& target)
{
    m_pieces.push_back({Piece::Link, text, target, 0, Plain, 0, -1, Wash::None});
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

/// A time slice of the writing: the text cursor stays where it is, even at the very end.
void TextPage::writeSlice(qsizetype chars)
{
    if (!writing()) return;
    QElapsedTimer time;
    time.start();
    const int position = textCursor().position(), anchor = textCursor().anchor();
    m_writer = QTextCursor(document());
    m_writer.movePosition(QTextCursor::End);
    m_writer.beginEditBlock();
    for (qsizetype left = chars; writing() && left > 0;) left -= writePiece(left);
    m_writer.endEditBlock();
    m_writer = QTextCursor();
    if (textCursor().position() != position || textCursor().anchor() != anchor) {
        QTextCursor place(document());
        place.setPosition(anchor);
        place.setPosition(position, QTextCursor::KeepAnchor);
        setTextCursor(place);
    }
    if (time.elapsed() > kSliceMs) m_sliceChars = std::max(kLeastSlice, m_sliceChars / 2);
    if (time.elapsed() < kSliceMs / 2) m_sliceChars = std::min(kMostSlice, m_sliceChars * 2);
    if (writing() || m_keepPieces) return;
    m_pieces.clear();
    m_next = 0;
}

void TextPage::writeSoon()
{
    if (writing())
        m_goOn.start(0);
    else
        written();
}

/// How much of the slice it used. What a paragraph costs stands for some characters.
qsizetype TextPage::writePiece(qsizetype most)
{
    constexpr qsizetype kParagraphCost = 60;
    const Piece& piece = m_pieces[m_next];
    if (piece.kind == Piece::Text) return writeText(piece, most);
    ++m_next;
    if (piece.kind == Piece::Paragraph) {
        writeParagraph(piece.hang, piece.text, piece.look, piece.wash, piece.spaceAbove);
        if (piece.goesOn) m_writer.block().setUserState(kGoesOn);
        if (piece.mark >= 0) m_marks[static_cast<std::size_t>(piece.mark)] = m_writer.block().position();
        return kParagraphCost;
    }
    QTextCharFormat format = formatOf(piece.look);
    format.setAnchor(true);
    format.setAnchorHref(piece.target);
    format.setForeground(palette().color(QPalette::Link));
    format.setFontUnderline(true);
    m_writer.insertText(piece.text, format);
    return kParagraphCost;
}

qsizetype TextPage::writeText(const Piece& piece, qsizetype most)
{
    const QTextCharFormat format = formatOf(piece.look);
    const QString& text = piece.text;
    qsizetype used = 0;
    while (m_offset < text.size() && used < most) {
        qsizetype lineEnd = text.indexOf(QLatin1Char('\n'), m_offset);
        if (lineEnd < 0) lineEnd = text.size();
        const qsizetype end = stretchEnd(text, m_offset, lineEnd);
        writeLine(text.mid(m_offset, end - m_offset), format);
        used += end - m_offset + 20;
        m_offset = end;
        if (end < lineEnd) {
            writeParagraph(m_hang, {}, Plain, m_wash, 0);
            m_writer.block().setUserState(kGoesOn);
        } else if (end < text.size()) {
            // insertText() would make a paragraph of each line too; those after the first must not hang.
            writeParagraph(m_hang, {}, Plain, m_wash, 0);
            ++m_offset;
        }
    }
    if (m_offset >= text.size()) {
        m_offset = 0;
        ++m_next;
    }
    return std::max<qsizetype>(used, 1);
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

void TextPage::writeUpTo(int mark)
{
    while (writing() && (mark < 0 || positionOf(mark) < 0)) writeSlice(kMostSlice);
}

bool TextPage::reaches(int mark, int top) const
{
    const int position = positionOf(mark);
    if (position < 0) return false;
    const auto* layout = document()->documentLayout();
    const double place = layout->blockBoundingRect(document()->findBlock(position)).top();
    const double bottom = layout->blockBoundingRect(document()->lastBlock()).bottom();
    return bottom - place > viewport()->height() - top;
}

void TextPage::showMark(int mark, int top)
{
    while (writing() && !reaches(mark, top)) writeSlice(m_firstSlice);
    if (const int position = positionOf(mark); position >= 0)
        verticalScrollBar()->setValue(verticalScrollBar()->value() + topOf(position) - top);
}

int TextPage::topOf(int position) const
{
    const QRectF place = document()->documentLayout()->blockBoundingRect(document()->findBlock(position));
    return static_cast<int>(place.top()) - verticalScrollBar()->value();
}

void TextPage::writeAgain()
{
    if (m_pieces.empty()) return;
    const int scrolled = verticalScrollBar()->value(), position = textCursor().position();
    std::vector<Piece> pieces = std::exchange(m_pieces, {});
    const std::size_t marks = m_marks.size();
    begin();
    m_pieces = std::move(pieces);
    m_marks.assign(marks, -1);
    do {
        writeSlice(kMostSlice);
    } while (writing() && document()->size().height() < scrolled + viewport()->height());
    setUpdatesEnabled(true);
    writeSoon();
    QTextCursor place(document());
    place.setPosition(std::min(position, document()->characterCount() - 1));
    setTextCursor(place);
    verticalScrollBar()->setValue(scrolled);
}

void TextPage::showPosition(int position)
{
    QTextCursor cursor(document());
    cursor.setPosition(qBound(0, position, document()->characterCount() - 1));
    setTextCursor(cursor);
    const QRect place = cursorRect(cursor);
    verticalScrollBar()->setValue(verticalScrollBar()->value() + place.top() - viewport()->height() / 4);
}

std::vector<TextPage::Place> TextPage::placesOf(const QString& wanted, int from, int to) const
{
    if (wanted.isEmpty()) return {};
    QString text;
    std::vector<std::pair<qsizetype, int>> blocks; // where each begins, in the text and in the document
    for (QTextBlock block = document()->findBlock(from); block.isValid() && block.position() < to; block = block.next()) {
        if (!blocks.empty() && block.userState() != kGoesOn) text += QLatin1Char('\n');
        blocks.emplace_back(text.size(), block.position());
        text += block.text();
    }
    text = asciiFolded(std::move(text));
    const QString folded = asciiFolded(wanted);
    const auto positionAt = [&](qsizetype at) {
        const auto behind = std::ranges::upper_bound(blocks, at, {}, &std::pair<qsizetype, int>::first);
        return std::prev(behind)->second + static_cast<int>(at - std::prev(behind)->first);
    };
    std::vector<Place> places;
    for (qsizetype at = text.indexOf(folded); at >= 0; at = text.indexOf(folded, at + 1)) {
        const Place place{positionAt(at), positionAt(at + folded.size() - 1) + 1};
        if (place.begin >= from && place.begin < to) places.push_back(place);
    }
    return places;
}

/// Plain text alone, with a long line in one piece again.
QMimeData* TextPage::createMimeDataFromSelection() const
{
    const QTextCursor cursor = textCursor();
    const int from = cursor.selectionStart(), to = cursor.selectionEnd();
    QString text;
    for (QTextBlock block = document()->findBlock(from); block.isValid() && block.position() <= to; block = block.next()) {
        if (block.position() > from && block.userState() != kGoesOn) text += QLatin1Char('\n');
        const int begin = std::max(0, from - block.position()), end = std::min(block.length() - 1, to - block.position());
        text += QStringView(block.text()).mid(begin, std::max(0, end - begin));
    }
    text.replace(QChar(0x2028), QLatin1Char('\n')).replace(QChar(0x00A0), QLatin1Char(' '));
    auto* data = new QMimeData; // Qt's clipboard owns it
    data->setText(text);
    return data;
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
