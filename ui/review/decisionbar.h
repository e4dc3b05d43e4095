// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QFrame>

#include <functional>
#include <vector>

class QHBoxLayout;
class QLineEdit;
class QPushButton;

namespace tackroom::ui {

class TextLabel;

/// The line beneath the diff: a reason, what is still missing, the decisions. What cannot be undone asks first, in a preview
/// of what would land that takes the bar's place; no dialog.
class DecisionBar : public QFrame {
    Q_OBJECT
public:
    explicit DecisionBar(QWidget* parent = nullptr);
    /// A decision's button. `needs` says in words what is missing for it (empty: it may be taken). `landing`: asks with a preview.
    struct Choice {
        QString id, text, keys;
        std::function<QString()> needs;
        std::function<QString()> preview;       ///< empty function: acts at once
        std::function<void(const QString& reason)> act;
    };
    void setChoices(std::vector<Choice> choices);
    /// Says again what is missing; call when the state around it changes.
    void update();
    void clearReason();
    [[nodiscard]] QString reason() const;
    void focusReason();
    /// Takes the choice as if its button was pressed.
    void choose(const QString& id);
    void setBusy(const QString& text);
    [[nodiscard]] bool asking() const { return m_asked >= 0; }
    /// Shown beside the missing words: "Set your name…".
    void setWayOn(const QString& text, std::function<void()> act);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void ask(int choice);
    void confirm();
    void leaveAsking();
    std::vector<Choice> m_choices;
    std::vector<QPushButton*> m_buttons;
    QLineEdit* m_reason;
    TextLabel* m_says;
    QPushButton* m_wayOn;
    QPushButton* m_confirm;
    QPushButton* m_back;
    QHBoxLayout* m_buttonRow;
    std::function<void()> m_wayOnAct;
    int m_asked = -1;
    bool m_busy = false;
};

} // namespace tackroom::ui
