// SPDX-License-Identifier: GPL-3.0-or-later
// Facts of the tables: github.com/Arize-ai/phoenix, src/phoenix/db/ddl/sqlite_schema.sql (commit 00a4d747) and
// src/phoenix/server/api/helpers/prompts/models.py (commit 02a7af55).
//   template               {"type":"string","template":T} or {"type":"chat","messages":[{"role":R,"content":T or parts}]}
//   invocation_parameters  {"type":"openai","openai":{…}}: what the provider takes, under its name
//   tools                  {"type":"tools","tools":[…],"tool_choice":…} or null;   response_format: an object or null
#include "core/base/text.h"

#include "core/base/format.h"
#include "core/readers/promptregistries.h"

#include <algorithm>
#include <map>

namespace tackroom
{

namespace
{

class PhoenixPrompts : public PromptRegistry
{
public:
    explicit PhoenixPrompts(DatabaseCandidate& candidate);
    [[nodiscard]] Result<PromptListing> list() override;
    [[nodiscard]] Result<PromptContent> read(const std::string& name, std::int64_t number) override;

private:
    using ById = std::map<std::int64_t, PromptInfo*>;
    [[nodiscard]] Status addPrompts(PromptListing& listing, ById& byId);
    [[nodiscard]] Status addLabels(const ById& byId);
    [[nodiscard]] Status addVersions(const ById& byId);
    [[nodiscard]] Status addVersionTags(const ById& byId);
    [[nodiscard]] std::string column(std::string_view table, std::string_view alias, std::string_view name,
                                     std::string_view otherwise = "NULL") const
    {
        return sqltext::column(storedTable(m_tables, table), alias, name, otherwise);
    }
    [[nodiscard]] bool has(std::string_view table, std::initializer_list<std::string_view> columns) const;

    Database m_db;
    std::vector<TableInfo> m_tables;
};

PhoenixPrompts::PhoenixPrompts(DatabaseCandidate& candidate)
    : m_db(std::move(candidate.db)), m_tables(std::move(candidate.tables))
{
}

bool PhoenixPrompts::has(std::string_view table, std::initializer_list<std::string_view> columns) const
{
    const TableInfo* info = storedTable(m_tables, table);
    return info && std::ranges::all_of(columns, [&](std::string_view column) { return info->hasColumn(column); });
}

void addTags(PromptInfo& prompt, std::string_view metadata)
{
    const auto json = prompts::jsonOf(metadata, {});
    if (!json || !json->is_object()) return; // what is broken here takes nothing from the prompt
    for (const auto& [key, value] : json->items()) {
        if (prompt.tags.size() >= prompts::kMaxLabels) return;
        prompt.tags.emplace_back(prompts::name(key), prompts::name(prompts::plainText(value)));
    }
}

Status PhoenixPrompts::addPrompts(PromptListing& listing, ById& byId)
{
    TR_ASSIGN(listing.promptCount, m_db.scalar("SELECT count(*) FROM prompts"));
    TR_ASSIGN(
        Statement row,
        m_db.prepare(formatText("SELECT p.id, p.name, {}, {} FROM prompts p ORDER BY p.name, p.id LIMIT {}",
                                sqltext::limited(column("prompts", "p", "description"), kMaxPromptBytes),
                                sqltext::limited(column("prompts", "p", "metadata"), kMaxPromptBytes), kMaxRegisteredPrompts)));
    std::vector<std::int64_t> ids;
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) break;
        PromptInfo prompt;
        prompt.name = prompts::name(row.textAt(1));
        prompt.description = prompts::note(row.textAt(2));
        addTags(prompt, row.textAt(3));
        ids.push_back(row.intAt(0));
        listing.prompts.push_back(std::move(prompt));
    }
    for (std::size_t i = 0; i < ids.size(); ++i) byId.emplace(ids[i], &listing.prompts[i]);
    return {};
}

Status PhoenixPrompts::addLabels(const ById& byId)
{
    if (!has("prompt_labels", {"id", "name"}) || !has("prompts_prompt_labels", {"prompt_label_id", "prompt_id"})) return {};
    TR_ASSIGN(Statement row, m_db.prepare("SELECT j.prompt_id, l.name FROM prompts_prompt_labels j JOIN prompt_labels l ON "
                                          "l.id = j.prompt_label_id ORDER BY l.name"));
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) return {};
        const auto at = byId.find(row.intAt(0));
        if (at != byId.end() && at->second->labels.size() < prompts::kMaxLabels)
            at->second->labels.push_back(prompts::name(row.textAt(1)));
    }
}

Status PhoenixPrompts::addVersions(const ById& byId)
{
    const bool users = has("users", {"id", "username"}) && has("prompt_versions", {"user_id"});
    const std::string user = users ? "(SELECT u.username FROM users u WHERE u.id = v.user_id)" : "NULL";
    const std::string mail = users && has("users", {"email"}) ? "(SELECT u.email FROM users u WHERE u.id = v.user_id)" : "NULL";
    const auto of = [&](std::string_view name) { return column("prompt_versions", "v", name); };
    TR_ASSIGN(Statement row,
              m_db.prepare(formatText("SELECT v.prompt_id, v.id, {}, {}, {}, {}, {}, {}, {} FROM prompt_versions v ORDER BY "
                                      "v.prompt_id, v.id DESC",
                                      sqltext::limited(of("description"), kMaxPromptBytes), user, mail, of("template_type"),
                                      of("model_provider"), of("model_name"), of("created_at"))));
    for (std::size_t listed = 0;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) break;
        const auto at = byId.find(row.intAt(0));
        if (at == byId.end()) continue;
        ++at->second->versionCount;
        if (at->second->versions.size() >= kMaxListedVersions || ++listed > kMaxVersionsInAll) continue;
        PromptVersionInfo version;
        version.number = row.intAt(1);
        version.note = prompts::note(row.textAt(2));
        version.author = prompts::name(row.textAt(3));
        if (!version.author.empty() && !row.textAt(4).empty()) version.author += " <" + prompts::name(row.textAt(4)) + ">";
        version.kind = row.textAt(5) == "STR" ? "text" : "chat";
        version.provider = asciiLower(prompts::name(row.textAt(6)));
        version.model = prompts::name(row.textAt(7));
        version.time = parseTime(row.textAt(8)).value_or(0);
        at->second->versions.push_back(std::move(version));
    }
    for (const auto& [id, prompt] : byId) std::ranges::reverse(prompt->versions);
    return {};
}

