// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/diff/patch.h"
#include "core/proposals/basestate.h"
#include "core/proposals/messages.h"
#include "core/proposals/proposals.h"

#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxReasonBytes = 10'000;
constexpr std::size_t kMaxTitleBytes = 300;
constexpr std::size_t kMaxClaimBytes = 20'000;

std::string shortId(const CommitId& id) { return id.value.substr(0, 10); }

/// The proposer's words as a commit message takes them: no control characters but tab and line end, and not without end.
std::string forCommit(std::string_view foreign, std::size_t maxBytes)
{
    std::string text = toUtf8(foreign);
    std::erase_if(text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f; });
    return std::string(cutUtf8(text, maxBytes));
}

Status checkReviewer(const Reviewer& reviewer)
{
    TR_ASSIGN(const Reviewer same, parseReviewer(toString(reviewer)));
    if (same != reviewer) return fail(ErrorCode::Usage, toString(reviewer), "the reviewer must be of the form: Name <mail>");
    return {};
}

Status checkReason(const HarnessRepository& repository, const std::string& reason)
{
    if (reason.size() > kMaxReasonBytes)
        return fail(ErrorCode::Usage, "reason", formatText("the reason is longer than {} bytes", kMaxReasonBytes));
    if (repository.manifest().reasonRequired && trimmed(reason).empty())
        return fail(ErrorCode::AnswerIsNo, "reason", "the review policy of this harness wants a reason for each decision");
    return {};
}

/// What holds for each decision about a proposal, whatever it says.
Result<PlannedProposal> asShown(HarnessRepository& repository, const DecisionRequest& request, const CancelToken& cancel)
{
    TR_TRY(checkReviewer(request.reviewer));
    TR_TRY(repository.refresh());
    TR_ASSIGN(PlannedProposal planned, planProposal(repository, request.proposal.value, cancel));
    const Proposal& p = planned.proposal;
    if (p.patchSet != request.patchSet)
        return fail(ErrorCode::Conflict, p.id.value,
                    formatText("the proposal is now at {}, not at the patch set that was shown", shortId(p.patchSet)),
                    "look at it again");
    if (!request.tip.value.empty() && request.tip != repository.info().tip)
        return fail(ErrorCode::Conflict, p.id.value,
                    formatText("{} has moved to {} since the proposal was shown", repository.info().mainBranch,
                               shortId(repository.info().tip)),
                    "look at it again");
    if (p.state == ProposalState::Approved || p.state == ProposalState::Rejected || p.state == ProposalState::RolledBack)
        return fail(ErrorCode::AnswerIsNo, p.id.value,
                    formatText("this patch set is already {}, by {}", nameOf(p.state),
                               p.decision ? toString(p.decision->reviewer) : "somebody"));
    TR_TRY(checkReason(repository, request.reason));
    return planned;
}

Status checkBase(const Proposal& p)
{
    switch (p.baseState) {
    case BaseState::BaseGone:
        return fail(ErrorCode::BaseGone, p.id.value,
                    "the commit that this proposal was written against is not in the repository",
                    "ask for the proposal to be made again on the main line");
    case BaseState::Conflicts:
        return fail(ErrorCode::Conflict, p.baseStateReason, "the main line and the proposal change the same text of this file",
                    "ask for the proposal to be made again on the main line");
    case BaseState::TargetGone:
        return fail(ErrorCode::Conflict, p.baseStateReason,
                    "the proposal changes this file, which the main line no longer has");
    case BaseState::AlreadyContained:
        return fail(ErrorCode::AnswerIsNo, p.id.value, "the main line already has all that this proposal changes");
    case BaseState::Clean:
    case BaseState::Reapplies:
        break;
    }
    return {};
}

/// The proposer may be several, joined with ", ".
Status checkFourEyes(const Proposal& p, const Reviewer& reviewer)
{
    std::string_view rest = p.proposedBy;
    while (!rest.empty()) {
        const std::size_t comma = rest.find(", ");
        if (samePerson(personOf(rest.substr(0, comma)), {reviewer.name, reviewer.mail}))
            return fail(ErrorCode::AnswerIsNo, toString(reviewer), "who proposes an edit may not approve it",
                        "another reviewer must decide");
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 2);
    }
    return {};
}

Status checkLandable(const ProposedFile& file)
{
    TR_TRY(checkPatchPath(file.change.path, file.change.path));
    if (file.proposed && file.mode != 0100644 && file.mode != 0100755)
        return fail(ErrorCode::Refused, file.change.path,
                    file.mode == 0120000
                        ? "the proposal makes this a symbolic link; only plain files are landed"
                        : "the proposal makes this something other than a plain file; only plain files are landed");
    return {};
}

void addAtoms(std::vector<Atom>& out, const std::string& path, const BlobId& oldBlob, const BlobId& newBlob,
              const std::optional<std::string>& before, const std::optional<std::string>& after)
{
    std::ranges::move(makeAtoms(path, before ? oldBlob.value : "", after ? newBlob.value : "",
                                before ? std::string_view(*before) : std::string_view(),
                                after ? std::string_view(*after) : std::string_view()),
                      std::back_inserter(out));
}

std::vector<Atom> atomsOf(const std::vector<ProposedFile>& files)
{
    std::vector<Atom> out;
    for (const ProposedFile& file : files) {
        const FileChange& c = file.change;
        if (c.kind == ChangeKind::Renamed) {
            addAtoms(out, c.oldPath, c.oldBlob, {}, file.current, std::nullopt);
            addAtoms(out, c.path, {}, c.newBlob, std::nullopt, file.proposed);
        } else if (file.current || file.proposed) {
            addAtoms(out, c.path, c.oldBlob, c.newBlob, file.current, file.proposed);
        }
    }
    return out;
}

