// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/diff/patch.h"
#include "core/harness/glob.h"
#include "core/harness/repositoryimpl.h"

#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::string_view kHeads = "refs/heads/";
constexpr std::string_view kPatchSets = "refs/tackroom/proposals/";

Result<HarnessRepository::Branch> describe(const RepositoryState& d, std::string name, const std::string& tip)
{
    HarnessRepository::Branch branch;
    branch.name = std::move(name);
    branch.tip = CommitId(tip);
    TR_ASSIGN(const auto commit, d.vault->commit(tip));
    TR_ASSIGN(const auto base, d.vault->mergeBase(d.info.tip.value, tip));
    branch.mergeBase = CommitId(base);
    branch.time = commit.authorTime;
    branch.author = commit.authorName.empty() ? std::string{} : commit.authorName + " <" + commit.authorMail + ">";
    branch.message = toUtf8(commit.message);
    return branch;
}

} // namespace

Result<std::vector<HarnessRepository::Branch>> HarnessRepository::proposalBranches()
{
    std::vector<Branch> found;
    TR_ASSIGN(const auto heads, d->repository->refs(kHeads));
    for (const auto& [name, tip] : heads) {
        const auto branch = name.substr(kHeads.size());
        const bool proposed =
            std::ranges::any_of(d->manifest.proposalBranches, [&](const auto& glob) { return globMatches(glob, branch); });
        if (!proposed || branch == d->info.mainBranch) continue;
        // A branch that grew since the vault was brought up to date: its objects go there first.
        if (!d->vault->has(tip)) {
            TR_ASSIGN(const auto lock, d->lock({}));
            if (const auto copied = copyMissing(*d->repository, *d->vault, {tip}, d->owner, d->now(), {}); !copied) {
                if (copied.error().code != ErrorCode::BadRepository && copied.error().code != ErrorCode::Refused)
                    return std::unexpected(copied.error());
                continue; // said when the vault was brought up to date
            }
        }
        TR_ASSIGN(auto described, describe(*d, branch, tip));
        found.push_back(std::move(described));
    }
    TR_ASSIGN(const auto kept, d->vault->refs(kPatchSets));
    for (const auto& [name, tip] : kept) {
        TR_ASSIGN(auto described, describe(*d, name, tip));
        found.push_back(std::move(described));
    }
    std::ranges::sort(found, {}, &Branch::name);
    return found;
}

Result<HarnessRepository::Branch> HarnessRepository::keepPatchSet(const ProposalId& id, const CommitId& base,
                                                                  const std::vector<LandRequest::File>& files,
                                                                  const std::string& message, const std::string& author)
{
    if (!isPlainRefName(id.value) || id.value.contains('/'))
        return fail(ErrorCode::Internal, id.value, "not the id of a proposal");
    TR_ASSIGN(const auto lock, d->lock({}));
    TR_TRY(d->bringUpToDate({}));
    if (!d->vault->has(base.value))
        return fail(ErrorCode::BaseGone, base.value, "the commit that this was written against is not there");
    FileEdits edits;
    for (const auto& file : files) {
        TR_TRY(checkPatchPath(file.path));
        edits[file.path] = file.bytes ? std::optional(NewFile{*file.bytes, file.mode}) : std::nullopt;
    }
    PackBuilder pack;
    TR_ASSIGN(const auto baseTree, d->treeAt(base.value));
    TR_ASSIGN(const auto tree, editTree(*d->vault, baseTree, edits, pack));
    const std::string prefix = std::string(kPatchSets) + id.value + '/';
    TR_ASSIGN(const auto earlier, d->vault->refs(prefix));
    for (const auto& [name, tip] : earlier) {
        TR_ASSIGN(const auto commit, d->vault->commit(tip));
        if (commit.tree == tree && commit.parents == std::vector{base.value} &&
            trimmed(commit.message) == trimmed(toUtf8(message)))
            return describe(*d, name, tip);
    }
    int number = 1;
    while (earlier.contains(prefix + std::to_string(number))) ++number;
    const auto parsed = parseReviewer(author);
    const auto who = parsed ? *parsed : Reviewer{author.empty() ? "unknown" : author, "unknown@localhost"};
    const auto commit = pack.add(ObjectType::Commit, commitBytes(tree, {base.value}, who, d->options.baselineBy, d->now(),
                                                                 std::string(trimmed(message)) + '\n'));
    TR_ASSIGN(const auto image, pack.finish());
    const auto name = prefix + std::to_string(number);
    TR_TRY(installPack(image, d->vault->commonDirectory() / "objects", d->owner, d->now()));
    TR_TRY(moveRef(d->info.vault, d->owner, name, std::nullopt, commit));
    TR_TRY(d->reopen());
    // The copy in the repository is for sharing; without it the patch set is just as safe.
    auto copied = installPack(image, d->repository->commonDirectory() / "objects", d->owner, d->now());
    if (copied) {
        TR_ASSIGN(const auto there, d->repository->ref(name));
        copied = moveRef(d->repository->gitDirectory(), d->owner, name, there, commit);
    }
    if (!copied) d->say("The patch set could not be copied to the repository: " + copied.error().detail);
    d->info.notices = d->notices;
    return describe(*d, name, commit);
}

} // namespace tackroom
