// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/signals/outcomerules.h"

#include <QFrame>
#include <QStringList>

#include <optional>

class QComboBox;
class QLineEdit;
class QPushButton;

namespace tackroom::ui
{

class TextLabel;

/// Above the run table: nothing tells how the runs of this store went, and what to do about it; or the rule that tells it.
/// The rule is set in place: a score, a comparison, a value.
class OutcomeBar : public QFrame
{
    Q_OBJECT
public:
    explicit OutcomeBar(QWidget* parent = nullptr);
    /// `runs` of the store, how many have no outcome, and the rule in force. Hidden where there is nothing to say.
    void setState(std::int64_t runs, std::int64_t unknown, const std::optional<ScoreRule>& rule);
    /// No outcome comes from anything but the status that a run ended with: it did not crash, which is not to say that it went well.
    void setStatusOnly(bool only);
    /// Another store: what was put off is offered again.
    void reset();
    /// Names of the scores that the store has.
    void setScores(const QStringList& names);
    void editRule();
    [[nodiscard]] bool isEditing() const { return m_editing; }

Q_SIGNALS:
    void labelWanted();
    void ruleChosen(const std::optional<tackroom::ScoreRule>& rule);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void fill();
    void apply();

    std::int64_t m_runs = 0, m_unknown = 0;
    std::optional<ScoreRule> m_rule;
    bool m_editing = false, m_statusOnly = false, m_putOff = false;
    TextLabel* m_text;
    QPushButton *m_label, *m_set, *m_remove, *m_later, *m_apply, *m_cancel;
    QWidget* m_editor;
    QComboBox *m_score, *m_test;
    QLineEdit* m_value;
    TextLabel* m_problem;
};

} // namespace tackroom::ui
