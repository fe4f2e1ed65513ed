/*
 * Who names what. A body is walked member by member; a member's key says whether its text
 * is a formula (a path is one, too), an order, a sentence with {paths}, or an object. Text
 * that means nothing under the old names is left alone, and so is what is still right:
 * only words that have to change do, and the rest of a formula stays as it was typed.
 */
#include "engine/names.h"

#include "engine/inner.h"
#include "rules/template.h"

enum meaning { MEANS_NOTHING = 0, MEANS_FORMULA, MEANS_ORDER, MEANS_SENTENCE, MEANS_OBJECT,
               MEANS_PIPELINE, MEANS_VALUES };

static const struct {
    const char *key;
    enum meaning meaning;
} meanings[] = {
    { "formula", MEANS_FORMULA },     { "when", MEANS_FORMULA },
    { "where", MEANS_FORMULA },       { "since", MEANS_FORMULA },
    { "required_if", MEANS_FORMULA }, { "readonly_if", MEANS_FORMULA },
    { "visible_if", MEANS_FORMULA },  { "default", MEANS_FORMULA },
    { "validate", MEANS_FORMULA },    { "condition", MEANS_FORMULA },
    { "at", MEANS_FORMULA },          { "of", MEANS_FORMULA },
    { "value", MEANS_FORMULA },       { "values", MEANS_FORMULA },
    { "weight", MEANS_FORMULA },      { "person", MEANS_FORMULA },
    { "due", MEANS_FORMULA },         { "due_at", MEANS_FORMULA },
    { "assignee", MEANS_FORMULA },    { "tell", MEANS_FORMULA },
    { "task", MEANS_FORMULA },        { "over", MEANS_FORMULA },
    { "relation", MEANS_FORMULA },    { "field", MEANS_FORMULA },
    { "fields", MEANS_FORMULA },      { "columns", MEANS_FORMULA },
    { "group", MEANS_FORMULA },       { "search", MEANS_FORMULA },
    { "inherit", MEANS_FORMULA },     { "indexes", MEANS_FORMULA },
    { "unique", MEANS_FORMULA },      { "via", MEANS_FORMULA },
    { "title_field", MEANS_FORMULA }, { "date", MEANS_FORMULA },
    { "start", MEANS_FORMULA },       { "end", MEANS_FORMULA },
    { "image", MEANS_FORMULA },       { "color_by", MEANS_FORMULA },
    { "derive", MEANS_VALUES },       { "set", MEANS_VALUES },
    { "on_done", MEANS_VALUES },      { "order", MEANS_ORDER },
    { "sort", MEANS_ORDER },          { "recent_order", MEANS_ORDER },
    { "title", MEANS_SENTENCE },      { "body", MEANS_SENTENCE },
    { "task_title", MEANS_SENTENCE }, { "task_body", MEANS_SENTENCE },
    { "object", MEANS_OBJECT },       { "objects", MEANS_OBJECT },
    { "related", MEANS_FORMULA },     { "to", MEANS_OBJECT },
    { "reveal", MEANS_FORMULA },      { "pipeline", MEANS_PIPELINE },
    { "fields_if", MEANS_VALUES },
};

static enum meaning meaning_of(struct str key)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (str_is(key, meanings[i].key)) return meanings[i].meaning;
    }
    return MEANS_NOTHING;
}

/* ---- the same thing in the other schema ---- */

static const struct object *object_after(const struct names *names, const struct object *object)
{
    return schema_object_by_id(names->after, object->id);
}

static const struct field *field_after(const struct names *names, const struct field *field)
{
    const struct object *object = object_after(names, field->object);
    return object ? object_field_by_id(object, field->id) : NULL;
}

static const struct relation *relation_after(const struct names *names,
                                             const struct relation *relation)
{
    const struct field *field = field_after(names, relation->field);
    for (int i = 0; field && field->to && i < field->to->relation_count; i++) {
        if (field->to->relations[i].field == field) return &field->to->relations[i];
    }
    return NULL;
}

