/* Sentences with {path} and {[optional parts]} in them, and the people they go to. */
#include "rules/inner.h"

#include "base/utf8.h"
#include "rules/template.h"

/*
 * A text holds at most its own sentence (SCHEMA bodies are bounded) and so many values
 * of so many characters, so TEXT_SIZE_MAX is never reached by what template_check passed.
 */
enum {
    PATH_COUNT_MAX = 16,
    PATHS_COUNT_MAX = 64,
    VALUE_LENGTH_MAX = 500,
    TEXT_SIZE_MAX = 256 * 1024,
};

#define WITHHELD STR("…")

static bool part_bad(struct scope *scope, const char *key, struct str member)
{
    error_set(scope, ERROR_INVALID, key, STR(""));
    return error_arg(scope, "word", member);
}

/* One language's text: paths that lead somewhere, parts that end, stand alone and can be blank. */
static bool text_check(struct scope *scope, const struct object *object, struct str member,
                       struct str text, bool *is_loose)
{
    struct template_scan scan = template_begin(text);
    struct template_piece piece;
    struct field_path path;
    int count = 0, part_count = 0;
    for (bool is_in_part = false; template_next(&scan, &piece); is_in_part = scan.is_in_part) {
        bool is_begin = piece.kind == PIECE_PART_BEGIN, is_end = piece.kind == PIECE_PART_END;
        *is_loose = *is_loose || template_piece_is_loose(&piece);
        if (is_begin && is_in_part) return part_bad(scope, "rule.part_nested", member);
        if (is_begin) part_count = 0;
        if (is_end && part_count == 0) return part_bad(scope, "rule.part_plain", member);
        if (piece.kind != PIECE_VALUE) continue;
        part_count += 1;
        if (++count > PATH_COUNT_MAX) {
            return error_set(scope, ERROR_INVALID, "rule.template_too_long", STR(""));
        }
        if (!field_path_parse(scope, object, piece.path, &path)) return false;
    }
    return !scan.is_in_part || part_bad(scope, "rule.part_unbalanced", member);
}

bool template_check(struct scope *scope, const struct object *object, struct str member,
                    const struct template *template, bool *is_loose)
{
    *is_loose = false;
    return text_check(scope, object, member, template->text.zh, is_loose) &&
           text_check(scope, object, member, template->text.en, is_loose);
}

static bool was_loose(const struct rules *rules, const struct loose_text *text)
{
    const struct loose_text *old = rules->loose;
    while (old && !(str_equal(old->rule, text->rule) && str_equal(old->text.zh, text->text.zh) &&
                    str_equal(old->text.en, text->text.en))) {
        old = old->next;
    }
    return old != NULL;
}

bool rules_refuse_loose(struct scope *scope, const struct rules *before,
                        const struct rules *after)
{
    for (const struct loose_text *text = after->loose; text; text = text->next) {
        if (was_loose(before, text)) continue;
        error_set(scope, ERROR_INVALID, "rule.part_unbalanced", scope_copy(scope, text->rule));
        return error_arg(scope, "word", scope_copy(scope, text->member));
    }
    return true;
}

/* A reference is spoken of by its title: {firm} is {firm.name}. */
static bool path_read(struct scope *scope, const struct object *object, struct str text,
                      struct field_path *path)
{
    if (!field_path_parse(scope, object, text, path)) return false;
    int count_max = (int)(sizeof(path->fields) / sizeof(path->fields[0]));
    const struct object *to = path->fields[path->count - 1]->to;
    while (to && to->title && path->count < count_max) {
        path->fields[path->count++] = to->title;
        to = to->title->to;
    }
    return true;
}

/* The paths of all texts asked for, each once, and their values in the row. */
struct rendering {
    struct scope *scope;
    const struct record *record;
    struct str names[PATHS_COUNT_MAX];
    struct field_path paths[PATHS_COUNT_MAX];
    enum field_mode modes[PATHS_COUNT_MAX]; /* by path, for who is to read it */
    int count;
    struct row row; /* one column more: the first is 1; none: the record is not theirs to see */
    struct str currency;
};

static int path_index(const struct rendering *r, struct str name)
{
    int i = 0;
    while (i < r->count && !str_equal(r->names[i], name)) i += 1;
    return i;
}

