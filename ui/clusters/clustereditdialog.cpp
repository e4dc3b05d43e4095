// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/clusters/clustereditdialog.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/models/session.h"

#include <QCompleter>
#include <QDateEdit>
#include <QDialogButtonBox>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace tackroom::ui
{

namespace
{
constexpr int kMostName = 200, kMostText = 4000;
constexpr int kCountDelayMs = 250;
constexpr UtcNs kNsPerSecond = 1'000'000'000;
constexpr int kTargetRole = Qt::UserRole;
} // namespace

QString clusterActText(ClusterAct act)
{
    switch (act) {
    case ClusterAct::Rename:
        return ClusterEditDialog::tr("Rename");
    case ClusterAct::Describe:
        return ClusterEditDialog::tr("Describe");
    case ClusterAct::Expect:
        return ClusterEditDialog::tr("What the agent should have done");
    case ClusterAct::Assign:
        return ClusterEditDialog::tr("Assign");
    case ClusterAct::Merge:
        return ClusterEditDialog::tr("Merge into another cluster");
    case ClusterAct::Split:
        return ClusterEditDialog::tr("Split by a query");
    case ClusterAct::Mute:
        return ClusterEditDialog::tr("Mute");
    case ClusterAct::Resolve:
        return ClusterEditDialog::tr("Resolve");
    default:
        return {};
    }
}

ClusterEditDialog::ClusterEditDialog(Session& session, ClusterAct act, const ClusterItem& cluster,
                                     const ClusterOverview& overview, QWidget* parent)
    : QDialog(parent), m_session(session), m_act(act), m_cluster(cluster)
{
    setWindowTitle(clusterActText(act));
    setObjectName(QStringLiteral("clusterEdit"));
    setAttribute(Qt::WA_DeleteOnClose);
    m_column = new QVBoxLayout(this);
    m_column->setContentsMargins(2 * kGrid, 2 * kGrid, 2 * kGrid, 2 * kGrid);
    m_column->setSpacing(kGrid);
    m_column->addWidget(new TextLabel(clusterActText(act), TextLabel::Heading, this));
    m_column->addWidget(new TextLabel(shownLine(cluster.label, 300), TextLabel::Faint | TextLabel::Wrapped, this));
    if (act == ClusterAct::Rename)
        addName();
    else if (act == ClusterAct::Describe)
        addParagraph(cluster.words.isDescribed ? cluster.description : std::string());
    else if (act == ClusterAct::Expect)
        addParagraph(cluster.words.expected);
    else if (act == ClusterAct::Assign)
        addOwner(overview);
    else if (act == ClusterAct::Merge)
        addTargets(overview);
    else if (act == ClusterAct::Split)
        addQuery();
    else if (act == ClusterAct::Mute)
        addSpan();
    else
        addParagraph({});
    m_preview = new TextLabel({}, TextLabel::Faint | TextLabel::Wrapped, this);
    m_preview->setObjectName(QStringLiteral("clusterEditHint"));
    m_column->addWidget(m_preview);
    m_column->addStretch(1);
    m_buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    m_buttons->button(QDialogButtonBox::Ok)->setDefault(true);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &ClusterEditDialog::keep);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    m_column->addWidget(m_buttons);
    m_countSoon.setSingleShot(true);
    m_countSoon.setInterval(kCountDelayMs);
    connect(&m_countSoon, &QTimer::timeout, this, &ClusterEditDialog::countSplit);
    resize(fontMetrics().averageCharWidth() * 76, sizeHint().height());
    showReady();
}

void ClusterEditDialog::addName()
{
    m_line = new QLineEdit(own(shownLine(m_cluster.label, kMostName).toStdString()), this);
    m_line->setObjectName(QStringLiteral("clusterEditLine"));
    m_line->setAccessibleName(tr("Name"));
    m_line->setMaxLength(kMostName);
    m_line->selectAll();
    m_column->addWidget(m_line);
    connect(m_line, &QLineEdit::textChanged, this, &ClusterEditDialog::showReady);
}

void ClusterEditDialog::addParagraph(const std::string& text)
{
    m_block = new QPlainTextEdit(this);
    m_block->setObjectName(QStringLiteral("clusterEditBlock"));
    m_block->setAccessibleName(clusterActText(m_act));
    m_block->setPlainText(shownBlock(text, kMostText));
    m_block->setTabChangesFocus(true);
    m_block->setMinimumHeight(fontMetrics().height() * 5);
    m_column->addWidget(m_block, 1);
    connect(m_block, &QPlainTextEdit::textChanged, this, &ClusterEditDialog::showReady);
}

