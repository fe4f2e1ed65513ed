/*
 * The generator's records, batch by batch, through the engine's door for
 * histories; records marked "live" through the normal door, so that rules see
 * them. Alerts that are over are taken as they were; open ones are left to the
 * sweep, which is called for each moment something fell due, with that moment as
 * now. Answers to open alerts wait until their moment comes in that replay.
 */
#include "cli/demo_fill.h"

#include <stdlib.h>

#include "base/decimal.h"
#include "cli/demo.h"
#include "cli/demo_people.h"

enum {
    BATCH_ROW_COUNT = 1000,
    ANSWER_COUNT_MAX = 2000,
    SWEEP_COUNT_MAX = 200,
    REPLAY_STEP_COUNT_MAX = 200000,
    OBJECT_LEVEL_MAX = 8,
};

/* Where the fields of one entity of the recipe go. */
struct binding {
    bool is_bound;
    const struct object *object;
    const struct field *fields[DEMO_VARIABLE_COUNT_MAX]; /* NULL: not stored */
    const struct field *created_at, *created_by;
};

/* An answer to an alert that is still open. */
struct answer {
    struct uuid record, by;
    int64_t at_ms;
    struct str kind, text;
};

struct item {
    struct history_row row;
    bool is_live;
    bool is_change; /* of the record row.id, which is there already */
    struct uuid by;
    int64_t at_ms;
};

struct filling {
    struct scope *scope; /* of the whole fill */
    struct engine *engine;
    const struct snapshot *snapshot;
    const struct demo_fill_options *options;
    struct binding *bindings;
    struct scope batch; /* of the rows not yet written */
    struct item *items;
    int item_count;
    struct people people;
    struct answer *answers;
    int answer_count;
    struct demo_report *report;
};

static bool refuse(struct scope *scope, struct str where, const char *reason, struct str word)
{
    error_set(scope, ERROR_INVALID, "demo.recipe", STR(""));
    error_arg(scope, "where", where);
    return error_arg(scope, "reason", scope_format(scope, "%s: %.*s", reason, STR_ARG(word)));
}

/* ---- values ---- */

static bool text_cell(struct filling *f, const struct field *field, struct str text,
                      struct cell *out)
{
    struct scope *scope = &f->batch;
    const struct choice *choice;
    const struct object *object;
    switch (field_kind(field)) {
    case VALUE_TEXT:
        *out = text.size > 0 ? cell_text(scope_copy(scope, text)) : cell_null();
        return true;
    case VALUE_CHOICE:
        choice = field_choice(field, text);
        if (!choice) return refuse(scope, field->name, "no such choice", text);
        *out = cell_int(choice->id);
        return true;
    case VALUE_CHOICES:
    case VALUE_DURATION: return field->type->read_text(scope, &(struct value_context){
            f->snapshot->schema, LANGUAGE_ZH, 0 }, field, text, out);
    case VALUE_OBJECT:
        object = schema_object(f->snapshot->schema, text);
        if (!object) return refuse(scope, field->name, "no such object", text);
        *out = cell_int(object->id);
        return true;
    default:
        return refuse(scope, field->name, "a text does not fit here", text);
    }
}

static bool number_cell(struct filling *f, const struct field *field, int64_t integer,
                        struct cell *out)
{
    switch (field_kind(field)) {
    case VALUE_NUMBER:
        *out = cell_int(integer * decimal_power(field->scale));
        return true;
    case VALUE_BOOLEAN:
        *out = cell_int(integer != 0);
        return true;
    case VALUE_TEXT:
        *out = cell_text(scope_format(&f->batch, "%lld", (long long)integer));
        return true;
    default:
        return refuse(&f->batch, field->name, "a number does not fit here", STR(""));
    }
}

static bool value_cell(struct filling *f, const struct field *field,
                       const struct demo_value *value, struct cell *out)
{
    enum value_kind kind = field_kind(field);
    switch (value->kind) {
    case DEMO_BLANK:
        *out = cell_null();
        return true;
    case DEMO_TEXT:
        return text_cell(f, field, value->text, out);
    case DEMO_INT:
    case DEMO_BOOL:
        return number_cell(f, field, value->integer, out);
    case DEMO_ROW:
        *out = cell_id(&f->batch, value->row->id);
        return kind == VALUE_ID ||
               refuse(&f->batch, field->name, "a record does not fit here", STR(""));
    case DEMO_TIME:
    case DEMO_DATE:
        break;
    default:
        return refuse(&f->batch, field->name, "not a value to store", STR(""));
    }
    bool is_time = value->kind == DEMO_TIME;
    *out = cell_int(value->integer);
    if (kind == VALUE_DATETIME && is_time) return true;
    if (kind == VALUE_DATE) {
        if (is_time) {
            out->integer = time_local_days(value->integer, f->snapshot->schema->zone_min);
        }
        return true;
    }
    return refuse(&f->batch, field->name, "a time does not fit here", STR(""));
}

