// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/proposals/messages.h"

#include <gtest/gtest.h>

namespace tackroom
{

TEST(Message, TitleClaimAndTrailers)
{
    const auto m = parseMessage("\nRaise the limit\r\n\r\nCustomers wait.\n\nNote: this is no trailer paragraph\nbecause of "
                                "this line\n\nCluster: c-1\nProposed-by: Ada\n <ada@x>\n\n");
    EXPECT_EQ(m.title, "Raise the limit");
    EXPECT_EQ(m.claim, "Customers wait.\n\nNote: this is no trailer paragraph\nbecause of this line");
    EXPECT_EQ(m.trailer("cluster"), "c-1");
    EXPECT_EQ(m.trailer("Proposed-By"), "Ada <ada@x>");
    EXPECT_EQ(m.trailer("Other"), "");
}

TEST(Message, ATitleAloneIsNeverATrailer)
{
    const auto m = parseMessage("Cluster: c-1");
    EXPECT_EQ(m.title, "Cluster: c-1");
    EXPECT_TRUE(m.trailers.empty());
    EXPECT_EQ(parseMessage("").title, "");
    EXPECT_EQ(parseMessage("Cluster: a\nProposed-by: b\n").trailers.size(), 0U);
}

TEST(Message, SeveralValuesAreJoined)
{
    const auto m = parseMessage("t\n\nProposed-by: A <a@x>\nProposed-by: B <b@x>\n");
    EXPECT_EQ(m.trailer("proposed-by"), "A <a@x>, B <b@x>");
    EXPECT_EQ(m.all("proposed-by").size(), 2U);
}

TEST(SamePerson, ByMailOrName)
{
    EXPECT_TRUE(samePerson(personOf("Ada <ADA@x.org>"), personOf("Somebody <ada@X.org>")));
    EXPECT_TRUE(samePerson(personOf("ada  lovelace"), personOf("Ada Lovelace <al@x.org>")));
    EXPECT_FALSE(samePerson(personOf("Ada <a@x>"), personOf("Bob <b@x>")));
    EXPECT_FALSE(samePerson(personOf("<>"), personOf("<>")));
    EXPECT_TRUE(samePerson(personOf("rhea@example.org"), personOf("Rhea <rhea@example.org>")));
}

} // namespace tackroom
