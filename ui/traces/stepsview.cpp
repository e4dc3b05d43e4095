// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/stepsview.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/diffview/diffview.h"
#include "ui/models/session.h"
#include "ui/traces/conversationturns.h"
#include "ui/traces/longtext.h"
#include "ui/traces/stepdocument.h"
#include "ui/traces/textpage.h"
#include "ui/traces/waterfalldelegate.h"

#include <QHeaderView>
#include <QMenu>
#include <QPushButton>
#include <QStackedLayout>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace tackroom::ui
{

namespace
{
constexpr std::uint64_t kMostBodyBytes = 1024 * 1024;
constexpr std::size_t kMostSectionBytes = 96 * 1024;

/// Single letters are keys of the page, not a search.
class StepTree : public QTreeView
{
public:
    using QTreeView::QTreeView;
    void keyboardSearch(const QString&) override {}

protected:
    /// The name and the time line share what the other columns leave.
    void resizeEvent(QResizeEvent* event) override
    {
        QTreeView::resizeEvent(event);
        int others = 0;
        for (const int column : {StepTreeModel::KindColumn, StepTreeModel::StatusColumn, StepTreeModel::DurationColumn})
            others += columnWidth(column);
        const int unit = fontMetrics().averageCharWidth(), left = viewport()->width() - others;
        setColumnWidth(StepTreeModel::NameColumn, std::clamp(left / 2, unit * 16, unit * 36));
    }
};
} // namespace

StepsView::StepsView(Session& session, QWidget* parent)
    : QSplitter(Qt::Vertical, parent),
      m_session(session),
      m_model(new StepTreeModel(this)),
      m_tree(new StepTree(this)),
      m_whole(new QPushButton(tr("Show whole texts"), this)),
      m_text(new TextPage(this))
{
    m_tree->setModel(m_model);
    m_tree->setAccessibleName(tr("Steps"));
    m_tree->setUniformRowHeights(true);
    m_tree->setFrameShape(QFrame::NoFrame);
    m_tree->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_tree->setTextElideMode(Qt::ElideMiddle);
    m_tree->setIndentation(2 * kGrid);
    m_tree->setItemDelegate(new CellDelegate(m_tree));
    m_tree->setItemDelegateForColumn(StepTreeModel::WaterfallColumn, new WaterfallDelegate(m_tree));
    m_tree->setItemDelegateForColumn(StepTreeModel::StatusColumn, new StatusDelegate(m_tree));
    QHeaderView* header = m_tree->header();
    const int unit = fontMetrics().averageCharWidth();
    header->setStretchLastSection(true);
    header->setMinimumSectionSize(unit * 6);
    header->resizeSection(StepTreeModel::KindColumn, unit * 10);
    header->resizeSection(StepTreeModel::StatusColumn, unit * 8);
    header->resizeSection(StepTreeModel::DurationColumn, unit * 11);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, &StepsView::showCurrent);

    auto* below = new QWidget(this);
    m_below = new QStackedLayout(below);
    auto* texts = new QWidget(below);
    m_below->addWidget(texts);
    m_below->addWidget(buildComparison(below));
    m_wholeText = new LongTextPane(tr("Back to the texts"), below);
    m_below->addWidget(m_wholeText);
    connect(m_wholeText, &LongTextPane::closed, this, [this] {
        leaveComparison();
        m_text->setFocus();
    });
    connect(m_text, &QTextBrowser::anchorClicked, this, &StepsView::readWhole);
    auto* column = new QVBoxLayout(texts);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_text->setAccessibleName(tr("Texts of the step"));
    m_whole->setToolTip(tr("Fetches all messages of this step from the store"));
    m_whole->setEnabled(false);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(kGrid, kGrid / 2, kGrid, kGrid / 2);
    m_compareButton = new QToolButton(this);
    m_compareButton->setText(tr("Compare its input"));
    m_compareButton->setToolTip(tr("Shows how what this model call was given differs from another call's input"));
    m_compareButton->setAutoRaise(true);
    m_compareButton->setPopupMode(QToolButton::InstantPopup);
    m_compareButton->setMenu(new QMenu(m_compareButton));
    connect(m_compareButton->menu(), &QMenu::aboutToShow, this, &StepsView::fillCompareMenu);
    bar->addWidget(m_compareButton);
    bar->addStretch(1);
    bar->addWidget(m_whole);
    column->addWidget(m_text, 1);
    column->addLayout(bar);
    connect(m_whole, &QPushButton::clicked, this, &StepsView::fetchBodies);
    addWidget(m_tree);
    addWidget(below);
    setChildrenCollapsible(false);
    setStretchFactor(0, 3);
    setStretchFactor(1, 2);
}

