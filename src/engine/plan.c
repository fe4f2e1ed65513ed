/*
 * What a change would do. Its rows of configuration are written and taken back, tables are
 * not touched: what would happen to them is read off the two schemas. Records are counted up
 * to a limit, values are tried over the first EXAMINED_MAX records, so a plan takes the same
 * at a million records as at ten thousand.
 */
#include "access/key.h"
#include "engine/inner.h"
#include "engine/job.h"
#include "engine/life.h"
#include "engine/names.h"
#include "engine/plan_inner.h"

enum { EXAMINED_MAX = 20000, SAMPLE_COUNT_MAX = 5, BREAK_COUNT_MAX = 100 };

enum language plan_language(const struct plan *p)
{
    return p->context->actor.language;
}

static struct str label_of(const struct plan *p, struct label label)
{
    return label_text(label, plan_language(p));
}

void plan_step_begin(struct plan *p, const char *kind, const char *key, struct str name,
                     struct str other)
{
    const struct error_arg args[] = { { "name", name }, { "other", other } };
    json_map_begin(p->out);
    json_member_str(p->out, "kind", str_of(kind));
    json_member_str(p->out, "text", message_text(p->scope, plan_language(p), key, args, 2));
}

static void step(struct plan *p, const char *kind, const char *key, struct str name,
                 struct str other)
{
    plan_step_begin(p, kind, key, name, other);
    json_map_end(p->out);
}

static void rows_member(struct plan *p, const char *name, int64_t rows)
{
    json_member_int(p->out, name, rows);
    if (rows >= EXAMINED_MAX) json_member_bool(p->out, "capped", true);
}

/* ---- records ---- */

static void put_first(struct sql *sql, const struct object *object, const char *columns)
{
    sql_put(sql, STR("(SELECT "));
    sql_put(sql, str_of(columns));
    sql_put(sql, STR(" FROM "));
    sql_name(sql, object->table);
    sql_put(sql, STR(" AS r WHERE r.deleted_at IS NULL LIMIT "));
    sql_int(sql, EXAMINED_MAX);
    sql_put(sql, STR(") AS t"));
}

static bool count_of(struct plan *p, const struct sql *sql, int64_t *out)
{
    struct row row;
    if (!sql_one(p->scope, p->conn, sql, &row)) return false;
    *out = row.cells[0].integer;
    return true;
}

static bool record_count(struct plan *p, const struct object *object, int64_t *out)
{
    struct sql sql;
    sql_begin(&sql, p->scope);
    sql_put(&sql, STR("SELECT count(*) FROM "));
    put_first(&sql, object, "1 AS x");
    return count_of(p, &sql, out);
}

static bool blank_count(struct plan *p, const struct field *field, int64_t *out)
{
    struct sql sql;
    sql_begin(&sql, p->scope);
    sql_put(&sql, STR("SELECT count(*) FROM "));
    put_first(&sql, field->object, "*");
    sql_put(&sql, STR(" WHERE t."));
    sql_name(&sql, field->column);
    sql_put(&sql, STR(" IS NULL"));
    return count_of(p, &sql, out);
}

static bool double_count(struct plan *p, const struct field *field, int64_t *out)
{
    struct sql sql;
    sql_begin(&sql, p->scope);
    sql_put(&sql, STR("SELECT COALESCE(sum(d.n), 0) FROM (SELECT count(*) AS n FROM "));
    put_first(&sql, field->object, "*");
    sql_put(&sql, STR(" WHERE t."));
    sql_name(&sql, field->column);
    sql_put(&sql, STR(" IS NOT NULL GROUP BY t."));
    sql_name(&sql, field->column);
    sql_put(&sql, STR(" HAVING count(*) > 1) AS d"));
    struct row row;
    if (!sql_one(p->scope, p->conn, &sql, &row)) return false;
    *out = row.cells[0].kind == CELL_INT ? row.cells[0].integer : 0;
    if (row.cells[0].kind == CELL_TEXT && !str_to_int64(row.cells[0].text, out)) *out = 0;
    return true;
}

/* ---- another type ---- */

