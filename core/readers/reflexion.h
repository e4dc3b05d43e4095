// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

namespace tackroom
{

/// Reflexion (noahshinn/reflexion), the results of a trial over all environments, alfworld_runs' env_results_trial_<n>.json: a
/// JSON array of {"name":"env_2","memory":[reflections],"is_success":false,"skip":…}
///
/// Which trial a file is of stands in it: a failure gets one reflection more each time, so that after trial n (from 0) a failed
/// environment has n + 1 of them. An environment that was solved is not run again (alfworld_trial.py skips it), and its row is
/// copied: a success with k reflections was solved in trial k. Such a row is the run of trial k, wherever it stands; a store of
/// all trials has it once.
///   native id "trial_<k>/<name>"; the key is that of id and of the reflections that the run was given
///   conversation   the reflections that the run was given, a user message each; of a failed run the one made of it, which is
///             its only step (llm, "m<i>"): the actions themselves are not in these files
///   scores    is_success: Verifier. "re-measured" with the label "no": the run was solved before this file's trial, which did
///             not run the environment again, so that a regression could not be seen; it says nothing of the outcome
[[nodiscard]] const FileFormat& reflexionFormat();

} // namespace tackroom
