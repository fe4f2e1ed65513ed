/*
 * A page of the feed: rows of history from a position on, those of one write put
 * together; then, object by object, one question which of the records the actor
 * may read. Cost follows FEED_SCAN_MAX, never the size of the history.
 */
#include "feed/feed.h"

#include "record/titles.h"

enum column { COL_ID, COL_OBJECT, COL_RECORD, COL_VERSION, COL_FIELD, COL_OLD, COL_NEW, COL_AT,
              COL_BY, COL_VIA };
enum { RECORDS_PER_QUESTION = 250 };

static const char *const kind_names[] = { "create", "update", "move", "delete", "restore" };
enum { KIND_COUNT = sizeof(kind_names) / sizeof(kind_names[0]) };

/* One write to one record. */
struct group {
    const struct row *rows;
    int count;
    const struct object *object;
    struct uuid record;
    enum feed_kind kind;
    bool is_visible;
};

struct page {
    struct db_conn *conn;
    const struct record_context *context;
    const struct feed_query *query;
    struct group *groups;
    int count;
    struct titles titles; /* of what lists of many-to-many fields hold */
};

/* ---- kinds ---- */

enum feed_kind feed_kind_find(struct str name)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if (str_is(name, kind_names[i])) return (enum feed_kind)(1 << i);
    }
    return 0;
}

const char *feed_kind_name(enum feed_kind kind)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if ((int)kind == 1 << i) return kind_names[i];
    }
    return "update";
}

enum feed_kind feed_kind_fold(enum feed_kind so_far, int64_t field)
{
    switch (field) {
    case CHANGE_CREATED: return FEED_CREATE;
    case CHANGE_DELETED: return FEED_DELETE;
    case CHANGE_RESTORED: return FEED_RESTORE;
    case FIELD_STAGE: return so_far == FEED_UPDATE ? FEED_MOVE : so_far;
    default: return so_far;
    }
}

/* ---- which writes ---- */

static bool is_asked(const struct page *page, const struct object *object)
{
    const struct feed_query *query = page->query;
    if (!object || object->is_builtin) return false;
    if (access_scope(page->context->access, page->context->actor, object, ACTION_READ) ==
        SCOPE_NONE) {
        return false;
    }
    for (int i = 0; i < query->object_count; i++) {
        if (query->objects[i] == object) return true;
    }
    return query->object_count == 0;
}

static bool is_same_write(const struct row *a, const struct row *b)
{
    return cell_equal(&a->cells[COL_RECORD], &b->cells[COL_RECORD]) &&
           cell_equal(&a->cells[COL_OBJECT], &b->cells[COL_OBJECT]) &&
           cell_equal(&a->cells[COL_VERSION], &b->cells[COL_VERSION]);
}

static struct group group_at(const struct page *page, const struct rows *rows, int at)
{
    const struct row *first = &rows->items[at];
    struct group group = { .rows = first, .kind = FEED_UPDATE };
    while (at + group.count < rows->count && is_same_write(first, first + group.count)) {
        group.kind = feed_kind_fold(group.kind,
                                    first[group.count].cells[COL_FIELD].integer);
        group.count += 1;
    }
    group.object = schema_object_by_id(page->context->access->schema,
                                       first->cells[COL_OBJECT].integer);
    group.record = cell_uuid(&first->cells[COL_RECORD]);
    return group;
}

/*
 * The writes in the rows. The last one may go on behind them: then it is left for
 * the next page, unless it is all there is.
 */
static void groups_find(struct scope *scope, struct page *page, const struct rows *rows)
{
    page->groups = scope_new(scope, struct group, rows->count);
    for (int at = 0; at < rows->count;) {
        struct group group = group_at(page, rows, at);
        at += group.count;
        if (at == rows->count && rows->count == FEED_SCAN_MAX && page->count > 0) return;
        page->groups[page->count++] = group;
    }
}

/* ---- who may read them ---- */

/* A deleted record is told of to those who could read it if it were there. */
static void put_question(struct sql *sql, const struct page *page, const struct object *object,
                         const struct formula_context *formulas)
{
    sql_put(sql, STR("SELECT t.id FROM "));
    sql_name(sql, object->table);
    sql_put(sql, STR(" AS t WHERE "));
    access_put(sql, page->context->access, page->context->actor, page->context->now_ms, object,
               ACTION_READ, STR("t"));
    if (page->query->where) {
        sql_put(sql, STR(" AND "));
        formula_put_condition(sql, formulas, page->query->where);
    }
    sql_put(sql, STR(" AND t.id IN ("));
}

