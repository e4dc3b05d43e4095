// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/packedparts.h"

#include "core/index/indexschema.h"
#include "core/index/rowvalues.h"
#include "core/index/treeorder.h"

#define XXH_INLINE_ALL // most texts are ids of a few bytes: the call would cost more than the hash
#include <xxhash.h>

#include <array>
#include <bit>
#include <cstring>

namespace tackroom
{

namespace
{

constexpr char kForm = 1;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

constexpr std::uint64_t zigzag(std::int64_t value)
{
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) { return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1)); }

void putNumber(std::string& to, std::uint64_t value)
{
    std::array<char, 10> bytes{};
    std::size_t size = 0;
    while (value >= 0x80) {
        bytes[size++] = static_cast<char>((value & 0x7F) | 0x80);
        value >>= 7;
    }
    bytes[size++] = static_cast<char>(value);
    to.append(bytes.data(), size);
}

void putDouble(std::string& to, double value)
{
    const auto bits = std::bit_cast<std::uint64_t>(value);
    to.append(reinterpret_cast<const char*>(&bits), sizeof bits);
}

/// The difference of times that may be any numbers: wraps, and wraps back.
std::int64_t minus(std::int64_t a, std::int64_t b)
{
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t plus(std::int64_t a, std::int64_t b)
{
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

// The texts of a step, in the order of their bits; the other fields of the bits after them.
constexpr std::array kStepTexts{&Step::nativeId,  &Step::parentId,  &Step::name,      &Step::errorType,
                                &Step::errorText, &Step::model,     &Step::toolName,  &Step::arguments,
                                &Step::result,    &Step::inputText, &Step::outputText};
constexpr std::array kStepViewTexts{&StepView::nativeId,  &StepView::parentId,  &StepView::name,      &StepView::errorType,
                                    &StepView::errorText, &StepView::model,     &StepView::toolName,  &StepView::arguments,
                                    &StepView::result,    &StepView::inputText, &StepView::outputText};
static_assert(kStepTexts.size() == kStepViewTexts.size());
constexpr unsigned kTokensBit = kStepTexts.size();
constexpr std::array kScoreTexts{&Score::stepId, &Score::name, &Score::label, &Score::explanation, &Score::by};
constexpr unsigned kValueBit = kScoreTexts.size();
constexpr std::array kDecisionTexts{&HumanDecision::stepId, &HumanDecision::by,    &HumanDecision::target,
                                    &HumanDecision::before, &HumanDecision::after, &HumanDecision::reason};

template <class Part, class Text, std::size_t N>
std::uint64_t bitsOf(const Part& part, const std::array<Text Part::*, N>& texts)
{
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < N; ++i)
        if (!(part.*texts[i]).empty()) bits |= std::uint64_t{1} << i;
    return bits;
}

/// Reads a chunk from its front; what does not fit makes it `broken` and all further answers empty.
class ChunkScanner
{
public:
    explicit ChunkScanner(std::string_view chunk) : m_left(chunk) {}

    [[nodiscard]] bool broken() const { return m_broken; }
    [[nodiscard]] bool atEnd() const { return m_left.empty(); }
    std::uint64_t number()
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (m_left.empty()) return giveUp();
            const auto byte = static_cast<unsigned char>(m_left.front());
            m_left.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) return value;
        }
        return giveUp();
    }
    std::int64_t signedNumber() { return unzigzag(number()); }
    double real()
    {
        const std::string_view taken = bytes(sizeof(std::uint64_t));
        std::uint64_t bits = 0;
        if (taken.size() == sizeof bits) std::memcpy(&bits, taken.data(), sizeof bits);
        return std::bit_cast<double>(bits);
    }
    std::string_view bytes(std::uint64_t size)
    {
        if (size > m_left.size()) {
            (void)giveUp();
            return {};
        }
        const std::string_view taken = m_left.substr(0, size);
        m_left.remove_prefix(size);
        return taken;
    }
    /// A count of things of at least one byte each.
    std::uint64_t count()
    {
        const std::uint64_t value = number();
        return value <= m_left.size() ? value : giveUp();
    }
    void readTexts()
    {
        const std::uint64_t size = count();
        m_texts.reserve(size);
        for (std::uint64_t i = 0; i < size && !m_broken; ++i) m_texts.push_back(bytes(number()));
    }
    template <class Part, std::size_t N>
    void texts(Part& part, std::uint64_t bits, const std::array<std::string Part::*, N>& texts)
    {
        for (std::size_t i = 0; i < N; ++i) {
            if (!(bits >> i & 1)) continue;
            const std::uint64_t reference = number();
            if (reference == 0 || reference > m_texts.size())
                (void)giveUp();
            else
                (part.*texts[i]).assign(m_texts[reference - 1]);
        }
    }

