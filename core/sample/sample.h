// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/base/time.h"

#include <cstdint>
#include <filesystem>
#include <string>

/// core/sample: the refund-support sample. A seeded, rule-driven agent and its customers (no model) are played against a
/// harness, and what they did is written down as an Arize Phoenix store.
///
///   sample.h         making the sample, playing more runs with a repository's live version
///   harnessrules.h   what the agent reads out of the harness files: limit, hand-over, id format, retries, policy, lessons
///   player.h         customers, the agent, one run as plain values (pure; for tests)
///   phoenixstore.h   writing played runs into a Phoenix database
///   phoenixschema.h  Phoenix's tables and how it writes values
///   samplerepo.h     the harness repository: v1 to v4 and the open proposals, from embedded files
///
/// The agent knows no version names: everything it does follows from the text of the harness files.
///
/// Planted kinds (PlantedKind in player.h), their layer and their sign in the data:
///   over-limit-loyal-late  memory         hand-over above the limit; HUMAN manager_decision "approved_by_hand", score 0
///   hash-order-id          tools          lookup_order fails: order_id does not match the pattern
///   double-refund          orchestration  issue_refund called twice with the same arguments; CODE single_refund fails
///   premature-hand-over    instructions   hand-over below the limit; CODE handover_needed fails
///   stale-policy           retrieval      refused by a policy no longer in force; CODE policy_applied fails on the retriever
///   silent-abandonment     instructions   no message at the end; CODE closing_message fails, the last LLM says nothing
/// v4 takes premature-hand-over away and makes silent-abandonment several times as frequent.
/// over-limit-loyal-late counts as memory: the rule itself is wanted, what is missing is what the managers know.
/// Scores: 1 means that what the agent did stands, 0 that it does not (also for manager_decision).
namespace tackroom
{

struct SampleOptions {
    std::uint64_t seed = 20260302;
    int runs = 2000; ///< over four versions and 8 weeks; 1 to 200000
};

struct SampleMade {
    std::filesystem::path store;   ///< DIR/refund-agent.db
    std::filesystem::path truth;   ///< DIR/refund-agent.truth.json
    std::filesystem::path harness; ///< DIR/harness
    int runs = 0;                  ///< runs in the store
    bool made = false;             ///< false: all of it was there and was kept as it is
};

/// Writes the sample into `dir` (made if absent). What is there already, store with truth or harness, is kept as it is,
/// whatever the options. Each part appears under its name only when complete. Blocking; call from a job's thread.
[[nodiscard]] Result<SampleMade> makeSample(const std::filesystem::path& dir, const SampleOptions& options,
                                            const CancelToken& cancel, const Progress& progress);

struct Appended {
    int runs = 0;
    int failed = 0;            ///< by the player's own knowledge
    std::string commit;        ///< 40 hex digits: the version that was played
    std::string version;       ///< its label such as "v5"; empty where no tag harness/* names it
    UtcNs first = 0, last = 0; ///< start of the first and of the last new run
};

/// Plays `runs` runs with the version at the tip of the repository's main line (read from git's objects, never from the
/// work tree) and appends them to the store, dated after its last run; the truth file beside it grows too, where there is
/// one. Only a store that makeSample made is written to; any other is Refused. All or nothing: one transaction.
[[nodiscard]] Result<Appended> appendRuns(const std::filesystem::path& repo, const std::filesystem::path& store, int runs,
                                          std::uint64_t seed, const CancelToken& cancel, const Progress& progress);

} // namespace tackroom
