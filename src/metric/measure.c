/*
 * Measures: one SELECT by local day for a ratio, folded here into days, weeks or
 * months and the whole period; one SELECT per stretch for other values. The
 * period is a plain range on the time column, so an index serves it.
 */
#include "metric/inner.h"

#include "base/time.h"

/* ---- definitions ---- */

static bool bad(struct scope *scope, struct str measure, struct str word)
{
    error_set(scope, ERROR_INVALID, "measure.bad", measure);
    return error_arg(scope, "word", word);
}

static bool formula_read(struct scope *scope, const struct schema *schema,
                         const struct measure *measure, const char *key, unsigned flags,
                         const struct formula **out)
{
    struct formula *formula = NULL;
    struct str source = json_text(measure->body, key);
    *out = NULL;
    if (source.size == 0) return true;
    if (!formula_compile(scope, schema, measure->object, source, flags | FORMULA_ALLOW_CLOCK,
                         &formula)) {
        return false;
    }
    *out = formula;
    return true;
}

static bool field_find(struct scope *scope, const struct measure *measure, const char *key,
                       const struct field **out)
{
    struct str name = json_text(measure->body, key);
    *out = NULL;
    if (name.size == 0) return true;
    *out = object_field(measure->object, name);
    if (*out && (*out)->column.size > 0) return true;
    return bad(scope, measure->name, name);
}

static bool parts_read(struct scope *scope, struct measure *measure)
{
    const struct json *parts = json_get(measure->body, "parts");
    const struct json *factor = json_get(measure->body, "factor");
    measure->factor = factor ? (factor->kind == JSON_KIND_REAL ? factor->real
                                                               : (double)factor->integer)
                             : 1;
    for (int i = 0; parts && i < parts->count; i++) {
        if (measure->part_count == MEASURE_PART_COUNT_MAX) {
            return bad(scope, measure->name, STR("parts"));
        }
        const struct json *weight = json_get(&parts->items[i], "weight");
        struct measure_part *part = &measure->parts[measure->part_count++];
        part->name = json_text(&parts->items[i], "measure");
        part->weight = !weight                          ? 1
                       : weight->kind == JSON_KIND_REAL ? weight->real
                                                        : (double)weight->integer;
    }
    return true;
}

/* What its kind cannot do without. */
static bool measure_is_whole(struct scope *scope, const struct measure *measure)
{
    bool is_ratio = measure->kind == MEASURE_RATIO;
    if (measure->at && field_kind(measure->at) != VALUE_DATETIME) {
        return bad(scope, measure->name, STR("at"));
    }
    if (is_ratio && !measure->at) return bad(scope, measure->name, STR("at"));
    if (is_ratio && !measure->of) return bad(scope, measure->name, STR("of"));
    if (is_ratio) return formula_expect(scope, measure->of, FORMULA_BOOLEAN);
    return measure->value || bad(scope, measure->name, STR("value"));
}

bool measure_load(struct scope *scope, const struct schema *schema, struct str name,
                  struct measure *out)
{
    const struct config *config = schema_config(schema, STR("measure"), name);
    if (!config) return error_set(scope, ERROR_NOT_FOUND, "measure.not_found", STR(""));
    *out = (struct measure){ .name = config->name, .body = &config->body };
    struct str kind = json_text(out->body, "kind");
    if (str_is(kind, "weighted")) {
        out->kind = MEASURE_WEIGHTED;
        return parts_read(scope, out) &&
               (out->part_count > 0 || bad(scope, out->name, STR("parts")));
    }
    out->kind = str_is(kind, "ratio") ? MEASURE_RATIO : MEASURE_VALUE;
    if (out->kind == MEASURE_VALUE && !str_is(kind, "value")) return bad(scope, out->name, kind);
    out->object = schema_object(schema, json_text(out->body, "object"));
    if (!out->object) return bad(scope, name, STR("object"));
    struct str after = json_text(out->body, "after");
    if (after.size > 0 && !time_parse_duration(after, &out->after_ms)) {
        return bad(scope, name, after);
    }
    return field_find(scope, out, "at", &out->at) &&
           field_find(scope, out, "person", &out->person) &&
           formula_read(scope, schema, out, "when", 0, &out->when) &&
           formula_read(scope, schema, out, "of", 0, &out->of) &&
           formula_read(scope, schema, out, "value", FORMULA_ALLOW_AGGREGATE, &out->value) &&
           (!out->when || formula_expect(scope, out->when, FORMULA_BOOLEAN)) &&
           measure_is_whole(scope, out);
}

