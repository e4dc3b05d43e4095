// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/sample/phoenixschema.h"

namespace tackroom
{

// An annotation table is the same thrice, apart from what it hangs on.
#define TR_ANNOTATION_COLUMNS                                                                                                  \
    "    name VARCHAR NOT NULL,\n    label VARCHAR,\n    score FLOAT,\n    explanation VARCHAR,\n    metadata JSONB NOT "      \
    "NULL,\n"                                                                                                                  \
    "    annotator_kind VARCHAR NOT NULL CHECK (annotator_kind IN ('LLM', 'CODE', 'HUMAN')),\n"                                \
    "    created_at TIMESTAMP DEFAULT (CURRENT_TIMESTAMP) NOT NULL,\n"                                                         \
    "    updated_at TIMESTAMP DEFAULT (CURRENT_TIMESTAMP) NOT NULL,\n"                                                         \
    "    user_id INTEGER REFERENCES users (id) ON DELETE SET NULL,\n"                                                          \
    "    identifier VARCHAR DEFAULT ('') NOT NULL,\n"                                                                          \
    "    source VARCHAR NOT NULL CHECK (source IN ('API', 'APP')),\n"

const std::string_view kPhoenixDdl =
    R"sql(
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL CONSTRAINT alembic_version_pkc PRIMARY KEY
);
CREATE TABLE user_roles (
    id INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR NOT NULL
);
CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_role_id INTEGER NOT NULL REFERENCES user_roles (id) ON DELETE CASCADE,
    username VARCHAR NOT NULL,
    email VARCHAR,
    profile_picture_url VARCHAR,
    password_hash BLOB,
    password_salt BLOB,
    reset_password BOOLEAN NOT NULL,
    oauth2_client_id VARCHAR,
    oauth2_user_id VARCHAR,
    created_at TIMESTAMP DEFAULT (CURRENT_TIMESTAMP) NOT NULL,
    updated_at TIMESTAMP DEFAULT (CURRENT_TIMESTAMP) NOT NULL,
    auth_method VARCHAR NOT NULL CHECK (auth_method IN ('LOCAL', 'OAUTH2', 'LDAP')),
    ldap_unique_id VARCHAR
);
CREATE TABLE project_trace_retention_policies (
    id INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR NOT NULL,
    cron_expression VARCHAR NOT NULL,
    rule JSONB NOT NULL
);
CREATE TABLE projects (
    id INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR NOT NULL UNIQUE,
    description VARCHAR,
    gradient_start_color VARCHAR DEFAULT '#5bdbff' NOT NULL,
    gradient_end_color VARCHAR DEFAULT '#1c76fc' NOT NULL,
    created_at TIMESTAMP DEFAULT (CURRENT_TIMESTAMP) NOT NULL,
    updated_at TIMESTAMP DEFAULT (CURRENT_TIMESTAMP) NOT NULL,
    trace_retention_policy_id INTEGER REFERENCES project_trace_retention_policies (id) ON DELETE SET NULL
);
CREATE TABLE project_sessions (
    id INTEGER NOT NULL PRIMARY KEY,
    session_id VARCHAR NOT NULL UNIQUE,
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    start_time TIMESTAMP NOT NULL,
    end_time TIMESTAMP NOT NULL
);
CREATE TABLE traces (
    id INTEGER NOT NULL PRIMARY KEY,
    project_rowid INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    trace_id VARCHAR NOT NULL UNIQUE,
    start_time TIMESTAMP NOT NULL,
    end_time TIMESTAMP NOT NULL,
    project_session_rowid INTEGER REFERENCES project_sessions (id) ON DELETE CASCADE
);
CREATE TABLE spans (
    id INTEGER NOT NULL PRIMARY KEY,
    trace_rowid INTEGER NOT NULL REFERENCES traces (id) ON DELETE CASCADE,
    span_id VARCHAR NOT NULL UNIQUE,
    parent_id VARCHAR,
    name VARCHAR NOT NULL,
    span_kind VARCHAR NOT NULL,
    start_time TIMESTAMP NOT NULL,
    end_time TIMESTAMP NOT NULL,
    attributes JSONB NOT NULL,
    events JSONB NOT NULL,
    status_code VARCHAR DEFAULT 'UNSET' NOT NULL CHECK (status_code IN ('OK', 'ERROR', 'UNSET')),
    status_message VARCHAR NOT NULL,
    cumulative_error_count INTEGER NOT NULL,
    cumulative_llm_token_count_prompt INTEGER NOT NULL,
    cumulative_llm_token_count_completion INTEGER NOT NULL,
    llm_token_count_prompt INTEGER,
    llm_token_count_completion INTEGER
);
CREATE TABLE generative_models (
    id INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    name_pattern VARCHAR NOT NULL,
    is_built_in BOOLEAN NOT NULL,
    start_time TIMESTAMP,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    deleted_at TIMESTAMP
);
CREATE TABLE span_costs (
    id INTEGER NOT NULL PRIMARY KEY,
    span_rowid INTEGER NOT NULL REFERENCES spans (id) ON DELETE CASCADE,
    trace_rowid INTEGER NOT NULL REFERENCES traces (id) ON DELETE CASCADE,
    model_id INTEGER REFERENCES generative_models (id) ON DELETE RESTRICT,
    span_start_time TIMESTAMP NOT NULL,
    total_cost FLOAT,
    total_tokens FLOAT,
    prompt_cost FLOAT,
    prompt_tokens FLOAT,
    completion_cost FLOAT,
    completion_tokens FLOAT
);
CREATE TABLE span_annotations (
    id INTEGER NOT NULL PRIMARY KEY,
    span_rowid INTEGER NOT NULL REFERENCES spans (id) ON DELETE CASCADE,
)sql" TR_ANNOTATION_COLUMNS
    R"sql(    CONSTRAINT uq_span_annotations_name_span_rowid_identifier UNIQUE (name, span_rowid, identifier)
);
CREATE TABLE trace_annotations (
    id INTEGER NOT NULL PRIMARY KEY,
    trace_rowid INTEGER NOT NULL REFERENCES traces (id) ON DELETE CASCADE,
)sql" TR_ANNOTATION_COLUMNS
    R"sql(    CONSTRAINT uq_trace_annotations_name_trace_rowid_identifier UNIQUE (name, trace_rowid, identifier)
);
CREATE TABLE document_annotations (
    id INTEGER NOT NULL PRIMARY KEY,
    span_rowid INTEGER NOT NULL REFERENCES spans (id) ON DELETE CASCADE,
    document_position INTEGER NOT NULL,
)sql" TR_ANNOTATION_COLUMNS R"sql(    CONSTRAINT uq_document_annotations_name_span_rowid_document_pos_identifier
        UNIQUE (name, span_rowid, document_position, identifier)
);
CREATE TABLE project_session_annotations (
    id INTEGER NOT NULL PRIMARY KEY,
    project_session_id INTEGER NOT NULL REFERENCES project_sessions (id) ON DELETE CASCADE,
)sql" TR_ANNOTATION_COLUMNS R"sql(    CONSTRAINT uq_project_session_annotations_name_project_session_id_identifier
        UNIQUE (name, project_session_id, identifier)
);
CREATE TABLE datasets (
    id INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR NOT NULL UNIQUE,
    description VARCHAR,
    metadata JSONB NOT NULL,
    created_at TIMESTAMP DEFAULT (CURRENT_TIMESTAMP) NOT NULL,
    updated_at TIMESTAMP DEFAULT (CURRENT_TIMESTAMP) NOT NULL,
    user_id INTEGER REFERENCES users (id) ON DELETE SET NULL
);
CREATE TABLE dataset_versions (
    id INTEGER NOT NULL PRIMARY KEY,
    dataset_id INTEGER NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    description VARCHAR,
    metadata JSONB NOT NULL,
    created_at TIMESTAMP DEFAULT (CURRENT_TIMESTAMP) NOT NULL,
    user_id INTEGER REFERENCES users (id) ON DELETE SET NULL
);
CREATE TABLE experiments (
    id INTEGER NOT NULL PRIMARY KEY,
    dataset_id INTEGER NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    dataset_version_id INTEGER NOT NULL REFERENCES dataset_versions (id) ON DELETE CASCADE,
    name VARCHAR NOT NULL,
    description VARCHAR,
    repetitions INTEGER NOT NULL,
    metadata JSONB NOT NULL,
    project_name VARCHAR,
    created_at TIMESTAMP DEFAULT (CURRENT_TIMESTAMP) NOT NULL,
    updated_at TIMESTAMP DEFAULT (CURRENT_TIMESTAMP) NOT NULL,
    user_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
    is_ephemeral BOOLEAN DEFAULT 0 NOT NULL
);
)sql";

