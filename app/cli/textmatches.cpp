// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/textmatches.h"

#include "app/cli/output.h"
#include "core/base/format.h"

#include <algorithm>

namespace tackroom::cli
{

namespace
{

constexpr int kLockMs = 20'000;
constexpr std::size_t kMostHits = 10, kLineBytes = 90;

std::vector<std::string> wantedWords(const RunFilter& filter)
{
    RunFilter wanted = filter;
    std::erase_if(wanted.fields, [](const RunCondition& condition) { return condition.negated; });
    return textWordsOf(wanted);
}

} // namespace

Result<std::unique_ptr<TextMatches>> TextMatches::find(Context& context, const IndexReport& report, const RunFilter& filter,
                                                       bool everywhere)
{
    const std::vector<std::string> words = textWordsOf(filter);
    if (words.empty()) return nullptr;
    auto matches = std::make_unique<TextMatches>();
    matches->m_filter = filter;
    matches->m_words = wantedWords(filter);
    matches->m_everywhere = everywhere;
    if (everywhere) {
        const auto take = [&](RunRow row, TextHit hit) {
            matches->m_found[hit.word].push_back(row);
            matches->m_hits[row.value].push_back(std::move(hit));
        };
        TR_ASSIGN(matches->m_report,
                  searchEverywhere(report.folder, report.path, {}, words, take, context.cancel, context.progress));
        return matches;
    }
    TextIndexOptions options;
    options.lockMs = kLockMs;
    TR_ASSIGN(matches->m_coverage, updateTextIndex(report.folder, report.path, options, context.cancel, context.progress));
    TR_ASSIGN(matches->m_index, TextIndex::open(report.folder, context.cancel));
    return matches;
}

RunFilter TextMatches::filter() const { return m_everywhere ? withFound(m_filter, m_found) : m_filter; }

/// In the texts; else in the task or the answer, where they are all that is known.
std::vector<TextHit> TextMatches::hitsOf(const RunListItem& item) const
{
    std::vector<TextHit> hits;
    if (const auto at = m_hits.find(item.row.value); at != m_hits.end()) {
        for (const TextHit& hit : at->second)
            if (std::ranges::contains(m_words, hit.word)) hits.push_back(hit);
    } else if (m_index) {
        // What cannot be shown is found all the same.
        if (auto found = m_index->hits(item.row, m_words, kMostHits)) hits = std::move(*found);
    }
    if (hits.empty()) hits = hitsIn({{{}, "task", item.run.task}, {{}, "answer", item.run.answer}}, m_words, kMostHits);
    return hits;
}

std::string TextMatches::lineOf(const RunListItem& item) const
{
    const auto hits = hitsOf(item);
    if (hits.empty()) return safeLine(item.run.task, 60);
    // What stands before the hit is cut first: the hit is what people look for.
    const TextHit& hit = hits.front();
    std::size_t from = hit.marks.empty() ? 0 : hit.marks.front().first;
    for (int words = 0; from > 0 && words < 4; ++words) {
        const auto space = hit.snippet.find_last_of(" \n\t", from - 1);
        if (space == std::string::npos) {
            if (hit.marks.front().first < 30) from = 0;
            break;
        }
        from = space;
    }
    return safeLine(hit.place, 20) + ": " + safeLine(std::string_view(hit.snippet).substr(from), kLineBytes);
}

Json TextMatches::jsonOf(const RunListItem& item) const
{
    Json list = Json::array();
    for (const TextHit& hit : hitsOf(item)) {
        Json marks = Json::array();
        for (const auto& [at, bytes] : hit.marks) marks.push_back({at, bytes});
        list.push_back({{"word", hit.word},
                        {"step", hit.stepId},
                        {"place", hit.place},
                        {"snippet", hit.snippet},
                        {"marks", std::move(marks)}});
    }
    return list;
}

Json TextMatches::searchedJson() const
{
    if (m_everywhere) {
        Json losses = Json::array();
        for (const ScanLoss& loss : m_report.losses) losses.push_back({{"where", loss.where}, {"why", loss.why}});
        return {{"everywhere", true},
                {"runs", m_report.runs - m_report.unreadable},
                {"of", m_report.runs},
                {"unreadable", m_report.unreadable},
                {"lost", std::move(losses)}};
    }
    return {{"everywhere", false},     {"runs", m_coverage.searched},
            {"of", m_coverage.wanted}, {"unreadable", m_coverage.unreadable},
            {"cut", m_coverage.cut},   {"full", m_coverage.full}};
}

std::string TextMatches::searchedText(std::int64_t runs) const
{
    if (m_everywhere) {
        std::string said = m_report.unreadable == 0
                               ? formatText("words were looked for in the texts of all {}\n", counted(runs, "run"))
                               : formatText("words were looked for in the texts of {} of {}; the others could not be read\n",
                                            formatCount(static_cast<std::uint64_t>(m_report.runs - m_report.unreadable)),
                                            counted(runs, "run"));
        for (const ScanLoss& loss : m_report.losses)
            said += formatText("{}: {}\n", safeLine(loss.where, 80), safeLine(loss.why, 200));
        return said;
    }
    std::string text =
        formatText("words were looked for in the texts of {} of {} that failed or were judged",
                   formatCount(static_cast<std::uint64_t>(m_coverage.searched)), counted(m_coverage.wanted, "run"));
    if (m_coverage.full) text += " (the newest; the limit was reached)";
    if (m_coverage.cut > 0) text += formatText(", in {} cut", formatCount(static_cast<std::uint64_t>(m_coverage.cut)));
    return text + formatText("; --everywhere looks through all {}\n", counted(runs, "run"));
}

} // namespace tackroom::cli