/* ---- for whom ---- */

static bool is_open(struct scope *scope, const struct engine_context *context,
                    const struct measure *measure)
{
    const struct access *access = context->snapshot->access;
    const struct formula *formulas[] = { measure->when, measure->of, measure->value };
    const struct field *fields[] = { measure->at, measure->person };
    for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
        if (!formulas[i]) continue;
        if (!access_check_formula(scope, access, &context->actor, formulas[i])) return false;
    }
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (fields[i] && access_field_mode(access, &context->actor, measure->object, fields[i]) >=
                             FIELD_MASKED) {
            return false;
        }
    }
    return true;
}

/*
 * A measure tells what it is made of: to who may not read one of those fields it is not there,
 * nor is what is made of such measures.
 */
static bool measure_open(struct scope *scope, const struct engine_context *context,
                         struct str name, struct measure *out)
{
    const struct schema *schema = context->snapshot->schema;
    struct scope trial;
    if (!measure_load(scope, schema, name, out)) return false;
    scope_begin(&trial);
    bool ok = is_open(&trial, context, out);
    for (int i = 0; ok && i < out->part_count; i++) {
        struct measure part;
        bool is_loaded = measure_load(&trial, schema, out->parts[i].name, &part);
        if (!is_loaded) scope_error_clear(&trial); /* said when it is asked for its number */
        ok = !is_loaded || is_open(&trial, context, &part);
    }
    scope_end(&trial);
    return ok || error_set(scope, ERROR_NOT_FOUND, "measure.not_found", STR(""));
}

/* ---- stretches of a period ---- */

static int64_t bucket_next(int64_t from_ms, enum period by, int zone)
{
    int64_t day = time_local_days(from_ms, zone);
    int year, month, number;
    time_civil_from_days(day, &year, &month, &number);
    switch (by) {
    case PERIOD_DAY: day += 1; break;
    case PERIOD_WEEK: day += 8 - time_weekday(day); break;
    case PERIOD_MONTH:
        day = time_days_from_civil(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1);
        break;
    default: return INT64_MAX;
    }
    return time_day_start(day, zone);
}

static bool buckets_make(struct scope *scope, const struct measure_query *query, int zone,
                         struct bucket **out, int *count)
{
    struct bucket *buckets = scope_new(scope, struct bucket, MEASURE_BUCKET_COUNT_MAX);
    *count = 0;
    for (int64_t at = query->from_ms; query->by != PERIOD_NONE && at < query->to_ms;) {
        if (*count == MEASURE_BUCKET_COUNT_MAX) {
            return error_set(scope, ERROR_INVALID, "measure.period_too_long", STR("by"));
        }
        int64_t next = bucket_next(at, query->by, zone);
        if (next > query->to_ms) next = query->to_ms;
        buckets[(*count)++] = (struct bucket){ .from_ms = at, .to_ms = next };
        at = next;
    }
    *out = buckets;
    return true;
}

/* ---- asking ---- */

struct asking {
    struct scope *scope;
    struct db_conn *conn;
    const struct engine_context *context;
    const struct measure_query *query;
    const struct measure *measure;
    struct access_reader reader;
    struct formula_context formulas;
};

