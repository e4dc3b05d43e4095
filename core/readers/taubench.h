// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/readers/jsonelements.h"
#include "core/readers/readers.h"

#include <memory>
#include <string_view>

namespace tackroom
{

/// tau-bench (sierra-research/tau-bench): the results of a benchmark, one JSON array of
///     {"task_id":0,"reward":0.0,"info":{"task":{"user_id":…},"reward_info":{"info":{…}}},"traj":[messages],"trial":0}
/// or its few-shot conversations, one {"messages_display":"user: …\nassistant: …\ntool: …"} a line.
///
/// One run an element; native id "task_<task_id>/trial_<trial>" (a second one of that name gets "/2" …), or "line_<n>", from 1.
/// The id is not unique among files, so the key is that of id and content together.
///   steps     one llm step an assistant message ("m<index of the message>"), below it one tool step a call ("m<index>.c<n>");
///             a result that begins with "Error" makes its step an error. Few-shot text tells neither tool names nor arguments.
///   task      the first user message; answer: the last assistant message with a text; user: info.task.user_id
///   scores    reward: Verifier, success from 1 on (tau-bench's own tolerance of 1e-6), with the parts of the reward as
///   explanation status    Error where the run ended in an exception (info.error)
/// There are no times in these files, no tokens, no cost of the agent (user_cost is that of the simulated user).
class TauBenchReader : public StoreReader
{
public:
    static constexpr std::string_view kKind = "tau-bench";

    /// Nothing where the file is something else; it needs only the first element.
    [[nodiscard]] static Result<std::unique_ptr<StoreReader>> recognise(InputFile& file, const CancelToken& cancel);

    TauBenchReader(InputFile file, JsonLayout layout);
    ~TauBenchReader() override;
    [[nodiscard]] const StoreInfo& info() const override { return m_info; }
    [[nodiscard]] Result<std::string> fingerprint() override;
    [[nodiscard]] Result<std::string> ingest(const std::string& cursor, RunSink& sink, const CancelToken& cancel) override;
    [[nodiscard]] Result<Body> fetch(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes) override;

private:
    struct Places;
    [[nodiscard]] Status findPlaces();

    InputFile m_file;
    JsonLayout m_layout;
    StoreInfo m_info;
    std::unique_ptr<Places> m_places; ///< where each run lies, made at the first fetch
};

} // namespace tackroom