static bool convert_step(struct plan *p, const struct field *from, const struct field *to)
{
    struct value_context values = { .schema = p->before, .language = plan_language(p),
                                    .now_ms = p->context->now_ms };
    const struct field *source = retype_source(from);
    struct str samples[SAMPLE_COUNT_MAX];
    struct sql sql;
    struct rows rows;
    int64_t count = 0, lost = 0;
    int sample_count = 0;
    sql_begin(&sql, p->scope);
    retype_select(&sql, from->object, from);
    sql_put(&sql, STR(" WHERE t.deleted_at IS NULL AND t."));
    sql_name(&sql, from->column);
    sql_put(&sql, STR(" IS NOT NULL LIMIT "));
    sql_int(&sql, EXAMINED_MAX);
    if (!sql_all(p->scope, p->conn, &sql, EXAMINED_MAX, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        struct cell out;
        struct scope own;
        scope_begin(&own);
        const struct cell *in = &rows.items[i].cells[1];
        bool is_kept = value_convert(&own, &values, source, in, to, &out);
        scope_end(&own);
        count += 1;
        if (is_kept) continue;
        lost += 1;
        if (sample_count == SAMPLE_COUNT_MAX) continue;
        struct str text = field_text(p->scope, &values, source, in);
        bool is_known = false;
        for (int k = 0; k < sample_count; k++) {
            is_known = is_known || str_equal(samples[k], text);
        }
        if (!is_known) samples[sample_count++] = text;
    }
    const char *type = scope_format(p->scope, "plan.type_%s", to->type->name).data;
    plan_step_begin(p, "convert", "plan.convert", label_of(p, from->label),
                    message_text(p->scope, plan_language(p), type, NULL, 0));
    rows_member(p, "rows", count);
    json_member_int(p->out, "lost", lost);
    json_key(p->out, STR("samples"));
    json_list_begin(p->out);
    for (int i = 0; i < sample_count; i++) json_put_str(p->out, samples[i]);
    json_list_end(p->out);
    json_map_end(p->out);
    return true;
}

/* ---- what is other than before ---- */

static bool field_steps(struct plan *p, const struct field *was, const struct field *now)
{
    struct str name = label_of(p, now->label);
    int64_t rows;
    if (!str_equal(was->name, now->name)) step(p, "rename", "plan.rename", was->name, now->name);
    bool is_other = field_is_kept(was) != field_is_kept(now) ||
                    !str_equal(was->formula_source, now->formula_source);
    if (field_is_kept(now) && is_other) {
        if (!record_count(p, was->object, &rows)) return false;
        plan_step_begin(p, "rewrite", "plan.rewrite", name, STR(""));
        rows_member(p, "rows", rows);
        json_map_end(p->out);
    }
    bool has_values = was->column.size > 0 && now->column.size > 0;
    if (has_values && now->is_required && !was->is_required) {
        if (!blank_count(p, was, &rows)) return false;
        plan_step_begin(p, "required", "plan.required", name, STR(""));
        rows_member(p, "rows", rows);
        json_map_end(p->out);
    }
    if (has_values && now->is_unique && !was->is_unique) {
        if (!double_count(p, was, &rows)) return false;
        plan_step_begin(p, "unique", "plan.unique", name, STR(""));
        rows_member(p, "rows", rows);
        json_map_end(p->out);
    }
    return true;
}

static bool object_steps(struct plan *p, const struct object *was, const struct object *now)
{
    int64_t rows;
    if (!str_equal(was->name, now->name)) step(p, "rename", "plan.rename", was->name, now->name);
    for (int i = 0; i < now->field_count; i++) {
        const struct field *field = &now->fields[i];
        const struct field *old = object_field_by_id(was, field->id);
        if (field->is_hidden) continue;
        if (old && !field_steps(p, old, field)) return false;
        if (old) continue;
        plan_step_begin(p, "column_add", "plan.add", label_of(p, field->label), STR(""));
        if (field_is_kept(field)) {
            if (!record_count(p, was, &rows)) return false;
            rows_member(p, "rows", rows);
        }
        json_map_end(p->out);
    }
    for (int i = 0; i < was->field_count; i++) {
        const struct field *field = &was->fields[i];
        if (field->is_hidden || object_field_by_id(now, field->id)) continue;
        int64_t blank = 0;
        if (!record_count(p, was, &rows)) return false;
        if (field->column.size > 0 && !blank_count(p, field, &blank)) return false;
        plan_step_begin(p, "column_hide", "plan.hide", label_of(p, field->label), STR(""));
        rows_member(p, "rows", field->column.size > 0 ? rows - blank : 0);
        json_map_end(p->out);
    }
    return true;
}

static bool all_steps(struct plan *p)
{
    int64_t rows;
    for (int i = 0; i < p->after->object_count; i++) {
        const struct object *now = &p->after->objects[i];
        const struct object *was = schema_object_by_id(p->before, now->id);
        if (was && !object_steps(p, was, now)) return false;
        if (!was) step(p, "object_add", "plan.object_add", label_of(p, now->label), STR(""));
    }
    for (int i = 0; i < p->before->object_count; i++) {
        const struct object *was = &p->before->objects[i];
        if (schema_object_by_id(p->after, was->id)) continue;
        if (!record_count(p, was, &rows)) return false;
        plan_step_begin(p, "object_hide", "plan.object_hide", label_of(p, was->label), STR(""));
        rows_member(p, "rows", rows);
        json_map_end(p->out);
    }
    return true;
}

/* ---- what breaks ---- */

struct str plan_config_label(const struct plan *p, struct str kind, struct str name)
{
    const struct config *config = schema_config(p->before, kind, name);
    const struct json *label = config ? json_get(&config->body, "label") : NULL;
    struct str text = json_text(label, plan_language(p) == LANGUAGE_ZH ? "zh" : "en");
    /* What has no name of its own, as a layout, is called by what it is for. */
    struct str of = str_is(kind, "object") ? name : STR("");
    if (config && text.size == 0) of = json_text(&config->body, "object");
    const struct object *object = schema_object(p->before, of);
    if (object) text = label_of(p, object->label);
    return text.size > 0 ? text : name;
}

struct str plan_kind_word(const struct plan *p, struct str kind)
{
    static const char *const kinds[] = { "object", "pipeline", "rule", "role", "view", "measure",
                                         "layout", "app", "demo" };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!str_is(kind, kinds[i])) continue;
        return message_text(p->scope, plan_language(p),
                            scope_format(p->scope, "plan.kind_%s", kinds[i]).data, NULL, 0);
    }
    return str_is(kind, "saved view") ? message_text(p->scope, plan_language(p),
                                                     "plan.kind_view", NULL, 0)
                                      : kind;
}

