// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/runexport.h"

#include "core/base/json.h"
#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/traces/conversationturns.h"

#include <QCoreApplication>
#include <QRegularExpression>

namespace tackroom::ui
{

namespace
{

QString tr(const char* text) { return QCoreApplication::translate("tackroom::ui::RunExport", text); }

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

QString runAsMarkdown(const RunDetails& details, const Body& body, const QString& version)
{
    const Run& run = details.item.run;
    QString text = QStringLiteral("# ") + escaped(shownLine(run.task)) + QStringLiteral("\n\n");
    text += QStringLiteral("**") + outcomeText(details.item.outcome) + QStringLiteral("** ") +
            escaped(outcomeSentence(details)) + QStringLiteral("\n\n");
    QStringList facts = runFacts(run);
    if (!version.isEmpty()) facts.prepend(version);
    facts.append(tr("run %1").arg(own(run.key.value)));
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
