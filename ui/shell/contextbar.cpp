// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/contextbar.h"

#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QAbstractItemView>
#include <QAction>
#include <QCompleter>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QStandardItemModel>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QToolButton>
#include <QWidgetAction>

namespace tackroom::ui {

namespace {

constexpr int kBesideRole = Qt::UserRole + 1;

/// Where the last word of the line begins: after the last space outside quotes, and after the dash that makes a "not" of it.
qsizetype lastWordAt(const QString& line)
{
    qsizetype at = 0;
    bool inQuotes = false;
    for (qsizetype i = 0; i < line.size(); ++i) {
        if (line[i] == QLatin1Char('"')) inQuotes = !inQuotes;
        if (line[i] == QLatin1Char(' ') && !inQuotes) at = i + 1;
    }
    return at < line.size() && line[at] == QLatin1Char('-') ? at + 1 : at;
}

/// Completes the last word of the line: a field name first, then its values.
class QueryCompleter : public QCompleter {
public:
    using QCompleter::QCompleter;
    QStringList splitPath(const QString& path) const override { return {path.mid(lastWordAt(path))}; }
    QString pathFromIndex(const QModelIndex& index) const override
    {
        const QString typed = static_cast<QLineEdit*>(widget())->text();
        return typed.left(lastWordAt(typed)) + index.data(Qt::EditRole).toString();
    }
};

/// The word, and at the right what stands beside it.
class CompletionDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        const bool selected = option.state & QStyle::State_Selected;
        painter->save();
        painter->setPen(selected ? option.palette.color(QPalette::HighlightedText) : roleColors(option.palette).faint);
        painter->drawText(option.rect.adjusted(0, 0, -kGrid, 0), Qt::AlignRight | Qt::AlignVCenter, index.data(kBesideRole).toString());
        painter->restore();
    }
};

QCompleter* completerOf(const QStringList& completions, QLineEdit* line)
{
    auto* completer = new QueryCompleter(line);
    auto* model = new QStandardItemModel(completer);
    for (const QString& each : completions) {
        auto* item = new QStandardItem(each.section(QLatin1Char('\t'), 0, 0));
        const QString beside = each.section(QLatin1Char('\t'), 1);
        item->setData(beside, kBesideRole);
        item->setData(beside.isEmpty() ? item->text() : QString(item->text() + QStringLiteral(", ") + beside), Qt::AccessibleTextRole);
        model->appendRow(item);
    }
    completer->setModel(model);
    completer->setCaseSensitivity(Qt::CaseInsensitive);
    completer->setMaxVisibleItems(14);
    completer->popup()->setItemDelegate(new CompletionDelegate(completer->popup()));
    return completer;
}

QToolButton* buttonFor(QAction* action, QWidget* parent)
{
    auto* button = new QToolButton(parent);
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    button->setAccessibleName(action->text());
    return button;
}

} // namespace

ContextBar::ContextBar(QAction* back, QAction* forward, QAction* commands, QMenu* opened, QWidget* parent)
    : QWidget(parent), m_opened(new QToolButton(this)), m_viewsButton(new QToolButton(this)), m_query(new QLineEdit(this)), m_notUnderstood(new TextLabel({}, TextLabel::Elided, this))
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(kGrid, kGrid / 2, kGrid, kGrid / 2);
    row->setSpacing(kGrid);
    row->addWidget(buttonFor(back, this));
    row->addWidget(buttonFor(forward, this));
    m_opened->setMenu(opened);
    m_opened->setPopupMode(QToolButton::InstantPopup);
    m_opened->setAutoRaise(true);
    m_opened->setObjectName(QStringLiteral("openedMenu"));
    m_opened->setToolButtonStyle(Qt::ToolButtonTextOnly);
    row->addWidget(m_opened);
    m_query->setObjectName(QStringLiteral("query"));
    m_query->setAccessibleName(tr("Query"));
    m_query->setClearButtonEnabled(true);
    m_query->setMinimumWidth(160);
    QSizePolicy keep = m_query->sizePolicy(); // the bar keeps its shape on pages without a query
    keep.setRetainSizeWhenHidden(true);
    m_query->setSizePolicy(keep);
    m_query->installEventFilter(this);
    row->addWidget(m_query, 3);
    m_viewsButton->setText(tr("Views"));
    m_viewsButton->setToolTip(plainToolTip(tr("Saved queries of this store")));
    m_viewsButton->setAccessibleName(tr("Saved views"));
    m_viewsButton->setObjectName(QStringLiteral("viewsMenu"));
    m_viewsButton->setAutoRaise(true);
    m_viewsButton->setPopupMode(QToolButton::InstantPopup);
    m_viewsButton->setMenu(new QMenu(m_viewsButton));
    connect(m_viewsButton->menu(), &QMenu::aboutToShow, this, &ContextBar::fillViewsMenu);
    m_viewsButton->hide();
    row->addWidget(m_viewsButton);
    m_notUnderstood->hide();
    row->addWidget(m_notUnderstood, 1);
    auto* palette = buttonFor(commands, this);
    palette->setToolButtonStyle(Qt::ToolButtonTextOnly);
    row->addWidget(palette);

    auto* pause = new QTimer(this);
    pause->setSingleShot(true);
    pause->setInterval(150);
    connect(m_query, &QLineEdit::textChanged, pause, qOverload<>(&QTimer::start));
    connect(m_query, &QLineEdit::returnPressed, this, [this, pause] {
        pause->stop();
        Q_EMIT queryChanged(m_query->text());
    });
    connect(pause, &QTimer::timeout, this, [this] { Q_EMIT queryChanged(m_query->text()); });
}

