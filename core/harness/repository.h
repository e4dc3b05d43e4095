// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/harness/artifacts.h"
#include "core/harness/harness.h"
#include "core/harness/journal.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tackroom
{

struct RepositoryInfo {
    std::filesystem::path path; ///< as opened, canonical: the work tree, or the git directory of a bare one
    std::filesystem::path gitDirectory;
    std::filesystem::path vault;
    HarnessId id;
    std::string name;       ///< of the folder
    std::string mainBranch; ///< "main"
    CommitId tip;           ///< of the main line
    bool bare = false;
    bool workTreeOnMain = false;      ///< the main line is checked out: landing brings work tree and index along
    bool adopted = false;             ///< a plain folder with a managed repository; the folder is its environment
    std::vector<std::string> notices; ///< what opening found and mended or wants said ("a landing was completed", …)
};

enum class ChangeKind : std::uint8_t { Added, Removed, Modified, Renamed, ModeChanged };
struct FileChange {
    ChangeKind kind = ChangeKind::Modified;
    std::string path;    ///< new path (old one where removed)
    std::string oldPath; ///< where renamed
    BlobId oldBlob, newBlob;
    unsigned oldMode = 0, newMode = 0; ///< git's: 0100644, 0100755, 0120000
    bool binary = false;
    std::uint64_t addedLines = 0, removedLines = 0;
};

struct Version {
    std::string label; ///< "v4": the tag harness/v4; a short commit id where there is no tag
    CommitId commit;
    CommitId parent; ///< empty for the first
    UtcNs time = 0;
    std::string title; ///< first line of the message; foreign
    std::string author;
    bool live = false; ///< tip of the main line
    bool tagged = false;
    /// Baseline (before Tackroom or made without it before the first opening), Reviewed (a decision is in the journal),
    /// Unreviewed: reached the main line without a decision and touches artifacts.
    enum class Review : std::uint8_t { Baseline, Reviewed, Unreviewed, NotAnArtifact } review = Review::Baseline;
    std::optional<JournalEntry> decision;
    std::string rollsBack; ///< label of the version that this one takes back
    std::string rolledBackBy;
};

/// What a landing or rollback made.
struct Landed {
    std::string version; ///< "v5"
    CommitId commit;
    CommitId base;
    bool workTreeUpdated = false;
    std::vector<FileChange> changes;
};

/// A tree to land, as whole files on a base. The bytes are exactly what the reviewer saw.
struct LandRequest {
    EntryKind kind = EntryKind::Approve; ///< Approve or Rollback
    CommitId expectedTip;                ///< the main line as shown; another tip is a Conflict
    struct File {
        std::string path;
        std::optional<std::string> bytes; ///< nothing: the file is removed
        unsigned mode = 0100644;
    };
    std::vector<File> files;
    std::string title; ///< first line of the commit message
    std::string body;
    std::string proposedBy; ///< trailer
    JournalEntry entry;     ///< reviewer, reason, proposal, patchSet, atoms, evidence; the rest is filled in
};

struct RollbackPreview {
    std::string label; ///< of the version taken back
    CommitId tip;
    LandRequest request;             ///< what would land; empty files: nothing to take back
    std::vector<FileChange> changes; ///< from the tip to the result
    std::vector<std::string>
        conflicts; ///< paths where later versions touched the same text; rollback is refused while there are any
};

/// An opened harness repository together with its vault. Opening recovers a landing that was killed, makes missing tags and
/// copied refs again, writes the baseline entry at the first opening, and reports what bypassed review.
/// Errors of open: NotFound, BadRepository (not a repository, damaged), Empty (no commits), DetachedHead, NotReadable.
class HarnessRepository
{
public:
    struct Options {
        std::filesystem::path dataDirectory; ///< vaults, registry and adopted repositories lie below
        bool adoptPlainFolder = false;       ///< a folder that is no repository gets a managed one
        Reviewer baselineBy{"Tackroom", "tackroom@localhost"};
        std::function<UtcNs()> now = utcNow; ///< for tests
    };
    [[nodiscard]] static Result<std::unique_ptr<HarnessRepository>> open(const std::filesystem::path& path, Options options,
                                                                         const CancelToken& cancel);
    ~HarnessRepository();

    [[nodiscard]] const RepositoryInfo& info() const;
    [[nodiscard]] const Manifest& manifest() const;
    /// Reads the refs again (another program may have moved them).
    [[nodiscard]] Status refresh();

    [[nodiscard]] Result<std::vector<Version>> versions();                 ///< newest first
    [[nodiscard]] Result<Version> version(std::string_view labelOrCommit); ///< "v4", "4", "live", a commit id or its beginning
    [[nodiscard]] Result<std::vector<Artifact>> artifacts(const CommitId& commit);
    [[nodiscard]] Result<std::vector<FileChange>> changes(const CommitId& from,
                                                          const CommitId& to); ///< empty `from`: all of `to`
    [[nodiscard]] Result<std::string> blob(const BlobId& id);
    [[nodiscard]] Result<std::optional<std::string>> fileAt(const CommitId& commit, const std::string& path);
    struct FileEntry {
        std::string path;
        BlobId blob;
        unsigned mode = 0;
    };
    [[nodiscard]] Result<std::vector<FileEntry>> filesAt(const CommitId& commit);

    struct Branch {
        std::string name;        ///< "proposals/limit"; or "refs/tackroom/proposals/<id>/<n>" for kept patch sets
        CommitId tip, mergeBase; ///< empty mergeBase: no common history with the main line
        UtcNs time = 0;
        std::string author, message;
    };
    /// Branches matching the policy's globs and the kept patch sets, sorted by name.
    [[nodiscard]] Result<std::vector<Branch>> proposalBranches();
    /// Keeps a patch set: a commit of these files on `base` under refs/tackroom/proposals/<id>/<n>, in vault and repository.
    [[nodiscard]] Result<Branch> keepPatchSet(const ProposalId& id, const CommitId& base,
                                              const std::vector<LandRequest::File>& files, const std::string& message,
                                              const std::string& author);

    [[nodiscard]] Result<std::vector<JournalEntry>> journal(); ///< replay order, oldest first
    /// A decision that moves no ref of the main line: reject, defer, request changes, reopen, note. Durable in the vault first.
    [[nodiscard]] Result<JournalEntry> record(JournalEntry entry, const CancelToken& cancel);
    /// One commit, one version. Returns only after ref, commit, tree and bytes were read again from disk.
    [[nodiscard]] Result<Landed> land(const LandRequest& request, const CancelToken& cancel);
    [[nodiscard]] Result<RollbackPreview> previewRollback(std::string_view labelOrCommit);

private:
    struct Private;
    explicit HarnessRepository(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace tackroom
