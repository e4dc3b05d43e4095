// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/index/indexschema.h"

namespace tackroom
{

// The indexes on runs serve the orders of the run table: each is narrow and holds the row id, so that a million rows are
// ordered without touching the texts; the orders by numbers share one, which is gone through and sorted. The first order that
// is asked for is there from the start.
const std::string_view kRunsDdl = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs(
    id INTEGER PRIMARY KEY,
    run_key TEXT NOT NULL UNIQUE,
    content INTEGER NOT NULL,
    native_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    agent_name TEXT NOT NULL,
    project TEXT NOT NULL,
    harness_version TEXT NOT NULL,
    harness_version_label TEXT NOT NULL,
    harness_version_source TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER NOT NULL,
    status INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cost_usd REAL,
    step_count INTEGER NOT NULL,
    error_count INTEGER NOT NULL,
    score_count INTEGER NOT NULL,
    decision_count INTEGER NOT NULL,
    name_set INTEGER NOT NULL,
    task TEXT NOT NULL,
    answer TEXT NOT NULL,
    source TEXT NOT NULL,
    place TEXT NOT NULL);
CREATE INDEX runs_start ON runs(start_ns);
CREATE INDEX runs_source ON runs(source, native_id) WHERE source <> '';
CREATE TABLE parts(
    id INTEGER PRIMARY KEY,
    steps INTEGER NOT NULL,
    scores INTEGER NOT NULL,
    decisions INTEGER NOT NULL,
    content BLOB NOT NULL);
CREATE TABLE errors(id INTEGER PRIMARY KEY, type TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE names(id INTEGER PRIMARY KEY, field INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE(field, name));
CREATE TABLE name_sets(id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);
CREATE TABLE set_names(name INTEGER NOT NULL, name_set INTEGER NOT NULL, PRIMARY KEY(name, name_set)) WITHOUT ROWID;
CREATE TABLE skipped(where_text TEXT NOT NULL, why TEXT NOT NULL, source TEXT NOT NULL, PRIMARY KEY(where_text, why))
    WITHOUT ROWID;
)sql";

const std::array<std::string_view, 7> kRunsIndexes{
    "CREATE INDEX IF NOT EXISTS runs_names ON runs(name_set)",
    "CREATE INDEX IF NOT EXISTS runs_version ON runs(harness_version, start_ns)",
    "CREATE INDEX IF NOT EXISTS runs_session ON runs(session_id)",
    "CREATE INDEX IF NOT EXISTS runs_user ON runs(user_id)",
    "CREATE INDEX IF NOT EXISTS runs_numbers ON runs(end_ns - start_ns, step_count, error_count, cost_usd, prompt_tokens, "
    "completion_tokens)",
    "CREATE INDEX IF NOT EXISTS runs_native ON runs(native_id)",
    "CREATE INDEX IF NOT EXISTS runs_task ON runs(substr(task, 1, 60) COLLATE NOCASE)",
};

const std::string_view kDerivedDdl = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE outcomes(
    run_row INTEGER PRIMARY KEY,
    outcome INTEGER NOT NULL,
    source INTEGER NOT NULL,
    reason TEXT NOT NULL);
CREATE INDEX outcomes_outcome ON outcomes(outcome);
CREATE TABLE signals(
    run_row INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    family TEXT NOT NULL,
    layer INTEGER NOT NULL,
    step_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    explanation TEXT NOT NULL,
    strength REAL NOT NULL,
    PRIMARY KEY(run_row, ordinal)) WITHOUT ROWID;
CREATE TABLE made_clusters(
    id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    layer INTEGER NOT NULL,
    layer_share REAL NOT NULL,
    layer_reason TEXT NOT NULL,
    family TEXT NOT NULL,
    subject TEXT NOT NULL,
    signature TEXT NOT NULL,
    label TEXT NOT NULL,
    description TEXT NOT NULL,
    runs INTEGER NOT NULL,
    failing_runs INTEGER NOT NULL,
    users INTEGER NOT NULL,
    share_low REAL NOT NULL,
    share_high REAL NOT NULL,
    first_seen_ns INTEGER NOT NULL,
    last_seen_ns INTEGER NOT NULL,
    versions TEXT NOT NULL,
    per_week TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE made_members(
    cluster_id TEXT NOT NULL,
    run_row INTEGER NOT NULL,
    signal_ordinal INTEGER NOT NULL,
    PRIMARY KEY(cluster_id, run_row)) WITHOUT ROWID;
CREATE TABLE made_exemplars(
    cluster_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    run_row INTEGER NOT NULL,
    role TEXT NOT NULL,
    step_id TEXT NOT NULL,
    explanation TEXT NOT NULL,
    PRIMARY KEY(cluster_id, position)) WITHOUT ROWID;
CREATE TABLE clusters(
    id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    layer INTEGER NOT NULL,
    layer_share REAL NOT NULL,
    layer_reason TEXT NOT NULL,
    family TEXT NOT NULL,
    subject TEXT NOT NULL,
    signature TEXT NOT NULL,
    label TEXT NOT NULL,
    description TEXT NOT NULL,
    runs INTEGER NOT NULL,
    failing_runs INTEGER NOT NULL,
    users INTEGER NOT NULL,
    share_low REAL NOT NULL,
    share_high REAL NOT NULL,
    first_seen_ns INTEGER NOT NULL,
    last_seen_ns INTEGER NOT NULL,
    versions TEXT NOT NULL,
    per_week TEXT NOT NULL,
    words TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cluster_members(
    cluster_id TEXT NOT NULL,
    run_row INTEGER NOT NULL,
    signal_ordinal INTEGER NOT NULL,
    PRIMARY KEY(cluster_id, run_row)) WITHOUT ROWID;
CREATE UNIQUE INDEX cluster_members_run ON cluster_members(run_row);
CREATE TABLE cluster_exemplars(
    cluster_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    run_row INTEGER NOT NULL,
    role TEXT NOT NULL,
    step_id TEXT NOT NULL,
    explanation TEXT NOT NULL,
    PRIMARY KEY(cluster_id, position)) WITHOUT ROWID;
CREATE TABLE cluster_aliases(alias TEXT PRIMARY KEY, cluster_id TEXT NOT NULL) WITHOUT ROWID;
)sql";

} // namespace tackroom
