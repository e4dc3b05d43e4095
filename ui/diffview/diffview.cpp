// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/diffview/diffview.h"

#include "ui/diffview/diffaccessible.h"
#include "ui/diffview/diffviewprivate.h"
#include "ui/diffview/findbar.h"
#include "ui/diffview/overviewruler.h"

#include <QAccessible>
#include <QContextMenuEvent>
#include <QMenu>
#include <QMetaEnum>
#include <QMouseEvent>
#include <QPaintEvent>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <functional>

namespace tackroom::ui
{

DiffViewPrivate::DiffViewPrivate(DiffView* view) : q(view) {}
DiffViewPrivate::~DiffViewPrivate() = default;

DiffView::DiffView(QWidget* parent) : QAbstractScrollArea(parent), d(std::make_unique<DiffViewPrivate>(this))
{
    installDiffAccessibility();
    setObjectName(QStringLiteral("diffView"));
    setAccessibleName(tr("Diff"));
    setFocusPolicy(Qt::StrongFocus);
    viewport()->setCursor(Qt::IBeamCursor);
    viewport()->setMouseTracking(true);
    viewport()->setAttribute(Qt::WA_OpaquePaintEvent);
    d->emptyText = tr("Nothing to compare.");
    d->ruler = new OverviewRuler(*d, this);
    d->findBar = new FindBar(this);
    d->makeActions();
    d->updateColors();
    setViewportMargins(0, 0, OverviewRuler::kWidth, 0);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, d->ruler, qOverload<>(&QWidget::update));
    d->updateMetrics();
}

DiffView::~DiffView() = default;

void DiffViewPrivate::makeActions()
{
    struct Entry {
        DiffView::Command command;
        QString text;
        QList<QKeySequence> keys;
        bool checkable;
        std::function<void(bool)> run;
    };
    const std::vector<Entry> entries = {
        {DiffView::Command::NextChange, DiffView::tr("Next change"), {Qt::Key_J}, false, [this](bool) { step(1); }},
        {DiffView::Command::PreviousChange, DiffView::tr("Previous change"), {Qt::Key_K}, false, [this](bool) { step(-1); }},
        {DiffView::Command::ToggleUnified,
         DiffView::tr("Unified"),
         {Qt::Key_S},
         true,
         [this](bool on) { q->setMode(on ? DiffView::Mode::Unified : DiffView::Mode::SideBySide); }},
        {DiffView::Command::ToggleWrap, DiffView::tr("Wrap lines"), {Qt::Key_W}, true, [this](bool on) { q->setWrap(on); }},
        {DiffView::Command::ToggleFolds,
         DiffView::tr("Fold unchanged lines"),
         {Qt::Key_Z},
         true,
         [this](bool on) { q->setFolded(on); }},
        {DiffView::Command::OtherSide,
         DiffView::tr("Caret to the other side"),
         {Qt::Key_O},
         false,
         [this](bool) {
             TextPlace to = caret;
             to.side = to.side == Side::Old ? Side::New : Side::Old;
             moveCaret(to, false);
         }},
        {DiffView::Command::Find,
         DiffView::tr("Find in this file…"),
         {Qt::Key_Slash},
         false,
         [this](bool) { findBar->open(); }},
        {DiffView::Command::FindNext, DiffView::tr("Find next"), {Qt::Key_F3}, false, [this](bool) { find(lastFind, false); }},
        {DiffView::Command::FindPrevious,
         DiffView::tr("Find previous"),
         {Qt::SHIFT | Qt::Key_F3},
         false,
         [this](bool) { find(lastFind, true); }},
        {DiffView::Command::Copy, DiffView::tr("Copy"), QKeySequence::keyBindings(QKeySequence::Copy), false,
         [this](bool) { copySelection(); }},
        {DiffView::Command::SelectAll, DiffView::tr("Select all"), QKeySequence::keyBindings(QKeySequence::SelectAll), false,
         [this](bool) {
             if (tableSize() > 0) setSelection({0, 0, caret.side}, {tableSize() - 1, 1 << 30, caret.side});
         }},
    };
    for (const Entry& entry : entries) {
        auto* action = new QAction(entry.text, q);
        action->setObjectName(QStringLiteral("diff.") + QString::fromLatin1(QMetaEnum::fromType<DiffView::Command>().valueToKey(
                                                            static_cast<int>(entry.command))));
        action->setShortcuts(entry.keys);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        action->setCheckable(entry.checkable);
        QObject::connect(action, &QAction::triggered, q, entry.run);
        actions[static_cast<std::size_t>(entry.command)] = action;
        q->addAction(action);
    }
    updateActions();
}

