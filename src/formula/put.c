/*
 * Typed nodes to SQL. Two ways to write a node: as a value (a boolean is 1, 0 or
 * NULL) and as a condition (what may stand in WHERE and CASE WHEN, where NULL
 * counts as false). Only NOT could tell NULL from false, so it is written IS
 * NOT TRUE. Values of people are bound; names come from the schema; the rest is
 * our own text, in the subset SQLite and PostgreSQL share. f_… are the functions
 * of fn_sqlite.c.
 *
 * Once the statement is over its ceiling nothing more is walked, so formulas
 * that refer to each other many times cannot take long.
 */
#include "base/decimal.h"
#include "base/time.h"
#include "formula/inner.h"

enum { PUT_DEPTH_MAX = 400 };

/* The caller's alias may be one of ours (r7, inside an access predicate): go on behind it. */
static int alias_number(struct str alias)
{
    int64_t number;
    bool is_ours = alias.size > 1 && alias.data[0] == 'r' && alias.data[1] >= '0' &&
                   alias.data[1] <= '9' && str_to_int64(str_slice(alias, 1, alias.size), &number);
    return is_ours && number < 1000000 ? (int)number : 0;
}

struct put put_begin(struct sql *sql, const struct formula_context *context, int *alias_count)
{
    *alias_count = alias_number(context->alias);
    return (struct put){ .sql = sql,
                         .context = context,
                         .alias = context->alias,
                         .alias_count = alias_count };
}

void put_text(struct put *put, const char *sql)
{
    sql_put(put->sql, str_of(sql));
}

struct put put_inside(struct put *put)
{
    struct put inside = *put;
    *put->alias_count += 1;
    inside.alias = scope_format(put->sql->text.scope, "r%d", *put->alias_count);
    return inside;
}

static void put_literal(struct put *put, const struct formula_node *node)
{
    if (node->value.kind == CELL_NULL) {
        put_text(put, "NULL");
    } else {
        sql_value(put->sql, node->value);
    }
}

/* ---- fields ---- */

/* A blank has no type of its own. */
static void put_old(struct put *put, const struct field *field)
{
    struct cell cell = put->context->old_values[field->index];
    if (cell.kind != CELL_NULL) {
        sql_value(put->sql, cell);
        return;
    }
    switch (field_kind(field)) {
    case VALUE_TEXT:
    case VALUE_CHOICES:
    case VALUE_JSON: put_text(put, "CAST(NULL AS TEXT)"); break;
    case VALUE_REAL: put_text(put, "CAST(NULL AS REAL)"); break;
    case VALUE_ID: put_text(put, "CAST(NULL AS BLOB)"); break;
    default: put_text(put, "CAST(NULL AS INTEGER)"); break;
    }
}

/* A stored formula as its column, where that tells no more than the person may see. */
static void put_stored(struct put *put, const struct field *field)
{
    const struct formula_access *access = put->context->access;
    enum formula_telling telling =
        access && access->tell ? access->tell(access->context, field, put->alias) : TELL_ALWAYS;
    if (telling == TELL_OWNED) {
        put_text(put, "CASE WHEN ");
        access->put_owned(access->context, field->object, put->alias, put->sql);
        put_text(put, " THEN ");
    }
    if (telling != TELL_NEVER) sql_column(put->sql, put->alias, field->column);
    if (telling == TELL_OWNED) put_text(put, " ELSE ");
    if (telling != TELL_ALWAYS) put_node(put, field->formula->root);
    if (telling == TELL_OWNED) put_text(put, " END");
}

/* A text that was written for one person is nobody else's, but theirs who see everything. */
static void put_told(struct put *put, const struct field *field)
{
    const struct formula_access *access = put->context->access;
    bool is_open = !access || !access->tell ||
                   access->tell(access->context, field, put->alias) == TELL_ALWAYS;
    if (!is_open) {
        put_text(put, "CASE WHEN ");
        sql_column(put->sql, put->alias, field->told_to->column);
        put_text(put, " = ");
        sql_id(put->sql, put->context->person);
        put_text(put, " THEN ");
    }
    sql_column(put->sql, put->alias, field->column);
    if (!is_open) put_text(put, " END");
}

