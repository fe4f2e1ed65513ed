/*
 * Names of other records. An object of up to RESOLVER_LOAD_MAX records is read
 * once; of larger ones each name is looked up when it first comes, through the
 * field's index and then through the text index. Only what the importing person
 * may read is found.
 */
#include "ingest/import_inner.h"

enum { SEARCHED_COUNT_MAX = 50 };

void resolvers_begin(struct resolvers *resolvers)
{
    *resolvers = (struct resolvers){ .count = 0 };
    scope_begin(&resolvers->scope);
}

static void resolver_clear(struct resolver *resolver)
{
    if (resolver->map) scope_end(&resolver->scope);
    resolver->map = NULL;
    resolver->is_complete = resolver->has_new = false;
}

void resolvers_end(struct resolvers *resolvers)
{
    for (int i = 0; i < resolvers->count; i++) resolver_clear(&resolvers->items[i]);
    resolvers->count = 0;
    scope_end(&resolvers->scope);
}

void resolvers_keep(struct resolvers *resolvers)
{
    for (int i = 0; i < resolvers->count; i++) resolvers->items[i].has_new = false;
}

void resolvers_forget(struct resolvers *resolvers, bool is_all)
{
    for (int i = 0; i < resolvers->count; i++) {
        if (is_all || resolvers->items[i].has_new) resolver_clear(&resolvers->items[i]);
    }
}

int resolver_index(struct resolvers *resolvers, struct str object, struct str match)
{
    for (int i = 0; i < resolvers->count; i++) {
        const struct resolver *resolver = &resolvers->items[i];
        if (str_equal(resolver->object, object) && str_equal(resolver->match, match)) return i;
    }
    if (resolvers->count == RESOLVER_COUNT_MAX) return -1;
    resolvers->items[resolvers->count] = (struct resolver){
        .object = scope_copy(&resolvers->scope, object),
        .match = scope_copy(&resolvers->scope, match),
    };
    return resolvers->count++;
}

/* The fields a name is looked for in. */
static int match_fields(const struct engine_context *context, const struct object *object,
                        const struct resolver *resolver, const struct field **out)
{
    int count = 0;
    if (resolver->match.size > 0) {
        out[count] = object_field(object, resolver->match);
        return out[0] ? 1 : 0;
    }
    if (object->title && object->title->column.size > 0) out[count++] = object->title;
    if (object == context->snapshot->access->user) {
        const struct field *login = object_field(object, STR("login"));
        if (login) out[count++] = login;
    }
    return count;
}

static void put_select(struct sql *sql, const struct engine_context *context,
                       const struct object *object, const struct field *const *fields, int count)
{
    sql_put(sql, STR("SELECT t.id"));
    for (int i = 0; i < count; i++) {
        sql_put(sql, STR(", "));
        sql_column(sql, STR("t"), fields[i]->column);
    }
    sql_put(sql, STR(" FROM "));
    sql_name(sql, object->table);
    sql_put(sql, object->is_builtin ? STR(" AS t WHERE ")
                                    : STR(" AS t WHERE t.deleted_at IS NULL AND "));
    access_put(sql, context->snapshot->access, &context->actor, context->now_ms, object,
               ACTION_READ, STR("t"));
}

static void entry_add(struct name_entry *entry, struct uuid id)
{
    if (entry->count > 0 && uuid_equal(entry->id, id)) return;
    entry->id = id;
    entry->count += 1;
}

static struct str cell_name(struct scope *scope, const struct engine_context *context,
                            const struct field *field, const struct cell *cell)
{
    struct value_context values = { context->snapshot->schema, context->actor.language,
                                    context->now_ms };
    return cell->kind == CELL_NULL ? STR("") : field_text(scope, &values, field, cell);
}

static bool load(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 const struct object *object, const struct field *const *fields, int count,
                 struct resolver *resolver)
{
    struct sql sql;
    struct db_cursor *cursor = NULL;
    sql_begin(&sql, scope);
    put_select(&sql, context, object, fields, count);
    sql_putf(&sql, " LIMIT %d", RESOLVER_LOAD_MAX + 1);
    if (!sql_query(scope, conn, &sql, &cursor)) return false;
    bool has_row = false;
    int rows = 0;
    while (db_next(scope, cursor, &has_row) && has_row && rows <= RESOLVER_LOAD_MAX) {
        struct scope inner;
        scope_begin(&inner);
        struct cell id = db_cell(cursor, 0);
        for (int i = 0; i < count; i++) {
            struct cell cell = db_cell(cursor, i + 1);
            struct str name = cell_name(&inner, context, fields[i], &cell);
            if (name.size > 0) entry_add(name_map_put(resolver->map, &inner, name), cell_uuid(&id));
        }
        scope_end(&inner);
        rows += 1;
    }
    db_cursor_end(cursor);
    if (error_is_set(scope)) return false;
    resolver->is_complete = rows <= RESOLVER_LOAD_MAX;
    if (resolver->is_complete) return true;
    /* Half a list would hide that a name is there twice. */
    scope_end(&resolver->scope);
    scope_begin(&resolver->scope);
    resolver->map = name_map_make(&resolver->scope);
    return true;
}

