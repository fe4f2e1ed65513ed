/*
 * What the database says when a unique index refuses a row ("firm.name, firm.city"), in the words
 * of the people who defined it.
 */
#include "schema/schema_inner.h"

enum { FIELDS_SIZE_MAX = 4096 };

/* "firm.city" of this object's table as its field; the database may leave the table out. */
static const struct field *field_of(const struct object *object, struct str subject)
{
    struct str name = str_trim(subject);
    size_t dot = str_find(name, STR("."));
    if (dot != SIZE_MAX) {
        if (!str_equal(str_slice(name, 0, dot), object->table)) return NULL;
        name = str_slice(name, dot + 1, name.size);
    }
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (field->column.size > 0 && str_equal(field->column, name)) return field;
    }
    return NULL;
}

void unique_settle(struct scope *scope, const struct object *object, enum language language,
                   struct error_item *item)
{
    struct str rest = item->field, subject;
    const struct field *first = NULL;
    struct buf labels;
    int count = 0;
    if (!str_is(str_of(item->key), "db.unique")) return;
    buf_begin(&labels, scope, FIELDS_SIZE_MAX);
    while (object && rest.size > 0 && str_split(&rest, ',', &subject)) {
        const struct field *field = field_of(object, subject);
        if (!field) return;
        if (!first) first = field;
        struct str label = label_text(field->label, language);
        if (count++ > 0) buf_put(&labels, language == LANGUAGE_ZH ? STR("和") : STR(" and "));
        buf_format(&labels, "“%.*s”", STR_ARG(label));
    }
    if (!first) return;
    item->field = first->name;
    item->key = count == 1 ? "field.not_unique" : "field.not_unique_together";
    if (count > 1 && item->arg_count < ERROR_ARG_COUNT_MAX) {
        item->args[item->arg_count++] = (struct error_arg){ "fields", buf_str(&labels) };
    }
}