/*
 * What a list names of records that are there and may be read, in the order of their ids: the
 * ids themselves, or (shown) a text of each.
 */
static void put_links(struct put *put, const struct field *field, const struct field *shown)
{
    struct put inside = put_inside(put);
    put_text(put, shown ? "(SELECT group_concat(q.v, '；') FROM (SELECT "
                        : "(SELECT group_concat(f_id_text(q.v), ',') FROM (SELECT ");
    if (shown) {
        put_field(&inside, shown);
    } else {
        put_text(put, "l.target");
    }
    put_text(put, " AS v FROM ");
    sql_name(put->sql, field->link_table);
    put_text(put, " AS l JOIN ");
    sql_name(put->sql, field->to->table);
    sql_putf(put->sql, " AS %.*s ON %.*s.id = l.target WHERE l.record = ",
             STR_ARG(inside.alias), STR_ARG(inside.alias));
    sql_column(put->sql, put->alias, STR("id"));
    put_visible(&inside, field->to);
    put_text(put, " ORDER BY l.target) AS q)");
}

void put_field(struct put *put, const struct field *field)
{
    if (field_kind(field) == VALUE_LINKS) {
        put_links(put, field, NULL);
        return;
    }
    bool is_own = put->alias.data == put->context->alias.data;
    if (field->column.size > 0 && put->context->is_before && is_own) {
        put_old(put, field);
    } else if (field->is_stored && field->formula) {
        put_stored(put, field);
    } else if (field->told_to) {
        put_told(put, field);
    } else if (field->column.size > 0) {
        sql_column(put->sql, put->alias, field->column);
    } else if (field->formula) {
        put_node(put, field->formula->root);
    } else {
        put_text(put, "NULL");
    }
}

void put_visible(struct put *inside, const struct object *object)
{
    if (!object->is_builtin) {
        put_text(inside, " AND ");
        sql_column(inside->sql, inside->alias, STR("deleted_at"));
        put_text(inside, " IS NULL");
    }
    const struct formula_access *access = inside->context->access;
    if (!access) return;
    put_text(inside, " AND (");
    access->put(access->context, object, inside->alias, inside->sql);
    put_text(inside, ")");
}

/* Along references: the last field of the row whose id the rest gives. */
void put_fields(struct put *put, const struct field *const *fields, int count)
{
    if (count == 0) {
        sql_column(put->sql, put->alias, STR("id"));
        return;
    }
    if (count == 1) {
        put_field(put, fields[0]);
        return;
    }
    if (count == 2 && field_kind(fields[0]) == VALUE_LINKS) {
        put_links(put, fields[0], fields[1]);
        return;
    }
    const struct object *object = fields[count - 2]->to;
    struct put inside = put_inside(put);
    put_text(put, "(SELECT ");
    put_field(&inside, fields[count - 1]);
    put_text(put, " FROM ");
    sql_name(put->sql, object->table);
    sql_putf(put->sql, " %.*s WHERE ", STR_ARG(inside.alias));
    sql_column(put->sql, inside.alias, STR("id"));
    put_text(put, " = ");
    put_fields(put, fields, count - 1);
    put_visible(&inside, object);
    put_text(put, ")");
}

void put_from(struct put *put, struct put *inside, const struct path *path)
{
    const struct relation *relation = path->relation;
    put_text(put, " FROM ");
    sql_name(put->sql, relation->from->table);
    sql_putf(put->sql, " %.*s WHERE ", STR_ARG(inside->alias));
    if (relation->is_many) {
        sql_column(put->sql, inside->alias, STR("id"));
        put_text(put, relation->is_back ? " IN (SELECT l.record FROM "
                                        : " IN (SELECT l.target FROM ");
        sql_name(put->sql, relation->field->link_table);
        put_text(put, relation->is_back ? " AS l WHERE l.target = " : " AS l WHERE l.record = ");
    } else {
        put_field(inside, relation->field);
        put_text(put, " = ");
    }
    put_fields(put, path->prefix, path->prefix_count);
    if (relation->is_many) put_text(put, ")");
    put_visible(inside, relation->from);
}

