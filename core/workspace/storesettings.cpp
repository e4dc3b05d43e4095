// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/storesettings.h"

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/platform/atomicfile.h"
#include "core/platform/directories.h"

#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxViews = 200;

std::filesystem::path fileOf(const Places& places, const std::filesystem::path& storeCacheFolder)
{
    return places.config / "stores" / (storeCacheFolder.filename().string() + ".json");
}

/// The whole file, so that what a newer program wrote is kept.
Json readFileOf(const std::filesystem::path& file)
{
    const auto bytes = readFile(file, kMaxBytes);
    if (!bytes) return Json::object();
    auto json = parseJson(*bytes, file.string());
    return json && json->is_object() ? std::move(*json) : Json::object();
}

} // namespace

StoreSettings readStoreSettings(const Places& places, const std::filesystem::path& storeCacheFolder)
{
    const Json json = readFileOf(fileOf(places, storeCacheFolder));
    StoreSettings settings;
    if (const std::string text = stringAt(json, "rule"); !text.empty())
        if (auto rule = parseScoreRule(text)) settings.rule = std::move(*rule);
    for (const Json& view : memberAt(json, "views"))
        if (const std::string name = stringAt(view, "name"); !name.empty()) keepView(settings, {name, stringAt(view, "query")});
    return settings;
}

Status writeStoreSettings(const Places& places, const std::filesystem::path& storeCacheFolder, const StoreSettings& settings)
{
    const auto file = fileOf(places, storeCacheFolder);
    TR_TRY(makePrivateDirectory(places.config));
    TR_TRY(makePrivateDirectory(file.parent_path()));
    Json json = readFileOf(file);
    json.erase("rule");
    if (settings.rule) json["rule"] = toString(*settings.rule);
    json["views"] = Json::array();
    for (const SavedView& view : settings.views) json["views"].push_back({{"name", view.name}, {"query", view.query}});
    return writeFileAtomically(file, dumpJson(json, 1));
}

void keepView(StoreSettings& settings, SavedView view)
{
    std::erase_if(settings.views, [&](const SavedView& each) { return each.name == view.name; });
    if (settings.views.size() >= kMaxViews) return;
    const auto place = std::ranges::lower_bound(settings.views, view.name, {}, &SavedView::name);
    settings.views.insert(place, std::move(view));
}

} // namespace tackroom
