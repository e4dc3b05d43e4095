// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/readers/fileformat.h"

namespace tackroom
{

/// Who&When (mingyin1/Agents_Failure_Attribution): failed runs of several agents, each with a person's word on which agent made
/// the decisive mistake and when. One run a JSON object (a file each upstream; also an array or lines of them):
///     {"question":…,"question_ID":…,"ground_truth":…,"is_correct":false,"history":[{"content":…,"role":…,"name":…}],
///      "mistake_agent":…,"mistake_step":"2","mistake_reason":…}
/// Subset "algorithm-generated": the speaker is `name`. Subset "hand-crafted": no name, the speaker is `role` ("WebSurfer",
/// "Orchestrator (-> WebSurfer)", "human"), and the keys may be `groundtruth` and `is_corrected`.
///
///   native id question_ID; the same question is asked in both subsets, so the key is that of id and content together
///   steps     one each entry of the history, "m<index>", as mistake_step counts: a tool step of Computer_terminal (an error
///             where it says an exit code other than 0), a human step of "human", else an llm step named after the agent
///   task      question; answer: the last entry
///   scores    is_correct: of code, Verifier; its explanation is the expected answer
///             mistake: of a human, at the step, label mistake_agent, explanation mistake_reason; it says nothing of the
///             outcome by itself. A mistake_step that is no step of the history leaves the score at the run and is named in the
///             explanation; so is a step that another agent said.
/// There are no times, tokens, models or costs in these files.
[[nodiscard]] const FileFormat& whoAndWhenFormat();

} // namespace tackroom