static void mark_visible(struct page *page, const struct object *object, const struct rows *ids)
{
    for (int i = 0; i < page->count; i++) {
        struct group *group = &page->groups[i];
        for (int j = 0; group->object == object && !group->is_visible && j < ids->count; j++) {
            group->is_visible = uuid_equal(group->record, cell_uuid(&ids->items[j].cells[0]));
        }
    }
}

/* Distinct records of the object among the groups (seen: with is_visible only). */
static int records_of(const struct page *page, const struct object *object, bool is_seen_only,
                      struct uuid *out)
{
    int count = 0;
    for (int i = 0; i < page->count; i++) {
        const struct group *group = &page->groups[i];
        if (group->object != object || (is_seen_only && !group->is_visible)) continue;
        int j = 0;
        while (j < count && !uuid_equal(out[j], group->record)) j += 1;
        if (j == count) out[count++] = group->record;
    }
    return count;
}

static bool object_ask(struct scope *scope, struct db_conn *conn, struct page *page,
                       const struct object *object)
{
    struct access_reader reader;
    access_reader_begin(&reader, page->context->access, page->context->actor,
                        page->context->now_ms);
    struct formula_context formulas =
        access_formula_context(page->context->access, page->context->actor, &reader, STR("t"),
                               page->context->now_ms);
    struct uuid *ids = scope_new(scope, struct uuid, page->count);
    int count = records_of(page, object, false, ids);
    for (int at = 0; at < count; at += RECORDS_PER_QUESTION) {
        struct sql sql;
        struct rows seen;
        sql_begin(&sql, scope);
        put_question(&sql, page, object, &formulas);
        for (int i = at; i < count && i < at + RECORDS_PER_QUESTION; i++) {
            if (i > at) sql_put(&sql, STR(", "));
            sql_id(&sql, ids[i]);
        }
        sql_put(&sql, STR(")"));
        if (!sql_is_ok(scope, &sql) ||
            !sql_all(scope, conn, &sql, RECORDS_PER_QUESTION, &seen)) {
            return false;
        }
        mark_visible(page, object, &seen);
    }
    return true;
}

static bool is_first_of_object(const struct page *page, int at)
{
    for (int i = 0; i < at; i++) {
        if (page->groups[i].object == page->groups[at].object) return false;
    }
    return true;
}

static bool groups_ask(struct scope *scope, struct db_conn *conn, struct page *page)
{
    for (int i = 0; i < page->count; i++) {
        const struct object *object = page->groups[i].object;
        if (!is_first_of_object(page, i) || !is_asked(page, object)) continue;
        if (!object_ask(scope, conn, page, object)) return false;
    }
    return true;
}

/* ---- out ---- */

static void put_change(struct scope *scope, struct page *page, const struct group *group,
                       const struct row *row, struct json_writer *writer)
{
    const struct record_context *context = page->context;
    const struct field *field = object_field_by_id(group->object, row->cells[COL_FIELD].integer);
    if (!field || field->is_hidden) return;
    enum field_mode mode = access_field_mode(context->access, context->actor, group->object,
                                             field);
    if (mode == FIELD_HIDDEN) return;
    struct value_context values = { context->access->schema, context->actor->language,
                                    context->now_ms };
    bool is_told = mode != FIELD_MASKED && field_kind(field) != VALUE_LINES;
    json_map_begin(writer);
    json_member_str(writer, "field", field->name);
    struct cell old = row->cells[COL_OLD], now = row->cells[COL_NEW];
    bool is_list = field_kind(field) == VALUE_LINKS;
    if (is_list && (!links_seen(&page->titles, page->conn, field, &old) ||
                    !links_seen(&page->titles, page->conn, field, &now))) {
        return; /* the error stands in the scope */
    }
    json_key(writer, STR("old"));
    field_write_kept(scope, writer, &values, field, is_told ? &old : NULL);
    json_key(writer, STR("new"));
    field_write_kept(scope, writer, &values, field, is_told ? &now : NULL);
    json_map_end(writer);
}

static void member_id_or_null(struct json_writer *writer, const char *name,
                              const struct cell *cell)
{
    json_key(writer, str_of(name));
    if (cell->kind == CELL_BLOB) {
        json_put_id(writer, cell_uuid(cell));
    } else {
        json_put_null(writer);
    }
}

static void put_event(struct scope *scope, struct page *page, const struct group *group,
                      struct json_writer *writer)
{
    const struct cell *cells = group->rows[0].cells;
    json_map_begin(writer);
    json_member_int(writer, "position", group->rows[group->count - 1].cells[COL_ID].integer);
    json_member_str(writer, "kind", str_of(feed_kind_name(group->kind)));
    json_member_str(writer, "object", group->object->name);
    member_id_or_null(writer, "record", &cells[COL_RECORD]);
    json_member_int(writer, "version", cells[COL_VERSION].integer);
    json_key(writer, STR("at"));
    json_put_time(writer, cells[COL_AT].integer);
    member_id_or_null(writer, "by", &cells[COL_BY]);
    json_member_str(writer, "via", cells[COL_VIA].kind == CELL_TEXT ? cells[COL_VIA].text
                                                                    : STR(""));
    json_key(writer, STR("changes"));
    json_list_begin(writer);
    for (int i = 0; i < group->count; i++) {
        put_change(scope, page, group, &group->rows[i], writer);
    }
    json_list_end(writer);
    json_map_end(writer);
}

