// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/llmtranscript.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/readers/conversation.h"

#include <algorithm>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::uint64_t kMaxLlmTextBytes = std::uint64_t{64} << 20;
constexpr std::size_t kIndexedLlmTextBytes = std::size_t{256} << 10;
constexpr std::size_t kMaxLlmMessages = 100'000;
constexpr std::size_t kMaxLlmParts = 10'000;

enum ExchangeColumn : int {
    Id,
    Model,
    ResolvedModel,
    Prompt,
    System,
    Response,
    Reasoning,
    Time,
    Duration,
    InputTokens,
    OutputTokens,
    Usage, ///< response_json, where the tokens are not in columns
    ParentHash,
    TipHash,
};

std::string exchangeSql(const TableInfo* table, LlmTable kind)
{
    const auto column = [&](std::string_view name) { return sqltext::column(table, "e", name); };
    const auto text = [&](std::string_view name) { return sqltext::limited(column(name), kMaxLlmTextBytes); };
    const std::string time =
        formatText("coalesce({}, {}, {})", column("datetime_utc"), column("timestamp_utc"), column("timestamp"));
    const std::string tokens = column("input_tokens");
    const std::string usage =
        formatText("CASE WHEN {} IS NULL THEN {} END", tokens, sqltext::limited(column("response_json"), 1 << 20));
    return formatText("SELECT {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {} FROM \"{}\" e WHERE {} = ?",
                      kind == LlmTable::Log ? sqltext::rowId("e") : column("id"), column("model"), column("resolved_model"),
                      text("prompt"), text("system"), text("response"), text("reasoning"), time, column("duration_ms"), tokens,
                      column("output_tokens"), usage, column("parent_message_hash"), column("tip_message_hash"), table->name,
                      sqltext::rowId("e"));
}

/// The fragments of a response: prompt_fragments or system_fragments.
std::string fragmentsSql(std::span<const TableInfo> tables, std::string_view name)
{
    const TableInfo* links = storedTable(tables, name);
    const TableInfo* fragments = storedTable(tables, "fragments");
    if (!links || !fragments || !links->hasColumn("response_id") || !links->hasColumn("fragment_id") ||
        !fragments->hasColumn("id") || !fragments->hasColumn("content"))
        return {};
    return formatText("SELECT {} FROM {} l JOIN fragments f ON f.id = l.fragment_id WHERE l.response_id = ? ORDER BY {}",
                      sqltext::limited("f.content", kMaxLlmTextBytes), name, sqltext::column(links, "l", "order", "1"));
}

} // namespace

LlmSql llmSqlOf(std::span<const TableInfo> tables)
{
    LlmSql sql;
    const TableInfo* log = storedTable(tables, "logs") ? storedTable(tables, "logs") : storedTable(tables, "log");
    if (log && log->hasColumn("prompt") && log->hasColumn("response") && log->hasColumn("model"))
        sql.exchange[0] = exchangeSql(log, LlmTable::Log);
    const TableInfo* responses = storedTable(tables, "responses");
    if (responses && responses->hasColumn("id") && responses->hasColumn("prompt") && responses->hasColumn("response"))
        sql.exchange[1] = exchangeSql(responses, LlmTable::Responses);
    const TableInfo* turns = storedTable(tables, "turns");
    const TableInfo* messages = storedTable(tables, "messages");
    const TableInfo* parts = storedTable(tables, "parts");
    if (turns && turns->hasColumn("id") && turns->hasColumn("tip_message_hash") && messages && messages->hasColumn("hash") &&
        messages->hasColumn("parent_hash") && messages->hasColumn("role") && parts && parts->hasColumn("message_hash") &&
        parts->hasColumn("type")) {
        sql.exchange[2] = exchangeSql(turns, LlmTable::Turns);
        sql.message = "SELECT m.parent_hash, m.role FROM messages m WHERE m.hash = ?";
        sql.parts = formatText("SELECT p.type, {}, {}, {} FROM parts p WHERE p.message_hash = ? ORDER BY {}",
                               sqltext::column(parts, "p", "tool_name"),
                               sqltext::limited(sqltext::column(parts, "p", "text"), kMaxLlmTextBytes),
                               sqltext::limited(sqltext::column(parts, "p", "payload"), kMaxLlmTextBytes),
                               sqltext::column(parts, "p", "position", "1"));
    }
    const TableInfo* fragments = storedTable(tables, "fragments");
    if (fragments && fragments->hasColumn("id") && fragments->hasColumn("content"))
        sql.fragment = formatText("SELECT {} FROM fragments f WHERE f.id = ?", sqltext::limited("f.content", kMaxLlmTextBytes));
    const TableInfo* calls = storedTable(tables, "tool_calls");
    if (calls && calls->hasColumn("id") && calls->hasColumn("response_id"))
        sql.calls = formatText("SELECT {}, {}, {} FROM tool_calls c WHERE c.id = ?",
                               sqltext::column(calls, "c", "tool_call_id"), sqltext::column(calls, "c", "name"),
                               sqltext::limited(sqltext::column(calls, "c", "arguments"), kMaxLlmTextBytes));
    const TableInfo* results = storedTable(tables, "tool_results");
    if (results && results->hasColumn("id") && results->hasColumn("response_id"))
        sql.results = formatText("SELECT {}, {}, {}, {} FROM tool_results r WHERE r.id = ?",
                                 sqltext::column(results, "r", "tool_call_id"), sqltext::column(results, "r", "name"),
                                 sqltext::limited(sqltext::column(results, "r", "output"), kMaxLlmTextBytes),
                                 sqltext::limited(sqltext::column(results, "r", "exception"), kMaxLlmTextBytes));
    const TableInfo* links = storedTable(tables, "prompt_attachments");
    const TableInfo* attachments = storedTable(tables, "attachments");
    if (links && links->hasColumn("response_id") && links->hasColumn("attachment_id") && attachments &&
        attachments->hasColumn("id"))
        sql.attachments = formatText(
            "SELECT '[attachment' || coalesce(' ' || {}, '') || coalesce(': ' || {}, ': ' || {}, '') || ']' "
            "FROM prompt_attachments l JOIN attachments a ON a.id = l.attachment_id WHERE l.response_id = ? ORDER BY {}",
            sqltext::column(attachments, "a", "type"), sqltext::column(attachments, "a", "path"),
            sqltext::column(attachments, "a", "url"), sqltext::column(links, "l", "order", "1"));
    sql.promptFragments = fragmentsSql(tables, "prompt_fragments");
    sql.systemFragments = fragmentsSql(tables, "system_fragments");
    return sql;
}

