// SPDX-License-Identifier: GPL-3.0-or-later
/// stores, index, runs
#include "app/cli/context.h"
#include "app/cli/output.h"
#include "app/cli/textmatches.h"
#include "core/base/bytes.h"
#include "core/base/format.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>

namespace tackroom::cli
{

namespace
{

Json jsonOf(const StoreInfo& store, const std::filesystem::path& path)
{
    return {
        {"path", path.string()}, {"kind", store.kind}, {"schema", store.schema}, {"title", store.title}, {"note", store.note}};
}

struct KnownStore {
    Json description; ///< store.json
    RunCounts counts;
};

/// The stores that have an index below the cache directory. What cannot be read is left out: it is a cache.
std::vector<KnownStore> knownStores(Context& context)
{
    std::vector<std::filesystem::path> folders;
    std::error_code error;
    for (std::filesystem::directory_iterator at(context.places.cache / "stores", error), end; !error && at != end;
         at.increment(error))
        folders.push_back(at->path());
    std::ranges::sort(folders);
    std::vector<KnownStore> out;
    for (const auto& folder : folders) {
        const auto bytes = readFile(folder / "store.json", 1 << 20, false);
        if (!bytes) continue;
        auto json = parseJson(*bytes, "store.json");
        auto queries = RunQueries::open(folder, context.cancel);
        if (!json || !queries) continue;
        if (auto counts = (*queries)->counts()) out.push_back({std::move(*json), *counts});
    }
    return out;
}

Result<Answer> recogniseAll(Context& context)
{
    Json stores = Json::array();
    Table table({"Store", "Format", "Schema", ">Size"});
    for (const auto& path : context.arguments.positions()) {
        TR_ASSIGN(const StoreInfo info, ReaderClient::recognise(path, {}, context.cancel));
        Json one = jsonOf(info, path);
        one["sizeBytes"] = info.sizeBytes;
        stores.push_back(std::move(one));
        table.add({safeLine(path), safeLine(info.title), safeLine(info.schema), sizeText(info.sizeBytes)});
    }
    return answerOf(context, {{"stores", std::move(stores)}}, table.text());
}

struct OrderName {
    std::string_view name;
    RunOrder order;
    bool descending; ///< what people expect first
};
constexpr std::array kOrders = {
    OrderName{"start", RunOrder::Start, true},      OrderName{"duration", RunOrder::Duration, true},
    OrderName{"steps", RunOrder::Steps, true},      OrderName{"errors", RunOrder::Errors, true},
    OrderName{"cost", RunOrder::Cost, true},        OrderName{"tokens", RunOrder::Tokens, true},
    OrderName{"outcome", RunOrder::Outcome, false}, OrderName{"version", RunOrder::Version, false},
    OrderName{"task", RunOrder::Task, false},       OrderName{"cluster", RunOrder::Cluster, false},
};

Result<OrderName> orderOf(const Arguments& arguments)
{
    const std::string name = arguments.text("sort", "start");
    const auto at = std::ranges::find(kOrders, std::string_view(name), &OrderName::name);
    if (at == kOrders.end())
        return fail(ErrorCode::Usage, "--sort", formatText("{} is not something that runs are sorted by", name),
                    "start, duration, steps, errors, cost, tokens, outcome, version, task or cluster");
    OrderName out = *at;
    if (arguments.has("reverse")) out.descending = !out.descending;
    return out;
}

Result<RunFilter> queryOf(const Arguments& arguments)
{
    if (arguments.has("query") && arguments.has("filter"))
        return fail(ErrorCode::Usage, "--filter", "it is the same as --query", "give one of them");
    RunFilter filter = parseRunFilter(arguments.text("query", arguments.text("filter")));
    if (filter.notUnderstood.empty()) return filter;
    const QueryProblem& problem = filter.notUnderstood.front();
    std::string hint;
    if (problem.why == QueryProblem::Why::Value) {
        const std::string_view typed = std::string_view(problem.typed).substr(problem.typed.starts_with('-') ? 1 : 0);
        for (const std::string_view word : wordsOf(asciiLower(typed.substr(0, typed.find(':')))))
            hint += (hint.empty() ? "" : ", ") + std::string(word);
    }
    if (hint.empty()) {
        hint = "words, or";
        for (const QueryField& field : queryFields()) hint += " " + std::string(field.name) + ":";
    }
    return fail(ErrorCode::Usage, "--query",
                formatText("this part is not understood: {}: {}", problem.typed, explanationOf(problem.why)), std::move(hint));
}

Json jsonOfRun(const RunListItem& item)
{
    const Run& run = item.run;
    return {{"id", run.nativeId},
            {"key", run.key.value},
            {"outcome", nameOf(item.outcome)},
            {"outcomeSource", nameOf(item.outcomeSource)},
            {"outcomeReason", item.outcomeReason},
            {"cluster", item.cluster.value},
            {"clusterLabel", item.clusterLabel},
            {"version", run.harnessVersion},
            {"versionLabel", item.versionLabel},
            {"session", run.sessionId},
            {"user", run.userId},
            {"agent", run.agentName},
            {"start", jsonTime(run.start)},
            {"durationNs", run.end > run.start ? run.end - run.start : 0},
            {"steps", run.stepCount},
            {"errors", run.errorCount},
            {"promptTokens", run.promptTokens},
            {"completionTokens", run.completionTokens},
            {"costUsd", run.costUsd ? Json(*run.costUsd) : Json()},
            {"task", run.task}};
}

/// With `matches` a column of what fits stands in place of the task.
std::string tableOf(const std::vector<RunListItem>& items, const TextMatches* matches)
{
    Table table({"Run", "Outcome", "Version", ">Steps", ">Errors", ">Duration", "When", "Cluster", matches ? "Match" : "Task"});
    for (const RunListItem& item : items) {
        const Run& run = item.run;
        table.add({shortId(run.nativeId, 16), std::string(nameOf(item.outcome)), safeLine(item.versionLabel, 16),
                   formatCount(static_cast<std::uint64_t>(run.stepCount)),
                   formatCount(static_cast<std::uint64_t>(run.errorCount)),
                   run.end > run.start ? formatDuration(run.end - run.start) : "-", when(run.start),
                   safeLine(item.clusterLabel, 40), matches ? matches->lineOf(item) : safeLine(run.task, 60)});
    }
    return table.text();
}

} // namespace

Result<Answer> runStores(Context& context)
{
    if (!context.arguments.positions().empty()) return recogniseAll(context);
    Json stores = Json::array(), formats = Json::array();
    Table table({"Store", "Format", ">Runs", ">Failures"});
    for (const KnownStore& known : knownStores(context)) {
        const std::string path = stringAt(known.description, "path");
        stores.push_back({{"path", path},
                          {"kind", stringAt(known.description, "kind")},
                          {"schema", stringAt(known.description, "schema")},
                          {"runs", known.counts.runs},
                          {"failures", known.counts.failures}});
        table.add({safeLine(path), safeLine(stringAt(known.description, "kind")),
                   formatCount(static_cast<std::uint64_t>(known.counts.runs)),
                   formatCount(static_cast<std::uint64_t>(known.counts.failures))});
    }
    std::string text = table.empty() ? "No store has been indexed yet.\n" : table.text();
    text += "\nFormats that are read:\n";
    for (const FormatInfo& format : knownFormats()) {
        formats.push_back({{"kind", format.kind}, {"title", format.title}});
        text += formatText("  {:<16}{}\n", format.kind, format.title);
    }
    return answerOf(context, {{"stores", std::move(stores)}, {"formats", std::move(formats)}}, std::move(text));
}

Result<Answer> runIndex(Context& context)
{
    TR_ASSIGN(const IndexReport report, indexed(context));
    TR_ASSIGN(const auto queries, RunQueries::open(report.folder, context.cancel));
    TR_ASSIGN(const RunCounts counts, queries->counts());
    constexpr std::size_t kShownSkipped = 20;
    TR_ASSIGN(const auto skipped, queries->skipped(kShownSkipped));

    Json json = {{"store", jsonOf(report.store, report.path)},
                 {"runs", counts.runs},
                 {"steps", counts.steps},
                 {"failures", counts.failures},
                 {"successes", counts.successes},
                 {"unknown", counts.unknown},
                 {"scores", counts.scores},
                 {"decisions", counts.decisions},
                 {"unreadable", counts.unreadable},
                 {"newRuns", report.newRuns},
                 {"seconds", report.seconds},
                 {"peakRssBytes", report.peakRssBytes},
                 {"skipped", Json::array()}};
    for (const auto& one : skipped) json["skipped"].push_back({{"where", one.where}, {"why", one.why}});

    std::string text = formatText("{}: {}{}{}\n", safeLine(report.path.string()), safeLine(report.store.title),
                                  report.store.schema.empty() ? "" : ", ", safeLine(report.store.schema));
    if (!report.store.note.empty()) text += "  " + safeLine(report.store.note) + "\n";
    text += formatText("  {}, {}, {}, {}\n", counted(counts.runs, "run"), counted(counts.steps, "step"),
                       counted(counts.scores, "score"), counted(counts.decisions, "human decision"));
    text += formatText("  failures: {}\n", shareOf(counts.failures, counts.runs, "runs"));
    if (counts.unknown > 0)
        text += formatText("  outcome not known: {} of {}\n", formatCount(static_cast<std::uint64_t>(counts.unknown)),
                           counted(counts.runs, "run"));
    if (counts.unreadable > 0) text += formatText("  could not be read: {}\n", counted(counts.unreadable, "thing"));
    for (const auto& one : skipped) text += formatText("    {}: {}\n", safeLine(one.where), safeLine(one.why));
    text += report.newRuns > 0 ? formatText("  {} read in {:.1f} s\n", counted(report.newRuns, "new run"), report.seconds)
                               : std::string("  nothing new since the last time\n");
    return answerOf(context, std::move(json), std::move(text));
}

Result<Answer> runRuns(Context& context)
{
    TR_ASSIGN(const OrderName order, orderOf(context.arguments));
    TR_ASSIGN(const std::uint64_t limit, context.arguments.number("limit", 50, 1, 1'000'000));
    TR_ASSIGN(RunFilter filter, queryOf(context.arguments));
    const bool everywhere = context.arguments.has("everywhere");
    if (everywhere && textWordsOf(filter).empty())
        return fail(ErrorCode::Usage, "--everywhere", "there is no word in the query to look for", "add one: --query refund");
    TR_ASSIGN(const IndexReport report, indexed(context));
    TR_ASSIGN(const auto matches, TextMatches::find(context, report, filter, everywhere));
    if (matches) filter = matches->filter();
    TR_ASSIGN(const auto queries, RunQueries::open(report.folder, context.cancel));
    TR_ASSIGN(const RunCounts counts, queries->counts());
    TR_ASSIGN(std::vector<RunRow> rows, queries->rows(filter, order.order, order.descending));
    const std::size_t matching = rows.size();
    rows.resize(std::min<std::size_t>(rows.size(), limit));
    TR_ASSIGN(const std::vector<RunListItem> items, queries->items(rows));

    Json list = Json::array();
    for (const RunListItem& item : items) {
        list.push_back(jsonOfRun(item));
        if (matches) list.back()["matches"] = matches->jsonOf(item);
    }
    Json json = {{"runs", std::move(list)}, {"matching", matching}, {"total", counts.runs}};
    if (matches) json["searched"] = matches->searchedJson();
    std::string text = items.empty() ? std::string() : tableOf(items, matches.get()) + "\n";
    text += formatText("{} shown of {} that match, {} in the store\n", formatCount(items.size()), formatCount(matching),
                       counted(counts.runs, "run"));
    if (matches) text += matches->searchedText(counts.runs);
    return answerOf(context, std::move(json), std::move(text));
}

} // namespace tackroom::cli
