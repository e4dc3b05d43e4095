// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/sample/player.h"

#include <optional>
#include <string>
#include <vector>

namespace tackroom
{

/// What the checks, the judge and the managers look at when a run is over.
struct RunFacts {
    bool orderFound = true;
    bool refusedByPolicy = false, refusedByLimit = false;
    bool handOverNeeded = false, managerApproved = false, managerForLoyalty = false;
    bool financeAsks = false, deduplicated = false;
    std::optional<double> limit;
    int window = 0;
    std::string policyId;
    WorldPolicy world{};
    std::vector<std::string> refundIds;
    std::string retrieverSpan, handOverSpan, refundSpan; ///< empty where there was none
};

/// Adds code checks, the judge's verdict (by the rubric of the harness), a manager's decision and the customer's thumb.
void addScores(const HarnessRules& rules, const Customer& customer, const RunFacts& facts, Random& random, PlayedRun& run);

} // namespace tackroom
