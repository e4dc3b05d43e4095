// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/mlflowscores.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/annotations.h"
#include "core/readers/conversation.h"
#include "core/readers/mlflowspans.h"

#include <algorithm>
#include <map>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::uint64_t kMaxAssessmentBytes = std::uint64_t{1} << 20;
constexpr std::size_t kMaxIssues = 100'000;

enum Column : int {
    AssessmentId,
    Name,
    Type,
    Value_,
    ErrorText,
    Created,
    Updated,
    SourceType,
    SourceId,
    SpanId,
    Rationale,
    Overrides,
    Valid
};

Annotator annotatorOfSource(std::string_view type)
{
    if (type == "HUMAN") return Annotator::Human;
    if (type == "CODE") return Annotator::Code;
    if (type == "LLM_JUDGE" || type == "AI_JUDGE") return Annotator::Llm;
    return Annotator::Unknown;
}

std::string targetOf(const RunRecord& record, const Score& score)
{
    const auto step = std::ranges::find(record.steps, score.stepId, &Step::nativeId);
    if (score.stepId.empty() || step == record.steps.end()) return score.name;
    return step->toolName.empty() ? step->name : step->toolName;
}

std::string shownValue(const Score& score)
{
    return score.label.empty() && score.value ? formatText("{}", *score.value) : score.label;
}

} // namespace

MlflowScores::MlflowScores(std::span<const TableInfo> tables)
{
    const TableInfo* assessments = storedTable(tables, "assessments");
    if (assessments && assessments->hasColumn("assessment_id") && assessments->hasColumn("trace_id") &&
        assessments->hasColumn("name") && assessments->hasColumn("value")) {
        const auto column = [&](std::string_view name, std::string_view otherwise = "NULL") {
            return sqltext::column(assessments, "a", name, otherwise);
        };
        const auto text = [&](std::string_view name) { return sqltext::limited(column(name), kMaxAssessmentBytes); };
        const std::string updated = column("last_updated_timestamp", "0");
        m_assessmentsSql =
            formatText("SELECT a.assessment_id, a.name, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {} FROM assessments a WHERE "
                       "a.trace_id = ? "
                       "ORDER BY {}, a.assessment_id",
                       column("assessment_type", "'feedback'"), text("value"), text("error"), column("created_timestamp", "0"),
                       updated, column("source_type"), column("source_id"), column("span_id"), text("rationale"),
                       column("overrides"), column("valid", "1"), column("created_timestamp", "1"));
        m_marks.push_back(formatText("SELECT a.trace_id, count(*), max({}), sum({}) FROM assessments a GROUP BY a.trace_id",
                                     updated, column("valid", "1")));
    }
    const TableInfo* issues = storedTable(tables, "issues");
    if (issues && issues->hasColumn("issue_id") && issues->hasColumn("name"))
        m_issuesSql = formatText("SELECT i.issue_id, i.name, {}, {} FROM issues i",
                                 sqltext::limited(sqltext::column(issues, "i", "description"), kMaxAssessmentBytes),
                                 sqltext::column(issues, "i", "status"));
    const TableInfo* items = storedTable(tables, "review_queue_traces");
    const TableInfo* queues = storedTable(tables, "review_queues");
    if (items && items->hasColumn("target_id") && items->hasColumn("queue_id") && items->hasColumn("status")) {
        const bool named = queues && queues->hasColumn("queue_id") && queues->hasColumn("name");
        m_reviewsSql =
            formatText("SELECT r.status, {}, {}, {} FROM review_queue_traces r WHERE r.target_id = ? ORDER BY r.queue_id",
                       sqltext::column(items, "r", "completed_by"), sqltext::column(items, "r", "completed_time_ms", "0"),
                       named ? "(SELECT q.name FROM review_queues q WHERE q.queue_id = r.queue_id)" : "''");
        m_marks.push_back(formatText("SELECT r.target_id, count(*), max({}) FROM review_queue_traces r GROUP BY r.target_id",
                                     sqltext::column(items, "r", "last_update_time_ms", "0")));
    }
}

Status MlflowScores::load(Database& db)
{
    m_issues.clear();
    if (m_issuesSql.empty()) return {};
    TR_ASSIGN(Statement row, db.prepare(m_issuesSql));
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more || m_issues.size() >= kMaxIssues) return {};
        m_issues[cut(row.textAt(0), 512)] = {cut(row.textAt(1), kStepTextBytes), cut(row.textAt(2), kStepTextBytes),
                                             cut(row.textAt(3), 50)};
    }
}

