/* Guessing objects from sheets: all sheets are read once, then looked at side by side. */
#include "ingest/sketch.h"

#include <string.h>

#include "base/utf8.h"
#include "formula/pinyin.h"
#include "ingest/import_guess.h"

enum {
    CHOICE_REPEAT_MIN = 3,   /* a choice's values come this often on average */
    CHOICE_FILLED_MIN = 6,
    CHOICE_SIZE_MAX = 24,    /* code points */
    LONG_TEXT_MIN = 120,     /* code points in a sample */
    TITLE_SHARE_MIN = 60,    /* percent of rows filled in */
    PROBE_COUNT = 30,        /* values looked up among people and records */
    NAME_SIZE_MAX = 40,
};

struct column {
    const struct seen_column *seen;
    struct str name, type; /* of the field */
    struct str to;         /* object a reference points to */
    int sheet;             /* … when it is one of the workbook's; -1 */
    bool is_title, is_unique, is_required;
};
struct sheet {
    struct str name, object;
    struct seen seen;
    struct column *columns;
    int title; /* column */
    int place; /* in the order of making; -1: not yet */
};
struct sketch {
    struct scope *scope;
    struct db_conn *conn;
    const struct engine_context *context;
    struct sheet *sheets;
    int count;
};

/* ---- API names ---- */

/* Words of Chinese headers that have a usual English name; the longest match wins. */
static const struct {
    const char *zh, *name;
} usual_names[] = {
    { "编号", "code" }, { "名称", "name" }, { "姓名", "name" }, { "公司", "company" },
    { "电话", "phone" }, { "手机", "mobile" }, { "邮箱", "email" }, { "地址", "address" },
    { "省份", "province" }, { "城市", "city" }, { "地区", "region" }, { "区域", "region" },
    { "行业", "industry" }, { "类型", "kind" }, { "类别", "category" }, { "状态", "status" },
    { "等级", "grade" }, { "级别", "level" }, { "日期", "date" }, { "时间", "time" },
    { "开始", "start" }, { "结束", "end" }, { "截止", "due" }, { "有效期", "valid_until" },
    { "金额", "amount" }, { "费用", "cost" }, { "单价", "unit_price" }, { "价格", "price" },
    { "数量", "quantity" }, { "合同", "contract" }, { "订单", "order" }, { "项目", "project" },
    { "部门", "department" }, { "备注", "notes" }, { "说明", "description" },
    { "来源", "source" }, { "证书", "certificate" }, { "证号", "certificate_no" },
    { "网址", "website" }, { "比例", "ratio" }, { "折扣", "discount" },
};