QWidget* StepsView::buildComparison(QWidget* parent)
{
    auto* area = new QWidget(parent);
    auto* column = new QVBoxLayout(area);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(kGrid, kGrid / 2, kGrid, kGrid / 2);
    m_compared = new TextLabel({}, TextLabel::Elided | TextLabel::Strong, area);
    auto* back = new QPushButton(tr("Back to the texts"), area);
    bar->addWidget(m_compared, 1);
    bar->addWidget(back);
    column->addLayout(bar);
    m_diff = new DiffView(area);
    m_diff->setAccessibleName(tr("What differs between the two inputs"));
    m_diff->setMode(DiffView::Mode::Unified);
    m_diff->setEmptyText(tr("Reading both inputs"));
    column->addWidget(m_diff, 1);
    connect(back, &QPushButton::clicked, this, &StepsView::leaveComparison);
    return area;
}

bool StepsView::comparing() const { return m_below->currentIndex() == 1; }

void StepsView::leaveComparison()
{
    m_session.jobs().cancel(m_diffJob);
    m_session.jobs().cancel(m_wholeJob);
    m_diffJob = m_wholeJob = 0;
    m_diff->setContent(nullptr);
    m_wholeText->clear();
    m_below->setCurrentIndex(0);
}

void StepsView::fillCompareMenu()
{
    constexpr int kMostCalls = 40;
    QMenu* menu = m_compareButton->menu();
    menu->clear();
    const std::string current = currentStep();
    const StepItem* before = nullptr;
    std::vector<const StepItem*> others;
    for (const StepItem& each : m_model->steps()) {
        if (each.step.kind != StepKind::Llm) continue;
        if (each.step.nativeId == current)
            before = others.empty() ? nullptr : others.back();
        else
            others.push_back(&each);
    }
    const auto add = [&](const QString& text, const StepItem& other) {
        menu->addAction(text, this, [this, other = other.step.nativeId, current] { compareInputs(other, current); });
    };
    if (before) add(tr("With the model call before it"), *before);
    if (before) menu->addSeparator();
    int shown = 0;
    for (const StepItem* other : others) {
        if (++shown > kMostCalls) break;
        QString text = stepTitle(other->step);
        if (!other->step.outputText.empty()) text += QStringLiteral(": ") + shownLine(other->step.outputText, 60);
        add(tr("With %1").arg(text.replace(QLatin1Char('&'), QStringLiteral("&&"))), *other);
    }
    if (others.empty()) menu->addAction(tr("This run has no other model call"))->setEnabled(false);
}

void StepsView::fetchInput(const std::string& stepId, std::function<void(std::shared_ptr<const Body>)> then)
{
    m_diffJob = m_session.fetchBody(this, m_run, stepId, kMostBodyBytes, [this, then = std::move(then)](Result<Body> body) {
        m_diffJob = 0;
        if (body)
            then(std::make_shared<const Body>(std::move(*body)));
        else
            m_diff->setEmptyText(sentenceOf(body.error()));
    });
}

void StepsView::compareInputs(const std::string& before, const std::string& after)
{
    m_session.jobs().cancel(m_diffJob);
    const auto titleOf = [this](const std::string& id) {
        const StepItem* item = m_model->stepAt(m_model->indexOfStep(id));
        return item ? stepTitle(item->step) : QString();
    };
    m_compared->setShown(tr("Input of %1, before and after").arg(titleOf(after)));
    m_diff->setEmptyText(tr("Reading both inputs"));
    m_diff->setContent(nullptr);
    m_below->setCurrentIndex(1);
    using Compared = std::shared_ptr<const DiffDocument>; ///< null: there is no difference
    fetchInput(before, [this, after](std::shared_ptr<const Body> first) {
        fetchInput(after, [this, first = std::move(first)](std::shared_ptr<const Body> second) {
            m_diffJob = m_session.jobs().start<Compared>(
                {QString(), Lane::Pool, true, true}, this,
                [first, second](const CancelToken&, const Progress&) -> Result<Compared> {
                    const std::string one = inputDocument(*first), other = inputDocument(*second);
                    return one == other ? Compared() : DiffDocument::make("input.txt", one, other);
                },
                [this](Result<Compared> document) {
                    m_diffJob = 0;
                    if (document && !*document) m_diff->setEmptyText(tr("Both calls were given the same."));
                    m_diff->setContent(document ? *document : nullptr);
                });
        });
    });
}

void StepsView::clear()
{
    leaveComparison();
    m_session.jobs().cancel(m_bodyJob);
    m_bodyJob = 0;
    m_model->setSteps(std::vector<StepItem>());
    showCurrent();
}

