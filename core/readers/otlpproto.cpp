// SPDX-License-Identifier: GPL-3.0-or-later
// OTLP as binary messages in files (otlpwire.h): each with its length before it (four bytes, big-endian: the collector's file
// exporter; or a varint: "delimited" writers), or one message alone. The collector with `compression: zstd` compresses each
// message by itself, of protobuf or JSON, and puts its length before it as well: no zstd tool opens such a file as a whole.
#include "core/base/format.h"
#include "core/readers/archivepointer.h"
#include "core/readers/formats.h"
#include "core/readers/otlp.h"
#include "core/readers/otlpwire.h"

#include <archive_entry.h>

#include <memory>

namespace tackroom
{

namespace
{

constexpr std::uint64_t kMaxMessageBytes = std::uint64_t{64} << 20;
constexpr std::string_view kZstdMagic = "\x28\xB5\x2F\xFD";

/// What the zstd frame unpacks to, as far as it goes and at most `maxBytes`.
std::string unpacked(std::string_view frame, std::uint64_t maxBytes)
{
    std::string bytes;
    const ArchivePointer reader(archive_read_new());
    archive_entry* entry = nullptr;
    if (!reader) return bytes;
    archive_read_support_filter_zstd(reader.get());
    archive_read_support_format_raw(reader.get());
    if (archive_read_open_memory(reader.get(), frame.data(), frame.size()) != ARCHIVE_OK ||
        archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK)
        return bytes;
    std::string chunk(std::size_t{64} << 10, '\0');
    while (bytes.size() < maxBytes) {
        const la_ssize_t got = archive_read_data(reader.get(), chunk.data(), chunk.size());
        if (got <= 0) break;
        bytes.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return bytes;
}

bool looksLikeMessage(std::string_view bytes)
{
    if (bytes.starts_with(kZstdMagic)) {
        const std::string inner = unpacked(bytes, std::size_t{64} << 10);
        return !inner.starts_with(kZstdMagic) && looksLikeMessage(inner);
    }
    if (bytes.starts_with('{'))
        return bytes.substr(0, 200).contains("\"resourceSpans\"") || bytes.substr(0, 200).contains("\"resourceLogs\"");
    return looksLikeOtlpWire(bytes);
}

/// How messages are told apart.
enum class Framing : std::uint8_t { None, Alone, BigEndian, Varint };

std::uint64_t bigEndian(std::string_view bytes)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = (value << 8) | static_cast<unsigned char>(bytes[i]);
    return value;
}

/// The length of a varint and its value; no length where there is none.
std::pair<std::size_t, std::uint64_t> varintAt(std::string_view bytes)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size() && i < 5; ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        value |= static_cast<std::uint64_t>(byte & 0x7FU) << (7 * i);
        if ((byte & 0x80U) == 0) return {i + 1, value};
    }
    return {0, 0};
}

std::pair<std::size_t, std::uint64_t> lengthAt(std::string_view head, Framing framing)
{
    if (framing == Framing::Varint) return varintAt(head);
    if (head.size() < 4) return {0, 0};
    return {4, bigEndian(head)};
}

Framing framingOf(std::string_view beginning)
{
    if (beginning.size() < 8) return Framing::None;
    const std::uint64_t whole = bigEndian(beginning);
    if (whole > 0 && whole <= kMaxMessageBytes && looksLikeMessage(beginning.substr(4, static_cast<std::size_t>(whole))))
        return Framing::BigEndian;
    if (looksLikeOtlpWire(beginning)) return Framing::Alone;
    const auto [size, length] = varintAt(beginning);
    if (size > 0 && length > 0 && looksLikeMessage(beginning.substr(size, static_cast<std::size_t>(length))))
        return Framing::Varint;
    return Framing::None;
}

