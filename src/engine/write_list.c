/*
 * A list of writes, as put_rows.c and update_rows.c do those of an import: tried all at once in a
 * savepoint. What they leave to their callers is looked at here for all of them: references, and
 * what of a write is about the person rather than the row. Whenever one is refused, or may be,
 * nothing is done, and the list is left to be written one by one, which alone tells why.
 */
#include "engine/inner.h"

enum { LIST_COUNT_MIN = 2, LIST_PART_COUNT = 500 };

struct listing {
    struct scope *scope;
    struct db_conn *conn;
    const struct engine_context *context;
    const struct object *object;
    const struct write *writes;
    int count;
    struct record *out;
    bool is_refused;
};

/* ---- where it may be done ---- */

static bool has_rule(const struct listing *list, unsigned event)
{
    const struct rules *rules = list->context->snapshot->rules;
    for (int i = 0; i < rules->change_count; i++) {
        const struct change_rule *rule = &rules->changes[i];
        if (rule->object == list->object && (rule->events & event)) return true;
    }
    return false;
}

/* What is computed for a new row must not look at those beside it. */
static bool has_wide_default(const struct object *object)
{
    for (int i = 0; i < object->field_count; i++) {
        const struct formula *formula = object->fields[i].default_value;
        for (int u = 0; formula && u < formula->use_count; u++) {
            if (formula->uses[u].via && formula->uses[u].object == object) return true;
        }
    }
    return false;
}

/* Records are made one's own, or somebody's by whoever may assign them. */
static bool may_own(const struct listing *list, const struct change *change)
{
    const struct actor *actor = &list->context->actor;
    return change->field != list->object->owner || change->cell.kind != CELL_BLOB ||
           actor_is_system(actor) || uuid_equal(cell_uuid(&change->cell), actor->user) ||
           access_scope(list->context->snapshot->access, actor, list->object, ACTION_ASSIGN) !=
               SCOPE_NONE;
}

static bool may_create(const struct listing *list)
{
    const struct access *access = list->context->snapshot->access;
    const struct object *object = list->object;
    if (object->has_pipeline || object == access->user || object == access->team ||
        access_scope(access, &list->context->actor, object, ACTION_CREATE) == SCOPE_NONE ||
        has_wide_default(object) || rows_ask_others(list->context->snapshot->rules, object) ||
        !engine_may_put_rows(list->context, object, false)) {
        return false;
    }
    for (int i = 0; i < list->count; i++) {
        const struct changes *changes = &list->writes[i].changes;
        for (int c = 0; c < changes->count; c++) {
            if (field_kind(changes->items[c].field) == VALUE_LINES ||
                !may_own(list, &changes->items[c])) {
                return false;
            }
        }
    }
    return true;
}

static bool has_twice(const struct listing *list)
{
    struct links ids = { scope_new(list->scope, struct uuid, list->count), list->count };
    for (int i = 0; i < list->count; i++) ids.ids[i] = list->writes[i].id;
    links_sort(&ids);
    return ids.count < list->count;
}

static bool may_update(const struct listing *list)
{
    bool *fields = scope_new(list->scope, bool, list->object->field_count);
    for (int i = 0; i < list->count; i++) {
        const struct changes *changes = &list->writes[i].changes;
        for (int c = 0; c < changes->count; c++) fields[changes->items[c].field->index] = true;
    }
    return !has_rule(list, RULE_UPDATE) && !has_twice(list) &&
           engine_may_update_rows(list->context, list->object, fields, false);
}

/* ---- references ---- */

/* May the actor read whatever one of the writes names in the field? */
static bool field_check(struct listing *list, const struct field *field)
{
    struct links all = { scope_new(list->scope, struct uuid, list->count), 0 }, seen;
    struct record_context context = engine_record_context(list->context);
    struct uuid self = list->context->actor.user;
    for (int i = 0; i < list->count; i++) {
        const struct changes *changes = &list->writes[i].changes;
        for (int c = 0; c < changes->count; c++) {
            const struct change *change = &changes->items[c];
            if (change->field != field || change->cell.kind != CELL_BLOB) continue;
            struct uuid id = cell_uuid(&change->cell);
            if (field == list->object->owner && uuid_equal(id, self)) continue;
            all.ids[all.count++] = id;
        }
    }
    links_sort(&all);
    if (!records_seen(list->scope, list->conn, &context, field->to, all, &seen)) return false;
    if (seen.count < all.count) list->is_refused = true;
    return true;
}

static bool references_check(struct listing *list)
{
    for (int i = 0; i < list->object->field_count && !list->is_refused; i++) {
        const struct field *field = &list->object->fields[i];
        bool is_reference = field->column.size > 0 && field->to && field_kind(field) == VALUE_ID;
        if (is_reference && !field_check(list, field)) return false;
    }
    return true;
}

/* ---- writing ---- */

static bool part_create(struct listing *list, int from, int count)
{
    struct history_row *rows = scope_new(list->scope, struct history_row, count);
    for (int i = 0; i < count; i++) {
        const struct write *write = &list->writes[from + i];
        bool is_given = !uuid_is_nil(write->id);
        rows[i] = (struct history_row){
            .object = list->object,
            .id = is_given ? write->id : uuid_make(list->context->now_ms),
            .changes = write->changes,
        };
        list->out[from + i] = (struct record){ .object = list->object, .id = rows[i].id,
                                               .version = 1 };
    }
    return engine_put_rows(list->scope, list->conn, list->context, rows, count, false,
                           &list->is_refused);
}

static bool part_update(struct listing *list, int from, int count)
{
    struct update_row *rows = scope_new(list->scope, struct update_row, count);
    for (int i = 0; i < count; i++) {
        const struct write *write = &list->writes[from + i];
        rows[i] = (struct update_row){ .id = write->id, .version = write->version,
                                       .changes = write->changes };
    }
    if (!engine_update_rows(list->scope, list->conn, list->context, list->object, rows, count,
                            false, false, &list->is_refused)) {
        return false;
    }
    for (int i = 0; i < count; i++) list->out[from + i] = rows[i].after;
    return true;
}

static bool parts_write(struct listing *list, enum write_verb verb)
{
    bool is_ok = true;
    for (int at = 0; is_ok && !list->is_refused && at < list->count; at += LIST_PART_COUNT) {
        int rest = list->count - at < LIST_PART_COUNT ? list->count - at : LIST_PART_COUNT;
        is_ok = verb == WRITE_CREATE ? part_create(list, at, rest) : part_update(list, at, rest);
    }
    return is_ok;
}

bool engine_write_list(struct scope *scope, struct db_conn *conn,
                       const struct engine_context *context, const struct write *writes, int count,
                       struct record *out, bool *is_done)
{
    struct listing list = { .scope = scope, .conn = conn, .context = context, .writes = writes,
                            .count = count, .out = out };
    *is_done = false;
    if (count < LIST_COUNT_MIN) return true;
    enum write_verb verb = writes[0].verb;
    list.object = writes[0].object;
    if (!(verb == WRITE_CREATE ? may_create(&list) : may_update(&list))) return true;
    if (!references_check(&list)) return false;
    if (list.is_refused) return true;
    if (!db_savepoint_begin(scope, conn) || !parts_write(&list, verb) ||
        !db_savepoint_end(scope, conn, !list.is_refused)) {
        return false;
    }
    *is_done = !list.is_refused;
    return true;
}
