/*
 * The engine's own tables. Tables of objects are made by table.c from their
 * definitions; only user and team, which the engine cannot start without, are
 * made here in the same form.
 *
 * Column types are named once, below: SQLite's STRICT tables know INTEGER, TEXT
 * and BLOB; another database gets a list of its own with its names for them.
 * Ids are 16-byte UUIDs, times UTC milliseconds, booleans 0/1.
 *
 * A migration that has been released is never changed; what is missing comes as
 * the next number. (One string may have 4095 bytes in C11.)
 */
#include "schema/schema_inner.h"

#define ID "BLOB"
#define INT "INTEGER"
#define TIME "INTEGER"
#define TEXT "TEXT"
#define JSON "TEXT"
#define SERIAL "INTEGER PRIMARY KEY" /* given by the database, growing */
#define END ") STRICT;\n"
/* What every record table has; see table.c. */
#define RECORD_COLUMNS                                                                     \
    "search_id " SERIAL ", id " ID " NOT NULL UNIQUE, version " INT " NOT NULL, "          \
    "created_at " TIME " NOT NULL, created_by " ID ", updated_at " TIME " NOT NULL, "      \
    "updated_by " ID ", deleted_at " TIME ", "

/* Configuration and people. */
static const char config_sql[] =
    "CREATE TABLE config (kind " TEXT " NOT NULL, name " TEXT " NOT NULL, id " INT " NOT NULL, "
    "version " INT " NOT NULL, body " JSON " NOT NULL, updated_at " TIME " NOT NULL, "
    "updated_by " ID ", PRIMARY KEY (kind, name)" END
    "CREATE UNIQUE INDEX config_id ON config (kind, id);\n"
    "CREATE TABLE config_history (seq " SERIAL ", kind " TEXT " NOT NULL, name " TEXT
    " NOT NULL, version " INT " NOT NULL, body " JSON ", at " TIME " NOT NULL, \"by\" " ID END
    "CREATE INDEX config_history_name ON config_history (kind, name, version);\n"
    "CREATE TABLE setting (name " TEXT " PRIMARY KEY, value " TEXT " NOT NULL" END
    "CREATE TABLE counter (object " INT " NOT NULL, field " INT " NOT NULL, period " TEXT
    " NOT NULL, value " INT " NOT NULL, PRIMARY KEY (object, field, period)" END

    "CREATE TABLE \"user\" (" RECORD_COLUMNS
    "name " TEXT ", login " TEXT ", role " INT ", team " ID ", supervisor " ID ", region " TEXT
    ", mail " TEXT ", phone " TEXT ", locale " TEXT ", disabled " INT END
    "CREATE INDEX i1_s5_s1 ON \"user\" (updated_at, id) WHERE deleted_at IS NULL;\n"
    "CREATE UNIQUE INDEX i1_102_u ON \"user\" (login) WHERE deleted_at IS NULL;\n"
    "CREATE INDEX i1_103 ON \"user\" (role) WHERE deleted_at IS NULL;\n"
    "CREATE INDEX i1_104 ON \"user\" (team) WHERE deleted_at IS NULL;\n"
    "CREATE INDEX i1_105 ON \"user\" (supervisor) WHERE deleted_at IS NULL;\n"
    "CREATE INDEX i1_106 ON \"user\" (region) WHERE deleted_at IS NULL;\n"
    "CREATE VIRTUAL TABLE user_search USING fts5 (text, tokenize = 'leadline');\n"
    "CREATE TABLE team (" RECORD_COLUMNS "name " TEXT ", parent " ID ", head " ID END
    "CREATE INDEX i2_s5_s1 ON team (updated_at, id) WHERE deleted_at IS NULL;\n"
    "CREATE INDEX i2_202 ON team (parent) WHERE deleted_at IS NULL;\n"
    "CREATE INDEX i2_203 ON team (head) WHERE deleted_at IS NULL;\n"
    "CREATE VIRTUAL TABLE team_search USING fts5 (text, tokenize = 'leadline');\n";