class OtlpProtoFile
{
public:
    OtlpProtoFile(const InputFile& file, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel)
        : m_file(file), m_sink(sink), m_cancel(cancel), m_collector(sink, request.bodies), m_reader(m_collector)
    {
    }
    Status read()
    {
        TR_ASSIGN(const std::string beginning, m_file.read(0, std::size_t{64} << 10));
        const Framing framing = framingOf(beginning);
        if (framing == Framing::None)
            return fail(ErrorCode::Damaged, m_file.path().string(), "there is no message of OTLP's in it");
        if (framing == Framing::Alone && m_file.sizeBytes() > kMaxMessageBytes)
            return fail(ErrorCode::Refused, m_file.path().string(),
                        formatText("one message of more than {} MB", kMaxMessageBytes >> 20));
        TR_TRY(framing == Framing::Alone ? readAlone() : readFramed(framing));
        TR_ASSIGN([[maybe_unused]] const bool goOn, m_collector.finish());
        if (m_reader.lostSpans() > 0)
            m_sink.skipped(m_file.path().filename().string(),
                           formatText("{} spans without a trace id or span id", m_reader.lostSpans()));
        return {};
    }

private:
    Status readAlone()
    {
        TR_ASSIGN(const std::string message, m_file.read(0, static_cast<std::size_t>(m_file.sizeBytes())));
        return readMessage(message, 0);
    }
    Status readFramed(Framing framing)
    {
        std::uint64_t offset = 0;
        while (offset < m_file.sizeBytes()) {
            if (m_cancel.cancelled()) return CancelToken::error();
            TR_ASSIGN(const std::string head, m_file.read(offset, 5));
            // Between stretches that are read again stands a line feed: as a length it would be too long, or too short for a
            // span.
            if (offset > 0 && head.starts_with('\n')) {
                ++offset;
                continue;
            }
            const auto [size, length] = lengthAt(head, framing);
            const std::uint64_t left = m_file.sizeBytes() - offset;
            if (size == 0 || length > left - size) {
                m_sink.skipped(formatText("byte {}", offset),
                               formatText("a message that is cut off; {} bytes are left out", left));
                return {};
            }
            if (length > kMaxMessageBytes)
                m_sink.skipped(formatText("byte {}", offset),
                               formatText("a message of {} bytes; at most {} are read", length, kMaxMessageBytes));
            else {
                TR_ASSIGN(const std::string message, m_file.read(offset + size, static_cast<std::size_t>(length)));
                m_collector.beginStretch({offset, size + length});
                TR_TRY(readMessage(message, offset));
                TR_ASSIGN(const bool goOn, m_collector.endStretch());
                if (!goOn) return {};
            }
            offset += size + length;
            m_sink.progress(offset);
        }
        return {};
    }
    Status readMessage(std::string_view message, std::uint64_t offset)
    {
        const std::string where = formatText("byte {}", offset);
        std::string inner;
        if (message.starts_with(kZstdMagic)) {
            inner = unpacked(message, kMaxMessageBytes + 1);
            message = inner;
            if (inner.empty()) m_sink.skipped(where, "a message that cannot be unpacked");
            if (inner.size() > kMaxMessageBytes) {
                m_sink.skipped(where, formatText("a message that unpacks to more than {} MB", kMaxMessageBytes >> 20));
                return {};
            }
        }
        OtlpWireJson made;
        if (!message.starts_with('{')) {
            made = otlpJsonOfWire(message);
            message = made.json;
            // What was read before the bytes broke is good.
            if (!made.isWhole) m_sink.skipped(where, "a message that is damaged; what stands before is read");
        }
        const auto value = m_parser.parse(message);
        if (value)
            m_reader.readDocument(*value);
        else if (value.error().code == ErrorCode::Refused)
            return std::unexpected(value.error());
        else
            m_sink.skipped(where, value.error().detail);
        return {};
    }

    const InputFile& m_file;
    FormatSink& m_sink;
    const CancelToken& m_cancel;
    TraceCollector m_collector;
    OtlpJson m_reader;
    jsonvalues::Parser m_parser;
};

class OtlpProtoFormat : public FileFormat
{
public:
    [[nodiscard]] FormatInfo info() const override { return {"otlp-proto", "OpenTelemetry traces (OTLP protobuf)"}; }
    [[nodiscard]] std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.shape != FileLook::Shape::Other) return std::nullopt;
        switch (framingOf(look.beginning)) {
        case Framing::None:
            return std::nullopt;
        case Framing::Alone:
            return Recognised{"one message", {}};
        case Framing::BigEndian:
        case Framing::Varint:
            return Recognised{"messages with lengths", {}};
        }
        return std::nullopt;
    }
    [[nodiscard]] Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink,
                              const CancelToken& cancel) const override
    {
        return OtlpProtoFile(unit.first(), request, sink, cancel).read();
    }
};

} // namespace

const FileFormat& otlpProtoFormat()
{
    static const OtlpProtoFormat format;
    return format;
}

} // namespace tackroom
