/*
 * The function table, in groups, and the check that follows from an entry's
 * signature. A function is one entry in one of the groups; nothing else lists
 * it: names, aliases, help, completion and documents all come from here.
 */
#include "formula/inner.h"

static const struct function_group *const groups[] = {
    &functions_logic, &functions_number,   &functions_text,
    &functions_date,  &functions_relation, &functions_record,
    &functions_work,  &functions_history,  &functions_statistics,
};
enum { GROUP_COUNT = sizeof(groups) / sizeof(groups[0]) };

const struct function *function_at(int index)
{
    for (int i = 0; i < GROUP_COUNT && index >= 0; i++) {
        if (index < groups[i]->count) return &groups[i]->functions[index];
        index -= groups[i]->count;
    }
    return NULL;
}

const struct function *function_find(struct str name)
{
    for (int i = 0; i < GROUP_COUNT; i++) {
        for (int j = 0; j < groups[i]->count; j++) {
            const struct function *function = &groups[i]->functions[j];
            if (str_equal_nocase(name, str_of(function->name)) ||
                (function->alias && str_equal_nocase(name, str_of(function->alias))) ||
                str_is(name, function->alias_zh)) {
                return function;
            }
        }
    }
    return NULL;
}

bool is_call(const struct formula_node *node, const char *name)
{
    return node->kind == NODE_CALL && strcmp(node->function->name, name) == 0;
}

int formula_function_count(void)
{
    int count = 0;
    for (int i = 0; i < GROUP_COUNT; i++) count += groups[i]->count;
    return count;
}

struct formula_function_info formula_function(int index)
{
    const struct function *function = function_at(index);
    if (!function) return (struct formula_function_info){ 0 };
    return (struct formula_function_info){ function->name,    function->alias_zh,
                                           function->signature, function->help_zh,
                                           function->help_en, function->example };
}

static bool may(struct check *check, const struct formula_node *node)
{
    static const struct {
        unsigned function, allow;
        const char *key;
    } rules[] = {
        { FUNCTION_CLOCK, FORMULA_ALLOW_CLOCK, "formula.no_clock" },
        { FUNCTION_PERSON, FORMULA_ALLOW_PERSON, "formula.no_person" },
        { FUNCTION_CHANGE, FORMULA_ALLOW_CHANGE, "formula.no_change" },
    };
    unsigned flags = node->function->flags;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!(flags & rules[i].function) || (check->flags & rules[i].allow)) continue;
        return check_fail(check, rules[i].key, node, str_of(node->function->name), STR(""));
    }
    check->formula->uses_clock |= (flags & FUNCTION_CLOCK) != 0;
    check->formula->uses_person |= (flags & FUNCTION_PERSON) != 0;
    check->formula->uses_change |= (flags & FUNCTION_CHANGE) != 0;
    return true;
}

/* How many arguments the letters ask for. */
static void arity(const struct function *function, int *least, int *most)
{
    *least = *most = 0;
    bool is_optional = false;
    for (const char *letter = function->args; *letter; letter++) {
        if (*letter == '?') {
            is_optional = true;
        } else if (*letter == '+') {
            *most = function->flags & FUNCTION_MANY ? FORMULA_NODE_COUNT_MAX
                                                    : FUNCTION_ARG_COUNT_MAX;
        } else {
            *least += !is_optional;
            *most += 1;
        }
    }
}

/* The letter of argument index. */
static char letter_of(const char *args, int index)
{
    char last = '*';
    for (; *args; args++) {
        if (*args == '?') continue;
        if (*args == '+') return last;
        last = *args;
        if (index-- == 0) return last;
    }
    return last;
}

static bool check_arg(struct check *check, struct formula_node **slot, char letter)
{
    struct formula_type whole = { .kind = FORMULA_NUMBER };
    struct formula_type moment = { .kind = FORMULA_DATETIME }, date = { .kind = FORMULA_DATE };
    switch (letter) {
    case 't':
        return check_text(check, slot);
    case 'n':
        return check_number(check, slot);
    case 'i':
        return check_number(check, slot) && check_assign(check, slot, whole);
    case 'm':
        return check_convert(check, slot, moment);
    case 'd':
        if ((*slot)->type.kind != FORMULA_DATETIME) return check_convert(check, slot, date);
        *slot = convert_new(check, *slot, date);
        return true;
    case 'b':
        return check_boolean(check, slot);
    default:
        return true;
    }
}

