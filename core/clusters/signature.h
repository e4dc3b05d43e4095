// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tackroom
{

/// What is the same between runs, out of a text that tells of one: ids, numbers, dates, times, amounts, addresses, paths,
/// UUIDs, hex and quoted values become marks (‹id› ‹n› ‹date› ‹time› ‹amount› ‹email› ‹url› ‹path› ‹uuid› ‹hex› ‹text›), words
/// stay in lower case, a row of equal marks becomes one. Quoted names of parameters and the like stay, for they say what is
/// wrong. Pure; the result is at most kSignatureBytes of well-formed UTF-8, one line, without hidden characters.
inline constexpr std::size_t kSignatureBytes = 240;
[[nodiscard]] std::string signatureOf(std::string_view text);

/// The words of a signature or task that carry meaning, hashed, sorted, unique: without marks and the commonest English words.
using TokenSet = std::vector<std::uint32_t>;
/// So many words of a task are compared.
inline constexpr std::size_t kTaskTokens = 24;
[[nodiscard]] TokenSet tokensOf(std::string_view text, std::size_t limit = 48);
/// Shared tokens over all tokens (Jaccard). Two empty sets are equal.
[[nodiscard]] double similarity(const TokenSet& a, const TokenSet& b);

/// Signatures that are nearly the same become one group. The first that is added leads its group for good, so that what comes
/// later never changes an earlier answer; it is the leader that names the group.
class SignatureGroups
{
public:
    /// Similarity from which two signatures are of one group.
    static constexpr double kNear = 0.7;
    /// Past so many groups whatever is new joins one group "other", so that texts that are all different cost bounded memory.
    static constexpr std::size_t kMaxGroups = 4'000;

    struct Match {
        std::uint32_t group = 0;
        double similarity = 0; ///< to the leader; 1 for the leader itself
    };
    /// The group of the signature, made where no leader is near enough. Ties go to the older group.
    Match add(const std::string& signature);
    [[nodiscard]] const std::string& leader(std::uint32_t group) const { return m_leaders[group].text; }
    [[nodiscard]] std::size_t size() const { return m_leaders.size(); }

private:
    struct Leader {
        std::string text;
        TokenSet tokens;
    };
    std::vector<Leader> m_leaders;
    std::unordered_map<std::string, Match> m_known;
    /// Leaders by the first tokens of their set. Two sets as near as kNear share one of so many first tokens, whatever they
    /// are, so that only few leaders need to be compared.
    std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> m_byToken;
    std::vector<std::uint32_t> m_withoutTokens;
};

} // namespace tackroom
