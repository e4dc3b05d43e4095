// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"
#include "core/harness/harness.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tackroom
{

/// What a file of the harness is. The layer it belongs to follows from it (layerNameOf).
enum class ArtifactKind : std::uint8_t {
    Instructions,
    Prompt,
    Skill,
    SkillFile,
    Tool,
    Retrieval,
    Memory,
    Workflow,
    Hook,
    Evaluator,
    Policy,
    Settings
};
[[nodiscard]] std::string_view nameOf(ArtifactKind); ///< "instructions", "prompt", "skill", "skill file", "tool" …
[[nodiscard]] std::string_view
    layerNameOf(ArtifactKind); ///< "instructions", "skills", "tools", "retrieval", "memory", "orchestration", "evaluators"

struct Artifact {
    std::string path;
    ArtifactKind kind = ArtifactKind::Instructions;
    std::string name;        ///< a skill's front-matter name, a tool's name, else the file's name
    std::string description; ///< front matter or schema; cut to 300 bytes; foreign
    BlobId blob;
    std::uint64_t sizeBytes = 0;
};

/// `harness.json` at the root, where there is one: globs by kind, locked regions, review policy. What it does not name is
/// recognised by the known names. Lenient: what is not understood is listed in `findings`.
struct Manifest {
    std::vector<std::pair<std::string, ArtifactKind>> globs;
    std::vector<std::string> proposalBranches = {"proposals/*"};
    std::string mainBranch; ///< empty: HEAD's branch, else main, else master
    bool reasonRequired = true;
    std::vector<std::string> findings;
};
[[nodiscard]] Manifest parseManifest(std::string_view json);
/// Nothing where the path is not part of the harness (README, tests …).
[[nodiscard]] std::optional<ArtifactKind> artifactKindOf(std::string_view path, std::string_view contentStart,
                                                         const Manifest& manifest);
/// Whether the file lies in one of the folders, however deep; "" is the root.
[[nodiscard]] bool isBelowAny(const std::set<std::string>& folders, std::string_view path);

} // namespace tackroom