/* A call as if it stood where the other one does. */
static struct formula_node *call_made(struct check *check, const struct formula_node *from,
                                      const char *name, int arg_count)
{
    struct formula_node *call = node_new(check->scope, NODE_CALL, from->position, from->end);
    call->function = function_find(str_of(name));
    call->args = scope_new(check->scope, struct formula_node *, arg_count + 1);
    call->arg_count = arg_count;
    call->depth = from->depth;
    return call;
}

static struct formula_node *name_made(struct check *check, const struct formula_node *from,
                                      struct str text)
{
    struct formula_node *name = node_new(check->scope, NODE_NAME, from->position, from->end);
    name->parts = scope_new(check->scope, struct name_part, 1);
    name->parts[0] = (struct name_part){ .text = text, .position = from->position };
    name->part_count = 1;
    return name;
}

/*
 * What is asked of a list of records as if it were a value: CONTAINS(tags, "red"), one of them has
 * it in its title; tags IN ("…"), one of them is among those; ISBLANK(tags), there is none.
 */
static bool check_related(struct check *check, struct formula_node *node,
                          const struct object *behind)
{
    bool is_blank = is_call(node, "ISBLANK");
    struct formula_node *exists = call_made(check, node, "EXISTS", is_blank ? 1 : 2);
    exists->args[0] = node->args[0];
    if (is_blank) {
        node->function = function_find(STR("NOT"));
        node->args[0] = exists;
        return check_call(check, node);
    }
    struct formula_node *inner = call_made(check, node, node->function->name, node->arg_count);
    bool is_in = is_call(node, "IN");
    memcpy(inner->args, node->args, sizeof(struct formula_node *) * (size_t)node->arg_count);
    inner->args[0] = name_made(check, node, is_in ? STR("id") : behind->title->name);
    node->function = exists->function;
    node->args = exists->args;
    node->args[1] = inner;
    node->arg_count = 2;
    return check_call(check, node);
}

/* The object whose records are asked about; NULL: it is asked of a value. */
static const struct object *related(struct check *check, const struct formula_node *node)
{
    bool is_asked = (is_call(node, "CONTAINS") && node->arg_count == 2) ||
                    (is_call(node, "ISBLANK") && node->arg_count == 1) ||
                    (is_call(node, "IN") && node->arg_count > 1);
    const struct object *behind = is_asked ? check_behind(check, node->args[0]) : NULL;
    return behind && (behind->title || !is_call(node, "CONTAINS")) ? behind : NULL;
}

bool check_call(struct check *check, struct formula_node *node)
{
    const struct object *behind = related(check, node);
    if (behind) return check_related(check, node, behind);
    const struct function *function = node->function;
    int least, most;
    arity(function, &least, &most);
    if (node->arg_count < least || node->arg_count > most) {
        return check_fail(check, "formula.arity", node, str_of(function->name),
                          str_of(function->signature));
    }
    if (!may(check, node)) return false;
    if (!(function->flags & FUNCTION_LAZY)) {
        for (int i = 0; i < node->arg_count; i++) {
            if (!check_node(check, node->args[i]) ||
                !check_arg(check, &node->args[i], letter_of(function->args, i))) {
                return false;
            }
        }
    }
    node->type = (struct formula_type){ .kind = function->result };
    return !function->check || function->check(check, node);
}

bool check_values(struct check *check, struct formula_node *node, int first, int step, int end)
{
    static const enum formula_kind follow[] = {
        FORMULA_CHOICE, FORMULA_STAGE, FORMULA_PIPELINE, FORMULA_OBJECT, FORMULA_ID,
    };
    for (size_t i = 0; i < sizeof(follow) / sizeof(follow[0]); i++) {
        if (node->args[0]->type.kind != follow[i]) continue;
        for (int j = first; j < end; j += step) {
            if (!check_convert(check, &node->args[j], node->args[0]->type)) return false;
        }
        return true;
    }
    int count = 1;
    struct formula_node **values =
        scope_new(check->scope, struct formula_node *, node->arg_count + 1);
    values[0] = node->args[0];
    for (int j = first; j < end; j += step) {
        bool is_time = is_text_literal(node->args[j]) && is_temporal(values[0]->type.kind);
        if (is_time && !check_convert(check, &node->args[j], values[0]->type)) return false;
        values[count++] = node->args[j];
    }
    struct formula_type type;
    if (!check_unify(check, values, count, 1, &type)) return false;
    node->args[0] = values[0];
    count = 1;
    for (int j = first; j < end; j += step) node->args[j] = values[count++];
    return true;
}
