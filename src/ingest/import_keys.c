/*
 * Which rows of a batch are there already: one lookup of all keys. Where the key field has no
 * index that would read the whole table for every batch; so the hashes of all keys are kept with
 * the ids of their records, read once and followed by what was written since, which the history
 * tells. They only say which records may be meant: the lookup compares the values themselves.
 */
#include "ingest/import_inner.h"

enum {
    KEY_COUNT_MAX = 1000000,     /* of larger tables every batch reads all of it */
    KEY_CANDIDATE_COUNT_MAX = 10000,
    KEY_CAPACITY_FIRST = 4096,
};

struct key_slot {
    uint64_t hash; /* never 0 in one that is taken */
    struct uuid id;
};
struct key_index {
    struct scope scope; /* of the slots: one goes with them when they grow */
    struct key_slot *slots;
    int64_t count, capacity; /* a power of two */
    int64_t change_last;     /* newest row of change it knows */
    int64_t version;         /* of the configuration it was read under */
};

/* ---- the hashes ---- */

static uint64_t key_hash(const struct cell *cell)
{
    struct str bytes = cell->kind == CELL_INT
                           ? (struct str){ (const char *)&cell->integer, sizeof(cell->integer) }
                           : cell->text;
    return str_hash(bytes) | 1u;
}

static void slot_put(struct key_index *index, struct key_slot slot)
{
    int64_t mask = index->capacity - 1, at = (int64_t)(slot.hash >> 1) & mask;
    for (; index->slots[at].hash != 0; at = (at + 1) & mask) {
        if (index->slots[at].hash == slot.hash && uuid_equal(index->slots[at].id, slot.id)) return;
    }
    index->slots[at] = slot;
    index->count += 1;
}

static void index_add(struct key_index *index, struct key_slot slot)
{
    if (index->count * 2 >= index->capacity) {
        struct key_index old = *index;
        scope_begin(&index->scope);
        index->capacity = old.capacity ? old.capacity * 2 : KEY_CAPACITY_FIRST;
        index->slots = scope_new(&index->scope, struct key_slot, index->capacity);
        index->count = 0;
        for (int64_t i = 0; i < old.capacity; i++) {
            if (old.slots[i].hash != 0) slot_put(index, old.slots[i]);
        }
        scope_end(&old.scope);
    }
    slot_put(index, slot);
}

struct key_index *keys_begin(struct scope *scope)
{
    struct key_index *index = scope_new(scope, struct key_index, 1);
    scope_begin(&index->scope);
    return index;
}

void keys_end(struct key_index *index)
{
    scope_end(&index->scope);
}

/* ---- kept up to date ---- */

static bool rows_add(struct scope *scope, struct db_conn *conn, const struct sql *sql,
                     struct key_index *index)
{
    struct db_cursor *cursor;
    bool has_row = true;
    if (!sql_query(scope, conn, sql, &cursor)) return false;
    while (db_next(scope, cursor, &has_row) && has_row && index->count <= KEY_COUNT_MAX) {
        struct cell id = db_cell(cursor, 0), key = db_cell(cursor, 1);
        index_add(index, (struct key_slot){ key_hash(&key), cell_uuid(&id) });
    }
    db_cursor_end(cursor);
    return !error_is_set(scope);
}

static void put_rows_of(struct sql *sql, const struct plan *plan)
{
    sql_put(sql, STR("SELECT t.id, "));
    sql_column(sql, STR("t"), plan->key->field->column);
    sql_put(sql, STR(" FROM "));
    sql_name(sql, plan->object->table);
    sql_put(sql, STR(" AS t WHERE t.deleted_at IS NULL AND "));
    sql_column(sql, STR("t"), plan->key->field->column);
    sql_put(sql, STR(" IS NOT NULL"));
}

/* Of a sum no index knows the order: else all of the object's history would be read. */
static bool index_follow(struct scope *scope, struct db_conn *conn, const struct batch *batch,
                         struct key_index *index)
{
    const struct plan *plan = &batch->run->plan;
    bool is_new = index->slots == NULL || index->version != plan->snapshot->version;
    struct sql sql;
    sql_begin(&sql, scope);
    put_rows_of(&sql, plan);
    if (!is_new) {
        sql_put(&sql, STR(" AND t.id IN (SELECT record FROM change WHERE id > "));
        sql_int(&sql, index->change_last);
        sql_put(&sql, STR(" AND object + 0 = "));
        sql_int(&sql, plan->object->id);
        sql_put(&sql, STR(")"));
    }
    index->change_last = batch->change_last;
    index->version = plan->snapshot->version;
    return rows_add(scope, conn, &sql, index);
}