std::string LlmTranscript::limitedText(std::string_view text) const
{
    return cut(text, m_bodies ? text.size() : kIndexedLlmTextBytes);
}

void LlmTranscript::push(Message message, bool failed)
{
    if (failed) m_failed.insert(m_messages.size());
    m_messages.push_back(std::move(message));
}

/// The texts that a statement gives for an id, one below the other.
Result<std::string> LlmTranscript::joined(const std::string& sql, const std::string& id)
{
    std::string text;
    if (sql.empty()) return text;
    TR_ASSIGN(Statement row, m_db.prepare(sql));
    row.bind(1, id);
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) return text;
        if (!text.empty()) text += '\n';
        text += limitedText(row.textAt(0));
        if (text.size() > kMaxLlmTextBytes) return text;
    }
}

LlmTranscript::Answer LlmTranscript::answerOf(const Statement& row)
{
    Answer answer;
    answer.model = cut(row.textAt(ResolvedModel), 512);
    if (answer.model.empty()) answer.model = cut(row.textAt(Model), 512);
    answer.start = parseTime(row.textAt(Time)).value_or(0);
    constexpr std::int64_t kMostMs = std::int64_t{1} << 40;
    const std::int64_t tookMs = std::clamp<std::int64_t>(row.intAt(Duration), 0, kMostMs);
    answer.end = answer.start ? answer.start + tookMs * 1'000'000 : 0;
    const auto tokens = [](std::int64_t n) { return std::clamp<std::int64_t>(n, 0, std::int64_t{1} << 50); };
    answer.promptTokens = tokens(row.intAt(InputTokens));
    answer.completionTokens = tokens(row.intAt(OutputTokens));
    if (row.isNullAt(InputTokens) && row.textAt(Usage).size() > 2)
        if (const auto parsed = m_parser.parse(row.textAt(Usage))) {
            answer.promptTokens = tokens(integerOf(at(*parsed, "usage.prompt_tokens")));
            answer.completionTokens = tokens(integerOf(at(*parsed, "usage.completion_tokens")));
        }
    return answer;
}

Status LlmTranscript::addResults(const std::string& responseId)
{
    const auto rows = m_tools.results.find(responseId);
    if (rows == m_tools.results.end() || m_sql.results.empty()) return {};
    for (const auto id : rows->second) {
        TR_ASSIGN(Statement row, m_db.prepare(m_sql.results));
        row.bind(1, id);
        TR_ASSIGN(const bool found, row.step());
        if (!found) continue;
        Message message;
        message.role = "tool";
        message.toolCallId = cut(row.textAt(0), 512);
        message.name = cut(row.textAt(1), 512);
        message.content = limitedText(row.textAt(2));
        const auto exception = row.textAt(3);
        if (message.content.empty()) message.content = limitedText(exception);
        push(std::move(message), !exception.empty());
    }
    return {};
}

