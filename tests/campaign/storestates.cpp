// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/campaign/storestates.h"
#include "core/base/format.h"

#include <sys/stat.h>

namespace tackroom::zerowrites
{

namespace
{

constexpr int kRuns = 300;

std::string numbers(int from, int to)
{
    return formatText("WITH RECURSIVE n(i) AS (SELECT {} UNION ALL SELECT i+1 FROM n WHERE i<{}) ", from, to);
}

std::string hermesRuns(int from, int to)
{
    const std::string n = numbers(from, to);
    return "INSERT INTO sessions(id, source, started_at, ended_at, system_prompt) " + n +
           "SELECT printf('s%06d', i), 'cli', 1700000000+i, 1700000009+i, 'be good' FROM n;"
           "INSERT INTO messages(session_id, role, content, timestamp) " +
           n + "SELECT printf('s%06d', i), 'user', 'where is order '||i, 1700000001+i FROM n;" +
           "INSERT INTO messages(session_id, role, content, timestamp) " + n +
           "SELECT printf('s%06d', i), 'assistant', 'on its way '||hex(zeroblob(40)), 1700000002+i FROM n;";
}

std::string phoenixRuns(int from, int to)
{
    const std::string n = numbers(from, to);
    return "INSERT INTO traces(project_rowid, trace_id, start_time, end_time) " + n +
           "SELECT 1, printf('t%06d', i), '2026-03-02 08:00:00', '2026-03-02 08:00:09' FROM n;"
           "INSERT INTO spans(trace_rowid, span_id, name, span_kind, start_time, end_time, attributes, events, status_code) " +
           n +
           "SELECT (SELECT id FROM traces WHERE trace_id = printf('t%06d', i)), printf('p%06d', i), 'agent', 'AGENT',"
           "'2026-03-02 08:00:00', '2026-03-02 08:00:09',"
           "'{\"input\":{\"value\":\"where is order '||i||'\"},\"output\":{\"value\":\"on its way\"}}', '[]', 'OK' FROM n;";
}

fs::path withSuffix(fs::path path, const char* suffix) { return path += suffix; }

/// Folders of long names below the scene's, and what lies in `from` moved into the innermost.
fs::path moveDeep(const fs::path& folder, const fs::path& from)
{
    fs::path deep = folder;
    for (int i = 0; i < 12; ++i) deep /= std::string(240, static_cast<char>('a' + i));
    fs::create_directories(deep.parent_path());
    fs::rename(from, deep);
    return deep;
}

void protectAll(const fs::path& folder, mode_t files, mode_t itself)
{
    for (const auto& entry : fs::directory_iterator(folder)) ::chmod(entry.path().c_str(), files);
    ::chmod(folder.c_str(), itself);
}

std::vector<State> idleStates()
{
    return {
        {"rollback journal, idle", [](Scene& s) { s.make(kRuns); }},
        {"rollback journal, a cold one left", [](Scene& s) { s.make(kRuns, "PRAGMA journal_mode=PERSIST;"); }},
        {"rollback journal, an empty one left", [](Scene& s) { s.make(kRuns, "PRAGMA journal_mode=TRUNCATE;"); }},
        {"WAL, idle", [](Scene& s) { s.make(kRuns, "PRAGMA journal_mode=WAL;"); }},
        {"WAL, an empty -wal left",
         [](Scene& s) {
             s.make(kRuns, "PRAGMA journal_mode=WAL;");
             std::ofstream(withSuffix(s.db(), "-wal"));
         }},
        {"stale WAL with -shm", [](Scene& s) { s.leaveStaleWal(kRuns); }},
        {"stale WAL without -shm",
         [](Scene& s) {
             s.leaveStaleWal(kRuns);
             fs::remove(withSuffix(s.db(), "-shm"));
         }},
        {"stale WAL, last frame torn",
         [](Scene& s) {
             s.leaveStaleWal(kRuns);
             std::ofstream(withSuffix(s.db(), "-wal"), std::ios::app | std::ios::binary) << std::string(1'000, '\x5a');
         }},
        {"hot rollback journal", [](Scene& s) { s.leaveHotJournal(kRuns); }},
    };
}

std::vector<State> liveStates()
{
    return {
        {"live writer, WAL", [](Scene& s) { s.live("PRAGMA journal_mode=WAL;", kRuns); }},
        {"live writer, WAL, in a transaction",
         [](Scene& s) {
             s.live("PRAGMA journal_mode=WAL;", kRuns, "BEGIN IMMEDIATE;" + s.shape->runs(kRuns + 1, kRuns + 50));
         }},
        {"live writer, WAL, exclusive",
         [](Scene& s) {
             s.live("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;", kRuns);
             s.refusal = "another program works on it";
         }},
        {"live writer, rollback journal", [](Scene& s) { s.live("", kRuns); }},
        {"live writer, rollback journal, in a transaction",
         [](Scene& s) { s.live("", kRuns, "BEGIN IMMEDIATE;" + s.shape->runs(kRuns + 1, kRuns + 50)); }},
        {"live writer, rollback journal, exclusive",
         [](Scene& s) {
             s.live("", kRuns, "BEGIN EXCLUSIVE;");
             s.refusal = "another program works on it";
         }},
    };
}

std::vector<State> rightsStates()
{
    const auto readOnlyFolder = [](Scene& s) { protectAll(s.folder, 0444, 0555); };
    return {
        {"read-only folder (555), rollback journal",
         [=](Scene& s) {
             s.make(kRuns);
             readOnlyFolder(s);
         },
         true},
        {"read-only folder (555), stale WAL",
         [=](Scene& s) {
             s.leaveStaleWal(kRuns);
             readOnlyFolder(s);
         },
         true},
        {"read-only folder (555), hot journal",
         [=](Scene& s) {
             s.leaveHotJournal(kRuns);
             readOnlyFolder(s);
         },
         true},
        {"read-only folder (555), live writer in WAL",
         [=](Scene& s) {
             s.live("PRAGMA journal_mode=WAL;", kRuns);
             readOnlyFolder(s);
         },
         true},
        {"file of mode 444",
         [](Scene& s) {
             s.make(kRuns, "PRAGMA journal_mode=WAL;");
             protectAll(s.folder, 0444, 0755);
         },
         true},
        {"file of mode 000",
         [](Scene& s) {
             s.make(kRuns);
             protectAll(s.folder, 0, 0755);
             s.refusal = "ermission denied";
         },
         true},
        {"-wal of mode 000",
         [](Scene& s) {
             s.leaveStaleWal(kRuns);
             ::chmod(withSuffix(s.db(), "-wal").c_str(), 0);
             s.refusal = "what was written last cannot be read";
         },
         true},
        {"hot journal of mode 000",
         [](Scene& s) {
             s.leaveHotJournal(kRuns);
             ::chmod(withSuffix(s.db(), "-journal").c_str(), 0);
             s.refusal = "ermission denied";
         },
         true},
    };
}

std::vector<State> nameStates()
{
    return {
        {"a link to the store, stale WAL",
         [](Scene& s) {
             s.leaveStaleWal(kRuns);
             fs::create_directory(s.folder / "elsewhere");
             s.store = s.folder / "elsewhere" / "link.db";
             fs::create_symlink("../store.db", s.store);
         }},
        {"a link to the folder, live writer in WAL",
         [](Scene& s) {
             s.live("PRAGMA journal_mode=WAL;", kRuns);
             fs::create_directory_symlink(".", s.folder / "linked");
             s.store = s.folder / "linked" / "store.db";
         }},
        {"a second name (hard link), rollback journal",
         [](Scene& s) {
             s.make(kRuns);
             s.store = s.folder / "second.db";
             fs::create_hard_link(s.db(), s.store);
         }},
        {"a second name, the first has a stale WAL",
         [](Scene& s) {
             s.leaveStaleWal(kRuns);
             s.store = s.folder / "second.db";
             fs::create_hard_link(s.db(), s.store);
             s.refusal = "also named store.db";
         }},
        {"a second name, the first has a hot journal",
         [](Scene& s) {
             s.leaveHotJournal(kRuns);
             s.store = s.folder / "second.db";
             fs::create_hard_link(s.db(), s.store);
             s.refusal = "also named store.db";
         }},
        {"a second name elsewhere, idle",
         [](Scene& s) {
             s.make(kRuns);
             fs::create_directory(s.folder / "elsewhere");
             s.store = s.folder / "elsewhere" / "second.db";
             fs::create_hard_link(s.db(), s.store);
             s.note = "another name elsewhere";
         }},
        {"a second name elsewhere, live writer in WAL",
         [](Scene& s) {
             s.live("PRAGMA journal_mode=WAL;", kRuns);
             fs::create_directory(s.folder / "elsewhere");
             s.store = s.folder / "elsewhere" / "second.db";
             fs::create_hard_link(s.db(), s.store);
             s.refusal = "under another name";
         }},
        {"a path of 3,000 bytes, rollback journal",
         [](Scene& s) {
             fs::create_directory(s.folder / "short");
             s.sql(s.folder / "short" / "store.db", s.shape->schema + s.shape->runs(1, kRuns));
             s.committed = kRuns;
             s.store = moveDeep(s.folder, s.folder / "short") / "store.db";
         }},
        {"a path of 3,000 bytes, stale WAL",
         [](Scene& s) {
             s.leaveStaleWal(kRuns);
             fs::create_directory(s.folder / "short");
             for (const char* suffix : {"", "-wal", "-shm"})
                 fs::rename(withSuffix(s.db(), suffix), s.folder / "short" / (std::string("store.db") + suffix));
             s.store = moveDeep(s.folder, s.folder / "short") / "store.db";
         }},
        {"a name like a URI",
         [](Scene& s) {
             s.store = s.folder / "a b?mode=rwc&x=%41#1 'q\"\n\xC3\xA4.db";
             s.sql(s.store, "PRAGMA journal_mode=WAL;" + (s.shape->schema + s.shape->runs(1, kRuns)));
             s.committed = kRuns;
         }},
        {"a FIFO",
         [](Scene& s) {
             ASSERT_EQ(::mkfifo(s.db().c_str(), 0600), 0);
             s.refusal = "FIFO";
         }},
        {"a FIFO as -wal",
         [](Scene& s) {
             s.make(kRuns);
             ASSERT_EQ(::mkfifo(withSuffix(s.db(), "-wal").c_str(), 0600), 0);
             s.refusal = "not a regular file";
         }},
    };
}

} // namespace

const Shape& hermesShape()
{
    static const Shape shape{
        "Hermes",
        "CREATE TABLE sessions(id TEXT PRIMARY KEY, source TEXT NOT NULL, parent_session_id TEXT, started_at REAL, ended_at "
        "REAL,"
        " end_reason TEXT, model_config TEXT, system_prompt TEXT);"
        "CREATE TABLE messages(id INTEGER PRIMARY KEY, session_id TEXT, role TEXT, content TEXT, tool_call_id TEXT,"
        " tool_calls TEXT, tool_name TEXT, timestamp REAL); CREATE INDEX m ON messages(session_id);",
        hermesRuns, [](int number) { return formatText("s{:06}", number); }};
    return shape;
}

const Shape& phoenixShape()
{
    static const Shape shape{
        "Phoenix",
        "CREATE TABLE projects(id INTEGER PRIMARY KEY, name VARCHAR NOT NULL); INSERT INTO projects VALUES(1, 'default');"
        "CREATE TABLE traces(id INTEGER PRIMARY KEY, project_rowid INTEGER NOT NULL, trace_id VARCHAR NOT NULL UNIQUE,"
        " start_time TIMESTAMP, end_time TIMESTAMP);"
        "CREATE TABLE spans(id INTEGER PRIMARY KEY, trace_rowid INTEGER NOT NULL, span_id VARCHAR NOT NULL UNIQUE,"
        " parent_id VARCHAR, name VARCHAR, span_kind VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP, attributes JSONB,"
        " events JSONB, status_code VARCHAR, status_message VARCHAR); CREATE INDEX ix ON spans(trace_rowid);",
        phoenixRuns, [](int number) { return formatText("t{:06}", number); }};
    return shape;
}

void Scene::sql(const fs::path& path, const std::string& text) const
{
    sqltesting::OtherProcess other(path);
    other.run(text);
    other.end();
}

void Scene::make(int runs, const std::string& before, const std::string& after)
{
    sql(db(), before + shape->schema + shape->runs(1, runs) + after);
    committed = runs;
}

void Scene::live(const std::string& before, int runs, const std::string& then)
{
    writer = std::make_unique<sqltesting::OtherProcess>(db());
    writer->run(before + shape->schema + shape->runs(1, runs) + then);
    committed = runs;
    if (before.find("WAL") != std::string::npos && before.find("EXCLUSIVE") == std::string::npos) marks = {"store.db-shm"};
}

void Scene::leaveStaleWal(int runs)
{
    sqltesting::OtherProcess other(db());
    // The first third is in the database, the rest in the WAL alone.
    other.run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;" + (shape->schema + shape->runs(1, runs / 3)) +
              "PRAGMA wal_checkpoint(TRUNCATE);" + shape->runs(runs / 3 + 1, runs));
    other.kill();
    committed = runs;
}

void Scene::leaveHotJournal(int runs)
{
    sqltesting::OtherProcess other(db());
    const std::string table = shape == &hermesShape() ? "messages" : "spans";
    other.run(shape->schema + shape->runs(1, runs) + "PRAGMA cache_size=5; BEGIN; DELETE FROM " + table +
              " WHERE rowid % 2 = 0;" + shape->runs(runs + 1, 3 * runs) + "DELETE FROM " + table + " WHERE rowid % 3 = 0;");
    other.kill();
    committed = runs;
}

std::vector<State> storeStates()
{
    std::vector<State> all;
    for (auto* part : {idleStates, liveStates, rightsStates, nameStates})
        for (State& state : part()) {
            state.isOfReading = part == idleStates || part == liveStates;
            all.push_back(std::move(state));
        }
    return all;
}

} // namespace tackroom::zerowrites
