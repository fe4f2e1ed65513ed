/*
 * Tokens to a tree, by recursive descent. From loosest to tightest:
 *
 *   OR · AND · NOT · = <> < <= > >= IN BETWEEN · & · + - · * / · ^ · - (sign) · %
 *
 * as in Excel (so -2^2 is 4). AND, OR, NOT, IN and BETWEEN may also be written
 * as functions; both spellings give the same node. Depth is bounded twice: of
 * the recursion here, and of the tree that later hands walk.
 */
#include "base/utf8.h"
#include "formula/inner.h"

struct parse {
    struct lexer lexer;
    struct scope *scope;
    struct token token; /* the one being looked at */
    struct token next;  /* the one behind it */
    int depth, node_count;
};

static bool parse_or(struct parse *parse, struct formula_node **out);

static bool fail(struct parse *parse, const char *key, const struct token *token, struct str hint)
{
    struct problem problem = { .key = key,
                               .position = token->start,
                               .word = str_slice(parse->lexer.source, token->start, token->end),
                               .hint = hint };
    if (token->kind == TOKEN_END) problem.key = "formula.ended";
    return formula_fail(parse->scope, parse->lexer.blame, problem);
}

static bool advance(struct parse *parse)
{
    parse->token = parse->next;
    return lexer_next(&parse->lexer, &parse->next);
}

struct formula_node *node_new(struct scope *scope, enum node_kind kind, size_t position, size_t end)
{
    struct formula_node *node = scope_new(scope, struct formula_node, 1);
    node->kind = kind;
    node->position = position;
    node->end = end;
    node->depth = 1;
    return node;
}

static bool too_deep(struct parse *parse, size_t position)
{
    struct problem problem = { .key = "formula.too_deep",
                               .position = position,
                               .limit = FORMULA_DEPTH_MAX };
    return formula_fail(parse->scope, parse->lexer.blame, problem);
}

/* Counts leaves and calls; operators are fewer than their operands. */
static bool count(struct parse *parse, const struct formula_node *node)
{
    if (++parse->node_count <= FORMULA_NODE_COUNT_MAX) return true;
    struct problem problem = { .key = "formula.too_many",
                               .position = node->position,
                               .limit = FORMULA_NODE_COUNT_MAX };
    return formula_fail(parse->scope, parse->lexer.blame, problem);
}

static bool node_add(struct parse *parse, struct formula_node *node, struct formula_node *arg)
{
    if ((node->arg_count & (node->arg_count - 1)) == 0) { /* full at every power of two */
        int capacity = node->arg_count ? node->arg_count * 2 : 1;
        struct formula_node **args = scope_new(parse->scope, struct formula_node *, capacity);
        for (int i = 0; i < node->arg_count; i++) args[i] = node->args[i];
        node->args = args;
    }
    node->args[node->arg_count++] = arg;
    if (arg->depth + 1 > node->depth) node->depth = arg->depth + 1;
    if (arg->position < node->position) node->position = arg->position;
    if (arg->end > node->end) node->end = arg->end;
    return node->depth <= FORMULA_DEPTH_MAX || too_deep(parse, node->position);
}

static bool node_pair(struct parse *parse, struct formula_node *node, struct formula_node *left,
                      struct formula_node *right, struct formula_node **out)
{
    *out = node;
    return node_add(parse, node, left) && node_add(parse, node, right);
}

static struct formula_node *call_new(struct parse *parse, const char *name,
                                     const struct token *token)
{
    struct formula_node *node = node_new(parse->scope, NODE_CALL, token->start, token->end);
    node->function = function_find(str_of(name));
    return node;
}

/* The operator word the token is, as a function name; NULL when it is none. */
static const char *word_of(const struct token *token)
{
    static const char *const words[] = { "AND", "OR", "NOT", "IN", "BETWEEN" };
    if (token->kind != TOKEN_NAME) return NULL;
    const struct function *function = function_find(token->text);
    for (size_t i = 0; function && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(function->name, words[i]) == 0) return words[i];
    }
    return NULL;
}

static bool is_word(const struct token *token, const char *word)
{
    const char *found = word_of(token);
    return found && strcmp(found, word) == 0;
}

