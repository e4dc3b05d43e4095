// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/jsonmembers.h"

#include "core/base/format.h"
#include "core/readers/jsonvalues.h"

#include <algorithm>

namespace tackroom
{

namespace
{

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxKeyBytes = 4096;

bool isSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

class MemberCutter
{
public:
    explicit MemberCutter(const JsonMemberVisitor& visitor) : m_visitor(visitor) {}

    /// False where the visitor wants no more or the object has ended.
    Result<bool> feed(std::string_view piece, std::uint64_t offset)
    {
        for (std::size_t i = 0; i < piece.size();) {
            if (m_state == State::Key || m_state == State::Value) {
                TR_ASSIGN(const bool goOn, take(piece, i));
                if (!goOn) return false;
                continue;
            }
            TR_TRY(between(piece[i], offset + i));
            if (m_state == State::Done) return false;
            // The byte that begins a value is a part of it; all others are done with.
            if (m_state != State::Value || m_began != offset + i) ++i;
        }
        return true;
    }
    [[nodiscard]] bool isWhole() const { return m_state == State::Done; }
    [[nodiscard]] bool hasBegun() const { return m_state != State::Start; }
    [[nodiscard]] std::uint64_t values() const { return m_values; }

private:
    enum class State : std::uint8_t { Start, BeforeKey, Key, BeforeColon, BeforeValue, Value, AfterValue, Done };

    /// What stands between keys and values.
    Status between(char c, std::uint64_t at)
    {
        if (isSpace(c)) return {};
        const auto wrong = [&] {
            return fail(ErrorCode::Damaged, {}, formatText("not JSON at byte {}, after {} whole values", at, m_values));
        };
        switch (m_state) {
        case State::Start:
            if (c != '{') return wrong();
            m_state = State::BeforeKey;
            return {};
        case State::BeforeKey:
            if (c == '}' && !m_inArray)
                m_state = State::Done;
            else if (c == '"') {
                m_key.clear();
                m_escaped = false;
                m_state = State::Key;
            } else
                return wrong();
            return {};
        case State::BeforeColon:
            if (c != ':') return wrong();
            m_state = State::BeforeValue;
            return {};
        case State::BeforeValue:
            return beginValue(c, at) ? Status() : wrong();
        case State::AfterValue:
            return endPart(c) ? Status() : wrong();
        default:
            return wrong();
        }
    }

    bool beginValue(char c, std::uint64_t at)
    {
        if (m_inArray && c == ']') {
            m_inArray = false;
            m_state = State::AfterValue;
            return true;
        }
        if (c == '}' || c == ']' || c == ',' || c == ':') return false;
        if (!m_inArray && c == '[' && std::ranges::contains(m_visitor.splitKeys, m_key)) {
            m_inArray = true;
            m_index = 0;
            return true;
        }
        m_text.clear();
        m_bytes = 0;
        m_began = at;
        m_depth = 0;
        m_inString = m_escaped = false;
        m_scalar = c != '{' && c != '[' && c != '"';
        m_state = State::Value;
        return true;
    }

    bool endPart(char c)
    {
        if (c == ',')
            m_state = m_inArray ? State::BeforeValue : State::BeforeKey;
        else if (c == ']' && m_inArray)
            m_inArray = false;
        else if (c == '}' && !m_inArray)
            m_state = State::Done;
        else
            return false;
        return true;
    }

    /// Goes on with a key or value from piece[i].
    Result<bool> take(std::string_view piece, std::size_t& i)
    {
        if (m_state == State::Key) {
            takeKey(piece, i);
            return true;
        }
        const std::size_t from = i;
        const bool ends = followValue(piece, i);
        m_bytes += i - from;
        if (m_bytes <= kMaxJsonElementBytes) m_text.append(piece.substr(from, i - from));
        return ends ? endValue() : Result<bool>(true);
    }

    void takeKey(std::string_view piece, std::size_t& i)
    {
        for (; i < piece.size(); ++i) {
            const char c = piece[i];
            if (!m_escaped && c == '"') {
                ++i;
                m_state = State::BeforeColon;
                return;
            }
            m_escaped = !m_escaped && c == '\\';
            if (m_key.size() < kMaxKeyBytes) m_key += c;
        }
    }

    /// Moves i to the end of the value or of the piece.
    bool followValue(std::string_view piece, std::size_t& i)
    {
        for (; i < piece.size(); ++i) {
            const char c = piece[i];
            if (m_inString) {
                if (m_escaped)
                    m_escaped = false;
                else if (c == '\\')
                    m_escaped = true;
                else if (c == '"') {
                    m_inString = false;
                    if (m_depth == 0) return ++i, true;
                }
                continue;
            }
            if (m_scalar && (c == ',' || c == '}' || c == ']' || isSpace(c))) return true;
            if (c == '"')
                m_inString = true;
            else if (c == '{' || c == '[')
                ++m_depth;
            else if ((c == '}' || c == ']') && --m_depth <= 0)
                return ++i, true;
        }
        return false;
    }

    Result<bool> endValue()
    {
        m_state = State::AfterValue;
        ++m_values;
        const std::uint64_t index = m_inArray ? m_index++ : 0;
        if (m_bytes > kMaxJsonElementBytes) {
            if (m_visitor.tooLong) m_visitor.tooLong(m_key, index, m_bytes);
            return true;
        }
        const auto& told = m_inArray ? m_visitor.element : m_visitor.member;
        if (!told) return true;
        const std::size_t size = m_text.size();
        m_text.append(simdjson::SIMDJSON_PADDING, '\0');
        return told(m_key, {index, m_began, std::string_view(m_text).substr(0, size)});
    }

    const JsonMemberVisitor& m_visitor;
    State m_state = State::Start;
    std::string m_key, m_text;
    std::uint64_t m_index = 0, m_began = 0, m_bytes = 0, m_values = 0;
    std::int64_t m_depth = 0;
    bool m_inArray = false, m_inString = false, m_escaped = false, m_scalar = false;
};

} // namespace

Status forEachJsonMember(const InputFile& file, const JsonMemberVisitor& visitor, const CancelToken& cancel)
{
    MemberCutter cutter(visitor);
    std::uint64_t offset = 0;
    for (;;) {
        if (cancel.cancelled()) return CancelToken::error();
        TR_ASSIGN(const std::string piece, file.read(offset, kPieceBytes));
        if (piece.empty()) break;
        const std::size_t skip = offset == 0 && piece.starts_with("\xEF\xBB\xBF") ? 3 : 0;
        auto goOn = cutter.feed(std::string_view(piece).substr(skip), offset + skip);
        if (!goOn) {
            if (goOn.error().where.empty()) goOn.error().where = file.path().string();
            return std::unexpected(std::move(goOn).error());
        }
        if (!*goOn) return {};
        offset += piece.size();
    }
    if (cutter.isWhole()) return {};
    return fail(ErrorCode::Damaged, file.path().string(),
                cutter.hasBegun() ? formatText("the file ends inside its object, after {} whole values", cutter.values())
                                  : "there is no JSON object in it");
}

} // namespace tackroom
