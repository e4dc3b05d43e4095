// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clusters/exemplars.h"

#include "core/base/format.h"
#include "core/base/hash.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>

namespace tackroom
{

namespace
{

bool isLater(const std::shared_ptr<const PassingRun>& a, const std::shared_ptr<const PassingRun>& b)
{
    return a->order < b->order;
}

/// How much of a task's words the group's tasks share.
class Centre
{
public:
    Centre(const Grouping& grouping, const Group& group)
    {
        for (const Member& member : group.members)
            for (const std::uint32_t token : grouping.taskOf(grouping.runs()[member.run])) ++m_count[token];
        m_members = static_cast<double>(group.members.size());
    }
    template <class Tokens> [[nodiscard]] double nearness(const Tokens& tokens) const
    {
        double sum = 0;
        for (const std::uint32_t token : tokens)
            if (const auto found = m_count.find(token); found != m_count.end()) sum += found->second;
        // Three unknown words more, so that a task of one common word is not the most typical one.
        return sum / m_members / (static_cast<double>(std::size(tokens)) + 3);
    }

private:
    std::unordered_map<std::uint32_t, int> m_count;
    double m_members = 1;
};

struct Ranked {
    const Member* member;
    double nearness;
};

ChosenRun chosen(const Member& member, std::string_view role)
{
    ChosenRun run;
    run.run = member.run;
    run.role = role;
    run.signalOrdinal = member.hasSignal ? member.signal.ordinal : -1;
    return run;
}

bool hasSignal(const Grouping& grouping, std::uint32_t run, std::int64_t candidate)
{
    for (const SignalRef& ref : grouping.signalsOf(grouping.runs()[run]))
        if (ref.candidate == candidate) return true;
    return false;
}

std::optional<ChosenRun> counterExample(const Grouping& grouping, const Group& group, const PassingPool& pool,
                                        const Centre& centre)
{
    const PassingRun* best = nullptr;
    double bestNearness = -1;
    for (const auto& passing : pool.of(group.subject)) {
        if (hasSignal(grouping, passing->run, group.candidate)) continue;
        const double nearness = centre.nearness(passing->task);
        const bool better = nearness > bestNearness || (nearness == bestNearness && best && passing->order < best->order);
        if (!better) continue;
        best = passing.get();
        bestNearness = nearness;
    }
    if (!best) return std::nullopt;
    ChosenRun run;
    run.run = best->run;
    run.role = "counter-example";
    const auto facet = std::ranges::find(best->facets, group.subject);
    if (facet != best->facets.end() && !group.subject.empty()) {
        run.stepId = best->facetSteps[static_cast<std::size_t>(facet - best->facets.begin())];
        const bool isCheck = group.family == "failed-evaluator" || group.family == "human-feedback";
        run.explanation = isCheck ? formatText("It passed \"{}\" with a task of the same kind.", group.subject)
                                  : formatText("It passed, though \"{}\" occurs in it as well.", group.subject);
    } else {
        run.explanation = "It passed with a task of the same kind.";
    }
    return run;
}

} // namespace

bool PassingPool::wants(const Sample& sample, std::uint64_t order)
{
    return sample.size() < kPerFacet || order < sample.front()->order;
}

void PassingPool::put(Sample& sample, std::shared_ptr<const PassingRun> run)
{
    if (sample.size() >= kPerFacet) {
        std::ranges::pop_heap(sample, isLater);
        sample.pop_back();
    }
    sample.push_back(std::move(run));
    std::ranges::push_heap(sample, isLater);
}

void PassingPool::add(std::uint32_t run, const RunRecord& record)
{
    const std::uint64_t order = xxh64(record.run.key.value);
    std::vector<std::pair<std::string_view, std::string_view>> facets; // few: a linear look is quickest
    const auto note = [&](std::string_view name, std::string_view stepId) {
        if (name.empty() ||
            std::ranges::find(facets, name, &std::pair<std::string_view, std::string_view>::first) != facets.end())
            return;
        facets.emplace_back(name, stepId);
    };
    for (const Step& step : record.steps) {
        if (step.kind == StepKind::Llm) continue;
        note(step.toolName.empty() ? step.name : step.toolName, step.nativeId);
    }
    for (const Score& score : record.scores) note(score.name, score.stepId);

    std::vector<Sample*> wanting;
    if (wants(m_all, order)) wanting.push_back(&m_all);
    for (const auto& [name, stepId] : facets) {
        auto found = m_facets.find(name);
        if (found == m_facets.end() && m_facets.size() < kFacets) found = m_facets.emplace(std::string(name), Sample()).first;
        if (found != m_facets.end() && wants(found->second, order)) wanting.push_back(&found->second);
    }
    if (wanting.empty()) return;
    auto passing = std::make_shared<PassingRun>();
    passing->run = run;
    passing->order = order;
    passing->task = tokensOf(record.run.task, kTaskTokens);
    for (const auto& [name, stepId] : facets) {
        passing->facets.emplace_back(name);
        passing->facetSteps.emplace_back(stepId);
    }
    for (Sample* sample : wanting) put(*sample, passing);
}

const std::vector<std::shared_ptr<const PassingRun>>& PassingPool::of(std::string_view facet) const
{
    const auto found = facet.empty() ? m_facets.end() : m_facets.find(facet);
    return found == m_facets.end() ? m_all : found->second;
}

std::vector<ChosenRun> chooseExemplars(const Grouping& grouping, const Group& group, const PassingPool& pool)
{
    const Centre centre(grouping, group);
    std::vector<Ranked> ranked;
    for (const Member& member : group.members)
        ranked.push_back({&member, centre.nearness(grouping.taskOf(grouping.runs()[member.run]))});
    std::set<std::uint32_t> taken;
    std::vector<ChosenRun> runs;
    const auto take = [&](std::string_view role, auto lessFit) {
        const Ranked* best = nullptr;
        for (const Ranked& one : ranked)
            if (!taken.contains(one.member->run) && (!best || lessFit(*best, one))) best = &one;
        if (!best) return;
        taken.insert(best->member->run);
        runs.push_back(chosen(*best->member, role));
    };
    // Of equals the oldest is taken, for it stays where it is when the store grows.
    take("typical", [](const Ranked& a, const Ranked& b) {
        return std::tuple(a.member->signal.nearness > 0.99F, a.nearness, a.member->margin) <
               std::tuple(b.member->signal.nearness > 0.99F, b.nearness, b.member->margin);
    });
    take("borderline", [](const Ranked& a, const Ranked& b) {
        return std::tuple(a.member->signal.nearness, a.member->margin, a.nearness) >
               std::tuple(b.member->signal.nearness, b.member->margin, b.nearness);
    });
    take("newest", [&](const Ranked& a, const Ranked& b) {
        return grouping.runs()[a.member->run].start < grouping.runs()[b.member->run].start;
    });
    if (auto counter = counterExample(grouping, group, pool, centre)) runs.push_back(std::move(*counter));
    return runs;
}

} // namespace tackroom
