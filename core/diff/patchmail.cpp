// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/patchmail.h"

#include "core/base/text.h"

#include <algorithm>

namespace tackroom
{
namespace
{

int hexDigit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string fromQ(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '=' && i + 2 < text.size() && hexDigit(text[i + 1]) >= 0 && hexDigit(text[i + 2]) >= 0) {
            out += static_cast<char>(hexDigit(text[i + 1]) * 16 + hexDigit(text[i + 2]));
            i += 2;
        } else {
            out += text[i] == '_' ? ' ' : text[i];
        }
    }
    return out;
}

std::string fromBase64(std::string_view text)
{
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    std::uint32_t bits = 0, have = 0;
    for (const char c : text) {
        const std::size_t digit = kDigits.find(c);
        if (digit == std::string_view::npos) continue;
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        have += 6;
        if (have < 8) continue;
        have -= 8;
        out += static_cast<char>(bits >> have & 0xff);
    }
    return out;
}

/// RFC 2047 words in UTF-8 or ASCII, which is what git writes; others stay as they are. Blanks between two words do not count.
std::string decodedHeader(std::string_view text)
{
    std::string out;
    bool afterWord = false;
    while (!text.empty()) {
        const std::size_t begin = text.find("=?");
        const std::size_t charsetEnd = begin == std::string_view::npos ? begin : text.find('?', begin + 2);
        const std::size_t textBegin = charsetEnd == std::string_view::npos ? charsetEnd : charsetEnd + 3;
        const std::size_t end = textBegin == std::string_view::npos ? textBegin : text.find("?=", textBegin);
        if (end == std::string_view::npos || text[charsetEnd + 2] != '?') break;
        const std::string charset = asciiLower(text.substr(begin + 2, charsetEnd - begin - 2));
        const char encoding = text[charsetEnd + 1];
        const std::string_view before = text.substr(0, begin);
        if (!afterWord || !trimmed(before).empty()) out += before;
        const std::string_view word = text.substr(textBegin, end - textBegin);
        const bool known = charset == "utf-8" || charset == "us-ascii";
        if (known && (encoding == 'q' || encoding == 'Q'))
            out += fromQ(word);
        else if (known && (encoding == 'b' || encoding == 'B'))
            out += fromBase64(word);
        else
            out += text.substr(begin, end + 2 - begin);
        text.remove_prefix(end + 2);
        afterWord = true;
    }
    return out + std::string(text);
}

/// "[PATCH 2/3] Say more" → "Say more"
std::string titleOf(std::string_view subject)
{
    subject = trimmed(subject);
    while (subject.starts_with('[')) {
        const std::size_t end = subject.find(']');
        if (end == std::string_view::npos) break;
        subject = trimmed(subject.substr(end + 1));
    }
    return std::string(subject);
}

void readAuthor(std::string_view value, Patch& patch)
{
    const std::size_t open = value.rfind('<'), close = value.rfind('>');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
        patch.authorMail = std::string(trimmed(value));
        return;
    }
    std::string_view name = trimmed(value.substr(0, open));
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    patch.authorName = std::string(name);
    patch.authorMail = std::string(trimmed(value.substr(open + 1, close - open - 1)));
}

bool isToken(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    });
}

/// The last paragraph of the body if all of it is `Token: value`, continued lines indented.
void takeTrailers(std::vector<std::string_view>& body, Patch& patch)
{
    while (!body.empty() && trimmed(body.back()).empty()) body.pop_back();
    std::size_t begin = body.size();
    while (begin > 0 && !trimmed(body[begin - 1]).empty()) --begin;
    std::vector<std::pair<std::string, std::string>> found;
    for (std::size_t i = begin; i < body.size(); ++i) {
        const std::string_view line = body[i];
        if (!found.empty() && line.starts_with(' ')) {
            found.back().second += ' ' + std::string(trimmed(line));
            continue;
        }
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos || !isToken(line.substr(0, colon))) return;
        found.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 2)));
    }
    patch.trailers = std::move(found);
    body.resize(begin);
    while (!body.empty() && trimmed(body.back()).empty()) body.pop_back();
}

struct Header {
    std::string name; ///< lower case
    std::string value;
};

std::vector<Header> headersOf(const Lines& lines, std::uint32_t& at, std::uint32_t end)
{
    std::vector<Header> headers;
    for (; at < end; ++at) {
        const std::string_view line = lines.text(LineNo{at});
        if (line.empty()) break;
        if ((line.front() == ' ' || line.front() == '\t') && !headers.empty()) {
            headers.back().value += ' ' + std::string(trimmed(line));
            continue;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !isToken(line.substr(0, colon))) return {};
        headers.push_back({asciiLower(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))});
    }
    return headers;
}

} // namespace

bool isMailStart(std::string_view line)
{
    if (!line.starts_with("From ") || line.size() < 46) return false;
    const std::string_view id = line.substr(5, line.find(' ', 5) - 5);
    return id.size() >= 40 && std::all_of(id.begin(), id.end(), [](char c) { return hexDigit(c) >= 0; });
}

Status readMail(const Lines& lines, LineRange range, const std::string& where, Patch& patch)
{
    std::uint32_t at = range.begin.value;
    while (at < range.end.value && lines.text(LineNo{at}).empty()) ++at;
    if (at < range.end.value && isMailStart(lines.text(LineNo{at}))) ++at;
    const std::vector<Header> headers = headersOf(lines, at, range.end.value);
    const auto has = [&](std::string_view name) { return std::ranges::find(headers, name, &Header::name) != headers.end(); };
    if (!has("from") && !has("subject")) return {};
    for (const Header& header : headers) {
        if (header.name == "content-transfer-encoding") {
            const std::string encoding = asciiLower(header.value);
            if (encoding != "8bit" && encoding != "7bit" && encoding != "binary")
                return fail(ErrorCode::Refused, where,
                            "The mail is encoded as " + std::string(cutUtf8(toUtf8(encoding), 40)) + ".",
                            "Save the patch with git format-patch.");
        }
        if (header.name == "from")
            readAuthor(decodedHeader(header.value), patch);
        else if (header.name == "subject")
            patch.title = titleOf(decodedHeader(header.value));
        else if (header.name == "date")
            patch.date = header.value;
    }
    std::vector<std::string_view> body;
    for (++at; at < range.end.value; ++at) {
        const std::string_view line = lines.text(LineNo{at});
        if (line == "---") break;
        body.push_back(line);
    }
    // A `From:` line at the top of the body is the author where somebody else sent the mail.
    if (!body.empty() && body.front().starts_with("From: ")) {
        readAuthor(decodedHeader(body.front().substr(6)), patch);
        body.erase(body.begin());
    }
    takeTrailers(body, patch);
    while (!body.empty() && trimmed(body.front()).empty()) body.erase(body.begin());
    for (const std::string_view line : body) {
        if (!patch.description.empty()) patch.description += '\n';
        patch.description += line;
    }
    return {};
}

} // namespace tackroom
