/*
 * The audit: lines nobody changes, written in the transaction of what they tell. So there is
 * no line of what did not happen, and nothing that must have a line happens without it.
 *
 * Lines are numbered without gaps and chained: each holds the hash of the one before it and
 * of its own content. Only one writer writes at a time, on every database, so there is one
 * chain. Whoever changes a line, takes one out or puts one in breaks it from there on; who
 * cuts off its end is found by who kept the hash of a later line.
 */
#include "engine/inner.h"

#include <sodium.h>

enum { HASH_SIZE = 32, COLUMN_COUNT = 9 };

/* Numbers as eight bytes, texts with their size before them: no two contents look the same. */
static void mix(crypto_generichash_state *state, const struct cell *cell)
{
    unsigned char head[9] = { (unsigned char)cell->kind };
    bool is_text = cell->kind == CELL_TEXT || cell->kind == CELL_BLOB;
    uint64_t number = is_text ? (uint64_t)cell->text.size : (uint64_t)cell->integer;
    for (int i = 0; i < 8; i++) head[1 + i] = (unsigned char)(number >> (56 - 8 * i));
    crypto_generichash_update(state, head, sizeof(head));
    if (is_text) {
        crypto_generichash_update(state, (const unsigned char *)cell->text.data, cell->text.size);
    }
}

/* cells: seq and what follows it, as they stand in the table. */
static struct str hash_of(struct scope *scope, const struct cell *before,
                          const struct cell *cells)
{
    unsigned char bytes[HASH_SIZE];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof(bytes));
    mix(&state, before);
    for (int i = 0; i < COLUMN_COUNT; i++) mix(&state, &cells[i]);
    crypto_generichash_final(&state, bytes, sizeof(bytes));
    return scope_copy(scope, (struct str){ (const char *)bytes, sizeof(bytes) });
}

bool audit_put(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
               const struct audit_line *line)
{
    struct row last;
    if (!db_one(scope, conn, STR("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"), NULL,
                0, &last)) {
        return false;
    }
    bool is_first = last.count == 0;
    struct cell before = is_first ? cell_null() : last.cells[1];
    struct cell args[COLUMN_COUNT + 1] = {
        cell_int(is_first ? 1 : last.cells[0].integer + 1),
        cell_int(context->now_ms),
        actor_cell(scope, &context->actor),
        cell_text(str_of(context->via)),
        cell_text(str_of(line->kind)),
        line->object ? cell_text(line->object->name) : cell_null(),
        uuid_is_nil(line->record) ? cell_null() : cell_id(scope, line->record),
        line->field ? cell_text(line->field->name) : cell_null(),
        line->detail.size > 0 ? cell_text(line->detail) : cell_null(),
    };
    args[COLUMN_COUNT] = cell_blob(hash_of(scope, &before, args));
    return db_exec(scope, conn,
                   STR("INSERT INTO audit (seq, at, \"by\", via, kind, object, record, field, "
                       "detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
                   args, COLUMN_COUNT + 1);
}

bool audit_check(struct scope *scope, struct db_conn *conn, int64_t *broken)
{
    struct db_cursor *cursor = NULL;
    struct cell before = cell_null();
    int64_t number = 0;
    bool has_row = false;
    *broken = 0;
    if (!db_query(scope, conn,
                  STR("SELECT seq, at, \"by\", via, kind, object, record, field, detail, hash "
                      "FROM audit ORDER BY seq"),
                  NULL, 0, &cursor)) {
        return false;
    }
    char kept[HASH_SIZE];
    while (*broken == 0 && db_next(scope, cursor, &has_row) && has_row) {
        struct scope own; /* a line's: there may be millions */
        struct cell cells[COLUMN_COUNT];
        for (int i = 0; i < COLUMN_COUNT; i++) cells[i] = db_cell(cursor, i);
        struct cell hash = db_cell(cursor, COLUMN_COUNT);
        scope_begin(&own);
        struct str wanted = hash_of(&own, &before, cells);
        number += 1;
        bool is_whole = cells[0].integer == number && hash.kind == CELL_BLOB &&
                        str_equal(hash.text, wanted);
        if (!is_whole) *broken = cells[0].integer;
        memcpy(kept, wanted.data, sizeof(kept));
        before = cell_blob((struct str){ kept, sizeof(kept) });
        scope_end(&own);
    }
    db_cursor_end(cursor);
    return !error_is_set(scope);
}

/* ---- what the engine itself tells ---- */

struct str audit_detail(struct scope *scope, const struct audit_pair *pairs, int count)
{
    struct buf text;
    struct json_writer writer;
    buf_begin(&text, scope, 64 * 1024);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    for (int i = 0; i < count; i++) {
        if (pairs[i].text.size > 0) json_member_str(&writer, pairs[i].name, pairs[i].text);
    }
    json_map_end(&writer);
    return buf_str(&text);
}

struct audit_writing {
    const struct engine_context *context;
    const struct audit_line *line;
};

static bool writing_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct audit_writing *writing = context;
    return audit_put(scope, conn, writing->context, writing->line);
}

bool audit_write(struct scope *scope, const struct engine_context *context,
                 const struct audit_line *line)
{
    struct audit_writing writing = { context, line };
    return db_write_wait(scope, engine_db(context->engine), writing_run, &writing);
}

bool audit_config(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                  const char *what, const struct schema_part *parts, int count)
{
    for (int i = 0; i < count; i++) {
        struct audit_pair pairs[] = { { "what", str_of(what) },
                                      { "kind", parts[i].kind },
                                      { "name", parts[i].name } };
        struct audit_line line = { .kind = "config", .detail = audit_detail(scope, pairs, 3) };
        if (!audit_put(scope, conn, context, &line)) return false;
    }
    return true;
}

static const char *const verbs[] = { [WRITE_CREATE] = "create", [WRITE_UPDATE] = "update",
                                     [WRITE_DELETE] = "delete", [WRITE_RESTORE] = "restore" };

/* People and teams: what was done to whom, and which fields. */
bool audit_person(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                  const struct write *write, struct uuid id)
{
    struct buf fields;
    buf_begin(&fields, scope, 8192);
    for (int i = 0; i < write->changes.count; i++) {
        if (i > 0) buf_put_char(&fields, ' ');
        buf_put(&fields, write->changes.items[i].field->name);
    }
    struct audit_pair pairs[] = { { "what", str_of(verbs[write->verb]) },
                                  { "fields", buf_str(&fields) } };
    struct audit_line line = { .kind = "person", .object = write->object, .record = id,
                               .detail = audit_detail(scope, pairs, 2) };
    return audit_put(scope, conn, context, &line);
}
