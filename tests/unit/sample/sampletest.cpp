// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/sample/phoenixschema.h"
#include "tests/unit/sample/samplesupport.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <map>

using namespace tackroom;
using namespace sampletest;
namespace fs = std::filesystem;

namespace
{

SampleMade make(const fs::path& dir, int runs, std::uint64_t seed = SampleOptions().seed)
{
    auto made = makeSample(dir, {seed, runs}, {}, {});
    EXPECT_TRUE(made) << (made ? std::string() : oneLine(made.error()));
    return made ? *made : SampleMade();
}

Json truthOf(const fs::path& path)
{
    auto json = parseJson(slurp(path), path.string());
    EXPECT_TRUE(json);
    return json ? *json : Json();
}

/// Trace ids that a query gives, each with what the store itself shows of the planted kind.
const std::map<std::string, std::string>& signsInTheData()
{
    static const std::map<std::string, std::string> signs = {
        {"over-limit-loyal-late",
         "SELECT t.trace_id, s.span_id FROM span_annotations a JOIN spans s ON s.id = a.span_rowid JOIN traces t ON t.id = "
         "s.trace_rowid "
         "WHERE a.annotator_kind = 'HUMAN' AND a.name = 'manager_decision' AND a.label = 'approved_by_hand'"},
        {"hash-order-id", "SELECT t.trace_id, s.span_id FROM spans s JOIN traces t ON t.id = s.trace_rowid WHERE s.status_code "
                          "= 'ERROR' AND s.name = 'lookup_order' "
                          "AND s.status_message LIKE '%does not match%' AND NOT EXISTS (SELECT 1 FROM spans o WHERE "
                          "o.trace_rowid = s.trace_rowid "
                          "AND o.name = 'lookup_order' AND o.status_code = 'OK')"},
        {"double-refund", "SELECT t.trace_id, max(s.span_id || '') FROM spans s JOIN traces t ON t.id = s.trace_rowid WHERE "
                          "s.name = 'issue_refund' "
                          "GROUP BY s.trace_rowid, json_extract(s.attributes, '$.input.value') HAVING count(*) > 1"},
        {"premature-hand-over", "SELECT t.trace_id, s.span_id FROM span_annotations a JOIN spans s ON s.id = a.span_rowid JOIN "
                                "traces t ON t.id = s.trace_rowid "
                                "WHERE a.annotator_kind = 'CODE' AND a.name = 'handover_needed' AND a.score = 0"},
        {"stale-policy", "SELECT t.trace_id, s.span_id FROM span_annotations a JOIN spans s ON s.id = a.span_rowid JOIN traces "
                         "t ON t.id = s.trace_rowid "
                         "WHERE a.name = 'policy_applied' AND a.label = 'fail' AND s.span_kind = 'RETRIEVER'"},
        {"silent-abandonment",
         "SELECT t.trace_id, (SELECT l.span_id FROM spans l WHERE l.trace_rowid = t.id AND l.span_kind = 'LLM' ORDER BY l.id "
         "DESC LIMIT 1) "
         "FROM spans s JOIN traces t ON t.id = s.trace_rowid WHERE s.parent_id IS NULL AND s.status_code <> 'ERROR' "
         "AND json_extract(s.attributes, '$.output.value') IS NULL"}};
    return signs;
}

} // namespace

TEST(Sample, SameSeedSameStore)
{
    const Folder a, b, c;
    const SampleMade first = make(a / "x", 240);
    ::setenv("TZ", "Pacific/Auckland", 1);
    const SampleMade second = make(b / "y", 240);
    ::unsetenv("TZ");
    EXPECT_EQ(logicalHash(first.store), logicalHash(second.store));
    EXPECT_EQ(slurp(first.truth), slurp(second.truth));
    EXPECT_EQ(git(first.harness, "for-each-ref").text, git(second.harness, "for-each-ref").text);
    EXPECT_NE(logicalHash(first.store), logicalHash(make(c / "z", 240, 7).store));
}

