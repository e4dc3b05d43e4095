// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/bytes.h"
#include "core/base/text.h"
#include "core/platform/childprocess.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <iostream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tackroom
{
namespace
{

using Stream = ChildOptions::Stream;
using Clock = std::chrono::steady_clock;
constexpr ChildOptions::Stream kPipe = Stream::Pipe;
constexpr std::size_t kMuch = 64u << 20;

Result<ChildOutput> shell(const std::string& script, std::string_view input = {}, const ChildOptions& options = {},
                          int timeoutMs = 20'000)
{
    return runProcess({"/bin/sh", "-c", script}, input, {}, timeoutMs, kMuch, options);
}

std::string readLine(ChildProcess& child)
{
    std::string line;
    std::array<char, 1> byte;
    while (!line.ends_with('\n')) {
        const auto got = child.readOut(byte, 5'000);
        if (!got || *got == 0) break;
        line += byte[0];
    }
    return std::string(trimmed(line));
}

/// Ended, or a zombie that nobody has asked for.
bool isGone(int pid)
{
    const auto status = readFile("/proc/" + std::to_string(pid) + "/stat", 10'000);
    return !status || status->find(") Z") != std::string::npos;
}

bool goesAway(int pid)
{
    for (int i = 0; i < 300; ++i) {
        if (isGone(pid)) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

TEST(RunProcess, BothWaysAtOnce)
{
    // Much more than a pipe holds: neither side may wait for the other.
    const std::string input(5'000'000, 'x');
    const auto done = shell("cat; echo problem >&2; exit 3", input);
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->out, input);
    EXPECT_EQ(done->err, "problem\n");
    EXPECT_EQ(done->exitCode, 3);
}

TEST(RunProcess, AProgramThatDoesNotReadItsInput)
{
    const auto done = shell("exec <&-; sleep 0.1; echo ok", std::string(5'000'000, 'x'));
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->out, "ok\n");
}

TEST(RunProcess, Failures)
{
    EXPECT_EQ(runProcess({"tackroom-no-such-program"}, {}, {}, 1'000, kMuch).error().code, ErrorCode::NotFound);
    EXPECT_EQ(runProcess({"/no/such/program"}, {}, {}, 1'000, kMuch).error().code, ErrorCode::NotFound);
    EXPECT_EQ(runProcess({"/etc/passwd"}, {}, {}, 1'000, kMuch).error().code, ErrorCode::NotReadable);
    EXPECT_EQ(runProcess({}, {}, {}, 1'000, kMuch).error().code, ErrorCode::Internal);
    const auto crashed = shell("kill -SEGV $$");
    EXPECT_EQ(crashed.error().code, ErrorCode::Crashed);
    EXPECT_EQ(crashed.error().detail, "the program was ended by signal 11");
    EXPECT_EQ(shell("echo", {}, {.workingDirectory = "/no/such/folder"}).error().code, ErrorCode::NotFound);
}

TEST(RunProcess, TimeOutAndTooMuchOutput)
{
    const auto start = Clock::now();
    EXPECT_EQ(shell("sleep 60", {}, {}, 100).error().code, ErrorCode::Timeout);
    EXPECT_EQ(
        runProcess({"/bin/sh", "-c", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxx; done"}, {}, {}, 20'000, 10'000).error().code,
        ErrorCode::Refused);
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(5));
}

TEST(RunProcess, CancelKillsTheWholeGroup)
{
    CancelSource source;
    const auto file = std::filesystem::temp_directory_path() / ("tackroom-group-" + std::to_string(::getpid()));
    std::thread canceller([&] {
        while (!std::filesystem::exists(file) || std::filesystem::file_size(file) == 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        source.cancel();
    });
    const auto start = Clock::now();
    const auto done =
        runProcess({"/bin/sh", "-c", "sleep 60 & echo $! > " + file.string() + "; wait"}, {}, source.token(), 60'000, kMuch);
    canceller.join();
    EXPECT_EQ(done.error().code, ErrorCode::Cancelled);
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(5));
    EXPECT_TRUE(goesAway(std::atoi(readFile(file, 100)->c_str())));
    std::filesystem::remove(file);
    EXPECT_EQ(runProcess({"/bin/true"}, {}, source.token(), 1'000, kMuch).error().code, ErrorCode::Cancelled);
}

TEST(RunProcess, WhatItLeavesBehindDoesNotHoldUs)
{
    const auto start = Clock::now();
    const auto done = shell("setsid sleep 3 & echo hi");
    ASSERT_TRUE(done);
    EXPECT_EQ(done->out, "hi\n");
    EXPECT_LT(Clock::now() - start, std::chrono::seconds(2));
}

TEST(RunProcess, ItsSurroundings)
{
    const int leak = ::dup(0); // without close-on-exec, as a library might leave it
    const auto fds = shell("ls /proc/self/fd");
    ASSERT_TRUE(fds);
    EXPECT_EQ(fds->out, "0\n1\n2\n3\n"); // 3 is ls's own
    ::close(leak);
    EXPECT_EQ(shell("ulimit -c")->out, "0\n");
    EXPECT_EQ(shell("pwd", {}, {.workingDirectory = "/usr"})->out, "/usr\n");
    const auto environment =
        runProcess({"/usr/bin/env"}, {}, {}, 5'000, kMuch, {.environment = std::vector<std::string>{"A=1", "B=two words"}});
    EXPECT_EQ(environment->out, "A=1\nB=two words\n");
    ::setenv("TACKROOM_TEST_INHERITED", "yes", 1);
    EXPECT_EQ(shell("echo $TACKROOM_TEST_INHERITED")->out, "yes\n");
    // Its group is its own, and its signals are as a program expects them.
    EXPECT_EQ(shell("test $$ = $(ps -o pgid= -p $$ | tr -d ' ') && echo own")->out, "own\n");
    struct sigaction ignore{}, before{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignore, &before);
    const auto signals = runProcess({"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}, {}, {}, 5'000, kMuch);
    ::sigaction(SIGINT, &before, nullptr);
    EXPECT_EQ(signals->out, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST(RunProcess, Limits)
{
    const ChildOptions small{.memoryBytes = 256u << 20};
    const auto memory =
        runProcess({"python3", "-c", "x = bytearray(600 * 1024 * 1024); print('got it')"}, {}, {}, 20'000, kMuch, small);
    ASSERT_TRUE(memory) << memory.error().detail;
    EXPECT_NE(memory->exitCode, 0);
    EXPECT_EQ(memory->out, "");
    const auto cpu = shell("while :; do :; done", {}, {.cpuSeconds = 1});
    EXPECT_EQ(cpu.error().code, ErrorCode::Crashed);
}

TEST(ChildProcess, TalksBothWays)
{
    auto child = ChildProcess::start({"cat"}, {.in = kPipe, .out = kPipe});
    ASSERT_TRUE(child);
    std::array<char, 5> five;
    EXPECT_EQ(child->readOut(five, 20).error().code, ErrorCode::Timeout);
    ASSERT_TRUE(child->write("hello", 1'000));
    ASSERT_TRUE(child->readOutExactly(five, 1'000));
    EXPECT_EQ(std::string_view(five.data(), 5), "hello");
    EXPECT_EQ(child->waitFor(10).error().code, ErrorCode::Timeout);
    // A reader that stands still: the write ends in time.
    ::kill(child->pid(), SIGSTOP);
    EXPECT_EQ(child->write(std::string(1'000'000, 'x'), 100).error().code, ErrorCode::Timeout);
    ::kill(child->pid(), SIGCONT);
    child->closeIn();
    EXPECT_EQ(child->write("x", 100).error().code, ErrorCode::Internal);
    std::array<char, 65'536> much;
    for (;;) {
        const auto got = child->readOut(much, 5'000);
        ASSERT_TRUE(got);
        if (*got == 0) break;
    }
    EXPECT_EQ(child->readOutExactly(five, 100).error().code, ErrorCode::Crashed);
    const auto ended = child->waitFor(5'000);
    ASSERT_TRUE(ended);
    EXPECT_TRUE(ended->ok());
    EXPECT_TRUE(child->waitFor(0)->ok());
    EXPECT_EQ(child->readErr(five, 10).error().code, ErrorCode::Internal);
}

TEST(ChildProcess, WritingToADeadOneIsAnErrorAndNoSignal)
{
    struct sigaction normal{}, before{};
    normal.sa_handler = SIG_DFL;
    ::sigaction(SIGPIPE, &normal, &before);
    auto child = ChildProcess::start({"/bin/true"}, {.in = kPipe});
    ASSERT_TRUE(child);
    ASSERT_TRUE(child->waitFor(5'000));
    EXPECT_EQ(child->write("x", 1'000).error().code, ErrorCode::Crashed);
    EXPECT_EQ(child->write("x", 1'000).error().code, ErrorCode::Crashed);
    sigset_t pending;
    ::sigpending(&pending);
    EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
    ::sigaction(SIGPIPE, &before, nullptr);
}

TEST(ChildProcess, KillFromAnotherThread)
{
    auto child = ChildProcess::start({"sleep", "60"});
    ASSERT_TRUE(child);
    std::thread killer([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        child->kill();
    });
    const auto ended = child->waitFor(5'000);
    killer.join();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->signal, SIGKILL);
    EXPECT_FALSE(ended->ok());
    child->kill(); // nothing is there any more
}

TEST(ChildProcess, DiesWithItsObjectWithItsGroup)
{
    int inner = 0;
    int outer = 0;
    {
        auto child = ChildProcess::start({"/bin/sh", "-c", "sleep 60 & echo $!; wait"}, {.out = kPipe});
        ASSERT_TRUE(child);
        outer = child->pid();
        inner = std::atoi(readLine(*child).c_str());
        ASSERT_GT(inner, 0);
        ChildProcess moved = std::move(*child);
    }
    EXPECT_TRUE(goesAway(inner));
    EXPECT_EQ(::kill(outer, 0), -1);
}

TEST(ChildProcess, OutlivesTheThreadThatStartedIt)
{
    std::optional<ChildProcess> child;
    std::thread([&] {
        auto started = ChildProcess::start({"cat"}, {.in = kPipe, .out = kPipe});
        if (started) child.emplace(std::move(*started));
    }).join();
    ASSERT_TRUE(child);
    EXPECT_EQ(child->waitFor(100).error().code, ErrorCode::Timeout);
    ASSERT_TRUE(child->write("x", 1'000));
    std::array<char, 1> byte;
    EXPECT_TRUE(child->readOutExactly(byte, 1'000));
}

constexpr const char* kDoomed = "TACKROOM_TEST_DOOMED";

/// The other half of the next test, run in a process of its own: starts a child, tells its number and waits to be killed.
TEST(ChildProcess, DoomedParent)
{
    if (!std::getenv(kDoomed)) return; // run by itself it has nothing to show
    const auto child = ChildProcess::start({"sleep", "60"});
    std::cerr << (child ? child->pid() : -1) << std::endl;
    for (;;) ::pause();
}

TEST(ChildProcess, DiesWhenWeAreKilled)
{
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const pid_t parent = ::fork();
    if (parent == 0) {
        ::dup2(pipe[1], 2);
        ::setenv(kDoomed, "1", 1);
        ::execl("/proc/self/exe", "test_platform", "--gtest_filter=ChildProcess.DoomedParent", nullptr);
        ::_exit(127);
    }
    ::close(pipe[1]);
    std::array<char, 32> text{};
    ASSERT_GT(::read(pipe[0], text.data(), text.size() - 1), 0);
    ::close(pipe[0]);
    const int pid = std::atoi(text.data());
    ASSERT_GT(pid, 0) << text.data();
    EXPECT_FALSE(isGone(pid));
    ::kill(parent, SIGKILL);
    ::waitpid(parent, nullptr, 0);
    EXPECT_TRUE(goesAway(pid));
}

TEST(ChildProcess, ManyAtOnceFromManyThreads)
{
    std::vector<std::thread> threads;
    std::atomic<int> good = 0;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 10; ++i) {
                const auto text = std::to_string(t * 100 + i);
                const auto done = runProcess({"cat"}, text, {}, 10'000, kMuch);
                good += done && done->out == text ? 1 : 0;
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(good, 40);
}

} // namespace
} // namespace tackroom
