// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/jsonelements.h"

#include "core/base/format.h"
#include "core/base/safetext.h"
#include "core/base/text.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
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
    [[nodiscard]] bool empty() const { return m_bytes == 0; }
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
    explicit LineCutter(const JsonElementVisitor& visitor) : m_visitor(visitor), m_collector(visitor) {}

    /// kJsonPadding readable bytes follow the chunk.
    Result<bool> feed(std::string_view chunk, std::uint64_t offset)
    {
        while (!chunk.empty()) {
            const auto end = chunk.find('\n');
            if (end == std::string_view::npos || !m_collector.empty()) {
                if (m_collector.empty()) m_collector.begin(m_line, offset);
                m_collector.add(chunk.substr(0, end));
                if (end == std::string_view::npos) return true;
                TR_ASSIGN(const bool goOn, endLine());
                if (!goOn) return false;
            } else { // a line that lies in the chunk as a whole is not copied
                TR_ASSIGN(const bool goOn, wholeLine(chunk.substr(0, end), offset));
                if (!goOn) return false;
            }
            chunk.remove_prefix(end + 1);
            offset += end + 1;
        }
        return true;
    }
    Status finish()
    {
        if (!m_collector.empty()) TR_TRY(endLine());
        return {};
    }
    [[nodiscard]] std::uint64_t lineCount() const { return m_line; }

private:
    Result<bool> wholeLine(std::string_view line, std::uint64_t offset)
    {
        const std::uint64_t index = m_line++;
        if (trimmed(line).empty()) return true;
        return m_visitor.visit({index, offset, line});
    }
    Result<bool> endLine()
    {
        bool goOn = true;
        if (!m_collector.blank()) {
            TR_ASSIGN(goOn, m_collector.end());
        }
        m_collector.begin(++m_line, 0);
        return goOn;
    }

    const JsonElementVisitor& m_visitor;
    Collector m_collector;
    std::uint64_t m_line = 0;
};

struct Stretch {
    std::uint64_t from = 0, to = std::numeric_limits<std::uint64_t>::max();
};

std::unique_ptr<char[]> makeChunk()
{
    auto chunk = std::make_unique_for_overwrite<char[]>(kChunkBytes + simdjson::SIMDJSON_PADDING);
    // Behind the last byte that was read something is looked at, whatever it is.
    std::memset(chunk.get() + kChunkBytes, 0, simdjson::SIMDJSON_PADDING);
    return chunk;
}

template <class Cutter>
Status cutFile(const InputFile& file, Cutter& cutter, const CancelToken& cancel, Stretch stretch, char* chunk)
{
    for (std::uint64_t offset = stretch.from; offset < stretch.to;) {
        if (cancel.cancelled()) return CancelToken::error();
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, stretch.to - offset));
        TR_ASSIGN(const std::size_t count, file.readInto(offset, chunk, wanted));
        if (count == 0) break;
        const std::string_view text(chunk, count);
        const std::size_t skip = offset == 0 ? byteOrderMarkSize(text) : 0;
        TR_ASSIGN(const bool goOn, cutter.feed(text.substr(skip), offset + skip));
        if (!goOn) return {};
        offset += count;
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
    for (std::size_t i = 0; i < keys.size(); ++i) text += (i ? ", " : "") + SafeText::line(keys[i]).utf8();
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
    const auto chunk = makeChunk();
    if (layout == JsonLayout::Array) {
        ArrayCutter cutter(visitor, file.path().string());
        return cutFile(file, cutter, cancel, {}, chunk.get());
    }
    LineCutter cutter(visitor);
    return cutFile(file, cutter, cancel, {.from = fromBytes}, chunk.get());
}

JsonLines::JsonLines() : m_chunk(makeChunk()) {}

Result<std::uint64_t> JsonLines::each(const InputFile& file, std::uint64_t from, std::uint64_t to,
                                      const JsonElementVisitor& visitor, const CancelToken& cancel)
{
    LineCutter cutter(visitor);
    TR_TRY(cutFile(file, cutter, cancel, {from, to}, m_chunk.get()));
    return cutter.lineCount();
}

Result<std::uint64_t> endOfLineAt(const InputFile& file, std::uint64_t offset)
{
    constexpr std::size_t kLookBytes = std::size_t{32} << 10;
    std::array<char, kLookBytes> bytes; // NOLINT: filled below
    for (std::uint64_t at = offset > 0 ? offset - 1 : 0;;) {
        TR_ASSIGN(const std::size_t count, file.readInto(at, bytes.data(), bytes.size()));
        if (count == 0) return file.sizeBytes();
        const auto feed = std::string_view(bytes.data(), count).find('\n');
        if (feed != std::string_view::npos) return at + feed + 1;
        at += count;
    }
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