const struct field *object_time_field(const struct object *object)
{
    struct str named = json_text(object->body, "time_field");
    const struct field *created = NULL;
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        bool is_moment = field_kind(field) == VALUE_DATETIME && field->column.size > 0;
        if (named.size > 0 && is_moment && str_equal(field->name, named)) return field;
    }
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        bool is_moment = field_kind(field) == VALUE_DATETIME && field->column.size > 0;
        if (is_moment && !field->is_system) return field;
        if (str_is(field->name, "created_at")) created = field;
    }
    return created ? created : &object->fields[0];
}

/* ---- operators ---- */

const char *op_sql(enum op op)
{
    static const char *const texts[] = {
        [OP_EQUAL] = " = ",       [OP_DIFFERENT] = " <> ",   [OP_LESS] = " < ",
        [OP_LESS_EQUAL] = " <= ", [OP_MORE] = " > ",         [OP_MORE_EQUAL] = " >= ",
    };
    return texts[op];
}

enum op op_mirror(enum op op)
{
    switch (op) {
    case OP_LESS:
        return OP_MORE;
    case OP_LESS_EQUAL:
        return OP_MORE_EQUAL;
    case OP_MORE:
        return OP_LESS;
    case OP_MORE_EQUAL:
        return OP_LESS_EQUAL;
    default:
        return op;
    }
}

/* function(left, right) */
static void put_pair_call(struct put *put, const char *function, const struct formula_node *node)
{
    put_text(put, function);
    put_text(put, "(");
    put_args(put, node);
    put_text(put, ")");
}

/* date ± days, moment ± days or duration, and differences. */
static void put_time_sum(struct put *put, const struct formula_node *node)
{
    const struct formula_node *left = node->args[0], *right = node->args[1];
    bool is_minus = node->op == OP_SUBTRACT;
    if (is_temporal(right->type.kind)) {
        bool are_dates = left->type.kind == FORMULA_DATE;
        put_text(put, are_dates ? "(" : "((");
        put_node(put, left);
        put_text(put, " - ");
        put_node(put, right);
        put_text(put, are_dates ? ")" : ") / 86400000.0)");
        return;
    }
    const char *function = node->type.kind == FORMULA_DATE ? "f_date_add("
                           : right->type.kind == FORMULA_REAL ? "f_time_add_real("
                                                              : "f_time_add(";
    put_text(put, function);
    put_node(put, left);
    put_text(put, ", ");
    put_node(put, right);
    if (node->type.kind == FORMULA_DATETIME && right->type.kind != FORMULA_REAL) {
        bool is_span = right->type.kind == FORMULA_DURATION;
        sql_putf(put->sql, ", %d, %d", is_span ? 0 : right->type.scale,
                 is_span ? 1 : TIME_DAY_MS);
    }
    sql_putf(put->sql, ", %d)", is_minus ? -1 : 1);
}

static void put_join(struct put *put, struct formula_node *const *args, int count)
{
    if (count == 1) {
        put_node(put, args[0]);
        return;
    }
    put_text(put, "f_concat(");
    int half = count > FUNCTION_ARG_COUNT_MAX ? count / 2 : 0;
    for (int i = 0; i < count && half == 0; i++) {
        if (i > 0) put_text(put, ", ");
        put_node(put, args[i]);
    }
    if (half > 0) {
        put_join(put, args, half);
        put_text(put, ", ");
        put_join(put, args + half, count - half);
    }
    put_text(put, ")");
}

/*
 * a + b + c as one call, because nesting is dear (nesting.c); the operands of a
 * chain all have the type of the sum.
 */
static void put_sum_args(struct put *put, const struct formula_node *node, enum op op)
{
    const struct formula_node *left = node->args[0];
    bool is_chain = left->kind == NODE_OP && left->op == op &&
                    formula_type_equal(left->type, node->type) &&
                    !is_temporal(left->args[0]->type.kind);
    if (is_chain) {
        put_sum_args(put, left, op);
    } else {
        put_node(put, left);
    }
    put_text(put, ", ");
    put_node(put, node->args[1]);
}

