// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Looking for texts in a store as it lies there, without an index: what the reader process does for "search everything".
///
/// A text is found as SQL's LIKE finds it: anywhere, ASCII letters folded, all else as it is. In JSON the escapes are undone
/// first (\n, \", \uXXXX, and those of JSON within a JSON text); names of members do not count, for they are the format's
/// words, not the run's. What is cheap comes first: a row is decoded only where a part of the text that no writer of JSON
/// escapes stands in its bytes, or where the text has no such part.
#include "core/base/cancel.h"
#include "core/base/result.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// A place in a text with a little of what stands around it.
struct TextSnippet {
    std::string text; ///< foreign; with "…" where it was cut
    std::size_t markAt = 0, markBytes = 0;
    friend bool operator==(const TextSnippet&, const TextSnippet&) = default;
};
[[nodiscard]] TextSnippet snippetAt(std::string_view text, std::size_t at, std::size_t bytes);

/// Finds one text fast: two bytes of it that are rare are looked for many places at a time.
class FoldedFinder
{
public:
    explicit FoldedFinder(std::string_view wanted);
    [[nodiscard]] std::size_t in(std::string_view text, std::size_t from = 0) const;
    [[nodiscard]] const std::string& wanted() const { return m_wanted; }

private:
    [[nodiscard]] bool fitsAt(const char* at) const;
    std::string m_wanted; ///< lower case
    std::size_t m_rare = 0, m_second = 0;
};

class TextNeedle
{
public:
    explicit TextNeedle(std::string_view wanted);
    [[nodiscard]] std::size_t in(std::string_view plain, std::size_t from = 0) const { return m_whole.in(plain, from); }
    [[nodiscard]] std::optional<TextSnippet> inText(std::string_view plain) const;
    /// Whether the bytes of a JSON text may hold it: no means no.
    [[nodiscard]] bool mayBeInJson(std::string_view json) const;
    [[nodiscard]] std::optional<TextSnippet> inJson(std::string_view json) const { return inJson(json, 0); }
    [[nodiscard]] const std::string& wanted() const { return m_whole.wanted(); }

private:
    [[nodiscard]] std::optional<TextSnippet> inJson(std::string_view json, int depth) const;
    [[nodiscard]] std::optional<TextSnippet> inValue(std::string_view literal, int depth) const;
    /// The first place from there on where the bytes of a JSON text may hold it; npos: nowhere.
    [[nodiscard]] std::size_t signIn(std::string_view json, std::size_t from) const;
    FoldedFinder m_whole;
    std::vector<FoldedFinder> m_signs; ///< one of them stands in every JSON text that holds it; none: nothing is known
};

struct ScanHit {
    std::size_t word = 0; ///< which of the texts
    std::string runId, source;
    std::string stepId; ///< may be empty
    std::string place;  ///< "user", "tool", "arguments", "judge" …; "step": somewhere in what the store has of it
    TextSnippet snippet;
};
/// At most so many texts at once.
inline constexpr std::size_t kMaxScanWords = 32;

/// What was there and could not be looked through: "table spans", "71 of 3000 rows could not be read; …".
struct ScanLoss {
    std::string where, why;
    friend bool operator==(const ScanLoss&, const ScanLoss&) = default;
};
/// Those that are not told yet.
void addLosses(std::vector<ScanLoss>& told, std::vector<ScanLoss> more);

/// A reader that can go through all of its store faster than through the bodies of its runs.
class TextScanner
{
public:
    virtual ~TextScanner() = default;
    using Hit = std::function<Status(ScanHit)>;
    using Done = std::function<Status(std::uint64_t done, std::uint64_t total)>;
    /// Newest first; each text once a run. False: not in this store, go through the bodies. Holds no transaction between two
    /// calls of `done`.
    [[nodiscard]] virtual Result<bool> scan(const std::vector<TextNeedle>& words, const Hit& hit, const Done& done,
                                            const CancelToken& cancel) = 0;
    /// What damage has hidden from scan() and from the bodies that were read since the store was opened; each once.
    [[nodiscard]] virtual const std::vector<ScanLoss>& losses() const = 0;
};

} // namespace tackroom
