// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/readerframes.h"

#include "core/base/format.h"
#include "core/base/text.h"

#include <algorithm>

namespace tackroom::frames
{

namespace
{

/// Ids, roles and names are not counted against what was asked for; so many bytes of them are.
constexpr std::uint64_t kAllowanceBytes = std::uint64_t{16} << 20;
constexpr std::uint64_t kMaxFrames = 2'000'000;

void appendU32(std::string& out, std::uint32_t value)
{
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((value >> shift) & 0xFF);
}

std::uint32_t u32At(std::string_view bytes, std::size_t at)
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
    return value;
}

Status sendText(TextField field, std::string_view text, const std::function<Status(std::string_view)>& send)
{
    while (!text.empty()) {
        const auto piece = text.substr(0, kMaxTextBytes - 1);
        TR_TRY(send(std::string(1, static_cast<char>(field)) + std::string(piece)));
        text.remove_prefix(piece.size());
    }
    return {};
}

Status sendMessage(const Message& message, const std::function<Status(std::string_view)>& send)
{
    TR_TRY(send(std::string(1, static_cast<char>(TextField::MessageBegin))));
    TR_TRY(sendText(TextField::Role, message.role, send));
    TR_TRY(sendText(TextField::Name, message.name, send));
    TR_TRY(sendText(TextField::Content, message.content, send));
    for (const auto& call : message.toolCalls) {
        TR_TRY(send(std::string(1, static_cast<char>(TextField::CallBegin))));
        TR_TRY(sendText(TextField::CallId, call.id, send));
        TR_TRY(sendText(TextField::CallName, call.name, send));
        TR_TRY(sendText(TextField::CallArguments, call.arguments, send));
    }
    TR_TRY(sendText(TextField::ToolCallId, message.toolCallId, send));
    return sendText(TextField::StepId, message.stepId, send);
}

} // namespace

std::string encode(FrameType type, std::uint32_t request, std::string_view payload)
{
    std::string out;
    out.reserve(kHeaderBytes + payload.size());
    appendU32(out, static_cast<std::uint32_t>(payload.size()));
    out += static_cast<char>(type);
    appendU32(out, request);
    out += payload;
    return out;
}

Result<Header> decodeHeader(std::string_view bytes)
{
    const auto type = static_cast<unsigned char>(bytes[4]);
    if (type < 1 || type > 4) return fail(ErrorCode::Damaged, {}, formatText("a frame of the unknown type {}", type));
    const Header header{u32At(bytes, 0), static_cast<FrameType>(type), u32At(bytes, 5)};
    const std::size_t most = header.type == FrameType::Text ? kMaxTextBytes : kMaxControlBytes;
    if (header.length > most)
        return fail(ErrorCode::Damaged, {}, formatText("a frame of {} bytes; at most {} are allowed", header.length, most));
    return header;
}

Status sendBody(const Body& body, const std::function<Status(std::string_view)>& send)
{
    for (const Message& message : body.messages) TR_TRY(sendMessage(message, send));
    TR_TRY(sendText(TextField::Input, body.input, send));
    TR_TRY(sendText(TextField::Output, body.output, send));
    return sendText(TextField::Raw, body.raw, send);
}

BodyReceiver::BodyReceiver(std::uint64_t maxBytes) : m_left(maxBytes + kAllowanceBytes) {}

std::string* BodyReceiver::fieldOf(TextField field)
{
    switch (field) {
    case TextField::Input:
        return &m_body.input;
    case TextField::Output:
        return &m_body.output;
    case TextField::Raw:
        return &m_body.raw;
    default:
        break;
    }
    if (m_body.messages.empty()) return nullptr;
    Message& message = m_body.messages.back();
    switch (field) {
    case TextField::Role:
        return &message.role;
    case TextField::Name:
        return &message.name;
    case TextField::Content:
        return &message.content;
    case TextField::ToolCallId:
        return &message.toolCallId;
    case TextField::StepId:
        return &message.stepId;
    default:
        break;
    }
    if (message.toolCalls.empty()) return nullptr;
    auto& call = message.toolCalls.back();
    switch (field) {
    case TextField::CallId:
        return &call.id;
    case TextField::CallName:
        return &call.name;
    case TextField::CallArguments:
        return &call.arguments;
    default:
        return nullptr;
    }
}

