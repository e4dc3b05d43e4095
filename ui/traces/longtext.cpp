// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/longtext.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QAction>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLocale>
#include <QPushButton>
#include <QScrollBar>
#include <QSlider>
#include <QVBoxLayout>

#include <algorithm>

namespace tackroom::ui
{

namespace
{
constexpr std::size_t kStretch = 2048, kNear = 512; ///< bytes
constexpr qsizetype kAtOnce = 4000;                 ///< characters: a jump writes two or three times as many
constexpr WindowPage::Extent kStretches{.atOnce = 8, .more = 4, .most = 32, .before = 1, .goesBack = true};
} // namespace

LongTextPage::LongTextPage(QWidget* parent) : WindowPage(kStretches, parent) { setFirstSlice(kAtOnce); }

void LongTextPage::setText(std::shared_ptr<const std::string> text, int look)
{
    m_text = std::move(text);
    m_look = look;
    startOver();
}

std::size_t LongTextPage::partCount() const { return m_text ? (m_text->size() + kStretch - 1) / kStretch : 0; }

std::size_t LongTextPage::beginOf(std::size_t stretch) const
{
    const std::string& text = *m_text;
    const std::size_t from = stretch * kStretch;
    if (from == 0 || from >= text.size()) return std::min(from, text.size());
    const std::string_view near = std::string_view(text).substr(from, kNear);
    if (text[from - 1] == '\n') return from;
    for (const char end : {'\n', ' '})
        if (const auto at = near.find(end); at != std::string_view::npos && from + at + 1 < text.size()) return from + at + 1;
    std::size_t at = from;
    while (at < text.size() && at - from < 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    return at;
}

void LongTextPage::writePart(std::size_t at)
{
    const std::size_t begin = beginOf(at);
    std::string_view stretch = std::string_view(*m_text).substr(begin, beginOf(at + 1) - begin);
    if (begin == 0 || (*m_text)[begin - 1] == '\n')
        startParagraph(0, {}, Plain, Wash::None, 0);
    else
        startStretch(0, Wash::None);
    // The next paragraph stands for the line's end.
    if (stretch.ends_with('\n') && at + 1 < partCount()) stretch.remove_suffix(1);
    addText(toQString(SafeText::block(stretch)), m_look);
}

QString LongTextPage::beforeText(std::size_t parts) const
{
    return tr("%1 bytes before this. ").arg(countText(static_cast<qint64>(beginOf(parts))));
}

QString LongTextPage::shownText(std::size_t end) const
{
    return tr("%1 of %2 bytes until here. ")
        .arg(countText(static_cast<qint64>(beginOf(end))), countText(static_cast<qint64>(m_text->size())));
}

void LongTextPage::goTo(std::size_t stretch)
{
    if (partCount() > 0) showPart(std::min(stretch, partCount() - 1), kGrid);
}

/// The ends of the text, not only of what is in the document.
void LongTextPage::keyPressEvent(QKeyEvent* event)
{
    const bool toEnd = event->matches(QKeySequence::MoveToEndOfDocument);
    if ((toEnd || event->matches(QKeySequence::MoveToStartOfDocument)) && partCount() > 0) {
        goTo(toEnd ? partCount() - 1 : 0);
        if (toEnd) writeUpTo(-1);
        moveCursor(toEnd ? QTextCursor::End : QTextCursor::Start);
        verticalScrollBar()->setValue(toEnd ? verticalScrollBar()->maximum() : 0);
        event->accept();
        return;
    }
    WindowPage::keyPressEvent(event);
}

LongTextPane::LongTextPane(const QString& back, QWidget* parent)
    : QWidget(parent),
      m_title(new TextLabel({}, TextLabel::Strong | TextLabel::Elided, this)),
      m_place(new TextLabel({}, TextLabel::Faint, this)),
      m_slider(new QSlider(Qt::Horizontal, this)),
      m_page(new LongTextPage(this))
{
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(kGrid, kGrid / 2, kGrid, kGrid / 2);
    bar->setSpacing(kGrid);
    bar->addWidget(m_title, 2);
    bar->addWidget(m_slider, 1);
    bar->addWidget(m_place);
    if (!back.isEmpty()) {
        auto* button = new QPushButton(back, this);
        button->setToolTip(tr("Leaves the whole text (Esc)"));
        bar->addWidget(button);
        connect(button, &QPushButton::clicked, this, &LongTextPane::closed);
        auto* leave = new QAction(back, this);
        leave->setShortcut(Qt::Key_Escape);
        leave->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        connect(leave, &QAction::triggered, this, &LongTextPane::closed);
        addAction(leave);
    }
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(bar);
    column->addWidget(m_page, 1);
    m_page->setAccessibleName(tr("Whole text"));
    m_slider->setMinimumWidth(15 * kGrid);
    m_slider->setAccessibleName(tr("Place in the text"));
    m_slider->setToolTip(tr("Goes through the whole text; only what is in sight is laid out"));
    setFocusProxy(m_page);
    connect(m_slider, &QSlider::valueChanged, this, [this](int value) {
        if (!m_showing) m_page->goTo(static_cast<std::size_t>(value));
    });
    connect(m_page, &LongTextPage::placeChanged, this, &LongTextPane::showPlace);
}

void LongTextPane::setText(std::shared_ptr<const std::string> text, const QString& title, int look)
{
    m_title->setShown(title);
    m_showing = true;
    m_page->setText(std::move(text), look);
    const int stretches = static_cast<int>(m_page->stretches());
    m_slider->setRange(0, std::max(0, stretches - 1));
    m_slider->setPageStep(std::max(1, stretches / 20));
    m_slider->setVisible(stretches > 1);
    m_place->setVisible(stretches > 1);
    m_showing = false;
    showPlace();
}

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

} // namespace tackroom::ui