const std::string_view kPhoenixIndexes = R"sql(
CREATE UNIQUE INDEX ix_user_roles_name ON user_roles (name);
CREATE UNIQUE INDEX ix_users_email ON users (email);
CREATE UNIQUE INDEX ix_users_username ON users (username);
CREATE INDEX ix_users_user_role_id ON users (user_role_id);
CREATE INDEX ix_projects_trace_retention_policy_id ON projects (trace_retention_policy_id);
CREATE INDEX ix_project_sessions_project_id_end_time ON project_sessions (project_id, end_time DESC);
CREATE INDEX ix_project_sessions_project_id_start_time ON project_sessions (project_id, start_time DESC);
CREATE INDEX ix_traces_project_rowid_start_time ON traces (project_rowid, start_time DESC);
CREATE INDEX ix_traces_project_session_rowid ON traces (project_session_rowid);
CREATE INDEX ix_cumulative_llm_token_count_total ON spans ((cumulative_llm_token_count_prompt + cumulative_llm_token_count_completion));
CREATE INDEX ix_latency ON spans ((end_time - start_time));
CREATE INDEX ix_spans_parent_id ON spans (parent_id);
CREATE INDEX ix_spans_session_id ON spans (JSON_EXTRACT(attributes, '$."session"."id"'))
    WHERE JSON_EXTRACT(attributes, '$."session"."id"') IS NOT NULL;
