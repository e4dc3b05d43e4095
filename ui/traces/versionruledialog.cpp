// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/versionruledialog.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"
#include "ui/models/session.h"
#include "ui/models/versionrules.h"

#include <QFontDatabase>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QShortcut>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace tackroom::ui
{

namespace
{

constexpr std::int64_t kLookedRuns = 500;
constexpr int kPreviewDelayMs = 250;
constexpr int kKeyRole = Qt::UserRole, kValueRole = Qt::UserRole + 1;
constexpr int kMostSamples = 5;

QString keyLine(const QString& key) { return QStringLiteral("key ") + key; }

} // namespace

VersionRuleDialog::VersionRuleDialog(Session& session, VersionRules& rules, QWidget* parent)
    : QDialog(parent), m_session(session), m_rules(rules)
{
    setWindowTitle(tr("What tells the harness version"));
    setObjectName(QStringLiteral("versionRule"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * kGrid, 2 * kGrid, 2 * kGrid, 2 * kGrid);
    column->setSpacing(kGrid);
    column->addWidget(new TextLabel(tr("What tells the harness version of a run?"), TextLabel::Heading, this));
    column->addWidget(new TextLabel(
        tr("By itself Tackroom takes what the trace says: a commit, else a version, else that of the prompt. What is set here "
           "comes before it. It is kept on this machine, never in the store."),
        TextLabel::Faint | TextLabel::Wrapped, this));
    column->addWidget(buildKeys(), 3);
    column->addWidget(buildTerms(), 2);
    m_preview = new TextLabel({}, TextLabel::Wrapped | TextLabel::Selectable, this);
    m_preview->setObjectName(QStringLiteral("versionPreview"));
    m_preview->setMinimumHeight(fontMetrics().height() * 3);
    m_preview->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    column->addWidget(m_preview);
    column->addWidget(buildButtons());
    const int unit = fontMetrics().averageCharWidth();
    resize(unit * 110, fontMetrics().height() * 36);

    m_previewSoon.setSingleShot(true);
    m_previewSoon.setInterval(kPreviewDelayMs);
    connect(&m_previewSoon, &QTimer::timeout, this, &VersionRuleDialog::preview);
    connect(&m_session, &Session::storeChanged, this, &VersionRuleDialog::storeChanged);
    connect(&m_rules, &VersionRules::changed, this, &VersionRuleDialog::storeChanged);
    connect(&m_session, &Session::repositoryChanged, this, &VersionRuleDialog::showButtons);
    m_store = m_session.storePath();
    showTerms();
    loadKeys(0);
    m_keys->setFocus();
}

QWidget* VersionRuleDialog::buildKeys()
{
    auto* area = new QWidget(this);
    auto* column = new QVBoxLayout(area);
    column->setContentsMargins(0, 0, 0, 0);
    m_keysOf = new TextLabel({}, TextLabel::Strong | TextLabel::Wrapped, area);
    column->addWidget(m_keysOf);
    m_keys = new QTreeWidget(area);
    m_keys->setObjectName(QStringLiteral("versionKeys"));
    m_keys->setAccessibleName(tr("Keys of the runs"));
    m_keys->setHeaderLabels({tr("Take the version from"), tr("Runs"), tr("Values")});
    m_keys->setUniformRowHeights(true);
    m_keys->header()->setStretchLastSection(false);
    m_keys->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_keys->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    m_keys->header()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
    column->addWidget(m_keys, 1);
    auto* row = new QHBoxLayout;
    m_look = new QPushButton(tr("Look for all keys in the store"), area);
    m_look->setObjectName(QStringLiteral("lookForKeys"));
    m_look->setToolTip(
        plainToolTip(tr("Lists every key that %1 runs of the store have, whatever its name").arg(countText(kLookedRuns))));
    m_map = new QPushButton(tr("Name the values…"), area);
    m_map->setObjectName(QStringLiteral("mapValues"));
    m_map->setToolTip(
        plainToolTip(tr("Writes a line for each value of the key, to be completed with the version that it stands for")));
    row->addWidget(m_look);
    row->addWidget(m_map);
    row->addStretch(1);
    column->addLayout(row);
    connect(m_look, &QPushButton::clicked, this, [this] { loadKeys(kLookedRuns); });
    connect(m_map, &QPushButton::clicked, this, &VersionRuleDialog::mapValues);
    connect(m_keys, &QTreeWidget::itemSelectionChanged, this, &VersionRuleDialog::showButtons);
    connect(m_keys, &QTreeWidget::itemChanged, this, [this](QTreeWidgetItem* item, int changed) {
        if (changed == 0 && !m_filling && !item->parent())
            keyTicked(item->data(0, kKeyRole).toString(), item->checkState(0) == Qt::Checked);
    });
    return area;
}

QWidget* VersionRuleDialog::buildTerms()
{
    auto* area = new QWidget(this);
    auto* column = new QVBoxLayout(area);
    column->setContentsMargins(0, 0, 0, 0);
    auto* title = new TextLabel(tr("The rule, a line each"), TextLabel::Strong, area);
    column->addWidget(title);
    m_terms = new QPlainTextEdit(area);
    m_terms->setObjectName(QStringLiteral("versionTerms"));
    m_terms->setAccessibleName(tr("The rule"));
    m_terms->setTabChangesFocus(true);
    m_terms->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_terms->setPlaceholderText(QStringLiteral(
        "key service.version\nwhere release = prod-7 is v4\nfrom 2026-03-01 to 2026-03-08 is v4\ndeployed 2026-03-01 is v4"));
    column->addWidget(m_terms, 1);
    column->addWidget(new TextLabel(tr("“key” takes the value of a key, “where … is” names a value, “from … is” names a time. "
                                       "“deployed … is” counts from then "
                                       "on for runs that name no version; with “deployment first” for all runs."),
                                    TextLabel::Faint | TextLabel::Wrapped, area));
    connect(m_terms, &QPlainTextEdit::textChanged, this, [this] {
        if (m_filling) return;
        tickKeys();
        showButtons();
        m_previewSoon.start();
    });
    return area;
}

QWidget* VersionRuleDialog::buildButtons()
{
    auto* area = new QWidget(this);
    auto* row = new QHBoxLayout(area);
    row->setContentsMargins(0, 0, 0, 0);
    const auto button = [&](const QString& text, const char* name) {
        auto* made = new QPushButton(text, area);
        made->setObjectName(QLatin1StringView(name));
        made->setAutoDefault(false);
        return made;
    };
    m_deployments = button(tr("Add what the repository landed, and when"), "addDeployments");
    m_undo = button(tr("Undo"), "undoVersionRule");
    m_none = button(tr("No rule"), "noVersionRule");
    m_apply = button(tr("Apply"), "applyVersionRule");
    auto* close = button(tr("Close"), "closeVersionRule");
    row->addWidget(m_deployments);
    row->addStretch(1);
    for (QPushButton* each : {m_undo, m_none, m_apply, close}) row->addWidget(each);
    m_apply->setToolTip(plainToolTip(tr("Ctrl+Return")));
    for (const auto key : {Qt::Key_Return, Qt::Key_Enter})
        connect(new QShortcut(QKeySequence(Qt::CTRL | key), this), &QShortcut::activated, this, &VersionRuleDialog::apply);
    connect(m_deployments, &QPushButton::clicked, this, &VersionRuleDialog::addDeployments);
    connect(m_undo, &QPushButton::clicked, &m_rules, &VersionRules::undo);
    connect(m_none, &QPushButton::clicked, this, [this] {
        m_terms->clear();
        apply();
    });
    connect(m_apply, &QPushButton::clicked, this, &VersionRuleDialog::apply);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    return area;
}

void VersionRuleDialog::loadKeys(std::int64_t lookAtRuns)
{
    m_session.jobs().cancel(m_keysJob);
    m_look->setEnabled(false);
    m_keysOf->setShown(lookAtRuns > 0 ? tr("Looking at %1 runs of the store …").arg(countText(lookAtRuns))
                                      : tr("Looking for the keys …"));
    m_keysJob = m_rules.askKeys(this, lookAtRuns, [this, lookAtRuns](Result<VersionKeys> keys) {
        m_keysJob = 0;
        m_look->setEnabled(true);
        m_ofStore = keys && lookAtRuns > 0;
        if (keys)
            showKeys(*keys, lookAtRuns > 0);
        else
            m_keysOf->setShown(sentenceOf(keys.error()));
    });
}

void VersionRuleDialog::showKeys(const VersionKeys& keys, bool ofStore)
{
    m_keysOf->setShown(ofStore ? tr("Every key of %1 runs of the store").arg(countText(keys.runs))
                               : tr("Keys that usually tell it, in all %1 runs").arg(countText(keys.runs)));
    m_filling = true;
    m_keys->clear();
    for (const VersionKeySummary& key : keys.keys) {
        auto* item =
            new QTreeWidgetItem(m_keys, {shownLine(key.key, 100), countText(key.runs),
                                         key.manyValues ? tr("over %1").arg(countText(key.values)) : countText(key.values)});
        item->setData(0, kKeyRole, own(key.key));
        item->setFlags(item->flags() | Qt::ItemIsUserCheckable);
        item->setCheckState(0, Qt::Unchecked);
        for (int column : {1, 2}) item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
        for (const auto& [value, runs] : key.samples) {
            auto* sample = new QTreeWidgetItem(item, {shownLine(value, 100), countText(runs)});
            sample->setData(0, kValueRole, own(value));
            sample->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
        }
        if (key.values > kMostSamples)
            new QTreeWidgetItem(item,
                                {tr("and %1 more").arg(countText(key.values - static_cast<std::int64_t>(key.samples.size())))});
    }
    m_filling = false;
    tickKeys();
    if (m_keys->topLevelItemCount() > 0) m_keys->setCurrentItem(m_keys->topLevelItem(0));
    showButtons();
}

QStringList VersionRuleDialog::lines() const
{
    QStringList lines;
    for (const QString& line : m_terms->toPlainText().split(QLatin1Char('\n')))
        if (!line.trimmed().isEmpty()) lines.push_back(line.trimmed());
    return lines;
}

Result<VersionRule> VersionRuleDialog::rule() const
{
    std::vector<std::string> terms;
    for (const QString& line : lines()) terms.push_back(utf8(line));
    return parseVersionRule(terms);
}

/// The ticks follow the lines.
void VersionRuleDialog::tickKeys()
{
    const QStringList now = lines();
    m_filling = true;
    for (int i = 0; i < m_keys->topLevelItemCount(); ++i) {
        QTreeWidgetItem* item = m_keys->topLevelItem(i);
        item->setCheckState(0, now.contains(keyLine(item->data(0, kKeyRole).toString())) ? Qt::Checked : Qt::Unchecked);
    }
    m_filling = false;
}

void VersionRuleDialog::keyTicked(const QString& key, bool on)
{
    if (on) return addLine(keyLine(key));
    QStringList left = lines();
    left.removeAll(keyLine(key));
    m_terms->setPlainText(left.join(QLatin1Char('\n')));
}

void VersionRuleDialog::addLine(const QString& line)
{
    QStringList all = lines();
    if (!all.contains(line)) all.push_back(line);
    m_terms->setPlainText(all.join(QLatin1Char('\n')));
}

void VersionRuleDialog::mapValues()
{
    QTreeWidgetItem* item = m_keys->currentItem();
    if (!item) return;
    const bool one = item->parent() && item->data(0, kValueRole).isValid();
    QTreeWidgetItem* key = item->parent() ? item->parent() : item;
    QStringList all = lines();
    for (int i = 0; i < key->childCount(); ++i) {
        const QTreeWidgetItem* value = one ? item : key->child(i);
        if (!value->data(0, kValueRole).isValid()) continue;
        const QString start =
            QStringLiteral("where %1 = %2 is ").arg(key->data(0, kKeyRole).toString(), value->data(0, kValueRole).toString());
        const bool there =
            std::ranges::any_of(all, [&](const QString& line) { return QString(line + QLatin1Char(' ')).startsWith(start); });
        if (!there) all.push_back(start);
        if (one) break;
    }
    m_terms->setPlainText(all.join(QLatin1Char('\n')));
    // To the first that waits for its version.
    const qsizetype at = m_terms->toPlainText().indexOf(QStringLiteral(" is \n"));
    QTextCursor cursor = m_terms->textCursor();
    cursor.setPosition(static_cast<int>(at < 0 ? m_terms->toPlainText().size() : at + 4));
    m_terms->setTextCursor(cursor);
    m_terms->setFocus(Qt::OtherFocusReason);
}

void VersionRuleDialog::addDeployments()
{
    auto now = rule();
    if (!now) return preview(); // it says what is wrong
    std::vector<VersionRule::Time> landed;
    for (const Version& version : m_session.versions())
        if (version.review != Version::Review::NotAnArtifact)
            landed.push_back({version.time, 0, version.commit.value + " (" + version.label + ")"});
    std::ranges::sort(landed, {}, &VersionRule::Time::from);
    now->deployments = std::move(landed);
    QStringList all;
    for (const std::string& term : toTerms(*now)) all.push_back(own(term));
    m_terms->setPlainText(all.join(QLatin1Char('\n')));
}

void VersionRuleDialog::showTerms()
{
    QStringList all;
    for (const std::string& term : toTerms(m_rules.rule())) all.push_back(own(term));
    m_filling = true;
    m_terms->setPlainText(all.join(QLatin1Char('\n')));
    m_filling = false;
    m_shown = all;
    tickKeys();
    showButtons();
    m_previewSoon.start();
}

void VersionRuleDialog::preview()
{
    m_previewSoon.stop();
    m_session.jobs().cancel(m_previewJob);
    m_previewJob = 0;
    const auto wanted = rule();
    if (!wanted) {
        const QString line = shownLine(wanted.error().where, 80);
        m_preview->setShown(tr("Not a rule yet: “%1”. %2").arg(line, shownLine(wanted.error().detail, 120)));
        return;
    }
    m_previewJob = m_rules.preview(this, *wanted, [this](Result<VersionPreview> made) {
        m_previewJob = 0;
        if (made)
            showPreview(*made);
        else if (made.error().code != ErrorCode::Cancelled)
            m_preview->setShown(sentenceOf(made.error()));
    });
}

void VersionRuleDialog::showPreview(const VersionPreview& preview)
{
    QString text;
    if (!preview.unread.empty())
        text = tr("The index does not have “%1” so far: the store is read anew for it, once. ")
                   .arg(shownLine(preview.unread.front(), 60));
    else if (preview.changed == 0)
        text = tr("None of the %1 runs gets another version. ").arg(countText(preview.runs));
    else
        text = tr("%1 of %2 runs get another version. ").arg(countText(preview.changed), countText(preview.runs));
    QStringList versions;
    for (const auto& [version, runs] : preview.versions)
        versions.push_back(tr("%1: %2").arg(shownLine(version, 40), countText(runs)));
    const auto more = preview.distinct - static_cast<std::int64_t>(preview.versions.size());
    if (more > 0) versions.push_back(tr("and %1 more").arg(countText(more)));
    if (preview.unread.empty()) text += versions.join(QStringLiteral(" · "));
    if (preview.without > 0 && preview.unread.empty()) text += tr(" · without a version: %1").arg(countText(preview.without));
    m_preview->setShown(text);
}

QString VersionRuleDialog::previewText() const { return m_preview->whole(); }

void VersionRuleDialog::apply()
{
    const auto wanted = rule();
    if (!wanted) return preview();
    m_rules.set(*wanted);
    showButtons();
}

void VersionRuleDialog::storeChanged()
{
    if (m_session.storePath() != m_store) {
        close();
        return;
    }
    if (m_session.storeState() != Session::State::Ready) return;
    // What is being written stays.
    const auto wanted = rule();
    if (lines() == m_shown || (wanted && *wanted == m_rules.rule()))
        showTerms();
    else
        m_previewSoon.start();
    if (!m_ofStore) loadKeys(0);
    showButtons();
}

void VersionRuleDialog::showButtons()
{
    const auto wanted = rule();
    const bool ready = m_session.storeState() == Session::State::Ready;
    m_apply->setEnabled(ready && wanted && *wanted != m_rules.rule());
    m_none->setEnabled(ready && !m_rules.rule().empty());
    m_undo->setEnabled(ready && m_rules.canUndo());
    m_deployments->setEnabled(m_session.repositoryState() == Session::State::Ready && !m_session.versions().empty());
    m_map->setEnabled(m_keys->currentItem() != nullptr);
}

} // namespace tackroom::ui
