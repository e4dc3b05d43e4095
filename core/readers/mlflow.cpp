// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/mlflow.h"

#include "core/base/format.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/harnessversion.h"
#include "core/readers/inputfile.h"
#include "core/readers/mlflowscores.h"
#include "core/readers/mlflowspans.h"
#include "core/readers/openinference.h"

#include <algorithm>
#include <map>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::uint64_t kMaxSpanBytes = std::uint64_t{64} << 20;
constexpr std::uint64_t kMaxTraceFileBytes = std::uint64_t{256} << 20;
constexpr std::uint64_t kMaxMetadataBytes = std::uint64_t{4} << 20;
constexpr std::size_t kMaxMetadata = 10'000;

using Texts = std::map<std::string, std::string, std::less<>>;

std::string tagOf(const Texts& texts, std::string_view key)
{
    const auto found = texts.find(key);
    return found == texts.end() ? std::string() : found->second;
}

StepStatus traceStatus(std::string_view text)
{
    if (text == "OK") return StepStatus::Ok;
    return text == "ERROR" ? StepStatus::Error : StepStatus::Unset;
}

class MlflowFormat : public DatabaseFormat
{
public:
    MlflowFormat(std::span<const TableInfo> tables, const std::filesystem::path& database);
    [[nodiscard]] Result<std::vector<RunMark>> look(Database& db) override;
    [[nodiscard]] Result<std::optional<ParsedRun>> read(Database& db, std::int64_t row, bool bodies,
                                                        const Skipped& skipped) override;
    [[nodiscard]] Result<std::optional<std::int64_t>> find(Database& db, const std::string& nativeId) override;
    [[nodiscard]] Result<std::vector<RowScanPlan>> scanPlans(Database& db) override;

private:
    struct Trace {
        std::string id, session, request, response;
        std::string experiment;
        UtcNs start = 0, end = 0;
        StepStatus status = StepStatus::Unset;
        std::int64_t promptTokens = 0, completionTokens = 0;
        std::optional<double> costUsd;
        Texts tags, metadata;
    };
    [[nodiscard]] Status mark(Database& db, std::vector<RunMark>& byId, const std::string& sql);
    [[nodiscard]] Result<bool> readTrace(Database& db, std::int64_t row, Trace& trace);
    [[nodiscard]] Status readTexts(Database& db, std::string_view table, const std::string& id, Texts& texts);
    [[nodiscard]] Status addSpans(Database& db, const Trace& trace, bool bodies, const Skipped& skipped,
                                  SpanRunBuilder& builder);
    void addSpan(std::string_view json, Span& span, bool bodies, const Skipped& skipped, SpanRunBuilder& builder);
    [[nodiscard]] Status addFileSpans(const Trace& trace, bool bodies, const Skipped& skipped, SpanRunBuilder& builder);
    void fillRun(const Trace& trace, Run& run);
    [[nodiscard]] Status fillVersion(Database& db, const Trace& trace, RunRecord& record);
    void fillUsage(const Trace& trace, Run& run);

    std::filesystem::path m_folder; ///< of the database, canonical
    std::string m_traceSql, m_lookSql, m_spansSql, m_modelSql;
    bool m_hasRationales = false;
    bool m_hasTags = false, m_hasMetadata = false;
    std::vector<std::string> m_marks;
    MlflowScores m_scores;
    Parser m_parser;
    openinference::Parsers m_texts;
};

