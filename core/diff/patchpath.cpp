// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/patchpath.h"

#include "core/base/safetext.h"
#include "core/base/text.h"
#include "core/diff/patch.h"

#include <algorithm>

namespace tackroom
{
namespace
{

constexpr std::size_t kMaxPathBytes = 4096;

/// Code points that HFS+ leaves out when it compares names.
bool isIgnoredByHfs(char32_t c)
{
    return (c >= 0x200c && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x206a && c <= 0x206f) || c == 0xfeff;
}

/// True for `.git` and all that some file system takes for it.
bool isGitFolder(std::string_view component)
{
    std::string name;
    for (std::size_t at = 0; at < component.size();) {
        const char32_t c = nextCodePoint(component, &at);
        if (!isIgnoredByHfs(c)) appendUtf8(name, c);
    }
    name = asciiLower(std::string_view(name).substr(0, name.find(':'))); // NTFS: the name of a stream follows
    while (!name.empty() && (name.back() == ' ' || name.back() == '.')) name.pop_back();
    return name == ".git" || name == "git~1";
}

int octalDigit(char c) { return c >= '0' && c <= '7' ? c - '0' : -1; }

/// The byte after a backslash, or -1. Moves `at` behind it.
int escapedByte(std::string_view text, std::size_t& at)
{
    constexpr std::string_view kNames = "abtnvfr\"\\", kBytes = "\a\b\t\n\v\f\r\"\\";
    const char c = text[at++];
    if (const std::size_t found = kNames.find(c); found != std::string_view::npos)
        return static_cast<unsigned char>(kBytes[found]);
    if (c < '0' || c > '3' || at + 2 > text.size()) return -1;
    const int second = octalDigit(text[at]), third = octalDigit(text[at + 1]);
    if (second < 0 || third < 0) return -1;
    at += 2;
    return (c - '0') * 64 + second * 8 + third;
}

} // namespace

std::optional<std::string> takeQuotedPath(std::string_view* rest)
{
    std::string path;
    for (std::size_t at = 1; at < rest->size();) {
        const char c = (*rest)[at++];
        if (c == '"') {
            rest->remove_prefix(at);
            return path;
        }
        if (c != '\\') {
            path += c;
            continue;
        }
        if (at == rest->size()) break;
        const int byte = escapedByte(*rest, at);
        if (byte < 0) break;
        path += static_cast<char>(byte);
    }
    return std::nullopt;
}

std::string quotedPath(std::string_view path)
{
    const auto plain = [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f && c != '"' && c != '\\';
    };
    if (std::all_of(path.begin(), path.end(), plain)) return std::string(path);
    constexpr std::string_view kNames = "abtnvfr\"\\", kBytes = "\a\b\t\n\v\f\r\"\\";
    std::string out = "\"";
    for (const char c : path) {
        if (const std::size_t found = kBytes.find(c); found != std::string_view::npos) {
            out += '\\';
            out += kNames[found];
        } else if (plain(c)) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '\\';
            out += static_cast<char>('0' + byte / 64);
            out += static_cast<char>('0' + byte / 8 % 8);
            out += static_cast<char>('0' + byte % 8);
        }
    }
    return out + '"';
}

Status checkPatchPath(std::string_view path, std::string where)
{
    const auto refuse = [&](std::string_view why) {
        return fail(ErrorCode::Refused, where,
                    "The path " + SafeText::line(path, 200).utf8() + " is refused: " + std::string(why) + ".");
    };
    if (path.empty()) return fail(ErrorCode::Refused, where, "An empty path is refused.");
    if (path.size() > kMaxPathBytes) return refuse("it is longer than 4096 bytes");
    if (path.front() == '/') return refuse("it is absolute");
    if (path.find('\\') != std::string_view::npos) return refuse("it holds a backslash");
    if (std::any_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
        return refuse("it holds a control character");
    if (!isUtf8(path)) return refuse("it is not UTF-8");
    for (const std::string_view component : splitOn(path, '/')) {
        if (component.empty()) return refuse("it has an empty part");
        if (component == "." || component == "..") return refuse("it leads out of the folder");
        if (isGitFolder(component)) return refuse("it leads into git's own folder");
    }
    if (path.size() >= 2 && path[1] == ':') return refuse("it names a drive");
    return {};
}

} // namespace tackroom