/* What happened to records, and what must happen next. */
static const char trail_sql[] =
    "CREATE TABLE change (id " SERIAL ", object " INT " NOT NULL, record " ID
    " NOT NULL, version " INT " NOT NULL, field " INT " NOT NULL, old " TEXT ", new " TEXT
    ", at " TIME " NOT NULL, \"by\" " ID ", via " TEXT END
    "CREATE INDEX change_record ON change (object, record, id);\n"
    "CREATE INDEX change_at ON change (at);\n"
    "CREATE TABLE stage_stay (id " ID " PRIMARY KEY, object " INT " NOT NULL, record " ID
    " NOT NULL, pipeline " INT " NOT NULL, stage " INT " NOT NULL, entered_at " TIME
    " NOT NULL, left_at " TIME ", entered_from " INT ", \"by\" " ID ", owner " ID ", move " INT
    " NOT NULL, reason " TEXT END
    "CREATE INDEX stage_stay_record ON stage_stay (record, entered_at);\n"
    "CREATE INDEX stage_stay_stage ON stage_stay (object, stage, entered_at);\n"

    "CREATE TABLE alert (id " ID " PRIMARY KEY, version " INT " NOT NULL, rule " TEXT
    " NOT NULL, object " INT " NOT NULL, record " ID " NOT NULL, level " INT
    " NOT NULL, owner " ID ", opened_at " TIME " NOT NULL, yellow_at " TIME ", orange_at " TIME
    ", red_at " TIME ", first_response_at " TIME ", cleared_at " TIME ", cleared_by " ID
    ", cleared_why " TEXT END
    "CREATE UNIQUE INDEX alert_open ON alert (rule, record) WHERE cleared_at IS NULL;\n"
    "CREATE INDEX alert_record ON alert (record);\n"
    "CREATE INDEX alert_owner ON alert (owner, cleared_at);\n"
    "CREATE INDEX alert_red ON alert (red_at);\n"
    "CREATE INDEX alert_level ON alert (cleared_at, level);\n"
    "CREATE TABLE intervention (id " ID " PRIMARY KEY, alert " ID " NOT NULL, kind " TEXT
    " NOT NULL, text " TEXT ", \"by\" " ID ", at " TIME " NOT NULL" END
    "CREATE INDEX intervention_alert ON intervention (alert, at);\n"
    "CREATE TABLE task (id " ID " PRIMARY KEY, version " INT " NOT NULL, kind " TEXT
    " NOT NULL, title " TEXT " NOT NULL, object " INT ", record " ID ", assignee " ID
    ", due_at " TIME ", created_at " TIME " NOT NULL, created_by " ID ", done_at " TIME
    ", done_by " ID ", outcome " TEXT ", key " TEXT " UNIQUE, alert " ID ", card " JSON
    ", rule " TEXT END
    "CREATE INDEX task_assignee ON task (assignee, done_at, due_at);\n"
    "CREATE INDEX task_record ON task (record);\n"
    "CREATE INDEX task_alert ON task (alert) WHERE alert IS NOT NULL;\n"
    "CREATE TABLE message (id " ID " PRIMARY KEY, recipient " ID " NOT NULL, channel " TEXT
    " NOT NULL, level " INT ", rule " TEXT ", object " INT ", record " ID ", title " TEXT
    " NOT NULL, body " TEXT ", created_at " TIME " NOT NULL, sent_at " TIME ", read_at " TIME
    ", key " TEXT " UNIQUE" END
    "CREATE INDEX message_recipient ON message (recipient, created_at);\n"
    "CREATE INDEX message_unread ON message (recipient, channel) WHERE read_at IS NULL;\n"
    "CREATE INDEX message_unsent ON message (created_at) WHERE sent_at IS NULL;\n"
    "CREATE TABLE timer (rule " INT " NOT NULL, record " ID " NOT NULL, object " INT
    " NOT NULL, since_at " TIME " NOT NULL, level " INT " NOT NULL, due_at " TIME
    ", PRIMARY KEY (rule, record)" END
    "CREATE INDEX timer_due ON timer (due_at);\n"
    "CREATE INDEX timer_record ON timer (record);\n";

