// SPDX-License-Identifier: GPL-3.0-or-later
/// clusters --texts, templates, attribute
#include "app/cli/textverbs.h"

#include "app/cli/output.h"
#include "core/base/bytes.h"
#include "core/base/format.h"
#include "core/base/text.h"
#include "core/text/agreement.h"
#include "core/text/decisivestep.h"
#include "core/text/templates.h"
#include "core/text/texts.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <numeric>
#include <thread>
#include <unordered_map>

namespace tackroom::cli
{

namespace
{

constexpr std::size_t kMaxTextFileBytes = std::size_t{1} << 30;
constexpr std::size_t kShownGroups = 50;

/// What ends at the end of the file is a line only where something stands on it.
std::vector<std::string_view> linesOf(std::string_view file)
{
    std::vector<std::string_view> lines;
    while (!file.empty()) {
        const auto end = std::min(file.find('\n'), file.size());
        lines.push_back(file.substr(0, end));
        if (lines.back().ends_with('\r')) lines.back().remove_suffix(1);
        file.remove_prefix(std::min(end + 1, file.size()));
    }
    return lines;
}

struct LabelledLines {
    std::vector<std::string_view> texts, labels; ///< no labels where a line has no tab
};

LabelledLines labelledLines(std::string_view file)
{
    LabelledLines out{linesOf(file), {}};
    if (!std::ranges::all_of(out.texts, [](std::string_view line) { return line.contains('\t'); })) return out;
    for (std::string_view& line : out.texts) {
        const auto parts = splitOn(line, '\t');
        out.labels.push_back(trimmed(parts[1]));
        line = parts[0];
    }
    return out;
}

/// Lines whose label is empty are not measured.
void addAgreement(const LabelledLines& lines, const TextGrouping& grouping, Json& json, std::string& text)
{
    std::vector<std::uint32_t> groups, labels;
    std::unordered_map<std::string_view, std::uint32_t> numbers;
    for (std::size_t i = 0; i < lines.labels.size(); ++i) {
        if (lines.labels[i].empty()) continue;
        groups.push_back(grouping.assignment[i]);
        labels.push_back(numbers.try_emplace(lines.labels[i], static_cast<std::uint32_t>(numbers.size())).first->second);
    }
    if (groups.empty()) return;
    const Agreement agreement = agreementOf(groups, labels);
    json["labels"] = numbers.size();
    json["labelled"] = groups.size();
    json["ari"] = agreement.adjustedRand;
    json["v"] = agreement.vMeasure;
    json["homogeneity"] = agreement.homogeneity;
    json["completeness"] = agreement.completeness;
    text += formatText(
        "against {} of {}: adjusted Rand index {:.3f}, V-measure {:.3f} (homogeneity {:.3f}, completeness {:.3f})\n",
        counted(static_cast<std::int64_t>(numbers.size()), "label"), counted(static_cast<std::int64_t>(groups.size()), "line"),
        agreement.adjustedRand, agreement.vMeasure, agreement.homogeneity, agreement.completeness);
}

/// The largest groups, each with its first text.
std::string groupTable(const LabelledLines& lines, const TextGrouping& grouping)
{
    struct Group {
        std::int64_t texts = 0;
        std::uint32_t number = 0;
        std::string_view first;
    };
    std::vector<Group> groups(grouping.groups);
    for (std::size_t i = lines.texts.size(); i-- > 0;) {
        Group& group = groups[grouping.assignment[i]];
        group = {group.texts + 1, grouping.assignment[i], lines.texts[i]};
    }
    std::ranges::stable_sort(groups, std::ranges::greater{}, &Group::texts);
    Table table({">group", ">texts", "first text"});
    for (std::size_t i = 0; i < std::min(groups.size(), kShownGroups); ++i)
        table.add({std::to_string(groups[i].number), std::to_string(groups[i].texts), safeLine(groups[i].first, 100)});
    return table.text();
}

constexpr std::size_t kMaxConversationBytes = std::size_t{256} << 20;

/// By number where the names are numbers: 2 before 10.
bool earlierFile(const std::filesystem::path& a, const std::filesystem::path& b)
{
    const std::string x = a.stem().string(), y = b.stem().string();
    std::uint64_t m = 0, n = 0;
    const auto whole = [](const std::string& text, std::uint64_t& to) {
        const auto end = text.data() + text.size();
        return std::from_chars(text.data(), end, to).ptr == end && !text.empty();
    };
    const bool numbers = whole(x, m) && whole(y, n);
    return numbers && m != n ? m < n : x < y;
}

Result<std::vector<std::filesystem::path>> conversationFiles(const std::filesystem::path& path)
{
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) return std::vector{path};
    std::vector<std::filesystem::path> files;
    for (std::filesystem::directory_iterator at(path, error), end; !error && at != end; at.increment(error))
        if (at->path().extension() == ".json") files.push_back(at->path());
    if (error) return fail(ErrorCode::NotReadable, path.string(), error.message());
    if (files.empty()) return fail(ErrorCode::Empty, path.string(), "there is no .json file in it");
    std::ranges::sort(files, earlierFile);
    return files;
}

Result<std::vector<AgentMessage>> conversationIn(const std::filesystem::path& path)
{
    TR_ASSIGN(const std::string file, readFile(path, kMaxConversationBytes));
    TR_ASSIGN(const Json json, parseJson(file, path.string()));
    const Json& history = memberAt(json, "history");
    if (!history.is_array() || history.empty())
        return fail(ErrorCode::UnknownFormat, path.string(), "it has no history of messages");
    std::vector<AgentMessage> messages;
    for (const Json& message : history) {
        const std::string name = stringAt(message, "name");
        messages.push_back({name.empty() ? stringAt(message, "role") : name, stringAt(message, "content")});
    }
    return messages;
}

} // namespace

