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
#include <QStringListModel>
#include <QTimer>
#include <QToolButton>

namespace tackroom::ui {

namespace {

/// Completes the last word of the line: a field name first, then its values.
class QueryCompleter : public QCompleter {
public:
    using QCompleter::QCompleter;
    QStringList splitPath(const QString& path) const override { return {path.section(QLatin1Char(' '), -1)}; }
    QString pathFromIndex(const QModelIndex& index) const override
    {
        const QString typed = static_cast<QLineEdit*>(widget())->text();
        const QString before = typed.left(typed.lastIndexOf(QLatin1Char(' ')) + 1);
        return before + index.data().toString();
    }
};

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
    : QWidget(parent), m_opened(new QToolButton(this)), m_query(new QLineEdit(this)), m_notUnderstood(new TextLabel({}, TextLabel::Elided, this))
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
        auto* completer = new QueryCompleter(completions, m_query);
        completer->setCaseSensitivity(Qt::CaseInsensitive);
        m_query->setCompleter(completer);
    }
    setNotUnderstood({});
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
