// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// core/index: the cache of a trace store, three SQLite files that may be deleted at any time.
///
///   runs.db      runs, steps without bodies, scores, human decisions. Only the reader process writes it (lock: runs.lock).
///   derived.db   outcomes, signals, clusters. Written by one analysis job (core/clusters/analysis.h, lock: derived.lock).
///   text.db      the texts of failing and chosen runs, for searches (fulltext.h, lock: text.lock).
///   <cache>/stores/<xxh128 of the canonical path and kind>/ holds them, and store.json (path, kind, schema, seconds …).
///
///   indexschema.h   both schemas and their version        ingest.h        the RunSink that writes runs.db
///   packedrun.h     a run made ready for it               runsfile.h      runs.db as its one writer has it
///   runversions.h   what names the harness version of runs, and the rule that a person set
///   runrecords.h    all runs, whole, for the analysis job
///   runqueries.h    what the window and the CLI ask       readerframes.h  the pipe's frames
///   readerserver.h  the child's end                       readerclient.h  the parent's end