/* ---- one record ---- */

static bool binding_make(struct filling *f, const struct demo_entity_face *entity,
                         struct binding *out)
{
    out->object = schema_object(f->snapshot->schema, entity->object);
    if (!out->object) return refuse(&f->batch, entity->name, "no such object", entity->object);
    out->created_at = object_field(out->object, STR("created_at"));
    out->created_by = object_field(out->object, STR("created_by"));
    for (int i = 0; i < entity->field_count; i++) {
        if (!entity->fields[i].is_stored) continue;
        out->fields[i] = object_field(out->object, entity->fields[i].name);
        if (!out->fields[i] || out->fields[i]->column.size == 0) {
            return refuse(&f->batch, entity->name, "no such field", entity->fields[i].name);
        }
    }
    out->is_bound = true;
    return true;
}

static void change_add(struct changes *changes, const struct field *field, struct cell cell)
{
    if (field) changes->items[changes->count++] = (struct change){ field, cell };
}

static bool changes_make(struct filling *f, const struct demo_record *record,
                         const struct binding *binding, bool is_live, struct changes *out)
{
    out->items = scope_new(&f->batch, struct change, record->entity->field_count + 2);
    for (int i = 0; i < record->entity->field_count; i++) {
        struct cell cell = cell_null();
        if (!binding->fields[i] || record->values[i].kind == DEMO_BLANK) continue;
        if (!value_cell(f, binding->fields[i], &record->values[i], &cell)) return false;
        change_add(out, binding->fields[i], cell);
    }
    if (is_live) return true;
    change_add(out, binding->created_at, cell_int(record->created_at_ms));
    if (record->by) change_add(out, binding->created_by, cell_id(&f->batch, record->by->id));
    return true;
}

static bool stays_make(struct filling *f, const struct demo_record *record,
                       struct history_row *row)
{
    if (record->stay_count == 0) return true;
    struct str name = record->pipeline;
    const struct pipeline *pipeline = schema_pipeline(f->snapshot->schema, name);
    if (!pipeline) return refuse(&f->batch, record->entity->name, "no such pipeline", name);
    row->events = scope_new(&f->batch, struct stage_event, record->stay_count);
    row->event_count = record->stay_count;
    for (int i = 0; i < record->stay_count; i++) {
        const struct demo_stay *stay = &record->stays[i];
        const struct stage *stage = pipeline_stage(pipeline, stay->stage);
        if (!stage) return refuse(&f->batch, name, "no such stage", stay->stage);
        row->events[i] = (struct stage_event){
            .stage = stage,
            .at_ms = stay->entered_at_ms,
            .reason = scope_copy(&f->batch, stay->reason),
        };
        if (record->by) row->events[i].by = record->by->id;
    }
    return true;
}

static struct uuid row_id(const struct demo_record *record, const char *name)
{
    struct demo_value value = demo_value_of(record, name);
    return value.kind == DEMO_ROW ? value.row->id : (struct uuid){ { 0 } };
}

/* Answers to an open alert are kept for the replay, which raises that alert. */
static void answer_keep(struct filling *f, const struct demo_record *record)
{
    if (f->answer_count == ANSWER_COUNT_MAX) return;
    f->answers[f->answer_count++] = (struct answer){
        .record = row_id(record->parent, "record"),
        .by = row_id(record, "by"),
        .at_ms = demo_value_of(record, "at").integer,
        .kind = scope_copy(f->scope, demo_value_of(record, "kind").text),
        .text = scope_copy(f->scope, demo_value_of(record, "text").text),
    };
}

static bool is_open_alert(const struct demo_record *record)
{
    return record && str_is(record->entity->object, "alert") &&
           demo_value_of(record, "cleared_at").kind == DEMO_BLANK;
}

/* True when the record is not to be written as it is. */
static bool is_left_out(struct filling *f, const struct demo_record *record)
{
    bool is_answer = str_is(record->entity->object, "intervention");
    bool is_alert = str_is(record->entity->object, "alert");
    if (f->options->is_bare && (record->entity->is_live || record->change)) return true;
    if (f->options->is_bare) return is_answer || is_alert;
    if (is_answer && is_open_alert(record->parent)) {
        answer_keep(f, record);
        return true;
    }
    return is_open_alert(record);
}

/* ---- batches ---- */

