// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QWidget>

#include <functional>
#include <vector>

class QProgressBar;
class QVBoxLayout;

namespace tackroom::ui {

class TextLabel;

/// Shown in place of a pane's content while there is none: what it is, why it is so, the next step as a button.
class StatePane : public QWidget {
    Q_OBJECT
public:
    struct Action {
        QString text;
        std::function<void()> act;
    };
    explicit StatePane(QWidget* parent = nullptr);
    void showEmpty(const QString& title, const QString& why, const std::vector<Action>& actions = {});
    void showLoading(const QString& title);

private:
    TextLabel* m_title;
    TextLabel* m_why;
    QProgressBar* m_busy;
    QVBoxLayout* m_actions;
    void clearActions();
};

} // namespace tackroom::ui
