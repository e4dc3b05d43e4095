// SPDX-License-Identifier: GPL-3.0-or-later
/// diff
#include "app/cli/context.h"
#include "app/cli/output.h"
#include "core/base/bytes.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/diff/lines.h"
#include "core/diff/patch.h"

namespace tackroom::cli
{

namespace
{

constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;

std::string patchOf(const ProposedFile& file, std::uint32_t context)
{
    const std::string before = file.current.value_or(std::string()), after = file.proposed.value_or(std::string());
    const bool renamed = file.change.kind == ChangeKind::Renamed;
    FilePatch patch = makeFilePatch(file.current ? (renamed ? file.change.oldPath : file.change.path) : std::string(),
                                    file.proposed ? file.change.path : std::string(), before, after, context);
    patch.oldMode = file.current ? file.change.oldMode : 0;
    patch.newMode = file.proposed ? file.mode : 0;
    return writePatch(std::span(&patch, 1));
}

std::string headOf(const Proposal& p)
{
    std::string text = formatText("{}  {}\n", p.id.value, safeLine(p.title, 200));
    text += formatText("  {}, {}{}{}; base {}{}{}\n", nameOf(p.state), p.kind, p.layer.empty() ? "" : ", layer ", p.layer,
                       nameOf(p.baseState), p.baseStateReason.empty() ? "" : ": ", safeLine(p.baseStateReason));
    text += formatText("  proposed by {}, {}\n", safeLine(p.proposedBy), when(p.time));
    text += p.cluster.empty() ? "  no evidence attached\n" : formatText("  cluster: {}\n", safeLine(p.cluster));
    if (!p.claim.empty()) text += "  the proposer says:\n" + safeBlock(p.claim, "    ", 4000);
    return text;
}

Result<Answer> diffOfFiles(Context& context, std::uint32_t lines)
{
    if (context.arguments.positions().size() != 2)
        return fail(ErrorCode::Usage, "diff", "--files needs two of them, OLD and NEW");
    TR_ASSIGN(const std::string before, readFile(context.arguments.position(0), kMaxFileBytes));
    TR_ASSIGN(const std::string after, readFile(context.arguments.position(1), kMaxFileBytes));
    const bool binary = isBinary(before) || isBinary(after);
    std::string patch;
    if (before != after && !binary) {
        const FilePatch file = makeFilePatch("old", "new", before, after, lines);
        FilePatch shown = file;
        shown.change = PatchChange::Modify;
        shown.oldPath = shown.newPath = "file";
        patch = writePatch(std::span(&shown, 1));
    }
    std::string text = before == after ? std::string("The files are the same.\n")
                       : binary        ? std::string("The files differ and are not text.\n")
                                       : safeBlock(patch, "");
    return answerOf(context, {{"same", before == after}, {"binary", binary}, {"patch", patch}}, std::move(text));
}

} // namespace

Result<Answer> runDiff(Context& context)
{
    TR_ASSIGN(const std::uint64_t number, context.arguments.number("context", 3, 0, 1'000'000));
    const auto lines = static_cast<std::uint32_t>(number);
    if (context.arguments.has("files")) return diffOfFiles(context, lines);
    if (context.arguments.positions().size() != 2)
        return fail(ErrorCode::Usage, "diff", "ID is missing: which proposal?", "tackroom-cli proposals REPO lists them");

    TR_ASSIGN(const auto repository, repositoryOf(context));
    TR_ASSIGN(const Proposal p, findProposal(*repository, context.arguments.position(1), context.cancel));
    TR_ASSIGN(const std::vector<ProposedFile> files, proposedFiles(*repository, p));
    Json json = {{"id", p.id.value},
                 {"title", p.title},
                 {"state", nameOf(p.state)},
                 {"base", nameOf(p.baseState)},
                 {"claim", p.claim},
                 {"proposedBy", p.proposedBy},
                 {"cluster", p.cluster},
                 {"patchSet", p.patchSet.value},
                 {"tip", repository->info().tip.value},
                 {"files", Json::array()}};
    std::string text = headOf(p);
    for (const ProposedFile& file : files) {
        const bool same = file.current == file.proposed && file.change.kind != ChangeKind::Renamed &&
                          file.change.oldMode == file.change.newMode;
        const std::string patch = same || file.change.binary ? std::string() : patchOf(file, lines);
        Json one = cli::jsonOf(file.change);
        one["kind"] = file.kind ? Json(nameOf(*file.kind)) : Json();
        one["conflicts"] = file.conflicts;
        one["mode"] = formatText("{:o}", file.mode);
        one["patch"] = patch;
        json["files"].push_back(std::move(one));
        text += "\n";
        if (file.conflicts)
            text += formatText("{}: the main line changed this too; shown is the proposal's own text\n",
                               safeLine(file.change.path));
        if (same) text += formatText("{}: the main line has this already\n", safeLine(file.change.path));
        if (file.change.binary && !same)
            text += formatText("{}: {}, not text\n", safeLine(file.change.path), nameOf(file.change.kind));
        if (!patch.empty()) text += safeBlock(patch, "");
    }
    return answerOf(context, std::move(json), std::move(text));
}

} // namespace tackroom::cli
