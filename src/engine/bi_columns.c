/*
 * A stored field as one or two columns of a BI view: the field's own name has what programs
 * join and group by (a value, an API name, an id), a second one what people read (…_label,
 * …_title, …_name). Only what every SQL client of the database has is used, none of our own
 * functions: they are not there for others.
 *
 * A view takes no bound values, so names and labels of the configuration stand in it as
 * literals, quoted by literal_put().
 */
#include "engine/bi.h"

enum { STANDS_DEPTH_MAX = 8, UNITS_DIGITS = 38, SPAN_SCALE = 3 };

static void literal_put(struct sql *sql, struct str text)
{
    buf_put_char(&sql->text, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\0') continue;
        if (text.data[i] == '\'') buf_put_char(&sql->text, '\'');
        buf_put_char(&sql->text, text.data[i]);
    }
    buf_put_char(&sql->text, '\'');
}

static void column_put(struct sql *sql, const char *alias, struct str column)
{
    sql_column(sql, str_of(alias), column);
}

/* ---- what may be shown ---- */

static bool stands_on_personal(const struct field *field, int depth)
{
    if (field->personal != PERSONAL_NO || depth == 0) return true;
    const struct formula *formula = field->formula;
    for (int i = 0; formula && i < formula->use_count; i++) {
        const struct field *used = formula->uses[i].field;
        if (used && used != field && stands_on_personal(used, depth - 1)) return true;
    }
    return false;
}

bool bi_shows(const struct bi *bi, const struct field *field)
{
    if (field->is_hidden || field->column.size == 0) return false;
    if (field->told_to) return bi->has_personal; /* whatever it says of whom */
    return bi->has_personal || !stands_on_personal(field, STANDS_DEPTH_MAX);
}

/* ---- plain values ---- */

static void scaled_put(struct sql *sql, const struct bi *bi, const char *alias,
                       struct str column, int scale)
{
    if (scale == 0) {
        column_put(sql, alias, column);
    } else if (bi->dialect == DB_POSTGRES) { /* exact: the power of ten is a decimal itself */
        sql_put(sql, STR("CAST("));
        column_put(sql, alias, column);
        sql_putf(sql, " * CAST('0.%0*d' AS NUMERIC) AS NUMERIC(%d, %d))", scale, 1, UNITS_DIGITS,
                 scale);
    } else { /* the real number nearest to the decimal, which is shown as that decimal */
        sql_put(sql, STR("("));
        column_put(sql, alias, column);
        sql_putf(sql, " / 1%0*d.0)", scale, 0);
    }
}

static void moment_put(struct sql *sql, const struct bi *bi, const char *alias,
                       struct str column)
{
    bool is_postgres = bi->dialect == DB_POSTGRES;
    sql_put(sql, is_postgres ? STR("(TIMESTAMPTZ 'epoch' + ")
                             : STR("strftime('%Y-%m-%dT%H:%M:%fZ', "));
    column_put(sql, alias, column);
    sql_put(sql, is_postgres ? STR(" * INTERVAL '1 millisecond')")
                             : STR(" / 1000.0, 'unixepoch')"));
}

static void day_put(struct sql *sql, const struct bi *bi, const char *alias, struct str column)
{
    bool is_postgres = bi->dialect == DB_POSTGRES;
    sql_put(sql, is_postgres ? STR("(DATE 'epoch' + CAST(") : STR("date("));
    column_put(sql, alias, column);
    sql_put(sql, is_postgres ? STR(" AS INT4))") : STR(" * 86400, 'unixepoch')"));
}

