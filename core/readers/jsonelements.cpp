// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/jsonelements.h"

#include "core/base/format.h"
#include "core/base/text.h"

#include <simdjson.h>

#include <utility>

namespace tackroom
{

namespace
{

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

bool isJsonSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// Follows brackets and strings over any cuts between chunks.
class Depth
{
public:
    /// True when this byte ends the value that began at depth 0 with a bracket or quote.
    bool step(char c)
    {
        if (m_inString) {
            if (m_escaped)
                m_escaped = false;
            else if (c == '\\')
                m_escaped = true;
            else if (c == '"') {
                m_inString = false;
                return m_depth == 0;
            }
            return false;
        }
        switch (c) {
        case '"':
            m_inString = true;
            return false;
        case '{':
        case '[':
            ++m_depth;
            return false;
        case '}':
        case ']':
            return --m_depth <= 0;
        default:
            return false;
        }
    }
    [[nodiscard]] std::int64_t depth() const { return m_depth; }
    [[nodiscard]] bool inString() const { return m_inString; }
    void reset() { *this = Depth(); }

private:
    std::int64_t m_depth = 0;
    bool m_inString = false;
    bool m_escaped = false;
};

/// One element as it is put together.
class Collector
{
public:
    Collector(const JsonElementVisitor& visitor) : m_visitor(visitor) {}

    void begin(std::uint64_t index, std::uint64_t offset)
    {
        m_text.clear();
        m_index = index;
        m_offset = offset;
        m_bytes = 0;
    }
    void add(std::string_view part)
    {
        m_bytes += part.size();
        if (m_bytes <= kMaxJsonElementBytes) m_text.append(part);
    }
    [[nodiscard]] bool blank() const { return m_bytes <= kMaxJsonElementBytes && trimmed(m_text).empty(); }
    Result<bool> end()
    {
        if (m_bytes > kMaxJsonElementBytes) {
            if (m_visitor.tooLong) m_visitor.tooLong(m_index, m_bytes);
            return true;
        }
        const std::size_t size = m_text.size();
        m_text.append(simdjson::SIMDJSON_PADDING, '\0');
        return m_visitor.visit({m_index, m_offset, std::string_view(m_text).substr(0, size)});
    }

private:
    const JsonElementVisitor& m_visitor;
    std::string m_text;
    std::uint64_t m_index = 0, m_offset = 0, m_bytes = 0;
};

std::size_t byteOrderMarkSize(std::string_view text) { return text.starts_with("\xEF\xBB\xBF") ? 3 : 0; }

class ArrayCutter
{
public:
    ArrayCutter(const JsonElementVisitor& visitor, std::string where) : m_collector(visitor), m_where(std::move(where)) {}

    /// False when the visitor wants no more.
    Result<bool> feed(std::string_view chunk, std::uint64_t offset)
    {
        std::size_t from = 0; // where the part of the element in this chunk begins
        for (std::size_t i = 0; i < chunk.size(); ++i) {
            const char c = chunk[i];
            if (m_state == State::Element || m_state == State::Scalar) {
                const bool scalarEnds = m_state == State::Scalar && (c == ',' || c == ']' || isJsonSpace(c));
                const bool ends = m_state == State::Element && m_depth.step(c);
                if (!scalarEnds && !ends) continue;
                m_collector.add(chunk.substr(from, i - from + (ends ? 1 : 0)));
                TR_ASSIGN(const bool goOn, m_collector.end());
                if (!goOn) return false;
                ++m_index;
                m_state = State::AfterElement;
                if (ends) continue;
            }
            TR_TRY(between(c, offset + i));
            if (m_state == State::Element || m_state == State::Scalar) from = i;
        }
        if (m_state == State::Element || m_state == State::Scalar) m_collector.add(chunk.substr(from));
        return true;
    }

    Status finish() const
    {
        if (m_state == State::Done) return {};
        if (m_state == State::Start) return fail(ErrorCode::UnknownFormat, m_where, "there is no JSON array in it");
        return fail(ErrorCode::Damaged, m_where,
                    formatText("the file ends inside its array, after {} whole elements", m_index));
    }

private:
    enum class State : std::uint8_t { Start, BeforeElement, Element, Scalar, AfterElement, Done };

    Status between(char c, std::uint64_t offset)
    {
        if (isJsonSpace(c)) return {};
        if (m_state == State::Start && c == '[')
            m_state = State::BeforeElement;
        else if ((m_state == State::BeforeElement || m_state == State::AfterElement) && c == ']')
            m_state = State::Done;
        else if (m_state == State::AfterElement && c == ',')
            m_state = State::BeforeElement;
        else if (m_state == State::BeforeElement && c != ',' && c != '}' && c != ':') {
            m_collector.begin(m_index, offset);
            m_depth.reset();
            const bool nested = c == '{' || c == '[' || c == '"';
            if (nested) m_depth.step(c);
            m_state = nested ? State::Element : State::Scalar;
        } else
            return fail(ErrorCode::Damaged, m_where,
                        formatText("not JSON at byte {}, after {} whole elements", offset, m_index));
        return {};
    }

