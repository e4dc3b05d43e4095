// SPDX-License-Identifier: GPL-3.0-or-later
// The query of the traces page: what was not understood, what completes it, saved views.
#include "ui/traces/tracespage.h"

#include "ui/common/sentences.h"
#include "ui/common/shown.h"
#include "ui/models/runtablemodel.h"
#include "ui/models/session.h"
#include "ui/traces/outcomebar.h"
#include "ui/traces/runview.h"
#include "ui/traces/textsearch.h"

#include <algorithm>

namespace tackroom::ui
{

namespace
{
constexpr std::size_t kMostValues = 40;

/// "field:value", quoted where the value has spaces.
QString completion(const QString& field, const QString& value)
{
    return value.contains(QLatin1Char(' ')) ? QString(field + QStringLiteral(":\"") + value + QLatin1Char('"'))
                                            : QString(field + QLatin1Char(':') + value);
}
/// Why a part of the query says nothing to us.
QString problemText(QueryProblem::Why why)
{
    switch (why) {
    case QueryProblem::Why::Field:
        return TracesPage::tr("there is no such field");
    case QueryProblem::Why::Empty:
        return TracesPage::tr("a value is missing");
    case QueryProblem::Why::Value:
        return TracesPage::tr("no such value");
    case QueryProblem::Why::Number:
        return TracesPage::tr("a number is needed");
    case QueryProblem::Why::Comparison:
        return TracesPage::tr("write > or < before the number");
    case QueryProblem::Why::Time:
        return TracesPage::tr("write 2w, 3d, 12h or a day");
    }
    return {};
}
} // namespace

void TracesPage::setQuery(const QString& query)
{
    if (query == m_query) return;
    m_query = query;
    const RunFilter filter = parseRunFilter(utf8(query));
    QStringList unknown;
    for (const QueryProblem& part : filter.notUnderstood)
        unknown.append(QString(shownLine(part.typed, 80) + QStringLiteral(" – ") + problemText(part.why)));
    Q_EMIT queryNotUnderstood(unknown.join(QStringLiteral(", ")));
    m_search->setQuery(filter);
    m_filterSoon.start();
}

/// Words in the texts of runs: more runs than the index alone finds, and the places in the run that is shown.
void TracesPage::connectSearch()
{
    connect(m_search, &TextSearch::filterChanged, this, [this] { m_filterSoon.start(); });
    connect(m_search, &TextSearch::stepWanted, this, [this](RunRow row, const std::string& step) {
        if (m_first->row() == row) m_first->showRun(row, step);
    });
    // A place that was asked for stays; a run that was merely opened is read at its first match.
    connect(m_first, &RunView::placeChanged, this,
            [this] { m_search->showRun(m_first->row(), m_first->currentStep().empty()); });
    addPageAction(m_split, QStringLiteral("traces.searchAll"), tr("Search the texts of all runs"),
                  QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_F), [this] { m_search->searchEverything(); });
    addPageAction(m_split, QStringLiteral("traces.searchStop"), tr("Stop searching"), {}, [this] { m_search->stop(); });
    addPageAction(m_split, QStringLiteral("traces.nextMatch"), tr("Next match in the run"), QKeySequence(Qt::Key_F3),
                  [this] { m_search->goToMatch(1); });
    addPageAction(m_split, QStringLiteral("traces.previousMatch"), tr("Previous match in the run"),
                  QKeySequence(Qt::SHIFT | Qt::Key_F3), [this] { m_search->goToMatch(-1); });
}

void TracesPage::loadCompletions()
{
    using Values = FieldValues;
    m_session.jobs().cancel(m_completionJob);
    m_completionJob = m_session.askRuns<Values>(
        this,
        [](RunQueries& queries) -> Result<Values> {
            Values values;
            for (const QueryField& field : queryFields()) {
                const bool few = field.kind == QueryField::Kind::Word || field.kind == QueryField::Kind::Score ||
                                 field.kind == QueryField::Kind::Text;
                // Ids, sessions and users are many, and nobody picks one from a list.
                if (!few || field.name == "id" || field.name == "session" || field.name == "user") continue;
                TR_ASSIGN(auto found, queries.values(field.name, kMostValues));
                values.emplace_back(field.name, std::move(found));
            }
            return values;
        },
        [this](Result<Values> values) {
            m_completionJob = 0;
            if (!values) return; // the query works without them
            fillCompletions(*values);
            Q_EMIT queryBoxChanged();
        });
}

/// A column in which nothing will ever stand takes no room.
void TracesPage::lookForCosts()
{
    m_session.jobs().cancel(m_costJob);
    m_costJob = m_session.askRuns<std::int64_t>(
        this, [](RunQueries& queries) { return queries.count(parseRunFilter("has:cost")); },
        [this](Result<std::int64_t> runs) {
            m_costJob = 0;
            if (runs) m_table->setCostKnown(*runs > 0);
        });
}

void TracesPage::fillCompletions(const FieldValues& values)
{
    QStringList scores;
    for (const auto& [field, found] : values)
        if (field == "score")
            for (const auto& each : found) scores.append(own(each.first));
    m_outcomes->setScores(scores);
    const auto sources = std::ranges::find(values, std::string("source"), &FieldValues::value_type::first);
    m_outcomes->setStatusOnly(sources != values.end() && std::ranges::all_of(sources->second, [](const auto& each) {
                                  return each.first == nameOf(OutcomeSource::Status) ||
                                         each.first == nameOf(OutcomeSource::None);
                              }));
    m_completions.clear();
    const auto offer = [this](const QString& text, const QString& beside) {
        m_completions.append(QString(text + QLatin1Char('\t') + beside));
    };
    for (const QueryField& field : queryFields()) {
        const QString name = own(std::string(field.name)) + QLatin1Char(':');
        const auto found = std::ranges::find(values, field.name, [](const auto& each) { return std::string_view(each.first); });
        const bool any = found != values.end() && !found->second.empty();
        switch (field.kind) {
        case QueryField::Kind::Number:
            offer(QString(name + QLatin1Char('>')), tr("a number; also <, >=, <=, =, A..B"));
            break;
        case QueryField::Kind::Duration:
            offer(QString(name + QLatin1Char('>')), tr("a duration: 30s, 5m, 200ms"));
            break;
        case QueryField::Kind::Time:
            offer(name, tr("an age or a day: 2w, 3d, 2026-03-01"));
            break;
        default:
            if (!any) offer(name, tr("a value"));
        }
        if (!any) continue;
        for (const auto& [value, runs] : found->second) {
            if (value.empty()) continue;
            offer(completion(name.chopped(1), shownLine(value, 80)),
                  runs == 1 ? tr("1 run") : tr("%1 runs").arg(countText(runs)));
        }
    }
}

std::optional<QList<Page::QueryView>> TracesPage::queryViews() const
{
    if (m_session.storeState() != Session::State::Ready) return std::nullopt;
    QList<QueryView> views;
    for (const SavedView& view : m_session.storeSettings().views) views.append({shownLine(view.name, 80), own(view.query)});
    return views;
}

void TracesPage::keepQueryView(const QString& name, const QString& query) { m_session.keepView(name, query); }

void TracesPage::forgetQueryView(const QString& name) { m_session.forgetView(name); }

} // namespace tackroom::ui
