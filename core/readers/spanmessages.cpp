// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/spans.h"

#include "core/base/text.h"
#include "core/readers/plainmessage.h"
#include "core/readers/sparemessages.h"

#include <algorithm>
#include <map>

namespace tackroom
{

using namespace jsonvalues;

namespace
{

constexpr int kMaxListDepth = 8;
constexpr std::size_t kMaxMessages = 100'000;

/// The first of the members that is there and not null. Most of the names that are asked for are not there, which is mostly
/// seen from their lengths.
std::optional<Value> firstMember(Value value, std::initializer_list<std::string_view> keys)
{
    simdjson::dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return std::nullopt;
    std::uint64_t lengths = 0;
    for (auto field = object.begin(); field != object.end(); ++field) lengths |= std::uint64_t{1} << (field.key_length() % 64);
    for (const auto key : keys) {
        if (((lengths >> (key.size() % 64)) & 1U) == 0) continue;
        Value found;
        if (object.at_key(key).get(found) == simdjson::SUCCESS && !found.is_null()) return found;
    }
    return std::nullopt;
}

bool isOneOf(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::ranges::find(words, text) != words.end();
}

/// system, user, assistant or tool, of what chat APIs and frameworks call them; other roles as they are.
std::string roleOf(std::string_view name)
{
    const std::string role = asciiLower(name);
    if (isOneOf(role, {"user", "human", "humanmessage", "user-prompt", "gen_ai.user.message", "user_message"})) return "user";
    if (isOneOf(role, {"assistant", "ai", "aimessage", "aimessagechunk", "model", "agent", "bot", "gen_ai.assistant.message",
                       "gen_ai.choice", "assistant_message"}))
        return "assistant";
    if (isOneOf(role, {"system", "systemmessage", "developer", "system-prompt", "system_instruction", "gen_ai.system.message"}))
        return "system";
    if (isOneOf(role, {"tool", "toolmessage", "function", "functionmessage", "ipython", "tool-return", "tool_response",
                       "tool-response", "gen_ai.tool.message"}))
        return "tool";
    return role;
}

bool isRole(std::string_view name) { return isOneOf(roleOf(name), {"user", "assistant", "system", "tool"}); }

/// Reads one JSON message into one or more messages: what a tool answered stands apart.
class MessageMaker
{
public:
    MessageMaker(std::vector<Message>& out, std::size_t maxTextBytes, std::vector<HumanDecision>* decisions = nullptr)
        : m_out(out), m_maxTextBytes(maxTextBytes), m_decisions(decisions)
    {
    }

    void addAny(Value value, int depth)
    {
        simdjson::dom::array items;
        if (depth > kMaxListDepth || m_out.size() >= kMaxMessages) return;
        if (value.get(items) == simdjson::SUCCESS)
            addArray(items, depth);
        else if (isObject(value))
            addObject(value, depth);
        else if (const auto text = stringOf(value))
            addWhole("user", *text);
    }
    void addWhole(std::string_view role, std::string_view content)
    {
        Message message;
        message.role = role;
        message.content = cutText(content);
        push(std::move(message));
    }