static bool expect(struct parse *parse, enum token_kind kind, struct str hint)
{
    if (parse->token.kind != kind) {
        const char *key = kind == TOKEN_CLOSE ? "formula.open_bracket" : "formula.unexpected";
        struct problem problem = { .key = key,
                                   .position = parse->token.start,
                                   .word = str_slice(parse->lexer.source, parse->token.start,
                                                     parse->token.end),
                                   .hint = hint };
        return formula_fail(parse->scope, parse->lexer.blame, problem);
    }
    return advance(parse);
}

/* What stands between brackets, behind "(": arguments up to ")". */
static bool parse_args(struct parse *parse, struct formula_node *node)
{
    if (parse->token.kind != TOKEN_CLOSE) {
        for (;;) {
            struct formula_node *arg;
            if (!parse_or(parse, &arg) || !node_add(parse, node, arg)) return false;
            if (parse->token.kind != TOKEN_COMMA) break;
            if (!advance(parse)) return false;
        }
    }
    node->end = parse->token.end;
    return expect(parse, TOKEN_CLOSE, STR(")"));
}

static bool unknown_function(struct parse *parse, const struct token *name)
{
    struct nearest nearest;
    nearest_begin(&nearest, parse->scope, name->text);
    const struct function *function;
    for (int i = 0; (function = function_at(i)); i++) {
        nearest_try(&nearest, str_of(function->name));
        nearest_try(&nearest, str_of(function->alias_zh));
    }
    return fail(parse, "formula.no_function", name, nearest.best);
}

static bool parse_call(struct parse *parse, struct formula_node **out)
{
    struct token name = parse->token;
    struct formula_node *node = node_new(parse->scope, NODE_CALL, name.start, name.end);
    node->function = function_find(name.text);
    if (!node->function) return unknown_function(parse, &name);
    *out = node;
    return advance(parse) && advance(parse) && parse_args(parse, node) && count(parse, node);
}

static bool parse_name(struct parse *parse, struct formula_node **out)
{
    struct formula_node *node =
        node_new(parse->scope, NODE_NAME, parse->token.start, parse->token.end);
    node->parts = scope_new(parse->scope, struct name_part, PATH_PART_COUNT_MAX);
    for (;;) {
        struct token *token = &parse->token;
        if (token->kind != TOKEN_NAME && token->kind != TOKEN_LABEL) {
            return fail(parse, "formula.unexpected", token, STR(""));
        }
        if (node->part_count == PATH_PART_COUNT_MAX) {
            return fail(parse, "formula.path_depth", token, STR(""));
        }
        node->parts[node->part_count++] =
            (struct name_part){ token->text, token->kind == TOKEN_LABEL, token->start };
        node->end = token->end;
        if (!advance(parse)) return false;
        if (parse->token.kind != TOKEN_DOT) break;
        if (!advance(parse)) return false;
    }
    *out = node;
    return count(parse, node);
}

static bool parse_literal(struct parse *parse, struct formula_node **out)
{
    struct token *token = &parse->token;
    struct formula_node *node =
        node_new(parse->scope, NODE_LITERAL, token->start, token->end);
    if (token->kind == TOKEN_NUMBER) {
        node->type = (struct formula_type){ .kind = FORMULA_NUMBER, .scale = token->scale };
        node->value = cell_int(token->units);
    } else if (token->kind == TOKEN_TEXT) {
        node->type.kind = FORMULA_TEXT;
        node->value = cell_text(token->text);
        node->text = token->text;
    } else {
        node->type.kind = FORMULA_BOOLEAN;
        bool is_true = str_equal_nocase(token->text, STR("true")) || str_is(token->text, "真");
        node->value = cell_int(is_true);
    }
    *out = node;
    return count(parse, node) && advance(parse);
}

static bool is_boolean_word(struct str text)
{
    return str_equal_nocase(text, STR("true")) || str_equal_nocase(text, STR("false")) ||
           str_is(text, "真") || str_is(text, "假");
}

static bool parse_primary(struct parse *parse, struct formula_node **out)
{
    struct token *token = &parse->token;
    switch (token->kind) {
    case TOKEN_NUMBER:
    case TOKEN_TEXT:
        return parse_literal(parse, out);
    case TOKEN_OPEN:
        return advance(parse) && parse_or(parse, out) && expect(parse, TOKEN_CLOSE, STR(")"));
    case TOKEN_LABEL:
        return parse_name(parse, out);
    case TOKEN_NAME:
        if (parse->next.kind == TOKEN_OPEN) return parse_call(parse, out);
        if (parse->next.kind != TOKEN_DOT && is_boolean_word(token->text)) {
            return parse_literal(parse, out);
        }
        if (word_of(token)) return fail(parse, "formula.unexpected", token, STR(""));
        return parse_name(parse, out);
    default:
        return fail(parse, "formula.unexpected", token, STR(""));
    }
}

