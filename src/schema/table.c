/*
 * Real tables for objects. Fields are known by id: the same id under another
 * name is a rename, a missing id is hidden (its column stays as _gone_<id>), an
 * id that was hidden comes back with its values. All of that is a change of the
 * catalogue only, so it takes milliseconds at any size; only a new unique index
 * reads the rows (others of large tables are left to a job).
 *
 * Every record table has, beside its fields, search_id (a small number that the
 * search table refers to) and deleted_at. There are no foreign keys: see README.
 * Indexes are named by ids (i<object>_<field>_…), so that renames leave them
 * alone, and hold living records only.
 */
#include "base/utf8.h"
#include "schema/schema_inner.h"

enum {
    INDEX_COUNT_MAX = SCHEMA_FIELD_COUNT_MAX + SCHEMA_INDEX_COUNT_MAX + SCHEMA_UNIQUE_COUNT_MAX + 8,
    ID_TEXT_SIZE = 12,
    INDEX_AT_ONCE_ROW_COUNT = 20000,
    VIOLATOR_COUNT_MAX = 5,
    VIOLATOR_LENGTH_MAX = 60,
};

struct index {
    struct str name;
    const struct field *fields[SCHEMA_INDEX_FIELD_COUNT_MAX];
    int field_count;
    bool is_unique;
};

struct index_list {
    struct index *items;
    int count;
};

/* ---- small statements ---- */

static const char *column_type(enum db_dialect dialect, enum value_kind kind)
{
    bool is_sqlite = dialect == DB_SQLITE;
    switch (kind) {
    case VALUE_TEXT:
    case VALUE_CHOICES:
    case VALUE_LINKS:
    case VALUE_JSON: return "TEXT";
    case VALUE_REAL: return is_sqlite ? "REAL" : "DOUBLE PRECISION";
    case VALUE_ID: return is_sqlite ? "BLOB" : "BYTEA";
    default: return is_sqlite ? "INTEGER" : "BIGINT";
    }
}

static bool run(struct scope *scope, struct db_conn *conn, const struct sql *sql)
{
    return sql_is_ok(scope, sql) && sql_exec(scope, conn, sql);
}

static bool column_rename(struct scope *scope, struct db_conn *conn, struct str table,
                          struct str from, struct str to)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("ALTER TABLE "));
    sql_name(&sql, table);
    sql_put(&sql, STR(" RENAME COLUMN "));
    sql_name(&sql, from);
    sql_put(&sql, STR(" TO "));
    sql_name(&sql, to);
    return run(scope, conn, &sql);
}

/* Both ways are looked up: by its key, and by the index. */
static bool link_table_create(struct scope *scope, struct db_conn *conn,
                              const struct field *field)
{
    struct sql sql;
    enum db_dialect dialect = db_dialect(conn);
    const char *id_type = column_type(dialect, VALUE_ID);
    if (field_kind(field) != VALUE_LINKS) return true;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("CREATE TABLE "));
    sql_name(&sql, field->link_table);
    sql_putf(&sql, " (record %s NOT NULL, target %s NOT NULL, PRIMARY KEY (record, target))",
             id_type, id_type);
    if (dialect == DB_SQLITE) sql_put(&sql, STR(" STRICT, WITHOUT ROWID"));
    if (!run(scope, conn, &sql)) return false;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("CREATE INDEX "));
    sql_name(&sql, scope_format(scope, "i%.*s", STR_ARG(field->link_table)));
    sql_put(&sql, STR(" ON "));
    sql_name(&sql, field->link_table);
    sql_put(&sql, STR(" (target, record)"));
    return run(scope, conn, &sql);
}

static bool column_add(struct scope *scope, struct db_conn *conn, struct str table,
                       const struct field *field)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("ALTER TABLE "));
    sql_name(&sql, table);
    sql_put(&sql, STR(" ADD COLUMN "));
    sql_name(&sql, field->column);
    sql_putf(&sql, " %s", column_type(db_dialect(conn), field_kind(field)));
    return run(scope, conn, &sql) && link_table_create(scope, conn, field);
}

bool table_column_add(struct scope *scope, struct db_conn *conn, struct str table,
                      const struct field *field)
{
    return column_add(scope, conn, table, field);
}

static bool table_rename(struct scope *scope, struct db_conn *conn, struct str from,
                         struct str to)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("ALTER TABLE "));
    sql_name(&sql, from);
    sql_put(&sql, STR(" RENAME TO "));
    sql_name(&sql, to);
    return run(scope, conn, &sql);
}