Status LlmTranscript::addCalls(const std::string& responseId, Message& message)
{
    const auto rows = m_tools.calls.find(responseId);
    if (rows == m_tools.calls.end() || m_sql.calls.empty()) return {};
    for (const auto id : rows->second) {
        TR_ASSIGN(Statement row, m_db.prepare(m_sql.calls));
        row.bind(1, id);
        TR_ASSIGN(const bool found, row.step());
        if (found) message.toolCalls.push_back({cut(row.textAt(0), 512), cut(row.textAt(1), 512), limitedText(row.textAt(2))});
    }
    return {};
}

Status LlmTranscript::addExchange(const Statement& row, const std::string& id, LlmTable table)
{
    const bool linked = table == LlmTable::Responses;
    TR_ASSIGN(std::string system, joined(linked ? m_sql.systemFragments : std::string(), id));
    if (!row.textAt(System).empty()) system += (system.empty() ? "" : "\n") + limitedText(row.textAt(System));
    if (!system.empty() && system != m_system) {
        m_system = system;
        if (m_firstSystem.empty()) m_firstSystem = system;
        push({.role = "system", .name = {}, .content = std::move(system), .toolCalls = {}, .toolCallId = {}, .stepId = {}});
    }
    if (linked) TR_TRY(addResults(id));
    TR_ASSIGN(std::string asked, joined(linked ? m_sql.promptFragments : std::string(), id));
    if (!row.textAt(Prompt).empty()) asked += (asked.empty() ? "" : "\n") + limitedText(row.textAt(Prompt));
    TR_ASSIGN(const std::string attached, joined(linked ? m_sql.attachments : std::string(), id));
    if (!attached.empty()) asked += (asked.empty() ? "" : "\n") + attached;
    if (!asked.empty())
        push({.role = "user", .name = {}, .content = std::move(asked), .toolCalls = {}, .toolCallId = {}, .stepId = {}});
    Message answer;
    answer.role = "assistant";
    answer.content = limitedText(row.textAt(Response));
    if (m_bodies && !row.textAt(Reasoning).empty())
        answer.content = formatText("[reasoning]\n{}\n[/reasoning]\n\n{}", limitedText(row.textAt(Reasoning)), answer.content);
    if (linked) TR_TRY(addCalls(id, answer));
    m_answers.emplace(m_messages.size(), answerOf(row));
    push(std::move(answer));
    return {};
}

/// Text in which fragments are named and not repeated.
Result<std::string> LlmTranscript::textOfReferences(Value pieces)
{
    std::string text;
    if (!isArray(pieces)) return text;
    for (const Value piece : simdjson::dom::array(pieces)) {
        if (const auto literal = stringOf(member(piece, "literal"))) text += limitedText(*literal);
        if (const auto id = member(piece, "fragment"); id && !m_sql.fragment.empty()) {
            TR_ASSIGN(Statement row, m_db.prepare(m_sql.fragment));
            row.bind(1, integerOf(id));
            TR_ASSIGN(const bool found, row.step());
            if (found) text += limitedText(row.textAt(0));
        }
        if (text.size() > kMaxLlmTextBytes) break;
    }
    return text;
}

Status LlmTranscript::addPart(Part part, Message& message, std::vector<Message>& results, std::vector<bool>& failed)
{
    std::optional<Value> payload;
    if (part.payload.size() > 2) {
        const auto parsed = m_parser.parse(part.payload);
        if (parsed)
            payload = *parsed;
        else
            m_skipped("a part of a message", parsed.error().detail);
    }
    const auto field = [&](std::string_view key) { return payload ? textOf(member(*payload, key)) : std::string(); };
    if (part.text.empty()) part.text = field("text");
    if (payload)
        if (const auto pieces = member(*payload, "text_ref")) {
            TR_ASSIGN(part.text, textOfReferences(*pieces));
        }
    if (part.name.empty()) part.name = field("name");
    if (part.type == "tool_call") {
        message.toolCalls.push_back({cut(field("tool_call_id"), 512), part.name, limitedText(field("arguments"))});
    } else if (part.type == "tool_result") {
        Message result;
        result.role = "tool";
        result.name = part.name;
        result.toolCallId = cut(field("tool_call_id"), 512);
        result.content = limitedText(field("output"));
        const std::string exception = field("exception");
        if (result.content.empty()) result.content = limitedText(exception);
        results.push_back(std::move(result));
        failed.push_back(!exception.empty());
    } else if (part.type == "reasoning") {
        if (m_bodies && !part.text.empty()) message.content += formatText("[reasoning]\n{}\n[/reasoning]\n\n", part.text);
    } else {
        message.content += part.type == "text" ? part.text : formatText("[{}]", part.type);
    }
    return {};
}

