// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/harness/artifacts.h"

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/harness/glob.h"

#include <array>

namespace tackroom
{

namespace
{

struct KindName {
    ArtifactKind kind;
    std::string_view name;
    std::string_view layer;
};

constexpr std::array kKinds{
    KindName{ArtifactKind::Instructions, "instructions", "instructions"},
    KindName{ArtifactKind::Prompt, "prompt", "instructions"},
    KindName{ArtifactKind::Skill, "skill", "skills"},
    KindName{ArtifactKind::SkillFile, "skill file", "skills"},
    KindName{ArtifactKind::Tool, "tool", "tools"},
    KindName{ArtifactKind::Retrieval, "retrieval", "retrieval"},
    KindName{ArtifactKind::Memory, "memory", "memory"},
    KindName{ArtifactKind::Workflow, "workflow", "orchestration"},
    KindName{ArtifactKind::Hook, "hook", "orchestration"},
    KindName{ArtifactKind::Evaluator, "evaluator", "evaluators"},
    KindName{ArtifactKind::Policy, "policy", "orchestration"},
    KindName{ArtifactKind::Settings, "settings", "orchestration"},
};

std::optional<ArtifactKind> kindNamed(std::string_view name)
{
    for (const auto& kind : kKinds)
        if (kind.name == name || kind.layer == name) return kind.kind;
    return std::nullopt;
}

void readArtifacts(const Json& artifacts, Manifest& manifest)
{
    const auto add = [&](const std::string& glob, const std::string& kindName) {
        const auto kind = kindNamed(kindName);
        if (!kind)
            manifest.findings.push_back("\"" + kindName + "\" is no kind of artifact");
        else if (glob.empty())
            manifest.findings.push_back("an artifact of kind \"" + kindName + "\" has no path");
        else
            manifest.globs.emplace_back(glob, *kind);
    };
    if (artifacts.is_array()) {
        for (const auto& item : artifacts) {
            const auto path = stringAt(item, "path", stringAt(item, "glob"));
            add(path, stringAt(item, "kind"));
        }
    } else if (artifacts.is_object()) {
        for (const auto& [kindName, globs] : artifacts.items()) {
            if (globs.is_string())
                add(globs.get<std::string>(), kindName);
            else if (globs.is_array()) {
                for (const auto& glob : globs) {
                    if (glob.is_string())
                        add(glob.get<std::string>(), kindName);
                    else
                        manifest.findings.push_back("a path of kind \"" + kindName + "\" is no text");
                }
            } else
                manifest.findings.push_back("the paths of kind \"" + kindName + "\" are no list");
        }
    } else if (!artifacts.is_null()) {
        manifest.findings.emplace_back("\"artifacts\" is neither a list nor an object");
    }
}

void readReview(const Json& review, Manifest& manifest)
{
    if (review.is_null()) return;
    if (!review.is_object()) {
        manifest.findings.emplace_back("\"review\" is no object");
        return;
    }
    const auto& branches = memberAt(review, "proposals");
    if (branches.is_array()) {
        std::vector<std::string> globs;
        for (const auto& branch : branches)
            if (branch.is_string() && !branch.get<std::string>().empty()) globs.push_back(branch.get<std::string>());
        if (globs.empty())
            manifest.findings.emplace_back("\"review.proposals\" names no branch");
        else
            manifest.proposalBranches = std::move(globs);
    } else if (!branches.is_null()) {
        manifest.findings.emplace_back("\"review.proposals\" is no list");
    }
    const auto& reason = memberAt(review, "reasonRequired");
    if (reason.is_boolean())
        manifest.reasonRequired = reason.get<bool>();
    else if (!reason.is_null())
        manifest.findings.emplace_back("\"review.reasonRequired\" is neither true nor false");
}

/// A JSON file that describes a tool to a model.
bool looksLikeTool(std::string_view start)
{
    return start.contains("\"inputSchema\"") || start.contains("\"input_schema\"") || start.contains("\"parameters\"");
}

struct Known {
    std::string_view glob;
    ArtifactKind kind;
};

/// The first that fits counts. `**/` stands for any folders, none among them.
constexpr std::array kKnown{
    Known{"harness.json", ArtifactKind::Policy},
    Known{"**/SKILL.md", ArtifactKind::Skill},
    Known{"**/skills/*/**", ArtifactKind::SkillFile},
    Known{"**/AGENTS.md", ArtifactKind::Instructions},
    Known{"**/CLAUDE.md", ArtifactKind::Instructions},
    Known{"**/GEMINI.md", ArtifactKind::Instructions},
    Known{"**/.claude/settings.json", ArtifactKind::Settings},
    Known{"**/.claude/settings.local.json", ArtifactKind::Settings},
    Known{"**/.mcp.json", ArtifactKind::Settings},
    Known{"**/.claude/hooks/**", ArtifactKind::Hook},
    Known{"**/.claude/agents/**/*.md", ArtifactKind::Prompt},
    Known{"**/.claude/commands/**/*.md", ArtifactKind::Prompt},
    Known{"**/.claude/agents/*.md", ArtifactKind::Prompt},
    Known{"**/.claude/commands/*.md", ArtifactKind::Prompt},
    Known{"**/MEMORY.md", ArtifactKind::Memory},
    Known{"prompts/**", ArtifactKind::Prompt},
    Known{"memory/**", ArtifactKind::Memory},
    Known{"memories/**", ArtifactKind::Memory},
    Known{"evals/**", ArtifactKind::Evaluator},
    Known{"evaluators/**", ArtifactKind::Evaluator},
    Known{"retrieval/**", ArtifactKind::Retrieval},
    Known{"knowledge/**", ArtifactKind::Retrieval},
    Known{"workflows/**", ArtifactKind::Workflow},
    Known{"hooks/**", ArtifactKind::Hook},
};

} // namespace

std::string_view nameOf(ArtifactKind kind) { return kKinds[static_cast<std::size_t>(kind)].name; }
std::string_view layerNameOf(ArtifactKind kind) { return kKinds[static_cast<std::size_t>(kind)].layer; }

Manifest parseManifest(std::string_view json)
{
    Manifest manifest;
    const auto parsed = parseJson(json, "harness.json");
    if (!parsed) {
        manifest.findings.push_back("not understood: " + parsed.error().detail);
        return manifest;
    }
    if (!parsed->is_object()) {
        manifest.findings.emplace_back("it is no JSON object");
        return manifest;
    }
    readArtifacts(memberAt(*parsed, "artifacts"), manifest);
    readReview(memberAt(*parsed, "review"), manifest);
    manifest.mainBranch = stringAt(*parsed, "mainBranch", stringAt(*parsed, "main"));
    return manifest;
}

std::optional<ArtifactKind> artifactKindOf(std::string_view path, std::string_view contentStart, const Manifest& manifest)
{
    for (const auto& [glob, kind] : manifest.globs)
        if (globMatches(glob, path)) return kind;
    for (const auto& known : kKnown)
        if (globMatches(known.glob, path)) return known.kind;
    if (globMatches("**/tools/**.json", path) && looksLikeTool(contentStart)) return ArtifactKind::Tool;
    return std::nullopt;
}

bool isBelowAny(const std::set<std::string>& folders, std::string_view path)
{
    while (!path.empty()) {
        const auto slash = path.rfind('/');
        path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
        if (folders.contains(std::string(path))) return true;
    }
    return false;
}

} // namespace tackroom
