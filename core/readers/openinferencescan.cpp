// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/openinferencescan.h"

#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace tackroom::openinference
{

namespace
{

namespace ondemand = simdjson::ondemand;

/// Above this there are few, and what the parser keeps for them would be kept for good.
constexpr std::size_t kMaxScannedBytes = std::size_t{1} << 20;

constexpr std::size_t kLeastCapacity = std::size_t{1} << 16;

enum class Slot : std::uint8_t {
    // Texts.
    ModelName,
    Input,
    Output,
    ToolName,
    SessionId,
    UserId,
    AgentName,
    // Numbers.
    PromptTokens,
    CompletionTokens,
    Cost,
    // Lists of which the last item is wanted.
    InputMessages,
    OutputMessages,
    // Too rare for a way of their own.
    Documents,
    CallArguments,
    MetadataUser,
    MetadataSession,
    None
};
constexpr std::array<std::string_view, 16> kPaths{"llm.model_name",
                                                  "input.value",
                                                  "output.value",
                                                  "tool.name",
                                                  "session.id",
                                                  "user.id",
                                                  "agent.name",
                                                  "llm.token_count.prompt",
                                                  "llm.token_count.completion",
                                                  "llm.cost.total",
                                                  "llm.input_messages",
                                                  "llm.output_messages",
                                                  "retrieval.documents",
                                                  "tool_call.function.arguments",
                                                  "metadata.user_id",
                                                  "metadata.session_id"};
static_assert(kPaths.size() == static_cast<std::size_t>(Slot::None));

/// Of each length, which paths have it, as bits. A span has two dozen paths, and each would be compared with all of these.
constexpr auto kPathsOfSize = [] {
    std::array<std::uint32_t, kLongestPath> bits{};
    for (std::size_t i = 0; i < kPaths.size(); ++i) bits[kPaths[i].size()] |= std::uint32_t{1} << i;
    return bits;
}();

Slot slotOf(std::string_view path)
{
    for (std::uint32_t left = kPathsOfSize[path.size()]; left != 0; left &= left - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(left));
        if (kPaths[i].front() == path.front() && kPaths[i] == path) return static_cast<Slot>(i);
    }
    return Slot::None;
}

/// Step and facts are used again for every span: their texts keep the room that they have.
void setCut(std::string& to, std::string_view text, std::size_t maxBytes) { to.assign(cutUtf8(text, maxBytes)); }

/// Behind the text simdjson's padding may be read.
bool beginObject(ondemand::parser& parser, std::string_view padded, ondemand::document& document, ondemand::object& root)
{
    if (parser.capacity() < padded.size()) // by doubling: each longer text would otherwise be allocated for
        if (parser.allocate(std::bit_ceil(std::max(padded.size(), kLeastCapacity))) != simdjson::SUCCESS) return false;
    const simdjson::padded_string_view text(padded.data(), padded.size(), padded.size() + simdjson::SIMDJSON_PADDING);
    if (parser.iterate(text).get(document) != simdjson::SUCCESS) return false;
    return document.get_object().get(root) == simdjson::SUCCESS;
}

/// The paths that were met so far. The spans of a store have the same few dozen, and what was found out about one, that it is none
/// of those looked for and names no version, need not be found out again.
class KnownPaths
{
public:
    static constexpr std::size_t kRoot = 0, kNone = 0xFFFF;
    struct Member {
        std::array<char, 24> key{};
        std::uint8_t size = 0;
        Slot slot = Slot::None;
        std::uint16_t place = kNone; ///< where its own members are
    };
    KnownPaths()
    {
        m_places.reserve(kMostPlaces);
        m_places.emplace_back();
    }
    [[nodiscard]] const Member* find(std::size_t place, std::string_view key) const
    {
        if (place == kNone) return nullptr;
        for (const Member& member : m_places[place].members)
            if (member.size == key.size() && std::memcmp(member.key.data(), key.data(), key.size()) == 0) return &member;
        return nullptr;
    }
    /// What stands before the keys there: "llm.token_count.".
    [[nodiscard]] std::string_view prefix(std::size_t place) const { return m_places[place].prefix; }
    /// Where the members of the new one are; kNone where it is not kept.
    std::size_t add(std::size_t place, std::string_view key, Slot slot, std::string_view prefix)
    {
        if (place == kNone || key.size() > sizeof(Member::key) || m_places.size() == kMostPlaces) return kNone;
        std::vector<Member>& members = m_places[place].members;
        if (members.size() == kMostMembers) return kNone;
        Member& member = members.emplace_back();
        std::ranges::copy(key, member.key.begin());
        member.size = static_cast<std::uint8_t>(key.size());
        member.slot = slot;
        member.place = static_cast<std::uint16_t>(m_places.size());
        m_places.push_back({std::string(prefix), {}});
        return member.place;
    }

private:
    static constexpr std::size_t kMostPlaces = 512, kMostMembers = 48;
    struct Place {
        std::string prefix;
        std::vector<Member> members;
    };
    std::vector<Place> m_places; ///< never more than it was made for
};

/// Goes through the attributes once, from front to back. Every function answers false where the tree is to be built.
class Scan
{
public:
    explicit Scan(bool wantsTexts) : m_wantsTexts(wantsTexts) {}

    bool read(std::string_view padded)
    {
        thread_local ondemand::parser parser; // the texts lie in it until the next span
        ondemand::document document;
        ondemand::object root;
        if (!beginObject(parser, padded, document, root)) return false;
        return descend(root, KnownPaths::kRoot, {}) && document.at_end();
    }
    [[nodiscard]] bool has(Slot slot) const { return m_found[static_cast<std::size_t>(slot)]; }
    /// Of a list, its last item as JSON.
    [[nodiscard]] std::string_view text(Slot slot) const { return m_texts[static_cast<std::size_t>(slot)]; }

    std::int64_t promptTokens = 0, completionTokens = 0;
    std::optional<double> cost;

private:
    /// Before each key stands `prefix`, which is empty or ends with a dot.
    bool descend(ondemand::object object, std::size_t place, std::string_view prefix)
    {
        for (auto each : object) {
            ondemand::field field;
            if (std::move(each).get(field) != simdjson::SUCCESS) return false;
            const std::string_view key = field.escaped_key();
            if (const auto* known = m_known.find(place, key)) {
                if (!visit(known->slot, field.value(), known->place, m_known.prefix(known->place))) return false;
                continue;
            }
            if (key.contains('\\')) return false;
            const std::size_t end = prefix.size() + key.size();
            if (end + 1 >= kLongestPath) continue; // longer than every key that is looked for
            if (prefix.data() != m_path.data()) std::ranges::copy(prefix, m_path.begin());
            std::ranges::copy(key, m_path.begin() + static_cast<std::ptrdiff_t>(prefix.size()));
            m_path[end] = '.';
            const std::string_view path(m_path.data(), end), inner(m_path.data(), end + 1);
            const Slot slot = slotOf(path);
            if (slot == Slot::None && hasVersionWord(key) && !path.starts_with("llm.token_count.")) return false;
            if (!visit(slot, field.value(), m_known.add(place, key, slot, inner), inner)) return false;
        }
        return true;
    }

    /// A value that is wanted, or may hold wanted ones.
    bool visit(Slot slot, ondemand::value& value, std::size_t place, std::string_view prefix)
    {
        if (slot != Slot::None) return take(slot, value);
        ondemand::json_type type{};
        if (value.type().get(type) != simdjson::SUCCESS) return false;
        if (type != ondemand::json_type::object) // metadata may be JSON in a text
            return type != ondemand::json_type::string || prefix != "metadata.";
        ondemand::object object;
        return value.get_object().get(object) == simdjson::SUCCESS && descend(object, place, prefix);
    }

    bool take(Slot slot, ondemand::value& value)
    {
        const auto index = static_cast<std::size_t>(slot);
        if (m_found[index] || slot >= Slot::Documents) return false;
        m_found[index] = true;
        if (slot >= Slot::InputMessages) return takeLast(value, m_texts[index]);
        if (slot >= Slot::PromptTokens) return takeNumber(slot, value);
        ondemand::json_type type{};
        if (value.type().get(type) != simdjson::SUCCESS) return false;
        if (type == ondemand::json_type::null) {
            bool isNull = false;
            return value.is_null().get(isNull) == simdjson::SUCCESS && isNull;
        }
        if (type != ondemand::json_type::string) return false;
        const bool wanted = m_wantsTexts || (slot != Slot::Input && slot != Slot::Output);
        return !wanted || value.get_string().get(m_texts[index]) == simdjson::SUCCESS;
    }

    bool takeNumber(Slot slot, ondemand::value& value)
    {
        if (slot != Slot::Cost)
            return value.get_int64().get(slot == Slot::PromptTokens ? promptTokens : completionTokens) == simdjson::SUCCESS;
        double number = 0;
        if (value.get_double().get(number) != simdjson::SUCCESS) return false;
        cost = number;
        return true;
    }

    static bool takeLast(ondemand::value& value, std::string_view& last)
    {
        ondemand::array items;
        if (value.get_array().get(items) != simdjson::SUCCESS) return false;
        for (auto item : items)
            if (item.raw_json().get(last) != simdjson::SUCCESS) return false;
        return true;
    }

    static KnownPaths& knownPaths()
    {
        thread_local KnownPaths known;
        return known;
    }

    bool m_wantsTexts;
    std::array<bool, kPaths.size()> m_found{};
    std::array<std::string_view, kPaths.size()> m_texts{};
    std::array<char, kLongestPath> m_path;
    KnownPaths& m_known = knownPaths();
};

/// Reads what a message says; its text lives until the next one.
class MessageText
{
public:
    /// Behind the item simdjson's padding may be read. False where it is no JSON.
    bool read(std::string_view item)
    {
        if (readPlain(item)) return true;
        const auto tree = m_tree.parse(item, true);
        if (tree) m_text = m_made = messageContent(*tree);
        return tree.has_value();
    }
    [[nodiscard]] std::string_view text() const { return m_text; }

private:
    /// {"message": {"role": …, "content": "…"}}, as nearly all are, or without a content.
    bool readPlain(std::string_view item)
    {
        m_text = {};
        ondemand::document document;
        ondemand::object root;
        bool found = false;
        if (!beginObject(m_parser, item, document, root)) return false;
        for (auto each : root) {
            ondemand::field field;
            ondemand::object message;
            if (found || std::move(each).get(field) != simdjson::SUCCESS || field.escaped_key() != "message") return false;
            if (field.value().get_object().get(message) != simdjson::SUCCESS || !readMembers(message)) return false;
            found = true;
        }
        return found && document.at_end();
    }
    bool readMembers(ondemand::object message)
    {
        bool found = false;
        for (auto each : message) {
            ondemand::field field;
            if (std::move(each).get(field) != simdjson::SUCCESS) return false;
            const std::string_view key = field.escaped_key();
            if (key.contains('\\')) return false;
            if (!key.starts_with("content")) continue; // as "contents" does too
            if (found || key != "content" || field.value().get_string().get(m_text) != simdjson::SUCCESS) return false;
            found = true;
        }
        return true;
    }

    ondemand::parser m_parser;
    jsonvalues::Parser m_tree;
    std::string m_made;
    std::string_view m_text;
};

/// What the last messages of a model's call say; false where there are none.
bool readMessages(const Scan& scan, Step& step)
{
    thread_local MessageText input, output;
    if (scan.text(Slot::InputMessages).empty() || scan.text(Slot::OutputMessages).empty()) return false;
    if (!input.read(scan.text(Slot::InputMessages)) || !output.read(scan.text(Slot::OutputMessages))) return false;
    setCut(step.inputText, input.text(), kTextBytes);
    setCut(step.outputText, output.text(), kTextBytes);
    return true;
}

void readOwnTexts(const Scan& scan, Step& step, SpanFacts& facts, Parsers& parsers)
{
    const std::string_view input = scan.text(Slot::Input), output = scan.text(Slot::Output);
    if (!facts.textsAreLate) {
        facts.userText = jsonvalues::cut(userTextOf(input, parsers), kTextBytes);
        facts.answerText = jsonvalues::cut(answerTextOf(output, parsers), kTextBytes);
    }
    if (step.kind == StepKind::Tool) {
        setCut(step.toolName, scan.text(Slot::ToolName), kIdBytes);
        if (step.toolName.empty()) step.toolName = step.name;
        setCut(step.arguments, input, kToolBytes);
        setCut(step.result, output, kToolBytes);
        return;
    }
    step.inputText = facts.userText;
    step.outputText = facts.answerText;
    if (step.kind == StepKind::Retriever || step.kind == StepKind::Reranker) setCut(step.result, output, kToolBytes);
}

} // namespace

