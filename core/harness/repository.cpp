// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/repository.h"

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/harness/adopted.h"
#include "core/harness/glob.h"
#include "core/harness/landing.h"
#include "core/harness/locate.h"
#include "core/harness/repositoryimpl.h"
#include "core/harness/rollback.h"

#include <algorithm>

namespace tackroom
{

namespace
{

/// Says where the main line, a work tree and its checkout stand.
Status describeCheckout(RepositoryState& d)
{
    TR_ASSIGN(const auto head, d.repository->symbolicTarget("HEAD"));
    const bool onMain = !d.workTree.empty() && !d.info.bare && head && *head == d.mainRef();
    d.info.workTreeOnMain = onMain || d.info.adopted;
    d.elsewhere = otherCheckoutOf(*d.repository, d.mainRef());
    // Git's configuration may name another work tree than the folder that was opened. Files there are not ours to touch.
    const auto configured = d.repository->workDirectory();
    if (onMain && !configured.empty() && configured != d.workTree) d.elsewhere = configured;
    return {};
}

Status locate(RepositoryState& d, const std::filesystem::path& path, const CancelToken& cancel)
{
    TR_ASSIGN(const auto located, locateRepository(path));
    if (located) {
        TR_ASSIGN(d.repository, GitStore::open(located->root));
        d.info.path = located->root;
        d.info.bare = d.repository->bare();
        if (!d.info.bare) d.workTree = located->workTree;
        return {};
    }
    if (!d.options.adoptPlainFolder)
        return fail(ErrorCode::BadRepository, path.string(), "this folder is no git repository",
                    "open it as a plain folder, or make it one with git init and a first commit");
    const auto folder = std::filesystem::canonical(path);
    TR_ASSIGN(const auto adopted, adoptFolder(d.options.dataDirectory, folder, d.options.baselineBy, d.now(), cancel));
    TR_ASSIGN(d.repository, GitStore::open(adopted.repository));
    d.info.path = folder;
    d.info.adopted = true;
    if (folder.filename() == ".claude") d.prefix = ".claude/";
    d.workTree = folder;
    if (adopted.made) {
        std::string notice = "The folder was adopted with " + formatCount(adopted.files) + " files; they stay as they are.";
        if (adopted.skipped > 0)
            notice += " " + formatCount(adopted.skipped) + " were left out (links, large or unreadable files).";
        d.lasting.push_back(std::move(notice));
    }
    return {};
}

} // namespace

// ------------------------------------------------------------------------------------------------ the state and its upkeep

Result<files::Lock> RepositoryState::lock(const CancelToken& cancel) const
{
    constexpr int kTimeoutMs = 20'000;
    return files::Lock::take(info.vault / "tackroom.lock", kTimeoutMs, [&] { return cancel.cancelled(); });
}

void RepositoryState::say(std::string notice)
{
    if (std::ranges::find(notices, notice) == notices.end()) notices.push_back(std::move(notice));
}

Status RepositoryState::reopen()
{
    TR_ASSIGN(repository, GitStore::open(repository->gitDirectory()));
    TR_ASSIGN(vault, GitStore::open(info.vault));
    versions.reset();
    return {};
}

Status RepositoryState::sweep()
{
    TR_TRY(sweepLocks(info.vault, owner));
    TR_TRY(sweepPacks(info.vault / "objects", owner, now()));
    const auto& common = repository->commonDirectory();
    auto status = sweepStaged(common, owner);
    if (status) {
        if (const auto freed = sweepLocks(common, owner); !freed)
            status = std::unexpected(freed.error());
        else if (*freed > 0)
            say("Locks that an interrupted landing had left were freed.");
    }
    if (status) status = sweepPacks(common / "objects", owner, now());
    // A repository that cannot be written to can still be read.
    if (!status && status.error().code != ErrorCode::NotReadable) return status;
    return {};
}

Status RepositoryState::readJournal()
{
    TR_ASSIGN(const auto tip, vault->ref(kJournalRef));
    const auto id = tip.value_or("");
    if (id == journalTip && !(id.empty() && !entries.empty())) return {};
    TR_ASSIGN(entries, reader.entries(*vault, id));
    journalTip = id;
    versions.reset();
    return {};
}

Status RepositoryState::readTip()
{
    TR_ASSIGN(const auto tip, repository->ref(mainRef()));
    if (!tip)
        return fail(ErrorCode::BadRepository, mainRef(), "the main branch is gone",
                    "git branch " + info.mainBranch + " <commit>; the vault keeps what was there");
    if (info.tip.value != *tip) versions.reset();
    info.tip = CommitId(*tip);
    return describeCheckout(*this);
}

Status RepositoryState::setVaultRef(const std::string& name, const std::string& id)
{
    TR_ASSIGN(const auto current, vault->ref(name));
    if (current == id) return {};
    return moveRef(info.vault, owner, name, current, id);
}

Status RepositoryState::copyToVault(const CancelToken& cancel)
{
    TR_TRY(copyMissing(*repository, *vault, {info.tip.value}, owner, now(), cancel));
    // Tags and branches are foreign and may be broken; that is said and keeps nobody from the rest.
    const auto tags = repository->refs(kVersionTags);
    const auto heads = repository->refs("refs/heads/");
    if (!tags) return std::unexpected(tags.error());
    if (!heads) return std::unexpected(heads.error());
    const auto copy = [&](const std::string& name, const std::string& id) -> Status {
        const auto status = copyMissing(*repository, *vault, {id}, owner, now(), cancel);
        if (status) return {};
        if (status.error().code != ErrorCode::BadRepository && status.error().code != ErrorCode::Refused) return status;
        say(name + " cannot be read: " + status.error().detail);
        return {};
    };
    for (const auto& [name, id] : *tags) TR_TRY(copy(name, id));
    for (const auto& [name, id] : *heads) {
        const auto branch = name.substr(std::string_view("refs/heads/").size());
        if (std::ranges::any_of(manifest.proposalBranches, [&](const auto& glob) { return globMatches(glob, branch); }))
            TR_TRY(copy(name, id));
    }
    return {};
}

Result<std::vector<JournalEntry>> RepositoryState::append(std::vector<JournalEntry> batch)
{
    const auto lamport = entries.empty() ? 0 : std::ranges::max(entries, {}, &JournalEntry::lamport).lamport;
    PackBuilder pack;
    auto made = makeBatch(std::move(batch), journalTip, lamport, pack);
    TR_ASSIGN(const auto image, pack.finish());
    TR_TRY(installPack(image, info.vault / "objects", owner, now()));
    TR_TRY(moveRef(info.vault, owner, kJournalRef, journalTip.empty() ? std::nullopt : std::optional(journalTip), made.commit));
    vault->refresh();
    TR_TRY(readJournal());
    return std::move(made.entries);
}

Status RepositoryState::writeBaseline()
{
    if (!entries.empty()) return {};
    JournalEntry entry;
    entry.kind = EntryKind::Baseline;
    entry.time = now();
    entry.reviewer = options.baselineBy;
    entry.result = info.tip;
    entry.reason = "What was there when the repository was first opened.";
    entry.extra["repository"] = registration.key;
    TR_TRY(append({entry}));
    return {};
}

std::set<std::string> RepositoryState::givenUp() const
{
    std::set<std::string> ids;
    for (const auto& entry : entries)
        if (const auto lost = stringAt(entry.extra, "landingLost"); !lost.empty()) ids.insert(lost);
    return ids;
}

std::set<std::string> RepositoryState::notLanded() const
{
    auto ids = givenUp();
    if (!pendingId.empty()) ids.insert(pendingId);
    return ids;
}

Status RepositoryState::lookForLosses()
{
    TR_ASSIGN(const auto seen, vault->ref(vaultRef("seen")));
    if (seen && *seen != info.tip.value) {
        TR_ASSIGN(const bool onLine, vault->descends(info.tip.value, *seen));
        if (!onLine) {
            TR_TRY(setVaultRef("refs/tackroom/kept/" + *seen, *seen));
            say("The main line was rewritten: " + seen->substr(0, 10) + " is no longer part of it. The vault keeps it.");
        }
    }
    TR_TRY(listVersions()); // fills `line`
    const auto lost = notLanded();
    for (const auto& entry : entries) {
        if ((entry.kind != EntryKind::Approve && entry.kind != EntryKind::Rollback) || lost.contains(entry.id)) continue;
        if (stringAt(entry.extra, "repository") != registration.key || line.contains(entry.result.value)) continue;
        if (!vault->has(entry.result.value)) continue;
        TR_ASSIGN(const bool onLine, vault->descends(info.tip.value, entry.result.value));
        if (!onLine)
            say("Version " + entry.version + " (" + entry.result.value.substr(0, 10) +
                ") was approved, but is no longer on the main line. The vault keeps it.");
    }
    return setVaultRef(vaultRef("seen"), info.tip.value);
}

Status RepositoryState::projectTags(const CancelToken& cancel)
{
    TR_ASSIGN(auto ours, vault->refs(kVersionTags));
    TR_ASSIGN(const auto theirs, repository->refs(kVersionTags));
    const auto lost = notLanded();
    for (const auto& entry : entries) {
        const auto tag = stringAt(entry.extra, "tag");
        const auto name = kVersionTags + entry.version;
        if (entry.version.empty() || tag.empty() || lost.contains(entry.id) || ours.contains(name) || !vault->has(tag))
            continue;
        TR_TRY(setVaultRef(name, tag));
        ours[name] = tag;
    }
    for (const auto& [name, id] : theirs) {
        if (ours.contains(name) || !vault->has(id) || !isPlainRefName(name)) continue;
        TR_TRY(setVaultRef(name, id));
        ours[name] = id;
    }
    versions.reset(); // their labels come from the tags
    versionTags.clear();
    for (const auto& [name, id] : ours) {
        const auto label = name.substr(std::string_view(kVersionTags).size());
        const auto commit = vault->peelToCommit(id);
        if (!commit) continue;
        versionTags[label] = *commit;
        const auto there = theirs.find(name);
        if (there != theirs.end() && there->second != id)
            say("The tag harness/" + label + " was moved in the repository; the vault's counts.");
        if (there != theirs.end() || !repository->has(*commit)) continue;
        auto made = copyMissing(*vault, *repository, {id}, owner, now(), cancel);
        if (made) made = moveRef(repository->gitDirectory(), owner, name, std::nullopt, id);
        if (!made) say("The tag harness/" + label + " could not be made in the repository: " + made.error().detail);
    }
    return {};
}

Status RepositoryState::projectJournal(const CancelToken& cancel)
{
    TR_ASSIGN(const auto there, repository->ref(kJournalRef));
    if (journalTip.empty() || (there && *there == journalTip)) return {};
    if (there) {
        bool ours = vault->has(*there);
        if (ours) {
            TR_ASSIGN(ours, vault->descends(journalTip, *there));
        }
        if (!ours) {
            JournalReader foreign;
            const auto claims = foreign.entries(*repository, *there);
            std::size_t count = 0;
            if (claims)
                for (const auto& claim : *claims)
                    count += std::ranges::find(entries, claim.id, &JournalEntry::id) == entries.end() ? 1 : 0;
            say(claims ? "The journal in the repository holds " + formatCount(count) +
                             " entries that were not made here. They are claims and do not count."
                       : "The journal in the repository is not readable; the vault's counts.");
            return {};
        }
    }
    auto moved = copyMissing(*vault, *repository, {journalTip}, owner, now(), cancel);
    if (moved) moved = moveRef(repository->gitDirectory(), owner, kJournalRef, there, journalTip);
    if (!moved) say("The journal could not be copied to the repository: " + moved.error().detail);
    return {};
}

Status RepositoryState::readManifest()
{
    // The policy in force is the last one that was approved, not what an agent wrote since.
    std::string commit = info.tip.value;
    TR_TRY(listVersions());
    for (const auto& version : *versions) {
        if (version.review != Version::Review::Reviewed && version.review != Version::Review::Baseline) continue;
        commit = version.commit.value;
        break;
    }
    TR_ASSIGN(const auto tree, treeAt(commit));
    TR_ASSIGN(const auto file, findInTree(*vault, tree, "harness.json"));
    Manifest fresh;
    if (file) {
        TR_ASSIGN(const auto text, vault->bytes(file->id, ObjectType::Blob));
        fresh = parseManifest(text);
    }
    if (fresh.globs != manifest.globs) {
        touches.clear();
        versions.reset();
    }
    manifest = std::move(fresh);
    for (const auto& finding : manifest.findings) say("harness.json: " + finding);
    return {};
}

Status RepositoryState::bringUpToDate(const CancelToken& cancel)
{
    constexpr std::size_t kManyPacks = 50;
    notices = lasting;
    pending.clear();
    pendingId.clear();
    TR_TRY(reopen());
    TR_TRY(sweep());
    TR_TRY(readTip());
    TR_TRY(readJournal());
    TR_TRY(copyToVault(cancel));
    TR_TRY(recoverLanding(*this, cancel));
    TR_TRY(writeBaseline());
    TR_TRY(projectTags(cancel));
    TR_TRY(lookForLosses());
    TR_TRY(projectJournal(cancel));
    TR_TRY(readManifest());
    if (const auto made = consolidate(*vault, owner, now(), kManyPacks, cancel); !made) return made;
    info.notices = notices;
    return {};
}

// ---------------------------------------------------------------------------------------------------- the public interface

HarnessRepository::HarnessRepository(std::unique_ptr<Private> data) : d(std::move(data)) {}
HarnessRepository::~HarnessRepository() = default;

Result<std::unique_ptr<HarnessRepository>> HarnessRepository::open(const std::filesystem::path& path, Options options,
                                                                   const CancelToken& cancel)
{
    auto d = std::make_unique<Private>();
    d->options = std::move(options);
    d->options.dataDirectory = std::filesystem::absolute(d->options.dataDirectory).lexically_normal();
    TR_TRY(locate(*d, path, cancel));
    d->info.gitDirectory = d->repository->gitDirectory();
    TR_ASSIGN(const auto branch, nameMainBranch(*d->repository, d->info.path.string()));
    TR_ASSIGN(d->registration, registerRepository(d->options.dataDirectory, *d->repository, branch, cancel));
    d->info.mainBranch = d->registration.mainBranch;
    d->info.id = d->registration.id;
    d->info.vault = d->registration.vault;
    d->info.name = d->info.path.filename().string();
    if (!d->registration.notice.empty()) d->lasting.push_back(d->registration.notice);
    d->owner = xxh128Hex(d->info.vault.string()).substr(0, 12);
    TR_ASSIGN(const auto lock, d->lock(cancel));
    TR_TRY(d->bringUpToDate(cancel));
    return std::unique_ptr<HarnessRepository>(new HarnessRepository(std::move(d)));
}

const RepositoryInfo& HarnessRepository::info() const { return d->info; }
const Manifest& HarnessRepository::manifest() const { return d->manifest; }

Status HarnessRepository::refresh()
{
    TR_ASSIGN(const auto lock, d->lock({}));
    return d->bringUpToDate({});
}

Result<std::vector<JournalEntry>> HarnessRepository::journal() { return d->entries; }

Result<JournalEntry> HarnessRepository::record(JournalEntry entry, const CancelToken& cancel)
{
    if (entry.kind == EntryKind::Approve || entry.kind == EntryKind::Rollback || entry.kind == EntryKind::Baseline)
        return fail(ErrorCode::Internal, {}, "this kind of decision moves the main line and is made by landing");
    TR_TRY(parseReviewer(toString(entry.reviewer)));
    if ((entry.kind == EntryKind::Judge) != entry.judgement.has_value())
        return fail(ErrorCode::Internal, {}, "an entry about a run names the run, and no other entry does");
    if ((entry.kind == EntryKind::Cluster) != entry.clusterEdit.is_object())
        return fail(ErrorCode::Internal, {}, "an entry about a cluster says what was done to it, and no other entry does");
    TR_ASSIGN(const auto lock, d->lock(cancel));
    TR_TRY(d->bringUpToDate(cancel));
    // What was said of a run or cluster elsewhere keeps its time: the latest word counts.
    if (!isCopy(entry) || entry.time == 0) entry.time = d->now();
    entry.extra["repository"] = d->registration.key;
    TR_ASSIGN(const auto made, d->append({std::move(entry)}));
    TR_TRY(d->projectJournal(cancel));
    d->info.notices = d->notices;
    return made.front();
}

Result<Landed> HarnessRepository::land(const LandRequest& request, const CancelToken& cancel)
{
    TR_ASSIGN(const auto lock, d->lock(cancel));
    TR_TRY(d->bringUpToDate(cancel));
    auto landed = landUnderLock(*d, request, cancel);
    if (landed)
        if (const auto status = d->readManifest(); !status) d->say(status.error().detail);
    d->info.notices = d->notices;
    return landed;
}

Result<RollbackPreview> HarnessRepository::previewRollback(std::string_view labelOrCommit)
{
    TR_ASSIGN(const auto target, version(labelOrCommit));
    return tackroom::previewRollback(*d, target);
}

Result<std::string> HarnessRepository::blob(const BlobId& id) { return d->vault->bytes(id.value, ObjectType::Blob); }

Result<std::optional<std::string>> HarnessRepository::fileAt(const CommitId& commit, const std::string& path)
{
    TR_ASSIGN(const auto tree, d->treeAt(commit.value));
    TR_ASSIGN(const auto file, findInTree(*d->vault, tree, path));
    if (!file) return std::nullopt;
    return d->vault->bytes(file->id, ObjectType::Blob);
}

Result<std::vector<HarnessRepository::FileEntry>> HarnessRepository::filesAt(const CommitId& commit)
{
    TR_ASSIGN(const auto tree, d->treeAt(commit.value));
    return flattenTree(*d->vault, tree);
}

Result<std::vector<FileChange>> HarnessRepository::changes(const CommitId& from, const CommitId& to)
{
    TR_ASSIGN(const auto fromTree, d->treeAt(from.value));
    TR_ASSIGN(const auto toTree, d->treeAt(to.value));
    TR_ASSIGN(auto found, compareTrees(*d->vault, fromTree, toTree));
    TR_TRY(describeChanges(*d->vault, found));
    return found;
}

} // namespace tackroom