static void put_sum(struct put *put, const char *function, const struct formula_node *node)
{
    put_text(put, function);
    put_text(put, "(");
    put_sum_args(put, node, node->op);
    put_text(put, ")");
}

static void put_negate(struct put *put, const struct formula_node *node)
{
    bool is_real = node->type.kind == FORMULA_REAL;
    put_text(put, is_real ? "(- " : "f_neg(");
    put_node(put, node->args[0]);
    put_text(put, ")");
}

static void put_percent(struct put *put, const struct formula_node *node)
{
    if (node->type.kind == FORMULA_NUMBER) {
        put_node(put, node->args[0]); /* the same units, two more decimals */
        return;
    }
    put_text(put, "(");
    put_node(put, node->args[0]);
    put_text(put, " / 100.0)");
}

/* A span times or divided by a number, to the nearest millisecond. */
static void put_span(struct put *put, const struct formula_node *node)
{
    const struct formula_node *span = node->args[0], *number = node->args[1];
    if (number->type.kind == FORMULA_NUMBER) {
        put_text(put, "f_mul(");
        put_args(put, node);
        sql_putf(put->sql, ", %d)", number->type.scale);
        return;
    }
    put_text(put, node->op == OP_DIVIDE ? "f_exact(f_rdiv(CAST(" : "f_exact(f_rmul(CAST(");
    put_node(put, span);
    put_text(put, " AS DOUBLE PRECISION), ");
    put_node(put, number);
    put_text(put, "), 0)");
}

static void put_arithmetic(struct put *put, const struct formula_node *node)
{
    bool is_real = node->type.kind == FORMULA_REAL;
    bool is_span = node->type.kind == FORMULA_DURATION;
    if (is_span && (node->op == OP_MULTIPLY || node->op == OP_DIVIDE)) {
        put_span(put, node);
        return;
    }
    switch (node->op) {
    case OP_ADD:
        put_sum(put, is_real ? "f_radd" : "f_add", node);
        break;
    case OP_SUBTRACT:
        put_sum(put, is_real ? "f_rsub" : "f_sub", node);
        break;
    case OP_DIVIDE:
        put_pair_call(put, "f_rdiv", node);
        break;
    case OP_POWER:
        put_pair_call(put, "f_pow", node);
        break;
    case OP_MULTIPLY:
        if (is_real) {
            put_pair_call(put, "f_rmul", node);
        } else {
            int drop = node->args[0]->type.scale + node->args[1]->type.scale - node->type.scale;
            put_text(put, "f_mul(");
            put_args(put, node);
            sql_putf(put->sql, ", %d)", drop);
        }
        break;
    case OP_NEGATE:
        put_negate(put, node);
        break;
    case OP_PERCENT:
        put_percent(put, node);
        break;
    default:
        put_text(put, "NULL");
        break;
    }
}

static void put_op(struct put *put, const struct formula_node *node)
{
    int64_t units;
    int scale;
    if (node->op >= OP_EQUAL && node->op <= OP_MORE_EQUAL) {
        put_condition_value(put, node);
    } else if (node->op == OP_JOIN) {
        put_join(put, node->args, node->arg_count);
    } else if (node->type.kind == FORMULA_NUMBER && node_constant(node, &units, &scale) &&
               decimal_rescale(units, scale, node->type.scale, &units)) {
        sql_int(put->sql, units);
    } else if (is_temporal(node->args[0]->type.kind)) {
        put_time_sum(put, node);
    } else {
        put_arithmetic(put, node);
    }
}

/* ---- calls and the rest ---- */

void put_args(struct put *put, const struct formula_node *node)
{
    for (int i = 0; i < node->arg_count; i++) {
        if (i > 0) put_text(put, ", ");
        put_node(put, node->args[i]);
    }
}

