// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/runexport.h"

#include "core/base/json.h"
#include "core/traces/masking.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/models/steptreemodel.h"
#include "ui/traces/conversationturns.h"

#include <QCoreApplication>
#include <QRegularExpression>

namespace tackroom::ui
{

namespace
{

constexpr std::size_t kMostStepBytes = 64 * 1024;

class ExportWords
{
    Q_DECLARE_TR_FUNCTIONS(tackroom::ui::RunExport)
};

/// A fence that the text itself does not contain.
QString fenced(const QString& text)
{
    qsizetype longest = 2;
    static const QRegularExpression ticks(QStringLiteral("`{3,}"));
    for (auto matches = ticks.globalMatch(text); matches.hasNext();)
        longest = std::max(longest, matches.next().capturedLength());
    const QString fence(longest + 1, QLatin1Char('`'));
    return QString(fence + QStringLiteral("text\n") + text + QLatin1Char('\n') + fence + QLatin1Char('\n'));
}

/// One line of Markdown that stays text.
QString escaped(QString text)
{
    static const QRegularExpression marks(QStringLiteral("([\\\\`*_\\[\\]<>#|])"));
    return text.replace(marks, QStringLiteral("\\\\1"));
}

Json jsonOf(const Run& run)
{
    Json json{{"key", run.key.value},
              {"id", run.nativeId},
              {"session", run.sessionId},
              {"user", run.userId},
              {"agent", run.agentName},
              {"project", run.project},
              {"version", run.harnessVersion},
              {"start", run.start ? formatTime(run.start) : ""},
              {"end", run.end ? formatTime(run.end) : ""},
              {"task", run.task},
              {"answer", run.answer},
              {"promptTokens", run.promptTokens},
              {"completionTokens", run.completionTokens}};
    if (run.costUsd) json["costUsd"] = *run.costUsd;
    return json;
}

Json jsonOf(const Step& step)
{
    return Json{{"id", step.nativeId},
                {"parent", step.parentId},
                {"kind", nameOf(step.kind)},
                {"name", step.name},
                {"start", step.start ? formatTime(step.start) : ""},
                {"end", step.end ? formatTime(step.end) : ""},
                {"status", nameOf(step.status)},
                {"errorType", step.errorType},
                {"errorText", step.errorText},
                {"model", step.model},
                {"tool", step.toolName},
                {"arguments", step.arguments},
                {"result", step.result}};
}

Json jsonOf(const Score& score)
{
    Json json{{"step", score.stepId},
              {"name", score.name},
              {"label", score.label},
              {"explanation", score.explanation},
              {"annotator", nameOf(score.annotator)},
              {"by", score.by}};
    if (score.value) json["value"] = *score.value;
    return json;
}

Json jsonOf(const Message& message)
{
    Json json{{"role", message.role}, {"content", message.content}};
    if (!message.name.empty()) json["name"] = message.name;
    if (!message.stepId.empty()) json["step"] = message.stepId;
    for (const Message::ToolCall& call : message.toolCalls)
        json["toolCalls"].push_back(Json{{"id", call.id}, {"name", call.name}, {"arguments", call.arguments}});
    return json;
}

} // namespace

namespace
{

/// Masks the texts of one run, counting.
struct Masks {
    std::size_t count = 0;
    void over(std::string& text)
    {
        Masked masked = maskSecrets(text);
        count += masked.count;
        text = std::move(masked.text);
    }
    template <class... Texts> void all(Texts&... texts) { (over(texts), ...); }
};

void maskStep(Masks& masks, Step& step)
{
    masks.all(step.errorText, step.arguments, step.result, step.inputText, step.outputText);
}

} // namespace

std::size_t maskRun(RunDetails& details, Body& body)
{
    Masks masks;
    Run& run = details.item.run;
    masks.all(run.task, run.answer, run.userId, run.sessionId, details.item.outcomeReason);
    for (StepItem& item : details.steps) maskStep(masks, item.step);
    for (Score& score : details.scores) masks.all(score.label, score.explanation, score.by);
    for (HumanDecision& decision : details.decisions)
        masks.all(decision.by, decision.target, decision.before, decision.after, decision.reason);
    for (Signal& finding : details.findings) masks.all(finding.subject, finding.explanation);
    if (details.marked) masks.all(details.marked->subject, details.marked->explanation);
    for (Message& message : body.messages) {
        masks.all(message.name, message.content);
        for (Message::ToolCall& call : message.toolCalls) masks.over(call.arguments);
    }
    masks.all(body.input, body.output, body.raw);
    return masks.count;
}

QString stepAsMarkdown(const RunDetails& details, const Step& step)
{
    QString text = QStringLiteral("## ") + escaped(stepTitle(step)) + QStringLiteral("\n\n");
    QStringList facts{stepKindText(step.kind)};
    if (const QString status = stepStatusText(step.status); !status.isEmpty()) facts.append(status);
    if (!step.model.empty()) facts.append(shownLine(step.model, 80));
    if (const QString duration = durationText(step.end - step.start); !duration.isEmpty()) facts.append(duration);
    facts.append(ExportWords::tr("run %1").arg(own(details.item.run.key.value)));
    facts.append(ExportWords::tr("step %1").arg(shownLine(step.nativeId, 80)));
    text += escaped(facts.join(QStringLiteral(" · "))) + QStringLiteral("\n\n");
    const auto section = [&](const QString& title, const std::string& what) {
        if (!what.empty()) text += QStringLiteral("**") + title + QStringLiteral("**\n\n") + fenced(prettyText(what, kMostStepBytes)) + QLatin1Char('\n');
    };
    section(ExportWords::tr("Error"), step.errorType.empty()   ? step.errorText
                                      : step.errorText.empty() ? step.errorType
                                                               : step.errorType + ": " + step.errorText);
    section(ExportWords::tr("Arguments"), step.arguments);
    section(ExportWords::tr("Result"), step.result);
    section(ExportWords::tr("Input"), step.inputText);
    section(ExportWords::tr("Output"), step.outputText);
    return text;
}

QString stepAsJson(const RunDetails& details, const Step& step)
{
    Json json = jsonOf(step);
    json["run"] = details.item.run.key.value;
    return own(dumpJson(json, 2));
}

QString runAsMarkdown(const RunDetails& details, const Body& body, const QString& version)
{
    const Run& run = details.item.run;
    QString text = QStringLiteral("# ") + escaped(shownLine(run.task)) + QStringLiteral("\n\n");
    text += QStringLiteral("**") + outcomeText(details.item.outcome) + QStringLiteral("** ") +
            escaped(outcomeSentence(details)) + QStringLiteral("\n\n");
    QStringList facts = runFacts(run);
    if (!version.isEmpty()) facts.prepend(version);
    facts.append(ExportWords::tr("run %1").arg(own(run.key.value)));
    text += escaped(facts.join(QStringLiteral(" · "))) + QStringLiteral("\n\n");
    if (const Signal* decisive = details.decisive())
        text += QStringLiteral("◎ ") + escaped(shownLine(decisive->explanation)) + QStringLiteral("\n\n");
    for (const HumanDecision& decision : details.decisions)
        text += QStringLiteral("- ⚑ ") + escaped(decisionText(decision)) + QLatin1Char('\n');
    for (const Score& score : details.scores) text += QStringLiteral("- ") + escaped(scoreText(score)) + QLatin1Char('\n');
    if (!details.scores.empty() || !details.decisions.empty()) text += QLatin1Char('\n');
    for (const Turn& turn : turnsOf(details, body)) {
        text += QStringLiteral("**") + escaped(turn.role) + QStringLiteral("**\n\n");
        for (const TurnPart& part : turn.parts) text += fenced(part.text) + QLatin1Char('\n');
    }
    return text;
}

QString runAsJson(const RunDetails& details, const Body& body)
{
    Json json;
    json["run"] = jsonOf(details.item.run);
    json["outcome"] = Json{{"value", nameOf(details.item.outcome)},
                           {"source", nameOf(details.item.outcomeSource)},
                           {"reason", details.item.outcomeReason}};
    json["scores"] = Json::array();
    for (const Score& score : details.scores) json["scores"].push_back(jsonOf(score));
    json["decisions"] = Json::array();
    for (const HumanDecision& decision : details.decisions) {
        json["decisions"].push_back(Json{{"step", decision.stepId},
                                         {"kind", nameOf(decision.kind)},
                                         {"by", decision.by},
                                         {"target", decision.target},
                                         {"before", decision.before},
                                         {"after", decision.after},
                                         {"reason", decision.reason}});
    }
    json["findings"] = Json::array();
    for (const Signal& finding : details.findings) {
        json["findings"].push_back(Json{{"family", finding.family},
                                        {"layer", nameOf(finding.layer)},
                                        {"step", finding.stepId},
                                        {"subject", finding.subject},
                                        {"explanation", finding.explanation}});
    }
    json["steps"] = Json::array();
    for (const StepItem& item : details.steps) json["steps"].push_back(jsonOf(item.step));
    json["messages"] = Json::array();
    for (const Message& message : body.messages) json["messages"].push_back(jsonOf(message));
    if (body.messages.empty()) json["input"] = body.input, json["output"] = body.output;
    if (body.omittedBytes > 0) json["omittedBytes"] = body.omittedBytes;
    return own(dumpJson(json, 2));
}

} // namespace tackroom::ui
