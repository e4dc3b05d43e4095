// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/format.h"

#include "tests/unit/readers/filestore.h"

namespace tackroom::testing
{
namespace
{

using Reflexion = FileStoreTest;

TEST_F(Reflexion, otherListsAreNotTaken)
{
    EXPECT_FALSE(openStore(write("x.json", R"([{"name": "env_0", "memory": [], "is_success": true}, {"name": "env_3"}])"), {}));
}

TEST_F(Reflexion, aTrial)
{
    const auto store = read(write("x.json", R"([{"name": "env_0", "memory": [], "is_success": true},
        {"name": "env_1", "memory": ["take the key"], "is_success": true},
        {"name": "env_2", "memory": ["look left", "look right"], "is_success": false}])"));
    EXPECT_EQ(store.reader->info().kind, "reflexion");
    EXPECT_EQ(store.got.order, (std::vector<std::string>{"trial_0/env_0", "trial_1/env_1", "trial_1/env_2"}));
    EXPECT_EQ(score(store.run("trial_0/env_0"), "re-measured").explanation, "solved in trial 0; trial 1 did not run it again");
    EXPECT_EQ(score(store.run("trial_0/env_0"), "is_success").says, Outcome::Success);
    EXPECT_EQ(store.run("trial_1/env_1").scores.size(), 1U);
    const RunRecord& failed = store.run("trial_1/env_2");
    EXPECT_EQ(score(failed, "is_success").says, Outcome::Failure);
    ASSERT_EQ(failed.steps.size(), 1U);
    EXPECT_EQ(failed.steps[0].outputText, "look right");
    EXPECT_EQ(failed.steps[0].inputText, "look left");
    EXPECT_EQ(failed.run.task, "env_2");
    EXPECT_EQ(store.body("trial_1/env_2", {}).messages.size(), 2U);
}

TEST_F(Reflexion, recordedTrialsAgreeWithPython)
{
    const auto path = shared("reflexion");
    if (path.empty()) GTEST_SKIP() << "there is no folder reflexion in TACKROOM_SHARED_DATA";
    // Rows of a trial; what was solved in one is copied to the next, so that those that were run are the failures before.
    EXPECT_EQ(read(path / "env_results_trial_1.json").got.runs.size(), 134U);
    const auto store = read(path);
    std::size_t success = 0, failure = 0;
    for (const auto& [id, record] : store.got.runs) {
        success += score(record, "is_success").says == Outcome::Success;
        failure += score(record, "is_success").says == Outcome::Failure;
    }
    EXPECT_EQ(formatText("{} {} {}\n", store.got.runs.size(), success, failure),
              python("import json,sys\n"
                     "t=[json.load(open(sys.argv[1]+'/env_results_trial_%d.json'%i)) for i in range(3)]\n"
                     "run=[[r for k,r in enumerate(x) if not i or not t[i-1][k]['is_success']] for i,x in enumerate(t)]\n"
                     "a=sum(run,[])\nprint(len(a),sum(r['is_success'] for r in a),sum(not r['is_success'] for r in a))",
                     path));
    EXPECT_EQ(success, 111U);
}

} // namespace
} // namespace tackroom::testing
