// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/versionsettings.h"

#include "core/index/runversions.h"
#include "core/workspace/settingsfile.h"

namespace tackroom
{

namespace
{

namespace fs = std::filesystem;

constexpr std::string_view kMember = "versionRule";

} // namespace

VersionRule readVersionRule(const Places& places, const fs::path& storeCacheFolder)
{
    const Json settings = readSettingsFile(settingsFileOf(places, storeCacheFolder));
    std::vector<std::string> terms;
    for (const Json& term : memberAt(settings, kMember))
        if (term.is_string()) terms.push_back(term.get<std::string>());
    auto rule = parseVersionRule(terms);
    return rule ? std::move(*rule) : VersionRule();
}

Status writeVersionRule(const Places& places, const fs::path& storeCacheFolder, const VersionRule& rule)
{
    const fs::path file = settingsFileOf(places, storeCacheFolder);
    Json json = readSettingsFile(file);
    json.erase(std::string(kMember));
    if (!rule.empty()) json[std::string(kMember)] = toTerms(rule);
    TR_TRY(writeSettingsFile(places, file, json));
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