void bi_id_put(struct sql *sql, const struct bi *bi, const char *alias, struct str column)
{
    static const int parts[][2] = { { 1, 8 }, { 9, 4 }, { 13, 4 }, { 17, 4 }, { 21, 12 } };
    if (bi->dialect == DB_POSTGRES) {
        sql_put(sql, STR("CAST(encode("));
        column_put(sql, alias, column);
        sql_put(sql, STR(", 'hex') AS UUID)"));
        return;
    }
    sql_put(sql, STR("CASE WHEN "));
    column_put(sql, alias, column);
    sql_put(sql, STR(" IS NOT NULL THEN lower("));
    for (int i = 0; i < 5; i++) {
        sql_put(sql, i > 0 ? STR(" || '-' || substr(hex(") : STR("substr(hex("));
        column_put(sql, alias, column);
        sql_putf(sql, "), %d, %d)", parts[i][0], parts[i][1]);
    }
    sql_put(sql, STR(") END"));
}

/*
 * The engine's own sentences, kept in every language; what is no such map is itself. Whatever
 * was typed there, the view must not fail: PostgreSQL has no way to ask if a text is JSON.
 */
static void sentence_put(struct sql *sql, const struct bi *bi, const char *alias,
                         struct str column)
{
    const char *language = bi->language == LANGUAGE_EN ? "en" : "zh";
    sql_put(sql, STR("COALESCE("));
    if (bi->dialect == DB_POSTGRES) {
        sql_put(sql, STR("replace(replace(substring("));
        column_put(sql, alias, column);
        sql_putf(sql, ", '\"%s\":\"((?:[^\"\\\\]|\\\\.)*)\"'), '\\\"', '\"'), "
                      "'\\\\', '\\')", language);
    } else {
        sql_put(sql, STR("CASE WHEN json_valid("));
        column_put(sql, alias, column);
        sql_put(sql, STR(") THEN "));
        column_put(sql, alias, column);
        sql_putf(sql, " ->> '%s' END", language);
    }
    sql_put(sql, STR(", "));
    column_put(sql, alias, column);
    sql_put(sql, STR(")"));
}

/* ---- values that are ids of configuration ---- */

struct word {
    int id;
    struct str name;
    struct label label;
};

struct words {
    struct word *items;
    int count;
};

static void word_add(struct words *words, int id, struct str name, struct label label)
{
    words->items[words->count++] = (struct word){ id, name, label };
}

static struct words words_of(const struct bi *bi, const struct field *field)
{
    const struct schema *schema = bi->schema;
    enum value_kind kind = field_kind(field);
    const struct object *object = field->object->is_builtin ? NULL : field->object;
    int room = field->choice_count + schema->stage_count + schema->pipeline_count +
               schema->object_count;
    struct words words = { scope_new(bi->scope, struct word, room + 1), 0 };
    if (kind == VALUE_CHOICE || kind == VALUE_CHOICES) {
        for (int i = 0; i < field->choice_count; i++) {
            const struct choice *choice = &field->choices[i];
            word_add(&words, choice->id, choice->name, choice->label);
        }
    } else if (kind == VALUE_STAGE) {
        for (int i = 0; i < schema->stage_count; i++) {
            const struct stage *stage = schema->stages[i];
            if (object && stage->pipeline->object != object) continue;
            word_add(&words, stage->id, stage->name, stage->label);
        }
    } else if (kind == VALUE_PIPELINE) {
        for (int i = 0; i < schema->pipeline_count; i++) {
            const struct pipeline *pipeline = &schema->pipelines[i];
            if (object && pipeline->object != object) continue;
            word_add(&words, pipeline->id, pipeline->name, pipeline->label);
        }
    } else if (kind == VALUE_OBJECT) {
        for (int i = 0; i < schema->object_count; i++) {
            const struct object *other = &schema->objects[i];
            word_add(&words, other->id, other->name, other->label);
        }
    }
    return words;
}

static struct str word_text(const struct bi *bi, const struct word *word, bool is_label)
{
    struct str label = label_text(word->label, bi->language);
    return is_label && label.size > 0 ? label : word->name;
}

static void word_put(struct sql *sql, const struct bi *bi, const char *alias,
                     const struct field *field, bool is_label)
{
    struct words words = words_of(bi, field);
    if (words.count == 0) {
        sql_put(sql, STR("NULL"));
        return;
    }
    sql_put(sql, STR("CASE "));
    column_put(sql, alias, field->column);
    for (int i = 0; i < words.count; i++) {
        sql_putf(sql, " WHEN %d THEN ", words.items[i].id);
        literal_put(sql, word_text(bi, &words.items[i], is_label));
    }
    sql_put(sql, STR(" END"));
}