static struct str search_table(struct scope *scope, struct str table)
{
    return scope_format(scope, "%.*s_search", STR_ARG(table));
}

/* ---- indexes ---- */

/* System fields have negative ids: s7. */
static struct str id_text(struct scope *scope, int id)
{
    return scope_format(scope, "%s%d", id < 0 ? "s" : "", id < 0 ? -id : id);
}

static void index_add(struct scope *scope, const struct object *object,
                      const struct field *const *fields, int count, bool is_unique,
                      struct index_list *list)
{
    struct buf name;
    struct index *index = &list->items[list->count];
    *index = (struct index){ .is_unique = is_unique, .field_count = count };
    buf_begin(&name, scope, 128);
    buf_format(&name, "i%d", object->id);
    for (int i = 0; i < count; i++) {
        buf_put_char(&name, '_');
        buf_put(&name, id_text(scope, fields[i]->id));
        index->fields[i] = fields[i];
    }
    if (is_unique) buf_put(&name, STR("_u"));
    index->name = buf_str(&name);
    for (int i = 0; i < list->count; i++) {
        if (str_equal(list->items[i].name, index->name)) return;
    }
    list->count += 1;
}

static bool is_link(const struct field *field)
{
    return field_kind(field) == VALUE_ID && !field_is_file(field) && field->id != FIELD_ID;
}

static void system_indexes(struct scope *scope, const struct object *object,
                           struct index_list *list)
{
    const struct field *id = object_field_by_id(object, FIELD_ID);
    const struct field *updated = object_field_by_id(object, FIELD_UPDATED_AT);
    const struct field *by_update[] = { updated, id };
    const struct field *by_owner[] = { object->owner, updated, id };
    const struct field *by_stage[] = { object->stage, object->stage_entered_at };
    const struct field *by_close[] = { object->closed_at };
    for (int i = 0; i < object->inherit_count; i++) {
        const struct field *by_seen[] = { object->seen_by[i], updated, id };
        if (!object->seen_by[i]) continue;
        index_add(scope, object, by_seen, 3, false, list);
    }
    index_add(scope, object, by_update, 2, false, list);
    if (object->owner) index_add(scope, object, by_owner, 3, false, list);
    if (!object->has_pipeline) return;
    index_add(scope, object, by_stage, 2, false, list);
    index_add(scope, object, by_close, 1, false, list);
}

static bool is_prefix(const struct index *index, const struct index *longer)
{
    if (index->is_unique || index->field_count >= longer->field_count) return false;
    for (int i = 0; i < index->field_count; i++) {
        if (index->fields[i] != longer->fields[i]) return false;
    }
    return true;
}

/* What another index begins with, that one serves as well; each one less makes writes cheaper. */
static void drop_covered(struct index_list *list)
{
    int kept = 0;
    for (int i = 0; i < list->count; i++) {
        bool is_covered = false;
        for (int k = 0; k < list->count; k++) {
            if (is_prefix(&list->items[i], &list->items[k])) is_covered = true;
        }
        if (!is_covered) list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

/* Every index the definition asks for. */
static void indexes_of(struct scope *scope, const struct object *object, struct index_list *list)
{
    list->items = scope_new(scope, struct index, INDEX_COUNT_MAX);
    list->count = 0;
    system_indexes(scope, object, list);
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (field->id < 0 || field->column.size == 0) continue;
        if (field->is_unique) {
            index_add(scope, object, &field, 1, true, list);
        } else if (field->is_indexed || is_link(field)) {
            index_add(scope, object, &field, 1, false, list);
        }
    }
    for (int i = 0; i < object->unique_count; i++) {
        const struct unique *unique = &object->uniques[i];
        index_add(scope, object, unique->fields, unique->count, true, list);
    }
    const struct json *compounds = json_get(object->body, "indexes");
    for (int i = 0; compounds && i < compounds->count && i < SCHEMA_INDEX_COUNT_MAX; i++) {
        const struct json *names = &compounds->items[i];
        const struct field *fields[SCHEMA_INDEX_FIELD_COUNT_MAX];
        int count = 0;
        for (int k = 0; k < names->count && count < SCHEMA_INDEX_FIELD_COUNT_MAX; k++) {
            fields[count] = object_field(object, names->items[k].text);
            count += fields[count] != NULL;
        }
        if (count > 0) index_add(scope, object, fields, count, false, list);
    }
    drop_covered(list);
}

static const struct index *index_find(const struct index_list *list, struct str name)
{
    for (int i = 0; i < list->count; i++) {
        if (str_equal(list->items[i].name, name)) return &list->items[i];
    }
    return NULL;
}

static bool index_drop(struct scope *scope, struct db_conn *conn, const struct index *index)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("DROP INDEX IF EXISTS ")); /* one may still be waiting for its job */
    sql_name(&sql, index->name);
    return run(scope, conn, &sql);
}

