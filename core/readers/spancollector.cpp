// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/spancollector.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/packedspan.h"

#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::size_t kMostUnused = 16;

} // namespace

void TraceCollector::add(const Span& span, std::string raw)
{
    auto normalised = std::make_unique<NormalisedSpan>(normaliseSpan(span, m_wantBodies));
    Held& held = touch(normalised->traceId);
    m_heldBytes -= held.builder.heldBytes();
    held.builder.add(std::move(normalised), std::move(raw));
    m_heldBytes += held.builder.heldBytes();
}

void TraceCollector::addPacked(const packedspan::Glance& span)
{
    Held& held = touch(span.traceId);
    m_heldBytes -= held.builder.heldBytes();
    held.builder.addPacked(span);
    m_heldBytes += held.builder.heldBytes();
}

TraceCollector::Held& TraceCollector::touch(std::string_view traceId)
{
    // Mostly it is the trace of the span before.
    if (m_held.empty() || m_held.back().traceId != traceId) {
        if (const auto found = m_byId.find(traceId); found != m_byId.end())
            m_held.splice(m_held.end(), m_held, found->second);
        else {
            if (m_unused.empty()) m_unused.emplace_back();
            m_held.splice(m_held.end(), m_unused, m_unused.begin());
            m_held.back().traceId = traceId;
            m_byId.emplace(m_held.back().traceId, std::prev(m_held.end()));
        }
    }
    Held& held = m_held.back();
    held.touched = m_stretch.offset + m_stretch.bytes;
    ++m_spanCount;
    if (m_stretch.bytes > 0 && (held.ranges.empty() || held.ranges.back() != m_stretch)) held.ranges.push_back(m_stretch);
    return held;
}

Result<bool> TraceCollector::deliver(List::iterator held)
{
    m_heldBytes -= std::min(m_heldBytes, held->builder.heldBytes());
    if (const auto leftOut = held->builder.leftOut(); leftOut > 0)
        m_sink.skipped(formatText("trace {}", jsonvalues::cut(held->traceId, 64)),
                       formatText("it has {} spans; the first {} were read", leftOut + held->builder.spanCount(),
                                  held->builder.spanCount()));
    ParsedRun run = held->builder.finish(m_wantBodies, &m_spares);
    run.ranges = std::exchange(held->ranges, {});
    run.record.run.nativeId = held->traceId;
    run.record.run.key = runKeyOf("otel", held->traceId); // the same trace is the same run, whichever store keeps it
    m_byId.erase(held->traceId);
    if (m_unused.size() < kMostUnused)
        m_unused.splice(m_unused.begin(), m_held, held);
    else
        m_held.erase(held);
    return m_sink.add(std::move(run));
}

Result<bool> TraceCollector::endStretch()
{
    const std::uint64_t end = m_stretch.offset + m_stretch.bytes;
    while (!m_held.empty()) {
        const Held& oldest = m_held.front();
        const bool isWhole = m_joinsParts && oldest.builder.hasRoot() && end > oldest.touched + kTraceRestBytes;
        if (!isWhole && m_heldBytes <= (m_joinsParts ? kMaxHeldTraceBytes : kMaxHeldWholeBytes)) return true;
        TR_ASSIGN(const bool goOn, deliver(m_held.begin()));
        if (!goOn) return false;
    }
    return true;
}

Result<bool> TraceCollector::finish()
{
    while (!m_held.empty()) {
        TR_ASSIGN(const bool goOn, deliver(m_held.begin()));
        if (!goOn) return false;
    }
    return true;
}

} // namespace tackroom
