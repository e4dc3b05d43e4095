// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/otlpwire.h"

#include "core/base/format.h"
#include "core/base/text.h"

#include <bit>
#include <cmath>
#include <cstdint>

namespace tackroom
{

namespace
{

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
    [[nodiscard]] std::string take() { return std::move(m_json); }

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
                m_json += formatText("\"intValue\":{}", static_cast<std::int64_t>(field.value));
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
                m_json += formatText("\"bytesValue\":\"[{} bytes]\"", field.bytes.size());
            else
                has = false;
        });
        m_json += '}';
    }
    void real(double value)
    {
        if (std::isfinite(value))
            m_json += formatText("\"doubleValue\":{}", value);
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
        for (const char c : bytes) m_json += formatText("{:02x}", static_cast<unsigned char>(c));
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
                m_json += formatText("\\u{:04x}", static_cast<unsigned char>(c));
            else
                m_json += c;
        }
        m_json += '"';
    }

    std::string m_json;
};

bool isTraces(std::string_view bytes, int level)
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

} // namespace

OtlpWireJson otlpJsonOfWire(std::string_view message)
{
    JsonWriter writer;
    const bool isWhole = writer.traces(message);
    return {writer.take(), isWhole};
}

bool looksLikeOtlpWire(std::string_view bytes) { return isTraces(bytes, 0); }

} // namespace tackroom
