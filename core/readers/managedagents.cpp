// SPDX-License-Identifier: GPL-3.0-or-later
/// Event streams of Claude Managed Agents sessions (beta API of 2026), as JSON lines:
///   recordings of the client's calls as LangSmith's SDK keeps them, a line ["client.beta.sessions.create", session],
///   ["client.beta.sessions.events.stream", event] …; what is sent comes back in the stream, so …events.send is passed over
///   the events themselves, one a line or {"data": [event …]} as the API lists them, with the session object among them or not
///
/// Run    one session (a session object begins the next). nativeId = its id, else the first event's; agentName = agent.name or
/// an
///        event's agent_name; harness version = agent.version; task, answer, tokens and times of its events; status error after
///        session.error
/// Step   llm: span.model_request_start to …_end (model_usage: input with what was read from and written to the cache, output);
///        tool: agent.tool_use, agent.mcp_tool_use, agent.custom_tool_use below it, with their results (is_error)
/// HumanDecision  user.tool_confirmation: allow = Approve, deny = Reject with deny_message; target is the tool
/// agent.thinking has no words; status events and those of kinds that are not known here are passed over.
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/chatmlparts.h"
#include "core/readers/conversation.h"
#include "core/readers/formats.h"

#include <algorithm>
#include <unordered_map>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::string_view kCall = "client.beta.sessions.";

std::string idAt(Value value, std::string_view path) { return cut(textOf(at(value, path)), kIdBytes); }

bool isSession(Value value) { return stringOf(member(value, "type")) == "session" && isObject(member(value, "agent")); }

bool isEvent(Value value)
{
    const auto type = stringOf(member(value, "type")).value_or("");
    const bool known =
        type.starts_with("agent.") || type.starts_with("user.") || type.starts_with("session.") || type.starts_with("span.");
    return known && stringOf(member(value, "id")).value_or("").starts_with("sevt_");
}

/// The session or event in a line; nothing of what is sent.
std::optional<Value> eventOf(Value line)
{
    simdjson::dom::array pair;
    if (line.get(pair) == simdjson::SUCCESS) {
        const auto call = pair.size() == 2 ? stringOf(Value(pair.at(0).value_unsafe())) : std::nullopt;
        if (!call || !call->starts_with(kCall) || call->ends_with(".send")) return std::nullopt;
        line = pair.at(1).value_unsafe();
    }
    return isSession(line) || isEvent(line) ? std::optional<Value>(line) : std::nullopt;
}

/// Puts the events of one session together.
class SessionReader
{
public:
    [[nodiscard]] bool empty() const { return m_run.record.run.nativeId.empty(); }
    void read(Value event, bool wantBodies);
    [[nodiscard]] ParsedRun finish();

private:
    void readSession(Value session);
    void readToolUse(Value event, UtcNs time);
    void readToolResult(Value event, std::string_view type, UtcNs time);
    void readConfirmation(Value event, UtcNs time);
    void readRequestEnd(Value event, UtcNs time);
    void say(std::string_view role, std::string text);
    [[nodiscard]] Step* step(const std::string& id);
    Message& assistant();

    ParsedRun m_run;
    std::unordered_map<std::string, std::size_t> m_steps;
    std::string m_request; ///< the llm step that is at work
    std::string m_model;
};

Step* SessionReader::step(const std::string& id)
{
    const auto found = m_steps.find(id);
    return found == m_steps.end() ? nullptr : &m_run.record.steps[found->second];
}

void SessionReader::say(std::string_view role, std::string text)
{
    Message message;
    message.role = role;
    message.content = std::move(text);
    m_run.conversation.push_back(std::move(message));
}

/// The message that the request at work is saying.
Message& SessionReader::assistant()
{
    auto& messages = m_run.conversation;
    if (messages.empty() || messages.back().role != "assistant" || messages.back().stepId != m_request) {
        say("assistant", {});
        messages.back().stepId = m_request;
    }
    return messages.back();
}

