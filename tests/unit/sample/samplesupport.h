// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/sample/player.h"
#include "core/sample/sample.h"
#include "core/sample/samplerepo.h"

#include <filesystem>
#include <string>
#include <vector>

namespace sampletest
{

/// A folder of this test alone, gone at its end.
class Folder
{
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return m_path / name; }

private:
    std::filesystem::path m_path;
};

/// What a shell command writes to stdout and stderr; exit code beside it.
struct Output {
    int exitCode = -1;
    std::string text;
};
Output shell(const std::string& command);
/// git in that folder with a fixed identity and no configuration of the machine.
Output git(const std::filesystem::path& folder, const std::string& arguments);

/// All rows of a query, columns joined by `|`, read by the SQLite library with a connection of its own.
std::vector<std::string> query(const std::filesystem::path& store, const std::string& sql);
std::string one(const std::filesystem::path& store, const std::string& sql);
/// Every row of every table in order of rowid, hashed.
std::string logicalHash(const std::filesystem::path& store);

std::string slurp(const std::filesystem::path& path);
void spew(const std::filesystem::path& path, const std::string& text);
/// Replaces the one occurrence of `from`; fails the test where there is not exactly one.
std::string replacedOnce(std::string text, const std::string& from, const std::string& to);

const tackroom::SampleHarness& harness();
const tackroom::HarnessFiles& version(std::string_view name);
const tackroom::SampleVersion& proposal(std::string_view name);

/// The same customers for every harness.
std::vector<tackroom::PlayedRun> playMany(const tackroom::HarnessFiles& files, int count,
                                          const std::string& when = "2026-04-20T10:00:00Z");
int countOf(const std::vector<tackroom::PlayedRun>& runs, tackroom::PlayedFailure failure);

} // namespace sampletest