void DiffViewPrivate::updateActions()
{
    const bool changes = model() && !model()->hunks().empty(), any = tableSize() > 0;
    using C = DiffView::Command;
    const auto at = [this](C command) { return actions[static_cast<std::size_t>(command)]; };
    for (const C command : {C::NextChange, C::PreviousChange, C::ToggleFolds}) at(command)->setEnabled(changes);
    for (const C command : {C::Find, C::FindNext, C::FindPrevious, C::SelectAll, C::OtherSide}) at(command)->setEnabled(any);
    at(C::Copy)->setEnabled(hasSelection());
    at(C::ToggleUnified)->setChecked(unified());
    at(C::ToggleWrap)->setChecked(q->wraps());
    at(C::ToggleFolds)->setChecked(folded);
}

void DiffViewPrivate::updateColors()
{
    colors = DiffColors::from(q->palette());
    for (Syntax& side : syntax) side.setColors(colors, q->palette());
    dropCells();
    ruler->contentChanged();
}

void DiffViewPrivate::adopt(std::shared_ptr<const DiffDocument> next)
{
    syntaxTimer.stop();
    cells.clear();
    words.clear();
    endsDiffer.clear();
    openedLines.clear();
    expandedFolds.clear();
    notes.clear();
    starts.clear();
    document = std::move(next);
    for (const Side side : {Side::Old, Side::New}) {
        const bool plain = !document || !model();
        syntax[static_cast<std::size_t>(side)].reset(plain ? nullptr : &linesOf(side), plain ? std::string() : document->path,
                                                     plain ? std::string() : document->languageHint);
    }
    anchor = caret = {};
    current = -1;
    updateMetrics();
    q->verticalScrollBar()->setValue(0);
    q->horizontalScrollBar()->setValue(0);
    relayout(false);
    updateActions();
}

void DiffView::setContent(std::shared_ptr<const DiffDocument> document)
{
    d->adopt(std::move(document));
    const bool changes = d->model() && !d->model()->hunks().empty();
    if (changes)
        d->setCurrent(0, true);
    else
        Q_EMIT currentHunkChanged(-1);
    if (QAccessible::isActive()) {
        QAccessibleEvent event(this, QAccessible::TextUpdated);
        QAccessible::updateAccessibility(&event);
    }
}

std::shared_ptr<const DiffDocument> DiffView::content() const { return d->document; }

void DiffView::setEmptyText(const QString& text)
{
    d->emptyText = text;
    viewport()->update();
}

DiffView::Mode DiffView::mode() const { return d->mode; }

void DiffView::setMode(Mode mode)
{
    if (mode == d->mode) return;
    const int hunk = d->current;
    d->mode = mode;
    d->expandedFolds.clear();
    d->anchor = d->caret = {};
    d->relayout(false);
    if (hunk >= 0) d->setCurrent(hunk, true);
    d->updateActions();
    Q_EMIT modeChanged(mode);
}

bool DiffView::wraps() const { return d->document && d->document->prose ? d->wrapProse : d->wrapCode; }

void DiffView::setWrap(bool wrap)
{
    if (wrap == wraps()) return;
    (d->document && d->document->prose ? d->wrapProse : d->wrapCode) = wrap;
    d->relayout(true);
    d->updateActions();
    Q_EMIT wrapChanged(wrap);
}

bool DiffView::folded() const { return d->folded; }

void DiffView::setFolded(bool folded)
{
    d->folded = folded;
    d->expandedFolds.clear();
    d->relayout(true);
    if (d->current >= 0) d->setCurrent(d->current, true);
    d->updateActions();
}

