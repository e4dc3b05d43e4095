// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/clusters/clusters.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace tackroom
{

/// What people said, as clusters.words keeps it (wordsToJson).
[[nodiscard]] ClusterWords wordsFromJson(const Json& json);

/// One replay of the ledger onto derived.db (ledger.cpp). The order is: which cluster an edit means, then who is in it, then
/// what was said, then the figures of those whose runs are others now.
class LedgerReplay
{
public:
    LedgerReplay(Database& derived, Database& runs, std::filesystem::path folder, const CancelToken& cancel)
        : m_derived(derived), m_runs(runs), m_folder(std::move(folder)), m_cancel(cancel)
    {
    }
    /// The clusters as they were grouped.
    [[nodiscard]] Status begin();
    /// False: its cluster is not here.
    [[nodiscard]] Result<bool> apply(const LedgerEntry& entry);
    [[nodiscard]] Status finish();

private:
    /// The cluster of today that has this id, or most of these runs; empty: none.
    [[nodiscard]] Result<std::string> place(const std::string& id, const std::vector<std::string>& members);
    [[nodiscard]] Result<std::string> placeByMembers(const std::vector<std::string>& members);
    [[nodiscard]] Result<std::vector<std::int64_t>> rowsOf(const std::vector<std::string>& keys);
    [[nodiscard]] Result<std::vector<std::int64_t>> rowsOfQuery(const std::string& query);
    [[nodiscard]] Result<bool> merge(const std::string& from, const ClusterEdit& edit);
    [[nodiscard]] Status split(const std::string& from, const ClusterEdit& edit);
    [[nodiscard]] Result<bool> move(const ClusterEdit& edit);
    void say(const std::string& id, const LedgerEntry& entry);
    [[nodiscard]] Status addSince(const std::string& id, ClusterWords& words);
    [[nodiscard]] Status refigure(const std::string& id);
    [[nodiscard]] Status writeWords();
    [[nodiscard]] Status order();

    Database& m_derived;
    Database& m_runs;
    std::filesystem::path m_folder;
    const CancelToken& m_cancel;
    std::map<std::string, std::string> m_alias;
    std::map<std::string, ClusterWords> m_words;
    std::map<std::string, std::string> m_names, m_paragraphs;
    std::set<std::string> m_changed; ///< clusters whose runs are others now
};

} // namespace tackroom
