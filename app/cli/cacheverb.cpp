// SPDX-License-Identifier: GPL-3.0-or-later
/// cache
#include "app/cli/context.h"
#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/index/cachelimit.h"
#include "core/workspace/limits.h"

#include <algorithm>
#include <optional>

namespace tackroom::cli
{

namespace
{

namespace fs = std::filesystem;

std::string sizeOf(std::uint64_t bytes, std::int64_t limit)
{
    return limit > 0 ? formatText("{} of {}", sizeText(bytes), sizeText(static_cast<std::uint64_t>(limit)))
                     : sizeText(bytes) + ", without a limit";
}

/// The indexes of the store that a person names: by its path, also where it is no longer there, or by the index's folder.
std::vector<CachedIndex> named(const std::vector<CachedIndex>& indexes, const std::string& name)
{
    const auto canonical = canonicalStore(name);
    std::error_code error;
    const fs::path absolute = fs::absolute(name, error).lexically_normal();
    std::vector<CachedIndex> found;
    for (const CachedIndex& index : indexes) {
        const bool same = (canonical && index.store == canonical->string()) || (!error && index.store == absolute.string());
        if (same || index.folder.filename() == name) found.push_back(index);
    }
    return found;
}

Json jsonOf(const Eviction& done)
{
    Json removed = Json::array();
    for (const fs::path& folder : done.removed) removed.push_back(folder.string());
    return {{"removed", std::move(removed)},
            {"removedBytes", done.bytesBefore - done.bytesAfter},
            {"inUse", done.inUse},
            {"failed", done.failed}};
}

std::string textOf(const Eviction& done)
{
    std::string text =
        formatText("{} removed, {} freed.\n", counted(static_cast<std::int64_t>(done.removed.size()), "index", "indexes"),
                   sizeText(done.bytesBefore - done.bytesAfter));
    if (done.inUse > 0)
        text += formatText("{} in use stayed.\n", counted(static_cast<std::int64_t>(done.inUse), "index", "indexes"));
    if (done.failed > 0)
        text += formatText("{} could not be removed.\n", counted(static_cast<std::int64_t>(done.failed), "index", "indexes"));
    return text;
}

Result<Eviction> clear(const Context& context, const std::vector<CachedIndex>& indexes)
{
    const std::string store = context.arguments.position(1);
    if (store.empty()) return evictIndexes(context.places.cache, 0, {});
    const auto found = named(indexes, store);
    if (found.empty())
        return fail(ErrorCode::NotFound, store, "the cache has no index of this store", "tackroom-cli cache lists what it has");
    Eviction all;
    for (const CachedIndex& index : found) {
        TR_ASSIGN(const Eviction one, removeIndexOf(context.places.cache, index.folder));
        if (all.bytesBefore == 0) all.bytesBefore = one.bytesBefore;
        all.bytesAfter = one.bytesAfter;
        all.removed.insert(all.removed.end(), one.removed.begin(), one.removed.end());
        all.inUse += one.inUse;
        all.failed += one.failed;
    }
    return all;
}

} // namespace

Result<Answer> runCache(Context& context)
{
    const std::string what = context.arguments.position(0);
    if (!what.empty() && what != "clear")
        return fail(ErrorCode::Usage, what, "the cache can be listed or cleared", "tackroom-cli cache clear [STORE]");
    Limits limits = readLimits(context.places);
    std::string said;
    Json json = Json::object();
    TR_ASSIGN(auto indexes, cachedIndexes(context.places.cache));
    std::optional<Eviction> done;
    if (const std::string limit = context.arguments.text("limit"); !limit.empty()) {
        TR_ASSIGN(limits.cacheBytes, parseSize(limit));
        TR_TRY(writeLimits(context.places, limits));
        if (limits.cacheBytes > 0) {
            TR_ASSIGN(done, evictIndexes(context.places.cache, static_cast<std::uint64_t>(limits.cacheBytes), {}));
        }
    }
    if (what == "clear") {
        TR_ASSIGN(done, clear(context, indexes));
    }
    if (done) {
        json = jsonOf(*done);
        if (what == "clear" || !done->removed.empty() || done->inUse > 0) said = textOf(*done);
        TR_ASSIGN(indexes, cachedIndexes(context.places.cache));
    }
    std::uint64_t bytes = 0;
    Json list = Json::array();
    Table table({"Store", ">Runs", ">Size", "Last used"});
    for (const CachedIndex& index : indexes) {
        bytes += index.bytes;
        list.push_back({{"store", index.store},
                        {"title", index.title},
                        {"folder", index.folder.string()},
                        {"runs", index.runs},
                        {"bytes", index.bytes},
                        {"used", jsonTime(index.used)}});
        table.add({index.store.empty() ? "(not finished)" : safeLine(index.store),
                   formatCount(static_cast<std::uint64_t>(index.runs)), sizeText(index.bytes), when(index.used)});
    }
    json["limitBytes"] = limits.cacheBytes;
    json["bytes"] = bytes;
    json["indexes"] = std::move(list);
    said += formatText("{}: {}\n", counted(static_cast<std::int64_t>(indexes.size()), "index", "indexes"),
                       sizeOf(bytes, limits.cacheBytes));
    if (!table.empty()) said += "\n" + table.text();
    return answerOf(context, std::move(json), std::move(said));
}

} // namespace tackroom::cli