/* Several of them: those that are there, one behind the other, less the first separator. */
static void choices_put(struct sql *sql, const struct bi *bi, const char *alias,
                        const struct field *field, bool is_label)
{
    struct words words = words_of(bi, field);
    bool is_zh = is_label && bi->language == LANGUAGE_ZH;
    struct str between = is_zh ? STR("、") : STR(", ");
    sql_put(sql, STR("CASE WHEN "));
    column_put(sql, alias, field->column);
    sql_putf(sql, " IS NOT NULL THEN substr(''");
    for (int i = 0; i < words.count; i++) {
        struct str text = word_text(bi, &words.items[i], is_label);
        sql_put(sql, STR(" || CASE WHEN "));
        column_put(sql, alias, field->column);
        sql_put(sql, STR(" LIKE "));
        literal_put(sql, scope_format(bi->scope, "%%%.*s%%",
                                      STR_ARG(choices_mark(bi->scope, words.items[i].id))));
        sql_put(sql, STR(" THEN "));
        literal_put(sql, scope_format(bi->scope, "%.*s%.*s", STR_ARG(between), STR_ARG(text)));
        sql_put(sql, STR(" ELSE '' END"));
    }
    sql_putf(sql, ", %d) END", is_zh ? 2 : 3);
}

/* ---- one field ---- */

static bool is_sentence(const struct field *field)
{
    return strcmp(field->type->name, "localized") == 0;
}

static bool has_words(enum value_kind kind)
{
    return kind == VALUE_CHOICE || kind == VALUE_STAGE || kind == VALUE_PIPELINE ||
           kind == VALUE_OBJECT || kind == VALUE_CHOICES;
}

/* What stands under the field's own name, or, of configured words, under its label's. */
static void value_put(struct sql *sql, const struct bi *bi, const char *alias,
                      const struct field *field, bool is_label)
{
    switch (field_kind(field)) {
    case VALUE_NUMBER: scaled_put(sql, bi, alias, field->column, field->scale); break;
    case VALUE_DURATION: scaled_put(sql, bi, alias, field->column, SPAN_SCALE); break;
    case VALUE_DATE: day_put(sql, bi, alias, field->column); break;
    case VALUE_DATETIME: moment_put(sql, bi, alias, field->column); break;
    case VALUE_ID: bi_id_put(sql, bi, alias, field->column); break;
    case VALUE_CHOICES: choices_put(sql, bi, alias, field, is_label); break;
    case VALUE_CHOICE:
    case VALUE_STAGE:
    case VALUE_PIPELINE:
    case VALUE_OBJECT: word_put(sql, bi, alias, field, is_label); break;
    case VALUE_BOOLEAN:
        sql_put(sql, bi->dialect == DB_POSTGRES ? STR("(") : STR(""));
        column_put(sql, alias, field->column);
        sql_put(sql, bi->dialect == DB_POSTGRES ? STR(" <> 0)") : STR(""));
        break;
    default:
        if (is_sentence(field)) {
            sentence_put(sql, bi, alias, field->column);
        } else {
            column_put(sql, alias, field->column);
        }
    }
}

/* Files have no title; an id of any object has none that could be told by its column. */
static const struct field *title_of(const struct bi *bi, const struct field *field)
{
    const struct field *title = field->to ? field->to->title : NULL;
    bool is_link = field_kind(field) == VALUE_ID && !field_is_file(field);
    if (!is_link || !title || !bi_shows(bi, title)) return NULL;
    enum value_kind kind = field_kind(title);
    bool is_plain = kind != VALUE_ID && kind != VALUE_LINKS && kind != VALUE_JSON;
    return is_plain ? title : NULL;
}