Status BodyReceiver::add(std::string_view payload)
{
    if (payload.empty()) return fail(ErrorCode::Damaged, {}, "a text frame without a field");
    if (++m_frames > kMaxFrames || payload.size() > m_left) return fail(ErrorCode::Damaged, {}, "more text than was asked for");
    m_left -= payload.size();
    const auto field = static_cast<TextField>(payload.front());
    payload.remove_prefix(1);
    const bool begins = field == TextField::MessageBegin || field == TextField::CallBegin;
    if (begins && !payload.empty()) return fail(ErrorCode::Damaged, {}, "a text where none belongs");
    if (field == TextField::MessageBegin) {
        m_body.messages.emplace_back();
        return {};
    }
    if (field == TextField::CallBegin) {
        if (m_body.messages.empty()) return fail(ErrorCode::Damaged, {}, "a tool call outside any message");
        m_body.messages.back().toolCalls.emplace_back();
        return {};
    }
    std::string* text = fieldOf(field);
    if (!text) return fail(ErrorCode::Damaged, {}, formatText("a text of the unknown field {}", static_cast<int>(field)));
    text->append(payload);
    return {};
}

Body BodyReceiver::take(std::uint64_t omittedBytes)
{
    const auto repair = [](std::string& text) {
        if (!isUtf8(text)) text = toUtf8(text);
    };
    for (Message& message : m_body.messages) {
        for (std::string* text : {&message.role, &message.name, &message.content, &message.toolCallId, &message.stepId})
            repair(*text);
        for (auto& call : message.toolCalls)
            for (std::string* text : {&call.id, &call.name, &call.arguments}) repair(*text);
    }
    for (std::string* text : {&m_body.input, &m_body.output, &m_body.raw}) repair(*text);
    m_body.omittedBytes = omittedBytes;
    return std::move(m_body);
}

Json errorJson(const Error& error)
{
    return {{"code", nameOf(error.code)}, {"where", error.where}, {"detail", error.detail}, {"hint", error.hint}};
}

Error errorOf(const Json& json)
{
    return {errorCodeOf(stringAt(json, "code")), stringAt(json, "where"), stringAt(json, "detail"), stringAt(json, "hint")};
}

Json versionKeysJson(const VersionKeys& keys)
{
    Json list = Json::array();
    for (const VersionKeySummary& key : keys.keys) {
        Json samples = Json::array();
        for (const auto& [value, runs] : key.samples) samples.push_back({{"value", value}, {"runs", runs}});
        list.push_back({{"key", key.key},
                        {"runs", key.runs},
                        {"values", key.values},
                        {"manyValues", key.manyValues},
                        {"samples", std::move(samples)}});
    }
    return {{"runs", keys.runs}, {"keys", std::move(list)}};
}

VersionKeys versionKeysOf(const Json& json)
{
    const auto count = [](const Json& object, std::string_view key) { return std::max<std::int64_t>(0, intAt(object, key)); };
    VersionKeys keys;
    keys.runs = count(json, "runs");
    for (const Json& each : memberAt(json, "keys")) {
        VersionKeySummary key;
        key.key = stringAt(each, "key");
        if (key.key.empty()) continue;
        key.runs = count(each, "runs");
        key.values = count(each, "values");
        key.manyValues = boolAt(each, "manyValues");
        for (const Json& sample : memberAt(each, "samples"))
            key.samples.emplace_back(stringAt(sample, "value"), count(sample, "runs"));
        keys.keys.push_back(std::move(key));
    }
    return keys;
}

Json infoJson(const StoreInfo& info)
{
    return {{"kind", info.kind},
            {"schema", info.schema},
            {"title", info.title},
            {"note", info.note},
            {"sizeBytes", info.sizeBytes}};
}

StoreInfo infoOf(const Json& json)
{
    StoreInfo info;
    info.kind = stringAt(json, "kind");
    info.schema = stringAt(json, "schema");
    info.title = stringAt(json, "title");
    info.note = stringAt(json, "note");
    info.sizeBytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, intAt(json, "sizeBytes")));
    return info;
}

} // namespace tackroom::frames
