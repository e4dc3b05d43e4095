// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/diff/atoms.h"
#include "core/diff/rows.h"
#include "tests/unit/diff/randomtext.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace tackroom;
using namespace tackroom::test;

namespace
{

/// Another way to the same bytes: replaced in place from the back.
std::string splicedBackwards(std::string bytes, const std::string& after, std::vector<Atom> atoms)
{
    for (auto atom = atoms.rbegin(); atom != atoms.rend(); ++atom)
        bytes.replace(atom->oldRange.begin, atom->oldRange.size(), after, atom->newRange.begin, atom->newRange.size());
    return bytes;
}

} // namespace

TEST(Atoms, AllNoneAndAnySubset)
{
    for (unsigned seed = 0; seed < 2000; ++seed) {
        const TextPair pair = randomPair(seed);
        const std::vector<Atom> atoms = makeAtoms("p", "1", "2", pair.before, pair.after);
        ASSERT_EQ(applyAtoms(pair.before, pair.after, atoms), pair.after) << seed;
        ASSERT_EQ(applyAtoms(pair.before, pair.after, {}), pair.before) << seed;
        ASSERT_EQ(atoms.size(), RowModel::make(pair.before, pair.after)->hunks().size());
        RandomText random(seed);
        std::vector<Atom> chosen;
        for (const Atom& atom : atoms)
            if (random.below(2)) chosen.push_back(atom);
        const std::string expected = splicedBackwards(pair.before, pair.after, chosen);
        std::ranges::reverse(chosen);
        ASSERT_EQ(applyAtoms(pair.before, pair.after, chosen), expected) << seed;
    }
}

TEST(Atoms, ANewOrDeletedFileIsOneAtom)
{
    EXPECT_EQ(makeAtoms("p", "", "2", "", "a\nb\n").size(), 1U);
    EXPECT_EQ(makeAtoms("p", "", "2", "", "").size(), 1U);
    EXPECT_EQ(makeAtoms("p", "1", "", "a\n", "").size(), 1U);
    EXPECT_TRUE(makeAtoms("p", "1", "1", "a\n", "a\n").empty());
    const auto atoms = makeAtoms("p", "1", "", "a\nb\n", "");
    EXPECT_EQ(applyAtoms("a\nb\n", "", atoms), "");
}

TEST(Atoms, OtherBytesAreAConflict)
{
    const std::string before = "a\nb\nc\nd\n", after = "a\nB\nc\nD\n";
    const auto atoms = makeAtoms("p", "1", "2", before, after);
    ASSERT_EQ(atoms.size(), 2U);
    EXPECT_EQ(applyAtoms("a\nx\nc\nd\n", after, atoms).error().code, ErrorCode::Conflict);
    EXPECT_EQ(applyAtoms(before, "a\nX\nc\nD\n", atoms).error().code, ErrorCode::Conflict);
    EXPECT_EQ(applyAtoms("a\n", after, atoms).error().code, ErrorCode::Conflict);
    const std::vector<Atom> twice{atoms[0], atoms[0]};
    EXPECT_EQ(applyAtoms(before, after, twice).error().code, ErrorCode::Conflict);
    Atom wrong = atoms[0];
    wrong.oldRange = {5, 2};
    EXPECT_EQ(applyAtoms(before, after, std::vector{wrong}).error().code, ErrorCode::Conflict);
}