static void put_columns(struct sql *sql, const struct index *index)
{
    for (int i = 0; i < index->field_count; i++) {
        if (i > 0) sql_put(sql, STR(", "));
        sql_name(sql, index->fields[i]->column);
    }
}

/* Combinations that occur twice already, and how often: columns of the index, then the count. */
static bool duplicates_find(struct scope *scope, struct db_conn *conn, struct str table,
                            const struct index *index, struct rows *out)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT "));
    put_columns(&sql, index);
    sql_put(&sql, STR(", count(*) FROM "));
    sql_name(&sql, table);
    sql_put(&sql, STR(" WHERE deleted_at IS NULL"));
    for (int i = 0; i < index->field_count; i++) {
        sql_put(&sql, STR(" AND "));
        sql_name(&sql, index->fields[i]->column);
        sql_put(&sql, STR(" IS NOT NULL"));
    }
    sql_put(&sql, STR(" GROUP BY "));
    put_columns(&sql, index);
    sql_putf(&sql, " HAVING count(*) > 1 ORDER BY %d DESC LIMIT %d", index->field_count + 1,
             VIOLATOR_COUNT_MAX + 1);
    return sql_is_ok(scope, &sql) &&
           db_all(scope, conn, buf_str(&sql.text), sql.args, sql.arg_count, VIOLATOR_COUNT_MAX + 1,
                  out);
}

/* "A, 3 (2); B, 4 (5)": values as people read them, how many records have them. */
static struct str violators_text(struct scope *scope, const struct index *index,
                                 const struct rows *rows)
{
    static const struct schema none = { .zone_min = 480 };
    const struct value_context values = { &none, LANGUAGE_ZH, 0 };
    struct buf out;
    buf_begin(&out, scope, 16 * 1024);
    for (int i = 0; i < rows->count && i < VIOLATOR_COUNT_MAX; i++) {
        const struct cell *cells = rows->items[i].cells;
        if (i > 0) buf_put(&out, STR("; "));
        for (int k = 0; k < index->field_count; k++) {
            if (k > 0) buf_put(&out, STR(", "));
            buf_put(&out, utf8_prefix(field_text(scope, &values, index->fields[k], &cells[k]),
                                      VIOLATOR_LENGTH_MAX));
        }
        buf_format(&out, " (%lld)", (long long)cells[index->field_count].integer);
    }
    if (rows->count > VIOLATOR_COUNT_MAX) buf_put(&out, STR("; …"));
    return buf_str(&out);
}

/* Values that occur twice already: said in words before the database says it in its own. */
static bool duplicates_check(struct scope *scope, struct db_conn *conn, struct str table,
                             const struct index *index)
{
    struct rows rows;
    if (!duplicates_find(scope, conn, table, index, &rows)) return false;
    if (rows.count == 0) return true;
    if (index->field_count == 1) {
        define_refuse(scope, index->fields[0], "unique", "schema.not_unique");
    } else {
        error_add(scope, ERROR_INVALID, "schema.not_unique", STR("unique"));
    }
    return error_arg(scope, "values", violators_text(scope, index, &rows));
}

/* "ON table (…) WHERE …" */
static void put_on(struct sql *sql, struct str table, const struct index *index)
{
    sql_put(sql, STR("ON "));
    sql_name(sql, table);
    sql_put(sql, STR(" ("));
    put_columns(sql, index);
    sql_put(sql, STR(") WHERE deleted_at IS NULL"));
    if (!index->fields[0]->is_hidden) return;
    sql_put(sql, STR(" AND ")); /* nearly always blank: only what is not is kept */
    sql_name(sql, index->fields[0]->column);
    sql_put(sql, STR(" IS NOT NULL"));
}

static bool index_create(struct scope *scope, struct db_conn *conn, struct str table,
                         const struct index *index, bool is_new_table)
{
    if (index->is_unique && !is_new_table &&
        !duplicates_check(scope, conn, table, index)) {
        return false;
    }
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, index->is_unique ? STR("CREATE UNIQUE INDEX ") : STR("CREATE INDEX "));
    sql_name(&sql, index->name);
    sql_put(&sql, STR(" "));
    put_on(&sql, table, index);
    return run(scope, conn, &sql);
}

