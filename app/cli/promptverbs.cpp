// SPDX-License-Identifier: GPL-3.0-or-later
/// prompts, import-prompt
#include "app/cli/promptverbs.h"

#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/base/joined.h"
#include "core/workspace/promptimport.h"

#include <charconv>

namespace tackroom::cli
{

namespace
{

struct OpenedRegistry {
    std::filesystem::path store;
    std::unique_ptr<PromptReader> reader;
    PromptListing listing;
};

Result<OpenedRegistry> openedRegistry(Context& context)
{
    OpenedRegistry out;
    const std::filesystem::path given = context.arguments.position(0);
    out.store = canonicalStore(given).value_or(given); // what is not there, the reader says better
    TR_ASSIGN(out.reader, PromptReader::open(out.store, {}));
    TR_ASSIGN(out.listing, out.reader->list(context.cancel));
    return out;
}

Result<std::optional<std::int64_t>> versionOf(const std::string& text)
{
    if (text.empty()) return std::optional<std::int64_t>();
    std::int64_t number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size())
        return fail(ErrorCode::Usage, text, "this is not the number of a version");
    return std::optional(number);
}

Json jsonOf(const PromptVersionInfo& version)
{
    return {{"version", version.number}, {"time", jsonTime(version.time)}, {"author", version.author},
            {"note", version.note},      {"kind", version.kind},           {"provider", version.provider},
            {"model", version.model},    {"labels", version.labels}};
}

Json jsonOf(const PromptInfo& prompt)
{
    Json tags = Json::object();
    for (const auto& [key, value] : prompt.tags) tags[key] = value;
    Json versions = Json::array();
    for (const PromptVersionInfo& version : prompt.versions) versions.push_back(jsonOf(version));
    return {{"name", prompt.name}, {"description", prompt.description},   {"labels", prompt.labels},
            {"tags", tags},        {"versionCount", prompt.versionCount}, {"versions", versions}};
}

Result<Answer> listed(Context& context, const OpenedRegistry& opened)
{
    const PromptListing& listing = opened.listing;
    Json list = Json::array();
    Table table({"Prompt", ">Versions", ">Newest", "Labels", "Model", "When", "Note"});
    for (const PromptInfo& prompt : listing.prompts) {
        list.push_back(jsonOf(prompt));
        const PromptVersionInfo newest = prompt.versions.empty() ? PromptVersionInfo{} : prompt.versions.back();
        std::vector<std::string> labels = prompt.labels;
        for (const PromptVersionInfo& version : prompt.versions)
            for (const std::string& label : version.labels) labels.push_back(formatText("{} = {}", label, version.number));
        table.add({safeLine(prompt.name, 60), formatCount(static_cast<std::uint64_t>(prompt.versionCount)),
                   prompt.versions.empty() ? "-" : std::to_string(newest.number), safeLine(joined(labels), 60),
                   safeLine(newest.model, 40), when(newest.time), safeLine(newest.note, 60)});
    }
    std::string text = listing.registry.empty()  ? std::string("The store keeps no prompts.\n")
                       : listing.prompts.empty() ? formatText("The prompt registry of {} is empty.\n", listing.registry)
                                                 : table.text();
    if (listing.promptCount > static_cast<std::int64_t>(listing.prompts.size()))
        text += formatText("{} shown of {}\n", formatCount(listing.prompts.size()), counted(listing.promptCount, "prompt"));
    return answerOf(context, {{"registry", listing.registry}, {"promptCount", listing.promptCount}, {"prompts", list}},
                    std::move(text));
}

Result<Answer> shown(Context& context, const OpenedRegistry& opened, const std::string& name,
                     std::optional<std::int64_t> number)
{
    TR_ASSIGN(const PromptInfo prompt, findPrompt(opened.listing, opened.store, name));
    if (!number && !prompt.versions.empty()) number = prompt.versions.back().number;
    if (!number) return fail(ErrorCode::NotFound, name, "the prompt has no version");
    TR_ASSIGN(const std::string bytes, opened.reader->file(name, *number, context.cancel));
    std::string text = safeLine(prompt.name) + "\n";
    if (!prompt.description.empty()) text += safeBlock(prompt.description, "  ", 2000) + "\n";
    Table table({">Version", "When", "Author", "Labels", "Note"});
    for (const PromptVersionInfo& version : prompt.versions)
        table.add({std::to_string(version.number), when(version.time), safeLine(version.author, 40),
                   safeLine(joined(version.labels), 40), safeLine(version.note, 70)});
    text += table.text("  ");
    if (prompt.versionCount > static_cast<std::int64_t>(prompt.versions.size()))
        text += formatText("  {} shown of {}\n", formatCount(prompt.versions.size()), counted(prompt.versionCount, "version"));
    text += formatText("\nVersion {} as {}:\n\n{}\n", *number, promptPathOf(name), safeBlock(bytes, "  "));
    Json json = {{"prompt", jsonOf(prompt)}, {"version", *number}, {"path", promptPathOf(name)}, {"text", bytes}};
    return answerOf(context, std::move(json), std::move(text));
}

std::string saidOf(const PromptImported& imported, const std::string& name)
{
    if (!imported.proposal)
        return formatText("Already contained: {} on the main line is version {} of {}.\n", imported.path, imported.contained,
                          safeLine(name));
    const Proposal& p = *imported.proposal;
    std::string text = formatText("{}  {} ({}, {})\n", p.id.value, safeLine(p.title, 200), tackroom::nameOf(p.state),
                                  tackroom::nameOf(p.baseState));
    text += imported.patchSets > 0
                ? formatText("  {} of {} made; nothing has landed\n", counted(imported.patchSets, "patch set"), imported.path)
                : std::string("  it was there already, with all these versions\n");
    if (imported.contained > 0) text += formatText("  the main line has version {}\n", imported.contained);
    if (imported.leftOut > 0) text += formatText("  {} left out\n", counted(imported.leftOut, "older version"));
    return text;
}

} // namespace