Status PhoenixPrompts::addVersionTags(const ById& byId)
{
    if (!has("prompt_version_tags", {"name", "prompt_id", "prompt_version_id"})) return {};
    TR_ASSIGN(Statement row,
              m_db.prepare("SELECT t.prompt_id, t.prompt_version_id, t.name FROM prompt_version_tags t ORDER BY t.name"));
    for (;;) {
        TR_ASSIGN(const bool more, row.step());
        if (!more) return {};
        const auto at = byId.find(row.intAt(0));
        if (at == byId.end()) continue;
        const auto version = std::ranges::find(at->second->versions, row.intAt(1), &PromptVersionInfo::number);
        if (version != at->second->versions.end() && version->labels.size() < prompts::kMaxLabels)
            version->labels.push_back(prompts::name(row.textAt(2)));
    }
}

Result<PromptListing> PhoenixPrompts::list()
{
    TR_ASSIGN(auto view, m_db.transaction(Database::Begin::Read));
    PromptListing listing;
    listing.registry = "Arize Phoenix";
    ById byId;
    TR_TRY(addPrompts(listing, byId));
    TR_TRY(addLabels(byId));
    TR_TRY(addVersions(byId));
    TR_TRY(addVersionTags(byId));
    return listing;
}

void fillTemplate(PromptContent& content, const Json& json)
{
    content.chat = stringAt(json, "type") == "chat" || memberAt(json, "messages").is_array();
    if (content.chat)
        content.messages = prompts::messagesOf(memberAt(json, "messages"));
    else
        content.text = json.is_string() ? json.get<std::string>() : stringAt(json, "template");
}

void fillTools(PromptContent& content, const Json& json)
{
    const Json& list = memberAt(json, "tools");
    if (!list.is_array()) {
        if (!json.is_null()) content.tools = json;
        return;
    }
    content.tools = list;
    for (const auto& [key, value] : json.items())
        if (key != "tools" && key != "type") content.settings[key] = value;
}

std::string formatOf(std::string_view format)
{
    if (format == "MUSTACHE") return "mustache";
    return format == "F_STRING" ? "f-string" : std::string();
}

Result<PromptContent> PhoenixPrompts::read(const std::string& name, std::int64_t number)
{
    TR_ASSIGN(auto view, m_db.transaction(Database::Begin::Read));
    const auto of = [&](std::string_view column_) { return column("prompt_versions", "v", column_); };
    const auto text = [&](std::string_view column_) { return sqltext::limited(of(column_), kMaxPromptBytes); };
    const auto length = [&](std::string_view column_) { return formatText("coalesce(octet_length({}), 0)", of(column_)); };
    TR_ASSIGN(Statement row,
              m_db.prepare(formatText(
                  "SELECT {}, {}, {}, {}, {}, {}, {}, max({}, {}, {}, {}) FROM prompt_versions v JOIN prompts p ON p.id = "
                  "v.prompt_id WHERE p.name = ? AND v.id = ?",
                  of("model_provider"), of("model_name"), of("template_format"), text("template"),
                  text("invocation_parameters"), text("tools"), text("response_format"), length("template"),
                  length("invocation_parameters"), length("tools"), length("response_format"))));
    row.bind(1, name);
    row.bind(2, number);
    TR_ASSIGN(const bool found, row.step());
    const std::string what = formatText("{}@{}", prompts::name(name), number);
    if (!found) return fail(ErrorCode::NotFound, what, "there is no such version of a prompt in the store");
    if (row.intAt(7) > static_cast<std::int64_t>(kMaxPromptBytes)) return prompts::tooLong(what, row.intAt(7));
    PromptContent content;
    content.provider = asciiLower(prompts::name(row.textAt(0)));
    content.model = prompts::name(row.textAt(1));
    content.format = formatOf(row.textAt(2));
    TR_ASSIGN(const Json text_, prompts::jsonOf(row.textAt(3), what));
    fillTemplate(content, text_);
    TR_ASSIGN(const Json parameters, prompts::jsonOf(row.textAt(4), what));
    // What the provider takes lies under the provider's name.
    const Json& inner = memberAt(parameters, stringAt(parameters, "type"));
    content.parameters = inner.is_object() && parameters.size() == 2 ? inner : parameters;
    TR_ASSIGN(const Json tools, prompts::jsonOf(row.textAt(5), what));
    fillTools(content, tools);
    TR_ASSIGN(content.responseFormat, prompts::jsonOf(row.textAt(6), what));
    return content;
}

} // namespace

Result<std::unique_ptr<PromptRegistry>> openPhoenixPrompts(DatabaseCandidate& candidate)
{
    TR_ASSIGN(const bool fits,
              hasTables(candidate, "a Phoenix database",
                        {{"prompts", {"id", "name"}}, {"prompt_versions", {"id", "prompt_id", "template", "template_type"}}}));
    if (!fits) return nullptr;
    return std::make_unique<PhoenixPrompts>(candidate);
}

} // namespace tackroom