/// A value as MLflow writes it: JSON.
void MlflowScores::readValue(Score& score, std::string_view text)
{
    const auto parsed = m_parser.parse(text);
    if (!parsed) {
        score.label = cut(text, kStepTextBytes);
        return;
    }
    bool truth = false;
    if (parsed->get(truth) == simdjson::SUCCESS) {
        score.label = truth ? "true" : "false";
        score.value = truth ? 1 : 0;
    } else if (const auto number = numberOf(*parsed)) {
        score.value = *number;
    } else {
        score.label = cut(textOf(*parsed), kStepTextBytes);
        const std::string word = asciiLower(score.label); // the answers of MLflow's own judges
        if (word == "yes") score.value = 1;
        if (word == "no") score.value = 0;
    }
}

void MlflowScores::readIssue(Score& score, std::string_view value)
{
    const auto parsed = m_parser.parse(value);
    bool rejected = false;
    for (const std::string& key : {score.name, parsed ? textOf(*parsed) : std::string()}) {
        const auto issue = m_issues.find(key);
        if (issue == m_issues.end()) continue;
        rejected = asciiLower(issue->second.status) == "rejected"; // a person said that it is none
        score.label = issue->second.name;
        if (score.explanation.empty()) score.explanation = issue->second.description;
        break;
    }
    if (score.label.empty()) score.label = parsed && parsed->is_string() ? cut(textOf(*parsed), kStepTextBytes) : score.name;
    score.name = rejected ? "rejected issue" : "issue";
}

Score MlflowScores::scoreOf(const Statement& row)
{
    Score score;
    score.name = cut(row.textAt(Name), 512);
    score.stepId = mlflowSpanId(row.textAt(SpanId));
    score.explanation = cut(row.textAt(Rationale), kStepTextBytes);
    score.annotator = annotatorOfSource(row.textAt(SourceType));
    score.by = cut(row.textAt(SourceId), 512);
    score.time = timeOfMilliseconds(row.intAt(Updated) ? row.intAt(Updated) : row.intAt(Created));
    const auto type = row.textAt(Type);
    if (type == "issue") {
        readIssue(score, row.textAt(Value_));
        return score;
    }
    readValue(score, row.textAt(Value_));
    if (type == "expectation") {
        score.name = "expected " + score.name;
        return score;
    }
    if (!row.textAt(ErrorText).empty()) { // the judge failed, and not the run
        score.value.reset();
        score.label.clear();
        if (score.explanation.empty()) score.explanation = cut(row.textAt(ErrorText), kStepTextBytes);
        return score;
    }
    if (row.isNullAt(Valid) || row.intAt(Valid) != 0) judgeScore(score);
    return score;
}

Status MlflowScores::addAssessments(Database& db, RunRecord& record)
{
    TR_ASSIGN(Statement row, db.prepare(m_assessmentsSql));
    row.bind(1, record.run.nativeId);
    std::map<std::string, std::size_t> byId;
    struct Override {
        std::size_t score;
        std::string of;
    };
    std::vector<Override> overrides;
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) break;
        byId.emplace(cut(row.textAt(AssessmentId), 512), record.scores.size());
        if (!row.textAt(Overrides).empty()) overrides.push_back({record.scores.size(), cut(row.textAt(Overrides), 512)});
        record.scores.push_back(scoreOf(row));
        const Score& score = record.scores.back();
        const bool isFeedback = row.textAt(Type) == "feedback" && row.textAt(Overrides).empty();
        auto decision = isFeedback ? decisionOf(score) : std::nullopt;
        if (!decision) continue;
        decision->target = targetOf(record, score);
        record.decisions.push_back(std::move(*decision));
    }
    for (const auto& [index, of] : overrides) {
        const Score& score = record.scores[index];
        if (score.annotator != Annotator::Human) continue;
        HumanDecision decision;
        decision.stepId = score.stepId;
        decision.kind = DecisionKind::Override;
        decision.by = score.by;
        decision.time = score.time;
        decision.target = score.name;
        if (const auto before = byId.find(of); before != byId.end())
            decision.before = shownValue(record.scores[before->second]);
        decision.after = shownValue(score);
        decision.reason = score.explanation;
        record.decisions.push_back(std::move(decision));
    }
    return {};
}

Status MlflowScores::addReviews(Database& db, RunRecord& record)
{
    TR_ASSIGN(Statement row, db.prepare(m_reviewsSql));
    row.bind(1, record.run.nativeId);
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) return {};
        const std::string status = asciiLower(row.textAt(0));
        if (status != "complete" && status != "declined") continue;
        HumanDecision decision;
        decision.kind = DecisionKind::Answer;
        decision.by = cut(row.textAt(1), 512);
        decision.time = timeOfMilliseconds(row.intAt(2));
        decision.target = "review queue " + cut(row.textAt(3), 512);
        decision.after = status;
        record.decisions.push_back(std::move(decision));
    }
}

Status MlflowScores::addTo(Database& db, RunRecord& record)
{
    if (!m_assessmentsSql.empty()) TR_TRY(addAssessments(db, record));
    if (!m_reviewsSql.empty()) TR_TRY(addReviews(db, record));
    return {};
}

} // namespace tackroom