/* Sessions, files, imports, views. */
static const char session_sql[] =
    "CREATE TABLE session (token_hash " ID " PRIMARY KEY, \"user\" " ID " NOT NULL, created_at "
    TIME " NOT NULL, last_at " TIME " NOT NULL, expires_at " TIME " NOT NULL, address " TEXT
    ", agent " TEXT ", csrf " TEXT " NOT NULL" END
    "CREATE INDEX session_user ON session (\"user\");\n"
    "CREATE INDEX session_expires ON session (expires_at);\n"
    "CREATE TABLE credential (\"user\" " ID " PRIMARY KEY, password " TEXT ", changed_at " TIME
    ", failed_count " INT " NOT NULL DEFAULT 0, locked_until " TIME ", invite_hash " ID
    ", invite_until " TIME END
    "CREATE TABLE file (id " ID " PRIMARY KEY, name " TEXT " NOT NULL, type " TEXT
    " NOT NULL, size " INT " NOT NULL, sha256 " ID " NOT NULL, owner " ID ", created_at " TIME
    " NOT NULL, object " INT ", record " ID ", field " INT ", deleted_at " TIME END
    "CREATE INDEX file_record ON file (record);\n"
    "CREATE INDEX file_hash ON file (sha256);\n"
    "CREATE TABLE idempotency (\"user\" " ID " NOT NULL, key " TEXT " NOT NULL, created_at " TIME
    " NOT NULL, status " INT " NOT NULL, body " ID ", request_hash " ID
    ", PRIMARY KEY (\"user\", key)" END
    "CREATE INDEX idempotency_created ON idempotency (created_at);\n"
    "CREATE TABLE import_run (id " ID " PRIMARY KEY, version " INT " NOT NULL DEFAULT 1, kind "
    TEXT " NOT NULL, object " TEXT " NOT NULL, state " TEXT " NOT NULL, file_name " TEXT
    ", mapping " JSON ", rows " INT ", created " INT " NOT NULL DEFAULT 0, updated " INT
    " NOT NULL DEFAULT 0, skipped " INT " NOT NULL DEFAULT 0, failed " INT
    " NOT NULL DEFAULT 0, done " INT " NOT NULL DEFAULT 0, report " JSON ", created_at " TIME
    " NOT NULL, \"by\" " ID ", started_at " TIME ", finished_at " TIME ", undone_at " TIME END
    "CREATE INDEX import_run_created ON import_run (created_at);\n"
    "CREATE TABLE import_row (import " ID " NOT NULL, record " ID " NOT NULL, object " INT
    " NOT NULL, action " INT " NOT NULL, row " INT ", before " JSON
    ", PRIMARY KEY (import, record)" END
    "CREATE TABLE view (id " ID " PRIMARY KEY, version " INT " NOT NULL, object " TEXT
    " NOT NULL, name " TEXT " NOT NULL, owner " ID ", shared " TEXT " NOT NULL, body " JSON
    " NOT NULL, created_at " TIME " NOT NULL, created_by " ID ", updated_at " TIME
    " NOT NULL, updated_by " ID END
    "CREATE INDEX view_object ON view (object, owner);\n";

/*
 * What must be answered for later: masked values shown, exports, keys, rights. Names, not ids:
 * a line says what it said when it was written, whatever is renamed since. Never changed.
 */
static const char audit_sql[] =
    "CREATE TABLE audit (seq " SERIAL ", at " TIME " NOT NULL, \"by\" " ID ", kind " TEXT
    " NOT NULL, object " TEXT ", record " ID ", field " TEXT ", detail " JSON ", hash " ID END
    "CREATE INDEX audit_at ON audit (at);\n"
    "CREATE INDEX audit_by ON audit (\"by\", at);\n"
    "CREATE INDEX audit_record ON audit (record, at);\n";
