// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/spancollector.h"

#include "core/base/format.h"
#include "core/base/text.h"

#include <algorithm>

namespace tackroom
{

void TraceCollector::add(const Span& span, std::string raw)
{
    add(std::make_unique<NormalisedSpan>(normaliseSpan(span, m_wantBodies)), std::move(raw));
}

void TraceCollector::add(std::unique_ptr<NormalisedSpan> span, std::string raw)
{
    auto found = m_byId.find(span->traceId);
    if (found == m_byId.end()) {
        Held& held = m_held.emplace_back();
        held.traceId = span->traceId;
        found = m_byId.emplace(held.traceId, std::prev(m_held.end())).first;
    } else if (std::next(found->second) != m_held.end())
        m_held.splice(m_held.end(), m_held, found->second);
    Held& held = *found->second;
    const std::size_t before = held.builder.heldBytes();
    held.builder.add(std::move(span), std::move(raw));
    m_heldBytes += held.builder.heldBytes() - before;
    held.touched = m_stretch.offset + m_stretch.bytes;
    ++m_spanCount;
    if (m_stretch.bytes > 0 && (held.ranges.empty() || held.ranges.back() != m_stretch)) held.ranges.push_back(m_stretch);
}

Result<bool> TraceCollector::deliver(List::iterator held)
{
    m_heldBytes -= std::min(m_heldBytes, held->builder.heldBytes());
    if (const auto leftOut = held->builder.leftOut(); leftOut > 0)
        m_sink.skipped(formatText("trace {}", jsonvalues::cut(held->traceId, 64)),
                       formatText("it has {} spans; the first {} were read", leftOut + held->builder.spanCount(),
                                  held->builder.spanCount()));
    ParsedRun run = held->builder.finish(m_wantBodies);
    run.ranges = std::move(held->ranges);
    run.record.run.nativeId = held->traceId;
    run.record.run.key = runKeyOf("otel", held->traceId); // the same trace is the same run, whichever store keeps it
    m_byId.erase(held->traceId);
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
