// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/harness/gitfixture.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace tackroom::test
{

Ran run(const std::string& command)
{
    Ran ran;
    FILE* pipe = ::popen(("( " + command + " ) 2>&1").c_str(), "r");
    if (!pipe) return {-1, "popen failed"};
    std::array<char, 4096> buffer{};
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) ran.out.append(buffer.data(), n);
    const int status = ::pclose(pipe);
    ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ran;
}

void writeFile(const std::filesystem::path& path, const std::string& bytes)
{
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
}

std::string readAll(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void GitTest::SetUp()
{
    const char* temporary = std::getenv("TMPDIR");
    std::string pattern = std::string(temporary ? temporary : "/tmp") + "/harness.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    m_folder = std::filesystem::canonical(pattern);
    m_repo = m_folder / "repo";
    m_data = m_folder / "data";
    ::setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    ::setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    for (const char* who : {"AUTHOR", "COMMITTER"}) {
        ::setenv((std::string("GIT_") + who + "_NAME").c_str(), "Dev", 1);
        ::setenv((std::string("GIT_") + who + "_EMAIL").c_str(), "dev@example.org", 1);
    }
}

void GitTest::TearDown()
{
    std::error_code ignored;
    if (!HasFailure()) std::filesystem::remove_all(m_folder, ignored);
}

std::string GitTest::gitIn(const std::filesystem::path& folder, const std::string& args)
{
    const auto ran = run("git -C '" + folder.string() + "' " + args);
    EXPECT_EQ(ran.code, 0) << "git " << args << ": " << ran.out;
    auto out = ran.out;
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
}

std::string GitTest::git(const std::string& args) { return gitIn(m_repo, args); }

void GitTest::makeRepository(bool tag)
{
    std::filesystem::create_directories(m_repo);
    git("init -q -b main .");
    writeFile(m_repo / "AGENTS.md", "# Agent\n\nRefund up to 2,000.\n\nBe kind.\n");
    writeFile(m_repo / "prompts/system.md", "You are a refund agent.\n");
    writeFile(m_repo / "skills/refund/SKILL.md",
              "---\nname: refund-order\ndescription: How to refund an order.\n---\n\nSteps.\n");
    writeFile(m_repo / "skills/refund/check.sh", "echo ok\n");
    writeFile(m_repo / "tools/lookup.json",
              R"({"name": "lookup_order", "description": "Finds an order", "inputSchema": {"type": "object"}})");
    writeFile(m_repo / "README.md", "read me\n");
    git("add -A");
    git("commit -q -m 'First harness'");
    if (tag) git("tag -a harness/v1 -m 'First harness'");
}

void GitTest::commitFile(const std::string& path, const std::string& bytes, const std::string& message)
{
    writeFile(m_repo / path, bytes);
    git("add -A");
    git("commit -q -m '" + message + "'");
}

HarnessRepository::Options GitTest::options() const
{
    HarnessRepository::Options options;
    options.dataDirectory = m_data;
    return options;
}

std::unique_ptr<HarnessRepository> GitTest::open(bool adopt)
{
    auto with = options();
    with.adoptPlainFolder = adopt;
    auto opened = HarnessRepository::open(m_repo, with, {});
    EXPECT_OK(opened);
    return opened ? std::move(*opened) : nullptr;
}

Error GitTest::openFails(const std::filesystem::path& path)
{
    const auto opened = HarnessRepository::open(path, options(), {});
    EXPECT_FALSE(opened.has_value());
    if (opened) return {};
    EXPECT_FALSE(opened.error().detail.empty());
    return opened.error();
}

LandRequest GitTest::approval(const HarnessRepository& repository, const std::string& path, std::optional<std::string> bytes)
{
    LandRequest request;
    request.expectedTip = repository.info().tip;
    request.files.push_back({path, std::move(bytes), 0100644});
    request.title = "Change " + path;
    request.proposedBy = "Agent Smith <agent@example.org>";
    request.entry.reviewer = kReviewer;
    request.entry.reason = "It is better so.";
    request.entry.proposal = ProposalId("p-0123456789ab");
    return request;
}

void GitTest::expectSound(const HarnessRepository& repository)
{
    expectSound(repository.info().gitDirectory, repository.info().vault);
}

void GitTest::expectSound(const std::filesystem::path& gitDirectory, const std::filesystem::path& vault)
{
    for (const auto& folder : {gitDirectory, vault}) {
        const auto checked = run("git --git-dir='" + folder.string() + "' fsck --strict --no-dangling --full");
        EXPECT_EQ(checked.code, 0) << checked.out;
        for (const char* bad : {"error", "warning", "missing", "broken"})
            EXPECT_EQ(checked.out.find(bad), std::string::npos) << checked.out;
        const auto left = run("find '" + folder.string() + "' -name 'tackroom-*' -o -name '*.lock' ! -name tackroom.lock");
        EXPECT_EQ(left.out, "") << "left over";
    }
}

} // namespace tackroom::test
