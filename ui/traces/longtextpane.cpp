// SPDX-License-Identifier: GPL-3.0-or-later
// A long text with its handle, and finding in it.
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/traces/longtext.h"
#include "ui/traces/textfindbar.h"
#include "ui/traces/textmatches.h"

#include <QAction>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLocale>
#include <QPushButton>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace tackroom::ui
{

LongTextPane::LongTextPane(const QString& back, QWidget* parent)
    : QWidget(parent),
      m_title(new TextLabel({}, TextLabel::Strong | TextLabel::Elided, this)),
      m_place(new TextLabel({}, TextLabel::Faint, this)),
      m_slider(new QSlider(Qt::Horizontal, this)),
      m_page(new LongTextPage(this)),
      m_findButton(new QToolButton(this)),
      m_findBar(new TextFindBar(this)),
      m_matches(new TextMatches(this)),
      m_hasBack(!back.isEmpty())
{
    buildBar(back);
    buildFind();
    auto* column = static_cast<QVBoxLayout*>(layout());
    column->addWidget(m_findBar);
    column->addWidget(m_page, 1);
    m_page->setAccessibleName(tr("Whole text"));
    m_slider->setMinimumWidth(8 * kGrid);
    m_slider->setAccessibleName(tr("Place in the text"));
    m_slider->setToolTip(tr("Goes through the whole text; only what is in sight is laid out"));
    setFocusProxy(m_page);
    connect(m_slider, &QSlider::valueChanged, this, [this](int value) {
        if (!m_showing) m_page->goTo(static_cast<std::size_t>(value));
    });
    connect(m_page, &LongTextPage::placeChanged, this, &LongTextPane::showPlace);
}

void LongTextPane::buildBar(const QString& back)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(kGrid, kGrid / 2, kGrid, kGrid / 2);
    bar->setSpacing(kGrid);
    bar->addWidget(m_title, 2);
    bar->addWidget(m_slider, 1);
    bar->addWidget(m_place);
    bar->addWidget(m_findButton);
    column->addLayout(bar);
    m_leave = new QAction(m_hasBack ? back : tr("End finding"), this);
    m_leave->setShortcut(Qt::Key_Escape);
    m_leave->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    m_leave->setEnabled(m_hasBack);
    connect(m_leave, &QAction::triggered, this, [this] {
        if (m_findBar->isVisibleTo(this))
            leaveFind();
        else
            Q_EMIT closed();
    });
    addAction(m_leave);
    if (!m_hasBack) return;
    auto* button = new QPushButton(back, this);
    button->setToolTip(tr("Leaves the whole text (Esc)"));
    bar->addWidget(button);
    connect(button, &QPushButton::clicked, this, &LongTextPane::closed);
}

void LongTextPane::buildFind()
{
    m_findBar->hide();
    m_findButton->setText(tr("Find"));
    m_findButton->setAutoRaise(true);
    m_findButton->setToolTip(tr("Finds a word in this text (Ctrl+F)"));
    connect(m_findButton, &QToolButton::clicked, this, &LongTextPane::find);
    connect(m_findBar, &TextFindBar::wantedChanged, this, &LongTextPane::findWanted);
    connect(m_findBar, &TextFindBar::moveWanted, this, [this](int by) { seek(by > 0 ? Seek::Next : Seek::Previous); });
    connect(m_findBar, &TextFindBar::closeWanted, this, &LongTextPane::leaveFind);
    connect(m_matches, &TextMatches::changed, this, [this] {
        goOnSeeking();
        showFound();
    });
}

void LongTextPane::setText(std::shared_ptr<const std::string> text, const QString& title, int look)
{
    m_title->setShown(title);
    m_showing = true;
    m_matches->setText(text);
    if (!text) leaveFind();
    m_page->setText(std::move(text), look);
    const int stretches = static_cast<int>(m_page->stretches());
    m_slider->setRange(0, std::max(0, stretches - 1));
    m_slider->setPageStep(std::max(1, stretches / 20));
    m_slider->setVisible(stretches > 1);
    m_place->setVisible(stretches > 1);
    m_findButton->setVisible(stretches > 0);
    m_showing = false;
    showPlace();
    if (!m_matches->wanted().empty()) seek(Seek::FromHere);
}

