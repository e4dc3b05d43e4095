// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "ui/diffview/diffcolors.h"
#include "ui/diffview/diffview.h"
#include "ui/diffview/lineheights.h"
#include "ui/diffview/shownline.h"
#include "ui/diffview/syntax.h"

#include <QAction>
#include <QBasicTimer>
#include <QHash>
#include <QTextLayout>

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

class QPainter;

namespace tackroom::ui
{

class FindBar;
class OverviewRuler;

enum class Side : std::uint8_t { Old = 0, New = 1 };

/// One line on screen, or a fold that stands for `foldCount` table rows from `row` on.
struct DisplayRow {
    std::uint32_t row = 0;
    std::uint32_t foldCount = 0;
};

/// A row of the model's table, the same for both modes. Unified rows have one cell.
struct TableRow {
    LineNo left{kNone};
    LineNo right{kNone};
    std::uint32_t hunk = kNone;
    RowKind kind = RowKind::Equal;
};

/// A place in the text: a table row, a side (unified: ignored) and a unit of the shown line.
struct TextPlace {
    std::uint32_t row = 0;
    int column = 0;
    Side side = Side::New;
};

/// A laid out line.
struct Cell {
    ShownLine shown;
    QTextLayout layout;
    int lines = 1;
    bool highlighted = false;
};

/// Where things stand from left to right, in pixels of the viewport without the horizontal scroll.
struct ColumnPlan {
    int gutterLeft = 0;
    int numberRight = 0;  ///< the (only, or new side's) line number ends here
    int number2Right = 0; ///< unified: the old side's number ends here; else 0
    int signLeft = 0;
    int textLeft = 0;
    int right = 0;
};

/// State and work of DiffView, in four files: diffview.cpp (the public face, events), difflayout.cpp (display rows, heights,
/// laid out lines), diffpaint.cpp, diffselection.cpp (caret, selection, search).
class DiffViewPrivate
{
public:
    explicit DiffViewPrivate(DiffView* view);
    ~DiffViewPrivate();

    // diffview.cpp
    void makeActions();
    void adopt(std::shared_ptr<const DiffDocument> next);
    void setCurrent(int hunk, bool scroll);
    void step(int direction);
    void announce(const QString& text) const;
    [[nodiscard]] QString hunkSentence(int hunk) const;
    void updateActions();
    void updateColors();
    void highlightMore();

    // difflayout.cpp
    [[nodiscard]] bool unified() const { return mode == DiffView::Mode::Unified; }
    [[nodiscard]] const RowModel* model() const { return document ? document->model.get() : nullptr; }
    [[nodiscard]] std::uint32_t tableSize() const;
    [[nodiscard]] TableRow tableRow(std::uint32_t row) const;
    /// The line of a cell, kNone where the side has none. Unified rows answer for either side.
    [[nodiscard]] LineNo lineOf(const TableRow& row, Side side) const;
    [[nodiscard]] Side sideOf(const TableRow& row, Side wanted) const;
    [[nodiscard]] const Lines& linesOf(Side side) const
    {
        return side == Side::Old ? model()->oldLines() : model()->newLines();
    }
    void updateMetrics();
    void rebuildDisplay(); ///< folds
    void rebuildHeights(); ///< wrap, width
    void relayout(bool keepPlace);
    void updateScrollBars();
    [[nodiscard]] ColumnPlan columns(Side side) const;
    [[nodiscard]] int textWidth(Side side) const;
    Cell& cell(Side side, LineNo line, std::uint32_t hunk);
    [[nodiscard]] QString lineMark(Side side, LineNo line, std::uint32_t hunk);
    const HunkWords& wordsOf(std::uint32_t hunk);
    [[nodiscard]] bool blanksDiffer(std::uint32_t hunk);
    void appendWordFormats(QList<QTextLayout::FormatRange>& formats, const Cell& cell, Side side, LineNo line,
                           std::uint32_t hunk);
    /// Lays a display row out and corrects its height; gives the height in text lines.
    std::uint32_t settleRow(std::size_t displayIndex);
    void settleVisible();
    [[nodiscard]] std::size_t displayIndexOf(std::uint32_t tableRow) const;
    [[nodiscard]] int topOf(std::size_t displayIndex) const; ///< y in the viewport
    void expandFold(std::size_t displayIndex);
    [[nodiscard]] bool isCutMark(const TextPlace& place);
    /// Shows more of the line under a place; false where it is not cut.
    bool openLongLine(const TextPlace& place);
    void unfoldRow(std::uint32_t tableRow);
    void scrollToDisplay(std::size_t first, std::size_t last, bool place);
    void dropCells();

