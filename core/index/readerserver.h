// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace tackroom
{

/// The child's end: answers requests from `inFd` on `outFd`, one after another, until the input ends. Returns the exit code of
/// the program. Runs only in tackroom-reader: what it reads may make it crash.
///   {"verb":"recognise","path":P}            → {"info":{kind, schema, title, note, sizeBytes}}
///   {"verb":"index","path":P,"cache":C}      → {"info", "path", "runs", "steps", "scores", "decisions", "unreadable",
///                                               "newRuns", "seconds", "peakRssBytes"}, Progress frames {"what","done","total"}
///                                               before it,
///   the first of them {"what":"opened","info","path"}
///   {"verb":"prompts","path":P}              → {"registry", "promptCount"}, the prompts before it as promptframes.h says;
///                                               an empty registry where the store keeps no prompts
///   {"verb":"prompt","path":P,"name":N,"version":V} → {}, the bytes of the file before it, in Text frames of the field Raw
///   {"verb":"fetch","path":P,"run":R,"step":S,"maxBytes":N} → {"omittedBytes"}, the body in Text frames before it
/// or {"error":{code, where, detail, hint}}.
[[nodiscard]] int serveReader(int inFd, int outFd);

} // namespace tackroom