/* Records opened to a person or a team; what has ended is swept away later. */
static const char share_sql[] =
    "CREATE TABLE share (id " ID " PRIMARY KEY, object " INT " NOT NULL, record " ID
    " NOT NULL, person " ID ", team " ID ", level " INT " NOT NULL, until " TIME
    ", created_at " TIME " NOT NULL, created_by " ID END
    "CREATE INDEX share_record ON share (record);\n"
    "CREATE INDEX share_person ON share (person, object, record) WHERE person IS NOT NULL;\n"
    "CREATE INDEX share_team ON share (team, object, record) WHERE team IS NOT NULL;\n"
    "CREATE INDEX share_until ON share (until) WHERE until IS NOT NULL;\n";

/* Who is told of changes, how far, and how it went. */
static const char webhook_sql[] =
    "CREATE TABLE webhook (id " ID " PRIMARY KEY, version " INT " NOT NULL, name " TEXT
    " NOT NULL, url " TEXT " NOT NULL, objects " TEXT " NOT NULL, kinds " INT " NOT NULL, filter "
    TEXT ", has_records " INT " NOT NULL, is_active " INT " NOT NULL, person " ID
    " NOT NULL, secret " TEXT " NOT NULL, secret_before " TEXT ", secret_until " TIME
    ", position " INT " NOT NULL, pending_until " INT ", failed_count " INT
    " NOT NULL, failing_since " TIME ", next_at " TIME ", paused_why " TEXT ", created_at " TIME
    " NOT NULL" END
    "CREATE TABLE webhook_delivery (id " ID " PRIMARY KEY, hook " ID " NOT NULL, message " TEXT
    " NOT NULL, first " INT " NOT NULL, last " INT " NOT NULL, events " INT
    " NOT NULL, attempt " INT " NOT NULL, status " INT " NOT NULL, error " TEXT ", at " TIME
    " NOT NULL, took_ms " INT " NOT NULL" END
    "CREATE INDEX webhook_delivery_hook ON webhook_delivery (hook, id);\n";

/*
 * App packs: what is installed, what each shipped last (base of the next merge), and what
 * each apply changed (for undo); packs that were uploaded and wait to be applied.
 */
static const char pack_sql[] =
    "CREATE TABLE pack (name " TEXT " PRIMARY KEY, version " TEXT " NOT NULL, head " JSON
    " NOT NULL, applied_at " TIME " NOT NULL, applied_by " ID END
    "CREATE TABLE pack_base (pack " TEXT " NOT NULL, kind " TEXT " NOT NULL, name " TEXT
    " NOT NULL, body " JSON " NOT NULL, PRIMARY KEY (pack, kind, name)" END
    "CREATE TABLE pack_run (id " ID " PRIMARY KEY, pack " TEXT " NOT NULL, body " JSON
    " NOT NULL, at " TIME " NOT NULL, \"by\" " ID ", undone_at " TIME END
    "CREATE INDEX pack_run_pack ON pack_run (pack, at);\n"
    "CREATE TABLE pack_upload (id " ID " PRIMARY KEY, body " JSON " NOT NULL, at " TIME
    " NOT NULL, \"by\" " ID " NOT NULL" END;
/* Keys of programs: only a hash of their secret. */
static const char key_sql[] =
    "CREATE TABLE api_key (id " ID " PRIMARY KEY, hash " ID " NOT NULL UNIQUE, hint " TEXT
    " NOT NULL, name " TEXT " NOT NULL, role " INT " NOT NULL, scopes " INT " NOT NULL, person "
    ID " NOT NULL, rate_per_min " INT " NOT NULL, until " TIME ", created_at " TIME
    " NOT NULL, created_by " ID ", last_at " TIME END;