    /// Of a list only what stands from the last message of a user on, of which the last ones of each role are enough; of
    /// anything else all of it.
    void addTail(Value value)
    {
        Value list = value;
        if (const auto inner = firstMember(value, {"messages", "contents"}); isArray(inner)) list = *inner;
        simdjson::dom::array items;
        if (list.get(items) != simdjson::SUCCESS) return addAny(value, 0);
        std::size_t count = 0, lastOfUser = 0, lastOfAssistant = 0;
        for (const Value item : items) {
            const auto role = stringOf(member(item, "role"));
            if (role && *role == "user") lastOfUser = count;
            if (role && *role == "assistant") lastOfAssistant = count;
            ++count;
        }
        std::size_t index = 0;
        for (const Value item : items) {
            const std::size_t at = index++;
            if (at < lastOfUser) continue;
            // Of what lies between, nobody asks; it is looked at for decisions alone, which a plain message does not have.
            const bool isBetween = at > lastOfUser && at != lastOfAssistant && at + 1 < count;
            if (isBetween && readPlainMessage(item, m_plain) && isOneOf(m_plain.role, {"assistant", "tool"})) continue;
            addAny(item, 1);
        }
        // What a tool answered may stand in a user's message: then the question stands before it.
        if (lastOfUser == 0 || std::ranges::contains(m_out, "user", &Message::role)) return;
        m_out.clear();
        if (m_decisions) m_decisions->clear();
        addAny(value, 0);
    }

private:
    void addArray(simdjson::dom::array items, int depth)
    {
        // A pair of role and text: ["user", "hello"].
        std::string_view role, content;
        if (items.size() == 2 && items.at(0).get(role) == simdjson::SUCCESS && items.at(1).get(content) == simdjson::SUCCESS &&
            isRole(role)) {
            addWhole(roleOf(role), content);
            return;
        }
        if (isCallList(items)) {
            begin("assistant");
            for (const Value item : items) addCall(item);
            flush();
            return;
        }
        for (const Value item : items) addAny(item, depth + 1);
    }

    /// A list of calls without a message around it (any-agent's gen_ai.output, Vercel's ai.response.toolCalls).
    static bool isCallList(simdjson::dom::array items)
    {
        if (items.size() == 0) return false;
        for (const Value item : items)
            if (!firstMember(item, {"tool.name", "toolName"}) || member(item, "role")) return false;
        return true;
    }

    void addPlain(const PlainMessage& plain)
    {
        Message message = spareMessages().take();
        message.role = plain.role;
        bool hasAnswers = false;
        for (std::size_t i = 0; i < plain.partCount; ++i) {
            const PlainMessage::Part& part = plain.parts[i];
            if (part.kind == PlainMessage::Part::Kind::Text) {
                addPlainText(message.content, part.text);
            } else if (part.kind == PlainMessage::Part::Kind::Call) {
                message.toolCalls.push_back({std::string(part.id), std::string(part.name), cutText(textOf(part.arguments))});
            } else {
                Message answer = spareMessages().take();
                answer.role = "tool";
                answer.toolCallId = part.id;
                assignCut(answer.content, part.text, m_maxTextBytes);
                push(std::move(answer));
                hasAnswers = true;
            }
        }
        if (!hasAnswers || !message.content.empty() || !message.toolCalls.empty()) push(std::move(message));
    }

    void addPlainText(std::string& content, std::string_view text) const
    {
        if (content.empty()) return assignCut(content, text, m_maxTextBytes);
        if (!text.empty()) content += '\n';
        content += cutText(text);
    }

    void addObject(Value value, int depth)
    {
        if (readPlainMessage(value, m_plain)) return addPlain(m_plain);
        if (const auto list = firstMember(value, {"messages", "contents", "chat_history", "choices", "candidates"});
            isArray(list)) {
            addSystemOf(value);
            addAny(*list, depth + 1);
            return;
        }
        if (const auto content = member(value, "content"); isObject(content) && member(*content, "parts")) {
            addAny(*content, depth + 1); // a response of Gemini
            return;
        }
        const bool isMessage = roleTextOf(value) || firstMember(value, {"content", "parts", "message.content", "tool_calls"});
        if (isMessage)
            addMessage(value);
        else if (const auto inner = firstMember(value, {"message", "kwargs", "data"}); isObject(inner))
            isRole(typeOf(value)) ? addMessage(*inner, typeOf(value)) : addAny(*inner, depth + 1);
        else if (const auto prompt = member(value, "prompt"); prompt) { // Vercel's ai.prompt
            addSystemOf(value);
            addAny(*prompt, depth + 1);
        } else if (const auto text = stringOf(member(value, "text")))
            addWhole("assistant", *text);
    }

