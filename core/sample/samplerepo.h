// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/result.h"
#include "core/base/time.h"
#include "core/sample/harnessrules.h"

#include <filesystem>
#include <string>
#include <vector>

namespace tackroom
{

/// A version or proposal of the embedded sample harness, in the order v1 … v4 or by name.
struct SampleVersion {
    std::string name; ///< "v1", or a proposal's name without the folder
    std::string base; ///< of a proposal: "v4"
    std::string authorName, authorMail, message;
    UtcNs time = 0;
    HarnessFiles files; ///< the whole tree
};
struct SampleHarness {
    std::vector<SampleVersion> versions, proposals;
};
/// From the embedded files. Internal where they are not as resources/sample/README.md says.
[[nodiscard]] Result<SampleHarness> sampleHarness();

struct SampleCommit {
    std::string name, commit; ///< "v1", 40 hex digits
    UtcNs time = 0;
};
/// Makes a repository with a work tree in `dir`, which must not exist: branch main, annotated tags harness/v1 to v4,
/// branches proposals/*, index and files as of main. The ids are the same everywhere. Returns the versions' commits.
[[nodiscard]] Result<std::vector<SampleCommit>> makeSampleRepository(const SampleHarness& harness,
                                                                     const std::filesystem::path& dir);

struct LiveVersion {
    std::string commit, label; ///< label "v5" from a tag harness/v5 on it; else empty
    HarnessFiles files;
};
/// The tree at the tip of the main line (branch main, else master, else HEAD), from git's objects. Files above 1 MiB, links
/// and submodules are left out. Errors: NotFound, BadRepository.
[[nodiscard]] Result<LiveVersion> readLiveVersion(const std::filesystem::path& repo);

} // namespace tackroom
