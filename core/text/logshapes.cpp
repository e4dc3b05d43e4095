// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/logshapes.h"

#include "core/base/asciichars.h"

#include <algorithm>
#include <array>

namespace tackroom
{

namespace
{

constexpr std::size_t kSample = 2'000, kHeaderWords = 12;
/// A line of which more than so many words were read says what it is about before.
constexpr std::size_t kShapeWords = 120;
constexpr double kNearlyAll = 0.9, kMost = 0.8;

enum Kind : std::uint8_t { Letter = 0, Digit = 1, Space = 2, Border = 4, Quote = 8, Equals = 16, Inner = 32, Slash = 64 };

constexpr std::array<std::uint8_t, 256> kKinds = [] {
    std::array<std::uint8_t, 256> kinds{};
    for (char c = '0'; c <= '9'; ++c) kinds[static_cast<unsigned char>(c)] = Digit;
    for (const char c : {' ', '\t', '\r'}) kinds[static_cast<unsigned char>(c)] = Space;
    for (const char c : {',', ';', '(', ')', '[', ']', '{', '}', '<', '>', '|', ':', '!', '?'})
        kinds[static_cast<unsigned char>(c)] = Border;
    for (const char c : {'"', '\''}) kinds[static_cast<unsigned char>(c)] = Quote;
    kinds[static_cast<unsigned char>('=')] = Equals;
    for (const char c : {'.', '@', '-', '_', '*', '#', '$', '%', '&', '+', '~', '^', '`'})
        kinds[static_cast<unsigned char>(c)] = Inner;
    for (const char c : {'/', '\\'}) kinds[static_cast<unsigned char>(c)] = Slash;
    return kinds;
}();

std::uint8_t kindOf(char c) { return kKinds[static_cast<unsigned char>(c)]; }

std::string_view nextWord(std::string_view& rest)
{
    while (!rest.empty() && kindOf(rest.front()) == Space) rest.remove_prefix(1);
    std::size_t end = 0;
    while (end < rest.size() && kindOf(rest[end]) != Space) ++end;
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end);
    return word;
}

std::string_view bare(std::string_view word)
{
    while (!word.empty() && std::string_view("[](),:").contains(word.front())) word.remove_prefix(1);
    while (!word.empty() && std::string_view("[](),:").contains(word.back())) word.remove_suffix(1);
    return word;
}

/// 17 · 2005-06-03-15.42.50.675872 · 17/06/09 · 20:10:40,123 · 2015-10-18T18:01:47Z
bool isTimeOrNumber(std::string_view word)
{
    word = bare(word);
    bool digit = false;
    for (const char c : word) {
        digit = digit || isAsciiDigit(c);
        if (!isAsciiDigit(c) && !std::string_view("-:.,/+TZ").contains(c)) return false;
    }
    return digit;
}

bool isOneOf(std::string_view word, std::string_view list)
{
    std::string lower(" ");
    for (const char c : bare(word)) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower.size() > 1 && list.contains(lower + " ");
}

bool isCalendarWord(std::string_view word)
{
    return word.size() <= 10 && isOneOf(word, " jan feb mar apr may jun jul aug sep oct nov dec mon tue wed thu fri sat sun ");
}

bool isLevel(std::string_view word)
{
    return word.size() <= 11 &&
           isOneOf(word, " v d i w e f trace debug info information notice warn warning error err severe fatal failure "
                         "critical crit alert emerg ");
}

bool isTruth(std::string_view word)
{
    if (word.size() < 4 || word.size() > 5) return false;
    return word == "true" || word == "false" || word == "null" || word == "True" || word == "False" || word == "None" ||
           word == "TRUE" || word == "FALSE";
}

struct Column {
    double times = 0, calendar = 0, dashes = 0, levels = 0;
};

bool endsInColon(std::string_view word) { return word.size() > 1 && word.ends_with(':') && !isTimeOrNumber(word); }

/// The length of "[…]" at the front, brackets within it counted; 0 where there is none.
std::size_t bracketsAt(std::string_view text)
{
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '[') ++depth;
        if (text[i] == ']' && --depth == 0) return i + 1;
        if (depth == 0) return 0;
    }
    return 0;
}

