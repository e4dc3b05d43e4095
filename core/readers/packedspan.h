// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A span in one piece of memory. As NormalisedSpan it has a kilobyte of mostly empty members and takes memory for each of its
/// texts, which is slow where one thread takes it and another one gives it back, and much where traces wait for their ends.
/// No form that is kept anywhere: made and read by one process.
#include "core/readers/spans.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tackroom::packedspan
{

/// Adds the span at the end.
void append(std::string& to, const NormalisedSpan& span);

/// What can be seen without unpacking it.
struct Glance {
    std::string_view whole;   ///< the span, packed
    std::string_view traceId; ///< lies in it
    bool isEventOnly = false;
    bool hasParent = false;
};
/// The span at the front of what append() made.
[[nodiscard]] Glance glanceAt(std::string_view packed);

/// Whatever `into` held before; its memory is used again.
void unpack(std::string_view whole, NormalisedSpan& into);

} // namespace tackroom::packedspan
