// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/openinferencescan.h"

#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>

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

std::string cutOwn(std::string_view text, std::size_t maxBytes) { return std::string(cutUtf8(text, maxBytes)); }
std::string cutOwn(std::string&& text, std::size_t maxBytes)
{
    text.resize(cutUtf8(text, maxBytes).size());
    return std::move(text);
}

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
        if (parser.capacity() < padded.size()) // by doubling: each longer text would otherwise be allocated for
            if (parser.allocate(std::bit_ceil(std::max(padded.size(), kLeastCapacity))) != simdjson::SUCCESS) return false;
        const simdjson::padded_string_view text(padded.data(), padded.size(), padded.size() + simdjson::SIMDJSON_PADDING);
        if (parser.iterate(text).get(document) != simdjson::SUCCESS) return false;
        if (document.get_object().get(root) != simdjson::SUCCESS) return false;
        return descend(root, 0) && document.at_end();
    }
    [[nodiscard]] bool has(Slot slot) const { return m_found[static_cast<std::size_t>(slot)]; }
    /// Of a list, its last item as JSON.
    [[nodiscard]] std::string_view text(Slot slot) const { return m_texts[static_cast<std::size_t>(slot)]; }

    std::int64_t promptTokens = 0, completionTokens = 0;
    std::optional<double> cost;

private:
    bool descend(ondemand::object object, std::size_t pathSize)
    {
        for (auto each : object) {
            ondemand::field field;
            if (std::move(each).get(field) != simdjson::SUCCESS) return false;
            const std::string_view key = field.escaped_key();
            if (key.contains('\\')) return false;
            const std::size_t end = pathSize + key.size();
            if (end + 1 >= kLongestPath) continue; // longer than every key that is looked for
            std::ranges::copy(key, m_path.begin() + static_cast<std::ptrdiff_t>(pathSize));
            const std::string_view path(m_path.data(), end);
            const Slot slot = slotOf(path);
            if (slot == Slot::None && hasVersionWord(key) && !path.starts_with("llm.token_count.")) return false;
            ondemand::value value = field.value();
            if (slot != Slot::None ? !take(slot, value) : !look(value, end)) return false;
        }
        return true;
    }

    /// A value that is not wanted itself, but may hold wanted ones.
    bool look(ondemand::value& value, std::size_t pathSize)
    {
        ondemand::json_type type{};
        if (value.type().get(type) != simdjson::SUCCESS) return false;
        if (type != ondemand::json_type::object) // metadata may be JSON in a text
            return type != ondemand::json_type::string || std::string_view(m_path.data(), pathSize) != "metadata";
        ondemand::object object;
        if (value.get_object().get(object) != simdjson::SUCCESS) return false;
        m_path[pathSize] = '.';
        return descend(object, pathSize + 1);
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

    bool m_wantsTexts;
    std::array<bool, kPaths.size()> m_found{};
    std::array<std::string_view, kPaths.size()> m_texts{};
    std::array<char, kLongestPath> m_path{};
};

/// What the last messages of a model's call say; false where there are none.
bool readMessages(const Scan& scan, Step& step)
{
    thread_local jsonvalues::Parser parser;
    if (scan.text(Slot::InputMessages).empty() || scan.text(Slot::OutputMessages).empty()) return false;
    const auto input = parser.parse(scan.text(Slot::InputMessages), true);
    if (!input) return false;
    std::string asked = cutOwn(messageContent(*input), kTextBytes);
    const auto output = parser.parse(scan.text(Slot::OutputMessages), true);
    if (!output) return false;
    step.inputText = std::move(asked);
    step.outputText = cutOwn(messageContent(*output), kTextBytes);
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
        step.toolName = cutOwn(scan.text(Slot::ToolName), kIdBytes);
        if (step.toolName.empty()) step.toolName = step.name;
        step.arguments = cutOwn(input, kToolBytes);
        step.result = cutOwn(output, kToolBytes);
        return;
    }
    step.inputText = facts.userText;
    step.outputText = facts.answerText;
    if (step.kind == StepKind::Retriever || step.kind == StepKind::Reranker) step.result = cutOwn(output, kToolBytes);
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
    step.model = cutOwn(scan.text(Slot::ModelName), kIdBytes);
    if (step.promptTokens == 0) step.promptTokens = scan.promptTokens;
    if (step.completionTokens == 0) step.completionTokens = scan.completionTokens;
    facts.hasOutput = scan.has(Slot::Output);
    facts.sessionId = cutOwn(scan.text(Slot::SessionId), kIdBytes);
    facts.userId = cutOwn(scan.text(Slot::UserId), kIdBytes);
    facts.agentName = cutOwn(scan.text(Slot::AgentName), kIdBytes);
    facts.costUsd = scan.cost;
    return true;
}

} // namespace tackroom::openinference
