// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/workspace/workspace.h"

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/platform/atomicfile.h"
#include "core/platform/directories.h"
#include "core/workspace/clusteredits.h"
#include "core/workspace/judgements.h"
#include "core/workspace/limits.h"
#include "core/workspace/versionsettings.h"

#include <algorithm>

namespace tackroom {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxRecents = 20;

fs::path recentsFile(const Places& places) { return places.config / "recent.json"; }

Json toJson(const Recent& recent)
{
    return Json{{"kind", recent.kind == Recent::Kind::Store ? "store" : "repository"},
                {"path", recent.path.string()},
                {"title", recent.title},
                {"runs", recent.runs},
                {"failures", recent.failures},
                {"clusters", recent.clusters},
                {"proposals", recent.proposals},
                {"versions", recent.versions},
                {"lastOpened", recent.lastOpened},
                {"linked", recent.linked.string()}};
}

Recent fromJson(const Json& json)
{
    Recent recent;
    recent.kind = stringAt(json, "kind") == "repository" ? Recent::Kind::Repository : Recent::Kind::Store;
    recent.path = stringAt(json, "path");
    recent.title = stringAt(json, "title");
    recent.runs = intAt(json, "runs");
    recent.failures = intAt(json, "failures");
    recent.clusters = intAt(json, "clusters");
    recent.proposals = intAt(json, "proposals");
    recent.versions = intAt(json, "versions");
    recent.lastOpened = intAt(json, "lastOpened");
    recent.linked = stringAt(json, "linked");
    return recent;
}

Status writeRecents(const Places& places, const std::vector<Recent>& recents)
{
    TR_TRY(makePrivateDirectory(places.config));
    Json list = Json::array();
    for (const Recent& recent : recents) list.push_back(toJson(recent));
    return writeFileAtomically(recentsFile(places), dumpJson(Json{{"recents", std::move(list)}}, 1));
}

} // namespace

Places defaultPlaces()
{
    const Directories directories = defaultDirectories();
    return {directories.cache, directories.data, directories.config};
}

Result<IndexReport> openStoreIndex(const fs::path& store, const Places& places, const ReaderClient::Options& options, const CancelToken& cancel,
                                   const Progress& progress, const std::function<void(const IndexReport&)>& opened)
{
    const ReaderClient::Options limited = withLimits(options, readLimits(places));
    TR_ASSIGN(IndexReport report, ReaderClient::index(store, places.cache, limited, cancel, progress, opened));
    TR_ASSIGN(const bool mended, mendVersionRule(places, report.folder));
    if (mended) { // the index was made without the rule of this store: its runs are resolved again, mostly without reading them
        const double seconds = report.seconds;
        TR_ASSIGN(report, ReaderClient::index(store, places.cache, limited, cancel, progress));
        report.seconds += seconds;
    }
    TR_ASSIGN(const OutcomeRules rules, outcomeRulesOf(places, report.folder));
    TR_ASSIGN(const ClusterLedger ledger, readClusterLedger(places, report.folder));
    TR_ASSIGN(const AnalysisReport analysis, analyse(report.folder, cancel, progress, rules, ledger));
    report.seconds += analysis.seconds;
    return report;
}

std::vector<Recent> readRecents(const Places& places)
{
    std::vector<Recent> recents;
    const auto bytes = readFile(recentsFile(places), 1U << 20);
    if (!bytes) return recents; // none so far: the list is a convenience, never a failure
    const auto json = parseJson(*bytes, recentsFile(places).string());
    if (!json) return recents;
    for (const Json& entry : memberAt(*json, "recents"))
        if (entry.is_object() && !stringAt(entry, "path").empty()) recents.push_back(fromJson(entry));
    std::ranges::stable_sort(recents, std::greater<>{}, &Recent::lastOpened);
    if (recents.size() > kMaxRecents) recents.resize(kMaxRecents);
    return recents;
}

Status rememberRecent(const Places& places, Recent recent)
{
    std::vector<Recent> recents = readRecents(places);
    const auto same = std::ranges::find(recents, recent.path, &Recent::path);
    if (same != recents.end()) {
        if (recent.linked.empty()) recent.linked = same->linked;
        recents.erase(same);
    }
    recents.insert(recents.begin(), std::move(recent));
    if (recents.size() > kMaxRecents) recents.resize(kMaxRecents);
    return writeRecents(places, recents);
}

Status forgetRecent(const Places& places, const fs::path& path)
{
    std::vector<Recent> recents = readRecents(places);
    std::erase_if(recents, [&](const Recent& recent) { return recent.path == path; });
    return writeRecents(places, recents);
}

fs::path samplePlace(const Places& places) { return places.data / "sample"; }

} // namespace tackroom