static bool is_told(const struct page *page, const struct group *group)
{
    return group->is_visible && (group->kind & page->query->kinds);
}

/* What the lists among the changes hold, so that it is asked for once for the whole page. */
static void links_gather(struct page *page)
{
    int count = 0;
    for (int i = 0; i < page->count && count < page->query->limit; i++) {
        const struct group *group = &page->groups[i];
        if (!is_told(page, group)) continue;
        count += 1;
        for (int j = 0; j < group->count; j++) {
            const struct cell *cells = group->rows[j].cells;
            const struct field *field =
                object_field_by_id(group->object, cells[COL_FIELD].integer);
            if (!field || field_kind(field) != VALUE_LINKS) continue;
            links_want(&page->titles, field, &cells[COL_OLD]);
            links_want(&page->titles, field, &cells[COL_NEW]);
        }
    }
}

/* Up to the limit; *count of the groups are done with, told or not. */
static int put_events(struct scope *scope, struct page *page, struct json_writer *writer,
                      struct feed_page *out)
{
    int done = 0;
    json_key(writer, STR("items"));
    json_list_begin(writer);
    for (; done < page->count && out->count < page->query->limit; done++) {
        struct group *group = &page->groups[done];
        group->is_visible = is_told(page, group);
        if (!group->is_visible) continue;
        put_event(scope, page, group, writer);
        if (out->count == 0) out->first = group->rows[group->count - 1].cells[COL_ID].integer;
        out->count += 1;
    }
    json_list_end(writer);
    return done;
}

static bool put_records(struct scope *scope, struct db_conn *conn, const struct page *page,
                        struct json_writer *writer)
{
    json_key(writer, STR("records"));
    json_map_begin(writer);
    for (int i = 0; i < page->count; i++) {
        const struct object *object = page->groups[i].object;
        if (!object || !is_first_of_object(page, i)) continue;
        struct uuid *ids = scope_new(scope, struct uuid, page->count);
        struct record_query query = { .object = object, .limit = FEED_LIMIT_MAX, .ids = ids };
        query.id_count = records_of(page, object, true, ids);
        if (query.id_count == 0) continue;
        json_key(writer, object->name);
        json_map_begin(writer);
        if (!query_parse_order(scope, page->context, STR("id"), &query) ||
            !query_write(scope, conn, page->context, &query, writer)) {
            return false;
        }
        json_map_end(writer);
    }
    json_map_end(writer);
    return true;
}

/* ---- the page ---- */

bool feed_end(struct scope *scope, struct db_conn *conn, int64_t *out)
{
    struct row row;
    if (!db_one(scope, conn, STR("SELECT MAX(id) FROM change"), NULL, 0, &row)) return false;
    *out = row.count > 0 && row.cells[0].kind == CELL_INT ? row.cells[0].integer : 0;
    return true;
}

bool feed_write(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                const struct feed_query *query, struct json_writer *writer, struct feed_page *out)
{
    struct page page = { .conn = conn, .context = context, .query = query };
    struct cell args[] = { cell_int(query->after),
                           cell_int(query->until > 0 ? query->until : INT64_MAX),
                           cell_int(CHANGE_RESTORED),
                           cell_int(FEED_SCAN_MAX) };
    struct rows rows;
    *out = (struct feed_page){ .next = query->after };
    if (!db_all(scope, conn,
                STR("SELECT id, object, record, version, field, old, new, at, \"by\", via "
                    "FROM change WHERE id > ? AND id <= ? AND field >= ? ORDER BY id LIMIT ?"),
                args, 4, FEED_SCAN_MAX, &rows)) {
        return false;
    }
    groups_find(scope, &page, &rows);
    if (!groups_ask(scope, conn, &page)) return false;
    titles_begin(&page.titles, scope, context);
    links_gather(&page);
    int done = put_events(scope, &page, writer, out);
    if (done > 0) {
        const struct group *last = &page.groups[done - 1];
        out->next = last->rows[last->count - 1].cells[COL_ID].integer;
        out->has_more = &last->rows[last->count] < &rows.items[rows.count] ||
                        rows.count == FEED_SCAN_MAX;
    }
    page.count = done;
    return !query->has_records || put_records(scope, conn, &page, writer);
}
