// SPDX-License-Identifier: GPL-3.0-or-later
// OTLP as protobuf in files: messages of the protocol's TracesData (= ExportTraceServiceRequest), each with its length before
// it (four bytes, big-endian: the collector's file exporter; or a varint: "delimited" writers), or one message alone. A message
// is rewritten as OTLP/JSON and read as such (otlp.h), so that there is one reader of spans.
//   TracesData       1 resource_spans
//   ResourceSpans    1 resource (1 attributes)   2 scope_spans; before 2022 1000 instrumentation_library_spans
//   ScopeSpans       1 scope (1 name)            2 spans
//   Span             1 trace_id 2 span_id 4 parent_span_id 5 name 7 start 8 end (fixed64) 9 attributes 11 events 15 status
//   Event            1 time (fixed64) 2 name 3 attributes      Status  2 message 3 code
//   KeyValue         1 key 2 value       AnyValue  1 text 2 bool 3 int 4 double 5 array (1) 6 kvlist (1) 7 bytes
#include "core/base/text.h"
#include "core/readers/formats.h"
#include "core/readers/otlp.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <format>

namespace tackroom
{

namespace
{

constexpr std::uint64_t kMaxMessageBytes = std::uint64_t{64} << 20;
constexpr int kMaxValueDepth = 32;

/// A field of a message as it stands in the bytes.
struct Field {
    std::uint32_t number = 0;
    std::uint32_t wire = 0; ///< 0 varint, 1 eight bytes, 2 with a length, 5 four bytes
    std::uint64_t value = 0;
    std::string_view bytes;
};

/// Goes over the fields of a message; stops where the bytes are none.
class Fields
{
public:
    explicit Fields(std::string_view message) : m_left(message) {}

    bool next(Field& field)
    {
        std::uint64_t tag = 0;
        if (m_left.empty()) return false;
        if (!varint(tag) || tag >> 3 == 0 || tag >> 3 > 0x1FFFFFFF) return broken();
        field = {static_cast<std::uint32_t>(tag >> 3), static_cast<std::uint32_t>(tag & 7U), 0, {}};
        switch (field.wire) {
        case 0:
            return varint(field.value) || broken();
        case 1:
            return fixed(field.value, 8) || broken();
        case 5:
            return fixed(field.value, 4) || broken();
        case 2: {
            std::uint64_t length = 0;
            if (!varint(length)) return broken();
            m_short = length > m_left.size();
            if (m_short) {
                field.bytes = m_left; // what there is of it
                return broken();
            }
            field.bytes = m_left.substr(0, static_cast<std::size_t>(length));
            m_left.remove_prefix(static_cast<std::size_t>(length));
            return true;
        }
        default:
            return broken();
        }
    }
    [[nodiscard]] bool ok() const { return !m_broken; }
    [[nodiscard]] bool endsShort() const { return m_short; } ///< in a field that is longer than what is left
    [[nodiscard]] std::size_t left() const { return m_left.size(); }

private:
    bool broken()
    {
        m_broken = true;
        return false;
    }
    bool varint(std::uint64_t& value)
    {
        value = 0;
        for (unsigned shift = 0; shift < 64 && !m_left.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(m_left.front());
            m_left.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
            if ((byte & 0x80U) == 0) return true;
        }
        return false;
    }
    bool fixed(std::uint64_t& value, std::size_t count)
    {
        if (m_left.size() < count) return false;
        value = 0;
        for (std::size_t i = 0; i < count; ++i)
            value |= static_cast<std::uint64_t>(static_cast<unsigned char>(m_left[i])) << (8 * i);
        m_left.remove_prefix(count);
        return true;
    }

