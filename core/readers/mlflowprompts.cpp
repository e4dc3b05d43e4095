// SPDX-License-Identifier: GPL-3.0-or-later
// Facts of the tables and tags: github.com/mlflow/mlflow, mlflow/prompt/constants.py and
// mlflow/entities/model_registry/prompt_version.py (commit 00959a64), mlflow/store/model_registry/dbmodels/models.py (commit
// 1ff27323); the migration 1b5f0d9ad7c1 gives each of the tables a column `workspace`.
#include "core/base/text.h"

#include "core/base/format.h"
#include "core/readers/promptregistries.h"

#include <algorithm>
#include <map>

namespace tackroom
{

namespace
{

constexpr std::string_view kIsPrompt = "mlflow.prompt.is_prompt";
constexpr std::string_view kText = "mlflow.prompt.text";
constexpr std::string_view kType = "_mlflow_prompt_type";
constexpr std::string_view kResponseFormat = "_mlflow_prompt_response_format";
constexpr std::string_view kModelConfig = "_mlflow_prompt_model_config";

bool isOwnTag(std::string_view key)
{
    return key.starts_with("mlflow.prompt.") || key.starts_with("_mlflow_") || key.starts_with("PromptVersion");
}

class MlflowPrompts : public PromptRegistry
{
public:
    explicit MlflowPrompts(DatabaseCandidate& candidate);
    [[nodiscard]] Result<PromptListing> list() override;
    [[nodiscard]] Result<PromptContent> read(const std::string& name, std::int64_t number) override;

private:
    using ByName = std::map<std::string, PromptInfo, std::less<>>;
    [[nodiscard]] Status addPrompts(PromptListing& listing, ByName& byName);
    [[nodiscard]] Status addTags(ByName& byName);
    [[nodiscard]] Status addVersions(ByName& byName);
    [[nodiscard]] Status addVersionTags(ByName& byName);
    [[nodiscard]] Status addAliases(ByName& byName);
    /// The name with its workspace, as an SQL expression.
    [[nodiscard]] std::string nameOf(std::string_view table, std::string_view alias) const;
    [[nodiscard]] std::string column(std::string_view table, std::string_view alias, std::string_view name) const
    {
        return sqltext::column(storedTable(m_tables, table), alias, name);
    }

    Database m_db;
    std::vector<TableInfo> m_tables;
};

MlflowPrompts::MlflowPrompts(DatabaseCandidate& candidate)
    : m_db(std::move(candidate.db)), m_tables(std::move(candidate.tables))
{
}

std::string MlflowPrompts::nameOf(std::string_view table, std::string_view alias) const
{
    const TableInfo* info = storedTable(m_tables, table);
    if (!info || !info->hasColumn("workspace")) return formatText("{}.name", alias);
    return formatText("CASE WHEN coalesce({0}.workspace, '') IN ('', 'default') THEN {0}.name ELSE {0}.workspace || '/' || "
                      "{0}.name END",
                      alias);
}

PromptVersionInfo* versionOf(std::map<std::string, PromptInfo, std::less<>>& byName, std::string_view name, std::int64_t number)
{
    const auto at = byName.find(prompts::name(name));
    if (at == byName.end()) return nullptr;
    const auto version = std::ranges::lower_bound(at->second.versions, number, {}, &PromptVersionInfo::number);
    return version != at->second.versions.end() && version->number == number ? &*version : nullptr;
}

Status MlflowPrompts::addPrompts(PromptListing& listing, ByName& byName)
{
    TR_ASSIGN(Statement row,
              m_db.prepare(formatText(
                  "SELECT {0}, {1} FROM registered_models m WHERE {0} IN (SELECT {2} FROM registered_model_tags t WHERE "
                  "t.key = '{3}' AND lower(t.value) = 'true') ORDER BY 1",
                  nameOf("registered_models", "m"),
                  sqltext::limited(column("registered_models", "m", "description"), kMaxPromptBytes),
                  nameOf("registered_model_tags", "t"), kIsPrompt)));
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) return {};
        if (++listing.promptCount > static_cast<std::int64_t>(kMaxRegisteredPrompts)) continue;
        PromptInfo prompt;
        prompt.name = prompts::name(row.textAt(0));
        prompt.description = prompts::note(row.textAt(1));
        std::string key = prompt.name;
        byName.emplace(std::move(key), std::move(prompt));
    }
}

Status MlflowPrompts::addTags(ByName& byName)
{
    TR_ASSIGN(Statement row,
              m_db.prepare(formatText("SELECT {}, t.key, {} FROM registered_model_tags t ORDER BY t.key",
                                      nameOf("registered_model_tags", "t"), sqltext::limited("t.value", kMaxPromptBytes))));
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) return {};
        const auto at = byName.find(prompts::name(row.textAt(0)));
        if (at == byName.end() || isOwnTag(row.textAt(1)) || at->second.tags.size() >= prompts::kMaxLabels) continue;
        at->second.tags.emplace_back(prompts::name(row.textAt(1)), prompts::name(row.textAt(2)));
    }
}

Status MlflowPrompts::addVersions(ByName& byName)
{
    const auto of = [&](std::string_view name) { return column("model_versions", "v", name); };
    TR_ASSIGN(Statement row,
              m_db.prepare(formatText("SELECT {}, v.version, {}, {}, {} FROM model_versions v WHERE coalesce({}, '') <> "
                                      "'Deleted_Internal' ORDER BY 1, v.version DESC",
                                      nameOf("model_versions", "v"), sqltext::limited(of("description"), kMaxPromptBytes),
                                      of("user_id"), of("creation_time"), of("current_stage"))));
    for (std::size_t listed = 0;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) break;
        const auto at = byName.find(prompts::name(row.textAt(0)));
        if (at == byName.end()) continue;
        ++at->second.versionCount;
        if (at->second.versions.size() >= kMaxListedVersions || ++listed > kMaxVersionsInAll) continue;
        PromptVersionInfo version;
        version.number = row.intAt(1);
        version.note = prompts::note(row.textAt(2));
        version.author = prompts::name(row.textAt(3));
        version.time = timeOfMilliseconds(row.intAt(4));
        version.kind = "text";
        at->second.versions.push_back(std::move(version));
    }
    for (auto& [name, prompt] : byName) std::ranges::sort(prompt.versions, {}, &PromptVersionInfo::number);
    return {};
}

