// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/settings: who decides, how it looks, how much may be taken, where things lie.
#include "ui/common/page.h"
#include "ui/common/theme.h"
#include "ui/models/session.h"

class QComboBox;
class QFormLayout;
class QLineEdit;
class QPushButton;

namespace tackroom::ui
{

class CachePanel;
class TextLabel;

class SettingsPage : public Page
{
    Q_OBJECT
public:
    explicit SettingsPage(Session& session, QWidget* parent = nullptr);
    [[nodiscard]] QString address() const override { return QStringLiteral("settings"); }
    [[nodiscard]] QList<QWidget*> panes() const override;
    [[nodiscard]] bool settled() const override;
    [[nodiscard]] CachePanel& cache() const { return *m_cache; }
    /// The theme kept in the settings.
    [[nodiscard]] static Theme storedTheme();

private:
    void addReviewer(QFormLayout& form);
    void addTheme(QFormLayout& form);
    void addStore(QFormLayout& form);
    void addPlaces(QFormLayout& form);
    void saveReviewer();
    void storeChanged();

    Session& m_session;
    QLineEdit* m_name;
    QLineEdit* m_mail;
    TextLabel* m_said;
    QComboBox* m_theme;
    TextLabel* m_store;
    QPushButton *m_outcomeRule, *m_versionRule;
    CachePanel* m_cache;
};

} // namespace tackroom::ui