void SessionReader::readSession(Value session)
{
    Run& run = m_run.record.run;
    run.nativeId = idAt(session, "id");
    run.sessionId = run.nativeId;
    run.agentName = idAt(session, "agent.name");
    run.harnessVersion = idAt(session, "agent.version");
    if (!run.harnessVersion.empty()) run.harnessVersionSource = "version key: agent.version";
    m_model = idAt(session, "agent.model.id");
    run.start = parseTime(idAt(session, "created_at")).value_or(0);
    if (std::string system = textOf(at(session, "agent.system")); !system.empty()) say("system", std::move(system));
}

void SessionReader::readToolUse(Value event, UtcNs time)
{
    Step tool;
    tool.nativeId = idAt(event, "id");
    tool.parentId = m_request;
    tool.kind = StepKind::Tool;
    tool.name = tool.toolName = idAt(event, "name");
    tool.start = time;
    const std::string input = textOf(member(event, "input"));
    tool.arguments = cut(input, kToolTextBytes);
    assistant().toolCalls.push_back({tool.nativeId, tool.toolName, input});
    m_run.texts[tool.nativeId].input = input;
    m_steps.emplace(tool.nativeId, m_run.record.steps.size());
    m_run.record.steps.push_back(std::move(tool));
}

void SessionReader::readToolResult(Value event, std::string_view type, UtcNs time)
{
    std::string id;
    for (const auto key : {"tool_use_id", "mcp_tool_use_id", "custom_tool_use_id"})
        if (id.empty()) id = idAt(event, key);
    std::string text = chatml::contentOf(member(event, "content")).text;
    Message message;
    message.role = "tool";
    message.toolCallId = id;
    message.content = text;
    if (Step* tool = step(id)) {
        message.name = tool->toolName;
        message.stepId = id;
        tool->end = time;
        tool->result = cut(text, kToolTextBytes);
        bool failed = false;
        if (const auto value = member(event, "is_error"); value && value->get(failed) != simdjson::SUCCESS) failed = false;
        tool->status = failed ? StepStatus::Error : StepStatus::Ok;
        if (failed) tool->errorText = cut(text, kStepTextBytes);
        m_run.texts[id].output = std::move(text);
    }
    m_run.conversation.push_back(std::move(message));
    (void)type;
}

void SessionReader::readConfirmation(Value event, UtcNs time)
{
    HumanDecision decision;
    decision.stepId = idAt(event, "tool_use_id");
    const auto result = stringOf(member(event, "result")).value_or("");
    decision.kind = result == "allow" ? DecisionKind::Approve : result == "deny" ? DecisionKind::Reject : DecisionKind::Answer;
    decision.time = time;
    decision.after = result;
    decision.reason = cut(textOf(member(event, "deny_message")), kStepTextBytes);
    if (const Step* tool = step(decision.stepId)) decision.target = tool->toolName;
    m_run.record.decisions.push_back(std::move(decision));
}

void SessionReader::readRequestEnd(Value event, UtcNs time)
{
    Step* request = step(idAt(event, "model_request_start_id"));
    if (!request) return;
    request->end = time;
    const auto usage = member(event, "model_usage");
    if (isObject(usage)) {
        for (const auto key : {"input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"})
            request->promptTokens += integerOf(member(*usage, key));
        request->completionTokens = integerOf(member(*usage, "output_tokens"));
    }
    bool failed = false;
    if (const auto value = member(event, "is_error"); value && value->get(failed) != simdjson::SUCCESS) failed = false;
    request->status = failed ? StepStatus::Error : StepStatus::Ok;
}

