/*
 * The tables of packs: what is installed (pack), what each shipped last (pack_base), and
 * what each apply changed (pack_run), which is what undo goes back by. A run's four sets
 * of parts are one JSON text: written once, read once, by undo.
 */
#include "engine/pack_inner.h"

enum { ROW_COUNT_MAX = 20000, RUN_KEPT_COUNT = 10 };

const struct schema_part *part_find(const struct part_set *set, struct str kind, struct str name)
{
    for (int i = 0; i < set->count; i++) {
        if (str_equal(set->items[i].name, name) && str_equal(set->items[i].kind, kind)) {
            return &set->items[i];
        }
    }
    return NULL;
}

bool part_has_ids(struct str kind)
{
    return str_is(kind, "object") || str_is(kind, "pipeline");
}

/* Rows of kind, name, body. */
static bool parts_read(struct scope *scope, struct db_conn *conn, struct str sql,
                       const struct cell *args, int arg_count, struct part_set *out)
{
    struct rows rows;
    if (!db_all(scope, conn, sql, args, arg_count, ROW_COUNT_MAX, &rows)) return false;
    *out = (struct part_set){ .items = scope_new(scope, struct schema_part, rows.count + 1) };
    for (int i = 0; i < rows.count; i++) {
        struct schema_part *part = &out->items[out->count++];
        part->kind = rows.items[i].cells[0].text;
        part->name = rows.items[i].cells[1].text;
        if (!json_read(scope, rows.items[i].cells[2].text, &part->body)) return false;
    }
    return true;
}

bool stored_parts(struct scope *scope, struct db_conn *conn, struct part_set *out)
{
    return parts_read(scope, conn, STR("SELECT kind, name, body FROM config ORDER BY kind, name"),
                      NULL, 0, out);
}

bool base_parts(struct scope *scope, struct db_conn *conn, struct str pack, struct part_set *out)
{
    const struct cell arg = cell_text(pack);
    return parts_read(scope, conn,
                      STR("SELECT kind, name, body FROM pack_base WHERE pack = ? "
                          "ORDER BY kind, name"),
                      &arg, 1, out);
}

bool base_others(struct scope *scope, struct db_conn *conn, struct str pack, struct part_set *out)
{
    const struct cell arg = cell_text(pack);
    return parts_read(scope, conn,
                      STR("SELECT kind, name, body FROM pack_base WHERE pack <> ? "
                          "ORDER BY pack, kind, name"),
                      &arg, 1, out);
}

static bool base_fill(struct scope *scope, struct db_conn *conn, struct str name,
                      const struct part_set *base)
{
    for (int i = 0; i < base->count; i++) {
        const struct schema_part *part = &base->items[i];
        const struct cell args[] = { cell_text(name), cell_text(part->kind),
                                     cell_text(part->name),
                                     cell_text(json_to_text(scope, &part->body)) };
        if (!db_exec(scope, conn,
                     STR("INSERT INTO pack_base (pack, kind, name, body) VALUES (?, ?, ?, ?)"),
                     args, 4)) {
            return false;
        }
    }
    return true;
}

static struct cell by_cell(struct scope *scope, struct uuid by)
{
    return uuid_is_nil(by) ? cell_null() : cell_id(scope, by);
}

bool base_store(struct scope *scope, struct db_conn *conn, struct str name,
                const struct json *head, const struct part_set *base, struct uuid by,
                int64_t now_ms)
{
    const struct cell arg = cell_text(name);
    if (!db_exec(scope, conn, STR("DELETE FROM pack_base WHERE pack = ?"), &arg, 1)) return false;
    if (!head) return db_exec(scope, conn, STR("DELETE FROM pack WHERE name = ?"), &arg, 1);
    const struct cell args[] = { cell_text(name), cell_text(json_text(head, "version")),
                                 cell_text(json_to_text(scope, head)), cell_int(now_ms),
                                 by_cell(scope, by) };
    return db_exec(scope, conn,
                   STR("INSERT INTO pack (name, version, head, applied_at, applied_by) "
                       "VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
                       "version = excluded.version, head = excluded.head, "
                       "applied_at = excluded.applied_at, applied_by = excluded.applied_by"),
                   args, 5) &&
           base_fill(scope, conn, name, base);
}

/* ---- runs ---- */

static struct json set_to_json(struct scope *scope, const struct part_set *set)
{
    struct pack pack = { .head = { .kind = JSON_KIND_MAP }, .parts = set->items,
                         .part_count = set->count };
    struct json all = pack_to_json(scope, &pack);
    return *json_get(&all, "parts");
}

static struct part_set set_of_json(struct scope *scope, const struct json *list)
{
    int count = list ? list->count : 0;
    struct part_set set = { .items = scope_new(scope, struct schema_part, count + 1) };
    for (int i = 0; i < count; i++) {
        const struct json *body = json_get(&list->items[i], "body");
        set.items[set.count++] = (struct schema_part){
            json_text(&list->items[i], "kind"), json_text(&list->items[i], "name"),
            body ? *body : (struct json){ .kind = JSON_KIND_NULL },
        };
    }
    return set;
}