static void lose(struct names *names, struct str member, struct str word,
                 const struct field *lost)
{
    if (names->loss_count == NAME_LOSS_COUNT_MAX) return;
    for (int i = 0; i < names->loss_count; i++) {
        const struct name_loss *known = &names->losses[i];
        if (str_equal(known->kind, names->kind) && str_equal(known->name, names->name) &&
            str_equal(known->field, names->field) && str_equal(known->word, word)) {
            return;
        }
    }
    names->losses[names->loss_count++] =
        (struct name_loss){ .kind = names->kind, .name = names->name, .field = names->field,
                            .member = member, .word = word, .lost = lost };
}

/* ---- a word ---- */

static struct str label_now(const struct label *before, const struct label *after,
                            struct str text)
{
    bool is_zh = str_equal(before->zh, text);
    return is_zh ? after->zh : after->en;
}

/* What stands for the field now; empty: the text can stay. */
static struct str field_word(const struct names *names, const struct formula_word *word,
                             const struct field *now)
{
    struct scope *scope = names->scope;
    const struct object *object = now->object;
    if (str_equal(word->text, now->name)) return STR("");
    const struct field *found = word->is_label ? object_field_by_label(object, word->text)
                                               : object_field(object, word->text);
    bool was_name = str_equal(word->text, word->field->name);
    if (!was_name && !found) found = object_field_by_label(object, word->text);
    if (!was_name && found == now) return STR("");
    struct str label = label_now(&word->field->label, &now->label, word->text);
    bool is_clear = word->is_label && !was_name &&
                    object_field_by_label(object, label) == now;
    return is_clear ? scope_format(scope, "{%.*s}", STR_ARG(label)) : now->name;
}

static struct str quoted(const struct names *names, struct str text)
{
    return scope_format(names->scope, "\"%.*s\"", STR_ARG(text));
}

static struct str choice_word(const struct names *names, const struct formula_word *word,
                              const struct field *field, bool *is_lost)
{
    const struct choice *was = field_choice_by_id(word->field, word->id);
    const struct choice *now = field_choice_by_id(field, word->id);
    *is_lost = !now;
    if (!now || !was || str_equal(word->text, now->name)) return STR("");
    bool is_same = !str_equal(word->text, was->name) && field_choice(field, word->text) == now;
    return is_same ? STR("") : quoted(names, now->name);
}

/* Stages, pipelines and objects: by the name they had. */
static struct str other_word(const struct names *names, const struct formula_word *word,
                             bool *is_lost)
{
    struct str was = STR(""), now = STR("");
    if (word->kind == FORMULA_WORD_STAGE) {
        const struct stage *before = schema_stage_by_id(names->before, word->id);
        const struct stage *after = schema_stage_by_id(names->after, word->id);
        if (before) was = before->name;
        if (after && after->position >= 0) now = after->name;
    } else if (word->kind == FORMULA_WORD_PIPELINE) {
        const struct pipeline *before = schema_pipeline_by_id(names->before, word->id);
        const struct pipeline *after = schema_pipeline_by_id(names->after, word->id);
        if (before) was = before->name;
        if (after) now = after->name;
    } else {
        const struct object *before = schema_object_by_id(names->before, word->id);
        const struct object *after = schema_object_by_id(names->after, word->id);
        if (before) was = before->name;
        if (after) now = after->name;
    }
    *is_lost = now.size == 0;
    bool is_renamed = str_equal(word->text, was) && !*is_lost && !str_equal(was, now);
    return is_renamed ? quoted(names, now) : STR("");
}

static struct str word_now(struct names *names, const struct formula_word *word,
                           struct str member)
{
    bool is_lost = false;
    struct str text = STR("");
    const struct field *lost = NULL;
    if (word->kind == FORMULA_WORD_FIELD || word->kind == FORMULA_WORD_CHOICE) {
        const struct field *now = field_after(names, word->field);
        is_lost = !now;
        if (is_lost) lost = word->field;
        if (now && word->kind == FORMULA_WORD_FIELD) text = field_word(names, word, now);
        if (now && word->kind == FORMULA_WORD_CHOICE) {
            text = choice_word(names, word, now, &is_lost);
        }
    } else if (word->kind == FORMULA_WORD_RELATION) {
        const struct relation *now = relation_after(names, word->relation);
        is_lost = !now;
        bool is_renamed = now && str_equal(word->text, word->relation->name) &&
                          !str_equal(word->relation->name, now->name);
        if (is_renamed) text = now->name;
    } else {
        text = other_word(names, word, &is_lost);
    }
    if (is_lost) lose(names, member, word->text, lost);
    return text;
}

