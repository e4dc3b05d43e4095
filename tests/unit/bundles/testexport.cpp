// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"
#include "handmade.h"

#include <cstdio>
#include <gtest/gtest.h>
#include <unistd.h>

namespace tackroom::test
{

namespace
{

class Export : public ::testing::Test
{
protected:
    void SetUp() override
    {
        std::filesystem::create_directories(repo() / "skills/refund/scripts");
        shell("git init -q -b main .");
        writeFile(repo() / "AGENTS.md", "Refund up to 2,000.\n");
        writeFile(repo() / "harness.json", R"({"name":"refund-agent"})");
        writeFile(repo() / "skills/refund/SKILL.md", "---\nname: refund\n---\n");
        writeFile(repo() / "skills/refund/scripts/run.sh", "#!/bin/sh\n");
        std::filesystem::create_directories(repo() / std::string(90, 'd'));
        writeFile(repo() / std::string(90, 'd') / (std::string(60, 'n') + ".md"), "long\n");
        std::filesystem::permissions(repo() / "skills/refund/scripts/run.sh", std::filesystem::perms(0755));
        std::filesystem::create_symlink("AGENTS.md", repo() / "CLAUDE.md");
        shell("git add -A . && git commit -q -m First");
        repository = open("data");
        ASSERT_TRUE(repository);
    }

    [[nodiscard]] std::filesystem::path repo() const { return folder.path() / "harness"; }

    [[nodiscard]] std::unique_ptr<HarnessRepository> open(const std::string& data) const
    {
        HarnessRepository::Options options;
        options.dataDirectory = folder.path() / data;
        auto opened = HarnessRepository::open(repo(), options, {});
        if (!opened) ADD_FAILURE() << oneLine(opened.error());
        return opened ? std::move(*opened) : nullptr;
    }

    std::string shell(const std::string& command, int expected = 0) const
    {
        const std::string whole = "cd '" + repo().string() +
                                  "' && export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@x "
                                  "GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@x; " +
                                  command;
        FILE* pipe = ::popen(whole.c_str(), "r");
        std::string out;
        char buffer[4096];
        for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, n);
        EXPECT_EQ(::pclose(pipe), expected) << command << "\n" << out;
        return out;
    }

    Folder folder;
    std::unique_ptr<HarnessRepository> repository;
};

} // namespace

TEST_F(Export, TheBundleIsWholeAndSaysWhatItIs)
{
    const auto to = folder.path() / "a.hbundle";
    const auto made = exportBundle(*repository, "live", to, false, {});
    ASSERT_TRUE(made) << oneLine(made.error());
    EXPECT_EQ(made->omitted, std::vector<std::string>{"CLAUDE.md"});
    const auto report = verifyBundle(to, {});
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->ok) << report->problem;
    EXPECT_EQ(report->sha256, made->sha256);
    EXPECT_EQ(report->name, "refund-agent");
    EXPECT_EQ(report->commit + "\n", shell("git rev-parse HEAD"));
    EXPECT_EQ(report->tree + "\n", shell("git rev-parse HEAD:"));
    EXPECT_EQ(report->files, 5U);
    for (const auto& file : report->contents)
        EXPECT_EQ(file.sha256 + "\n", shell("git cat-file blob HEAD:" + file.path + " | sha256sum | cut -d' ' -f1"));
}

