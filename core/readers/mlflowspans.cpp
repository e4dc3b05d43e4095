// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/mlflowspans.h"

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/readers/conversation.h"
#include "core/readers/hexids.h"

#include <algorithm>
#include <array>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

constexpr std::size_t kMaxMlflowEvents = 10'000;

StepStatus statusOfCode(std::string_view code)
{
    if (code.ends_with("OK")) return StepStatus::Ok;
    if (code.ends_with("ERROR")) return StepStatus::Error;
    return StepStatus::Unset;
}

std::string firstTextAt(Value value, std::initializer_list<std::string_view> keys)
{
    for (const auto key : keys)
        if (std::string text = textOf(member(value, key)); !text.empty()) return text;
    return {};
}

UtcNs nanosecondsAt(Value value, std::initializer_list<std::string_view> keys)
{
    for (const auto key : keys) {
        const auto found = member(value, key);
        if (!found) continue;
        if (const std::int64_t number = integerOf(found); number > 0) return number;
        if (const auto text = stringOf(found)) {
            std::int64_t number = 0;
            for (const char c : *text) {
                if (c < '0' || c > '9' || number > 900'000'000'000'000'000) return 0;
                number = number * 10 + (c - '0');
            }
            return number;
        }
    }
    return 0;
}

/// Attributes whose values are JSON in texts (all of MLflow's own), or plain.
void addAttributes(SpanAttributes& attributes, std::optional<Value> from)
{
    simdjson::dom::object members;
    if (!from || from->get(members) != simdjson::SUCCESS) return;
    for (const auto field : members) {
        if (const auto text = stringOf(field.value))
            attributes.addEncoded(field.key, *text);
        else
            attributes.add(field.key, field.value);
    }
}

void addEvents(Span& span, std::optional<Value> events)
{
    if (!isArray(events)) return;
    for (const Value each : simdjson::dom::array(*events)) {
        if (span.events.size() >= kMaxMlflowEvents) return;
        SpanEvent event;
        event.name = cut(textOf(member(each, "name")), 512);
        event.time = nanosecondsAt(each, {"time_unix_nano", "timestamp"});
        addAttributes(event.attributes, member(each, "attributes"));
        span.events.push_back(std::move(event));
    }
}

std::string percentDecoded(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && isHex(text.substr(i + 1, 2))) {
            out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        } else
            out += text[i];
    }
    return out;
}

bool isBelow(const std::filesystem::path& path, const std::filesystem::path& folder)
{
    const auto [end, _] = std::ranges::mismatch(folder, path);
    return end == std::ranges::end(folder);
}

/// Turns the first user and the last assistant message into the texts of the step and of its run.
void takeMessages(NormalisedSpan& span, std::vector<Message> messages, bool isInput, bool wantBodies)
{
    if (messages.empty()) return;
    const auto role = isInput ? "user" : "assistant";
    const auto said = std::ranges::find(messages.rbegin(), messages.rend(), role, &Message::role);
    if (said != messages.rend()) {
        (isInput ? span.userText : span.answerText) = cut(said->content, kStepTextBytes);
        if (!isInput) span.hasOutput = true;
    }
    (isInput ? span.step.inputText : span.step.outputText) = cut(messages.back().content, kStepTextBytes);
    if (!wantBodies) return;
    (isInput ? span.inputText : span.outputText).clear();
    (isInput ? span.input : span.output) = std::move(messages);
}

} // namespace

std::string mlflowSpanId(std::string_view id)
{
    if (id.starts_with("0x") && isHex(id.substr(2))) return asciiLower(id.substr(2));
    if (id.empty() || isHex(id) || id.size() > 64) return cut(id, 512);
    const std::string hex = hexOfBase64(id);
    return hex.size() == 16 || hex.size() == 32 ? hex : cut(id, 512);
}

