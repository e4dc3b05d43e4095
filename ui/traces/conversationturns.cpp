// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/traces/conversationturns.h"

#include "core/base/json.h"
#include "core/base/jsonpieces.h"
#include "core/base/text.h"
#include "core/traces/blobs.h"
#include "ui/common/shown.h"

#include <QCoreApplication>

#include <algorithm>

namespace tackroom::ui
{

namespace
{

constexpr std::size_t kMostPartBytes = 96 * 1024;    ///< in the conversation itself; the whole is read by itself
constexpr std::size_t kMostPrettyTurnBytes = 128 * 1024; ///< beyond this, parsing would be felt
constexpr std::size_t kOneLineJson = 96;

class TurnWords
{
    Q_DECLARE_TR_FUNCTIONS(tackroom::ui::ConversationTurns)
};

/// Readers put "[image]" and the like on a line of its own where a message has one: a chip, as for data in the text itself.
std::string withMediaChips(std::string text)
{
    for (const std::string_view kind : {"image", "audio", "video", "file", "document"}) {
        const std::string mark = "[" + std::string(kind) + "]",
                          chip = std::string(kChipBegin) + std::string(kind) + std::string(kChipEnd);
        for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
            const std::size_t end = at + mark.size();
            if ((at > 0 && text[at - 1] != '\n') || (end < text.size() && text[end] != '\n')) continue;
            text.replace(at, mark.size(), chip);
        }
    }
    return text;
}

TurnPart partOf(TurnPart::Kind kind, std::string_view foreign, std::ptrdiff_t message, const QString& before = {})
{
    TurnPart part;
    part.kind = kind;
    part.message = message;
    part.text = before + prettyText(foreign, kMostPartBytes, &part.omittedBytes);
    return part;
}

Turn::Speaker speakerOf(const Message& message)
{
    const std::string role = asciiLower(message.role);
    if (role == "user" || role == "human") return Turn::User;
    if (role == "assistant" || role == "agent" || role == "ai" || role == "model") return Turn::Agent;
    if (role == "system" || role == "developer") return Turn::System;
    if (role == "tool" || role == "function") return Turn::Tool;
    return Turn::Other;
}

QString roleText(Turn::Speaker speaker, const Message& message)
{
    switch (speaker) {
    case Turn::User:
        return TurnWords::tr("user");
    case Turn::Agent:
        return TurnWords::tr("agent");
    case Turn::System:
        return TurnWords::tr("system");
    case Turn::Tool:
        return TurnWords::tr("tool");
    default:
        return shownLine(message.role.empty() ? message.name : message.role, 40);
    }
}

Turn turnOf(const Message& message, std::ptrdiff_t at, const RunDetails& details)
{
    Turn turn;
    turn.speaker = speakerOf(message);
    turn.role = roleText(turn.speaker, message);
    turn.stepId = message.stepId;
    if (turn.speaker == Turn::Tool) {
        const StepItem* step = message.stepId.empty() ? nullptr : details.step(message.stepId);
        const bool failed = step && step->step.kind == StepKind::Tool && step->step.status == StepStatus::Error;
        const QString name = message.name.empty() ? QString() : QString(shownLine(message.name, 120) + QLatin1Char(' '));
        TurnPart part = partOf(TurnPart::ToolResult, message.content, at,
                               QString((failed ? QStringLiteral("← ✗ ") : QStringLiteral("← ")) + name));
        part.failed = failed;
        turn.parts.push_back(std::move(part));
        return turn;
    }
    if (!message.content.empty()) turn.parts.push_back(partOf(TurnPart::Text, message.content, at));
    for (const Message::ToolCall& call : message.toolCalls) {
        turn.parts.push_back(partOf(TurnPart::Call, call.arguments, at,
                                    QString(QStringLiteral("→ ") + shownLine(call.name, 120) + QLatin1Char(' '))));
        turn.parts.back().call = &call - message.toolCalls.data();
    }
    if (turn.parts.empty()) {
        TurnPart nothing;
        nothing.text = TurnWords::tr("(said nothing)");
        turn.parts.push_back(nothing);
    }
    return turn;
}

/// Where a step belongs in the conversation: its own turn, else the last one that a step which began before it said.
std::ptrdiff_t placeOf(const std::vector<Turn>& turns, const RunDetails& details, const std::string& stepId, UtcNs time)
{
    std::ptrdiff_t place = -1;
    for (std::size_t at = 0; at < turns.size(); ++at) {
        if (!stepId.empty() && turns[at].stepId == stepId) place = static_cast<std::ptrdiff_t>(at);
    }
    if (place >= 0 || time <= 0) return place;
    for (std::size_t at = 0; at < turns.size(); ++at) {
        const StepItem* step = turns[at].stepId.empty() ? nullptr : details.step(turns[at].stepId);
        if (step && step->step.start > 0 && step->step.start <= time) place = static_cast<std::ptrdiff_t>(at);
    }
    return place;
}

void markDecisive(std::vector<Turn>& turns, const RunDetails& details)
{
    const Signal* signal = details.decisive();
    if (!signal || turns.empty()) return;
    const StepItem* step = signal->stepId.empty() ? nullptr : details.step(signal->stepId);
    const std::ptrdiff_t place = placeOf(turns, details, signal->stepId, step ? step->step.start : 0);
    if (place < 0) return; // the heading names it
    Turn& turn = turns[static_cast<std::size_t>(place)];
    TurnPart part;
    part.kind = TurnPart::Decisive;
    part.text = TurnWords::tr("◎ decisive: %1").arg(shownLine(signal->explanation));
    turn.decisive = true;
    turn.parts.push_back(part);
}

void placeDecisions(std::vector<Turn>& turns, const RunDetails& details)
{
    for (const HumanDecision& decision : details.decisions) {
        Turn turn;
        turn.speaker = Turn::Human;
        turn.role = TurnWords::tr("human");
        turn.stepId = decision.stepId;
        TurnPart part;
        part.kind = TurnPart::Decision;
        part.text = TurnWords::tr("⚑ %1").arg(decisionText(decision));
        turn.parts.push_back(part);
        const std::ptrdiff_t place = placeOf(turns, details, decision.stepId, decision.time);
        turns.insert(place < 0 ? turns.end() : turns.begin() + place + 1, std::move(turn));
    }
}

} // namespace