TEST_F(Export, PlainTarAndPythonReadIt)
{
    const auto to = folder.path() / "a.hbundle";
    ASSERT_TRUE(exportBundle(*repository, "live", to, false, {}));
    const std::string listed = shell("tar tf ../a.hbundle");
    EXPECT_TRUE(listed.starts_with("manifest.json\nfiles/AGENTS.md\n")) << listed;
    EXPECT_TRUE(listed.ends_with("files/skills/refund/scripts/run.sh\ndigest\n")) << listed;
    shell("mkdir ../out && tar xf ../a.hbundle -C ../out && diff -r --no-dereference ../out/files . | grep -v '^Only in .: "
          "\\(.git\\|CLAUDE.md\\)$'",
          256);
    shell("test -x ../out/files/skills/refund/scripts/run.sh");
    shell("python3 - <<'PY'\n"
          "import tarfile, json, hashlib\n"
          "raw = open('../a.hbundle', 'rb').read()\n"
          "t = tarfile.open('../a.hbundle', 'r:')\n"
          "members = t.getmembers()\n"
          "m = json.loads(t.extractfile(members[0]).read())\n"
          "assert t.extractfile(members[0]).read().decode() == json.dumps(m, sort_keys=True, separators=(',', ':'), "
          "ensure_ascii=False)\n"
          "assert m['schema'] == 'tackroom.hbundle/1'\n"
          "assert [x.name for x in members[1:-1]] == ['files/' + f['path'] for f in m['files']]\n"
          "for x, f in zip(members[1:-1], m['files']):\n"
          "    b = t.extractfile(x).read()\n"
          "    assert hashlib.sha256(b).hexdigest() == f['sha256'] and len(b) == f['size']\n"
          "assert all(x.mtime == 0 and x.uid == 0 and x.gid == 0 and x.uname == '' and x.isreg() for x in members)\n"
          "last = members[-1]\n"
          "assert t.extractfile(last).read().decode() == hashlib.sha256(raw[:last.offset]).hexdigest() + '\\n'\n"
          "assert len(raw) == last.offset_data + 512 + 1024\n"
          "PY\n");
}

TEST_F(Export, TheSameVersionGivesTheSameBytes)
{
    const auto a = folder.path() / "a.hbundle", b = folder.path() / "b.hbundle", c = folder.path() / "c.hbundle";
    ASSERT_TRUE(exportBundle(*repository, "live", a, false, {}));
    ::sleep(1);
    ASSERT_TRUE(exportBundle(*repository, "live", b, false, {}));
    // Another machine: another folder, another vault, another umask, a clone.
    shell("git clone -q . ../clone && umask 077");
    HarnessRepository::Options options;
    options.dataDirectory = folder.path() / "data2";
    auto clone = HarnessRepository::open(folder.path() / "clone", options, {});
    ASSERT_TRUE(clone) << oneLine(clone.error());
    ASSERT_TRUE(exportBundle(**clone, "live", c, false, {}));
    EXPECT_EQ(readAll(a), readAll(b));
    EXPECT_EQ(readAll(a), readAll(c));
}

TEST_F(Export, ReplacesOnlyWhereAllowedAndLeavesNothingBehind)
{
    const auto to = folder.path() / "out" / "a.hbundle";
    std::filesystem::create_directories(to.parent_path());
    writeFile(to, "mine");
    auto refused = exportBundle(*repository, "live", to, false, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::AnswerIsNo);
    EXPECT_EQ(readAll(to), "mine");
    ASSERT_TRUE(exportBundle(*repository, "live", to, true, {}));
    EXPECT_TRUE(verifyBundle(to, {})->ok);
    EXPECT_FALSE(exportBundle(*repository, "v99", folder.path() / "out" / "b", false, {}));
    EXPECT_EQ(exportBundle(*repository, "live", folder.path() / "none" / "b", false, {}).error().code, ErrorCode::NotFound);
    EXPECT_EQ(exportBundle(*repository, "live", folder.path() / "out", true, {}).error().code, ErrorCode::NotAFile);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(to.parent_path()), {}), 1);
}

TEST_F(Export, WhatLandedWithoutReviewIsNotExported)
{
    writeFile(repo() / "AGENTS.md", "Refund everything.\n");
    shell("git commit -q -am Bypass");
    repository = open("data");
    ASSERT_TRUE(repository);
    const auto refused = exportBundle(*repository, "live", folder.path() / "x", false, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::AnswerIsNo);
    // A commit on top that touches no artifact does not make it better.
    writeFile(repo() / "README.txt", "hello\n");
    shell("git add -A . && git commit -q -m Readme");
    repository = open("data");
    EXPECT_FALSE(exportBundle(*repository, "live", folder.path() / "x", false, {}));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "x"));
}

} // namespace tackroom::test
