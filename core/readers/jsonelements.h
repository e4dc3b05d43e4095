// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// Size of the largest JSON file that is read, of the largest single element in it, and how deep values may nest.
inline constexpr std::uint64_t kMaxJsonFileBytes = std::uint64_t{2} << 30;
inline constexpr std::uint64_t kMaxJsonElementBytes = std::uint64_t{64} << 20;
inline constexpr std::size_t kMaxJsonDepth = 256;

/// A regular file that is read in pieces. Opened so that a FIFO or device never blocks.
class InputFile
{
public:
    /// NotFound, NotAFile (directory, FIFO, socket, device), NotReadable, Empty, Io.
    [[nodiscard]] static Result<InputFile> open(const std::filesystem::path& path);
    InputFile(InputFile&& other) noexcept;
    InputFile& operator=(InputFile&&) = delete;
    ~InputFile();

    [[nodiscard]] std::uint64_t sizeBytes() const { return m_sizeBytes; }
    [[nodiscard]] std::int64_t mtimeNs() const { return m_mtimeNs; }
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    /// At most `count` bytes from `offset`; fewer at the end of the file.
    [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t count) const;

private:
    InputFile(int fd, std::filesystem::path path) : m_fd(fd), m_path(std::move(path)) {}
    int m_fd = -1;
    std::filesystem::path m_path;
    std::uint64_t m_sizeBytes = 0;
    std::int64_t m_mtimeNs = 0;
};

/// How the values of a JSON file lie.
enum class JsonLayout : std::uint8_t {
    Array, ///< one array; its elements are the values
    Lines, ///< one value a line
};

struct JsonElement {
    std::uint64_t index = 0;  ///< from 0; of Lines: the line, from 0, empty ones counted
    std::uint64_t offset = 0; ///< in the file
    std::string_view text;    ///< the element alone; good during the call; kJsonPadding readable bytes follow it
};

/// Cuts a file into its values without holding more than one of them: brackets and strings are followed, nothing is checked
/// beyond that (the parser of the element does). `visit` false ends it early. `tooLong` is told of elements above
/// kMaxJsonElementBytes, which are passed over. Damaged where the file ends inside an element or the array, or is no array.
struct JsonElementVisitor {
    std::function<Result<bool>(const JsonElement&)> visit;
    std::function<void(std::uint64_t index, std::uint64_t bytes)> tooLong;
};
[[nodiscard]] Status forEachJsonElement(const InputFile& file, JsonLayout layout, const JsonElementVisitor& visitor,
                                        const CancelToken& cancel);

/// What a text that begins like JSON looks like from its first bytes: "JSON: an object with the keys a, b, c",
/// "JSON: an array of objects with the keys …", "JSON: an array of numbers"; empty where it is nothing like JSON.
[[nodiscard]] std::string describeJson(std::string_view beginning);

} // namespace tackroom
