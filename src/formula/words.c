/*
 * The words of a checked formula that name something of the configuration, with the place
 * in the text where they stand: what a rename has to put anew, and what a removal would break.
 */
#include <stdlib.h>

#include "formula/inner.h"

struct words {
    struct scope *scope;
    struct str source;
    struct formula_word *items;
    int count, room;
};

static void word_add(struct words *words, struct formula_word word)
{
    if (word.start >= word.end || word.end > words->source.size) return;
    if (words->count == words->room) {
        int room = words->room > 0 ? words->room * 2 : 16;
        struct formula_word *items = scope_new(words->scope, struct formula_word, room);
        if (words->count > 0) memcpy(items, words->items, sizeof(*items) * (size_t)words->count);
        words->items = items;
        words->room = room;
    }
    words->items[words->count++] = word;
}

static size_t part_end(struct str source, const struct name_part *part)
{
    if (part->position >= source.size) return 0;
    if (source.data[part->position] != '{') return part->position + part->text.size;
    struct str tail = str_slice(source, part->position, source.size);
    size_t close = str_find(tail, STR("}"));
    return close == SIZE_MAX ? 0 : part->position + close + 1;
}

static void name_add(struct words *words, const struct formula_node *node)
{
    const struct path *path = &node->path;
    for (int i = 0; i < node->part_count; i++) {
        const struct name_part *part = &node->parts[i];
        struct formula_word word = { .kind = FORMULA_WORD_FIELD, .text = part->text,
                                     .start = part->position,
                                     .end = part_end(words->source, part) };
        int behind = i - path->prefix_count - (path->relation ? 1 : 0);
        word.is_label = word.end > 0 && words->source.data[word.start] == '{';
        if (path->relation && i < path->prefix_count) {
            word.field = path->prefix[i];
        } else if (path->relation && i == path->prefix_count) {
            word.kind = FORMULA_WORD_RELATION;
            word.relation = path->relation;
        } else if (behind >= 0 && behind < path->count) {
            word.field = path->fields[behind];
        } else {
            continue;
        }
        word_add(words, word);
    }
}

/* A text between quotes that stands for a choice, stages, pipelines or objects. */
static void literal_add(struct words *words, const struct formula_node *node)
{
    struct formula_word word = { .start = node->position, .end = node->end };
    if (word.end < word.start + 2 || word.end > words->source.size) return;
    word.text = str_slice(words->source, word.start + 1, word.end - 1);
    if (node->kind == NODE_LITERAL && node->type.kind == FORMULA_CHOICE && node->type.field) {
        word.kind = FORMULA_WORD_CHOICE;
        word.field = node->type.field;
        word.id = node->value.integer;
    } else if (node->kind == NODE_SET && node->id_count > 0) {
        word.kind = node->type.kind == FORMULA_STAGE      ? FORMULA_WORD_STAGE
                    : node->type.kind == FORMULA_PIPELINE ? FORMULA_WORD_PIPELINE
                                                          : FORMULA_WORD_OBJECT;
        word.id = node->ids[0];
    } else {
        return;
    }
    word_add(words, word);
}

/* As deep as formulas may be: FORMULA_DEPTH_MAX. */
static void node_add(struct words *words, const struct formula_node *node)
{
    if (node->kind == NODE_NAME) {
        name_add(words, node);
    } else if (node->kind == NODE_LITERAL || node->kind == NODE_SET) {
        literal_add(words, node);
    }
    for (int i = 0; i < node->arg_count; i++) node_add(words, node->args[i]);
}

static int by_start(const void *a, const void *b)
{
    const struct formula_word *left = a, *right = b;
    return left->start < right->start ? -1 : left->start > right->start;
}

int formula_words(struct scope *scope, const struct formula *formula, struct formula_word **out)
{
    struct words words = { .scope = scope, .source = formula->source };
    node_add(&words, formula->root);
    if (words.count > 1) {
        qsort(words.items, (size_t)words.count, sizeof(*words.items), by_start);
    }
    *out = words.items;
    return words.count;
}
