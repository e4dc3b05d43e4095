// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clusters/analysis.h"
#include "core/clusters/ledgerreplay.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tackroom
{

namespace
{

constexpr std::array<std::string_view, 7> kStateNames{"new",      "ongoing",   "escalating", "watching",
                                                      "resolved", "regressed", "ignored"};
constexpr UtcNs kNewFor = kWeek;
constexpr std::size_t kWeeksBefore = 4;
constexpr double kUnlikely = 0.01;
constexpr std::int64_t kLeastOfLastWeek = 5; ///< fewer say nothing

/// P(X >= count) of a Poisson distribution.
double poissonTail(std::int64_t count, double mean)
{
    double term = std::exp(-mean), below = 0;
    for (std::int64_t k = 0; k < count; ++k) {
        below += term;
        term *= mean / static_cast<double>(k + 1);
    }
    return std::max(0.0, 1 - below);
}

/// Whether the last week has more runs of it than its share of the weeks before explains, the store's own growth set aside.
bool isEscalating(const std::vector<std::int64_t>& own, const std::vector<std::int64_t>& store)
{
    const std::size_t weeks = own.size();
    if (weeks < 2 || store.size() != weeks || own.back() < kLeastOfLastWeek) return false;
    std::int64_t before = 0, storeBefore = 0;
    for (std::size_t i = weeks - 1 - std::min(kWeeksBefore, weeks - 1); i + 1 < weeks; ++i) {
        before += own[i];
        storeBefore += store[i];
    }
    if (storeBefore == 0) return false;
    // One run more than there was: a share of nothing would make anything unlikely.
    const double share = (static_cast<double>(before) + 1) / (static_cast<double>(storeBefore) + 1);
    return poissonTail(own.back(), share * static_cast<double>(store.back())) < kUnlikely;
}

bool isMuted(const ClusterWords::Mute& mute, bool escalating, UtcNs now)
{
    if (mute.until != 0 && now >= mute.until) return false;
    if (mute.count != 0 && mute.runsSince >= mute.count) return false;
    return !(mute.untilEscalating && escalating);
}

} // namespace

std::string_view nameOf(ClusterState state) { return kStateNames[static_cast<std::size_t>(state)]; }

ClusterState stateOf(const ClusterItem& cluster, const std::vector<std::int64_t>& storePerWeek, UtcNs storeLast, UtcNs now)
{
    const bool escalating = isEscalating(cluster.perWeek, storePerWeek);
    const ClusterWords& words = cluster.words;
    if (words.mute && isMuted(*words.mute, escalating, now)) return ClusterState::Ignored;
    if (words.resolution) {
        if (words.resolution->runsSince > 0) return ClusterState::Regressed;
        return words.resolution->storeRunsSince >= kRunsToTrust ? ClusterState::Resolved : ClusterState::Watching;
    }
    if (storePerWeek.size() > 2 && cluster.firstSeen > storeLast - kNewFor) return ClusterState::New;
    return escalating ? ClusterState::Escalating : ClusterState::Ongoing;
}

Json wordsToJson(const ClusterWords& words)
{
    Json json = Json::object();
    const auto put = [&](const char* key, const std::string& value) {
        if (!value.empty()) json[key] = value;
    };
    if (words.isNamed) json["madeLabel"] = words.madeLabel;
    if (words.isDescribed) json["madeDescription"] = words.madeDescription;
    put("expected", words.expected);
    put("owner", words.owner);
    if (words.isPinned) json["pinned"] = true;
    if (words.isSplit) json["split"] = true;
    if (!words.mergedFrom.empty()) json["mergedFrom"] = words.mergedFrom;
    if (words.mute)
        json["mute"] = {{"since", words.mute->since},         {"until", words.mute->until},
                        {"count", words.mute->count},         {"untilEscalating", words.mute->untilEscalating},
                        {"runsSince", words.mute->runsSince}, {"by", words.mute->by}};
    if (words.resolution)
        json["resolution"] = {{"time", words.resolution->time},
                              {"by", words.resolution->by},
                              {"reason", words.resolution->reason},
                              {"runsSince", words.resolution->runsSince},
                              {"storeRunsSince", words.resolution->storeRunsSince},
                              {"version", words.resolution->version}};
    return json;
}

ClusterWords wordsFromJson(const Json& json)
{
    ClusterWords words;
    words.isNamed = json.contains("madeLabel");
    words.madeLabel = stringAt(json, "madeLabel");
    words.isDescribed = json.contains("madeDescription");
    words.madeDescription = stringAt(json, "madeDescription");
    words.expected = stringAt(json, "expected");
    words.owner = stringAt(json, "owner");
    words.isPinned = boolAt(json, "pinned");
    words.isSplit = boolAt(json, "split");
    if (const Json& merged = memberAt(json, "mergedFrom"); merged.is_array())
        for (const Json& id : merged)
            if (id.is_string()) words.mergedFrom.push_back(id.get<std::string>());
    if (const Json& mute = memberAt(json, "mute"); mute.is_object())
        words.mute = {.since = intAt(mute, "since"),
                      .until = intAt(mute, "until"),
                      .count = intAt(mute, "count"),
                      .runsSince = intAt(mute, "runsSince"),
                      .untilEscalating = boolAt(mute, "untilEscalating"),
                      .by = stringAt(mute, "by")};
    if (const Json& resolution = memberAt(json, "resolution"); resolution.is_object())
        words.resolution = {.time = intAt(resolution, "time"),
                            .by = stringAt(resolution, "by"),
                            .reason = stringAt(resolution, "reason"),
                            .runsSince = intAt(resolution, "runsSince"),
                            .storeRunsSince = intAt(resolution, "storeRunsSince"),
                            .version = stringAt(resolution, "version")};
    return words;
}

} // namespace tackroom
