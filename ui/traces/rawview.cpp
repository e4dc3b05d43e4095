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
#include "ui/traces/longtext.h"

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
constexpr std::uint64_t kMostRawBytes = std::uint64_t{512} << 20;
constexpr std::size_t kValueAtOnce = 256 * 1024; ///< larger ones are made readable off the GUI thread

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
      m_readValue(new QPushButton(tr("Read value"), this)),
      m_copyPath(new QPushButton(tr("Copy path"), this)),
      m_copyValue(new QPushButton(tr("Copy value"), this)),
      m_message(new MessageBar(this)),
      m_stack(new QStackedWidget(this)),
      m_tree(new JsonTree(this)),
      m_model(new JsonTreeModel(this)),
      m_text(new LongTextPane({}, this)),
      m_value(new LongTextPane(tr("Back to the tree"), this)),
      m_state(new StatePane(this))
{
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(kGrid, kGrid / 2, kGrid, kGrid / 2);
    bar->addWidget(m_title, 1);
    for (QPushButton* button : {m_readValue, m_copyPath, m_copyValue}) bar->addWidget(button);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_message);
    column->addLayout(bar);
    column->addWidget(m_stack, 1);
    buildTree();
    m_text->page().setAccessibleName(tr("The step as text"));
    for (QWidget* each : std::initializer_list<QWidget*>{m_state, m_tree, m_text, m_value}) m_stack->addWidget(each);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, &RawView::lineChosen);
    connect(m_model, &QAbstractItemModel::modelReset, this, &RawView::lineChosen);
    connect(m_stack, &QStackedWidget::currentChanged, this, &RawView::lineChosen);
    buildActions();
    setFocusProxy(m_tree);
    lineChosen();
    clear();
}

void RawView::buildTree()
{
    m_tree->setModel(m_model);
    m_tree->setAccessibleName(tr("The step as JSON"));
    m_tree->setUniformRowHeights(true);
    m_tree->setFrameShape(QFrame::NoFrame);
    m_tree->setTextElideMode(Qt::ElideMiddle);
    m_tree->setItemDelegate(new CellDelegate(m_tree));
    m_tree->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_tree->header()->resizeSection(0, fontMetrics().averageCharWidth() * 34);
    m_model->setReader([this](auto document, const JsonPiece& piece, auto then) {
        m_session.jobs().start<std::vector<JsonPiece>>(
            {QString(), Lane::Pool, true, true}, m_model,
            [document = std::move(document), piece](const CancelToken& cancel, const Progress&) {
                return jsonPiecesIn(document->text, piece, cancel);
            },
            std::move(then));
    });
    connect(m_model, &JsonTreeModel::unreadable, this,
            [this](const QString& why) { m_message->showWarning(tr("What stands here is no JSON: %1").arg(why)); });
}

void RawView::buildActions()
{
    connect(m_readValue, &QPushButton::clicked, this, &RawView::readValue);
    connect(m_copyPath, &QPushButton::clicked, this, &RawView::copyPath);
    connect(m_copyValue, &QPushButton::clicked, this, &RawView::copyValue);
    connect(m_value, &LongTextPane::closed, this, &RawView::leaveValue);
    const auto action = [&](const QString& text, const QList<QKeySequence>& keys, auto act) {
        auto* made = new QAction(text, m_tree);
        made->setShortcuts(keys);
        made->setShortcutContext(Qt::WidgetShortcut);
        connect(made, &QAction::triggered, this, act);
        m_tree->addAction(made);
    };
    action(tr("Read value"), {Qt::Key_Return, Qt::Key_Enter}, &RawView::readValue);
    action(tr("Copy value"), {QKeySequence::Copy}, &RawView::copyValue);
    action(tr("Copy path"), {}, &RawView::copyPath); // its key is the page's
    m_tree->setContextMenuPolicy(Qt::ActionsContextMenu);
}

bool RawView::onLine() const { return m_stack->currentWidget() == m_tree && m_tree->currentIndex().isValid(); }

void RawView::lineChosen()
{
    const bool any = onLine();
    for (QPushButton* button : {m_readValue, m_copyPath, m_copyValue}) button->setEnabled(any);
    const QString why = any ? QString() : tr("Select a line of the tree first");
    m_readValue->setToolTip(any ? tr("The line's value by itself, whole, however long it is (Enter)") : why);
    m_copyPath->setToolTip(any ? tr("Where the line stands in the document (Ctrl+Alt+C)") : why);
    m_copyValue->setToolTip(any ? tr("The line's value (Ctrl+C)") : why);
}

