// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/jsonpieces.h"

#include "core/base/format.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>

namespace tackroom
{

namespace
{

constexpr std::size_t kLookEvery = std::size_t{1} << 20; ///< bytes between two looks at the token

bool isSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// Of numbers, true, false and null; and of NaN and Infinity, which some programs write.
bool isWordByte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.';
}

class Walk
{
public:
    Walk(std::string_view text, std::size_t at, const CancelToken& cancel) : m_text(text), m_at(at), m_cancel(cancel) {}

    [[nodiscard]] std::size_t at() const { return m_at; }
    [[nodiscard]] bool atEnd() const { return m_at >= m_text.size(); }
    /// The next byte that is no white space; 0 at the end alone.
    char next()
    {
        while (m_at < m_text.size() && isSpace(m_text[m_at])) ++m_at;
        if (atEnd()) return '\0';
        return m_text[m_at] == '\0' ? '\1' : m_text[m_at];
    }
    void pass() { ++m_at; }

    /// Passes over the string that begins here. False: the text ends within.
    bool string()
    {
        for (std::size_t from = m_at + 1;;) {
            const auto quote = m_text.find('"', from);
            if (quote == std::string_view::npos) {
                m_at = m_text.size();
                return false;
            }
            std::size_t back = quote;
            while (back > from && m_text[back - 1] == '\\') --back;
            if ((quote - back) % 2 == 0) {
                m_at = quote + 1;
                return true;
            }
            from = quote + 1;
        }
    }

    /// Passes over a value and tells where it stands.
    Result<JsonPiece> value()
    {
        JsonPiece piece;
        const char c = next();
        piece.at = m_at;
        if (c == '"') {
            piece.kind = JsonPiece::Kind::Text;
            piece.isWhole = string();
        } else if (c == '{' || c == '[') {
            piece.kind = c == '{' ? JsonPiece::Kind::Object : JsonPiece::Kind::List;
            TR_TRY(container(piece));
        } else {
            while (!atEnd() && isWordByte(m_text[m_at])) ++m_at;
            if (m_at == piece.at && !atEnd()) return wrong();
            piece.isWhole = !atEnd();
        }
        piece.bytes = m_at - piece.at;
        return piece;
    }

    [[nodiscard]] std::unexpected<Error> wrong() const
    {
        return fail(ErrorCode::UnknownFormat, {}, formatText("this is not JSON at byte {}", m_at));
    }

private:
    /// To behind its closing bracket, counting what stands directly in it. Which bracket closes which is not looked at.
    Status container(JsonPiece& piece)
    {
        std::size_t depth = 0, look = m_at + kLookEvery;
        std::uint64_t commas = 0;
        bool any = false; // something stands in it
        while (m_at < m_text.size()) {
            if (m_at >= look) {
                if (m_cancel.cancelled()) return CancelToken::error();
                look = m_at + kLookEvery;
            }
            const char c = m_text[m_at];
            if (c == '"') {
                any = true;
                string();
                continue;
            }
            if (c == '{' || c == '[') {
                any = any || depth > 0;
                ++depth;
            } else if (c == '}' || c == ']') {
                if (--depth == 0) {
                    ++m_at;
                    piece.count = any ? commas + 1 : 0;
                    return {};
                }
            } else if (c == ',') {
                commas += depth == 1;
            } else if (!any) {
                any = !isSpace(c);
            }
            ++m_at;
        }
        piece.isWhole = false;
        piece.count = any ? commas + 1 : 0;
        return {};
    }

    std::string_view m_text;
    std::size_t m_at;
    const CancelToken& m_cancel;
};

/// Collects pieces, and as soon as there are too many of them, groups.
class Groups
{
public:
    Groups(const JsonPiece& parent, bool inObject) : m_inObject(inObject), m_first(parent.first) {}