static struct str latin_name(struct scope *scope, struct str text)
{
    char out[NAME_SIZE_MAX + 1];
    size_t size = 0;
    for (size_t i = 0; i < text.size && size < NAME_SIZE_MAX; i++) {
        char c = text.data[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9' && size > 0);
        if (is_letter) {
            out[size++] = c;
        } else if (size > 0 && out[size - 1] != '_') {
            out[size++] = '_';
        }
    }
    while (size > 0 && out[size - 1] == '_') size -= 1;
    return scope_copy(scope, (struct str){ out, size });
}

static struct str usual_name(struct str text)
{
    const char *best = "";
    size_t best_size = 0;
    for (size_t i = 0; i < sizeof(usual_names) / sizeof(usual_names[0]); i++) {
        struct str zh = str_of(usual_names[i].zh);
        if (zh.size <= best_size || !str_ends_with(text, zh)) continue;
        best = usual_names[i].name;
        best_size = zh.size;
    }
    return str_of(best);
}

/* As it is said: "有效期" is youxiaoqi. Empty when nothing of it can be said. */
static struct str said_name(struct scope *scope, struct str text)
{
    struct buf out;
    buf_begin(&out, scope, NAME_SIZE_MAX);
    for (size_t offset = 0; offset < text.size && !out.is_over;) {
        uint32_t point = utf8_fold(utf8_next(text, &offset));
        const char *syllable = pinyin_syllable(point);
        bool is_kept = (point >= 'a' && point <= 'z') ||
                       (point >= '0' && point <= '9' && out.size > 0);
        if (syllable) buf_put(&out, str_of(syllable));
        if (is_kept) buf_put_char(&out, (char)point);
    }
    return buf_str(&out);
}

static struct str name_of(struct scope *scope, struct str text, const char *fallback, int number)
{
    struct str name = latin_name(scope, text);
    if (name.size < 2) name = usual_name(text);
    if (name.size == 0) name = said_name(scope, text);
    return name.size > 0 ? name : scope_format(scope, "%s_%d", fallback, number);
}

static struct str name_free(struct scope *scope, struct str name, bool (*is_taken)(
                                const void *context, struct str name), const void *context)
{
    struct str out = name;
    for (int i = 2; is_taken(context, out); i++) {
        out = scope_format(scope, "%.*s_%d", STR_ARG(name), i);
    }
    return out;
}

static bool is_object_taken(const void *context, struct str name)
{
    const struct sketch *sketch = context;
    for (int i = 0; i < sketch->count; i++) {
        if (str_equal(sketch->sheets[i].object, name)) return true;
    }
    return schema_object(sketch->context->snapshot->schema, name) != NULL;
}

static bool is_field_taken(const void *context, struct str name)
{
    static const char *const system[] = { "id", "version", "owner", "created_at", "created_by",
                                          "updated_at", "updated_by", "deleted_at", "search_id",
                                          "stage", "pipeline", "stage_entered_at", "closed_at" };
    const struct sheet *sheet = context;
    for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++) {
        if (str_is(name, system[i])) return true;
    }
    for (int i = 0; i < sheet->seen.header.count; i++) {
        if (str_equal(sheet->columns[i].name, name)) return true;
    }
    return false;
}

/* ---- types ---- */

static bool has_word(const struct sketch *sketch, struct str header, const char *const *words)
{
    struct str folded = utf8_fold_text(sketch->scope, header);
    for (; *words; words++) {
        if (str_find(folded, str_of(*words)) != SIZE_MAX) return true;
    }
    return false;
}

static struct field probe_field(const char *type)
{
    return (struct field){ .name = STR("probe"), .type = field_type_find(str_of(type)) };
}

/* Nearly all of the different values are what a type takes. */
static bool do_values_fit(const struct sketch *sketch, const struct seen_column *column,
                          const char *type)
{
    struct field field = probe_field(type);
    struct value_context values = { sketch->context->snapshot->schema, LANGUAGE_ZH,
                                    sketch->context->now_ms };
    int count = 0, fit = 0;
    for (int i = 0; i < column->guess.distinct_count && count < PROBE_COUNT; i++, count++) {
        struct scope inner;
        struct cell cell;
        scope_begin(&inner);
        fit += field.type->read_text(&inner, &values, &field, column->guess.distinct[i].text,
                                     &cell);
        scope_end(&inner);
    }
    return count > 0 && fit * 20 >= count * 19;
}

static bool is_choice(const struct seen_column *column)
{
    const struct ingest_guess *guess = &column->guess;
    if (guess->is_distinct_over || guess->distinct_count < 2 ||
        guess->distinct_count > SKETCH_CHOICE_COUNT_MAX ||
        guess->filled_count < CHOICE_FILLED_MIN ||
        guess->filled_count < guess->distinct_count * CHOICE_REPEAT_MIN) {
        return false;
    }
    for (int i = 0; i < guess->distinct_count; i++) {
        if (utf8_length(guess->distinct[i].text) > CHOICE_SIZE_MAX) return false;
    }
    return true;
}

static bool is_long(const struct seen_column *column)
{
    for (int i = 0; i < column->sample_count; i++) {
        if (utf8_length(column->samples[i]) >= LONG_TEXT_MIN ||
            str_find(column->samples[i], STR("\n")) != SIZE_MAX) {
            return true;
        }
    }
    return column->guess.is_distinct_over && column->guess.distinct_count < 20;
}

