// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/storesettings.h"

#include "core/workspace/settingsfile.h"

#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxViews = 200;

} // namespace

StoreSettings readStoreSettings(const Places& places, const std::filesystem::path& storeCacheFolder)
{
    const Json json = readSettingsFile(settingsFileOf(places, storeCacheFolder));
    StoreSettings settings;
    if (const std::string text = stringAt(json, "rule"); !text.empty())
        if (auto rule = parseScoreRule(text)) settings.rule = std::move(*rule);
    for (const Json& view : memberAt(json, "views"))
        if (const std::string name = stringAt(view, "name"); !name.empty()) keepView(settings, {name, stringAt(view, "query")});
    return settings;
}

Status writeStoreSettings(const Places& places, const std::filesystem::path& storeCacheFolder, const StoreSettings& settings)
{
    const auto file = settingsFileOf(places, storeCacheFolder);
    Json json = readSettingsFile(file);
    json.erase("rule");
    if (settings.rule) json["rule"] = toString(*settings.rule);
    json["views"] = Json::array();
    for (const SavedView& view : settings.views) json["views"].push_back({{"name", view.name}, {"query", view.query}});
    return writeSettingsFile(places, file, json);
}

void keepView(StoreSettings& settings, SavedView view)
{
    std::erase_if(settings.views, [&](const SavedView& each) { return each.name == view.name; });
    if (settings.views.size() >= kMaxViews) return;
    const auto place = std::ranges::lower_bound(settings.views, view.name, {}, &SavedView::name);
    settings.views.insert(place, std::move(view));
}

} // namespace tackroom