static bool collect(struct rendering *r, struct str source)
{
    struct template_scan scan = template_begin(source);
    struct template_piece piece;
    while (template_next(&scan, &piece)) {
        int i = path_index(r, piece.path);
        bool is_new = piece.kind == PIECE_VALUE && i == r->count && i < PATHS_COUNT_MAX;
        if (!is_new) continue;
        if (!path_read(r->scope, r->record->object, piece.path, &r->paths[i])) return false;
        r->names[r->count++] = piece.path;
    }
    return true;
}

/* What lies behind a masked reference is as good as hidden. */
static enum field_mode path_mode(const struct record_context *context,
                                 const struct field_path *path)
{
    enum field_mode mode = FIELD_VISIBLE;
    for (int i = 0; i < path->count; i++) {
        const struct field *field = path->fields[i];
        mode = access_field_mode(context->access, context->actor, field->object, field);
        if (mode == FIELD_HIDDEN) return mode;
        if (mode == FIELD_MASKED && i + 1 < path->count) return FIELD_HIDDEN;
    }
    return mode;
}

static bool values_read(struct rendering *r, struct db_conn *conn,
                        const struct record_context *context)
{
    struct access_reader reader;
    access_reader_begin(&reader, context->access, context->actor, context->now_ms);
    struct formula_context formulas = access_formula_context(
        context->access, context->actor, actor_is_system(context->actor) ? NULL : &reader,
        STR("t"), context->now_ms);
    struct sql sql;
    if (r->count == 0) return true;
    for (int i = 0; i < r->count; i++) r->modes[i] = path_mode(context, &r->paths[i]);
    sql_begin(&sql, r->scope);
    sql_put(&sql, STR("SELECT 1"));
    for (int i = 0; i < r->count; i++) {
        sql_put(&sql, STR(", "));
        field_path_put(&sql, &formulas, &r->paths[i]);
    }
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, r->record->object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = "));
    sql_id(&sql, r->record->id);
    sql_put(&sql, STR(" AND "));
    access_put(&sql, context->access, context->actor, context->now_ms, r->record->object,
               ACTION_READ, STR("t"));
    return sql_one(r->scope, conn, &sql, &r->row);
}

/* Asked for only when there is an amount to speak of. */
static bool currency_read(struct rendering *r, struct db_conn *conn)
{
    bool is_needed = false;
    for (int i = 0; i < r->count; i++) {
        const struct field_path *path = &r->paths[i];
        is_needed = is_needed || value_is_money(path->fields[path->count - 1]);
    }
    if (is_needed && !setting_get(r->scope, conn, STR("currency"), &r->currency)) return false;
    if (r->currency.size == 0) r->currency = STR("CNY");
    return true;
}

/*
 * The value of a path as its reader may know it; what they may not know at all is WITHHELD.
 * *is_told: it says something. What is blank does not, and no more does what is withheld: who
 * may not see a value cannot tell whether there is one.
 */
static struct str value_make(const struct rendering *r, const struct value_speech *speech, int i,
                             bool *is_told)
{
    const struct field_path *path = &r->paths[i];
    const struct field *field = path->fields[path->count - 1];
    *is_told = false;
    if (r->row.count == 0 || r->modes[i] == FIELD_HIDDEN) return WITHHELD;
    const struct cell *cell = &r->row.cells[i + 1];
    if (cell->kind == CELL_NULL) return STR("");
    struct str text = r->modes[i] == FIELD_MASKED ? field_mask(r->scope, field, cell)
                                                  : value_speak(r->scope, speech, field, cell);
    *is_told = str_trim(text).size > 0;
    return text.size == 0 && r->modes[i] == FIELD_MASKED ? WITHHELD : text;
}

static bool value_put(struct buf *out, const struct rendering *r,
                      const struct value_speech *speech, struct str path)
{
    bool is_told = false;
    int i = path_index(r, path);
    if (i == r->count) return false;
    struct str text = value_make(r, speech, i, &is_told);
    buf_put(out, utf8_prefix(text, VALUE_LENGTH_MAX));
    if (utf8_length(text) > VALUE_LENGTH_MAX) buf_put(out, STR("…"));
    return is_told;
}

