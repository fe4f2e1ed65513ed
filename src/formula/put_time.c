/*
 * Comparisons, and how those with elapsed time become ranges an index serves.
 *
 * HOURS_SINCE(x) > 48 says now - x > v, that is x < now - v: the clock and the
 * constant are known when the statement is written, so x stands alone. All of it
 * is integer arithmetic: the bound b = now - v may be a fraction of a
 * millisecond, and x < b means x < ceil(b) for a whole x, x <= b means
 * x <= floor(b), and so on. Blank stays false: NULL compares as NULL.
 *
 * The same with dates: a date compared with a moment is its local midnight, a
 * moment's local date compared with a date is a range of moments.
 */
#include "base/time.h"
#include "formula/fn.h"
#include "formula/inner.h"

__extension__ typedef __int128 wide; /* milliseconds times 10^6 */

/* A bound that need not be whole: above / below, below > 0. */
struct ratio {
    wide above, below;
};

static int64_t clip(wide value)
{
    const wide most = (wide)1 << 61;
    if (value > most) value = most;
    if (value < -most) value = -most;
    return (int64_t)value;
}

static int64_t ratio_floor(struct ratio ratio)
{
    wide whole = ratio.above / ratio.below;
    return clip(whole - (ratio.above % ratio.below < 0));
}

static int64_t ratio_ceil(struct ratio ratio)
{
    wide whole = ratio.above / ratio.below;
    return clip(whole + (ratio.above % ratio.below > 0));
}

/* x op bound, for a whole x. */
static void put_bound(struct put *put, const struct formula_node *x, enum op op,
                      struct ratio bound)
{
    bool is_whole = bound.above % bound.below == 0;
    if (!is_whole && op == OP_EQUAL) {
        put_text(put, "(1 = 0)");
        return;
    }
    put_text(put, "(");
    put_node(put, x);
    if (!is_whole && op == OP_DIFFERENT) {
        put_text(put, " IS NOT NULL)");
        return;
    }
    bool is_up = op == OP_LESS || op == OP_MORE_EQUAL;
    put_text(put, op_sql(op));
    sql_int(put->sql, is_up ? ratio_ceil(bound) : ratio_floor(bound));
    put_text(put, ")");
}

static int64_t zone_ms(const struct put *put)
{
    return (int64_t)put->context->schema->zone_min * TIME_MINUTE_MS;
}

/* A moment against a bound in ms; the midnight of a date becomes the date itself. */
static void put_moment_bound(struct put *put, const struct formula_node *x, enum op op,
                             struct ratio bound)
{
    if (x->kind == NODE_CONVERT && x->args[0]->type.kind == FORMULA_DATE) {
        bound.above += (wide)zone_ms(put) * bound.below;
        bound.below *= TIME_DAY_MS;
        x = x->args[0];
    }
    put_bound(put, x, op, bound);
}

/* A date against a whole number of days; the local date of a moment becomes a range of moments. */
static void put_date_bound(struct put *put, const struct formula_node *x, enum op op,
                           struct ratio bound)
{
    bool is_moment = x->kind == NODE_CONVERT && x->args[0]->type.kind == FORMULA_DATETIME;
    bool is_same = op == OP_EQUAL || op == OP_DIFFERENT;
    if (!is_moment || (is_same && bound.above % bound.below != 0)) {
        put_bound(put, x, op, bound);
        return;
    }
    bool is_up = op == OP_LESS || op == OP_MORE_EQUAL;
    wide day = is_up ? ratio_ceil(bound) : ratio_floor(bound);
    wide start = day * TIME_DAY_MS - zone_ms(put), end = start + TIME_DAY_MS;
    put_text(put, "(");
    put_node(put, x->args[0]);
    if (is_same) {
        put_text(put, op == OP_EQUAL ? " BETWEEN " : " NOT BETWEEN ");
        sql_int(put->sql, clip(start));
        put_text(put, " AND ");
        sql_int(put->sql, clip(end - 1));
    } else {
        bool is_after = op == OP_LESS_EQUAL || op == OP_MORE; /* <= d is < d + 1 */
        put_text(put, op == OP_LESS || op == OP_LESS_EQUAL ? " < " : " >= ");
        sql_int(put->sql, clip(is_after ? end : start));
    }
    put_text(put, ")");
}

void put_time_bound(struct put *put, const struct formula_node *x, enum op op, int64_t bound)
{
    struct ratio whole = { bound, 1 };
    if (x->type.kind == FORMULA_DATE) {
        put_date_bound(put, x, op, whole);
    } else {
        put_moment_bound(put, x, op, whole);
    }
}