static void asking_begin(struct asking *asking, struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context,
                         const struct measure_query *query, const struct measure *measure)
{
    *asking = (struct asking){ .scope = scope, .conn = conn, .context = context, .query = query,
                               .measure = measure };
    access_reader_begin(&asking->reader, context->snapshot->access, &context->actor,
                        context->now_ms);
    asking->formulas = access_formula_context(context->snapshot->access, &context->actor,
                                              &asking->reader, STR("t"), context->now_ms);
}

/* The moment it counts at; a stored formula only as far as it may be told. */
static void put_at(const struct asking *asking, struct sql *sql)
{
    const struct field_path path = { .fields = { asking->measure->at }, .count = 1 };
    field_path_put(sql, &asking->formulas, &path);
}

/* FROM … WHERE the record counts in [from, to) for the scope and may be read. */
static bool put_rows(struct asking *asking, struct sql *sql, int64_t from_ms, int64_t to_ms)
{
    const struct measure *measure = asking->measure;
    sql_put(sql, STR(" FROM "));
    sql_name(sql, measure->object->table);
    sql_put(sql, STR(" AS t WHERE "));
    sql_put(sql, measure->object->is_builtin ? STR("1=1") : STR("t.deleted_at IS NULL"));
    if (measure->at) {
        sql_put(sql, STR(" AND "));
        put_at(asking, sql);
        sql_put(sql, STR(" >= "));
        sql_int(sql, from_ms - measure->after_ms);
        sql_put(sql, STR(" AND "));
        put_at(asking, sql);
        sql_put(sql, STR(" < "));
        sql_int(sql, to_ms - measure->after_ms);
    }
    if (measure->when) {
        sql_put(sql, STR(" AND "));
        formula_put_condition(sql, &asking->formulas, measure->when);
    }
    sql_put(sql, STR(" AND "));
    access_put(sql, asking->context->snapshot->access, &asking->context->actor,
               asking->context->now_ms, measure->object, ACTION_READ, STR("t"));
    return measure_scope_put(asking->scope, asking->conn, asking->context, measure,
                             asking->query, sql);
}

static void fold(struct bucket *bucket, int64_t numerator, int64_t denominator)
{
    bucket->numerator += numerator;
    bucket->denominator += denominator;
    bucket->has_value = bucket->denominator > 0;
    if (bucket->has_value) {
        bucket->value = (double)bucket->numerator / (double)bucket->denominator;
    }
}

static void put_day(struct asking *asking, struct sql *sql)
{
    int zone = asking->context->snapshot->schema->zone_min;
    sql_put(sql, STR("("));
    put_at(asking, sql);
    sql_put(sql, STR(" + "));
    sql_int(sql, asking->measure->after_ms + (int64_t)zone * TIME_MINUTE_MS);
    sql_putf(sql, ") / %d", TIME_DAY_MS);
}

static void fold_day(struct asking *asking, struct bucket *whole, struct bucket *buckets,
                     int count, int64_t day, int64_t numerator, int64_t denominator)
{
    int64_t at = time_day_start(day, asking->context->snapshot->schema->zone_min);
    fold(whole, numerator, denominator);
    for (int i = 0; i < count; i++) {
        /* The first day may begin before the period: its records are inside all the same. */
        if (at < buckets[i].to_ms && (at >= buckets[i].from_ms || i == 0)) {
            fold(&buckets[i], numerator, denominator);
            return;
        }
    }
}

static bool ratio_run(struct asking *asking, struct bucket *whole, struct bucket *buckets,
                      int count)
{
    struct sql sql;
    sql_begin(&sql, asking->scope);
    sql_put(&sql, STR("SELECT "));
    put_day(asking, &sql);
    sql_put(&sql, STR(" AS day, SUM(CASE WHEN "));
    formula_put_condition(&sql, &asking->formulas, asking->measure->of);
    sql_put(&sql, STR(" THEN 1 ELSE 0 END), COUNT(*)"));
    if (!put_rows(asking, &sql, whole->from_ms, whole->to_ms)) return false;
    sql_put(&sql, STR(" GROUP BY 1 ORDER BY 1"));
    struct db_cursor *cursor = NULL;
    if (!sql_query(asking->scope, asking->conn, &sql, &cursor)) return false;
    bool has_row = false;
    while (db_next(asking->scope, cursor, &has_row) && has_row) {
        fold_day(asking, whole, buckets, count, db_cell(cursor, 0).integer,
                 db_cell(cursor, 1).integer, db_cell(cursor, 2).integer);
    }
    db_cursor_end(cursor);
    return !error_is_set(asking->scope);
}

