// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/indexwriter.h"

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/index/indexschema.h"
#include "core/index/rowvalues.h"
#include "core/index/treeorder.h"

#include <bit>
#include <charconv>
#include <format>
#include <random>

namespace tackroom
{

namespace
{

constexpr std::int64_t kRunsPerTransaction = 500;
constexpr std::chrono::milliseconds kTransactionTime{1000};

std::string newEpoch()
{
    std::random_device random;
    std::string epoch;
    for (int i = 0; i < 4; ++i) epoch += std::format("{:08x}", random());
    return epoch;
}

/// All that a record holds as one text with lengths, for its hash.
class ContentText
{
public:
    void add(std::string_view text)
    {
        add(static_cast<std::int64_t>(text.size()));
        m_text.append(text);
    }
    void add(std::int64_t number) { m_text.append(reinterpret_cast<const char*>(&number), sizeof number); }
    void add(std::optional<double> number)
    {
        add(static_cast<std::int64_t>(number.has_value()));
        add(std::bit_cast<std::int64_t>(number.value_or(0)));
    }
    [[nodiscard]] std::int64_t hash() const { return static_cast<std::int64_t>(xxh64(m_text)); }

private:
    std::string m_text;
};

std::int64_t contentOf(const RunRecord& record)
{
    ContentText text;
    const Run& run = record.run;
    for (const std::string* field :
         {&run.key.value, &run.nativeId, &run.sessionId, &run.userId, &run.agentName, &run.project, &run.harnessVersion,
          &run.harnessVersionLabel, &run.harnessVersionSource, &run.task, &run.answer, &run.source, &run.place})
        text.add(*field);
    for (const std::int64_t field : {run.start, run.end, static_cast<std::int64_t>(run.status), run.promptTokens,
                                     run.completionTokens, run.stepCount, run.errorCount})
        text.add(field);
    text.add(run.costUsd);
    for (const Step& step : record.steps) {
        for (const std::string* field :
             {&step.nativeId, &step.parentId, &step.name, &step.errorType, &step.errorText, &step.model, &step.toolName,
              &step.arguments, &step.result, &step.inputText, &step.outputText})
            text.add(*field);
        for (const std::int64_t field : {step.start, step.end, static_cast<std::int64_t>(step.kind),
                                         static_cast<std::int64_t>(step.status), step.promptTokens, step.completionTokens})
            text.add(field);
    }
    for (const Score& score : record.scores) {
        for (const std::string* field : {&score.stepId, &score.name, &score.label, &score.explanation, &score.by})
            text.add(*field);
        for (const std::int64_t field : {score.time, static_cast<std::int64_t>(score.annotator),
                                         static_cast<std::int64_t>(score.says), static_cast<std::int64_t>(score.weight)})
            text.add(field);
        text.add(score.value);
    }
    for (const HumanDecision& decision : record.decisions) {
        for (const std::string* field :
             {&decision.stepId, &decision.by, &decision.target, &decision.before, &decision.after, &decision.reason})
            text.add(*field);
        text.add(decision.time);
        text.add(static_cast<std::int64_t>(decision.kind));
    }
    return text.hash();
}

void removeFiles(const std::filesystem::path& file)
{
    std::error_code ignored; // what cannot be removed shows when the file is opened
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(file.string() + suffix, ignored);
}

Result<Database> openCurrent(const std::filesystem::path& file)
{
    TR_ASSIGN(Database db, openCacheWriter(file));
    TR_ASSIGN(const std::int64_t version, db.scalar("PRAGMA user_version"));
    TR_ASSIGN(const std::int64_t entries, db.scalar("SELECT count(*) FROM sqlite_schema"));
    if (entries > 0 && version != kRunsSchemaVersion)
        return fail(ErrorCode::UnknownFormat, file.string(), "another version of the index");
    if (entries > 0) return db;
    TR_ASSIGN(auto transaction, db.transaction());
    TR_TRY(db.exec(kRunsDdl));
    TR_TRY(db.exec(std::format("INSERT INTO meta(key, value) VALUES('epoch', '{}')", newEpoch())));
    TR_TRY(db.exec(std::format("PRAGMA user_version={}", kRunsSchemaVersion)));
    TR_TRY(transaction.commit());
    return db;
}

} // namespace

Result<std::unique_ptr<IndexWriter>> IndexWriter::open(const std::filesystem::path& file, const Progress& progress)
{
    for (int attempt = 0;; ++attempt) {
        auto db = openCurrent(file);
        if (db) {
            std::unique_ptr<IndexWriter> writer(new IndexWriter(std::move(*db), progress));
            const auto loaded = writer->load();
            if (loaded) return writer;
            db = std::unexpected(loaded.error());
        }
        // A damaged or foreign file in our cache is worth nothing; once more without it.
        const bool curable = db.error().code == ErrorCode::Damaged || db.error().code == ErrorCode::UnknownFormat ||
                             db.error().code == ErrorCode::Internal;
        if (!curable || attempt > 0) return std::unexpected(db.error());
        removeFiles(file);
    }
}

Status IndexWriter::load()
{
    TR_TRY(m_db.exec("PRAGMA cache_size=-65536"));
    const auto number = [&](std::string_view key, std::int64_t& to) -> Status {
        TR_ASSIGN(const std::string text, meta(key));
        std::from_chars(text.data(), text.data() + text.size(), to);
        return {};
    };
    TR_TRY(number("generation", m_generation));
    TR_TRY(number("runs", m_totals.runs));
    TR_TRY(number("steps", m_totals.steps));
    TR_TRY(number("scores", m_totals.scores));
    TR_TRY(number("decisions", m_totals.decisions));
    return number("unreadable", m_totals.unreadable);
}

Result<std::string> IndexWriter::meta(std::string_view key)
{
    TR_ASSIGN(Statement statement, m_db.prepare("SELECT value FROM meta WHERE key = ?"));
    statement.bind(1, key);
    TR_ASSIGN(const bool row, statement.step());
    return row ? statement.stringAt(0) : std::string();
}

Status IndexWriter::setMeta(std::string_view key, std::string_view value)
{
    TR_ASSIGN(Statement statement,
              m_db.prepare("INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value"));
    statement.bind(1, key).bind(2, value);
    return statement.run();
}

Status IndexWriter::begin()
{
    if (m_failure) return std::unexpected(*m_failure);
    if (m_transaction) return {};
    TR_ASSIGN(auto transaction, m_db.transaction());
    m_transaction.emplace(std::move(transaction));
    m_began = std::chrono::steady_clock::now();
    m_inTransaction = 0;
    return {};
}

Status IndexWriter::commit()
{
    if (m_failure) return std::unexpected(*m_failure);
    if (!m_transaction) return {};
    if (m_changed) {
        ++m_generation;
        TR_TRY(setMeta("generation", std::to_string(m_generation)));
        TR_TRY(setMeta("runs", std::to_string(m_totals.runs)));
        TR_TRY(setMeta("steps", std::to_string(m_totals.steps)));
        TR_TRY(setMeta("scores", std::to_string(m_totals.scores)));
        TR_TRY(setMeta("decisions", std::to_string(m_totals.decisions)));
        TR_TRY(setMeta("unreadable", std::to_string(m_totals.unreadable)));
        m_changed = false;
    }
    TR_TRY(m_transaction->commit());
    m_transaction.reset();
    return {};
}

void IndexWriter::see(std::int64_t row)
{
    m_unseenOfSource.erase(row);
    if (!m_startedOver) return;
    const auto index = static_cast<std::size_t>(row);
    if (m_seen.size() <= index) m_seen.resize(index + index / 2 + 1024);
    m_seen[index] = true;
}

void IndexWriter::startsOver()
{
    m_startedOver = true;
    m_seen.clear();
    const auto reset = [&]() -> Status {
        TR_TRY(begin());
        // Killed before the end, the next ingest must start over as well.
        TR_TRY(m_db.exec("DELETE FROM meta WHERE key IN ('fingerprint', 'cursor')"));
        if (m_totals.unreadable == 0) return {};
        m_totals.unreadable = 0;
        m_changed = true;
        return m_db.exec("DELETE FROM skipped");
    };
    if (const auto done = reset(); !done) m_failure = done.error();
}

Status IndexWriter::removeParts(std::int64_t row)
{
    const auto remove = [&](std::string_view table, std::int64_t& total) -> Status {
        TR_ASSIGN(Statement statement, m_db.prepare(std::format("DELETE FROM {} WHERE id BETWEEN ? AND ?", table)));
        statement.bind(1, firstPartOf(row)).bind(2, lastPartOf(row));
        TR_TRY(statement.run());
        total -= m_db.changeCount();
        return {};
    };
    TR_TRY(remove("steps", m_totals.steps));
    TR_TRY(remove("scores", m_totals.scores));
    return remove("decisions", m_totals.decisions);
}

Status IndexWriter::writeRun(const RunRecord& record, std::int64_t content, std::int64_t& row)
{
    TR_ASSIGN(Statement statement, m_db.prepare(row ? rowvalues::kUpdateRun : rowvalues::kInsertRun));
    rowvalues::bindRun(statement, record.run, content, static_cast<std::int64_t>(record.scores.size()),
                       static_cast<std::int64_t>(record.decisions.size()));
    if (row) statement.bind(25, row);
    TR_TRY(statement.run());
    if (row) return removeParts(row);
    row = m_db.lastInsertRowId();
    ++m_totals.runs;
    return {};
}

Status IndexWriter::writeSteps(std::int64_t row, const std::vector<Step>& steps, std::int64_t& written)
{
    TR_ASSIGN(Statement statement, m_db.prepare(rowvalues::kInsertStep));
    for (const TreePlace& place : treeOrder(steps)) {
        if (written >= kMaxParts) return {};
        rowvalues::bindStep(statement, firstPartOf(row) + ++written, static_cast<std::int64_t>(place.parent), place.depth,
                            steps[place.step]);
        TR_TRY(statement.run());
        statement.reset();
    }
    return {};
}

Status IndexWriter::add(RunRecord record)
{
    TR_TRY(begin());
    const std::int64_t content = contentOf(record);
    std::int64_t row = 0, formerContent = 0;
    {
        TR_ASSIGN(Statement former, m_db.prepare("SELECT id, content FROM runs WHERE run_key = ?"));
        former.bind(1, record.run.key.value);
        TR_ASSIGN(const bool found, former.step());
        if (found) {
            row = former.intAt(0);
            formerContent = former.intAt(1);
        }
    }
    if (row && m_startedOver && static_cast<std::size_t>(row) < m_seen.size() && m_seen[static_cast<std::size_t>(row)])
        TR_TRY(noteSkipped("run " + record.run.nativeId, "the store has two runs of this id; the one read last is kept"));
    if (row && formerContent == content) {
        see(row);
        return {};
    }
    m_changed = true;
    TR_TRY(writeRun(record, content, row));
    see(row);
    std::int64_t steps = 0, scores = 0, decisions = 0;
    TR_TRY(writeSteps(row, record.steps, steps));
    TR_ASSIGN(Statement score, m_db.prepare(rowvalues::kInsertScore));
    for (const Score& each : record.scores) {
        if (scores >= kMaxParts) break;
        rowvalues::bindScore(score, firstPartOf(row) + ++scores, each);
        TR_TRY(score.run());
        score.reset();
    }
    TR_ASSIGN(Statement decision, m_db.prepare(rowvalues::kInsertDecision));
    for (const HumanDecision& each : record.decisions) {
        if (decisions >= kMaxParts) break;
        rowvalues::bindDecision(decision, firstPartOf(row) + ++decisions, each);
        TR_TRY(decision.run());
        decision.reset();
    }
    m_totals.steps += steps;
    m_totals.scores += scores;
    m_totals.decisions += decisions;
    ++m_newRuns;
    if (++m_inTransaction < kRunsPerTransaction && std::chrono::steady_clock::now() - m_began < kTransactionTime) return {};
    return commit();
}

Status IndexWriter::noteSkipped(std::string_view where, std::string_view why)
{
    TR_TRY(begin());
    if (m_totals.unreadable < kMaxSkippedRows) {
        TR_ASSIGN(Statement statement, m_db.prepare("INSERT OR IGNORE INTO skipped(where_text, why) VALUES(?, ?)"));
        statement.bind(1, where).bind(2, why);
        TR_TRY(statement.run());
        if (m_db.changeCount() == 0) return {}; // told before, of the same run
    }
    ++m_totals.unreadable;
    m_changed = true;
    return {};
}

void IndexWriter::skipped(std::string where, std::string why)
{
    if (m_failure) return;
    if (const auto done = noteSkipped(toUtf8(where), toUtf8(why)); !done) m_failure = done.error();
}

void IndexWriter::progress(std::uint64_t doneRuns, std::uint64_t totalRuns)
{
    m_progress.report("reading", doneRuns, totalRuns);
}

Status IndexWriter::removeUnseen()
{
    std::vector<std::int64_t> gone;
    {
        TR_ASSIGN(Statement ids, m_db.prepare("SELECT id FROM runs"));
        for (;;) {
            TR_ASSIGN(const bool more, ids.step());
            if (!more) break;
            const auto row = static_cast<std::size_t>(ids.intAt(0));
            if (row >= m_seen.size() || !m_seen[row]) gone.push_back(ids.intAt(0));
        }
    }
    for (const std::int64_t row : gone) TR_TRY(removeRun(row));
    return {};
}

Status IndexWriter::removeRun(std::int64_t row)
{
    TR_TRY(removeParts(row));
    TR_ASSIGN(Statement remove, m_db.prepare("DELETE FROM runs WHERE id = ?"));
    remove.bind(1, row);
    TR_TRY(remove.run());
    --m_totals.runs;
    ++m_removedRuns;
    m_changed = true;
    return {};
}

Status IndexWriter::rowsOfSource(std::string_view source, std::unordered_set<std::int64_t>& rows)
{
    TR_ASSIGN(Statement ids, m_db.prepare("SELECT id FROM runs WHERE source = ? AND source <> ''"));
    ids.bind(1, source);
    for (;;) {
        TR_ASSIGN(const bool more, ids.step());
        if (!more) return {};
        rows.insert(ids.intAt(0));
    }
}

void IndexWriter::beginSource(std::string_view source)
{
    m_unseenOfSource.clear();
    if (m_startedOver || m_failure) return; // finish() takes away what was not delivered
    if (const auto known = rowsOfSource(source, m_unseenOfSource); !known) m_failure = known.error();
}

Status IndexWriter::endSource()
{
    if (m_unseenOfSource.empty()) return {};
    TR_TRY(begin());
    const auto gone = std::exchange(m_unseenOfSource, {});
    for (const std::int64_t row : gone) TR_TRY(removeRun(row));
    return {};
}

Status IndexWriter::sourceIsGone(std::string_view source)
{
    std::unordered_set<std::int64_t> rows;
    TR_TRY(begin());
    TR_TRY(rowsOfSource(source, rows));
    for (const std::int64_t row : rows) TR_TRY(removeRun(row));
    return {};
}

Result<std::string> IndexWriter::placeOf(std::string_view source, std::string_view nativeId)
{
    TR_ASSIGN(Statement place, m_db.prepare("SELECT place FROM runs WHERE source = ? AND source <> '' AND native_id = ?"));
    place.bind(1, source).bind(2, nativeId);
    TR_ASSIGN(const bool found, place.step());
    return found ? place.stringAt(0) : std::string();
}

Status IndexWriter::finish(const std::string& kind, const std::string& fingerprint, const std::string& cursor)
{
    TR_TRY(begin());
    if (m_startedOver) TR_TRY(removeUnseen());
    TR_TRY(setMeta("kind", kind));
    TR_TRY(setMeta("fingerprint", fingerprint));
    TR_TRY(setMeta("cursor", cursor));
    return commit();
}

Status IndexWriter::keep() { return commit(); }

} // namespace tackroom