JournalEntry entryOf(EntryKind kind, const Proposal& p, const DecisionRequest& request, const CommitId& tip,
                     std::vector<Atom> atoms)
{
    JournalEntry entry;
    entry.kind = kind;
    entry.reviewer = request.reviewer;
    entry.reason = toUtf8(trimmed(request.reason));
    entry.proposal = p.id;
    entry.patchSet = p.patchSet;
    entry.base = tip;
    entry.cluster = forCommit(p.cluster, kMaxTitleBytes);
    entry.atoms = std::move(atoms);
    entry.evidence = request.evidence;
    std::ranges::sort(entry.evidence);
    const auto twice = std::ranges::unique(entry.evidence);
    entry.evidence.erase(twice.begin(), twice.end());
    return entry;
}

std::vector<LandRequest::File> filesToLand(const std::vector<CarriedFile>& plan, const std::vector<ProposedFile>& texts)
{
    std::vector<LandRequest::File> out;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (plan[i].fit == CarriedFile::Fit::Contained) continue;
        const ProposedFile& file = texts[i];
        if (file.change.kind == ChangeKind::Renamed) out.push_back({file.change.oldPath, std::nullopt, 0100644});
        out.push_back({file.change.path, file.proposed, file.mode});
    }
    return out;
}

Result<JournalEntry> setAside(HarnessRepository& repository, EntryKind kind, const DecisionRequest& request,
                              const CancelToken& cancel)
{
    TR_ASSIGN(const PlannedProposal planned, asShown(repository, request, cancel));
    // What cannot be carried over can still be refused; then there are no bytes to name beyond the patch set's own.
    std::vector<Atom> atoms;
    if (!planned.proposal.base.value.empty()) {
        TR_ASSIGN(const std::vector<ProposedFile> texts, textsOf(repository, planned.plan));
        atoms = atomsOf(texts);
    }
    return repository.record(entryOf(kind, planned.proposal, request, repository.info().tip, std::move(atoms)), cancel);
}

} // namespace

Result<Landed> approve(HarnessRepository& repository, const DecisionRequest& request, const CancelToken& cancel)
{
    TR_ASSIGN(const PlannedProposal planned, asShown(repository, request, cancel));
    const Proposal& p = planned.proposal;
    TR_TRY(checkFourEyes(p, request.reviewer));
    TR_TRY(checkBase(p));
    TR_ASSIGN(const std::vector<ProposedFile> texts, textsOf(repository, planned.plan));
    for (const ProposedFile& file : texts) TR_TRY(checkLandable(file));

    LandRequest land;
    land.kind = EntryKind::Approve;
    land.expectedTip = repository.info().tip;
    land.files = filesToLand(planned.plan.files, texts);
    land.title = forCommit(p.title, kMaxTitleBytes);
    land.body = forCommit(p.claim, kMaxClaimBytes);
    land.proposedBy = forCommit(p.proposedBy, kMaxTitleBytes);
    land.entry = entryOf(EntryKind::Approve, p, request, land.expectedTip, atomsOf(texts));
    return repository.land(land, cancel);
}

Result<JournalEntry> reject(HarnessRepository& repository, const DecisionRequest& request, const CancelToken& cancel)
{
    return setAside(repository, EntryKind::Reject, request, cancel);
}

Result<JournalEntry> defer(HarnessRepository& repository, const DecisionRequest& request, const CancelToken& cancel)
{
    return setAside(repository, EntryKind::Defer, request, cancel);
}

Result<Landed> rollback(HarnessRepository& repository, const RollbackPreview& preview, const Reviewer& reviewer,
                        const std::string& reason, const CancelToken& cancel)
{
    TR_TRY(checkReviewer(reviewer));
    TR_TRY(repository.refresh());
    if (preview.tip != repository.info().tip)
        return fail(ErrorCode::Conflict, preview.label,
                    formatText("{} has moved to {} since the rollback was shown", repository.info().mainBranch,
                               shortId(repository.info().tip)),
                    "look at it again");
    TR_TRY(checkReason(repository, reason));
    if (!preview.conflicts.empty())
        return fail(
            ErrorCode::Conflict, preview.conflicts.front(),
            formatText("a later version changed the same text as {}, so it cannot be taken back by itself", preview.label),
            "roll the later version back first");
    if (preview.request.files.empty())
        return fail(ErrorCode::AnswerIsNo, preview.label, "the main line has nothing left of this version to take back");

    LandRequest land = preview.request;
    land.kind = EntryKind::Rollback;
    land.expectedTip = preview.tip;
    land.entry.kind = EntryKind::Rollback;
    land.entry.reviewer = reviewer;
    land.entry.reason = toUtf8(trimmed(reason));
    if (land.entry.rollsBack.empty()) land.entry.rollsBack = preview.label;
    if (land.entry.atoms.empty()) {
        for (const LandRequest::File& file : land.files) {
            const auto change = std::ranges::find_if(preview.changes, [&](const FileChange& c) { return c.path == file.path; });
            TR_ASSIGN(const std::optional<std::string> before, repository.fileAt(preview.tip, file.path));
            if (change != preview.changes.end())
                addAtoms(land.entry.atoms, file.path, change->oldBlob, change->newBlob, before, file.bytes);
        }
    }
    return repository.land(land, cancel);
}

} // namespace tackroom
