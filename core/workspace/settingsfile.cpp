// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/settingsfile.h"

#include "core/base/bytes.h"
#include "core/platform/atomicfile.h"

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxSettingsBytes = std::size_t{4} << 20;

} // namespace

std::filesystem::path settingsFileOf(const Places& places, const std::filesystem::path& storeCacheFolder)
{
    return places.config / "stores" / (storeCacheFolder.filename().string() + ".json");
}

Json readSettingsFile(const std::filesystem::path& file)
{
    const auto bytes = readFile(file, kMaxSettingsBytes);
    if (!bytes) return Json::object();
    auto json = parseJson(*bytes, file.string());
    return json && json->is_object() ? std::move(*json) : Json::object();
}

Status writeSettingsFile(const Places& places, const std::filesystem::path& file, const Json& settings)
{
    TR_TRY(makePrivateDirectory(places.config));
    TR_TRY(makePrivateDirectory(file.parent_path()));
    return writeFileAtomically(file, dumpJson(settings, 1));
}

} // namespace tackroom