void SessionReader::read(Value event, bool wantBodies)
{
    Run& run = m_run.record.run;
    if (wantBodies) m_run.raw += simdjson::minify(event) + "\n";
    if (isSession(event)) return readSession(event);
    if (run.nativeId.empty()) run.nativeId = idAt(event, "id");
    if (run.agentName.empty()) run.agentName = idAt(event, "agent_name");
    const UtcNs time = parseTime(idAt(event, "processed_at")).value_or(0);
    if (time && (run.start == 0 || time < run.start)) run.start = time;
    run.end = std::max(run.end, time);
    const std::string type = textOf(member(event, "type"));
    if (type == "user.message")
        say("user", chatml::contentOf(member(event, "content")).text);
    else if (type == "span.model_request_start") {
        Step request;
        request.nativeId = m_request = idAt(event, "id");
        request.kind = StepKind::Llm;
        request.name = "model request";
        request.model = m_model;
        request.start = time;
        if (!m_run.conversation.empty()) request.inputText = cut(m_run.conversation.back().content, kStepTextBytes);
        m_steps.emplace(request.nativeId, m_run.record.steps.size());
        m_run.record.steps.push_back(std::move(request));
    } else if (type == "span.model_request_end")
        readRequestEnd(event, time);
    else if (type == "agent.message") {
        Message& message = assistant();
        if (!message.content.empty()) message.content += '\n';
        message.content += chatml::contentOf(member(event, "content")).text;
        if (Step* request = step(m_request)) request->outputText = cut(message.content, kStepTextBytes);
    } else if (type.ends_with("tool_use"))
        readToolUse(event, time);
    else if (type.ends_with("tool_result"))
        readToolResult(event, type, time);
    else if (type == "user.tool_confirmation")
        readConfirmation(event, time);
    else if (type == "session.error")
        run.status = StepStatus::Error;
}

ParsedRun SessionReader::finish()
{
    fillRunFromConversation(m_run);
    ParsedRun run = std::move(m_run);
    *this = {};
    return run;
}

class ManagedAgentsFormat : public FileFormat
{
public:
    FormatInfo info() const override { return {.kind = "claude-managed-agents", .title = "Claude Managed Agents events"}; }

    std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.values.empty()) return std::nullopt;
        const Value first = look.values.front();
        // A first line that is a pair looks like an array whose first element is the call.
        const auto call = stringOf(first);
        if (look.shape == FileLook::Shape::Array && call && call->starts_with(kCall))
            return Recognised{.schema = "recorded client calls", .note = {}};
        if (isSession(first) || isEvent(first)) return Recognised{.schema = "events", .note = {}};
        if (const auto data = member(first, "data"); isArray(data))
            for (const Value event : simdjson::dom::array(*data)) {
                if (isEvent(event)) return Recognised{.schema = "events", .note = {}};
                break;
            }
        return std::nullopt;
    }

    Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel) const override
    {
        SessionReader session;
        bool more = true;
        Parser parser;
        const auto take = [&](Value value) -> Status {
            const auto event = eventOf(value);
            if (!event) return {};
            if (isSession(*event) && !session.empty()) {
                TR_ASSIGN(more, sink.add(session.finish()));
            }
            session.read(*event, request.bodies);
            return {};
        };
        JsonElementVisitor visitor;
        visitor.tooLong = [&](std::uint64_t index, std::uint64_t bytes) {
            sink.skipped(formatText("line {}", index + 1),
                         formatText("it has {} bytes; at most {} are read", bytes, kMaxJsonElementBytes));
        };
        visitor.visit = [&](const JsonElement& element) -> Result<bool> {
            if (trimmed(element.text).empty()) return true;
            const auto value = parser.parse(element.text, true);
            if (!value) {
                sink.skipped(formatText("line {}", element.index + 1), value.error().detail);
                return true;
            }
            if (const auto data = member(*value, "data"); isArray(data)) {
                for (const Value event : simdjson::dom::array(*data)) TR_TRY(take(event));
            } else
                TR_TRY(take(*value));
            return more;
        };
        TR_TRY(forEachJsonElement(unit.first(), JsonLayout::Lines, visitor, cancel));
        if (session.empty() || !more) return {};
        TR_ASSIGN(more, sink.add(session.finish()));
        return {};
    }
};

} // namespace

const FileFormat& managedAgentsFormat()
{
    static const ManagedAgentsFormat format;
    return format;
}

} // namespace tackroom
