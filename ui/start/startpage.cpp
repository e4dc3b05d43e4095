// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/start/startpage.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPainter>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

namespace tackroom::ui {

namespace {

/// A large choice: a title and one sentence, painted so that both keep their weight in every style.
class ChoiceButton : public QPushButton {
public:
    ChoiceButton(const QString& title, const QString& what, const QString& keys, QWidget* parent) : QPushButton(parent), m_title(title), m_what(what), m_keys(keys)
    {
        setAccessibleName(title);
        setAccessibleDescription(what);
        setToolTip(plainToolTip(keys.isEmpty() ? title : title + QStringLiteral(" (") + keys + QLatin1Char(')')));
        setCursor(Qt::PointingHandCursor);
        setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    }
    QSize sizeHint() const override { return {220, fontMetrics().height() * 6}; }
    QSize minimumSizeHint() const override { return {160, fontMetrics().height() * 6}; }

protected:
    void paintEvent(QPaintEvent*) override
    {
        const RoleColors& colors = roleColors(palette());
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const QRectF box = QRectF(rect()).adjusted(1, 1, -1, -1);
        painter.setPen(QPen(hasFocus() ? colors.accent : colors.line, hasFocus() ? 2 : 1));
        painter.setBrush(underMouse() || isDown() ? colors.accentWash : palette().color(QPalette::Base));
        painter.drawRoundedRect(box, 6, 6);
        const QRect inner = rect().adjusted(2 * kGrid, 2 * kGrid, -2 * kGrid, -kGrid);
        QFont strong = font();
        strong.setWeight(QFont::DemiBold);
        strong.setPointSizeF(strong.pointSizeF() * 1.1);
        painter.setFont(strong);
        painter.setPen(palette().color(QPalette::Text));
        const int titleHeight = QFontMetrics(strong).height();
        painter.drawText(QRect(inner.left(), inner.top(), inner.width(), titleHeight), Qt::AlignLeft | Qt::AlignVCenter, m_title);
        painter.setFont(font());
        painter.setPen(colors.faint);
        painter.drawText(inner.adjusted(0, titleHeight + kGrid / 2, 0, 0), Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, m_what);
    }

private:
    QString m_title, m_what, m_keys;
};

/// Two lines a row: the name, and what it holds in a fainter colour.
class RecentDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override { return {100, option.fontMetrics.height() * 3}; }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const RoleColors& colors = roleColors(option.palette);
        const bool selected = option.state & QStyle::State_Selected;
        if (selected)
            painter->fillRect(option.rect, option.palette.highlight());
        else if (option.state & QStyle::State_MouseOver)
            painter->fillRect(option.rect, colors.raised);
        const QRect inner = option.rect.adjusted(2 * kGrid, kGrid / 2, -2 * kGrid, -kGrid / 2);
        painter->setPen(option.palette.color(selected ? QPalette::HighlightedText : QPalette::Text));
        painter->drawText(inner, Qt::AlignLeft | Qt::AlignTop, option.fontMetrics.elidedText(index.data().toString(), Qt::ElideMiddle, inner.width()));
        if (!selected) painter->setPen(colors.faint);
        painter->drawText(inner, Qt::AlignLeft | Qt::AlignBottom,
                          option.fontMetrics.elidedText(index.data(Qt::UserRole).toString(), Qt::ElideMiddle, inner.width()));
    }
};

QString holds(const Recent& recent)
{
    const QString where = shownLine(recent.path.parent_path().string(), 200);
    const QString when = relativeTime(recent.lastOpened);
    const auto counted = [](std::int64_t count, const QString& one, const QString& many) {
        return count == 1 ? one : many.arg(countText(count));
    };
    if (recent.kind == Recent::Kind::Store) {
        return StartPage::tr("%1, %2 failing, %3 · opened %4 · %5")
            .arg(counted(recent.runs, StartPage::tr("1 run"), StartPage::tr("%1 runs")), countText(recent.failures),
                 counted(recent.clusters, StartPage::tr("1 failure cluster"), StartPage::tr("%1 failure clusters")), when, where);
    }
    return StartPage::tr("harness repository, %1, %2 · opened %3 · %4")
        .arg(counted(recent.versions, StartPage::tr("1 version"), StartPage::tr("%1 versions")),
             counted(recent.proposals, StartPage::tr("1 proposal"), StartPage::tr("%1 proposals")), when, where);
}

} // namespace

