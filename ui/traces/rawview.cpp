// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/rawview.h"

#include "ui/common/messagebar.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/statepane.h"
#include "ui/common/theme.h"
#include "ui/models/session.h"
#include "ui/traces/celldelegate.h"
#include "ui/traces/jsontreemodel.h"
#include "ui/traces/textpage.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QPushButton>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>

namespace tackroom::ui
{

namespace
{
constexpr std::uint64_t kMostRawBytes = 4 * 1024 * 1024;
constexpr std::size_t kMostShownBytes = 512 * 1024;

class JsonTree : public QTreeView
{
public:
    using QTreeView::QTreeView;
    void keyboardSearch(const QString&) override {}
};
} // namespace

RawView::RawView(Session& session, QWidget* parent)
    : QWidget(parent),
      m_session(session),
      m_title(new TextLabel({}, TextLabel::Faint | TextLabel::Elided, this)),
      m_copyPath(new QPushButton(tr("Copy path"), this)),
      m_copyValue(new QPushButton(tr("Copy value"), this)),
      m_message(new MessageBar(this)),
      m_stack(new QStackedWidget(this)),
      m_tree(new JsonTree(this)),
      m_model(new JsonTreeModel(this)),
      m_text(new TextPage(this)),
      m_state(new StatePane(this))
{
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(kGrid, kGrid / 2, kGrid, kGrid / 2);
    bar->addWidget(m_title, 1);
    bar->addWidget(m_copyPath);
    bar->addWidget(m_copyValue);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_message);
    column->addLayout(bar);
    column->addWidget(m_stack, 1);
    m_tree->setModel(m_model);
    m_tree->setAccessibleName(tr("The step as JSON"));
    m_tree->setUniformRowHeights(true);
    m_tree->setFrameShape(QFrame::NoFrame);
    m_tree->setTextElideMode(Qt::ElideMiddle);
    m_tree->setItemDelegate(new CellDelegate(m_tree));
    m_tree->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_tree->header()->resizeSection(0, fontMetrics().averageCharWidth() * 34);
    m_text->setAccessibleName(tr("The step as text"));
    for (QWidget* each : {static_cast<QWidget*>(m_state), static_cast<QWidget*>(m_tree), static_cast<QWidget*>(m_text)})
        m_stack->addWidget(each);
    const auto selected = [this] {
        const bool any = m_stack->currentWidget() == m_tree && m_tree->currentIndex().isValid();
        m_copyPath->setEnabled(any);
        m_copyValue->setEnabled(any);
        const QString why = any ? QString() : tr("Select a line of the tree first");
        m_copyPath->setToolTip(any ? tr("Where the line stands in the document (Ctrl+Alt+C)") : why);
        m_copyValue->setToolTip(any ? tr("The line's value (Ctrl+C)") : why);
    };
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, selected);
    connect(m_model, &QAbstractItemModel::modelReset, this, selected);
    connect(m_stack, &QStackedWidget::currentChanged, this, selected);
    connect(m_copyPath, &QPushButton::clicked, this, &RawView::copyPath);
    connect(m_copyValue, &QPushButton::clicked, this, &RawView::copyValue);
    const auto action = [&](const QString& text, const QKeySequence& key, auto act) {
        auto* made = new QAction(text, m_tree);
        made->setShortcut(key);
        made->setShortcutContext(Qt::WidgetShortcut);
        connect(made, &QAction::triggered, this, act);
        m_tree->addAction(made);
    };
    action(tr("Copy value"), QKeySequence::Copy, &RawView::copyValue);
    action(tr("Copy path"), {}, &RawView::copyPath); // its key is the page's
    m_tree->setContextMenuPolicy(Qt::ActionsContextMenu);
    setFocusProxy(m_tree);
    selected();
    clear();
}

