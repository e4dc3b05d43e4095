// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Spans of whatever dialect (OpenTelemetry GenAI semantic conventions of every generation, OpenInference, OpenLLMetry, Vercel
/// AI SDK, Google ADK, Pydantic AI, Microsoft Agent Framework …) to steps, messages and runs: the one normaliser that all span
/// stores share. Pure functions of foreign values; no files and no SQL here.
///
///   SpanAttributes   flat keys ("gen_ai.request.model") with values; nested objects are flattened with dots as they are added
///   Span             one span as a file or table has it
///   normaliseSpan    what it is as a Step, what it tells of its run, its messages (dialects: spandialects.h)
///   SpanRunBuilder   the spans of one trace put together to a run
#include "core/readers/attributekey.h"
#include "core/readers/fileformat.h"
#include "core/readers/harnessversion.h"

#include <array>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// The attributes of a span, by flat key. Keys and values are views into the parsed text that they were added from and must
/// live as long as the attributes are used (until clear()). A key that is added twice: the first one counts.
class SpanAttributes
{
public:
    using Value = jsonvalues::Value;

    /// A JSON value as it is (text, number, truth value, array); an object is flattened: add("llm", {"model_name": "x"}) is
    /// llm.model_name = "x", and the object itself can still be had by json("llm"). Null is left out. Arrays are not flattened.
    void add(std::string_view key, Value value);
    /// Every member of an object: {"llm.model_name": "x", "llm": {"token_count": …}}. Nothing where it is none.
    void addMembers(Value object);
    /// OTLP's list of {"key", "value": {"stringValue" | "intValue" | "doubleValue" | "boolValue" | "arrayValue" | "kvlistValue"
    /// …}}, also in snake_case.
    void addOtlp(Value keyValues);
    /// The body of a log record: the members of a list of keys and values by themselves; a text as "content".
    void addOtlpBody(Value anyValue);
    void addText(std::string_view key, std::string_view text);
    void addNumber(std::string_view key, double number);
    /// As addText, of texts that live nowhere else.
    void addOwned(std::string key, std::string text);
    /// A value written as JSON text (MLflow's attributes): "\"x\"" is the text x; anything else is kept as that text.
    void addEncoded(std::string_view key, std::string_view json);
    void clear();

    [[nodiscard]] bool empty() const { return m_entries.empty(); }
    [[nodiscard]] bool has(const AttributeKey& key) const { return find(key) != nullptr; }
    /// A text as it is; numbers and truth values in JSON form; arrays and objects as compact JSON; empty where there is none.
    [[nodiscard]] std::string text(const AttributeKey& key) const;
    /// Only of a text, without a copy.
    [[nodiscard]] std::optional<std::string_view> view(const AttributeKey& key) const;
    /// The first of the keys whose text is not empty.
    [[nodiscard]] std::string firstText(std::initializer_list<AttributeKey> keys) const;
    /// Arrays and objects that were added as such (not OTLP's, which are text() as compact JSON).
    [[nodiscard]] std::optional<Value> json(const AttributeKey& key) const;
    [[nodiscard]] std::optional<double> number(const AttributeKey& key) const;               ///< also of a text that is one
    [[nodiscard]] std::int64_t integer(const AttributeKey& key) const;                       ///< 0 where there is none
    [[nodiscard]] std::int64_t firstInteger(std::initializer_list<AttributeKey> keys) const; ///< the first that is there
    /// Whether any key begins so ("llm.input_messages.").
    [[nodiscard]] bool hasPrefix(std::string_view prefix) const;
    /// The keys that begin so, sorted.
    [[nodiscard]] std::vector<std::string_view> keysBelow(std::string_view prefix) const;
    /// Calls visit(rest of the key, text) for the keys that begin so, in the order in which they were added.
    template <class Visit> void eachBelow(std::string_view prefix, Visit&& visit) const
    {
        if (!mayBegin(prefix)) return;
        for (const Entry& entry : m_entries) {
            if (!entry.key.starts_with(prefix)) continue;
            if (entry.form == Form::Text)
                visit(entry.key.substr(prefix.size()), entry.text);
            else
                visit(entry.key.substr(prefix.size()), std::string_view(textOf(entry)));
        }
    }

private:
    enum class Form : std::uint8_t { Text, Number, Json, Otlp };
    struct Entry {
        std::string_view key;
        std::string_view text;
        double number = 0;
        Value value;
        Form form = Form::Text;
    };
    /// Most lookups are misses, and most of those are seen from a few bits.
    [[nodiscard]] const Entry* find(const AttributeKey& key) const { return mayHave(key) ? search(key) : nullptr; }
    [[nodiscard]] bool mayHave(const AttributeKey& key) const
    {
        const std::uint32_t bit = key.hash() % kSeenBits;
        return (m_seen[bit / 64] >> (bit % 64)) & 1U;
    }
    [[nodiscard]] bool mayBegin(std::string_view prefix) const
    {
        return prefix.empty() || ((m_firstLetters >> (static_cast<unsigned char>(prefix.front()) % 64)) & 1U);
    }
    [[nodiscard]] const Entry* search(const AttributeKey& key) const;
    Entry& push(const AttributeKey& key);
    void addAt(std::string_view key, Value value, int depth);
    void addOtlpAt(std::string_view prefix, Value keyValues, int depth);
    void addOtlpValue(std::string_view key, Value value, int depth);
    [[nodiscard]] std::string_view keep(std::string text) { return m_owned.emplace_back(std::move(text)); }
    static std::string textOf(const Entry& entry);

