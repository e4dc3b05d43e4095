// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/hermesmessages.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"

#include <algorithm>
#include <map>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::uint64_t kMaxHermesContentBytes = std::uint64_t{64} << 20;
constexpr std::uint64_t kMaxHermesCallsBytes = std::uint64_t{16} << 20;
/// Of a message that is only indexed; of a tool's answer so much is looked into for an error.
constexpr std::size_t kIndexedContentBytes = std::size_t{256} << 10;
constexpr std::size_t kMaxHermesMessages = 200'000;
/// Before content that is a list of parts.
constexpr std::string_view kPartsMark{"\0json:", 6};
/// What the clarify tool says when nobody answered in time.
constexpr std::string_view kNoAnswer = "The user did not provide a response within the time limit";

enum Column : int { Id, Role, Content, ContentBytes, CallId, Calls, CallsBytes, ToolName, Time, Reasoning, Summary, Compacted };

bool isDenial(std::string_view text)
{
    const auto at = text.find("BLOCKED");
    if (at == std::string_view::npos || at > 200) return false;
    const std::string near = asciiLower(text.substr(at, 200));
    return near.contains("user denied") || near.contains("denied by the user") || near.contains("denied by user");
}

} // namespace

HermesMessageSql hermesMessageSqlOf(std::span<const TableInfo> tables)
{
    const TableInfo* messages = storedTable(tables, "messages");
    const auto column = [&](std::string_view name, std::string_view otherwise = "NULL") {
        return sqltext::column(messages, "m", name, otherwise);
    };
    const std::string reasoning = messages && messages->hasColumn("reasoning_content") && messages->hasColumn("reasoning")
                                      ? "coalesce(nullif(m.reasoning, ''), m.reasoning_content)"
                                      : column("reasoning", column("reasoning_content"));
    const std::string active = column("active", "1"), compacted = column("compacted", "0");
    HermesMessageSql sql;
    sql.select = formatText(
        "SELECT m.id, m.role, {}, octet_length(m.content), {}, {}, octet_length(m.tool_calls), {}, m.timestamp, {}, {}, {} "
        "FROM messages m WHERE m.session_id = ? AND (coalesce({}, 1) <> 0 OR coalesce({}, 0) <> 0) ORDER BY m.id",
        sqltext::limited("m.content", kMaxHermesContentBytes), column("tool_call_id"),
        sqltext::limited("m.tool_calls", kMaxHermesCallsBytes), column("tool_name"),
        sqltext::limited(reasoning, kMaxHermesCallsBytes), column("_compressed_summary", "0"), compacted, active, compacted);
    return sql;
}

void HermesTranscript::addSystemPrompt(std::string text)
{
    Message message;
    message.role = "system";
    message.content = std::move(text);
    m_messages.push_back(std::move(message));
    m_entries.emplace_back();
}

std::string HermesTranscript::contentOf(const Statement& row, bool bodies)
{
    const auto text = row.textAt(Content);
    if (text.starts_with(kPartsMark))
        if (const auto parts = m_parser.parse(text.substr(kPartsMark.size())))
            return bodies ? contentText(*parts) : cut(contentText(*parts), kIndexedContentBytes);
    return cut(text, bodies ? text.size() : kIndexedContentBytes);
}

Message HermesTranscript::messageOf(const Statement& row, bool bodies)
{
    const auto where = [&] { return formatText("message {} of session {}", row.intAt(Id), m_runId); };
    Message message;
    if (row.intAt(CallsBytes) > 2) {
        // In the common form, so that the common code reads it.
        m_buffer = formatText("{{\"tool_calls\":{}}}", row.textAt(Calls));
        if (const auto calls = m_parser.parse(m_buffer))
            message = chatMessage(*calls);
        else
            m_skipped(where(), "its tool calls: " + calls.error().detail);
    }
    message.role = cut(row.textAt(Role), 64);
    message.content = contentOf(row, bodies);
    if (row.isNullAt(Content) && row.intAt(ContentBytes) > 0)
        m_skipped(where(), formatText("it has {} bytes; at most {} are read", row.intAt(ContentBytes), kMaxHermesContentBytes));
    if (bodies && message.role == "assistant" && !row.textAt(Reasoning).empty())
        message.content = formatText("[reasoning]\n{}\n[/reasoning]\n\n{}", toUtf8(row.textAt(Reasoning)), message.content);
    if (message.role == "tool") message.name = cut(row.textAt(ToolName), 512);
    message.toolCallId = cut(row.textAt(CallId), 512);
    return message;
}