void ContextBar::setOpened(const QString& text)
{
    const QString cut = m_opened->fontMetrics().elidedText(text, Qt::ElideMiddle, 260);
    m_opened->setText(cut + QStringLiteral("  "));
    m_opened->setToolTip(plainToolTip(text));
    m_opened->setAccessibleName(tr("What is open: %1").arg(text));
}

void ContextBar::setQueryBox(bool usable, const QString& hint, const QStringList& completions)
{
    m_query->setVisible(usable);
    m_query->setPlaceholderText(usable ? hint : QString());
    m_query->setToolTip(plainToolTip(usable ? tr("Filter this page (Ctrl+F)") : QString()));
    delete m_query->completer();
    if (usable && !completions.isEmpty()) {
        m_query->setCompleter(completerOf(completions, m_query));
    }
}

void ContextBar::setViews(const std::optional<QList<Page::QueryView>>& views)
{
    m_viewsButton->setVisible(views.has_value());
    m_views = views.value_or(QList<Page::QueryView>());
}

void ContextBar::fillViewsMenu()
{
    QMenu* menu = m_viewsButton->menu();
    menu->clear();
    for (const Page::QueryView& view : m_views) {
        QAction* action = menu->addAction(QString(view.name).replace(QLatin1Char('&'), QStringLiteral("&&")), this, [this, query = view.query] {
            m_query->setText(query);
            Q_EMIT queryChanged(query);
        });
        action->setToolTip(plainToolTip(view.query));
    }
    menu->setToolTipsVisible(true);
    if (m_views.isEmpty()) menu->addAction(tr("No view is saved yet"))->setEnabled(false);
    menu->addSeparator();
    if (m_query->text().trimmed().isEmpty()) {
        menu->addAction(tr("Type a query to save it as a view"))->setEnabled(false);
    } else {
        auto* name = new QLineEdit(menu);
        name->setPlaceholderText(tr("Save this query as… (Enter)"));
        name->setAccessibleName(tr("Name of the view"));
        name->setObjectName(QStringLiteral("viewName"));
        name->setMaxLength(80);
        name->setMinimumWidth(240);
        auto* action = new QWidgetAction(menu);
        action->setDefaultWidget(name);
        menu->addAction(action);
        connect(name, &QLineEdit::returnPressed, this, [this, menu, name] {
            const QString typed = name->text().trimmed();
            if (typed.isEmpty()) return;
            menu->close();
            Q_EMIT viewKept(typed);
        });
        if (m_views.isEmpty()) QTimer::singleShot(0, name, [name] { name->setFocus(); });
    }
    if (m_views.isEmpty()) return;
    QMenu* forget = menu->addMenu(tr("Forget a view"));
    for (const Page::QueryView& view : m_views)
        forget->addAction(QString(view.name).replace(QLatin1Char('&'), QStringLiteral("&&")), this, [this, name = view.name] { Q_EMIT viewForgotten(name); });
}

void ContextBar::setQuery(const QString& text)
{
    if (m_query->text() == text) return;
    const QSignalBlocker quiet(m_query);
    m_query->setText(text);
}

void ContextBar::setNotUnderstood(const QString& what)
{
    m_notUnderstood->setVisible(!what.isEmpty());
    m_notUnderstood->setShown(what.isEmpty() ? QString() : tr("⚠ not understood: %1").arg(what));
}

void ContextBar::focusQuery()
{
    m_query->setFocus(Qt::ShortcutFocusReason);
    m_query->selectAll();
}

QString ContextBar::query() const { return m_query->text(); }

bool ContextBar::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_query && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        const bool completing = m_query->completer() && m_query->completer()->popup()->isVisible();
        if (!completing && (key == Qt::Key_Escape || key == Qt::Key_Down)) {
            if (key == Qt::Key_Escape && !m_query->text().isEmpty()) m_query->clear();
            Q_EMIT queryLeft();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void ContextBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(0, height() - 1, width(), 1, roleColors(palette()).line);
}

} // namespace tackroom::ui