/* Text and whole numbers: other kinds are not equal by their bytes alone. */
static bool is_index_due(const struct field *field)
{
    enum value_kind kind = field_kind(field);
    bool is_exact = kind == VALUE_TEXT || kind == VALUE_NUMBER || kind == VALUE_DATE ||
                    kind == VALUE_DATETIME || kind == VALUE_DURATION;
    return is_exact && !field->is_unique && !field->is_indexed && !field->is_system;
}

/* ---- the lookup ---- */

static bool put_candidates(struct sql *sql, const struct batch *batch, int column,
                           const struct key_index *index)
{
    int count = 0;
    int64_t mask = index->capacity - 1;
    sql_put(sql, STR("t.id IN (NULL"));
    for (int i = 0; i < batch->count; i++) {
        const struct cell *cell = &batch->lines[i].cells[column];
        if (batch->lines[i].is_out || cell->kind == CELL_NULL) continue;
        uint64_t hash = key_hash(cell);
        for (int64_t at = (int64_t)(hash >> 1) & mask; index->capacity > 0 &&
             index->slots[at].hash != 0; at = (at + 1) & mask) {
            if (index->slots[at].hash != hash) continue;
            if (++count > KEY_CANDIDATE_COUNT_MAX) return false;
            sql_put(sql, STR(", "));
            sql_id(sql, index->slots[at].id);
        }
    }
    sql_put(sql, STR(")"));
    return true;
}

static void put_keys(struct sql *sql, const struct batch *batch, const struct target *key)
{
    int column = (int)(key - batch->run->plan.targets);
    sql_column(sql, STR("t"), key->field->column);
    sql_put(sql, STR(" IN (NULL"));
    for (int i = 0; i < batch->count; i++) {
        const struct cell *cell = &batch->lines[i].cells[column];
        if (batch->lines[i].is_out || cell->kind == CELL_NULL) continue;
        sql_put(sql, STR(", "));
        sql_value(sql, *cell);
    }
    sql_put(sql, STR(")"));
}

static void mark_same(struct batch *batch, int column, const struct cell *key, struct uuid id)
{
    for (int i = 0; i < batch->count; i++) {
        struct line *line = &batch->lines[i];
        if (!line->is_out && cell_equal(&line->cells[column], key)) line->same = id;
    }
}

static void mark_again(struct batch *batch, int column)
{
    for (int i = 1; i < batch->count; i++) {
        struct line *line = &batch->lines[i];
        if (line->is_out || line->cells[column].kind == CELL_NULL) continue;
        for (int k = 0; k < i && !line->is_again; k++) {
            line->is_again = !batch->lines[k].is_out &&
                             cell_equal(&batch->lines[k].cells[column], &line->cells[column]);
        }
    }
}

static bool keys_put(struct scope *scope, struct db_conn *conn, struct batch *batch, int column,
                     struct sql *sql)
{
    const struct plan *plan = &batch->run->plan;
    struct key_index *index = batch->run->keys;
    sql_begin(sql, scope);
    if (is_index_due(plan->key->field)) {
        if (!index_follow(scope, conn, batch, index)) return false;
        if (index->count <= KEY_COUNT_MAX && put_candidates(sql, batch, column, index)) {
            return true;
        }
    }
    sql_begin(sql, scope);
    put_keys(sql, batch, plan->key);
    return true;
}

bool keys_find(struct scope *scope, struct db_conn *conn, struct batch *batch)
{
    const struct plan *plan = &batch->run->plan;
    struct sql sql, which;
    struct rows rows;
    if (!plan->key || batch->count == 0) return true;
    int column = (int)(plan->key - plan->targets);
    mark_again(batch, column);
    if (!keys_put(scope, conn, batch, column, &which)) return false;
    sql_begin(&sql, scope);
    put_rows_of(&sql, plan);
    sql_put(&sql, STR(" AND "));
    sql_append(&sql, &which);
    sql_put(&sql, STR(" AND "));
    access_put(&sql, plan->context.snapshot->access, &plan->context.actor, plan->context.now_ms,
               plan->object, ACTION_READ, STR("t"));
    sql_put(&sql, STR(" ORDER BY t.id DESC LIMIT 10000"));
    if (!sql_all(scope, conn, &sql, 10000, &rows)) return false;
    for (int i = 0; i < rows.count; i++) { /* the oldest comes last and wins */
        mark_same(batch, column, &rows.items[i].cells[1], cell_uuid(&rows.items[i].cells[0]));
    }
    return true;
}

void key_note(struct batch *batch, const struct line *line, struct uuid id)
{
    const struct plan *plan = &batch->run->plan;
    if (!plan->key) return;
    int column = (int)(plan->key - plan->targets);
    if (line->cells[column].kind != CELL_NULL) mark_same(batch, column, &line->cells[column], id);
}
