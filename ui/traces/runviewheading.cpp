// SPDX-License-Identifier: GPL-3.0-or-later
// What stands above the three ways to read a run: task, outcome, facts, the decisive step, scores and decisions.
#include "ui/common/linkbutton.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/models/runtablemodel.h"
#include "ui/models/session.h"
#include "ui/traces/runview.h"

#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace tackroom::ui
{

namespace
{
constexpr int kFewNotes = 3;
} // namespace

void RunView::buildHeading(QVBoxLayout* column)
{
    auto* heading = new QVBoxLayout;
    heading->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, kGrid);
    heading->setSpacing(kGrid / 2);
    m_task = new TextLabel({}, TextLabel::Heading | TextLabel::Elided, m_content);
    m_outcome = new TextLabel({}, TextLabel::Strong, m_content);
    m_reason = new TextLabel({}, TextLabel::Wrapped | TextLabel::Selectable, m_content);
    m_facts = new TextLabel({}, TextLabel::Faint | TextLabel::Wrapped | TextLabel::Selectable, m_content);
    m_decisive = new TextLabel({}, TextLabel::Wrapped | TextLabel::Selectable, m_content);
    m_cluster = new LinkButton(m_content);
    m_notes = new QWidget(m_content);
    m_notesColumn = new QVBoxLayout(m_notes);
    m_notesColumn->setContentsMargins(0, 0, 0, 0);
    m_notesColumn->setSpacing(kGrid / 4);

    heading->addWidget(m_task);
    auto* outcomeLine = new QHBoxLayout;
    outcomeLine->setSpacing(kGrid);
    outcomeLine->addWidget(m_outcome, 0, Qt::AlignTop);
    outcomeLine->addWidget(m_reason, 1, Qt::AlignTop);
    heading->addLayout(outcomeLine);
    heading->addWidget(m_facts);
    heading->addWidget(m_decisive);
    heading->addWidget(m_cluster, 0, Qt::AlignLeft);
    heading->addWidget(m_notes);
    column->addLayout(heading);
    connect(m_cluster, &LinkButton::clicked, this, [this] {
        if (m_details) Q_EMIT openAddress(QString(QStringLiteral("cluster/") + own(m_details->item.cluster.value)));
    });
}

void RunView::fillHeading()
{
    const RunListItem& item = m_details->item;
    const QString task = shownLine(item.run.task, 600);
    m_task->setShown(task.isEmpty() ? tr("Run %1").arg(shownLine(item.run.nativeId, 80)) : task);
    m_outcome->setShown(outcomeText(item.outcome));
    m_reason->setShown(outcomeSentence(*m_details));
    QStringList facts = runFacts(item.run);
    if (const QString version = shownVersion(m_session, item.run.harnessVersion, item.versionLabel); !version.isEmpty())
        facts.prepend(version);
    if (const QString when = relativeTime(item.run.start); !when.isEmpty()) facts.append(when);
    m_facts->setShown(facts.join(QStringLiteral(" · ")));
    m_facts->setToolTip(plainToolTip(exactTime(item.run.start)));

    const Signal* decisive = m_details->decisive();
    m_decisive->setVisible(decisive != nullptr);
    if (decisive) m_decisive->setShown(tr("◎ %1").arg(shownLine(decisive->explanation)));
    const QString cluster = shownLine(item.clusterLabel, 200);
    m_cluster->setVisible(!item.cluster.value.empty());
    m_cluster->setLink(tr("Cluster: %1").arg(cluster));

    const bool anyError = !m_details->errorAfter({}).empty();
    m_errorButton->setEnabled(anyError);
    m_errorButton->setToolTip(anyError ? tr("Next error (Shift+E); the first one (E), the previous one (Ctrl+Shift+E)")
                                       : tr("No step of this run failed"));
    m_decisiveButton->setEnabled(decisive && !decisive->stepId.empty());
    m_decisiveButton->setToolTip(!decisive ? tr("No step decided this run's outcome, as far as the detectors see")
                                 : decisive->stepId.empty() ? tr("The finding is about the run as a whole")
                                                            : tr("Go to the decisive step (D)"));
    colorHeading();
    fillNotes();
    fillJudgement();
}

void RunView::fillNotes()
{
    while (QLayoutItem* item = m_notesColumn->takeAt(0)) {
        if (item->widget()) item->widget()->deleteLater();
        delete item;
    }
    QStringList notes;
    for (const HumanDecision& decision : m_details->decisions) notes.append(tr("⚑ %1").arg(decisionText(decision)));
    for (const Score& score : m_details->scores) {
        const QString sign = score.says == Outcome::Failure   ? QStringLiteral("✗ ")
                             : score.says == Outcome::Success ? QStringLiteral("✓ ")
                                                              : QStringLiteral("· ");
        notes.append(sign + scoreText(score));
    }
    const bool many = notes.size() > kFewNotes + 1;
    const qsizetype shown = many && !m_allNotes ? kFewNotes : notes.size();
    for (qsizetype i = 0; i < shown; ++i)
        m_notesColumn->addWidget(new TextLabel(notes[i], TextLabel::Elided | TextLabel::Faint, m_notes));
    if (many) {
        auto* more = new QPushButton(m_allNotes ? tr("Show fewer scores")
                                                : tr("Show all %1 scores and decisions").arg(countText(notes.size())),
                                     m_notes);
        more->setFlat(true);
        m_notesColumn->addWidget(more, 0, Qt::AlignLeft);
        connect(more, &QPushButton::clicked, this, [this] {
            m_allNotes = !m_allNotes;
            fillNotes();
        });
    }
    m_notes->setVisible(!notes.isEmpty());
}

void RunView::colorHeading()
{
    const RoleColors& colors = roleColors(palette());
    const auto color = [](QWidget* label, const QColor& text) {
        QPalette changed; // only this role, so that the rest follows the theme
        changed.setColor(QPalette::WindowText, text);
        label->setPalette(changed);
    };
    if (m_details) {
        const Outcome outcome = m_details->item.outcome;
        color(m_outcome, outcome == Outcome::Failure   ? colors.failure
                         : outcome == Outcome::Success ? colors.success
                                                       : colors.unknown);
    }
    color(m_decisive, colors.accent);
}

} // namespace tackroom::ui