static const char *text_type(const struct sketch *sketch, const struct seen_column *column)
{
    static const char *const phones[] = { "phone", "mobile", "tel", "电话", "手机", NULL };
    static const char *const regions[] = { "省", "市", "地区", "区域", "region", "province", NULL };
    if (column->guess.distinct_count == 0) return "text";
    if (do_values_fit(sketch, column, "mail")) return "mail";
    if (has_word(sketch, column->name, phones) && do_values_fit(sketch, column, "phone")) {
        return "phone";
    }
    if (is_long(column)) return "long_text";
    bool is_place = has_word(sketch, column->name, regions);
    for (int i = 0; is_place && i < column->guess.distinct_count && i < PROBE_COUNT; i++) {
        struct str found;
        is_place = region_find(sketch->scope, column->guess.distinct[i].text, &found);
    }
    if (is_place) return "region";
    return is_choice(column) ? "choice" : "text";
}

static const char *type_of(const struct sketch *sketch, const struct seen_column *column)
{
    static const char *const money[] = { "金额", "价", "费", "款", "额", "amount", "price", "cost",
                                         "revenue", "fee", NULL };
    static const char *const phones[] = { "phone", "mobile", "tel", "电话", "手机", NULL };
    bool is_money = has_word(sketch, column->name, money);
    switch (column->guess.type) {
    case INGEST_TYPE_INTEGER:
        if (has_word(sketch, column->name, phones) && do_values_fit(sketch, column, "phone")) {
            return "phone";
        }
        return is_money ? "money" : "integer";
    case INGEST_TYPE_DECIMAL:
        return is_money && column->guess.scale <= 2 && !column->guess.is_percent ? "money"
                                                                                 : "number";
    case INGEST_TYPE_BOOL: return "boolean";
    case INGEST_TYPE_DATE: return "date";
    case INGEST_TYPE_MOMENT: return "datetime";
    case INGEST_TYPE_TEXT:
    case INGEST_TYPE_BLANK: break;
    }
    return text_type(sketch, column);
}

/* ---- titles ---- */

static bool is_full(const struct sheet *sheet, const struct seen_column *column)
{
    return column->guess.filled_count * 100 >= sheet->seen.rows * TITLE_SHARE_MIN;
}

static bool are_all_different(const struct seen_column *column)
{
    return !column->guess.is_distinct_over &&
           column->guess.distinct_count == column->guess.filled_count;
}

/* The name of the thing: called so, else the first well-filled text that never repeats. */
static void title_find(const struct sketch *sketch, struct sheet *sheet)
{
    static const char *const names[] = { "名称", "姓名",  "名字", "标题",
                                         "name", "title", NULL };
    int best = -1, best_score = 0;
    for (int i = 0; i < sheet->seen.header.count; i++) {
        const struct seen_column *column = sheet->columns[i].seen;
        bool is_text = column->guess.type == INGEST_TYPE_TEXT;
        if (!is_full(sheet, column) || column->guess.filled_count == 0) continue;
        int score = (is_text ? 4 : 1) + (has_word(sketch, column->name, names) ? 6 : 0) +
                    (are_all_different(column) ? 3 : 0) + (is_choice(column) ? -3 : 0);
        if (score > best_score) {
            best = i;
            best_score = score;
        }
    }
    sheet->title = best < 0 ? 0 : best;
    struct column *title = &sheet->columns[sheet->title];
    title->is_title = true;
    title->type = STR("text");
    title->is_required = title->seen->guess.blank_count == 0;
}

/* ---- references ---- */

static bool is_among(const struct ingest_guess *all, struct str text)
{
    for (int i = 0; i < all->distinct_count; i++) {
        if (str_equal(all->distinct[i].text, text)) return true;
    }
    return false;
}

/* Every value is a title of the other sheet; of a long one, most of those that were kept. */
static bool does_point_to(const struct column *from, const struct sheet *to)
{
    const struct ingest_guess *values = &from->seen->guess;
    const struct ingest_guess *titles = &to->columns[to->title].seen->guess;
    int count = 0, found = 0;
    for (; count < values->distinct_count && count < PROBE_COUNT; count++) {
        found += is_among(titles, values->distinct[count].text);
    }
    bool is_named = str_find(from->seen->name, to->name) != SIZE_MAX ||
                    str_find(to->name, from->seen->name) != SIZE_MAX ||
                    str_equal(from->seen->name, to->columns[to->title].seen->name);
    if (count == 0 || found == 0) return false;
    if (titles->is_distinct_over) return is_named && found * 5 >= count;
    return found == count && (is_named || titles->distinct_count >= 3);
}