MlflowFormat::MlflowFormat(std::span<const TableInfo> tables, const std::filesystem::path& database) : m_scores(tables)
{
    std::error_code error;
    m_folder = std::filesystem::canonical(database, error).parent_path();
    const TableInfo* traces = storedTable(tables, "trace_info");
    const auto column = [&](std::string_view name) { return sqltext::column(traces, "t", name); };
    m_lookSql =
        formatText("SELECT {}, t.request_id, t.timestamp_ms, t.status, {}, octet_length({}), {} FROM trace_info t",
                   sqltext::rowId("t"), column("execution_time_ms"), column("response_preview"), column("total_tokens"));
    m_traceSql =
        formatText("SELECT t.request_id, t.timestamp_ms, {}, t.status, (SELECT e.name FROM experiments e WHERE "
                   "e.experiment_id = t.experiment_id), {}, {}, {}, {}, {}, {} FROM trace_info t WHERE {} = ?",
                   column("execution_time_ms"), column("session_id"), column("request_preview"), column("response_preview"),
                   column("input_tokens"), column("output_tokens"), column("total_cost"), sqltext::rowId("t"));
    const auto keyed = [&](std::string_view name) {
        const TableInfo* table = storedTable(tables, name);
        return table && table->hasColumn("key") && table->hasColumn("value") && table->hasColumn("request_id");
    };
    m_hasTags = keyed("trace_tags");
    m_hasMetadata = keyed("trace_request_metadata");
    if (m_hasTags) m_marks.emplace_back("SELECT request_id, count(*) FROM trace_tags GROUP BY request_id");
    const TableInfo* spans = storedTable(tables, "spans");
    if (spans && spans->hasColumn("trace_id") && spans->hasColumn("span_id") && spans->hasColumn("content")) {
        const auto of = [&](std::string_view name) { return sqltext::column(spans, "s", name); };
        m_spansSql =
            formatText("SELECT s.span_id, {}, {}, {}, {}, {}, {}, octet_length(s.content), {}, {} FROM spans s WHERE "
                       "s.trace_id = ?",
                       of("parent_span_id"), of("name"), of("status"), of("start_time_unix_nano"), of("end_time_unix_nano"),
                       sqltext::limited("s.content", kMaxSpanBytes), of("type"), of("model_name"));
        m_marks.emplace_back("SELECT trace_id, count(*) FROM spans GROUP BY trace_id");
    }
    const TableInfo* assessments = storedTable(tables, "assessments");
    m_hasRationales = assessments && assessments->hasColumn("trace_id") && assessments->hasColumn("span_id") &&
                      assessments->hasColumn("rationale");
    const TableInfo* models = storedTable(tables, "logged_models");
    if (models && models->hasColumn("model_id") && models->hasColumn("name"))
        m_modelSql = "SELECT m.name FROM logged_models m WHERE m.model_id = ?";
    std::ranges::copy(m_scores.marks(), std::back_inserter(m_marks));
}

/// Adds what a statement says of each trace to its state.
Status MlflowFormat::mark(Database& db, std::vector<RunMark>& byId, const std::string& sql)
{
    TR_ASSIGN(Statement row, db.prepare(sql));
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) return {};
        const std::uint64_t id = xxh64(cut(row.textAt(0), 512));
        const auto found = std::ranges::lower_bound(byId, id, {}, &RunMark::id);
        if (found == byId.end() || found->id != id) continue;
        found->state = StateHash().add(static_cast<std::int64_t>(found->state)).add(row, 1).value();
    }
}

Result<std::vector<RunMark>> MlflowFormat::look(Database& db)
{
    TR_TRY(m_scores.load(db));
    std::vector<RunMark> marks;
    {
        TR_ASSIGN(Statement row, db.prepare(m_lookSql));
        for (;;) {
            TR_ASSIGN(const bool more, row.step());
            if (!more) break;
            marks.push_back({row.intAt(0), xxh64(cut(row.textAt(1), 512)), StateHash().add(row, 2).value()});
        }
    }
    std::ranges::sort(marks, {}, &RunMark::id);
    for (const std::string& sql : m_marks) TR_TRY(mark(db, marks, sql));
    return marks;
}

