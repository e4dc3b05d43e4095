// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/promptregistry.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/filelist.h"
#include "core/readers/inputfile.h"
#include "core/readers/promptregistries.h"

#include <array>

namespace tackroom
{

namespace
{

constexpr std::string_view kDatabaseMagic{"SQLite format 3\0", 16};

Result<bool> isDatabase(const std::filesystem::path& store)
{
    std::error_code ignored;
    if (isGlob(store) || std::filesystem::is_directory(store, ignored)) return false;
    TR_ASSIGN(InputFile file, InputFile::open(store));
    TR_ASSIGN(const std::string beginning, file.read(0, kDatabaseMagic.size()));
    return beginning == kDatabaseMagic;
}

} // namespace

Result<std::unique_ptr<PromptRegistry>> openPromptRegistry(const std::filesystem::path& store, const CancelToken& cancel)
{
    TR_ASSIGN(const bool database, isDatabase(store));
    if (!database) return nullptr;
    TR_ASSIGN(Database db, openForeign(store, cancel));
    TR_ASSIGN(auto found, tables(db));
    DatabaseCandidate candidate{.db = std::move(db), .tables = std::move(found), .path = store, .cancel = cancel};
    for (const auto open : {&openPhoenixPrompts, &openMlflowPrompts}) {
        TR_ASSIGN(auto registry, open(candidate));
        if (registry) return registry;
    }
    return nullptr;
}

namespace prompts
{

std::string note(std::string_view text) { return std::string(cutUtf8(toUtf8(text.substr(0, kMaxNoteBytes)), kMaxNoteBytes)); }

std::string name(std::string_view text) { return std::string(cutUtf8(toUtf8(text.substr(0, kMaxNameBytes)), kMaxNameBytes)); }

Result<Json> jsonOf(std::string_view text, const std::string& what)
{
    if (trimmed(text).empty()) return Json();
    return parseJson(toUtf8(text), what);
}

std::string plainText(const Json& value) { return value.is_string() ? value.get<std::string>() : dumpJson(value); }

/// The text of parts that are nothing but texts.
static std::optional<std::string> onlyText(const Json& parts)
{
    std::string text;
    for (const Json& part : parts) {
        const Json& words = memberAt(part, "text");
        if (stringAt(part, "type", "text") != "text" || !words.is_string() || part.size() > 2) return std::nullopt;
        if (!text.empty()) return std::nullopt; // two parts are not one text
        text = words.get<std::string>();
    }
    return parts.empty() ? std::nullopt : std::optional(text);
}

std::vector<PromptContent::Message> messagesOf(const Json& list)
{
    std::vector<PromptContent::Message> out;
    if (!list.is_array()) return out;
    for (const Json& each : list) {
        PromptContent::Message message;
        message.role = stringAt(each, "role");
        const Json& content = memberAt(each, "content");
        if (content.is_string()) {
            message.text = content.get<std::string>();
        } else if (const auto text = content.is_array() ? onlyText(content) : std::nullopt) {
            message.text = *text;
        } else if (!content.is_null()) {
            message.parts = content;
        }
        // What more there is (tool_calls, name) belongs to the message.
        if (each.is_object() && each.size() > 2) message.parts = each;
        out.push_back(std::move(message));
    }
    return out;
}

std::unexpected<Error> tooLong(const std::string& what, std::int64_t bytes)
{
    return fail(ErrorCode::Refused, what, formatText("it has {} bytes; at most {} are read", bytes, kMaxPromptBytes));
}

} // namespace prompts

} // namespace tackroom