/* A thing as it is called here, or a field of it: "Machine · Hours run". */
struct str plan_place(const struct plan *p, struct str kind, struct str name, struct str field)
{
    struct str place = plan_config_label(p, kind, name);
    if (field.size == 0) return place;
    const struct object *object = schema_object(p->before, name);
    const struct field *found = object ? object_field(object, field) : NULL;
    return scope_format(p->scope, "%.*s · %.*s", STR_ARG(place),
                        STR_ARG(found ? label_of(p, found->label) : field));
}

static void loss_put(struct plan *p, const struct name_loss *loss)
{
    struct str word = loss->lost ? label_of(p, loss->lost->label) : loss->word;
    struct str where = plan_place(p, loss->kind, loss->name, loss->field);
    const struct error_arg args[] = { { "kind", plan_kind_word(p, loss->kind) },
                                      { "name", where }, { "word", word } };
    json_map_begin(p->out);
    json_member_str(p->out, "kind", loss->kind);
    json_member_str(p->out, "name", loss->name);
    if (loss->field.size > 0) json_member_str(p->out, "field", loss->field);
    json_member_str(p->out, "message",
                    message_text(p->scope, plan_language(p), "plan.names", args, 3));
    json_map_end(p->out);
}

/* Has one before it said the same? A thing may use a field in several of its formulas. */
static bool is_said(const struct names *names, int at)
{
    const struct name_loss *loss = &names->losses[at];
    for (int i = 0; i < at; i++) {
        const struct name_loss *other = &names->losses[i];
        if (other->lost == loss->lost && str_equal(other->kind, loss->kind) &&
            str_equal(other->name, loss->name) && str_equal(other->field, loss->field) &&
            (loss->lost || str_equal(other->word, loss->word))) {
            return true;
        }
    }
    return false;
}

static struct str error_word(const struct error_item *item, const char *name)
{
    for (int i = 0; i < item->arg_count; i++) {
        if (strcmp(item->args[i].name, name) == 0) return item->args[i].value;
    }
    return STR("");
}