Result<std::optional<std::int64_t>> MlflowFormat::find(Database& db, const std::string& nativeId)
{
    TR_TRY(m_scores.load(db));
    TR_ASSIGN(Statement row, db.prepare(formatText("SELECT {} FROM trace_info t WHERE t.request_id = ?", sqltext::rowId("t"))));
    row.bind(1, nativeId);
    TR_ASSIGN(const bool found, row.step());
    if (!found) return std::nullopt;
    return row.intAt(0);
}

Result<std::vector<RowScanPlan>> MlflowFormat::scanPlans(Database& db)
{
    std::vector<RowScanPlan> plans;
    if (m_spansSql.empty()) return plans;
    // Where a trace has its spans in a file, the rows do not hold everything.
    const auto elsewhere =
        db.scalar("SELECT EXISTS(SELECT 1 FROM trace_info t WHERE t.request_id NOT IN (SELECT s.trace_id FROM spans s))");
    if (!elsewhere && elsewhere.error().code != ErrorCode::Damaged) return std::unexpected(elsewhere.error());
    if (!elsewhere || *elsewhere != 0) return plans;
    const auto plan = [&](std::string_view alias, std::string_view table, std::string_view column, std::string place,
                          bool isJson) {
        RowScanPlan& made = plans.emplace_back();
        made.rowId = sqltext::rowId(alias);
        made.run = formatText("{}.trace_id", alias);
        made.step = formatText("{}.span_id", alias);
        made.from = made.table = formatText("{} {}", table, alias);
        made.texts = {{sqltext::limited(formatText("{}.{}", alias, column), kMaxSpanBytes), std::move(place), isJson}};
        made.stepOf = mlflowSpanId;
    };
    plan("s", "spans", "content", "step", true);
    if (m_hasRationales) plan("a", "assessments", "rationale", "judge", false);
    return plans;
}

Status MlflowFormat::readTexts(Database& db, std::string_view table, const std::string& id, Texts& texts)
{
    TR_ASSIGN(Statement row, db.prepare(formatText("SELECT k.key, {} FROM {} k WHERE k.request_id = ?",
                                                   sqltext::limited("k.value", kMaxMetadataBytes), table)));
    row.bind(1, id);
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more || texts.size() >= kMaxMetadata) return {};
        texts.emplace(cut(row.textAt(0), 512), toUtf8(row.textAt(1)));
    }
}

Result<bool> MlflowFormat::readTrace(Database& db, std::int64_t number, Trace& trace)
{
    {
        TR_ASSIGN(Statement row, db.prepare(m_traceSql));
        row.bind(1, number);
        TR_ASSIGN(const bool found, row.step());
        if (!found) return false;
        trace.id = cut(row.textAt(0), 512);
        trace.start = timeOfMilliseconds(row.intAt(1));
        if (trace.start && row.intAt(2) > 0)
            trace.end = timeOfMilliseconds(row.intAt(1) + std::min<std::int64_t>(row.intAt(2), std::int64_t{1} << 40));
        trace.status = traceStatus(row.textAt(3));
        trace.experiment = cut(row.textAt(4), 512);
        trace.session = cut(row.textAt(5), 512);
        trace.request = toUtf8(row.textAt(6));
        trace.response = toUtf8(row.textAt(7));
        trace.promptTokens = row.intAt(8);
        trace.completionTokens = row.intAt(9);
        if (!row.isNullAt(10)) trace.costUsd = row.doubleAt(10);
    }
    if (m_hasTags) TR_TRY(readTexts(db, "trace_tags", trace.id, trace.tags));
    if (m_hasMetadata) TR_TRY(readTexts(db, "trace_request_metadata", trace.id, trace.metadata));
    return true;
}

void MlflowFormat::addSpan(std::string_view json, Span& span, bool bodies, const Skipped& skipped, SpanRunBuilder& builder)
{
    // What the columns say stands; the rest is in the text.
    const auto parsed = m_parser.parse(json);
    if (parsed)
        readMlflowSpan(*parsed, span);
    else if (!json.empty())
        skipped(formatText("span {} of trace {}", cut(span.spanId, 64), cut(span.traceId, 64)), parsed.error().detail);
    builder.add(normaliseMlflowSpan(span, bodies), bodies ? toUtf8(json) : std::string());
}