    static constexpr std::uint32_t kSeenBits = 512;
    std::array<std::uint64_t, kSeenBits / 64> m_seen{}; ///< a bit for the hash of each key
    std::uint64_t m_firstLetters = 0;                   ///< a bit for the first letter of each key
    std::vector<std::uint32_t> m_hashes;                ///< of the keys, in the order of m_entries
    std::vector<Entry> m_entries;
    std::deque<std::string> m_owned;
};

struct SpanEvent {
    std::string name;
    UtcNs time = 0;
    SpanAttributes attributes;
};

/// One span as the store has it.
struct Span {
    std::string traceId, spanId, parentId, name, scope;
    UtcNs start = 0, end = 0;
    StepStatus status = StepStatus::Unset;
    std::string statusText;
    SpanAttributes attributes;
    std::vector<SpanEvent> events;
    const SpanAttributes* resource = nullptr;      ///< may be shared by many spans
    const VersionFacts* resourceVersion = nullptr; ///< what the resource says of the version, where that was found already
    /// Not the span itself but events of it that the store keeps elsewhere (log records); SpanRunBuilder puts the two together.
    bool isEventOnly = false;
    void clear(); ///< empty again, with its memory
};

/// What a span tells, in the common model.
struct NormalisedSpan {
    std::string traceId;
    Step step; ///< texts are cut as traces.h says
    std::string
        dialect; ///< "openinference", "gen_ai", "openllmetry", "vercel", "adk", "pydantic-ai" …; empty where none was seen
    // of its run
    std::string sessionId, userId, agentName, project;
    std::string userText;   ///< what the user asked, as far as this span has it, cut
    std::string answerText; ///< what was answered, cut
    bool hasOutput = false; ///< there is an output, be it an empty text
    VersionFacts version;   ///< harness version, each with the key that said so
    std::optional<double> costUsd;
    std::string toolCallId;    ///< of a tool span: the call that it answers
    std::vector<Score> scores; ///< evaluation results in attributes or events (gen_ai.evaluation.* …)
    std::vector<HumanDecision> decisions;
    bool isEventOnly = false;
    // only where asked for (of event-only spans always)
    std::vector<Message> input, output; ///< of llm and agent spans
    std::string inputText, outputText;  ///< whole, where there are no messages
    void clear();                       ///< empty again, with its memory
};
[[nodiscard]] NormalisedSpan normaliseSpan(const Span& span, bool wantBodies);
/// The same into `out`, whatever it held before: its memory is used again.
void normaliseSpan(const Span& span, bool wantBodies, NormalisedSpan& out);
/// What a resource says of the version, for Span::resourceVersion.
[[nodiscard]] VersionFacts versionOfResource(const SpanAttributes& resource);