void readMlflowSpan(Value dictionary, Span& span)
{
    const auto context = member(dictionary, "context"); // version 2
    const Value ids = isObject(context) ? *context : dictionary;
    if (span.spanId.empty()) span.spanId = mlflowSpanId(textOf(member(ids, "span_id")));
    if (span.parentId.empty()) span.parentId = mlflowSpanId(firstTextAt(dictionary, {"parent_span_id", "parent_id"}));
    if (span.name.empty()) span.name = cut(textOf(member(dictionary, "name")), 512);
    if (span.start == 0) span.start = nanosecondsAt(dictionary, {"start_time_unix_nano", "start_time"});
    if (span.end == 0) span.end = nanosecondsAt(dictionary, {"end_time_unix_nano", "end_time"});
    const auto status = member(dictionary, "status");
    if (isObject(status)) {
        if (span.status == StepStatus::Unset) span.status = statusOfCode(textOf(member(*status, "code")));
        span.statusText = textOf(member(*status, "message"));
    } else {
        if (span.status == StepStatus::Unset) span.status = statusOfCode(textOf(member(dictionary, "status_code")));
        span.statusText = textOf(member(dictionary, "status_message"));
    }
    addAttributes(span.attributes, member(dictionary, "attributes"));
    addEvents(span, member(dictionary, "events"));
}

NormalisedSpan normaliseMlflowSpan(const Span& span, bool wantBodies)
{
    NormalisedSpan out = normaliseSpan(span, wantBodies);
    if (out.step.model.empty()) out.step.model = cut(span.attributes.text("mlflow.llm.model"), 512);
    thread_local Parser parser;
    if (!out.costUsd)
        if (const auto cost = parser.parse(span.attributes.text("mlflow.llm.cost")))
            out.costUsd = numberOf(member(*cost, "total_cost"));
    if (out.step.kind != StepKind::Llm || !out.input.empty()) return out;
    const std::size_t most = wantBodies ? kWholeText : kToolTextBytes;
    takeMessages(out, messagesOfText(span.attributes.text("mlflow.spanInputs"), most), true, wantBodies);
    if (out.output.empty())
        takeMessages(out, messagesOfText(span.attributes.text("mlflow.spanOutputs"), most), false, wantBodies);
    return out;
}

std::expected<std::filesystem::path, std::string> mlflowTraceFile(const std::filesystem::path& folder,
                                                                  std::string_view location)
{
    namespace fs = std::filesystem;
    const std::string shown = cut(location, 300);
    if (location.empty()) return std::unexpected("it does not say where its spans lie");
    std::string_view path = location;
    if (const auto scheme = location.find("://");
        scheme != std::string_view::npos && !location.starts_with("file://") && !location.starts_with("mlflow-artifacts://"))
        return std::unexpected(formatText("its spans lie at {}, which is no folder here", shown));
    for (const std::string_view scheme : {"file:", "mlflow-artifacts:"})
        if (path.starts_with(scheme)) path.remove_prefix(scheme.size());
    if (path.starts_with("//")) { // a host, or none
        path.remove_prefix(2);
        path.remove_prefix(std::min(path.find('/'), path.size()));
    }
    const fs::path told = percentDecoded(path);
    std::vector<fs::path> candidates;
    if (!location.starts_with("mlflow-artifacts:")) candidates.push_back(told.is_absolute() ? told : folder / told);
    // By its end, "<experiment>/traces/<trace>/artifacts", for a store that was moved here as a whole.
    std::vector<fs::path> names(told.begin(), told.end());
    const auto traces = std::ranges::find(names.rbegin(), names.rend(), fs::path("traces"));
    if (traces != names.rend() && std::next(traces) != names.rend()) {
        fs::path end;
        for (auto name = std::next(traces).base() - 1; name != names.end(); ++name) end /= *name;
        for (const char* base : {"mlruns", "mlartifacts", "."}) candidates.push_back(folder / base / end);
    }
    bool outside = false;
    for (const fs::path& candidate : candidates) {
        std::error_code error;
        const fs::path file = fs::canonical(candidate / "traces.json", error);
        if (error) continue;
        if (isBelow(file, folder)) return file;
        outside = true;
    }
    outside = outside ||
              (told.is_absolute() && !location.starts_with("mlflow-artifacts:") && !isBelow(told.lexically_normal(), folder));
    if (outside)
        return std::unexpected(
            formatText("its spans lie in {}, outside of the folder of the database, and were not read", shown));
    return std::unexpected(formatText("its spans should lie in {}, and there is no traces.json", shown));
}

} // namespace tackroom
