// SPDX-License-Identifier: GPL-3.0-or-later
/// artifacts, versions, proposals, journal
#include "core/base/format.h"

#include "app/cli/context.h"
#include "app/cli/output.h"

namespace tackroom::cli
{

namespace
{

std::string_view reviewName(Version::Review review)
{
    switch (review) {
    case Version::Review::Baseline:
        return "baseline";
    case Version::Review::Reviewed:
        return "reviewed";
    case Version::Review::Unreviewed:
        return "landed without review";
    case Version::Review::NotAnArtifact:
        return "no artifact touched";
    }
    return "baseline";
}

Json jsonOf(const Version& version)
{
    return {{"version", version.label},
            {"commit", version.commit.value},
            {"parent", version.parent.value},
            {"time", jsonTime(version.time)},
            {"title", version.title},
            {"author", version.author},
            {"live", version.live},
            {"tagged", version.tagged},
            {"review", reviewName(version.review)},
            {"rollsBack", version.rollsBack},
            {"rolledBackBy", version.rolledBackBy},
            {"decision", version.decision ? cli::jsonOf(*version.decision) : Json()}};
}

std::string noteOf(const Version& version)
{
    std::string note(reviewName(version.review));
    if (version.decision && version.review == Version::Review::Reviewed)
        note += " by " + safeLine(version.decision->reviewer.name, 40);
    if (!version.rollsBack.empty()) note += ", takes back " + safeLine(version.rollsBack);
    if (!version.rolledBackBy.empty()) note += ", taken back by " + safeLine(version.rolledBackBy);
    return note;
}

Json jsonOf(const Proposal& p)
{
    return {{"id", p.id.value},
            {"title", p.title},
            {"kind", p.kind},
            {"layer", p.layer},
            {"base", nameOf(p.baseState)},
            {"state", nameOf(p.state)},
            {"baseReason", p.baseStateReason},
            {"baseCommit", p.base.value},
            {"patchSet", p.patchSet.value},
            {"patchSetNumber", p.patchSetNumber},
            {"proposedBy", p.proposedBy},
            {"claim", p.claim},
            {"cluster", p.cluster},
            {"source", p.source},
            {"time", jsonTime(p.time)},
            {"files", Json::array()},
            {"decision", p.decision ? cli::jsonOf(*p.decision) : Json()}};
}

} // namespace

Result<Answer> runArtifacts(Context& context)
{
    TR_ASSIGN(const auto repository, repositoryOf(context));
    TR_ASSIGN(const Version version, repository->version(context.arguments.text("at", "live")));
    TR_ASSIGN(const std::vector<Artifact> artifacts, repository->artifacts(version.commit));
    Json json = {{"version", version.label}, {"commit", version.commit.value}, {"artifacts", Json::array()}};
    Table table({"Path", "Kind", "Layer", ">Size", "Name", "Description"});
    for (const Artifact& artifact : artifacts) {
        json["artifacts"].push_back({{"path", artifact.path},
                                     {"kind", nameOf(artifact.kind)},
                                     {"layer", layerNameOf(artifact.kind)},
                                     {"name", artifact.name},
                                     {"description", artifact.description},
                                     {"blob", artifact.blob.value},
                                     {"sizeBytes", artifact.sizeBytes}});
        table.add({safeLine(artifact.path, 60), std::string(nameOf(artifact.kind)), std::string(layerNameOf(artifact.kind)),
                   sizeText(artifact.sizeBytes), safeLine(artifact.name, 40), safeLine(artifact.description, 60)});
    }
    for (const auto& finding : repository->manifest().findings) context.notices.push_back("harness.json: " + finding);
    std::string text = formatText("{} at {} ({})\n\n", counted(static_cast<std::int64_t>(artifacts.size()), "artifact"),
                                  safeLine(version.label), shortId(version.commit.value));
    if (!table.empty()) text += table.text();
    return answerOf(context, std::move(json), std::move(text));
}

Result<Answer> runVersions(Context& context)
{
    TR_ASSIGN(const auto repository, repositoryOf(context));
    TR_ASSIGN(const std::vector<Version> versions, repository->versions());
    const RepositoryInfo& info = repository->info();
    Json json = {
        {"harnessId", info.id.value}, {"mainBranch", info.mainBranch}, {"tip", info.tip.value}, {"versions", Json::array()}};
    Table table({"Version", "Commit", "When", "Title", "Review"});
    for (const Version& version : versions) {
        json["versions"].push_back(jsonOf(version));
        table.add({safeLine(version.label, 24) + (version.live ? " (live)" : ""), shortId(version.commit.value),
                   when(version.time), safeLine(version.title, 60), noteOf(version)});
    }
    return answerOf(context, std::move(json),
                    formatText("{} of {} on {}\n\n{}", counted(static_cast<std::int64_t>(versions.size()), "version"),
                               safeLine(info.name), safeLine(info.mainBranch), table.text()));
}

Result<Answer> runProposals(Context& context)
{
    TR_ASSIGN(const auto repository, repositoryOf(context));
    TR_ASSIGN(const std::vector<Proposal> proposals, listProposals(*repository, context.cancel));
    Json json = {{"proposals", Json::array()}};
    Table table({"Id", "State", "Base", "Kind", "Layer", "When", "Title", "Cluster"});
    for (const Proposal& p : proposals) {
        Json one = jsonOf(p);
        for (const FileChange& change : p.changes) one["files"].push_back(cli::jsonOf(change));
        json["proposals"].push_back(std::move(one));
        table.add({p.id.value, std::string(nameOf(p.state)), std::string(nameOf(p.baseState)), p.kind, p.layer, when(p.time),
                   safeLine(p.title, 60), safeLine(p.cluster, 40)});
    }
    std::string text = counted(static_cast<std::int64_t>(proposals.size()), "proposal") + "\n";
    if (!table.empty()) text += "\n" + table.text();
    return answerOf(context, std::move(json), std::move(text));
}

Result<Answer> runJournal(Context& context)
{
    TR_ASSIGN(const auto repository, repositoryOf(context));
    TR_ASSIGN(const std::vector<JournalEntry> journal, repository->journal());
    Json json = {{"entries", Json::array()}};
    std::string text = counted(static_cast<std::int64_t>(journal.size()), "entry", "entries") + "\n";
    for (const JournalEntry& entry : journal) {
        json["entries"].push_back(entry.toJson());
        text += formatText("\n{}  {}", when(entry.time), nameOf(entry.kind));
        if (!entry.proposal.value.empty()) text += "  " + safeLine(entry.proposal.value);
        if (!entry.rollsBack.empty()) text += "  " + safeLine(entry.rollsBack);
        if (!entry.version.empty()) text += "  → " + safeLine(entry.version);
        if (!entry.reviewer.name.empty()) text += "  by " + safeLine(toString(entry.reviewer));
        text += "\n";
        if (!entry.reason.empty()) text += safeBlock(entry.reason, "    ");
    }
    return answerOf(context, std::move(json), std::move(text));
}

} // namespace tackroom::cli
