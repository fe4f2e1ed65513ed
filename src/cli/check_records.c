/* Records, their stays, their histories, and what is derived from them. */
#include "cli/check.h"

#include <stdio.h>
#include <sys/stat.h>

static void begin(struct check *check, struct sql *sql)
{
    sql_begin(sql, check->cli->scope);
}

/* ---- stays ---- */

/* The open stay of a record says the same as the record itself. */
static bool stay_open(struct check *check, const struct object *object)
{
    struct sql sql;
    begin(check, &sql);
    sql_put(&sql, STR("SELECT COUNT(*), MIN(t.id) FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t WHERE t.deleted_at IS NULL AND t.stage IS NOT NULL AND "
                      "(SELECT COUNT(*) FROM stage_stay AS s WHERE s.record = t.id AND "
                      "s.left_at IS NULL AND s.stage = t.stage AND s.pipeline = t.pipeline AND "
                      "s.entered_at = t.stage_entered_at) <> 1"));
    if (!check_rows(check, &sql, "cli.check.stay_open", object->name, STR(""), NULL)) return false;
    begin(check, &sql);
    sql_put(&sql, STR("SELECT COUNT(*), MIN(s.record) FROM (SELECT record FROM stage_stay "
                      "WHERE left_at IS NULL AND object = "));
    sql_int(&sql, object->id);
    sql_put(&sql, STR(" GROUP BY record HAVING COUNT(*) > 1) AS s"));
    return check_rows(check, &sql, "cli.check.stay_twice", object->name, STR(""), NULL);
}

/* One stay ends where the next begins; only the first comes from nowhere. */
static bool stay_chain(struct check *check, const struct object *object)
{
    struct sql sql;
    begin(check, &sql);
    sql_put(&sql, STR("SELECT COUNT(*), MIN(s.record) FROM stage_stay AS s WHERE s.object = "));
    sql_int(&sql, object->id);
    sql_put(&sql, STR(" AND (s.left_at < s.entered_at OR (s.left_at IS NOT NULL AND NOT EXISTS "
                      "(SELECT 1 FROM stage_stay AS n WHERE n.record = s.record AND "
                      "n.entered_at = s.left_at AND n.entered_from = s.stage)) OR "
                      "(s.entered_from IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stage_stay AS p "
                      "WHERE p.record = s.record AND p.left_at = s.entered_at AND "
                      "p.stage = s.entered_from)) OR "
                      "(s.entered_from IS NULL) <> (s.move = "));
    sql_int(&sql, MOVE_START);
    sql_put(&sql, STR(") OR (s.entered_from IS NULL AND EXISTS (SELECT 1 FROM stage_stay AS b "
                      "WHERE b.record = s.record AND b.id <> s.id AND "
                      "(b.entered_at < s.entered_at OR b.entered_from IS NULL))))"));
    return check_rows(check, &sql, "cli.check.stay_chain", object->name, STR(""), NULL);
}

bool check_stays(struct check *check)
{
    const struct schema *schema = check->workspace->snapshot->schema;
    for (int i = 0; i < schema->object_count; i++) {
        const struct object *object = &schema->objects[i];
        if (!object->has_pipeline) continue;
        if (!stay_open(check, object) || !stay_chain(check, object)) return false;
    }
    return true;
}

/* ---- history ---- */

/* Every record was made once, and no change speaks of a version it never had. */
bool check_history(struct check *check)
{
    const struct schema *schema = check->workspace->snapshot->schema;
    for (int i = 0; i < schema->object_count; i++) {
        const struct object *object = &schema->objects[i];
        if (!object->has_history) continue;
        struct sql sql;
        begin(check, &sql);
        sql_put(&sql, STR("SELECT COUNT(*), MIN(t.id) FROM "));
        sql_name(&sql, object->table);
        sql_put(&sql, STR(" AS t WHERE (SELECT COUNT(*) FROM change AS c WHERE c.object = "));
        sql_int(&sql, object->id);
        sql_put(&sql, STR(" AND c.record = t.id AND c.field = "));
        sql_int(&sql, CHANGE_CREATED);
        sql_put(&sql, STR(") <> 1 OR EXISTS (SELECT 1 FROM change AS c WHERE c.object = "));
        sql_int(&sql, object->id);
        sql_put(&sql, STR(" AND c.record = t.id AND c.version > t.version)"));
        if (!check_rows(check, &sql, "cli.check.history", object->name, STR(""), NULL)) {
            return false;
        }
    }
    return true;
}

/* ---- stored formulas ---- */

static bool stored_field(struct check *check, const struct object *object,
                         const struct field *field, bool *is_wrong)
{
    struct formula_context formulas =
        access_formula_context(check->context.snapshot->access, &check->context.actor, NULL,
                               STR("t"), check->context.now_ms);
    struct sql sql;
    begin(check, &sql);
    sql_put(&sql, STR("SELECT COUNT(*), MIN(t.id) FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t WHERE t.deleted_at IS NULL AND "));
    sql_column(&sql, STR("t"), field->column);
    sql_put(&sql, STR(" IS DISTINCT FROM "));
    formula_put(&sql, &formulas, field->formula);
    return check_rows(check, &sql, "cli.check.stored", object->name, field->name, is_wrong);
}

bool check_stored(struct check *check)
{
    const struct schema *schema = check->workspace->snapshot->schema;
    for (int i = 0; i < schema->object_count; i++) {
        const struct object *object = &schema->objects[i];
        for (int f = 0; f < object->field_count; f++) {
            bool is_wrong = false;
            const struct field *field = &object->fields[f];
            /* A column that is being filled is not read yet. */
            bool is_read = field->is_stored && !field->is_shadow;
            if (!is_read || field->formula->is_of_its_time) continue;
            if (!stored_field(check, object, field, &is_wrong)) return false;
            check->is_formula_wrong[i] = check->is_formula_wrong[i] || is_wrong;
        }
    }
    return true;
}

