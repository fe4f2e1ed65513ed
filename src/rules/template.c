/* Sentences with {path} in them, and the people they go to. */
#include "rules/rules.h"

enum { PATH_COUNT_MAX = 16, TEXT_SIZE_MAX = 4000 };

/* The next {path} of rest: *before is what stands in front of it. False: no more. */
static bool next_path(struct str *rest, struct str *before, struct str *path)
{
    size_t open = str_find(*rest, STR("{"));
    if (open == SIZE_MAX) return false;
    struct str tail = str_slice(*rest, open + 1, rest->size);
    size_t close = str_find(tail, STR("}"));
    if (close == SIZE_MAX) return false;
    *before = str_slice(*rest, 0, open);
    *path = str_slice(tail, 0, close);
    *rest = str_slice(tail, close + 1, tail.size);
    return true;
}

bool template_render(struct scope *scope, struct db_conn *conn,
                     const struct record_context *context, const struct record *record,
                     const struct template *template, enum language language, struct str *out)
{
    struct str source = label_text(template->text, language), rest = source, before, text;
    struct formula_context formulas = access_formula_context(
        context->access, context->actor, NULL, STR("t"), context->now_ms);
    struct field_path paths[PATH_COUNT_MAX];
    int count = 0;
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT 1"));
    while (count < PATH_COUNT_MAX && next_path(&rest, &before, &text)) {
        if (!field_path_parse(scope, record->object, text, &paths[count])) return false;
        sql_put(&sql, STR(", "));
        field_path_put(&sql, &formulas, &paths[count++]);
    }
    *out = source;
    if (count == 0) return true;
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, record->object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = "));
    sql_id(&sql, record->id);
    struct row row;
    if (!sql_one(scope, conn, &sql, &row)) return false;

    struct value_context values = { context->access->schema, language, context->now_ms };
    struct buf result;
    buf_begin(&result, scope, TEXT_SIZE_MAX);
    rest = source;
    for (int i = 0; i < count && row.count > 0 && next_path(&rest, &before, &text); i++) {
        const struct field *field = paths[i].fields[paths[i].count - 1];
        buf_put(&result, before);
        if (row.cells[i + 1].kind != CELL_NULL) {
            buf_put(&result, field_text(scope, &values, field, &row.cells[i + 1]));
        }
    }
    buf_put(&result, rest);
    if (!result.is_over) *out = buf_str(&result);
    return true;
}

/* The person's supervisor; else the head of the team, else of the team above. */
static bool supervisor_find(struct scope *scope, struct db_conn *conn, struct uuid person,
                            struct uuid *out)
{
    struct cell id = cell_id(scope, person);
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT u.supervisor, t.head, p.head FROM \"user\" AS u "
                    "LEFT JOIN \"team\" AS t ON t.id = u.team "
                    "LEFT JOIN \"team\" AS p ON p.id = t.parent WHERE u.id = ?"),
                &id, 1, &row)) {
        return false;
    }
    for (int i = 0; i < row.count; i++) {
        *out = cell_uuid(&row.cells[i]);
        if (!uuid_is_nil(*out) && !uuid_equal(*out, person)) return true;
    }
    *out = (struct uuid){ { 0 } };
    return true;
}

static struct uuid owner_of(const struct record *record)
{
    const struct field *owner = record->object->owner;
    return owner ? cell_uuid(&record->cells[owner->index]) : (struct uuid){ { 0 } };
}

static bool recipient_find(struct scope *scope, struct db_conn *conn,
                           const struct record_context *context, const struct record *record,
                           const struct recipient *recipient, struct uuid *out)
{
    *out = (struct uuid){ { 0 } };
    switch (recipient->kind) {
    case TO_OWNER: *out = owner_of(record); return true;
    case TO_ACTOR: *out = context->actor->user; return true;
    case TO_FIELD: *out = cell_uuid(&record->cells[recipient->field->index]); return true;
    case TO_SUPERVISOR:
        return uuid_is_nil(owner_of(record)) ||
               supervisor_find(scope, conn, owner_of(record), out);
    }
    return true;
}

bool recipients_find(struct scope *scope, struct db_conn *conn,
                     const struct record_context *context, const struct record *record,
                     const struct recipient *recipients, int recipient_count, struct uuid *out,
                     int count_max, int *out_count)
{
    *out_count = 0;
    for (int i = 0; i < recipient_count && *out_count < count_max; i++) {
        struct uuid person;
        if (!recipient_find(scope, conn, context, record, &recipients[i], &person)) return false;
        bool is_known = uuid_is_nil(person);
        for (int k = 0; k < *out_count; k++) {
            if (uuid_equal(out[k], person)) is_known = true;
        }
        if (!is_known) out[(*out_count)++] = person;
    }
    return true;
}
