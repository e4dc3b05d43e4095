// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/context.h"

#include "core/harness/adopted.h"

namespace tackroom::cli
{

Result<IndexReport> indexed(Context& context)
{
    return openStoreIndex(context.arguments.position(0), context.places, {}, context.cancel, context.progress);
}

Result<std::unique_ptr<HarnessRepository>> repositoryOf(Context& context)
{
    const std::filesystem::path path = context.arguments.position(0);
    HarnessRepository::Options options;
    options.dataDirectory = context.places.data;
    // A folder that was adopted once is known from then on.
    std::error_code error;
    const auto canonical = std::filesystem::canonical(path, error);
    options.adoptPlainFolder = context.arguments.has("adopt") ||
                               (!error && std::filesystem::exists(adoptedRepositoryOf(context.places.data, canonical), error));
    auto opened = HarnessRepository::open(path, options, context.cancel);
    if (!opened) {
        Error failure = opened.error();
        if (failure.code == ErrorCode::BadRepository && !options.adoptPlainFolder &&
            !std::filesystem::exists(path / ".git", error))
            failure.hint = "--adopt gives a plain folder a managed repository of its own";
        return std::unexpected(std::move(failure));
    }
    context.notices = (*opened)->info().notices;
    return std::move(*opened);
}

Result<std::unique_ptr<HarnessRepository>> repositoryBeside(Context& context)
{
    const std::string path = context.arguments.text("repo");
    if (path.empty()) return nullptr;
    HarnessRepository::Options options;
    options.dataDirectory = context.places.data;
    return HarnessRepository::open(path, options, context.cancel);
}

Answer answerOf(Context& context, Json json, std::string text)
{
    return {std::move(json), std::move(text), std::move(context.notices), 0, std::nullopt};
}

Json jsonTime(UtcNs time) { return time == 0 ? Json() : Json(formatTime(time)); }

std::string_view nameOf(ChangeKind kind)
{
    switch (kind) {
    case ChangeKind::Added:
        return "added";
    case ChangeKind::Removed:
        return "removed";
    case ChangeKind::Modified:
        return "modified";
    case ChangeKind::Renamed:
        return "renamed";
    case ChangeKind::ModeChanged:
        return "mode changed";
    }
    return "modified";
}

Json jsonOf(const FileChange& change)
{
    Json json = {{"path", change.path}, {"change", nameOf(change.kind)}};
    if (!change.oldPath.empty()) json["oldPath"] = change.oldPath;
    json["oldBlob"] = change.oldBlob.value;
    json["newBlob"] = change.newBlob.value;
    json["addedLines"] = change.addedLines;
    json["removedLines"] = change.removedLines;
    json["binary"] = change.binary;
    return json;
}

Json jsonOf(const JournalEntry& entry)
{
    return {{"id", entry.id},
            {"kind", tackroom::nameOf(entry.kind)},
            {"time", jsonTime(entry.time)},
            {"reviewer", entry.reviewer.name.empty() ? std::string() : toString(entry.reviewer)},
            {"reason", entry.reason},
            {"proposal", entry.proposal.value},
            {"patchSet", entry.patchSet.value},
            {"base", entry.base.value},
            {"result", entry.result.value},
            {"version", entry.version},
            {"rollsBack", entry.rollsBack},
            {"cluster", entry.cluster},
            {"atoms", entry.atoms.size()},
            {"evidence", entry.evidence}};
}

} // namespace tackroom::cli
