// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// One record of LangSmith (run, feedback) in the common model; which fields are read is said in langsmith.cpp.
#include "core/readers/humanresume.h"
#include "core/readers/openinference.h"
#include "core/readers/tracerecords.h"

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tackroom::langsmith
{

using jsonvalues::Value;

enum class RecordKind : std::uint8_t { Unknown, Run, Feedback, Batch, Page };
/// What a JSON value is, by its keys.
///   Batch  {"post": [run …], "patch": [run …]}
///   Page   the API's {"runs": [run …], …}
[[nodiscard]] RecordKind kindOf(Value value);

/// Reads records one after the other into their traces.
class Reader
{
public:
    Reader(TraceRecords& traces, bool wantBodies) : m_traces(traces), m_wantBodies(wantBodies) {}
    /// Every record in `value`. Damaged where it is none.
    [[nodiscard]] Status read(Value value, std::optional<FileRange> range);
    /// Feedback and patches that came before their runs find them now; those that do not are skipped, and said so.
    void finish(FormatSink& sink);

private:
    struct Pending {
        std::string runId, scoreId;
        Score score;
        std::optional<HumanDecision> decision;
        std::optional<FileRange> range;
    };
    /// A graph that stopped for a person, and one that goes on with the answer: two traces of one thread.
    struct Stop {
        std::string traceId;
        UtcNs end = 0;
        std::vector<humanresume::Asked> asked;
        std::optional<FileRange> range;
    };
    struct Resume {
        std::string traceId, by, answer; ///< the answer as JSON
        UtcNs start = 0;
    };
    using StopsByThread = std::unordered_map<std::string, std::vector<const Stop*>>;
    void readRun(Value run, int depth);
    void readInterrupts(Value run, const NormalisedSpan& span, const std::string& traceId);
    void decide(const Resume& resume, const StopsByThread& stops);
    void decideAll();
    [[nodiscard]] std::string threadOf(const std::string& traceId) const;
    void readFeedback(Value feedback);
    void readFeedbackStats(Value run, CollectedTrace& trace, const std::string& stepId) const;
    void readTexts(Value run, NormalisedSpan& span);
    void readToolTexts(Value run, NormalisedSpan& span);
    void readMetadata(Value run, NormalisedSpan& span) const;
    [[nodiscard]] Status readList(Value list);
    [[nodiscard]] std::string traceOf(Value run, const std::string& id) const;
    CollectedTrace& collect(const std::string& traceId, std::optional<FileRange> range);

    TraceRecords& m_traces;
    bool m_wantBodies;
    std::optional<FileRange> m_range;
    std::unordered_map<std::string, std::string> m_traceOfRun;
    std::vector<Pending> m_pending;
    std::unordered_map<std::string, std::string> m_threads; ///< by trace
    std::vector<Stop> m_stops;
    std::map<std::string, Resume> m_resumes; ///< by run
    std::size_t m_orphans = 0;               ///< patches of runs that were never posted here and do not name their trace
    jsonvalues::Parser m_inner;
    openinference::Parsers m_parsers;
};

} // namespace tackroom::langsmith
