// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/cancel.h"
#include "core/readers/readers.h"
#include "core/readers/textscan.h"
#include "core/sql/sql.h"

#include <memory>
#include <span>
#include <string_view>

namespace tackroom
{

/// Arize Phoenix's SQLite database, recognised by tables and columns: spans(span_id, parent_id, trace_rowid, attributes),
/// traces(trace_id, project_rowid), projects(name). Everything else may be there or not (generations of 2024 to 2026):
/// sessions, token columns, costs, annotations and their users. Facts of the schema: core/sample/phoenixschema.h.
///
/// One run a trace; native id = traces.trace_id (the root's attributes and columns unless said otherwise).
///   root        the first span by start without a parent in the trace
///   session     project_sessions.session_id, else session.id of the root, else of any span (then metadata.session_id)
///   user        user.id of the root, else of any span (then metadata.user_id)
///   agent       agent.name, else the name of a root of kind AGENT;  project: projects.name
///   start, end  traces.start_time, end_time, else those of the spans
///   task        what the user asked in the root's input.value (openinference.h: userTextOf), else of the first llm span
///   answer      in the root's output.value if it has one (be it empty), else the text of the last llm span
///   status      of the root
///   tokens      the root's cumulative_llm_token_count_*, else the sum of the spans'
///   cost        the sum of span_costs.total_cost, else of llm.cost.total
///   version     a git commit key, else a version key, else a prompt version (lists: harnessversion.cpp), looked for in the
///               attributes and metadata of the root, then of the other spans. With a commit, the version key is the label.
///               harnessVersionSource = "commit key", "version key" or "prompt version", then ": " and the key
/// One step a span, by start: kind by span_kind, name, status; error text = the exception's message, else status_message.
///   tool        tool.name, else the span's name; arguments = input.value, result = output.value
///   llm         inputText, outputText = content of the last input and the last output message; a message without words is
///               an empty text, not a missing one
///   retriever   result = the documents, "id: content", a blank line between them
/// span_annotations and trace_annotations become scores (annotations.h says what they mean), by = the user's name, else
/// metadata.by or annotator, else the identifier. A human decision has target = the tool or name of its span, before =
/// metadata.agent_decision or before, after = metadata.human_decision or after, else the label. document_annotations become
/// scores of their span that say nothing of the run. Annotations of a session are scores "session <name>" of each of its runs
/// that say nothing of the run. Annotations of runs of experiments are scores of the trace that the experiment recorded.
///
/// Read newest first by row id, in batches of few milliseconds; between batches no transaction is open. The cursor holds the
/// highest row ids, the number of traces and spans below them and the time of the last change of an annotation; rows that
/// were deleted since, or another database at the same path, mean starting over. A trace with new spans, annotations or
/// costs is delivered again. Not noticed: a trace that only moved to another
/// project, and an annotation of an experiment's run that was written again in its place.
class PhoenixReader : public StoreReader, public TextScanner
{
public:
    static constexpr std::string_view kKind = "phoenix-sqlite";

    /// Whether the tables are Phoenix's. Refused where one of them is a view or a virtual table.
    [[nodiscard]] static Result<bool> recognise(std::span<const TableInfo> tables, const std::filesystem::path& path);

    PhoenixReader(Database db, std::vector<TableInfo> tables, std::filesystem::path path);
    ~PhoenixReader() override;
    /// Reads the revision for info(). Call once after making it.
    [[nodiscard]] Status prepare(const CancelToken& cancel);

    [[nodiscard]] const StoreInfo& info() const override;
    [[nodiscard]] Result<std::string> fingerprint() override;
    [[nodiscard]] Result<std::string> ingest(const std::string& cursor, RunSink& sink, const CancelToken& cancel) override;
    [[nodiscard]] Result<Body> fetch(const RunAddress& run, const std::string& stepId, std::uint64_t maxBytes) override;
    [[nodiscard]] Result<bool> scan(const std::vector<TextNeedle>& words, const Hit& hit, const Done& done,
                                    const CancelToken& cancel) override;
    [[nodiscard]] const std::vector<ScanLoss>& losses() const override;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace tackroom
