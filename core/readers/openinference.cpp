// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/openinference.h"

#include "core/base/text.h"
#include "core/readers/openinferencescan.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace tackroom::openinference
{

namespace
{

using namespace jsonvalues;

constexpr std::size_t kMostVersionPaths = 100; ///< a trace has one or two

/// Whether a value may stand at the key, by the paths that were seen: each of the three dozen known keys would be looked for.
bool isAmong(const std::vector<std::string>& paths, std::string_view key)
{
    if (paths.size() >= kMostVersionPaths) return true; // not all were kept
    constexpr std::string_view kMetadata = "metadata.";
    return std::ranges::any_of(paths, [&](std::string_view path) {
        return path == key || (path.starts_with(kMetadata) && path.substr(kMetadata.size()) == key);
    });
}

VersionFacts versionOf(Value attributes, std::optional<Value> metadata, const std::vector<std::string>& paths)
{
    const bool knownKeysOnly = !moreVersionKeysWanted();
    return findVersion(
        [&](std::string_view key) -> std::string {
            if (knownKeysOnly && !isAmong(paths, key)) return {};
            for (const auto& place : {std::optional<Value>(attributes), metadata}) {
                const auto found = place ? at(*place, key) : std::nullopt;
                if (!found || isObject(found) || isArray(found)) continue;
                if (std::string value = textOf(found); !trimmed(value).empty()) return value;
            }
            return {};
        },
        [&](const VersionKeyVisit& visit) {
            eachScalar(attributes, visit);
            if (metadata) eachScalar(*metadata, visit);
        });
}

/// A content that is a text, or a list of parts of which some are texts ({"text":…}, {"message_content":{"text":…}}).
std::string contentOf(std::optional<Value> content)
{
    if (!isArray(content)) return textOf(content);
    std::string text;
    for (const Value part : simdjson::dom::array(*content)) {
        auto piece = stringOf(part);
        if (!piece) piece = stringOf(at(part, "message_content.text"));
        if (!piece) piece = stringOf(member(part, "text"));
        if (!piece) piece = stringOf(member(part, "content"));
        if (!piece) continue;
        if (!text.empty()) text += '\n';
        text += *piece;
    }
    return text;
}

std::string messageContentOf(Value item)
{
    if (auto content = at(item, "message.content"); content && !content->is_null()) return contentOf(content);
    return contentOf(at(item, "message.contents"));
}

Message messageOf(Value item)
{
    Message message;
    message.role = textOf(at(item, "message.role"));
    message.name = textOf(at(item, "message.name"));
    message.content = messageContentOf(item);
    message.toolCallId = textOf(at(item, "message.tool_call_id"));
    simdjson::dom::array calls;
    if (const auto list = at(item, "message.tool_calls"); list && list->get(calls) == simdjson::SUCCESS)
        for (const Value call : calls)
            message.toolCalls.push_back({textOf(at(call, "tool_call.id")), textOf(at(call, "tool_call.function.name")),
                                         textOf(at(call, "tool_call.function.arguments"))});
    return message;
}

std::vector<Message> listOf(std::optional<Value> list)
{
    std::vector<Message> messages;
    simdjson::dom::array items;
    if (list && list->get(items) == simdjson::SUCCESS)
        for (const Value item : items) messages.push_back(messageOf(item));
    return messages;
}

/// The content of the last item of a message list; nothing where there is no list.
std::optional<std::string> lastContentOf(std::optional<Value> list)
{
    simdjson::dom::array items;
    if (!list || list->get(items) != simdjson::SUCCESS) return std::nullopt;
    std::optional<Value> last;
    for (const Value item : items) last = item;
    if (!last) return std::nullopt;
    return messageContentOf(*last);
}

/// Role and content of a message as chat APIs and graph frameworks write it.
struct PlainMessage {
    std::string role, content;
};
PlainMessage plainMessageOf(Value item)
{
    PlainMessage message;
    simdjson::dom::array pair;
    if (item.get(pair) == simdjson::SUCCESS) { // ["user", "text"]
        std::size_t index = 0;
        for (const Value part : pair) {
            if (index == 0) message.role = asciiLower(textOf(part));
            if (index == 1) message.content = contentOf(part);
            ++index;
        }
        return message;
    }
    Value body = item;
    if (const auto inner = member(item, "message"); isObject(inner)) body = *inner;
    if (const auto inner = member(item, "kwargs"); isObject(inner)) body = *inner;
    auto role = stringOf(member(body, "role"));
    if (!role) role = stringOf(member(body, "type"));
    if (role) message.role = asciiLower(*role);
    auto content = member(body, "content");
    if (!content) content = member(body, "parts");
    message.content = contentOf(content);
    return message;
}

bool isOneOf(std::string_view text, std::initializer_list<std::string_view> words)
{
    for (const auto word : words)
        if (text == word) return true;
    return false;
}

std::optional<std::string> lastOf(Value list, bool ofUser, int depth = 0)
{
    std::optional<std::string> found;
    simdjson::dom::array items;
    if (depth > 2 || list.get(items) != simdjson::SUCCESS) return found;
    for (const Value item : items) {
        simdjson::dom::array inner; // a list of lists of messages
        if (item.get(inner) == simdjson::SUCCESS && inner.size() > 0 && !inner.at(0).is_string()) {
            if (auto deeper = lastOf(item, ofUser, depth + 1)) found = std::move(deeper);
            continue;
        }
        const PlainMessage message = plainMessageOf(item);
        const bool wanted = ofUser ? isOneOf(message.role, {"user", "human", "humanmessage"})
                                   : isOneOf(message.role, {"assistant", "ai", "aimessage", "model", "agent"});
        if (wanted) found = message.content;
    }
    return found;
}

std::optional<std::string> fromJson(Value value, bool ofUser)
{
    if (const auto text = stringOf(value)) return std::string(*text);
    if (isArray(value)) return lastOf(value, ofUser);
    if (!isObject(value)) return std::nullopt;
    for (const std::string_view key : {"messages", "chat_history", "contents"})
        if (const auto list = member(value, key); isArray(list))
            if (auto found = lastOf(*list, ofUser)) return found;
    if (!ofUser)
        if (const auto choices = member(value, "choices"); isArray(choices))
            if (auto found = lastOf(*choices, false)) return found;
    static constexpr std::array<std::string_view, 13> kAsked{"input",       "query",   "question", "user_input", "user_message",
                                                             "user_query",  "message", "prompt",   "request",    "task",
                                                             "instruction", "text",    "content"};
    static constexpr std::array<std::string_view, 12> kSaid{"output",       "answer", "response",   "final_output",
                                                            "final_answer", "reply",  "result",     "message",
                                                            "content",      "text",   "completion", "return_value"};
    const auto pick = [&](const auto& keys) -> std::optional<std::string> {
        for (const std::string_view key : keys) {
            const auto found = member(value, key);
            if (const auto text = stringOf(found)) return std::string(*text);
            if (isObject(found))
                if (auto text = contentOf(member(*found, "content")); !text.empty()) return text;
        }
        return std::nullopt;
    };
    return ofUser ? pick(kAsked) : pick(kSaid);
}

std::string textIn(std::string_view text, bool ofUser, Parsers& parsers)
{
    const auto start = trimmed(text);
    if (start.starts_with('{') || start.starts_with('[') || (start.starts_with('"') && start.ends_with('"')))
        if (const auto value = parsers.inner.parse(start))
            if (auto found = fromJson(*value, ofUser)) return *found;
    return std::string(text);
}

/// Where the values stand that are wanted of every span.
enum class TreeSlot : std::uint8_t {
    SpanKind,
    ModelName,
    PromptTokens,
    CompletionTokens,
    Input,
    Output,
    Documents,
    ToolName,
    CallArguments,
    InputMessages,
    OutputMessages,
    SessionId,
    UserId,
    AgentName,
    Cost
};
constexpr std::array<std::string_view, 15> kSlotPaths{"openinference.span.kind",
                                                      "llm.model_name",
                                                      "llm.token_count.prompt",
                                                      "llm.token_count.completion",
                                                      "input.value",
                                                      "output.value",
                                                      "retrieval.documents",
                                                      "tool.name",
                                                      "tool_call.function.arguments",
                                                      "llm.input_messages",
                                                      "llm.output_messages",
                                                      "session.id",
                                                      "user.id",
                                                      "agent.name",
                                                      "llm.cost.total"};

/// The attributes of a span, gone through once: at() for each of two dozen paths costs several times as much as the parsing.
class Attributes
{
public:
    explicit Attributes(Value root) : m_root(root) { descend(root, 0); }

    [[nodiscard]] std::optional<Value> operator[](TreeSlot slot) const { return m_values[static_cast<std::size_t>(slot)]; }
    /// Some key may name a harness version.
    [[nodiscard]] bool mayNameVersion() const { return moreVersionKeysWanted() || !m_versionPaths.empty(); }
    /// Those with a word of such keys.
    [[nodiscard]] const std::vector<std::string>& versionPaths() const { return m_versionPaths; }
    void lookForVersionIn(Value other)
    {
        m_noSlots = true;
        descend(other, 0);
    }

private:
    void descend(Value value, std::size_t pathSize)
    {
        simdjson::dom::object object;
        if (value.get(object) != simdjson::SUCCESS) return;
        for (const auto field : object) {
            const std::size_t end = pathSize + field.key.size();
            if (end + 1 >= kLongestPath) continue; // longer than every key that is looked for
            std::ranges::copy(field.key, m_path.begin() + static_cast<std::ptrdiff_t>(pathSize));
            const std::string_view path(m_path.data(), end);
            if (hasVersionWord(path) && !path.starts_with("llm.token_count.") && m_versionPaths.size() < kMostVersionPaths)
                m_versionPaths.emplace_back(path);
            if (!m_noSlots) note(path, field.value);
            if (!field.value.is_object()) continue;
            m_path[end] = '.';
            descend(field.value, end + 1);
        }
    }
    void note(std::string_view path, Value value)
    {
        for (std::size_t i = 0; i < kSlotPaths.size(); ++i) {
            if (kSlotPaths[i].size() != path.size() || kSlotPaths[i] != path) continue;
            // Flat and nested at once: at() knows which one counts.
            m_values[i] = m_values[i] ? at(m_root, path) : std::optional<Value>(value);
            return;
        }
    }

    Value m_root;
    std::array<std::optional<Value>, kSlotPaths.size()> m_values;
    std::array<char, kLongestPath> m_path{};
    std::vector<std::string> m_versionPaths;
    bool m_noSlots = false;
};

/// The text as textOf() says it, without a copy where it is one already.
class TextView
{
public:
    explicit TextView(std::optional<Value> value)
    {
        if (const auto text = stringOf(value))
            m_view = *text;
        else
            m_view = m_made = textOf(value);
    }
    TextView(const TextView&) = delete;
    TextView& operator=(const TextView&) = delete;
    operator std::string_view() const { return m_view; } // NOLINT: it is one

private:
    std::string m_made;
    std::string_view m_view;
};

/// simdjson gives out well-formed texts only, so that cutting is all there is to do.
std::string cutCopy(std::string_view text, std::size_t maxBytes) { return std::string(cutUtf8(text, maxBytes)); }
std::string cutText(std::optional<Value> value, std::size_t maxBytes) { return cutCopy(TextView(value), maxBytes); }

void readTool(const Attributes& attributes, std::string_view input, std::string_view output, Step& step)
{
    step.toolName = cutText(attributes[TreeSlot::ToolName], kIdBytes);
    if (step.toolName.empty()) step.toolName = step.name;
    step.arguments = cutCopy(input, kToolBytes);
    if (step.arguments.empty()) step.arguments = cutText(attributes[TreeSlot::CallArguments], kToolBytes);
    step.result = cutCopy(output, kToolBytes);
}

void readLlm(const Attributes& attributes, std::string_view input, std::string_view output, Step& step, Parsers& parsers)
{
    if (const auto content = lastContentOf(attributes[TreeSlot::InputMessages]))
        step.inputText = cutCopy(*content, kTextBytes);
    else
        step.inputText = cutCopy(userTextOf(input, parsers), kTextBytes);
    // A list whose message has no content is an answer without words (calls alone, or silence), not a missing one.
    if (const auto content = lastContentOf(attributes[TreeSlot::OutputMessages]))
        step.outputText = cutCopy(*content, kTextBytes);
    else
        step.outputText = cutCopy(answerTextOf(output, parsers), kTextBytes);
}

void readRest(const Attributes& attributes, SpanFacts& facts)
{
    facts.hasOutput = attributes[TreeSlot::Output].has_value();
    facts.sessionId = cutText(attributes[TreeSlot::SessionId], kIdBytes);
    facts.userId = cutText(attributes[TreeSlot::UserId], kIdBytes);
    facts.agentName = cutText(attributes[TreeSlot::AgentName], kIdBytes);
    facts.costUsd = numberOf(attributes[TreeSlot::Cost]);
}

} // namespace

StepKind kindOf(std::string_view spanKind)
{
    // By the million, and written so by every instrumentation.
    if (spanKind == "LLM") return StepKind::Llm;
    if (spanKind == "TOOL") return StepKind::Tool;
    return stepKindOf(spanKind);
}

LlmMessages messagesOf(Value attributes)
{
    return {listOf(at(attributes, "llm.input_messages")), listOf(at(attributes, "llm.output_messages"))};
}

std::vector<Message> messageList(Value list) { return listOf(list); }
std::string messageContent(Value item) { return messageContentOf(item); }

bool hasVersionWord(std::string_view key)
{
    static constexpr std::array<std::string_view, 6> kWords{"commit", "version", "revision", "release", "sha", "prompt"};
    // Most letters begin one of them, most pairs of letters none.
    constexpr auto placeOf = [](char first, char second) {
        return static_cast<std::size_t>((first & 31) << 5 | (second & 31));
    };
    static constexpr auto kBegins = [&] {
        std::array<bool, 1024> begins{};
        for (const std::string_view word : kWords) begins[placeOf(word[0], word[1])] = true;
        return begins;
    }();
    for (std::size_t i = 0; i + 3 <= key.size(); ++i)
        if (kBegins[placeOf(key[i], key[i + 1])] &&
            std::ranges::any_of(kWords, [&](std::string_view word) { return key.substr(i).starts_with(word); }))
            return true;
    return false;
}

std::string documentList(Value list)
{
    std::string text;
    simdjson::dom::array documents;
    if (list.get(documents) != simdjson::SUCCESS) return text;
    for (const Value document : documents) {
        if (!text.empty()) text += "\n\n";
        const std::string id = textOf(at(document, "document.id"));
        if (!id.empty()) text += id + ": ";
        text += textOf(at(document, "document.content"));
    }
    return text;
}

Texts textsOf(Value attributes)
{
    Texts texts{textOf(at(attributes, "input.value")), textOf(at(attributes, "output.value"))};
    const auto list = at(attributes, "retrieval.documents");
    const std::string documents = list ? documentList(*list) : std::string();
    if (!documents.empty()) texts.output = documents;
    return texts;
}

std::string userTextOf(std::string_view input, Parsers& parsers) { return textIn(input, true, parsers); }
std::string answerTextOf(std::string_view output, Parsers& parsers) { return textIn(output, false, parsers); }

void SpanFacts::clear()
{
    for (std::string* text : {&sessionId, &userId, &agentName, &userText, &answerText}) text->clear();
    hasOutput = textsAreLate = false;
    costUsd.reset();
    if (version.any() || !version.keys.empty()) version = {};
}

Result<SpanFacts> readAttributes(std::string_view text, Step& step, Parsers& parsers, Reading reading)
{
    SpanFacts facts;
    TR_TRY(readAttributes(text, step, facts, parsers, reading));
    return facts;
}

Status readAttributes(std::string_view text, Step& step, SpanFacts& facts, Parsers& parsers, Reading reading)
{
    facts.clear();
    if (!moreVersionKeysWanted() && scanAttributes(text, step, facts, parsers, reading)) return {};
    TR_ASSIGN(const Value root, parsers.attributes.parse(text, reading.padded));
    if (!isObject(root)) return fail(ErrorCode::Damaged, {}, "the attributes are not a JSON object");
    Attributes attributes(root);
    if (step.kind == StepKind::Other) step.kind = kindOf(TextView(attributes[TreeSlot::SpanKind]));
    step.model = cutText(attributes[TreeSlot::ModelName], kIdBytes);
    if (step.promptTokens == 0) step.promptTokens = integerOf(attributes[TreeSlot::PromptTokens]);
    if (step.completionTokens == 0) step.completionTokens = integerOf(attributes[TreeSlot::CompletionTokens]);

    const TextView input(attributes[TreeSlot::Input]);
    const std::string documents =
        attributes[TreeSlot::Documents] ? documentList(*attributes[TreeSlot::Documents]) : std::string();
    const TextView own(documents.empty() ? attributes[TreeSlot::Output] : std::nullopt);
    const std::string_view output = documents.empty() ? std::string_view(own) : std::string_view(documents);
    const bool ownTexts = step.kind == StepKind::Tool || step.kind == StepKind::Llm;
    facts.textsAreLate = ownTexts && reading.lateTexts;
    if (!facts.textsAreLate) {
        facts.userText = cut(userTextOf(input, parsers), kTextBytes);
        facts.answerText = cut(answerTextOf(output, parsers), kTextBytes);
    }
    if (step.kind == StepKind::Tool)
        readTool(attributes, input, output, step);
    else if (step.kind == StepKind::Llm)
        readLlm(attributes, input, output, step, parsers);
    else {
        step.inputText = facts.userText;
        step.outputText = facts.answerText;
        if (step.kind == StepKind::Retriever || step.kind == StepKind::Reranker) step.result = cut(output, kToolBytes);
    }

    // Metadata is an object, or (from some exporters) JSON in a text.
    std::optional<Value> metadata = member(root, "metadata");
    if (const auto inText = stringOf(metadata)) {
        metadata.reset();
        if (const auto parsed = parsers.metadata.parse(*inText); parsed && isObject(*parsed)) metadata = *parsed;
        if (metadata) attributes.lookForVersionIn(*metadata);
    }
    readRest(attributes, facts);
    if (metadata && facts.userId.empty()) facts.userId = cutText(at(*metadata, "user_id"), kIdBytes);
    if (metadata && facts.sessionId.empty()) facts.sessionId = cutText(at(*metadata, "session_id"), kIdBytes);
    if (attributes.mayNameVersion()) facts.version = versionOf(root, metadata, attributes.versionPaths());
    return {};
}

void readLateTexts(std::string_view text, SpanFacts& facts, Parsers& parsers)
{
    facts.textsAreLate = false;
    const auto root = parsers.attributes.parse(text);
    if (!root) return; // it was read before; then memory is short now, and the run goes without
    const Texts texts = textsOf(*root);
    facts.userText = cut(userTextOf(texts.input, parsers), kTextBytes);
    facts.answerText = cut(answerTextOf(texts.output, parsers), kTextBytes);
}

Status readEvents(std::string_view text, Step& step, Parsers& parsers)
{
    if (text.size() <= 2) return {}; // "[]", by far the most frequent
    TR_ASSIGN(const Value events, parsers.events.parse(text));
    simdjson::dom::array list;
    if (events.get(list) != simdjson::SUCCESS) return fail(ErrorCode::Damaged, {}, "the events are not a JSON array");
    for (const Value event : list) {
        if (textOf(member(event, "name")) != "exception") continue;
        const auto attributes = member(event, "attributes");
        if (!attributes) continue;
        // A caught exception of a step that ended well is no error of the step.
        if (step.status != StepStatus::Error) continue;
        step.errorType = cut(textOf(at(*attributes, "exception.type")), kIdBytes);
        const std::string message = textOf(at(*attributes, "exception.message"));
        if (!message.empty()) step.errorText = cut(message, kTextBytes);
    }
    return {};
}

} // namespace tackroom::openinference
