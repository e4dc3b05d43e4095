// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/words.h"

#include "core/base/asciichars.h"
#include "core/base/hash.h"
#include "core/diff/sequence.h"

#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

namespace tackroom
{
namespace
{

struct CloseBreaks {
    void operator()(UBreakIterator* breaks) const { ubrk_close(breaks); }
};
struct CloseText {
    void operator()(UText* text) const { utext_close(text); }
};

/// Opening one costs tens of microseconds, so each thread keeps its own. Null where ICU has no data.
UBreakIterator* wordBreaks()
{
    static thread_local const std::unique_ptr<UBreakIterator, CloseBreaks> kBreaks([] {
        UErrorCode status = U_ZERO_ERROR;
        UBreakIterator* breaks = ubrk_open(UBRK_WORD, "en", nullptr, 0, &status);
        return U_SUCCESS(status) ? breaks : nullptr;
    }());
    return kBreaks.get();
}

bool isBlankText(std::string_view text) { return std::all_of(text.begin(), text.end(), isAsciiBlank); }

void appendSegment(std::vector<ByteRange>& out, std::string_view text, std::size_t begin, std::size_t end)
{
    if (begin >= end) return;
    const bool joins = !out.empty() && isBlankText(text.substr(out.back().begin, out.back().size())) &&
                       isBlankText(text.substr(begin, end - begin));
    if (joins)
        out.back().end = end;
    else
        out.push_back({begin, end});
}

/// Words and marks as ids; a run of blanks and line ends is id 0.
struct Tokens {
    std::vector<ByteRange> ranges;
    std::vector<std::uint32_t> ids;
};

using TokenIds = std::unordered_map<std::string_view, std::uint32_t, TextHash>;

Tokens tokensOf(std::string_view text, TokenIds& known)
{
    Tokens tokens{wordSegments(text), {}};
    tokens.ids.reserve(tokens.ranges.size());
    for (const ByteRange& range : tokens.ranges) {
        const std::string_view token = text.substr(range.begin, range.size());
        if (isBlankText(token))
            tokens.ids.push_back(0);
        else
            tokens.ids.push_back(known.emplace(token, static_cast<std::uint32_t>(known.size() + 1)).first->second);
    }
    return tokens;
}

/// Tokens begin..end-1 on each side that do not match.
struct TokenChange {
    std::size_t oldBegin, oldEnd, newBegin, newEnd;
};

std::vector<TokenChange> changesOf(const Unmatched& unmatched)
{
    std::vector<TokenChange> changes;
    std::size_t i = 0, j = 0;
    while (i < unmatched.a.size() || j < unmatched.b.size()) {
        const std::size_t iBegin = i, jBegin = j;
        while (i < unmatched.a.size() && unmatched.a[i]) ++i;
        while (j < unmatched.b.size() && unmatched.b[j]) ++j;
        if (i > iBegin || j > jBegin)
            changes.push_back({iBegin, i, jBegin, j});
        else
            ++i, ++j;
    }
    return changes;
}

std::size_t solidBytes(const Tokens& tokens, std::size_t begin, std::size_t end)
{
    std::size_t bytes = 0;
    for (std::size_t i = begin; i < end; ++i)
        if (tokens.ids[i] != 0) bytes += tokens.ranges[i].size();
    return bytes;
}

/// A short match between two larger changes ("the", a comma) is chance, and marking around it is harder to read than one mark.
void joinAcrossChance(std::vector<TokenChange>& changes, const Tokens& oldTokens, const Tokens& newTokens)
{
    const auto weight = [&](const TokenChange& c) {
        return std::max(solidBytes(oldTokens, c.oldBegin, c.oldEnd), solidBytes(newTokens, c.newBegin, c.newEnd));
    };
    std::vector<TokenChange> out;
    for (TokenChange change : changes) {
        while (!out.empty()) {
            const std::size_t between = solidBytes(oldTokens, out.back().oldEnd, change.oldBegin);
            if (between > 0 && (between > weight(out.back()) || between > weight(change) || between > 24)) break;
            change.oldBegin = out.back().oldBegin;
            change.newBegin = out.back().newBegin;
            out.pop_back();
        }
        out.push_back(change);
    }
    changes = std::move(out);
}

/// The bytes of tokens begin..end-1 without blanks at the edges.
void appendMark(std::vector<ByteRange>& out, const Tokens& tokens, std::size_t begin, std::size_t end)
{
    while (begin < end && tokens.ids[begin] == 0) ++begin;
    while (begin < end && tokens.ids[end - 1] == 0) --end;
    if (begin < end) out.push_back({tokens.ranges[begin].begin, tokens.ranges[end - 1].end});
}

} // namespace

std::vector<ByteRange> wordSegments(std::string_view text)
{
    std::vector<ByteRange> out;
    UErrorCode status = U_ZERO_ERROR;
    UBreakIterator* const breaks = wordBreaks();
    const std::unique_ptr<UText, CloseText> wrapped(
        utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status));
    if (breaks && U_SUCCESS(status)) ubrk_setUText(breaks, wrapped.get(), &status);
    if (!breaks || U_FAILURE(status)) {
        // Without ICU's data every byte is a segment: coarser marks, never a wrong one.
        for (std::size_t i = 0; i < text.size(); ++i) appendSegment(out, text, i, i + 1);
        return out;
    }
    std::size_t begin = 0;
    for (std::int32_t at = ubrk_first(breaks); at != UBRK_DONE; at = ubrk_next(breaks)) {
        const std::size_t end = std::min(static_cast<std::size_t>(at), text.size());
        appendSegment(out, text, begin, end);
        begin = std::max(begin, end);
    }
    appendSegment(out, text, begin, text.size());
    return out;
}

WordMarks diffWords(std::string_view oldText, std::string_view newText, const WordBudget& budget)
{
    WordMarks marks;
    if (oldText.size() + newText.size() > budget.maxBytes) return marks;
    TokenIds known;
    const Tokens oldTokens = tokensOf(oldText, known), newTokens = tokensOf(newText, known);
    std::vector<TokenChange> changes = changesOf(
        matchSequences(oldTokens.ids, newTokens.ids, static_cast<std::uint32_t>(known.size() + 1), MatchStyle::Shortest));
    const std::size_t oldSolid = solidBytes(oldTokens, 0, oldTokens.ids.size());
    const std::size_t newSolid = solidBytes(newTokens, 0, newTokens.ids.size());
    joinAcrossChance(changes, oldTokens, newTokens);
    std::size_t changed = 0;
    for (const TokenChange& change : changes) {
        appendMark(marks.oldRanges, oldTokens, change.oldBegin, change.oldEnd);
        appendMark(marks.newRanges, newTokens, change.newBegin, change.newEnd);
        changed +=
            solidBytes(oldTokens, change.oldBegin, change.oldEnd) + solidBytes(newTokens, change.newBegin, change.newEnd);
    }
    marks.refined = (oldSolid + newSolid - changed) * 4 >= oldSolid + newSolid;
    if (!marks.refined) return WordMarks{};
    marks.layoutOnly = marks.oldRanges.empty() && marks.newRanges.empty();
    return marks;
}

} // namespace tackroom
