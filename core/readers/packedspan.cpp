// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/packedspan.h"

#include <array>
#include <bit>
#include <cstring>

namespace tackroom::packedspan
{

namespace
{

/// What stands before the texts.
struct PackedHead {
    std::uint32_t bytes = 0; ///< of all
    std::uint32_t texts = 0; ///< a bit for each text that is not empty
    std::int64_t start = 0, end = 0, promptTokens = 0, completionTokens = 0;
    double costUsd = 0;
    StepKind kind = StepKind::Other;
    StepStatus status = StepStatus::Unset;
    bool hasCost = false, hasOutput = false, isEventOnly = false;
    bool hasVersionKeys = false, hasLists = false;
};

/// The trace's id first: it is looked at before the rest; then what tells whether there is a parent.
template <class SpanOrConst> auto textsOf(SpanOrConst& span)
{
    auto& step = span.step;
    auto& version = span.version;
    return std::array{&span.traceId,     &step.parentId,   &step.nativeId,    &step.name,         &step.errorType,
                      &step.errorText,   &step.model,      &step.toolName,    &step.arguments,    &step.result,
                      &step.inputText,   &step.outputText, &span.dialect,     &span.sessionId,    &span.userId,
                      &span.agentName,   &span.project,    &span.userText,    &span.answerText,   &span.toolCallId,
                      &span.inputText,   &span.outputText, &version.commit,   &version.commitKey, &version.label,
                      &version.labelKey, &version.prompt,  &version.promptKey};
}
constexpr unsigned kTraceIdBit = 0, kParentIdBit = 1;

class SpanWriter
{
public:
    explicit SpanWriter(std::string& to) : m_to(to) {}
    template <class Plain> void value(const Plain& plain)
    {
        static_assert(std::is_trivially_copyable_v<Plain>);
        m_to.append(reinterpret_cast<const char*>(&plain), sizeof plain);
    }
    void text(const std::string& text)
    {
        value(static_cast<std::uint32_t>(text.size()));
        m_to.append(text);
    }
    template <class Item> void count(const std::vector<Item>& items) { value(static_cast<std::uint32_t>(items.size())); }

private:
    std::string& m_to;
};

class SpanScanner
{
public:
    explicit SpanScanner(std::string_view from) : m_from(from) {}
    template <class Plain> void value(Plain& plain)
    {
        static_assert(std::is_trivially_copyable_v<Plain>);
        std::memcpy(&plain, m_from.data(), sizeof plain);
        m_from.remove_prefix(sizeof plain);
    }
    [[nodiscard]] std::string_view view()
    {
        std::uint32_t size = 0;
        value(size);
        const std::string_view text = m_from.substr(0, size);
        m_from.remove_prefix(size);
        return text;
    }
    void text(std::string& text) { text.assign(view()); }
    template <class Item> void count(std::vector<Item>& items)
    {
        std::uint32_t size = 0;
        value(size);
        items.resize(size);
    }

private:
    std::string_view m_from;
};

// One order of fields for both ways; `Way` is a SpanWriter or a SpanScanner.

template <class Way, class Keys> void passKeys(Way& way, Keys& keys)
{
    way.count(keys);
    for (auto& each : keys) {
        way.text(each.key);
        way.text(each.value);
    }
}

template <class Way, class Messages> void passMessages(Way& way, Messages& messages)
{
    way.count(messages);
    for (auto& message : messages) {
        for (auto* text : {&message.role, &message.name, &message.content, &message.toolCallId, &message.stepId})
            way.text(*text);
        way.count(message.toolCalls);
        for (auto& call : message.toolCalls)
            for (auto* text : {&call.id, &call.name, &call.arguments}) way.text(*text);
    }
}

template <class Way, class SpanOrConst> void passLists(Way& way, SpanOrConst& span)
{
    way.count(span.scores);
    for (auto& score : span.scores) {
        for (auto* text : {&score.stepId, &score.name, &score.label, &score.explanation, &score.by}) way.text(*text);
        way.value(score.value);
        way.value(score.annotator);
        way.value(score.time);
        way.value(score.says);
        way.value(score.weight);
    }
    way.count(span.decisions);
    for (auto& decision : span.decisions) {
        for (auto* text :
             {&decision.stepId, &decision.by, &decision.target, &decision.before, &decision.after, &decision.reason})
            way.text(*text);
        way.value(decision.kind);
        way.value(decision.time);
    }
    passMessages(way, span.input);
    passMessages(way, span.output);
}

PackedHead headOf(const NormalisedSpan& span)
{
    const Step& step = span.step;
    return {.start = step.start,
            .end = step.end,
            .promptTokens = step.promptTokens,
            .completionTokens = step.completionTokens,
            .costUsd = span.costUsd.value_or(0),
            .kind = step.kind,
            .status = step.status,
            .hasCost = span.costUsd.has_value(),
            .hasOutput = span.hasOutput,
            .isEventOnly = span.isEventOnly,
            .hasVersionKeys = !span.version.keys.empty(),
            .hasLists = !span.scores.empty() || !span.decisions.empty() || !span.input.empty() || !span.output.empty()};
}

} // namespace

void append(std::string& to, const NormalisedSpan& span)
{
    const std::size_t began = to.size();
    const auto texts = textsOf(span);
    static_assert(std::tuple_size_v<decltype(texts)> <= 32);
    PackedHead head = headOf(span);
    for (std::size_t i = 0; i < texts.size(); ++i)
        if (!texts[i]->empty()) head.texts |= std::uint32_t{1} << i;
    SpanWriter writer(to);
    writer.value(head);
    for (std::uint32_t left = head.texts; left != 0; left &= left - 1)
        writer.text(*texts[static_cast<std::size_t>(std::countr_zero(left))]);
    if (head.hasVersionKeys) passKeys(writer, span.version.keys);
    if (head.hasLists) passLists(writer, span);
    head.bytes = static_cast<std::uint32_t>(to.size() - began);
    std::memcpy(to.data() + began, &head.bytes, sizeof head.bytes); // it stands first
}

Glance glanceAt(std::string_view packed)
{
    PackedHead head;
    SpanScanner scanner(packed);
    scanner.value(head);
    Glance glance{.whole = packed.substr(0, head.bytes), .traceId = {}};
    if (head.texts >> kTraceIdBit & 1) glance.traceId = scanner.view();
    glance.hasParent = head.texts >> kParentIdBit & 1;
    glance.isEventOnly = head.isEventOnly;
    return glance;
}

void unpack(std::string_view whole, NormalisedSpan& into)
{
    PackedHead head;
    SpanScanner scanner(whole);
    scanner.value(head);
    Step& step = into.step;
    step.start = head.start;
    step.end = head.end;
    step.promptTokens = head.promptTokens;
    step.completionTokens = head.completionTokens;
    step.kind = head.kind;
    step.status = head.status;
    into.costUsd = head.hasCost ? std::optional(head.costUsd) : std::nullopt;
    into.hasOutput = head.hasOutput;
    into.isEventOnly = head.isEventOnly;
    const auto texts = textsOf(into);
    for (std::size_t i = 0; i < texts.size(); ++i)
        if (head.texts >> i & 1)
            scanner.text(*texts[i]);
        else
            texts[i]->clear();
    if (head.hasVersionKeys)
        passKeys(scanner, into.version.keys);
    else
        into.version.keys.clear();
    if (head.hasLists) return passLists(scanner, into);
    into.scores.clear();
    into.decisions.clear();
    into.input.clear();
    into.output.clear();
}

} // namespace tackroom::packedspan

namespace tackroom
{

void NormalisedSpan::clear()
{
    for (std::string* text : packedspan::textsOf(*this)) text->clear();
    step.start = step.end = step.promptTokens = step.completionTokens = 0;
    step.kind = StepKind::Other;
    step.status = StepStatus::Unset;
    costUsd.reset();
    hasOutput = isEventOnly = false;
    version.keys.clear();
    scores.clear();
    decisions.clear();
    input.clear();
    output.clear();
}

} // namespace tackroom
