// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/rundetails.h"

#include "core/base/text.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"

#include <QCoreApplication>

#include <algorithm>

namespace tackroom::ui
{

namespace
{
class DetailWords
{
    Q_DECLARE_TR_FUNCTIONS(tackroom::ui::RunTexts)
};

QString sourceSentence(OutcomeSource source)
{
    switch (source) {
    case OutcomeSource::Human:
        return DetailWords::tr("A human decided");
    case OutcomeSource::Verifier:
        return DetailWords::tr("An external check decided");
    case OutcomeSource::Rule:
        return DetailWords::tr("A rule decided");
    case OutcomeSource::ModelJudge:
        return DetailWords::tr("A model judged");
    case OutcomeSource::Status:
        return DetailWords::tr("The run's own status says so");
    case OutcomeSource::None:
        break;
    }
    return DetailWords::tr("Nothing in the store says whether it worked");
}

/// A person's score that names the mistake and the step where it was made.
std::optional<Signal> markedMistake(const std::vector<Score>& scores)
{
    for (const Score& score : scores) {
        if (score.annotator != Annotator::Human || score.stepId.empty() || asciiLower(score.name).find("mistake") == std::string::npos)
            continue;
        Signal signal;
        signal.family = "human-mistake";
        signal.stepId = score.stepId;
        signal.subject = score.label;
        signal.explanation = utf8(DetailWords::tr("a person marked the mistake here"));
        if (const std::string& why = score.explanation.empty() ? score.label : score.explanation; !why.empty())
            signal.explanation += ": " + why;
        signal.strength = 1;
        return signal;
    }
    return std::nullopt;
}

QString shownNumber(double value) { return QString::number(value, 'g', 4); }
} // namespace

const Signal* RunDetails::decisive() const
{
    if (marked) return &*marked;
    if (item.outcome == Outcome::Success || findings.empty()) return nullptr;
    return &findings.front();
}

const StepItem* RunDetails::step(const std::string& stepId) const
{
    if (!m_byId.empty()) {
        const auto known = m_byId.find(stepId);
        return known == m_byId.end() ? nullptr : &steps[known->second];
    }
    const auto found =
        std::find_if(steps.begin(), steps.end(), [&](const StepItem& each) { return each.step.nativeId == stepId; });
    return found == steps.end() ? nullptr : &*found;
}

void RunDetails::indexSteps()
{
    m_byId.reserve(steps.size());
    for (std::size_t at = 0; at < steps.size(); ++at) m_byId.emplace(steps[at].step.nativeId, at);
}

std::string RunDetails::errorAfter(const std::string& after) const
{
    std::string first;
    bool passed = after.empty();
    for (const StepItem& each : steps) {
        if (each.step.status == StepStatus::Error) {
            if (first.empty()) first = each.step.nativeId;
            if (passed) return each.step.nativeId;
        }
        if (each.step.nativeId == after) passed = true;
    }
    return first;
}

std::string RunDetails::errorBefore(const std::string& before) const
{
    std::string last;
    bool passed = before.empty();
    for (auto each = steps.rbegin(); each != steps.rend(); ++each) {
        if (each->step.status == StepStatus::Error) {
            if (last.empty()) last = each->step.nativeId;
            if (passed) return each->step.nativeId;
        }
        if (each->step.nativeId == before) passed = true;
    }
    return last;
}

Result<RunDetails> readRunDetails(RunQueries& queries, const std::filesystem::path& storeCacheFolder, RunRow row)
{
    RunDetails details;
    TR_ASSIGN(details.item, queries.item(row));
    TR_ASSIGN(details.steps, queries.steps(row));
    details.indexSteps();
    TR_ASSIGN(details.scores, queries.scores(row));
    TR_ASSIGN(details.decisions, queries.decisions(row));
    details.marked = markedMistake(details.scores);
    auto clusters = ClusterQueries::open(storeCacheFolder, {});
    if (clusters) {
        TR_ASSIGN(details.findings, (*clusters)->signalsOf(row));
    } else if (clusters.error().code != ErrorCode::NotFound) {
        return std::unexpected(clusters.error()); // not analysed yet is no failure: the run is shown without findings
    }
    return details;
}

QString annotatorText(Annotator annotator)
{
    switch (annotator) {
    case Annotator::Human:
        return DetailWords::tr("human");
    case Annotator::Code:
        return DetailWords::tr("program");
    case Annotator::Llm:
        return DetailWords::tr("model");
    case Annotator::Unknown:
        break;
    }
    return DetailWords::tr("source unknown");
}

QString scoreText(const Score& score)
{
    QString said = shownLine(score.label, 120);
    if (score.value)
        said = said.isEmpty() ? shownNumber(*score.value) : DetailWords::tr("%1 (%2)").arg(said, shownNumber(*score.value));
    QString text =
        said.isEmpty() ? shownLine(score.name, 120) : DetailWords::tr("%1 = %2").arg(shownLine(score.name, 120), said);
    const QString by = shownLine(score.by, 80);
    text += by.isEmpty() ? DetailWords::tr(", by a %1").arg(annotatorText(score.annotator))
                         : DetailWords::tr(", by a %1, %2").arg(annotatorText(score.annotator), by);
    if (!score.explanation.empty()) text += DetailWords::tr(": %1").arg(shownLine(score.explanation));
    return text;
}

QString decisionKindText(DecisionKind kind)
{
    switch (kind) {
    case DecisionKind::Approve:
        return DetailWords::tr("approved");
    case DecisionKind::Reject:
        return DetailWords::tr("rejected");
    case DecisionKind::Edit:
        return DetailWords::tr("edited");
    case DecisionKind::Override:
        return DetailWords::tr("overrode");
    case DecisionKind::Answer:
        return DetailWords::tr("answered");
    }
    return {};
}

QString decisionText(const HumanDecision& decision)
{
    const QString by = decision.by.empty() ? DetailWords::tr("a person") : shownLine(decision.by, 80);
    QString text = DetailWords::tr("%1 %2").arg(by, decisionKindText(decision.kind));
    if (!decision.target.empty()) text += QLatin1Char(' ') + shownLine(decision.target, 160);
    if (!decision.before.empty() || !decision.after.empty()) {
        if (decision.before.empty())
            text += DetailWords::tr(": %1").arg(shownLine(decision.after, 240));
        else
            text += DetailWords::tr(": “%1” → “%2”").arg(shownLine(decision.before, 240), shownLine(decision.after, 240));
    }
    if (!decision.reason.empty()) text += DetailWords::tr(" — “%1”").arg(shownLine(decision.reason));
    return text;
}

QString outcomeSentence(const RunDetails& details)
{
    QString text = sourceSentence(details.item.outcomeSource);
    if (!details.item.outcomeReason.empty()) text = DetailWords::tr("%1: %2").arg(text, shownLine(details.item.outcomeReason));
    text += QLatin1Char('.');
    if (details.item.outcome == Outcome::Unknown) return text;
    QStringList against;
    for (const Score& score : details.scores) {
        if (score.says == Outcome::Unknown || score.says == details.item.outcome) continue;
        const QString said = !score.label.empty() ? shownLine(score.label, 80)
                             : score.value        ? shownNumber(*score.value)
                                                  : outcomeText(score.says);
        against.append(DetailWords::tr("%1 = %2 (%3)").arg(shownLine(score.name, 80), said, annotatorText(score.annotator)));
    }
    if (!against.isEmpty()) text += DetailWords::tr(" It outranks %1.").arg(against.mid(0, 3).join(QStringLiteral(", ")));
    return text;
}

QStringList runFacts(const Run& run)
{
    QStringList facts;
    facts.append(run.stepCount == 1 ? DetailWords::tr("1 step") : DetailWords::tr("%1 steps").arg(countText(run.stepCount)));
    if (run.errorCount > 0)
        facts.append(run.errorCount == 1 ? DetailWords::tr("✗ 1 error")
                                         : DetailWords::tr("✗ %1 errors").arg(countText(run.errorCount)));
    if (const QString duration = durationText(run.end - run.start); !duration.isEmpty()) facts.append(duration);
    if (run.costUsd && *run.costUsd > 0) facts.append(costText(*run.costUsd));
    if (const std::int64_t tokens = run.promptTokens + run.completionTokens; tokens > 0)
        facts.append(DetailWords::tr("%1 tokens (%2 in, %3 out)")
                         .arg(countText(tokens), countText(run.promptTokens), countText(run.completionTokens)));
    if (!run.agentName.empty()) facts.append(DetailWords::tr("agent %1").arg(shownLine(run.agentName, 60)));
    if (!run.sessionId.empty()) facts.append(DetailWords::tr("session %1").arg(shownLine(run.sessionId, 60)));
    if (!run.userId.empty()) facts.append(DetailWords::tr("user %1").arg(shownLine(run.userId, 60)));
    return facts;
}

} // namespace tackroom::ui