/* ---- a formula ---- */

static struct formula *compile(struct names *names, const struct object *object, struct str text)
{
    static const unsigned tries[] = {
        FORMULA_ALLOW_CHANGE | FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON,
        FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON | FORMULA_ALLOW_AGGREGATE,
    };
    struct error kept = names->scope->error;
    struct formula *formula = NULL;
    for (size_t i = 0; !formula && i < sizeof(tries) / sizeof(tries[0]); i++) {
        struct formula *made = NULL;
        names->scope->error = (struct error){ .code = ERROR_NONE };
        if (formula_compile(names->scope, names->before, object, text, tries[i], &made)) {
            formula = made;
        }
    }
    names->scope->error = kept;
    return formula;
}

static bool formula_now(struct names *names, const struct object *object, struct str member,
                        struct str text, struct str *out)
{
    struct formula *formula = object ? compile(names, object, text) : NULL;
    struct formula_word *words = NULL;
    struct buf buf;
    size_t at = 0;
    *out = text;
    if (!formula) return false;
    if (names->meet) names->meet(names, formula, member);
    int count = formula_words(names->scope, formula, &words);
    buf_begin(&buf, names->scope, FORMULA_SIZE_MAX * 4);
    for (int i = 0; i < count; i++) {
        struct str now = word_now(names, &words[i], member);
        if (now.size == 0 || words[i].start < at) continue;
        buf_put(&buf, str_slice(text, at, words[i].start));
        buf_put(&buf, now);
        at = words[i].end;
    }
    if (at == 0) return true;
    buf_put(&buf, str_slice(text, at, text.size));
    if (!buf.is_over) *out = buf_str(&buf);
    return true;
}

struct str names_formula(struct names *names, const struct object *object, struct str text)
{
    struct str out;
    formula_now(names, object, STR(""), text, &out);
    return out;
}

/* "-amount, name": paths, each perhaps the other way round. */
static struct str order_now(struct names *names, const struct object *object, struct str text)
{
    struct buf buf;
    buf_begin(&buf, names->scope, text.size * 4 + 1024);
    struct str rest = text;
    for (bool is_more = true; is_more;) {
        size_t comma = str_find(rest, STR(","));
        is_more = comma != SIZE_MAX;
        struct str part = str_trim(is_more ? str_slice(rest, 0, comma) : rest), now;
        bool is_down = part.size > 0 && part.data[0] == '-';
        if (is_down) part = str_slice(part, 1, part.size);
        formula_now(names, object, STR("order"), part, &now);
        if (is_down) buf_put_char(&buf, '-');
        buf_put(&buf, now);
        if (is_more) {
            buf_put_char(&buf, ',');
            rest = str_slice(rest, comma + 1, rest.size);
        }
    }
    return buf.is_over ? text : buf_str(&buf);
}

static struct str sentence_now(struct names *names, const struct object *object, struct str text)
{
    struct buf buf;
    buf_begin(&buf, names->scope, text.size * 4 + 4096);
    struct template_scan scan = template_begin(text);
    struct template_piece piece;
    while (template_next(&scan, &piece)) {
        if (piece.kind != PIECE_VALUE) {
            buf_put(&buf, piece.source);
            continue;
        }
        struct str now;
        formula_now(names, object, STR("title"), piece.path, &now);
        buf_put_char(&buf, '{');
        buf_put(&buf, now);
        buf_put_char(&buf, '}');
    }
    return buf.is_over ? text : buf_str(&buf);
}

