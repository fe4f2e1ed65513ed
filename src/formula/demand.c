/* What a condition demands before all else: simple parts of the AND at its top. */
#include "formula/inner.h"

/* A field of the record itself that is kept in a column; NULL: it is something else. */
static const struct field *own_field(const struct formula_node *node)
{
    while (node->kind == NODE_CONVERT) node = node->args[0];
    if (node->kind != NODE_NAME || node->path.relation || node->path.count != 1) return NULL;
    const struct field *field = node->path.fields[0];
    return field->column.size > 0 ? field : NULL;
}

static struct str constant(const struct formula *formula, const struct formula_node *node)
{
    while (node->kind == NODE_CONVERT) node = node->args[0];
    if (node->kind != NODE_LITERAL && node->kind != NODE_SET) return STR("");
    if (node->position >= node->end || node->end > formula->source.size) return STR("");
    struct str text = str_trim(str_slice(formula->source, node->position, node->end));
    bool is_quoted = text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"';
    return is_quoted ? str_slice(text, 1, text.size - 1) : text;
}

struct str formula_constant(const struct formula *formula)
{
    return constant(formula, formula->root);
}

/* CHANGED(a), IS_NEW(), and an OR of nothing but these; depth is that of formulas. */
static bool change_read(const struct formula_node *node, struct formula_demand *out)
{
    if (is_call(node, "IS_NEW")) {
        out->is_new_enough = true;
        return true;
    }
    if (is_call(node, "CHANGED")) {
        const struct field *field = own_field(node->args[0]);
        if (!field || out->field_count == FORMULA_DEMAND_FIELD_COUNT_MAX) return false;
        out->fields[out->field_count++] = field;
        return true;
    }
    bool is_all = is_call(node, "OR");
    for (int i = 0; is_all && i < node->arg_count; i++) {
        is_all = change_read(node->args[i], out);
    }
    return is_all;
}

static bool one_of(const struct field *field, enum formula_demand_kind kind, struct str value,
                   struct formula_demand *out)
{
    *out = (struct formula_demand){ .kind = kind, .fields = { field }, .field_count = 1,
                                    .value = value };
    return field != NULL;
}

static bool demand_read(const struct formula *formula, const struct formula_node *node,
                        struct formula_demand *out)
{
    *out = (struct formula_demand){ .kind = FORMULA_DEMAND_CHANGE };
    if (change_read(node, out)) return true;
    if (is_call(node, "ISBLANK")) {
        return one_of(own_field(node->args[0]), FORMULA_DEMAND_BLANK, STR(""), out);
    }
    if (is_call(node, "NOT")) {
        return one_of(own_field(node->args[0]), FORMULA_DEMAND_NOT, STR("TRUE"), out);
    }
    if (node->kind == NODE_NAME) {
        return one_of(own_field(node), FORMULA_DEMAND_IS, STR("TRUE"), out);
    }
    if (node->kind != NODE_OP || (node->op != OP_EQUAL && node->op != OP_DIFFERENT)) return false;
    struct str value = constant(formula, node->args[1]);
    return value.size > 0 && one_of(own_field(node->args[0]),
                                    node->op == OP_EQUAL ? FORMULA_DEMAND_IS : FORMULA_DEMAND_NOT,
                                    value, out);
}

int formula_demands(struct scope *scope, const struct formula *formula,
                    struct formula_demand **out)
{
    struct formula_node *root = formula->root;
    bool is_and = is_call(root, "AND");
    struct formula_node *const *parts = is_and ? root->args : &root;
    int part_count = is_and ? root->arg_count : 1, count = 0;
    *out = scope_new(scope, struct formula_demand, part_count);
    for (int i = 0; i < part_count; i++) {
        if (demand_read(formula, parts[i], &(*out)[count])) count++;
    }
    return count;
}
