/*
 * The words of records for the search: beside each table that has searched fields
 * lies an index of texts by search_id. Deleted records keep their words; lists leave
 * them out by deleted_at.
 */
#include "record/inner.h"

static struct str words_table(struct scope *scope, const struct object *object)
{
    return scope_format(scope, "%.*s_search", STR_ARG(object->table));
}

static void put_text(struct sql *sql, const struct object *object)
{
    for (int i = 0; i < object->search_count; i++) {
        sql_put(sql, i == 0 ? STR("COALESCE(") : STR(" || ' ' || COALESCE("));
        sql_column(sql, STR("t"), object->search[i]->column);
        sql_put(sql, STR(", '')"));
    }
}

/*
 * The shadow table of the index is asked which have words: a SELECT from the index itself would
 * make the database keep all the texts in memory first.
 */
static void put_has_words(struct sql *sql, struct str words)
{
    sql_put(sql, STR("EXISTS (SELECT 1 FROM "));
    sql_name(sql, scope_format(sql->text.scope, "%.*s_docsize", STR_ARG(words)));
    sql_put(sql, STR(" AS d WHERE d.id = t.search_id)"));
}

static void put_ids(struct sql *sql, const struct uuid *ids, int count)
{
    for (int i = 0; i < count; i++) {
        sql_put(sql, i == 0 ? STR("t.id IN (") : STR(", "));
        sql_id(sql, ids[i]);
    }
    sql_put(sql, STR(")"));
}

bool record_words(struct scope *scope, struct db_conn *conn, const struct object *object,
                  const struct uuid *ids, int id_count)
{
    struct str words = words_table(scope, object);
    struct sql sql;
    if (object->search_count == 0 || (ids && id_count == 0)) return true;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("INSERT INTO "));
    sql_name(&sql, words);
    sql_put(&sql, STR(" (rowid, text) SELECT t.search_id, "));
    put_text(&sql, object);
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t WHERE NOT "));
    put_has_words(&sql, words);
    if (ids) {
        sql_put(&sql, STR(" AND "));
        put_ids(&sql, ids, id_count);
    }
    return sql_exec(scope, conn, &sql);
}

static bool fill(struct scope *scope, struct db_conn *conn, void *context)
{
    return record_words(scope, conn, context, NULL, 0);
}

bool record_words_fill(struct scope *scope, struct db_conn *conn, const struct object *object)
{
    return object->search_count == 0 ||
           db_search_fill(scope, conn, words_table(scope, object), fill, (void *)object);
}

/* ---- records that were written, before the commit ---- */

enum { RENEW_COUNT = 500 };

struct following {
    const struct object *object;
    struct uuid id;
};

/* The words of the records as they stand now. */
static bool renew(struct scope *scope, struct db_conn *conn, const struct object *object,
                  const struct uuid *ids, int count)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("DELETE FROM "));
    sql_name(&sql, words_table(scope, object));
    sql_put(&sql, STR(" WHERE rowid IN (SELECT t.search_id FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t WHERE "));
    put_ids(&sql, ids, count);
    sql_put(&sql, STR(")"));
    return sql_exec(scope, conn, &sql) && record_words(scope, conn, object, ids, count);
}

/* Those of one object together, so many of them at a time. */
static bool following_run(struct scope *scope, struct db_conn *conn, const void *contexts,
                          int count)
{
    const struct following *all = contexts;
    bool *is_done = scope_new(scope, bool, count);
    struct uuid *ids = scope_new(scope, struct uuid, RENEW_COUNT);
    for (int first = 0; first < count; first++) {
        int id_count = 0;
        if (is_done[first]) continue;
        for (int i = first; i < count && id_count < RENEW_COUNT; i++) {
            if (is_done[i] || all[i].object != all[first].object) continue;
            ids[id_count++] = all[i].id;
            is_done[i] = true;
        }
        if (!renew(scope, conn, all[first].object, ids, id_count)) return false;
    }
    return true;
}

void words_follow(struct db_conn *conn, const struct record *record)
{
    struct following following = { record->object, record->id };
    if (record->object->search_count == 0) return;
    db_before_commit(conn, following_run, &following, sizeof(following));
}