    std::string_view m_left;
    bool m_broken = false;
    bool m_short = false;
};

/// Writes a message as OTLP/JSON.
class JsonWriter
{
public:
    /// False where the bytes are no message.
    bool traces(std::string_view message)
    {
        m_json = "{\"resourceSpans\":[";
        const bool ok = each(message, [&](const Field& field) {
            if (field.number == 1 && field.wire == 2) resourceSpans(field.bytes);
        });
        m_json += "]}";
        return ok;
    }
    [[nodiscard]] const std::string& json() const { return m_json; }

private:
    template <class Visit> static bool each(std::string_view message, Visit&& visit)
    {
        Fields fields(message);
        Field field;
        while (fields.next(field)) visit(field);
        return fields.ok();
    }
    void comma()
    {
        if (m_json.back() != '[' && m_json.back() != '{') m_json += ',';
    }
    void resourceSpans(std::string_view message)
    {
        comma();
        m_json += '{';
        each(message, [&](const Field& field) {
            if (field.number != 1 || field.wire != 2) return;
            m_json += "\"resource\":{";
            attributes(field.bytes, 1);
            m_json += '}';
        });
        comma();
        m_json += "\"scopeSpans\":[";
        each(message, [&](const Field& field) {
            if ((field.number == 2 || field.number == 1000) && field.wire == 2) scopeSpans(field.bytes);
        });
        m_json += "]}";
    }
    void scopeSpans(std::string_view message)
    {
        comma();
        m_json += "{\"scope\":{";
        each(message, [&](const Field& field) {
            if (field.number != 1 || field.wire != 2) return;
            each(field.bytes, [&](const Field& inner) {
                if (inner.number == 1 && inner.wire == 2) member("name", inner.bytes);
            });
        });
        m_json += "},\"spans\":[";
        each(message, [&](const Field& field) {
            if (field.number == 2 && field.wire == 2) span(field.bytes);
        });
        m_json += "]}";
    }
    void span(std::string_view message)
    {
        comma();
        m_json += '{';
        each(message, [&](const Field& field) {
            if (field.wire == 2 && field.number == 1) id("traceId", field.bytes);
            if (field.wire == 2 && field.number == 2) id("spanId", field.bytes);
            if (field.wire == 2 && field.number == 4) id("parentSpanId", field.bytes);
            if (field.wire == 2 && field.number == 5) member("name", field.bytes);
            if (field.wire == 1 && field.number == 7) number("startTimeUnixNano", field.value);
            if (field.wire == 1 && field.number == 8) number("endTimeUnixNano", field.value);
            if (field.wire == 2 && field.number == 15) status(field.bytes);
        });
        attributes(message, 9);
        comma();
        m_json += "\"events\":[";
        each(message, [&](const Field& field) {
            if (field.number == 11 && field.wire == 2) event(field.bytes);
        });
        m_json += "]}";
    }
    void event(std::string_view message)
    {
        comma();
        m_json += '{';
        each(message, [&](const Field& field) {
            if (field.wire == 1 && field.number == 1) number("timeUnixNano", field.value);
            if (field.wire == 2 && field.number == 2) member("name", field.bytes);
        });
        attributes(message, 3);
        m_json += '}';
    }
    void status(std::string_view message)
    {
        comma();
        m_json += "\"status\":{";
        each(message, [&](const Field& field) {
            if (field.wire == 2 && field.number == 2) member("message", field.bytes);
            if (field.wire == 0 && field.number == 3) number("code", field.value);
        });
        m_json += '}';
    }
    void attributes(std::string_view message, std::uint32_t fieldNumber)
    {
        comma();
        m_json += "\"attributes\":";
        keyValues(message, fieldNumber, 0);
    }
    void keyValues(std::string_view message, std::uint32_t fieldNumber, int depth)
    {
        m_json += '[';
        each(message, [&](const Field& field) {
            if (field.number != fieldNumber || field.wire != 2) return;
            comma();
            m_json += '{';
            each(field.bytes, [&](const Field& inner) {
                if (inner.wire == 2 && inner.number == 1) member("key", inner.bytes);
                if (inner.wire != 2 || inner.number != 2) return;
                comma();
                m_json += "\"value\":";
                anyValue(inner.bytes, depth);
            });
            m_json += '}';
        });
        m_json += ']';
    }
    void anyValue(std::string_view message, int depth)
    {
        m_json += '{';
        bool has = false;
        each(message, [&](const Field& field) {
            if (has || depth > kMaxValueDepth) return;
            has = true;
            if (field.number == 1 && field.wire == 2)
                member("stringValue", field.bytes);
            else if (field.number == 2 && field.wire == 0)
                m_json += field.value != 0 ? "\"boolValue\":true" : "\"boolValue\":false";
            else if (field.number == 3 && field.wire == 0)
                m_json += std::format("\"intValue\":{}", static_cast<std::int64_t>(field.value));
            else if (field.number == 4 && field.wire == 1)
                real(std::bit_cast<double>(field.value));
            else if (field.number == 5 && field.wire == 2) {
                m_json += "\"arrayValue\":{\"values\":[";
                each(field.bytes, [&](const Field& item) {
                    if (item.number != 1 || item.wire != 2) return;
                    comma();
                    anyValue(item.bytes, depth + 1);
                });
                m_json += "]}";
            } else if (field.number == 6 && field.wire == 2) {
                m_json += "\"kvlistValue\":{\"values\":";
                keyValues(field.bytes, 1, depth + 1);
                m_json += '}';
            } else if (field.number == 7 && field.wire == 2)
                m_json += std::format("\"bytesValue\":\"[{} bytes]\"", field.bytes.size());
            else
                has = false;
        });
        m_json += '}';
    }
    void real(double value)
    {
        if (std::isfinite(value))
            m_json += std::format("\"doubleValue\":{}", value);
        else
            m_json += "\"stringValue\":\"not a finite number\"";
    }