static struct str object_now(struct names *names, struct str text)
{
    const struct object *object = schema_object(names->before, text);
    const struct object *now = object ? object_after(names, object) : NULL;
    if (object && !now) lose(names, STR("object"), text, NULL);
    return now && str_equal(object->name, text) ? now->name : text;
}

static struct str pipeline_now(struct names *names, struct str text)
{
    const struct pipeline *pipeline = schema_pipeline(names->before, text);
    const struct pipeline *now =
        pipeline ? schema_pipeline_by_id(names->after, pipeline->id) : NULL;
    if (pipeline && !now) lose(names, STR("pipeline"), text, NULL);
    return now ? now->name : text;
}

/* ---- a body ---- */

/* The objects whose fields are meant: the nearest one named, and the one around it. */
struct place {
    const struct object *near, *far;
    bool is_fixed; /* rules: actions name other objects, and speak of the rule's own */
};

static void text_set(struct names *names, struct str *text, struct str now)
{
    if (str_equal(*text, now)) return;
    *text = now;
    names->is_changed = true;
}

static void text_follow(struct names *names, const struct place *place, struct str member,
                        enum meaning meaning, struct str *text)
{
    struct str now = *text;
    switch (meaning) {
    case MEANS_OBJECT:
        now = object_now(names, now);
        break;
    case MEANS_PIPELINE:
        now = pipeline_now(names, now);
        break;
    case MEANS_ORDER:
        if (place->near) now = order_now(names, place->near, now);
        break;
    case MEANS_SENTENCE:
        if (place->near && place->is_fixed) now = sentence_now(names, place->near, now);
        break;
    default:
        if (!place->near) {
            now = object_now(names, now); /* a list of objects */
        } else if (!formula_now(names, place->near, member, *text, &now)) {
            formula_now(names, place->far, member, *text, &now);
        }
        break;
    }
    text_set(names, text, now);
}

/* Keys that are fields: of an object ("set"), or "object.field" (a role's). */
static void key_follow(struct names *names, const struct object *object, struct str *key)
{
    struct str now = *key;
    size_t dot = str_find(now, STR("."));
    if (object) {
        const struct field *field = object_field(object, now);
        const struct field *after = field ? field_after(names, field) : NULL;
        if (field && !after) lose(names, STR("set"), now, field);
        if (after && str_equal(field->name, now)) now = after->name;
    } else if (dot != SIZE_MAX) {
        const struct object *owner = schema_object(names->before, str_slice(now, 0, dot));
        const struct field *field =
            owner ? object_field(owner, str_slice(now, dot + 1, now.size)) : NULL;
        const struct field *after = field ? field_after(names, field) : NULL;
        if (field && !after) lose(names, STR("fields"), now, field);
        if (after) {
            now = scope_format(names->scope, "%.*s.%.*s", STR_ARG(after->object->name),
                               STR_ARG(after->name));
        }
    } else {
        now = object_now(names, now);
    }
    text_set(names, key, now);
}

static struct place place_of(const struct names *names, const struct place *outer,
                             const struct json *map)
{
    struct place place = *outer;
    struct str named = json_text(map, "object"), relation = json_text(map, "relation");
    struct str via = json_text(map, "via"), over = json_text(map, "over");
    if (relation.size == 0) relation = over;
    const struct object *object = named.size > 0 ? schema_object(names->before, named) : NULL;
    const struct relation *way = relation.size > 0 && outer->near
                                     ? object_relation(outer->near, relation)
                                     : NULL;
    const struct field *reference =
        via.size > 0 && outer->near ? object_field(outer->near, via) : NULL;
    if (object && !(outer->is_fixed && outer->near)) {
        place.far = outer->near;
        place.near = object;
    } else if (way) {
        place.far = outer->near;
        place.near = way->from;
    } else if (reference && reference->to) {
        place.far = outer->near;
        place.near = reference->to;
    } else if (via.size > 0 && json_text(map, "to").size > 0) { /* a sub-table's child */
        place.far = outer->near;
        place.near = schema_object(names->before, json_text(map, "to"));
    }
    return place;
}