static bool take_rows(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct sql *sql,
                      const struct field *const *fields, int count, struct str name,
                      struct name_entry *entry)
{
    struct rows rows;
    if (!sql_all(scope, conn, sql, SEARCHED_COUNT_MAX + 1, &rows)) return false;
    struct str folded = name_fold(scope, name);
    for (int r = 0; r < rows.count; r++) {
        for (int i = 0; i < count; i++) {
            struct str found = cell_name(scope, context, fields[i], &rows.items[r].cells[i + 1]);
            if (!str_equal(name_fold(scope, found), folded)) continue;
            entry_add(entry, cell_uuid(&rows.items[r].cells[0]));
        }
    }
    return true;
}

/* One name in a large object. */
static bool look_up(struct scope *scope, struct db_conn *conn,
                    const struct engine_context *context, const struct object *object,
                    const struct field *const *fields, int count, struct str name,
                    struct name_entry *entry)
{
    struct sql sql;
    sql_begin(&sql, scope);
    put_select(&sql, context, object, fields, count);
    const char *separator = " AND ("; /* a constant among the terms would cost the index */
    for (int i = 0; i < count; i++) {
        struct value_context values = { context->snapshot->schema, context->actor.language,
                                        context->now_ms };
        struct cell cell;
        if (!fields[i]->type->read_text(scope, &values, fields[i], name, &cell)) {
            scope_error_clear(scope);
            continue;
        }
        sql_put(&sql, str_of(separator));
        separator = " OR ";
        sql_column(&sql, STR("t"), fields[i]->column);
        sql_put(&sql, STR(" = "));
        sql_value(&sql, cell);
    }
    if (separator[1] == 'A') return true; /* no field can hold such a text */
    sql_putf(&sql, ") LIMIT %d", SEARCHED_COUNT_MAX);
    if (!take_rows(scope, conn, context, &sql, fields, count, name, entry)) return false;
    if (entry->count > 0 || object->search_count == 0) return true;
    struct str match = db_search_query(scope, name);
    if (match.size == 0) return true;
    sql_begin(&sql, scope);
    put_select(&sql, context, object, fields, count);
    sql_put(&sql, STR(" AND t.search_id IN (SELECT rowid FROM "));
    sql_name(&sql, scope_format(scope, "%.*s_search", STR_ARG(object->table)));
    sql_put(&sql, STR(" WHERE text MATCH "));
    sql_text(&sql, match);
    sql_putf(&sql, ") LIMIT %d", SEARCHED_COUNT_MAX);
    return take_rows(scope, conn, context, &sql, fields, count, name, entry);
}

static bool look_up_id(struct scope *scope, struct db_conn *conn,
                       const struct engine_context *context, const struct object *object,
                       struct uuid id, enum found *found)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    put_select(&sql, context, object, NULL, 0);
    sql_put(&sql, STR(" AND t.id = "));
    sql_id(&sql, id);
    if (!sql_one(scope, conn, &sql, &row)) return false;
    *found = row.count > 0 ? FOUND_ONE : FOUND_NONE;
    return true;
}

bool resolver_find(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context, struct resolver *resolver,
                   struct str text, enum found *found, struct uuid *id)
{
    const struct object *object = schema_object(context->snapshot->schema, resolver->object);
    const struct field *fields[2];
    *found = FOUND_NONE;
    int count = object ? match_fields(context, object, resolver, fields) : 0;
    if (!object) return true;
    if (uuid_parse(text, id)) return look_up_id(scope, conn, context, object, *id, found);
    if (count == 0) return true;
    if (resolver->map && name_map_count(resolver->map) > RESOLVER_ENTRY_COUNT_MAX) {
        resolver_clear(resolver);
    }
    if (!resolver->map) {
        scope_begin(&resolver->scope);
        resolver->map = name_map_make(&resolver->scope);
        if (!load(scope, conn, context, object, fields, count, resolver)) return false;
    }
    struct name_entry *entry = name_map_get(resolver->map, scope, text);
    if (!entry && !resolver->is_complete) {
        entry = name_map_put(resolver->map, scope, text);
        if (!look_up(scope, conn, context, object, fields, count, text, entry)) return false;
    }
    if (!entry || entry->count == 0) return true;
    *found = entry->count == 1 ? FOUND_ONE : FOUND_MANY;
    *id = entry->id;
    return true;
}

void resolver_add(struct resolver *resolver, struct str text, struct uuid id)
{
    struct scope inner;
    if (!resolver->map) return;
    scope_begin(&inner);
    entry_add(name_map_put(resolver->map, &inner, text), id);
    resolver->has_new = true;
    scope_end(&inner);
}