QString prettyText(std::string_view foreign, std::size_t maxBytes, std::uint64_t* omittedBytes)
{
    const std::string withChips = withMediaChips(foldBlobs(foreign));
    foreign = withChips;
    const std::string_view text = trimmed(foreign);
    std::string pretty;
    if (text.size() > 1 && text.size() <= kMostPrettyTurnBytes && (text.front() == '{' || text.front() == '[')) {
        if (auto json = parseJson(text, {}); json && json->is_structured()) {
            pretty = dumpJson(*json, -1);
            if (pretty.size() > kOneLineJson) pretty = dumpJson(*json, 2);
        }
    }
    const SafeText safe = SafeText::block(pretty.empty() ? foreign : std::string_view(pretty), maxBytes);
    if (omittedBytes) *omittedBytes = safe.omittedBytes();
    return toQString(safe);
}

std::string wholeText(const Body& body, const TurnPart& part)
{
    std::string_view text;
    if (const auto at = static_cast<std::size_t>(part.message); part.message >= 0 && at < body.messages.size()) {
        const Message& message = body.messages[at];
        const auto call = static_cast<std::size_t>(part.call);
        if (part.call < 0)
            text = message.content;
        else if (call < message.toolCalls.size())
            text = message.toolCalls[call].arguments;
    } else if (body.messages.empty()) {
        if (part.message == 0) text = body.input;
        if (part.message == 1) text = body.output;
    }
    return jsonRoot(text, {}) ? indentedJson(text) : std::string(text);
}

std::vector<Turn> turnsOf(const RunDetails& details, const Body& body)
{
    std::vector<Turn> turns;
    turns.reserve(body.messages.size() + details.decisions.size());
    for (const Message& message : body.messages) turns.push_back(turnOf(message, &message - body.messages.data(), details));
    if (turns.empty()) {
        const auto add = [&](const QString& role, const std::string& text, std::ptrdiff_t at) {
            if (text.empty()) return;
            Turn turn;
            turn.role = role;
            turn.parts.push_back(partOf(TurnPart::Text, text, at));
            turns.push_back(std::move(turn));
        };
        add(TurnWords::tr("input"), body.input, 0);
        add(TurnWords::tr("output"), body.output, 1);
    }
    markDecisive(turns, details);
    placeDecisions(turns, details);
    return turns;
}

} // namespace tackroom::ui
