// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/inputfile.h"
#include "core/readers/jsonvalues.h"

#include <memory>
#include <string_view>
#include <vector>

namespace tackroom
{

/// The largest file that is parsed as one JSON value: the parser needs about twice that.
inline constexpr std::uint64_t kMaxWholeJsonBytes = std::uint64_t{256} << 20;

/// A whole file that is one JSON value, held in memory. The value is good while this lives, also after a move.
class JsonFile
{
public:
    /// Damaged, with the parser's words; Refused above kMaxWholeJsonBytes or where memory does not suffice; Io.
    [[nodiscard]] static Result<JsonFile> read(const InputFile& file);
    JsonFile(JsonFile&&) noexcept;
    JsonFile& operator=(JsonFile&&) noexcept;
    ~JsonFile();
    [[nodiscard]] jsonvalues::Value value() const;
    [[nodiscard]] std::string_view text() const;

private:
    struct Data;
    explicit JsonFile(std::unique_ptr<Data> data);
    std::unique_ptr<Data> d;
};

/// The elements of an array; none where it is something else.
[[nodiscard]] std::vector<jsonvalues::Value> elementsOf(std::optional<jsonvalues::Value> value);
/// The first that is there and not null, by path.
[[nodiscard]] std::optional<jsonvalues::Value> firstOf(jsonvalues::Value value, std::initializer_list<std::string_view> paths);

} // namespace tackroom
