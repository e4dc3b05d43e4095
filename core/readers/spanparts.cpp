// SPDX-License-Identifier: GPL-3.0-or-later
// What a SpanRunBuilder holds until its trace is put together (spanruns.cpp): spans as they are, or packed.
#include "core/readers/packedspan.h"
#include "core/readers/spans.h"

namespace tackroom
{

namespace
{

std::size_t heldBytesOf(const Message& message)
{
    std::size_t bytes = sizeof message + message.content.size();
    for (const auto& call : message.toolCalls) bytes += sizeof call + call.arguments.size();
    return bytes;
}

std::size_t heldBytesOf(const NormalisedSpan& span)
{
    const Step& step = span.step;
    std::size_t bytes = sizeof span + step.arguments.size() + step.result.size() + step.inputText.size() +
                        step.outputText.size() + step.errorText.size() + span.userText.size() + span.answerText.size() +
                        span.inputText.size() + span.outputText.size() + span.scores.size() * sizeof(Score) + 128;
    for (const auto& message : span.input) bytes += heldBytesOf(message);
    for (const auto& message : span.output) bytes += heldBytesOf(message);
    return bytes;
}

} // namespace

void SpanRunBuilder::add(NormalisedSpan span, std::string raw)
{
    add(std::make_unique<NormalisedSpan>(std::move(span)), std::move(raw));
}

void SpanRunBuilder::add(std::unique_ptr<NormalisedSpan> span, std::string raw)
{
    if (isFull()) return;
    unpackParts(nullptr); // they came before it
    m_heldBytes += heldBytesOf(*span) + raw.size();
    m_hasRoot = m_hasRoot || (span->step.parentId.empty() && !span->isEventOnly);
    m_parts.push_back({std::move(span), std::move(raw)});
}

void SpanRunBuilder::clear()
{
    constexpr std::size_t kMostKept = std::size_t{64} << 10;
    m_parts.clear();
    m_packed.clear();
    if (m_packed.capacity() > kMostKept) m_packed = std::string();
    if (m_parts.capacity() * sizeof(Part) > kMostKept) m_parts = std::vector<Part>();
    m_packedCount = m_leftOut = m_heldBytes = 0;
    m_hasRoot = false;
}

bool SpanRunBuilder::isFull()
{
    const bool isFull = spanCount() >= kMaxSpansOfTrace;
    if (isFull) ++m_leftOut;
    return isFull;
}

void SpanRunBuilder::addPacked(const packedspan::Glance& span)
{
    if (isFull()) return;
    constexpr std::size_t kTraceBytes = 512; // what is held of any trace beside its spans
    m_heldBytes += span.whole.size() + (empty() ? kTraceBytes : 0);
    m_hasRoot = m_hasRoot || (!span.hasParent && !span.isEventOnly);
    m_packed.append(span.whole);
    ++m_packedCount;
    if (!m_parts.empty()) unpackParts(nullptr);
}

void SpanRunBuilder::unpackParts(Spares* spares)
{
    if (m_parts.empty()) m_parts.reserve(m_packedCount);
    for (std::string_view left = m_packed; !left.empty();) {
        const auto glance = packedspan::glanceAt(left);
        Part& part = m_parts.emplace_back();
        if (spares && !spares->empty()) {
            part.span = std::move(spares->back());
            spares->pop_back();
        } else
            part.span = std::make_unique<NormalisedSpan>();
        packedspan::unpack(glance.whole, *part.span);
        left.remove_prefix(glance.whole.size());
    }
    m_packed.clear();
    m_packedCount = 0;
}

void SpanRunBuilder::giveBack(Spares& spares)
{
    constexpr std::size_t kMostSpares = 64;
    for (Part& part : m_parts)
        if (spares.size() < kMostSpares) spares.push_back(std::move(part.span));
}

} // namespace tackroom
