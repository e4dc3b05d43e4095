// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/diffview: the diff of one file, side by side or unified, painted from a RowModel.
///
///   diffdocument.h  what is shown; made on a worker
///   diffview.h      the widget; lays out and paints the visible rows alone
///   diffcolors.h    its colours: light, dark, high contrast
#include "ui/diffview/diffdocument.h"

#include <QAbstractScrollArea>
#include <QString>

#include <memory>

class QAction;

namespace tackroom::ui
{

class DiffView : public QAbstractScrollArea
{
    Q_OBJECT
public:
    enum class Mode { SideBySide, Unified };
    Q_ENUM(Mode)
    enum class Command {
        NextChange,
        PreviousChange,
        ToggleUnified,
        ToggleWrap,
        ToggleFolds,
        OtherSide,
        Find,
        FindNext,
        FindPrevious,
        Copy,
        SelectAll
    };
    Q_ENUM(Command)

    explicit DiffView(QWidget* parent = nullptr);
    ~DiffView() override;

    /// Shows a document from its first change on; nullptr shows the empty state. Shares the document. Wrap follows what
    /// the user last chose for prose and for code in this view.
    void setContent(std::shared_ptr<const DiffDocument> document);
    [[nodiscard]] std::shared_ptr<const DiffDocument> content() const;
    /// The sentence shown without a document.
    void setEmptyText(const QString& text);

    [[nodiscard]] Mode mode() const;
    void setMode(Mode mode);
    [[nodiscard]] bool wraps() const;
    void setWrap(bool wrap);
    [[nodiscard]] bool folded() const;
    void setFolded(bool folded);

    [[nodiscard]] int hunkCount() const;
    /// -1 where there is none. Hunk i is atom i of the file.
    [[nodiscard]] int currentHunk() const;
    /// Makes it current and scrolls it into view (-1: none).
    void setCurrentHunk(int hunk);
    /// A word beside a hunk's first row, such as "approved"; empty takes it away. Plain text.
    void setHunkNote(int hunk, const QString& note);

    /// The next place that holds the text (letter case ignored), from the selection on, around the end; opens folds. False:
    /// nowhere.
    bool find(const QString& text, bool backwards = false);
    [[nodiscard]] QString selectedText() const;

    /// The action of a command: shortcut re-bindable by QAction::setShortcut, acting while the view has the focus.
    [[nodiscard]] QAction* action(Command command) const;

Q_SIGNALS:
    void currentHunkChanged(int hunk);
    void modeChanged(tackroom::ui::DiffView::Mode mode);
    void wrapChanged(bool wraps);
    void selectionChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void timerEvent(QTimerEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    friend class DiffViewPrivate;
    friend class DiffAccessible;
    std::unique_ptr<class DiffViewPrivate> d;
};

} // namespace tackroom::ui
