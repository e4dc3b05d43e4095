// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/output.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/statistics/statistics.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <cmath>

namespace tackroom::cli
{

std::size_t cellWidth(std::string_view utf8)
{
    std::size_t width = 0;
    for (std::size_t at = 0; at < utf8.size();) {
        const auto c = static_cast<UChar32>(nextCodePoint(utf8, &at));
        const auto type = u_charType(c);
        if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR) continue;
        const int wide = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
        width += wide == U_EA_WIDE || wide == U_EA_FULLWIDTH ? 2 : 1;
    }
    return width;
}

Table::Table(std::vector<std::string> columns)
{
    for (auto& name : columns) {
        m_right.push_back(name.starts_with('>'));
        if (m_right.back()) name.erase(0, 1);
    }
    m_rows.push_back(std::move(columns));
}

void Table::add(std::vector<std::string> cells)
{
    cells.resize(m_right.size());
    m_rows.push_back(std::move(cells));
}

std::string Table::text(std::string_view indent) const
{
    std::vector<std::size_t> widths(m_right.size(), 0);
    for (const auto& row : m_rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], cellWidth(row[i]));
    std::string out;
    for (const auto& row : m_rows) {
        std::string line(indent);
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string fill(widths[i] - cellWidth(row[i]), ' ');
            if (i > 0) line += "  ";
            line += m_right[i] ? fill + row[i] : row[i] + fill;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many)
{
    const std::string plural = many.empty() ? std::string(one) + "s" : std::string(many);
    return formatText("{} {}", formatCount(static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0))),
                      count == 1 ? std::string(one) : plural);
}

std::string percent(double share)
{
    const double value = share * 100;
    if (value > 0 && value < 0.95) return formatText("{:.1f}", value);
    return formatText("{}", std::lround(value));
}

std::string shareOf(std::int64_t part, std::int64_t whole, std::string_view what)
{
    const auto count = [](std::int64_t n) { return formatCount(static_cast<std::uint64_t>(std::max<std::int64_t>(n, 0))); };
    if (whole <= 0) return formatText("{} of {} {}", count(part), count(whole), what);
    const ProportionInterval interval = wilsonInterval(part, whole);
    return formatText("{} of {} {} ({} %, {}–{} %)", count(part), count(whole), what,
                      percent(static_cast<double>(part) / static_cast<double>(whole)), percent(interval.low),
                      percent(interval.high));
}

std::string safeLine(std::string_view foreign, std::size_t maxBytes) { return SafeText::line(foreign, maxBytes).utf8(); }

std::string safeBlock(std::string_view foreign, std::string_view indent, std::size_t maxBytes)
{
    const SafeText safe = SafeText::block(foreign, maxBytes);
    std::string_view text = safe.utf8();
    while (text.ends_with('\n')) text.remove_suffix(1);
    std::string out;
    for (const auto line : splitOn(text, '\n')) {
        out += indent;
        out += line;
        out += '\n';
    }
    if (safe.wasCut())
        out += formatText("{}… {} more\n", indent, counted(static_cast<std::int64_t>(safe.omittedBytes()), "byte"));
    return out;
}

std::string when(UtcNs time)
{
    if (time == 0) return "-";
    std::string text = formatTime(time).substr(0, 19);
    std::ranges::replace(text, 'T', ' ');
    return text;
}

std::string shortId(std::string_view id, std::size_t length) { return safeLine(cutUtf8(id, length)); }

std::string sizeText(std::uint64_t bytes)
{
    if (bytes < 1000) return formatText("{} B", bytes);
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    constexpr std::string_view kUnits[] = {"B", "kB", "MB", "GB", "TB"};
    while (value >= 999.95 && unit + 1 < std::size(kUnits)) {
        value /= 1000;
        ++unit;
    }
    return formatText("{:.1f} {}", value, kUnits[unit]);
}

} // namespace tackroom::cli
