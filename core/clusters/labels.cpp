// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clusters/labels.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/base/time.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace tackroom
{

namespace
{

constexpr std::size_t kLabelBytes = 160;

/// {0} the subject, {1} the signature.
struct LabelPattern {
    std::string_view family, pattern;
};
constexpr std::array kPatterns{
    LabelPattern{"tool-error", "{0} fails: {1}"},
    LabelPattern{"invalid-arguments", "{0} refuses the arguments: {1}"},
    LabelPattern{"unknown-tool", "The agent calls {0}, a tool that does not exist"},
    LabelPattern{"tool-unavailable", "{0} does not answer: {1}"},
    LabelPattern{"ignored-error", "Says it is done although {0} failed: {1}"},
    LabelPattern{"double-action", "{0} is carried out twice"},
    LabelPattern{"repeated-call", "{0} is called again with {1}"},
    LabelPattern{"model-error", "The model call fails: {1}"},
    LabelPattern{"step-error", "{0} fails: {1}"},
    LabelPattern{"context-overflow", "The context overflows: {1}"},
    LabelPattern{"failed-evaluator", "{0} fails: {1}"},
    LabelPattern{"human-override", "A person decides otherwise about {0}: {1}"},
    LabelPattern{"human-edit", "A person changes what the agent proposed: {1}"},
    LabelPattern{"human-reject", "A person rejects what the agent proposed: {1}"},
    LabelPattern{"human-feedback", "Marked down by a person: {0} {1}"},
    LabelPattern{"premature-hand-over", "{0} is called although no hand-over was needed"},
    LabelPattern{"hand-over", "{0}: {1}"},
    LabelPattern{"silent-abandonment", "The conversation ends without an answer"},
    LabelPattern{"user-gives-up", "The user gives up"},
    LabelPattern{"model-refusal", "The model declines"},
    LabelPattern{"stale-retrieval", "{0} gives what is no longer in force"},
    LabelPattern{"empty-retrieval", "{0} finds nothing"},
    LabelPattern{"no-signal", "Failed by {0}, no signal says why"},
};

std::string filled(std::string_view pattern, std::string_view subject, std::string_view signature)
{
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern.substr(i).starts_with("{0}"))
            out += subject, i += 2;
        else if (pattern.substr(i).starts_with("{1}"))
            out += signature, i += 2;
        else
            out += pattern[i];
    }
    return out;
}

const DetectorInfo* detectorOf(std::string_view family)
{
    for (const DetectorInfo& info : detectors())
        if (info.family == family) return &info;
    return nullptr;
}

std::string countText(std::int64_t count) { return formatCount(static_cast<std::uint64_t>(count)); }

std::string runsText(std::int64_t count)
{
    return formatCount(static_cast<std::uint64_t>(count)) + (count == 1 ? " run" : " runs");
}

std::string percent(double share) { return formatText("{:.{}f} %", share * 100, share < 0.0995 ? 1 : 0); }

std::string versionsText(const ClusterItem& item)
{
    const VersionCount* most = nullptr;
    for (const VersionCount& version : item.versions) {
        const auto rate = [](const VersionCount& v) {
            return static_cast<double>(v.runs) / static_cast<double>(std::max<std::int64_t>(v.outOf, 1));
        };
        if (!version.version.empty() && version.runs > 0 && (!most || rate(version) > rate(*most))) most = &version;
    }
    if (!most || item.versions.size() < 2) return {};
    return formatText(" It is most frequent in version {}: {} of {}.", most->label,
                      formatCount(static_cast<std::uint64_t>(most->runs)), runsText(most->outOf));
}

} // namespace

std::string labelOf(const Group& group)
{
    for (const LabelPattern& known : kPatterns) {
        if (known.family != group.family) continue;
        const std::string subject = group.subject.empty() ? std::string("A step") : group.subject;
        std::string label = filled(known.pattern, subject, group.signature);
        while (label.ends_with(' ') || label.ends_with(':') || label.ends_with(',')) label.pop_back();
        if (label.size() <= kLabelBytes) return label;
        return std::string(cutUtf8(label, kLabelBytes - 3)) + "\u2026";
    }
    return std::string(cutUtf8(group.family + " " + group.subject, kLabelBytes));
}

double layerShareOf(const Group& group)
{
    double sum = 0;
    for (std::size_t i = group.layer == Layer::Unknown ? 0 : 1; i < kLayerCount; ++i) sum += group.layerWeight[i];
    return sum > 0 ? group.layerWeight[static_cast<std::size_t>(group.layer)] / sum : 0;
}

std::string layerReasonOf(const Grouping& grouping, const Group& group)
{
    if (group.candidate < 0)
        return formatText("unknown, because no detector found anything in {} that passing runs do not have as well",
                          runsText(static_cast<std::int64_t>(group.members.size())));
    const Candidate& candidate = grouping.candidate(static_cast<std::uint32_t>(group.candidate));
    const DetectorInfo* info = detectorOf(group.family);
    std::string text =
        formatText("{} ({:.2f}), because {} \"{}\"", nameOf(group.layer), layerShareOf(group),
                   group.members.size() == 1 ? std::string("the run has")
                                             : "all " + runsText(static_cast<std::int64_t>(group.members.size())) + " have",
                   info ? asciiLower(info->title) : group.family);
    if (!group.subject.empty()) text += " at " + group.subject;
    const Occurrence all = grouping.all();
    if (all.passing > 0)
        text += formatText(", which {} of {} failing and {} of {} passing runs have", countText(candidate.seen.failing),
                           countText(all.failing), countText(candidate.seen.passing), countText(all.passing));
    double sum = group.layer == Layer::Unknown ? group.layerWeight[0] : 0, most = 0; // as in layerShareOf
    Layer other = Layer::Unknown;
    for (std::size_t i = 1; i < kLayerCount; ++i) {
        sum += group.layerWeight[i];
        if (static_cast<Layer>(i) == group.layer || group.layerWeight[i] <= most) continue;
        most = group.layerWeight[i];
        other = static_cast<Layer>(i);
    }
    if (sum > 0 && most / sum >= 0.005)
        text += formatText("; other signals of them point to {} ({:.2f})", nameOf(other), most / sum);
    return text;
}

std::string descriptionOf(const Grouping& grouping, const Group& group, const ClusterItem& item, std::string_view typical)
{
    const DetectorInfo* info = detectorOf(group.family);
    const Occurrence all = grouping.all();
    std::string text = formatText(
        "{} of {} failing runs; {} of all {} (95 %: {} to {}).", countText(item.runs), countText(item.failingRuns),
        percent(static_cast<double>(item.runs) /
                static_cast<double>(std::max<std::int64_t>(static_cast<std::int64_t>(grouping.runs().size()), 1))),
        runsText(static_cast<std::int64_t>(grouping.runs().size())), percent(item.share.low), percent(item.share.high));
    if (info)
        text += " " + info->explanation;
    else
        text += " No detector found anything in these runs that passing runs do not have as well.";
    if (!typical.empty()) text += " A typical run: " + std::string(typical);
    if (group.candidate >= 0 && all.passing > 0) {
        const Candidate& candidate = grouping.candidate(static_cast<std::uint32_t>(group.candidate));
        text += candidate.seen.passing == 0 ? std::string(" No passing run shows the same.")
                                            : formatText(" {} of {} passing runs show the same.",
                                                         countText(candidate.seen.passing), countText(all.passing));
    }
    text += versionsText(item);
    if (item.firstSeen > 0) text += formatText(" First seen {}, last {}.", formatDay(item.firstSeen), formatDay(item.lastSeen));
    return text;
}

} // namespace tackroom
