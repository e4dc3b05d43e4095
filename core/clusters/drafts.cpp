// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clusters/analysis.h"

#include "core/base/hash.h"
#include "core/clusters/labels.h"
#include "core/statistics/statistics.h"

#include <algorithm>
#include <set>

namespace tackroom
{

namespace
{

constexpr UtcNs kDay = kWeek / 7;
/// Ten years; what lies before is counted into the first of them.
constexpr std::int64_t kMaxWeeks = 520;

/// 1970-01-01 was a Thursday; weeks begin on Monday.
UtcNs mondayOf(UtcNs time)
{
    constexpr UtcNs kToMonday = 3 * kDay;
    const UtcNs shifted = time + kToMonday;
    const UtcNs week = shifted >= 0 ? shifted / kWeek : (shifted - kWeek + 1) / kWeek;
    return week * kWeek - kToMonday;
}

ClusterId clusterIdOf(const Group& group)
{
    std::string identity(nameOf(group.layer));
    for (const std::string& part : {group.family, group.subject, group.signature}) identity.append(1, '\n').append(part);
    return ClusterId("c-" + xxh128Hex(identity).substr(0, 12));
}

void countMembers(const Grouping& grouping, const Group& group, const StoreFrame& frame, ClusterItem& item)
{
    std::vector<std::int64_t> ofVersion(frame.runsOfVersion.size(), 0);
    std::set<std::uint32_t> users;
    item.perWeek.assign(frame.weeks, 0);
    for (const Member& member : group.members) {
        const GroupedRun& run = grouping.runs()[member.run];
        ++ofVersion[run.version];
        if (run.user != 0) users.insert(run.user);
        if (run.start <= 0) continue;
        item.firstSeen = item.firstSeen == 0 ? run.start : std::min(item.firstSeen, run.start);
        item.lastSeen = std::max(item.lastSeen, run.start);
        if (frame.weeks > 0) ++item.perWeek[weekOf(run.start, frame.firstWeek, frame.weeks)];
    }
    item.users = static_cast<std::int64_t>(users.size());
    for (std::size_t version = 0; version < ofVersion.size(); ++version) {
        const bool known = frame.runsOfVersion[version] > 0;
        if (known && (ofVersion[version] > 0 || ofVersion.size() <= kMaxListedVersions))
            item.versions.push_back({grouping.versions().text(static_cast<std::uint32_t>(version)),
                                     frame.labelOfVersion[version], ofVersion[version], frame.runsOfVersion[version]});
    }
}

} // namespace

std::string shortVersion(const std::string& version)
{
    const bool commit = version.size() == 40 && version.find_first_not_of("0123456789abcdef") == std::string::npos;
    return commit ? version.substr(0, 8) : version;
}

std::size_t weekOf(UtcNs time, UtcNs firstWeek, std::size_t weeks)
{
    return static_cast<std::size_t>(
        std::clamp<std::int64_t>((time - firstWeek) / kWeek, 0, static_cast<std::int64_t>(weeks) - 1));
}

StoreFrame frameOf(const Grouping& grouping, const std::map<std::string, std::string>& labels)
{
    StoreFrame frame;
    const Interner& versions = grouping.versions();
    frame.runsOfVersion.assign(versions.size(), 0);
    UtcNs first = 0, last = 0;
    for (const GroupedRun& run : grouping.runs()) {
        ++frame.runsOfVersion[run.version];
        if (run.start <= 0) continue;
        first = first == 0 ? run.start : std::min(first, run.start);
        last = std::max(last, run.start);
    }
    for (std::uint32_t i = 0; i < versions.size(); ++i) {
        const auto label = labels.find(versions.text(i));
        frame.labelOfVersion.push_back(label == labels.end() || label->second.empty() ? shortVersion(versions.text(i))
                                                                                      : label->second);
    }
    if (first == 0) return frame;
    frame.firstWeek = std::max(mondayOf(first), mondayOf(last) - (kMaxWeeks - 1) * kWeek);
    frame.weeks = static_cast<std::size_t>((mondayOf(last) - frame.firstWeek) / kWeek) + 1;
    frame.lastRun = last;
    frame.runsPerWeek.assign(frame.weeks, 0);
    for (const GroupedRun& run : grouping.runs())
        if (run.start > 0) ++frame.runsPerWeek[weekOf(run.start, frame.firstWeek, frame.weeks)];
    return frame;
}

std::vector<ClusterDraft> draftClusters(const Grouping& grouping, const std::vector<Group>& groups, const PassingPool& pool,
                                        const StoreFrame& frame)
{
    std::vector<ClusterDraft> drafts;
    for (const Group& group : groups) {
        ClusterDraft draft;
        ClusterItem& item = draft.item;
        item.id = clusterIdOf(group);
        item.layer = group.layer;
        item.layerShare = layerShareOf(group);
        item.layerReason = layerReasonOf(grouping, group);
        item.family = group.family;
        item.subject = group.subject;
        item.signature = group.signature;
        item.label = labelOf(group);
        item.runs = static_cast<std::int64_t>(group.members.size());
        item.failingRuns = grouping.all().failing;
        const auto share = wilsonInterval(item.runs, static_cast<std::int64_t>(grouping.runs().size()));
        item.share = {share.low, share.high};
        countMembers(grouping, group, frame, item);
        draft.group = &group;
        draft.exemplars = chooseExemplars(grouping, group, pool);
        drafts.push_back(std::move(draft));
    }
    std::ranges::sort(drafts, [](const ClusterDraft& a, const ClusterDraft& b) {
        return a.item.runs != b.item.runs ? a.item.runs > b.item.runs : a.item.id < b.item.id;
    });
    return drafts;
}

} // namespace tackroom