static bool is_named_after(const struct sketch *sketch, struct str header, struct label label)
{
    struct str folded = utf8_fold_text(sketch->scope, header);
    return (label.zh.size > 0 && str_find(header, label.zh) != SIZE_MAX) ||
           (label.en.size > 0 &&
            str_find(folded, utf8_fold_text(sketch->scope, label.en)) != SIZE_MAX);
}

/* Records that are there already, by title; as the person may read them. */
static bool are_records(const struct sketch *sketch, const struct column *column,
                        const struct object *object, bool *out)
{
    const struct engine_context *context = sketch->context;
    const struct ingest_guess *values = &column->seen->guess;
    struct sql sql;
    struct row row;
    int count = values->distinct_count < PROBE_COUNT ? values->distinct_count : PROBE_COUNT;
    sql_begin(&sql, sketch->scope);
    sql_put(&sql, STR("SELECT COUNT(DISTINCT t."));
    sql_name(&sql, object->title->column);
    sql_put(&sql, STR(") FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t WHERE t.deleted_at IS NULL AND "));
    access_put(&sql, context->snapshot->access, &context->actor, context->now_ms, object,
               ACTION_READ, STR("t"));
    sql_put(&sql, STR(" AND t."));
    sql_name(&sql, object->title->column);
    sql_put(&sql, STR(" IN ("));
    for (int i = 0; i < count; i++) {
        if (i > 0) sql_put(&sql, STR(", "));
        sql_text(&sql, values->distinct[i].text);
    }
    sql_put(&sql, STR(")"));
    if (!sql_is_ok(sketch->scope, &sql) || !sql_one(sketch->scope, sketch->conn, &sql, &row)) {
        return false;
    }
    *out = row.cells[0].integer * 2 >= count;
    return true;
}

static bool record_reference(const struct sketch *sketch, struct column *column)
{
    const struct schema *schema = sketch->context->snapshot->schema;
    for (int i = 0; i < schema->object_count && column->to.size == 0; i++) {
        const struct object *object = &schema->objects[i];
        bool is_found = false, is_user = object == sketch->context->snapshot->access->user;
        if (object->is_builtin || !object->title || object->title->column.size == 0 ||
            access_field_mode(sketch->context->snapshot->access, &sketch->context->actor, object,
                              object->title) >= FIELD_MASKED ||
            (!is_user && !is_named_after(sketch, column->seen->name, object->label))) {
            continue;
        }
        if (!are_records(sketch, column, object, &is_found)) return false;
        if (!is_found) continue;
        column->to = object->name;
        column->type = is_user ? STR("person") : STR("reference");
    }
    return true;
}

static bool references_find(const struct sketch *sketch, struct sheet *sheet)
{
    for (int i = 0; i < sheet->seen.header.count; i++) {
        struct column *column = &sheet->columns[i];
        bool is_text = str_is(column->type, "text") || str_is(column->type, "choice");
        if (column->is_title || !is_text || column->seen->guess.distinct_count == 0) continue;
        for (int j = 0; j < sketch->count && column->sheet < 0; j++) {
            const struct sheet *other = &sketch->sheets[j];
            if (other == sheet || !does_point_to(column, other)) continue;
            column->sheet = j;
            column->to = other->object;
            column->type = STR("reference");
        }
        if (column->sheet < 0 && !record_reference(sketch, column)) return false;
    }
    return true;
}

/* What is referred to comes first; a circle is cut where it is met. */
static int place_find(struct sketch *sketch, int i, int next, int depth)
{
    struct sheet *sheet = &sketch->sheets[i];
    if (sheet->place >= 0 || depth > sketch->count) return next;
    for (int c = 0; c < sheet->seen.header.count; c++) {
        int to = sheet->columns[c].sheet;
        if (to >= 0 && to != i && sketch->sheets[to].place < 0) {
            next = place_find(sketch, to, next, depth + 1);
        }
    }
    if (sheet->place < 0) sheet->place = next++;
    return next;
}

/* ---- reading ---- */

