// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Steps, scores and decisions of a run as they lie in runs.db: packed into chunks of about 1 MiB at most, because a row for
/// each step costs SQLite several times as much as all the rest of reading a store. Every text stands once in a chunk.
///
///   chunk   byte 1 (the form) · texts · scores · decisions · steps
///   texts   count, then length and bytes of each; a reference is its number from 1, 0 is the empty text
///   others  count, then each: a varint whose bits say which fields follow, then those
///
/// Numbers are LEB128 varints, signed ones in zigzag; a step's start is the difference to that of the step before.
#include "core/readers/readers.h"
#include "core/readers/stepview.h"
#include "core/sql/sql.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// Packs one run after the other. What it gives out lives until the next run.
class PartPacker
{
public:
    PartPacker();
    struct Counts {
        std::int64_t steps = 0, scores = 0, decisions = 0;
    };
    /// Steps in tree order, at most kMaxParts of each kind. Afterwards chunks() has at least one.
    Counts pack(const RunRecord& record) { return pack(record, viewsOf(record.steps)); }
    /// The record with these steps in place of its own.
    Counts pack(const RunRecord& record, std::span<const StepView> steps);
    [[nodiscard]] std::vector<std::string>& chunks() { return m_chunks; }
    /// Of each packed step, by ordinal from 0, its index among those that were given.
    [[nodiscard]] const std::vector<std::size_t>& stepOrder() const { return m_order; }

private:
    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t offset = 0, length = 0, number = 0, round = 0;
    };
    struct Section {
        std::string bytes;
        std::uint64_t count = 0;
    };
    [[nodiscard]] std::uint64_t refOf(std::string_view text);
    void growSlots();
    void addStep(const StepView& step, std::uint64_t up);
    void addScore(const Score& score);
    void addDecision(const HumanDecision& decision);
    void beginChunk();
    void endChunk();
    void endChunkIfFull();

    std::vector<std::string> m_chunks;
    std::vector<std::size_t> m_order;
    Section m_texts, m_scores, m_decisions, m_steps;
    std::vector<Slot> m_slots; ///< open addressing; a slot of another round is free
    std::uint32_t m_round = 0;
    std::int64_t m_lastStart = 0;
};

/// What unpackParts() found, in order.
struct UnpackedParts {
    std::vector<Step> steps;
    std::vector<std::int64_t> parents; ///< of each step, as ordinal from 1; 0 for a root
    std::vector<int> depths;
    std::vector<Score> scores;
    std::vector<HumanDecision> decisions;
};
enum class PartsWanted : std::uint8_t { All, Judgements };

/// Adds what the chunk holds; chunks are given in their order. Damaged where it is none of ours.
[[nodiscard]] Status unpackParts(std::string_view chunk, PartsWanted wanted, UnpackedParts& into);
/// All chunks of a run in runs.db.
[[nodiscard]] Result<UnpackedParts> readParts(Database& runs, std::int64_t runRow, PartsWanted wanted);

} // namespace tackroom