/* ---- many-to-many ---- */

/* The link table says what the rows say. */
static bool check_links_of(struct check *check, const struct object *object,
                           const struct field *field, bool *is_wrong)
{
    struct sql sql;
    begin(check, &sql);
    sql_put(&sql, STR("SELECT COUNT(*), MIN(t.id) FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t WHERE "));
    sql_column(&sql, STR("t"), field->column);
    sql_put(&sql, STR(" IS DISTINCT FROM (SELECT group_concat(f_id_text(q.v), ',') FROM "
                      "(SELECT l.target AS v FROM "));
    sql_name(&sql, field->link_table);
    sql_put(&sql, STR(" AS l WHERE l.record = t.id ORDER BY l.target) AS q)"));
    return check_rows(check, &sql, "cli.check.links", object->name, field->name, is_wrong);
}

bool check_links(struct check *check)
{
    const struct schema *schema = check->workspace->snapshot->schema;
    for (int i = 0; i < schema->object_count; i++) {
        const struct object *object = &schema->objects[i];
        for (int f = 0; f < object->field_count; f++) {
            const struct field *field = &object->fields[f];
            if (field_kind(field) != VALUE_LINKS) continue;
            if (!check_links_of(check, object, field, &check->is_link_wrong[i])) return false;
        }
    }
    return true;
}

/* ---- search ---- */

/*
 * The words a record is found by: its texts, joined by blanks. How many blanks is
 * nobody's business, so comparisons leave them out.
 */
static void put_words(struct sql *sql, const struct object *object)
{
    sql_put(sql, STR("TRIM(''"));
    for (int i = 0; i < object->search_count; i++) {
        if (field_kind(object->search[i]) != VALUE_TEXT) continue;
        sql_put(sql, STR(" || CASE WHEN "));
        sql_column(sql, STR("t"), object->search[i]->column);
        sql_put(sql, STR(" IS NULL THEN '' ELSE ' ' || "));
        sql_column(sql, STR("t"), object->search[i]->column);
        sql_put(sql, STR(" END"));
    }
    sql_put(sql, STR(")"));
}

/* Rows of the object under t, with what the search table has of them under s. */
static void put_unfound(struct check *check, struct sql *sql, const struct object *object)
{
    struct str table = scope_format(check->cli->scope, "%.*s_search", STR_ARG(object->table));
    sql_name(sql, object->table);
    sql_put(sql, STR(" AS t LEFT JOIN "));
    sql_name(sql, table);
    sql_put(sql, STR(" AS s ON s.rowid = t.search_id WHERE s.rowid IS NULL OR "
                     "REPLACE(s.text, ' ', '') <> REPLACE("));
    put_words(sql, object);
    sql_put(sql, STR(", ' ', '')"));
}

bool check_search(struct check *check)
{
    const struct schema *schema = check->workspace->snapshot->schema;
    for (int i = 0; i < schema->object_count; i++) {
        const struct object *object = &schema->objects[i];
        if (object->search_count == 0) continue;
        struct sql sql;
        begin(check, &sql);
        sql_put(&sql, STR("SELECT COUNT(*), MIN(t.id) FROM "));
        put_unfound(check, &sql, object);
        if (!check_rows(check, &sql, "cli.check.search", object->name, STR(""),
                        &check->is_search_wrong[i])) {
            return false;
        }
    }
    return true;
}

static bool mend_search_of(struct scope *scope, struct db_conn *conn, const struct check *check,
                           const struct object *object)
{
    struct str table = scope_format(scope, "%.*s_search", STR_ARG(object->table));
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("DELETE FROM "));
    sql_name(&sql, table);
    if (!sql_exec(scope, conn, &sql)) return false;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("INSERT INTO "));
    sql_name(&sql, table);
    sql_put(&sql, STR(" (rowid, text) SELECT t.search_id, "));
    put_words(&sql, object);
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t"));
    (void)check;
    return sql_exec(scope, conn, &sql);
}

bool mend_search(struct scope *scope, struct db_conn *conn, const struct check *check)
{
    const struct schema *schema = check->workspace->snapshot->schema;
    for (int i = 0; i < schema->object_count; i++) {
        if (!check->is_search_wrong[i]) continue;
        if (!mend_search_of(scope, conn, check, &schema->objects[i])) return false;
    }
    return true;
}

/* ---- files ---- */

bool check_files(struct check *check)
{
    struct scope *scope = check->cli->scope;
    struct db_cursor *cursor = NULL;
    if (!db_query(scope, check->conn,
                  STR("SELECT id, name, size, sha256 FROM file WHERE deleted_at IS NULL"), NULL, 0,
                  &cursor)) {
        return false;
    }
    bool has_row = false;
    while (db_next(scope, cursor, &has_row) && has_row) {
        struct stat found;
        struct cell hash = db_cell(cursor, 3);
        char path[4096], hex[2 * 32 + 1] = "";
        for (size_t i = 0; i < hash.text.size && i < 32; i++) {
            snprintf(hex + 2 * i, 3, "%02x", (unsigned char)hash.text.data[i]);
        }
        snprintf(path, sizeof(path), "%.*s/files/%.2s/%s",
                 STR_ARG(check->workspace->folder), hex, hex);
        if (stat(path, &found) == 0 && found.st_size == db_cell(cursor, 2).integer) continue;
        check->found_count += 1;
        struct str name = scope_copy(scope, db_cell(cursor, 1).text);
        cli_say(check->cli, "cli.check.file", "name", name.data, "file", path, NULL);
    }
    db_cursor_end(cursor);
    return !error_is_set(scope);
}