Status LlmTranscript::addMessage(const std::string& hash, const std::string& role, const Answer* answer)
{
    std::vector<Part> parts;
    {
        TR_ASSIGN(Statement row, m_db.prepare(m_sql.parts));
        row.bind(1, hash);
        for (;;) {
            TR_ASSIGN(const bool more, row.step());
            if (!more || parts.size() >= kMaxLlmParts) break;
            parts.push_back({cut(row.textAt(0), 64), cut(row.textAt(1), 512), limitedText(row.textAt(2)), row.stringAt(3)});
        }
    }
    Message message;
    message.role = role;
    std::vector<Message> results;
    std::vector<bool> failed;
    for (Part& part : parts) TR_TRY(addPart(std::move(part), message, results, failed));
    for (std::size_t i = 0; i < results.size(); ++i) push(std::move(results[i]), failed[i]);
    if (role == "tool" && message.content.empty() && message.toolCalls.empty()) return {};
    if (role == "system" && m_firstSystem.empty()) m_firstSystem = message.content;
    if (answer) m_answers.emplace(m_messages.size(), *answer);
    push(std::move(message));
    return {};
}

/// The messages on the way to the turn's tip, without those that were told.
Status LlmTranscript::addTurn(const Statement& row)
{
    const Answer answer = answerOf(row);
    const std::string parent = cut(row.textAt(ParentHash), 512);
    std::string hash = cut(row.textAt(TipHash), 512);
    std::vector<std::pair<std::string, std::string>> way; ///< hash and role, from the tip
    bool own = true;
    std::size_t ownCount = 0;
    while (!hash.empty() && m_told.insert(hash).second && m_told.size() <= kMaxLlmMessages) {
        TR_ASSIGN(Statement message, m_db.prepare(m_sql.message));
        message.bind(1, hash);
        TR_ASSIGN(const bool found, message.step());
        if (!found) {
            m_skipped("turn " + cut(row.textAt(Id), 64), "a message of it is missing: " + cut(hash, 64));
            break;
        }
        own = own && hash != parent;
        if (own) ++ownCount;
        way.emplace_back(std::move(hash), cut(message.textAt(1), 64));
        hash = cut(message.textAt(0), 512);
    }
    bool answered = false;
    for (std::size_t i = way.size(); i-- > 0;) {
        const bool isAnswer = i < ownCount && way[i].second == "assistant" && !answered;
        answered = answered || isAnswer;
        TR_TRY(addMessage(way[i].first, way[i].second, isAnswer ? &answer : nullptr));
    }
    return {};
}

Status LlmTranscript::add(LlmTable table, std::int64_t number)
{
    if (m_messages.size() >= kMaxLlmMessages) return {};
    TR_ASSIGN(Statement row, m_db.prepare(m_sql.exchange[static_cast<std::size_t>(table)]));
    row.bind(1, number);
    TR_ASSIGN(const bool found, row.step());
    if (!found) return {};
    if (table == LlmTable::Turns) return addTurn(row);
    return addExchange(row, cut(row.textAt(Id), 512), table);
}

void LlmTranscript::fill(ParsedRun& run)
{
    run.conversation = std::move(m_messages);
    ConversationRules rules;
    rules.isError = [&](const Message& message) {
        const auto place = static_cast<std::size_t>(&message - run.conversation.data());
        return m_failed.contains(place) || message.content.starts_with("Error");
    };
    addConversationSteps(run, rules);
    std::map<std::string_view, const Answer*> byStep;
    for (const auto& [place, answer] : m_answers)
        if (place < run.conversation.size()) byStep.emplace(run.conversation[place].stepId, &answer);
    for (Step& step : run.record.steps) {
        const auto own = byStep.find(step.nativeId);
        const auto parent = byStep.find(step.parentId);
        if (own != byStep.end()) {
            step.start = own->second->start;
            step.end = own->second->end;
            step.model = own->second->model;
            step.promptTokens = own->second->promptTokens;
            step.completionTokens = own->second->completionTokens;
        } else if (parent != byStep.end()) {
            step.start = step.end = parent->second->end; // when it was called; how long it took is not told
        }
    }
    if (!m_firstSystem.empty()) {
        run.record.run.harnessVersion = sha256Hex(m_firstSystem);
        run.record.run.harnessVersionSource = "system prompt hash";
    }
    fillRunFromConversation(run);
}

} // namespace tackroom