Status MlflowFormat::addSpans(Database& db, const Trace& trace, bool bodies, const Skipped& skipped, SpanRunBuilder& builder)
{
    if (!m_spansSql.empty()) {
        TR_ASSIGN(Statement row, db.prepare(m_spansSql));
        row.bind(1, trace.id);
        for (;;) {
            TR_ASSIGN(const bool more, row.step());
            if (!more) break;
            Span span;
            span.traceId = trace.id;
            span.spanId = mlflowSpanId(row.textAt(0));
            span.parentId = mlflowSpanId(row.textAt(1));
            span.name = cut(row.textAt(2), 512);
            span.status = traceStatus(row.textAt(3));
            span.start = std::max<std::int64_t>(row.intAt(4), 0);
            span.end = std::max<std::int64_t>(row.intAt(5), 0);
            if (row.isNullAt(6) && row.intAt(7) > 0)
                skipped(formatText("span {} of trace {}", span.spanId, cut(trace.id, 64)),
                        formatText("it has {} bytes; at most {} are read", row.intAt(7), kMaxSpanBytes));
            if (const auto type = row.textAt(8); !type.empty() && type != "UNKNOWN")
                span.attributes.addOwned("mlflow.spanType", toUtf8(type));
            if (!row.textAt(9).empty()) span.attributes.addOwned("mlflow.llm.model", toUtf8(row.textAt(9)));
            addSpan(row.textAt(6), span, bodies, skipped, builder);
        }
    }
    return builder.empty() ? addFileSpans(trace, bodies, skipped, builder) : Status();
}

Status MlflowFormat::addFileSpans(const Trace& trace, bool bodies, const Skipped& skipped, SpanRunBuilder& builder)
{
    const std::string where = "trace " + cut(trace.id, 64);
    const std::string archive = tagOf(trace.tags, "mlflow.trace.archiveLocation");
    if (!archive.empty()) {
        skipped(where, "its spans were archived to " + cut(archive, 300) + ", and were not read");
        return {};
    }
    const std::string location = tagOf(trace.tags, "mlflow.artifactLocation");
    if (location.empty() && trace.status == StepStatus::Unset) return {}; // it is running yet
    const auto file = mlflowTraceFile(m_folder, location);
    if (!file) {
        skipped(where, file.error());
        return {};
    }
    const auto opened = InputFile::open(*file);
    if (!opened || opened->sizeBytes() > kMaxTraceFileBytes) {
        skipped(where, opened ? formatText("its traces.json has {} bytes; at most {} are read", opened->sizeBytes(),
                                           kMaxTraceFileBytes)
                              : opened.error().detail);
        return {};
    }
    TR_ASSIGN(const std::string text, opened->read(0, opened->sizeBytes()));
    Parser parser;
    const auto parsed = parser.parse(text);
    const auto spans = parsed ? member(*parsed, "spans") : std::nullopt;
    if (!isArray(spans)) {
        skipped(where, "its traces.json: " + (parsed ? std::string("there are no spans in it") : parsed.error().detail));
        return {};
    }
    for (const Value each : simdjson::dom::array(*spans)) {
        Span span;
        span.traceId = trace.id;
        addSpan(simdjson::minify(each), span, bodies, skipped, builder);
    }
    return {};
}

