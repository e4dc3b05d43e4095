// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/landing.h"

#include "core/base/text.h"
#include "core/diff/patch.h"

#include <algorithm>

namespace tackroom
{

namespace
{

std::string oneLineOf(std::string_view text)
{
    std::string out;
    for (const char c : toUtf8(text)) out.push_back(static_cast<unsigned char>(c) < 32 || c == 127 ? ' ' : c);
    return std::string(trimmed(out));
}

std::string messageOf(const LandRequest& request, const JournalEntry& entry)
{
    auto title = oneLineOf(firstLine(request.title));
    if (title.empty()) title = entry.proposal.value.empty() ? "Change the harness" : "Land proposal " + entry.proposal.value;
    std::string message = title + '\n';
    if (const auto body = trimmed(request.body); !body.empty()) message += '\n' + std::string(body) + '\n';
    std::string trailers;
    const auto put = [&](const char* key, const std::string& value) {
        if (const auto line = oneLineOf(value); !line.empty()) trailers += std::string(key) + ": " + line + '\n';
    };
    put("Proposal", entry.proposal.value);
    put("Patch-Set", entry.patchSet.value);
    put("Cluster", entry.cluster);
    put("Rolls-back", entry.rollsBack);
    put("Proposed-by", request.proposedBy);
    put("Reviewed-by", toString(entry.reviewer));
    put("Reason", entry.reason);
    return message + '\n' + trailers;
}

Status checkRequest(const LandRequest& request)
{
    if (request.kind != EntryKind::Approve && request.kind != EntryKind::Rollback)
        return fail(ErrorCode::Internal, {}, "only an approval or a rollback lands");
    TR_TRY(parseReviewer(toString(request.entry.reviewer)));
    if (request.files.empty()) return fail(ErrorCode::AnswerIsNo, {}, "there is nothing to change");
    std::set<std::string> seen;
    for (const auto& file : request.files) {
        TR_TRY(checkPatchPath(file.path));
        if (!seen.insert(file.path).second) return fail(ErrorCode::Refused, file.path, "the same file twice");
        if (file.bytes && file.mode != 0100644 && file.mode != 0100755)
            return fail(ErrorCode::Refused, file.path, "only regular files are landed, no links and no submodules");
    }
    return {};
}

Result<std::vector<WorkTreeEdit>> editsBetween(const GitStore& store, const std::string& from, const std::string& to)
{
    TR_ASSIGN(const auto fromTree, treeOf(store, from));
    TR_ASSIGN(const auto toTree, treeOf(store, to));
    TR_ASSIGN(const auto changes, compareTrees(store, fromTree, toTree));
    std::vector<WorkTreeEdit> edits;
    for (const auto& change : changes) {
        WorkTreeEdit edit{change.path, change.oldBlob.value, change.oldMode, change.newBlob.value, {}};
        if (!change.newBlob.value.empty()) {
            TR_ASSIGN(auto bytes, store.bytes(change.newBlob.value, ObjectType::Blob));
            edit.next = NewFile{std::move(bytes), change.newMode};
        }
        edits.push_back(std::move(edit));
    }
    return edits;
}

/// Everything that a landing makes before anything moves.
struct Plan {
    JournalEntry entry;
    std::string base, result, commitText;
    std::string tagId;
    std::string journalParent;
    JournalBatch batch;
    PackImage image;
};

std::vector<WorkTreeEdit> editsOf(const GitStore& store, const std::string& baseTree, const LandRequest& request,
                                  Status* status)
{
    std::vector<WorkTreeEdit> edits;
    for (const auto& file : request.files) {
        auto found = findInTree(store, baseTree, file.path);
        if (!found) {
            *status = std::unexpected(found.error());
            return edits;
        }
        WorkTreeEdit edit;
        edit.path = file.path;
        if (*found) {
            edit.oldId = (*found)->id;
            edit.oldMode = (*found)->mode;
        }
        if (file.bytes) {
            edit.newId = objectIdOf(ObjectType::Blob, *file.bytes);
            edit.next = NewFile{*file.bytes, file.mode};
        }
        edits.push_back(std::move(edit));
    }
    return edits;
}

Result<Plan> makePlan(RepositoryState& d, const LandRequest& request)
{
    Plan plan;
    plan.base = request.expectedTip.value;
    TR_ASSIGN(const auto baseTree, d.treeAt(plan.base));
    FileEdits edits;
    for (const auto& file : request.files)
        edits[file.path] = file.bytes ? std::optional(NewFile{*file.bytes, file.mode}) : std::nullopt;
    PackBuilder pack;
    TR_ASSIGN(const auto tree, editTree(*d.vault, baseTree, edits, pack));
    if (tree == baseTree) return fail(ErrorCode::AnswerIsNo, {}, "the live version holds all of this already");
    const UtcNs now = d.now();
    plan.entry = request.entry;
    plan.entry.kind = request.kind;
    plan.entry.time = now;
    plan.entry.base = CommitId(plan.base);
    plan.entry.version = "v" + std::to_string(d.nextVersionNumber());
    const auto proposer = parseReviewer(request.proposedBy);
    plan.commitText = commitBytes(tree, {plan.base}, proposer ? *proposer : plan.entry.reviewer, plan.entry.reviewer, now,
                                  messageOf(request, plan.entry));
    plan.result = pack.add(ObjectType::Commit, plan.commitText);
    plan.entry.result = CommitId(plan.result);
    const auto title = oneLineOf(firstLine(request.title));
    plan.tagId = pack.add(ObjectType::Tag, tagBytes(plan.result, "harness/" + plan.entry.version, plan.entry.reviewer, now,
                                                    (title.empty() ? plan.entry.version : title) + '\n'));
    plan.entry.extra["repository"] = d.registration.key;
    plan.entry.extra["tag"] = plan.tagId;
    plan.journalParent = d.journalTip;
    const auto lamport = d.entries.empty() ? 0 : std::ranges::max(d.entries, {}, &JournalEntry::lamport).lamport;
    plan.batch = makeBatch({plan.entry}, plan.journalParent, lamport, pack);
    plan.entry = plan.batch.entries.front();
    TR_ASSIGN(plan.image, pack.finish());
    return plan;
}

WorkTreePlace placeOf(const RepositoryState& d)
{
    WorkTreePlace place;
    place.root = d.workTree;
    if (!d.info.adopted) place.gitDirectory = d.repository->gitDirectory();
    place.commonDirectory = d.repository->commonDirectory();
    place.owner = d.owner;
    place.trustExecutableBit = d.repository->configBool("core.filemode", true);
    return place;
}

Status checkCheckout(const RepositoryState& d)
{
    if (!d.elsewhere.empty())
        return fail(ErrorCode::DirtyWorkTree, d.elsewhere.string(), "the main line is checked out in another work tree",
                    "open that folder instead");
    if (d.info.workTreeOnMain && d.repository->busy())
        return fail(ErrorCode::DirtyWorkTree, d.workTree.string(), "a merge, rebase or the like is under way here",
                    "finish it or abort it, and try again");
    return {};
}

/// Step 8: through a new handle, so from what is on the disk.
Status readAgain(const RepositoryState& d, const std::string& result, const std::string& commitText,
                 const std::vector<WorkTreeEdit>& edits)
{
    const auto wrong = [&](const std::string& what) {
        return fail(ErrorCode::Io, d.mainRef(), "read again after landing, " + what + " is not what was approved",
                    "check the disk; the vault has the approved bytes");
    };
    TR_ASSIGN(const auto store, GitStore::open(d.repository->gitDirectory()));
    TR_ASSIGN(const auto tip, store.ref(d.mainRef()));
    if (!tip) return wrong("the main line");
    TR_ASSIGN(const bool reached, store.descends(*tip, result));
    if (!reached) return wrong("the main line");
    TR_ASSIGN(const auto text, store.bytes(result, ObjectType::Commit));
    if (!commitText.empty() && text != commitText) return wrong("the commit");
    TR_ASSIGN(const auto commit, parseCommit(text, result));
    for (const auto& edit : edits) {
        TR_ASSIGN(const auto entry, findInTree(store, commit.tree, edit.path));
        if (entry.has_value() != edit.next.has_value()) return wrong(edit.path);
        if (!entry) continue;
        TR_ASSIGN(const auto bytes, store.bytes(entry->id, ObjectType::Blob));
        if (entry->mode != edit.next->mode || bytes != edit.next->bytes) return wrong(edit.path);
    }
    return {};
}

std::string reflogOf(const RepositoryState& d, const JournalEntry& entry)
{
    // By way of a commit's bytes, which make names fit.
    const auto text = commitBytes({}, {}, entry.reviewer, entry.reviewer, d.now(), {});
    const auto from = text.find("committer ") + 10;
    return text.substr(from, text.find('\n', from) - from) + "\ttackroom: " + std::string(nameOf(entry.kind)) + ' ' +
           entry.version;
}

/// Steps 9 and 10. What cannot be brought along is said, not undone: the landing stands.
Status finishLanding(RepositoryState& d, const JournalEntry& entry, WorkTreeUpdate* update, bool lastTry, bool* workTreeUpdated)
{
    bool complete = true;
    if (update) {
        const auto problems = update->apply();
        for (const auto& problem : problems) d.say(problem);
        *workTreeUpdated = problems.empty();
        complete = problems.empty() || lastTry;
    }
    TR_TRY(d.reopen());
    TR_TRY(d.readJournal());
    TR_TRY(d.readTip());
    TR_TRY(d.projectTags(CancelToken()));
    TR_TRY(d.projectJournal(CancelToken()));
    TR_TRY(d.setVaultRef(d.vaultRef("seen"), d.info.tip.value));
    // Without this mark the next opening tries once more to bring the work tree along.
    if (!complete) return {};
    return d.setVaultRef(d.vaultRef("landed"), entry.result.value);
}

} // namespace

namespace
{

/// A ref could not be moved, or not durably: main line and decision go back, in this order. Says so where that fails too.
Error takenBack(Error error, PreparedRef* mainMove, PreparedRef& journalMove)
{
    Status back;
    if (mainMove) back = mainMove->revert();
    if (back) back = journalMove.revert();
    if (!back)
        error.hint =
            "the decision stands in the journal, and the next opening completes it; roll it back there if that is not wanted";
    return error;
}

} // namespace

Result<Landed> landUnderLock(RepositoryState& d, const LandRequest& request, const CancelToken& cancel)
{
    TR_TRY(checkRequest(request));
    if (d.info.tip != request.expectedTip)
        return fail(ErrorCode::Conflict, d.mainRef(), "the main line has moved since this was shown",
                    "look at it again and decide anew");
    if (!d.pending.empty()) return fail(ErrorCode::Locked, d.mainRef(), d.pending);
    TR_TRY(checkCheckout(d));
    Status status;
    TR_ASSIGN(const auto baseTree, d.treeAt(request.expectedTip.value));
    const auto edits = editsOf(*d.vault, baseTree, request, &status);
    TR_TRY(status);
    TR_ASSIGN(auto plan, makePlan(d, request));

    std::optional<WorkTreeUpdate> update;
    if (d.info.workTreeOnMain) {
        TR_ASSIGN(update, WorkTreeUpdate::prepare(placeOf(d), edits, WorkTreeUpdate::Strictness::AllClean));
    }
    TR_TRY(installPack(plan.image, d.vault->commonDirectory() / "objects", d.owner, d.now()));
    TR_TRY(installPack(plan.image, d.repository->commonDirectory() / "objects", d.owner, d.now()));
    // What will be told about the landing is read now: nothing that can fail shall stand between landing and saying so.
    d.vault->refresh();
    Landed landed{plan.entry.version, CommitId(plan.result), CommitId(plan.base), false, {}};
    TR_ASSIGN(const auto newTree, d.treeAt(plan.result));
    TR_ASSIGN(landed.changes, compareTrees(*d.vault, baseTree, newTree));
    TR_TRY(describeChanges(*d.vault, landed.changes));
    TR_ASSIGN(auto mainMove, PreparedRef::make(d.repository->gitDirectory(), d.owner, d.mainRef(), plan.base, plan.result));
    mainMove.setReflog(plan.base, plan.result, reflogOf(d, plan.entry), d.info.workTreeOnMain);
    TR_ASSIGN(auto journalMove,
              PreparedRef::make(d.vault->gitDirectory(), d.owner, kJournalRef, plan.journalParent, plan.batch.commit));
    TR_TRY(mainMove.keepOld(plan.base));
    TR_TRY(journalMove.keepOld(plan.journalParent));
    if (cancel.cancelled()) return CancelToken::error();

    if (const auto decided = journalMove.commit(); !decided)
        return std::unexpected(takenBack(decided.error(), nullptr, journalMove));
    if (const auto moved = mainMove.commit(); !moved) return std::unexpected(takenBack(moved.error(), &mainMove, journalMove));
    TR_TRY(readAgain(d, plan.result, plan.commitText, edits));
    // From here on the landing stands; what fails now is made good at the next opening.
    if (const auto finished = finishLanding(d, plan.entry, update ? &*update : nullptr, false, &landed.workTreeUpdated);
        !finished)
        d.say("The landing stands, but was not brought to its end: " + oneLine(finished.error()) +
              ". The next opening completes it.");
    return landed;
}

namespace
{

/// The landing cannot be completed: an entry says so, and the proposal is open again.
Status giveUp(RepositoryState& d, const JournalEntry& lost)
{
    JournalEntry entry;
    entry.kind = lost.proposal.value.empty() ? EntryKind::Note : EntryKind::Reopen;
    entry.time = d.now();
    entry.reviewer = d.options.baselineBy;
    entry.proposal = lost.proposal;
    entry.patchSet = lost.patchSet;
    entry.reason =
        "The landing as " + lost.version + " was interrupted, and the main line has moved since; nothing was landed.";
    entry.extra["repository"] = d.registration.key;
    entry.extra["landingLost"] = lost.id;
    TR_TRY(d.append({entry}));
    d.say("An interrupted landing (" + lost.version +
          ") was given up, for the main line has moved since. Please decide again.");
    return {};
}

Status complete(RepositoryState& d, const JournalEntry& entry, const CancelToken& cancel)
{
    TR_ASSIGN(const bool landedAlready, d.vault->descends(d.info.tip.value, entry.result.value));
    if (!landedAlready && d.info.tip != entry.base) return giveUp(d, entry);
    TR_ASSIGN(const auto edits, editsBetween(*d.vault, entry.base.value, entry.result.value));
    std::optional<WorkTreeUpdate> update;
    const bool tipIsOurs = !landedAlready || d.info.tip == entry.result;
    if (d.info.workTreeOnMain && tipIsOurs) {
        TR_TRY(checkCheckout(d));
        TR_ASSIGN(update, WorkTreeUpdate::prepare(placeOf(d), edits, WorkTreeUpdate::Strictness::WhatIsClean));
    }
    if (!landedAlready) {
        TR_TRY(checkCheckout(d));
        const auto tag = stringAt(entry.extra, "tag");
        TR_TRY(copyMissing(*d.vault, *d.repository, {entry.result.value, tag.empty() ? entry.result.value : tag}, d.owner,
                           d.now(), cancel));
        TR_ASSIGN(auto move,
                  PreparedRef::make(d.repository->gitDirectory(), d.owner, d.mainRef(), entry.base.value, entry.result.value));
        move.setReflog(entry.base.value, entry.result.value, reflogOf(d, entry), d.info.workTreeOnMain);
        TR_TRY(move.commit());
    }
    TR_TRY(readAgain(d, entry.result.value, {}, edits));
    bool updated = false;
    TR_TRY(finishLanding(d, entry, update ? &*update : nullptr, true, &updated));
    d.say("A landing that had been interrupted was completed: " + entry.version + ".");
    return {};
}

} // namespace

Status recoverLanding(RepositoryState& d, const CancelToken& cancel)
{
    const auto givenUp = d.givenUp();
    const JournalEntry* newest = nullptr;
    for (const auto& entry : d.entries) {
        const bool lands =
            (entry.kind == EntryKind::Approve || entry.kind == EntryKind::Rollback) && isObjectId(entry.result.value);
        if (lands && stringAt(entry.extra, "repository") == d.registration.key) newest = &entry;
    }
    if (!newest || givenUp.contains(newest->id)) return {};
    TR_ASSIGN(const auto landed, d.vault->ref(d.vaultRef("landed")));
    if (landed && *landed == newest->result.value) return {};
    const JournalEntry entry = *newest;
    const auto status = complete(d, entry, cancel);
    if (status || status.error().code == ErrorCode::Cancelled || status.error().code == ErrorCode::Internal) return status;
    // Reading goes on; landing waits until this one is through.
    d.pendingId = entry.id;
    d.pending = "the landing of " + entry.version + " was interrupted and cannot be completed yet: " + oneLine(status.error());
    d.say("Still to be done: " + d.pending);
    return {};
}

} // namespace tackroom