bool run_store(struct scope *scope, struct db_conn *conn, const struct pack_run *run,
               struct uuid by, int64_t now_ms)
{
    struct json body = { .kind = JSON_KIND_MAP };
    json_set(scope, &body, STR("head"), run->head_before);
    json_set(scope, &body, STR("before"), set_to_json(scope, &run->before));
    json_set(scope, &body, STR("after"), set_to_json(scope, &run->after));
    json_set(scope, &body, STR("base"), set_to_json(scope, &run->base_before));
    const struct cell args[] = { cell_id(scope, run->id), cell_text(run->pack),
                                 cell_text(json_to_text(scope, &body)), cell_int(now_ms),
                                 by_cell(scope, by) };
    const struct cell kept[] = { cell_text(run->pack), cell_text(run->pack),
                                 cell_int(RUN_KEPT_COUNT) };
    return db_exec(scope, conn,
                   STR("INSERT INTO pack_run (id, pack, body, at, \"by\") "
                       "VALUES (?, ?, ?, ?, ?)"),
                   args, 5) &&
           db_exec(scope, conn,
                   STR("DELETE FROM pack_run WHERE pack = ? AND id NOT IN (SELECT id FROM "
                       "pack_run WHERE pack = ? ORDER BY at DESC, id DESC LIMIT ?)"),
                   kept, 3);
}

bool run_last(struct scope *scope, struct db_conn *conn, struct str pack, struct pack_run *out)
{
    const struct cell arg = cell_text(pack);
    struct row row;
    struct json body;
    *out = (struct pack_run){ .pack = pack };
    if (!db_one(scope, conn,
                STR("SELECT id, body FROM pack_run WHERE pack = ? AND undone_at IS NULL "
                    "ORDER BY at DESC, id DESC LIMIT 1"),
                &arg, 1, &row)) {
        return false;
    }
    if (row.count == 0) return true;
    if (!json_read(scope, row.cells[1].text, &body)) return false;
    const struct json *head = json_get(&body, "head");
    out->id = cell_uuid(&row.cells[0]);
    if (head) out->head_before = *head;
    out->before = set_of_json(scope, json_get(&body, "before"));
    out->after = set_of_json(scope, json_get(&body, "after"));
    out->base_before = set_of_json(scope, json_get(&body, "base"));
    return true;
}

bool run_undone(struct scope *scope, struct db_conn *conn, struct uuid id, int64_t now_ms)
{
    const struct cell args[] = { cell_int(now_ms), cell_id(scope, id) };
    return db_exec(scope, conn, STR("UPDATE pack_run SET undone_at = ? WHERE id = ?"), args, 2);
}

/* ---- what is there ---- */

static bool undo_read(struct scope *scope, struct db_conn *conn, struct pack_installed *pack)
{
    struct pack_run run;
    if (!run_last(scope, conn, pack->name, &run)) return false;
    pack->can_undo = !uuid_is_nil(run.id);
    pack->version_undo = json_text(&run.head_before, "version");
    return true;
}

bool pack_list(struct scope *scope, struct db_conn *conn, struct pack_installed **out, int *count)
{
    struct rows rows;
    if (!db_all(scope, conn,
                STR("SELECT name, version, head, applied_at, applied_by FROM pack ORDER BY name"),
                NULL, 0, ROW_COUNT_MAX, &rows)) {
        return false;
    }
    *out = scope_new(scope, struct pack_installed, rows.count + 1);
    *count = rows.count;
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        struct pack_installed *pack = &(*out)[i];
        pack->name = cells[0].text;
        pack->version = cells[1].text;
        pack->applied_at_ms = cells[3].integer;
        pack->applied_by = cell_uuid(&cells[4]);
        if (!json_read(scope, cells[2].text, &pack->head) || !undo_read(scope, conn, pack)) {
            return false;
        }
    }
    return true;
}

/* The installed pack that most of the configuration comes from. */
static bool head_read(struct scope *scope, struct db_conn *conn, struct json *out)
{
    struct row row;
    *out = (struct json){ .kind = JSON_KIND_MAP };
    if (!db_one(scope, conn,
                STR("SELECT p.head FROM pack p ORDER BY (SELECT count(*) FROM pack_base b "
                    "WHERE b.pack = p.name) DESC, p.name LIMIT 1"),
                NULL, 0, &row)) {
        return false;
    }
    if (row.count > 0) return json_read(scope, row.cells[0].text, out);
    json_set(scope, out, STR("name"), json_of_text(STR("workspace")));
    json_set(scope, out, STR("version"), json_of_text(STR("0.1.0")));
    return true;
}

bool pack_of_workspace(struct scope *scope, struct db_conn *conn, struct str name,
                       struct str version, struct pack *out)
{
    struct part_set set;
    struct json head;
    if (!stored_parts(scope, conn, &set) || !head_read(scope, conn, &head)) return false;
    if (name.size > 0 && !str_equal(name, json_text(&head, "name"))) {
        /* Another pack: what its people say about the one it comes from does not hold. */
        head = (struct json){ .kind = JSON_KIND_MAP };
        json_set(scope, &head, STR("name"), json_of_text(name));
        json_set(scope, &head, STR("version"), json_of_text(STR("0.1.0")));
    }
    if (version.size > 0) json_set(scope, &head, STR("version"), json_of_text(version));
    for (int i = 0; i < set.count; i++) {
        set.items[i].body = pack_body(scope, set.items[i].kind, &set.items[i].body);
    }
    *out = (struct pack){ .head = head, .parts = set.items, .part_count = set.count };
    return pack_end(scope, out);
}

bool pack_shipped_part(struct scope *scope, struct db_conn *conn, struct str kind,
                       struct str name, bool *is_found, struct json *out)
{
    struct part_set shipped;
    *is_found = false;
    if (!base_others(scope, conn, STR(""), &shipped)) return false;
    const struct schema_part *part = part_find(&shipped, kind, name);
    if (!part) return true;
    *is_found = true;
    *out = part->body;
    return true;
}