void StepsView::setDetails(std::shared_ptr<const RunDetails> details)
{
    m_session.jobs().cancel(m_bodyJob);
    m_bodyJob = 0;
    m_run = RunAddress(details->item.run);
    m_model->shareSteps(std::shared_ptr<const std::vector<StepItem>>(details, &details->steps));
    const Signal* decisive = details->decisive();
    m_decisiveStep = decisive ? decisive->stepId : std::string();
    m_explanation = decisive ? shownLine(decisive->explanation) : QString();
    if (decisive) m_model->setDecisive(m_decisiveStep, m_explanation);
    m_tree->expandAll();
    showCurrent();
}

bool StepsView::showStep(const std::string& stepId)
{
    const QModelIndex index = m_model->indexOfStep(stepId);
    if (!index.isValid()) return false;
    for (QModelIndex above = index.parent(); above.isValid(); above = above.parent()) m_tree->expand(above);
    m_tree->setCurrentIndex(index);
    m_tree->scrollTo(index);
    return true;
}

void StepsView::toggleCurrent()
{
    const QModelIndex index = m_tree->currentIndex().siblingAtColumn(0);
    m_tree->setExpanded(index, !m_tree->isExpanded(index));
}

std::string StepsView::currentStep() const
{
    const StepItem* item = m_model->stepAt(m_tree->currentIndex());
    return item ? item->step.nativeId : std::string();
}

void StepsView::showCurrent()
{
    m_session.jobs().cancel(m_bodyJob);
    m_bodyJob = 0;
    const StepItem* item = m_model->stepAt(m_tree->currentIndex());
    m_whole->setEnabled(item != nullptr);
    m_compareButton->setVisible(item && item->step.kind == StepKind::Llm);
    leaveComparison();
    m_text->begin();
    if (item) {
        writeStep(item->step);
    } else {
        m_text->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, kGrid);
        m_text->addText(m_model->steps().empty() ? tr("The store holds no steps of this run.")
                                                 : tr("Select a step to see what it was given and what came of it."),
                        TextPage::Faint);
    }
    m_text->end();
    m_text->moveCursor(QTextCursor::Start);
    if (item) Q_EMIT stepPicked(own(item->step.nativeId));
}

bool StepsView::settled() const
{
    return m_bodyJob == 0 && m_diffJob == 0 && m_wholeJob == 0 && !m_text->writing() && m_wholeText->settled();
}

void StepsView::addSection(std::vector<Section>& to, const QString& title, const std::string& text, int look)
{
    if (text.empty()) return;
    Section section{title, {}, look, 0};
    section.text = prettyText(text, kMostSectionBytes, &section.omittedBytes);
    to.push_back(std::move(section));
}

/// `isCut`: of what the store has; else of what the index has, and the button fetches the rest.
void StepsView::writeSection(const Section& section, bool isCut)
{
    m_text->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, kGrid + kGrid / 2);
    m_text->addText(section.title, TextPage::Strong | TextPage::Faint);
    m_text->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, kGrid / 4);
    m_text->addText(section.text, section.look);
    if (section.omittedBytes == 0) return;
    if (isCut) return writeCut(section.omittedBytes);
    m_text->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, 0);
    m_text->addText(tr("%1 more bytes are not shown.").arg(countText(static_cast<qint64>(section.omittedBytes))),
                    TextPage::Faint);
}

void StepsView::writeCut(std::uint64_t omittedBytes)
{
    m_text->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, kGrid / 2);
    m_text->addText(tr("%1 more bytes are not shown here.").arg(countText(static_cast<qint64>(omittedBytes))), TextPage::Faint);
    m_text->addText(QStringLiteral(" "), TextPage::Faint);
    m_text->addLink(tr("Read all of it"), QStringLiteral("whole"));
}

void StepsView::writeStep(const Step& step)
{
    m_text->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, 0);
    m_text->addText(stepTitle(step), TextPage::Strong);
    QStringList facts{stepKindText(step.kind)};
    if (!step.model.empty()) facts.append(shownLine(step.model, 80));
    if (const QString duration = durationText(step.end - step.start); !duration.isEmpty()) facts.append(duration);
    if (const std::int64_t tokens = step.promptTokens + step.completionTokens; tokens > 0)
        facts.append(tr("%1 tokens").arg(countText(tokens)));
    if (step.start > 0) facts.append(exactTime(step.start));
    m_text->addText(QString(QStringLiteral("   ") + facts.join(QStringLiteral(" · "))), TextPage::Faint);
    if (!m_decisiveStep.empty() && step.nativeId == m_decisiveStep) {
        m_text->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::Accent, kGrid / 2);
        m_text->addText(tr("◎ decisive: %1").arg(m_explanation), TextPage::Accent | TextPage::Strong);
    }
    const std::string error = step.errorType.empty()   ? step.errorText
                              : step.errorText.empty() ? step.errorType
                                                       : std::string(step.errorType + ": " + step.errorText);
    std::vector<Section> sections; // the index has only their beginnings
    addSection(sections, tr("✗ Error"), error, TextPage::Failed);
    addSection(sections, tr("Arguments"), step.arguments, TextPage::Mono);
    addSection(sections, step.kind == StepKind::Retriever ? tr("Retrieved") : tr("Result"), step.result, TextPage::Mono);
    addSection(sections, tr("Input"), step.inputText, TextPage::Plain);
    addSection(sections, tr("Output"), step.outputText, TextPage::Plain);
    for (const Section& section : sections) writeSection(section, false);
}

