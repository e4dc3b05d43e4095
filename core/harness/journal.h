// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/json.h"
#include "core/base/time.h"
#include "core/diff/atoms.h"
#include "core/harness/harness.h"
#include "core/harness/judgement.h"

#include <optional>
#include <string>
#include <vector>

namespace tackroom
{

/// Who decides: from the settings or --reviewer, never from repository configuration.
struct Reviewer {
    std::string name;
    std::string mail;
    friend bool operator==(const Reviewer&, const Reviewer&) = default;
};
/// `Name <mail>`; Usage error where it is not of that form (both parts non-empty, no control characters, no < > inside).
[[nodiscard]] Result<Reviewer> parseReviewer(std::string_view text);
[[nodiscard]] std::string toString(const Reviewer& reviewer);

enum class EntryKind : std::uint8_t {
    Baseline,
    Approve,
    Reject,
    Defer,
    RequestChanges,
    Rollback,
    Imported,
    Reopen,
    Note,
    Judge,
    Cluster
};
[[nodiscard]] std::string_view nameOf(EntryKind); ///< "baseline", "approve", …

/// One entry of the journal. Written once, never changed; undo is a new entry.
struct JournalEntry {
    std::string id;            ///< UUIDv5 of its own content; unique
    std::uint64_t lamport = 0; ///< replay order: topological, then (lamport, id)
    EntryKind kind = EntryKind::Note;
    UtcNs time = 0;
    Reviewer reviewer;
    std::string reason;
    ProposalId proposal;               ///< approve, reject, defer …
    CommitId patchSet;                 ///< the proposal's commit that was decided
    CommitId base;                     ///< main line before
    CommitId result;                   ///< main line after (approve, rollback)
    std::string version;               ///< label of the result: "v5"
    std::string rollsBack;             ///< label or commit of what is taken back
    std::string cluster;               ///< the cluster that the decision was about, as shown
    std::vector<Atom> atoms;           ///< exactly what was decided, by bytes
    std::vector<std::string> evidence; ///< RunKeys and cluster ids that were shown
    std::optional<RunJudgement> judgement; ///< judge: what a person says of a run
    Json clusterEdit;                      ///< cluster: what a person did to a cluster (core/clusters); else null
    Json extra = Json::object();       ///< what a newer program wrote and we keep

    [[nodiscard]] Json toJson() const;
    [[nodiscard]] static Result<JournalEntry> fromJson(const Json& json);
};

/// What people say of runs and clusters lies in more than one journal. The id that an entry got where it was first written:
[[nodiscard]] std::string originOf(const JournalEntry& entry);
/// The same for another journal: it says where it comes from, and keeps its time.
[[nodiscard]] JournalEntry copyOf(const JournalEntry& entry);
[[nodiscard]] bool isCopy(const JournalEntry& entry);

} // namespace tackroom
