/*
 * Types of what stands side by side: branches, operands, the two sides of a
 * comparison. Exact numbers are brought to one scale, dates become moments
 * beside moments, and a text written beside a choice, stage, reference or date
 * is read as one.
 */
#include "base/decimal.h"
#include "base/time.h"
#include "formula/inner.h"

static struct formula_type number_type(int scale, bool is_money)
{
    return (struct formula_type){ .kind = FORMULA_NUMBER, .scale = scale, .is_money = is_money };
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* The type both can have without losing anything; false when there is none. */
static bool common(struct formula_type a, struct formula_type b, struct formula_type *out)
{
    *out = a;
    if (a.kind == FORMULA_NUMBER && b.kind == FORMULA_NUMBER) {
        *out = number_type(larger(a.scale, b.scale), a.is_money || b.is_money);
        return true;
    }
    if (formula_type_equal(a, b)) {
        if (a.kind == FORMULA_ID && !a.object) *out = b;
        return true;
    }
    if (is_numeric(a.kind) && is_numeric(b.kind)) {
        *out = (struct formula_type){ .kind = FORMULA_REAL };
        return true;
    }
    if (is_temporal(a.kind) && is_temporal(b.kind)) {
        *out = (struct formula_type){ .kind = FORMULA_DATETIME };
        return true;
    }
    return false;
}

static bool is_nameable(enum formula_kind kind)
{
    return kind == FORMULA_CHOICE || kind == FORMULA_CHOICES || kind == FORMULA_STAGE ||
           kind == FORMULA_PIPELINE;
}

/* Whether the literals among the branches are all names of the choice field. */
static bool all_choices(struct formula_node **slots, int count, int step,
                        const struct field *field)
{
    for (int i = 0; i < count; i += step) {
        const struct formula_node *node = slots[i];
        if (is_blank_literal(node)) continue;
        if (is_text_literal(node) ? !field_choice(field, node->text)
                                  : node->type.kind != FORMULA_CHOICE) {
            return false;
        }
    }
    return true;
}

static bool unify_texts(struct check *check, struct formula_node **slots, int count, int step,
                        struct formula_type *out)
{
    for (int i = 0; i < count; i += step) {
        if (!check_text(check, &slots[i])) return false;
    }
    *out = (struct formula_type){ .kind = FORMULA_TEXT };
    return true;
}

bool check_unify(struct check *check, struct formula_node **slots, int count, int step,
                 struct formula_type *out)
{
    struct formula_type type = { .kind = FORMULA_BLANK };
    bool has_text = false;
    const struct formula_node *nameable = NULL;
    for (int i = 0; i < count; i += step) {
        has_text = has_text || (slots[i]->type.kind == FORMULA_TEXT && !is_blank_literal(slots[i]));
        if (is_nameable(slots[i]->type.kind) && slots[i]->kind != NODE_LITERAL) {
            nameable = slots[i];
        }
    }
    bool is_choice = has_text && nameable && nameable->type.kind == FORMULA_CHOICE &&
                     all_choices(slots, count, step, nameable->type.field);
    if (is_choice) type = nameable->type;
    for (int i = 0; i < count && !is_choice; i += step) {
        if (is_blank_literal(slots[i])) continue;
        if (type.kind == FORMULA_BLANK) {
            type = slots[i]->type;
        } else if (!common(type, slots[i]->type, &type)) {
            bool is_name = is_nameable(type.kind) || type.kind == FORMULA_TEXT;
            is_name = is_name && (is_nameable(slots[i]->type.kind) ||
                                  slots[i]->type.kind == FORMULA_TEXT);
            if (is_name) return unify_texts(check, slots, count, step, out);
            return check_type_fail(check, slots[i], kind_key(type.kind));
        }
    }
    *out = type;
    if (type.kind == FORMULA_BLANK) { /* only blanks and "" */
        for (int i = 0; i < count; i += step) {
            if (slots[i]->type.kind == FORMULA_TEXT) out->kind = FORMULA_TEXT;
        }
        return true;
    }
    for (int i = 0; i < count; i += step) {
        if (type.kind == FORMULA_TEXT ? !check_text(check, &slots[i])
                                      : !check_convert(check, &slots[i], type)) {
            return false;
        }
    }
    return true;
}

static bool has_order(enum formula_kind kind)
{
    return is_numeric(kind) || is_temporal(kind) || kind == FORMULA_TEXT || kind == FORMULA_BLANK;
}

/* Left and right as one type; a text literal follows the other side. */
bool check_pair(struct check *check, struct formula_node **left, struct formula_node **right,
                bool is_ordered)
{
    struct formula_node *sides[2] = { *left, *right };
    for (int i = 0; i < 2; i++) {
        struct formula_node *node = sides[i], *other = sides[1 - i];
        if (is_ordered && !has_order(node->type.kind)) {
            bool is_stage = node->type.kind == FORMULA_STAGE;
            return check_fail(check, "formula.no_order", node, STR(""),
                              is_stage ? STR("STAGE_INDEX()") : STR(""));
        }
        bool is_follower = is_text_literal(node) && other->type.kind != FORMULA_TEXT &&
                           other->type.kind != FORMULA_BLANK && !is_text_literal(other);
        if (is_follower && !check_convert(check, &sides[i], other->type)) return false;
    }
    bool is_set = sides[0]->kind == NODE_SET || sides[1]->kind == NODE_SET;
    struct formula_type type;
    bool is_ok = is_set || check_unify(check, sides, 2, 1, &type);
    *left = sides[0];
    *right = sides[1];
    return is_ok;
}

bool check_compare(struct check *check, struct formula_node *node)
{
    node->type = (struct formula_type){ .kind = FORMULA_BOOLEAN };
    bool is_ordered = node->op != OP_EQUAL && node->op != OP_DIFFERENT;
    for (int i = 0; i < 2; i++) {
        const struct formula_node *name = node->args[1 - i];
        if (!is_call(node->args[i], "STAGE_KIND") || !is_text_literal(name)) continue;
        if (str_is(name->text, "open") || str_is(name->text, "won") || str_is(name->text, "lost")) {
            continue;
        }
        return check_fail(check, "formula.no_choice", name, name->text, STR("open, won, lost"));
    }
    return check_pair(check, &node->args[0], &node->args[1], is_ordered);
}

/* date ± number, moment ± number or duration, date − date, moment − moment. */
static bool check_temporal(struct check *check, struct formula_node *node)
{
    struct formula_node **left = &node->args[0], **right = &node->args[1];
    bool is_left = is_temporal((*left)->type.kind), is_right = is_temporal((*right)->type.kind);
    struct formula_type date = { .kind = FORMULA_DATE }, moment = { .kind = FORMULA_DATETIME };
    if (is_left && is_right) {
        if (node->op == OP_ADD) return check_type_fail(check, *right, kind_key(FORMULA_NUMBER));
        bool are_dates =
            (*left)->type.kind == FORMULA_DATE && (*right)->type.kind == FORMULA_DATE;
        node->type = number_type(0, false);
        if (!are_dates) node->type.kind = FORMULA_REAL;
        return are_dates || (check_convert(check, left, moment) &&
                             check_convert(check, right, moment));
    }
    if (!is_left) { /* 3 + date */
        if (node->op == OP_SUBTRACT) {
            return check_type_fail(check, *right, kind_key(FORMULA_NUMBER));
        }
        struct formula_node *swap = *left;
        *left = *right;
        *right = swap;
    }
    if ((*right)->type.kind == FORMULA_DURATION) {
        node->type = moment;
        return check_convert(check, left, moment);
    }
    if (!check_number(check, right)) return false;
    node->type = (*left)->type;
    if (node->type.kind == FORMULA_DATE) {
        node->type = date;
        return check_assign(check, right, number_type(0, false));
    }
    return true;
}

static bool check_product(struct check *check, struct formula_node *node)
{
    struct formula_type a = node->args[0]->type, b = node->args[1]->type;
    if (a.kind == FORMULA_NUMBER && b.kind == FORMULA_NUMBER) {
        int scale = a.scale + b.scale;
        node->type = number_type(scale > DECIMAL_SCALE_MAX ? DECIMAL_SCALE_MAX : scale,
                                 a.is_money != b.is_money);
        return true;
    }
    node->type = (struct formula_type){ .kind = FORMULA_REAL };
    return check_convert(check, &node->args[0], node->type) &&
           check_convert(check, &node->args[1], node->type);
}

static bool check_percent(struct check *check, struct formula_node *node)
{
    struct formula_node *arg = node->args[0];
    if (arg->type.kind == FORMULA_NUMBER && arg->type.scale + 2 <= DECIMAL_SCALE_MAX) {
        node->type = number_type(arg->type.scale + 2, false); /* the same units */
        return true;
    }
    node->type = (struct formula_type){ .kind = FORMULA_REAL };
    return check_convert(check, &node->args[0], node->type);
}

/* -span, span * n, n * span, span / n: a span again. Two spans divided are a plain number. */
static bool is_span(const struct formula_node *node)
{
    enum formula_kind left = node->args[0]->type.kind;
    if (node->op == OP_NEGATE) return left == FORMULA_DURATION;
    if (node->op != OP_MULTIPLY && node->op != OP_DIVIDE) return false;
    enum formula_kind right = node->args[1]->type.kind;
    bool is_left = left == FORMULA_DURATION, is_right = right == FORMULA_DURATION;
    if (is_left == is_right || !is_numeric(left) || !is_numeric(right)) return false;
    return is_left || node->op == OP_MULTIPLY;
}

static bool check_span(struct check *check, struct formula_node *node)
{
    struct formula_type real = { .kind = FORMULA_REAL };
    node->type = (struct formula_type){ .kind = FORMULA_DURATION };
    if (node->op == OP_MULTIPLY && node->args[1]->type.kind == FORMULA_DURATION) {
        struct formula_node *swap = node->args[0];
        node->args[0] = node->args[1];
        node->args[1] = swap;
    }
    return node->op != OP_DIVIDE || check_convert(check, &node->args[1], real);
}

bool check_arithmetic(struct check *check, struct formula_node *node)
{
    bool is_sum = node->op == OP_ADD || node->op == OP_SUBTRACT;
    bool has_time = false, are_durations = is_sum;
    for (int i = 0; i < node->arg_count; i++) {
        has_time = has_time || is_temporal(node->args[i]->type.kind);
        are_durations = are_durations && node->args[i]->type.kind == FORMULA_DURATION;
    }
    if (has_time && is_sum) return check_temporal(check, node);
    if (are_durations) {
        node->type.kind = FORMULA_DURATION;
        return true;
    }
    if (is_span(node)) return check_span(check, node);
    for (int i = 0; i < node->arg_count; i++) {
        if (!check_number(check, &node->args[i])) return false;
    }
    switch (node->op) {
    case OP_NEGATE:
        node->type = node->args[0]->type;
        return true;
    case OP_PERCENT:
        return check_percent(check, node);
    case OP_MULTIPLY:
        return check_product(check, node);
    case OP_DIVIDE:
    case OP_POWER:
        node->type = (struct formula_type){ .kind = FORMULA_REAL };
        return check_convert(check, &node->args[0], node->type) &&
               check_convert(check, &node->args[1], node->type);
    default:
        return check_unify(check, node->args, 2, 1, &node->type);
    }
}

/* Exact arithmetic on constants; false when it depends on a row or does not fit. */
static bool constant_pair(const struct formula_node *node, int64_t *units, int *scale)
{
    int64_t a, b;
    int a_scale, b_scale;
    if (!node_constant(node->args[0], &a, &a_scale) ||
        !node_constant(node->args[1], &b, &b_scale)) {
        return false;
    }
    if (node->op == OP_MULTIPLY) {
        *scale = a_scale + b_scale;
        return *scale <= DECIMAL_SCALE_MAX && !__builtin_mul_overflow(a, b, units);
    }
    *scale = larger(a_scale, b_scale);
    if (!decimal_rescale(a, a_scale, *scale, &a) || !decimal_rescale(b, b_scale, *scale, &b)) {
        return false;
    }
    return node->op == OP_ADD ? !__builtin_add_overflow(a, b, units)
                              : !__builtin_sub_overflow(a, b, units);
}

bool node_constant(const struct formula_node *node, int64_t *units, int *scale)
{
    if (node->kind == NODE_LITERAL) {
        *units = node->value.integer;
        *scale = node->type.scale;
        return node->type.kind == FORMULA_NUMBER && node->value.kind == CELL_INT;
    }
    if (!is_numeric(node->type.kind) || node->type.kind == FORMULA_DURATION) return false;
    if (node->kind == NODE_CONVERT) {
        const struct formula_node *arg = node->args[0];
        if (arg->type.kind != FORMULA_NUMBER || !node_constant(arg, units, scale)) return false;
        return node->type.kind == FORMULA_REAL || node->type.scale >= *scale;
    }
    if (node->kind != NODE_OP) return false;
    switch (node->op) {
    case OP_NEGATE:
        return node_constant(node->args[0], units, scale) &&
               !__builtin_sub_overflow(0, *units, units);
    case OP_PERCENT:
        return node_constant(node->args[0], units, scale) &&
               (*scale += 2) <= DECIMAL_SCALE_MAX;
    case OP_ADD:
    case OP_SUBTRACT:
    case OP_MULTIPLY:
        return !is_temporal(node->args[0]->type.kind) && constant_pair(node, units, scale);
    default:
        return false;
    }
}
