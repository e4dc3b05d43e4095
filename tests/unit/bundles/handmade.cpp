// SPDX-License-Identifier: GPL-3.0-or-later
#include "handmade.h"

#include "core/base/hash.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace tackroom::test
{

BundleManifest manifestFor(const std::vector<Content>& files)
{
    BundleManifest m;
    m.name = "refund-agent";
    m.harnessId = "5a0f7e0c-0000-5000-8000-000000000001";
    m.version = "v4";
    m.commit = std::string(40, 'a');
    m.parent = std::string(40, 'b');
    m.decision = {"approve", "p-0123456789ab", "loyal customers wait \"too\" long", "Rhea Viewer <rhea@example.org>",
                  "2026-03-01T12:00:00Z"};
    std::vector<TreeLeaf> leaves;
    for (const Content& file : files) {
        m.files.push_back({file.path, file.mode, file.bytes.size(), sha256Hex(file.bytes)});
        leaves.push_back({file.path, file.mode == 0755 ? 0100755U : 0100644U, gitBlobId(file.bytes)});
    }
    m.tree = gitTreeId(leaves);
    return m;
}

std::string entry(std::string_view path, unsigned mode, std::string_view bytes)
{
    auto header = tarHeader(path, mode, bytes.size());
    EXPECT_TRUE(header) << path;
    return header.value_or(std::string(kBlockBytes, '?')) + std::string(bytes) + std::string(tarPadding(bytes.size()), '\0');
}

std::string archive(std::string_view manifest, const std::vector<std::string>& entries)
{
    std::string out = entry("manifest.json", 0644, manifest);
    for (const auto& one : entries) out += one;
    return out + entry("digest", 0644, sha256Hex(out) + "\n") + std::string(2 * kBlockBytes, '\0');
}

std::string archiveOf(const std::vector<Content>& files)
{
    std::vector<std::string> entries;
    for (const Content& file : files) entries.push_back(entry("files/" + file.path, file.mode, file.bytes));
    return archive(manifestText(manifestFor(files)), entries);
}

std::string problemOf(const Folder& folder, std::string_view bytes)
{
    const auto path = folder.path() / "one.hbundle";
    writeFile(path, bytes);
    const auto report = verifyBundle(path, {});
    if (!report) return "ERROR " + report.error().detail;
    EXPECT_EQ(report->ok, report->problem.empty());
    EXPECT_EQ(report->sha256, sha256Hex(bytes));
    return report->problem;
}

} // namespace tackroom::test