static bool live_put(struct scope *scope, struct db_conn *conn, struct filling *f,
                     const struct item *item)
{
    struct engine_context context = engine_system_context(f->engine, f->snapshot, "demo");
    context.now_ms = item->at_ms;
    if (!uuid_is_nil(item->by) &&
        !actor_load(scope, conn, f->snapshot->access, item->by, item->at_ms,
                    &context.actor)) {
        return false;
    }
    struct write write = {
        .verb = item->is_change ? WRITE_UPDATE : WRITE_CREATE,
        .object = item->row.object,
        .id = item->row.id,
        .changes = item->row.changes,
    };
    return engine_write(scope, conn, &context, &write, NULL, NULL);
}

static bool batch_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct filling *f = context;
    struct engine_context system = engine_system_context(f->engine, f->snapshot, "demo");
    system.now_ms = f->options->now_ms;
    for (int i = 0; i < f->item_count; i++) {
        const struct item *item = &f->items[i];
        bool ok = item->is_live ? live_put(scope, conn, f, item)
                                : engine_put_history(scope, conn, &system, &item->row);
        if (!ok) return false;
    }
    return true;
}

static void error_move(struct scope *to, const struct scope *from)
{
    const struct error_item *item = from->error.first;
    error_set(to, from->error.code, item ? item->key : "demo.stopped",
              item ? scope_copy(to, item->field) : STR(""));
    struct error_item *copy = error_last(to);
    for (int i = 0; item && i < item->arg_count; i++) {
        error_arg(to, item->args[i].name, item->args[i].value);
    }
    if (item && copy) {
        copy->text_zh = scope_copy(to, item->text_zh);
        copy->text_en = scope_copy(to, item->text_en);
    }
    to->error.detail = scope_copy(to, from->error.detail);
}

static bool batch_flush(struct filling *f)
{
    bool ok = f->item_count == 0 ||
              db_write_wait(&f->batch, engine_db(f->engine), batch_run, f);
    if (!ok) {
        error_move(f->scope, &f->batch);
    } else {
        f->report->row_count += f->item_count;
        if (f->options->progress) {
            f->options->progress(f->report->row_count, f->options->progress_context);
        }
    }
    scope_end(&f->batch);
    scope_begin(&f->batch);
    f->item_count = 0;
    return ok;
}

static bool item_make(struct filling *f, const struct demo_record *record)
{
    struct binding *binding = &f->bindings[record->entity->index];
    struct item *item = &f->items[f->item_count];
    if (!binding->is_bound && !binding_make(f, record->entity, binding)) return false;
    *item = (struct item){
        .row = { .object = binding->object, .id = record->id },
        .is_live = record->entity->is_live || record->change,
        .is_change = record->change != NULL,
        .at_ms = record->created_at_ms,
    };
    if (record->by) item->by = record->by->id;
    if (record->change) item->row.id = record->change->id;
    return changes_make(f, record, binding, item->is_live, &item->row.changes) &&
           stays_make(f, record, &item->row) &&
           people_add(&f->batch, &f->people, record);
}

static bool fill_put(struct scope *scope, void *context, const struct demo_record *record)
{
    struct filling *f = context;
    if (is_left_out(f, record)) return true;
    if (!item_make(f, record)) {
        error_move(scope, &f->batch);
        return false;
    }
    f->item_count++;
    if (f->item_count < BATCH_ROW_COUNT || batch_flush(f)) return true;
    if (scope != f->scope) error_move(scope, f->scope);
    return false;
}

/* ---- afterwards ---- */

static bool uses_object(const struct object *object, const struct object *other)
{
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        for (int u = 0; field->is_stored && u < field->formula->use_count; u++) {
            if (field->formula->uses[u].object == other) return true;
        }
    }
    return false;
}

static bool has_stored(const struct object *object)
{
    for (int i = 0; i < object->field_count; i++) {
        if (object->fields[i].is_stored) return true;
    }
    return false;
}

/* Stored formulas that look at others' stored formulas come after those. */
static int object_level(const struct schema *schema, const struct object *object, int depth)
{
    int level = 0;
    for (int i = 0; depth < OBJECT_LEVEL_MAX && i < schema->object_count; i++) {
        const struct object *other = &schema->objects[i];
        if (other == object || !has_stored(other) || !uses_object(object, other)) continue;
        int below = object_level(schema, other, depth + 1) + 1;
        if (below > level) level = below;
    }
    return level;
}