    void addSystemOf(Value value)
    {
        auto system = firstMember(value, {"system", "system_instruction", "systemInstruction", "instructions"});
        if (const auto config = member(value, "config"); !system && config)
            system = firstMember(*config, {"system_instruction", "systemInstruction"});
        if (!system) return;
        begin("system");
        addContent(*system);
        flush();
    }

    static std::string typeOf(Value value) { return textOf(firstMember(value, {"type", "role", "event.name"})); }

    static std::optional<std::string> roleTextOf(Value value)
    {
        for (const std::string_view key : {"role", "message.role", "event.name", "type", "author", "kind"}) {
            const auto name = stringOf(member(value, key));
            if (!name) continue;
            if (key == "role" || key == "message.role" || isRole(*name)) return roleOf(*name);
            if (key == "kind" && *name == "request") return "user";
            if (key == "kind" && *name == "response") return "assistant";
        }
        if (const auto message = member(value, "message"); isObject(message))
            if (const auto name = stringOf(member(*message, "role"))) return roleOf(*name);
        return std::nullopt;
    }

    void addMessage(Value value, std::string_view outerRole = {})
    {
        Value body = value;
        if (firstMember(value, {"message", "kwargs", "data"}))
            for (const std::string_view key : {"message", "kwargs", "data"})
                if (const auto inner = member(value, key); isObject(inner) && !member(value, "content")) body = *inner;
        std::string role = roleTextOf(value).value_or(std::string());
        if (role.empty()) role = roleTextOf(body).value_or(roleOf(outerRole));
        begin(role.empty() ? "user" : role);
        m_current.name = textOf(firstMember(body, {"name", "message.name", "tool_name"}));
        m_current.toolCallId = textOf(firstMember(body, {"tool_call_id", "toolCallId", "message.tool_call_id"}));
        if (m_current.role == "tool" && m_current.toolCallId.empty()) m_current.toolCallId = textOf(member(body, "id"));
        if (const auto content =
                firstMember(body, {"content", "parts", "message.content", "contents", "message.contents", "text"}))
            addContent(*content);
        simdjson::dom::array calls;
        if (const auto list = firstMember(body, {"tool_calls", "message.tool_calls", "toolCalls"});
            list && list->get(calls) == simdjson::SUCCESS)
            for (const Value call : calls) addCall(call);
        if (const auto call = member(body, "function_call"); isObject(call)) addCall(*call);
        flush();
    }

    void addContent(Value content)
    {
        simdjson::dom::array parts;
        if (content.get(parts) == simdjson::SUCCESS)
            for (const Value part : parts) addPart(part);
        else if (const auto inner = member(content, "parts"); inner)
            addContent(*inner);
        else if (isObject(content) && member(content, "type"))
            addPart(content);
        else
            addText(textOf(content));
    }

    void addPart(Value part)
    {
        if (const auto text = stringOf(part)) return addText(*text);
        if (const auto inner = member(part, "message_content"); isObject(inner)) return addPart(*inner);
        const std::string type = asciiLower(textOf(firstMember(part, {"type", "part_kind", "message_content.type", "kind"})));
        if (const auto call = firstMember(part, {"function_call", "functionCall"}); isObject(call)) return addCall(*call);
        if (const auto answer = firstMember(part, {"function_response", "functionResponse"}); isObject(answer))
            return addAnswer(*answer);
        if (isOneOf(type, {"tool_call", "tool-call", "tool_use", "function_call", "builtin-tool-call", "server_tool_use"}))
            return addCall(part);
        if (isOneOf(type, {"tool_call_response", "tool-result", "tool_result", "tool-return", "function_call_output",
                           "builtin-tool-return", "retry-prompt", "function_result"}))
            return addAnswer(part);
        if (type.contains("approval")) return addApproval(part);
        if (isOneOf(type, {"system-prompt", "user-prompt"})) turnTo(type == "user-prompt" ? "user" : "system");
        const auto text = firstMember(part, {"text", "content", "message_content.text", "input_text", "output_text"});
        if (isOneOf(type, {"reasoning", "thinking"})) {
            addText("[reasoning] " + textOf(text ? text : member(part, "thinking")));
            return;
        }
        const bool isPlain = type.empty() || type.contains("text") || type.ends_with("prompt");
        if (text && isPlain)
            isArray(text) ? addContent(*text) : addText(textOf(text));
        else if (isPlain && type.empty())
            addText(textOf(part));
        else
            addText("[" + chipOf(part, type) + "]");
    }