int DiffView::hunkCount() const { return d->model() ? static_cast<int>(d->model()->hunks().size()) : 0; }
int DiffView::currentHunk() const { return d->current; }
void DiffView::setCurrentHunk(int hunk) { d->setCurrent(std::clamp(hunk, -1, hunkCount() - 1), true); }

void DiffView::setHunkNote(int hunk, const QString& note)
{
    if (note.isEmpty())
        d->notes.remove(hunk);
    else
        d->notes.insert(hunk, note);
    viewport()->update();
}

bool DiffView::find(const QString& text, bool backwards) { return d->find(text, backwards); }
QString DiffView::selectedText() const { return d->safeSelection(); }
QAction* DiffView::action(Command command) const { return d->actions[static_cast<std::size_t>(command)]; }

void DiffViewPrivate::setCurrent(int hunk, bool scroll)
{
    const bool changed = hunk != current;
    current = hunk;
    if (hunk >= 0) {
        const RowHunk& entry = model()->hunks()[static_cast<std::size_t>(hunk)];
        const std::uint32_t begin = (unified() ? entry.unifiedBegin : entry.begin).value,
                            end = (unified() ? entry.unifiedEnd : entry.end).value;
        unfoldRow(begin);
        if (scroll) {
            const Side side = tableRow(begin).right.value == kNone ? Side::Old : Side::New;
            anchor = caret = {begin, 0, side};
            scrollToDisplay(displayIndexOf(begin), displayIndexOf(end - 1), true);
            notifyCaret();
        }
        if (changed) announce(hunkSentence(hunk));
    }
    q->viewport()->update();
    if (changed) Q_EMIT q->currentHunkChanged(hunk);
}

void DiffViewPrivate::step(int direction)
{
    const int count = q->hunkCount();
    if (count == 0) return;
    int next = current + direction;
    if (current < 0) next = direction > 0 ? 0 : count - 1;
    if (next < 0 || next >= count) {
        announce(direction > 0 ? DiffView::tr("This is the last change.") : DiffView::tr("This is the first change."));
        next = current;
    }
    setCurrent(next, true);
}

QString DiffViewPrivate::hunkSentence(int hunk) const
{
    const LineChange& lines = model()->hunks()[static_cast<std::size_t>(hunk)].lines;
    const QString place = DiffView::tr("Change %1 of %2").arg(hunk + 1).arg(q->hunkCount());
    // One is said apart, so that English needs no table of plurals.
    const auto removedLines = static_cast<int>(lines.oldLines.count()), addedLines = static_cast<int>(lines.newLines.count());
    const QString removed =
        removedLines == 1 ? DiffView::tr("1 line removed") : DiffView::tr("%n lines removed", nullptr, removedLines);
    const QString added = addedLines == 1 ? DiffView::tr("1 line added") : DiffView::tr("%n lines added", nullptr, addedLines);
    const LineNo first = lines.newLines.empty() ? lines.oldLines.begin : lines.newLines.begin;
    return DiffView::tr("%1, line %2: %3, %4").arg(place).arg(first.value + 1).arg(removed, added);
}

void DiffViewPrivate::announce(const QString& text) const
{
    if (!QAccessible::isActive()) return;
    QAccessibleAnnouncementEvent event(q, text);
    QAccessible::updateAccessibility(&event);
}

void DiffView::paintEvent(QPaintEvent* event)
{
    QPainter painter(viewport());
    d->paint(painter, event->rect());
}

void DiffView::resizeEvent(QResizeEvent* event)
{
    QAbstractScrollArea::resizeEvent(event);
    const QRect area = viewport()->geometry();
    d->ruler->setGeometry(area.right() + 1, area.top(), OverviewRuler::kWidth, area.height());
    if (d->findBar->isVisible()) d->findBar->place();
    if (event->size().width() != event->oldSize().width())
        d->relayout(true);
    else
        d->updateScrollBars();
    d->ruler->contentChanged();
}

void DiffView::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) {
        d->updateColors();
        viewport()->update();
    } else if (event->type() == QEvent::FontChange) {
        d->updateMetrics();
        d->relayout(true);
    }
}

