// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/json.h"
#include "core/base/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// What a person does to a cluster by hand. In the journal an edit is a member of its entry; time and person stand around it.
enum class ClusterAct : std::uint8_t {
    Rename,   ///< text: the name; empty: the one that is made from its runs
    Describe, ///< text: the paragraph; empty: the one that is made
    Expect,   ///< text: what the agent should have done
    Assign,   ///< text: who looks after it; empty: nobody
    Merge,    ///< into `other`
    Split,    ///< the runs that `text` (a query of runs) or `runs` name become a cluster of their own, `other`
    Move,     ///< `runs` go to the cluster `other`
    Mute,     ///< until `until`, until `count` more runs, until it escalates; with none of them for good
    Unmute,
    Resolve, ///< as of the entry's time; a run that comes later makes it regressed
    Reopen,
    Pin,   ///< stands first
    Unpin, ///< stands by its size again
    Undo   ///< `other`: the id of the entry that is taken back; undoing an undo does it again
};
[[nodiscard]] std::string_view nameOf(ClusterAct act); ///< "rename", "describe", …
[[nodiscard]] std::optional<ClusterAct> clusterActOf(std::string_view name);

struct ClusterEdit {
    ClusterAct act = ClusterAct::Rename;
    std::string cluster; ///< its id when the edit was made; of an undo: of the edit that is taken back
    std::string text, other;
    std::vector<std::string> runs; ///< RunKeys
    UtcNs until = 0;
    std::int64_t count = 0;
    bool untilEscalating = false;
    /// RunKeys of some of its runs when the edit was made, spread evenly over all: by them the cluster is found again where the
    /// same runs got another id (another generation of the method, another set of runs).
    std::vector<std::string> members;
    std::vector<std::string> otherMembers; ///< the same of `other`, where that is a cluster
    std::string copyOf;                    ///< id of the same entry in the journal where it was first written; empty: here

    friend bool operator==(const ClusterEdit&, const ClusterEdit&) = default;
    [[nodiscard]] Json toJson() const;
    /// Nothing where no cluster or no known act is named.
    [[nodiscard]] static std::optional<ClusterEdit> fromJson(const Json& json);
};

/// So many members are kept with an edit.
inline constexpr std::size_t kKeptMembers = 200;
/// Of all RunKeys those that are kept: the same ones whoever chooses, half of which are still chosen when as many runs have come.
[[nodiscard]] std::vector<std::string> keptMembers(std::vector<std::string> keys);
/// The id of the cluster that a split makes.
[[nodiscard]] std::string splitClusterId(const ClusterEdit& split);

} // namespace tackroom
