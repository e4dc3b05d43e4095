// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clusters/evidence.h"

#include <algorithm>

namespace tackroom
{

double evidenceOf(Occurrence seen, Occurrence all, double prior)
{
    if (all.failing <= 0) return prior;
    const double failing = static_cast<double>(all.failing), passing = static_cast<double>(all.passing);
    double compared = prior;
    if (all.passing > 0) {
        const double expected = kPriorRuns * (1 - prior) * passing / failing;
        const double inPassing = (static_cast<double>(seen.passing) + expected) / passing;
        const double inFailing = (static_cast<double>(seen.failing) + kPriorRuns) / failing;
        compared = std::clamp(1 - inPassing / inFailing, 0.0, 1.0);
    }
    const double trust = passing / (passing + kPassingRunsForHalf);
    return trust * compared + (1 - trust) * kUncompared;
}

double liftOf(Occurrence seen, Occurrence all)
{
    if (all.failing <= 0 || all.passing <= 0) return 1;
    const double add = seen.failing == 0 || seen.passing == 0 ? 0.5 : 0;
    return ((static_cast<double>(seen.failing) + add) / (static_cast<double>(all.failing) + add)) /
           ((static_cast<double>(seen.passing) + add) / (static_cast<double>(all.passing) + add));
}

} // namespace tackroom