/* Does the part define such a field, with that word in what it says of it? */
static bool says(struct scope *scope, const struct schema_part *part, struct str field,
                 struct str word)
{
    const struct json *fields = json_get(&part->body, "fields");
    for (int i = 0; fields && fields->kind == JSON_KIND_LIST && i < fields->count; i++) {
        if (!str_equal(json_text(&fields->items[i], "name"), field)) continue;
        return str_find(json_to_text(scope, &fields->items[i]), word) != SIZE_MAX;
    }
    return false;
}

/*
 * Whose mistake it is, of several parts: what was refused when it was stored says so, a formula
 * that does not hold is known by its field. NULL: it is nobody's alone.
 */
static const struct schema_part *part_of_error(struct scope *scope,
                                               const struct schema_part *parts, int count,
                                               const struct error_item *item)
{
    struct str named = error_word(item, "part"), word = error_word(item, "word");
    size_t dot = str_find(item->field, STR("."));
    if (named.size == 0 && dot != SIZE_MAX) named = str_slice(item->field, 0, dot);
    for (int i = 0; i < count; i++) {
        if (str_equal(parts[i].name, named)) return &parts[i];
    }
    for (int i = 0; dot == SIZE_MAX && i < count; i++) {
        if (says(scope, &parts[i], item->field, word)) return &parts[i];
    }
    return count == 1 ? &parts[0] : NULL;
}

/*
 * A field that goes while a setting of its object still names it: said by their labels, with
 * what to do. Empty: it is another mistake.
 */
static struct str setting_text(const struct plan *p, const struct schema_part *part,
                               const struct error_item *item)
{
    static const char *const settings[] = { "search", "indexes", "unique", "inherit" };
    bool is_lost = part && str_is(part->kind, "object") &&
                   strcmp(item->key, "schema.no_such_field") == 0;
    const struct object *object = is_lost ? schema_object(p->before, part->name) : NULL;
    const struct field *gone = object ? object_field(object, error_word(item, "name")) : NULL;
    for (size_t i = 0; gone && i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (!str_is(item->field, settings[i])) continue;
        const char *key = scope_format(p->scope, "plan.setting_%s", settings[i]).data;
        const struct error_arg args[] = {
            { "setting", message_text(p->scope, plan_language(p), key, NULL, 0) },
            { "word", label_of(p, gone->label) },
        };
        return message_text(p->scope, plan_language(p), "plan.setting", args, 2);
    }
    return STR("");
}

static void errors_put(struct plan *p, const struct error *error, const struct schema_part *parts,
                       int part_count)
{
    int count = 0;
    for (const struct error_item *item = error->first; item && count < BREAK_COUNT_MAX;
         item = item->next, count++) {
        const struct schema_part *part =
            part_of_error(p->scope, parts, part_count, item);
        json_map_begin(p->out);
        json_member_str(p->out, "kind", part ? part->kind : STR("object"));
        json_member_str(p->out, "name", part ? part->name : STR(""));
        if (item->field.size > 0) json_member_str(p->out, "field", item->field);
        struct str text = setting_text(p, part, item);
        if (text.size == 0) text = message_of_error(p->scope, plan_language(p), item);
        json_member_str(p->out, "message", text);
        json_map_end(p->out);
    }
}

/* ---- roles that go ---- */

/* Keys that act as the role go with it; who has it must get another one. */
static bool role_steps(struct plan *p, const struct config *role)
{
    struct key *keys;
    struct row row;
    struct cell arg = cell_int(role->id);
    struct str name = plan_config_label(p, STR("role"), role->name);
    int count;
    step(p, "role_drop", "plan.role_drop", name, STR(""));
    if (!db_one(p->scope, p->conn,
                STR("SELECT COUNT(*) FROM \"user\" WHERE role = ? AND deleted_at IS NULL"), &arg,
                1, &row) ||
        !key_list(p->scope, p->conn, &keys, &count)) {
        return false;
    }
    if (row.cells[0].integer > 0) {
        step(p, "role_people", "plan.role_people", name,
             scope_format(p->scope, "%lld", (long long)row.cells[0].integer));
    }
    for (int i = 0; i < count; i++) {
        if (keys[i].role == role->id) step(p, "key_end", "plan.key_end", keys[i].name, STR(""));
    }
    return true;
}

static bool roles_steps(struct plan *p)
{
    int count;
    const struct config *roles = schema_configs(p->before, STR("role"), &count);
    for (int i = 0; i < count; i++) {
        if (schema_config(p->after, STR("role"), roles[i].name)) continue;
        if (!role_steps(p, &roles[i])) return false;
    }
    return true;
}

