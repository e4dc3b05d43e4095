// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/settings/settingspage.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"

#include <QApplication>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSettings>

namespace tackroom::ui {

namespace {
QString themeKey() { return QStringLiteral("window/theme"); }
} // namespace

Theme SettingsPage::storedTheme()
{
    const int stored = QSettings().value(themeKey(), 0).toInt();
    return stored >= 0 && stored <= 3 ? static_cast<Theme>(stored) : Theme::System;
}

SettingsPage::SettingsPage(Session& session, QWidget* parent) : Page(parent), m_session(session)
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(4 * kGrid, 4 * kGrid, 4 * kGrid, 4 * kGrid);
    auto* middle = new QWidget(this);
    middle->setMaximumWidth(760);
    row->addWidget(middle, 10);
    row->addStretch(1);
    auto* column = new QVBoxLayout(middle);
    column->setSpacing(2 * kGrid);
    column->addWidget(new TextLabel(tr("Settings"), TextLabel::Heading, middle));
    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->setHorizontalSpacing(3 * kGrid);
    form->setVerticalSpacing(kGrid);
    column->addLayout(form);

    const Reviewer reviewer = session.reviewer();
    m_name = new QLineEdit(shownLine(reviewer.name), middle);
    m_name->setObjectName(QStringLiteral("reviewerName"));
    m_name->setAccessibleName(tr("Reviewer's name"));
    m_mail = new QLineEdit(shownLine(reviewer.mail), middle);
    m_mail->setObjectName(QStringLiteral("reviewerMail"));
    m_mail->setAccessibleName(tr("Reviewer's mail address"));
    form->addRow(tr("Your name"), m_name);
    form->addRow(tr("Your mail address"), m_mail);
    m_said = new TextLabel(tr("Every decision is recorded under this name. It is never taken from a repository's configuration."),
                           TextLabel::Faint | TextLabel::Wrapped, middle);
    m_said->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    form->addRow(QString(), m_said);
    connect(m_name, &QLineEdit::editingFinished, this, &SettingsPage::saveReviewer);
    connect(m_mail, &QLineEdit::editingFinished, this, &SettingsPage::saveReviewer);

    m_theme = new QComboBox(middle);
    m_theme->setObjectName(QStringLiteral("theme"));
    m_theme->setAccessibleName(tr("Colours"));
    m_theme->addItems({tr("As the system"), tr("Light"), tr("Dark"), tr("High contrast")});
    m_theme->setCurrentIndex(static_cast<int>(storedTheme()));
    connect(m_theme, &QComboBox::activated, this, [](int index) {
        QSettings().setValue(themeKey(), index);
        applyTheme(*qobject_cast<QApplication*>(QCoreApplication::instance()), static_cast<Theme>(index));
    });
    form->addRow(tr("Colours"), m_theme);

    const Places& places = session.places();
    const auto addPlace = [&](const QString& title, const std::filesystem::path& place) {
        auto* label = new TextLabel(own(place.string()), TextLabel::Mono | TextLabel::Elided | TextLabel::Selectable, middle);
        label->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
        form->addRow(title, label);
    };
    addPlace(tr("Indexes (may be deleted)"), places.cache);
    addPlace(tr("Vaults and the sample (keep)"), places.data);
    column->addStretch(1);
}

QList<QWidget*> SettingsPage::panes() const { return {m_name, m_theme}; }

void SettingsPage::saveReviewer()
{
    const auto reviewer = parseReviewer(utf8(m_name->text().trimmed() + QStringLiteral(" <") + m_mail->text().trimmed() + QLatin1Char('>')));
    if (!reviewer) {
        m_said->setShown(tr("Not saved yet: a name and a mail address are needed, without < and >."));
        return;
    }
    m_session.setReviewer(*reviewer);
    m_said->setShown(tr("Saved. Decisions are recorded as %1.").arg(shownLine(toString(*reviewer))));
}

} // namespace tackroom::ui