private:
    std::uint64_t giveUp()
    {
        m_broken = true;
        m_left = {};
        return 0;
    }
    std::string_view m_left;
    std::vector<std::string_view> m_texts;
    bool m_broken = false;
};

void readScore(ChunkScanner& from, std::vector<Score>& into)
{
    Score& score = into.emplace_back();
    const std::uint64_t bits = from.number();
    from.texts(score, bits, kScoreTexts);
    if (bits >> kValueBit & 1) score.value = from.real();
    score.annotator = rowvalues::enumOf(static_cast<std::int64_t>(from.number()), Annotator::Llm);
    score.says = rowvalues::enumOf(static_cast<std::int64_t>(from.number()), Outcome::Failure);
    score.weight = rowvalues::enumOf(static_cast<std::int64_t>(from.number()), OutcomeSource::Human);
    score.time = from.signedNumber();
}

void readDecision(ChunkScanner& from, std::vector<HumanDecision>& into)
{
    HumanDecision& decision = into.emplace_back();
    from.texts(decision, from.number(), kDecisionTexts);
    decision.kind = rowvalues::enumOf(static_cast<std::int64_t>(from.number()), DecisionKind::Answer);
    decision.time = from.signedNumber();
}

/// False where its parent cannot be.
bool readStep(ChunkScanner& from, std::int64_t& lastStart, UnpackedParts& into)
{
    Step& step = into.steps.emplace_back();
    const std::uint64_t bits = from.number();
    from.texts(step, bits, kStepTexts);
    step.kind = rowvalues::enumOf(static_cast<std::int64_t>(from.number()), StepKind::Reranker);
    step.status = rowvalues::enumOf(static_cast<std::int64_t>(from.number()), StepStatus::Error);
    step.start = lastStart = plus(lastStart, from.signedNumber());
    step.end = plus(step.start, from.signedNumber());
    if (bits >> kTokensBit & 1) {
        step.promptTokens = from.signedNumber();
        step.completionTokens = from.signedNumber();
    }
    // How many places before this step its parent stands; 0: a root.
    const std::uint64_t up = from.number();
    const auto ordinal = into.steps.size();
    if (up >= ordinal) return false;
    into.parents.push_back(up == 0 ? 0 : static_cast<std::int64_t>(ordinal - up));
    into.depths.push_back(up == 0 ? 0 : into.depths[ordinal - up - 1] + 1);
    return true;
}

} // namespace

PartPacker::PartPacker() : m_slots(256) {}

void PartPacker::growSlots()
{
    std::vector<Slot> former(m_slots.size() * 2);
    std::swap(former, m_slots);
    for (const Slot& slot : former) {
        if (slot.round != m_round) continue;
        std::size_t at = slot.hash & (m_slots.size() - 1);
        while (m_slots[at].round == m_round) at = (at + 1) & (m_slots.size() - 1);
        m_slots[at] = slot;
    }
}

/// The number of the text in this chunk, which takes it in where it is new.
std::uint64_t PartPacker::refOf(std::string_view text)
{
    if (m_texts.count * 2 >= m_slots.size()) growSlots();
    const std::uint64_t hash = XXH3_64bits(text.data(), text.size());
    std::size_t at = hash & (m_slots.size() - 1);
    for (; m_slots[at].round == m_round; at = (at + 1) & (m_slots.size() - 1)) {
        const Slot& slot = m_slots[at];
        if (slot.hash == hash && slot.length == text.size() &&
            std::memcmp(m_texts.bytes.data() + slot.offset, text.data(), text.size()) == 0)
            return slot.number;
    }
    putNumber(m_texts.bytes, text.size());
    const auto number = static_cast<std::uint32_t>(++m_texts.count);
    m_slots[at] = {hash, static_cast<std::uint32_t>(m_texts.bytes.size()), static_cast<std::uint32_t>(text.size()), number,
                   m_round};
    m_texts.bytes.append(text);
    return number;
}

void PartPacker::addStep(const StepView& step, std::uint64_t up)
{
    std::string& to = m_steps.bytes;
    std::uint64_t bits = bitsOf(step, kStepViewTexts);
    const bool tokens = step.promptTokens != 0 || step.completionTokens != 0;
    if (tokens) bits |= std::uint64_t{1} << kTokensBit;
    putNumber(to, bits);
    for (const auto text : kStepViewTexts)
        if (!(step.*text).empty()) putNumber(to, refOf(step.*text));
    putNumber(to, static_cast<std::uint64_t>(step.kind));
    putNumber(to, static_cast<std::uint64_t>(step.status));
    putNumber(to, zigzag(minus(step.start, m_lastStart)));
    putNumber(to, zigzag(minus(step.end, step.start)));
    m_lastStart = step.start;
    if (tokens) {
        putNumber(to, zigzag(step.promptTokens));
        putNumber(to, zigzag(step.completionTokens));
    }
    putNumber(to, up);
    ++m_steps.count;
}

