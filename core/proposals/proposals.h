// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/proposals: proposed edits of the harness and their states. A proposal comes from a branch (`proposals/*`) or a patch
/// file; each of its commits is a patch set. Nothing here lands anything by itself: approve() hands exact bytes to core/harness.
#include "core/harness/repository.h"

#include <optional>
#include <string>
#include <vector>

namespace tackroom {

enum class ProposalState : std::uint8_t { InReview, Approved, Rejected, Deferred, ChangesRequested, RolledBack };
/// How its base stands to the main line now.
enum class BaseState : std::uint8_t { Clean, Reapplies, AlreadyContained, Conflicts, TargetGone, BaseGone };
[[nodiscard]] std::string_view nameOf(ProposalState); ///< "in review", "approved", …
[[nodiscard]] std::string_view nameOf(BaseState);     ///< "clean", "re-applies", "already contained", "conflicts", "target gone", "base gone"

/// One file of a proposal, ready for the diff: `current` is the main line's text now, `proposed` the text that would land
/// (after re-application where the base moved), so that the diff on screen is what lands.
struct ProposedFile {
    FileChange change;
    std::optional<ArtifactKind> kind;
    std::optional<std::string> current;   ///< nothing: the file is new
    std::optional<std::string> proposed;  ///< nothing: the file is removed
    unsigned mode = 0100644;
    bool conflicts = false;               ///< `proposed` is then the proposal's own text on its old base
};

struct Proposal {
    ProposalId id;             ///< "p-" and 12 hex digits of the hash of branch name or patch bytes
    std::string title;         ///< first line of the newest message; foreign
    std::string claim;         ///< the rest without trailers: the proposer's own words; foreign
    std::string proposedBy;    ///< trailer `Proposed-by:` or the author
    std::string cluster;       ///< trailer `Cluster:`; empty: no evidence attached
    std::string source;        ///< "branch proposals/limit", "patch limit.patch"
    UtcNs time = 0;
    CommitId base, patchSet;
    int patchSetNumber = 1;
    std::string kind;          ///< of its first artifact: "prompt", "skill", "new skill", "tool" …; "file" where none
    std::string layer;         ///< "instructions", "skills" …; empty where none
    ProposalState state = ProposalState::InReview;
    BaseState baseState = BaseState::Clean;
    std::string baseStateReason;     ///< the file that conflicts or is gone
    std::vector<FileChange> changes; ///< against its own base
    std::optional<JournalEntry> decision; ///< the newest about this patch set
};

[[nodiscard]] Result<std::vector<Proposal>> listProposals(HarnessRepository& repository, const CancelToken& cancel); ///< in review first, then newest
/// By id, an unambiguous beginning of it, or the branch's name.
[[nodiscard]] Result<Proposal> findProposal(HarnessRepository& repository, std::string_view idOrName, const CancelToken& cancel);
[[nodiscard]] Result<std::vector<ProposedFile>> proposedFiles(HarnessRepository& repository, const Proposal& proposal);
/// A patch file (git diff, format-patch) becomes a proposal on the main line's tip, or on the base that it names and applies to.
[[nodiscard]] Result<Proposal> importPatch(HarnessRepository& repository, std::string_view patchBytes, const std::string& name, const CancelToken& cancel);

struct DecisionRequest {
    ProposalId proposal;
    CommitId patchSet;          ///< as shown; another one by now is a Conflict
    CommitId tip;               ///< main line as shown; empty: whatever it is now
    Reviewer reviewer;
    std::string reason;
    std::vector<std::string> evidence;
};
/// Lands the whole proposal. Refused: already decided, conflicts, base gone, already contained, proposer = reviewer,
/// reason missing where the policy wants one, dirty work tree.
[[nodiscard]] Result<Landed> approve(HarnessRepository& repository, const DecisionRequest& request, const CancelToken& cancel);
[[nodiscard]] Result<JournalEntry> reject(HarnessRepository& repository, const DecisionRequest& request, const CancelToken& cancel);
[[nodiscard]] Result<JournalEntry> defer(HarnessRepository& repository, const DecisionRequest& request, const CancelToken& cancel);
/// Takes a version back as a new version; the preview's tip and files are what lands.
[[nodiscard]] Result<Landed> rollback(HarnessRepository& repository, const RollbackPreview& preview, const Reviewer& reviewer, const std::string& reason,
                                      const CancelToken& cancel);

} // namespace tackroom
