/*
 * Which BI views there are, and keeping them right. What stands in the database says by itself
 * what it was made from: on SQLite the text of the view, on PostgreSQL a fingerprint of it in
 * the view's comment. So nothing is remembered besides, and whatever has happened to the
 * views, by a copy, by hand or by another version of this program, the next look puts right.
 *
 * Dropping goes before making: a name may pass from one view to another in one change.
 */
#include "engine/bi.h"

enum {
    VIEW_COUNT_MAX = 10000,
    VIEW_TEXT_SIZE_MAX = 900 * 1000, /* SQLite takes statements of a million bytes */
    VIEW_NAME_SIZE_MAX = 63,         /* PostgreSQL cuts names there */
};

/* Begins the comment of a view of ours on PostgreSQL. */
#define OURS STR("leadline ")

struct view {
    struct str name;
    const struct object *object; /* what a bi_view tells; NULL: it is only there */
    const struct field *links;
    struct str text; /* the SELECT */
    struct str made; /* what tells it from others made otherwise */
    bool is_right;
    bool is_foreign; /* somebody else has put it there */
};

struct views {
    struct view *items;
    int count;
    struct str place; /* PostgreSQL: the schema they stand in; empty: beside the tables */
    bool is_place_new, is_barred;
};

/* ---- what they show ---- */

static void exists_put(struct sql *sql, const struct object *object, const char *alias,
                       struct str column)
{
    sql_put(sql, STR("EXISTS (SELECT 1 FROM "));
    sql_name(sql, object->table);
    sql_put(sql, STR(" AS r WHERE r.id = "));
    sql_column(sql, str_of(alias), column);
    sql_put(sql, STR(" AND r.deleted_at IS NULL)"));
}

/* The row's record, of whatever object, is not deleted; or the row has none. */
static void subject_living_put(struct sql *sql, const struct bi *bi, const char *alias)
{
    sql_putf(sql, "(%s.object IS NULL OR CASE %s.object", alias, alias);
    for (int i = 0; i < bi->schema->object_count; i++) {
        const struct object *object = &bi->schema->objects[i];
        if (object->is_builtin) continue;
        sql_putf(sql, " WHEN %d THEN ", object->id);
        exists_put(sql, object, alias, STR("record"));
    }
    sql_put(sql, STR(" ELSE FALSE END)"));
}

static void living_put(struct sql *sql, const struct bi *bi, const struct object *object,
                       const char *alias)
{
    if (object->is_polymorphic) {
        subject_living_put(sql, bi, alias);
    } else if (!object->is_builtin) {
        sql_putf(sql, "%s.deleted_at IS NULL", alias);
    } else { /* an intervention: as its alert */
        const struct field *above = object->inherit_count > 0 ? object->inherit[0] : NULL;
        sql_put(sql, STR("EXISTS (SELECT 1 FROM "));
        sql_name(sql, above ? above->to->table : object->table);
        sql_put(sql, STR(" AS a WHERE a.id = "));
        sql_column(sql, str_of(alias), above ? above->column : STR("id"));
        if (above && above->to->is_polymorphic) {
            sql_put(sql, STR(" AND "));
            subject_living_put(sql, bi, "a");
        }
        sql_put(sql, STR(")"));
    }
}

static struct str object_text(const struct bi *bi, const struct object *object)
{
    struct sql sql;
    sql_begin(&sql, bi->scope);
    sql_put(&sql, STR("SELECT "));
    bi_columns_put(&sql, bi, object);
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t WHERE "));
    living_put(&sql, bi, object, "t");
    bool fits = !sql.text.is_over && sql.text.size <= VIEW_TEXT_SIZE_MAX;
    return fits ? buf_str(&sql.text) : STR("");
}

/* The pairs of a many-to-many field. */
static struct str links_text(const struct bi *bi, const struct field *field)
{
    struct sql sql;
    sql_begin(&sql, bi->scope);
    sql_put(&sql, STR("SELECT "));
    bi_id_put(&sql, bi, "l", STR("record"));
    sql_put(&sql, STR(" AS record, "));
    bi_id_put(&sql, bi, "l", STR("target"));
    sql_put(&sql, STR(" AS target FROM "));
    sql_name(&sql, field->link_table);
    sql_put(&sql, STR(" AS l WHERE "));
    exists_put(&sql, field->object, "l", STR("record"));
    sql_put(&sql, STR(" AND "));
    exists_put(&sql, field->to, "l", STR("target"));
    return buf_str(&sql.text);
}

/* ---- which there are ---- */

static bool is_taken(const struct bi *bi, const struct views *views, const struct views *there,
                     struct str name)
{
    for (int i = 0; i < views->count; i++) {
        if (str_equal_nocase(views->items[i].name, name)) return true;
    }
    for (int i = 0; i < there->count; i++) {
        const struct view *view = &there->items[i];
        if (view->is_foreign && str_equal_nocase(view->name, name)) return true;
    }
    for (int i = 0; i < bi->schema->object_count; i++) {
        const struct object *object = &bi->schema->objects[i];
        struct str words = scope_format(bi->scope, "%.*s_search", STR_ARG(object->table));
        if (str_equal_nocase(object->table, name) || str_equal_nocase(words, name)) return true;
    }
    return false;
}

