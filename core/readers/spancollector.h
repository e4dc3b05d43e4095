// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Spans as a file has them, in whatever order, to runs: one builder a trace, held until the file ends or the memory is full.
#include "core/readers/hexids.h"
#include "core/readers/spans.h"

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tackroom
{

/// What traces hold before the oldest are delivered, and after how many bytes of file without a new span a whole one is. Where
/// the parts of a trace that is delivered twice are not joined again (all but growing lines), only the former, and more of it.
inline constexpr std::size_t kMaxHeldTraceBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxHeldWholeBytes = std::size_t{192} << 20;
inline constexpr std::uint64_t kTraceRestBytes = std::uint64_t{8} << 20;

/// Where the reader of a document puts its spans.
class SpanReceiver
{
public:
    virtual ~SpanReceiver() = default;
    [[nodiscard]] virtual bool wantsBodies() const = 0;
    virtual void add(const Span& span, std::string raw) = 0;
};

class TraceCollector : public SpanReceiver
{
public:
    TraceCollector(FormatSink& sink, bool wantBodies, bool joinsParts = false)
        : m_sink(sink), m_wantBodies(wantBodies), m_joinsParts(joinsParts)
    {
    }

    /// Where the spans that follow stand: the stretch goes to the ranges of each of their traces.
    void beginStretch(FileRange range) { m_stretch = range; }
    /// False: the sink wants no more.
    [[nodiscard]] Result<bool> endStretch();
    void add(const Span& span, std::string raw) override;
    void addPacked(const packedspan::Glance& span);
    /// The traces in the order in which they were last touched.
    [[nodiscard]] Result<bool> finish();
    [[nodiscard]] bool wantsBodies() const override { return m_wantBodies; }
    [[nodiscard]] std::uint64_t spanCount() const { return m_spanCount; }

private:
    struct Held {
        std::string traceId;
        SpanRunBuilder builder;
        std::vector<FileRange> ranges;
        std::uint64_t touched = 0; ///< the end of the last stretch
    };
    using List = std::list<Held>;
    /// The trace of a span that came.
    [[nodiscard]] Held& touch(std::string_view traceId);
    [[nodiscard]] Result<bool> deliver(List::iterator held);

    FormatSink& m_sink;
    bool m_wantBodies = false;
    bool m_joinsParts = false;
    FileRange m_stretch;
    List m_held;   ///< touched last stands last
    List m_unused; ///< delivered; for their memory
    std::unordered_map<std::string_view, List::iterator> m_byId;
    std::size_t m_heldBytes = 0;
    std::uint64_t m_spanCount = 0;
    SpanRunBuilder::Spares m_spares;
};

} // namespace tackroom