/* Of a deleted record, none. */
static void title_put(struct sql *sql, const struct bi *bi, const struct field *field,
                      const struct field *title)
{
    sql_put(sql, STR("(SELECT "));
    value_put(sql, bi, "o", title, true);
    sql_put(sql, STR(" FROM "));
    sql_name(sql, field->to->table);
    sql_put(sql, STR(" AS o WHERE o.id = "));
    column_put(sql, "t", field->column);
    sql_put(sql, field->to->is_builtin ? STR(")") : STR(" AND o.deleted_at IS NULL)"));
}

enum bi_absence bi_absence(const struct bi *bi, const struct field *field)
{
    enum value_kind kind = field_kind(field);
    struct field kept = *field;
    if (kept.fill_job != 0) kept.column = kept.name; /* shown, but blank until it is filled */
    if (field->is_hidden) return BI_OWN;
    if (kind == VALUE_LINES) return BI_RELATED;
    if (kind == VALUE_LINKS) return bi_shows(bi, field) ? BI_RELATED : BI_PERSONAL;
    if (kind == VALUE_JSON || strcmp(field->type->name, "field") == 0) return BI_INNER;
    if (kept.column.size == 0) return BI_COMPUTED;
    return bi_shows(bi, &kept) ? BI_SHOWN : BI_PERSONAL;
}

/* A field that is called so itself has the name; the column people read gives way. */
static struct str name_of(const struct bi *bi, const struct field *field, const char *suffix)
{
    struct str name = scope_format(bi->scope, "%.*s%s", STR_ARG(field->name), suffix);
    while (suffix[0] && object_field(field->object, name)) {
        name = scope_format(bi->scope, "%.*s_", STR_ARG(name));
    }
    return name;
}

int bi_columns(const struct bi *bi, const struct object *object, struct bi_column *out)
{
    int count = 0;
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (bi_absence(bi, field) != BI_SHOWN) continue;
        out[count++] = (struct bi_column){ .field = field, .name = name_of(bi, field, "") };
        const struct field *title = title_of(bi, field);
        if (has_words(field_kind(field))) {
            out[count++] = (struct bi_column){ .field = field, .is_read = true,
                                               .name = name_of(bi, field, "_label") };
        } else if (title) {
            bool is_person = str_is(field->to->name, "user") || str_is(field->to->name, "team");
            out[count++] = (struct bi_column){
                .field = field, .is_read = true, .title = title,
                .name = name_of(bi, field, is_person ? "_name" : "_title"),
            };
        }
    }
    return count;
}

const char *bi_column_type(const struct bi_column *column)
{
    const struct field *field = column->title ? column->title : column->field;
    switch (field_kind(field)) {
    case VALUE_NUMBER: return field->scale > 0 ? "decimal" : "integer";
    case VALUE_REAL:
    case VALUE_DURATION: return "decimal";
    case VALUE_BOOLEAN: return "boolean";
    case VALUE_DATE: return "date";
    case VALUE_DATETIME: return "datetime";
    case VALUE_ID: return "id";
    default: return "text";
    }
}

static void shown_put(struct sql *sql, const struct bi *bi, const struct bi_column *column)
{
    struct field kept = *column->field;
    bool is_filling = kept.fill_job != 0;
    if (is_filling) kept.column = kept.name;
    if (is_filling) sql_put(sql, STR("CASE WHEN 1 = 0 THEN "));
    value_put(sql, bi, "t", &kept, column->is_read);
    if (is_filling) sql_put(sql, STR(" END"));
}

void bi_columns_put(struct sql *sql, const struct bi *bi, const struct object *object)
{
    struct bi_column *columns = scope_new(bi->scope, struct bi_column, object->field_count * 2 + 1);
    int count = bi_columns(bi, object, columns);
    for (int i = 0; i < count; i++) {
        if (i > 0) sql_put(sql, STR(", "));
        if (columns[i].title) {
            title_put(sql, bi, columns[i].field, columns[i].title);
        } else {
            shown_put(sql, bi, &columns[i]);
        }
        sql_put(sql, STR(" AS "));
        sql_name(sql, columns[i].name);
    }
}
