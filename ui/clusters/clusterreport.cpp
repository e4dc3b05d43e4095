// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/clusters/clusterreport.h"

#include "ui/clusters/bars.h"
#include "ui/clusters/exemplarcard.h"
#include "ui/common/linkbutton.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/models/clustertreemodel.h"

#include <QGridLayout>
#include <QMenu>
#include <QScrollBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace tackroom::ui
{

namespace
{
constexpr int kWidestColumns = 92; ///< characters; longer lines are hard to read

/// "Layer: tools (81 % of its findings point there), because …"
QString layerSentence(const ClusterItem& cluster)
{
    QString layer = cluster.layer == Layer::Unknown
                        ? ClusterReport::tr("Layer: unknown")
                        : ClusterReport::tr("Layer: %1 (%2 % of its findings point there)")
                              .arg(layerText(cluster.layer), QString::number(std::lround(cluster.layerShare * 100)));
    // The core's reason begins with layer and share once more.
    const QString reason = shownLine(cluster.layerReason, 1200);
    const qsizetype because = reason.indexOf(QLatin1StringView("because "));
    if (because >= 0) layer += QStringLiteral(", ") + reason.mid(because);
    return QString(layer + QLatin1Char('.'));
}
} // namespace

Result<ClusterEvidence> readClusterEvidence(RunQueries& queries, const std::filesystem::path& storeCacheFolder,
                                            const ClusterId& id)
{
    ClusterEvidence evidence;
    TR_ASSIGN(auto clusters, ClusterQueries::open(storeCacheFolder, {}));
    TR_ASSIGN(evidence.exemplars, clusters->exemplars(id));
    TR_ASSIGN(evidence.prior, priorNameOf(storeCacheFolder, id, {}));
    RunFilter filter;
    filter.fields.push_back({.field = "cluster", .value = id.value, .subject = {}});
    TR_ASSIGN(const auto rows, queries.rows(filter, RunOrder::Start, false));
    if (rows.empty()) return evidence;
    TR_ASSIGN(evidence.first, queries.item(rows.front()));
    TR_ASSIGN(evidence.last, queries.item(rows.back()));
    return evidence;
}

ClusterReport::ClusterReport(VersionText versionText, QWidget* parent)
    : QScrollArea(parent), m_versionText(std::move(versionText))
{
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setAccessibleName(tr("Cluster"));
    viewport()->setBackgroundRole(QPalette::Base);
    viewport()->setAutoFillBackground(true);
}

void ClusterReport::empty(QLayout* layout)
{
    while (QLayoutItem* item = layout->takeAt(0)) {
        if (item->layout()) empty(item->layout());
        if (item->widget()) {
            item->widget()->hide();
            item->widget()->deleteLater();
        }
        delete item;
    }
}

QVBoxLayout* ClusterReport::section(const QString& title)
{
    m_column->addSpacing(kGrid);
    m_column->addWidget(new TextLabel(title, TextLabel::Strong, m_page));
    auto* column = new QVBoxLayout;
    column->setSpacing(kGrid / 2);
    m_column->addLayout(column);
    return column;
}

void ClusterReport::showCluster(const ClusterItem& cluster, std::int64_t allRuns)
{
    const int scrolled = m_cluster.id == cluster.id ? verticalScrollBar()->value() : 0;
    m_cluster = cluster;
    auto* page = new QWidget;
    page->setBackgroundRole(QPalette::Base);
    auto* row = new QHBoxLayout(page);
    row->setContentsMargins(3 * kGrid, 2 * kGrid, 3 * kGrid, 3 * kGrid);
    m_page = new QWidget(page);
    m_page->setMaximumWidth(fontMetrics().averageCharWidth() * kWidestColumns);
    m_column = new QVBoxLayout(m_page);
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(kGrid);
    row->addWidget(m_page, 1);
    row->addStretch(0);

    m_column->addWidget(
        new TextLabel(shownLine(cluster.label), TextLabel::Heading | TextLabel::Wrapped | TextLabel::Selectable, m_page));
    addWords(cluster);
    m_prior = new QVBoxLayout;
    m_column->addLayout(m_prior);
    addActions();
    if (!cluster.description.empty())
        m_column->addWidget(
            new TextLabel(shownBlock(cluster.description, 4000), TextLabel::Wrapped | TextLabel::Selectable, m_page));
    m_column->addWidget(new TextLabel(layerSentence(cluster), TextLabel::Wrapped | TextLabel::Selectable, m_page));
    addFigures(cluster, allRuns);
    addVersions(cluster);
    m_exemplars = section(tr("Exemplars"));
    m_exemplars->addWidget(new TextLabel(tr("Reading…"), TextLabel::Faint, m_page));
    m_proposals = section(tr("Proposals for it"));
    m_versions = section(tr("Versions that addressed it"));
    m_column->addStretch(1);
    setWidget(page);
    verticalScrollBar()->setValue(scrolled);
}

void ClusterReport::addActions()
{
    constexpr int kButtons = 4; // Rename, Merge, Split, Assign; the rest in a menu
    if (m_actions.isEmpty()) return;
    auto* row = new QHBoxLayout;
    row->setSpacing(kGrid / 2);
    const auto button = [&] {
        auto* made = new QToolButton(m_page);
        made->setToolButtonStyle(Qt::ToolButtonTextOnly);
        row->addWidget(made);
        return made;
    };
    for (int i = 0; i < std::min<int>(kButtons, static_cast<int>(m_actions.size())); ++i)
        button()->setDefaultAction(m_actions[i]);
    QToolButton* more = button();
    more->setText(tr("More"));
    more->setAccessibleName(tr("More that can be done to the cluster"));
    more->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(more);
    menu->addActions(m_actions.mid(kButtons));
    more->setMenu(menu);
    row->addStretch(1);
    m_column->addLayout(row);
}

void ClusterReport::addWords(const ClusterItem& cluster)
{
    const ClusterWords& words = cluster.words;
    QStringList line{clusterStateSentence(cluster)};
    line.append(words.owner.empty() ? tr("nobody looks after it") : tr("owner: %1").arg(shownLine(words.owner, 80)));
    if (words.isPinned) line.append(tr("pinned"));
    if (!words.mergedFrom.empty())
        line.append(words.mergedFrom.size() == 1 ? tr("another cluster was merged into it")
                                                 : tr("%1 clusters were merged into it").arg(words.mergedFrom.size()));
    if (words.isSplit) line.append(tr("split from another cluster"));
    m_column->addWidget(new TextLabel(line.join(QStringLiteral(" · ")), TextLabel::Wrapped | TextLabel::Selectable, m_page));
    if (words.isNamed)
        m_column->addWidget(new TextLabel(tr("Made name: %1").arg(shownLine(words.madeLabel, 300)),
                                          TextLabel::Faint | TextLabel::Wrapped | TextLabel::Selectable, m_page));
    if (words.resolution && !words.resolution->reason.empty())
        m_column->addWidget(new TextLabel(tr("What was done about it: %1").arg(shownBlock(words.resolution->reason, 4000)),
                                          TextLabel::Wrapped | TextLabel::Selectable, m_page));
    if (!words.expected.empty())
        m_column->addWidget(new TextLabel(tr("The agent should have: %1").arg(shownBlock(words.expected, 4000)),
                                          TextLabel::Wrapped | TextLabel::Selectable, m_page));
}

void ClusterReport::addFigures(const ClusterItem& cluster, std::int64_t allRuns)
{
    m_column->addWidget(
        new TextLabel(failingShareText(cluster.runs, cluster.failingRuns), TextLabel::Strong | TextLabel::Selectable, m_page));
    QStringList more{tr("of everything: %1").arg(shareText(cluster.runs, allRuns))};
    if (cluster.users > 0) more.append(cluster.users == 1 ? tr("1 user") : tr("%1 users").arg(countText(cluster.users)));
    m_column->addWidget(
        new TextLabel(more.join(QStringLiteral(" · ")), TextLabel::Faint | TextLabel::Wrapped | TextLabel::Selectable, m_page));
    m_seen = new QVBoxLayout;
    m_column->addLayout(m_seen);
    if (cluster.perWeek.size() < 2) return;
    auto* line = new QHBoxLayout;
    QList<double> weeks;
    for (const std::int64_t runs : cluster.perWeek) weeks.append(static_cast<double>(runs));
    const QString words = trendSentence(cluster.perWeek);
    line->addWidget(new TrendLine(weeks, words, m_page));
    line->addSpacing(kGrid);
    line->addWidget(new TextLabel(words, TextLabel::Faint | TextLabel::Wrapped, m_page), 1);
    m_column->addLayout(line);
}

void ClusterReport::addVersions(const ClusterItem& cluster)
{
    QVBoxLayout* column = section(tr("By harness version"));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(2 * kGrid);
    grid->setVerticalSpacing(kGrid / 2);
    grid->setColumnStretch(2, 1);
    double most = 0;
    for (const VersionCount& version : cluster.versions)
        if (version.outOf > 0) most = std::max(most, static_cast<double>(version.runs) / static_cast<double>(version.outOf));
    int row = 0;
    for (const VersionCount& version : cluster.versions) {
        const QString label = version.version.empty() && version.label.empty() ? tr("no version named")
                                                                               : m_versionText(version.version, version.label);
        const QString words =
            version.outOf > 0 ? shareText(version.runs, version.outOf) : tr("%1 runs").arg(countText(version.runs));
        const double share = version.outOf > 0 ? static_cast<double>(version.runs) / static_cast<double>(version.outOf) : 0;
        auto* name = new TextLabel(label, TextLabel::Strong, m_page);
        name->setToolTip(plainToolTip(shownLine(version.version, 80)));
        grid->addWidget(name, row, 0);
        grid->addWidget(new ShareBar(most > 0 ? share / most : 0, tr("%1: %2").arg(label, words), m_page), row, 1);
        grid->addWidget(new TextLabel(words, TextLabel::Selectable, m_page), row, 2);
        ++row;
    }
    column->addLayout(grid);
    if (row == 0)
        column->addWidget(new TextLabel(tr("The traces name no harness version."), TextLabel::Faint, m_page));
    else if (most > 0)
        column->addWidget(new TextLabel(
            tr("Bars compare the versions: the longest stands for %1 % of a version's runs.").arg(std::lround(most * 100)),
            TextLabel::Faint | TextLabel::Wrapped, m_page));
}

void ClusterReport::setEvidence(const ClusterEvidence& evidence)
{
    if (!m_page) return;
    empty(m_prior);
    empty(m_seen);
    empty(m_exemplars);
    if (evidence.prior)
        m_prior->addWidget(new TextLabel(
            tr("The store calls it “%1”: an issue of %2 of %3 runs.")
                .arg(shownLine(evidence.prior->name, 200), countText(evidence.prior->runs), countText(evidence.prior->outOf)),
            TextLabel::Wrapped | TextLabel::Selectable, m_page));
    const auto seen = [this](const QString& words, const std::optional<RunListItem>& item, UtcNs time) {
        const QString version = item ? m_versionText(item->run.harnessVersion, item->versionLabel) : QString();
        const QString when = tr("%1 (%2)").arg(relativeTime(time), exactTime(time));
        return QString(words + QLatin1Char(' ') + (version.isEmpty() ? when : tr("%1, with %2").arg(when, version)));
    };
    if (m_cluster.firstSeen > 0) {
        m_seen->addWidget(
            new TextLabel(seen(tr("First seen"), evidence.first, m_cluster.firstSeen), TextLabel::Wrapped, m_page));
        m_seen->addWidget(new TextLabel(seen(tr("Last seen"), evidence.last, m_cluster.lastSeen), TextLabel::Wrapped, m_page));
    }
    for (const ExemplarRun& exemplar : evidence.exemplars) {
        auto* card = new ExemplarCard(exemplar, m_page);
        connect(card, &QAbstractButton::clicked, this, [this, card] { Q_EMIT openAddress(card->address()); });
        m_exemplars->addWidget(card);
    }
    if (evidence.exemplars.empty()) m_exemplars->addWidget(new TextLabel(tr("None were chosen."), TextLabel::Faint, m_page));
}

void ClusterReport::setEvidenceError(const Error& error)
{
    if (!m_page) return;
    empty(m_exemplars);
    m_exemplars->addWidget(new TextLabel(sentenceOf(error), TextLabel::Wrapped, m_page));
}

void ClusterReport::addLinks(QVBoxLayout* column, const std::vector<ClusterLink>& links, const QString& none)
{
    empty(column);
    for (const ClusterLink& link : links) {
        auto* button = new LinkButton(m_page);
        button->setLink(link.text);
        connect(button, &QPushButton::clicked, this, [this, address = link.address] { Q_EMIT openAddress(address); });
        auto* row = new QHBoxLayout;
        row->addWidget(button);
        row->addWidget(new TextLabel(link.note, TextLabel::Faint | TextLabel::Elided, m_page), 1);
        column->addLayout(row);
    }
    if (links.empty()) column->addWidget(new TextLabel(none, TextLabel::Faint | TextLabel::Wrapped, m_page));
}

void ClusterReport::setLinks(const std::vector<ClusterLink>& proposals, const std::vector<ClusterLink>& versions,
                             bool knowsRepository)
{
    if (!m_page) return;
    const QString closed = tr("No harness repository is open.");
    addLinks(m_proposals, proposals, knowsRepository ? tr("No proposal names this cluster.") : closed);
    addLinks(m_versions, versions, knowsRepository ? tr("No version came from a proposal for it.") : closed);
}

} // namespace tackroom::ui
