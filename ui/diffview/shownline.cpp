// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/diffview/shownline.h"

#include "core/base/safetext.h"
#include "core/base/text.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>

namespace tackroom::ui
{
namespace
{

void appendChip(ShownLine& line, const QString& text, std::uint32_t byte)
{
    line.chips.emplace_back(static_cast<int>(line.text.size()), static_cast<int>(text.size()));
    line.text += text;
    line.byteAt.insert(line.byteAt.end(), static_cast<std::size_t>(text.size()), byte);
}

QString codePointName(char32_t codePoint)
{
    return u"<U+" + QString::number(static_cast<uint>(codePoint), 16).toUpper().rightJustified(4, u'0') + u'>';
}

/// Joiners and variation selectors are lawful inside an emoji or a joining script. SafeText knows when; it is asked with what
/// stands around.
bool isLawfulHere(std::string_view bytes, std::size_t begin, std::size_t end, char32_t codePoint)
{
    const bool contextual = codePoint == 0x200c || codePoint == 0x200d || (codePoint >= 0xfe00 && codePoint <= 0xfe0f);
    if (!contextual) return false;
    std::size_t from = begin - std::min<std::size_t>(begin, 32);
    while (from < begin && (static_cast<unsigned char>(bytes[from]) & 0xc0) == 0x80) ++from;
    std::size_t next = end;
    const bool nextHidden = end < bytes.size() && isHiddenCodePoint(nextCodePoint(bytes, &next));
    const std::size_t before = SafeText::block(bytes.substr(from, begin - from)).drawnCount();
    return SafeText::block(bytes.substr(from, next - from)).drawnCount() == before + (nextHidden ? 1 : 0);
}

} // namespace

int ShownLine::columnOf(std::size_t offset) const
{
    const auto found =
        std::ranges::lower_bound(byteAt, static_cast<std::uint32_t>(std::min<std::size_t>(offset, byteAt.back())));
    return static_cast<int>(found - byteAt.begin());
}

ShownLine showLine(std::string_view bytes, std::size_t maxBytes, const QString& mark)
{
    ShownLine line;
    std::size_t end = bytes.size();
    if (end > maxBytes) {
        end = maxBytes;
        while (end > 0 && (static_cast<unsigned char>(bytes[end]) & 0xc0) == 0x80 && maxBytes - end < 4) --end;
    }
    line.omittedBytes = bytes.size() - end;
    line.text.reserve(static_cast<qsizetype>(end));
    line.byteAt.reserve(end + 1);
    for (std::size_t at = 0; at < end;) {
        const std::size_t begin = at;
        const auto first = static_cast<unsigned char>(bytes[at]);
        const char32_t codePoint = nextCodePoint(bytes, &at);
        const auto byte = static_cast<std::uint32_t>(begin);
        if (codePoint == 0xfffd && !(at - begin == 3 && first == 0xef)) {
            appendChip(line, u"<" + QString::number(first, 16).toUpper().rightJustified(2, u'0') + u'>', byte);
        } else if (codePoint != U'\t' && isHiddenCodePoint(codePoint) && !isLawfulHere(bytes, begin, at, codePoint)) {
            appendChip(line, codePointName(codePoint), byte);
        } else {
            const auto units = QChar::fromUcs4(codePoint);
            for (const QChar unit : QStringView(units)) {
                line.text += unit;
                line.byteAt.push_back(byte);
            }
        }
    }
    const auto endByte = static_cast<std::uint32_t>(end);
    if (line.omittedBytes > 0) {
        //: behind a very long line; Enter or a click shows all of it
        appendChip(line,
                   QCoreApplication::translate("DiffView", " … %1 bytes more (Enter)")
                       .arg(QLocale().toString(qulonglong(line.omittedBytes))),
                   endByte);
    }
    if (!mark.isEmpty()) appendChip(line, mark, endByte);
    line.byteAt.push_back(static_cast<std::uint32_t>(bytes.size()));
    return line;
}

} // namespace tackroom::ui