/* ---- search ---- */

static bool search_set(struct scope *scope, struct db_conn *conn, struct str table,
                       const char *setting)
{
    struct sql sql;
    struct str words = search_table(scope, table);
    sql_begin(&sql, scope);
    sql_put(&sql, STR("INSERT INTO "));
    sql_name(&sql, words);
    sql_put(&sql, STR(" ("));
    sql_name(&sql, words);
    sql_put(&sql, STR(", rank) VALUES ("));
    sql_put(&sql, str_of(setting));
    sql_put(&sql, STR(")"));
    return run(scope, conn, &sql);
}

/*
 * Each commit leaves a piece of index behind. Eight of a size are joined a little with
 * every commit; only with sixty-four (by default sixteen) all at once, which holds the
 * writer up for a second.
 */
static bool search_create(struct scope *scope, struct db_conn *conn, struct str table)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("CREATE VIRTUAL TABLE "));
    sql_name(&sql, search_table(scope, table));
    sql_put(&sql, STR(" USING fts5 (text, tokenize = 'leadline')"));
    if (!run(scope, conn, &sql)) return false;
    return db_dialect(conn) != DB_SQLITE ||
           (search_set(scope, conn, table, "'automerge', 8") &&
            search_set(scope, conn, table, "'crisismerge', 64"));
}

static bool search_statement(struct scope *scope, struct db_conn *conn, const char *verb,
                             struct str table)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, str_of(verb));
    sql_name(&sql, search_table(scope, table));
    return run(scope, conn, &sql);
}

/* All texts anew, after the list of searched fields has changed. */
static bool search_fill(struct scope *scope, struct db_conn *conn, const struct object *object)
{
    struct sql sql;
    if (!search_statement(scope, conn, "DELETE FROM ", object->table)) return false;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("INSERT INTO "));
    sql_name(&sql, search_table(scope, object->table));
    sql_put(&sql, STR(" (rowid, text) SELECT search_id, "));
    for (int i = 0; i < object->search_count; i++) {
        sql_put(&sql, i == 0 ? STR("COALESCE(") : STR(" || ' ' || COALESCE("));
        sql_name(&sql, object->search[i]->column);
        sql_put(&sql, STR(", '')"));
    }
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" WHERE deleted_at IS NULL"));
    return run(scope, conn, &sql);
}

static bool is_same_search(const struct object *a, const struct object *b)
{
    if (a->search_count != b->search_count) return false;
    for (int i = 0; i < a->search_count; i++) {
        if (a->search[i]->id != b->search[i]->id) return false;
    }
    return true;
}

static bool search_change(struct scope *scope, struct db_conn *conn,
                          const struct object *old_object, const struct object *object)
{
    bool had = old_object && old_object->search_count > 0, has = object->search_count > 0;
    if (had && !has) return search_statement(scope, conn, "DROP TABLE ", object->table);
    if (!has || (had && is_same_search(old_object, object))) return true;
    if (!had && !search_create(scope, conn, object->table)) return false;
    return !old_object || search_fill(scope, conn, object);
}

/* ---- columns ---- */

static bool table_create(struct scope *scope, struct db_conn *conn, const struct object *object)
{
    struct sql sql;
    enum db_dialect dialect = db_dialect(conn);
    sql_begin(&sql, scope);
    sql_put(&sql, STR("CREATE TABLE "));
    sql_name(&sql, object->table);
    sql_put(&sql, dialect == DB_SQLITE ? STR(" (search_id INTEGER PRIMARY KEY")
                                       : STR(" (search_id BIGSERIAL PRIMARY KEY"));
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (field->column.size == 0) continue;
        sql_put(&sql, STR(", "));
        sql_name(&sql, field->column);
        sql_putf(&sql, " %s", column_type(dialect, field_kind(field)));
        if (field->id == FIELD_ID) sql_put(&sql, STR(" NOT NULL UNIQUE"));
        bool is_always = field->id == FIELD_VERSION || field->id == FIELD_CREATED_AT ||
                         field->id == FIELD_UPDATED_AT;
        if (is_always) sql_put(&sql, STR(" NOT NULL"));
    }
    sql_putf(&sql, ", deleted_at %s)", column_type(dialect, VALUE_DATETIME));
    if (dialect == DB_SQLITE) sql_put(&sql, STR(" STRICT"));
    bool is_ok = run(scope, conn, &sql);
    for (int i = 0; is_ok && i < object->field_count; i++) {
        is_ok = link_table_create(scope, conn, &object->fields[i]);
    }
    return is_ok;
}

