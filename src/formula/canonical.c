/*
 * A checked tree back to text: today's API names, English function names, one
 * spacing, brackets only where the order needs them. Compiling the text again
 * gives the same tree.
 */
#include "base/decimal.h"
#include "formula/inner.h"

enum level {
    LEVEL_OR = 1,
    LEVEL_AND,
    LEVEL_COMPARE,
    LEVEL_JOIN,
    LEVEL_SUM,
    LEVEL_PRODUCT,
    LEVEL_POWER,
    LEVEL_SIGN,
    LEVEL_PERCENT,
    LEVEL_PRIMARY,
};

static void write_node(struct buf *out, const struct formula_node *node, enum level least);

static enum level level_of(const struct formula_node *node)
{
    bool is_call_node = node->kind == NODE_CALL;
    bool is_negative = node->kind == NODE_LITERAL && node->type.kind == FORMULA_NUMBER &&
                       node->value.integer < 0;
    if (is_negative) return LEVEL_SIGN;
    if (is_call_node && node->arg_count > 1) {
        if (is_call(node, "OR")) return LEVEL_OR;
        if (is_call(node, "AND")) return LEVEL_AND;
        if (is_call(node, "IN") || is_call(node, "BETWEEN")) return LEVEL_COMPARE;
    }
    if (node->kind != NODE_OP) return LEVEL_PRIMARY;
    switch (node->op) {
    case OP_JOIN:
        return LEVEL_JOIN;
    case OP_ADD:
    case OP_SUBTRACT:
        return LEVEL_SUM;
    case OP_MULTIPLY:
    case OP_DIVIDE:
        return LEVEL_PRODUCT;
    case OP_POWER:
        return LEVEL_POWER;
    case OP_NEGATE:
        return LEVEL_SIGN;
    case OP_PERCENT:
        return LEVEL_PERCENT;
    default:
        return LEVEL_COMPARE;
    }
}

static void write_text(struct buf *out, struct str text)
{
    buf_put_char(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"') buf_put_char(out, '"');
        buf_put_char(out, text.data[i]);
    }
    buf_put_char(out, '"');
}

static void write_number(struct buf *out, int64_t units, int scale)
{
    while (scale > 0 && units % 10 == 0) {
        units /= 10;
        scale--;
    }
    decimal_put(out, units, scale);
}

static void write_literal(struct buf *out, const struct formula_node *node)
{
    if (node->type.kind == FORMULA_NUMBER && node->value.kind == CELL_INT) {
        write_number(out, node->value.integer, node->type.scale);
    } else if (node->type.kind == FORMULA_BOOLEAN && node->value.kind == CELL_INT) {
        buf_put(out, node->value.integer ? STR("TRUE") : STR("FALSE"));
    } else {
        write_text(out, node->text);
    }
}

/* Names that would be read as something else stand in braces. */
static void write_name(struct buf *out, struct str name)
{
    static const char *const words[] = { "AND", "OR", "NOT", "IN", "BETWEEN", "TRUE", "FALSE" };
    bool is_word = false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        is_word = is_word || str_equal_nocase(name, str_of(words[i]));
    }
    if (is_word) buf_put_char(out, '{');
    buf_put(out, name);
    if (is_word) buf_put_char(out, '}');
}

static void write_path(struct buf *out, const struct path *path)
{
    for (int i = 0; i < path->prefix_count; i++) {
        write_name(out, path->prefix[i]->name);
        buf_put_char(out, '.');
    }
    if (path->relation) {
        buf_put(out, path->relation->name);
        if (path->count > 0) buf_put_char(out, '.');
    }
    for (int i = 0; i < path->count; i++) {
        if (i > 0) buf_put_char(out, '.');
        write_name(out, path->fields[i]->name);
    }
}

static void write_list(struct buf *out, const struct formula_node *node, int first,
                       const char *separator, enum level least)
{
    for (int i = first; i < node->arg_count; i++) {
        if (i > first) buf_put(out, str_of(separator));
        write_node(out, node->args[i], least);
    }
}

static void write_call(struct buf *out, const struct formula_node *node)
{
    if (is_call(node, "OR") && node->arg_count > 1) {
        write_list(out, node, 0, " OR ", LEVEL_AND);
    } else if (is_call(node, "AND") && node->arg_count > 1) {
        write_list(out, node, 0, " AND ", LEVEL_COMPARE);
    } else if (is_call(node, "IN")) {
        write_node(out, node->args[0], LEVEL_JOIN);
        buf_put(out, STR(" IN ("));
        write_list(out, node, 1, ", ", LEVEL_OR);
        buf_put_char(out, ')');
    } else if (is_call(node, "BETWEEN")) {
        write_node(out, node->args[0], LEVEL_JOIN);
        buf_put(out, STR(" BETWEEN "));
        write_list(out, node, 1, " AND ", LEVEL_JOIN);
    } else {
        buf_put(out, str_of(node->function->name));
        buf_put_char(out, '(');
        write_list(out, node, 0, ", ", LEVEL_OR);
        buf_put_char(out, ')');
    }
}

static const char *sign_of(enum op op)
{
    static const char *const signs[] = {
        [OP_EQUAL] = " = ",     [OP_DIFFERENT] = " <> ",  [OP_LESS] = " < ",
        [OP_LESS_EQUAL] = " <= ", [OP_MORE] = " > ",      [OP_MORE_EQUAL] = " >= ",
        [OP_JOIN] = " & ",      [OP_ADD] = " + ",         [OP_SUBTRACT] = " - ",
        [OP_MULTIPLY] = " * ",  [OP_DIVIDE] = " / ",      [OP_POWER] = "^",
    };
    return signs[op];
}

static void write_op(struct buf *out, const struct formula_node *node)
{
    enum level level = level_of(node);
    if (node->op == OP_NEGATE) {
        buf_put_char(out, '-');
        write_node(out, node->args[0], LEVEL_SIGN);
    } else if (node->op == OP_PERCENT) {
        write_node(out, node->args[0], LEVEL_PERCENT);
        buf_put_char(out, '%');
    } else if (node->op == OP_JOIN) {
        write_list(out, node, 0, " & ", LEVEL_SUM);
    } else {
        bool is_compare = level == LEVEL_COMPARE; /* not chained: both sides stand alone */
        write_node(out, node->args[0], is_compare ? LEVEL_JOIN : level);
        buf_put(out, str_of(sign_of(node->op)));
        write_node(out, node->args[1], level + 1);
    }
}

static void write_node(struct buf *out, const struct formula_node *node, enum level least)
{
    while (node->kind == NODE_CONVERT) node = node->args[0];
    bool has_brackets = level_of(node) < least;
    if (has_brackets) buf_put_char(out, '(');
    switch (node->kind) {
    case NODE_LITERAL:
        write_literal(out, node);
        break;
    case NODE_SET:
        write_text(out, node->text);
        break;
    case NODE_NAME:
        write_path(out, &node->path);
        break;
    case NODE_OP:
        write_op(out, node);
        break;
    default:
        write_call(out, node);
        break;
    }
    if (has_brackets) buf_put_char(out, ')');
}

struct str formula_canonical(struct scope *scope, const struct formula *formula)
{
    struct buf out;
    buf_begin(&out, scope, FORMULA_SIZE_MAX * 4);
    write_node(&out, formula->root, LEVEL_OR);
    return out.is_over ? formula->source : buf_str(&out);
}