/* ---- what is known without a row ---- */

/* A number of days or a duration as ms. */
static bool constant_span(const struct formula_node *node, struct ratio *out)
{
    int64_t units;
    int scale;
    bool is_wrapped = node->kind == NODE_CONVERT && node->args[0]->type.kind == FORMULA_DURATION;
    if (is_wrapped) node = node->args[0];
    wide unit = TIME_DAY_MS;
    if (node->type.kind == FORMULA_DURATION) {
        unit = is_call(node, "HOURS")     ? TIME_HOUR_MS
               : is_call(node, "MINUTES") ? TIME_MINUTE_MS
               : is_call(node, "SECONDS") ? 1000
                                          : 0;
        if (unit == 0) return false;
        node = node->args[0];
    }
    if (!node_constant(node, &units, &scale)) return false;
    out->above = units * unit;
    for (out->below = 1; scale > 0; scale--) out->below *= 10;
    return true;
}

static bool constant_sum(const struct put *put, const struct formula_node *node, int64_t *out)
{
    int64_t start;
    struct ratio span;
    if (!is_temporal(node->args[0]->type.kind) || is_temporal(node->args[1]->type.kind) ||
        !put_constant_time(put, node->args[0], &start) || !constant_span(node->args[1], &span)) {
        return false;
    }
    if (node->type.kind == FORMULA_DATE) span.below *= TIME_DAY_MS;
    if (span.above % span.below != 0) return false;
    wide step = span.above / span.below;
    wide end = node->op == OP_ADD ? start + step : start - step;
    /* Years 1 to 9999; what lies beyond is left to f_date_add, which makes it blank. */
    wide day = node->type.kind == FORMULA_DATE ? end : end / TIME_DAY_MS;
    *out = (int64_t)end;
    return day > -719000 && day < 2932000;
}

/* DATE(2026, 3, 2), EOMONTH(TODAY(), -1): the SQL functions themselves, asked now. */
static bool constant_date(const struct put *put, const struct formula_node *node, int64_t *out)
{
    struct cell args[3], result = cell_null();
    bool is_date = is_call(node, "DATE");
    if (!is_date && !is_call(node, "EDATE") && !is_call(node, "EOMONTH")) return false;
    for (int i = 0; i < node->arg_count; i++) {
        int64_t value;
        int scale = 0;
        bool is_known = !is_date && i == 0 ? put_constant_time(put, node->args[i], &value)
                                           : node_constant(node->args[i], &value, &scale);
        if (!is_known || scale != 0) return false;
        args[i] = cell_int(value);
    }
    struct scope *scope = put->sql->text.scope;
    if (is_date) {
        fn_date(scope, args, 3, &result);
    } else if (is_call(node, "EDATE")) {
        fn_edate(scope, args, 2, &result);
    } else {
        fn_eomonth(scope, args, 2, &result);
    }
    *out = result.integer;
    return result.kind == CELL_INT;
}

bool put_constant_time(const struct put *put, const struct formula_node *node, int64_t *out)
{
    int zone_min = put->context->schema->zone_min;
    if (!is_temporal(node->type.kind)) return false;
    switch (node->kind) {
    case NODE_LITERAL:
        *out = node->value.integer;
        return node->value.kind == CELL_INT;
    case NODE_CALL:
        if (is_call(node, "NOW")) {
            *out = put->context->now_ms;
        } else if (is_call(node, "TODAY")) {
            *out = time_local_days(put->context->now_ms, zone_min);
        } else if (is_call(node, "DATETIME")) {
            return is_text_literal(node->args[0]) &&
                   time_parse(node->args[0]->text, zone_min, out);
        } else {
            return constant_date(put, node, out);
        }
        return true;
    case NODE_CONVERT: {
        if (!put_constant_time(put, node->args[0], out)) return false;
        bool is_date = node->type.kind == FORMULA_DATE;
        *out = is_date ? time_local_days(*out, zone_min) : time_day_start(*out, zone_min);
        return true;
    }
    case NODE_OP:
        return (node->op == OP_ADD || node->op == OP_SUBTRACT) && constant_sum(put, node, out);
    default:
        return false;
    }
}

/* ---- elapsed time ---- */

/* (to - from) / unit; a NULL side is the clock. */
struct elapsed {
    const struct formula_node *from, *to;
    bool are_dates;
    int unit; /* ms, or days when are_dates */
};