    void add(const JsonPiece& piece)
    {
        if (m_count % kMostJsonPieces == 0) m_begins.push_back(piece.inObject ? piece.nameAt - 1 : piece.at);
        if (m_count < kMostJsonPieces) m_pieces.push_back(piece);
        ++m_count;
        m_end = piece.at + piece.bytes;
    }
    [[nodiscard]] std::uint64_t count() const { return m_count; }

    std::vector<JsonPiece> take()
    {
        if (m_count <= kMostJsonPieces) return std::move(m_pieces);
        std::size_t step = 1; // beginnings in a group
        while (m_begins.size() / step > kMostJsonPieces) step *= kMostJsonPieces;
        std::vector<JsonPiece> groups;
        for (std::size_t i = 0; i < m_begins.size(); i += step) {
            JsonPiece& group = groups.emplace_back();
            group.kind = JsonPiece::Kind::Group;
            group.inObject = m_inObject;
            group.first = m_first + i * kMostJsonPieces;
            group.at = m_begins[i];
            group.bytes = (i + step < m_begins.size() ? m_begins[i + step] : m_end) - group.at;
            group.count = std::min<std::uint64_t>(step * kMostJsonPieces, m_count - i * kMostJsonPieces);
        }
        return groups;
    }

private:
    bool m_inObject;
    std::uint64_t m_first, m_count = 0;
    std::size_t m_end = 0;
    std::vector<JsonPiece> m_pieces;
    std::vector<std::size_t> m_begins; ///< of every thousandth
};

/// A name and its colon. False: the text ends within.
Result<bool> name(Walk& walk, std::size_t* at, std::size_t* bytes)
{
    if (walk.next() != '"') return walk.wrong();
    *at = walk.at() + 1;
    if (!walk.string()) return false;
    *bytes = walk.at() - 1 - *at;
    if (walk.next() == '\0') return false;
    if (walk.next() != ':') return walk.wrong();
    walk.pass();
    return walk.next() != '\0';
}

int hexOf(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The code unit of the \uXXXX at `at`; -1 where there is none.
int unitAt(std::string_view text, std::size_t at)
{
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
    int value = 0;
    for (std::size_t i = 2; i < 6; ++i) {
        const int digit = hexOf(text[at + i]);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

} // namespace

Result<JsonPiece> jsonRoot(std::string_view text, const CancelToken& cancel)
{
    Walk walk(text, text.starts_with("\xEF\xBB\xBF") ? 3 : 0, cancel);
    if (const char c = walk.next(); c != '{' && c != '[') return walk.wrong();
    TR_ASSIGN(JsonPiece root, walk.value());
    if (walk.next() != '\0') return walk.wrong();
    return root;
}

Result<std::vector<JsonPiece>> jsonPiecesIn(std::string_view text, const JsonPiece& parent, const CancelToken& cancel)
{
    const bool isGroup = parent.kind == JsonPiece::Kind::Group;
    const bool inObject = isGroup ? parent.inObject : parent.kind == JsonPiece::Kind::Object;
    Groups found(parent, inObject);
    if (!parent.holdsOthers() || parent.count == 0 || parent.at >= text.size()) return found.take();
    Walk walk(text, isGroup ? parent.at : parent.at + 1, cancel);
    for (std::size_t look = 0; !isGroup || found.count() < parent.count;) {
        if (walk.at() >= look) {
            if (cancel.cancelled()) return CancelToken::error();
            look = walk.at() + kLookEvery;
        }
        if (walk.next() == '\0') break;
        std::size_t nameAt = 0, nameBytes = 0;
        if (inObject) {
            TR_ASSIGN(const bool more, name(walk, &nameAt, &nameBytes));
            if (!more) break;
        }
        TR_ASSIGN(JsonPiece piece, walk.value());
        piece.inObject = inObject;
        piece.nameAt = nameAt;
        piece.nameBytes = nameBytes;
        found.add(piece);
        const char after = walk.next();
        if (after == '\0' || (!isGroup && after == (inObject ? '}' : ']'))) break;
        if (isGroup && found.count() == parent.count) break;
        if (after != ',') return walk.wrong();
        walk.pass();
    }
    return found.take();
}

std::string_view jsonLiteral(std::string_view text, const JsonPiece& piece)
{
    if (piece.kind != JsonPiece::Kind::Text || piece.bytes == 0) return {};
    return text.substr(piece.at + 1, piece.bytes - (piece.isWhole ? 2 : 1));
}

std::string decodedJsonString(std::string_view literal)
{
    std::string out;
    out.reserve(literal.size());
    for (std::size_t i = 0; i < literal.size();) {
        const auto next = std::min(literal.find('\\', i), literal.size());
        out += literal.substr(i, next - i);
        i = next;
        if (i + 1 >= literal.size()) {
            out += literal.substr(i);
            return out;
        }
        if (const int unit = unitAt(literal, i); unit >= 0) {
            const int low = unit >= 0xD800 && unit < 0xDC00 ? unitAt(literal, i + 6) : -1;
            const bool pair = low >= 0xDC00 && low < 0xE000;
            const bool alone = !pair && unit >= 0xD800 && unit < 0xE000;
            appendUtf8(out, pair    ? static_cast<char32_t>(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
                            : alone ? U'\uFFFD'
                                    : static_cast<char32_t>(unit));
            i += pair ? 12 : 6;
            continue;
        }
        constexpr std::string_view kLetters = "bfnrt", kMeant = "\b\f\n\r\t";
        const char c = literal[i + 1];
        const auto known = kLetters.find(c);
        if (known != std::string_view::npos)
            out += kMeant[known];
        else if (c == '"' || c == '\\' || c == '/')
            out += c;
        else
            out += literal.substr(i, 2);
        i += 2;
    }
    return out;
}

std::string_view cutJsonLiteral(std::string_view literal, std::size_t maxBytes)
{
    constexpr std::size_t kLongestEscape = 12; // two \uXXXX
    if (literal.size() <= maxBytes) return literal;
    std::size_t end = maxBytes;
    // An escape that begins before the cut and ends behind it.
    for (std::size_t at = end > kLongestEscape ? end - kLongestEscape : 0; at < end;) {
        std::size_t before = at;
        while (before > 0 && literal[before - 1] == '\\') --before;
        if (literal[at] != '\\' || (at - before) % 2 == 1) {
            ++at;
            continue;
        }
        const int unit = unitAt(literal, at);
        const std::size_t bytes = unit < 0 ? 2 : unit >= 0xD800 && unit < 0xDC00 && unitAt(literal, at + 6) >= 0xDC00 ? 12 : 6;
        if (at + bytes > end) end = at;
        at += bytes;
    }
    while (end > 0 && (static_cast<unsigned char>(literal[end]) & 0xC0) == 0x80) --end;
    return literal.substr(0, end);
}

std::string indentedJson(std::string_view json)
{
    std::string out;
    out.reserve(json.size() + json.size() / 4);
    std::size_t depth = 0;
    const CancelToken never;
    const auto line = [&] {
        constexpr std::size_t kDeepest = 64; // deeper ones would be white space alone
        out += '\n';
        out.append(2 * std::min(depth, kDeepest), ' ');
    };
    std::size_t last = 0; // where the last token ended
    for (Walk walk(json, 0, never); walk.next() != '\0'; last = walk.at()) {
        const std::size_t at = walk.at();
        const char c = json[at];
        if (c == '"') {
            walk.string();
            out += json.substr(at, walk.at() - at);
            continue;
        }
        walk.pass();
        if (c == '{' || c == '[') {
            out += c;
            if (const char inside = walk.next(); inside == '}' || inside == ']') {
                walk.pass();
                out += inside;
                continue;
            }
            ++depth;
            line();
        } else if (c == '}' || c == ']') {
            depth -= depth > 0;
            line();
            out += c;
        } else {
            if (at > last && !out.empty() && isWordByte(out.back()) && isWordByte(c)) out += ' ';
            out += c;
            if (c == ',') line();
            if (c == ':') out += ' ';
        }
    }
    return out;
}

} // namespace tackroom