    Collector m_collector;
    std::string m_where;
    Depth m_depth;
    State m_state = State::Start;
    std::uint64_t m_index = 0;
};

class LineCutter
{
public:
    LineCutter(const JsonElementVisitor& visitor, std::uint64_t offset) : m_collector(visitor) { m_collector.begin(0, offset); }

    Result<bool> feed(std::string_view chunk, std::uint64_t offset)
    {
        while (!chunk.empty()) {
            const auto end = chunk.find('\n');
            m_collector.add(chunk.substr(0, end));
            if (end == std::string_view::npos) return true;
            TR_ASSIGN(const bool goOn, endLine(offset + end + 1));
            if (!goOn) return false;
            chunk.remove_prefix(end + 1);
            offset += end + 1;
        }
        return true;
    }
    Status finish()
    {
        TR_TRY(endLine(0));
        return {};
    }

private:
    Result<bool> endLine(std::uint64_t nextOffset)
    {
        bool goOn = true;
        if (!m_collector.blank()) {
            TR_ASSIGN(goOn, m_collector.end());
        }
        m_collector.begin(++m_line, nextOffset);
        return goOn;
    }

    Collector m_collector;
    std::uint64_t m_line = 0;
};

template <class Cutter> Status cutFile(const InputFile& file, Cutter cutter, const CancelToken& cancel, std::uint64_t offset)
{
    for (;;) {
        if (cancel.cancelled()) return CancelToken::error();
        TR_ASSIGN(const std::string chunk, file.read(offset, kChunkBytes));
        if (chunk.empty()) break;
        const std::size_t skip = offset == 0 ? byteOrderMarkSize(chunk) : 0;
        TR_ASSIGN(const bool goOn, cutter.feed(std::string_view(chunk).substr(skip), offset + skip));
        if (!goOn) return {};
        offset += chunk.size();
    }
    return cutter.finish();
}

std::string keyText(std::string_view object)
{
    constexpr std::size_t kMaxNamed = 12;
    auto keys = objectKeys(object);
    if (keys.size() > kMaxNamed) keys.resize(kMaxNamed);
    if (keys.empty()) return "no keys";
    std::string text = "the keys ";
    for (std::size_t i = 0; i < keys.size(); ++i) text += (i ? ", " : "") + keys[i];
    return text;
}

std::string_view pluralOf(char first)
{
    if (first == '[') return "arrays";
    if (first == '"') return "texts";
    if (first == 't' || first == 'f') return "truth values";
    if (first == 'n') return "nulls";
    return "numbers";
}

} // namespace

Status forEachJsonElement(const InputFile& file, JsonLayout layout, const JsonElementVisitor& visitor,
                          const CancelToken& cancel, std::uint64_t fromBytes)
{
    if (layout == JsonLayout::Array) return cutFile(file, ArrayCutter(visitor, file.path().string()), cancel, 0);
    return cutFile(file, LineCutter(visitor, fromBytes), cancel, fromBytes);
}

std::vector<std::string> objectKeys(std::string_view text)
{
    constexpr std::size_t kMaxKeys = 32;
    std::vector<std::string> keys;
    Depth depth;
    std::size_t keyStart = std::string_view::npos;
    bool expectKey = true;
    for (std::size_t i = 0; i < text.size() && keys.size() < kMaxKeys; ++i) {
        const bool wasInString = depth.inString();
        const bool ended = depth.step(text[i]);
        if (ended && depth.depth() <= 0) break;
        if (!wasInString && depth.inString() && depth.depth() == 1 && expectKey) keyStart = i + 1;
        if (wasInString && !depth.inString() && keyStart != std::string_view::npos) {
            keys.emplace_back(cutUtf8(toUtf8(text.substr(keyStart, i - keyStart)), 60));
            keyStart = std::string_view::npos;
            expectKey = false;
        }
        if (!depth.inString() && depth.depth() == 1 && text[i] == ',') expectKey = true;
    }
    return keys;
}

std::string describeJson(std::string_view beginning)
{
    beginning.remove_prefix(byteOrderMarkSize(beginning));
    beginning = trimmed(beginning);
    if (beginning.starts_with('{')) return "JSON: an object with " + keyText(beginning);
    if (!beginning.starts_with('[')) return {};
    beginning = trimmed(beginning.substr(1));
    if (beginning.empty() || beginning.starts_with(']')) return "JSON: an empty array";
    if (beginning.starts_with('{')) return "JSON: an array of objects with " + keyText(beginning);
    return formatText("JSON: an array of {}", pluralOf(beginning.front()));
}

} // namespace tackroom
