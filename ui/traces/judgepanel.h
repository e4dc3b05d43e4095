// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/harness/journal.h"
#include "core/traces/traces.h"

#include <QFrame>

#include <optional>

class QComboBox;
class QLineEdit;
class QPushButton;
class QToolButton;

namespace tackroom::ui
{

class TextLabel;

/// The strip beneath a run: what a person says of it. G, B and U open it with the verdict set and the cursor in the reason;
/// Enter keeps it, Ctrl+Enter keeps it and goes on to the next run, Escape leaves.
class JudgePanel : public QFrame
{
    Q_OBJECT
public:
    explicit JudgePanel(QWidget* parent = nullptr);

    /// The run that is shown, and what was said of it. An open reason of the same run stays as it is.
    void setRun(const RunKey& run, const JournalEntry* said);
    /// Whose name stands under it; without one nothing can be written down.
    void setReviewer(const Reviewer& reviewer);
    void setCanUndo(bool can);
    /// Which of several runs is judged here: "Left run"; empty where there is one alone.
    void setSubject(const QString& subject);
    /// The key was pressed.
    void begin(JudgeVerdict verdict);
    [[nodiscard]] bool isOpen() const;

Q_SIGNALS:
    void judged(const tackroom::RunJudgement& judgement, const QString& reason, bool goOn);
    void undone();
    void nameWanted(); ///< no reviewer is set
    void closed();     ///< the focus may go back

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void buildMore(QWidget* more);
    void keep(bool goOn);
    void leave();
    void fill();
    [[nodiscard]] RunJudgement judgement() const;

    RunKey m_run;
    QString m_subject;
    std::optional<JournalEntry> m_said;
    Reviewer m_reviewer;
    std::optional<JudgeVerdict> m_verdict; ///< the one that is being given
    TextLabel* m_says;
    QToolButton *m_good, *m_bad, *m_unsure, *m_undo, *m_moreButton;
    QWidget *m_giving, *m_more;
    QLineEdit *m_reason, *m_preference, *m_missing;
    QComboBox *m_adopted, *m_relevance;
    QPushButton* m_keep;
};

} // namespace tackroom::ui
