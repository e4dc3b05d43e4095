// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/commandpalette.h"

#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace tackroom::ui {

namespace {

constexpr int kMaxShown = 60;

class EntryDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override { return {100, option.fontMetrics.height() * 17 / 10}; }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const bool selected = option.state & QStyle::State_Selected;
        if (selected) painter->fillRect(option.rect, option.palette.highlight());
        const QRect inner = option.rect.adjusted(kGrid, 0, -kGrid, 0);
        const QString side = index.data(Qt::UserRole).toString();
        const int sideWidth = option.fontMetrics.horizontalAdvance(side) + kGrid;
        painter->setPen(selected ? option.palette.color(QPalette::HighlightedText) : option.palette.color(QPalette::Text));
        painter->drawText(inner.adjusted(0, 0, -sideWidth, 0), Qt::AlignVCenter | Qt::AlignLeft,
                          option.fontMetrics.elidedText(index.data().toString(), Qt::ElideMiddle, inner.width() - sideWidth));
        if (!selected) painter->setPen(roleColors(option.palette).faint);
        painter->drawText(inner, Qt::AlignVCenter | Qt::AlignRight, side);
    }
};

} // namespace

CommandPalette::CommandPalette(QWidget* window) : QFrame(window), m_line(new QLineEdit(this)), m_list(new QListWidget(this))
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(kGrid, kGrid, kGrid, kGrid);
    column->setSpacing(kGrid);
    m_line->setObjectName(QStringLiteral("commandLine"));
    m_line->setAccessibleName(tr("Command or address"));
    m_line->setPlaceholderText(tr("Type a command, a cluster, a proposal, a version, or paste an address"));
    m_list->setAccessibleName(tr("Matching commands"));
    m_list->setItemDelegate(new EntryDelegate(m_list));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setFocusPolicy(Qt::NoFocus);
    column->addWidget(m_line);
    column->addWidget(m_list, 1);
    m_line->installEventFilter(this);
    connect(m_line, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::act);
    hide();
}

int CommandPalette::score(const QString& text, const QString& query)
{
    int total = 1;
    for (const QString& word : query.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const qsizetype at = text.indexOf(word, 0, Qt::CaseInsensitive);
        if (at < 0) return 0;
        const bool begins = at == 0 || !text.at(at - 1).isLetterOrNumber();
        total += (begins ? 20 : 5) + (at == 0 ? 10 : 0);
    }
    return total;
}

void CommandPalette::open(std::vector<Entry> entries, std::function<std::vector<Entry>(const QString&)> typed)
{
    m_entries = std::move(entries);
    m_typed = std::move(typed);
    m_before = QApplication::focusWidget();
    const QRect around = parentWidget()->rect();
    const int width = std::min(680, around.width() - 64);
    setGeometry((around.width() - width) / 2, 56, width, std::min(460, around.height() - 100));
    m_line->clear();
    filter();
    show();
    raise();
    m_line->setFocus(Qt::PopupFocusReason);
}

void CommandPalette::filter()
{
    const QString query = m_line->text().trimmed();
    std::vector<std::pair<int, const Entry*>> found;
    for (const Entry& entry : m_entries)
        if (const int s = score(entry.text + QLatin1Char(' ') + entry.kind, query)) found.emplace_back(s, &entry);
    std::ranges::stable_sort(found, std::greater<>{}, [](const auto& pair) { return pair.first; });
    m_shown.clear();
    for (const auto& [s, entry] : found) {
        if (m_shown.size() >= kMaxShown) break;
        m_shown.push_back(*entry);
    }
    // What is made of the typed text itself comes after everything that bears the name.
    if (m_typed && !query.isEmpty())
        for (Entry& entry : m_typed(query)) m_shown.push_back(std::move(entry));
    m_list->clear();
    for (const Entry& entry : m_shown) {
        auto* item = new QListWidgetItem(entry.text, m_list);
        item->setData(Qt::UserRole, entry.keys.isEmpty() ? entry.kind : entry.keys);
    }
    if (m_shown.empty()) {
        auto* item = new QListWidgetItem(tr("Nothing is called that"), m_list);
        item->setFlags(Qt::NoItemFlags);
    }
    m_list->setCurrentRow(0);
}

void CommandPalette::act()
{
    const int row = m_list->currentRow();
    if (row < 0 || row >= static_cast<int>(m_shown.size())) return;
    const auto action = m_shown[static_cast<std::size_t>(row)].act;
    dismiss();
    action();
}

void CommandPalette::dismiss()
{
    hide();
    if (m_before) m_before->setFocus(Qt::PopupFocusReason);
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != m_line) return QFrame::eventFilter(watched, event);
    if (event->type() == QEvent::FocusOut && isVisible()) {
        hide();
        return false;
    }
    if (event->type() != QEvent::KeyPress) return false;
    const int rows = m_list->count();
    switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Escape: dismiss(); return true;
    case Qt::Key_Return:
    case Qt::Key_Enter: act(); return true;
    case Qt::Key_Down: m_list->setCurrentRow((m_list->currentRow() + 1) % std::max(1, rows)); return true;
    case Qt::Key_Up: m_list->setCurrentRow((m_list->currentRow() + rows - 1) % std::max(1, rows)); return true;
    default: return false;
    }
}

void CommandPalette::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(roleColors(palette()).line);
    painter.setBrush(palette().color(QPalette::Window));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

} // namespace tackroom::ui
