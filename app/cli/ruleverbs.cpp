// SPDX-License-Identifier: GPL-3.0-or-later
/// rule, rule version
#include "app/cli/context.h"
#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/index/runversions.h"
#include "core/workspace/storesettings.h"
#include "core/workspace/versionsettings.h"

#include <algorithm>
#include <optional>

namespace tackroom::cli
{

namespace
{

constexpr std::uint64_t kMostLooked = 100'000;
constexpr std::size_t kShownKeys = 20, kShownExamples = 3;

Json jsonOf(const VersionPreview& preview)
{
    Json versions = Json::array();
    for (const auto& [version, runs] : preview.versions) versions.push_back({{"version", version}, {"runs", runs}});
    return {{"runs", preview.runs},         {"changed", preview.changed},      {"without", preview.without},
            {"distinct", preview.distinct}, {"versions", std::move(versions)}, {"unread", preview.unread}};
}

Json jsonOf(const VersionKeys& keys)
{
    Json list = Json::array();
    for (const VersionKeySummary& key : keys.keys) {
        Json examples = Json::array();
        for (const auto& [value, runs] : key.samples) examples.push_back({{"value", value}, {"runs", runs}});
        list.push_back({{"key", key.key}, {"runs", key.runs}, {"values", key.values}, {"examples", std::move(examples)}});
    }
    return list;
}

std::string textOf(const VersionKeys& keys, std::string_view where)
{
    Table table({"Key", ">Runs", ">Values", "Examples"});
    for (std::size_t i = 0; i < std::min(keys.keys.size(), kShownKeys); ++i) {
        const VersionKeySummary& key = keys.keys[i];
        std::string examples;
        for (std::size_t j = 0; j < std::min(key.samples.size(), kShownExamples); ++j)
            examples += (j ? ", " : "") + safeLine(key.samples[j].first, 24);
        table.add({safeLine(key.key, 40), formatCount(static_cast<std::uint64_t>(key.runs)),
                   (key.manyValues ? "over " : "") + formatCount(static_cast<std::uint64_t>(key.values)), examples});
    }
    const std::string head = formatText("Keys that may tell it, {} {}:\n", counted(keys.runs, "run"), where);
    if (table.empty()) return head + "  none\n";
    const std::size_t left = keys.keys.size() - std::min(keys.keys.size(), kShownKeys);
    return head + table.text("  ") +
           (left > 0 ? formatText("  and {}: --json lists all\n", counted(static_cast<std::int64_t>(left), "other", "others"))
                     : "");
}

std::string textOf(const VersionRule& rule, const VersionPreview& preview)
{
    std::string text = rule.empty() ? "The harness version is what the traces say: this store has no rule for it.\n"
                                    : "The harness version of this store's runs is told by:\n";
    for (const std::string& term : toTerms(rule)) text += "  " + safeLine(term) + "\n";
    Table table({"Version", ">Runs"});
    for (const auto& [version, runs] : preview.versions)
        table.add({safeLine(version, 60), formatCount(static_cast<std::uint64_t>(runs))});
    if (!table.empty()) text += "\n" + table.text();
    const auto left = preview.distinct - static_cast<std::int64_t>(preview.versions.size());
    if (left > 0) text += formatText("and {}\n", counted(left, "other version", "other versions"));
    text += formatText("without a version: {} of {}\n", formatCount(static_cast<std::uint64_t>(preview.without)),
                       counted(preview.runs, "run"));
    return text;
}

/// What was deployed when, from the main line of a harness repository.
Status addDeployments(Context& context, VersionRule& rule)
{
    const std::string path = context.arguments.text("deployments");
    if (path.empty()) return {};
    HarnessRepository::Options options;
    options.dataDirectory = context.places.data;
    TR_ASSIGN(const auto repository, HarnessRepository::open(path, options, context.cancel));
    TR_ASSIGN(const std::vector<Version> versions, repository->versions());
    for (const Version& version : versions)
        if (version.review != Version::Review::NotAnArtifact)
            rule.deployments.push_back({version.time, 0, formatText("{} ({})", version.commit.value, version.label)});
    std::ranges::stable_sort(rule.deployments, {}, &VersionRule::Time::from);
    return {};
}

/// Nothing where the rule is only asked for.
Result<std::optional<VersionRule>> wantedRule(Context& context)
{
    std::vector<std::string> terms(context.arguments.positions().begin() + 1, context.arguments.positions().end());
    if (terms.size() == 1 && (terms.front() == "none" || terms.front() == "reset")) return VersionRule();
    if (terms.empty() && !context.arguments.has("deployments")) return std::nullopt;
    TR_ASSIGN(VersionRule rule, parseVersionRule(terms));
    TR_TRY(addDeployments(context, rule));
    return rule;
}

} // namespace

Result<Answer> runRule(Context& context)
{
    TR_ASSIGN(IndexReport report, indexed(context));
    StoreSettings settings = readStoreSettings(context.places, report.folder);
    const bool change = context.arguments.positions().size() > 1;
    if (change) {
        const std::string text = context.arguments.position(1);
        settings.rule.reset();
        if (text != "none") {
            TR_ASSIGN(settings.rule, parseScoreRule(text));
        }
        TR_TRY(writeStoreSettings(context.places, report.folder, settings));
        TR_ASSIGN(report, indexed(context)); // the outcomes under the new rule
    }
    TR_ASSIGN(const auto queries, RunQueries::open(report.folder, context.cancel));
    TR_ASSIGN(const RunCounts counts, queries->counts());
    const std::string rule = settings.rule ? toString(*settings.rule) : std::string();
    return answerOf(
        context,
        {{"rule", rule},
         {"runs", counts.runs},
         {"failures", counts.failures},
         {"successes", counts.successes},
         {"unknown", counts.unknown}},
        formatText("{}\nfailures: {}; outcome not known: {}\n",
                   rule.empty() ? std::string("This store has no rule.") : "A run has failed where " + safeLine(rule) + ".",
                   shareOf(counts.failures, counts.runs, "runs"), formatCount(static_cast<std::uint64_t>(counts.unknown))));
}

Result<Answer> runVersionRule(Context& context)
{
    TR_ASSIGN(const auto wanted, wantedRule(context));
    TR_ASSIGN(const std::uint64_t look, context.arguments.number("look", 0, 1, kMostLooked));
    TR_ASSIGN(IndexReport report, indexed(context));
    const VersionRule former = readVersionRule(context.places, report.folder);
    const bool onlyPreview = context.arguments.has("preview");
    TR_ASSIGN(VersionPreview preview, previewVersions(report.folder, wanted.value_or(former), context.cancel));
    std::string said;
    if (wanted && !onlyPreview) {
        TR_TRY(writeVersionRule(context.places, report.folder, *wanted));
        TR_ASSIGN(report, indexed(context)); // under the new rule
        const VersionPreview before = preview;
        TR_ASSIGN(preview, previewVersions(report.folder, *wanted, context.cancel));
        preview.changed = before.changed;
        if (!before.unread.empty()) said = "The store was read anew for keys that were not kept before.\n";
    }
    const VersionRule& rule = wanted ? *wanted : former;
    if (wanted && said.empty())
        said = formatText("{} of {} {} another version.\n", formatCount(static_cast<std::uint64_t>(preview.changed)),
                          counted(preview.runs, "run"), onlyPreview ? "would get" : "got");
    if (!preview.unread.empty()) said += "The store would be read anew for keys that were not kept so far.\n";
    Json json = {{"rule", toTerms(rule)}, {"set", wanted && !onlyPreview}};
    json.update(jsonOf(preview));
    std::string text = textOf(rule, preview) + said;
    VersionKeys keys;
    if (look > 0) {
        TR_ASSIGN(keys, askVersionKeys(report.path, static_cast<std::int64_t>(look), context.cancel));
    } else {
        TR_ASSIGN(keys, versionKeysOf(report.folder, context.cancel));
    }
    json["lookedAt"] = keys.runs;
    json["keys"] = jsonOf(keys);
    if (!wanted || look > 0) text += "\n" + textOf(keys, look > 0 ? "of the store looked at" : "in the index");
    return answerOf(context, std::move(json), std::move(text));
}

} // namespace tackroom::cli