static void view_add(const struct bi *bi, struct views *views, const struct views *there,
                     const struct bi_view *asked, struct str text)
{
    struct str name = asked->name;
    struct scope *scope = bi->scope;
    if (text.size == 0) return; /* one that is larger than a statement may be */
    while (is_taken(bi, views, there, name)) name = scope_format(scope, "%.*s_", STR_ARG(name));
    struct view view = { .name = name, .object = asked->object, .links = asked->links,
                         .text = text };
    struct sql made;
    sql_begin(&made, scope);
    sql_put(&made, STR("CREATE VIEW "));
    sql_name(&made, name);
    sql_put(&made, STR(" AS "));
    sql_put(&made, text);
    view.made = buf_str(&made.text);
    if (bi->dialect == DB_POSTGRES) {
        view.made = scope_format(scope, "leadline %016llx",
                                 (unsigned long long)str_hash(view.made));
    }
    views->items[views->count++] = view;
}

/* Old values of any field and what was told to people are no table to be read by others. */
static bool has_view(const struct object *object)
{
    return !object->is_builtin ||
           (!str_is(object->name, "change") && !str_is(object->name, "message"));
}

static void views_wanted(const struct bi *bi, const struct views *there, struct views *out)
{
    const struct schema *schema = bi->schema;
    int room = 0;
    for (int i = 0; i < schema->object_count; i++) room += 1 + schema->objects[i].field_count;
    out->items = scope_new(bi->scope, struct view, room + 1);
    out->count = 0;
    for (int i = 0; i < schema->object_count; i++) {
        const struct object *object = &schema->objects[i];
        if (!has_view(object)) continue;
        struct str name = scope_format(bi->scope, "bi_%.*s", STR_ARG(object->name));
        view_add(bi, out, there, &(struct bi_view){ name, object, NULL },
                 object_text(bi, object));
    }
    for (int i = 0; i < schema->object_count; i++) {
        const struct object *object = &schema->objects[i];
        for (int k = 0; k < object->field_count; k++) {
            const struct field *field = &object->fields[k];
            if (field_kind(field) != VALUE_LINKS || !bi_shows(bi, field)) continue;
            struct str name = scope_format(bi->scope, "bi_%.*s_%.*s", STR_ARG(object->name),
                                           STR_ARG(field->name));
            if (name.size >= VIEW_NAME_SIZE_MAX) {
                name = scope_format(bi->scope, "bi_link_%d", field->id);
            }
            view_add(bi, out, there, &(struct bi_view){ name, object, field },
                     links_text(bi, field));
        }
    }
}

/* ---- which stand there ---- */

static bool place_find(struct scope *scope, struct db_conn *conn, struct views *out)
{
    static const char sql[] =
        "SELECT quote_ident(current_schema() || '_bi'), CAST(CASE "
        "WHEN n.oid IS NOT NULL THEN CASE WHEN has_schema_privilege(n.oid, 'CREATE') THEN 2 "
        "ELSE 0 END WHEN has_database_privilege(current_database(), 'CREATE') THEN 1 ELSE 0 END "
        "AS INTEGER) FROM (SELECT 1) AS one "
        "LEFT JOIN pg_namespace AS n ON n.nspname = current_schema() || '_bi'";
    struct row row;
    if (db_dialect(conn) == DB_SQLITE) return true;
    if (!db_one(scope, conn, str_of(sql), NULL, 0, &row)) return false;
    out->place = row.cells[0].text;
    out->is_place_new = row.cells[1].integer == 1;
    out->is_barred = row.cells[1].integer == 0;
    return true;
}

static bool views_there(struct scope *scope, struct db_conn *conn, struct views *out)
{
    static const char on_sqlite[] =
        "SELECT name, sql FROM sqlite_schema WHERE type = 'view' AND name LIKE 'bi!_%' ESCAPE '!'";
    static const char on_postgres[] =
        "SELECT CAST(c.relname AS TEXT), obj_description(c.oid, 'pg_class') FROM pg_class AS c "
        "JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE n.nspname = current_schema() || '_bi'";
    bool is_sqlite = db_dialect(conn) == DB_SQLITE;
    struct rows rows;
    *out = (struct views){ 0 };
    if (!place_find(scope, conn, out) ||
        !db_all(scope, conn, is_sqlite ? str_of(on_sqlite) : str_of(on_postgres), NULL, 0,
                VIEW_COUNT_MAX, &rows)) {
        return false;
    }
    out->items = scope_new(scope, struct view, rows.count + 1);
    out->count = rows.count;
    for (int i = 0; i < rows.count; i++) {
        out->items[i].name = rows.items[i].cells[0].text;
        out->items[i].made = rows.items[i].cells[1].text;
        out->items[i].is_foreign = !is_sqlite && !str_starts_with(out->items[i].made, OURS);
    }
    return true;
}

