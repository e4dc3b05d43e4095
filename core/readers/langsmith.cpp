// SPDX-License-Identifier: GPL-3.0-or-later
/// Runs of LangSmith (SDK 0.1 to 0.6, API 2023 to 2026), as JSON or JSON lines:
///   runs, one a line or a list, as client.list_runs() and the API give them, also {"runs": […]}; child_runs within are read
///   the bodies that the SDK sends, {"post": [run …], "patch": [run …]}: a patch completes the run of its id. Files of such
///   bodies in one folder are one unit, because post and patch go in different bodies
///   feedback, one a line or a list, beside runs in the same file
///
/// Run    one trace (trace_id, else the first id of dotted_order, else the root's own id). sessionId = metadata thread_id,
///        session_id or conversation_id; userId = metadata user_id; project = session_name, session_id (LangSmith's older word
///        for project); agentName = metadata lc_agent_name, agent_name, else the root's name; harness version from
///        extra.metadata (harnessversion.h; revision_id is set by the SDK from git), lc_hub_repo and lc_hub_commit_hash
/// Step   one run. run_type llm, chain, tool, retriever, embedding; prompt and parser are "other"; a chain with metadata
///        ls_agent_type is an agent. Error where `error` has words (type: what stands before its first parenthesis or colon),
///        but for LangGraph's GraphInterrupt, which asks a person; Ok where it ended without, or `status` is success; of a tool
///        also where its message says status "error". model = metadata ls_model_name, invocation_params.model, inputs.model;
///        tokens = prompt_tokens, outputs.usage_metadata, llm_output.token_usage, the message's usage_metadata; total_cost
///        inputs and outputs: messages by chatml.h; of tools {"input": x} and {"output": x} are x
/// Score  feedback: key, score, value, comment, created_at; feedback_source app = human, model and auto_eval = model, api =
/// code,
///        but a human where the key begins with user. feedback_stats (averages, nobody named) are scores without weight
/// HumanDecision  a feedback's correction = Edit; the answer to an interrupt of LangGraph (humanresume.h): a root called with
///        Command(resume=…) has it, with what the last root of its thread before it had asked (outputs.__interrupt__)
/// The SDK's multipart bodies and the bulk export's Parquet are not read.
#include "core/readers/filelook.h"
#include "core/readers/formats.h"
#include "core/readers/jsonfilevalues.h"
#include "core/readers/langsmithrecord.h"

namespace tackroom
{

namespace
{

langsmith::RecordKind kindOfFile(const FileLook& look)
{
    for (const auto& value : look.values)
        if (const auto kind = langsmith::kindOf(value); kind != langsmith::RecordKind::Unknown) return kind;
    // Too long to be looked into.
    if (look.values.empty() && look.hasKey("dotted_order") && look.hasKey("trace_id")) return langsmith::RecordKind::Run;
    return langsmith::RecordKind::Unknown;
}

class LangSmithFormat : public FileFormat
{
public:
    FormatInfo info() const override { return {.kind = "langsmith", .title = "LangSmith runs"}; }

    std::optional<Recognised> recognise(const FileLook& look) const override
    {
        switch (kindOfFile(look)) {
        case langsmith::RecordKind::Run:
        case langsmith::RecordKind::Page:
            return Recognised{.schema = "runs", .note = {}};
        case langsmith::RecordKind::Feedback:
            return Recognised{.schema = "feedback", .note = {}};
        case langsmith::RecordKind::Batch:
            return Recognised{.schema = "post and patch bodies", .note = {}};
        case langsmith::RecordKind::Unknown:
            break;
        }
        return std::nullopt;
    }

    std::string unitOf(const std::string& name, const FileLook& look) const override
    {
        if (kindOfFile(look) != langsmith::RecordKind::Batch) return name;
        const auto folder = std::filesystem::path(name).parent_path();
        return folder.empty() ? "." : folder.generic_string();
    }

    Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel) const override
    {
        TraceRecords traces(request.bodies);
        langsmith::Reader reader(traces, request.bodies);
        const auto visit = [&](jsonvalues::Value value, std::optional<FileRange> range) -> Result<bool> {
            if (unit.parts.size() > 1) range.reset();
            TR_TRY(reader.read(value, range));
            return true;
        };
        for (const auto& part : unit.parts) TR_TRY(forEachJsonValue(part.file, sink, visit, cancel));
        reader.finish(sink);
        TR_ASSIGN([[maybe_unused]] const bool more, traces.deliver(sink, cancel));
        return {};
    }
};

} // namespace

const FileFormat& langsmithFormat()
{
    static const LangSmithFormat format;
    return format;
}

} // namespace tackroom
