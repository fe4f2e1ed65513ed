/*
 * Several of a list. The cell keeps the ids in the order of the ids, between commas and four
 * digits wide: ",0003,0007,". So the same set is the same text, one of them is found by
 * LIKE '%,0003,%' on either database, and sets sort by their first choice, then the second.
 *
 * A choice taken off the list stays where it was chosen: sent back with the others, it is kept.
 */
#include "schema/schema_inner.h"

#include <stdlib.h>

static const char *const separators[] = { ";", "；", ",", "，", "、", "|", "\n" };
enum { SEPARATOR_COUNT = sizeof(separators) / sizeof(separators[0]) };

struct str choices_mark(struct scope *scope, int64_t id)
{
    return scope_format(scope, ",%04lld,", (long long)id);
}

static int by_size(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;
    return (left > right) - (left < right);
}

struct cell choices_cell(struct scope *scope, int *ids, int count)
{
    struct buf out;
    if (count == 0) return cell_null();
    qsort(ids, (size_t)count, sizeof(*ids), by_size);
    buf_begin(&out, scope, (size_t)count * 12 + 2);
    buf_put_char(&out, ',');
    for (int i = 0; i < count; i++) {
        if (i == 0 || ids[i] != ids[i - 1]) buf_format(&out, "%04d,", ids[i]);
    }
    return cell_text(buf_str(&out));
}

bool choices_next(struct str *rest, int *id)
{
    struct str part;
    int64_t number;
    while (rest->size > 0 && str_split(rest, ',', &part)) {
        if (!str_to_int64(part, &number) || number <= 0 || number > INT32_MAX) continue;
        *id = (int)number;
        return true;
    }
    return false;
}

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    if (value_is_blank(in, out)) return true;
    if (in->kind != JSON_KIND_LIST) return value_refuse(scope, field, "field.not_choices");
    if (in->count > SCHEMA_CHOICE_COUNT_MAX) {
        return value_refuse_with(scope, field, "field.too_many", "max",
                                 scope_format(scope, "%d", SCHEMA_CHOICE_COUNT_MAX));
    }
    int *ids = scope_new(scope, int, in->count + 1);
    for (int i = 0; i < in->count; i++) {
        const struct json *item = &in->items[i];
        if (item->kind != JSON_KIND_STR) return value_refuse(scope, field, "field.not_choices");
        const struct choice *choice = field_choice(field, str_trim(item->text));
        if (!choice) {
            return value_refuse_with(scope, field, "field.not_choice", "value", item->text);
        }
        ids[i] = choice->id;
    }
    *out = choices_cell(scope, ids, in->count);
    return true;
}

/* Up to the next separator; *rest goes on behind it. */
static struct str part_take(struct str *rest)
{
    size_t end = rest->size, next = rest->size;
    for (int i = 0; i < SEPARATOR_COUNT; i++) {
        struct str separator = str_of(separators[i]);
        size_t at = str_find(*rest, separator);
        if (at < end) end = at, next = at + separator.size;
    }
    struct str part = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, next, rest->size);
    return str_trim(part);
}

struct str choices_part(struct str *rest)
{
    struct str part = STR("");
    while (rest->size > 0 && part.size == 0) part = part_take(rest);
    return part;
}

struct str choices_trim(struct str text)
{
    text = str_trim(text);
    for (int i = 0; i < SEPARATOR_COUNT; i++) {
        if (!str_ends_with(text, str_of(separators[i]))) continue;
        return str_trim(str_slice(text, 0, text.size - strlen(separators[i])));
    }
    return text;
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    struct str rest = str_trim(in), part;
    *out = cell_null();
    if (rest.size == 0) return true;
    int *ids = scope_new(scope, int, SCHEMA_CHOICE_COUNT_MAX + 1), count = 0;
    const struct choice *whole = field_choice(field, rest); /* its label may hold a comma */
    if (whole && !whole->is_hidden) {
        *out = choices_cell(scope, &(int){ whole->id }, 1);
        return true;
    }
    while ((part = choices_part(&rest)).size > 0) {
        const struct choice *choice = field_choice(field, part);
        if (!choice || choice->is_hidden || count == SCHEMA_CHOICE_COUNT_MAX) {
            return value_refuse_with(scope, field, "field.not_choice", "value", part);
        }
        ids[count++] = choice->id;
    }
    *out = choices_cell(scope, ids, count);
    return true;
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context;
    struct str rest = in->text;
    int id;
    json_list_begin(writer);
    while (choices_next(&rest, &id)) {
        const struct choice *choice = field_choice_by_id(field, id);
        if (choice) json_put_str(writer, choice->name);
    }
    json_list_end(writer);
}

/* In the order of the list, as forms show them. */
static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    struct buf out;
    buf_begin(&out, scope, LONG_TEXT_SIZE_MAX);
    for (int i = 0; i < field->choice_count; i++) {
        const struct choice *choice = &field->choices[i];
        if (str_find(in->text, choices_mark(scope, choice->id)) == SIZE_MAX) continue;
        if (out.size > 0) buf_put(&out, context->language == LANGUAGE_ZH ? STR("、") : STR(", "));
        buf_put(&out, label_text(choice->label, context->language));
    }
    return buf_str(&out);
}

const struct field_type field_type_multi_choice = {
    .name = "multi_choice",
    .kind = VALUE_CHOICES,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
    .define = define_choices,
};
