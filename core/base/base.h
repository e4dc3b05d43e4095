// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/base: what every other folder stands on. Nothing here knows of traces, git or screens.
///
///   result.h    errors are values: Result<T>, Status, Error, fail()
///   strongid.h  distinct types for ids, lines and rows
///   cancel.h    CancelToken and Progress, which every long job takes
///   text.h      UTF-8: check, cut, fold, split into lines
///   safetext.h  SafeText: the only way by which foreign text reaches a screen or a terminal
///   time.h      UTC nanoseconds, ISO 8601, durations for people
///   hash.h      SHA-256, SHA-1, XXH128, UUIDv5
///   json.h      reading nlohmann JSON without exceptions
///   bytes.h     reading and comparing whole small files
