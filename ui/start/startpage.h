// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/start: what is shown while nothing is open.
#include "ui/common/page.h"
#include "ui/models/session.h"

class QListWidget;
class QPushButton;

namespace tackroom::ui {

class TextLabel;

class StartPage : public Page {
    Q_OBJECT
public:
    explicit StartPage(Session& session, QWidget* parent = nullptr);
    [[nodiscard]] QList<QWidget*> panes() const override;
    void reload(); ///< the recent list

private:
    QPushButton* choice(const QString& id, const QString& title, const QString& what, const QKeySequence& key, const QString& address);
    void openRecent(int row);

    Session& m_session;
    std::vector<Recent> m_recents;
    QPushButton* m_first = nullptr;
    TextLabel* m_recentTitle;
    QListWidget* m_list;
};

} // namespace tackroom::ui
