// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Which harness version a run is of, where a person says how this store tells it. Without a rule it is what the reader found
/// (commit key, version key, prompt version, hash of the system prompt: harnessversion.h).
///
///   mapping by value or by time  >  a key that the person chose  >  what the reader found  >  time of deployment
#include "core/base/result.h"
#include "core/base/time.h"
#include "core/traces/traces.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// A key of the trace that may name the harness version, with its value.
struct VersionKey {
    std::string key, value;
    friend bool operator==(const VersionKey&, const VersionKey&) = default;
};

/// Keys that every run has, whatever its store: the version that the reader found, and members of Run.
inline constexpr std::string_view kVersionOfReader = "version";
inline constexpr std::string_view kAgentKey = "agent", kProjectKey = "project", kModelKey = "model", kFileKey = "file";
[[nodiscard]] bool isRunMember(std::string_view key);

struct VersionRule {
    /// A run whose key has the value is of that version.
    struct Value {
        std::string key, value, version;
        friend bool operator==(const Value&, const Value&) = default;
    };
    /// A run that began in [from, to) is; 0: without that end.
    struct Time {
        UtcNs from = 0, to = 0;
        std::string version;
        friend bool operator==(const Time&, const Time&) = default;
    };
    std::vector<Value> values;
    std::vector<Time> times;
    std::vector<std::string> keys; ///< the first that the run has
    std::vector<Time> deployments; ///< what was deployed from when on; by time, `to` is not used
    bool deploymentsFirst = false; ///< they decide before the keys of a run
    [[nodiscard]] bool empty() const { return values.empty() && times.empty() && keys.empty() && deployments.empty(); }
    friend bool operator==(const VersionRule&, const VersionRule&) = default;
};

/// One term a text; parseVersionRule() takes the same:
///     key service.version                      the version is the value of this key (several: the first that a run has)
///     where release = prod-7 is v4             a run whose key has this value is of that version
///     from 2026-03-01 [to 2026-03-08] is v4    a run that began then is of that version
///     deployed 2026-03-01 is v4                from then on, for runs of which nothing else tells the version
///     deployment first                         the deployed version counts even where a run names one
/// A version is what a trace would name it, or a commit id with its label: "3f2a91c (v4)".
[[nodiscard]] std::vector<std::string> toTerms(const VersionRule& rule);
/// Usage where a term is none of these.
[[nodiscard]] Result<VersionRule> parseVersionRule(std::span<const std::string> terms);
/// The keys whose values the rule asks for, without those that every run has.
[[nodiscard]] std::vector<std::string> keysOf(const VersionRule& rule);

struct VersionVerdict {
    std::string version, label, source;
    friend bool operator==(const VersionVerdict&, const VersionVerdict&) = default;
};
/// What rules look at: of the run its start, agent, project and source; all keys of its trace; what the reader made of them.
struct VersionFactsOfRun {
    Run run;
    std::vector<VersionKey> keys;
    VersionVerdict found;
    std::string model; ///< of several the first by name
};
[[nodiscard]] VersionVerdict resolveVersion(const VersionRule& rule, const VersionFactsOfRun& facts);

} // namespace tackroom
