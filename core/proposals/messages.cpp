// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/proposals/messages.h"

#include "core/base/text.h"

#include <algorithm>

namespace tackroom
{

namespace
{

bool isTrailerName(std::string_view name)
{
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    });
}

bool isBlank(std::string_view line) { return trimmed(line).empty(); }

std::string_view withoutCr(std::string_view line)
{
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// Where the trailers begin; lines.size() where there are none.
std::size_t trailerStart(const std::vector<std::string_view>& lines)
{
    std::size_t end = lines.size();
    while (end > 0 && isBlank(lines[end - 1])) --end;
    std::size_t begin = end;
    while (begin > 0 && !isBlank(lines[begin - 1])) --begin;
    if (begin == 0 || begin == end) return lines.size(); // the title's own paragraph
    for (std::size_t i = begin; i < end; ++i) {
        if (i > begin && (lines[i].front() == ' ' || lines[i].front() == '\t')) continue;
        const std::size_t colon = lines[i].find(':');
        if (colon == std::string_view::npos || !isTrailerName(lines[i].substr(0, colon))) return lines.size();
    }
    return begin;
}

std::string folded(std::string_view text)
{
    const std::string lower = asciiLower(trimmed(text));
    std::string out;
    for (const std::string_view word : splitOn(lower, ' ')) {
        if (word.empty()) continue;
        if (!out.empty()) out += ' ';
        out += word;
    }
    return out;
}

} // namespace

std::vector<std::string> ParsedMessage::all(std::string_view name) const
{
    std::vector<std::string> out;
    for (const auto& [key, value] : trailers)
        if (asciiLower(key) == asciiLower(name) && !value.empty()) out.push_back(value);
    return out;
}

std::string ParsedMessage::trailer(std::string_view name) const
{
    std::string out;
    for (const auto& value : all(name)) out += (out.empty() ? "" : ", ") + value;
    return out;
}

ParsedMessage parseMessage(std::string_view message)
{
    std::vector<std::string_view> lines;
    for (const auto line : splitOn(message, '\n')) lines.push_back(withoutCr(line));
    std::size_t first = 0;
    while (first < lines.size() && isBlank(lines[first])) ++first;
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(first));

    ParsedMessage out;
    if (lines.empty()) return out;
    out.title = trimmed(lines.front());
    const std::size_t trailers = trailerStart(lines);
    for (std::size_t i = 1; i < trailers; ++i) {
        out.claim += lines[i];
        out.claim += '\n';
    }
    out.claim = trimmed(out.claim);
    for (std::size_t i = trailers; i < lines.size() && !isBlank(lines[i]); ++i) {
        if (lines[i].front() == ' ' || lines[i].front() == '\t') {
            if (!out.trailers.empty()) out.trailers.back().second += " " + std::string(trimmed(lines[i]));
            continue;
        }
        const std::size_t colon = lines[i].find(':');
        out.trailers.emplace_back(lines[i].substr(0, colon), trimmed(lines[i].substr(colon + 1)));
    }
    return out;
}

Person personOf(std::string_view text)
{
    text = trimmed(text);
    const std::size_t open = text.rfind('<');
    if (open == std::string_view::npos)
        return {std::string(text), text.find('@') != std::string_view::npos ? std::string(text) : std::string()};
    const std::size_t close = text.find('>', open);
    return {std::string(trimmed(text.substr(0, open))),
            std::string(trimmed(text.substr(open + 1, close == std::string_view::npos ? close : close - open - 1)))};
}

bool samePerson(const Person& a, const Person& b)
{
    if (!trimmed(a.mail).empty() && folded(a.mail) == folded(b.mail)) return true;
    return !trimmed(a.name).empty() && folded(a.name) == folded(b.name);
}

} // namespace tackroom