void put_call(struct put *put, const char *function, const struct formula_node *node)
{
    put_text(put, function);
    put_text(put, "(");
    put_args(put, node);
    put_text(put, ")");
}

void put_condition_value(struct put *put, const struct formula_node *node)
{
    put_text(put, "CASE WHEN ");
    put_condition(put, node);
    put_text(put, " THEN 1 ELSE 0 END");
}

static void put_function(struct put *put, const struct formula_node *node)
{
    const struct function *function = node->function;
    if (function->put) {
        function->put(put, node);
    } else if (function->put_condition) {
        put_condition_value(put, node);
    } else {
        put_call(put, function->sql, node);
    }
}

static bool is_too_deep(struct put *put)
{
    if (put->sql->text.is_over) return true;
    if (put->depth < PUT_DEPTH_MAX) return false;
    put->sql->text.is_over = true;
    return true;
}

void put_node(struct put *put, const struct formula_node *node)
{
    int64_t time;
    if (is_too_deep(put)) return;
    put->depth++;
    bool was_filter = put->is_filter;
    put->is_filter = false;
    switch (node->kind) {
    case NODE_LITERAL:
        put_literal(put, node);
        break;
    case NODE_NAME:
        put_fields(put, node->path.fields, node->path.count);
        break;
    case NODE_SET: /* compared by put_pair and IN; alone it is its first */
        sql_int(put->sql, node->ids[0]);
        break;
    default:
        if (is_temporal(node->type.kind) && put_constant_time(put, node, &time)) {
            sql_int(put->sql, time);
        } else if (node->kind == NODE_OP) {
            put_op(put, node);
        } else if (node->kind == NODE_CALL) {
            put_function(put, node);
        } else {
            put_convert(put, node);
        }
        break;
    }
    put->is_filter = was_filter;
    put->depth--;
}

void put_condition(struct put *put, const struct formula_node *node)
{
    if (is_too_deep(put)) return;
    put->depth++;
    bool is_compare = node->kind == NODE_OP && node->op >= OP_EQUAL && node->op <= OP_MORE_EQUAL;
    bool was_filter = put->is_filter;
    put->is_filter = was_filter && (is_compare || is_call(node, "AND"));
    if (is_compare) {
        put_compare(put, node);
    } else if (node->kind == NODE_CALL && node->function->put_condition) {
        node->function->put_condition(put, node);
    } else if (node->kind == NODE_LITERAL) {
        put_text(put, node->value.kind == CELL_INT && node->value.integer ? "(1 = 1)" : "(1 = 0)");
    } else if (node->kind == NODE_NAME && node->path.count == 1 &&
               node->path.fields[0]->column.size == 0 && node->path.fields[0]->formula) {
        put_condition(put, node->path.fields[0]->formula->root); /* a yes/no formula, written out */
    } else {
        put_text(put, "(");
        put_node(put, node);
        put_text(put, " = 1)");
    }
    put->is_filter = was_filter;
    put->depth--;
}

void formula_put(struct sql *sql, const struct formula_context *context,
                 const struct formula *formula)
{
    int alias_count;
    struct put put = put_begin(sql, context, &alias_count);
    put_text(&put, "(");
    put_node(&put, formula->root);
    put_text(&put, ")");
}

void formula_put_condition(struct sql *sql, const struct formula_context *context,
                           const struct formula *formula)
{
    int alias_count;
    struct put put = put_begin(sql, context, &alias_count);
    put.is_filter = true;
    put_text(&put, "(");
    put_condition(&put, formula->root);
    put_text(&put, ")");
}

void formula_put_condition_plain(struct sql *sql, const struct formula_context *context,
                                 const struct formula *formula)
{
    int alias_count;
    struct put put = put_begin(sql, context, &alias_count);
    put.is_plain = true;
    put_text(&put, "(");
    put_condition(&put, formula->root);
    put_text(&put, ")");
}

void field_path_put(struct sql *sql, const struct formula_context *context,
                    const struct field_path *path)
{
    int alias_count;
    struct put put = put_begin(sql, context, &alias_count);
    put_fields(&put, path->fields, path->count);
}
