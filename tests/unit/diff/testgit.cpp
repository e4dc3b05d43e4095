// SPDX-License-Identifier: GPL-3.0-or-later
// What we write git takes, what git writes we take, and both come to the same bytes.
#include "core/diff/patch.h"
#include "tests/unit/diff/damagedpatch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

using namespace tackroom;
using namespace tackroom::test;
namespace fs = std::filesystem;

namespace
{

class WithGit : public testing::Test
{
protected:
    void SetUp() override
    {
        std::string pattern = (fs::temp_directory_path() / "tackroom-diff.XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        m_folder = pattern;
        ASSERT_EQ(git("init -q"), 0);
        ASSERT_EQ(git("config core.autocrlf false"), 0);
    }
    void TearDown() override { fs::remove_all(m_folder); }

    int git(const std::string& arguments) const
    {
        return std::system(("cd '" + m_folder.string() +
                            "' && GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_CONFIG_NOSYSTEM=1 "
                            "GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@x GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@x git " +
                            arguments)
                               .c_str());
    }
    void write(const std::string& name, const std::string& bytes) const
    {
        fs::create_directories((m_folder / name).parent_path());
        std::ofstream(m_folder / name, std::ios::binary) << bytes;
    }
    std::string read(const std::string& name) const
    {
        std::ostringstream out;
        out << std::ifstream(m_folder / name, std::ios::binary).rdbuf();
        return out.str();
    }
    fs::path m_folder;
};

} // namespace

TEST_F(WithGit, GitAppliesWhatWeWrite)
{
    for (unsigned seed = 0; seed < 60; ++seed) {
        const TextPair pair = randomPair(seed);
        if (pair.before == pair.after || pair.before.empty()) continue;
        write("f.md", pair.before);
        write("p", writePatch(std::vector{makeFilePatch("f.md", "f.md", pair.before, pair.after)}));
        ASSERT_EQ(git("apply --whitespace=nowarn p"), 0) << seed;
        ASSERT_EQ(read("f.md"), pair.after) << seed;
    }
}

TEST_F(WithGit, WeApplyWhatGitWrites)
{
    for (unsigned seed = 100; seed < 160; ++seed) {
        const TextPair pair = randomPair(seed);
        if (pair.before == pair.after) continue;
        write("old", pair.before);
        write("new", pair.after);
        (void)git("diff --no-index --text old new > p 2>/dev/null");
        std::string text = read("p");
        // --no-index names two files; to us they are one.
        const auto put = [&](const std::string& what, const std::string& with) {
            const std::size_t at = text.find(what);
            if (at != std::string::npos) text.replace(at, what.size(), with);
        };
        put("diff --git a/old b/new\n", "diff --git a/f b/f\n");
        put("--- a/old\n", "--- a/f\n");
        put("+++ b/new\n", "+++ b/f\n");
        const auto patch = parsePatch(text, "p");
        ASSERT_TRUE(patch) << seed << patch.error().where << patch.error().detail << "\n" << text;
        ASSERT_EQ(applyFile(pair.before, patch->files[0]), pair.after) << seed << text;
    }
}

TEST_F(WithGit, WhatWeTakeOfDamagedPatchesGitReadsToo)
{
    unsigned taken = 0;
    for (unsigned seed = 0; taken < 60 && seed < 2000; ++seed) {
        const std::string text = damagedPatch(seed);
        if (!parsePatch(text, "p")) continue;
        ++taken;
        write("p", text);
        EXPECT_EQ(git("apply --numstat p > /dev/null 2> err"), 0) << seed << read("err") << "\n" << text;
    }
    EXPECT_EQ(taken, 60U);
}

TEST_F(WithGit, BothFindTheSamePlaceInAFileThatMoved)
{
    unsigned applied = 0;
    for (unsigned seed = 200; seed < 260; ++seed) {
        RandomText random(seed);
        std::vector<std::string> lines;
        for (unsigned i = 0; i < 60; ++i) lines.push_back("line " + std::to_string(i) + "\n");
        auto now = lines;
        now.erase(now.begin() + random.below(20));
        now.insert(now.begin() + 30 + random.below(20), random.line(false));
        auto after = lines;
        after[random.below(60)] = "changed\n";
        const auto joined = [](const std::vector<std::string>& all) {
            std::string out;
            for (const auto& l : all) out += l;
            return out;
        };
        const FilePatch patch = makeFilePatch("f", "f", joined(lines), joined(after));
        write("f", joined(now));
        write("p", writePatch(std::vector{patch}));
        const bool byGit = git("apply p 2>/dev/null") == 0;
        const auto ours = applyFile(joined(now), patch);
        ASSERT_EQ(ours.has_value(), byGit) << seed;
        if (!ours) continue;
        ++applied;
        ASSERT_EQ(*ours, read("f")) << seed;
    }
    EXPECT_GT(applied, 20U);
}

TEST_F(WithGit, ASeriesAsFormatPatchMakesIt)
{
    write("AGENTS.md", "# Agent\n\nRefund up to 2,000.\n");
    write("skills/a b/SKILL.md", "---\nname: a\n---\nText\n");
    write("old.md", "one\ntwo\nthree\nfour\nfive\n");
    ASSERT_EQ(git("add . && git -c user.name=A -c user.email=a@x commit -qm base"), 0);
    write("AGENTS.md", "# Agent\n\nRefund up to 5,000.\n");
    write("t\xc3\xa9l\xc3\xa9.md", "n\xc3\xa9w");
    fs::remove(m_folder / "skills/a b/SKILL.md");
    fs::rename(m_folder / "old.md", m_folder / "moved.md");
    write("moved.md", "one\ntwo\n3\nfour\nfive\n");
    fs::permissions(m_folder / "moved.md", fs::perms::owner_exec, fs::perm_options::add);
    write("empty.md", "");
    ASSERT_EQ(
        git("add -A && git -c user.name=A -c user.email=a@x commit -qm 'Raise the limit\n\nBecause é.\n\nCluster: over-limit'"),
        0);
    ASSERT_EQ(git("format-patch -q -1 -M --stdout > ../$(basename $PWD).patch && mv ../$(basename $PWD).patch p"), 0);
    const auto patch = parsePatch(read("p"), "p");
    ASSERT_TRUE(patch) << patch.error().where << patch.error().detail << read("p");
    EXPECT_EQ(patch->title, "Raise the limit");
    EXPECT_EQ(patch->description, "Because \xc3\xa9.");
    ASSERT_EQ(patch->trailers.size(), 1U);
    EXPECT_EQ(patch->authorName, "A");
    ASSERT_EQ(patch->files.size(), 5U);
    std::map<std::string, const FilePatch*> byPath;
    for (const FilePatch& f : patch->files) byPath[f.path()] = &f;
    EXPECT_EQ(applyFile("# Agent\n\nRefund up to 2,000.\n", *byPath.at("AGENTS.md")), "# Agent\n\nRefund up to 5,000.\n");
    EXPECT_EQ(applyFile("", *byPath.at("t\xc3\xa9l\xc3\xa9.md")), "n\xc3\xa9w");
    EXPECT_EQ(byPath.at("skills/a b/SKILL.md")->change, PatchChange::Delete);
    EXPECT_EQ(byPath.at("moved.md")->change, PatchChange::Rename);
    EXPECT_EQ(byPath.at("moved.md")->newMode, 0100755U);
    EXPECT_EQ(byPath.at("empty.md")->change, PatchChange::Add);
    // and back: what we write of it, git takes on the base
    write("q", writePatch(patch->files));
    ASSERT_EQ(git("checkout -q HEAD~1 && git apply --index q && git diff --cached --quiet HEAD@{1}"), 0);
}