void RawView::clear()
{
    m_session.jobs().cancel(m_job);
    m_session.jobs().cancel(m_valueJob);
    m_job = m_valueJob = 0;
    m_run = {};
    m_stepId.clear();
    m_title->setShown({});
    m_message->clear();
    m_model->setDocument({});
    m_text->clear();
    m_value->clear();
    m_state->showEmpty(tr("Nothing selected"), tr("Select a run to see what the store holds of it."));
    m_stack->setCurrentWidget(m_state);
}

bool RawView::settled() const
{
    return m_job == 0 && m_valueJob == 0 && !m_model->reading() && m_text->settled() && m_value->settled();
}

void RawView::copyPath()
{
    if (!onLine()) {
        m_message->showNews(tr("Select a line of the tree first."));
        return;
    }
    const std::string path = m_model->pathOf(m_tree->currentIndex());
    QGuiApplication::clipboard()->setText(own(path));
    m_message->showNews(tr("Copied: %1").arg(shownLine(path, 200)));
}

template <class Wanted> void RawView::withValue(std::function<Wanted(std::string)> make, std::function<void(Wanted)> then)
{
    if (!onLine()) return;
    const auto document = m_model->document();
    const JsonPiece piece = m_model->pieceOf(m_tree->currentIndex());
    if (piece.bytes <= kValueAtOnce) return then(make(JsonTreeModel::valueOf(*document, piece)));
    m_message->showNews(tr("Reading the value"));
    m_session.jobs().cancel(m_valueJob);
    m_valueJob = m_session.jobs().start<Wanted>(
        {QString(), Lane::Pool, true, true}, this,
        [document, piece, make = std::move(make)](const CancelToken&, const Progress&) -> Result<Wanted> {
            return make(JsonTreeModel::valueOf(*document, piece));
        },
        [this, then = std::move(then)](Result<Wanted> value) {
            m_valueJob = 0;
            m_message->clear();
            if (value) then(std::move(*value));
        });
}

void RawView::copyValue()
{
    withValue<QString>([](const std::string& value) { return own(value); },
                       [this](const QString& value) {
                           QGuiApplication::clipboard()->setText(value);
                           m_message->showNews(tr("The value was copied."));
                       });
}

void RawView::readValue()
{
    using Text = std::shared_ptr<const std::string>;
    const QString path = shownLine(m_model->pathOf(m_tree->currentIndex()), 200);
    withValue<Text>([](std::string value) { return std::make_shared<const std::string>(std::move(value)); },
                    [this, path](const Text& value) {
                        m_value->setText(value, path, TextPage::Mono);
                        m_stack->setCurrentWidget(m_value);
                        m_value->setFocus();
                    });
}

void RawView::leaveValue()
{
    m_stack->setCurrentWidget(m_tree);
    m_value->clear();
    m_tree->setFocus();
}

void RawView::toggleCurrent()
{
    if (m_stack->currentWidget() != m_tree) return;
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
    m_model->setDocument({});
    m_text->clear();
    m_value->clear();
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
    // Megabytes of JSON are gone through off the GUI thread.
    m_job = m_session.jobs().start<Parsed>(
        {QString(), Lane::Pool, true, true}, this,
        [raw = std::make_shared<const std::string>(std::move(body.raw)),
         omitted = body.omittedBytes](const CancelToken& cancel, const Progress&) -> Result<Parsed> {
            Parsed parsed;
            parsed.omittedBytes = omitted;
            if (raw->empty()) return parsed;
            auto json = readJsonDocument(raw, cancel);
            if (cancel.cancelled()) return CancelToken::error();
            if (json)
                parsed.json = std::move(*json);
            else
                parsed.text = raw; // as it is
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
        m_model->setDocument(parsed.json);
        m_tree->expandToDepth(0);
        m_stack->setCurrentWidget(m_tree);
        return;
    }
    if (!parsed.text) {
        m_state->showEmpty(tr("Nothing to show"), tr("The store holds nothing more of this than the other tabs show."));
        m_stack->setCurrentWidget(m_state);
        return;
    }
    m_text->setText(parsed.text, {}, TextPage::Mono);
    m_stack->setCurrentWidget(m_text);
}

} // namespace tackroom::ui