static void sheet_columns(const struct sketch *sketch, struct sheet *sheet)
{
    int count = sheet->seen.header.count;
    sheet->columns = scope_new(sketch->scope, struct column, count);
    for (int i = 0; i < count; i++) {
        struct column *column = &sheet->columns[i];
        column->seen = &sheet->seen.columns[i];
        column->sheet = -1;
        column->type = str_of(type_of(sketch, column->seen));
        if (column->seen->name.size == 0) continue;
        struct str name = name_of(sketch->scope, column->seen->name, "field", i + 1);
        column->name = name_free(sketch->scope, name, is_field_taken, sheet);
    }
    title_find(sketch, sheet);
}

static bool sheet_read(struct sketch *sketch, struct ingest_table *table, int index)
{
    struct ingest_sheet about = ingest_sheet(table, index);
    struct sheet sheet = { .name = about.name, .place = -1 };
    if (about.is_hidden) return true;
    if (!ingest_rewind(table, sketch->scope, index, 0)) {
        bool is_empty = sketch->scope->error.code == ERROR_INVALID;
        if (is_empty) scope_error_clear(sketch->scope); /* a sheet with nothing on it */
        return is_empty;
    }
    struct ingest_header header = ingest_header(table);
    if (header.count > SKETCH_COLUMN_COUNT_MAX || sketch->count == SKETCH_SHEET_COUNT_MAX) {
        error_set(sketch->scope, ERROR_INVALID, "sketch.too_much", STR("file"));
        return error_arg(sketch->scope, "sheet", about.name);
    }
    if (!seen_read(sketch->scope, table, &sheet.seen)) return false;
    if (sheet.seen.rows == 0) return true;
    if (sheet.name.size == 0) sheet.name = STR("Sheet1");
    struct str name = name_of(sketch->scope, sheet.name, "object", sketch->count + 1);
    sheet.object = name_free(sketch->scope, name, is_object_taken, sketch);
    sketch->sheets[sketch->count++] = sheet;
    sheet_columns(sketch, &sketch->sheets[sketch->count - 1]);
    return true;
}

/* ---- out ---- */

static void put_label(struct json_writer *writer, struct str text)
{
    json_key(writer, STR("label"));
    json_map_begin(writer);
    json_member_str(writer, "zh", text);
    json_member_str(writer, "en", text);
    json_map_end(writer);
}

struct choice_names {
    struct str *items;
    int count;
};

static bool is_choice_taken(const void *context, struct str name)
{
    const struct choice_names *taken = context;
    for (int i = 0; i < taken->count; i++) {
        if (str_equal(taken->items[i], name)) return true;
    }
    return false;
}

static void put_choices(struct scope *scope, struct json_writer *writer,
                        const struct ingest_guess *guess)
{
    static const char *const colors[] = { "blue", "green", "orange", "purple", "teal", "red",
                                          "yellow", "grey" };
    struct choice_names taken = { scope_new(scope, struct str, guess->distinct_count + 1), 0 };
    json_key(writer, STR("choices"));
    json_list_begin(writer);
    for (int i = 0; i < guess->distinct_count; i++) {
        struct str name = latin_name(scope, guess->distinct[i].text);
        bool is_plain = name.size >= 2 && name.size == guess->distinct[i].text.size;
        if (!is_plain) name = said_name(scope, guess->distinct[i].text);
        if (name.size == 0) name = scope_format(scope, "choice_%d", i + 1);
        name = name_free(scope, name, is_choice_taken, &taken);
        taken.items[taken.count++] = name;
        json_map_begin(writer);
        json_member_str(writer, "name", name);
        put_label(writer, guess->distinct[i].text);
        json_member_str(writer, "color",
                        str_of(colors[(size_t)i % (sizeof(colors) / sizeof(colors[0]))]));
        json_map_end(writer);
    }
    json_list_end(writer);
}

