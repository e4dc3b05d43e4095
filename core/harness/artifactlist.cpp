// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/text.h"
#include "core/harness/repositoryimpl.h"

#include <algorithm>
#include <yaml-cpp/yaml.h>

namespace tackroom
{

namespace
{

constexpr std::size_t kMaxFrontMatterBytes = 64U * 1024U;
constexpr std::size_t kMaxNameBytes = 120;
constexpr std::size_t kMaxDescriptionBytes = 300;

std::string fileNameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string cut(std::string_view text, std::size_t maxBytes)
{
    const auto whole = toUtf8(trimmed(text));
    return std::string(cutUtf8(whole, maxBytes));
}

/// The YAML between two lines of `---` at the start; empty where there is none.
std::string_view frontMatterOf(std::string_view text)
{
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (!text.starts_with("---\n") && !text.starts_with("---\r\n")) return {};
    const auto begin = text.find('\n') + 1;
    const auto end = text.find("\n---", begin - 1);
    if (end == std::string_view::npos || end - begin > kMaxFrontMatterBytes || end < begin) return {};
    return text.substr(begin, end - begin);
}

/// yaml-cpp expands no aliases by itself when scalars of the top level are read, so a nest of aliases costs nothing.
void readFrontMatter(std::string_view text, Artifact& artifact)
{
    const auto yaml = frontMatterOf(text);
    // Depth costs recursion in the parser: what is nested beyond reason is not a skill's front matter.
    if (yaml.empty() || std::ranges::count_if(yaml, [](char c) { return c == '[' || c == '{'; }) > 200) return;
    try {
        const auto node = YAML::Load(std::string(yaml));
        if (!node.IsMap()) return;
        if (const auto name = node["name"]; name && name.IsScalar()) artifact.name = cut(name.Scalar(), kMaxNameBytes);
        if (const auto description = node["description"]; description && description.IsScalar())
            artifact.description = cut(description.Scalar(), kMaxDescriptionBytes);
    } catch (const std::exception&) {
        // Front matter that is no YAML names nothing; the file's own name stands.
    }
}

void readTool(std::string_view text, Artifact& artifact)
{
    const auto json = parseJson(text.substr(0, kMaxToolBytes), artifact.path);
    if (!json) return;
    const auto& function = memberAt(*json, "function");
    const auto& tool = function.is_object() ? function : *json;
    if (const auto name = stringAt(tool, "name"); !name.empty()) artifact.name = cut(name, kMaxNameBytes);
    artifact.description = cut(stringAt(tool, "description"), kMaxDescriptionBytes);
}

} // namespace

Result<std::vector<Artifact>> HarnessRepository::artifacts(const CommitId& commit)
{
    TR_ASSIGN(const auto files, filesAt(commit));
    std::set<std::string> skillFolders;
    for (const auto& file : files)
        if (fileNameOf(file.path) == "SKILL.md")
            skillFolders.insert(file.path == "SKILL.md" ? "" : file.path.substr(0, file.path.size() - 9));
    std::vector<Artifact> found;
    for (const auto& file : files) {
        if (file.mode == 0120000) continue;
        const bool maybeTool = file.path.ends_with(".json") && file.path.contains("tools/");
        std::string text;
        auto kind = d->kindOf(file.path, {});
        if (maybeTool && !kind) {
            TR_ASSIGN(text, d->vault->bytes(file.blob.value, ObjectType::Blob));
            kind = d->kindOf(file.path, std::string_view(text).substr(0, kMaxToolBytes));
        }
        if (!kind && isBelowAny(skillFolders, file.path)) kind = ArtifactKind::SkillFile;
        if (!kind) continue;
        if (text.empty()) {
            TR_ASSIGN(text, d->vault->bytes(file.blob.value, ObjectType::Blob));
        }
        Artifact artifact{file.path, *kind, fileNameOf(file.path), {}, file.blob, text.size()};
        if (*kind == ArtifactKind::Skill) {
            const auto folder = file.path.substr(0, file.path.size() - std::min<std::size_t>(file.path.size(), 9));
            if (!folder.empty()) artifact.name = fileNameOf(folder);
        }
        if (*kind == ArtifactKind::Tool)
            readTool(text, artifact);
        else if (file.path.ends_with(".md"))
            readFrontMatter(text, artifact);
        found.push_back(std::move(artifact));
    }
    return found;
}

} // namespace tackroom