StartPage::StartPage(Session& session, QWidget* parent) : Page(parent), m_session(session)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(2 * kGrid, 4 * kGrid, 2 * kGrid, 2 * kGrid);
    row->addStretch(1);
    auto* middle = new QWidget(this);
    middle->setMaximumWidth(920);
    row->addWidget(middle, 10);
    row->addStretch(1);
    auto* column = new QVBoxLayout(middle);
    column->setSpacing(2 * kGrid);
    column->addWidget(new TextLabel(tr("Tackroom"), TextLabel::Heading, middle));
    column->addWidget(new TextLabel(tr("Decide what a self-improving agent may change about itself: see where it fails, read each proposed edit beside its "
                                       "evidence, approve it into git, and take it back if it does harm. Everything stays on this computer."),
                                    TextLabel::Wrapped | TextLabel::Faint, middle));
    auto* choices = new QHBoxLayout;
    choices->setSpacing(2 * kGrid);
    m_first = choice(QStringLiteral("openStore"), tr("Open a trace store"), tr("A database, a log file or a folder of logs. It is read where it lies and never written to."),
                     QKeySequence(Qt::CTRL | Qt::Key_O), QStringLiteral("action/open-store"));
    choices->addWidget(m_first);
    choices->addWidget(choice(QStringLiteral("openRepository"), tr("Open a harness repository"),
                              tr("A git repository with the agent's prompts, skills and tools, or a plain folder of them."),
                              QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O), QStringLiteral("action/open-repository")));
    choices->addWidget(choice(QStringLiteral("openSample"), tr("Try the sample"),
                              tr("A refund-support agent, played by rules without a model: 2,000 runs, four versions, eight proposals."), {},
                              QStringLiteral("action/sample")));
    column->addLayout(choices);
    m_recentTitle = new TextLabel(tr("Recent"), TextLabel::Strong, middle);
    column->addWidget(m_recentTitle);
    m_list = new QListWidget(middle);
    m_list->setAccessibleName(tr("Recently opened stores and repositories"));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setItemDelegate(new RecentDelegate(m_list));
    m_list->setMouseTracking(true);
    m_list->viewport()->setAutoFillBackground(false);
    column->addWidget(m_list, 1);
    column->addWidget(new TextLabel(tr("Files and folders can also be dropped anywhere on this window."), TextLabel::Faint, middle));
    connect(m_list, &QListWidget::itemActivated, this, [this](QListWidgetItem* item) { openRecent(m_list->row(item)); });
    addPageAction(m_list, QStringLiteral("start.forget"), tr("Forget this entry"), QKeySequence(Qt::Key_Delete), [this] {
        const int at = m_list->currentRow();
        if (at < 0) return;
        m_session.forgetRecent(m_recents[static_cast<std::size_t>(at)]);
        reload();
    });
    reload();
}

QList<QWidget*> StartPage::panes() const { return {m_first, m_list}; }

QPushButton* StartPage::choice(const QString& id, const QString& title, const QString& what, const QKeySequence& key, const QString& address)
{
    auto* button = new ChoiceButton(title, what, key.toString(QKeySequence::NativeText), this);
    button->setObjectName(id);
    connect(button, &QPushButton::clicked, this, [this, address] { Q_EMIT openAddress(address); });
    return button;
}

void StartPage::reload()
{
    m_recents = m_session.recents();
    m_list->clear();
    for (const Recent& recent : m_recents) {
        auto* item = new QListWidgetItem(shownLine(recent.path.filename().string()), m_list);
        item->setData(Qt::UserRole, holds(recent));
        item->setData(Qt::AccessibleTextRole, QString(item->text() + QStringLiteral(", ") + holds(recent)));
    }
    m_list->setVisible(!m_recents.empty());
    m_recentTitle->setVisible(!m_recents.empty());
}

void StartPage::openRecent(int row)
{
    if (row < 0 || row >= static_cast<int>(m_recents.size())) return;
    const Recent recent = m_recents[static_cast<std::size_t>(row)];
    const QString path = own(recent.path.string()), linked = own(recent.linked.string());
    if (recent.kind == Recent::Kind::Store) {
        if (!linked.isEmpty()) m_session.openRepository(linked);
        m_session.openStore(path);
    } else {
        m_session.openRepository(path);
        if (!linked.isEmpty()) m_session.openStore(linked);
    }
}

} // namespace tackroom::ui