static bool parse_percent(struct parse *parse, struct formula_node **out)
{
    if (!parse_primary(parse, out)) return false;
    while (parse->token.kind == TOKEN_OP && parse->token.op == OP_PERCENT) {
        struct formula_node *node =
            node_new(parse->scope, NODE_OP, parse->token.start, parse->token.end);
        node->op = OP_PERCENT;
        if (!node_add(parse, node, *out) || !advance(parse)) return false;
        *out = node;
    }
    return true;
}

static bool parse_sign(struct parse *parse, struct formula_node **out)
{
    bool is_sign = parse->token.kind == TOKEN_OP &&
                   (parse->token.op == OP_SUBTRACT || parse->token.op == OP_ADD);
    if (!is_sign) return parse_percent(parse, out);
    struct token sign = parse->token;
    if (++parse->depth > FORMULA_DEPTH_MAX) return too_deep(parse, sign.start);
    struct formula_node *arg;
    if (!advance(parse) || !parse_sign(parse, &arg)) return false;
    parse->depth--;
    *out = arg;
    if (sign.op == OP_ADD) return true;
    if (arg->kind == NODE_LITERAL && arg->type.kind == FORMULA_NUMBER) {
        arg->value.integer = -arg->value.integer;
        arg->position = sign.start;
        return true;
    }
    struct formula_node *node = node_new(parse->scope, NODE_OP, sign.start, sign.end);
    node->op = OP_NEGATE;
    *out = node;
    return node_add(parse, node, arg);
}

/* Left-associative operators of one level. */
static bool parse_level(struct parse *parse, const enum op *ops, int op_count,
                        bool (*below)(struct parse *parse, struct formula_node **out),
                        struct formula_node **out)
{
    if (!below(parse, out)) return false;
    for (;;) {
        bool is_ours = false;
        for (int i = 0; i < op_count && parse->token.kind == TOKEN_OP; i++) {
            is_ours = is_ours || parse->token.op == ops[i];
        }
        if (!is_ours) return true;
        struct formula_node *right,
            *node = node_new(parse->scope, NODE_OP, parse->token.start, parse->token.end);
        node->op = parse->token.op;
        if (!advance(parse) || !below(parse, &right)) return false;
        if (node->op == OP_JOIN && (*out)->kind == NODE_OP && (*out)->op == OP_JOIN) {
            if (!node_add(parse, *out, right)) return false; /* a & b & c is one node */
        } else if (!node_pair(parse, node, *out, right, out)) {
            return false;
        }
    }
}

static bool parse_power(struct parse *parse, struct formula_node **out)
{
    static const enum op ops[] = { OP_POWER };
    return parse_level(parse, ops, 1, parse_sign, out);
}

static bool parse_product(struct parse *parse, struct formula_node **out)
{
    static const enum op ops[] = { OP_MULTIPLY, OP_DIVIDE };
    return parse_level(parse, ops, 2, parse_power, out);
}

static bool parse_sum(struct parse *parse, struct formula_node **out)
{
    static const enum op ops[] = { OP_ADD, OP_SUBTRACT };
    return parse_level(parse, ops, 2, parse_product, out);
}

static bool parse_join(struct parse *parse, struct formula_node **out)
{
    static const enum op ops[] = { OP_JOIN };
    return parse_level(parse, ops, 1, parse_sum, out);
}

static bool is_compare(const struct token *token)
{
    return token->kind == TOKEN_OP && token->op >= OP_EQUAL && token->op <= OP_MORE_EQUAL;
}

/* x IN ("a", "b") */
static bool parse_in(struct parse *parse, struct formula_node **out)
{
    struct formula_node *node = call_new(parse, "IN", &parse->token);
    if (!node_add(parse, node, *out) || !advance(parse)) return false;
    *out = node;
    return expect(parse, TOKEN_OPEN, STR("(")) && parse_args(parse, node);
}

/* x BETWEEN 1 AND 5 */
static bool parse_between(struct parse *parse, struct formula_node **out)
{
    struct formula_node *low, *high, *node = call_new(parse, "BETWEEN", &parse->token);
    if (!node_add(parse, node, *out) || !advance(parse) || !parse_join(parse, &low)) return false;
    if (!is_word(&parse->token, "AND")) {
        return fail(parse, "formula.unexpected", &parse->token, STR("AND"));
    }
    if (!advance(parse) || !parse_join(parse, &high)) return false;
    *out = node;
    return node_add(parse, node, low) && node_add(parse, node, high);
}