    static std::string chipOf(Value part, const std::string& type)
    {
        for (const std::string_view word : {"image", "audio", "video", "file", "document"})
            if (type.contains(word) || textOf(member(part, "modality")) == word) return std::string(word);
        return cut(type, 60);
    }

    void addCall(Value call)
    {
        Message::ToolCall made;
        Value body = call;
        if (const auto inner = member(call, "tool_call"); isObject(inner)) body = *inner;
        made.id = textOf(firstMember(body, {"id", "tool_call_id", "toolCallId", "call_id", "callId", "tool_call.id"}));
        Value function = body;
        if (const auto inner = member(body, "function"); isObject(inner)) function = *inner;
        made.name = textOf(firstMember(function, {"name", "toolName", "tool_name", "tool.name", "tool_call.function.name"}));
        made.arguments = cutText(textOf(
            firstMember(function, {"arguments", "args", "input", "tool.args", "parameters", "tool_call.function.arguments"})));
        // ADK asks a person by a call of its own, which names the call that it is about.
        if (const auto original = at(function, "args.originalFunctionCall.name"); original) m_asked[made.id] = textOf(original);
        m_current.toolCalls.push_back(std::move(made));
    }

    /// Vercel: tool-approval-request {approvalId, toolCallId}, tool-approval-response {approvalId, approved, reason}; Agent
    /// Framework: function_approval_response {id, approved, function_call}.
    void addApproval(Value part)
    {
        const std::string id = textOf(firstMember(part, {"approvalId", "approval_id", "id"}));
        bool approved = false;
        if (const auto verdict = member(part, "approved"); !verdict || verdict->get(approved) != simdjson::SUCCESS) {
            const std::string callId = textOf(firstMember(part, {"toolCallId", "tool_call_id"}));
            for (const auto& call : m_current.toolCalls)
                if (call.id == callId) m_asked[id] = call.name;
            return;
        }
        std::string target;
        if (const auto call = firstMember(part, {"function_call", "functionCall", "toolCall"}))
            target = textOf(firstMember(*call, {"name", "toolName"}));
        if (target.empty()) target = m_asked[id];
        decide(approved, std::move(target), textOf(member(part, "reason")));
    }
    void decide(bool approved, std::string target, const std::string& reason)
    {
        addText(std::string(approved ? "[approved]" : "[rejected]") + (reason.empty() ? "" : " " + reason));
        if (!m_decisions) return;
        HumanDecision decision;
        decision.kind = approved ? DecisionKind::Approve : DecisionKind::Reject;
        decision.target = cut(target, 512);
        decision.reason = cut(reason, 2000);
        decision.after = approved ? "approved" : "rejected";
        m_decisions->push_back(std::move(decision));
    }

