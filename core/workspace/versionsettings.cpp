// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/versionsettings.h"

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/index/runversions.h"
#include "core/platform/atomicfile.h"
#include "core/platform/directories.h"

namespace tackroom
{

namespace
{

namespace fs = std::filesystem;

constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
constexpr std::string_view kMember = "versionRule";

/// The file of storesettings.h, whose other members stay.
fs::path fileOf(const Places& places, const fs::path& storeCacheFolder)
{
    return places.config / "stores" / (storeCacheFolder.filename().string() + ".json");
}

Json readFileOf(const fs::path& file)
{
    const auto bytes = readFile(file, kMaxBytes);
    if (!bytes) return Json::object();
    auto json = parseJson(*bytes, file.string());
    return json && json->is_object() ? std::move(*json) : Json::object();
}

} // namespace

VersionRule readVersionRule(const Places& places, const fs::path& storeCacheFolder)
{
    const Json settings = readFileOf(fileOf(places, storeCacheFolder));
    std::vector<std::string> terms;
    for (const Json& term : memberAt(settings, kMember))
        if (term.is_string()) terms.push_back(term.get<std::string>());
    auto rule = parseVersionRule(terms);
    return rule ? std::move(*rule) : VersionRule();
}

Status writeVersionRule(const Places& places, const fs::path& storeCacheFolder, const VersionRule& rule)
{
    const fs::path file = fileOf(places, storeCacheFolder);
    TR_TRY(makePrivateDirectory(places.config));
    TR_TRY(makePrivateDirectory(file.parent_path()));
    Json json = readFileOf(file);
    json.erase(std::string(kMember));
    if (!rule.empty()) json[std::string(kMember)] = toTerms(rule);
    TR_TRY(writeFileAtomically(file, dumpJson(json, 1)));
    return writeVersionRuleFile(storeCacheFolder, rule);
}

Result<bool> mendVersionRule(const Places& places, const fs::path& storeCacheFolder)
{
    const VersionRule rule = readVersionRule(places, storeCacheFolder);
    if (rule == readVersionRuleFile(storeCacheFolder)) return false;
    TR_TRY(writeVersionRuleFile(storeCacheFolder, rule));
    return true;
}

} // namespace tackroom
