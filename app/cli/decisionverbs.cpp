// SPDX-License-Identifier: GPL-3.0-or-later
/// approve, reject, defer, rollback, import
#include "app/cli/context.h"
#include "app/cli/output.h"
#include "core/base/bytes.h"
#include "core/base/format.h"

namespace tackroom::cli
{

namespace
{

constexpr std::size_t kMaxPatchBytes = std::size_t{64} << 20;

Result<Reviewer> reviewerOf(const Arguments& arguments)
{
    TR_ASSIGN(const std::string text, arguments.required("reviewer"));
    return parseReviewer(text);
}

/// The proposal as it is now, or as the user says that it was shown.
Result<DecisionRequest> requestOf(Context& context, HarnessRepository& repository, const Reviewer& reviewer)
{
    TR_ASSIGN(const Proposal p, findProposal(repository, context.arguments.position(1), context.cancel));
    DecisionRequest request;
    request.proposal = p.id;
    request.patchSet = CommitId{context.arguments.text("patch-set", p.patchSet.value)};
    request.tip = CommitId{context.arguments.text("tip", repository.info().tip.value)};
    request.reviewer = reviewer;
    request.reason = context.arguments.text("reason");
    return request;
}

Answer landedAnswer(Context& context, const Landed& landed, const std::string& what)
{
    Json json = {{"version", landed.version},
                 {"commit", landed.commit.value},
                 {"base", landed.base.value},
                 {"workTreeUpdated", landed.workTreeUpdated},
                 {"files", Json::array()}};
    std::string text = formatText("{} as {} (commit {}): {}{}\n", what, safeLine(landed.version), shortId(landed.commit.value),
                                  counted(static_cast<std::int64_t>(landed.changes.size()), "file"),
                                  landed.workTreeUpdated ? "; the work tree was brought along" : "");
    for (const FileChange& change : landed.changes) {
        json["files"].push_back(cli::jsonOf(change));
        text += formatText("  {:<13}{}  +{} -{}\n", nameOf(change.kind), safeLine(change.path), formatCount(change.addedLines),
                           formatCount(change.removedLines));
    }
    return answerOf(context, std::move(json), std::move(text));
}

using Decide = Result<JournalEntry> (*)(HarnessRepository&, const DecisionRequest&, const CancelToken&);

Result<Answer> setAside(Context& context, Decide decide, std::string_view done)
{
    TR_ASSIGN(const Reviewer reviewer, reviewerOf(context.arguments));
    TR_ASSIGN(const auto repository, repositoryOf(context));
    TR_ASSIGN(const DecisionRequest request, requestOf(context, *repository, reviewer));
    TR_ASSIGN(const JournalEntry entry, decide(*repository, request, context.cancel));
    return answerOf(context, {{"proposal", request.proposal.value}, {"entry", cli::jsonOf(entry)}},
                    formatText("{} {}.\n", request.proposal.value, done));
}

} // namespace

Result<Answer> runApprove(Context& context)
{
    TR_ASSIGN(const Reviewer reviewer, reviewerOf(context.arguments));
    TR_ASSIGN(const auto repository, repositoryOf(context));
    TR_ASSIGN(const DecisionRequest request, requestOf(context, *repository, reviewer));
    TR_ASSIGN(const Landed landed, approve(*repository, request, context.cancel));
    return landedAnswer(context, landed, formatText("Approved {}", request.proposal.value));
}

Result<Answer> runReject(Context& context) { return setAside(context, &reject, "is rejected"); }

Result<Answer> runDefer(Context& context) { return setAside(context, &defer, "is deferred"); }

Result<Answer> runRollback(Context& context)
{
    const bool previewOnly = context.arguments.has("preview");
    Reviewer reviewer;
    if (!previewOnly) {
        TR_ASSIGN(reviewer, reviewerOf(context.arguments));
    }
    TR_ASSIGN(const auto repository, repositoryOf(context));
    TR_ASSIGN(const RollbackPreview preview, repository->previewRollback(context.arguments.position(1)));
    if (!previewOnly) {
        TR_ASSIGN(const Landed landed,
                  rollback(*repository, preview, reviewer, context.arguments.text("reason"), context.cancel));
        return landedAnswer(context, landed, formatText("Took back {}", safeLine(preview.label)));
    }
    Json json = {
        {"version", preview.label}, {"tip", preview.tip.value}, {"files", Json::array()}, {"conflicts", preview.conflicts}};
    std::string text = formatText("Taking back {} would change {}\n", safeLine(preview.label),
                                  counted(static_cast<std::int64_t>(preview.changes.size()), "file"));
    for (const FileChange& change : preview.changes) {
        json["files"].push_back(cli::jsonOf(change));
        text += formatText("  {:<13}{}  +{} -{}\n", nameOf(change.kind), safeLine(change.path), formatCount(change.addedLines),
                           formatCount(change.removedLines));
    }
    for (const auto& path : preview.conflicts)
        text += formatText("  conflict: a later version changed the same text of {}\n", safeLine(path));
    Answer answer = answerOf(context, std::move(json), std::move(text));
    if (!preview.conflicts.empty()) answer.exitCode = exitCodeOf(ErrorCode::AnswerIsNo);
    return answer;
}

Result<Answer> runImport(Context& context)
{
    const std::filesystem::path file = context.arguments.position(1);
    TR_ASSIGN(const std::string bytes, readFile(file, kMaxPatchBytes));
    TR_ASSIGN(const auto repository, repositoryOf(context));
    TR_ASSIGN(const Proposal p, importPatch(*repository, bytes, file.filename().string(), context.cancel));
    return answerOf(context,
                    {{"id", p.id.value},
                     {"title", p.title},
                     {"kind", p.kind},
                     {"layer", p.layer},
                     {"base", nameOf(p.baseState)},
                     {"state", nameOf(p.state)},
                     {"patchSet", p.patchSet.value}},
                    formatText("{}  {} ({}, {})\n", p.id.value, safeLine(p.title, 200), nameOf(p.state), nameOf(p.baseState)));
}

} // namespace tackroom::cli
