// SPDX-License-Identifier: GPL-3.0-or-later
/// Exports of Langfuse (server 2 to 4), in every form that leaves it, as JSON or JSON lines:
///   the UI's "Download as JSON" of a trace   {"trace": {…, "scores"}, "observations": […]}
///   the public API                           a trace with its observations and scores within; {"data": […], "meta"} of traces,
///                                            observations or scores; lists and lines of any of these
///   the UI's download of a session           {"id", "traces": […]}
///   the UI's batch export of a table         lists or lines of traces, observations or scores
///   the blob storage export                  lines in traces/, observations/, observations_v2/, scores/ (names in snake_case);
///                                            files of rows in one folder, or in these folders side by side, are one unit
///   ingestion events                         {"batch": [{"type": "span-create", "body"}]}, one event, or lines of them;
///                                            -update completes -create
///
/// Run    one trace. nativeId = id; sessionId, userId, projectId; agentName = gen_ai.agent.name or the AGENT observation, else
///        the trace's name; task and answer = its input and output (last message of the user, of the assistant), else those of
///        its root; costUsd = totalCost, else of the innermost observations; harness version = release where it looks like a
///        commit, version, release, else a commit or version in the metadata (harnessversion.h), of an observation, promptName
///        and promptVersion. The rest is of the observations (SpanRunBuilder).
/// Step   one observation. kind by type (GENERATION = llm); a plain SPAN by the attributes in its metadata, and a tool
///        where its output is LangChain's message of one;
///        startTime, endTime; level ERROR = error with statusMessage (WARNING and the others say nothing of success); model;
///        usageDetails, usage; input and output: arguments and result of a tool, messages (chatml.h) of the others.
/// Score  name, value, stringValue (of CATEGORICAL and TEXT alone, the number there is none), comment, authorUserId, timestamp.
///        source ANNOTATION = human, EVAL = model, API = code, but a human where the name begins with user and has feedback or
///        rating in it. A comment on a trace or observation is a score "comment" by a human without a value.
/// HumanDecision  a correction (dataType CORRECTION: what the output should have been) = Edit, from the output that it corrects
///        (where both are the same, the person changed nothing); annotations as annotations.h says.
#include "core/readers/filelook.h"
#include "core/readers/formats.h"
#include "core/readers/jsonfilevalues.h"
#include "core/readers/langfuserecord.h"

#include <algorithm>
#include <array>

namespace tackroom
{

namespace
{

using langfuse::RecordKind;

std::string_view schemaOf(RecordKind kind)
{
    switch (kind) {
    case RecordKind::TraceDocument:
        return "traces with observations";
    case RecordKind::Trace:
        return "traces";
    case RecordKind::Observation:
        return "observations";
    case RecordKind::Score:
        return "scores";
    case RecordKind::Page:
        return "API answer";
    case RecordKind::Event:
        return "ingestion events";
    case RecordKind::Unknown:
        break;
    }
    return {};
}

RecordKind kindOf(const FileLook& look)
{
    for (const auto& value : look.values)
        if (const auto kind = langfuse::kindOf(value); kind != RecordKind::Unknown) return kind;
    // A trace that is too long to be looked into.
    if (look.values.empty() && look.hasKey("observations") &&
        (look.hasKey("trace") || (look.hasKey("timestamp") && look.hasKey("scores"))))
        return RecordKind::TraceDocument;
    return RecordKind::Unknown;
}

class LangfuseFormat : public FileFormat
{
public:
    FormatInfo info() const override { return {.kind = "langfuse", .title = "Langfuse export"}; }

    std::optional<Recognised> recognise(const FileLook& look) const override
    {
        const auto kind = kindOf(look);
        if (kind == RecordKind::Unknown) return std::nullopt;
        return Recognised{.schema = std::string(schemaOf(kind)), .note = {}};
    }

    std::string unitOf(const std::string& name, const FileLook& look) const override
    {
        const auto kind = kindOf(look);
        if (kind != RecordKind::Trace && kind != RecordKind::Observation && kind != RecordKind::Score) return name;
        auto folder = std::filesystem::path(name).parent_path();
        static constexpr std::array<std::string_view, 4> kTables{"traces", "observations", "observations_v2", "scores"};
        if (std::ranges::contains(kTables, folder.filename().string())) folder = folder.parent_path();
        return folder.empty() ? "." : folder.generic_string();
    }

    Status read(const FileUnit& unit, const FormatRequest& request, FormatSink& sink, const CancelToken& cancel) const override
    {
        TraceRecords rows(request.bodies);
        langfuse::Reader rowReader(rows, request.bodies);
        bool wanted = true;
        const auto visit = [&](jsonvalues::Value value, std::optional<FileRange> range) -> Result<bool> {
            if (unit.parts.size() > 1) range.reset();
            if (langfuse::kindOf(value) != RecordKind::TraceDocument) {
                TR_TRY(rowReader.read(value, range));
                return true;
            }
            // A trace that is whole needs not wait for others.
            TraceRecords whole(request.bodies);
            TR_TRY(langfuse::Reader(whole, request.bodies).read(value, range));
            TR_ASSIGN(wanted, whole.deliver(sink, cancel));
            return wanted;
        };
        for (const auto& part : unit.parts) {
            if (wanted) TR_TRY(forEachJsonValue(part.file, sink, visit, cancel));
        }
        if (!wanted) return {};
        TR_ASSIGN(wanted, rows.deliver(sink, cancel));
        return {};
    }
};

} // namespace

const FileFormat& langfuseFormat()
{
    static const LangfuseFormat format;
    return format;
}

} // namespace tackroom
