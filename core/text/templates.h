// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/text/logshapes.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tackroom
{

/// The kinds of lines of a log: what the lines of a kind have in common, with ‹…› where something changes.
///
/// What changes is told in two steps: by what it looks like (ShapeScanner), and by this: where many different words stand at the
/// same place of lines that are the same otherwise, it is no word that tells kinds apart (a user's name, a host's).
/// Numbers are given in order of the first line and never change: what is learnt later only adds to them.
class LogTemplates
{
public:
    /// The template of each line. Lines of an earlier call keep their numbers.
    [[nodiscard]] Result<std::vector<std::uint32_t>> learn(const std::vector<std::string_view>& lines,
                                                           const CancelToken& cancel, const Progress& progress);
    [[nodiscard]] std::size_t size() const { return m_templates.size(); }
    [[nodiscard]] std::string text(std::uint32_t id) const;

private:
    using Words = std::vector<std::uint32_t>; ///< 0: something that changes
    [[nodiscard]] std::uint32_t wordOf(std::string_view word);
    [[nodiscard]] std::uint32_t matching(const Words& words) const;
    void add(std::vector<Words> shapes, const std::vector<std::uint64_t>& hashes);

    std::vector<std::string> m_words{""};
    std::unordered_map<std::string, std::uint32_t> m_wordNumbers;
    std::vector<Words> m_templates;
    struct Pattern {
        Words words;
        std::uint32_t id = 0;
    };
    std::unordered_map<std::size_t, std::vector<Pattern>> m_patterns; ///< by length; a template may have several
    std::unordered_map<std::uint64_t, std::uint32_t> m_known;         ///< by the hash of a shape
};

} // namespace tackroom
