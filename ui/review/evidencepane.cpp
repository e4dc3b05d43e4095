// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/review/evidencepane.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/models/proposallistmodel.h"

#include <QPushButton>
#include <QVBoxLayout>

namespace tackroom::ui {

namespace {

QString roleText(const std::string& role)
{
    if (role == "typical") return EvidencePane::tr("typical");
    if (role == "borderline") return EvidencePane::tr("borderline");
    if (role == "newest") return EvidencePane::tr("newest");
    if (role == "counter-example") return EvidencePane::tr("counter-example: this one went well");
    return own(role);
}

/// A commit message is broken at 72 columns; the pane breaks it anew. Blank lines, lists and indented lines stay.
QString reflowed(const QString& message)
{
    QString out;
    bool afterBlank = false;
    for (const QStringView line : QStringView(message).split(u'\n')) {
        const bool ownLine =
            line.isEmpty() || line.front().isSpace() || !line.front().isLetterOrNumber() || line.front().isDigit();
        if (!out.isEmpty()) out += ownLine || afterBlank ? u'\n' : u' ';
        out += line;
        afterBlank = line.isEmpty();
    }
    return out;
}

} // namespace

EvidencePane::EvidencePane(Session& session, QWidget* parent) : QScrollArea(parent), m_session(session)
{
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setAccessibleName(tr("Evidence"));
    begin();
}

void EvidencePane::begin()
{
    m_shown.clear();
    m_inner = new QWidget(this);
    m_column = new QVBoxLayout(m_inner);
    m_column->setContentsMargins(kGrid * 3 / 2, kGrid, kGrid * 3 / 2, kGrid);
    m_column->setSpacing(kGrid);
    setWidget(m_inner); // deletes the former content
}

void EvidencePane::say(const QString& text, int style) { m_column->addWidget(new TextLabel(text, style | TextLabel::Wrapped, m_inner)); }

void EvidencePane::addClaim(const Proposal& proposal)
{
    say(tr("The proposer's claim"), TextLabel::Strong);
    say(tr("%1, %2, from %3").arg(shownLine(proposal.proposedBy, 120), relativeTime(proposal.time), shownLine(proposal.source, 120)), TextLabel::Faint);
    const QString claim = reflowed(shownBlock(proposal.claim, 4000).trimmed());
    if (claim.isEmpty()) say(tr("No words were given."), TextLabel::Faint);
    else say(claim, TextLabel::Selectable);
}

void EvidencePane::setProposal(const Proposal* proposal)
{
    m_session.jobs().cancel(m_job);
    m_waiting = false;
    begin();
    if (!proposal) {
        m_column->addStretch(1);
        return;
    }
    addClaim(*proposal);
    say(tr("Evidence"), TextLabel::Strong);
    if (proposal->cluster.empty()) {
        say(tr("⚠ No evidence is attached: the proposal names no failure cluster."), TextLabel::Normal);
        m_column->addStretch(1);
        return;
    }
    if (m_session.storeState() != Session::State::Ready) {
        say(tr("The proposal names the cluster “%1”. Open the trace store to see its runs.").arg(shownLine(proposal->cluster)), TextLabel::Normal);
        auto* button = new QPushButton(tr("Open a trace store…"), m_inner);
        connect(button, &QPushButton::clicked, this, [this] { Q_EMIT openAddress(QStringLiteral("action/open-store")); });
        m_column->addWidget(button, 0, Qt::AlignLeft);
        m_column->addStretch(1);
        return;
    }
    m_waiting = true;
    m_job = m_session.askClusters<Evidence>(
        this,
        [name = proposal->cluster](ClusterQueries& clusters) -> Result<Evidence> {
            TR_ASSIGN(const ClusterId id, clusters.find(name));
            TR_ASSIGN(const ClusterOverview overview, clusters.overview());
            Evidence evidence;
            evidence.runs = overview.runs;
            for (const ClusterItem& item : overview.clusters)
                if (item.id == id) evidence.cluster = item;
            TR_ASSIGN(evidence.exemplars, clusters.exemplars(id));
            return evidence;
        },
        [this, name = proposal->cluster](Result<Evidence> evidence) {
            m_waiting = false;
            if (evidence) showEvidence(*evidence);
            else say(tr("⚠ The proposal names the cluster “%1”, which this store does not have.").arg(shownLine(name)), TextLabel::Normal);
            m_column->addStretch(1);
        });
}

void EvidencePane::showEvidence(const Evidence& evidence)
{
    const ClusterItem& cluster = evidence.cluster;
    m_shown.push_back(cluster.id.value);
    auto* open = new QPushButton(tr("Cluster: %1").arg(fontMetrics().elidedText(shownLine(cluster.label), Qt::ElideRight, 210)), m_inner);
    open->setToolTip(plainToolTip(shownLine(cluster.label)));
    open->setFlat(true);
    open->setStyleSheet(QStringLiteral("text-align:left"));
    connect(open, &QPushButton::clicked, this, [this, id = own(cluster.id.value)] { Q_EMIT openAddress(QStringLiteral("cluster/") + id); });
    m_column->addWidget(open);
    say(tr("layer %1 · %2").arg(own(nameOf(cluster.layer)), shareText(cluster.runs, evidence.runs)), TextLabel::Normal);
    for (const VersionCount& version : cluster.versions)
        say(tr("%1: %2").arg(m_session.versionLabel(version.version), shareText(version.runs, version.outOf)), TextLabel::Faint);
    say(tr("Exemplars"), TextLabel::Strong);
    for (const ExemplarRun& run : evidence.exemplars) {
        m_shown.push_back(run.key.value);
        say(roleText(run.role), TextLabel::Faint);
        auto* button = new QPushButton(m_inner);
        const QString task = shownLine(run.task, 200);
        button->setText(QStringLiteral("▸ ") + fontMetrics().elidedText(task, Qt::ElideRight, 240));
        button->setToolTip(plainToolTip(task + QLatin1Char('\n') + shownLine(run.explanation)));
        button->setAccessibleName(tr("Open the run: %1").arg(task));
        button->setFlat(true);
        button->setStyleSheet(QStringLiteral("text-align:left"));
        const QString address = QStringLiteral("run/") + own(run.key.value) + (run.stepId.empty() ? QString() : QStringLiteral("/step/") + own(run.stepId));
        connect(button, &QPushButton::clicked, this, [this, address] { Q_EMIT openAddress(address); });
        m_column->addWidget(button);
        if (!run.explanation.empty()) say(shownLine(run.explanation), TextLabel::Normal);
    }
}

} // namespace tackroom::ui
