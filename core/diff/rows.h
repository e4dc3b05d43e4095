// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/diff/lines.h"
#include "core/diff/words.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tackroom
{

/// A row of the side-by-side table, or of the unified list, from 0.
using RowNo = Strong<struct RowTag, std::uint32_t>;

/// "No line on this side" and "in no hunk".
inline constexpr std::uint32_t kNone = 0xffffffff;

enum class RowKind : std::uint8_t {
    Equal,    ///< the same on both sides (under the chosen Whitespace)
    Removed,  ///< left only
    Added,    ///< right only
    Changed,  ///< one line before and after; its words can be compared
    Replaced, ///< a removed and an added line side by side that do not belong together
};

/// One row side by side.
struct Row {
    LineNo left{kNone};
    LineNo right{kNone};
    std::uint32_t hunk = kNone;
    RowKind kind = RowKind::Equal;
    [[nodiscard]] bool hasLeft() const { return left.value != kNone; }
    [[nodiscard]] bool hasRight() const { return right.value != kNone; }
};

/// One row of the unified view. Equal rows carry both lines, Removed rows the left, Added rows the right one.
struct UnifiedRow {
    LineNo left{kNone};
    LineNo right{kNone};
    std::uint32_t hunk = kNone;
    RowKind kind = RowKind::Equal; ///< Equal, Removed or Added
    [[nodiscard]] bool hasLeft() const { return left.value != kNone; }
    [[nodiscard]] bool hasRight() const { return right.value != kNone; }
};

/// One change without context, and where it stands in both tables.
struct RowHunk {
    LineChange lines;
    RowNo begin;        ///< first row side by side
    RowNo end;          ///< one behind the last
    RowNo unifiedBegin; ///< first row of the unified list
    RowNo unifiedEnd;
};

/// Which words of a hunk differ, as byte ranges of the whole files, sorted.
struct HunkWords {
    std::vector<ByteRange> oldRanges;
    std::vector<ByteRange> newRanges;
    bool refined = false; ///< false: the lines count as changed as a whole. Lines of a refined hunk without a partner always do
    bool layoutOnly = false; ///< nothing but blanks and line breaks differs
};

/// Equal rows begin..end-1 that may be folded into one.
struct Fold {
    RowNo begin;
    RowNo end;
    [[nodiscard]] std::uint32_t count() const { return end.value - begin.value; }
    friend bool operator==(const Fold&, const Fold&) = default;
};

/// Two texts as rows. Owns the bytes. Immutable: any number of threads may read one model. Hunk i of a model made with
/// Whitespace::Exact is change i of diffLines() and atom i of makeAtoms() on the same bytes.
class RowModel
{
public:
    [[nodiscard]] static std::shared_ptr<const RowModel> make(std::string oldBytes, std::string newBytes,
                                                              const DiffOptions& options = {});
    RowModel(const RowModel&) = delete;
    RowModel& operator=(const RowModel&) = delete;

    [[nodiscard]] const Lines& oldLines() const { return m_oldLines; }
    [[nodiscard]] const Lines& newLines() const { return m_newLines; }
    [[nodiscard]] std::span<const Row> rows() const { return m_rows; }
    [[nodiscard]] std::span<const UnifiedRow> unifiedRows() const { return m_unified; }
    [[nodiscard]] std::span<const RowHunk> hunks() const { return m_hunks; }
    [[nodiscard]] std::uint32_t addedLines() const { return m_added; }
    [[nodiscard]] std::uint32_t removedLines() const { return m_removed; }

    /// Computed anew at each call (below a millisecond for usual hunks, bounded for any); keep the result. Thread-safe.
    [[nodiscard]] HunkWords words(std::uint32_t hunk) const;

    /// The first hunk that begins behind row `from` (of the table named), or the last that begins before it.
    [[nodiscard]] std::optional<std::uint32_t> nextHunk(RowNo from, bool unified) const;
    [[nodiscard]] std::optional<std::uint32_t> previousHunk(RowNo from, bool unified) const;

    /// The runs of equal rows that remain when `context` rows around each hunk stay; runs shorter than `minRows` stay too.
    [[nodiscard]] std::vector<Fold> folds(bool unified, std::uint32_t context = 3, std::uint32_t minRows = 4) const;

private:
    RowModel(std::string oldBytes, std::string newBytes, const DiffOptions& options);
    [[nodiscard]] HunkWords blockWords(const RowHunk& hunk, std::size_t* changedBytes) const;
    [[nodiscard]] HunkWords pairedWords(const RowHunk& hunk, std::size_t* changedBytes) const;
    void addEqual(LineNo left, LineNo right, std::uint32_t count);
    void addChange(const LineChange& change);

    std::string m_old;
    std::string m_new;
    Lines m_oldLines;
    Lines m_newLines;
    std::vector<Row> m_rows;
    std::vector<UnifiedRow> m_unified;
    std::vector<RowHunk> m_hunks;
    std::uint32_t m_added = 0;
    std::uint32_t m_removed = 0;
};

} // namespace tackroom