void DiffView::keyPressEvent(QKeyEvent* event)
{
    if (!d->handleKey(event)) QAbstractScrollArea::keyPressEvent(event);
}

void DiffView::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton) return;
    const QPoint point = event->position().toPoint();
    const auto index = d->displayAt(point.y());
    if (!index) return;
    if (d->display[*index].foldCount > 0) {
        d->expandFold(*index);
        return;
    }
    const bool extend = event->modifiers() & Qt::ShiftModifier;
    const auto place = d->placeAt(point, extend ? std::optional(d->caret.side) : std::nullopt);
    if (!place) return;
    d->moveCaret(*place, extend, false);
    if (!extend && d->isCutMark(*place) && d->openLongLine(*place)) return;
    d->dragging = true;
    const std::uint32_t hunk = d->tableRow(place->row).hunk;
    if (hunk != kNone) d->setCurrent(static_cast<int>(hunk), false);
}

void DiffView::mouseMoveEvent(QMouseEvent* event)
{
    const QPoint point = event->position().toPoint();
    if (!d->dragging) {
        const auto index = d->displayAt(point.y());
        viewport()->setCursor(index && d->display[*index].foldCount > 0 ? Qt::PointingHandCursor : Qt::IBeamCursor);
        return;
    }
    d->dragPoint = point;
    if (!viewport()->rect().contains(point))
        d->dragTimer.start(50, this);
    else
        d->dragTimer.stop();
    if (const auto place = d->placeAt(point, d->caret.side)) d->moveCaret(*place, true, false);
}

void DiffView::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton) return;
    d->dragging = false;
    d->dragTimer.stop();
}

void DiffView::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && d->placeAt(event->position().toPoint(), std::nullopt)) d->selectWord();
}

void DiffView::contextMenuEvent(QContextMenuEvent* event)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (const Command command : {Command::Copy, Command::SelectAll, Command::Find}) menu->addAction(action(command));
    menu->addSeparator();
    for (const Command command : {Command::ToggleUnified, Command::ToggleWrap, Command::ToggleFolds})
        menu->addAction(action(command));
    menu->popup(event->globalPos());
}

void DiffView::focusInEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

void DiffView::focusOutEvent(QFocusEvent* event)
{
    QAbstractScrollArea::focusOutEvent(event);
    viewport()->update();
}

void DiffView::timerEvent(QTimerEvent* event)
{
    if (event->timerId() == d->dragTimer.timerId()) {
        const int y = d->dragPoint.y(), height = viewport()->height();
        const int by = y < 0 ? y : y > height ? y - height : 0;
        verticalScrollBar()->setValue(verticalScrollBar()->value() + by);
        if (const auto place = d->placeAt({d->dragPoint.x(), std::clamp(y, 0, height - 1)}, d->caret.side))
            d->moveCaret(*place, true, false);
    } else if (event->timerId() == d->syntaxTimer.timerId()) {
        d->highlightMore();
    } else {
        QAbstractScrollArea::timerEvent(event);
    }
}

void DiffView::scrollContentsBy(int /*dx*/, int /*dy*/) { viewport()->update(); }

/// Looks on for some milliseconds at a time until the lines in view can be coloured.
void DiffViewPrivate::highlightMore()
{
    syntaxTimer.stop();
    if (display.empty()) return;
    const int height = q->viewport()->height();
    std::size_t index = heights.rowAt((q->verticalScrollBar()->value() + height) / rowHeight);
    bool done = true;
    for (const Side side : {Side::Old, Side::New}) {
        // The lowest line in view of this side: the rows above it may lack one.
        for (std::size_t i = index + 1; i-- > 0 && index - i < 200;) {
            const TableRow row = tableRow(display[i].row);
            const LineNo line = side == Side::Old ? row.left : row.right;
            if (line.value == kNone) continue;
            done &= syntax[static_cast<std::size_t>(side)].advance(line, 6);
            break;
        }
    }
    if (done)
        q->viewport()->update();
    else
        syntaxTimer.start(1, q);
}

} // namespace tackroom::ui