    void addAnswer(Value part)
    {
        Message answer;
        answer.role = "tool";
        answer.name = textOf(firstMember(part, {"name", "toolName", "tool_name"}));
        answer.toolCallId = textOf(firstMember(part, {"id", "tool_call_id", "toolCallId", "tool_use_id", "call_id", "callId"}));
        auto content = firstMember(part, {"response", "result", "output", "content"});
        bool confirmed = false;
        if (content && textOf(member(*content, "type")) == "execution-denied") { // Vercel: a person refused the call
            const std::string text = m_current.content;
            const std::string reason = textOf(member(*content, "reason"));
            decide(false, answer.name, reason);
            m_current.content = text;
            answer.content = "[rejected]" + (reason.empty() ? "" : " " + reason);
            m_answers.push_back(std::move(answer));
            return;
        }
        if (const auto verdict = content ? member(*content, "confirmed") : std::nullopt;
            verdict && answer.name == "adk_request_confirmation" && verdict->get(confirmed) == simdjson::SUCCESS)
            return decide(confirmed, m_asked[answer.toolCallId], textOf(member(*content, "payload")));
        if (content && isObject(content) && member(*content, "type"))
            if (const auto inner = member(*content, "value")) content = inner; // Vercel 5: {"type":"json","value":…}
        std::vector<Message> inner;
        MessageMaker maker(inner, m_maxTextBytes);
        if (content) maker.addTextsOf(*content);
        answer.content = inner.empty() ? std::string() : std::move(inner.front().content);
        m_answers.push_back(std::move(answer));
    }
    void addTextsOf(Value content)
    {
        begin("tool");
        simdjson::dom::array parts;
        bool areParts = content.get(parts) == simdjson::SUCCESS && parts.size() > 0;
        if (areParts)
            for (const Value part : parts) areParts = areParts && (part.is_string() || member(part, "type"));
        if (areParts)
            addContent(content);
        else
            addText(textOf(content));
        flush();
    }

    void addText(std::string_view text)
    {
        if (!m_current.content.empty() && !text.empty()) m_current.content += '\n';
        m_current.content += cutText(text);
    }
    [[nodiscard]] std::string cutText(std::string_view text) const { return cut(text, m_maxTextBytes); }

    void begin(std::string_view role)
    {
        m_current = {};
        m_current.role = role;
    }
    /// A part of another role than the message so far: Pydantic AI keeps instructions, prompts and answers in one request.
    void turnTo(std::string_view role)
    {
        if (m_current.role == role) return;
        if (!m_current.content.empty() || !m_current.toolCalls.empty()) push(std::move(m_current));
        begin(role);
    }
    void flush()
    {
        const bool onlyAnswers = !m_answers.empty() && m_current.content.empty() && m_current.toolCalls.empty();
        for (auto& answer : m_answers) push(std::move(answer));
        m_answers.clear();
        if (!onlyAnswers) push(std::move(m_current));
        m_current = {};
    }
    void push(Message message)
    {
        if (m_out.size() < kMaxMessages) m_out.push_back(std::move(message));
    }

    std::vector<Message>& m_out;
    std::size_t m_maxTextBytes;
    std::vector<HumanDecision>* m_decisions;
    std::map<std::string, std::string> m_asked; ///< what a question to a person is about: a tool's name, by the question's id
    Message m_current;
    std::vector<Message> m_answers;
    PlainMessage m_plain; ///< that is being looked at
};

} // namespace

std::vector<Message> messagesOfJson(Value value, std::size_t maxTextBytes, std::vector<HumanDecision>* decisions)
{
    std::vector<Message> messages;
    MessageMaker(messages, maxTextBytes, decisions).addAny(value, 0);
    return messages;
}

std::vector<Message> messagesOfText(std::string_view text, std::size_t maxTextBytes, std::vector<HumanDecision>* decisions)
{
    const auto value = jsonIn(text);
    return value ? messagesOfJson(*value, maxTextBytes, decisions) : std::vector<Message>();
}

std::vector<Message> lastMessagesOf(Value value, std::size_t maxTextBytes, std::vector<HumanDecision>* decisions)
{
    std::vector<Message> messages;
    addLastMessagesOf(value, maxTextBytes, messages, decisions);
    return messages;
}

void addLastMessagesOf(Value value, std::size_t maxTextBytes, std::vector<Message>& to, std::vector<HumanDecision>* decisions)
{
    MessageMaker(to, maxTextBytes, decisions).addTail(value);
}

std::optional<Value> jsonIn(std::string_view text)
{
    const std::string_view bare = trimmed(text);
    if (!bare.starts_with('[') && !bare.starts_with('{')) return std::nullopt;
    thread_local Parser parser;
    const auto value = parser.parse(bare);
    return value ? std::optional(*value) : std::nullopt;
}

} // namespace tackroom