void ClusterEditDialog::addOwner(const ClusterOverview& overview)
{
    std::set<std::string> owners{m_session.reviewer().name};
    for (const ClusterItem& each : overview.clusters) owners.insert(each.words.owner);
    QStringList known;
    for (const std::string& owner : owners)
        if (!owner.empty()) known.append(shownLine(owner, kMostName));
    m_line = new QLineEdit(shownLine(m_cluster.words.owner, kMostName), this);
    m_line->setObjectName(QStringLiteral("clusterEditLine"));
    m_line->setAccessibleName(tr("Owner"));
    m_line->setPlaceholderText(tr("Who looks after it; empty: nobody"));
    m_line->setMaxLength(kMostName);
    auto* completer = new QCompleter(known, m_line);
    completer->setCaseSensitivity(Qt::CaseInsensitive);
    m_line->setCompleter(completer);
    m_column->addWidget(m_line);
}

void ClusterEditDialog::addTargets(const ClusterOverview& overview)
{
    m_line = new QLineEdit(this);
    m_line->setObjectName(QStringLiteral("clusterEditLine"));
    m_line->setAccessibleName(tr("Words of the other cluster"));
    m_line->setPlaceholderText(tr("Words of the cluster that it becomes a part of"));
    m_column->addWidget(m_line);
    m_targets = new QListWidget(this);
    m_targets->setObjectName(QStringLiteral("clusterEditTargets"));
    m_targets->setAccessibleName(tr("Clusters"));
    m_targets->setMinimumHeight(fontMetrics().height() * 10);
    m_targets->setUniformItemSizes(true);
    m_targets->setTextElideMode(Qt::ElideMiddle);
    for (const ClusterItem& each : overview.clusters) {
        if (each.id == m_cluster.id) continue;
        auto* item = new QListWidgetItem(tr("%1 · %2").arg(countText(each.runs), shownLine(each.label, 160)), m_targets);
        item->setData(kTargetRole, own(each.id.value));
    }
    m_column->addWidget(m_targets, 1);
    if (m_targets->count() > 0) m_targets->setCurrentRow(0);
    connect(m_line, &QLineEdit::textChanged, this, &ClusterEditDialog::fitTargets);
    connect(m_targets, &QListWidget::currentRowChanged, this, &ClusterEditDialog::showReady);
    connect(m_targets, &QListWidget::itemActivated, this, &ClusterEditDialog::keep);
}

void ClusterEditDialog::addQuery()
{
    m_line = new QLineEdit(this);
    m_line->setObjectName(QStringLiteral("clusterEditLine"));
    m_line->setAccessibleName(tr("Query"));
    m_line->setPlaceholderText(tr("Its runs that fit, as in the query box: tool:issue_refund \"late delivery\" steps:>10"));
    m_line->setMaxLength(kMostText);
    m_column->addWidget(m_line);
    m_name = new QLineEdit(this);
    m_name->setObjectName(QStringLiteral("clusterEditName"));
    m_name->setAccessibleName(tr("Name of the new cluster"));
    m_name->setPlaceholderText(tr("Name of the new cluster (may be given later)"));
    m_name->setMaxLength(kMostName);
    m_column->addWidget(m_name);
    connect(m_line, &QLineEdit::textChanged, this, [this] {
        m_matching = -1;
        m_countSoon.start();
        showReady();
    });
}

void ClusterEditDialog::addSpan()
{
    const auto add = [this](QRadioButton*& button, const QString& text, QWidget* beside) {
        button = new QRadioButton(text, this);
        auto* row = new QHBoxLayout;
        row->addWidget(button);
        if (beside) row->addWidget(beside);
        row->addStretch(1);
        m_column->addLayout(row);
    };
    m_count = new QSpinBox(this);
    m_count->setObjectName(QStringLiteral("clusterEditCount"));
    m_count->setAccessibleName(tr("How many more runs"));
    m_count->setRange(1, 1'000'000);
    m_count->setValue(100);
    m_day = new QDateEdit(QDate::currentDate().addDays(14), this);
    m_day->setAccessibleName(tr("Until which day"));
    m_day->setMinimumDate(QDate::currentDate().addDays(1));
    m_day->setCalendarPopup(true);
    add(m_untilEscalating, tr("until it escalates"), nullptr);
    add(m_untilDay, tr("until"), m_day);
    add(m_untilCount, tr("until so many more runs of it have come:"), m_count);
    add(m_forGood, tr("for good"), nullptr);
    m_untilEscalating->setChecked(true);
    m_untilEscalating->setFocus();
}

