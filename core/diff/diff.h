// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/diff: what changed between two texts, taken as bytes, and how to carry a change over.
///
///   lines.h  bytes into lines (ends kept), and the changes between two sequences of lines
///   words.h  inside one change: which lines belong together, and which words differ
///   rows.h   RowModel, what a diff view paints: side by side, unified, hunks, folds
///   patch.h  git and unified patches: read, apply, write; exact to the byte
///   merge.h  three-way merge by lines
///   atoms.h  Atom, the unit of a decision: one change with its byte ranges and hashes; applying chosen ones
///
/// Nothing here reads a file, runs a program, keeps a global state or throws across its border. Every function may be called
/// from any thread; every class is immutable once made, unless it says otherwise. Texts are bytes: CRLF, NUL, invalid UTF-8 and
/// a missing final newline are carried through unchanged. Line numbers (LineNo) start at 0; what people read starts at 1.
#include "core/diff/atoms.h"
#include "core/diff/lines.h"
#include "core/diff/merge.h"
#include "core/diff/patch.h"
#include "core/diff/rows.h"
#include "core/diff/words.h"