const struct formula_node *number_inside(const struct formula_node *node)
{
    while (node->kind == NODE_CONVERT && is_numeric(node->type.kind) &&
           node->args[0]->type.kind != FORMULA_DURATION &&
           (node->type.kind == FORMULA_REAL || node->type.scale >= node->args[0]->type.scale)) {
        node = node->args[0];
    }
    return node;
}

static bool is_elapsed(const struct formula_node *node, struct elapsed *out)
{
    node = number_inside(node);
    if (node->kind == NODE_OP && node->op == OP_SUBTRACT &&
        is_temporal(node->args[0]->type.kind) && is_temporal(node->args[1]->type.kind)) {
        bool are_dates = node->args[0]->type.kind == FORMULA_DATE;
        *out = (struct elapsed){ node->args[1], node->args[0], are_dates,
                                 are_dates ? 1 : TIME_DAY_MS };
        return true;
    }
    if (node->kind != NODE_CALL) return false;
    if (is_call(node, "HOURS_SINCE") || is_call(node, "TIME_IN_STAGE")) {
        *out = (struct elapsed){ node->args[0], NULL, false, TIME_HOUR_MS };
    } else if (is_call(node, "DAYS_SINCE")) {
        bool are_dates = node->args[0]->type.kind == FORMULA_DATE;
        *out = (struct elapsed){ node->args[0], NULL, are_dates, are_dates ? 1 : TIME_DAY_MS };
    } else if (is_call(node, "HOURS_BETWEEN")) {
        *out = (struct elapsed){ node->args[0], node->args[1], false, TIME_HOUR_MS };
    } else if (is_call(node, "DAYS_BETWEEN")) {
        *out = (struct elapsed){ node->args[0], node->args[1], true, 1 };
    } else {
        return false;
    }
    return true;
}

/* The limit of a comparison in ms or days. */
static bool elapsed_limit(const struct elapsed *elapsed, const struct formula_node *node,
                          struct ratio *out)
{
    int64_t units;
    int scale;
    bool is_duration = (node->kind == NODE_CONVERT ? node->args[0] : node)->type.kind ==
                       FORMULA_DURATION;
    if (is_duration) { /* a real number of days, exactly */
        if (!constant_span(node, out)) return false;
        out->above *= elapsed->unit;
        out->below *= TIME_DAY_MS;
        return true;
    }
    if (!node_constant(node, &units, &scale)) return false;
    out->above = (wide)units * elapsed->unit;
    for (out->below = 1; scale > 0; scale--) out->below *= 10;
    return true;
}

bool put_elapsed(struct put *put, const struct formula_node *left, enum op op,
                 const struct formula_node *right)
{
    struct elapsed elapsed;
    struct ratio limit;
    if (put->is_plain || !is_elapsed(left, &elapsed) || !elapsed_limit(&elapsed, right, &limit)) {
        return false;
    }
    int64_t clock;
    const struct formula_node *x;
    struct ratio bound = { 0, limit.below };
    if (!elapsed.to) {
        clock = put->context->now_ms;
        if (elapsed.are_dates) clock = time_local_days(clock, put->context->schema->zone_min);
    }
    if (!elapsed.to || put_constant_time(put, elapsed.to, &clock)) { /* clock - x op v */
        x = elapsed.from;
        bound.above = clock * limit.below - limit.above;
        op = op_mirror(op);
    } else if (put_constant_time(put, elapsed.from, &clock)) { /* x - clock op v */
        x = elapsed.to;
        bound.above = clock * limit.below + limit.above;
    } else {
        return false;
    }
    if (elapsed.are_dates) {
        put_date_bound(put, x, op, bound);
    } else {
        put_moment_bound(put, x, op, bound);
    }
    return true;
}

/* ---- comparisons ---- */

static void put_set(struct put *put, const struct formula_node *x, enum op op,
                    const struct formula_node *set)
{
    put_text(put, "(");
    put_node(put, x);
    put_text(put, set->id_count == 1 ? op_sql(op) : op == OP_EQUAL ? " IN (" : " NOT IN (");
    for (int i = 0; i < set->id_count; i++) {
        if (i > 0) put_text(put, ",");
        sql_int(put->sql, set->ids[i]);
    }
    put_text(put, set->id_count == 1 ? ")" : "))");
}