Result<Answer> runPrompts(Context& context)
{
    TR_ASSIGN(const auto number, versionOf(context.arguments.position(2)));
    TR_ASSIGN(const OpenedRegistry opened, openedRegistry(context));
    const std::string name = context.arguments.position(1);
    return name.empty() ? listed(context, opened) : shown(context, opened, name, number);
}

Result<Answer> runImportPrompt(Context& context)
{
    TR_ASSIGN(const std::string repositoryPath, context.arguments.required("repo"));
    TR_ASSIGN(const auto number, versionOf(context.arguments.position(2)));
    TR_ASSIGN(const OpenedRegistry opened, openedRegistry(context));
    const std::string name = context.arguments.position(1);
    TR_ASSIGN(const PromptImport import,
              readPromptImport(*opened.reader, opened.listing, opened.store, name, number, context.cancel, context.progress));
    HarnessRepository::Options options;
    options.dataDirectory = context.places.data;
    TR_ASSIGN(const auto repository, HarnessRepository::open(repositoryPath, options, context.cancel));
    context.notices = repository->info().notices;
    TR_ASSIGN(const PromptImported imported, importPrompt(*repository, import, context.cancel));
    Json json = {{"path", imported.path},
                 {"alreadyContained", !imported.proposal},
                 {"containedVersion", imported.contained > 0 ? Json(imported.contained) : Json()},
                 {"patchSets", imported.patchSets},
                 {"leftOut", imported.leftOut},
                 {"proposal", Json()}};
    if (const auto& p = imported.proposal)
        json["proposal"] = {{"id", p->id.value},
                            {"title", p->title},
                            {"base", tackroom::nameOf(p->baseState)},
                            {"state", tackroom::nameOf(p->state)},
                            {"proposedBy", p->proposedBy},
                            {"source", p->source},
                            {"patchSet", p->patchSet.value},
                            {"patchSetNumber", p->patchSetNumber}};
    return answerOf(context, std::move(json), saidOf(imported, name));
}

} // namespace tackroom::cli