static bool parse_compare(struct parse *parse, struct formula_node **out)
{
    if (!parse_join(parse, out)) return false;
    if (is_compare(&parse->token)) {
        struct formula_node *right,
            *node = node_new(parse->scope, NODE_OP, parse->token.start, parse->token.end);
        node->op = parse->token.op;
        if (!advance(parse) || !parse_join(parse, &right)) return false;
        if (is_compare(&parse->token)) {
            return fail(parse, "formula.chained", &parse->token, STR("AND"));
        }
        return node_pair(parse, node, *out, right, out);
    }
    bool is_not = is_word(&parse->token, "NOT") &&
                  (is_word(&parse->next, "IN") || is_word(&parse->next, "BETWEEN"));
    struct formula_node *negation = is_not ? call_new(parse, "NOT", &parse->token) : NULL;
    if (is_not && !advance(parse)) return false;
    if (is_word(&parse->token, "IN")) {
        if (!parse_in(parse, out)) return false;
    } else if (is_word(&parse->token, "BETWEEN")) {
        if (!parse_between(parse, out)) return false;
    }
    if (!negation) return true;
    if (!node_add(parse, negation, *out)) return false;
    *out = negation;
    return true;
}

static bool parse_not(struct parse *parse, struct formula_node **out)
{
    if (!is_word(&parse->token, "NOT") || parse->next.kind == TOKEN_OPEN) {
        return parse_compare(parse, out);
    }
    struct formula_node *arg, *node = call_new(parse, "NOT", &parse->token);
    if (++parse->depth > FORMULA_DEPTH_MAX) return too_deep(parse, parse->token.start);
    if (!advance(parse) || !parse_not(parse, &arg)) return false;
    parse->depth--;
    *out = node;
    return node_add(parse, node, arg);
}

/* a AND b AND c is one node with three arguments, so long lists stay shallow. */
static bool parse_chain(struct parse *parse, const char *word,
                        bool (*below)(struct parse *parse, struct formula_node **out),
                        struct formula_node **out)
{
    if (!below(parse, out)) return false;
    struct formula_node *chain = NULL;
    while (is_word(&parse->token, word)) {
        struct formula_node *right;
        if (!chain) {
            chain = call_new(parse, word, &parse->token);
            if (!node_add(parse, chain, *out)) return false;
            *out = chain;
        }
        if (!advance(parse) || !below(parse, &right) || !node_add(parse, chain, right)) {
            return false;
        }
    }
    return true;
}

static bool parse_and(struct parse *parse, struct formula_node **out)
{
    return parse_chain(parse, "AND", parse_not, out);
}

static bool parse_or(struct parse *parse, struct formula_node **out)
{
    if (++parse->depth > FORMULA_DEPTH_MAX) return too_deep(parse, parse->token.start);
    if (!parse_chain(parse, "OR", parse_and, out)) return false;
    parse->depth--;
    return true;
}

bool formula_parse(struct scope *scope, struct str source, struct str blame,
                   struct formula_node **out)
{
    struct parse parse = { .lexer = { .scope = scope, .source = source, .blame = blame },
                           .scope = scope };
    if (source.size > FORMULA_SIZE_MAX) {
        struct problem problem = { .key = "formula.too_long", .limit = FORMULA_SIZE_MAX };
        return formula_fail(scope, blame, problem);
    }
    if (!utf8_is_valid(source)) {
        return formula_fail(scope, blame, (struct problem){ .key = "formula.not_utf8" });
    }
    if (!advance(&parse) || !advance(&parse)) return false;
    bool has_sign = parse.token.kind == TOKEN_OP && parse.token.op == OP_EQUAL;
    if (has_sign && !advance(&parse)) return false; /* =IF(…), as in a cell */
    if (parse.token.kind == TOKEN_END) {
        return formula_fail(scope, blame, (struct problem){ .key = "formula.empty" });
    }
    if (!parse_or(&parse, out)) return false;
    if (parse.token.kind == TOKEN_END) return true;
    if (parse.token.kind == TOKEN_CLOSE) {
        return fail(&parse, "formula.close_bracket", &parse.token, STR(""));
    }
    return fail(&parse, "formula.unexpected", &parse.token, STR(""));
}
