// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Traces whose spans, scores and facts come in any order, some of them in pieces that complete each other (LangSmith's post
/// and patch, Langfuse's create and update). Shared by the formats that are such streams.
#include "core/readers/chatml.h"
#include "core/readers/spans.h"

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace tackroom
{

/// Input and output as the span's bodies: messages where there are some, else texts. A chain keeps the last words as its texts
/// too, which the run's conversation ends with where no model said them.
void fillBodies(chatml::Said in, chatml::Said out, NormalisedSpan& span);

struct CollectedTrace {
    Run facts;            ///< what the trace itself says; wins over its spans. nativeId is set
    VersionFacts version; ///< likewise
    std::vector<Score> scores;
    std::vector<HumanDecision> decisions;
    std::string raw;               ///< of the trace's own record
    std::vector<FileRange> ranges; ///< where its pieces lie
    bool hasRecord = false;        ///< there was more than a score of it

    /// A span, or a piece of one that came before: what the later piece has wins.
    void add(NormalisedSpan span, std::string raw);
    /// The kind of a span that is here already.
    [[nodiscard]] std::optional<StepKind> kindOf(const std::string& spanId) const;
    /// A score once, however often it is told.
    void addScore(std::string_view id, Score score);
    [[nodiscard]] std::size_t spanCount() const { return m_spans.size(); }
    /// When the run began.
    [[nodiscard]] UtcNs start() const;
    [[nodiscard]] ParsedRun finish(bool wantBodies);

private:
    /// Packed (packedspan.h): all traces wait for the end of the file.
    struct Piece {
        void pack(const NormalisedSpan& span);
        std::string packed, raw;
        StepKind kind = StepKind::Other;
        UtcNs start = 0;
    };
    std::vector<Piece> m_spans;
    std::unordered_map<std::string, std::size_t> m_byId;
    std::set<std::string, std::less<>> m_scoreIds;
};

class TraceRecords
{
public:
    explicit TraceRecords(bool wantBodies) : m_wantBodies(wantBodies) {}
    [[nodiscard]] CollectedTrace& trace(std::string_view id);
    /// All that was collected, newest first. A trace of which there are only scores is skipped, and said so. False: the sink
    /// wants no more.
    [[nodiscard]] Result<bool> deliver(FormatSink& sink, const CancelToken& cancel);

private:
    bool m_wantBodies;
    std::map<std::string, CollectedTrace, std::less<>> m_traces;
};

} // namespace tackroom
