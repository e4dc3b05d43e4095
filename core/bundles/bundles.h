// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/bundles: an approved harness version as one file, `.hbundle`: a canonical archive with a manifest. The same version
/// gives the same bytes on every machine. bundleformat.h describes the format byte by byte.
#include "core/harness/repository.h"

#include <filesystem>
#include <string>
#include <vector>

namespace tackroom {

struct BundleMade {
    std::filesystem::path path;
    std::string sha256;
    std::uint64_t sizeBytes = 0;
    std::uint64_t files = 0;
    std::vector<std::string> omitted; ///< symbolic links and submodules of the version, which no bundle carries
    std::string version;
    CommitId commit;
};
/// Only baseline and reviewed versions; an unreviewed one is AnswerIsNo. Written atomically; an existing file is replaced
/// only with `replace`.
[[nodiscard]] Result<BundleMade> exportBundle(HarnessRepository& repository, std::string_view labelOrCommit, const std::filesystem::path& to, bool replace,
                                              const CancelToken& cancel);

struct BundleReport {
    bool ok = false;
    std::string problem;     ///< the first thing wrong, one sentence; empty when ok
    std::string version, harnessId, commit, name;
    std::string tree, parent;          ///< tree: git's id, computed anew from the contents when ok
    std::string reviewer, reason;      ///< of the decision; empty for a baseline; foreign
    std::vector<std::string> omitted;  ///< paths that the version has and the bundle does not carry
    bool isSigned = false;
    std::uint64_t files = 0, sizeBytes = 0;
    std::string sha256;
    struct File {
        std::string path, sha256;
        std::uint64_t sizeBytes = 0;
        unsigned mode = 0;
    };
    std::vector<File> contents;
};
/// Needs nothing but the file; writes nothing. An unreadable file is an Error; a wrong one a report that is not ok.
[[nodiscard]] Result<BundleReport> verifyBundle(const std::filesystem::path& file, const CancelToken& cancel);

} // namespace tackroom