/// More than any text has, and less than what overflows where it is added to.
inline constexpr std::size_t kWholeText = std::size_t{1} << 40;

/// Messages in whatever JSON form a chat API, framework or convention writes them: a list, an object with a list ("messages",
/// "contents", "choices" …), or one message. Role is system, user, assistant or tool; content and calls as chatMessage of
/// conversation.h, and parts of the semantic conventions, Gemini, Anthropic, Vercel and Pydantic AI as well.
/// Texts are cut to `maxTextBytes` each. `decisions`: what persons approved or rejected in them (target, kind, reason alone).
[[nodiscard]] std::vector<Message> messagesOfJson(jsonvalues::Value value, std::size_t maxTextBytes = kWholeText,
                                                  std::vector<HumanDecision>* decisions = nullptr);
/// The same of a text that may be JSON; nothing where it is no JSON of messages.
[[nodiscard]] std::vector<Message> messagesOfText(std::string_view text, std::size_t maxTextBytes = kWholeText,
                                                  std::vector<HumanDecision>* decisions = nullptr);

/// Only what stands from the last message of a user on, where it is a list: a run's list needs no more.
[[nodiscard]] std::vector<Message> lastMessagesOf(jsonvalues::Value value, std::size_t maxTextBytes,
                                                  std::vector<HumanDecision>* decisions = nullptr);
/// The same into a list that has none yet.
void addLastMessagesOf(jsonvalues::Value value, std::size_t maxTextBytes, std::vector<Message>& to,
                       std::vector<HumanDecision>* decisions);
/// An object or array in a text; good until the next call of this thread.
[[nodiscard]] std::optional<jsonvalues::Value> jsonIn(std::string_view text);

namespace packedspan
{
struct Glance;
}

/// Spans of one trace beyond this are counted, not read.
inline constexpr std::size_t kMaxSpansOfTrace = 200'000;

/// Puts the spans of one trace together: order (by start), root (no parent; else the first whose parent is not there), task,
/// answer, status of the root, tokens and cost (of the innermost spans that have any: parents repeat their children's),
/// session, user, agent, version (of the root, else the first that has one); with bodies also the conversation, each message
/// told once. An llm span around another one that says something (a framework's around the provider's own) becomes a chain: it
/// is no second call.
class SpanRunBuilder
{
public:
    void add(NormalisedSpan span, std::string raw = {});
    void add(std::unique_ptr<NormalisedSpan> span, std::string raw = {});
    /// As packedspan.h packs it, without what was asked for with bodies.
    void addPacked(const packedspan::Glance& span);
    [[nodiscard]] bool empty() const { return spanCount() == 0; }
    [[nodiscard]] std::size_t spanCount() const { return m_parts.size() + m_packedCount; }
    [[nodiscard]] std::size_t leftOut() const { return m_leftOut; } ///< above kMaxSpansOfTrace
    [[nodiscard]] std::size_t heldBytes() const { return m_heldBytes; }
    [[nodiscard]] bool hasRoot() const { return m_hasRoot; } ///< a span without a parent came
    /// Spans that are not needed any more, for their memory.
    using Spares = std::vector<std::unique_ptr<NormalisedSpan>>;
    /// The run; the builder is empty afterwards. `nativeId` = the trace id; `key` is left empty. Packed spans are unpacked
    /// into `spares`, which come back.
    [[nodiscard]] ParsedRun finish(bool wantBodies, Spares* spares = nullptr);

private:
    struct Part {
        std::unique_ptr<NormalisedSpan> span; ///< large, and put into another order several times
        std::string raw;
    };
    /// Spans that came twice are one; what log records tell goes to their spans.
    void joinParts();
    void clear();
    void unpackParts(Spares* spares);
    void giveBack(Spares& spares);
    [[nodiscard]] bool isFull();
    std::vector<Part> m_parts;
    std::string m_packed; ///< spans that came before those of m_parts
    std::size_t m_packedCount = 0;
    std::size_t m_leftOut = 0, m_heldBytes = 0;
    bool m_hasRoot = false;
};

} // namespace tackroom