bool LongTextPane::settled() const { return !m_page->writing() && !m_matches->counting(); }

void LongTextPane::showPlace()
{
    if (m_page->stretches() == 0) return;
    const bool was = std::exchange(m_showing, true);
    const std::size_t at = m_page->stretchAtTop();
    m_slider->setValue(static_cast<int>(at));
    m_showing = was;
    const auto size = static_cast<qint64>(m_page->text()->size());
    m_place->setShown(tr("%1 % of %2")
                          .arg(100 * m_page->beginOf(at) / m_page->text()->size())
                          .arg(QLocale().formattedDataSize(size, 1, QLocale::DataSizeSIFormat)));
    m_place->setToolTip(tr("%1 bytes").arg(countText(size)));
}

// --------------------------------------------------------------------------------------------------------------- finding
void LongTextPane::find()
{
    if (m_page->stretches() == 0) return;
    m_leave->setEnabled(true);
    m_findBar->open();
    if (m_matches->wanted().empty()) findWanted(m_findBar->wanted());
}

void LongTextPane::leaveFind()
{
    const bool had = m_findBar->isAncestorOf(focusWidget());
    m_findBar->hide();
    m_leave->setEnabled(m_hasBack);
    m_seek = Seek::Nothing;
    m_matches->setWanted({});
    m_page->setMatches(nullptr);
    if (had) m_page->setFocus();
}

void LongTextPane::findWanted(const QString& wanted)
{
    m_matches->setWanted(utf8(wanted));
    m_page->setMatches(wanted.isEmpty() ? nullptr : m_matches);
    seek(wanted.isEmpty() ? Seek::Nothing : Seek::FromHere);
}

void LongTextPane::seek(Seek where)
{
    m_seek = where;
    goOnSeeking();
    showFound();
}

/// From the match that is shown, or from what is at the upper edge; round at the ends, as soon as so much is counted.
void LongTextPane::goOnSeeking()
{
    if (m_seek == Seek::Nothing || m_matches->wanted().empty()) return;
    const bool onward = m_seek != Seek::Previous;
    const auto shown = m_page->shownMatch();
    const std::size_t here = shown.value_or(m_page->offsetAtTop());
    auto found = onward ? m_matches->from(here + (shown && m_seek == Seek::Next ? 1 : 0)) : m_matches->before(here);
    if (!found && !m_matches->counting())
        found = onward ? m_matches->from(0) : m_matches->before(m_page->text() ? m_page->text()->size() : 0);
    if (!found && m_matches->counting()) return;
    m_seek = Seek::Nothing;
    if (found) m_page->showMatch(*found);
}

void LongTextPane::showFound()
{
    if (m_matches->wanted().empty()) return m_findBar->showStatus({}, false);
    const auto count = countText(static_cast<qint64>(m_matches->count()));
    const auto shown = m_page->shownMatch();
    QString status;
    if (!m_matches->counting() && m_matches->count() == 0)
        status = tr("Not found");
    else if (!shown)
        status = m_matches->counting() ? tr("At least %1").arg(count) : count;
    else {
        const auto number = countText(static_cast<qint64>(m_matches->numberOf(*shown)));
        status = (m_matches->counting() ? tr("%1 of at least %2") : tr("%1 of %2")).arg(number, count);
    }
    m_findBar->showStatus(status, m_matches->count() > 0);
}

/// Here the keys of the page mean this text: Ctrl+F is not the query, F3 not its next match.
bool LongTextPane::event(QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool moves = key->key() == Qt::Key_F3 && m_findBar->isVisibleTo(this);
        if (m_page->stretches() > 0 && (key->matches(QKeySequence::Find) || moves)) {
            event->accept();
            return true;
        }
    }
    return QWidget::event(event);
}

void LongTextPane::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Find))
        find();
    else if (event->key() == Qt::Key_F3 && m_findBar->isVisibleTo(this))
        seek(event->modifiers() & Qt::ShiftModifier ? Seek::Previous : Seek::Next);
    else
        QWidget::keyPressEvent(event);
}

} // namespace tackroom::ui
