/*
 * Guessing which field a column is. Every pair of column and field gets a score
 * from 0 to 100; the best pair is taken, then the best of the rest, until none is
 * worth offering. Nothing here decides: a person sees it before anything happens.
 */
#include "ingest/import_guess.h"
#include "ingest/similar.h"

enum {
    PROBE_COUNT = 12,            /* values of a column looked up */
    CANDIDATE_COUNT_MAX = 2000,  /* names a value is compared with */
    UNLIKE_PENALTY = 45,
    CONTENT_SCORE = 72,
};

bool seen_read(struct scope *scope, struct ingest_table *table, struct seen *out)
{
    out->header = ingest_header(table);
    out->columns = scope_new(scope, struct seen_column, out->header.count + 1);
    struct ingest_profile **profiles =
        scope_new(scope, struct ingest_profile *, out->header.count + 1);
    for (int i = 0; i < out->header.count; i++) {
        out->columns[i].name = out->header.names[i];
        profiles[i] = ingest_profile_begin(scope);
    }
    for (bool has_row = true; has_row;) {
        struct scope inner;
        struct ingest_row row;
        scope_begin(&inner);
        bool ok = ingest_next(table, &inner, &row, &has_row);
        for (int i = 0; ok && has_row && i < row.count; i++) {
            struct seen_column *column = &out->columns[i];
            ingest_profile_add(profiles[i], row.number, &row.cells[i]);
            if (column->sample_count == GUESS_SAMPLE_COUNT) continue;
            struct str text = str_trim(ingest_cell_text(&inner, &row.cells[i]));
            if (text.size == 0) continue;
            column->samples[column->sample_count++] =
                scope_copy(scope, str_slice(text, 0, IMPORT_SHOWN_SIZE_MAX));
        }
        out->rows += ok && has_row;
        if (!ok) error_pass(scope, &inner);
        scope_end(&inner);
        if (!ok) return false;
    }
    for (int i = 0; i < out->header.count; i++) {
        ingest_profile_end(profiles[i], false, &out->columns[i].guess);
    }
    return true;
}

/* ---- scores ---- */

/* How far what the column holds speaks against the field. */
static int unlikeness(const struct seen_column *column, const struct field *field)
{
    enum ingest_type type = column->guess.type;
    bool is_date = type == INGEST_TYPE_DATE || type == INGEST_TYPE_MOMENT;
    bool is_number = type == INGEST_TYPE_INTEGER || type == INGEST_TYPE_DECIMAL;
    if (type == INGEST_TYPE_BLANK) return 0;
    switch (field_kind(field)) {
    case VALUE_DATE:
    case VALUE_DATETIME: return is_date ? 0 : UNLIKE_PENALTY;
    case VALUE_NUMBER: return is_number ? 0 : UNLIKE_PENALTY;
    case VALUE_BOOLEAN: return type == INGEST_TYPE_BOOL ? 0 : UNLIKE_PENALTY / 2;
    case VALUE_ID:
    case VALUE_STAGE:
    case VALUE_CHOICES:
    case VALUE_CHOICE: return is_date || is_number ? UNLIKE_PENALTY : 0;
    default: return is_date ? UNLIKE_PENALTY / 2 : 0;
    }
}

static int header_score(const struct seen_column *column, const struct field *field)
{
    int score = ingest_header_score(column->name, field->name, field->label.zh, field->label.en);
    if (str_equal_nocase(column->name, field->name)) score = 100;
    return score - unlikeness(column, field);
}

/* Candidates a stage's or choice's value may mean: names and labels, and what each stands for. */
struct words {
    struct str *texts, *names;
    int count;
};

static void word_add(struct words *words, struct str text, struct str name)
{
    if (text.size == 0) return;
    words->texts[words->count] = text;
    words->names[words->count++] = name;
}