Result<Answer> groupLines(Context& context)
{
    if (!context.arguments.positions().empty())
        return fail(ErrorCode::Usage, "clusters", "either STORE or --texts FILE, not both");
    const std::uint64_t cores = std::max(1U, std::thread::hardware_concurrency());
    TR_ASSIGN(const std::uint64_t threads, context.arguments.number("threads", cores, 1, 64));
    TR_ASSIGN(const std::string file, readFile(context.arguments.text("texts"), kMaxTextFileBytes));
    const LabelledLines lines = labelledLines(file);
    TR_ASSIGN(const TextGrouping grouping,
              groupTexts(lines.texts, static_cast<unsigned>(threads), context.cancel, context.progress));
    Json json = {{"assignment", grouping.assignment},
                 {"k", grouping.groups},
                 {"texts", lines.texts.size()},
                 {"distinct", grouping.distinct}};
    std::string text = formatText("{} in {}\n", counted(static_cast<std::int64_t>(lines.texts.size()), "text"),
                                  counted(grouping.groups, "group"));
    addAgreement(lines, grouping, json, text);
    text += groupTable(lines, grouping);
    return answerOf(context, std::move(json), std::move(text));
}

Result<Answer> runTemplates(Context& context)
{
    TR_ASSIGN(const std::string file, readFile(context.arguments.position(0), kMaxTextFileBytes));
    const std::vector<std::string_view> lines = linesOf(file);
    LogTemplates templates;
    TR_ASSIGN(const std::vector<std::uint32_t> groups, templates.learn(lines, context.cancel, context.progress));
    Json json = {{"groups", groups}, {"templates", Json::array()}, {"lines", lines.size()}};
    std::vector<std::int64_t> counts(templates.size());
    for (const std::uint32_t group : groups) ++counts[group];
    for (std::uint32_t id = 0; id < templates.size(); ++id) json["templates"].push_back(templates.text(id));
    std::string text = formatText("{} of {}\n", counted(static_cast<std::int64_t>(lines.size()), "line"),
                                  counted(static_cast<std::int64_t>(templates.size()), "kind"));
    std::vector<std::uint32_t> order(templates.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::uint32_t id) { return counts[id]; });
    Table table({">template", ">lines", "text"});
    for (const std::uint32_t id : order)
        table.add({std::to_string(id), std::to_string(counts[id]), safeLine(templates.text(id), 200)});
    text += table.text();
    return answerOf(context, std::move(json), std::move(text));
}

Result<Answer> runAttribute(Context& context)
{
    TR_ASSIGN(const auto files, conversationFiles(context.arguments.position(0)));
    Json json = Json::array();
    Table table({"run", "agent", ">step", ">sure"});
    for (const std::filesystem::path& path : files) {
        if (context.cancel.cancelled()) return CancelToken::error();
        auto messages = conversationIn(path);
        if (!messages && files.size() == 1) return std::unexpected(messages.error());
        if (!messages) {
            context.notices.push_back(oneLine(messages.error()));
            continue;
        }
        const DecisiveStep step = decisiveStepOf(*messages);
        const std::string run = path.stem().string();
        json.push_back({{"run", run},
                        {"agent", step.agent},
                        {"step", step.step},
                        {"agentShare", step.agentShare},
                        {"stepShare", step.stepShare}});
        table.add({safeLine(run, 60), safeLine(step.agent, 60), std::to_string(step.step), percent(step.stepShare)});
    }
    if (json.empty()) return fail(ErrorCode::UnknownFormat, context.arguments.position(0), "no file has a history of messages");
    const std::string text = counted(static_cast<std::int64_t>(json.size()), "conversation") + "\n" + table.text();
    return answerOf(context, std::move(json), text);
}

} // namespace tackroom::cli
