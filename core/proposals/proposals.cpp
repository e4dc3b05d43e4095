// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/proposals/proposals.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/proposals/basestate.h"
#include "core/proposals/messages.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace tackroom
{

namespace
{

constexpr std::string_view kKeptPrefix = "refs/tackroom/proposals/";

/// What the journal says, made ready for asking.
class Decisions
{
public:
    explicit Decisions(std::vector<JournalEntry> entries)
        : m_entries(std::move(entries)), m_takenBackBy(m_entries.size(), kNobody)
    {
        for (std::size_t i = 0; i < m_entries.size(); ++i)
            if (m_entries[i].kind == EntryKind::Rollback) takeBack(i, true);
    }

    void tell(Proposal& proposal) const
    {
        std::size_t newest = kNobody;
        for (std::size_t i = 0; i < m_entries.size(); ++i)
            if (m_entries[i].proposal == proposal.id && m_entries[i].patchSet == proposal.patchSet &&
                decides(m_entries[i].kind))
                newest = i;
        if (newest == kNobody) return;
        proposal.state = stateOf(m_entries[newest].kind);
        proposal.decision = m_entries[newest];
        if (proposal.state == ProposalState::Approved && m_takenBackBy[newest] != kNobody) {
            proposal.state = ProposalState::RolledBack;
            proposal.decision = m_entries[m_takenBackBy[newest]];
        }
    }

    /// The patch sets of a proposal that were decided.
    void collect(const ProposalId& id, std::set<std::string>& out) const
    {
        for (const JournalEntry& entry : m_entries)
            if (entry.proposal == id && !entry.patchSet.value.empty()) out.insert(entry.patchSet.value);
    }

private:
    static constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

    static bool decides(EntryKind kind)
    {
        return kind == EntryKind::Approve || kind == EntryKind::Reject || kind == EntryKind::Defer ||
               kind == EntryKind::RequestChanges || kind == EntryKind::Reopen;
    }

    static ProposalState stateOf(EntryKind kind)
    {
        switch (kind) {
        case EntryKind::Approve:
            return ProposalState::Approved;
        case EntryKind::Reject:
            return ProposalState::Rejected;
        case EntryKind::Defer:
            return ProposalState::Deferred;
        case EntryKind::RequestChanges:
            return ProposalState::ChangesRequested;
        default:
            return ProposalState::InReview;
        }
    }

    /// The earlier entry that rollback `i` takes back.
    [[nodiscard]] std::size_t targetOf(std::size_t i) const
    {
        const std::string& what = m_entries[i].rollsBack;
        if (what.empty()) return kNobody;
        for (std::size_t at = i; at-- > 0;)
            if (m_entries[at].result.value == what || m_entries[at].version == what) return at;
        return kNobody;
    }

    /// A rollback that is itself taken back gives its target back.
    void takeBack(std::size_t rollback, bool taken)
    {
        const std::size_t target = targetOf(rollback);
        if (target == kNobody) return;
        m_takenBackBy[target] = taken ? rollback : kNobody;
        if (m_entries[target].kind == EntryKind::Rollback) takeBack(target, !taken);
    }

    std::vector<JournalEntry> m_entries;
    std::vector<std::size_t> m_takenBackBy;
};

struct KeptName {
    ProposalId id;
    int number = 0; ///< 0 where the last part is no number
};

std::optional<KeptName> keptName(std::string_view ref)
{
    if (!ref.starts_with(kKeptPrefix)) return std::nullopt;
    ref.remove_prefix(kKeptPrefix.size());
    const std::size_t slash = ref.find('/');
    KeptName out{ProposalId{std::string(ref.substr(0, slash))}, 0};
    if (slash != std::string_view::npos) {
        const auto number = ref.substr(slash + 1);
        std::from_chars(number.data(), number.data() + number.size(), out.number);
    }
    return out;
}

/// One proposal: its newest patch set, and the ids of all that are known.
struct Source {
    ProposalId id;
    HarnessRepository::Branch branch;
    bool isBranch = false;
    int number = 0;
    std::set<std::string> patchSets;
};

std::vector<Source> gather(std::vector<HarnessRepository::Branch> branches, const Decisions& decisions)
{
    std::map<std::string, Source> byId;
    for (auto& branch : branches) {
        const auto kept = keptName(branch.name);
        const ProposalId id = kept ? kept->id : proposalIdOf(branch.name);
        Source& source = byId[id.value];
        source.id = id;
        source.patchSets.insert(branch.tip.value);
        // The branch as it stands is newer than any patch set that was kept of it.
        if (source.isBranch || (kept && !source.branch.name.empty() && kept->number < source.number)) continue;
        source.isBranch = !kept;
        source.number = kept ? kept->number : 0;
        source.branch = std::move(branch);
    }
    std::vector<Source> out;
    for (auto& [id, source] : byId) {
        decisions.collect(source.id, source.patchSets);
        out.push_back(std::move(source));
    }
    return out;
}

std::string sourceText(const Source& source, const ParsedMessage& message)
{
    if (source.isBranch) return "branch " + source.branch.name;
    if (const std::string version = message.trailer("Prompt-Version"); !version.empty())
        return formatText("prompt registry of {}: {}", message.trailer("Prompt-Registry"), version);
    const std::string file = message.trailer("Patch-File");
    return "patch " + (file.empty() ? source.id.value : file);
}

/// Kind and layer of the first file that is an artifact.
Status tellKind(HarnessRepository& repository, Proposal& proposal)
{
    proposal.kind = "file";
    for (const FileChange& change : proposal.changes) {
        const BlobId& blob = change.newBlob.value.empty() ? change.oldBlob : change.newBlob;
        const unsigned mode = change.newMode ? change.newMode : change.oldMode;
        std::string start;
        if (mode == 0100644 || mode == 0100755) {
            TR_ASSIGN(start, repository.blob(blob));
            start.resize(std::min<std::size_t>(start.size(), 4096));
        }
        if (const auto kind = artifactKindOf(change.path, start, repository.manifest())) {
            proposal.kind = (change.kind == ChangeKind::Added ? "new " : "") + std::string(nameOf(*kind));
            proposal.layer = layerNameOf(*kind);
            return {};
        }
    }
    return {};
}

/// Its changes, and how they stand to the main line.
Status compare(HarnessRepository& repository, const MainLine& main, PlannedProposal& out)
{
    Proposal& p = out.proposal;
    TR_ASSIGN(p.changes, repository.changes(p.base, p.patchSet));
    TR_TRY(tellKind(repository, p));
    TR_ASSIGN(out.plan, planOf(repository, main, p.changes));
    p.baseState = out.plan.state;
    p.baseStateReason = out.plan.reason;
    return {};
}

Result<PlannedProposal> planSource(HarnessRepository& repository, const MainLine& main, const Source& source,
                                   const Decisions& decisions)
{
    PlannedProposal out;
    Proposal& p = out.proposal;
    const ParsedMessage message = parseMessage(toUtf8(source.branch.message));
    p.id = source.id;
    p.title = message.title.empty() ? source.branch.name : message.title;
    p.claim = message.claim;
    p.proposedBy = message.trailer("Proposed-by");
    if (p.proposedBy.empty()) p.proposedBy = toUtf8(source.branch.author);
    p.cluster = message.trailer("Cluster");
    p.source = sourceText(source, message);
    p.time = source.branch.time;
    p.base = source.branch.mergeBase;
    p.patchSet = source.branch.tip;
    p.patchSetNumber = source.number > 0 ? source.number : static_cast<int>(source.patchSets.size());
    decisions.tell(p);
    if (p.base.value.empty()) {
        p.kind = "file";
        p.baseState = BaseState::BaseGone;
        p.baseStateReason = "it has no commit in common with " + repository.info().mainBranch;
        return out;
    }
    if (const auto read = compare(repository, main, out); !read) {
        // One proposal with a damaged object must not hide the others. Those surroundings that fail for all are errors.
        const ErrorCode code = read.error().code;
        if (code != ErrorCode::BadRepository && code != ErrorCode::NotFound && code != ErrorCode::Refused &&
            code != ErrorCode::Damaged)
            return std::unexpected(read.error());
        p.kind = "file";
        p.changes.clear();
        out.plan = {};
        p.base = {};
        p.baseState = BaseState::BaseGone;
        p.baseStateReason = "it cannot be read: " + read.error().detail;
    }
    return out;
}

/// 0 exact, 1 by its end, 2 by a beginning, nothing: not this one.
std::optional<int> matches(const Proposal& proposal, std::string_view wanted)
{
    if (proposal.id.value == wanted) return 0;
    if (const std::string_view source = proposal.source; source.starts_with("branch ")) {
        const auto branch = source.substr(7);
        if (branch == wanted) return 0;
        if (branch.ends_with(wanted) && branch.size() > wanted.size() && branch[branch.size() - wanted.size() - 1] == '/')
            return 1;
    }
    if (wanted.size() >= 4 && proposal.id.value.starts_with(wanted)) return 2;
    return std::nullopt;
}

} // namespace

std::string_view nameOf(ProposalState state)
{
    switch (state) {
    case ProposalState::InReview:
        return "in review";
    case ProposalState::Approved:
        return "approved";
    case ProposalState::Rejected:
        return "rejected";
    case ProposalState::Deferred:
        return "deferred";
    case ProposalState::ChangesRequested:
        return "changes requested";
    case ProposalState::RolledBack:
        return "rolled back";
    }
    return "in review";
}

std::string_view nameOf(BaseState state)
{
    switch (state) {
    case BaseState::Clean:
        return "clean";
    case BaseState::Reapplies:
        return "re-applies";
    case BaseState::AlreadyContained:
        return "already contained";
    case BaseState::Conflicts:
        return "conflicts";
    case BaseState::TargetGone:
        return "target gone";
    case BaseState::BaseGone:
        return "base gone";
    }
    return "clean";
}

ProposalId proposalIdOf(std::string_view nameOrBytes) { return ProposalId{"p-" + sha256Hex(nameOrBytes).substr(0, 12)}; }

Result<std::vector<PlannedProposal>> planProposals(HarnessRepository& repository, const CancelToken& cancel)
{
    TR_ASSIGN(std::vector<JournalEntry> journal, repository.journal());
    // Two clones of one harness share a vault. What landed in the other and has not come here is not decided here.
    TR_ASSIGN(const std::vector<Version> versions, repository.versions());
    std::set<std::string> onMainLine;
    for (const Version& version : versions) onMainLine.insert(version.commit.value);
    std::erase_if(journal, [&](const JournalEntry& entry) {
        const bool lands = entry.kind == EntryKind::Approve || entry.kind == EntryKind::Rollback;
        return lands && !entry.result.value.empty() && !onMainLine.contains(entry.result.value);
    });
    const Decisions decisions(std::move(journal));
    TR_ASSIGN(std::vector<HarnessRepository::Branch> branches, repository.proposalBranches());
    TR_ASSIGN(const MainLine main, MainLine::read(repository));
    std::vector<PlannedProposal> out;
    for (const Source& source : gather(std::move(branches), decisions)) {
        if (cancel.cancelled()) return CancelToken::error();
        TR_ASSIGN(PlannedProposal planned, planSource(repository, main, source, decisions));
        out.push_back(std::move(planned));
    }
    std::ranges::sort(out, [](const PlannedProposal& left, const PlannedProposal& right) {
        const Proposal &a = left.proposal, &b = right.proposal;
        const bool aOpen = a.state == ProposalState::InReview, bOpen = b.state == ProposalState::InReview;
        if (aOpen != bOpen) return aOpen;
        if (a.time != b.time) return a.time > b.time;
        return a.id < b.id;
    });
    return out;
}

Result<PlannedProposal> planProposal(HarnessRepository& repository, std::string_view idOrName, const CancelToken& cancel)
{
    TR_ASSIGN(std::vector<PlannedProposal> all, planProposals(repository, cancel));
    PlannedProposal* found = nullptr;
    int best = 3;
    bool twice = false;
    for (PlannedProposal& planned : all) {
        const auto rank = matches(planned.proposal, idOrName);
        if (!rank || *rank > best) continue;
        twice = *rank == best;
        best = *rank;
        found = &planned;
    }
    if (!found)
        return fail(ErrorCode::NotFound, std::string(idOrName), "there is no proposal of this id or branch in the repository",
                    all.empty() ? "it has no proposals" : "`proposals` lists them");
    if (twice && best > 0)
        return fail(ErrorCode::NotFound, std::string(idOrName), "several proposals begin or end so", "give more of the id");
    return std::move(*found);
}

Result<std::vector<Proposal>> listProposals(HarnessRepository& repository, const CancelToken& cancel)
{
    TR_ASSIGN(std::vector<PlannedProposal> all, planProposals(repository, cancel));
    std::vector<Proposal> out;
    for (PlannedProposal& planned : all) out.push_back(std::move(planned.proposal));
    return out;
}

Result<Proposal> findProposal(HarnessRepository& repository, std::string_view idOrName, const CancelToken& cancel)
{
    TR_ASSIGN(PlannedProposal planned, planProposal(repository, idOrName, cancel));
    return std::move(planned.proposal);
}

Result<std::vector<ProposedFile>> proposedFiles(HarnessRepository& repository, const Proposal& proposal)
{
    if (proposal.base.value.empty())
        return fail(ErrorCode::BaseGone, proposal.id.value,
                    "the commit that this proposal was written against is not in the repository");
    TR_ASSIGN(const MainLine main, MainLine::read(repository));
    TR_ASSIGN(const CarryPlan plan, planOf(repository, main, proposal.changes));
    return textsOf(repository, plan);
}

} // namespace tackroom