static bool recompute_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct filling *f = context;
    const struct schema *schema = f->snapshot->schema;
    struct engine_context system = engine_system_context(f->engine, f->snapshot, "demo");
    system.now_ms = f->options->now_ms;
    for (int level = 0; level <= OBJECT_LEVEL_MAX; level++) {
        for (int i = 0; i < schema->object_count; i++) {
            const struct object *object = &schema->objects[i];
            if (object->is_builtin || object_level(schema, object, 0) != level) continue;
            if (!engine_recompute(scope, conn, &system, object)) return false;
        }
    }
    return true;
}

static int answer_compare(const void *a, const void *b)
{
    const struct answer *left = a, *right = b;
    return (left->at_ms > right->at_ms) - (left->at_ms < right->at_ms);
}

static bool answer_give(struct scope *scope, struct db_conn *conn, struct filling *f,
                        const struct answer *answer)
{
    struct cell args[] = { cell_id(scope, answer->record) };
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT id FROM alert WHERE record = ? AND cleared_at IS NULL"), args, 1,
                &row)) {
        return false;
    }
    if (row.count == 0 || uuid_is_nil(answer->by)) return true;
    struct engine_context context = engine_system_context(f->engine, f->snapshot, "demo");
    context.now_ms = answer->at_ms;
    struct uuid id;
    return actor_load(scope, conn, f->snapshot->access, answer->by, answer->at_ms,
                      &context.actor) &&
           engine_intervene(scope, conn, &context, cell_uuid(&row.cells[0]), answer->kind,
                            answer->text, &id);
}

/* Raises what fell due, at the moment it fell due, and gives the answers in between. */
static bool replay_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct filling *f = context;
    struct engine_context system = engine_system_context(f->engine, f->snapshot, "demo");
    int answered = 0;
    for (int step = 0; step < REPLAY_STEP_COUNT_MAX; step++) {
        int64_t due_ms;
        int count = 0;
        if (!engine_next_due(scope, conn, &due_ms)) return false;
        bool is_over = due_ms == 0 || due_ms > f->options->now_ms;
        while (answered < f->answer_count && (is_over || f->answers[answered].at_ms <= due_ms)) {
            if (!answer_give(scope, conn, f, &f->answers[answered++])) return false;
        }
        if (is_over) return true;
        system.now_ms = due_ms;
        if (!engine_sweep(scope, conn, &system, SWEEP_COUNT_MAX, &count)) return false;
        f->report->alert_count += count;
    }
    return true;
}

static const struct json *recipe_body(const struct schema *schema)
{
    const struct config *config = schema_config(schema, STR("demo"), STR("demo"));
    return config ? &config->body : NULL;
}

static bool aftermath(struct filling *f)
{
    if (!db_write_wait(f->scope, engine_db(f->engine), recompute_run, f)) return false;
    if (f->options->is_bare) return true;
    qsort(f->answers, (size_t)f->answer_count, sizeof(struct answer), answer_compare);
    f->report->person_count = f->people.count;
    return db_write_wait(f->scope, engine_db(f->engine), replay_run, f) &&
           people_welcome(f->scope, f->engine, f->snapshot, recipe_body(f->snapshot->schema),
                          &f->people, f->options->now_ms);
}

/* ---- the whole ---- */

struct str demo_password(const struct schema *schema)
{
    return json_text(recipe_body(schema), "password");
}

static bool generate(struct filling *f)
{
    const struct json *body = recipe_body(f->snapshot->schema);
    struct demo_recipe *recipe;
    if (!body) return error_set(f->scope, ERROR_NOT_FOUND, "demo.no_recipe", STR(""));
    if (!demo_recipe_read(f->scope, body, &recipe)) return false;
    f->bindings = scope_new(f->scope, struct binding, demo_entity_count(recipe));
    struct demo_options options = {
        .now_ms = f->options->now_ms,
        .zone_min = f->snapshot->schema->zone_min,
        .scale_percent = f->options->scale_percent ? f->options->scale_percent : 100,
        .seed = f->options->seed,
    };
    struct demo_sink sink = { .context = f, .put = fill_put };
    return demo_generate(f->scope, recipe, &options, &sink) && batch_flush(f);
}

bool demo_fill(struct scope *scope, struct engine *engine,
               const struct demo_fill_options *options, struct demo_report *out)
{
    *out = (struct demo_report){ 0 };
    struct filling f = { .scope = scope, .engine = engine, .options = options, .report = out };
    f.snapshot = snapshot_take(engine);
    f.items = scope_new(scope, struct item, BATCH_ROW_COUNT);
    people_begin(scope, &f.people);
    f.answers = scope_new(scope, struct answer, ANSWER_COUNT_MAX);
    scope_begin(&f.batch);
    bool ok = generate(&f) && aftermath(&f);
    scope_end(&f.batch);
    snapshot_release(engine, f.snapshot);
    return ok;
}