Status MlflowFormat::fillVersion(Database& db, const Trace& trace, RunRecord& record)
{
    VersionFacts facts;
    if (auto commit = tagOf(trace.metadata, "mlflow.source.git.commit"); !commit.empty()) {
        facts.commit = cut(commit, 512);
        facts.commitKey = "mlflow.source.git.commit";
    }
    if (const std::string model = tagOf(trace.metadata, "mlflow.modelId"); !model.empty()) {
        facts.label = cut(model, 512);
        facts.labelKey = "mlflow.modelId";
        if (!m_modelSql.empty()) {
            TR_ASSIGN(Statement row, db.prepare(m_modelSql));
            row.bind(1, model);
            TR_ASSIGN(const bool found, row.step());
            if (found && !row.textAt(0).empty()) facts.label = cut(row.textAt(0), 512);
        }
    }
    std::string prompts = tagOf(trace.tags, "mlflow.linkedPrompts");
    if (prompts.empty()) prompts = tagOf(trace.metadata, "mlflow.linkedPrompts");
    if (const auto parsed = m_parser.parse(prompts); parsed && isArray(*parsed))
        for (const Value each : simdjson::dom::array(*parsed)) {
            const std::string name = textOf(member(each, "name")), version = textOf(member(each, "version"));
            if (name.empty() || facts.prompt.size() > 400) continue;
            facts.prompt += formatText("{}{}@{}", facts.prompt.empty() ? "" : ", ", cut(name, 200), cut(version, 100));
            facts.promptKey = "mlflow.linkedPrompts";
        }
    VersionFacts others = findVersion(
        [&](std::string_view key) {
            std::string text = tagOf(trace.metadata, key);
            return text.empty() ? tagOf(trace.tags, key) : text;
        },
        [&](const VersionKeyVisit& visit) {
            for (const auto& [key, value] : trace.metadata) visit(key, value);
            for (const auto& [key, value] : trace.tags) visit(key, value);
        });
    // Where the spans have said it, metadata and tags are asked by a rule alone.
    if (!facts.any() && record.run.harnessVersion.empty())
        facts = std::move(others);
    else
        facts.keys = std::move(others.keys);
    setVersion(record, facts);
    return {};
}

void MlflowFormat::fillUsage(const Trace& trace, Run& run)
{
    if (trace.promptTokens > 0 || trace.completionTokens > 0) {
        run.promptTokens = trace.promptTokens;
        run.completionTokens = trace.completionTokens;
    }
    if (const auto usage = m_parser.parse(tagOf(trace.metadata, "mlflow.trace.tokenUsage")); usage && isObject(*usage)) {
        run.promptTokens = integerOf(member(*usage, "input_tokens"));
        run.completionTokens = integerOf(member(*usage, "output_tokens"));
    }
    if (trace.costUsd) run.costUsd = trace.costUsd;
    if (const auto cost = m_parser.parse(tagOf(trace.metadata, "mlflow.trace.cost")))
        if (const auto total = numberOf(member(*cost, "total_cost"))) run.costUsd = *total;
}

void MlflowFormat::fillRun(const Trace& trace, Run& run)
{
    run.nativeId = trace.id;
    run.project = trace.experiment;
    run.status = trace.status;
    if (trace.start) run.start = trace.start;
    if (trace.end) run.end = trace.end;
    run.end = std::max(run.end, run.start);
    for (const std::string& session : {trace.session, tagOf(trace.metadata, "mlflow.trace.session")})
        if (!session.empty()) run.sessionId = cut(session, 512);
    if (const std::string user = tagOf(trace.metadata, "mlflow.trace.user"); !user.empty()) run.userId = cut(user, 512);
    for (const std::string& asked : {trace.request, tagOf(trace.metadata, "mlflow.traceInputs")})
        if (run.task.empty()) run.task = cut(openinference::userTextOf(asked, m_texts), kStepTextBytes);
    for (const std::string& answered : {trace.response, tagOf(trace.metadata, "mlflow.traceOutputs")})
        if (run.answer.empty()) run.answer = cut(openinference::answerTextOf(answered, m_texts), kStepTextBytes);
    fillUsage(trace, run);
}

