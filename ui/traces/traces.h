// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// ui/traces: the page that shows runs: left all of them, right one (or two beside each other).
///
///   tracespage.h        the page: filter, table, address, keys
///   runtableview.h      the table of runs
///   runview.h           one run: heading, scores, human decisions, and three ways to read it
///   conversationview.h  what a person reads        conversationturns.h  messages as turns of plain text, without widgets
///   stepsview.h         what an engineer reads     waterfalldelegate.h  the time line beside the steps
///   rawview.h           what the store holds       jsontreemodel.h      a folding JSON tree
///   rundetails.h        everything of one run but its bodies, and how it is said in words
///   runexport.h         a run as Markdown and as JSON, for the clipboard
///   textpage.h          a read-only document that is filled with plain text only