std::string_view withoutSpace(std::string_view text)
{
    while (!text.empty() && kindOf(text.front()) == Space) text.remove_prefix(1);
    return text;
}

/// What is left after the part; the same text where it is not there.
std::string_view without(std::string_view text, LogHeader::Part part)
{
    std::string_view rest = withoutSpace(text);
    switch (part) {
    case LogHeader::Part::Brackets: {
        const std::size_t length = bracketsAt(rest);
        return length > 0 ? rest.substr(length) : text;
    }
    case LogHeader::Part::Dash:
        return rest.starts_with("- ") ? rest.substr(1) : text;
    case LogHeader::Part::WordAndColon:
        if (endsInColon(nextWord(rest))) return text;
        return endsInColon(nextWord(rest)) ? rest : text;
    case LogHeader::Part::WordAndBrackets: {
        if (!nextWord(rest).contains('.')) return text;
        rest = withoutSpace(rest);
        const std::size_t length = bracketsAt(rest);
        return length > 0 ? rest.substr(length) : text;
    }
    case LogHeader::Part::Colon:
        return endsInColon(nextWord(rest)) ? rest : text;
    }
    return text;
}

/// Fields between bars, where the first is a time and nearly all lines have as many.
std::size_t barFields(const std::vector<std::string_view>& sample)
{
    std::size_t lines = 0;
    for (const std::string_view line : sample) {
        const auto bar = line.find('|');
        lines += bar != std::string_view::npos && bar > 0 && isTimeOrNumber(line.substr(0, bar)) && line.find(' ') > bar;
    }
    if (static_cast<double>(lines) < kNearlyAll * static_cast<double>(sample.size())) return 0;
    std::size_t fields = kHeaderWords;
    for (const std::string_view line : sample)
        if (const auto bars = static_cast<std::size_t>(std::ranges::count(line.substr(0, 120), '|')); bars > 0)
            fields = std::min(fields, bars);
    return fields;
}

} // namespace

LogHeader headerOf(const std::vector<std::string_view>& lines)
{
    LogHeader header;
    std::vector<std::string_view> sample;
    const std::size_t step = std::max<std::size_t>(1, lines.size() / kSample);
    for (std::size_t i = 0; i < lines.size(); i += step)
        if (!lines[i].empty()) sample.push_back(lines[i]);
    const auto all = static_cast<double>(sample.size());
    if (sample.empty()) return header;
    header.fields = barFields(sample);
    if (header.fields > 0) return header;
    std::array<Column, kHeaderWords> columns{};
    for (std::string_view line : sample) {
        for (Column& column : columns) {
            const std::string_view word = nextWord(line);
            if (word.empty()) break;
            column.times += isTimeOrNumber(word);
            column.calendar += isCalendarWord(word);
            column.dashes += word == "-";
            column.levels += isLevel(word);
        }
    }
    // Text alone does not begin with a time on nearly every line; nor has it a level always at the same place.
    const auto begins = [&](const Column& c) { return c.times + c.calendar + c.levels >= kNearlyAll * all; };
    const bool hasLevel = std::ranges::any_of(columns, [&](const Column& c) { return c.levels >= kNearlyAll * all; });
    if (!begins(columns[0]) && !begins(columns[1]) && !hasLevel) return header;
    for (std::size_t i = 0; i < kHeaderWords; ++i) {
        const Column& column = columns[i];
        if (std::max({column.times, column.calendar, column.levels}) >= kNearlyAll * all) header.words = i + 1;
        if (column.levels >= kNearlyAll * all) break; // what follows the level is text
    }
    for (auto& line : sample)
        for (std::size_t i = 0; i < header.words; ++i) nextWord(line);
    for (int round = 0; round < 4; ++round) {
        using Part = LogHeader::Part;
        const std::size_t before = header.parts.size();
        for (const Part part : {Part::Brackets, Part::Dash, Part::Colon, Part::WordAndColon, Part::WordAndBrackets}) {
            const auto with = std::ranges::count_if(sample, [&](std::string_view line) { return without(line, part) != line; });
            if (static_cast<double>(with) < kMost * all) continue;
            if (std::ranges::contains(header.parts, part)) continue;
            header.parts.push_back(part);
            for (auto& line : sample) line = without(line, part);
            break;
        }
        if (header.parts.size() == before) break;
    }
    return header;
}

