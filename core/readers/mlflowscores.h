// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// What people, code and judges said of an MLflow trace: assessments, issues and review queues (mlflow.h says how they map).
#include "core/readers/databasereader.h"

#include <string>
#include <unordered_map>

namespace tackroom
{

class MlflowScores
{
public:
    explicit MlflowScores(std::span<const TableInfo> tables);
    /// Issues and review queues, which are few; before the traces.
    [[nodiscard]] Status load(Database& db);
    /// Statements that answer (trace id, numbers that change when something was said of it), for look(); empty ones left out.
    [[nodiscard]] const std::vector<std::string>& marks() const { return m_marks; }
    /// Adds scores and decisions of the trace.
    [[nodiscard]] Status addTo(Database& db, RunRecord& record);

private:
    struct Issue {
        std::string name, description, status;
    };
    [[nodiscard]] Status addAssessments(Database& db, RunRecord& record);
    [[nodiscard]] Status addReviews(Database& db, RunRecord& record);
    [[nodiscard]] Score scoreOf(const Statement& row);
    void readValue(Score& score, std::string_view text);
    void readIssue(Score& score, std::string_view value);

    std::string m_assessmentsSql, m_issuesSql, m_reviewsSql;
    std::vector<std::string> m_marks;
    std::unordered_map<std::string, Issue> m_issues;
    jsonvalues::Parser m_parser;
};

} // namespace tackroom
