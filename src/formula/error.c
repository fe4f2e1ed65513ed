/*
 * What is wrong with a formula, in both languages at once: the sentence of the
 * key, the names of kinds in each language, and the hint as a sentence of its
 * own. A hint is the nearest known name, by edit distance over folded letters.
 */
#include "base/utf8.h"
#include "formula/inner.h"

enum { NEAREST_LENGTH_MAX = 40, WORD_LENGTH_MAX = 80 };

const char *kind_key(enum formula_kind kind)
{
    static const char *const keys[] = {
        [FORMULA_BLANK] = "formula.kind_blank",       [FORMULA_BOOLEAN] = "formula.kind_boolean",
        [FORMULA_NUMBER] = "formula.kind_number",     [FORMULA_REAL] = "formula.kind_number",
        [FORMULA_TEXT] = "formula.kind_text",         [FORMULA_DATE] = "formula.kind_date",
        [FORMULA_DATETIME] = "formula.kind_datetime", [FORMULA_CHOICE] = "formula.kind_choice",
        [FORMULA_STAGE] = "formula.kind_stage",       [FORMULA_PIPELINE] = "formula.kind_pipeline",
        [FORMULA_OBJECT] = "formula.kind_object",     [FORMULA_ID] = "formula.kind_id",
        [FORMULA_DURATION] = "formula.kind_duration", [FORMULA_CHOICES] = "formula.kind_choices",
    };
    return keys[kind];
}

static struct str sentence(struct scope *scope, enum language language,
                           const struct problem *problem, struct str word)
{
    struct error_arg args[5];
    int count = 0;
    args[count++] = (struct error_arg){ "word", word };
    args[count++] = (struct error_arg){ "hint", problem->hint };
    args[count++] =
        (struct error_arg){ "limit", scope_format(scope, "%lld", (long long)problem->limit) };
    if (problem->expected) {
        args[count++] = (struct error_arg){
            "expected", message_text(scope, language, problem->expected, NULL, 0)
        };
    }
    if (problem->found) {
        args[count++] =
            (struct error_arg){ "found", message_text(scope, language, problem->found, NULL, 0) };
    }
    struct str text = message_text(scope, language, problem->key, args, count);
    if (problem->hint.size == 0) return text;
    struct str hint = message_text(scope, language, "formula.hint", args, count);
    return scope_format(scope, "%.*s%s%.*s", STR_ARG(text), language == LANGUAGE_EN ? " " : "",
                        STR_ARG(hint));
}

bool formula_fail(struct scope *scope, struct str blame, struct problem problem)
{
    error_set(scope, ERROR_INVALID, problem.key, blame);
    struct error_item *item = error_last(scope);
    if (!item || item->key != problem.key || item->position >= 0) return false; /* not the first */
    struct str word = utf8_prefix(problem.word, WORD_LENGTH_MAX);
    item->position = (int64_t)problem.position;
    item->text_zh = sentence(scope, LANGUAGE_ZH, &problem, word);
    item->text_en = sentence(scope, LANGUAGE_EN, &problem, word);
    if (word.size > 0) error_arg(scope, "word", word);
    if (problem.hint.size > 0) error_arg(scope, "hint", problem.hint);
    if (problem.expected) error_arg(scope, "expected", message_code(problem.expected));
    if (problem.found) error_arg(scope, "found", message_code(problem.found));
    return false;
}

/* Code points of a text, folded; how many. */
static int points_of(struct str text, uint32_t *points)
{
    int count = 0;
    for (size_t offset = 0; offset < text.size && count < NEAREST_LENGTH_MAX;) {
        points[count++] = utf8_fold(utf8_next(text, &offset));
    }
    return count;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, changes and swaps of neighbours. */
static int distance(struct str a, struct str b)
{
    uint32_t from[NEAREST_LENGTH_MAX], to[NEAREST_LENGTH_MAX];
    int rows[NEAREST_LENGTH_MAX + 1][NEAREST_LENGTH_MAX + 1];
    int from_count = points_of(a, from), to_count = points_of(b, to);
    for (int i = 0; i <= from_count; i++) rows[i][0] = i;
    for (int j = 0; j <= to_count; j++) rows[0][j] = j;
    for (int i = 1; i <= from_count; i++) {
        for (int j = 1; j <= to_count; j++) {
            bool is_same = from[i - 1] == to[j - 1];
            int best = least(rows[i - 1][j] + 1, rows[i][j - 1] + 1);
            best = least(best, rows[i - 1][j - 1] + !is_same);
            bool is_swap =
                i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
            rows[i][j] = is_swap ? least(best, rows[i - 2][j - 2] + 1) : best;
        }
    }
    return rows[from_count][to_count];
}

void nearest_begin(struct nearest *nearest, struct scope *scope, struct str word)
{
    size_t length = utf8_length(word);
    int limit = length <= 1 ? 0 : length <= 4 ? 1 : length <= 8 ? 2 : 3;
    *nearest = (struct nearest){ .scope = scope, .word = word, .best_distance = limit + 1 };
}

void nearest_try(struct nearest *nearest, struct str candidate)
{
    if (candidate.size == 0) return;
    int found = distance(nearest->word, candidate);
    if (found >= nearest->best_distance) return;
    nearest->best_distance = found;
    nearest->best = candidate;
}

void nearest_try_object(struct nearest *nearest, const struct object *object)
{
    for (int i = 0; i < object->field_count; i++) {
        nearest_try(nearest, object->fields[i].name);
        nearest_try(nearest, object->fields[i].label.zh);
        nearest_try(nearest, object->fields[i].label.en);
    }
    for (int i = 0; i < object->relation_count; i++) {
        nearest_try(nearest, object->relations[i].name);
        nearest_try(nearest, object->relations[i].from->label.zh);
    }
}
