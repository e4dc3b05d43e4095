// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/promptregistry.h"

#include "tests/support/databasefixture.h"
#include "tests/support/promptfixture.h"
#include "tests/unit/readers/collector.h"

#include <gmock/gmock.h>

namespace tackroom::testing
{
namespace
{

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class Prompts : public FolderTest
{
protected:
    std::unique_ptr<PromptRegistry> open(const std::string& name)
    {
        auto registry = openPromptRegistry(file(name), {});
        if (!registry) ADD_FAILURE() << registry.error().detail;
        return registry ? std::move(*registry) : nullptr;
    }
    std::string text(PromptRegistry& registry, const std::string& name, std::int64_t version)
    {
        const auto content = registry.read(name, version);
        if (!content) ADD_FAILURE() << content.error().detail;
        return content ? promptFileText(*content) : std::string();
    }
};

TEST_F(Prompts, PhoenixListsPromptsVersionsTagsAndLabels)
{
    {
        DatabaseFixture db(file("p.db"));
        db.exec(phoenixPromptsSql());
    }
    const auto registry = open("p.db");
    ASSERT_TRUE(registry);
    const auto listing = registry->list();
    ASSERT_TRUE(listing) << listing.error().detail;
    EXPECT_EQ(listing->registry, "Arize Phoenix");
    EXPECT_EQ(listing->promptCount, 2);
    ASSERT_EQ(listing->prompts.size(), 2U);
    EXPECT_EQ(listing->prompts[0].name, "greet");
    const PromptInfo& refund = listing->prompts[1];
    EXPECT_EQ(refund.description, "Answers about refunds");
    EXPECT_THAT(refund.labels, ElementsAre("billing", "support"));
    EXPECT_THAT(refund.tags, ElementsAre(Pair("team", "care"), Pair("since", "2")));
    EXPECT_EQ(refund.versionCount, 3);
    ASSERT_EQ(refund.versions.size(), 3U);
    EXPECT_EQ(refund.versions[0].number, 3);
    EXPECT_EQ(refund.versions[1].note, "Says the limit\n\nThey asked for it.");
    EXPECT_EQ(refund.versions[1].author, "Ines");
    EXPECT_THAT(refund.versions[1].labels, ElementsAre("production"));
    EXPECT_EQ(refund.versions[2].number, 8);
    EXPECT_THAT(refund.versions[2].labels, ElementsAre("staging"));
    EXPECT_EQ(refund.versions[2].model, "gpt-4o");
    EXPECT_EQ(refund.versions[2].provider, "openai");
    EXPECT_EQ(formatTime(refund.versions[0].time).substr(0, 10), "2026-03-04");
}

TEST_F(Prompts, PhoenixVersionsAsFiles)
{
    {
        DatabaseFixture db(file("p.db"));
        db.exec(phoenixPromptsSql());
    }
    const auto registry = open("p.db");
    ASSERT_TRUE(registry);
    EXPECT_EQ(text(*registry, "refund", 3), "---\n"
                                            "provider: \"openai\"\n"
                                            "model: \"gpt-4o\"\n"
                                            "format: \"mustache\"\n"
                                            "parameters:\n"
                                            "  temperature: 0.2\n"
                                            "---\n"
                                            "<!-- message: user -->\n"
                                            "{{question}}\n");
    // A line that looks like a message's beginning is none; each such line can be told from one that had a backslash.
    EXPECT_THAT(text(*registry, "refund", 5), HasSubstr("<!-- message: system -->\nRefund up to 2,000.\n"
                                                        "\\<!-- message: user -->\n"
                                                        "\\\\<!-- message:\n"
                                                        "<!-- message: user -->\n{{question}}\n"));
    const std::string full = text(*registry, "refund", 8);
    EXPECT_THAT(full, HasSubstr("tools: [\n    {\n      \"type\": \"function\",\n"));
    EXPECT_THAT(full, HasSubstr("\ntool_choice: {\n    \"type\": \"zero_or_more\"\n  }\n"));
    EXPECT_THAT(full, HasSubstr("\nresponse_format: {\n    \"type\": \"json_schema\",\n"));
    EXPECT_THAT(full, HasSubstr("<!-- message: ai, in parts -->\n[\n  {\n    \"type\": \"tool_call\",\n"));
    // The text begins like a front matter, and ends in a line end of its own.
    EXPECT_EQ(text(*registry, "greet", 6), "---\nprovider: \"openai\"\nmodel: \"gpt-4o\"\nformat: \"f-string\"\n---\n"
                                           "---\nHello {name}!\n\n");
    EXPECT_EQ(registry->read("greet", 3).error().code, ErrorCode::NotFound) << "a version of another prompt";
    EXPECT_EQ(registry->read("none", 3).error().code, ErrorCode::NotFound);
}

TEST_F(Prompts, MlflowPromptsAreModelsThatAreTaggedSo)
{
    {
        DatabaseFixture db(file("m.db"));
        db.exec(mlflowPromptsSql());
    }
    const auto registry = open("m.db");
    ASSERT_TRUE(registry);
    const auto listing = registry->list();
    ASSERT_TRUE(listing) << listing.error().detail;
    EXPECT_EQ(listing->registry, "MLflow");
    ASSERT_EQ(listing->prompts.size(), 1U) << "a model is no prompt";
    const PromptInfo& summary = listing->prompts[0];
    EXPECT_EQ(summary.name, "summary");
    EXPECT_THAT(summary.tags, ElementsAre(Pair("team", "care")));
    EXPECT_EQ(summary.versionCount, 2) << "the deleted one does not count";
    ASSERT_EQ(summary.versions.size(), 2U);
    EXPECT_EQ(summary.versions[0].author, "ben") << "by the tag, where there is no user";
    EXPECT_EQ(summary.versions[0].kind, "text");
    EXPECT_THAT(summary.versions[0].labels, ElementsAre("production"));
    EXPECT_EQ(summary.versions[1].number, 3);
    EXPECT_EQ(summary.versions[1].author, "ana");
    EXPECT_EQ(summary.versions[1].kind, "chat");
    EXPECT_EQ(summary.versions[1].model, "gpt-4");
    EXPECT_EQ(formatTime(summary.versions[1].time).substr(0, 10), "2026-03-03");

    EXPECT_EQ(text(*registry, "summary", 1), "Sum up: {{ text }}\n") << "nothing but the text";
    EXPECT_EQ(text(*registry, "summary", 3), "---\n"
                                             "provider: \"openai\"\n"
                                             "model: \"gpt-4\"\n"
                                             "parameters:\n"
                                             "  temperature: 0.5\n"
                                             "  stop: [\"a\"]\n"
                                             "response_format: {\n"
                                             "    \"type\": \"object\"\n"
                                             "  }\n"
                                             "---\n"
                                             "<!-- message: system -->\nBe brief.\n"
                                             "<!-- message: user -->\n{{text}}\n");
}

TEST_F(Prompts, MlflowWorkspacesAreApart)
{
    {
        DatabaseFixture db(file("m.db"));
        db.exec(mlflowPromptsSql());
        db.exec("ALTER TABLE registered_models ADD workspace VARCHAR(63); ALTER TABLE registered_model_tags ADD workspace "
                "VARCHAR(63); ALTER TABLE model_versions ADD workspace VARCHAR(63); ALTER TABLE model_version_tags ADD "
                "workspace VARCHAR(63); ALTER TABLE registered_model_aliases ADD workspace VARCHAR(63);"
                "UPDATE model_versions SET workspace = 'default'; UPDATE registered_models SET workspace = 'default';"
                "UPDATE registered_model_tags SET workspace = 'default'; UPDATE model_version_tags SET workspace = 'default';"
                "UPDATE registered_model_aliases SET workspace = 'default';"
                "INSERT INTO registered_model_tags VALUES('mlflow.prompt.is_prompt', 'true', 'classifier', 'lab');"
                "INSERT INTO registered_models VALUES('summary', 0, 0, 'of the lab', 'lab');"
                "INSERT INTO registered_model_tags VALUES('mlflow.prompt.is_prompt', 'true', 'summary', 'lab');"
                "INSERT INTO model_versions VALUES('summary', 1, 0, 0, 'lab', 'leo', 'None', 'lab');"
                "INSERT INTO model_version_tags VALUES('mlflow.prompt.text', 'Lab', 'summary', 1, 'lab')");
    }
    const auto registry = open("m.db");
    ASSERT_TRUE(registry);
    const auto listing = registry->list();
    ASSERT_TRUE(listing) << listing.error().detail;
    ASSERT_EQ(listing->prompts.size(), 2U) << "the tag of another workspace makes no prompt of a model";
    EXPECT_EQ(listing->prompts[0].name, "lab/summary");
    EXPECT_EQ(listing->prompts[0].versions.size(), 1U);
    EXPECT_EQ(text(*registry, "lab/summary", 1), "Lab\n");
    EXPECT_EQ(text(*registry, "summary", 1), "Sum up: {{ text }}\n");
}

TEST_F(Prompts, WhatIsNoRegistryHasNone)
{
    std::ofstream(file("x.json")) << "[]";
    {
        DatabaseFixture db(file("other.db"));
        db.exec("CREATE TABLE prompts(id INTEGER, title VARCHAR)");
    }
    for (const char* name : {"x.json", "other.db"}) {
        const auto registry = openPromptRegistry(file(name), {});
        ASSERT_TRUE(registry) << registry.error().detail;
        EXPECT_FALSE(*registry) << name;
    }
    const auto folder = openPromptRegistry(file(""), {});
    ASSERT_TRUE(folder);
    EXPECT_FALSE(*folder);
    EXPECT_EQ(openPromptRegistry(file("missing"), {}).error().code, ErrorCode::NotFound);
    {
        DatabaseFixture db(file("view.db"));
        db.exec(phoenixPromptsSql());
        db.exec("DROP TABLE prompts; CREATE VIEW prompts AS SELECT 1 AS id, 'x' AS name");
    }
    EXPECT_EQ(openPromptRegistry(file("view.db"), {}).error().code, ErrorCode::Refused);
}

TEST_F(Prompts, BrokenAndHugeVersionsAreErrorsOfTheirOwn)
{
    {
        DatabaseFixture db(file("p.db"));
        db.exec(phoenixPromptsSql());
        db.exec(PhoenixPromptVersion{.id = 20, .content = "{\"type\":\"chat\""}.sql() +
                PhoenixPromptVersion{
                    .id = 21, .content = "{\"type\":\"string\",\"template\":\"" + std::string(kMaxPromptBytes, 'x') + "\"}"}
                    .sql() +
                PhoenixPromptVersion{.id = 22, .content = std::string(5000, '[')}.sql() +
                PhoenixPromptVersion{.id = 23,
                                     .content = R"({"type":"chat","messages":[{"role":"a --> b","content":"t"}]})",
                                     .parameters = R"({"type":"openai","openai":{"no":1,"a: b":{"c":null}}})"}
                    .sql());
    }
    const auto registry = open("p.db");
    ASSERT_TRUE(registry);
    EXPECT_EQ(registry->list()->prompts[1].versions.size(), 7U) << "the list has them all the same";
    EXPECT_FALSE(registry->read("refund", 20));
    EXPECT_EQ(registry->read("refund", 21).error().code, ErrorCode::Refused);
    EXPECT_EQ(registry->read("refund", 22).error().code, ErrorCode::Refused);
    const std::string odd = text(*registry, "refund", 23);
    EXPECT_THAT(odd, HasSubstr("<!-- message: ab -->\nt\n")) << "a role cannot end the marker";
    EXPECT_THAT(odd, HasSubstr("  \"no\": 1\n  \"a: b\": {\"c\":null}\n"));
}

TEST_F(Prompts, ManyVersionsAreCounted)
{
    {
        DatabaseFixture db(file("p.db"));
        db.exec(phoenixPromptsSql());
        db.exec("WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 799) INSERT INTO prompt_versions "
                "SELECT i, 1, NULL, NULL, 'STR', 'NONE', '{\"type\":\"string\",\"template\":\"t\"}', '{}', NULL, NULL, "
                "'OPENAI', 'm', '{}', '2026-03-01 08:00:00' FROM n");
    }
    const auto registry = open("p.db");
    ASSERT_TRUE(registry);
    const auto listing = registry->list();
    ASSERT_TRUE(listing);
    EXPECT_EQ(listing->prompts[1].versionCount, 703);
    ASSERT_EQ(listing->prompts[1].versions.size(), kMaxListedVersions);
    EXPECT_EQ(listing->prompts[1].versions.front().number, 300) << "the newest are kept";
    EXPECT_EQ(listing->prompts[1].versions.back().number, 799);
}

} // namespace
} // namespace tackroom::testing
