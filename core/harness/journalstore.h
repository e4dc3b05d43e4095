// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/journal.h"
#include "core/harness/pack.h"

#include <string>
#include <unordered_map>
#include <vector>

/// The journal as git has it: the ref `refs/tackroom/journal` names a commit; each commit is one batch, its tree holds
/// `batch.json`
/// ({"format": 1, "entries": [...]}) of this batch alone, its parents are the batches before. A replay of n batches reads 3n
/// small objects.
namespace tackroom
{

inline constexpr const char* kJournalRef = "refs/tackroom/journal";

/// A batch that is made but not yet in any repository.
struct JournalBatch {
    std::string commit;
    std::vector<JournalEntry> entries; ///< with id and counter filled in
};

/// Gives the entries ids and counters after `lamport` and puts blob, tree and commit into `pack`. `parent` empty: the first
/// batch.
[[nodiscard]] JournalBatch makeBatch(std::vector<JournalEntry> entries, const std::string& parent, std::uint64_t lamport,
                                     PackBuilder& pack);

/// Reads journals and keeps what it read: batches never change.
class JournalReader
{
public:
    /// All entries that lead to `tip`, in replay order: topological, then (counter, id). Empty tip: none.
    [[nodiscard]] Result<std::vector<JournalEntry>> entries(const GitStore& store, const std::string& tip);

private:
    struct Batch {
        std::vector<std::string> parents;
        std::vector<JournalEntry> entries;
    };
    [[nodiscard]] Status load(const GitStore& store, const std::string& id);
    std::unordered_map<std::string, Batch> m_batches;
};

} // namespace tackroom
