// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// How a proposal stands to the main line now: each of its files is carried over by a three-way merge of base, main line and
/// proposal. Bytes are read only where the main line changed the same file.
#include "core/proposals/proposals.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tackroom
{

/// The files of the main line's tip, by path.
class MainLine
{
public:
    [[nodiscard]] static Result<MainLine> read(HarnessRepository& repository);
    [[nodiscard]] const HarnessRepository::FileEntry* find(const std::string& path) const;
    /// True where the path is a folder, or one of its folders is a file.
    [[nodiscard]] bool blocked(const std::string& path) const;
    [[nodiscard]] const CommitId& tip() const { return m_tip; }

private:
    CommitId m_tip;
    std::map<std::string, HarnessRepository::FileEntry> m_files;
};

struct CarriedFile {
    enum class Fit : std::uint8_t {
        AsProposed,  ///< the main line did not touch it: the proposal's bytes land
        Carried,     ///< the main line moved, the change was carried over
        Contained,   ///< the main line has it already
        Conflicting, ///< both changed the same text
        Gone,        ///< the main line no longer has the file
    };
    FileChange change; ///< of the proposal, against its own base
    Fit fit = Fit::AsProposed;
    std::optional<HarnessRepository::FileEntry> current; ///< on the main line; of a renamed file not yet there, the old one
    std::optional<BlobId> landing;     ///< what would land, where it is a blob that git has; nothing: the file is removed
    std::optional<std::string> merged; ///< what would land, where it is neither side's
    unsigned mode = 0100644;
};

struct CarryPlan {
    std::vector<CarriedFile> files;
    BaseState state = BaseState::Clean;
    std::string reason; ///< for Conflicts and TargetGone: the first such file
};

[[nodiscard]] Result<CarryPlan> planOf(HarnessRepository& repository, const MainLine& main,
                                       const std::vector<FileChange>& changes);
/// The plan with its texts read.
[[nodiscard]] Result<std::vector<ProposedFile>> textsOf(HarnessRepository& repository, const CarryPlan& plan);

/// A proposal as it is now, with its plan.
struct PlannedProposal {
    Proposal proposal;
    CarryPlan plan;
};
[[nodiscard]] Result<std::vector<PlannedProposal>> planProposals(HarnessRepository& repository, const CancelToken& cancel);
[[nodiscard]] Result<PlannedProposal> planProposal(HarnessRepository& repository, std::string_view idOrName,
                                                   const CancelToken& cancel);

/// "p-" and the first 12 hexadecimal digits of the SHA-256 of a branch's name or a patch's bytes.
[[nodiscard]] ProposalId proposalIdOf(std::string_view nameOrBytes);

} // namespace tackroom