void RawView::clear()
{
    m_session.jobs().cancel(m_job);
    m_job = 0;
    m_run = {};
    m_stepId.clear();
    m_title->setShown({});
    m_message->clear();
    m_model->setJson({});
    m_state->showEmpty(tr("Nothing selected"), tr("Select a run to see what the store holds of it."));
    m_stack->setCurrentWidget(m_state);
}

bool RawView::settled() const { return m_job == 0 && !m_text->writing(); }

void RawView::copyPath()
{
    if (m_stack->currentWidget() != m_tree || !m_tree->currentIndex().isValid()) {
        m_message->showNews(tr("Select a line of the tree first."));
        return;
    }
    const std::string path = m_model->pathOf(m_tree->currentIndex());
    QGuiApplication::clipboard()->setText(own(path));
    m_message->showNews(tr("Copied: %1").arg(shownLine(path, 200)));
}

void RawView::copyValue()
{
    if (m_stack->currentWidget() != m_tree || !m_tree->currentIndex().isValid()) return;
    QGuiApplication::clipboard()->setText(own(m_model->valueOf(m_tree->currentIndex())));
    m_message->showNews(tr("The value was copied."));
}

void RawView::toggleCurrent()
{
    const QModelIndex index = m_tree->currentIndex().siblingAtColumn(0);
    m_tree->setExpanded(index, !m_tree->isExpanded(index));
}

void RawView::showRaw(const RunAddress& run, const std::string& stepId, const QString& title)
{
    if (run == m_run && stepId == m_stepId) return;
    m_run = run;
    m_stepId = stepId;
    m_what = title;
    fetch();
}

void RawView::fetch()
{
    m_message->clear();
    m_title->setShown(m_what);
    m_model->setJson({});
    m_state->showLoading(tr("Reading %1").arg(m_what));
    m_stack->setCurrentWidget(m_state);
    m_session.jobs().cancel(m_job);
    m_job = m_session.fetchBody(this, m_run, m_stepId, kMostRawBytes, [this](Result<Body> body) {
        m_job = 0;
        if (body) {
            parse(std::move(*body));
            return;
        }
        m_state->showEmpty(tr("This could not be read from the store"), sentenceOf(body.error()),
                           {{tr("Try again"), [this] { fetch(); }}});
    });
}

void RawView::parse(Body body)
{
    // Megabytes of JSON are parsed off the GUI thread.
    m_job = m_session.jobs().start<Parsed>(
        {QString(), Lane::Pool, true, true}, this,
        [raw = std::move(body.raw), omitted = body.omittedBytes](const CancelToken&, const Progress&) -> Result<Parsed> {
            Parsed parsed;
            parsed.omittedBytes = omitted;
            if (auto json = parseJson(raw, {}); json && json->is_structured()) {
                parsed.json = std::make_shared<const Json>(std::move(*json));
            } else {
                const SafeText safe = SafeText::block(raw, kMostShownBytes);
                parsed.text = toQString(safe);
                parsed.omittedBytes += safe.omittedBytes();
            }
            return parsed;
        },
        [this](Result<Parsed> parsed) {
            m_job = 0;
            if (parsed) show(*parsed);
        });
}

void RawView::show(const Parsed& parsed)
{
    if (parsed.omittedBytes > 0)
        m_message->showNews(
            tr("Shown in part: the store holds %1 more bytes of it.").arg(countText(static_cast<qint64>(parsed.omittedBytes))));
    if (parsed.json) {
        m_model->setJson(parsed.json);
        m_tree->expandToDepth(0);
        m_stack->setCurrentWidget(m_tree);
        return;
    }
    if (parsed.text.isEmpty()) {
        m_state->showEmpty(tr("Nothing to show"), tr("The store holds nothing more of this than the other tabs show."));
        m_stack->setCurrentWidget(m_state);
        return;
    }
    m_text->begin();
    m_text->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, 0);
    m_text->addText(parsed.text, TextPage::Mono);
    m_text->end();
    m_stack->setCurrentWidget(m_text);
}

} // namespace tackroom::ui
