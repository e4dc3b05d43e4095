// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What goes over the pipes between a program and its tackroom-reader. A frame is
///     u32 length of the payload | u8 type | u32 request | payload              (little-endian)
/// The parent sends Request frames; the child answers each with any number of Progress and Text frames and one Answer, all of
/// the same request number. Request, Answer and Progress are JSON of at most 1 MiB. A Text frame is one byte (TextField) and
/// raw bytes, together at most 64 KiB: a piece of the text that the field is; pieces of one field follow each other and are
/// joined.
///
/// The parent trusts none of it: lengths, types, numbers and JSON are checked, and what does not fit ends the child.
#include "core/base/json.h"
#include "core/index/runversions.h"
#include "core/readers/readers.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tackroom::frames
{

enum class FrameType : std::uint8_t { Request = 1, Answer = 2, Progress = 3, Text = 4 };

inline constexpr std::size_t kHeaderBytes = 9;
inline constexpr std::size_t kMaxControlBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxTextBytes = std::size_t{64} << 10;

struct Header {
    std::uint32_t length = 0;
    FrameType type = FrameType::Answer;
    std::uint32_t request = 0;
};

[[nodiscard]] std::string encode(FrameType type, std::uint32_t request, std::string_view payload);
/// Damaged where the type is unknown or the length is above what the type allows. `bytes` has kHeaderBytes.
[[nodiscard]] Result<Header> decodeHeader(std::string_view bytes);

/// Which text a Text frame goes on with. MessageBegin and CallBegin carry no text: they open the next message or tool call.
enum class TextField : std::uint8_t {
    MessageBegin = 1,
    Role,
    Name,
    Content,
    CallBegin,
    CallId,
    CallName,
    CallArguments,
    ToolCallId,
    StepId,
    Input,
    Output,
    Raw
};

/// Cuts a body into the payloads of Text frames. An error of `send` ends it.
[[nodiscard]] Status sendBody(const Body& body, const std::function<Status(std::string_view payload)>& send);

/// Puts a body together again. Damaged for a payload that cannot be, or more than was asked for.
class BodyReceiver
{
public:
    explicit BodyReceiver(std::uint64_t maxBytes);
    [[nodiscard]] Status add(std::string_view payload);
    [[nodiscard]] Body take(std::uint64_t omittedBytes);

private:
    [[nodiscard]] std::string* fieldOf(TextField field);
    Body m_body;
    std::uint64_t m_left = 0;
    std::uint64_t m_frames = 0;
};

[[nodiscard]] Json errorJson(const Error& error);
[[nodiscard]] Error errorOf(const Json& json);
[[nodiscard]] Json versionKeysJson(const VersionKeys& keys);
[[nodiscard]] VersionKeys versionKeysOf(const Json& json);
[[nodiscard]] Json infoJson(const StoreInfo& info);
[[nodiscard]] StoreInfo infoOf(const Json& json);

} // namespace tackroom::frames