TEST(Sample, TheWholeOneHasWhatIsPlanted)
{
    const Folder folder;
    const auto begin = std::chrono::steady_clock::now();
    const SampleMade made = make(folder.path(), SampleOptions().runs);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("2,000 runs, %s spans, made in %.2f s\n", one(made.store, "SELECT count(*) FROM spans").c_str(), seconds);
    EXPECT_LT(seconds, 20.0); // about one second alone on two cores; sanitizers and neighbours take their share
    EXPECT_EQ(one(made.store, "SELECT count(*) FROM traces"), "2000");
    EXPECT_EQ(one(made.store, "PRAGMA integrity_check"), "ok");
    EXPECT_TRUE(query(made.store, "PRAGMA foreign_key_check").empty());
    const Json truth = truthOf(made.truth);
    EXPECT_EQ(intAt(truth, "runs"), 2000);
    const double share = static_cast<double>(intAt(truth, "failed")) / 2000;
    EXPECT_GT(share, 0.25);
    EXPECT_LT(share, 0.35);
    for (const auto& [kind, sql] : signsInTheData()) {
        std::map<std::string, std::string> inData, inTruth;
        for (const std::string& row : query(made.store, sql)) inData[row.substr(0, 32)] = row.substr(33);
        for (const auto& [trace, failure] : truth["failures"].items())
            if (stringAt(failure, "kind") == kind) inTruth[trace] = stringAt(failure, "step");
        EXPECT_GE(inTruth.size(), 50u) << kind;
        ASSERT_EQ(inData.size(), inTruth.size()) << kind;
        EXPECT_EQ(static_cast<std::size_t>(intAt(truth["kinds"][kind], "runs")), inTruth.size());
        for (const auto& [trace, step] : inTruth) {
            ASSERT_TRUE(inData.contains(trace)) << kind;
            if (kind != "double-refund") {
                EXPECT_EQ(inData[trace], step) << kind;
            }
        }
        std::printf("  %-22s %3zu runs, layer %s\n", kind.c_str(), inTruth.size(),
                    stringAt(truth["kinds"][kind], "layer").c_str());
    }
}

TEST(Sample, VersionsAreTiedToCommits)
{
    const Folder folder;
    const SampleMade made = make(folder.path(), 400);
    const auto rows = query(
        made.store, "SELECT json_extract(attributes, '$.metadata.\"harness.git_commit\"'), json_extract(attributes, "
                    "'$.metadata.\"harness.version\"'), "
                    "count(*), min(start_time), max(start_time) FROM spans WHERE parent_id IS NULL GROUP BY 1 ORDER BY 4");
    ASSERT_EQ(rows.size(), 4u);
    for (int i = 0; i < 4; ++i) {
        const std::string name = "v" + std::to_string(i + 1);
        const std::string commit = git(made.harness, "rev-parse harness/" + name + "^{commit}").text.substr(0, 40);
        EXPECT_EQ(rows[static_cast<std::size_t>(i)].substr(0, 44), commit + "|" + name + "|");
    }
    EXPECT_EQ(one(made.store, "SELECT min(start_time) >= '2026-03-02' AND max(end_time) < '2026-04-27' FROM traces"), "1");
    // The prompt that the model was sent is the file of that version, byte for byte.
    const std::string prompt = one(made.store, "SELECT json_extract(attributes, '$.llm.input_messages[0].message.content') "
                                               "FROM spans WHERE span_kind = 'LLM' ORDER BY id DESC LIMIT 1");
    EXPECT_EQ(prompt, version("v4").at("prompts/system.md"));
}

TEST(Sample, StoreHasPhoenixColumnsAndValues)
{
    const Folder folder;
    const fs::path store = make(folder.path(), 200).store;
    auto columns = [&](const std::string& table) {
        return one(store, "SELECT group_concat(name, ' ') FROM pragma_table_info('" + table + "')");
    };
    EXPECT_EQ(columns("projects"),
              "id name description gradient_start_color gradient_end_color created_at updated_at trace_retention_policy_id");
    EXPECT_EQ(columns("traces"), "id project_rowid trace_id start_time end_time project_session_rowid");
    EXPECT_EQ(columns("project_sessions"), "id session_id project_id start_time end_time");
    EXPECT_EQ(
        columns("spans"),
        "id trace_rowid span_id parent_id name span_kind start_time end_time attributes events status_code status_message "
        "cumulative_error_count cumulative_llm_token_count_prompt cumulative_llm_token_count_completion llm_token_count_prompt "
        "llm_token_count_completion");
    const std::string scores =
        "name label score explanation metadata annotator_kind created_at updated_at user_id identifier source";
    EXPECT_EQ(columns("span_annotations"), "id span_rowid " + scores);
    EXPECT_EQ(columns("trace_annotations"), "id trace_rowid " + scores);
    EXPECT_EQ(columns("document_annotations"), "id span_rowid document_position " + scores);
    EXPECT_EQ(one(store, "SELECT version_num FROM alembic_version"), std::string(kPhoenixRevision));
    EXPECT_EQ(one(store, "SELECT count(*) FROM spans WHERE start_time NOT GLOB '2026-[0-9][0-9]-[0-9][0-9] "
                         "[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]'"),
              "0");
    EXPECT_EQ(one(store, "SELECT count(*) FROM spans WHERE typeof(attributes) <> 'text' OR NOT json_valid(attributes) OR NOT "
                         "json_valid(events)"),
              "0");
    EXPECT_EQ(one(store, "SELECT count(*) FROM spans WHERE json_extract(attributes, '$.openinference.span.kind') <> span_kind"),
              "0");
    EXPECT_EQ(one(store, "SELECT count(DISTINCT span_kind) FROM spans"),
              "6"); // AGENT, GUARDRAIL, LLM, TOOL, RETRIEVER, EVALUATOR
    EXPECT_NE(one(store, "SELECT events FROM spans WHERE span_kind = 'TOOL' AND status_code = 'ERROR' LIMIT 1")
                  .find("\"exception.message\":\"order_id '#"),
              std::string::npos);
    // What a root says of all below it.
    EXPECT_EQ(one(store, "SELECT count(*) FROM spans r WHERE r.parent_id IS NULL AND (r.cumulative_llm_token_count_prompt, "
                         "r.cumulative_error_count) <> "
                         "(SELECT sum(coalesce(s.llm_token_count_prompt, 0)), sum(s.status_code = 'ERROR') FROM spans s WHERE "
                         "s.trace_rowid = r.trace_rowid)"),
              "0");
    EXPECT_GT(std::stoi(one(store, "SELECT count(*) FROM traces t JOIN project_sessions p ON p.id = t.project_session_rowid "
                                   "GROUP BY p.id ORDER BY 1 DESC LIMIT 1")),
              1);
    EXPECT_GT(
        std::stoi(one(
            store,
            "SELECT count(*) FROM spans WHERE parent_id IS NULL AND json_extract(attributes, '$.metadata.language') <> 'en'")),
        5);
    EXPECT_EQ(one(store, "SELECT count(*) FROM span_annotations a LEFT JOIN users u ON u.id = a.user_id WHERE a.name = "
                         "'manager_decision' AND u.username IS NULL"),
              "0");
}