Result<std::optional<ParsedRun>> MlflowFormat::read(Database& db, std::int64_t row, bool bodies, const Skipped& skipped)
{
    Trace trace;
    TR_ASSIGN(const bool found, readTrace(db, row, trace));
    if (!found) return std::nullopt;
    SpanRunBuilder builder;
    TR_TRY(addSpans(db, trace, bodies, skipped, builder));
    if (builder.leftOut() > 0)
        skipped("trace " + cut(trace.id, 64), formatText("{} spans of it were left out", builder.leftOut()));
    ParsedRun parsed = builder.finish(bodies);
    fillRun(trace, parsed.record.run);
    TR_TRY(fillVersion(db, trace, parsed.record));
    TR_TRY(m_scores.addTo(db, parsed.record));
    return parsed;
}

/// What an MLflow database without a trace is.
Result<std::unique_ptr<StoreReader>> withoutTraces(DatabaseCandidate& candidate)
{
    const auto count = [&](std::string_view name) -> Result<std::int64_t> {
        if (!storedTable(candidate.tables, name)) return 0;
        return candidate.db.scalar(formatText("SELECT count(*) FROM {}", name));
    };
    TR_ASSIGN(const std::int64_t runs, count("runs"));
    TR_ASSIGN(const std::int64_t experiments, count("experiments"));
    if (runs == 0)
        return fail(ErrorCode::Empty, candidate.path.string(), "this is an MLflow database in which no trace was recorded yet");
    return fail(
        ErrorCode::UnknownFormat, candidate.path.string(),
        formatText("this is an MLflow database with {} {} of machine learning in {} {}, and without a trace of an agent", runs,
                   runs == 1 ? "run" : "runs", experiments, experiments == 1 ? "experiment" : "experiments"));
}

} // namespace

Result<std::unique_ptr<StoreReader>> openMlflow(DatabaseCandidate& candidate)
{
    TR_ASSIGN(const bool isMlflow, hasTables(candidate, "an MLflow database",
                                             {{"experiments", {"experiment_id", "name", "lifecycle_stage"}},
                                              {"runs", {"run_uuid", "experiment_id", "artifact_uri"}}}));
    TR_ASSIGN(const bool hasTraces, hasTables(candidate, "an MLflow database",
                                              {{"experiments", {"experiment_id", "name"}},
                                               {"trace_info", {"request_id", "experiment_id", "timestamp_ms", "status"}}}));
    if (!hasTraces) return isMlflow ? withoutTraces(candidate) : nullptr;
    TR_ASSIGN(const std::int64_t any, candidate.db.scalar("SELECT EXISTS (SELECT 1 FROM trace_info)"));
    if (!any) return withoutTraces(candidate);
    StoreInfo info;
    info.kind = kMlflowKind;
    info.title = "MLflow database";
    const TableInfo* spans = storedTable(candidate.tables, "spans");
    const TableInfo* traces = storedTable(candidate.tables, "trace_info");
    std::string generation = "traces in artifacts";
    if (storedTable(candidate.tables, "assessments")) generation = "assessments";
    if (spans) generation = "spans";
    if (storedTable(candidate.tables, "issues")) generation = "issues";
    if (storedTable(candidate.tables, "review_queues")) generation = "review queues";
    if (traces->hasColumn("total_tokens")) generation = "analytics";
    if (const TableInfo* alembic = storedTable(candidate.tables, "alembic_version");
        alembic && alembic->hasColumn("version_num")) {
        TR_ASSIGN(Statement row, candidate.db.prepare("SELECT version_num FROM alembic_version"));
        TR_ASSIGN(const bool found, row.step());
        if (found) generation += ", alembic " + cut(row.textAt(0), 40);
    }
    info.schema = formatText("mlflow ({})", generation);
    auto format = std::make_unique<MlflowFormat>(candidate.tables, candidate.path);
    return std::make_unique<DatabaseReader>(std::move(candidate.db), candidate.path, std::move(info), std::move(format));
}

} // namespace tackroom