/* A stored field under the same id whose column can go on being used. */
static const struct field *successor(const struct object *object, const struct field *field)
{
    const struct field *next = object_field_by_id(object, field->id);
    if (!next || next->column.size == 0) return NULL;
    return field_kind(next) == field_kind(field) ? next : NULL;
}

static bool is_computed(const struct field *field)
{
    return field->type->is_computed;
}

/* Hidden values of a person's field can come back; computed ones are made anew. */
static bool column_hide(struct scope *scope, struct db_conn *conn, const struct object *object,
                        const struct field *field)
{
    struct str name = scope_format(scope, "_gone_%s", id_text(scope, field->id).data);
    if (field->id < 0 || is_computed(field)) {
        int64_t number;
        if (!counter_next(scope, conn, object->id, field->id, STR("gone"), &number)) return false;
        name = scope_format(scope, "%s_%lld", name.data, (long long)number);
    }
    return column_rename(scope, conn, object->table, field->column, name);
}

/* First all that change their names are put aside, so that two fields may swap theirs. */
static bool columns_put_aside(struct scope *scope, struct db_conn *conn,
                              const struct object *old_object, const struct object *object)
{
    for (int i = 0; i < old_object->field_count; i++) {
        const struct field *field = &old_object->fields[i];
        if (field->column.size == 0) continue;
        const struct field *next = successor(object, field);
        if (!next) {
            if (!column_hide(scope, conn, object, field)) return false;
        } else if (!str_equal(next->column, field->column)) {
            struct str aside = scope_format(scope, "_move_%d", field->id);
            if (!column_rename(scope, conn, object->table, field->column, aside)) return false;
        }
    }
    return true;
}

static bool was_hidden(const struct object *old_object, const struct field *field)
{
    const struct json *gone = json_get(old_object->body, "gone");
    for (int i = 0; gone && i < gone->count; i++) {
        if (json_int(&gone->items[i], "id", 0) == field->id) return !is_computed(field);
    }
    return false;
}

static bool columns_put_in_place(struct scope *scope, struct db_conn *conn,
                                 const struct object *old_object, const struct object *object)
{
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (field->column.size == 0) continue;
        const struct field *before = object_field_by_id(old_object, field->id);
        struct str from = STR("");
        if (before && successor(object, before)) {
            if (str_equal(before->column, field->column)) continue;
            if (before->column.size > 0) from = scope_format(scope, "_move_%d", field->id);
        } else if (was_hidden(old_object, field)) {
            from = scope_format(scope, "_gone_%d", field->id);
        }
        bool is_ok = from.size > 0
                         ? column_rename(scope, conn, object->table, from, field->column)
                         : column_add(scope, conn, object->table, field);
        if (!is_ok) return false;
    }
    return true;
}

bool schema_last_row(struct scope *scope, struct db_conn *conn, struct str table, int64_t *out)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT max(search_id) FROM "));
    sql_name(&sql, table);
    if (!sql_is_ok(scope, &sql) || !sql_one(scope, conn, &sql, &row)) return false;
    *out = row.cells[0].kind == CELL_INT ? row.cells[0].integer : 0;
    return true;
}

/* So many records that an index of theirs is left to a job; see schema_index_next(). */
static bool is_large(struct scope *scope, struct db_conn *conn, const struct object *object,
                     bool *out)
{
    int64_t last = 0;
    bool is_own = object->id >= SCHEMA_OBJECT_ID_FIRST;
    if (is_own && !schema_last_row(scope, conn, object->table, &last)) return false;
    *out = last > INDEX_AT_ONCE_ROW_COUNT;
    return true;
}

static bool indexes_change(struct scope *scope, struct db_conn *conn,
                           const struct index_list *before, const struct index_list *after,
                           const struct object *object, bool is_new_table)
{
    bool is_left = false;
    if (!is_new_table && !is_large(scope, conn, object, &is_left)) return false;
    for (int i = 0; i < after->count; i++) {
        const struct index *index = &after->items[i];
        if (index_find(before, index->name) || (is_left && !index->is_unique)) continue;
        if (!index_create(scope, conn, object->table, index, is_new_table)) return false;
    }
    return true;
}

/* An index whose column is replaced has to go with it, although its name stays. */
static bool index_stays(const struct index *index, const struct index_list *after,
                        const struct object *object)
{
    if (!index_find(after, index->name)) return false;
    for (int i = 0; i < index->field_count; i++) {
        if (!successor(object, index->fields[i])) return false;
    }
    return true;
}

