// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/templates.h"

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <set>

namespace tackroom
{

using testing::ElementsAre;

namespace
{

std::vector<std::uint32_t> learnt(LogTemplates& templates, const std::vector<std::string>& lines)
{
    auto groups = templates.learn({lines.begin(), lines.end()}, {}, {});
    EXPECT_TRUE(groups);
    return groups ? *groups : std::vector<std::uint32_t>();
}

std::string shapeOf(std::string_view line)
{
    ShapeScanner::Shape shape;
    ShapeScanner().scan(line, shape);
    std::string out;
    for (const std::string_view word : shape.words) (out += out.empty() ? "" : " ") += word.empty() ? "*" : word;
    return out;
}

/// Numbers that are always the same.
class Random
{
public:
    std::size_t below(std::size_t n)
    {
        return static_cast<std::size_t>((m_state = m_state * 6364136223846793005U + 1) >> 33U) % n;
    }
    std::string figure(std::size_t n = 99'999) { return std::to_string(below(n)); }
    std::string address() { return figure(255) + "." + figure(255) + "." + figure(255) + "." + figure(255); }
    std::string name()
    {
        static const std::vector<std::string> kNames = {"root", "guest", "maria", "ivan", "wei", "fatima", "sven", "lee"};
        return kNames[below(kNames.size())];
    }

private:
    std::uint64_t m_state = 7;
};

/// Lines in the styles of well-known logs (syslog, HDFS, Android, BGL, health apps, OpenStack, plain text), and of which kind each is.
struct Style {
    const char* name;
    std::function<std::string(Random&)> head;
    std::vector<std::function<std::string(Random&)>> kinds;
};

std::vector<Style> styles()
{
    using R = Random;
    return {
        {"syslog",
         [](R& r) { return "Dec 10 06:55:" + r.figure(59) + " LabSZ sshd[" + r.figure() + "]: "; },
         {[](R& r) { return "Failed password for " + r.name() + " from " + r.address() + " port " + r.figure() + " ssh2"; },
          [](R& r) {
              return "Failed password for invalid user " + r.name() + " from " + r.address() + " port " + r.figure() + " ssh2";
          },
          [](R& r) { return "pam_unix(sshd:session): session opened for user " + r.name() + " by (uid=0)"; },
          [](R& r) { return "pam_unix(sshd:session): session closed for user " + r.name(); },
          [](R& r) { return "authentication failure; logname= uid=0 tty=ssh ruser= rhost=" + r.address(); },
          [](R&) { return "Received disconnect: Bye Bye [preauth]"; }}},
        {"level and component",
         [](R& r) { return "081109 2036" + r.figure(59) + " 148 INFO dfs.DataNode$PacketResponder: "; },
         {[](R& r) { return "PacketResponder " + r.figure(3) + " for block blk_" + r.figure() + " terminating"; },
          [](R& r) { return "Received block blk_" + r.figure() + " of size " + r.figure() + " from /" + r.address(); },
          [](R& r) {
              std::string list = "ask " + r.address() + ":50010 to delete ";
              for (std::size_t i = 0; i <= r.below(6); ++i) list += " blk_" + r.figure();
              return list;
          },
          [](R& r) { return "Verification succeeded for blk_" + r.figure(); }}},
        {"level in the middle, alerts before",
         [](R& r) {
             const char* alerts[] = {"-", "-", "KERNDTLB", "APPREAD"};
             const char* levels[] = {"INFO", "FATAL", "ERROR"};
             return std::string(alerts[r.below(4)]) + " 11178" + r.figure() + " 2005.06.03 R02-M1-N0 RAS KERNEL " +
                    levels[r.below(3)] + " ";
         },
         {[](R&) { return "instruction cache parity error corrected"; }, [](R& r) { return "generating core." + r.figure(); },
          [](R& r) { return r.figure() + " double-hummer alignment exceptions"; },
          [](R&) { return "data TLB error interrupt"; }}},
        {"bars",
         [](R& r) { return "20171223-22:15:29:" + r.figure(999) + "|Step_LSC|30002312|"; },
         {[](R& r) { return "onStandStepChanged " + r.figure(); }, [](R&) { return "flush sensor data"; },
          [](R& r) { return "getTodayTotalDetailSteps = " + r.figure() + "##" + r.figure(); }}},
        {"request in brackets",
         [](R& r) {
             return "nova-api.log.1 2017-05-16 00:00:" + r.figure(59) + " 25746 INFO nova.compute.wsgi.server [req-" +
                    r.figure() + " - -] ";
         },
         {[](R& r) { return r.address() + " \"GET /v2/servers HTTP/1.1\" status: " + r.figure(599) + " len: " + r.figure(); },
          [](R& r) { return r.address() + " \"POST /v2/events HTTP/1.1\" status: " + r.figure(599) + " len: " + r.figure(); },
          [](R& r) { return "[instance: " + r.figure() + "-aa] VM Started (Lifecycle Event)"; },
          [](R& r) { return "[instance: " + r.figure() + "-aa] VM Paused (Lifecycle Event)"; }}},
        {"no header",
         [](R&) { return std::string(); },
         {[](R& r) { return "user " + r.name() + " logged in from " + r.address(); },
          [](R& r) { return "user " + r.name() + " logged out"; },
          [](R& r) { return r.name() + " approved request " + r.figure() + " of " + r.name(); },
          [](R& r) { return "isOverlap:" + std::string(r.below(2) ? "true" : "false") + ", top=" + r.figure(); }}},
    };
}

} // namespace

TEST(LogTemplates, findsTheKindsOfLinesOfManyStyles)
{
    for (const Style& style : styles()) {
        Random random;
        std::vector<std::string> lines;
        std::vector<std::size_t> kinds;
        for (int i = 0; i < 600; ++i) {
            kinds.push_back(random.below(style.kinds.size()));
            lines.push_back(style.head(random) + style.kinds[kinds.back()](random));
        }
        LogTemplates templates;
        const auto groups = learnt(templates, lines);
        std::map<std::size_t, std::set<std::uint32_t>> found;
        for (std::size_t i = 0; i < lines.size(); ++i) found[kinds[i]].insert(groups[i]);
        for (const auto& [kind, ids] : found)
            EXPECT_EQ(ids.size(), 1U) << style.name << ", kind " << kind << ": " << templates.text(*ids.rbegin());
        EXPECT_EQ(templates.size(), style.kinds.size()) << style.name;
    }
}

TEST(LogTemplates, masksWhatChanges)
{
    EXPECT_EQ(shapeOf("open \"a b\", 17 /tmp/x 10.0.0.1:80 me@x.org"), "open *");
    EXPECT_EQ(shapeOf("Can't find child 17's slot"), "Can't find child * slot");
    EXPECT_EQ(shapeOf("tty= ruser=x rhost=10.0.0.1 done"), "tty * ruser * rhost * done");
    EXPECT_EQ(shapeOf("a.b.C at x.y"), "* at x.y");
    EXPECT_EQ(shapeOf(""), "");
    EXPECT_EQ(shapeOf("\"never closed"), "never closed");
}

TEST(LogTemplates, neverChangesANumber)
{
    LogTemplates templates;
    const auto first =
        learnt(templates, {"user root logged out", "user maria logged out", "disk full", "user ivan logged out"});
    EXPECT_THAT(first, ElementsAre(0, 0, 1, 0));
    const auto second = learnt(templates, {"disk is slow", "user sven logged out", "disk full", "user root logged out"});
    EXPECT_THAT(second, ElementsAre(2, 0, 1, 0));
    EXPECT_EQ(templates.text(0), "user \u2039\u2026\u203a logged out");
    EXPECT_THAT(learnt(templates, {"disk is slow", "user wei logged out"}), ElementsAre(2, 0));
    EXPECT_EQ(templates.size(), 3U);
}

TEST(LogTemplates, givesAStackTraceItsOwnKinds)
{
    std::vector<std::string> lines;
    for (int i = 0; i < 40; ++i)
        lines.push_back("2026-03-01 12:00:0" + std::to_string(i % 10) + " INFO app: started job " + std::to_string(i));
    lines.insert(lines.begin() + 7, "    at com.example.Main.run(Main.java:17)");
    lines.push_back("");
    LogTemplates templates;
    const auto groups = learnt(templates, lines);
    EXPECT_EQ(templates.size(), 3U);
    EXPECT_NE(groups[7], groups[0]);
    EXPECT_EQ(templates.text(groups[0]), "started job \u2039\u2026\u203a");
}

TEST(LogTemplates, livesThroughAnything)
{
    LogTemplates templates;
    std::vector<std::string> lines = {"",
                                      "=",
                                      "==",
                                      "'",
                                      "\"\"",
                                      "[",
                                      "]]",
                                      "\xff\xfe\x80",
                                      std::string(1'000'000, 'x'),
                                      std::string(50'000, '['),
                                      "a=b=c=",
                                      "a=",
                                      std::string("a\0b", 3)};
    for (int i = 0; i < 300; ++i)
        lines.push_back(std::string(static_cast<std::size_t>(i), ' ') + "w" +
                        std::string(static_cast<std::size_t>(i % 50), '-') + " z");
    EXPECT_EQ(learnt(templates, lines).size(), lines.size());
    EXPECT_TRUE(learnt(templates, {}).empty());
}

TEST(LogTemplates, stopsWhenCancelled)
{
    CancelSource source;
    source.cancel();
    LogTemplates templates;
    EXPECT_EQ(templates.learn({"a line"}, source.token(), {}).error().code, ErrorCode::Cancelled);
}

} // namespace tackroom
