// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/review: the parts of the review desk that more than one page uses.
///
///   filediffpane.h   the files of a change and the diff of the chosen one
///   evidencepane.h   why: the cluster that a proposal addresses, its exemplars, the proposer's claim
///   decisionbar.h    reason, what is still missing, the decision, and the preview of what would land
