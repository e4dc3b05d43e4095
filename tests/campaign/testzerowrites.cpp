// SPDX-License-Identifier: GPL-3.0-or-later
// What reading leaves of a store and its folder: the same bytes, times, inodes and names. The real programs read stores in
// every state; where strace works, what they open for writing there is listed too.
#include "core/base/json.h"
#include "core/index/readerclient.h"
#include "tests/campaign/storestates.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <thread>
#include <unistd.h>

namespace tackroom::zerowrites
{
namespace
{

using sqltesting::OtherProcess;

constexpr int kIndexMs = 120'000;
constexpr std::size_t kMostOutput = std::size_t{64} << 20;

/// The folder and everything below it, but for the content of the files that may be marked.
std::map<std::string, std::string> fingerprintTree(const fs::path& folder, const std::set<std::string>& marks)
{
    const std::string mark = marks.empty() ? std::string() : *marks.begin();
    auto all = sqltesting::fingerprint(folder, mark);
    for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
        if (!entry.is_directory() || entry.is_symlink()) continue;
        for (const auto& [name, text] : sqltesting::fingerprint(entry.path(), mark)) all[(entry.path() / name).string()] = text;
    }
    return all;
}

std::vector<std::string> changedEntries(const std::map<std::string, std::string>& before,
                                        const std::map<std::string, std::string>& after)
{
    std::vector<std::string> changed;
    for (const auto& [name, text] : before)
        if (const auto at = after.find(name); at == after.end() || at->second != text) changed.push_back(name);
    for (const auto& [name, text] : after)
        if (!before.contains(name)) changed.push_back(name + " (new)");
    return changed;
}

/// strace, where it is there and may trace.
bool canTrace()
{
    static const bool works = [] {
        const auto tried = runProcess({"strace", "-f", "-o", "/dev/null", "true"}, {}, {}, 20'000, 1 << 20);
        return tried && tried->exitCode == 0;
    }();
    return works;
}

constexpr const char* kTraced =
    "open,openat,creat,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,truncate,ftruncate,chmod,fchmod,fchmodat,"
    "chown,fchown,fchownat,link,linkat,symlink,symlinkat,utimensat,write,pwrite64,writev,pwritev,fallocate,mknod,mknodat";

/// The names below the folder that were opened for writing, written to, made or removed, whether it succeeded or not.
std::set<std::string> writesIn(const fs::path& trace, const fs::path& folder)
{
    std::set<std::string> names;
    std::ifstream in(trace);
    for (std::string line; std::getline(in, line);) {
        // As an argument of its own, or as what a descriptor stands for; not within bytes that are written elsewhere.
        const auto open = line.find('(');
        if (open == line.npos) continue;
        const std::string path = folder.string() + "/";
        auto at = line.find('"' + path, open);
        if (line.find(" write") < open || line.find("pwrite") < open) at = line.npos;
        if (const auto descriptor = line.find('<', open);
            descriptor < line.find(',', open) && line.compare(descriptor + 1, path.size(), path) == 0)
            at = descriptor;
        if (at == line.npos) continue;
        const bool opens = line.find(" open") < open;
        const std::string_view call = std::string_view(line).substr(0, line.rfind(" = "));
        const bool changes = call.find("O_WRONLY") != call.npos || call.find("O_RDWR") != call.npos ||
                             call.find("O_CREAT") != call.npos || call.find("O_TRUNC") != call.npos;
        if (opens && !changes) continue;
        const std::string found = line.substr(at + 1, line.find_first_of("\">", at + 1) - at - 1);
        names.insert(found.substr(found.rfind('/') + 1));
    }
    return names;
}

struct Answer {
    int exitCode = 0;
    Json json;
    std::string error; ///< the one line
    std::set<std::string> writes;
};

class ZeroWrites : public testing::Test
{
protected:
    void SetUp() override
    {
        auto made = TemporaryFolder::make("zerowrites");
        ASSERT_TRUE(made);
        m_root.emplace(std::move(*made));
        const char* bin = std::getenv("TACKROOM_BIN_DIR");
        m_cli = bin ? (fs::path(bin) / "tackroom-cli").string() : "tackroom-cli";
    }
    [[nodiscard]] fs::path own(const std::string& name) const { return m_root->path() / name; }

    Scene scene(const Shape& shape)
    {
        Scene made;
        made.folder = own("stores") / std::to_string(++m_scenes);
        made.store = made.folder / "store.db";
        made.shape = &shape;
        fs::create_directories(made.folder);
        return made;
    }

    /// The command line indexes it, traced.
    Answer index(const Scene& scene, const std::vector<std::string>& before = {})
    {
        std::vector<std::string> argv = before;
        const fs::path trace = own("trace");
        if (canTrace()) {
            for (const char* word : {"strace", "-f", "-y", "-s", "4096", "-o"}) argv.emplace_back(word);
            argv.push_back(trace.string());
            argv.push_back(std::string("--trace=") + kTraced);
        }
        for (const std::string& word :
             {m_cli, std::string("index"), scene.store.string(), std::string("--json"), std::string("--cache"),
              own("cache").string(), std::string("--data"), own("data").string()})
            argv.push_back(word);
        const auto done = runProcess(argv, {}, {}, kIndexMs, kMostOutput);
        Answer answer;
        EXPECT_TRUE(done) << done.error().detail;
        if (!done) return answer;
        answer.exitCode = done->exitCode;
        answer.error = done->err.substr(0, done->err.find('\n'));
        if (auto json = parseJson(done->out, "answer")) answer.json = std::move(*json);
        if (canTrace()) answer.writes = writesIn(trace, scene.folder);
        return answer;
    }

    /// Bodies too, through a reader that stays open for a while.
    static void fetchOne(const Scene& scene)
    {
        const auto client = ReaderClient::open(scene.store, {});
        ASSERT_TRUE(client) << client.error().detail;
        for (const int number : {1, static_cast<int>(scene.committed)}) {
            const auto body = (*client)->fetch(scene.shape->idOf(number), {}, 1 << 20, {});
            ASSERT_TRUE(body) << body.error().detail;
            EXPECT_NE(body->raw.size() + body->input.size() + body->messages.size(), 0U);
        }
    }

    void look(const State& state, const Shape& shape)
    {
        Scene s = scene(shape);
        state.make(s);
        if (HasFatalFailure()) return;
        const auto before = fingerprintTree(s.folder, s.marks);
        const Answer answer = index(s);
        if (s.refusal.empty()) fetchOne(s);
        const auto changed = changedEntries(before, fingerprintTree(s.folder, s.marks));
        EXPECT_EQ(changed, std::vector<std::string>{}) << state.name;
        std::set<std::string> unexpected;
        std::ranges::set_difference(answer.writes, s.marks, std::inserter(unexpected, unexpected.end()));
        EXPECT_EQ(unexpected, std::set<std::string>{}) << state.name;
        const std::int64_t runs = answer.exitCode == 0 ? intAt(answer.json, "runs") : 0;
        const std::string said = answer.exitCode == 0 ? stringAt(memberAt(answer.json, "store"), "note") : answer.error;
        if (s.refusal.empty()) {
            EXPECT_EQ(answer.exitCode, 0) << state.name << ": " << answer.error;
            EXPECT_EQ(runs, s.committed) << state.name;
            EXPECT_EQ(intAt(answer.json, "unreadable"), 0) << state.name;
            EXPECT_NE(said.find(s.note), said.npos) << state.name << ": " << said;
        } else {
            EXPECT_NE(answer.exitCode, 0) << state.name;
            EXPECT_NE(said.find(s.refusal), said.npos) << state.name << ": " << said;
        }
        std::string writes;
        for (const auto& name : answer.writes) writes += (writes.empty() ? "" : " ") + name;
        std::printf("[          ] %-8s %-52s %5s %5s %7zu  %-14s %s\n", shape.name, state.name.c_str(),
                    s.refusal.empty() ? std::to_string(s.committed).c_str() : "-",
                    answer.exitCode == 0 ? std::to_string(runs).c_str() : "-", changed.size(),
                    canTrace() ? (writes.empty() ? "none" : writes.c_str()) : "no strace", shortened(said).c_str());
        if (s.writer) s.writer->end();
        // So that it can be removed.
        ::chmod(s.folder.c_str(), 0700);
    }

    static std::string shortened(std::string text)
    {
        constexpr std::size_t kMost = 110;
        const auto colon = text.find(".db: ");
        if (colon != text.npos) text = text.substr(colon + 5);
        return text.size() > kMost ? text.substr(0, kMost) + "…" : text;
    }

    std::string m_cli;

private:
    std::optional<TemporaryFolder> m_root;
    int m_scenes = 0;
};

TEST_F(ZeroWrites, everyState)
{
    std::printf("[          ] %-8s %-52s %5s %5s %7s  %-14s %s\n", "format", "state", "there", "read", "changes",
                "opened to write", "said");
    const char* campaign = std::getenv("TACKROOM_CAMPAIGN");
    const bool full = campaign && std::string_view(campaign) == "full";
    for (const Shape* shape : {&phoenixShape(), &hermesShape()})
        for (const State& state : storeStates()) {
            // Rights and names are the same for every reader.
            if (!full && shape != &phoenixShape() && !state.isOfReading) continue;
            if (state.needsPlainUser && ::geteuid() == 0) {
                std::printf("[          ] %-8s %-52s not tried: root may do everything\n", shape->name, state.name.c_str());
                continue;
            }
            look(state, *shape);
        }
}

TEST_F(ZeroWrites, anotherUsersFile)
{
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make a file of another user; the same rights are tried by mode above";
    const std::vector<std::string> asUser{"setpriv", "--reuid", "1977", "--regid", "1977", "--clear-groups"};
    ::chmod(own(".").c_str(), 0755);
    fs::create_directories(own("cache"));
    for (const char* name : {"cache", "data"}) {
        fs::create_directories(own(name));
        ASSERT_EQ(::chown(own(name).c_str(), 1977, 1977), 0);
    }
    for (const bool live : {false, true})
        for (const mode_t mode : {0444, 0000}) {
            Scene s = scene(phoenixShape());
            if (live)
                s.live("PRAGMA journal_mode=WAL;", 300);
            else
                s.leaveStaleWal(300);
            for (const auto& entry : fs::directory_iterator(s.folder)) ::chmod(entry.path().c_str(), mode);
            ::chmod(s.folder.c_str(), 0755);
            ::chmod(s.folder.parent_path().c_str(), 0755);
            const auto before = fingerprintTree(s.folder, s.marks);
            // strace would run as root: it is left out.
            std::vector<std::string> argv = asUser;
            for (const std::string& word :
                 {m_cli, std::string("index"), s.store.string(), std::string("--json"), std::string("--cache"),
                  own("cache").string(), std::string("--data"), own("data").string()})
                argv.push_back(word);
            const auto done = runProcess(argv, {}, {}, kIndexMs, kMostOutput);
            ASSERT_TRUE(done);
            const auto changed = changedEntries(before, fingerprintTree(s.folder, s.marks));
            EXPECT_EQ(changed, std::vector<std::string>{});
            EXPECT_EQ(done->exitCode == 0, mode == 0444) << done->err;
            const auto json = parseJson(done->out, "answer");
            if (mode == 0444) {
                EXPECT_EQ(intAt(*json, "runs"), 300);
            }
            std::printf("[          ] root's file of mode %03o, %s: %s, %zu changes\n", mode,
                        live ? "live writer" : "stale WAL",
                        mode == 0444 ? "300 of 300 read" : done->err.substr(0, done->err.find('\n')).c_str(), changed.size());
            if (s.writer) s.writer->end();
        }
}

/// A writer that commits all the time, run by run, while the store is indexed again and again.
TEST_F(ZeroWrites, aBusyWriter)
{
    const char* campaign = std::getenv("TACKROOM_CAMPAIGN");
    const int rounds = campaign && std::string_view(campaign) == "full" ? 200 : 6;
    constexpr int kCommitsOfRound = 150; // so that the store does not grow faster than a slow machine reads it
    for (const Shape* shape : {&phoenixShape(), &hermesShape()})
        for (const char* mode : {"PRAGMA journal_mode=WAL;", ""}) {
            Scene s = scene(*shape);
            s.live(std::string(mode) + "PRAGMA synchronous=OFF; PRAGMA busy_timeout=20000;", 200);
            std::atomic<int> committed = 200, allowed = 200;
            std::atomic<bool> enough = false;
            std::thread writing([&] {
                for (int n = 201; !enough; ++n) {
                    while (n > allowed && !enough) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                    s.writer->run("BEGIN IMMEDIATE;" + shape->runs(n, n) + "COMMIT;");
                    committed = n;
                    std::this_thread::sleep_for(std::chrono::milliseconds(2));
                }
            });
            std::int64_t least = 0, most = 0;
            for (int i = 0; i < rounds; ++i) {
                least = committed;
                allowed = least + kCommitsOfRound;
                const Answer answer = index(s);
                most = committed + 1; // one may be committed and not yet told
                EXPECT_EQ(answer.exitCode, 0) << answer.error;
                const std::int64_t runs = intAt(answer.json, "runs");
                EXPECT_GE(runs, least);
                EXPECT_LE(runs, most);
                std::set<std::string> unexpected;
                std::ranges::set_difference(answer.writes, s.marks, std::inserter(unexpected, unexpected.end()));
                EXPECT_EQ(unexpected, std::set<std::string>{});
            }
            enough = true;
            writing.join();
            s.writer->end();
            s.writer.reset();
            const Answer last = index(s);
            EXPECT_EQ(intAt(last.json, "runs"), committed) << last.error;
            std::printf("[          ] %s, busy writer in %s: %d indexings, %d commits, nothing missing, nothing written\n",
                        shape->name, *mode ? "WAL" : "rollback mode", rounds, committed.load());
        }
}

/// Writers that come, commit and go: each may be gone between our look at the store and SQLite's. The last to leave takes its
/// -wal away, and none may be made anew by us.
TEST_F(ZeroWrites, writersThatComeAndGo)
{
    const char* campaign = std::getenv("TACKROOM_CAMPAIGN");
    const int visits = campaign && std::string_view(campaign) == "full" ? 3000 : 60;
    Scene s = scene(hermesShape());
    s.make(50, "PRAGMA journal_mode=WAL;");
    std::atomic<int> committed = 50;
    std::atomic<bool> done = false;
    std::thread writing([&] {
        for (int n = 51; n <= 50 + visits; ++n) {
            // Readers of any program may hold a lock for a moment while a log is recovered: without patience this one would fail.
            s.sql(s.db(), "PRAGMA busy_timeout=20000;" + s.shape->runs(n, n));
            committed = n;
        }
        done = true;
    });
    int opened = 0, busy = 0;
    while (!done) {
        const std::int64_t least = committed;
        auto db = openForeign(s.db());
        if (!db) { // only that others work on it, and never for longer than it takes to try again
            EXPECT_EQ(db.error().code, ErrorCode::Locked) << sqltesting::describe(db.error());
            ++busy;
            continue;
        }
        const auto count = db->scalar("SELECT count(*) FROM sessions");
        if (!count || !db->recheck()) {
            ++busy;
            continue;
        }
        EXPECT_GE(*count, least);
        ++opened;
    }
    writing.join();
    // The last visit without us, which finds and takes away what is left.
    s.sql(s.db(), s.shape->runs(50 + visits + 1, 50 + visits + 1));
    EXPECT_FALSE(fs::exists(s.folder / "store.db-wal"));
    EXPECT_FALSE(fs::exists(s.folder / "store.db-shm"));
    EXPECT_GT(opened, visits / 4);
    std::printf("[          ] %d writers came and went, %d openings read it whole, %d met a change and would try again\n",
                visits, opened, busy);
}

/// Another -wal put in the place of the first while the store is read: in the end the store is what it is now.
TEST_F(ZeroWrites, theWalIsReplacedMeanwhile)
{
    constexpr int kFewer = 4'000, kAll = 12'000;
    for (const Shape* shape : {&phoenixShape(), &hermesShape()})
        for (const int delayMs : {0, 15, 40, 80}) {
            Scene s = scene(*shape);
            {
                OtherProcess other(s.db());
                other.run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;" + (shape->schema + shape->runs(1, kFewer)));
                fs::copy_file(s.folder / "store.db-wal", own("fewer"), fs::copy_options::overwrite_existing);
                other.run(shape->runs(kFewer + 1, kAll));
                other.kill();
            }
            std::thread replacing;
            const auto opened = [&](const IndexReport&) {
                replacing = std::thread([&] {
                    std::this_thread::sleep_for(std::chrono::milliseconds(delayMs));
                    fs::rename(own("fewer"), s.folder / "store.db-wal");
                });
            };
            const auto report = ReaderClient::index(s.store, own("cache"), {}, {}, {}, opened);
            ASSERT_TRUE(replacing.joinable());
            replacing.join();
            if (!report) {
                EXPECT_EQ(report.error().code, ErrorCode::Locked) << report.error().detail;
            }
            const auto before = fingerprintTree(s.folder, {});
            const auto again = ReaderClient::index(s.store, own("cache"), {}, {}, {});
            ASSERT_TRUE(again) << again.error().detail;
            EXPECT_EQ(again->runs, kFewer);
            EXPECT_EQ(fingerprintTree(s.folder, {}), before);
            std::printf("[          ] %s: -wal of %d runs replaced by one of %d after %d ms: %s, then %lld\n", shape->name,
                        kAll, kFewer, delayMs, report ? std::to_string(report->runs).c_str() : report.error().detail.c_str(),
                        static_cast<long long>(again->runs));
        }
}

} // namespace
} // namespace tackroom::zerowrites
