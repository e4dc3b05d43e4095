// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/readers/swebench.h"

#include "core/readers/jsonfile.h"

#include <algorithm>
#include <array>

namespace tackroom
{

namespace
{

using namespace jsonvalues;

/// A report of half a million instances is none.
constexpr std::size_t kMaxInstances = 200'000;

bool isReport(Value value) { return isArray(member(value, "resolved_ids")); }

bool isOldResults(Value value)
{
    return isArray(member(value, "resolved")) && (isArray(member(value, "generated")) || isArray(member(value, "applied")));
}

/// What the harness writes of one instance, under the instance's name.
bool isInstanceReport(Value value)
{
    simdjson::dom::object entries;
    if (value.get(entries) != simdjson::SUCCESS || entries.size() == 0) return false;
    const Value first = (*entries.begin()).value;
    const auto resolved = member(first, "resolved");
    return resolved && resolved->is_bool() && (member(first, "patch_exists") || member(first, "patch_successfully_applied"));
}

std::string_view stemOfName(std::string_view name)
{
    if (const auto slash = name.rfind('/'); slash != std::string_view::npos) name.remove_prefix(slash + 1);
    for (const std::string_view ending : {".zst", ".gz", ".json", ".jsonl", ".traj"})
        if (name.ends_with(ending)) name.remove_suffix(ending.size());
    return name;
}

std::string labelOfInstance(Value report)
{
    bool truth = false;
    const auto is = [&](std::string_view key) {
        const auto said = member(report, key);
        return said && said->get(truth) == simdjson::SUCCESS && truth;
    };
    if (is("resolved")) return "resolved";
    return is("patch_is_None") || (member(report, "patch_exists") && !is("patch_exists")) ? "empty patch" : "unresolved";
}

using Labels = std::map<std::string, std::string, std::less<>>;

Labels labelsOf(Value value)
{
    Labels labels;
    const auto all = [&](std::string_view list, std::string_view label) {
        for (const Value id : elementsOf(member(value, list)))
            if (labels.size() < kMaxInstances) labels[cut(textOf(id), 400)] = label;
    };
    if (isReport(value)) {
        // An instance may stand in several lists; the later one here is the more particular.
        all("unresolved_ids", "unresolved");
        all("error_ids", "error");
        all("empty_patch_ids", "empty patch");
        all("resolved_ids", "resolved");
    } else if (isOldResults(value)) {
        all("generated", "unresolved");
        all("no_generation", "empty patch");
        all("resolved", "resolved");
    } else if (isInstanceReport(value)) {
        for (const auto entry : simdjson::dom::object(value))
            if (labels.size() < kMaxInstances) labels[cut(entry.key, 400)] = labelOfInstance(entry.value);
    }
    return labels;
}

class SweBench final : public FileFormat
{
public:
    FormatInfo info() const override
    {
        return {std::string(kSweBenchKind), "SWE-bench results (JSON), beside the runs they judge"};
    }

    std::optional<Recognised> recognise(const FileLook& look) const override
    {
        if (look.shape != FileLook::Shape::Object || look.values.empty()) return std::nullopt;
        const Value value = look.values.front();
        if (!isReport(value) && !isOldResults(value) && !isInstanceReport(value)) return std::nullopt;
        return Recognised{"SWE-bench results", "results without traces: they are read with the trajectories beside them"};
    }

    Status read(const FileUnit&, const FormatRequest&, FormatSink&, const CancelToken&) const override { return {}; }
};

} // namespace

const FileFormat& sweBenchFormat()
{
    static const SweBench format;
    return format;
}

std::string_view folderOfName(std::string_view name)
{
    const auto slash = name.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : name.substr(0, slash);
}

bool liesBelow(std::string_view name, std::string_view folder)
{
    if (folder.empty()) return true;
    return name.size() > folder.size() && name.starts_with(folder) && name[folder.size()] == '/';
}

Status SweBenchVerdicts::take(const std::string& name, const InputFile& file)
{
    m_files.erase(name);
    TR_ASSIGN(const JsonFile json, JsonFile::read(file));
    m_files[name] = {file.stamp().mtimeNs, labelsOf(json.value())};
    return {};
}

void SweBenchVerdicts::mark(RunRecord& record, std::string_view name) const
{
    const std::string_view id = std::string_view(record.run.nativeId).substr(0, record.run.nativeId.rfind("/#"));
    const std::string* label = nullptr;
    std::string_view from;
    std::pair<std::size_t, std::int64_t> best{0, 0};
    for (const auto& [file, said] : m_files) {
        const std::string_view folder = folderOfName(file);
        if (!liesBelow(name, folder)) continue;
        auto found = said.labels.find(id);
        if (found == said.labels.end()) found = said.labels.find(stemOfName(name));
        const std::pair<std::size_t, std::int64_t> nearness{folder.size(), said.mtimeNs};
        if (found == said.labels.end() || (label && nearness < best)) continue;
        label = &found->second;
        from = file;
        best = nearness;
    }
    if (!label) return;
    const bool resolved = *label == "resolved";
    Score score;
    score.name = "resolved";
    score.label = *label;
    score.value = resolved ? 1.0 : 0.0;
    score.explanation = "by " + cut(from, 300);
    score.annotator = Annotator::Code;
    score.by = "SWE-bench";
    score.says = resolved ? Outcome::Success : Outcome::Failure;
    score.weight = OutcomeSource::Verifier;
    record.scores.push_back(std::move(score));
}

} // namespace tackroom