Status HermesTranscript::readSession(Database& db, const std::string& sessionId, const std::string& model, bool continues,
                                     bool bodies)
{
    TR_ASSIGN(Statement row, db.prepare(m_sql.select));
    row.bind(1, sessionId);
    bool copies = continues; // as long as nothing new was said
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) return {};
        if (row.textAt(Role) == "session_meta") continue;
        StateHash hash;
        for (const int column : {Role, Content, CallId, Calls, ToolName}) hash.add(row.textAt(column));
        const std::uint64_t said = hash.value(), then = hash.add(row.textAt(Time)).value();
        const bool known = m_saidThen.contains(then) || (copies && m_said.contains(said));
        if (known) continue;
        // Behind a summary stand copies of what was kept, in the same session or in the one that continues it.
        copies = row.intAt(Summary) != 0 || row.textAt(Content).starts_with("[CONTEXT ");
        m_said.insert(said);
        m_saidThen.insert(then);
        if (m_messages.size() >= kMaxHermesMessages) {
            m_skipped("session " + sessionId, formatText("only its first {} messages were read", kMaxHermesMessages));
            return {};
        }
        m_messages.push_back(messageOf(row, bodies));
        m_entries.push_back({timeOfSeconds(row.doubleAt(Time)), model, 0});
    }
}

bool HermesTranscript::isError(const Message& message)
{
    if (message.content.starts_with("Error")) return true;
    if (!message.content.starts_with('{') || message.content.size() >= kIndexedContentBytes) return false;
    const auto parsed = m_parser.parse(message.content);
    if (!parsed) return false;
    bool success = true;
    if (const auto said = member(*parsed, "success"); said && said->get(success) == simdjson::SUCCESS && !success) return true;
    const auto error = member(*parsed, "error");
    if (error && !error->is_null() && !error->is_bool() && !textOf(error).empty()) return true;
    return integerOf(member(*parsed, "exit_code")) != 0;
}

void HermesTranscript::addAnswer(ParsedRun& run, std::size_t index, Value answered)
{
    const std::string answer = textOf(member(answered, "user_response"));
    if (trimmed(answer).empty() || answer.starts_with(kNoAnswer)) return;
    HumanDecision decision;
    decision.stepId = run.conversation[index].stepId;
    decision.kind = DecisionKind::Answer;
    decision.by = run.record.run.userId;
    decision.time = m_entries[index].time;
    decision.target = cut(textOf(member(answered, "question")), kStepTextBytes);
    decision.after = cut(answer, kStepTextBytes);
    run.record.decisions.push_back(std::move(decision));
}

/// Where a person answered or denied in the result of a tool.
void HermesTranscript::addDecision(ParsedRun& run, std::size_t index)
{
    const Message& message = run.conversation[index];
    if (message.name == "clarify") {
        if (const auto parsed = m_parser.parse(message.content)) {
            addAnswer(run, index, *parsed);
            if (const auto answers = member(*parsed, "responses"); isArray(answers))
                for (const Value each : simdjson::dom::array(*answers)) addAnswer(run, index, each);
        }
        return;
    }
    if (!isDenial(message.content)) return;
    HumanDecision decision;
    decision.stepId = message.stepId;
    decision.kind = DecisionKind::Reject;
    decision.by = run.record.run.userId;
    decision.time = m_entries[index].time;
    decision.target = message.name;
    const auto step = std::ranges::find(run.record.steps, message.stepId, &Step::nativeId);
    if (step != run.record.steps.end() && !step->arguments.empty()) decision.target = cut(step->arguments, kStepTextBytes);
    decision.reason = cut(message.content, kStepTextBytes);
    run.record.decisions.push_back(std::move(decision));
}

void HermesTranscript::setTimes(ParsedRun& run) const
{
    std::map<std::string_view, Step*> steps;
    for (Step& step : run.record.steps) steps.emplace(step.nativeId, &step);
    UtcNs before = 0;
    for (std::size_t i = 0; i < run.conversation.size(); ++i) {
        const Message& message = run.conversation[i];
        const UtcNs time = m_entries[i].time;
        const auto found = steps.find(message.stepId);
        if (found != steps.end()) {
            Step& step = *found->second;
            if (message.role == "assistant") {
                step.start = before && before < time ? before : time;
                step.end = time;
                step.model = m_entries[i].model;
            } else {
                const auto parent = steps.find(step.parentId);
                step.end = time;
                const UtcNs called = parent == steps.end() ? 0 : parent->second->end;
                step.start = called && called < time ? called : time;
            }
        }
        before = time;
    }
    // Calls without an answer.
    for (Step& step : run.record.steps)
        if (step.kind == StepKind::Tool && step.start == 0)
            if (const auto parent = steps.find(step.parentId); parent != steps.end())
                step.start = step.end = parent->second->end;
}

void HermesTranscript::fill(ParsedRun& run)
{
    for (const Entry& entry : m_entries)
        if (run.record.run.start == 0) run.record.run.start = entry.time;
    run.conversation = std::move(m_messages);
    ConversationRules rules;
    rules.isError = [this](const Message& message) { return isError(message); };
    addConversationSteps(run, rules);
    setTimes(run);
    for (std::size_t i = 0; i < run.conversation.size(); ++i)
        if (run.conversation[i].role == "tool") addDecision(run, i);
}

} // namespace tackroom
