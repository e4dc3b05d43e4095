// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/chatml.h"

#include "core/base/text.h"
#include "core/readers/chatmlparts.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tackroom::chatml
{

using namespace jsonvalues;

namespace
{

using Messages = std::vector<ChatMessage>;

/// How deep containers of messages are opened: {"generations": [[{"message": {"kwargs": …}}]]} is four.
constexpr int kMaxDepth = 6;

/// The role for LangChain's type of a message, "human", "HumanMessage", "AIMessageChunk"; empty where it is none.
std::string_view roleOfType(std::string_view type)
{
    if (const auto end = type.find("Message"); end != std::string_view::npos && end > 0) type = type.substr(0, end);
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kRoles{{{"human", "user"},
                                                                                          {"Human", "user"},
                                                                                          {"ai", "assistant"},
                                                                                          {"AI", "assistant"},
                                                                                          {"system", "system"},
                                                                                          {"System", "system"},
                                                                                          {"tool", "tool"},
                                                                                          {"Tool", "tool"},
                                                                                          {"function", "tool"}}};
    for (const auto& [name, role] : kRoles)
        if (name == type) return role;
    return {};
}

std::optional<Value> listMember(Value value, std::string_view key)
{
    const auto found = member(value, key);
    return isArray(found) ? found : std::nullopt;
}

bool isPlainRole(std::string_view word)
{
    static constexpr std::array<std::string_view, 9> kRoles{"system", "developer", "user",  "human",   "assistant",
                                                            "ai",     "tool",      "model", "function"};
    return std::ranges::contains(kRoles, word);
}

/// OpenAI's Responses API: the type of an item that is no plain message.
bool isItemType(std::string_view type)
{
    return type == "reasoning" || type.ends_with("_call") || type.ends_with("_call_output") || type == "mcp_approval_request" ||
           type == "mcp_approval_response";
}

/// LangChain's definitions of tools, given as messages.
bool isToolDefinition(Value value)
{
    if (stringOf(member(value, "role")) != "tool" || member(value, "tool_call_id")) return false;
    const auto content = member(value, "content");
    return isObject(content) && stringOf(member(*content, "type")) == "function" && isObject(member(*content, "function"));
}

bool isVercelCall(Value value)
{
    return member(value, "toolCallId") && member(value, "toolName") && !member(value, "type") && !member(value, "role");
}

/// {"lc": 1, "type": "constructor", "id": ["langchain", …, "HumanMessage"], "kwargs": {…}}
std::optional<Value> langChainFields(Value value)
{
    const auto fields = member(value, "kwargs");
    return isObject(fields) && (member(value, "lc") || listMember(value, "id")) ? fields : std::nullopt;
}

bool isMessage(Value value)
{
    if (!isObject(value)) return false;
    if (langChainFields(value)) return true;
    const auto type = stringOf(member(value, "type")).value_or("");
    if (stringOf(member(value, "role")))
        return member(value, "content") || member(value, "parts") || member(value, "tool_calls") || type == "message";
    if (isItemType(type)) return true;
    if (!roleOfType(type).empty()) return member(value, "content") || isObject(member(value, "data"));
    if (listMember(value, "parts")) return true;
    const auto choice = member(value, "message");
    if (isObject(choice) && member(value, "index") && stringOf(member(*choice, "role"))) return true;
    return listMember(value, "content") && !member(value, "choices"); // blocks without a role
}

/// Where a list of pairs stands for messages: ["human", "hello"].
bool isPair(Value value)
{
    simdjson::dom::array pair;
    if (value.get(pair) != simdjson::SUCCESS || pair.size() != 2) return false;
    const auto role = stringOf(pair.at(0).value_unsafe());
    return role && isPlainRole(*role) && pair.at(1).value_unsafe().is_string();
}

void readItem(Messages& out, Value item, std::string_view type)
{
    ChatMessage message;
    if (type.ends_with("_call_output") || type == "mcp_approval_response") {
        message.isToolResult = true;
        message.message.role = "tool";
        message.message.toolCallId = textOf(member(item, "call_id"));
        message.message.content = contentOf(member(item, "output")).text;
    } else if (type == "reasoning") {
        message.message.role = "assistant";
        message.message.content = contentOf(member(item, "summary")).text;
        if (message.message.content.empty()) return; // encrypted: nothing to read
    } else {
        message.message.role = "assistant";
        Message::ToolCall call = toolCallOf(item);
        if (const auto id = stringOf(member(item, "call_id"))) call.id = *id;
        if (call.name.empty()) { // a tool of the provider: its whole item says what was asked
            call.name = type.substr(0, type.find("_call"));
            call.arguments = textOf(item);
        }
        message.message.toolCalls.push_back(std::move(call));
    }
    out.push_back(std::move(message));
}

void readCalls(Message& message, Value value)
{
    auto calls = listMember(value, "tool_calls");
    const auto more = member(value, "additional_kwargs");
    if (!calls && more) calls = listMember(*more, "tool_calls");
    if (calls)
        for (const Value call : simdjson::dom::array(*calls))
            if (isObject(call)) message.toolCalls.push_back(toolCallOf(call));
    if (!message.toolCalls.empty()) return;
    for (const auto place : {std::optional<Value>(value), more})
        if (place)
            if (const auto call = member(*place, "function_call"); isObject(call)) {
                message.toolCalls.push_back(toolCallOf(*call));
                return;
            }
}

std::string roleOf(Value value)
{
    if (const auto role = stringOf(member(value, "role"))) return std::string(*role);
    return std::string(roleOfType(stringOf(member(value, "type")).value_or("")));
}

/// One message; its parts may hold tool results, which are messages of their own.
void readMessage(Messages& out, Value value)
{
    if (isToolDefinition(value)) return;
    const auto type = stringOf(member(value, "type")).value_or("");
    std::string role = roleOf(value);
    if (!stringOf(member(value, "role")) && isItemType(type)) return readItem(out, value, type);
    if (const auto fields = langChainFields(value)) {
        if (role.empty())
            if (const auto id = listMember(value, "id"))
                for (const Value part : simdjson::dom::array(*id))
                    if (const auto name = stringOf(part); name && !roleOfType(*name).empty()) role = roleOfType(*name);
        value = *fields;
        if (role.empty()) role = roleOf(value);
    } else if (const auto data = member(value, "data"); isObject(data) && !member(value, "content"))
        value = *data;
    else if (const auto choice = member(value, "message"); isObject(choice) && role.empty()) {
        value = *choice;
        role = roleOf(value);
    }
    ChatMessage message;
    message.message.role = role;
    message.message.name = textOf(member(value, "name"));
    const auto parts = listMember(value, "parts");
    Content content = contentOf(parts ? parts : member(value, "content"));
    message.message.content = std::move(content.text);
    message.message.toolCallId = textOf(member(value, "tool_call_id"));
    message.isToolResult = role == "tool" || role == "function";
    readCalls(message.message, value);
    if (message.message.toolCalls.empty()) message.message.toolCalls = std::move(content.calls);
    const bool onlyResults = !content.results.empty() && message.message.content.empty() && message.message.toolCalls.empty();
    for (auto& result : content.results) out.push_back(std::move(result));
    if (!onlyResults) out.push_back(std::move(message));
}

/// Agno's "role='user' content='…' name=None …".
std::optional<ChatMessage> messageOfRepr(std::string_view text)
{
    static constexpr std::string_view kRole = "role=", kContent = " content=";
    if (!text.starts_with(kRole)) return std::nullopt;
    ChatMessage message;
    std::size_t offset = kRole.size();
    auto role = pythonString(text, offset);
    if (!role || !isPlainRole(*role) || !text.substr(offset).starts_with(kContent)) return std::nullopt;
    message.isToolResult = *role == "tool";
    message.message.role = std::move(*role);
    offset += kContent.size();
    message.message.content = pythonString(text, offset).value_or("");
    return message;
}

std::optional<Messages> read(Value value, Side side, int depth);

bool isAnyMessage(Value element)
{
    if (const auto text = stringOf(element)) return messageOfRepr(*text).has_value();
    return isMessage(element) || isPair(element);
}

void readElement(Messages& out, Value element)
{
    if (isPair(element)) {
        const simdjson::dom::array pair(element);
        ChatMessage message;
        message.message.role = textOf(Value(pair.at(0).value_unsafe()));
        if (const auto role = roleOfType(message.message.role); !role.empty()) message.message.role = role;
        message.message.content = textOf(Value(pair.at(1).value_unsafe()));
        out.push_back(std::move(message));
    } else if (const auto text = stringOf(element)) {
        if (auto message = messageOfRepr(*text)) out.push_back(std::move(*message));
    } else if (isMessage(element))
        readMessage(out, element);
}

std::optional<Messages> readList(Value list, Side side, int depth)
{
    const simdjson::dom::array elements(list);
    if (elements.begin() == elements.end()) return std::nullopt;
    const Value first = *elements.begin();
    if (isArray(first) && !isPair(first)) return read(first, side, depth + 1);
    Messages out;
    if (std::ranges::all_of(elements, isVercelCall)) {
        ChatMessage& message = out.emplace_back();
        message.message.role = "assistant";
        for (const Value call : elements) message.message.toolCalls.push_back(toolCallOf(call));
        return out;
    }
    // {"text", "message"} of LangChain's generations
    if (isObject(first) && isObject(member(first, "message")) && member(first, "text"))
        return read(*member(first, "message"), side, depth + 1);
    // The rest of a list that begins with a message may hold something newer, which is passed over.
    if (!isAnyMessage(first)) return std::nullopt;
    for (const Value element : elements) readElement(out, element);
    if (out.empty()) return std::nullopt;
    return out;
}

void addPlain(Messages& out, std::string_view role, std::optional<Value> content)
{
    ChatMessage message;
    message.message.role = role;
    message.message.content = contentOf(content).text;
    if (!message.message.content.empty()) out.push_back(std::move(message));
}

/// A list below `key`, with what stands beside it as the system prompt before it.
std::optional<Messages> readWithSystem(Value value, std::string_view key, std::initializer_list<std::string_view> systemKeys,
                                       Side side, int depth)
{
    const auto list = member(value, key);
    if (!list) return std::nullopt;
    Messages out;
    for (const auto systemKey : systemKeys)
        if (const auto system = at(value, systemKey); system && out.empty()) addPlain(out, "system", system);
    if (list->is_string())
        addPlain(out, "user", list);
    else if (auto found = read(*list, side, depth + 1))
        out.insert(out.end(), std::make_move_iterator(found->begin()), std::make_move_iterator(found->end()));
    else
        return std::nullopt;
    return out;
}

/// What only an input has.
std::optional<Messages> readRequest(Value value, int depth)
{
    if (isArray(member(value, "contents")))
        return readWithSystem(
            value, "contents",
            {"config.system_instruction", "config.systemInstruction", "system_instruction", "systemInstruction"}, Side::Input,
            depth);
    if (const auto message = member(value, "new_message"); isObject(message)) return read(*message, Side::Input, depth + 1);
    if (isArray(member(value, "input"))) return readWithSystem(value, "input", {"instructions"}, Side::Input, depth);
    for (const auto key : {"prompt", "input"})
        if (member(value, key) && member(value, key)->is_string())
            return readWithSystem(value, key, {"system", "instructions"}, Side::Input, depth);
    if (const auto prompts = listMember(value, "prompts")) {
        Messages out;
        for (const Value prompt : simdjson::dom::array(*prompts)) addPlain(out, "user", prompt);
        if (!out.empty()) return out;
    }
    return std::nullopt;
}

/// {"choices" | "candidates": [{"message" | "content"}]}
std::optional<Messages> readChoices(Value choices, int depth)
{
    Messages out;
    for (const Value choice : simdjson::dom::array(choices)) {
        auto inner = member(choice, "message");
        if (!inner && isObject(member(choice, "content"))) inner = member(choice, "content");
        if (!inner) inner = member(choice, "delta");
        if (inner) {
            if (auto found = read(*inner, Side::Output, depth + 1))
                out.insert(out.end(), std::make_move_iterator(found->begin()), std::make_move_iterator(found->end()));
        } else
            addPlain(out, "assistant", member(choice, "text"));
    }
    if (out.empty()) return std::nullopt;
    return out;
}

std::optional<Messages> readGenerations(Value generations, int depth)
{
    if (auto found = readList(generations, Side::Output, depth)) return found;
    Messages out; // of a model without chat: texts alone
    const Value* first = nullptr;
    Value inner;
    for (const Value each : simdjson::dom::array(generations)) {
        inner = each;
        first = &inner;
        break;
    }
    if (!first || !isArray(inner)) return std::nullopt;
    for (const Value each : simdjson::dom::array(inner)) addPlain(out, "assistant", member(each, "text"));
    if (out.empty()) return std::nullopt;
    return out;
}

std::optional<Messages> readObject(Value value, Side side, int depth)
{
    if (isArray(member(value, "messages"))) return readWithSystem(value, "messages", {"system", "instructions"}, side, depth);
    for (const auto key : {"choices", "candidates"})
        if (const auto choices = listMember(value, key)) return readChoices(*choices, depth);
    if (const auto generations = listMember(value, "generations")) return readGenerations(*generations, depth);
    if (const auto content = member(value, "content"); isObject(content) && listMember(*content, "parts"))
        return read(*content, side, depth + 1);
    if (side == Side::Input)
        if (auto found = readRequest(value, depth)) return found;
    if (const auto items = listMember(value, "output"); items && !member(value, "role"))
        if (auto found = read(*items, side, depth + 1)) return found;
    if (const auto within = member(value, "output"); isObject(within) && !member(value, "role"))
        if (auto found = read(*within, side, depth + 1)) return found; // what a traced function returned
    Messages out;
    if (isMessage(value))
        readMessage(out, value);
    else if (const auto message = member(value, "message"); isObject(message) && isMessage(*message))
        readMessage(out, *message);
    else if (side == Side::Output && stringOf(member(value, "raw")) &&
             (member(value, "tasks_output") || member(value, "expected_output")))
        addPlain(out, "assistant", member(value, "raw"));
    else if (const auto completion = stringOf(member(value, "completion")); completion && side == Side::Output)
        addPlain(out, "assistant", member(value, "completion"));
    if (out.empty()) return std::nullopt;
    return out;
}

std::optional<Messages> read(Value value, Side side, int depth)
{
    if (depth > kMaxDepth) return std::nullopt;
    if (isArray(value)) return readList(value, side, depth);
    if (isObject(value)) return readObject(value, side, depth);
    return std::nullopt;
}

} // namespace

std::optional<std::vector<ChatMessage>> messagesOf(Value value, Side side) { return read(value, side, 0); }

std::vector<Message> commonMessages(std::vector<ChatMessage> messages, Side side)
{
    std::vector<Message> out;
    out.reserve(messages.size());
    for (auto& each : messages) {
        Message& message = out.emplace_back(std::move(each.message));
        if (message.name.empty()) message.name = std::move(each.toolName);
        if (each.isToolResult)
            message.role = "tool";
        else if (message.role == "model" || message.role == "ai")
            message.role = "assistant";
        else if (message.role == "developer")
            message.role = "system";
        else if (message.role == "human")
            message.role = "user";
        else if (message.role.empty())
            message.role = side == Side::Input ? "user" : "assistant";
    }
    return out;
}

std::vector<Message> messagesOfText(std::string_view text, Side side)
{
    Messages out;
    for (const std::string_view line : splitOn(text, '\n')) {
        const auto colon = line.find(": ");
        const bool begins = colon != std::string_view::npos && isPlainRole(line.substr(0, colon));
        if (out.empty() && !begins) break; // a plain text
        if (begins) {
            ChatMessage& message = out.emplace_back();
            message.message.role = line.substr(0, colon);
            message.message.content = line.substr(colon + 2);
            message.isToolResult = message.message.role == "tool" || message.message.role == "function";
        } else
            out.back().message.content.append("\n").append(line);
    }
    for (auto& each : out)
        if (each.message.content == "None") each.message.content.clear(); // Python's word for no text
    if (out.empty() && !trimmed(text).empty()) {
        out.emplace_back().message.content = text;
        if (side == Side::Output && trimmed(text) == "None") return {};
    }
    return commonMessages(std::move(out), side);
}

Said saidOf(std::optional<Value> value, Side side, bool asMessages, Parser& inner)
{
    Said said;
    if (!value || value->is_null()) return said;
    said.text = textOf(value);
    // JSON inside a text, which may be a text that was written as JSON once more.
    if (value->is_string()) value.reset();
    for (int i = 0; i < 3 && !value; ++i) {
        const std::string_view bare = trimmed(said.text);
        if (!bare.starts_with('{') && !bare.starts_with('[') && !bare.starts_with('"')) break;
        const auto parsed = inner.parse(bare);
        if (!parsed) break;
        if (const auto within = stringOf(*parsed))
            said.text = std::string(*within);
        else
            value = *parsed;
    }
    if (!asMessages) return said;
    if (value) {
        if (auto found = messagesOf(*value, side)) said.messages = commonMessages(std::move(*found), side);
    } else
        said.messages = messagesOfText(said.text, side);
    const std::string_view speaker = side == Side::Input ? "user" : "assistant";
    for (const Message& message : said.messages)
        if (message.role == speaker && !trimmed(message.content).empty()) said.spoken = message.content;
    return said;
}

} // namespace tackroom::chatml