    void name(std::string_view key)
    {
        comma();
        m_json += '"';
        m_json += key;
        m_json += "\":";
    }
    void id(std::string_view key, std::string_view bytes)
    {
        if (bytes.size() > 64) return;
        name(key);
        m_json += '"';
        for (const char c : bytes) m_json += std::format("{:02x}", static_cast<unsigned char>(c));
        m_json += '"';
    }
    void number(std::string_view key, std::uint64_t value)
    {
        name(key);
        m_json += std::to_string(value);
    }
    void member(std::string_view key, std::string_view text)
    {
        name(key);
        m_json += '"';
        const std::string repaired = isUtf8(text) ? std::string() : toUtf8(text);
        for (const char c : repaired.empty() ? text : std::string_view(repaired)) {
            if (c == '"' || c == '\\')
                (m_json += '\\') += c;
            else if (static_cast<unsigned char>(c) < 0x20)
                m_json += std::format("\\u{:04x}", static_cast<unsigned char>(c));
            else
                m_json += c;
        }
        m_json += '"';
    }

    std::string m_json;
};

/// How messages are told apart.
enum class Framing : std::uint8_t { None, Alone, BigEndian, Varint };

/// Whether `bytes` (which may end short) begin like TracesData: a span with ids of 16 and 8 bytes is found on the first
/// branches.
bool isTraces(std::string_view bytes, int level = 0)
{
    static constexpr std::uint32_t kBranch[] = {1, 2, 2};
    Fields fields(bytes);
    Field field;
    bool trace = false, span = false;
    for (int i = 0; i < 64; ++i) {
        const bool whole = fields.next(field);
        if (!whole && !fields.endsShort()) break;
        if (level < 3) {
            const bool isBranch = field.wire == 2 && (field.number == kBranch[level] || (level == 1 && field.number == 1000));
            if (isBranch && isTraces(field.bytes, level + 1)) return true;
            if (level == 0 && !isBranch) return false;
        } else if (whole) {
            trace = trace || (field.number == 1 && field.wire == 2 && field.bytes.size() == 16);
            span = span || (field.number == 2 && field.wire == 2 && field.bytes.size() == 8);
        }
        if (!whole || (trace && span)) break;
    }
    return trace && span;
}

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
    if (whole > 0 && whole <= kMaxMessageBytes && isTraces(beginning.substr(4, static_cast<std::size_t>(whole))))
        return Framing::BigEndian;
    if (isTraces(beginning)) return Framing::Alone;
    const auto [size, length] = varintAt(beginning);
    if (size > 0 && length > 0 && isTraces(beginning.substr(size, static_cast<std::size_t>(length)))) return Framing::Varint;
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
                        std::format("one message of more than {} MB", kMaxMessageBytes >> 20));
        TR_TRY(framing == Framing::Alone ? readAlone() : readFramed(framing));
        TR_ASSIGN([[maybe_unused]] const bool goOn, m_collector.finish());
        if (m_reader.lostSpans() > 0)
            m_sink.skipped(m_file.path().filename().string(),
                           std::format("{} spans without a trace id or span id", m_reader.lostSpans()));
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
                m_sink.skipped(std::format("byte {}", offset),
                               std::format("a message that is cut off; {} bytes are left out", left));
                return {};
            }
            if (length > kMaxMessageBytes)
                m_sink.skipped(std::format("byte {}", offset),
                               std::format("a message of {} bytes; at most {} are read", length, kMaxMessageBytes));
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
        // What was read before the bytes broke is good.
        if (!m_writer.traces(message))
            m_sink.skipped(std::format("byte {}", offset), "a message that is damaged; what stands before is read");
        const auto value = m_parser.parse(m_writer.json());
        if (!value) return std::unexpected(value.error());
        m_reader.readDocument(*value);
        return {};
    }

    const InputFile& m_file;
    FormatSink& m_sink;
    const CancelToken& m_cancel;
    TraceCollector m_collector;
    OtlpJson m_reader;
    JsonWriter m_writer;
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