/* The way a line came: "web", "key:…"; and its kinds are looked for. */
static const char audit_via_sql[] = "ALTER TABLE audit ADD COLUMN via " TEXT ";\n"
                                    "CREATE INDEX audit_kind ON audit (kind, seq);\n";

/*
 * Whose history an entry is, whatever its name was; long work in steps, which goes on where it
 * stood. lost: what a deleted object's records were kept for has passed.
 */
static const char life_sql[] =
    "ALTER TABLE config_history ADD COLUMN config " INT ";\n"
    "ALTER TABLE config_history ADD COLUMN is_follow " INT ";\n"
    "ALTER TABLE config_history ADD COLUMN lost " INT ";\n"
    "UPDATE config_history SET config = (SELECT c.id FROM config AS c "
    "WHERE c.kind = config_history.kind AND c.name = config_history.name);\n"
    "CREATE INDEX config_history_config ON config_history (kind, config, seq);\n"
    "CREATE TABLE job (id " SERIAL ", kind " TEXT " NOT NULL, state " TEXT " NOT NULL, object "
    INT ", field " INT ", body " JSON " NOT NULL, place " INT ", done " INT
    " NOT NULL DEFAULT 0, total " INT ", error " TEXT ", created_at " TIME " NOT NULL, \"by\" "
    ID ", finished_at " TIME END
    "CREATE INDEX job_state ON job (state, id);\n";
/* The second factor: a secret that is computed with, recovery codes as hashes. */
static const char otp_sql[] =
    "CREATE TABLE otp (\"user\" " ID " PRIMARY KEY, secret " ID " NOT NULL, created_at " TIME
    " NOT NULL, confirmed_at " TIME ", last_step " INT " NOT NULL" END
    "CREATE TABLE otp_code (\"user\" " ID " NOT NULL, hash " ID
    " NOT NULL, PRIMARY KEY (\"user\", hash)" END;

/* Which process runs an import: "host:pid"; of one that is gone nobody ends it. */
static const char owner_sql[] = "ALTER TABLE import_run ADD COLUMN owner " TEXT ";\n";

/* Stored formulas whose columns a job still fills; what a job is tried again after. */
static const char filling_sql[] =
    "CREATE TABLE filling (field " INT " PRIMARY KEY, object " INT " NOT NULL, job " INT
    " NOT NULL, is_on " INT " NOT NULL" END
    "CREATE INDEX filling_job ON filling (job);\n"
    "ALTER TABLE job ADD COLUMN attempts " INT " NOT NULL DEFAULT 0;\n"
    "ALTER TABLE job ADD COLUMN retry_at " TIME ";\n";

/*
 * A saved view that has been made part of the app: the configuration's name of it, which then
 * stands for it. What became of views that several people use.
 */
static const char view_part_sql[] =
    "ALTER TABLE view ADD COLUMN part " TEXT ";\n"
    "CREATE TABLE view_change (id " SERIAL ", view " ID " NOT NULL, before " JSON ", after " JSON
    ", at " TIME " NOT NULL, \"by\" " ID END
    "CREATE INDEX view_change_view ON view_change (view, id);\n";

const struct migration schema_migrations[] = {
    { 1, "configuration and people", config_sql },
    { 2, "history, alerts, tasks, messages", trail_sql },
    { 3, "sessions, files, imports, views", session_sql },
    { 4, "audit", audit_sql },
    { 5, "shares", share_sql },
    { 6, "webhooks", webhook_sql },
    { 7, "app packs", pack_sql },
    { 8, "keys", key_sql },
    { 9, "how a line of the audit came", audit_via_sql },
    { 10, "history of each configuration, jobs", life_sql },
    { 11, "one-time passwords", otp_sql },
    { 12, "who runs an import", owner_sql },
    { 13, "columns that are being filled", filling_sql },
    { 14, "views as part of the app, their history", view_part_sql },
};

const int schema_migration_count = sizeof(schema_migrations) / sizeof(schema_migrations[0]);