static void put_field(struct scope *scope, struct json_writer *writer,
                      const struct column *column)
{
    json_map_begin(writer);
    json_member_str(writer, "name", column->name);
    json_member_str(writer, "type", column->type);
    put_label(writer, column->seen->name);
    if (column->is_title) json_member_bool(writer, "title", true);
    if (column->is_required) json_member_bool(writer, "required", true);
    if (str_is(column->type, "reference")) json_member_str(writer, "to", column->to);
    if (str_is(column->type, "choice")) put_choices(scope, writer, &column->seen->guess);
    if (str_is(column->type, "number")) {
        json_member_int(writer, "scale", column->seen->guess.scale);
    }
    json_map_end(writer);
}

static void put_column(struct json_writer *writer, const struct column *column)
{
    const struct ingest_guess *guess = &column->seen->guess;
    json_map_begin(writer);
    json_member_str(writer, "name", column->seen->name);
    json_member_str(writer, "field", column->name);
    json_key(writer, STR("samples"));
    json_list_begin(writer);
    for (int i = 0; i < column->seen->sample_count && i < SKETCH_SAMPLE_COUNT; i++) {
        json_put_str(writer, column->seen->samples[i]);
    }
    json_list_end(writer);
    json_member_int(writer, "filled", guess->filled_count);
    json_member_int(writer, "blank", guess->blank_count);
    json_key(writer, STR("misfits"));
    json_list_begin(writer);
    for (int i = 0; i < guess->misfit_kept; i++) json_put_str(writer, guess->misfits[i].text);
    json_list_end(writer);
    json_map_end(writer);
}

static void put_object(const struct sketch *sketch, struct json_writer *writer,
                       const struct sheet *sheet)
{
    json_key(writer, STR("object"));
    json_map_begin(writer);
    json_member_str(writer, "name", sheet->object);
    put_label(writer, sheet->name);
    json_member_bool(writer, "menu", true); /* what was brought in is found again */
    json_key(writer, STR("fields"));
    json_list_begin(writer);
    for (int i = 0; i < sheet->seen.header.count; i++) {
        if (sheet->columns[i].name.size > 0) {
            put_field(sketch->scope, writer, &sheet->columns[i]);
        }
    }
    json_list_end(writer);
    json_map_end(writer);
}

static void put_sheet(const struct sketch *sketch, struct json_writer *writer,
                      const struct sheet *sheet)
{
    json_map_begin(writer);
    json_member_str(writer, "sheet", sheet->name);
    json_member_int(writer, "rows", sheet->seen.rows);
    put_object(sketch, writer, sheet);
    json_key(writer, STR("map"));
    json_map_begin(writer);
    for (int i = 0; i < sheet->seen.header.count; i++) {
        const struct column *column = &sheet->columns[i];
        if (column->name.size == 0) continue;
        json_key(writer, column->seen->name);
        json_put_str(writer, column->name);
    }
    json_map_end(writer);
    json_key(writer, STR("columns"));
    json_list_begin(writer);
    for (int i = 0; i < sheet->seen.header.count; i++) {
        if (sheet->columns[i].name.size > 0) put_column(writer, &sheet->columns[i]);
    }
    json_list_end(writer);
    json_map_end(writer);
}

bool sketch_write(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                  const char *path, struct json_writer *writer)
{
    struct sketch sketch = { .scope = scope, .conn = conn, .context = context };
    struct ingest_table *table;
    sketch.sheets = scope_new(scope, struct sheet, SKETCH_SHEET_COUNT_MAX);
    const struct ingest_options options = { .has_no_header = true };
    if (!ingest_open_file(scope, path, &options, &table)) return false;
    for (int i = 0; i < ingest_sheet_count(table); i++) {
        if (!sheet_read(&sketch, table, i)) return false;
    }
    if (sketch.count == 0) return error_set(scope, ERROR_INVALID, "sketch.nothing", STR("file"));
    for (int i = 0; i < sketch.count; i++) {
        if (!references_find(&sketch, &sketch.sheets[i])) return false;
    }
    for (int i = 0, next = 0; i < sketch.count; i++) next = place_find(&sketch, i, next, 0);
    json_key(writer, STR("sheets"));
    json_list_begin(writer);
    for (int place = 0; place < sketch.count; place++) {
        for (int i = 0; i < sketch.count; i++) {
            if (sketch.sheets[i].place == place) put_sheet(&sketch, writer, &sketch.sheets[i]);
        }
    }
    json_list_end(writer);
    return true;
}
