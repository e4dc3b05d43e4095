// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/filtersql.h"

#include "core/base/text.h"
#include "core/index/indexschema.h"

#include <algorithm>
#include <format>
#include <map>

namespace tackroom::filtersql
{

namespace
{

constexpr std::size_t kMaxNames = 2000;
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

class Builder
{
public:
    Builder(Database& db, bool derived) : m_db(db), m_derived(derived) {}

    Status addWord(const std::string& word)
    {
        const std::string pattern = contains(word);
        std::string text = "(";
        for (const std::string_view column : {"task", "answer", "native_id", "run_key", "session_id", "user_id"})
            text += std::format("r.{} LIKE {} ESCAPE '\\' OR ", column, value(pattern));
        text += std::format("r.id IN (SELECT id >> 20 FROM errors WHERE text LIKE {0} ESCAPE '\\' OR type LIKE {0} "
                            "ESCAPE '\\'))",
                            value(pattern));
        m_conditions.push_back(std::move(text));
        return {};
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
        return std::format("?{}", m_where.values.size());
    }
    std::string value(std::string text)
    {
        m_where.values.emplace_back(std::move(text));
        return std::format("?{}", m_where.values.size());
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
        return std::format("(r.{0} >= {1} AND r.{0} < {2})", column, value(prefix), value(prefix + "\U0010FFFF"));
    }

    Result<std::string> condition(std::string_view field, const std::string& text)
    {
        if (field == "outcome") return ofOutcome(static_cast<std::int64_t>(*outcomeValue(text)), "outcome");
        if (field == "source") return ofOutcome(static_cast<std::int64_t>(*sourceValue(text)), "source");
        if (field == "since") return std::format("r.start_ns >= {}", value(sinceValue(text, utcNow()).value_or(0)));
        if (field == "session") return beginsWith("session_id", text);
        if (field == "user") return beginsWith("user_id", text);
        if (field == "id") return std::format("({} OR {})", beginsWith("native_id", text), beginsWith("run_key", text));
        if (field == "error") return ofError(text);
        if (field == "tool") return ofTool(text);
        if (field == "version") return ofVersion(text);
        return ofCluster(text);
    }

    std::string ofOutcome(std::int64_t wanted, std::string_view column)
    {
        // A run without a row there has no outcome and no source: both are 0.
        if (!m_derived) return wanted == 0 ? "1" : "0";
        if (wanted == 0) return std::format("r.id NOT IN (SELECT run_row FROM d.outcomes WHERE {} <> 0)", column);
        return std::format("r.id IN (SELECT run_row FROM d.outcomes WHERE {} = {})", column, value(wanted));
    }

    std::string ofError(const std::string& text)
    {
        const std::string lower = asciiLower(text);
        if (lower == "any" || lower == "yes") return "r.error_count > 0";
        if (lower == "none" || lower == "no") return "r.error_count = 0";
        return std::format("r.id IN (SELECT id >> 20 FROM errors WHERE text LIKE {0} ESCAPE '\\' OR type LIKE {0} "
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
        return std::format(
            "r.id IN (SELECT run FROM run_names WHERE name IN (SELECT id FROM names WHERE field = {} AND name IN {}))",
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
        return std::format("r.harness_version IN {}", list(byLabel.empty() ? byName : byLabel));
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
        return std::format("r.id IN (SELECT run_row FROM d.cluster_members WHERE cluster_id IN {})", list(ids));
    }

    Database& m_db;
    bool m_derived;
    Where m_where;
    std::vector<std::string> m_conditions;
};

} // namespace

Result<Where> whereOf(Database& db, const RunFilter& filter, bool derived)
{
    Builder builder(db, derived);
    std::vector<std::pair<std::string, std::vector<std::string>>> fields; // in the order of first mention
    for (const auto& [field, value] : filter.fields) {
        auto at = std::ranges::find(fields, field, &std::pair<std::string, std::vector<std::string>>::first);
        if (at == fields.end()) at = fields.insert(fields.end(), {field, {}});
        at->second.push_back(value);
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
              db.prepare(std::format("SELECT {1} FROM {0} WHERE {2} ORDER BY {1} LIMIT 1", table, column, condition)));
    TR_ASSIGN(bool found, first.step());
    if (!found) return values;
    values.push_back(first.stringAt(0));
    TR_ASSIGN(Statement next, db.prepare(std::format("SELECT {1} FROM {0} WHERE {2} AND {1} > ? ORDER BY {1} LIMIT 1", table,
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

std::string versionLabelOf(const std::string& version, const std::string& label)
{
    if (!label.empty()) return label;
    const bool hex = std::ranges::all_of(
        version, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
    return hex && version.size() >= 32 ? version.substr(0, 8) : version;
}

} // namespace tackroom::filtersql
