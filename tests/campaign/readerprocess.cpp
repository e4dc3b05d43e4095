// SPDX-License-Identifier: GPL-3.0-or-later
// The reader as a process of its own: damaged stores go through it, it is killed, stopped and starved, and whoever asked it
// gets one sentence and can go on.
#include "core/base/format.h"
#include "core/index/readerclient.h"
#include "core/index/runqueries.h"
#include "core/platform/directories.h"
#include "tests/fuzz/damage.h"
#include "tests/fuzz/targets.h"
#include "tests/support/phoenixfixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <thread>
#include <unistd.h>

namespace tackroom
{
namespace
{

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr int kRuns = 4'000;

/// The readers that this process has started, by /proc.
std::vector<int> readerPids()
{
    std::vector<int> pids;
    for (const auto& entry : fs::directory_iterator("/proc", fs::directory_options::skip_permission_denied)) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != name.npos) continue;
        std::ifstream in(entry.path() / "stat");
        std::string stat;
        std::getline(in, stat);
        // pid (name cut to 15 bytes) state parent
        const auto end = stat.rfind(')');
        int parent = 0;
        if (end == stat.npos || std::sscanf(stat.c_str() + end, ") %*c %d", &parent) != 1 || parent != ::getpid()) continue;
        if (stat.find("(tackroom-reader") != stat.npos) pids.push_back(std::stoi(name));
    }
    return pids;
}

class ReaderProcess : public ::testing::Test
{
protected:
    void SetUp() override
    {
        auto made = TemporaryFolder::make("readerprocess");
        ASSERT_TRUE(made);
        m_folder.emplace(std::move(*made));
    }
    [[nodiscard]] fs::path file(const std::string& name) const { return m_folder->path() / name; }
    fs::path bigStore()
    {
        const fs::path path = file("big.db");
        testing::PhoenixFixture store(path);
        store.exec("BEGIN");
        for (int i = 0; i < kRuns; ++i) store.addUsualRun(i);
        store.exec("COMMIT");
        return path;
    }
    /// Indexes and sends the signal once the first runs are there.
    Result<IndexReport> indexWithSignal(const fs::path& store, int signal, const ReaderClient::Options& options = {})
    {
        bool sent = false;
        const Progress progress([&](std::string_view, std::uint64_t done, std::uint64_t) {
            if (sent || done == 0) return;
            const auto pids = readerPids();
            ASSERT_EQ(pids.size(), 1U);
            sent = ::kill(pids.front(), signal) == 0;
        });
        auto report = ReaderClient::index(store, file("cache"), options, {}, progress);
        EXPECT_TRUE(sent) << "the reader was done before it could be hit";
        return report;
    }
    void expectTheWayOn(const fs::path& store)
    {
        const auto again = ReaderClient::index(store, file("cache"), {}, {}, {});
        ASSERT_TRUE(again) << again.error().detail;
        EXPECT_EQ(again->runs, kRuns);
        EXPECT_EQ(again->steps, 4 * kRuns);
        EXPECT_TRUE(readerPids().empty());
    }

private:
    std::optional<TemporaryFolder> m_folder;
};

TEST_F(ReaderProcess, damagedStores)
{
    const int each = 8 * fuzz::campaignScale();
    int asked = 0, read = 0, runs = 0, unreadable = 0;
    std::map<std::string, int> refused;
    double longest = 0;
    for (const fuzz::FuzzTarget& target : fuzz::fuzzTargets()) {
        if (target.what != fuzz::FuzzTarget::What::File && target.what != fuzz::FuzzTarget::What::Database) continue;
        auto seeds = fuzz::fuzzSeeds(target);
        // Of a database: the file itself.
        if (target.what == fuzz::FuzzTarget::What::Database) seeds.resize(1);
        const int count = target.what == fuzz::FuzzTarget::What::Database ? 4 * each : each;
        fuzz::Random random(std::hash<std::string>{}(target.name));
        for (int i = 0; i < count; ++i) {
            const fs::path path = file("damaged");
            std::ofstream(path, std::ios::binary | std::ios::trunc) << fuzz::damaged(seeds[random.below(seeds.size())], random);
            ReaderClient::Options options;
            options.stallMs = 30'000;
            const auto report = ReaderClient::index(path, file("cache"), options, {}, {});
            ++asked;
            if (report) {
                ++read;
                runs += static_cast<int>(report->runs);
                unreadable += static_cast<int>(report->unreadable);
                longest = std::max(longest, report->seconds);
                continue;
            }
            const Error& error = report.error();
            ++refused[std::string(nameOf(error.code))];
            EXPECT_THAT(error.code, ::testing::Not(AnyOf(ErrorCode::Crashed, ErrorCode::Timeout, ErrorCode::Internal)))
                << target.name << " " << i << ": " << error.detail;
            EXPECT_FALSE(error.detail.empty());
            EXPECT_EQ(error.detail.find('\n'), std::string::npos) << error.detail;
        }
    }
    std::printf(
        "[          ] %d damaged stores through the process: %d read (%d runs, %d things named as not readable; the slowest "
        "%.2f s)",
        asked, read, runs, unreadable, longest);
    for (const auto& [code, count] : refused) std::printf(", %d %s", count, code.c_str());
    std::printf("; 0 crashes, 0 hangs\n");
}

