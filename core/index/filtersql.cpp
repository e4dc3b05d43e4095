// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/filtersql.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/index/everywhere.h"
#include "core/index/indexschema.h"
#include "core/index/packedparts.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

namespace tackroom::filtersql
{

namespace
{

constexpr std::size_t kMaxNames = 2000;
constexpr std::int64_t kScoredRuns = 2000; ///< that the names of scores are taken from
constexpr std::string_view kNoVersion = "none";

/// A LIKE pattern of what contains the text.
std::string contains(std::string_view text)
{
    std::string pattern = "%";
    for (const char c : cutUtf8(text, 300)) {
        if (c == '%' || c == '_' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern + '%';
}

/// The scores of every run that has some; `newest` above 0: of so many runs alone, the latest ones.
Status forEachScored(Database& db, std::int64_t newest,
                     const std::function<void(std::int64_t, const std::vector<Score>&)>& visit)
{
    std::string sql = "SELECT id FROM runs WHERE score_count > 0";
    if (newest > 0) sql += formatText(" ORDER BY id DESC LIMIT {}", newest);
    TR_ASSIGN(Statement runs, db.prepare(sql));
    for (;;) {
        TR_ASSIGN(const bool more, runs.step());
        if (!more) return {};
        TR_ASSIGN(const UnpackedParts parts, readParts(db, runs.intAt(0), PartsWanted::Judgements));
        visit(runs.intAt(0), parts.scores);
    }
}

class Builder
{
public:
    Builder(Database& db, bool derived, bool texts) : m_db(db), m_derived(derived), m_texts(texts) {}

    Status addWord(const std::string& word)
    {
        m_conditions.push_back(ofWord(word));
        return {};
    }

    /// A comparison, a score, what must be there, and all that must not be: each counts by itself.
    Status addCondition(const RunCondition& condition)
    {
        TR_ASSIGN(std::string text, single(condition));
        // What is not known is not greater than anything: "not greater" keeps it.
        m_conditions.push_back(condition.negated ? formatText("NOT coalesce({}, 0)", text) : std::move(text));
        return {};
    }

    /// `found`: rows of runs, as a JSON list, in which it was found by other means.
    std::string ofWord(const std::string& word, const std::string& found = {})
    {
        const std::string pattern = contains(word);
        std::string text = "(";
        for (const std::string_view column : {"task", "answer", "native_id", "run_key", "session_id", "user_id"})
            text += formatText("r.{} LIKE {} ESCAPE '\\' OR ", column, value(pattern));
        text += formatText("r.id IN (SELECT id >> 20 FROM errors WHERE text LIKE {0} ESCAPE '\\' OR type LIKE {0} "
                           "ESCAPE '\\')",
                           value(pattern));
        if (m_texts) text += " OR r.id IN (" + inTexts(word) + ")";
        if (!found.empty()) text += formatText(" OR r.id IN (SELECT value FROM json_each({}))", value(found));
        return text + ")";
    }

    std::string inTexts(const std::string& word)
    {
        const TextCondition condition = textConditionOf(word);
        std::string text = "SELECT rowid >> 20 FROM t.texts WHERE ";
        if (!condition.match.empty()) text += formatText("texts MATCH {}", value(condition.match));
        if (!condition.like.empty())
            text += formatText("{}text LIKE {} ESCAPE '\\'", condition.match.empty() ? "" : " AND ", value(condition.like));
        return text;
    }

    /// Several values of one field: any of them.
    Status addField(std::string_view field, const std::vector<std::string>& values)
    {
        std::string text;
        for (const std::string& each : values) {
            TR_ASSIGN(const std::string one, condition(field, each));
            text += (text.empty() ? "(" : " OR ") + one;
        }
        m_conditions.push_back(text + ")");
        return {};
    }

    Where finish()
    {
        for (std::size_t i = 0; i < m_conditions.size(); ++i) m_where.text += (i == 0 ? " WHERE " : " AND ") + m_conditions[i];
        return std::move(m_where);
    }

private:
    std::string value(std::int64_t number)
    {
        m_where.values.emplace_back(number);
        return formatText("?{}", m_where.values.size());
    }
    std::string value(std::string text)
    {
        m_where.values.emplace_back(std::move(text));
        return formatText("?{}", m_where.values.size());
    }
    std::string list(const std::vector<std::string>& values)
    {
        std::string text = "(";
        for (std::size_t i = 0; i < values.size(); ++i) text += (i ? "," : "") + value(values[i]);
        return text + ")";
    }
    /// By a range, so that an index serves it and no letter of the value is special.
    std::string beginsWith(std::string_view column, const std::string& prefix)
    {
        return formatText("(r.{0} >= {1} AND r.{0} < {2})", column, value(prefix), value(prefix + "\U0010FFFF"));
    }

    Result<std::string> condition(std::string_view field, const std::string& text)
    {
        if (field == "outcome") return ofOutcome(static_cast<std::int64_t>(*outcomeValue(text)), "outcome");
        if (field == "source") return ofOutcome(static_cast<std::int64_t>(*sourceValue(text)), "source");
        if (field == "since") return formatText("r.start_ns >= {}", value(sinceValue(text, utcNow()).value_or(0)));
        if (field == "session") return beginsWith("session_id", text);
        if (field == "user") return beginsWith("user_id", text);
        if (field == "id") return formatText("({} OR {})", beginsWith("native_id", text), beginsWith("run_key", text));
        if (field == "error") return ofError(text);
        if (field == "tool") return ofTool(text);
        if (field == "version") return ofVersion(text);
        if (field == "agent") return formatText("r.agent_name LIKE {} ESCAPE '\\'", value(contains(text)));
        if (field == "model") return ofModel(text);
        return ofCluster(text);
    }

    Result<std::string> single(const RunCondition& c)
    {
        if (c.field.empty()) return ofWord(c.value);
        if (c.field == kFoundField) return ofWord(c.value, c.subject);
        if (c.field == "steps") return compared("r.step_count", c);
        if (c.field == "errors") return compared("r.error_count", c);
        if (c.field == "cost") return compared("r.cost_usd", c);
        if (c.field == "tokens") return compared("(r.prompt_tokens + r.completion_tokens)", c);
        if (c.field == "duration") return compared("(CASE WHEN r.end_ns > r.start_ns THEN r.end_ns - r.start_ns END)", c);
        if (c.field == "until") return ofUntil(c.value);
        if (c.field == "score") return ofScore(c);
        if (c.field == "has") return ofHas(c.value);
        return condition(c.field, c.value);
    }

    std::string number(double value)
    {
        // Numbers come from our own parser and are finite; SQLite reads them as they are written here.
        return formatText("{:.17g}", value);
    }

    std::string compared(std::string_view what, const RunCondition& c)
    {
        using Test = RunCondition::Test;
        if (c.test == Test::Between) return formatText("({} BETWEEN {} AND {})", what, number(c.number), number(c.upTo));
        const std::string_view sign = c.test == Test::Above     ? ">"
                                      : c.test == Test::AtLeast ? ">="
                                      : c.test == Test::Below   ? "<"
                                      : c.test == Test::AtMost  ? "<="
                                      : c.test == Test::IsNot   ? "<>"
                                                                : "=";
        return formatText("({} {} {})", what, sign, number(c.number));
    }

    std::string ofUntil(const std::string& text)
    {
        constexpr UtcNs kDay = 86'400'000'000'000;
        const UtcNs time = sinceValue(text, utcNow()).value_or(0);
        return formatText("(r.start_ns > 0 AND r.start_ns < {})", value(isDay(text) ? time + kDay : time + 1));
    }

    /// Scores lie packed with their runs: those that fit are looked up here and bound as one list.
    Result<std::string> ofScore(const RunCondition& c)
    {
        const std::string wanted = asciiLower(c.subject);
        std::string rows = "[";
        TR_TRY(forEachScored(m_db, 0, [&](std::int64_t row, const std::vector<Score>& scores) {
            const bool any = std::ranges::any_of(
                scores, [&](const Score& score) { return asciiLower(score.name) == wanted && fits(c, score); });
            if (any) rows += formatText("{}{}", rows.size() > 1 ? "," : "", row);
        }));
        return formatText("r.id IN (SELECT value FROM json_each({}))", value(rows + "]"));
    }

    static bool fits(const RunCondition& c, const Score& score)
    {
        using Test = RunCondition::Test;
        switch (c.test) {
        case Test::Exists:
            return true;
        case Test::Is:
        case Test::IsNot: {
            // 1 is a label as well as a value; whichever the score has.
            if (score.label.empty() && !score.value) return false;
            const bool same =
                score.label.empty() ? c.numeric && *score.value == c.number : asciiLower(score.label) == asciiLower(c.value);
            return same == (c.test == Test::Is);
        }
        case Test::Above:
            return score.value && *score.value > c.number;
        case Test::AtLeast:
            return score.value && *score.value >= c.number;
        case Test::Below:
            return score.value && *score.value < c.number;
        case Test::AtMost:
            return score.value && *score.value <= c.number;
        case Test::Between:
            return score.value && *score.value >= c.number && *score.value <= c.upTo;
        }
        return false;
    }

    std::string ofHas(std::string_view what)
    {
        if (what == "decision") return "(r.decision_count > 0)";
        if (what == "score") return "(r.score_count > 0)";
        if (what == "error") return "(r.error_count > 0)";
        if (what == "version") return "(r.harness_version <> '')";
        if (what == "cost") return "(r.cost_usd IS NOT NULL)";
        if (what == "session") return "(r.session_id <> '')";
        if (what == "user") return "(r.user_id <> '')";
        if (!m_derived) return "0";
        if (what == "cluster") return "(r.id IN (SELECT run_row FROM d.cluster_members))";
        // The words that a reviewer's judgement has in it, as outcomes keep them.
        return formatText("(r.id IN (SELECT run_row FROM d.outcomes WHERE source = {} AND reason LIKE 'judged %'))",
                          static_cast<int>(OutcomeSource::Human));
    }

    Result<std::string> ofModel(const std::string& text)
    {
        return formatText("r.name_set IN (SELECT name_set FROM set_names WHERE name IN (SELECT id FROM names WHERE field = {} "
                          "AND name LIKE {} "
                          "ESCAPE '\\'))",
                          kModelName, value(contains(text)));
    }

    std::string ofOutcome(std::int64_t wanted, std::string_view column)
    {
        // A run without a row there has no outcome and no source: both are 0.
        if (!m_derived) return wanted == 0 ? "1" : "0";
        if (wanted == 0) return formatText("r.id NOT IN (SELECT run_row FROM d.outcomes WHERE {} <> 0)", column);
        return formatText("r.id IN (SELECT run_row FROM d.outcomes WHERE {} = {})", column, value(wanted));
    }

    std::string ofError(const std::string& text)
    {
        const std::string lower = asciiLower(text);
        if (lower == "any" || lower == "yes") return "r.error_count > 0";
        if (lower == "none" || lower == "no") return "r.error_count = 0";
        return formatText("r.id IN (SELECT id >> 20 FROM errors WHERE text LIKE {0} ESCAPE '\\' OR type LIKE {0} "
                          "ESCAPE '\\')",
                          value(contains(text)));
    }

    /// Of the names those that are the value, else those that contain it.
    static std::vector<std::string> matching(const std::vector<std::string>& names, std::string_view text)
    {
        std::vector<std::string> same, holding;
        for (const auto& name : names) {
            if (asciiLower(name) == asciiLower(text)) same.push_back(name);
            if (containsNoCase(name, text)) holding.push_back(name);
        }
        return same.empty() ? holding : same;
    }

    Result<std::string> ofTool(const std::string& text)
    {
        std::vector<std::string> names;
        TR_ASSIGN(Statement known, m_db.prepare("SELECT name FROM names WHERE field = ? LIMIT ?"));
        known.bind(1, kToolName).bind(2, static_cast<std::int64_t>(kMaxNames));
        for (;;) {
            TR_ASSIGN(const bool more, known.step());
            if (!more) break;
            names.push_back(known.stringAt(0));
        }
        return formatText("r.name_set IN (SELECT name_set FROM set_names WHERE name IN (SELECT id FROM names WHERE field = {} "
                          "AND name IN {}))",
                          kToolName, list(matching(names, text)));
    }

    Result<std::string> ofVersion(const std::string& text)
    {
        if (asciiLower(text) == kNoVersion) return std::string("r.harness_version = ''");
        TR_ASSIGN(const auto versions, distinctValues(m_db, "runs", "harness_version", "1", kMaxNames));
        std::vector<std::string> byLabel, byName;
        for (const auto& version : versions) {
            if (version.empty()) continue;
            TR_ASSIGN(Statement statement,
                      m_db.prepare(
                          "SELECT harness_version_label FROM runs WHERE harness_version = ? ORDER BY start_ns DESC LIMIT 1"));
            statement.bind(1, version);
            TR_ASSIGN(const bool row, statement.step());
            const std::string label = row ? statement.stringAt(0) : std::string();
            if (label == text || version == text) byLabel.push_back(version);
            if (version.starts_with(text)) byName.push_back(version);
        }
        return formatText("r.harness_version IN {}", list(byLabel.empty() ? byName : byLabel));
    }

    Result<std::string> ofCluster(const std::string& text)
    {
        const bool none = asciiLower(text) == "none";
        if (!m_derived) return std::string(none ? "1" : "0");
        if (none) return std::string("r.id NOT IN (SELECT run_row FROM d.cluster_members)");
        std::vector<std::string> ids;
        TR_ASSIGN(Statement statement, m_db.prepare("SELECT id, label FROM d.clusters ORDER BY position"));
        for (;;) {
            TR_ASSIGN(const bool more, statement.step());
            if (!more) break;
            const std::string id = statement.stringAt(0);
            if (id == text) {
                ids = {id};
                break;
            }
            if (containsNoCase(statement.textAt(1), text) || id.starts_with(text)) ids.push_back(id);
        }
        return formatText("r.id IN (SELECT run_row FROM d.cluster_members WHERE cluster_id IN {})", list(ids));
    }

    Database& m_db;
    bool m_derived, m_texts;
    Where m_where;
    std::vector<std::string> m_conditions;
};

} // namespace

Result<Where> whereOf(Database& db, const RunFilter& filter, bool derived, bool texts)
{
    Builder builder(db, derived, texts);
    // Several values of one field: any of them, in the order of first mention. All else counts by itself.
    constexpr std::array<std::string_view, 9> kAnyOf{"outcome", "cluster", "version", "tool",  "model",
                                                     "agent",   "session", "user",    "source"};
    std::vector<std::pair<std::string, std::vector<std::string>>> fields;
    for (const RunCondition& condition : filter.fields) {
        const bool anyOf = std::ranges::contains(kAnyOf, std::string_view(condition.field)) || condition.field == "error" ||
                           condition.field == "id";
        if (condition.negated || !anyOf) {
            TR_TRY(builder.addCondition(condition));
            continue;
        }
        auto at = std::ranges::find(fields, condition.field, &std::pair<std::string, std::vector<std::string>>::first);
        if (at == fields.end()) at = fields.insert(fields.end(), {condition.field, {}});
        at->second.push_back(condition.value);
    }
    for (const auto& [field, values] : fields) TR_TRY(builder.addField(field, values));
    for (const auto& word : filter.words) TR_TRY(builder.addWord(word));
    return builder.finish();
}

int bindAll(Statement& statement, const Where& where, int from)
{
    for (const auto& value : where.values) {
        if (const auto* number = std::get_if<std::int64_t>(&value))
            statement.bind(from++, *number);
        else
            statement.bind(from++, std::get<std::string>(value));
    }
    return from;
}

Result<std::vector<std::string>> distinctValues(Database& db, std::string_view table, std::string_view column,
                                                std::string_view condition, std::size_t limit)
{
    std::vector<std::string> values;
    TR_ASSIGN(Statement first,
              db.prepare(formatText("SELECT {1} FROM {0} WHERE {2} ORDER BY {1} LIMIT 1", table, column, condition)));
    TR_ASSIGN(bool found, first.step());
    if (!found) return values;
    values.push_back(first.stringAt(0));
    TR_ASSIGN(Statement next, db.prepare(formatText("SELECT {1} FROM {0} WHERE {2} AND {1} > ? ORDER BY {1} LIMIT 1", table,
                                                    column, condition)));
    while (values.size() < limit) {
        next.bind(1, values.back());
        TR_ASSIGN(found, next.step());
        if (!found) break;
        std::string value = next.stringAt(0);
        next.reset();
        values.push_back(std::move(value));
    }
    return values;
}

std::string runsByName(std::int64_t field)
{
    // Sets are counted first, along their index: there are few of them, whatever the number of runs.
    return formatText(
        "SELECT n.name, sum(c.runs) FROM (SELECT name_set, count(*) AS runs FROM runs GROUP BY name_set) c "
        "JOIN set_names s ON s.name_set = c.name_set JOIN names n ON n.id = s.name WHERE n.field = {} GROUP BY n.id",
        field);
}

Result<std::vector<std::pair<std::string, std::int64_t>>> moreValues(Database& db, std::string_view field, bool derived)
{
    std::vector<std::pair<std::string, std::int64_t>> found;
    const auto collect = [&](const std::string& sql) -> Status {
        TR_ASSIGN(Statement statement, db.prepare(sql));
        for (;;) {
            TR_ASSIGN(const bool row, statement.step());
            if (!row) return {};
            if (statement.intAt(1) > 0) found.emplace_back(statement.stringAt(0), statement.intAt(1));
        }
    };
    if (field == "agent") TR_TRY(collect("SELECT agent_name, count(*) FROM runs WHERE agent_name <> '' GROUP BY agent_name"));
    if (field == "model") TR_TRY(collect(runsByName(kModelName)));
    if (field == "score") {
        std::map<std::string, std::int64_t> names;
        TR_TRY(forEachScored(db, kScoredRuns, [&](std::int64_t, const std::vector<Score>& scores) {
            std::set<std::string_view> here;
            for (const Score& score : scores)
                if (!score.name.empty() && here.insert(score.name).second) ++names[score.name];
        }));
        found.assign(names.begin(), names.end());
    }
    if (field != "has") return found;
    for (const std::string_view what : wordsOf("has")) {
        RunFilter filter;
        filter.fields.push_back({.field = "has", .value = std::string(what), .subject = {}});
        TR_ASSIGN(const Where where, whereOf(db, filter, derived));
        TR_TRY(collect(formatText("SELECT '{}', count(*) FROM runs r{}", what, where.text)));
    }
    return found;
}

std::string versionLabelOf(const std::string& version, const std::string& label)
{
    if (!label.empty()) return label;
    const bool hex = std::ranges::all_of(
        version, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
    return hex && version.size() >= 32 ? version.substr(0, 8) : version;
}

} // namespace tackroom::filtersql
