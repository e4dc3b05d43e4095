// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/promptframes.h"

#include "core/base/text.h"

#include <algorithm>

namespace tackroom::frames
{

namespace
{

constexpr std::size_t kMaxListEntries = 100;
constexpr std::size_t kMaxPromptTextBytes = 4'096;

Json promptJson(const PromptInfo& prompt)
{
    Json tags = Json::array();
    for (const auto& [key, value] : prompt.tags) tags.push_back({key, value});
    return {{"what", "prompt"},        {"name", prompt.name}, {"description", prompt.description},
            {"labels", prompt.labels}, {"tags", tags},        {"versionCount", prompt.versionCount}};
}

Json versionJson(const PromptVersionInfo& version)
{
    return {{"what", "version"},        {"number", version.number},     {"note", version.note},
            {"author", version.author}, {"provider", version.provider}, {"model", version.model},
            {"kind", version.kind},     {"time", version.time},         {"labels", version.labels}};
}

std::string textOf(const Json& value)
{
    return value.is_string() ? std::string(cutUtf8(toUtf8(value.get_ref<const std::string&>()), kMaxPromptTextBytes))
                             : std::string();
}

std::string textAt(const Json& object, std::string_view key) { return textOf(memberAt(object, key)); }

std::vector<std::string> listAt(const Json& object, std::string_view key)
{
    std::vector<std::string> out;
    const Json& list = memberAt(object, key);
    if (!list.is_array()) return out;
    for (const Json& each : list)
        if (out.size() < kMaxListEntries) out.push_back(textOf(each));
    return out;
}

} // namespace

Status sendPrompts(const PromptListing& listing, const std::function<Status(const Json&)>& send)
{
    for (const PromptInfo& prompt : listing.prompts) {
        TR_TRY(send(promptJson(prompt)));
        for (const PromptVersionInfo& version : prompt.versions) TR_TRY(send(versionJson(version)));
    }
    return {};
}

void PromptReceiver::add(const Json& frame)
{
    const std::string what = stringAt(frame, "what");
    if (what == "prompt" && m_listing.prompts.size() < kMaxRegisteredPrompts) {
        PromptInfo prompt;
        prompt.name = textAt(frame, "name");
        prompt.description = textAt(frame, "description");
        prompt.labels = listAt(frame, "labels");
        prompt.versionCount = std::max<std::int64_t>(0, intAt(frame, "versionCount"));
        const Json& tags = memberAt(frame, "tags");
        for (std::size_t i = 0; tags.is_array() && i < std::min(tags.size(), kMaxListEntries); ++i)
            if (tags[i].is_array() && tags[i].size() == 2) prompt.tags.emplace_back(textOf(tags[i][0]), textOf(tags[i][1]));
        m_listing.prompts.push_back(std::move(prompt));
    }
    if (what != "version" || m_listing.prompts.empty() || ++m_versions > kMaxVersionsInAll) return;
    auto& versions = m_listing.prompts.back().versions;
    if (versions.size() >= kMaxListedVersions) return;
    versions.push_back({.number = intAt(frame, "number"),
                        .note = textAt(frame, "note"),
                        .author = textAt(frame, "author"),
                        .provider = textAt(frame, "provider"),
                        .model = textAt(frame, "model"),
                        .kind = textAt(frame, "kind"),
                        .time = intAt(frame, "time"),
                        .labels = listAt(frame, "labels")});
}

PromptListing PromptReceiver::take(const Json& answer)
{
    m_listing.registry = textAt(answer, "registry");
    m_listing.promptCount = std::max<std::int64_t>(0, intAt(answer, "promptCount"));
    return std::move(m_listing);
}

} // namespace tackroom::frames