static bool value_run(struct asking *asking, struct bucket *bucket)
{
    struct sql sql;
    sql_begin(&sql, asking->scope);
    sql_put(&sql, STR("SELECT "));
    formula_put(&sql, &asking->formulas, asking->measure->value);
    sql_put(&sql, STR(", COUNT(*)"));
    if (!put_rows(asking, &sql, bucket->from_ms, bucket->to_ms)) return false;
    struct row row;
    if (!sql_one(asking->scope, asking->conn, &sql, &row)) return false;
    bucket->cell = row.cells[0];
    bucket->denominator = row.cells[1].integer;
    bucket->has_value = row.cells[0].kind != CELL_NULL;
    return true;
}

static bool plain_run(struct asking *asking, struct bucket *whole, struct bucket *buckets,
                      int count)
{
    if (!measure_scope_check(asking->scope, asking->conn, asking->context, asking->measure,
                             asking->query)) {
        return false;
    }
    if (asking->measure->kind == MEASURE_RATIO) return ratio_run(asking, whole, buckets, count);
    if (!value_run(asking, whole)) return false;
    for (int i = 0; i < count && asking->measure->at; i++) {
        if (!value_run(asking, &buckets[i])) return false;
    }
    return true;
}

/* ---- answering ---- */

static void write_value(struct json_writer *writer, const struct asking *asking,
                        const struct bucket *bucket)
{
    const struct measure *measure = asking->measure;
    json_key(writer, STR("value"));
    if (!bucket->has_value) {
        json_put_null(writer);
    } else if (measure->kind == MEASURE_VALUE) {
        query_write_value(writer, asking->context->snapshot->schema, &measure->value->type,
                          &bucket->cell);
    } else {
        json_put_real(writer, bucket->value);
    }
    if (measure->kind == MEASURE_WEIGHTED) {
        json_member_null(writer, "numerator");
        json_member_null(writer, "denominator");
    } else {
        if (measure->kind == MEASURE_RATIO) {
            json_member_int(writer, "numerator", bucket->numerator);
        } else {
            json_member_null(writer, "numerator");
        }
        json_member_int(writer, "denominator", bucket->denominator);
    }
}

static void write_series(struct json_writer *writer, const struct asking *asking,
                         const struct bucket *buckets, int count)
{
    json_key(writer, STR("series"));
    json_list_begin(writer);
    for (int i = 0; i < count; i++) {
        json_map_begin(writer);
        json_key(writer, STR("from"));
        json_put_time(writer, buckets[i].from_ms);
        json_key(writer, STR("to"));
        json_put_time(writer, buckets[i].to_ms);
        write_value(writer, asking, &buckets[i]);
        json_map_end(writer);
    }
    json_list_end(writer);
}

