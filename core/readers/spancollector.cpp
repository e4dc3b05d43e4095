// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/spancollector.h"

#include "core/base/format.h"
#include "core/base/text.h"

#include <algorithm>

namespace tackroom
{

namespace
{

bool isHex(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

int base64Digit(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    if (c == '/' || c == '_') return 63;
    return -1;
}

/// The bytes as hex; empty where it is no base64.
std::string hexOfBase64(std::string_view text)
{
    while (text.ends_with('=')) text.remove_suffix(1);
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string hex;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text) {
        const int digit = base64Digit(c);
        if (digit < 0) return {};
        bits = ((bits << 6) | static_cast<unsigned>(digit)) & 0xFFFFU;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        const unsigned byte = (bits >> count) & 0xFFU;
        hex += kHex[byte >> 4];
        hex += kHex[byte & 15U];
    }
    return hex;
}

} // namespace

std::string hexId(std::string_view id, std::size_t digits)
{
    if (id.empty() || id.size() > 512) return std::string(id.substr(0, 512));
    std::string hex;
    if (isHex(id) && id.size() <= digits) {
        hex.reserve(digits);
        hex.append(digits - id.size(), '0');
        for (const char c : id) hex += static_cast<char>(c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c);
    } else {
        hex = hexOfBase64(id);
        if (hex.size() != digits) return jsonvalues::cut(id, 512);
    }
    return hex.find_first_not_of('0') == std::string::npos ? std::string() : hex;
}

void assignHexId(std::string& to, std::string_view id, std::size_t digits)
{
    const auto isLower = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    const bool isSame = id.size() == digits && std::ranges::all_of(id, isLower) && id.find_first_not_of('0') != id.npos;
    if (isSame) // as most write it
        to.assign(id);
    else
        to = hexId(id, digits);
}

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
