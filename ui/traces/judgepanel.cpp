// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/judgepanel.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QComboBox>
#include <QFormLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

namespace tackroom::ui
{

namespace
{

constexpr int kMostReason = 2000;

QString verdictText(JudgeVerdict verdict)
{
    switch (verdict) {
    case JudgeVerdict::Good:
        return JudgePanel::tr("good");
    case JudgeVerdict::Bad:
        return JudgePanel::tr("bad");
    case JudgeVerdict::Unsure:
        return JudgePanel::tr("unsure");
    case JudgeVerdict::Withdrawn:
        break;
    }
    return JudgePanel::tr("withdrawn");
}

void choose(QComboBox& box, const std::string& value)
{
    const int at = box.findData(own(value));
    box.setCurrentIndex(at < 0 ? 0 : at);
}

} // namespace

JudgePanel::JudgePanel(QWidget* parent) : QFrame(parent)
{
    setAccessibleName(tr("How the run went"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * kGrid, kGrid / 2, kGrid, kGrid / 2);
    column->setSpacing(kGrid / 2);
    auto* row = new QHBoxLayout;
    row->setSpacing(kGrid / 2);
    m_says = new TextLabel({}, TextLabel::Elided | TextLabel::Faint, this);
    row->addWidget(m_says, 1);
    const auto button = [&](const QString& text, const QString& toolTip, const char* name) {
        auto* made = new QToolButton(this);
        made->setText(text);
        made->setToolTip(plainToolTip(toolTip));
        made->setAccessibleName(toolTip);
        made->setObjectName(QLatin1StringView(name));
        made->setAutoRaise(true);
        row->addWidget(made);
        return made;
    };
    m_undo = button(tr("Undo"), tr("Take the last judgement back (Ctrl+Z)"), "judgeUndo");
    m_good = button(tr("✓ Good"), tr("The run went well (G)"), "judgeGood");
    m_bad = button(tr("✗ Bad"), tr("The run went wrong (B)"), "judgeBad");
    m_unsure = button(tr("? Unsure"), tr("It cannot be told how the run went (U)"), "judgeUnsure");
    for (QToolButton* verdict : {m_good, m_bad, m_unsure}) verdict->setCheckable(true);
    column->addLayout(row);

    m_giving = new QWidget(this);
    auto* giving = new QHBoxLayout(m_giving);
    giving->setContentsMargins(0, 0, 0, 0);
    giving->setSpacing(kGrid / 2);
    m_reason = new QLineEdit(m_giving);
    m_reason->setObjectName(QStringLiteral("judgeReason"));
    m_reason->setAccessibleName(tr("Reason"));
    m_reason->setPlaceholderText(tr("Why? Enter keeps it, Ctrl+Enter goes on to the next run"));
    m_reason->setMaxLength(kMostReason);
    m_reason->installEventFilter(this);
    giving->addWidget(m_reason, 1);
    m_moreButton = new QToolButton(m_giving);
    m_moreButton->setText(tr("More"));
    m_moreButton->setToolTip(plainToolTip(tr("Adopted, preferred answer, relevance, missing knowledge")));
    m_moreButton->setCheckable(true);
    m_moreButton->setAutoRaise(true);
    giving->addWidget(m_moreButton);
    m_keep = new QPushButton(m_giving);
    m_keep->setObjectName(QStringLiteral("judgeKeep"));
    giving->addWidget(m_keep);
    column->addWidget(m_giving);
    m_more = new QWidget(this);
    buildMore(m_more);
    column->addWidget(m_more);
    m_giving->hide();
    m_more->hide();
    m_undo->hide();

    connect(m_good, &QToolButton::clicked, this, [this] { begin(JudgeVerdict::Good); });
    connect(m_bad, &QToolButton::clicked, this, [this] { begin(JudgeVerdict::Bad); });
    connect(m_unsure, &QToolButton::clicked, this, [this] { begin(JudgeVerdict::Unsure); });
    connect(m_undo, &QToolButton::clicked, this, &JudgePanel::undone);
    connect(m_moreButton, &QToolButton::toggled, m_more, &QWidget::setVisible);
    connect(m_keep, &QPushButton::clicked, this, [this] { keep(false); });
}

void JudgePanel::buildMore(QWidget* more)
{
    auto* form = new QFormLayout(more);
    form->setContentsMargins(0, 0, 0, 0);
    form->setSpacing(kGrid / 2);
    const auto add = [&](const QString& label, QWidget* field) {
        field->setAccessibleName(label);
        field->installEventFilter(this);
        form->addRow(label, field);
    };
    m_adopted = new QComboBox(more);
    m_adopted->addItem(tr("not said"), QString());
    m_adopted->addItem(tr("people used it"), QStringLiteral("yes"));
    m_adopted->addItem(tr("people did not use it"), QStringLiteral("no"));
    add(tr("Answer adopted"), m_adopted);
    m_relevance = new QComboBox(more);
    m_relevance->addItem(tr("not said"), QString());
    m_relevance->addItem(tr("relevant"), QStringLiteral("relevant"));
    m_relevance->addItem(tr("partly"), QStringLiteral("partly"));
    m_relevance->addItem(tr("not relevant"), QStringLiteral("not relevant"));
    add(tr("What was retrieved"), m_relevance);
    m_preference = new QLineEdit(more);
    m_preference->setMaxLength(kMostReason);
    add(tr("Preferred answer"), m_preference);
    m_missing = new QLineEdit(more);
    m_missing->setMaxLength(kMostReason);
    add(tr("Missing knowledge"), m_missing);
}

bool JudgePanel::isOpen() const { return m_verdict.has_value(); }

void JudgePanel::setRun(const RunKey& run, const JournalEntry* said)
{
    const bool same = run == m_run;
    m_run = run;
    m_said = said ? std::optional(*said) : std::nullopt;
    if (!same) m_verdict.reset();
    fill();
}

void JudgePanel::setReviewer(const Reviewer& reviewer) { m_reviewer = reviewer; }

void JudgePanel::setCanUndo(bool can) { m_undo->setVisible(can); }

void JudgePanel::setSubject(const QString& subject)
{
    if (subject == m_subject) return;
    m_subject = subject;
    fill();
}

void JudgePanel::fill()
{
    const QString subject = m_subject.isEmpty() ? QString() : tr("%1 · ").arg(m_subject);
    const auto shown = m_verdict ? m_verdict : m_said ? std::optional(m_said->judgement->verdict) : std::nullopt;
    m_good->setChecked(shown == JudgeVerdict::Good);
    m_bad->setChecked(shown == JudgeVerdict::Bad);
    m_unsure->setChecked(shown == JudgeVerdict::Unsure);
    m_giving->setVisible(m_verdict.has_value());
    m_more->setVisible(m_verdict && m_moreButton->isChecked());
    if (m_said) {
        QString text = tr("⚑ %1 judged it %2").arg(shownLine(m_said->reviewer.name, 80), verdictText(m_said->judgement->verdict));
        if (!m_said->reason.empty()) text += tr(": “%1”").arg(shownLine(m_said->reason, 400));
        m_says->setShown(QString(subject + text));
        m_says->setToolTip(plainToolTip(QString(text + QLatin1Char('\n') + exactTime(m_said->time))));
    } else {
        m_says->setShown(QString(subject + tr("How did it go?")));
        m_says->setToolTip({});
    }
    if (m_verdict) m_keep->setText(tr("Keep: %1").arg(verdictText(*m_verdict)));
}

void JudgePanel::begin(JudgeVerdict verdict)
{
    if (m_run.value.empty()) return;
    if (m_reviewer.name.empty()) {
        fill();
        Q_EMIT nameWanted();
        return;
    }
    if (!m_verdict) {
        const RunJudgement before = m_said ? *m_said->judgement : RunJudgement();
        m_reason->setText(m_said ? own(m_said->reason) : QString());
        m_preference->setText(own(before.preference));
        m_missing->setText(own(before.missingKnowledge));
        choose(*m_adopted, before.adopted);
        choose(*m_relevance, before.relevance);
    }
    m_verdict = verdict;
    fill();
    m_reason->setFocus(Qt::ShortcutFocusReason);
    m_reason->selectAll();
}

RunJudgement JudgePanel::judgement() const
{
    RunJudgement made;
    made.run = m_run.value;
    made.verdict = m_verdict.value_or(JudgeVerdict::Unsure);
    made.adopted = utf8(m_adopted->currentData().toString());
    made.relevance = utf8(m_relevance->currentData().toString());
    made.preference = utf8(m_preference->text().trimmed());
    made.missingKnowledge = utf8(m_missing->text().trimmed());
    return made;
}

void JudgePanel::keep(bool goOn)
{
    if (!m_verdict) return;
    const RunJudgement made = judgement();
    const QString reason = m_reason->text().trimmed();
    leave();
    Q_EMIT judged(made, reason, goOn);
}

void JudgePanel::leave()
{
    m_verdict.reset();
    fill();
    Q_EMIT closed();
}

bool JudgePanel::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::KeyPress && m_verdict) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Escape) {
            leave();
            return true;
        }
        if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
            keep(key->modifiers().testFlag(Qt::ControlModifier));
            return true;
        }
    }
    return QFrame::eventFilter(watched, event);
}

void JudgePanel::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(0, 0, width(), 1, roleColors(palette()).line);
}

} // namespace tackroom::ui