/* ---- making them ---- */

static void view_name_put(struct sql *sql, const struct views *there, struct str name)
{
    sql_put(sql, there->place); /* quoted by the database */
    if (there->place.size > 0) sql_put(sql, STR("."));
    sql_name(sql, name);
}

/* With what somebody has built on it: a change of ours must not fail because of that. */
static bool view_drop(struct scope *scope, struct db_conn *conn, const struct views *there,
                      const struct view *view)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("DROP VIEW "));
    view_name_put(&sql, there, view->name);
    if (db_dialect(conn) == DB_POSTGRES) sql_put(&sql, STR(" CASCADE"));
    return sql_exec(scope, conn, &sql);
}

static bool view_make(struct scope *scope, struct db_conn *conn, const struct views *there,
                      const struct view *view)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("CREATE VIEW "));
    view_name_put(&sql, there, view->name);
    sql_put(&sql, STR(" AS "));
    sql_put(&sql, view->text);
    if (!sql_exec(scope, conn, &sql)) return false;
    if (db_dialect(conn) == DB_SQLITE) return true;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("COMMENT ON VIEW "));
    view_name_put(&sql, there, view->name);
    sql_put(&sql, STR(" IS '"));
    sql_put(&sql, view->made); /* letters and digits */
    sql_put(&sql, STR("'"));
    return sql_exec(scope, conn, &sql);
}

static bool place_make(struct scope *scope, struct db_conn *conn, struct views *there)
{
    if (!there->is_place_new) return true;
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("CREATE SCHEMA "));
    sql_put(&sql, there->place);
    return sql_exec(scope, conn, &sql);
}

/* Marks what is as it should be on both sides; returns how many are not. */
static int views_compare(struct views *wanted, struct views *there)
{
    int count = 0;
    for (int k = 0; k < there->count; k++) count += !there->items[k].is_foreign;
    for (int i = 0; i < wanted->count; i++) {
        struct view *view = &wanted->items[i];
        for (int k = 0; k < there->count && !view->is_right; k++) {
            struct view *other = &there->items[k];
            if (!str_equal(view->name, other->name) || !str_equal(view->made, other->made)) {
                continue;
            }
            view->is_right = other->is_right = true;
        }
        count += view->is_right ? -1 : 1;
    }
    return count;
}

static bool bi_begin(struct scope *scope, struct db_conn *conn, const struct schema *schema,
                     struct bi *bi, struct views *wanted, struct views *there, int *wrong_count)
{
    struct str language, personal;
    *bi = (struct bi){ .scope = scope, .schema = schema, .dialect = db_dialect(conn) };
    *wanted = (struct views){ 0 };
    *wrong_count = 0;
    if (!views_there(scope, conn, there)) return false;
    if (there->is_barred) return true;
    if (!setting_get(scope, conn, STR("bi_language"), &language) ||
        !setting_get(scope, conn, STR("bi_personal"), &personal)) {
        return false;
    }
    bi->language = str_is(language, "en") ? LANGUAGE_EN : LANGUAGE_ZH;
    bi->has_personal = str_is(personal, "yes");
    views_wanted(bi, there, wanted);
    *wrong_count = views_compare(wanted, there);
    return true;
}

bool bi_is_settled(struct scope *scope, struct db_conn *conn, const struct schema *schema,
                   bool *out)
{
    struct views wanted, there;
    struct bi bi;
    int wrong_count;
    if (!bi_begin(scope, conn, schema, &bi, &wanted, &there, &wrong_count)) return false;
    *out = wrong_count == 0;
    return true;
}

bool bi_settle(struct scope *scope, struct db_conn *conn, const struct schema *schema)
{
    struct views wanted, there;
    struct bi bi;
    int wrong_count;
    if (!bi_begin(scope, conn, schema, &bi, &wanted, &there, &wrong_count)) return false;
    if (wrong_count == 0) return true;
    if (!place_make(scope, conn, &there)) return false;
    for (int i = 0; i < there.count; i++) {
        const struct view *view = &there.items[i];
        bool goes = !view->is_right && !view->is_foreign;
        if (goes && !view_drop(scope, conn, &there, view)) return false;
    }
    for (int i = 0; i < wanted.count; i++) {
        const struct view *view = &wanted.items[i];
        if (!view->is_right && !view_make(scope, conn, &there, view)) return false;
    }
    return true;
}

bool bi_list(struct scope *scope, struct db_conn *conn, const struct schema *schema,
             struct bi_list *out)
{
    struct views wanted, there;
    int wrong_count;
    *out = (struct bi_list){ 0 };
    if (!bi_begin(scope, conn, schema, &out->bi, &wanted, &there, &wrong_count)) return false;
    out->place = there.place;
    out->is_barred = there.is_barred;
    out->items = scope_new(scope, struct bi_view, wanted.count + 1);
    out->count = wanted.count;
    for (int i = 0; i < wanted.count; i++) {
        const struct view *view = &wanted.items[i];
        out->items[i] = (struct bi_view){ view->name, view->object, view->links };
    }
    return true;
}