/* The stages of a kind in the pipelines of an object (NULL or without any: in all); how many. */
static int stages_of_kind(const struct schema *schema, const struct object *object,
                          struct str kind, int *ids)
{
    static const char *const kinds[] = { "open", "won", "lost" };
    bool is_any = !object || object->pipeline_count == 0;
    int count = 0;
    for (int i = 0; i < schema->pipeline_count; i++) {
        const struct pipeline *pipeline = &schema->pipelines[i];
        if (!is_any && pipeline->object != object) continue;
        for (int k = 0; k < pipeline->stage_count; k++) {
            const struct stage *stage = &pipeline->stages[k];
            if (str_is(kind, kinds[stage->kind])) ids[count++] = stage->id;
        }
    }
    return count;
}

/*
 * STAGE_KIND() = "open": the stages of that kind. A few are looked up in an index on
 * the stage; for many the database would make a table of them each time it is asked, which only
 * the filter of many rows is worth. There the sign keeps it from walking an index once for each
 * of them, and PostgreSQL guesses better how many rows are left than behind a CASE.
 */
enum { STAGE_LISTED_COUNT_MAX = 8 };

static bool put_stage_kind(struct put *put, const struct formula_node *left, enum op op,
                           const struct formula_node *right)
{
    const struct schema *schema = put->context->schema;
    bool is_same = op == OP_EQUAL || op == OP_DIFFERENT;
    if (put->is_plain || !is_same || !is_call(left, "STAGE_KIND") || !is_text_literal(right)) {
        return false;
    }
    int *ids = scope_new(put->sql->text.scope, int, schema->stage_count + 1);
    int count = stages_of_kind(schema, left->args[0]->type.object, right->text, ids);
    bool is_long = op == OP_EQUAL && count > STAGE_LISTED_COUNT_MAX;
    bool is_case = is_long && !put->is_filter;
    put_text(put, is_case ? "(CASE " : is_long ? "(+" : "(");
    put_node(put, left->args[0]);
    if (!is_case) put_text(put, op == OP_EQUAL ? " IN (" : " NOT IN (");
    for (int i = 0; i < count; i++) {
        if (is_case) {
            sql_putf(put->sql, " WHEN %d THEN 1", ids[i]);
            continue;
        }
        if (i > 0) put_text(put, ",");
        sql_int(put->sql, ids[i]);
    }
    put_text(put, is_case ? " ELSE 0 END = 1)" : "))");
    return true;
}

/* COUNT(…) > 0 asks only whether there is one. */
static bool put_count(struct put *put, const struct formula_node *left, enum op op,
                      const struct formula_node *right)
{
    int64_t units;
    int scale;
    bool is_count = is_call(left, "COUNT") && left->arg_count > 0 && !left->is_aggregate &&
                    left->args[0]->path.count == 0;
    if (put->is_plain || !is_count || !node_constant(right, &units, &scale) || scale != 0) {
        return false;
    }
    bool is_some = (units == 0 && (op == OP_MORE || op == OP_DIFFERENT)) ||
                   (units == 1 && op == OP_MORE_EQUAL);
    bool is_none = (units == 0 && (op == OP_EQUAL || op == OP_LESS_EQUAL)) ||
                   (units == 1 && op == OP_LESS);
    if (!is_some && !is_none) return false;
    put_text(put, is_none ? "(NOT " : "(");
    put_exists(put, left);
    put_text(put, ")");
    return true;
}

/* A field beside a date or moment known now. */
static bool put_with_clock(struct put *put, const struct formula_node *left, enum op op,
                           const struct formula_node *right)
{
    int64_t clock;
    if (put->is_plain || !is_temporal(left->type.kind) || left->kind != NODE_CONVERT ||
        !put_constant_time(put, right, &clock)) {
        return false;
    }
    put_time_bound(put, left, op, clock);
    return true;
}

static bool put_special(struct put *put, const struct formula_node *left, enum op op,
                        const struct formula_node *right)
{
    if (right->kind == NODE_SET) {
        put_set(put, left, op, right);
        return true;
    }
    return put_elapsed(put, left, op, right) || put_worked_since(put, left, op, right) ||
           put_stage_kind(put, left, op, right) || put_count(put, left, op, right) ||
           put_similarity(put, left, op, right) || put_with_clock(put, left, op, right);
}

void put_pair(struct put *put, const struct formula_node *left, enum op op,
              const struct formula_node *right)
{
    if (put_special(put, left, op, right)) return;
    if (put_special(put, right, op_mirror(op), left)) return;
    put_text(put, "(");
    put_node(put, left);
    put_text(put, op_sql(op));
    put_node(put, right);
    put_text(put, ")");
}

void put_compare(struct put *put, const struct formula_node *node)
{
    put_pair(put, node->args[0], node->op, node->args[1]);
}