/* The records behind the number, newest first; met: counted in the numerator. */
static bool write_records(struct asking *asking, struct json_writer *writer)
{
    struct scope *scope = asking->scope;
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT t.id"));
    if (asking->measure->of) {
        sql_put(&sql, STR(", CASE WHEN "));
        formula_put_condition(&sql, &asking->formulas, asking->measure->of);
        sql_put(&sql, STR(" THEN 1 ELSE 0 END"));
    } else {
        sql_put(&sql, STR(", 1"));
    }
    if (!put_rows(asking, &sql, asking->query->from_ms, asking->query->to_ms)) return false;
    sql_put(&sql, STR(" ORDER BY "));
    if (asking->measure->at) {
        put_at(asking, &sql);
    } else {
        sql_put(&sql, STR("t.id"));
    }
    sql_putf(&sql, " DESC, t.id DESC LIMIT %d", MEASURE_DRILL_COUNT_MAX);
    struct db_cursor *cursor = NULL;
    if (!sql_query(scope, asking->conn, &sql, &cursor)) return false;
    bool has_row = false;
    while (db_next(scope, cursor, &has_row) && has_row) {
        struct cell id = db_cell(cursor, 0);
        json_map_begin(writer);
        json_member_str(writer, "object", asking->measure->object->name);
        json_member_str(writer, "id", uuid_format(scope, cell_uuid(&id)));
        json_member_str(writer, "measure", asking->measure->name);
        json_member_bool(writer, "met", db_cell(cursor, 1).integer != 0);
        json_map_end(writer);
    }
    db_cursor_end(cursor);
    return !error_is_set(scope);
}

/* Weighted mean of what there is: the weight of a part without data goes to the others. */
static void weigh(const struct measure *measure, struct bucket *const *parts, int index,
                  struct bucket *out)
{
    double sum = 0, weight = 0;
    for (int p = 0; p < measure->part_count; p++) {
        const struct bucket *part = &parts[p][index];
        if (!part->has_value) continue;
        sum += measure->parts[p].weight * part->value;
        weight += measure->parts[p].weight;
    }
    out->has_value = weight > 0;
    if (out->has_value) out->value = measure->factor * sum / weight;
}

static void write_part(struct json_writer *writer, const struct measure_part *part,
                       const struct bucket *whole)
{
    json_map_begin(writer);
    json_member_str(writer, "measure", part->name);
    json_key(writer, STR("value"));
    if (whole->has_value) {
        json_put_real(writer, whole->value);
    } else {
        json_put_null(writer);
    }
    json_key(writer, STR("weight"));
    json_put_real(writer, part->weight);
    json_member_int(writer, "numerator", whole->numerator);
    json_member_int(writer, "denominator", whole->denominator);
    json_map_end(writer);
}

struct answer {
    struct bucket whole;
    struct bucket *buckets;
    int count;
};

static bool weighted_write(struct asking *asking, struct answer *answer,
                           struct json_writer *writer)
{
    const struct measure *measure = asking->measure;
    struct scope *scope = asking->scope;
    struct asking parts[MEASURE_PART_COUNT_MAX];
    struct measure *loaded = scope_new(scope, struct measure, MEASURE_PART_COUNT_MAX);
    struct bucket *stretches[MEASURE_PART_COUNT_MAX];
    for (int p = 0; p < measure->part_count; p++) {
        if (!measure_load(scope, asking->context->snapshot->schema, measure->parts[p].name,
                          &loaded[p])) {
            return false;
        }
        if (loaded[p].kind != MEASURE_RATIO) return bad(scope, measure->name, loaded[p].name);
        asking_begin(&parts[p], scope, asking->conn, asking->context, asking->query, &loaded[p]);
        stretches[p] = scope_new(scope, struct bucket, answer->count + 1);
        memcpy(stretches[p], answer->buckets, sizeof(struct bucket) * (size_t)answer->count);
        stretches[p][answer->count] = answer->whole;
        if (!plain_run(&parts[p], &stretches[p][answer->count], stretches[p], answer->count)) {
            return false;
        }
    }
    for (int i = 0; i < answer->count; i++) weigh(measure, stretches, i, &answer->buckets[i]);
    weigh(measure, stretches, answer->count, &answer->whole);
    write_value(writer, asking, &answer->whole);
    json_key(writer, STR("parts"));
    json_list_begin(writer);
    for (int p = 0; p < measure->part_count; p++) {
        write_part(writer, &measure->parts[p], &stretches[p][answer->count]);
    }
    json_list_end(writer);
    write_series(writer, asking, answer->buckets, answer->count);
    if (!asking->query->has_drill) return true;
    json_key(writer, STR("records"));
    json_list_begin(writer);
    for (int p = 0; p < measure->part_count; p++) {
        if (!write_records(&parts[p], writer)) return false;
    }
    json_list_end(writer);
    return true;
}

