// SPDX-License-Identifier: GPL-3.0-or-later
// A version of a registered prompt as a file. promptregistry.h says how it looks.
#include "core/base/text.h"

#include "core/base/format.h"
#include "core/readers/promptregistry.h"

#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::string_view kMarker = "<!-- message:";
constexpr std::size_t kMaxRoleBytes = 40;

/// A key as YAML takes it without quotes, else in the quotes of JSON.
std::string keyOf(const std::string& key)
{
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    static constexpr std::array<std::string_view, 7> kWords{"null", "true", "false", "yes", "no", "on", "off"};
    const bool word = std::ranges::contains(kWords, std::string_view(asciiLower(key)));
    return !key.empty() && !word && key.size() > 1 && std::ranges::all_of(key, plain) ? key : dumpJson(Json(key));
}

/// JSON of several lines, set in by two.
std::string block(const Json& value)
{
    std::string out;
    for (const char c : dumpJson(value, 2)) {
        out += c;
        if (c == '\n') out += "  ";
    }
    return out;
}

std::string frontMatter(const PromptContent& content)
{
    std::string out;
    const auto text = [&](std::string_view key, const std::string& value) {
        if (!value.empty()) out += formatText("{}: {}\n", key, dumpJson(Json(value)));
    };
    text("provider", content.provider);
    text("model", content.model);
    text("format", content.format);
    if (content.parameters.is_object() && !content.parameters.empty()) {
        out += "parameters:\n";
        for (const auto& [key, value] : content.parameters.items())
            out += formatText("  {}: {}\n", keyOf(key), dumpJson(value));
    } else if (!content.parameters.is_object() && !content.parameters.is_null()) {
        out += formatText("parameters: {}\n", block(content.parameters));
    }
    if (!content.tools.is_null()) out += formatText("tools: {}\n", block(content.tools));
    if (content.settings.is_object())
        for (const auto& [key, value] : content.settings.items()) out += formatText("{}: {}\n", keyOf(key), block(value));
    if (!content.responseFormat.is_null()) out += formatText("response_format: {}\n", block(content.responseFormat));
    return out;
}

/// With a backslash before each line that looks like the beginning of a message.
std::string escaped(std::string_view text)
{
    std::string out;
    for (const std::string_view line : splitOn(text, '\n')) {
        const auto bare = line.substr(std::min(line.find_first_not_of('\\'), line.size()));
        if (bare.starts_with(kMarker)) out += '\\';
        out += line;
        out += '\n';
    }
    return out;
}

std::string roleOf(const std::string& role)
{
    std::string out;
    for (const char c : role.substr(0, kMaxRoleBytes))
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_') out += c;
    return out.empty() ? "unknown" : out;
}

} // namespace

std::string promptFileText(const PromptContent& content)
{
    std::string out = frontMatter(content);
    if (!out.empty() || (!content.chat && content.text.starts_with("---"))) out = "---\n" + out + "---\n";
    if (!content.chat) return out + escaped(content.text);
    for (const PromptContent::Message& message : content.messages) {
        out += formatText("{} {}{} -->\n", kMarker, roleOf(message.role), message.parts ? ", in parts" : "");
        out += message.parts ? dumpJson(*message.parts, 2) + "\n" : escaped(message.text);
    }
    return out;
}

} // namespace tackroom
