// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"

#include <QFrame>

#include <functional>
#include <vector>

class QHBoxLayout;
class QPlainTextEdit;
class QToolButton;

namespace tackroom::ui {

class TextLabel;

/// What happened, where, what is unharmed, what to do; in the page, never modal. Hidden while it has nothing to say.
class MessageBar : public QFrame {
    Q_OBJECT
public:
    struct Action {
        QString text;
        std::function<void()> act;
    };
    explicit MessageBar(QWidget* parent = nullptr);
    void showError(const Error& error, const std::vector<Action>& actions = {});
    void showNews(const QString& text, const std::vector<Action>& actions = {});
    void showWarning(const QString& text, const std::vector<Action>& actions = {});
    void clear();
    [[nodiscard]] QString text() const;

private:
    enum class Tone { News, Warning, Failure };
    void show(Tone tone, const QString& text, const QString& details, const std::vector<Action>& actions);
    void paintEvent(QPaintEvent* event) override;
    Tone m_tone = Tone::News;
    TextLabel* m_sign;
    TextLabel* m_text;
    QPlainTextEdit* m_details;
    QToolButton* m_detailsButton;
    QHBoxLayout* m_actions;
};

} // namespace tackroom::ui