std::string_view withoutHeader(std::string_view line, const LogHeader& header)
{
    std::string_view rest = line;
    if (header.fields > 0) {
        for (std::size_t i = 0; i < header.fields; ++i) {
            const auto bar = rest.find('|');
            if (bar == std::string_view::npos) return line;
            rest.remove_prefix(bar + 1);
        }
        return rest;
    }
    for (std::size_t i = 0; i < header.words; ++i) {
        // The rest of a stack trace, moved in, has no header.
        if (i == 0 && !line.empty() && kindOf(line.front()) == Space) return line;
        nextWord(rest);
    }
    for (const LogHeader::Part part : header.parts) rest = without(rest, part);
    return withoutSpace(rest).empty() ? line : rest;
}

void ShapeScanner::scan(std::string_view line, Shape& shape) const
{
    shape.words.clear();
    std::uint64_t hash = 0xCBF29CE484222325U;
    const char* at = line.data();
    const char* const end = at + line.size();
    bool lastVariable = false, value = false;
    const auto put = [&](std::string_view word) {
        if (word.empty() && lastVariable) return;
        lastVariable = word.empty();
        std::uint64_t h = word.size();
        for (const char c : word) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
        hash = (hash ^ h ^ (h >> 29U)) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 32U;
        shape.words.push_back(word);
    };
    while (at < end && shape.words.size() < kShapeWords) {
        const std::uint8_t kind = kindOf(*at);
        if (kind == Quote) {
            // A quotation that is closed: what is quoted changes. An apostrophe is none.
            const char* close = at + 1;
            while (close < end && *close != *at) ++close;
            const bool opens = at == line.data() || (kindOf(at[-1]) != Letter && kindOf(at[-1]) != Digit);
            if (close < end && opens && (close + 1 == end || kindOf(close[1]) != Letter)) {
                // "GET /v2/servers HTTP/1.1": what is done stands first.
                const char* verb = at + 1;
                while (verb < close && *verb >= 'A' && *verb <= 'Z') ++verb;
                if (verb - at > 2 && *verb == ' ') put({at + 1, static_cast<std::size_t>(verb - at - 1)});
                put({});
                at = close + 1;
                value = false;
                continue;
            }
            ++at;
            continue;
        }
        if ((kind & (Space | Border)) != 0) {
            if (value && (kind == Space || *at == ',' || *at == ';' || *at == ')')) { // "tty= ruser="
                put({});
                value = false;
            }
            ++at;
            continue;
        }
        if (kind == Equals) {
            value = true;
            ++at;
            continue;
        }
        const char* const from = at;
        std::uint8_t kinds = 0;
        std::size_t letters = 0, dots = 0, slashes = 0;
        for (; at < end; ++at) {
            const std::uint8_t k = kindOf(*at);
            if ((k & (Space | Border | Equals)) != 0 || (k == Quote && kindOf(at[-1]) > Digit)) break;
            kinds |= k;
            letters += k == Letter;
            dots += *at == '.' || *at == '@';
            slashes += k == Slash;
        }
        std::string_view word(from, static_cast<std::size_t>(at - from));
        while (!word.empty() && (word.back() == '.' || (word.back() == '-' && word.size() > 2))) {
            dots -= word.back() == '.';
            word.remove_suffix(1);
        }
        if (letters == 0 && (kinds & Digit) == 0) { // "-", "..." and the like say nothing
            if (value) put({});
            value = false;
            continue;
        }
        // "x+", "y-": a direction, not a word.
        const bool sign = letters == 1 && word.size() == 2;
        const bool variable = value || sign || isTruth(word) || (kinds & Digit) != 0 || dots >= 2 ||
                              (dots > 0 && word.contains('@')) || slashes >= 2 || word.starts_with('/');
        value = false;
        put(variable ? std::string_view() : word);
    }
    shape.hash = hash;
}

} // namespace tackroom
