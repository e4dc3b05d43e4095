// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// A repository made with plain git, and Tackroom's view of it. What Tackroom did is checked with plain git again.
#include "core/harness/repository.h"
#include "core/proposals/proposals.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace tackroom::test
{

class GitRepo
{
public:
    GitRepo()
    {
        std::string name = (std::filesystem::temp_directory_path() / "proposals.XXXXXX").string();
        m_root = ::mkdtemp(name.data());
        std::filesystem::create_directories(path());
        git("init -q -b main .");
    }
    GitRepo(const GitRepo&) = delete;
    GitRepo& operator=(const GitRepo&) = delete;
    ~GitRepo()
    {
        std::error_code error;
        std::filesystem::remove_all(m_root, error);
    }
    [[nodiscard]] std::filesystem::path root() const { return m_root; }
    [[nodiscard]] std::filesystem::path path() const { return m_root / "harness"; }

    /// What the command prints, without the last line end; the test fails where it fails.
    std::string git(const std::string& arguments) const
    {
        const std::string command = "cd '" + path().string() +
                                    "' && export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME='Ada Agent' "
                                    "GIT_AUTHOR_EMAIL=agent@example.org "
                                    "GIT_COMMITTER_NAME='Ada Agent' GIT_COMMITTER_EMAIL=agent@example.org; git " +
                                    arguments;
        FILE* pipe = ::popen(command.c_str(), "r");
        std::string out;
        char buffer[4096];
        for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
        EXPECT_EQ(::pclose(pipe), 0) << arguments;
        if (out.ends_with('\n')) out.pop_back();
        return out;
    }
    void write(const std::string& file, std::string_view bytes) const
    {
        std::filesystem::create_directories((path() / file).parent_path());
        std::ofstream(path() / file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    void remove(const std::string& file) const { std::filesystem::remove(path() / file); }
    /// All that is in the work tree, as a commit on what is checked out.
    std::string commit(const std::string& message) const
    {
        std::ofstream(m_root / "message") << message;
        git("add -A . && git commit -q --allow-empty -F ../message");
        return git("rev-parse HEAD");
    }
    /// A branch from main (or `from`), with what `change` does, and main checked out again.
    template <class Change>
    std::string branch(const std::string& name, const std::string& message, Change change,
                       const std::string& from = "main") const
    {
        git("checkout -q -b " + name + " " + from);
        change();
        const std::string id = commit(message);
        git("checkout -q main");
        return id;
    }

    [[nodiscard]] std::unique_ptr<HarnessRepository> open() const
    {
        HarnessRepository::Options options;
        options.dataDirectory = m_root / "data";
        auto opened = HarnessRepository::open(path(), options, {});
        if (!opened) {
            ADD_FAILURE() << oneLine(opened.error());
            return nullptr;
        }
        return std::move(*opened);
    }

private:
    std::filesystem::path m_root;
};

inline Proposal find(HarnessRepository& repository, const std::string& name)
{
    auto p = findProposal(repository, name, {});
    if (!p) ADD_FAILURE() << oneLine(p.error());
    return p.value_or(Proposal{});
}

inline DecisionRequest requestFor(const HarnessRepository& repository, const Proposal& p,
                                  const std::string& reason = "it helps")
{
    return {p.id, p.patchSet, repository.info().tip, {"Rhea Viewer", "rhea@example.org"}, reason, {}};
}

inline ErrorCode codeOf(const auto& result) { return result ? ErrorCode::Internal : result.error().code; }

} // namespace tackroom::test