TEST(Sample, RepositoryIsSoundForPlainGit)
{
    const Folder folder;
    const fs::path repo = make(folder.path(), 10).harness;
    const Output fsck = git(repo, "fsck --strict --full");
    EXPECT_EQ(fsck.exitCode, 0) << fsck.text;
    EXPECT_EQ(fsck.text, "");
    EXPECT_EQ(git(repo, "status --porcelain").text, "");
    EXPECT_EQ(git(repo, "diff-files --name-only").text, ""); // the index knows the files as they lie there
    EXPECT_EQ(git(repo, "symbolic-ref HEAD").text, "refs/heads/main\n");
    EXPECT_EQ(git(repo, "for-each-ref --format='%(refname:short) %(objecttype)' refs/tags").text,
              "harness/v1 tag\nharness/v2 tag\nharness/v3 tag\nharness/v4 tag\n");
    EXPECT_EQ(git(repo, "for-each-ref --format=x refs/heads/proposals").text, "x\nx\nx\nx\nx\nx\nx\nx\n");
    EXPECT_EQ(git(repo, "rev-list --count main").text, "4\n");
    for (const auto& [path, bytes] : version("v4")) {
        EXPECT_EQ(git(repo, "show main:" + path).text, bytes) << path;
        EXPECT_EQ(slurp(repo / path), bytes) << path;
    }
    // Seven go on cleanly; the one whose base has moved does not.
    for (const SampleVersion& each : harness().proposals)
        EXPECT_EQ(git(repo, "merge-tree --write-tree main proposals/" + each.name).exitCode,
                  each.name == "idempotent-retries" ? 1 : 0)
            << each.name;
}

TEST(Sample, WhatIsThereIsKept)
{
    const Folder folder;
    const SampleMade made = make(folder.path(), 60);
    EXPECT_TRUE(made.made);
    EXPECT_EQ(git(made.harness, "commit -q --allow-empty -m mine").exitCode, 0);
    const std::string refs = git(made.harness, "for-each-ref").text, bytes = slurp(made.store);
    const SampleMade again = make(folder.path(), 999);
    EXPECT_FALSE(again.made);
    EXPECT_EQ(again.runs, 60);
    EXPECT_EQ(slurp(made.store), bytes);
    EXPECT_EQ(git(made.harness, "for-each-ref").text, refs);
    // A store that went away is made anew, with the same commits, whatever became of the harness.
    fs::remove(made.store);
    EXPECT_TRUE(make(folder.path(), 60).made);
    EXPECT_EQ(slurp(made.store), bytes);
    EXPECT_EQ(git(made.harness, "for-each-ref").text, refs);
    // A store of that name which is not the sample's stays as it is.
    fs::remove(made.truth);
    spew(made.store, "my notes");
    const auto refused = makeSample(folder.path(), {}, {}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Refused);
    EXPECT_EQ(slurp(made.store), "my notes");
    for (const auto& entry : fs::directory_iterator(folder.path()))
        EXPECT_EQ(entry.path().string().find(".new-"), std::string::npos);
}

TEST(Sample, CancelLeavesNothingHalfMade)
{
    const Folder folder;
    CancelSource source;
    const Progress progress([&](std::string_view, std::uint64_t done, std::uint64_t) {
        if (done >= 50) source.cancel();
    });
    const auto made = makeSample(folder.path(), {1, 500}, source.token(), progress);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::Cancelled);
    EXPECT_FALSE(fs::exists(folder / "refund-agent.db"));
    EXPECT_TRUE(make(folder.path(), 20).made);
}
