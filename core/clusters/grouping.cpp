// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clusters/grouping.h"

#include "core/base/hash.h"

#include <algorithm>
#include <set>

namespace tackroom
{

namespace
{

/// So many different texts have their signature kept; past that each is worked out again.
constexpr std::size_t kKeptSignatures = 50'000;

/// "policy_applied = fail" → "policy_applied": what decided, without its value.
std::string deciderOf(const OutcomeVerdict& verdict)
{
    const auto end = verdict.reason.find_first_of("=:");
    std::string name = signatureOf(verdict.reason.substr(0, end));
    return name.empty() ? std::string(tackroom::nameOf(verdict.source)) : name;
}

} // namespace

std::uint32_t Interner::of(std::string_view text)
{
    const auto [it, isNew] = m_numbers.try_emplace(std::string(text), static_cast<std::uint32_t>(m_texts.size()));
    if (isNew) m_texts.push_back(&it->first);
    return it->second;
}

SignalRef Grouping::refOf(const Signal& signal, std::size_t ordinal)
{
    std::string fresh;
    const std::string* signature = &fresh;
    if (const auto known = m_signatureOf.find(signal.text); known != m_signatureOf.end()) {
        signature = &known->second;
    } else {
        fresh = signatureOf(signal.text);
        if (m_signatureOf.size() < kKeptSignatures)
            signature = &m_signatureOf.emplace(signal.text, std::move(fresh)).first->second;
    }
    std::string key(1, static_cast<char>('0' + static_cast<int>(signal.layer)));
    key.append(signal.family).append(1, '\n').append(signal.subject);
    Bucket& bucket = m_buckets[key];
    const auto match = bucket.signatures.add(*signature);
    if (match.group == bucket.candidates.size()) {
        bucket.candidates.push_back(static_cast<std::uint32_t>(m_candidates.size()));
        m_candidates.push_back({signal.layer, signal.family, signal.subject, bucket.signatures.leader(match.group), {}, 0});
    }
    SignalRef ref;
    ref.candidate = bucket.candidates[match.group];
    ref.strength = static_cast<float>(signal.strength);
    ref.nearness = static_cast<float>(match.similarity);
    ref.ordinal = static_cast<std::uint16_t>(ordinal);
    ref.step = signal.stepId.empty() ? 0 : static_cast<std::uint32_t>(xxh64(signal.stepId));
    return ref;
}

void Grouping::add(RunRow row, const RunRecord& record, const OutcomeVerdict& verdict, const std::vector<Signal>& signals)
{
    GroupedRun run;
    run.row = row;
    run.start = record.run.start;
    run.outcome = verdict.outcome;
    run.version = m_versions.of(record.run.harnessVersion);
    run.user = m_users.of(record.run.userId);
    run.firstSignal = static_cast<std::uint32_t>(m_signals.size());
    const std::size_t kept = std::min<std::size_t>(signals.size(), UINT16_MAX);
    for (std::size_t i = 0; i < kept; ++i) m_signals.push_back(refOf(signals[i], i));
    run.signalCount = static_cast<std::uint32_t>(kept);
    if (verdict.outcome == Outcome::Failure) {
        const TokenSet task = tokensOf(record.run.task, kTaskTokens);
        run.firstToken = static_cast<std::uint32_t>(m_tokens.size());
        run.tokenCount = static_cast<std::uint32_t>(task.size());
        m_tokens.insert(m_tokens.end(), task.begin(), task.end());
        m_deciders.emplace(static_cast<std::uint32_t>(m_runs.size()), m_deciderNames.of(deciderOf(verdict)));
    }
    count(run);
    m_runs.push_back(run);
}

void Grouping::count(const GroupedRun& run)
{
    if (run.outcome == Outcome::Unknown) return;
    const auto raise = [&](Occurrence& seen) { ++(run.outcome == Outcome::Failure ? seen.failing : seen.passing); };
    raise(m_all);
    std::set<std::uint32_t> candidates;
    std::set<std::string_view> families;
    std::set<std::pair<std::string_view, std::string_view>> subjects;
    for (const SignalRef& ref : signalsOf(run)) {
        Candidate& candidate = m_candidates[ref.candidate];
        if (!candidates.insert(ref.candidate).second) continue;
        raise(candidate.seen);
        if (families.insert(candidate.family).second) raise(m_byFamily[candidate.family]);
        if (subjects.emplace(candidate.family, candidate.subject).second)
            raise(m_bySubject[{candidate.family, candidate.subject}]);
    }
}

void Grouping::weigh()
{
    std::map<std::string, double> byFamily;
    for (const auto& [family, seen] : m_byFamily) byFamily[family] = evidenceOf(seen, m_all, 0);
    std::map<std::pair<std::string, std::string>, double> bySubject;
    for (const auto& [key, seen] : m_bySubject) bySubject[key] = evidenceOf(seen, m_all, byFamily[key.first]);
    for (Candidate& candidate : m_candidates)
        candidate.evidence = evidenceOf(candidate.seen, m_all, bySubject[{candidate.family, candidate.subject}]);
}

template <class Allowed> Member Grouping::nameOf(std::uint32_t runIndex, Allowed allowed) const
{
    Member member;
    member.run = runIndex;
    double best = 0;
    for (const SignalRef& ref : signalsOf(m_runs[runIndex])) {
        const double weight = weightOf(ref);
        if (weight < kNamingFloor || weight <= best || !allowed(ref)) continue;
        best = weight;
        member.signal = ref;
        member.hasSignal = true;
    }
    double second = 0;
    for (const SignalRef& ref : signalsOf(m_runs[runIndex]))
        if (!member.hasSignal || ref.candidate != member.signal.candidate) second = std::max(second, weightOf(ref));
    member.margin = best - second;
    return member;
}

std::vector<Member> Grouping::nameAll() const
{
    std::vector<Member> members;
    std::vector<std::int64_t> size(m_candidates.size(), 0);
    for (std::uint32_t i = 0; i < m_runs.size(); ++i) {
        if (m_runs[i].outcome != Outcome::Failure) continue;
        members.push_back(nameOf(i, [](const SignalRef&) { return true; }));
        if (members.back().hasSignal) ++size[members.back().signal.candidate];
    }
    for (Member& member : members) {
        if (!member.hasSignal || size[member.signal.candidate] > 1 || member.signal.strength >= kAloneStrength) continue;
        const Member other = nameOf(member.run, [&](const SignalRef& ref) { return size[ref.candidate] > 1; });
        if (other.hasSignal) member = other;
    }
    return members;
}

void Grouping::addLayerWeights(Group& group, const Member& member) const
{
    for (const SignalRef& ref : signalsOf(m_runs[member.run])) {
        const Candidate& candidate = m_candidates[ref.candidate];
        // A failed check of the decisive step says that this step is wrong, which the naming signal says as well, and knows
        // why.
        const bool sameStep = member.hasSignal && ref.step == member.signal.step && ref.step != 0;
        if (sameStep && ref.candidate != member.signal.candidate && candidate.family == "failed-evaluator") continue;
        group.layerWeight[static_cast<std::size_t>(candidate.layer)] += weightOf(ref);
    }
}

std::vector<Group> Grouping::finish()
{
    weigh();
    std::map<std::int64_t, Group> named;
    std::map<std::string, Group> unnamed;
    for (const Member& member : nameAll()) {
        Group* group = nullptr;
        if (member.hasSignal) {
            const Candidate& candidate = m_candidates[member.signal.candidate];
            group = &named[member.signal.candidate];
            if (group->candidate < 0) {
                group->candidate = member.signal.candidate;
                group->layer = candidate.layer;
                group->family = candidate.family;
                group->subject = candidate.subject;
                group->signature = candidate.signature;
            }
        } else {
            const std::string& decider = m_deciderNames.text(m_deciders.at(member.run));
            group = &unnamed[decider];
            group->family = "no-signal";
            group->subject = decider;
        }
        addLayerWeights(*group, member);
        group->members.push_back(member);
    }
    std::vector<Group> groups;
    for (auto& [candidate, group] : named) groups.push_back(std::move(group));
    for (auto& [decider, group] : unnamed) groups.push_back(std::move(group));
    return groups;
}

} // namespace tackroom
