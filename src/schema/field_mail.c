/*
 * Mail addresses: local@domain, the domain in lower case (it means the same),
 * the local part as written (it may not). The check is of form and size only;
 * whether there is such a mailbox, only a mail can tell.
 */
#include "schema/schema_inner.h"

enum { MAIL_SIZE_MAX = 254, MAIL_LOCAL_SIZE_MAX = 64, MAIL_LABEL_SIZE_MAX = 63 };

static bool local_is_valid(struct str local)
{
    if (local.size == 0 || local.size > MAIL_LOCAL_SIZE_MAX) return false;
    char before = '.';
    for (size_t i = 0; i < local.size; i++) {
        char byte = local.data[i];
        if (byte <= ' ' || byte == 0x7F || strchr("@\"(),:;<>[\\]", byte)) return false;
        if (byte == '.' && before == '.') return false;
        before = byte;
    }
    return before != '.';
}

static bool label_is_valid(struct str label)
{
    if (label.size == 0 || label.size > MAIL_LABEL_SIZE_MAX) return false;
    for (size_t i = 0; i < label.size; i++) {
        char byte = label.data[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        if (!is_letter && byte != '-') return false;
    }
    return label.data[0] != '-' && label.data[label.size - 1] != '-';
}

static bool domain_is_valid(struct str domain)
{
    int label_count = 0;
    struct str label = STR("");
    while (str_split(&domain, '.', &label)) {
        if (!label_is_valid(label)) return false;
        label_count += 1;
    }
    bool is_address = label.size > 0 && label.data[0] >= '0' && label.data[0] <= '9';
    return label_count >= 2 && label.size >= 2 && !is_address;
}

static bool mail_check(struct scope *scope, const struct field *field, struct str text,
                       struct cell *out)
{
    size_t at = str_find(text, STR("@"));
    if (at == SIZE_MAX || text.size > MAIL_SIZE_MAX) {
        return value_refuse(scope, field, "field.not_mail");
    }
    struct str local = str_slice(text, 0, at);
    struct str written = str_slice(text, at + 1, text.size);
    struct buf domain;
    buf_begin(&domain, scope, MAIL_SIZE_MAX + 1);
    for (size_t i = 0; i < written.size; i++) {
        char byte = written.data[i];
        buf_put_char(&domain, byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte);
    }
    if (!local_is_valid(local) || !domain_is_valid(buf_str(&domain))) {
        return value_refuse(scope, field, "field.not_mail");
    }
    *out = cell_text(scope_format(scope, "%.*s@%s", STR_ARG(local), domain.data));
    return true;
}

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    if (value_is_blank(in, out)) return true;
    if (in->kind != JSON_KIND_STR) return value_refuse(scope, field, "field.not_text");
    return mail_check(scope, field, str_trim(in->text), out);
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    *out = cell_null();
    struct str text = str_trim(in);
    if (text.size == 0) return true;
    if (str_equal_nocase(str_slice(text, 0, 7), STR("mailto:"))) {
        text = str_trim(str_slice(text, 7, text.size));
    }
    size_t at = str_find(text, STR("＠"));
    if (at != SIZE_MAX) {
        text = scope_format(scope, "%.*s@%.*s", (int)at, text.data,
                            STR_ARG(str_slice(text, at + strlen("＠"), text.size)));
    }
    return mail_check(scope, field, text, out);
}

const struct field_type field_type_mail = {
    .name = "mail",
    .kind = VALUE_TEXT,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = value_text_write,
    .text = value_text_text,
};
