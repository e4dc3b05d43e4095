// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/claudesession.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"

#include <algorithm>

namespace tackroom
{

using namespace jsonvalues;

namespace
{

std::string between(std::string_view text, std::string_view from, std::string_view to)
{
    const auto begin = text.find(from);
    if (begin == std::string_view::npos) return {};
    const auto end = text.find(to, begin + from.size());
    return std::string(text.substr(begin + from.size(), end == std::string_view::npos ? end : end - begin - from.size()));
}

/// Words that the program put into the user's mouth.
bool isHarnessText(std::string_view text)
{
    return text.starts_with("Caveat: The messages below") || text.starts_with("<local-command-") ||
           text.starts_with("<system-reminder>") || text.starts_with("<bash-stdout>") ||
           text.starts_with("<task-notification>");
}

/// "<command-name>/review</command-name>…" as it was typed.
std::string commandText(std::string_view text)
{
    if (text.find("<command-name>") == std::string_view::npos) return {};
    const std::string arguments = between(text, "<command-args>", "</command-args>");
    const std::string name = between(text, "<command-name>", "</command-name>");
    return arguments.empty() ? name : name + " " + arguments;
}

} // namespace

std::string_view claudeLineType(Value line) { return stringOf(member(line, "type")).value_or(""); }

std::string ClaudeSession::add(Value line, std::string_view text, const FileRange& place)
{
    if (!m_ranges.empty() && m_ranges.back().offset + m_ranges.back().bytes + 2 >= place.offset)
        m_ranges.back().bytes = place.offset + place.bytes - m_ranges.back().offset;
    else
        m_ranges.push_back(place);
    if (m_bodies) m_raw += (m_raw.empty() ? "" : "\n") + std::string(text);
    const std::string uuid = textOf(member(line, "uuid"));
    if (!uuid.empty() && !m_lines.insert(uuid).second && m_complete.contains(uuid)) return {};
    readFacts(line);
    std::string wrong;
    const auto type = claudeLineType(line);
    if (type == "user")
        wrong = addUser(line);
    else if (type == "assistant")
        wrong = addAssistant(line);
    else if (type == "system")
        addSystem(line);
    if (wrong.empty() && !uuid.empty()) m_complete.insert(uuid);
    return wrong;
}

ParsedRun ClaudeSession::finish(bool isSubAgent)
{
    ParsedRun run;
    Run& out = run.record.run;
    out.nativeId = m_id;
    out.sessionId = m_sessionId.empty() ? m_id : m_sessionId;
    out.agentName = isSubAgent ? "Claude Code sub-agent" : "Claude Code";
    out.project = cut(m_cwd, kStepTextBytes);
    if (!m_version.empty()) {
        out.harnessVersion = cut(m_version, kStepTextBytes);
        out.harnessVersionSource = "version key: version";
    }
    out.costUsd = m_cost;
    m_log.finish(run);
    run.ranges = m_ranges;
    run.raw = std::move(m_raw);
    return run;
}

void ClaudeSession::readFacts(Value line)
{
    for (const auto& [key, to] : {std::pair{"cwd", &m_cwd}, std::pair{"version", &m_version}})
        if (const auto text = stringOf(member(line, key)); text && !text->empty()) *to = *text;
    if (const auto id = stringOf(member(line, "sessionId"))) m_sessionId = *id;
    if (const auto cost = numberOf(member(line, "costUSD"))) m_cost = m_cost.value_or(0) + *cost;
}

std::string ClaudeSession::chainOf(Value line)
{
    if (!isTrue(member(line, "isSidechain")) || stringOf(member(line, "agentId"))) return {};
    constexpr std::size_t kMaxChains = 1000; // each is looked for among all calls
    if (m_chains >= kMaxChains) return {};
    const auto parent = m_chainOf.find(textOf(member(line, "parentUuid")));
    std::string chain = parent == m_chainOf.end() ? formatText("side{}", m_chains++) : parent->second;
    if (parent == m_chainOf.end()) m_log.addChain(chain, "sub-agent", jsonInner(contentText(at(line, "message.content"))));
    m_chainOf[textOf(member(line, "uuid"))] = chain;
    return chain;
}

std::string ClaudeSession::jsonInner(std::string_view text)
{
    std::string out;
    for (const char c : text.substr(0, 200)) {
        if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') break;
        out += c;
    }
    return out;
}

std::string ClaudeSession::addUser(Value line)
{
    const auto message = member(line, "message");
    if (!isObject(message)) return "its message is no object";
    const auto content = member(*message, "content");
    if (!content || content->is_null()) return "its message has no content";
    SessionLog::Facts facts;
    facts.start = facts.end = timeOf(member(line, "timestamp"));
    facts.chain = chainOf(line);
    const bool isHarness = isTrue(member(line, "isMeta")) || isTrue(member(line, "isCompactSummary"));
    if (!isArray(content)) {
        addWords(contentText(content), isHarness, facts);
        return {};
    }
    std::string words;
    for (const Value block : simdjson::dom::array(*content)) {
        if (claudeLineType(block) == "tool_result")
            addResult(line, block, facts);
        else {
            const std::string text = contentText(block);
            if (!text.empty()) words += (words.empty() ? "" : "\n") + text;
        }
    }
    if (!words.empty()) addWords(std::move(words), isHarness, facts);
    return {};
}

void ClaudeSession::addWords(std::string words, bool isHarness, const SessionLog::Facts& facts)
{
    if (words.starts_with("[Request interrupted by user")) {
        HumanDecision decision;
        decision.kind = DecisionKind::Reject;
        decision.time = facts.start;
        decision.target = "what the agent was doing";
        decision.after = words;
        // The refusal of a tool call is followed by this line; it is one decision.
        if (!m_rejected) m_log.addDecision(std::move(decision), {});
        isHarness = true;
    }
    m_rejected = false;
    Message message;
    message.role = isHarness || isHarnessText(words) ? "system" : "user";
    if (std::string command = commandText(words); !command.empty()) words = std::move(command);
    message.content = std::move(words);
    m_log.add(std::move(message), facts);
}

void ClaudeSession::addResult(Value line, Value block, SessionLog::Facts facts)
{
    Message message;
    message.role = "tool";
    message.toolCallId = textOf(member(block, "tool_use_id"));
    message.content = contentText(member(block, "content"));
    facts.isError = isTrue(member(block, "is_error"));
    const auto call = m_log.caller(message.toolCallId);
    const Message::ToolCall* made = call ? &m_log.message(call->first).toolCalls[call->second] : nullptr;
    if (made) message.name = made->name;
    addToolDecision(line, message, made, facts);
    m_log.add(std::move(message), std::move(facts));
}

void ClaudeSession::addToolDecision(Value line, const Message& result, const Message::ToolCall* call, SessionLog::Facts& facts)
{
    const std::string_view text = result.content;
    const auto answer = member(line, "toolUseResult");
    HumanDecision decision;
    decision.time = facts.start;
    decision.target = "tool call: " + (call ? cut(call->name, kStepTextBytes) : std::string("unknown"));
    decision.before = call ? cut(call->arguments, kStepTextBytes) : std::string();
    if (text.starts_with("The user doesn't want to proceed") || text.starts_with("The user doesn't want to take this action") ||
        text.starts_with("[Request interrupted by user for tool use]")) {
        decision.kind = DecisionKind::Reject;
        decision.after = "rejected";
        decision.reason = cut(trimmed(between(text, "the user said:", "Note: The user's next message")), kStepTextBytes);
        facts.errorType = "rejected by the user";
        m_rejected = true;
    } else if (call && call->name == "ExitPlanMode" && text.starts_with("User has approved")) {
        decision.kind = DecisionKind::Approve;
        decision.after = "approved";
    } else if (answer && isObject(member(*answer, "answers"))) {
        decision.kind = DecisionKind::Answer;
        decision.after = cut(textOf(member(*answer, "answers")), kStepTextBytes);
    } else if (answer && isTrue(member(*answer, "userModified"))) {
        decision.kind = DecisionKind::Edit;
        decision.after = cut(textOf(member(*answer, member(*answer, "newString") ? "newString" : "content")), kStepTextBytes);
    } else
        return;
    m_log.addDecision(std::move(decision), result.toolCallId);
}

std::string ClaudeSession::addAssistant(Value line)
{
    const auto message = member(line, "message");
    if (!isObject(message)) return "its message is no object";
    const auto content = member(*message, "content");
    if (!content || content->is_null()) return "its message has no content";
    const std::string chain = chainOf(line);
    const std::string id = textOf(member(*message, "id"));
    const auto known = m_messageOfId.find(id);
    const bool goesOn = !id.empty() && known != m_messageOfId.end();
    std::size_t index = 0;
    if (goesOn)
        index = known->second;
    else {
        Message said;
        said.role = "assistant";
        SessionLog::Facts facts;
        facts.start = timeOf(member(line, "timestamp"));
        facts.model = cut(textOf(member(*message, "model")), kStepTextBytes);
        facts.chain = chain;
        index = m_log.add(std::move(said), std::move(facts));
        if (!id.empty()) m_messageOfId[id] = index;
    }
    SessionLog::Facts& facts = m_log.facts(index);
    facts.end = std::max(facts.end, timeOf(member(line, "timestamp")));
    // Each line of a message repeats its usage; the output grows while it streams.
    const auto usage = member(*message, "usage");
    if (isObject(usage)) {
        facts.promptTokens = integerOf(member(*usage, "input_tokens")) +
                             integerOf(member(*usage, "cache_creation_input_tokens")) +
                             integerOf(member(*usage, "cache_read_input_tokens"));
        facts.completionTokens = std::max(facts.completionTokens, integerOf(member(*usage, "output_tokens")));
    }
    if (isTrue(member(line, "isApiErrorMessage"))) {
        facts.isError = true;
        facts.errorType = "api error";
    }
    addBlocks(index, *content);
    m_rejected = false;
    return {};
}

void ClaudeSession::addBlocks(std::size_t index, Value content)
{
    if (!isArray(content)) return m_log.addWords(index, contentText(content));
    for (const Value block : simdjson::dom::array(content)) {
        const auto type = claudeLineType(block);
        if (type == "tool_use" || type == "server_tool_use")
            m_log.addCall(index, {textOf(member(block, "id")), textOf(member(block, "name")), textOf(member(block, "input"))});
        else if (type == "thinking" || type == "redacted_thinking") {
            const std::string thought = textOf(member(block, "thinking"));
            if (isNew(index, thought)) m_log.addThought(index, thought);
        } else if (const std::string words = contentText(block); isNew(index, words))
            m_log.addWords(index, words);
    }
}

bool ClaudeSession::isNew(std::size_t index, std::string_view words)
{
    return !words.empty() && m_blocks.insert(formatText("{} {}", index, xxh128Hex(words))).second;
}

void ClaudeSession::addSystem(Value line)
{
    const auto subtype = stringOf(member(line, "subtype")).value_or("");
    const UtcNs time = timeOf(member(line, "timestamp"));
    std::string words = contentText(member(line, "content"));
    if (subtype == "compact_boundary" || subtype == "microcompact_boundary") {
        Step step;
        step.name = "compaction";
        step.start = step.end = time;
        step.outputText = cut(words, kStepTextBytes);
        m_log.addStep(std::move(step));
        return;
    }
    if (subtype == "api_error") {
        Step step;
        step.name = "api error";
        step.start = step.end = time;
        step.status = StepStatus::Error;
        step.errorType = "api error";
        const auto error = member(line, "error");
        step.errorText = cut(words.empty() ? textOf(error) : words, kStepTextBytes);
        m_log.addStep(std::move(step));
        return;
    }
    if (words.empty()) return;
    Message message;
    message.role = "system";
    message.content = std::move(words);
    SessionLog::Facts facts;
    facts.start = facts.end = time;
    m_log.add(std::move(message), std::move(facts));
}

} // namespace tackroom
