// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/settings/settingspage.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/settings/cachepanel.h"

#include <QApplication>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>

namespace tackroom::ui
{

namespace
{
QString themeKey() { return QStringLiteral("window/theme"); }

QFormLayout* addForm(QVBoxLayout& column)
{
    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->setHorizontalSpacing(3 * kGrid);
    form->setVerticalSpacing(kGrid);
    column.addLayout(form);
    return form;
}
} // namespace

Theme SettingsPage::storedTheme()
{
    const int stored = QSettings().value(themeKey(), 0).toInt();
    return stored >= 0 && stored <= 3 ? static_cast<Theme>(stored) : Theme::System;
}

SettingsPage::SettingsPage(Session& session, QWidget* parent) : Page(parent), m_session(session)
{
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    auto* scroll = new QScrollArea(this);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    whole->addWidget(scroll);
    auto* content = new QWidget(scroll);
    scroll->setWidget(content);
    auto* row = new QHBoxLayout(content);
    row->setContentsMargins(4 * kGrid, 4 * kGrid, 4 * kGrid, 4 * kGrid);
    auto* middle = new QWidget(content);
    middle->setMaximumWidth(860);
    row->addWidget(middle, 10);
    row->addStretch(1);
    auto* column = new QVBoxLayout(middle);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2 * kGrid);
    column->addWidget(new TextLabel(tr("Settings"), TextLabel::Heading, middle));
    QFormLayout* form = addForm(*column);
    addReviewer(*form);
    addTheme(*form);
    addStore(*form);
    m_cache = new CachePanel(session, middle);
    column->addWidget(m_cache);
    addPlaces(*addForm(*column));
    column->addStretch(1);
    connect(&m_session, &Session::storeChanged, this, &SettingsPage::storeChanged);
    storeChanged();
}

void SettingsPage::addReviewer(QFormLayout& form)
{
    const Reviewer reviewer = m_session.reviewer();
    m_name = new QLineEdit(shownLine(reviewer.name), this);
    m_name->setObjectName(QStringLiteral("reviewerName"));
    m_name->setAccessibleName(tr("Reviewer's name"));
    m_mail = new QLineEdit(shownLine(reviewer.mail), this);
    m_mail->setObjectName(QStringLiteral("reviewerMail"));
    m_mail->setAccessibleName(tr("Reviewer's mail address"));
    form.addRow(tr("Your name"), m_name);
    form.addRow(tr("Your mail address"), m_mail);
    m_said =
        new TextLabel(tr("Every decision is recorded under this name. It is never taken from a repository's configuration."),
                      TextLabel::Faint | TextLabel::Wrapped, this);
    m_said->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    form.addRow(QString(), m_said);
    connect(m_name, &QLineEdit::editingFinished, this, &SettingsPage::saveReviewer);
    connect(m_mail, &QLineEdit::editingFinished, this, &SettingsPage::saveReviewer);
}

void SettingsPage::addTheme(QFormLayout& form)
{
    m_theme = new QComboBox(this);
    m_theme->setObjectName(QStringLiteral("theme"));
    m_theme->setAccessibleName(tr("Colours"));
    m_theme->addItems({tr("As the system"), tr("Light"), tr("Dark"), tr("High contrast")});
    m_theme->setCurrentIndex(static_cast<int>(storedTheme()));
    connect(m_theme, &QComboBox::activated, this, [](int index) {
        QSettings().setValue(themeKey(), index);
        applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), static_cast<Theme>(index));
    });
    form.addRow(tr("Colours"), m_theme);
}

/// What is set for the open store alone.
void SettingsPage::addStore(QFormLayout& form)
{
    m_store = new TextLabel({}, TextLabel::Wrapped, this);
    m_store->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    form.addRow(tr("Of the open store"), m_store);
    auto* buttons = new QWidget(this);
    auto* row = new QHBoxLayout(buttons);
    row->setContentsMargins(0, 0, 0, 0);
    m_outcomeRule = new QPushButton(tr("What counts as a failure…"), buttons);
    m_outcomeRule->setObjectName(QStringLiteral("outcomeRule"));
    m_versionRule = new QPushButton(tr("What tells the harness version…"), buttons);
    m_versionRule->setObjectName(QStringLiteral("versionRuleOfStore"));
    row->addWidget(m_outcomeRule);
    row->addWidget(m_versionRule);
    row->addStretch(1);
    form.addRow(QString(), buttons);
    connect(m_outcomeRule, &QPushButton::clicked, this, [this] { Q_EMIT openAddress(QStringLiteral("action/outcome-rule")); });
    connect(m_versionRule, &QPushButton::clicked, this, [this] { Q_EMIT openAddress(QStringLiteral("action/version-rule")); });
}

void SettingsPage::addPlaces(QFormLayout& form)
{
    const Places& places = m_session.places();
    const auto addPlace = [&](const QString& title, const std::filesystem::path& place) {
        auto* label = new TextLabel(own(place.string()), TextLabel::Mono | TextLabel::Elided | TextLabel::Selectable, this);
        label->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
        form.addRow(title, label);
    };
    addPlace(tr("Indexes (may be deleted)"), places.cache);
    addPlace(tr("Vaults and the sample (keep)"), places.data);
    addPlace(tr("Settings and rules (keep)"), places.config);
}

QList<QWidget*> SettingsPage::panes() const { return {m_name, m_theme, m_cache}; }

bool SettingsPage::settled() const { return m_cache->settled(); }

void SettingsPage::storeChanged()
{
    const bool ready = m_session.storeState() == Session::State::Ready;
    m_outcomeRule->setEnabled(ready);
    m_versionRule->setEnabled(ready);
    m_store->setShown(ready ? tr("%1: rules that are kept on this machine, never in the store")
                                  .arg(shownLine(m_session.store().path.filename().string(), 80))
                            : tr("No store is open."));
}

void SettingsPage::saveReviewer()
{
    const auto reviewer =
        parseReviewer(utf8(m_name->text().trimmed() + QStringLiteral(" <") + m_mail->text().trimmed() + QLatin1Char('>')));
    if (!reviewer) {
        m_said->setShown(tr("Not saved yet: a name and a mail address are needed, without < and >."));
        return;
    }
    m_session.setReviewer(*reviewer);
    m_said->setShown(tr("Saved. Decisions are recorded as %1.").arg(shownLine(toString(*reviewer))));
}

} // namespace tackroom::ui
