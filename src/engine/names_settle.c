/* After a change of configuration: every stored body with the names things have now. */
#include "engine/inner.h"
#include "engine/names.h"

enum { BODY_COUNT_MAX = 20000, VIEW_COUNT_MAX = 20000 };

static bool is_same_label(struct label a, struct label b)
{
    return str_equal(a.zh, b.zh) && str_equal(a.en, b.en);
}

static bool fields_differ(const struct field *before, const struct field *after)
{
    if (!str_equal(before->name, after->name) || !is_same_label(before->label, after->label)) {
        return true;
    }
    for (int i = 0; i < before->choice_count; i++) {
        const struct choice *now = field_choice_by_id(after, before->choices[i].id);
        bool is_same = now && str_equal(now->name, before->choices[i].name) &&
                       is_same_label(now->label, before->choices[i].label);
        if (now && !is_same) return true;
    }
    return false;
}

static bool objects_differ(const struct object *before, const struct object *after)
{
    if (!str_equal(before->name, after->name) || !str_equal(before->plural, after->plural)) {
        return true;
    }
    for (int i = 0; i < before->field_count; i++) {
        const struct field *now = object_field_by_id(after, before->fields[i].id);
        if (now && fields_differ(&before->fields[i], now)) return true;
    }
    return false;
}

bool names_differ(const struct schema *before, const struct schema *after)
{
    for (int i = 0; i < before->object_count; i++) {
        const struct object *now = schema_object_by_id(after, before->objects[i].id);
        if (now && objects_differ(&before->objects[i], now)) return true;
    }
    for (int i = 0; i < before->pipeline_count; i++) {
        const struct pipeline *now = schema_pipeline_by_id(after, before->pipelines[i].id);
        if (now && !str_equal(now->name, before->pipelines[i].name)) return true;
    }
    for (int i = 0; i < before->stage_count; i++) {
        const struct stage *now = schema_stage_by_id(after, before->stages[i]->id);
        if (now && !str_equal(now->name, before->stages[i]->name)) return true;
    }
    return false;
}

static bool bodies_load(struct scope *scope, struct db_conn *conn, struct rows *out)
{
    return db_all(scope, conn, STR("SELECT kind, name, body FROM config ORDER BY kind, name"),
                  NULL, 0, BODY_COUNT_MAX, out);
}

static bool bodies_settle(struct names *names, struct db_conn *conn,
                          const struct engine_context *context)
{
    struct scope *scope = names->scope;
    struct rows rows;
    if (!bodies_load(scope, conn, &rows)) return false;
    struct schema_part *parts = scope_new(scope, struct schema_part, rows.count + 1);
    int count = 0;
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        struct schema_part *part = &parts[count];
        *part = (struct schema_part){ .kind = cells[0].text, .name = cells[1].text };
        if (!json_read(scope, cells[2].text, &part->body)) return false;
        names_follow(names, part->kind, part->name, &part->body);
        if (names->is_changed) count += 1;
    }
    names->rewritten_count = count;
    return count == 0 || schema_follow_all(scope, conn, parts, count,
                                           context->actor.user, context->now_ms,
                                           names->is_trial);
}

/* What a saved view says, as a body. */
static bool view_body(struct scope *scope, const struct cell *object, const struct cell *text,
                      struct json *out)
{
    *out = (struct json){ .kind = JSON_KIND_MAP, .count = 2 };
    out->names = scope_new(scope, struct str, 2);
    out->items = scope_new(scope, struct json, 2);
    out->names[0] = STR("object");
    out->items[0] = (struct json){ .kind = JSON_KIND_STR, .text = object->text };
    out->names[1] = STR("view");
    return json_read(scope, text->text, &out->items[1]);
}

static bool views_load(struct scope *scope, struct db_conn *conn, struct rows *out)
{
    return db_all(scope, conn, STR("SELECT id, object, body, name FROM view ORDER BY id"), NULL,
                  0, VIEW_COUNT_MAX, out);
}

/* Views that people have saved. */
static bool views_settle(struct names *names, struct db_conn *conn)
{
    struct scope *scope = names->scope;
    struct rows rows;
    if (!views_load(scope, conn, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        struct json about;
        if (!view_body(scope, &cells[1], &cells[2], &about)) return false;
        names_follow(names, STR("saved view"), STR(""), &about);
        if (!names->is_changed) continue;
        struct cell args[] = { cell_text(about.items[0].text),
                               cell_text(json_to_text(scope, &about.items[1])), cells[0] };
        if (!db_exec(scope, conn, STR("UPDATE view SET object = ?, body = ? WHERE id = ?"), args,
                     3)) {
            return false;
        }
    }
    return true;
}

bool names_try(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
               const struct schema *before, const struct schema *after, struct names *out)
{
    *out = (struct names){ .scope = scope, .before = before, .after = after, .is_trial = true };
    return bodies_settle(out, conn, context) && views_settle(out, conn);
}

bool names_walk(struct names *names, struct db_conn *conn, const struct schema *schema)
{
    struct scope *scope = names->scope;
    struct rows rows;
    names->before = names->after = schema;
    names->is_trial = true;
    if (!bodies_load(scope, conn, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        struct json body;
        if (!json_read(scope, cells[2].text, &body)) return false;
        names_follow(names, cells[0].text, cells[1].text, &body);
    }
    if (!views_load(scope, conn, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        struct json about;
        if (!view_body(scope, &cells[1], &cells[2], &about)) return false;
        names_follow(names, STR("saved view"), cells[3].text, &about);
    }
    return true;
}

bool names_settle(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                  struct schema *before)
{
    struct schema *after = NULL;
    if (!schema_load(scope, conn, &after)) return false;
    if (!names_differ(before, after)) return true;
    struct names *names = scope_new(scope, struct names, 1);
    names->scope = scope;
    names->before = before;
    names->after = after;
    if (!formula_build(scope, before) || !bodies_settle(names, conn, context) ||
        !views_settle(names, conn)) {
        return false;
    }
    for (int o = 0; o < before->object_count; o++) {
        struct object *object = &before->objects[o];
        for (int i = 0; i < object->field_count; i++) {
            struct field *field = &object->fields[i];
            if (field->formula_source.size == 0) continue;
            field->formula_source = names_formula(names, object, field->formula_source);
        }
    }
    return true;
}