static void words_of(struct scope *scope, const struct object *object, const struct field *field,
                     struct words *out)
{
    const struct pipeline *pipeline = field == object->stage ? pipeline_default(object) : NULL;
    int count = (pipeline ? pipeline->stage_count : field->choice_count) * 3;
    *out = (struct words){ scope_new(scope, struct str, count + 1),
                           scope_new(scope, struct str, count + 1), 0 };
    for (int i = 0; pipeline && i < pipeline->stage_count; i++) {
        const struct stage *stage = &pipeline->stages[i];
        word_add(out, stage->name, stage->name);
        word_add(out, stage->label.en, stage->name);
        word_add(out, stage->label.zh, stage->name);
    }
    for (int i = 0; !pipeline && i < field->choice_count; i++) {
        const struct choice *choice = &field->choices[i];
        if (choice->is_hidden) continue;
        word_add(out, choice->name, choice->name);
        word_add(out, choice->label.en, choice->name);
        word_add(out, choice->label.zh, choice->name);
    }
}

static struct str word_best(struct scope *scope, const struct words *words, struct str text)
{
    for (int i = 0; i < words->count; i++) {
        if (str_equal(name_fold(scope, words->texts[i]), name_fold(scope, text))) {
            return words->names[i];
        }
    }
    int best = -1, best_score = INGEST_VALUE_SCORE_MIN - 1;
    for (int i = 0; i < words->count; i++) {
        int score = ingest_value_score(words->texts[i], text);
        if (score > best_score) best = i, best_score = score;
    }
    return best >= 0 ? words->names[best] : STR("");
}

/* Share of the column's values that the field knows, as a score. */
static int words_score(struct scope *scope, const struct seen *seen,
                       const struct seen_column *column, const struct field *field)
{
    struct words words;
    int known = 0, count = column->guess.distinct_count;
    if (count == 0 || count > GUESS_VALUE_COUNT_MAX || column->guess.type != INGEST_TYPE_TEXT) {
        return 0;
    }
    words_of(scope, seen->object, field, &words);
    for (int i = 0; i < count && words.count > 0; i++) {
        struct str text = column->guess.distinct[i].text, rest = text, part;
        if (field_kind(field) != VALUE_CHOICES) {
            known += word_best(scope, &words, text).size > 0;
            continue;
        }
        bool are_known = true; /* each of "a；b" */
        while ((part = choices_part(&rest)).size > 0) {
            are_known = are_known && word_best(scope, &words, part).size > 0;
        }
        known += are_known;
    }
    return known * 2 >= count ? CONTENT_SCORE + 20 * known / count : 0;
}

static bool names_score(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, struct resolvers *resolvers,
                        const struct seen_column *column, const struct field *field, int *out)
{
    *out = 0;
    if (column->guess.type != INGEST_TYPE_TEXT || !field->to || !field->to->title) return true;
    int index = resolver_index(resolvers, field->to->name, STR(""));
    int known = 0, count = column->guess.distinct_count;
    if (count > PROBE_COUNT) count = PROBE_COUNT;
    for (int i = 0; index >= 0 && i < count; i++) {
        enum found found;
        struct uuid id;
        if (!resolver_find(scope, conn, context, &resolvers->items[index],
                           column->guess.distinct[i].text, &found, &id)) {
            return false;
        }
        known += found != FOUND_NONE;
    }
    if (count > 0 && known * 10 >= count * 6) *out = CONTENT_SCORE + 20 * known / count;
    return true;
}

/* ---- pairs ---- */

struct guessing {
    struct scope *scope;
    struct db_conn *conn;
    const struct engine_context *context;
    struct resolvers *resolvers;
    struct seen *seen;
    enum import_kind kind;
    bool *is_taken; /* by field index */
};

static struct str target_name(struct scope *scope, const struct field *field)
{
    bool is_reference = field->to && field->to->title && field_kind(field) == VALUE_ID;
    if (!is_reference) return field->name;
    return scope_format(scope, "%.*s.%.*s", STR_ARG(field->name),
                        STR_ARG(field->to->title->name));
}

