// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// The runs of a Phoenix store, made of the slices that another thread reads.
#include "core/readers/phoenixrun.h"
#include "core/readers/phoenixslices.h"

#include <memory>
#include <vector>

namespace tackroom
{

class PhoenixAssembly
{
public:
    PhoenixAssembly(RunSink& sink, PhoenixBuffers& buffers, std::int64_t expectedRuns);
    /// Delivers the runs of a batch with its last slice.
    [[nodiscard]] Status take(PhoenixSlice slice, const CancelToken& cancel);

private:
    void begin(PhoenixSlice& slice);
    void addSpans(PhoenixSlice slice);
    void letGo();
    [[nodiscard]] Status deliver(const CancelToken& cancel);
    [[nodiscard]] Status deliver(PhoenixRunBuilder& builder);

    RunSink& m_sink;
    StepViewSink* m_viewSink; ///< the same, where it takes steps so
    PhoenixBuffers& m_buffers;
    std::shared_ptr<PhoenixWorkplace> m_workplace;
    std::vector<PhoenixRunBuilder> m_builders; ///< of the batch's traces, and more that are not in use
    std::size_t m_traces = 0;
    std::vector<PhoenixSlice> m_held; ///< their texts may still be wanted
    std::size_t m_heldBytes = 0;
    bool m_large = false; ///< the batch is too large for keeping its texts
    std::int64_t m_runs = 0, m_expectedRuns = 0;
};

} // namespace tackroom