    // diffpaint.cpp
    void paint(QPainter& painter, const QRect& exposed);
    void paintEmpty(QPainter& painter) const;
    void paintFold(QPainter& painter, const DisplayRow& row, const QRect& area) const;
    void paintCell(QPainter& painter, const TableRow& row, std::uint32_t tableRowNo, Side side, const QRect& area);
    void paintGutter(QPainter& painter, const TableRow& row, Side side, const QRect& area) const;
    void paintText(QPainter& painter, const TableRow& row, std::uint32_t tableRowNo, Side side, const QRect& area);
    void paintNote(QPainter& painter, int hunk, const QRect& area) const;
    [[nodiscard]] QColor washOf(const TableRow& row, Side side) const;

    // diffselection.cpp
    [[nodiscard]] std::optional<TextPlace> placeAt(const QPoint& point, std::optional<Side> side);
    [[nodiscard]] std::optional<std::size_t> displayAt(int y);
    [[nodiscard]] bool hasSelection() const;
    [[nodiscard]] std::pair<TextPlace, TextPlace> ordered() const;
    [[nodiscard]] QString shownText(std::uint32_t tableRow, Side side);
    [[nodiscard]] QString selectedText();
    void moveCaret(TextPlace to, bool select, bool scroll = true);
    void setSelection(TextPlace from, TextPlace to);
    bool handleKey(QKeyEvent* event);
    void moveVertically(int rows, bool select);
    void moveHorizontally(int direction, bool words, bool select);
    void selectWord();
    void scrollToCaret();
    void copySelection();
    [[nodiscard]] QString safeSelection() const;
    bool find(const QString& text, bool backwards);
    [[nodiscard]] QRect caretRect();
    void notifyCaret();

    // diffaccessible.cpp: the text that assistive technology reads, one line for each unified row
    [[nodiscard]] const std::vector<int>& readStarts();
    [[nodiscard]] QString readPrefix(std::uint32_t unifiedRow) const;
    [[nodiscard]] QString readLine(std::uint32_t unifiedRow) const;
    [[nodiscard]] std::uint32_t readRowAt(int offset);
    [[nodiscard]] int readOffset(const TextPlace& place);
    [[nodiscard]] TextPlace readPlace(int offset);

    DiffView* const q;
    std::shared_ptr<const DiffDocument> document;
    QString emptyText;
    DiffView::Mode mode = DiffView::Mode::SideBySide;
    bool wrapProse = true, wrapCode = false, folded = true;
    std::set<std::uint32_t> expandedFolds; ///< by first row; of the present mode
    std::vector<DisplayRow> display;
    LineHeights heights;
    int current = -1;
    QHash<int, QString> notes;

    QFont font;
    qreal charWidth = 8;
    int rowHeight = 18, textTop = 0, digits = 3;
    std::uint32_t longestColumns = 0;
    DiffColors colors;
    std::array<Syntax, 2> syntax;
    std::unordered_map<std::uint64_t, std::unique_ptr<Cell>> cells;
    std::unordered_map<std::uint32_t, HunkWords> words;
    std::unordered_map<std::uint32_t, bool> endsDiffer;
    std::set<std::uint64_t> openedLines; ///< long lines shown whole
    bool syntaxReady = false;

    TextPlace anchor, caret;
    bool dragging = false;
    QBasicTimer dragTimer, syntaxTimer;
    QPoint dragPoint;
    QString lastFind;

    std::array<QAction*, 11> actions{};
    OverviewRuler* ruler = nullptr;
    FindBar* findBar = nullptr;
    std::vector<int> starts; ///< see readStarts(); empty until somebody asks
};

[[nodiscard]] inline std::uint64_t cellKey(Side side, LineNo line)
{
    return std::uint64_t{line.value} * 2 + static_cast<std::uint64_t>(side);
}

} // namespace tackroom::ui