/// The model's configuration: its name and provider apart from the parameters.
void takeModel(Json& config, std::string& provider, std::string& model)
{
    provider = prompts::name(stringAt(config, "provider"));
    model = prompts::name(stringAt(config, "model_name"));
    if (!config.is_object()) return;
    config.erase("provider");
    config.erase("model_name");
}

Status MlflowPrompts::addVersionTags(ByName& byName)
{
    TR_ASSIGN(Statement row,
              m_db.prepare(formatText("SELECT {}, t.version, t.key, {} FROM model_version_tags t WHERE t.key IN ('{}', '{}', "
                                      "'author')",
                                      nameOf("model_version_tags", "t"), sqltext::limited("t.value", kMaxPromptBytes), kType,
                                      kModelConfig)));
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) return {};
        PromptVersionInfo* version = versionOf(byName, row.textAt(0), row.intAt(1));
        if (!version) continue;
        if (row.textAt(2) == kType) {
            if (row.textAt(3) == "chat") version->kind = "chat";
        } else if (row.textAt(2) == kModelConfig) {
            auto config = prompts::jsonOf(row.textAt(3), {});
            if (config) takeModel(*config, version->provider, version->model); // broken: the text can be read all the same
        } else if (version->author.empty()) {
            version->author = prompts::name(row.textAt(3));
        }
    }
}

Status MlflowPrompts::addAliases(ByName& byName)
{
    const TableInfo* aliases = storedTable(m_tables, "registered_model_aliases");
    if (!aliases || !aliases->hasColumn("alias") || !aliases->hasColumn("version") || !aliases->hasColumn("name")) return {};
    TR_ASSIGN(Statement row, m_db.prepare(formatText("SELECT {}, a.version, a.alias FROM registered_model_aliases a ORDER BY "
                                                     "a.alias",
                                                     nameOf("registered_model_aliases", "a"))));
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) return {};
        PromptVersionInfo* version = versionOf(byName, row.textAt(0), row.intAt(1));
        if (version && version->labels.size() < prompts::kMaxLabels) version->labels.push_back(prompts::name(row.textAt(2)));
    }
}

Result<PromptListing> MlflowPrompts::list()
{
    TR_ASSIGN(auto view, m_db.transaction(Database::Begin::Read));
    PromptListing listing;
    listing.registry = "MLflow";
    ByName byName;
    TR_TRY(addPrompts(listing, byName));
    TR_TRY(addTags(byName));
    TR_TRY(addVersions(byName));
    TR_TRY(addVersionTags(byName));
    TR_TRY(addAliases(byName));
    for (auto& [name, prompt] : byName) listing.prompts.push_back(std::move(prompt));
    return listing;
}

Result<PromptContent> MlflowPrompts::read(const std::string& name, std::int64_t number)
{
    TR_ASSIGN(auto view, m_db.transaction(Database::Begin::Read));
    TR_ASSIGN(Statement row,
              m_db.prepare(formatText("SELECT t.key, {}, octet_length(t.value) FROM model_version_tags t WHERE "
                                      "{} = ? AND t.version = ?",
                                      sqltext::limited("t.value", kMaxPromptBytes), nameOf("model_version_tags", "t"))));
    row.bind(1, name);
    row.bind(2, number);
    const std::string what = formatText("{}@{}", prompts::name(name), number);
    std::map<std::string, std::string, std::less<>> tags;
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) break;
        if (row.textAt(0) != kText && !isOwnTag(row.textAt(0))) continue;
        if (row.intAt(2) > static_cast<std::int64_t>(kMaxPromptBytes)) return prompts::tooLong(what, row.intAt(2));
        tags.emplace(prompts::name(row.textAt(0)), toUtf8(row.textAt(1)));
    }
    const auto text = tags.find(kText);
    if (text == tags.end()) return fail(ErrorCode::NotFound, what, "there is no such version of a prompt in the store");
    PromptContent content;
    content.chat = tags[std::string(kType)] == "chat";
    if (tags[std::string(kType)] == "jinja2") content.format = "jinja2";
    if (content.chat) {
        TR_ASSIGN(const Json messages, prompts::jsonOf(text->second, what));
        content.messages = prompts::messagesOf(messages);
    } else {
        content.text = text->second;
    }
    TR_ASSIGN(content.responseFormat, prompts::jsonOf(tags[std::string(kResponseFormat)], what));
    TR_ASSIGN(content.parameters, prompts::jsonOf(tags[std::string(kModelConfig)], what));
    takeModel(content.parameters, content.provider, content.model);
    return content;
}

} // namespace

Result<std::unique_ptr<PromptRegistry>> openMlflowPrompts(DatabaseCandidate& candidate)
{
    TR_ASSIGN(const bool fits, hasTables(candidate, "an MLflow database",
                                         {{"registered_models", {"name"}},
                                          {"registered_model_tags", {"key", "value", "name"}},
                                          {"model_versions", {"name", "version"}},
                                          {"model_version_tags", {"key", "value", "name", "version"}}}));
    if (!fits) return nullptr;
    return std::make_unique<MlflowPrompts>(candidate);
}

} // namespace tackroom