bool scanAttributes(std::string_view text, Step& step, SpanFacts& facts, Parsers& parsers, Reading reading)
{
    const bool isLlm = step.kind == StepKind::Llm;
    if (step.kind == StepKind::Other || !reading.padded || text.size() > kMaxScannedBytes) return false;
    if (isLlm && !reading.lateTexts) return false;
    // A root mostly names the harness version, and there is only one in a run.
    if (step.parentId.empty()) return false;
    Scan scan(!isLlm);
    if (!scan.read(text)) return false;

    if (isLlm && !readMessages(scan, step)) return false;
    facts.textsAreLate = reading.lateTexts && (isLlm || step.kind == StepKind::Tool);
    if (!isLlm) readOwnTexts(scan, step, facts, parsers);
    setCut(step.model, scan.text(Slot::ModelName), kIdBytes);
    if (step.promptTokens == 0) step.promptTokens = scan.promptTokens;
    if (step.completionTokens == 0) step.completionTokens = scan.completionTokens;
    facts.hasOutput = scan.has(Slot::Output);
    setCut(facts.sessionId, scan.text(Slot::SessionId), kIdBytes);
    setCut(facts.userId, scan.text(Slot::UserId), kIdBytes);
    setCut(facts.agentName, scan.text(Slot::AgentName), kIdBytes);
    facts.costUsd = scan.cost;
    return true;
}

} // namespace tackroom::openinference
