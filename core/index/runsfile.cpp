// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/runsfile.h"

#include "core/base/format.h"
#include "core/index/indexschema.h"
#include "core/index/rowvalues.h"
#include "core/index/runversions.h"
#include "core/platform/uniquefd.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fstream>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

namespace tackroom
{

namespace
{

/// The first transaction ends with the first runs; each further one may be twice as old as the one before, up to this.
constexpr std::chrono::milliseconds kFirstPatience{30};
constexpr std::chrono::milliseconds kMostPatience{400}; ///< what is written last is waited for
/// What is kept in memory of names, which may have 512 bytes each, and of sets of them.
constexpr std::size_t kMostNames = 20'000;
constexpr std::size_t kMostNameSetBytes = std::size_t{8} << 20;

/// Each index reads all runs: those of most stores then stay in memory from the first one to the last.
constexpr std::string_view kLargeCache = "PRAGMA cache_size=-131072";

std::string newEpoch()
{
    std::random_device random;
    std::string epoch;
    for (int i = 0; i < 4; ++i) epoch += formatText("{:08x}", random());
    return epoch;
}

/// Changes whenever the machine starts; empty where it is not told. What was written in an earlier life without waiting for the
/// disk may be lost in part.
std::string bootId()
{
    std::string id;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
    return id;
}

std::string twoRunsText(const std::string& former, const std::string& now)
{
    std::string where;
    if (!former.empty() && former != now)
        where = formatText(", in {} and in {}", former, now);
    else if (!former.empty())
        where = ", both in " + former;
    return formatText("the store has two runs of this id{}; they differ, and the one read last is kept", where);
}

/// Sees to it that the file as it is now is on the disk, unless it is so young that the system would have to be waited for.
/// Before SQLite opens it: closing a file drops the locks of all this process has on it.
bool isOnDisk(const std::filesystem::path& file)
{
    constexpr std::chrono::minutes kSurelyWritten{2}; // the kernel writes after half a minute by itself
    for (const char* suffix : {"", "-wal"}) {
        const UniqueFd fd(::open((file.string() + suffix).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        struct stat info{};
        if (!fd && errno == ENOENT && *suffix) continue;
        if (!fd || ::fstat(fd.get(), &info) != 0) return false;
        if (*suffix && info.st_size == 0) continue; // who only looks makes it, and leaves it
        const std::chrono::sys_seconds written{std::chrono::seconds(info.st_mtim.tv_sec)};
        if (std::chrono::system_clock::now() - written < kSurelyWritten || ::fdatasync(fd.get()) != 0) return false;
    }
    return true;
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
    // Several runs on a page. The size can be chosen while there is nothing in the file, and not in WAL mode. An empty file
    // need not be on the disk.
    TR_TRY(
        db.exec("PRAGMA synchronous=OFF; PRAGMA journal_mode=DELETE; PRAGMA page_size=16384; VACUUM; PRAGMA journal_mode=WAL"));
    TR_ASSIGN(auto transaction, db.transaction());
    TR_TRY(db.exec(kRunsDdl));
    TR_TRY(db.exec(formatText("INSERT INTO meta(key, value) VALUES('epoch', '{}')", newEpoch())));
    TR_TRY(db.exec(formatText("PRAGMA user_version={}", kRunsSchemaVersion)));
    TR_TRY(transaction.commit());
    TR_TRY(db.exec("PRAGMA synchronous=NORMAL"));
    return db;
}

} // namespace

Result<std::unique_ptr<RunsFile>> RunsFile::open(const std::filesystem::path& file)
{
    for (int attempt = 0;; ++attempt) {
        const bool onDisk = isOnDisk(file);
        auto db = openCurrent(file);
        if (db) {
            std::unique_ptr<RunsFile> opened(new RunsFile(std::move(*db)));
            const auto loaded = opened->load(onDisk);
            if (loaded) return opened;
            db = std::unexpected(loaded.error());
        }
        // A damaged or foreign file in our cache is worth nothing; once more without it.
        const bool curable = db.error().code == ErrorCode::Damaged || db.error().code == ErrorCode::UnknownFormat ||
                             db.error().code == ErrorCode::Internal;
        if (!curable || attempt > 0) return std::unexpected(db.error());
        removeFiles(file);
    }
}

Status RunsFile::load(bool onDisk)
{
    TR_TRY(m_db.exec("PRAGMA cache_size=-32768"));
    TR_ASSIGN(m_insertRun, m_db.prepare(rowvalues::kInsertRun));
    TR_ASSIGN(m_insertPart, m_db.prepare("INSERT INTO parts(id, steps, scores, decisions, content) VALUES(?, ?, ?, ?, ?)"));
    const auto number = [&](std::string_view key, std::int64_t& to) -> Status {
        TR_ASSIGN(const std::string text, meta(key));
        std::from_chars(text.data(), text.data() + text.size(), to);
        return {};
    };
    TR_TRY(number("generation", m_generation));
    TR_TRY(number("last_row", m_lastRow));
    TR_TRY(number("runs", m_totals.runs));
    TR_TRY(number("steps", m_totals.steps));
    TR_TRY(number("scores", m_totals.scores));
    TR_TRY(number("decisions", m_totals.decisions));
    TR_TRY(number("unreadable", m_totals.unreadable));
    TR_ASSIGN(const std::string bulk, meta("bulk"));
    if (bulk.empty()) return {};
    // The system kept what had been written, unless it came down itself.
    if (bulk != bootId())
        return fail(ErrorCode::Damaged, m_db.path().string(), "the index was not on the disk before the system went down");
    if (!onDisk) return {};
    TR_TRY(begin());
    TR_TRY(m_db.exec("DELETE FROM meta WHERE key = 'bulk'"));
    return commit();
}

Result<std::string> RunsFile::meta(std::string_view key)
{
    TR_ASSIGN(Statement statement, m_db.prepare("SELECT value FROM meta WHERE key = ?"));
    statement.bind(1, key);
    TR_ASSIGN(const bool row, statement.step());
    return row ? statement.stringAt(0) : std::string();
}

Status RunsFile::setMeta(std::string_view key, std::string_view value)
{
    TR_ASSIGN(Statement statement,
              m_db.prepare("INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value"));
    statement.bind(1, key).bind(2, value);
    return statement.run();
}

Status RunsFile::begin()
{
    if (m_transaction) return {};
    TR_ASSIGN(auto transaction, m_db.transaction());
    m_transaction.emplace(std::move(transaction));
    m_began = std::chrono::steady_clock::now();
    return {};
}

Status RunsFile::commit()
{
    if (!m_transaction) return {};
    if (m_changed) {
        ++m_generation;
        TR_TRY(setMeta("generation", std::to_string(m_generation)));
        TR_TRY(setMeta("last_row", std::to_string(m_lastRow)));
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

Status RunsFile::commitIfDue()
{
    if (!m_transaction || std::chrono::steady_clock::now() - m_began < m_patience) return {};
    m_patience = std::clamp(m_patience * 2, kFirstPatience, kMostPatience);
    return commit();
}

// An empty file is filled without its indexes, which are made at the end in one go each, and without ever waiting for the
// disk: a program that is killed leaves what it had committed, and after a crash of the system the mark `bulk` says that the
// file is to be made anew. The mark goes at a later opening, when the system has written the file in its own time.
Status RunsFile::beginBulk()
{
    TR_ASSIGN(const std::int64_t indexes, m_db.scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'runs_native'"));
    if (m_totals.runs > 0 || indexes > 0) return {};
    m_bulk = true;
    if (m_transaction) TR_TRY(commit());
    const std::string boot = bootId();
    if (boot.empty()) return {}; // then a fall of the system could not be noticed: every checkpoint waits for the disk
    TR_TRY(m_db.exec("PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=2000"));
    TR_TRY(begin());
    return setMeta("bulk", boot);
}

// At the end nothing else is left to do, and the reviewer would wait for the indexes alone. One after the other they are made
// while other threads still read, and the last runs go into them as they come. Of a store so large that the indexes do not
// stay in memory, that would cost more than it saves.
Status RunsFile::makeIndexIfDue(std::int64_t expectedRuns)
{
    constexpr std::int64_t kFewest = 1'000, kMost = 300'000, kFirstPercent = 40, kStepPercent = 6;
    if (!m_bulk || m_indexes == kRunsIndexes.size() || expectedRuns < kFewest || expectedRuns > kMost) return {};
    const auto percent = kFirstPercent + kStepPercent * static_cast<std::int64_t>(m_indexes);
    if (m_totals.runs < expectedRuns * percent / 100) return {};
    TR_TRY(begin());
    if (m_indexes == 0) TR_TRY(m_db.exec(kLargeCache));
    return m_db.exec(kRunsIndexes[m_indexes++]);
}

Status RunsFile::makeIndexes()
{
    if (m_bulk) TR_TRY(m_db.exec(kLargeCache));
    TR_TRY(begin());
    for (const std::string_view index : kRunsIndexes) TR_TRY(m_db.exec(index));
    TR_TRY(commit());
    return m_db.exec("PRAGMA cache_size=-32768");
}

bool RunsFile::isSeen(std::int64_t row) const
{
    return static_cast<std::size_t>(row) < m_seen.size() && m_seen[static_cast<std::size_t>(row)];
}

void RunsFile::see(std::int64_t row)
{
    m_unseenOfSource.erase(row);
    if (!m_startedOver) return;
    const auto index = static_cast<std::size_t>(row);
    if (m_seen.size() <= index) m_seen.resize(index + index / 2 + 1024);
    m_seen[index] = true;
}

Status RunsFile::startOver()
{
    m_startedOver = true;
    m_seen.clear();
    TR_TRY(beginBulk());
    TR_TRY(begin());
    // Killed before the end, the next ingest must start over as well.
    TR_TRY(m_db.exec("DELETE FROM meta WHERE key IN ('fingerprint', 'cursor')"));
    if (m_totals.unreadable == 0) return {};
    m_totals.unreadable = 0;
    m_changed = true;
    return m_db.exec("DELETE FROM skipped");
}

/// 0 where a run of this key is there.
Result<std::int64_t> RunsFile::insertRun(const PackedRun& run, std::int64_t nameSet)
{
    rowvalues::bindRun(*m_insertRun, run.run, {run.content, run.counts.scores, run.counts.decisions, nameSet});
    m_insertRun->bind(rowvalues::kRunRow, m_lastRow + 1);
    TR_TRY(m_insertRun->run());
    return m_db.changeCount() > 0 ? ++m_lastRow : 0;
}

Status RunsFile::updateRun(const PackedRun& run, std::int64_t nameSet, std::int64_t row)
{
    TR_TRY(removeParts(row));
    TR_ASSIGN(Statement statement, m_db.prepare(rowvalues::kUpdateRun));
    rowvalues::bindRun(statement, run.run, {run.content, run.counts.scores, run.counts.decisions, nameSet});
    statement.bind(rowvalues::kRunRow, row);
    return statement.run();
}

Result<std::int64_t> RunsFile::nameRow(std::int64_t field, const std::string& name)
{
    std::string key = formatText("{}:", field) + name;
    if (const auto known = m_names.find(key); known != m_names.end()) return known->second;
    if (m_names.size() >= kMostNames) m_names.clear();
    std::int64_t row = 0;
    {
        TR_ASSIGN(Statement look, m_db.prepare("SELECT id FROM names WHERE field = ? AND name = ?"));
        look.bind(1, field).bind(2, name);
        TR_ASSIGN(const bool found, look.step());
        if (found) row = look.intAt(0);
    }
    if (row == 0) {
        TR_ASSIGN(Statement insert, m_db.prepare("INSERT INTO names(field, name) VALUES(?, ?)"));
        insert.bind(1, field).bind(2, name);
        TR_TRY(insert.run());
        row = m_db.lastInsertRowId();
    }
    m_names.emplace(std::move(key), row);
    return row;
}

/// The row of the set of these names, which is made where it is new; 0 of none.
Result<std::int64_t> RunsFile::nameSetRow(std::vector<std::int64_t> names)
{
    if (names.empty()) return 0;
    std::ranges::sort(names);
    std::string text;
    for (const std::int64_t name : names) text += formatText("{}{}", text.empty() ? "" : " ", name);
    {
        TR_ASSIGN(Statement look, m_db.prepare("SELECT id FROM name_sets WHERE names = ?"));
        look.bind(1, text);
        TR_ASSIGN(const bool found, look.step());
        if (found) return look.intAt(0);
    }
    TR_ASSIGN(Statement insert, m_db.prepare("INSERT INTO name_sets(names) VALUES(?)"));
    insert.bind(1, text);
    TR_TRY(insert.run());
    const std::int64_t row = m_db.lastInsertRowId();
    TR_ASSIGN(Statement member, m_db.prepare("INSERT INTO set_names(name, name_set) VALUES(?, ?)"));
    for (const std::int64_t name : names) {
        member.bind(1, name).bind(2, row);
        TR_TRY(member.run());
    }
    return row;
}

Result<std::int64_t> RunsFile::nameSetOf(const PackedRun& run)
{
    // Known by the names as they come: most runs need no more than this.
    m_nameKey.clear();
    for (const auto* names : {&run.tools, &run.models, &run.versions}) {
        for (const std::string& name : *names) m_nameKey.append(name).push_back('\0');
        m_nameKey.push_back('\1');
    }
    if (const auto known = m_nameSets.find(m_nameKey); known != m_nameSets.end()) return known->second;
    std::vector<std::int64_t> rows;
    for (const auto& [names, field] :
         {std::pair(&run.tools, kToolName), std::pair(&run.models, kModelName), std::pair(&run.versions, kVersionName)})
        for (const std::string& name : *names) {
            TR_ASSIGN(const std::int64_t row, nameRow(field, name));
            rows.push_back(row);
        }
    TR_ASSIGN(const std::int64_t set, nameSetRow(std::move(rows)));
    m_nameSetBytes += m_nameKey.size();
    if (m_nameSetBytes > kMostNameSetBytes) {
        m_nameSets.clear();
        m_nameSetBytes = m_nameKey.size();
    }
    m_nameSets.emplace(m_nameKey, set);
    return set;
}

Status RunsFile::putParts(const PackedRun& run, std::int64_t row)
{
    std::int64_t chunk = 0;
    for (const std::string& bytes : run.chunks) {
        const bool first = chunk++ == 0; // the counts of the whole run stand with its first chunk
        m_insertPart->bind(1, firstPartOf(row) + chunk).bind(2, first ? run.counts.steps : 0);
        m_insertPart->bind(3, first ? run.counts.scores : 0).bind(4, first ? run.counts.decisions : 0).bindBlob(5, bytes);
        TR_TRY(m_insertPart->run());
    }
    for (const auto& error : run.errors) {
        TR_ASSIGN(Statement insert, m_db.prepare("INSERT INTO errors(id, type, text) VALUES(?, ?, ?)"));
        insert.bind(1, firstPartOf(row) + error.ordinal).bind(2, error.type).bind(3, error.text);
        TR_TRY(insert.run());
    }
    m_totals.steps += run.counts.steps;
    m_totals.scores += run.counts.scores;
    m_totals.decisions += run.counts.decisions;
    return {};
}

Status RunsFile::removeParts(std::int64_t row)
{
    {
        TR_ASSIGN(Statement counts,
                  m_db.prepare("SELECT total(steps), total(scores), total(decisions) FROM parts WHERE id BETWEEN ? AND ?"));
        counts.bind(1, firstPartOf(row)).bind(2, lastPartOf(row));
        TR_ASSIGN(const bool found, counts.step());
        if (found) {
            m_totals.steps -= counts.intAt(0);
            m_totals.scores -= counts.intAt(1);
            m_totals.decisions -= counts.intAt(2);
        }
    }
    for (const std::string_view table : {"parts", "errors"}) {
        TR_ASSIGN(Statement remove, m_db.prepare(formatText("DELETE FROM {} WHERE id BETWEEN ? AND ?", table)));
        remove.bind(1, firstPartOf(row)).bind(2, lastPartOf(row));
        TR_TRY(remove.run());
    }
    return {};
}

Status RunsFile::put(const PackedRun& run)
{
    TR_TRY(begin());
    TR_ASSIGN(const std::int64_t nameSet, nameSetOf(run));
    TR_ASSIGN(std::int64_t row, insertRun(run, nameSet));
    if (row > 0) {
        ++m_totals.runs;
    } else {
        Former former;
        TR_TRY(lookUp(run.run.key, former));
        row = former.row;
        const bool isAgain = m_startedOver && isSeen(row);
        if (former.content == run.content) {
            // Told by two files alike, it is one run; of the places the first one stays. Else it may have moved.
            if (!isAgain) TR_TRY(moveRun(former, run.run));
            see(row);
            return {};
        }
        if (isAgain && !isSameHappening(former.content, run.content))
            TR_TRY(skip("run " + run.run.nativeId, twoRunsText(former.source, run.run.source)));
        TR_TRY(updateRun(run, nameSet, row));
    }
    m_changed = true;
    see(row);
    ++m_newRuns;
    return putParts(run, row);
}

Status RunsFile::lookUp(const RunKey& key, Former& former)
{
    TR_ASSIGN(Statement known, m_db.prepare("SELECT id, content, source, place FROM runs WHERE run_key = ?"));
    known.bind(1, key.value);
    TR_ASSIGN(const bool found, known.step());
    if (!found) return fail(ErrorCode::Damaged, m_db.path().string(), "the index contradicts itself");
    former = {known.intAt(0), known.intAt(1), known.stringAt(2), known.stringAt(3)};
    return {};
}

/// Nothing that is analysed changes with the place.
Status RunsFile::moveRun(const Former& former, const Run& run)
{
    if (former.source == run.source && former.place == run.place) return {};
    TR_ASSIGN(Statement move, m_db.prepare("UPDATE runs SET source = ?, place = ? WHERE id = ?"));
    move.bind(1, run.source).bind(2, run.place).bind(3, former.row);
    return move.run();
}

Status RunsFile::skip(std::string_view where, std::string_view why)
{
    TR_TRY(begin());
    if (m_totals.unreadable < kMaxSkippedRows) {
        TR_ASSIGN(Statement statement, m_db.prepare("INSERT OR IGNORE INTO skipped(where_text, why, source) VALUES(?, ?, ?)"));
        statement.bind(1, where).bind(2, why).bind(3, m_source);
        TR_TRY(statement.run());
        if (m_db.changeCount() == 0) return {}; // told before, of the same run
    }
    ++m_totals.unreadable;
    m_changed = true;
    return {};
}

Status RunsFile::resolveVersions(const VersionRule& rule)
{
    TR_TRY(begin());
    TR_ASSIGN(const std::int64_t changed, rewriteVersions(m_db, rule));
    if (changed > 0) m_changed = true;
    TR_TRY(setMeta("version_rule", ruleText(rule)));
    return commit();
}

Status RunsFile::noteVersionKeys(std::string_view keys)
{
    TR_TRY(begin());
    TR_TRY(setMeta("version_keys", keys));
    return commit();
}

Status RunsFile::finish(const std::string& kind, const std::string& fingerprint, const std::string& cursor)
{
    TR_TRY(begin());
    if (m_startedOver && !m_bulk) TR_TRY(removeUnseen());
    TR_TRY(makeIndexes());
    TR_TRY(begin());
    TR_TRY(setMeta("kind", kind));
    TR_TRY(setMeta("fingerprint", fingerprint));
    TR_TRY(setMeta("cursor", cursor));
    return commit();
}

} // namespace tackroom
