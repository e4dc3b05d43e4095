// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clusters/priornames.h"

#include <algorithm>
#include <map>
#include <set>

namespace tackroom
{

namespace
{

/// Of a larger cluster the newest runs speak for all.
constexpr std::size_t kMaxAskedRuns = 2'000;

} // namespace

Result<std::optional<PriorName>> priorNameOf(const std::filesystem::path& storeCacheFolder, const ClusterId& id,
                                             const CancelToken& cancel)
{
    TR_ASSIGN(const auto clusters, ClusterQueries::open(storeCacheFolder, cancel));
    TR_ASSIGN(std::vector<RunRow> rows, clusters->members(id));
    TR_ASSIGN(const auto runs, RunQueries::open(storeCacheFolder, cancel));
    if (rows.size() > kMaxAskedRuns) rows.erase(rows.begin(), rows.end() - static_cast<std::ptrdiff_t>(kMaxAskedRuns));
    std::map<std::string, std::int64_t> carriers;
    for (const RunRow row : rows) {
        if (cancel.cancelled()) return CancelToken::error();
        TR_ASSIGN(const std::vector<Score> scores, runs->scores(row));
        std::set<std::string> names; // a run that carries it twice is one run
        for (const Score& score : scores)
            if (score.name == kPriorClusterScore && !score.label.empty()) names.insert(score.label);
        for (const std::string& name : names) ++carriers[name];
    }
    const auto most = std::ranges::max_element(carriers, {}, [](const auto& each) { return each.second; });
    if (most == carriers.end() || most->second * 2 < static_cast<std::int64_t>(rows.size())) return std::nullopt;
    return PriorName{most->first, most->second, static_cast<std::int64_t>(rows.size())};
}

} // namespace tackroom
