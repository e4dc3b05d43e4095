// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clusters/clusteredit.h"

#include "core/base/hash.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tackroom
{

namespace
{

constexpr std::array<std::string_view, 14> kActNames{"rename", "describe", "expect",  "assign", "merge", "split", "move",
                                                     "mute",   "unmute",   "resolve", "reopen", "pin",   "unpin", "undo"};

void putTexts(Json& json, const char* key, const std::vector<std::string>& texts)
{
    if (!texts.empty()) json[key] = texts;
}

std::vector<std::string> textsAt(const Json& json, std::string_view key)
{
    std::vector<std::string> texts;
    if (const Json& list = memberAt(json, key); list.is_array())
        for (const Json& each : list)
            if (each.is_string()) texts.push_back(each.get<std::string>());
    return texts;
}

} // namespace

std::string_view nameOf(ClusterAct act) { return kActNames[static_cast<std::size_t>(act)]; }

std::optional<ClusterAct> clusterActOf(std::string_view name)
{
    const std::string lower = asciiLower(trimmed(name));
    for (std::size_t i = 0; i < kActNames.size(); ++i)
        if (kActNames[i] == lower) return static_cast<ClusterAct>(i);
    return std::nullopt;
}

Json ClusterEdit::toJson() const
{
    Json json{{"act", std::string(nameOf(act))}, {"cluster", cluster}};
    if (!text.empty()) json["text"] = text;
    if (!other.empty()) json["other"] = other;
    putTexts(json, "runs", runs);
    if (until != 0) json["until"] = until;
    if (count != 0) json["count"] = count;
    if (untilEscalating) json["untilEscalating"] = true;
    putTexts(json, "members", members);
    putTexts(json, "otherMembers", otherMembers);
    if (!copyOf.empty()) json["copyOf"] = copyOf;
    return json;
}

std::optional<ClusterEdit> ClusterEdit::fromJson(const Json& json)
{
    const auto act = clusterActOf(stringAt(json, "act"));
    ClusterEdit edit;
    edit.cluster = stringAt(json, "cluster");
    if (!act || edit.cluster.empty()) return std::nullopt;
    edit.act = *act;
    edit.text = stringAt(json, "text");
    edit.other = stringAt(json, "other");
    edit.runs = textsAt(json, "runs");
    edit.until = intAt(json, "until");
    edit.count = intAt(json, "count");
    edit.untilEscalating = boolAt(json, "untilEscalating");
    edit.members = textsAt(json, "members");
    edit.otherMembers = textsAt(json, "otherMembers");
    edit.copyOf = stringAt(json, "copyOf");
    return edit;
}

std::vector<std::string> keptMembers(std::vector<std::string> keys)
{
    if (keys.size() > kKeptMembers) {
        std::vector<std::pair<std::string, std::string>> byHash;
        byHash.reserve(keys.size());
        for (std::string& key : keys) {
            std::string hash = xxh128Hex(key);
            byHash.emplace_back(std::move(hash), std::move(key));
        }
        std::ranges::nth_element(byHash, byHash.begin() + kKeptMembers);
        keys.clear();
        for (std::size_t i = 0; i < kKeptMembers; ++i) keys.push_back(std::move(byHash[i].second));
    }
    std::ranges::sort(keys);
    return keys;
}

std::string splitClusterId(const ClusterEdit& split)
{
    std::string identity = "split\n" + split.cluster + '\n' + split.text;
    for (const std::string& run : split.runs) identity.append(1, '\n').append(run);
    return "c-" + xxh128Hex(identity).substr(0, 12);
}

} // namespace tackroom
