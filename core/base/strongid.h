// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace tackroom
{

/// A value that cannot be mixed up with another of the same representation. `Tag` is an empty struct.
template <class Tag, class Value> struct Strong {
    Value value{};
    Strong() = default;
    explicit constexpr Strong(Value v) : value(std::move(v)) {}
    friend auto operator<=>(const Strong&, const Strong&) = default;
    friend bool operator==(const Strong&, const Strong&) = default;
};

} // namespace tackroom

template <class Tag, class Value> struct std::hash<tackroom::Strong<Tag, Value>> {
    std::size_t operator()(const tackroom::Strong<Tag, Value>& id) const noexcept { return std::hash<Value>{}(id.value); }
};