void PartPacker::addScore(const Score& score)
{
    std::string& to = m_scores.bytes;
    std::uint64_t bits = bitsOf(score, kScoreTexts);
    if (score.value) bits |= std::uint64_t{1} << kValueBit;
    putNumber(to, bits);
    for (const auto text : kScoreTexts)
        if (!(score.*text).empty()) putNumber(to, refOf(score.*text));
    if (score.value) putDouble(to, *score.value);
    putNumber(to, static_cast<std::uint64_t>(score.annotator));
    putNumber(to, static_cast<std::uint64_t>(score.says));
    putNumber(to, static_cast<std::uint64_t>(score.weight));
    putNumber(to, zigzag(score.time));
    ++m_scores.count;
}

void PartPacker::addDecision(const HumanDecision& decision)
{
    std::string& to = m_decisions.bytes;
    putNumber(to, bitsOf(decision, kDecisionTexts));
    for (const auto text : kDecisionTexts)
        if (!(decision.*text).empty()) putNumber(to, refOf(decision.*text));
    putNumber(to, static_cast<std::uint64_t>(decision.kind));
    putNumber(to, zigzag(decision.time));
    ++m_decisions.count;
}

void PartPacker::beginChunk()
{
    for (Section* section : {&m_texts, &m_scores, &m_decisions, &m_steps}) {
        section->bytes.clear();
        section->count = 0;
    }
    if (++m_round == 0) { // after 2^32 chunks the old marks could be taken for new ones
        m_slots.assign(m_slots.size(), {});
        m_round = 1;
    }
    m_lastStart = 0;
}

void PartPacker::endChunk()
{
    std::string& chunk = m_chunks.emplace_back();
    chunk.reserve(m_texts.bytes.size() + m_scores.bytes.size() + m_decisions.bytes.size() + m_steps.bytes.size() + 41);
    chunk += kForm;
    for (const Section* section : {&m_texts, &m_scores, &m_decisions, &m_steps}) {
        putNumber(chunk, section->count);
        chunk += section->bytes;
    }
}

void PartPacker::endChunkIfFull()
{
    const std::size_t used = m_texts.bytes.size() + m_scores.bytes.size() + m_decisions.bytes.size() + m_steps.bytes.size();
    if (used < kChunkBytes) return;
    endChunk();
    beginChunk();
}

PartPacker::Counts PartPacker::pack(const RunRecord& record, std::span<const StepView> steps)
{
    Counts counts;
    m_chunks.clear();
    m_order.clear();
    beginChunk();
    for (const Score& score : record.scores) {
        if (counts.scores >= kMaxParts) break;
        endChunkIfFull();
        addScore(score);
        ++counts.scores;
    }
    for (const HumanDecision& decision : record.decisions) {
        if (counts.decisions >= kMaxParts) break;
        endChunkIfFull();
        addDecision(decision);
        ++counts.decisions;
    }
    for (const TreePlace& place : treeOrder(steps)) {
        if (counts.steps >= kMaxParts) break;
        endChunkIfFull();
        ++counts.steps;
        m_order.push_back(place.step);
        addStep(steps[place.step], place.parent == 0 ? 0 : static_cast<std::uint64_t>(counts.steps) - place.parent);
    }
    endChunk();
    return counts;
}

Status unpackParts(std::string_view chunk, PartsWanted wanted, UnpackedParts& into)
{
    const auto damaged = [] { return fail(ErrorCode::Damaged, {}, "a run in the index is damaged", "index the store again"); };
    if (chunk.empty() || chunk.front() != kForm) return damaged();
    ChunkScanner from(chunk.substr(1));
    from.readTexts();
    for (std::uint64_t left = from.count(); left > 0 && !from.broken(); --left) readScore(from, into.scores);
    for (std::uint64_t left = from.count(); left > 0 && !from.broken(); --left) readDecision(from, into.decisions);
    if (from.broken()) return damaged();
    if (wanted == PartsWanted::Judgements) return {};
    std::int64_t lastStart = 0;
    for (std::uint64_t left = from.count(); left > 0; --left)
        if (from.broken() || !readStep(from, lastStart, into)) return damaged();
    if (from.broken() || !from.atEnd()) return damaged();
    return {};
}

Result<UnpackedParts> readParts(Database& runs, std::int64_t runRow, PartsWanted wanted)
{
    UnpackedParts parts;
    TR_ASSIGN(Statement chunks, runs.prepare("SELECT content FROM parts WHERE id BETWEEN ? AND ? ORDER BY id"));
    chunks.bind(1, firstPartOf(runRow)).bind(2, lastPartOf(runRow));
    for (;;) {
        TR_ASSIGN(const bool more, chunks.step());
        if (!more) return parts;
        TR_TRY(unpackParts(chunks.blobAt(0), wanted, parts));
    }
}

} // namespace tackroom