CREATE INDEX ix_spans_start_time ON spans (start_time);
CREATE INDEX ix_spans_trace_rowid ON spans (trace_rowid);
CREATE INDEX ix_spans_user_id ON spans (JSON_EXTRACT(attributes, '$."user"."id"'))
    WHERE JSON_EXTRACT(attributes, '$."user"."id"') IS NOT NULL;
CREATE INDEX ix_span_costs_span_rowid ON span_costs (span_rowid);
CREATE INDEX ix_span_costs_trace_rowid ON span_costs (trace_rowid);
CREATE INDEX ix_span_annotations_span_rowid ON span_annotations (span_rowid);
CREATE INDEX ix_span_annotations_user_id ON span_annotations (user_id);
CREATE INDEX ix_trace_annotations_trace_rowid ON trace_annotations (trace_rowid);
CREATE INDEX ix_trace_annotations_user_id ON trace_annotations (user_id);
CREATE INDEX ix_document_annotations_span_rowid ON document_annotations (span_rowid);
CREATE INDEX ix_document_annotations_user_id ON document_annotations (user_id);
CREATE INDEX ix_project_session_annotations_project_session_id ON project_session_annotations (project_session_id);
CREATE INDEX ix_project_session_annotations_user_id ON project_session_annotations (user_id);
CREATE INDEX ix_datasets_user_id ON datasets (user_id);
CREATE INDEX ix_dataset_versions_dataset_id ON dataset_versions (dataset_id);
CREATE INDEX ix_experiments_dataset_id ON experiments (dataset_id);
CREATE INDEX ix_experiments_dataset_version_id ON experiments (dataset_version_id);
CREATE INDEX ix_experiments_project_name ON experiments (project_name);
)sql";

} // namespace tackroom