static bool indexes_drop(struct scope *scope, struct db_conn *conn, struct index_list *before,
                         const struct index_list *after, const struct object *object)
{
    int kept = 0;
    for (int i = 0; i < before->count; i++) {
        if (index_stays(&before->items[i], after, object)) {
            before->items[kept++] = before->items[i];
        } else if (!index_drop(scope, conn, &before->items[i])) {
            return false;
        }
    }
    before->count = kept;
    return true;
}

static bool tables_rename(struct scope *scope, struct db_conn *conn,
                          const struct object *old_object, struct str table)
{
    if (str_equal(old_object->table, table)) return true;
    if (!table_rename(scope, conn, old_object->table, table)) return false;
    return old_object->search_count == 0 ||
           table_rename(scope, conn, search_table(scope, old_object->table),
                        search_table(scope, table));
}

bool table_change(struct scope *scope, struct db_conn *conn, const struct object *old_object,
                  const struct object *object)
{
    struct index_list before = { NULL, 0 }, after;
    indexes_of(scope, object, &after);
    if (!old_object) {
        return table_create(scope, conn, object) &&
               indexes_change(scope, conn, &before, &after, object, true) &&
               search_change(scope, conn, NULL, object);
    }
    indexes_of(scope, old_object, &before);
    return tables_rename(scope, conn, old_object, object->table) &&
           indexes_drop(scope, conn, &before, &after, object) &&
           columns_put_aside(scope, conn, old_object, object) &&
           columns_put_in_place(scope, conn, old_object, object) &&
           indexes_change(scope, conn, &before, &after, object, false) &&
           search_change(scope, conn, old_object, object);
}

bool table_hide(struct scope *scope, struct db_conn *conn, const struct object *object)
{
    struct index_list indexes;
    indexes_of(scope, object, &indexes);
    for (int i = 0; i < indexes.count; i++) {
        if (!index_drop(scope, conn, &indexes.items[i])) return false;
    }
    if (object->search_count > 0 &&
        !search_statement(scope, conn, "DROP TABLE ", object->table)) {
        return false;
    }
    return table_rename(scope, conn, object->table, scope_format(scope, "_gone_%d", object->id));
}

bool table_show(struct scope *scope, struct db_conn *conn, const struct object *old_object,
                const struct object *object)
{
    struct index_list none = { NULL, 0 }, indexes;
    struct str hidden = scope_format(scope, "_gone_%d", object->id);
    indexes_of(scope, object, &indexes);
    if (!table_rename(scope, conn, hidden, object->table) ||
        !columns_put_aside(scope, conn, old_object, object) ||
        !columns_put_in_place(scope, conn, old_object, object) ||
        !indexes_change(scope, conn, &none, &indexes, object, false) ||
        !search_change(scope, conn, NULL, object)) {
        return false;
    }
    return object->search_count == 0 || search_fill(scope, conn, object);
}

bool schema_index_next(struct scope *scope, struct db_conn *conn, int object_id,
                       struct str *name, struct str *on, int *count)
{
    struct config_row row;
    struct object object;
    struct index_list indexes;
    struct str object_name;
    *count = 0;
    if (!config_name_of(scope, conn, STR("object"), object_id, &object_name) ||
        !config_get(scope, conn, STR("object"), object_name, &row)) {
        return false;
    }
    if (!row.is_found || object_id < SCHEMA_OBJECT_ID_FIRST) return true;
    if (!object_build(scope, &row.body, &object)) return false;
    indexes_of(scope, &object, &indexes);
    for (int i = 0; i < indexes.count; i++) {
        struct sql sql;
        bool is_there;
        if (!db_index_is(scope, conn, indexes.items[i].name, &is_there)) return false;
        if (is_there) continue;
        sql_begin(&sql, scope);
        put_on(&sql, object.table, &indexes.items[i]);
        if (!sql_is_ok(scope, &sql)) return false;
        *name = indexes.items[i].name;
        *on = buf_str(&sql.text);
        *count += 1;
    }
    return true;
}

bool schema_tables_make(struct scope *scope, struct db_conn *conn, const struct schema *before,
                        const struct schema *after)
{
    for (int i = 0; i < after->object_count; i++) {
        const struct object *object = &after->objects[i];
        const struct object *old_object = schema_object_by_id(before, object->id);
        if (object->is_builtin) continue; /* a table of the engine's own */
        if (!table_change(scope, conn, old_object, object)) return false;
    }
    return true;
}
