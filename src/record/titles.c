/*
 * Titles and names by the page. What is wanted stands in one list with an index over it; a
 * reading takes everything not read yet, object by object, some hundred at a time.
 */
#include "record/titles.h"

enum { TITLES_PER_STATEMENT = 200, TITLES_CAPACITY = 32 };

void titles_begin(struct titles *titles, struct scope *scope,
                  const struct record_context *context)
{
    *titles = (struct titles){ .scope = scope, .context = context };
}

/* ---- what is wanted ---- */

static bool is_it(const struct title *title, const struct object *object, struct uuid id,
                  bool is_name)
{
    return title->object == object && title->is_name == is_name && uuid_equal(title->id, id);
}

/* Where it stands in the index, or the free place it would take. */
static int *place_of(const struct titles *titles, const struct object *object, struct uuid id,
                     bool is_name)
{
    uint64_t mask = (uint64_t)titles->capacity * 2 - 1;
    uint64_t at = str_hash((struct str){ (const char *)id.bytes, sizeof(id.bytes) }) & mask;
    while (titles->places[at] != 0 &&
           !is_it(&titles->items[titles->places[at] - 1], object, id, is_name)) {
        at = (at + 1) & mask;
    }
    return &titles->places[at];
}

static void grow(struct titles *titles)
{
    struct title *old = titles->items;
    titles->capacity = titles->capacity > 0 ? titles->capacity * 2 : TITLES_CAPACITY;
    titles->items = scope_new(titles->scope, struct title, titles->capacity);
    titles->places = scope_new(titles->scope, int, (size_t)titles->capacity * 2);
    for (int i = 0; i < titles->count; i++) {
        titles->items[i] = old[i];
        *place_of(titles, old[i].object, old[i].id, old[i].is_name) = i + 1;
    }
}

/* Its index, whether it was wanted before or not. */
static int want(struct titles *titles, const struct object *object, struct uuid id, bool is_name)
{
    if (titles->count == titles->capacity) grow(titles);
    int *place = place_of(titles, object, id, is_name);
    if (*place == 0) {
        titles->items[titles->count++] =
            (struct title){ .object = object, .id = id, .is_name = is_name, .text = STR("") };
        *place = titles->count;
    }
    return *place - 1;
}

void titles_want(struct titles *titles, const struct object *object, struct uuid id)
{
    if (object && !uuid_is_nil(id)) want(titles, object, id, false);
}

void titles_want_name(struct titles *titles, const struct object *object, struct uuid id)
{
    if (object && !uuid_is_nil(id)) want(titles, object, id, true);
}

/* ---- reading ---- */

/* The field that names a record to the actor; NULL: none does. */
static const struct field *naming(const struct titles *titles, const struct object *object)
{
    const struct record_context *context = titles->context;
    const struct field *field = object->title;
    bool is_told = field && access_field_mode(context->access, context->actor, object, field) <
                                FIELD_MASKED;
    return is_told ? field : NULL;
}

/* SELECT id, title … WHERE the actor may read it AND id IN ( */
static void put_titles(struct sql *sql, const struct titles *titles, const struct object *object)
{
    const struct record_context *context = titles->context;
    const struct field *field = naming(titles, object);
    struct field_path path = { .fields = { field }, .count = 1 };
    struct access_reader reader;
    access_reader_begin(&reader, context->access, context->actor, context->now_ms);
    struct formula_context formulas = access_formula_context(
        context->access, context->actor, &reader, STR("t"), context->now_ms);
    sql_put(sql, STR("SELECT t.id, "));
    if (field) {
        field_path_put(sql, &formulas, &path);
    } else {
        sql_put(sql, STR("NULL"));
    }
    sql_put(sql, STR(" FROM "));
    sql_name(sql, object->table);
    sql_put(sql, STR(" AS t WHERE "));
    if (!object->is_builtin) sql_put(sql, STR("t.deleted_at IS NULL AND "));
    access_put(sql, context->access, context->actor, context->now_ms, object, ACTION_READ,
               STR("t"));
    sql_put(sql, STR(" AND t.id IN ("));
}

static void put_names(struct sql *sql, const struct object *object)
{
    sql_put(sql, STR("SELECT t.id, t.name FROM "));
    sql_name(sql, object->table);
    sql_put(sql, STR(" AS t WHERE t.id IN ("));
}

static void take(struct titles *titles, const struct title *asked, const struct rows *rows)
{
    const struct record_context *context = titles->context;
    const struct field *field = asked->is_name ? NULL : naming(titles, asked->object);
    struct value_context values = { context->access->schema, context->actor->language,
                                    context->now_ms };
    for (int i = 0; i < rows->count; i++) {
        const struct cell *cells = rows->items[i].cells;
        int at = *place_of(titles, asked->object, cell_uuid(&cells[0]), asked->is_name) - 1;
        titles->items[at].is_seen = true;
        if (cells[1].kind == CELL_NULL) continue;
        titles->items[at].text =
            field ? field_text(titles->scope, &values, field, &cells[1]) : cells[1].text;
    }
}

/* What is like the item and has not been read, from it on. */
static bool read_like(struct titles *titles, struct db_conn *conn, int first)
{
    struct title *asked = &titles->items[first];
    struct sql sql;
    struct rows rows;
    int count = 0;
    sql_begin(&sql, titles->scope);
    if (asked->is_name) {
        put_names(&sql, asked->object);
    } else {
        put_titles(&sql, titles, asked->object);
    }
    for (int i = first; i < titles->count && count < TITLES_PER_STATEMENT; i++) {
        struct title *title = &titles->items[i];
        if (title->is_read || title->object != asked->object ||
            title->is_name != asked->is_name) {
            continue;
        }
        if (count++ > 0) sql_put(&sql, STR(", "));
        sql_id(&sql, title->id);
        title->is_read = true;
    }
    sql_put(&sql, STR(")"));
    if (!sql_is_ok(titles->scope, &sql) ||
        !sql_all(titles->scope, conn, &sql, TITLES_PER_STATEMENT, &rows)) {
        return false;
    }
    take(titles, asked, &rows);
    return true;
}

static bool find(struct titles *titles, struct db_conn *conn, const struct object *object,
                 struct uuid id, bool is_name, struct title *out)
{
    *out = (struct title){ .text = STR("") };
    if (!object || uuid_is_nil(id)) return true;
    int at = want(titles, object, id, is_name);
    while (!titles->items[at].is_read) {
        int first = titles->read_count;
        if (!titles->items[first].is_read && !read_like(titles, conn, first)) return false;
        titles->read_count += 1;
    }
    *out = titles->items[at];
    return true;
}

bool titles_find(struct titles *titles, struct db_conn *conn, const struct object *object,
                 struct uuid id, struct str *out, bool *is_seen)
{
    struct title title;
    if (!find(titles, conn, object, id, false, &title)) return false;
    *out = title.text;
    if (is_seen) *is_seen = title.is_seen;
    return true;
}

bool titles_find_name(struct titles *titles, struct db_conn *conn, const struct object *object,
                      struct uuid id, struct str *out, bool *is_found)
{
    struct title title;
    if (!find(titles, conn, object, id, true, &title)) return false;
    *out = title.text;
    *is_found = title.is_seen;
    return true;
}