TEST_F(ReaderProcess, killedAnyHow)
{
    const auto store = bigStore();
    for (const int signal : {SIGKILL, SIGSEGV, SIGABRT, SIGBUS, SIGXCPU}) {
        fs::remove_all(file("cache"));
        const auto report = indexWithSignal(store, signal);
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, ErrorCode::Crashed);
        EXPECT_EQ(report.error().detail,
                  formatText("the reader ended by signal {} while reading big.db; nothing was changed", signal));
        expectTheWayOn(store);
    }
}

TEST_F(ReaderProcess, stoppedIsNoticed)
{
    const auto store = bigStore();
    ReaderClient::Options options;
    options.stallMs = 700;
    const auto started = std::chrono::steady_clock::now();
    const auto report = indexWithSignal(store, SIGSTOP, options);
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(20));
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::Timeout);
    EXPECT_THAT(report.error().detail, HasSubstr("gave no sign"));
    expectTheWayOn(store);
}

TEST_F(ReaderProcess, theWallClockEndsIt)
{
    const auto store = bigStore();
    ReaderClient::Options options;
    options.totalMs = 60;
    const auto report = ReaderClient::index(store, file("cache"), options, {}, {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::Timeout);
    EXPECT_THAT(report.error().detail, HasSubstr("nothing was changed"));
    expectTheWayOn(store);
}

TEST_F(ReaderProcess, theMemoryLimitEndsIt)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "there is no memory limit under sanitizers";
#endif
    // A run that wants a few hundred megabytes to be taken apart.
    const fs::path path = file("large.json");
    {
        std::ofstream out(path, std::ios::binary);
        const std::string piece(1 << 20, 'x');
        out << R"([{"task_id":1,"reward":1.0,"info":{},"trial":0,"traj":[{"role":"user","content":"q"}]},)"
            << R"({"task_id":2,"reward":1.0,"info":{},"trial":0,"traj":[{"role":"user","content":")";
        for (int i = 0; i < 120; ++i) out << piece;
        out << R"("}]}])";
    }
    ReaderClient::Options options;
    options.memoryLimitBytes = std::int64_t{200} << 20;
    const auto report = ReaderClient::index(path, file("cache"), options, {}, {});
    if (report)
        EXPECT_GT(report->unreadable, 0) << "a document above the limit was read";
    else {
        EXPECT_THAT(report.error().code, AnyOf(ErrorCode::Refused, ErrorCode::Crashed));
        EXPECT_EQ(report.error().detail.find('\n'), std::string::npos);
    }
    std::printf("[          ] 120 MB in one value at a limit of 200 MB: %s\n",
                report ? formatText("{} runs, {} not readable", report->runs, report->unreadable).c_str()
                       : report.error().detail.c_str());
    const auto again = ReaderClient::index(path, file("cache"), {}, {}, {});
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->runs + again->unreadable, 2);
}

TEST_F(ReaderProcess, aReaderThatDiesBetweenTwoLooksIsReplaced)
{
    const auto store = bigStore();
    const auto client = ReaderClient::open(store, {});
    ASSERT_TRUE(client);
    const std::string run = formatText("{:032x}", 0xabc001);
    ASSERT_TRUE((*client)->fetch(run, {}, 1 << 20, {}));
    const auto pids = readerPids();
    ASSERT_EQ(pids.size(), 1U);
    ASSERT_EQ(::kill(pids.front(), SIGKILL), 0);
    const auto hit = (*client)->fetch(run, {}, 1 << 20, {});
    ASSERT_FALSE(hit);
    EXPECT_EQ(hit.error().code, ErrorCode::Crashed);
    EXPECT_THAT(hit.error().detail, HasSubstr("signal 9"));
    const auto next = (*client)->fetch(run, {}, 1 << 20, {});
    ASSERT_TRUE(next) << next.error().detail;
    EXPECT_EQ(next->messages.size(), 4U);
}

} // namespace
} // namespace tackroom
