// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "tests/unit/sample/samplesupport.h"

#include <gtest/gtest.h>

using namespace tackroom;
using namespace sampletest;
namespace fs = std::filesystem;

namespace
{

struct Appending : testing::Test {
    void SetUp() override
    {
        auto result = makeSample(folder.path(), {3, 120}, {}, {});
        ASSERT_TRUE(result) << oneLine(result.error());
        made = *result;
    }
    Appended append(int runs, std::uint64_t seed = 5)
    {
        auto result = appendRuns(made.harness, made.store, runs, seed, {}, {});
        EXPECT_TRUE(result) << (result ? std::string() : oneLine(result.error()));
        return result ? *result : Appended();
    }
    [[nodiscard]] int kindIn(const std::string& commit, const std::string& kind) const
    {
        auto truth = parseJson(slurp(made.truth), "truth");
        return truth ? static_cast<int>(intAt((*truth)["versions"][commit], kind)) : -1;
    }
    void commit(const std::string& path, const std::string& text, const std::string& message) const
    {
        spew(made.harness / path, text);
        const Output output = git(made.harness, "commit -q -a -m '" + message + "'");
        EXPECT_EQ(output.exitCode, 0) << output.text;
    }
    Folder folder;
    SampleMade made;
};

} // namespace

TEST_F(Appending, GoesOnAfterTheLastRun)
{
    const std::string last = one(made.store, "SELECT max(end_time) FROM traces");
    const std::string before = one(made.store, "SELECT group_concat(trace_id) FROM traces WHERE id <= 120");
    const Appended first = append(40);
    EXPECT_EQ(first.runs, 40);
    EXPECT_EQ(first.version, "v4");
    EXPECT_EQ(first.commit + "\n", git(made.harness, "rev-parse main").text);
    const Appended second = append(40);
    EXPECT_GT(second.first, first.last);
    EXPECT_EQ(one(made.store, "SELECT count(*) FROM traces"), "200");
    EXPECT_EQ(one(made.store, "SELECT min(start_time) > '" + last + "' FROM traces WHERE id > 120"), "1");
    EXPECT_EQ(
        one(made.store, "SELECT count(*) FROM traces a JOIN traces b ON b.id = a.id + 1 WHERE b.start_time < a.start_time"),
        "0");
    EXPECT_EQ(one(made.store, "SELECT group_concat(trace_id) FROM traces WHERE id <= 120"), before);
    EXPECT_EQ(one(made.store, "PRAGMA integrity_check"), "ok");
    EXPECT_TRUE(query(made.store, "PRAGMA foreign_key_check").empty());
    const auto truth = parseJson(slurp(made.truth), "truth");
    ASSERT_TRUE(truth);
    EXPECT_EQ(intAt(*truth, "runs"), 200);
    EXPECT_EQ(first.failed + second.failed, static_cast<int>(std::stoi(one(made.store, "SELECT 0")) + [&] {
                  int count = 0;
                  for (const std::string& id : query(made.store, "SELECT trace_id FROM traces WHERE id > 120"))
                      count += (*truth)["failures"].contains(id);
                  return count;
              }()));
}

TEST_F(Appending, SameInputSameRuns)
{
    const Folder other;
    const auto twin = makeSample(other.path(), {3, 120}, {}, {});
    ASSERT_TRUE(twin);
    append(60);
    ASSERT_TRUE(appendRuns(twin->harness, twin->store, 60, 5, {}, {}));
    EXPECT_EQ(logicalHash(made.store), logicalHash(twin->store));
    EXPECT_EQ(slurp(made.truth), slurp(twin->truth));
}

