// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/outcomebar.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/common/theme.h"

#include <QComboBox>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace tackroom::ui
{

OutcomeBar::OutcomeBar(QWidget* parent) : QFrame(parent)
{
    setAccessibleName(tr("How outcomes are known"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(kGrid, kGrid / 2, kGrid, kGrid / 2);
    column->setSpacing(kGrid / 2);
    m_text = new TextLabel({}, TextLabel::Wrapped, this);
    column->addWidget(m_text);
    auto* row = new QHBoxLayout;
    row->setSpacing(kGrid);
    const auto button = [this](const QString& text, const char* name) {
        auto* made = new QPushButton(text, this);
        made->setObjectName(QLatin1StringView(name));
        return made;
    };
    m_label = button(tr("Judge runs (G good, B bad, U unsure)"), "labelRuns");
    m_set = button(tr("Set a rule…"), "setRule");
    m_remove = button(tr("Remove the rule"), "removeRule");
    m_later = button(tr("Not now"), "laterRule");
    for (QPushButton* each : {m_label, m_set, m_remove, m_later}) row->addWidget(each);
    row->addStretch(1);
    column->addLayout(row);

    m_editor = new QWidget(this);
    auto* editor = new QHBoxLayout(m_editor);
    editor->setContentsMargins(0, 0, 0, 0);
    editor->setSpacing(kGrid / 2);
    m_score = new QComboBox(m_editor);
    m_score->setEditable(true);
    m_score->setAccessibleName(tr("Score"));
    m_score->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_score->setMinimumContentsLength(12);
    m_test = new QComboBox(m_editor);
    m_test->setAccessibleName(tr("Comparison"));
    const auto test = [this](const QString& text, const char* sign) { m_test->addItem(text, QString::fromLatin1(sign)); };
    test(tr("is below"), "<");
    test(tr("is at most"), "<=");
    test(tr("is above"), ">");
    test(tr("is at least"), ">=");
    test(tr("is labelled"), "=");
    test(tr("is not labelled"), "!=");
    m_value = new QLineEdit(m_editor);
    m_value->setObjectName(QStringLiteral("ruleValue"));
    m_value->setAccessibleName(tr("Value"));
    m_value->setPlaceholderText(tr("0.5"));
    m_value->setMaximumWidth(fontMetrics().averageCharWidth() * 16);
    m_apply = button(tr("A run that fits has failed"), "applyRule");
    m_cancel = button(tr("Cancel"), "cancelRule");
    editor->addWidget(m_score, 1);
    editor->addWidget(m_test);
    editor->addWidget(m_value);
    editor->addWidget(m_apply);
    editor->addWidget(m_cancel);
    column->addWidget(m_editor);
    m_problem = new TextLabel({}, TextLabel::Wrapped, this);
    column->addWidget(m_problem);

    connect(m_label, &QPushButton::clicked, this, &OutcomeBar::labelWanted);
    connect(m_later, &QPushButton::clicked, this, [this] {
        m_putOff = true;
        fill();
    });
    connect(m_set, &QPushButton::clicked, this, &OutcomeBar::editRule);
    connect(m_remove, &QPushButton::clicked, this, [this] { Q_EMIT ruleChosen(std::nullopt); });
    connect(m_apply, &QPushButton::clicked, this, &OutcomeBar::apply);
    connect(m_value, &QLineEdit::returnPressed, this, &OutcomeBar::apply);
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        m_editing = false;
        fill();
    });
    fill();
}

void OutcomeBar::setState(std::int64_t runs, std::int64_t unknown, const std::optional<ScoreRule>& rule)
{
    m_runs = runs;
    m_unknown = unknown;
    m_rule = rule;
    fill();
}

void OutcomeBar::setStatusOnly(bool only)
{
    m_statusOnly = only;
    fill();
}

void OutcomeBar::reset()
{
    m_runs = m_unknown = 0;
    m_rule.reset();
    m_editing = m_statusOnly = m_putOff = false;
    fill();
}

void OutcomeBar::setScores(const QStringList& names)
{
    const QString typed = m_score->currentText();
    m_score->clear();
    m_score->addItems(names);
    if (!typed.isEmpty()) m_score->setEditText(typed);
}

void OutcomeBar::editRule()
{
    m_editing = true;
    if (m_rule) {
        const QString rule = own(toString(*m_rule));
        const QString rest = rule.mid(own(m_rule->score).size() + 1);
        m_score->setEditText(own(m_rule->score));
        m_test->setCurrentIndex(std::max(0, m_test->findData(rest.section(QLatin1Char(' '), 0, 0))));
        m_value->setText(rest.section(QLatin1Char(' '), 1));
    }
    m_problem->setShown({});
    fill();
    m_score->setFocus(Qt::OtherFocusReason);
}

void OutcomeBar::apply()
{
    const auto rule = parseScoreRule(utf8(m_score->currentText().trimmed() + QLatin1Char(' ') + m_test->currentData().toString() +
                                          QLatin1Char(' ') + m_value->text().trimmed()));
    if (!rule) {
        m_problem->setShown(tr("Name a score, and a number to compare it with or a label."));
        m_problem->show();
        return;
    }
    m_editing = false;
    Q_EMIT ruleChosen(*rule);
}

void OutcomeBar::fill()
{
    const bool unknown = m_runs > 0 && m_unknown == m_runs;
    const bool nothing = unknown || (m_runs > 0 && m_statusOnly);
    if (m_rule)
        m_text->setShown(tr("A run has failed where %1. The rule is this store's own.").arg(shownLine(toString(*m_rule), 200)));
    else if (nothing && !unknown)
        m_text->setShown(tr("Only the status that they ended with says how these %1 runs went. Judge some of them, or say which score tells it.").arg(countText(m_runs)));
    else if (nothing)
        m_text->setShown(tr("Nothing in this store says how its %1 runs went. Judge some of them, or say which score tells it.").arg(countText(m_runs)));
    else
        m_text->setShown(tr("Which score says that a run has failed?"));
    m_label->setVisible(!m_editing && nothing);
    m_set->setVisible(!m_editing);
    m_set->setText(m_rule ? tr("Change the rule…") : tr("Set a rule…"));
    m_remove->setVisible(!m_editing && m_rule.has_value());
    m_later->setVisible(!m_editing && nothing && !m_rule);
    m_editor->setVisible(m_editing);
    m_problem->setVisible(m_editing && !m_problem->whole().isEmpty());
    setVisible((nothing && !m_putOff) || m_rule || m_editing);
}

void OutcomeBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const RoleColors& colors = roleColors(palette());
    painter.fillRect(rect(), m_rule ? colors.raised : colors.warningWash);
    painter.fillRect(0, height() - 1, width(), 1, colors.line);
}

} // namespace tackroom::ui