void StepsView::fetchBodies()
{
    const std::string stepId = currentStep();
    if (stepId.empty()) return;
    m_whole->setEnabled(false);
    m_session.jobs().cancel(m_bodyJob);
    m_bodyJob = m_session.fetchBody(this, m_run, stepId, kMostBodyBytes, [this](Result<Body> body) {
        m_bodyJob = 0;
        if (!body) return showBody(std::unexpected(body.error()), 0);
        // JSON is parsed and laid out in lines off the GUI thread.
        const std::uint64_t omitted = body->omittedBytes;
        m_bodyJob = m_session.jobs().start<std::vector<Section>>(
            {QString(), Lane::Pool, true, true}, this,
            [body = std::move(*body)](const CancelToken&, const Progress&) -> Result<std::vector<Section>> {
                return sectionsOf(body);
            },
            [this, omitted](Result<std::vector<Section>> sections) {
                m_bodyJob = 0;
                showBody(sections, omitted);
            });
    });
}

std::vector<StepsView::Section> StepsView::sectionsOf(const Body& body)
{
    std::vector<Section> sections;
    for (const Message& message : body.messages) {
        std::string text = message.content;
        for (const Message::ToolCall& call : message.toolCalls)
            text += (text.empty() ? "→ " : "\n→ ") + call.name + " " + call.arguments;
        addSection(sections,
                   shownLine(message.name.empty() ? message.role : std::string(message.role + " " + message.name), 80), text,
                   message.role == "tool" ? TextPage::Mono : TextPage::Plain);
    }
    if (body.messages.empty()) {
        addSection(sections, tr("Input"), body.input, TextPage::Mono);
        addSection(sections, tr("Output"), body.output, TextPage::Mono);
    }
    return sections;
}

void StepsView::showBody(const Result<std::vector<Section>>& sections, std::uint64_t omittedBytes)
{
    const StepItem* item = m_model->stepAt(m_tree->currentIndex());
    if (!item) return;
    m_text->begin();
    writeStep(item->step);
    if (!sections) {
        m_whole->setEnabled(true);
        m_text->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::Failure, kGrid);
        m_text->addText(sentenceOf(sections.error()), TextPage::Failed);
        m_text->end();
        return;
    }
    m_text->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, 2 * kGrid);
    m_text->addText(tr("Whole texts, from the store"), TextPage::Strong);
    for (const Section& section : *sections) writeSection(section, true);
    if (sections->empty()) {
        m_text->startParagraph(0, {}, TextPage::Plain, TextPage::Wash::None, kGrid / 2);
        m_text->addText(tr("The store holds no texts of this step."), TextPage::Faint);
    }
    if (omittedBytes > 0) writeCut(omittedBytes);
    m_text->end();
}

/// All texts of the step as one, of any length, in place of the ones that were cut.
void StepsView::readWhole()
{
    const std::string stepId = currentStep();
    if (stepId.empty()) return;
    m_session.jobs().cancel(m_wholeJob);
    const auto show = [this](const std::string& text) {
        const StepItem* item = m_model->stepAt(m_tree->currentIndex());
        m_wholeText->setText(std::make_shared<const std::string>(text), item ? stepTitle(item->step) : QString(),
                             TextPage::Plain);
        m_wholeText->setFocus();
    };
    m_wholeText->setText(nullptr, tr("Reading the whole text"), TextPage::Plain);
    m_below->setCurrentWidget(m_wholeText);
    m_wholeJob = m_session.fetchBody(this, m_run, stepId, kMostWholeBytes, [this, show](Result<Body> body) {
        m_wholeJob = 0;
        if (!body) return show(utf8(sentenceOf(body.error())));
        m_wholeJob = m_session.jobs().start<std::string>(
            {QString(), Lane::Pool, true, true}, this,
            [body = std::make_shared<const Body>(std::move(*body))](
                const CancelToken&, const Progress&) -> Result<std::string> { return bodyDocument(*body); },
            [this, show](Result<std::string> text) {
                m_wholeJob = 0;
                show(text ? *text : utf8(sentenceOf(text.error())));
            });
    });
}

} // namespace tackroom::ui
