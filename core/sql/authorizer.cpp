// SPDX-License-Identifier: GPL-3.0-or-later
// What a statement on a foreign store may do: SELECT from real tables. SQLite asks while it prepares a statement.
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/sql/connection.h"

#include <algorithm>
#include <array>

namespace tackroom::sql
{

namespace
{

bool isAmong(std::string_view name, std::span<const std::string_view> names)
{
    return std::ranges::find(names, name) != names.end();
}

/// Functions that reach out of the database. Most are not compiled in; none is ever needed.
constexpr std::array<std::string_view, 5> kForbiddenFunctions{"load_extension", "fts3_tokenizer", "readfile", "writefile",
                                                              "edit"};
/// PRAGMAs that only tell, with or without the name of a table.
constexpr std::array<std::string_view, 12> kTellingPragmas{"index_list",   "index_info",   "table_list",     "table_info",
                                                           "table_xinfo",  "data_version", "schema_version", "application_id",
                                                           "user_version", "page_count",   "page_size",      "encoding"};
/// Of these an argument would be written.
constexpr std::array<std::string_view, 4> kNoArgument{"schema_version", "application_id", "user_version", "encoding"};

int deny(Impl& impl, std::string sentence)
{
    impl.denied = std::move(sentence);
    return SQLITE_DENY;
}

int onAuthorize(void* context, int action, const char* first, const char* second, const char*, const char*)
{
    Impl& impl = *static_cast<Impl*>(context);
    const std::string_view name = first ? first : "";
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
        return SQLITE_OK;
    case SQLITE_READ:
        // Views are off for the connection as a whole (SQLITE_DBCONFIG_ENABLE_VIEW).
        // SQLite makes the tables of its PRAGMAs (pragma_table_info …) even when its modules are gone.
        if (asciiLower(name).starts_with("pragma_"))
            return deny(impl, formatText("`{}` is a virtual table, and only real tables are read from a store", name));
        return SQLITE_OK;
    case SQLITE_FUNCTION: {
        const std::string function = asciiLower(second ? second : "");
        if (isAmong(function, kForbiddenFunctions))
            return deny(impl, formatText("the function {} is not allowed on a store", function));
        return SQLITE_OK;
    }
    case SQLITE_PRAGMA: {
        const std::string pragma = asciiLower(name);
        const bool writes = second && isAmong(pragma, kNoArgument);
        if (isAmong(pragma, kTellingPragmas) && !writes) return SQLITE_OK;
        return deny(impl, formatText("PRAGMA {} is not allowed on a store", pragma));
    }
    default:
        return deny(impl, "only reading is allowed on a store");
    }
}

} // namespace

Status restrictToReading(Impl& impl)
{
    // Without modules there is no virtual table, whatever the schema says.
    const int rc = sqlite3_drop_modules(impl.db, nullptr);
    if (rc != SQLITE_OK) return std::unexpected(errorOf(impl, rc, "cannot restrict the database"));
    sqlite3_set_authorizer(impl.db, onAuthorize, &impl);
    return {};
}

} // namespace tackroom::sql
