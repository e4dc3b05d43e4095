// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// From runs and their signals to groups of failing runs; in memory, a few hundred bytes a run, no texts of runs kept.
#include "core/clusters/evidence.h"
#include "core/clusters/signature.h"
#include "core/index/runqueries.h"
#include "core/readers/readers.h"
#include "core/signals/signals.h"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace tackroom
{

inline constexpr std::size_t kLayerCount = 9;
/// Below this much weight (strength × evidence) a signal does not name a failing run.
inline constexpr double kNamingFloor = 0.12;
/// A single run makes a cluster of its own only for a signal of at least this strength; else it goes where its next signal
/// leads, if that is a cluster.
inline constexpr double kAloneStrength = 0.9;

/// What may name a cluster: signals of one layer, family and subject whose signatures are near to each other.
struct Candidate {
    Layer layer = Layer::Unknown;
    std::string family, subject, signature;
    Occurrence seen;     ///< runs that have it
    double evidence = 0; ///< after finish()
};

/// One signal of one run.
struct SignalRef {
    std::uint32_t candidate = 0;
    float strength = 0;
    float nearness = 1;        ///< of its signature to the candidate's
    std::uint16_t ordinal = 0; ///< place among the run's signals
    std::uint32_t step = 0;    ///< hash of the decisive step; 0: the run
};

struct GroupedRun {
    RunRow row;
    UtcNs start = 0;
    Outcome outcome = Outcome::Unknown;
    std::uint32_t version = 0, user = 0; ///< interned; user 0: none
    std::uint32_t firstSignal = 0, signalCount = 0;
    std::uint32_t firstToken = 0, tokenCount = 0; ///< of the task; failing runs only
};

struct Member {
    std::uint32_t run = 0;  ///< index into runs()
    SignalRef signal;       ///< that put it here
    bool hasSignal = false; ///< false: failed without a signal
    double margin = 0;      ///< weight of the naming signal less that of the best signal that points elsewhere
};

struct Group {
    Layer layer = Layer::Unknown;
    std::string family, subject, signature;
    std::int64_t candidate = -1;                   ///< -1: failed without a signal
    std::vector<Member> members;                   ///< by time
    std::array<double, kLayerCount> layerWeight{}; ///< of all signals of the members
};

/// Strings as small numbers; 0 is the empty string.
class Interner
{
public:
    Interner() { (void)of({}); }
    std::uint32_t of(std::string_view text);
    [[nodiscard]] const std::string& text(std::uint32_t number) const { return *m_texts[number]; }
    [[nodiscard]] std::size_t size() const { return m_texts.size(); }

private:
    std::unordered_map<std::string, std::uint32_t> m_numbers;
    std::vector<const std::string*> m_texts;
};

class Grouping
{
public:
    /// Runs come oldest first, which fixes the leaders of signatures.
    void add(RunRow row, const RunRecord& record, const OutcomeVerdict& verdict, const std::vector<Signal>& signals);
    /// Weighs the evidence and groups the failing runs. Each of them is in exactly one group.
    [[nodiscard]] std::vector<Group> finish();

    [[nodiscard]] const std::vector<GroupedRun>& runs() const { return m_runs; }
    [[nodiscard]] const Candidate& candidate(std::uint32_t index) const { return m_candidates[index]; }
    [[nodiscard]] Occurrence all() const { return m_all; }
    [[nodiscard]] const Interner& versions() const { return m_versions; }
    [[nodiscard]] std::span<const SignalRef> signalsOf(const GroupedRun& run) const
    {
        return {m_signals.data() + run.firstSignal, run.signalCount};
    }
    [[nodiscard]] std::span<const std::uint32_t> taskOf(const GroupedRun& run) const
    {
        return {m_tokens.data() + run.firstToken, run.tokenCount};
    }
    [[nodiscard]] double weightOf(const SignalRef& signal) const
    {
        return static_cast<double>(signal.strength) * m_candidates[signal.candidate].evidence;
    }

private:
    struct Bucket {
        SignatureGroups signatures;
        std::vector<std::uint32_t> candidates; ///< by signature group
    };
    SignalRef refOf(const Signal& signal, std::size_t ordinal);
    void count(const GroupedRun& run);
    void weigh();
    /// The member with the signal that names its run, of those that `allowed` takes.
    template <class Allowed> [[nodiscard]] Member nameOf(std::uint32_t runIndex, Allowed allowed) const;
    [[nodiscard]] std::vector<Member> nameAll() const;
    void addLayerWeights(Group& group, const Member& member) const;

    std::vector<GroupedRun> m_runs;
    std::vector<SignalRef> m_signals;
    std::vector<std::uint32_t> m_tokens;
    std::vector<Candidate> m_candidates;
    std::map<std::string, Bucket> m_buckets;
    std::unordered_map<std::string, std::string> m_signatureOf; ///< of texts seen, for few texts come often
    std::map<std::string, Occurrence> m_byFamily;
    std::map<std::pair<std::string, std::string>, Occurrence> m_bySubject;
    std::unordered_map<std::uint32_t, std::uint32_t> m_deciders; ///< of failing runs: run index → what decided
    Interner m_versions, m_users, m_deciderNames;
    Occurrence m_all;
};

} // namespace tackroom
