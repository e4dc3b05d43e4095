// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Which runs stand for a group: typical, borderline, newest, and a passing one that did the same thing.
#include "core/clusters/grouping.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// A passing run kept for comparison.
struct PassingRun {
    std::uint32_t run = 0;   ///< index into Grouping::runs()
    std::uint64_t order = 0; ///< hash of its key: the same sample however the store grew
    TokenSet task;
    std::vector<std::string> facets;     ///< tools, steps and checks that it has, in order
    std::vector<std::string> facetSteps; ///< native id of the first step of each; empty: the run
};

/// A sample of the passing runs for each tool, step and check, bounded whatever the store's size.
class PassingPool
{
public:
    static constexpr std::size_t kPerFacet = 48;
    static constexpr std::size_t kFacets = 1'000;
    void add(std::uint32_t run, const RunRecord& record);
    /// The sample for a facet; that of all runs where the facet is empty or unknown.
    [[nodiscard]] const std::vector<std::shared_ptr<const PassingRun>>& of(std::string_view facet) const;

private:
    using Sample = std::vector<std::shared_ptr<const PassingRun>>; ///< a heap, the highest order on top
    [[nodiscard]] static bool wants(const Sample& sample, std::uint64_t order);
    static void put(Sample& sample, std::shared_ptr<const PassingRun> run);
    std::map<std::string, Sample, std::less<>> m_facets;
    Sample m_all;
};

struct ChosenRun {
    std::uint32_t run = 0;
    std::string_view role;           ///< "typical", "borderline", "newest", "counter-example"
    std::int64_t signalOrdinal = -1; ///< of the signal that put it here; -1: none
    std::string stepId, explanation; ///< of a counter-example
};
/// In that order of roles; each run once. Deterministic.
[[nodiscard]] std::vector<ChosenRun> chooseExemplars(const Grouping& grouping, const Group& group, const PassingPool& pool);

} // namespace tackroom
