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
    for (int i = 0; i < id_count; i++) {
        sql_put(&sql, i == 0 ? STR(" AND t.id IN (") : STR(", "));
        sql_id(&sql, ids[i]);
    }
    if (id_count > 0) sql_put(&sql, STR(")"));
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

/* ---- one record, before the commit ---- */

struct following {
    const struct object *object;
    struct uuid id;
};

/* A row of values only: what selects may have to be taken back and would write the index out. */
static bool text_put(struct scope *scope, struct db_conn *conn, struct str words,
                     const struct row *found)
{
    bool is_known = found->cells[2].integer != 0;
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, is_known ? STR("UPDATE ") : STR("INSERT INTO "));
    sql_name(&sql, words);
    sql_put(&sql, is_known ? STR(" SET text = ") : STR(" (text, rowid) VALUES ("));
    sql_value(&sql, found->cells[1]);
    sql_put(&sql, is_known ? STR(" WHERE rowid = ") : STR(", "));
    sql_value(&sql, found->cells[0]);
    if (!is_known) sql_put(&sql, STR(")"));
    return sql_exec(scope, conn, &sql);
}

/* The record as it stands now; nothing when it was taken back. */
static bool following_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct following *following = context;
    const struct object *object = following->object;
    struct str words = words_table(scope, object);
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT t.search_id, "));
    put_text(&sql, object);
    sql_put(&sql, STR(", CASE WHEN "));
    put_has_words(&sql, words);
    sql_put(&sql, STR(" THEN 1 ELSE 0 END FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = "));
    sql_id(&sql, following->id);
    if (!sql_one(scope, conn, &sql, &row)) return false;
    return row.count == 0 || text_put(scope, conn, words, &row);
}

void words_follow(struct db_conn *conn, const struct record *record)
{
    struct following following = { record->object, record->id };
    if (record->object->search_count == 0) return;
    db_before_commit(conn, following_run, &following, sizeof(following));
}
