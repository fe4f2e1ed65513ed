/*
 * Migrations: numbered, forward only, each in a write of its own together with
 * the row that says it has been applied. So a database is always at exactly one
 * version, whenever the power goes.
 */
#include "base/log.h"
#include "db/db_engine.h"

struct step {
    const struct migration *migrations;
    int count;
    int version; /* of the database; moved on by each write */
};

static bool version_load(struct scope *scope, struct db_conn *conn, void *context)
{
    struct step *step = context;
    struct row row;
    if (!db_exec(scope, conn,
                 STR("CREATE TABLE IF NOT EXISTS leadline_migration ("
                     "version INTEGER PRIMARY KEY, name TEXT NOT NULL, "
                     "applied_at BIGINT NOT NULL)"),
                 NULL, 0) ||
        !db_one(scope, conn, STR("SELECT COALESCE(MAX(version), 0) FROM leadline_migration"),
                NULL, 0, &row)) {
        return false;
    }
    int64_t version = row.cells[0].integer;
    if (version > step->count) {
        error_set(scope, ERROR_CONFLICT, "db.too_new", STR(""));
        error_arg(scope, "version", scope_format(scope, "%lld", (long long)version));
        return error_arg(scope, "known", scope_format(scope, "%d", step->count));
    }
    step->version = (int)version;
    return true;
}

static bool statements_run(struct scope *scope, struct db_conn *conn, struct str sql)
{
    while (sql.size > 0) {
        size_t end = str_find(sql, STR(";\n"));
        struct str statement = str_trim(str_slice(sql, 0, end == SIZE_MAX ? sql.size : end));
        sql = end == SIZE_MAX ? STR("") : str_slice(sql, end + 2, sql.size);
        if (statement.size > 0 && !db_exec(scope, conn, statement, NULL, 0)) return false;
    }
    return true;
}

static bool version_apply(struct scope *scope, struct db_conn *conn, void *context)
{
    struct step *step = context;
    const struct migration *migration = &step->migrations[step->version];
    struct cell args[2] = { cell_int(migration->version), cell_text(str_of(migration->name)) };
    struct row row;
    if (!db_one(scope, conn, STR("SELECT 1 FROM leadline_migration WHERE version = ?"), args, 1,
                &row)) {
        return false;
    }
    if (row.count > 0) return true; /* another process was faster */
    struct str sql = scope_format(scope,
                                  "INSERT INTO leadline_migration (version, name, applied_at) "
                                  "VALUES (?, ?, %s)",
                                  conn->db->engine->now_ms_sql);
    return statements_run(scope, conn, str_of(migration->sql)) &&
           db_exec(scope, conn, sql, args, 2);
}

bool db_migrate(struct scope *scope, struct db *db, const struct migration *migrations, int count)
{
    for (int i = 0; i < count; i++) {
        if (migrations[i].version != i + 1) {
            return error_storage(scope, STR("migrations must be numbered 1, 2, 3 and so on"));
        }
    }
    struct step step = { migrations, count, 0 };
    if (!db_write_wait(scope, db, version_load, &step)) return false;
    while (step.version < count) {
        if (!db_write_wait(scope, db, version_apply, &step)) return false;
        log_line(LOG_INFO, "db: migration %d %s applied", step.version + 1,
                 migrations[step.version].name);
        step.version += 1;
    }
    return true;
}
