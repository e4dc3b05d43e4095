// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/phoenixassembly.h"

#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxHeldBytes = std::size_t{24} << 20;

} // namespace

PhoenixAssembly::PhoenixAssembly(RunSink& sink, PhoenixBuffers& buffers, std::int64_t expectedRuns)
    : m_sink(sink),
      m_viewSink(dynamic_cast<StepViewSink*>(&sink)),
      m_buffers(buffers),
      m_workplace(std::make_shared<PhoenixWorkplace>()),
      m_expectedRuns(expectedRuns)
{
}

void PhoenixAssembly::begin(PhoenixSlice& slice)
{
    m_traces = slice.traces.size();
    m_large = false;
    while (m_builders.size() < m_traces) m_builders.emplace_back(m_workplace);
    const auto builderOf = [&](std::int64_t trace) -> PhoenixRunBuilder* {
        const auto at = std::ranges::lower_bound(m_builders.begin(), m_builders.begin() + static_cast<std::ptrdiff_t>(m_traces),
                                                 trace, std::greater{}, &PhoenixRunBuilder::traceRowId);
        return at != m_builders.begin() + static_cast<std::ptrdiff_t>(m_traces) && at->traceRowId() == trace ? &*at : nullptr;
    };
    for (std::size_t i = 0; i < m_traces; ++i) m_builders[i].begin(std::move(slice.traces[i]));
    for (auto& row : slice.annotations)
        if (auto* builder = builderOf(row.traceRowId)) builder->addAnnotation(std::move(row));
    for (const auto& [trace, usd] : slice.costs)
        if (auto* builder = builderOf(trace)) builder->addCost(usd);
    slice.traces.clear();
    slice.annotations.clear();
    slice.costs.clear();
}

void PhoenixAssembly::addSpans(PhoenixSlice slice)
{
    for (const auto& span : slice.spans)
        m_builders[span.trace].addSpan(span.row, m_sink, {.padded = true, .lateTexts = !m_large});
    if (!slice.bytes) return;
    m_heldBytes += slice.capacity;
    m_held.push_back(std::move(slice));
    if (!m_large && m_heldBytes <= kMaxHeldBytes) return;
    if (!m_large)
        for (std::size_t i = 0; i < m_traces; ++i) m_builders[i].readLateTexts();
    m_large = true;
    letGo();
}

void PhoenixAssembly::letGo()
{
    for (auto& slice : m_held) m_buffers.giveBack(std::move(slice));
    m_held.clear();
    m_heldBytes = 0;
}

Status PhoenixAssembly::deliver(PhoenixRunBuilder& builder)
{
    RunRecord record = builder.finish(m_sink);
    if (m_viewSink) return m_viewSink->addWith(std::move(record), builder.steps());
    for (const StepView& step : builder.steps()) record.steps.push_back(step.toStep());
    return m_sink.add(std::move(record));
}

Status PhoenixAssembly::deliver(const CancelToken& cancel)
{
    for (std::size_t i = 0; i < m_traces; ++i) {
        if (cancel.cancelled()) return CancelToken::error();
        if (!m_builders[i].hasSpans()) {
            m_sink.skipped("trace " + m_builders[i].traceId(), "there are no spans of it");
            continue;
        }
        TR_TRY(deliver(m_builders[i]));
        ++m_runs;
    }
    letGo();
    m_workplace->texts.clear();
    m_sink.progress(static_cast<std::uint64_t>(m_runs), static_cast<std::uint64_t>(std::max(m_expectedRuns, m_runs)));
    return {};
}

Status PhoenixAssembly::take(PhoenixSlice slice, const CancelToken& cancel)
{
    if (cancel.cancelled()) return CancelToken::error();
    const bool last = slice.endsBatch;
    if (slice.beginsBatch) begin(slice);
    addSpans(std::move(slice));
    return last ? deliver(cancel) : Status{};
}

} // namespace tackroom