static bool target_try(const struct guessing *g, struct str name, struct target *out)
{
    struct scope inner;
    scope_begin(&inner);
    bool ok = plan_target(&inner, g->context, g->seen->object, g->kind, name, out);
    scope_end(&inner);
    return ok;
}

static bool pair_score(const struct guessing *g, const struct seen_column *column,
                       const struct field *field, int *out)
{
    *out = header_score(column, field);
    int content = 0;
    if (field == g->seen->object->stage || field_kind(field) == VALUE_CHOICE ||
        field_kind(field) == VALUE_CHOICES) {
        content = words_score(g->scope, g->seen, column, field);
    } else if (field->to && !str_is(field->name, "created_by") && *out < 95 &&
               !names_score(g->scope, g->conn, g->context, g->resolvers, column, field,
                            &content)) {
        return false;
    }
    if (content > *out) *out = content;
    return true;
}

/* A header that is a path as exports write it: "firm.name". */
static void exact_take(const struct guessing *g)
{
    for (int i = 0; i < g->seen->header.count; i++) {
        struct seen_column *column = &g->seen->columns[i];
        if (!target_try(g, column->name, &column->target)) continue;
        if (column->target.field && g->is_taken[column->target.field->index]) continue;
        column->has_field = true;
        column->score = 100;
        if (!column->target.field) continue;
        g->is_taken[column->target.field->index] = true;
        column->target.name = column->target.match ? column->name
                                                   : target_name(g->scope, column->target.field);
    }
}

static bool best_take(const struct guessing *g, int *const *scores, bool *is_any)
{
    const struct object *object = g->seen->object;
    int best = GUESS_SCORE_MIN - 1;
    struct seen_column *column = NULL;
    const struct field *field = NULL;
    for (int i = 0; i < g->seen->header.count; i++) {
        if (g->seen->columns[i].has_field) continue;
        for (int f = 0; f < object->field_count; f++) {
            if (g->is_taken[f] || scores[i][f] <= best) continue;
            best = scores[i][f];
            column = &g->seen->columns[i];
            field = &object->fields[f];
        }
    }
    *is_any = column != NULL;
    if (!column) return true;
    g->is_taken[field->index] = true;
    column->has_field = target_try(g, target_name(g->scope, field), &column->target);
    column->score = best;
    return true;
}

static bool pairs_find(const struct guessing *g)
{
    const struct object *object = g->seen->object;
    int **scores = scope_new(g->scope, int *, g->seen->header.count + 1);
    for (int i = 0; i < g->seen->header.count; i++) {
        scores[i] = scope_new(g->scope, int, object->field_count);
        if (g->seen->columns[i].has_field) continue;
        for (int f = 0; f < object->field_count; f++) {
            struct target target;
            if (g->is_taken[f]) continue;
            if (!target_try(g, object->fields[f].name, &target)) continue;
            if (str_is(object->fields[f].name, "id")) continue;
            if (!pair_score(g, &g->seen->columns[i], &object->fields[f], &scores[i][f])) {
                return false;
            }
        }
    }
    for (bool is_any = true; is_any;) {
        if (!best_take(g, scores, &is_any)) return false;
    }
    return true;
}

/* ---- values ---- */

/* The title of a record as it is written there. */
static bool title_of(struct scope *scope, struct db_conn *conn, const struct object *object,
                     struct uuid id, struct str *out)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT "));
    sql_name(&sql, object->title->column);
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" WHERE id = "));
    sql_id(&sql, id);
    if (!sql_one(scope, conn, &sql, &row)) return false;
    *out = row.count > 0 && row.cells[0].kind == CELL_TEXT ? row.cells[0].text : STR("");
    return true;
}