/// Only the clusters that have all the words.
void ClusterEditDialog::fitTargets()
{
    const QStringList words = m_line->text().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    int first = -1;
    for (int row = 0; row < m_targets->count(); ++row) {
        QListWidgetItem* item = m_targets->item(row);
        const QString text = item->text();
        const bool fits = std::all_of(words.begin(), words.end(),
                                      [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
        item->setHidden(!fits);
        if (fits && first < 0) first = row;
    }
    m_targets->setCurrentRow(first);
    showReady();
}

void ClusterEditDialog::countSplit()
{
    m_session.jobs().cancel(m_countJob);
    const std::string query = "cluster:" + m_cluster.id.value + " " + utf8(m_line->text());
    m_countJob = m_session.askRuns<std::int64_t>(
        this, [query](RunQueries& runs) { return runs.count(parseRunFilter(query)); },
        [this](Result<std::int64_t> count) {
            m_countJob = 0;
            m_matching = count.value_or(-1);
            showReady();
        });
}

void ClusterEditDialog::showReady()
{
    if (!m_buttons) return;
    QString hint;
    bool ready = true;
    if (m_act == ClusterAct::Rename) {
        const bool named = m_cluster.words.isNamed;
        hint = named ? tr("Left empty, it has its made name again: %1").arg(shownLine(m_cluster.words.madeLabel, 160))
                     : tr("The name stays with these runs, also when the store grows.");
        ready = named || !m_line->text().trimmed().isEmpty();
    } else if (m_act == ClusterAct::Describe) {
        hint = tr("Left empty, it has the paragraph that is made from its runs.");
    } else if (m_act == ClusterAct::Merge) {
        const bool any = m_targets->count() > 0;
        ready = any && m_targets->currentRow() >= 0;
        hint = any ? tr("Its runs become a part of the cluster that is chosen. Undo parts them again.")
                   : tr("There is no other cluster.");
    } else if (m_act == ClusterAct::Split) {
        const bool some = m_matching > 0 && m_matching < m_cluster.runs;
        ready = some && !m_line->text().trimmed().isEmpty();
        hint = m_line->text().trimmed().isEmpty() ? tr("The runs that fit become a cluster of their own.")
               : m_matching < 0                   ? tr("Counting…")
                                : tr("%1 of its %2 runs fit.").arg(countText(m_matching), countText(m_cluster.runs));
    } else if (m_act == ClusterAct::Mute) {
        hint = tr("A muted cluster is shown as ignored and counted as before.");
    } else if (m_act == ClusterAct::Resolve) {
        hint = tr("What was done about it, for those who read it later. If it comes back, it is shown as regressed.");
    }
    m_preview->setShown(hint);
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(ready);
    m_buttons->button(QDialogButtonBox::Ok)
        ->setText(m_act == ClusterAct::Merge     ? tr("Merge")
                  : m_act == ClusterAct::Split   ? tr("Split")
                  : m_act == ClusterAct::Mute    ? tr("Mute")
                  : m_act == ClusterAct::Resolve ? tr("Resolve")
                                                 : tr("Keep"));
}

ClusterEdit ClusterEditDialog::edit() const
{
    ClusterEdit edit;
    edit.act = m_act;
    edit.cluster = m_cluster.id.value;
    if (m_block) edit.text = utf8(m_block->toPlainText().trimmed());
    if (m_targets)
        edit.other = utf8(m_targets->currentItem()->data(kTargetRole).toString());
    else if (m_line)
        edit.text = utf8(m_line->text().trimmed());
    if (m_act != ClusterAct::Mute) return edit;
    edit.untilEscalating = m_untilEscalating->isChecked();
    if (m_untilDay->isChecked()) edit.until = m_day->date().startOfDay().toSecsSinceEpoch() * kNsPerSecond;
    if (m_untilCount->isChecked()) edit.count = m_count->value();
    return edit;
}

QString ClusterEditDialog::doneText() const
{
    switch (m_act) {
    case ClusterAct::Merge:
        return tr("The clusters were merged. Ctrl+Z parts them again.");
    case ClusterAct::Split:
        return tr("The cluster was split. Ctrl+Z undoes it.");
    case ClusterAct::Mute:
        return tr("The cluster is muted.");
    case ClusterAct::Resolve:
        return tr("The cluster is resolved.");
    default:
        return tr("It was written down. Ctrl+Z undoes it.");
    }
}

void ClusterEditDialog::keep()
{
    if (!m_buttons->button(QDialogButtonBox::Ok)->isEnabled()) return;
    std::vector<ClusterEdit> edits{edit()};
    if (m_name && !m_name->text().trimmed().isEmpty()) {
        ClusterEdit name;
        name.act = ClusterAct::Rename;
        name.cluster = splitClusterId(edits.front());
        name.text = utf8(m_name->text().trimmed());
        edits.push_back(std::move(name));
    }
    const QString done = doneText();
    Q_EMIT wanted(edits, done);
    accept();
}

} // namespace tackroom::ui