/* The object whose fields the keys of "set" are. */
static const struct object *target_of(const struct names *names, const struct place *outer,
                                      const struct json *map)
{
    struct str named = json_text(map, "object"), over = json_text(map, "over");
    const struct relation *way =
        over.size > 0 && outer->near ? object_relation(outer->near, over) : NULL;
    if (way) return way->from;
    return named.size > 0 ? schema_object(names->before, named) : outer->near;
}

static void follow(struct names *names, const struct place *place, struct str key,
                   enum meaning meaning, struct json *json);

static void values_follow(struct names *names, const struct place *place,
                          const struct object *target, struct str key, struct json *map)
{
    for (int i = 0; i < map->count; i++) {
        key_follow(names, target, &map->names[i]);
        follow(names, place, key, MEANS_FORMULA, &map->items[i]);
    }
}

static void member_follow(struct names *names, const struct place *outer,
                          const struct place *place, struct json *map, int i)
{
    struct str key = map->names[i];
    struct json *item = &map->items[i];
    enum meaning meaning = meaning_of(key);
    bool is_map = item->kind == JSON_KIND_MAP;
    bool is_people = str_is(key, "to") && item->kind == JSON_KIND_LIST;
    /* What a member leads through is named from where one stands, the rest from behind it. */
    bool is_way = str_is(key, "relation") || str_is(key, "over") ||
                  (str_is(key, "via") && json_text(map, "to").size == 0);
    if (meaning == MEANS_VALUES && is_map) {
        values_follow(names, outer, target_of(names, outer, map), key, item);
        return;
    }
    bool is_keyed = is_map && (str_is(key, "grants") || str_is(key, "fields"));
    if (is_keyed && !place->near) {
        bool is_grants = str_is(key, "grants");
        for (int k = 0; k < item->count; k++) {
            /* What a grant says of fields is about the object it is named by. */
            struct place under = { .near = schema_object(names->before, item->names[k]) };
            key_follow(names, NULL, &item->names[k]);
            if (is_grants) follow(names, &under, key, MEANS_NOTHING, &item->items[k]);
        }
        if (is_grants) return;
    }
    follow(names, is_way ? outer : place, key, is_people ? MEANS_FORMULA : meaning, item);
}

/* As deep as JSON_DEPTH_MAX. */
static void follow(struct names *names, const struct place *place, struct str key,
                   enum meaning meaning, struct json *json)
{
    if (json->kind == JSON_KIND_STR && meaning != MEANS_NOTHING) {
        text_follow(names, place, key, meaning, &json->text);
    } else if (json->kind == JSON_KIND_LIST) {
        for (int i = 0; i < json->count; i++) {
            follow(names, place, key, meaning, &json->items[i]);
        }
    } else if (json->kind == JSON_KIND_MAP) {
        bool is_own = str_is(names->kind, "object") && str_is(key, "fields");
        if (is_own) names->field = json_text(json, "name");
        struct place inner = place_of(names, place, json);
        for (int i = 0; i < json->count; i++) {
            bool is_language = str_is(json->names[i], "zh") || str_is(json->names[i], "en");
            if (is_language) {
                follow(names, place, key, meaning, &json->items[i]);
            } else {
                member_follow(names, place, &inner, json, i);
            }
        }
        if (is_own) names->field = STR("");
    }
}

void names_follow(struct names *names, struct str kind, struct str name, struct json *body)
{
    struct place place = { .is_fixed = str_is(kind, "rule") };
    names->kind = kind;
    names->name = name;
    names->field = STR("");
    names->is_changed = false;
    if (str_is(kind, "object")) {
        int64_t id = json_int(body, "id", 0);
        place.near = id != 0 ? schema_object_by_id(names->before, id)
                             : schema_object(names->before, name);
        if (!place.near) return; /* a new one */
        for (int i = 0; i < body->count; i++) {
            if (str_is(body->names[i], "gone")) continue;
            follow(names, &place, body->names[i], meaning_of(body->names[i]), &body->items[i]);
        }
        return;
    }
    follow(names, &place, STR(""), MEANS_NOTHING, body);
}