static bool name_offer(const struct guessing *g, const struct target *target,
                       struct seen_value *value)
{
    struct str match = target->match ? target->match->name : STR("");
    int index = resolver_index(g->resolvers, target->to->name, match);
    enum found found;
    struct uuid id;
    if (index < 0) return true;
    struct resolver *resolver = &g->resolvers->items[index];
    if (!resolver_find(g->scope, g->conn, g->context, resolver, value->text, &found, &id)) {
        return false;
    }
    if (found != FOUND_NONE) {
        value->to = value->text;
        return true;
    }
    const struct name_entry *best = NULL;
    int best_score = INGEST_VALUE_SCORE_MIN - 1;
    int64_t count = resolver->map ? name_map_count(resolver->map) : 0;
    for (int64_t i = 0; i < count && count <= CANDIDATE_COUNT_MAX; i++) {
        const struct name_entry *entry = name_map_at(resolver->map, i);
        int score = ingest_value_score(entry->name, value->text);
        if (entry->count == 1 && score > best_score) best = entry, best_score = score;
    }
    bool is_title = !target->match || target->match == target->to->title;
    if (!best || !is_title || !target->to->title) return true;
    return title_of(g->scope, g->conn, target->to, best->id, &value->to);
}

static bool values_offer(const struct guessing *g, struct seen_column *column)
{
    const struct target *target = &column->target;
    const struct ingest_guess *guess = &column->guess;
    struct words words = { .count = 0 };
    int count = guess->distinct_count;
    if (guess->type != INGEST_TYPE_TEXT && guess->type != INGEST_TYPE_BOOL) return true;
    if (count > GUESS_VALUE_COUNT_MAX) count = GUESS_VALUE_COUNT_MAX;
    column->values = scope_new(g->scope, struct seen_value, count + 1);
    bool is_choice = column->has_field && target->field &&
                     (target->kind == TARGET_STAGE || field_kind(target->field) == VALUE_CHOICE);
    if (is_choice) words_of(g->scope, g->seen->object, target->field, &words);
    for (int i = 0; i < count; i++) {
        struct seen_value *value = &column->values[column->value_count++];
        *value = (struct seen_value){ guess->distinct[i].text, STR(""), guess->distinct[i].count };
        if (is_choice) value->to = word_best(g->scope, &words, value->text);
        if (column->has_field && target->kind == TARGET_REFERENCE &&
            !name_offer(g, target, value)) {
            return false;
        }
    }
    return true;
}

bool seen_guess(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                struct resolvers *resolvers, enum import_kind kind, struct seen *seen)
{
    struct guessing g = {
        .scope = scope,
        .conn = conn,
        .context = context,
        .resolvers = resolvers,
        .seen = seen,
        .kind = kind,
        .is_taken = scope_new(scope, bool, seen->object->field_count + 1),
    };
    exact_take(&g);
    if (kind == IMPORT_RECORDS && !pairs_find(&g)) return false;
    for (int i = 0; i < seen->header.count; i++) {
        if (!values_offer(&g, &seen->columns[i])) return false;
    }
    return true;
}

void seen_options(struct scope *scope, const struct seen *seen, struct import_options *options)
{
    options->maps = scope_new(scope, struct import_map, IMPORT_MAP_COUNT_MAX);
    struct import_value *values = scope_new(scope, struct import_value, IMPORT_VALUE_COUNT_MAX);
    if (options->value_count > 0) {
        memcpy(values, options->values, sizeof(*values) * (size_t)options->value_count);
    }
    options->values = values;
    for (int i = 0; i < seen->header.count && options->map_count < IMPORT_MAP_COUNT_MAX; i++) {
        const struct seen_column *column = &seen->columns[i];
        if (!column->has_field) continue;
        options->maps[options->map_count++] =
            (struct import_map){ column->name, column->target.name };
        for (int k = 0; k < column->value_count; k++) {
            const struct seen_value *value = &column->values[k];
            bool is_new = value->to.size > 0 && !str_equal(value->to, value->text);
            if (!is_new || options->value_count == IMPORT_VALUE_COUNT_MAX) continue;
            values[options->value_count++] =
                (struct import_value){ column->target.name, value->text, value->to };
        }
    }
}
