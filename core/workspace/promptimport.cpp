// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/promptimport.h"

#include "core/base/format.h"
#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxHintNames = 8;

std::string namesOf(const PromptListing& listing)
{
    std::string names;
    for (std::size_t i = 0; i < std::min(listing.prompts.size(), kMaxHintNames); ++i)
        names += (i ? ", " : "") + listing.prompts[i].name;
    if (listing.prompts.size() > kMaxHintNames) names += formatText(" and {} more", listing.prompts.size() - kMaxHintNames);
    return names.empty() ? "the registry is empty" : "there are " + names;
}

} // namespace

Result<PromptInfo> findPrompt(const PromptListing& listing, const std::filesystem::path& store, const std::string& name)
{
    if (listing.registry.empty())
        return fail(ErrorCode::NotFound, store.string(), "the store keeps no prompts",
                    "Phoenix and MLflow databases can have a prompt registry");
    const auto at = std::ranges::find(listing.prompts, name, &PromptInfo::name);
    if (at == listing.prompts.end())
        return fail(ErrorCode::NotFound, name, "there is no prompt of this name in the store", namesOf(listing));
    return *at;
}

Result<PromptImport> readPromptImport(PromptReader& reader, const PromptListing& listing, const std::filesystem::path& store,
                                      const std::string& name, std::optional<std::int64_t> version, const CancelToken& cancel,
                                      const Progress& progress)
{
    TR_ASSIGN(const PromptInfo prompt, findPrompt(listing, store, name));
    PromptImport import;
    import.store = store.filename().string();
    import.registry = listing.registry;
    import.name = name;
    import.whole = !version;
    std::vector<PromptVersionInfo> wanted = prompt.versions;
    if (version) {
        std::erase_if(wanted, [&](const PromptVersionInfo& one) { return one.number != *version; });
        if (wanted.empty())
            return fail(ErrorCode::NotFound, formatText("{}@{}", name, *version), "there is no such version of the prompt",
                        prompt.versions.empty() ? std::string("it has none")
                                                : formatText("the newest is {}", prompt.versions.back().number));
    } else {
        if (wanted.size() > kMaxImportedVersions)
            wanted.erase(wanted.begin(), wanted.end() - static_cast<std::ptrdiff_t>(kMaxImportedVersions));
        import.leftOut = std::max<std::int64_t>(0, prompt.versionCount - static_cast<std::int64_t>(wanted.size()));
    }
    for (const PromptVersionInfo& each : wanted) {
        progress.report("reading prompts", import.versions.size(), wanted.size());
        TR_ASSIGN(std::string bytes, reader.file(name, each.number, cancel));
        import.versions.push_back({.number = each.number,
                                   .author = each.author,
                                   .note = each.note,
                                   .time = each.time,
                                   .labels = each.labels,
                                   .bytes = std::move(bytes)});
    }
    return import;
}

} // namespace tackroom
