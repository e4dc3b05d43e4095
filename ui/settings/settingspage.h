// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/settings: who decides, how it looks, where things lie.
#include "ui/common/page.h"
#include "ui/common/theme.h"
#include "ui/models/session.h"

class QComboBox;
class QLineEdit;

namespace tackroom::ui {

class TextLabel;

class SettingsPage : public Page {
    Q_OBJECT
public:
    explicit SettingsPage(Session& session, QWidget* parent = nullptr);
    [[nodiscard]] QString address() const override { return QStringLiteral("settings"); }
    [[nodiscard]] QList<QWidget*> panes() const override;
    /// The theme kept in the settings.
    [[nodiscard]] static Theme storedTheme();

private:
    void saveReviewer();
    Session& m_session;
    QLineEdit* m_name;
    QLineEdit* m_mail;
    TextLabel* m_said;
    QComboBox* m_theme;
};

} // namespace tackroom::ui