TEST_F(Appending, AnEditACommitAndARollbackShowInTheRuns)
{
    const Appended v4 = append(300);
    EXPECT_GT(kindIn(v4.commit, "silent-abandonment"), 20);
    EXPECT_EQ(kindIn(v4.commit, "premature-hand-over"), 0);
    // Only what is committed counts, not what lies in the work tree.
    spew(made.harness / "prompts/system.md", version("v3").at("prompts/system.md"));
    EXPECT_EQ(append(1).commit, v4.commit);
    commit("prompts/system.md", version("v3").at("prompts/system.md"), "Take v4 back");
    const Appended v5 = append(300);
    EXPECT_NE(v5.commit, v4.commit);
    EXPECT_EQ(v5.version, ""); // no tag names it yet
    EXPECT_LT(kindIn(v5.commit, "silent-abandonment"), 20);
    EXPECT_GT(kindIn(v5.commit, "premature-hand-over"), 8);
    EXPECT_GT(kindIn(v5.commit, "over-limit-loyal-late"), 5);
    commit("memory/lessons.md", proposal("loyal-late-lesson").files.at("memory/lessons.md"), "Lesson");
    EXPECT_EQ(git(made.harness, "tag -a -m v6 harness/v6").exitCode, 0);
    const Appended v6 = append(300);
    EXPECT_EQ(v6.version, "v6");
    EXPECT_LE(kindIn(v6.commit, "over-limit-loyal-late"), 3);
    const std::string refunds = one(made.store, "SELECT count(*) FROM spans WHERE name = 'issue_refund' AND "
                                                "json_extract(attributes, '$.tool.parameters.amount') > 2000");
    EXPECT_GT(std::stoi(refunds), 5);
    EXPECT_EQ(git(made.harness, "revert --no-edit HEAD").exitCode, 0);
    const Appended v7 = append(300);
    EXPECT_GT(kindIn(v7.commit, "over-limit-loyal-late"), 5);
    EXPECT_EQ(one(made.store, "SELECT count(*) FROM spans WHERE name = 'issue_refund' AND json_extract(attributes, "
                              "'$.tool.parameters.amount') > 2000"),
              refunds);
    EXPECT_EQ(one(made.store, "SELECT count(DISTINCT json_extract(attributes, '$.metadata.\"harness.git_commit\"')) FROM spans "
                              "WHERE parent_id IS NULL AND trace_rowid > 120"),
              "4");
}

TEST_F(Appending, ABareRepositoryWillDo)
{
    const fs::path bare = folder / "bare.git";
    ASSERT_EQ(git(folder.path(), "clone -q --bare '" + made.harness.string() + "' '" + bare.string() + "'").exitCode, 0);
    const auto result = appendRuns(bare, made.store, 5, 1, {}, {});
    ASSERT_TRUE(result) << oneLine(result.error());
    EXPECT_EQ(result->version, "v4");
}

TEST_F(Appending, RefusesWhatIsNotTheSample)
{
    auto codeOf = [&](const fs::path& repo, const fs::path& store, int runs = 5) {
        const auto result = appendRuns(repo, store, runs, 1, {}, {});
        EXPECT_FALSE(result);
        return result ? ErrorCode::Internal : result.error().code;
    };
    EXPECT_EQ(codeOf(made.harness, folder / "none.db"), ErrorCode::NotFound);
    EXPECT_EQ(codeOf(folder / "none", made.store), ErrorCode::NotFound);
    EXPECT_EQ(codeOf(made.harness, folder.path()), ErrorCode::NotAFile);
    EXPECT_EQ(codeOf(made.harness, made.store, 0), ErrorCode::Usage);
    spew(folder / "text.db", "this is no database, but it is long enough to be taken for one by nobody at all");
    EXPECT_EQ(codeOf(made.harness, folder / "text.db"), ErrorCode::Damaged);
    ASSERT_EQ(shell("sqlite3 '" + (folder / "real.db").string() +
                    "' \"CREATE TABLE projects (id INTEGER PRIMARY KEY, name, description); "
                    "INSERT INTO projects VALUES (1, 'refund-agent', 'our production project')\"")
                  .exitCode,
              0);
    const std::string bytes = slurp(folder / "real.db");
    EXPECT_EQ(codeOf(made.harness, folder / "real.db"), ErrorCode::Refused);
    EXPECT_EQ(slurp(folder / "real.db"), bytes);
    const fs::path empty = folder / "empty";
    ASSERT_EQ(shell("git init -q '" + empty.string() + "'").exitCode, 0);
    EXPECT_EQ(codeOf(empty, made.store), ErrorCode::BadRepository);
}

TEST_F(Appending, CancelAndLockChangeNothing)
{
    const std::string before = logicalHash(made.store);
    CancelSource source;
    const Progress progress([&](std::string_view, std::uint64_t done, std::uint64_t) {
        if (done >= 50) source.cancel();
    });
    const auto cancelled = appendRuns(made.harness, made.store, 500, 1, source.token(), progress);
    ASSERT_FALSE(cancelled);
    EXPECT_EQ(cancelled.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(logicalHash(made.store), before);
    EXPECT_FALSE(fs::exists(made.store.string() + "-journal"));
}
