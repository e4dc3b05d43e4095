// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clusters/ledgerreplay.h"

#include "core/base/format.h"
#include "core/clusters/analysis.h"
#include "core/index/indexschema.h"
#include "core/statistics/statistics.h"

#include <algorithm>

namespace tackroom
{

namespace
{

Status runWith(Database& db, std::string_view sql, const std::vector<std::string>& texts)
{
    TR_ASSIGN(Statement statement, db.prepare(sql));
    for (std::size_t i = 0; i < texts.size(); ++i) statement.bind(static_cast<int>(i) + 1, texts[i]);
    return statement.run();
}

Result<bool> hasCluster(Database& db, const std::string& id)
{
    TR_ASSIGN(Statement select, db.prepare("SELECT 1 FROM clusters WHERE id=?"));
    select.bind(1, id);
    return select.step();
}

} // namespace

Status LedgerReplay::begin()
{
    TR_TRY(m_derived.exec("DELETE FROM clusters; DELETE FROM cluster_members; DELETE FROM cluster_exemplars; "
                          "DELETE FROM cluster_aliases; "
                          "INSERT INTO clusters SELECT *, '' FROM made_clusters; "
                          "INSERT INTO cluster_members SELECT * FROM made_members; "
                          "INSERT INTO cluster_exemplars SELECT * FROM made_exemplars;"));
    return {};
}

Result<std::string> LedgerReplay::place(const std::string& id, const std::vector<std::string>& members)
{
    std::string wanted = id;
    for (auto known = m_alias.find(wanted); known != m_alias.end(); known = m_alias.find(wanted)) wanted = known->second;
    TR_ASSIGN(const bool isThere, hasCluster(m_derived, wanted));
    if (isThere) return wanted;
    TR_ASSIGN(std::string found, placeByMembers(members));
    if (!found.empty()) m_alias[wanted] = found;
    return found;
}

Result<std::string> LedgerReplay::placeByMembers(const std::vector<std::string>& members)
{
    TR_ASSIGN(const auto rows, rowsOf(members));
    std::map<std::string, std::size_t> votes;
    TR_ASSIGN(Statement select, m_derived.prepare("SELECT cluster_id FROM cluster_members WHERE run_row=?"));
    for (const std::int64_t row : rows) {
        select.reset();
        select.bind(1, row);
        TR_ASSIGN(const bool has, select.step());
        if (has) ++votes[select.stringAt(0)];
    }
    const auto most = std::ranges::max_element(votes, {}, &std::pair<const std::string, std::size_t>::second);
    // More than half of those of its runs that are in this store: with less, what was said would be said of something else.
    return most != votes.end() && most->second * 2 > rows.size() ? most->first : std::string();
}

Result<std::vector<std::int64_t>> LedgerReplay::rowsOf(const std::vector<std::string>& keys)
{
    std::vector<std::int64_t> rows;
    TR_ASSIGN(Statement select, m_runs.prepare("SELECT id FROM runs WHERE run_key=?"));
    for (const std::string& key : keys) {
        select.reset();
        select.bind(1, key);
        TR_ASSIGN(const bool has, select.step());
        if (has) rows.push_back(select.intAt(0));
    }
    return rows;
}

Result<std::vector<std::int64_t>> LedgerReplay::rowsOfQuery(const std::string& query)
{
    TR_ASSIGN(const auto queries, RunQueries::open(m_folder, m_cancel));
    TR_ASSIGN(const auto found, queries->rows(parseRunFilter(query), RunOrder::Start, false));
    std::vector<std::int64_t> rows;
    for (const RunRow row : found) rows.push_back(row.value);
    return rows;
}

Result<bool> LedgerReplay::apply(const LedgerEntry& entry)
{
    const ClusterEdit& edit = entry.edit;
    if (edit.act == ClusterAct::Move) return move(edit);
    TR_ASSIGN(const std::string id, place(edit.cluster, edit.members));
    if (id.empty()) return false;
    if (edit.act == ClusterAct::Merge) return merge(id, edit);
    if (edit.act == ClusterAct::Split)
        TR_TRY(split(id, edit));
    else
        say(id, entry);
    return true;
}

Result<bool> LedgerReplay::merge(const std::string& from, const ClusterEdit& edit)
{
    TR_ASSIGN(const std::string into, place(edit.other, edit.otherMembers));
    if (into.empty() || into == from) return into == from;
    TR_TRY(runWith(m_derived, "UPDATE cluster_members SET cluster_id=?2 WHERE cluster_id=?1", {from, into}));
    TR_TRY(runWith(m_derived,
                   "INSERT INTO cluster_exemplars SELECT ?2, position + 1 + (SELECT coalesce(max(position), 0) FROM "
                   "cluster_exemplars WHERE cluster_id=?2), run_row, role, step_id, explanation FROM cluster_exemplars WHERE "
                   "cluster_id=?1",
                   {from, into}));
    TR_TRY(runWith(m_derived, "DELETE FROM cluster_exemplars WHERE cluster_id=?", {from}));
    TR_TRY(runWith(m_derived, "DELETE FROM clusters WHERE id=?", {from}));
    m_alias[from] = into;
    ClusterWords& words = m_words[into];
    if (const auto former = m_words.find(from); former != m_words.end()) {
        words.mergedFrom.insert(words.mergedFrom.end(), former->second.mergedFrom.begin(), former->second.mergedFrom.end());
        m_words.erase(from);
    }
    words.mergedFrom.push_back(from);
    m_changed.erase(from);
    m_changed.insert(into);
    return true;
}

Status LedgerReplay::split(const std::string& from, const ClusterEdit& edit)
{
    TR_ASSIGN(const auto rows, edit.runs.empty() ? rowsOfQuery(edit.text) : rowsOf(edit.runs));
    const std::string id = splitClusterId(edit);
    TR_ASSIGN(const bool again, hasCluster(m_derived, id));
    std::int64_t moved = 0;
    TR_ASSIGN(Statement update, m_derived.prepare("UPDATE cluster_members SET cluster_id=? WHERE cluster_id=? AND run_row=?"));
    for (const std::int64_t row : rows) {
        update.bind(1, id).bind(2, from).bind(3, row);
        TR_TRY(update.run());
        moved += m_derived.changeCount();
    }
    if (moved == 0 || again) return {};
    const std::string part = edit.runs.empty() ? edit.text : formatText("{} chosen runs", edit.runs.size());
    TR_TRY(runWith(m_derived,
                   "INSERT INTO clusters SELECT ?2, position, layer, layer_share, layer_reason, family, subject, signature, "
                   "label || ' · ' || ?3, description, runs, failing_runs, users, share_low, share_high, first_seen_ns, "
                   "last_seen_ns, versions, per_week, '' FROM clusters WHERE id=?1",
                   {from, id, part}));
    TR_TRY(runWith(m_derived,
                   "UPDATE cluster_exemplars SET cluster_id=?2 WHERE cluster_id=?1 AND run_row IN (SELECT run_row FROM "
                   "cluster_members WHERE cluster_id=?2)",
                   {from, id}));
    m_words[id].isSplit = true;
    m_changed.insert({from, id});
    return {};
}

Result<bool> LedgerReplay::move(const ClusterEdit& edit)
{
    TR_ASSIGN(const std::string into, place(edit.other, edit.otherMembers));
    TR_ASSIGN(const auto rows, rowsOf(edit.runs));
    if (into.empty() || rows.empty()) return false;
    TR_ASSIGN(Statement from, m_derived.prepare("SELECT cluster_id FROM cluster_members WHERE run_row=?"));
    TR_ASSIGN(Statement update, m_derived.prepare("UPDATE cluster_members SET cluster_id=? WHERE run_row=?"));
    TR_ASSIGN(Statement shown, m_derived.prepare("DELETE FROM cluster_exemplars WHERE run_row=? AND cluster_id<>?"));
    for (const std::int64_t row : rows) {
        from.reset();
        from.bind(1, row);
        TR_ASSIGN(const bool has, from.step());
        if (!has) continue; // it does not fail any more
        m_changed.insert({from.stringAt(0), into});
        from.reset();
        update.bind(1, into).bind(2, row);
        TR_TRY(update.run());
        shown.bind(1, row).bind(2, into);
        TR_TRY(shown.run());
    }
    return true;
}

void LedgerReplay::say(const std::string& id, const LedgerEntry& entry)
{
    const ClusterEdit& edit = entry.edit;
    ClusterWords& words = m_words[id];
    switch (edit.act) {
    case ClusterAct::Rename:
        m_names[id] = edit.text;
        break;
    case ClusterAct::Describe:
        m_paragraphs[id] = edit.text;
        break;
    case ClusterAct::Expect:
        words.expected = edit.text;
        break;
    case ClusterAct::Assign:
        words.owner = edit.text;
        break;
    case ClusterAct::Mute:
        words.mute = {.since = entry.time,
                      .until = edit.until,
                      .count = edit.count,
                      .runsSince = 0,
                      .untilEscalating = edit.untilEscalating,
                      .by = entry.by};
        break;
    case ClusterAct::Unmute:
        words.mute.reset();
        break;
    case ClusterAct::Resolve:
        words.resolution = {
            .time = entry.time, .by = entry.by, .reason = edit.text, .runsSince = 0, .storeRunsSince = 0, .version = {}};
        break;
    case ClusterAct::Reopen:
        words.resolution.reset();
        break;
    case ClusterAct::Pin:
        words.isPinned = true;
        break;
    case ClusterAct::Unpin:
        words.isPinned = false;
        break;
    case ClusterAct::Merge:
    case ClusterAct::Split:
    case ClusterAct::Move:
    case ClusterAct::Undo:
        break;
    }
}

Status LedgerReplay::finish()
{
    for (const std::string& id : m_changed) {
        if (m_cancel.cancelled()) return CancelToken::error();
        TR_TRY(refigure(id));
    }
    TR_TRY(m_derived.exec("DELETE FROM clusters WHERE id NOT IN (SELECT cluster_id FROM cluster_members)"));
    TR_TRY(writeWords());
    TR_ASSIGN(Statement insert, m_derived.prepare("INSERT INTO cluster_aliases(alias, cluster_id) VALUES(?,?)"));
    for (const auto& [alias, unused] : m_alias) {
        TR_ASSIGN(const std::string id, place(alias, {}));
        if (id.empty()) continue;
        insert.bind(1, alias).bind(2, id);
        TR_TRY(insert.run());
    }
    return order();
}

Status LedgerReplay::refigure(const std::string& id)
{
    TR_ASSIGN(const std::int64_t firstWeek, m_derived.scalar("SELECT CAST(value AS INTEGER) FROM meta WHERE key='first_week'"));
    ClusterItem item;
    TR_ASSIGN(const std::int64_t weeks,
              m_derived.scalar("SELECT json_array_length(value) FROM meta WHERE key='runs_per_week'"));
    item.perWeek.assign(static_cast<std::size_t>(weeks), 0);
    std::set<std::string> users;
    std::map<std::string, std::int64_t> ofVersion;
    TR_ASSIGN(Statement members, m_derived.prepare("SELECT run_row FROM cluster_members WHERE cluster_id=?"));
    TR_ASSIGN(Statement run, m_runs.prepare("SELECT start_ns, user_id, harness_version FROM runs WHERE id=?"));
    members.bind(1, id);
    for (;;) {
        TR_ASSIGN(const bool more, members.step());
        if (!more) break;
        ++item.runs;
        run.reset();
        run.bind(1, members.intAt(0));
        TR_ASSIGN(const bool known, run.step());
        if (!known) continue;
        if (!run.textAt(1).empty()) users.insert(run.stringAt(1));
        ++ofVersion[run.stringAt(2)];
        const UtcNs start = run.intAt(0);
        if (start <= 0) continue;
        item.firstSeen = item.firstSeen == 0 ? start : std::min(item.firstSeen, start);
        item.lastSeen = std::max(item.lastSeen, start);
        if (!item.perWeek.empty()) ++item.perWeek[weekOf(start, firstWeek, item.perWeek.size())];
    }
    // The versions and how many runs each has altogether are those of any cluster that was grouped.
    Json versions = Json::array();
    TR_ASSIGN(Statement frame,
              m_runs.prepare("SELECT harness_version, max(harness_version_label), count(*) FROM runs GROUP BY 1 ORDER BY "
                             "min(start_ns), 1"));
    for (;;) {
        TR_ASSIGN(const bool more, frame.step());
        if (!more) break;
        const auto count = ofVersion.find(frame.stringAt(0));
        const std::string label = frame.textAt(1).empty() ? shortVersion(frame.stringAt(0)) : frame.stringAt(1);
        versions.push_back({{"version", frame.stringAt(0)},
                            {"label", label},
                            {"runs", count == ofVersion.end() ? 0 : count->second},
                            {"outOf", frame.intAt(2)}});
    }
    if (versions.size() > kMaxListedVersions)
        std::erase_if(versions.get_ref<Json::array_t&>(), [](const Json& each) { return intAt(each, "runs") == 0; });
    TR_ASSIGN(const std::int64_t all, m_derived.scalar("SELECT count(*) FROM outcomes"));
    const auto share = wilsonInterval(item.runs, all);
    TR_ASSIGN(Statement update,
              m_derived.prepare("UPDATE clusters SET runs=?2, users=?3, share_low=?4, share_high=?5, first_seen_ns=?6, "
                                "last_seen_ns=?7, versions=?8, per_week=?9 WHERE id=?1"));
    update.bind(1, id)
        .bind(2, item.runs)
        .bind(3, static_cast<std::int64_t>(users.size()))
        .bind(4, share.low)
        .bind(5, share.high);
    update.bind(6, item.firstSeen).bind(7, item.lastSeen).bind(8, dumpJson(versions)).bind(9, dumpJson(Json(item.perWeek)));
    TR_TRY(update.run());
    return {};
}

Status LedgerReplay::addSince(const std::string& id, ClusterWords& words)
{
    TR_ASSIGN(Statement members, m_derived.prepare("SELECT run_row FROM cluster_members WHERE cluster_id=?"));
    TR_ASSIGN(Statement run, m_runs.prepare("SELECT start_ns, harness_version, harness_version_label FROM runs WHERE id=?"));
    members.bind(1, id);
    UtcNs first = 0;
    for (;;) {
        TR_ASSIGN(const bool more, members.step());
        if (!more) break;
        run.reset();
        run.bind(1, members.intAt(0));
        TR_ASSIGN(const bool known, run.step());
        if (!known) continue;
        const UtcNs start = run.intAt(0);
        if (words.mute && start > words.mute->since) ++words.mute->runsSince;
        if (!words.resolution || start <= words.resolution->time) continue;
        ++words.resolution->runsSince;
        if (first != 0 && start >= first) continue;
        first = start;
        words.resolution->version = run.textAt(2).empty() ? shortVersion(run.stringAt(1)) : run.stringAt(2);
    }
    if (!words.resolution) return {};
    TR_ASSIGN(words.resolution->storeRunsSince,
              m_runs.scalar(formatText("SELECT count(*) FROM runs WHERE start_ns > {}", words.resolution->time)));
    return {};
}

Status LedgerReplay::writeWords()
{
    for (const auto* texts : {&m_names, &m_paragraphs})
        for (const auto& [id, text] : *texts) m_words.try_emplace(id);
    TR_ASSIGN(Statement select, m_derived.prepare("SELECT label, description FROM clusters WHERE id=?"));
    TR_ASSIGN(Statement update, m_derived.prepare("UPDATE clusters SET label=?2, description=?3, words=?4 WHERE id=?1"));
    for (auto& [id, words] : m_words) {
        select.reset();
        select.bind(1, id);
        TR_ASSIGN(const bool isThere, select.step());
        if (!isThere) continue;
        std::string label = select.stringAt(0), description = select.stringAt(1);
        select.reset();
        if (const auto name = m_names.find(id); name != m_names.end() && !name->second.empty()) {
            words.isNamed = true;
            words.madeLabel = std::exchange(label, name->second);
        }
        if (const auto text = m_paragraphs.find(id); text != m_paragraphs.end() && !text->second.empty()) {
            words.isDescribed = true;
            words.madeDescription = std::exchange(description, text->second);
        }
        if (words.mute || words.resolution) TR_TRY(addSince(id, words));
        update.bind(1, id).bind(2, label).bind(3, description).bind(4, dumpJson(wordsToJson(words)));
        TR_TRY(update.run());
    }
    return {};
}

Status LedgerReplay::order()
{
    std::vector<std::string> ids;
    {
        TR_ASSIGN(Statement select, m_derived.prepare("SELECT id FROM clusters ORDER BY runs DESC, id"));
        for (;;) {
            TR_ASSIGN(const bool more, select.step());
            if (!more) break;
            ids.push_back(select.stringAt(0));
        }
    }
    std::ranges::stable_partition(ids, [this](const std::string& id) {
        const auto words = m_words.find(id);
        return words != m_words.end() && words->second.isPinned;
    });
    TR_ASSIGN(Statement update, m_derived.prepare("UPDATE clusters SET position=? WHERE id=?"));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        update.bind(1, static_cast<std::int64_t>(i)).bind(2, ids[i]);
        TR_TRY(update.run());
    }
    return {};
}

} // namespace tackroom