static struct str text_make(const struct rendering *r, const struct value_speech *speech,
                            struct str source)
{
    struct template_scan scan = template_begin(source);
    struct template_piece piece;
    struct buf out;
    size_t part_start = 0;
    bool is_part_told = true;
    buf_begin(&out, r->scope, TEXT_SIZE_MAX);
    while (template_next(&scan, &piece)) {
        if (piece.kind == PIECE_TEXT) buf_put(&out, piece.source);
        if (piece.kind == PIECE_PART_BEGIN) {
            part_start = out.size;
            is_part_told = true;
        }
        if (piece.kind == PIECE_PART_END && !is_part_told) buf_cut(&out, part_start);
        if (piece.kind != PIECE_VALUE) continue;
        if (!value_put(&out, r, speech, piece.path)) is_part_told = false;
    }
    return buf_str(&out);
}

bool templates_render(struct scope *scope, struct db_conn *conn,
                      const struct record_context *context, const struct record *record,
                      const struct template *const *templates, int count, struct label *out)
{
    struct rendering *r = scope_new(scope, struct rendering, 1);
    r->scope = scope;
    r->record = record;
    for (int i = 0; i < count; i++) {
        if (!collect(r, templates[i]->text.zh) || !collect(r, templates[i]->text.en)) return false;
    }
    if (!values_read(r, conn, context) || !currency_read(r, conn)) return false;
    struct value_speech zh = { { context->access->schema, LANGUAGE_ZH, context->now_ms },
                               r->currency };
    struct value_speech en = zh;
    en.values.language = LANGUAGE_EN;
    for (int i = 0; i < count; i++) {
        out[i].zh = text_make(r, &zh, label_text(templates[i]->text, LANGUAGE_ZH));
        out[i].en = text_make(r, &en, label_text(templates[i]->text, LANGUAGE_EN));
    }
    return true;
}

/* The person's supervisor; else the head of the team, else of the team above. */
static bool supervisor_find(struct scope *scope, struct db_conn *conn, struct uuid person,
                            struct uuid *out)
{
    struct cell id = cell_id(scope, person);
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT u.supervisor, t.head, p.head FROM \"user\" AS u "
                    "LEFT JOIN \"team\" AS t ON t.id = u.team "
                    "LEFT JOIN \"team\" AS p ON p.id = t.parent WHERE u.id = ?"),
                &id, 1, &row)) {
        return false;
    }
    for (int i = 0; i < row.count; i++) {
        *out = cell_uuid(&row.cells[i]);
        if (!uuid_is_nil(*out) && !uuid_equal(*out, person)) return true;
    }
    *out = (struct uuid){ { 0 } };
    return true;
}

static struct uuid owner_of(const struct record *record)
{
    const struct field *owner = record->object->owner;
    return owner ? cell_uuid(&record->cells[owner->index]) : (struct uuid){ { 0 } };
}

static bool recipient_find(struct scope *scope, struct db_conn *conn,
                           const struct record_context *context, const struct record *record,
                           const struct recipient *recipient, struct uuid *out)
{
    *out = (struct uuid){ { 0 } };
    switch (recipient->kind) {
    case TO_OWNER: *out = owner_of(record); return true;
    case TO_ACTOR: *out = context->actor->user; return true;
    case TO_FIELD: *out = cell_uuid(&record->cells[recipient->field->index]); return true;
    case TO_SUPERVISOR:
        return uuid_is_nil(owner_of(record)) ||
               supervisor_find(scope, conn, owner_of(record), out);
    }
    return true;
}

bool recipients_find(struct scope *scope, struct db_conn *conn,
                     const struct record_context *context, const struct record *record,
                     const struct recipient *recipients, int recipient_count, struct uuid *out,
                     int count_max, int *out_count)
{
    *out_count = 0;
    for (int i = 0; i < recipient_count && *out_count < count_max; i++) {
        struct uuid person;
        if (!recipient_find(scope, conn, context, record, &recipients[i], &person)) return false;
        bool is_known = uuid_is_nil(person);
        for (int k = 0; k < *out_count; k++) {
            if (uuid_equal(out[k], person)) is_known = true;
        }
        if (!is_known) out[(*out_count)++] = person;
    }
    return true;
}
