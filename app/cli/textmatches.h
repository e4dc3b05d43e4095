// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "app/cli/context.h"
#include "core/index/everywhere.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tackroom::cli
{

/// The words of a query in the texts of runs: brings the full-text index up to date, or looks through everything, and shows
/// what was found.
class TextMatches
{
public:
    /// Nothing where the query has no words.
    [[nodiscard]] static Result<std::unique_ptr<TextMatches>> find(Context& context, const IndexReport& report,
                                                                   const RunFilter& filter, bool everywhere);
    /// The query with what was found everywhere.
    [[nodiscard]] RunFilter filter() const;
    [[nodiscard]] std::string lineOf(const RunListItem& item) const;
    [[nodiscard]] Json jsonOf(const RunListItem& item) const;
    [[nodiscard]] Json searchedJson() const;
    /// How much was looked through, as one line.
    [[nodiscard]] std::string searchedText(std::int64_t runs) const;

private:
    [[nodiscard]] std::vector<TextHit> hitsOf(const RunListItem& item) const;
    RunFilter m_filter;
    std::vector<std::string> m_words; ///< that must be there
    std::unique_ptr<TextIndex> m_index;
    TextCoverage m_coverage;
    bool m_everywhere = false;
    EverywhereReport m_report;
    FoundRuns m_found;
    std::map<std::int64_t, std::vector<TextHit>> m_hits; ///< of the search through everything, by row
};

} // namespace tackroom::cli
