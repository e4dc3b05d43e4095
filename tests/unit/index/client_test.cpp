// SPDX-License-Identifier: GPL-3.0-or-later
// Through the process, as the window and the command line do it.
#include "core/base/format.h"
#include "core/index/readerclient.h"
#include "core/index/readerframes.h"
#include "core/platform/childprocess.h"
#include "tests/unit/index/indexfixture.h"

#include <chrono>
#include <cstdlib>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace tackroom::testing
{
namespace
{

using ::testing::HasSubstr;

class Client : public IndexTest
{
protected:
    Result<IndexReport> index(const std::filesystem::path& store, const ReaderClient::Options& options = {})
    {
        return ReaderClient::index(store, file("cache"), options, {}, {});
    }
    /// A program in place of the reader, to see what the parent makes of it.
    ReaderClient::Options fake(const std::string& script, int stallMs = 60'000)
    {
        const auto path = write("fake" + std::to_string(m_fakes++), "#!/bin/sh\n" + script + "\n");
        EXPECT_EQ(::chmod(path.c_str(), 0700), 0);
        ReaderClient::Options options;
        options.program = path;
        options.stallMs = stallMs;
        return options;
    }

private:
    int m_fakes = 0;
};

TEST_F(Client, indexesAStoreAndFetchesBodies)
{
    PhoenixFixture store(file("p.db"));
    for (int i = 0; i < 25; ++i) store.addUsualRun(i);
    const auto report = index(store.path());
    ASSERT_TRUE(report) << textOf(report.error());
    EXPECT_EQ(report->store.kind, "phoenix-sqlite");
    EXPECT_EQ(report->runs, 25);
    EXPECT_EQ(report->steps, 100);
    EXPECT_EQ(report->newRuns, 25);
    EXPECT_GT(report->peakRssBytes, 1'000'000);
    EXPECT_EQ(report->folder, storeCacheFolder(file("cache"), report->path, "phoenix-sqlite"));
    EXPECT_TRUE(std::filesystem::exists(report->folder / kStoreFile));
    EXPECT_EQ(RunQueries::open(report->folder, {}).value()->counts()->runs, 25);
    EXPECT_EQ(index(store.path())->newRuns, 0);
    EXPECT_EQ(ReaderClient::recognise(store.path(), {}, {})->kind, "phoenix-sqlite");

    const auto client = ReaderClient::open(store.path(), {});
    ASSERT_TRUE(client);
    for (int i = 0; i < 3; ++i) {
        const auto body = (*client)->fetch(formatText("{:032x}", 0xabc001), {}, 1 << 20, {});
        ASSERT_TRUE(body) << textOf(body.error());
        EXPECT_EQ(body->messages.size(), 4U);
        EXPECT_EQ(body->messages.at(1).toolCalls.at(0).arguments, "{\"order_id\":\"#1\"}");
    }
    EXPECT_EQ((*client)->fetch("none", {}, 100, {}).error().code, ErrorCode::NotFound);
    CancelSource cancel;
    cancel.cancel();
    EXPECT_EQ((*client)->fetch("none", {}, 100, cancel.token()).error().code, ErrorCode::Cancelled);
    EXPECT_TRUE((*client)->fetch(formatText("{:032x}", 0xabc001), {}, 100, {}));
}

TEST_F(Client, longTextsComeInPieces)
{
    PhoenixFixture store(file("p.db"));
    const auto trace = store.addTrace("long");
    const std::string text(300'000, 'x');
    store.addSpan(trace, {.id = "s",
                          .parent = {},
                          .name = "t",
                          .kind = "TOOL",
                          .attributes = R"({"input":{"value":")" + text + R"("},"output":{"value":"é"}})"});
    const auto client = ReaderClient::open(store.path(), {});
    const auto body = (*client)->fetch("long", "s", 1 << 20, {});
    ASSERT_TRUE(body) << textOf(body.error());
    EXPECT_EQ(body->input, text);
    EXPECT_EQ(body->output, "é");
    const auto cut = (*client)->fetch("long", "s", 1000, {});
    EXPECT_EQ(cut->input.size(), 1000U);
    EXPECT_GT(cut->omittedBytes, 299'000U);
}

TEST_F(Client, badInputIsOneClearErrorAndNothingChanges)
{
    ASSERT_EQ(::mkfifo(file("fifo").c_str(), 0600), 0);
    {
        PhoenixFixture store(file("whole.db"));
        for (int i = 0; i < 30; ++i) store.addUsualRun(i);
    }
    std::filesystem::copy_file(file("whole.db"), file("half.db"));
    std::filesystem::resize_file(file("half.db"), std::filesystem::file_size(file("whole.db")) / 2);
    {
        PhoenixFixture store(file("view.db"));
        store.exec("DROP TABLE spans; CREATE VIEW spans AS SELECT 1 AS span_id");
    }
    const std::vector<std::pair<std::filesystem::path, ErrorCode>> cases{
        {file("fifo"), ErrorCode::NotAFile},
        {file("nothing"), ErrorCode::NotFound},
        {write("empty", ""), ErrorCode::Empty},
        {write("text", "hello"), ErrorCode::UnknownFormat},
        {write("keys.json", "{\"colours\":[]}"), ErrorCode::UnknownFormat},
        {write("deep.json", std::string(3'000'000, '[')), ErrorCode::UnknownFormat},
        {file("half.db"), ErrorCode::Damaged},
        {file("view.db"), ErrorCode::Refused},
    };
    for (const auto& [path, code] : cases) {
        const auto report = index(path);
        ASSERT_FALSE(report) << path;
        EXPECT_EQ(report.error().code, code) << path << textOf(report.error());
        EXPECT_FALSE(report.error().detail.empty());
        EXPECT_EQ(report.error().detail.find('\n'), std::string::npos);
    }
    if (::geteuid() != 0) {
        const auto secret = write("secret", "x");
        ASSERT_EQ(::chmod(secret.c_str(), 0), 0);
        EXPECT_EQ(index(secret).error().code, ErrorCode::NotReadable);
    }
    EXPECT_FALSE(std::filesystem::exists(file("cache")));
}

TEST_F(Client, aCrashIsOneError)
{
    const auto store = write("x.json", "[]");
    const Error killed = index(store, fake("kill -SEGV $$")).error();
    EXPECT_EQ(killed.code, ErrorCode::Crashed);
    EXPECT_EQ(killed.detail, "the reader ended by signal 11 while reading x.json; nothing was changed");
    EXPECT_THAT(index(store, fake("exit 3")).error().detail, HasSubstr("with exit code 3"));
}

TEST_F(Client, aReaderThatHangsIsEnded)
{
    const auto started = std::chrono::steady_clock::now();
    const Error error = index(write("x.json", "[]"), fake("exec sleep 100", 300)).error();
    EXPECT_EQ(error.code, ErrorCode::Timeout);
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(20));
}

TEST_F(Client, aBrokenProtocolIsOneError)
{
    const auto store = write("x.json", "[]");
    // Nonsense; a frame that is too long; of an unknown type; of another request; an answer that is no JSON.
    for (const char* bytes :
         {"hello hello hello", "\\377\\377\\377\\377\\002\\001\\000\\000\\000",
          "\\001\\000\\000\\000\\011\\001\\000\\000\\000x", "\\002\\000\\000\\000\\002\\007\\000\\000\\000{}",
          "\\003\\000\\000\\000\\002\\001\\000\\000\\000{,}", "\\002\\000\\000\\000\\004\\001\\000\\000\\000\\001x"}) {
        const Error error = index(store, fake(formatText("printf '{}'; exec sleep 100", bytes))).error();
        EXPECT_EQ(error.code, ErrorCode::Crashed) << bytes;
        EXPECT_THAT(error.detail, HasSubstr("nothing was changed")) << bytes;
    }
}

TEST_F(Client, cancellingKillsTheChild)
{
    const auto options = fake(formatText("echo $$ > {}; exec sleep 100", file("pid").string()));
    CancelSource cancel;
    std::jthread canceller([&] {
        while (!std::filesystem::exists(file("pid")) || std::filesystem::file_size(file("pid")) == 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        cancel.cancel();
    });
    const auto report = ReaderClient::index(write("x.json", "[]"), file("cache"), options, cancel.token(), {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::Cancelled);
    int pid = 0;
    std::ifstream(file("pid")) >> pid;
    ASSERT_GT(pid, 0);
    EXPECT_NE(::kill(pid, 0), 0);
}

TEST_F(Client, aMissingReaderIsSaid)
{
    ReaderClient::Options options;
    options.program = file("no such program");
    EXPECT_EQ(index(write("x.json", "[]"), options).error().code, ErrorCode::Io);
}

TEST_F(Client, anIndexKilledAtAnyTimeGoesOn)
{
    {
        PhoenixFixture store(file("p.db"));
        store.exec("BEGIN");
        for (int i = 0; i < 600; ++i) store.addUsualRun(i);
        store.exec("COMMIT");
    }
    for (const int delayMs : {1, 5, 20, 60, 120}) {
        CancelSource cancel;
        std::jthread canceller([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(delayMs));
            cancel.cancel();
        });
        (void)ReaderClient::index(file("p.db"), file("cache"), {}, cancel.token(), {});
    }
    const auto report = index(file("p.db"));
    ASSERT_TRUE(report) << textOf(report.error());
    EXPECT_EQ(report->runs, 600);
    EXPECT_EQ(report->steps, 2400);
}

/// Two Tackrooms open one store at the same moment: one reads it, the other waits and finds it done.
TEST_F(Client, twoAtOnceAreOneIndexing)
{
    PhoenixFixture store(file("p.db"));
    for (int i = 0; i < 3000; ++i) store.addUsualRun(i);
    std::vector<Result<IndexReport>> reports(3, fail(ErrorCode::Internal, {}, "not run"));
    {
        std::vector<std::jthread> threads;
        for (auto& report : reports) threads.emplace_back([&] { report = index(store.path()); });
    }
    std::int64_t read = 0;
    for (const auto& report : reports) {
        ASSERT_TRUE(report) << textOf(report.error());
        EXPECT_EQ(report->runs, 3000);
        EXPECT_EQ(report->steps, 12'000);
        read += report->newRuns;
    }
    EXPECT_EQ(read, 3000);
}

TEST_F(Client, indexesAboveTheLimitGoButNotTheOneInHand)
{
    PhoenixFixture first(file("a.db")), second(file("b.db"));
    for (int i = 0; i < 300; ++i) first.addUsualRun(i);
    for (int i = 0; i < 300; ++i) second.addUsualRun(i);
    const auto a = index(first.path());
    ASSERT_TRUE(a) << textOf(a.error());
    ReaderClient::Options options;
    options.cacheLimitBytes = 1;
    const auto b = index(second.path(), options);
    ASSERT_TRUE(b) << textOf(b.error());
    EXPECT_FALSE(std::filesystem::exists(a->folder));
    EXPECT_TRUE(std::filesystem::exists(b->folder / kRunsFile));
    // And is made again as if it had never been.
    EXPECT_EQ(index(first.path())->newRuns, 300);
}

TEST_F(Client, anIndexThatSomebodyLooksAtStays)
{
    PhoenixFixture first(file("a.db")), second(file("b.db"));
    first.addUsualRun(1);
    second.addUsualRun(2);
    const auto a = index(first.path());
    ASSERT_TRUE(a) << textOf(a.error());
    ReaderClient::Options options;
    options.cacheLimitBytes = 1;
    {
        const auto looking = RunQueries::open(a->folder, {});
        ASSERT_TRUE(looking) << textOf(looking.error());
        ASSERT_EQ((*looking)->counts()->runs, 1);
        ASSERT_TRUE(index(second.path(), options));
        EXPECT_TRUE(std::filesystem::exists(a->folder / kRunsFile));
    }
    ASSERT_TRUE(index(second.path(), options));
    EXPECT_FALSE(std::filesystem::exists(a->folder));
}

TEST(Frames, aBodyComesBackAsItWas)
{
    Body body;
    body.messages.push_back({.role = "assistant",
                             .name = "n",
                             .content = std::string(200'000, 'c'),
                             .toolCalls = {{"i", "f", "{}"}, {"j", "g", ""}},
                             .toolCallId = "t",
                             .stepId = "s"});
    body.messages.push_back({.role = {}, .name = {}, .content = {}, .toolCalls = {}, .toolCallId = {}, .stepId = {}});
    body.input = "in";
    body.output = std::string(70'000, 'o');
    body.raw = "raw";
    frames::BodyReceiver receiver(1 << 20);
    ASSERT_TRUE(frames::sendBody(body, [&](std::string_view payload) -> Status {
        EXPECT_LE(payload.size(), frames::kMaxTextBytes);
        return receiver.add(payload);
    }));
    const Body back = receiver.take(7);
    ASSERT_EQ(back.messages.size(), 2U);
    EXPECT_EQ(back.messages[0].content, body.messages[0].content);
    ASSERT_EQ(back.messages[0].toolCalls.size(), 2U);
    EXPECT_EQ(back.messages[0].toolCalls[1].name, "g");
    EXPECT_EQ(back.messages[0].stepId, "s");
    EXPECT_EQ(back.output, body.output);
    EXPECT_EQ(back.omittedBytes, 7U);
}

TEST(Frames, whatCannotBeIsRefused)
{
    frames::BodyReceiver receiver(10);
    EXPECT_FALSE(receiver.add(""));
    EXPECT_FALSE(receiver.add("\x04text outside a message"));
    EXPECT_FALSE(receiver.add("\x05"));
    EXPECT_FALSE(receiver.add("\x7Fx"));
    ASSERT_TRUE(receiver.add("\x0Bill \xFF formed"));
    EXPECT_EQ(receiver.take(0).input, "ill \uFFFD formed");
}

} // namespace
} // namespace tackroom::testing
