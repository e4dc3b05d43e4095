// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What names the harness version of runs. The index keeps, once each in `names`, the keys of the trace with their values and
/// what the reader made of them; `runs` has what the store's rule (core/traces/versionrule.h) makes of that. So a rule is
/// changed and taken back without reading the store.
#include "core/base/cancel.h"
#include "core/readers/readers.h"
#include "core/sql/sql.h"
#include "core/traces/versionrule.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tackroom
{

// --- of one run
/// What the reader found and the keys of its trace; the keys are taken off the record. Without the run itself and its model.
[[nodiscard]] VersionFactsOfRun takeVersionFacts(RunRecord& record);
void setVersionOf(Run& run, VersionVerdict verdict);
[[nodiscard]] std::string modelOf(const std::vector<std::string>& models);
/// The texts that `names` keeps for it.
[[nodiscard]] std::vector<std::string> versionNamesOf(const VersionFactsOfRun& facts);

// --- of runs.db
/// The rule as meta keeps it.
[[nodiscard]] std::string ruleText(const VersionRule& rule);
/// The keys of `former` (one a line) with what the rule asks for beside the known ones.
[[nodiscard]] std::vector<std::string> wantedVersionKeys(std::string_view former, const VersionRule& rule);
/// Writes the version of each run as the rule says; how many got another one. Within the caller's transaction.
[[nodiscard]] Result<std::int64_t> rewriteVersions(Database& runs, const VersionRule& rule);

// --- what a person chooses from
struct VersionKeySummary {
    std::string key;
    std::int64_t runs = 0;                                     ///< that have it
    std::int64_t values = 0;                                   ///< distinct ones; at least, where `manyValues`
    std::vector<std::pair<std::string, std::int64_t>> samples; ///< a few values with their runs, most first
    bool manyValues = false;
    friend bool operator==(const VersionKeySummary&, const VersionKeySummary&) = default;
};
struct VersionKeys {
    std::int64_t runs = 0; ///< that were looked at
    std::vector<VersionKeySummary> keys;
};
/// Adds up keys run by run, with bounds on what a hostile store makes it keep.
class VersionKeyCounts
{
public:
    void add(const VersionFactsOfRun& facts);
    /// Those that tell runs apart first, then by runs, then by name.
    [[nodiscard]] VersionKeys take();

private:
    struct Counted {
        std::int64_t runs = 0;
        std::map<std::string, std::int64_t, std::less<>> values;
        bool many = false;
    };
    void add(std::string_view key, std::string_view value);
    std::int64_t m_runs = 0;
    std::map<std::string, Counted, std::less<>> m_keys;
};
/// The keys that the index has of its runs.
[[nodiscard]] Result<VersionKeys> versionKeysOf(const std::filesystem::path& storeCacheFolder, const CancelToken& cancel);
/// All keys with short values that some runs of the store have, from the store itself. Only in the reader's process.
[[nodiscard]] Result<VersionKeys> sampleVersionKeys(StoreReader& reader, std::int64_t maxRuns, const Progress& progress,
                                                    const CancelToken& cancel);

/// The same, asked of a reader's process. Blocking; cancelling kills it.
[[nodiscard]] Result<VersionKeys> askVersionKeys(const std::filesystem::path& store, std::int64_t maxRuns,
                                                 const CancelToken& cancel);

// --- the rule, where the reader's process finds it: beside runs.db, written by the parent (core/workspace/versionsettings.h)
inline constexpr std::string_view kVersionRuleFile = "versions.rule";
/// None where there is no such file.
[[nodiscard]] VersionRule readVersionRuleFile(const std::filesystem::path& storeCacheFolder);
[[nodiscard]] Status writeVersionRuleFile(const std::filesystem::path& storeCacheFolder, const VersionRule& rule);

/// What a rule would make of the runs in the index.
struct VersionPreview {
    std::int64_t runs = 0, changed = 0, without = 0;            ///< of the runs; those without a version under the rule
    std::vector<std::pair<std::string, std::int64_t>> versions; ///< with their runs, most first; at most kShownVersions
    std::int64_t distinct = 0;
    std::vector<std::string> unread; ///< keys that were not looked for yet: the store is read anew for them
};
inline constexpr std::size_t kShownVersions = 12;
[[nodiscard]] Result<VersionPreview> previewVersions(const std::filesystem::path& storeCacheFolder, const VersionRule& rule,
                                                     const CancelToken& cancel);

} // namespace tackroom