/* ---- the whole ---- */

/* Another type among the changes: told as such, and left out of what is tried. */
static bool retypes(struct plan *p, const struct schema_part *part, struct json *body)
{
    const struct object *object =
        str_is(part->kind, "object") ? schema_object(p->before, part->name) : NULL;
    struct json *fields = (struct json *)(uintptr_t)json_get(body, "fields");
    for (int i = 0; object && fields && i < fields->count; i++) {
        struct json *item = &fields->items[i];
        const struct field *was = object_field_by_id(object, json_int(item, "id", 0));
        if (!was) was = object_field(object, json_text(item, "name"));
        struct str type = json_text(item, "type");
        if (!was || was->id < 0 || was->column.size == 0 || was->formula_source.size > 0 ||
            str_is(type, was->type->name)) {
            continue;
        }
        struct json definition = retype_definition(p->scope, object, was, item);
        struct field to;
        if (!schema_field_read(p->scope, object, &definition, &to)) return false;
        if (!field_may_convert(retype_source(was), &to)) {
            return error_add(p->scope, ERROR_INVALID, "schema.type_change",
                             scope_format(p->scope, "fields.%.*s.type", STR_ARG(was->name)));
        }
        if (!convert_step(p, was, &to)) return false;
    }
    return true;
}

static bool tried(struct plan *p, const struct schema_part *parts, int part_count,
                  struct names *names)
{
    struct schema *after = NULL;
    if (!schema_try_all(p->scope, p->conn, parts, part_count, p->context->actor.user,
                        p->context->now_ms) ||
        !schema_load(p->scope, p->conn, &after)) {
        return false;
    }
    p->after = after;
    return names_try(p->scope, p->conn, p->context, p->before, after, names);
}

static bool plan_write(struct plan *p, const struct schema_part *parts, int part_count)
{
    struct names *names = scope_new(p->scope, struct names, 1);
    struct schema_part *own = scope_new(p->scope, struct schema_part, part_count + 1);
    struct error refused = { .code = ERROR_NONE };
    bool is_ok = true;
    json_key(p->out, STR("steps"));
    json_list_begin(p->out);
    for (int i = 0; i < part_count && is_ok; i++) {
        own[i] = parts[i];
        is_ok = own[i].body.kind == JSON_KIND_NULL || retypes(p, &parts[i], &own[i].body);
    }
    is_ok = is_ok && tried(p, own, part_count, names);
    is_ok = is_ok && all_steps(p) && roles_steps(p) && plan_calendars(p);
    if (is_ok && names->rewritten_count > 0) {
        plan_step_begin(p, "names", "plan.rewritten", STR(""), STR(""));
        json_member_int(p->out, "rows", names->rewritten_count);
        json_map_end(p->out);
    }
    json_list_end(p->out);
    if (p->scope->error.code == ERROR_STORAGE) return false;
    json_key(p->out, STR("breaks"));
    json_list_begin(p->out);
    for (int i = 0; is_ok && i < names->loss_count; i++) {
        if (!is_said(names, i)) loss_put(p, &names->losses[i]);
    }
    if (is_ok && names->loss_count == 0) {
        is_ok = configuration_check(p->scope, p->conn, p->context->engine);
    }
    if (p->scope->error.code == ERROR_STORAGE) return false;
    if (!is_ok) {
        refused = p->scope->error;
        scope_error_clear(p->scope);
        errors_put(p, &refused, parts, part_count);
    }
    json_list_end(p->out);
    return true;
}

bool engine_plan(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 const struct schema_part *parts, int part_count, struct json_writer *out)
{
    struct schema *before = NULL;
    int mark = events_mark(context->engine);
    if (!actor_has_right(&context->actor, RIGHT_CONFIGURE)) {
        return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
    }
    if (!schema_load(scope, conn, &before) || !formula_build(scope, before) ||
        !db_savepoint_begin(scope, conn)) {
        return false;
    }
    struct plan plan = { .scope = scope, .conn = conn, .context = context, .before = before,
                         .out = out };
    json_map_begin(out);
    bool is_ok = plan_write(&plan, parts, part_count);
    json_map_end(out);
    events_cut(context->engine, mark);
    return db_savepoint_end(scope, conn, false) && is_ok;
}