static bool plain_write(struct asking *asking, struct answer *answer, struct json_writer *writer)
{
    if (!plain_run(asking, &answer->whole, answer->buckets, answer->count)) return false;
    write_value(writer, asking, &answer->whole);
    json_key(writer, STR("parts"));
    json_list_begin(writer);
    json_list_end(writer);
    write_series(writer, asking, answer->buckets, answer->count);
    if (!asking->query->has_drill) return true;
    json_key(writer, STR("records"));
    json_list_begin(writer);
    bool ok = write_records(asking, writer);
    json_list_end(writer);
    return ok;
}

bool measure_write(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context, const struct measure_query *query,
                   struct json_writer *writer)
{
    struct measure measure;
    struct asking asking;
    struct answer answer = { .whole = { .from_ms = query->from_ms, .to_ms = query->to_ms } };
    int zone_min = context->snapshot->schema->zone_min;
    if (!measure_open(scope, context, query->name, &measure) ||
        !buckets_make(scope, query, zone_min, &answer.buckets, &answer.count)) {
        return false;
    }
    asking_begin(&asking, scope, conn, context, query, &measure);
    json_map_begin(writer);
    json_member_str(writer, "measure", measure.name);
    json_member_str(writer, "scope", query->scope_text);
    json_key(writer, STR("from"));
    json_put_time(writer, query->from_ms);
    json_key(writer, STR("to"));
    json_put_time(writer, query->to_ms);
    bool ok = measure.kind == MEASURE_WEIGHTED ? weighted_write(&asking, &answer, writer)
                                               : plain_write(&asking, &answer, writer);
    json_map_end(writer);
    return ok;
}

/* ---- the list ---- */

static const char *unit_of(const struct measure *measure)
{
    if (measure->kind == MEASURE_RATIO) return "fraction";
    if (measure->kind == MEASURE_WEIGHTED) return "score";
    return measure->value->type.is_money ? "money" : "number";
}

static void write_member(struct json_writer *writer, const struct json *body, const char *name)
{
    const struct json *value = json_get(body, name);
    if (!value) return;
    json_key(writer, str_of(name));
    json_put_tree(writer, value);
}

bool measures_write(struct scope *scope, const struct engine_context *context,
                    struct json_writer *writer)
{
    int count = 0;
    const struct schema *schema = context->snapshot->schema;
    const struct config *configs = schema_configs(schema, STR("measure"), &count);
    json_map_begin(writer);
    json_key(writer, STR("items"));
    json_list_begin(writer);
    for (int i = 0; i < count; i++) {
        struct measure measure;
        /* One that a later change of an object has broken is shown as such, not a reason to
         * show none. */
        bool is_there = measure_open(scope, context, configs[i].name, &measure);
        bool is_broken = !is_there && scope->error.code != ERROR_NOT_FOUND;
        if (!is_there) scope_error_clear(scope);
        if (!is_there && !is_broken) continue;
        json_map_begin(writer);
        json_member_str(writer, "name", measure.name);
        write_member(writer, measure.body, "label");
        write_member(writer, measure.body, "help");
        json_member_str(writer, "unit", str_of(is_broken ? "number" : unit_of(&measure)));
        if (is_broken) json_member_bool(writer, "broken", true);
        if (measure.at) json_member_str(writer, "at", measure.at->name);
        write_member(writer, measure.body, "baseline");
        write_member(writer, measure.body, "goal");
        json_member_str(writer, "better",
                        str_is(json_text(measure.body, "better"), "down") ? STR("down")
                                                                          : STR("up"));
        write_member(writer, measure.body, "parts");
        json_map_end(writer);
    }
    json_list_end(writer);
    json_map_end(writer);
    return true;
}
