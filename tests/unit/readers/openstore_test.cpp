// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/annotations.h"
#include "core/readers/jsonelements.h"
#include "core/readers/openinference.h"
#include "tests/support/phoenixfixture.h"
#include "tests/unit/readers/collector.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace tackroom::testing
{
namespace
{

using ::testing::HasSubstr;

class OpenStore : public FolderTest
{
protected:
    static Error errorOf(const std::filesystem::path& path)
    {
        const auto reader = openStore(path, {});
        if (!reader) return reader.error();
        ADD_FAILURE() << path << " was opened";
        return {};
    }
};

TEST_F(OpenStore, whatIsNoFileIsNamed)
{
    EXPECT_EQ(errorOf(file("nothing")).code, ErrorCode::NotFound);
    EXPECT_EQ(errorOf(file(".")).code, ErrorCode::Empty);
    EXPECT_THAT(errorOf(file(".")).detail, HasSubstr("no file in this folder"));
    ASSERT_EQ(::mkfifo(file("fifo").c_str(), 0600), 0);
    EXPECT_EQ(errorOf(file("fifo")).code, ErrorCode::NotAFile);
    EXPECT_EQ(errorOf("/dev/null").code, ErrorCode::NotAFile);
    EXPECT_EQ(errorOf(write("empty", "")).code, ErrorCode::Empty);
    if (::geteuid() != 0) {
        const auto secret = write("secret", "x");
        ASSERT_EQ(::chmod(secret.c_str(), 0), 0);
        EXPECT_EQ(errorOf(secret).code, ErrorCode::NotReadable);
    }
}

TEST_F(OpenStore, unknownJsonIsNamedByItsKeys)
{
    const Error object = errorOf(write("o.json", R"({"someSpans": [{"scopeSpans": []}], "x": {"y": 1}, "esc\"aped": 2})"));
    EXPECT_EQ(object.code, ErrorCode::UnknownFormat);
    EXPECT_EQ(object.detail, "this is JSON: an object with the keys someSpans, x, esc\\\"aped");
    // What is said is one line, whatever a damaged key holds.
    const Error damaged = errorOf(write("damaged", "{\"a\nb\x01\": 1}"));
    EXPECT_EQ(damaged.detail, "this is JSON: an object with the keys a b\u2401");
    EXPECT_EQ(errorOf(write("a.json", R"([{"id": 1, "name": "a"}, {"other": 2}])")).detail,
              "this is JSON: an array of objects with the keys id, name");
    EXPECT_EQ(errorOf(write("n.json", "[1, 2]")).detail, "this is JSON: an array of numbers");
    EXPECT_EQ(errorOf(write("e.json", " [ ] ")).detail, "this is JSON: an empty array");
    EXPECT_EQ(errorOf(write("text", "hello")).detail, "this is neither a SQLite database nor JSON");
    EXPECT_EQ(errorOf(write("pretty.json", "{\n \"a\": 1\n}\n")).code, ErrorCode::UnknownFormat);
    // So deep that a parser that recurses would fall.
    EXPECT_EQ(errorOf(write("deep.json", std::string(2'000'000, '['))).code, ErrorCode::UnknownFormat);
    EXPECT_EQ(errorOf(write("deep2.json", "[{\"task_id\":" + std::string(100'000, '[') + std::string(100'000, ']') +
                                              ",\"traj\":[],\"reward\":1}]"))
                  .code,
              ErrorCode::UnknownFormat);
}

TEST_F(OpenStore, unknownDatabasesAreNamedByTheirTables)
{
    {
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open(file("x.db").c_str(), &db), SQLITE_OK);
        sqlite3_exec(db, "CREATE TABLE beta(x); CREATE TABLE alpha(y); CREATE VIEW look AS SELECT 1", nullptr, nullptr,
                     nullptr);
        sqlite3_close(db);
        ASSERT_EQ(sqlite3_open(file("none.db").c_str(), &db), SQLITE_OK);
        sqlite3_exec(db, "CREATE TABLE t(x); DROP TABLE t", nullptr, nullptr, nullptr);
        sqlite3_close(db);
    }
    EXPECT_EQ(errorOf(file("x.db")).code, ErrorCode::UnknownFormat);
    EXPECT_EQ(errorOf(file("x.db")).detail, "this is a SQLite database with the tables alpha, beta, look (a view)");
    EXPECT_EQ(errorOf(file("none.db")).code, ErrorCode::Empty);
}

TEST_F(OpenStore, aViewNamedSpansIsRefused)
{
    {
        PhoenixFixture store(file("v.db"));
        store.addUsualRun(1);
        store.exec("ALTER TABLE spans RENAME TO real_spans; CREATE VIEW spans AS SELECT * FROM real_spans, (WITH RECURSIVE "
                   "r(i) AS (SELECT 1 UNION ALL "
                   "SELECT i + 1 FROM r) SELECT i FROM r)");
    }
    const Error error = errorOf(file("v.db"));
    EXPECT_EQ(error.code, ErrorCode::Refused);
    EXPECT_THAT(error.detail, HasSubstr("a view"));
}

TEST_F(OpenStore, aTruncatedOrOverwrittenDatabaseIsDamaged)
{
    {
        PhoenixFixture store(file("t.db"));
        for (int i = 0; i < 50; ++i) store.addUsualRun(i);
    }
    const auto whole = std::filesystem::file_size(file("t.db"));
    std::filesystem::copy_file(file("t.db"), file("half.db"));
    std::filesystem::resize_file(file("half.db"), whole / 2);
    EXPECT_EQ(errorOf(file("half.db")).code, ErrorCode::Damaged);
    std::filesystem::copy_file(file("t.db"), file("header.db"));
    std::filesystem::resize_file(file("header.db"), 60);
    EXPECT_EQ(errorOf(file("header.db")).code, ErrorCode::Damaged);
    {
        std::fstream out(file("t.db"), std::ios::in | std::ios::out | std::ios::binary);
        out.seekp(static_cast<std::streamoff>(whole / 4));
        out << std::string(whole / 2, '\xEE');
    }
    auto reader = openStore(file("t.db"), {});
    if (reader) { // the schema may be whole: then reading ends with the same word
        Collector got;
        const auto done = (*reader)->ingest({}, got, {});
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, ErrorCode::Damaged) << done.error().detail;
    } else
        EXPECT_EQ(reader.error().code, ErrorCode::Damaged);
}

TEST(Annotations, labelsAndValuesSayWhatIsClear)
{
    const auto judged = [](Annotator who, std::string name, std::string label, std::optional<double> value) {
        Score score;
        score.annotator = who;
        score.name = std::move(name);
        score.label = std::move(label);
        score.value = value;
        judgeScore(score);
        return std::pair(score.says, score.weight);
    };
    using enum Outcome;
    EXPECT_EQ(judged(Annotator::Human, "feedback", "Thumbs-Down", {}), std::pair(Failure, OutcomeSource::Human));
    EXPECT_EQ(judged(Annotator::Human, "manager_decision", "Approved by hand", 1.0), std::pair(Failure, OutcomeSource::Human));
    EXPECT_EQ(judged(Annotator::Human, "note", "", {}), std::pair(Unknown, OutcomeSource::Human));
    EXPECT_EQ(judged(Annotator::Code, "unit_test", "", 0.0), std::pair(Failure, OutcomeSource::Verifier));
    EXPECT_EQ(judged(Annotator::Code, "format", "pass", {}), std::pair(Success, OutcomeSource::Rule));
    EXPECT_EQ(judged(Annotator::Code, "latency_ms", "", 0.0), std::pair(Unknown, OutcomeSource::Rule));
    EXPECT_EQ(judged(Annotator::Llm, "Hallucination", "hallucinated", 1.0), std::pair(Failure, OutcomeSource::ModelJudge));
    EXPECT_EQ(judged(Annotator::Llm, "Hallucination", "factual", 0.0), std::pair(Success, OutcomeSource::ModelJudge));
    EXPECT_EQ(judged(Annotator::Llm, "quality", "", 0.37), std::pair(Unknown, OutcomeSource::ModelJudge));
    EXPECT_EQ(judged(Annotator::Unknown, "quality", "fail", 0.0), std::pair(Unknown, OutcomeSource::None));
}

TEST(Annotations, onlyDecisionsOfPeopleAreDecisions)
{
    Score score;
    score.annotator = Annotator::Human;
    score.name = "manager_decision";
    score.label = "upheld";
    EXPECT_EQ(decisionOf(score)->kind, DecisionKind::Approve);
    score.label = "rejected";
    EXPECT_EQ(decisionOf(score)->kind, DecisionKind::Reject);
    score.label = "whatever";
    EXPECT_EQ(decisionOf(score)->kind, DecisionKind::Answer);
    score.name = "user_feedback";
    EXPECT_FALSE(decisionOf(score));
    score.label = "approved_by_hand";
    EXPECT_EQ(decisionOf(score)->kind, DecisionKind::Override);
    score.annotator = Annotator::Llm;
    EXPECT_FALSE(decisionOf(score));
}

TEST(OpenInference, theUsersTextIsFoundInManyShapes)
{
    openinference::Parsers parsers;
    const auto asked = [&](std::string_view text) { return openinference::userTextOf(text, parsers); };
    EXPECT_EQ(asked("plain"), "plain");
    EXPECT_EQ(asked("{not json"), "{not json");
    EXPECT_EQ(asked("\"quoted\""), "quoted");
    EXPECT_EQ(
        asked(
            R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":[{"type":"text","text":"c"}]}]})"),
        "c");
    EXPECT_EQ(asked(R"({"messages":[["human","q"]]})"), "q");
    EXPECT_EQ(asked(R"({"messages":[[{"id":["x","HumanMessage"],"kwargs":{"type":"human","content":"k"}}]]})"), "k");
    EXPECT_EQ(asked(R"({"question":"why?"})"), "why?");
    EXPECT_EQ(asked(R"({"n":1})"), R"({"n":1})");
    EXPECT_EQ(openinference::answerTextOf(R"({"choices":[{"message":{"role":"assistant","content":"yes"}}]})", parsers), "yes");
    EXPECT_EQ(openinference::answerTextOf(R"({"output":"o"})", parsers), "o");
}

TEST(OpenInference, flatKeysInListsAreReadToo)
{
    openinference::Parsers parsers;
    Step step;
    step.kind = StepKind::Llm;
    const auto facts = openinference::readAttributes(
        R"({"llm":{"model_name":"x","input_messages":[{"message.role":"user","message.content":"hi"}],"output_messages":[{"message.role":"assistant"}],"token_count":{"prompt":3}},"session":{"id":"s"},"user.id":"u"})",
        step, parsers);
    ASSERT_TRUE(facts);
    EXPECT_EQ(step.inputText, "hi");
    EXPECT_EQ(step.outputText, "");
    EXPECT_EQ(step.promptTokens, 3);
    EXPECT_EQ(facts->sessionId, "s");
    EXPECT_EQ(facts->userId, "u");
}

} // namespace
} // namespace tackroom::testing
