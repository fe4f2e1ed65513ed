/*
 * Errors as application/problem+json (RFC 9457), in the caller's language. What
 * the database itself said goes to the log; the client gets a sentence.
 */
#include "api/inner.h"

#include "base/log.h"
#include "base/utf8.h"

static const struct {
    enum error_code code;
    int status;
    const char *key; /* what is said when nothing else is */
} statuses[] = {
    { ERROR_MALFORMED, 400, "request.malformed" },
    { ERROR_UNAUTHENTICATED, 401, "access.login" },
    { ERROR_DENIED, 403, "access.denied" },
    { ERROR_NOT_FOUND, 404, "record.not_found" },
    { ERROR_CONFLICT, 409, "record.duplicate" },
    { ERROR_STALE, 412, "record.stale" },
    { ERROR_TOO_LARGE, 413, "db.too_large" },
    { ERROR_UNSUPPORTED, 415, "request.not_json" },
    { ERROR_INVALID, 422, "request.malformed" },
    { ERROR_RATE, 429, "request.rate" },
    { ERROR_STORAGE, 503, "storage.failed" },
};

int error_status(enum error_code code)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].code == code) return statuses[i].status;
    }
    return 503;
}

static const char *fallback_key(enum error_code code)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].code == code) return statuses[i].key;
    }
    return "storage.failed";
}

/* "amount", "records[3].amount" and, in a sub-table, "lines[2].amount". */
static const struct field *field_named(const struct object *object, struct str path)
{
    size_t at = str_find(path, STR("]."));
    while (object && at != SIZE_MAX) {
        size_t bracket = str_find(path, STR("["));
        const struct field *field = object_field(object, str_slice(path, 0, bracket));
        const struct field *via =
            field && field_kind(field) == VALUE_LINES ? field_lines_via(field) : NULL;
        if (via) object = via->object;
        path = str_slice(path, at + 2, path.size);
        at = str_find(path, STR("]."));
    }
    return object ? object_field(object, path) : NULL;
}

/* The label stands for the field in sentences; its API name stays in "field". */
static struct str item_message(struct call *call, const struct error_item *item)
{
    struct error_item labelled = *item;
    const struct field *field = field_named(call->object, item->field);
    if (field && labelled.arg_count < ERROR_ARG_COUNT_MAX) {
        labelled.args[labelled.arg_count++] = (struct error_arg){
            "field", label_text(field->label, call->context.actor.language)
        };
    }
    return message_of_error(call->scope, call->context.actor.language, &labelled);
}

static void put_needs(struct call *call, const struct error_item *item)
{
    struct json_writer *out = &call->out;
    json_key(out, STR("needs"));
    json_map_begin(out);
    if (item->needs_field.size > 0) json_member_str(out, "field", item->needs_field);
    if (item->needs_object.size > 0) {
        json_member_str(out, "object", item->needs_object);
        for (int i = 0; call->object && i < call->object->relation_count; i++) {
            const struct relation *relation = &call->object->relations[i];
            if (relation->is_many) continue;
            if (!str_equal(relation->from->name, item->needs_object)) continue;
            json_member_str(out, "relation", relation->name);
            json_member_str(out, "reference", relation->field->name);
            break;
        }
    }
    json_map_end(out);
}

/* Byte offset in the client's text -> code points from 0. */
static int64_t position_of(const struct call *call, const struct error_item *item)
{
    if (item->position < 0 || call->source.size == 0) return item->position;
    return (int64_t)utf8_length(str_slice(call->source, 0, (size_t)item->position));
}

static void put_place(struct call *call, const struct error_item *item)
{
    if (item->position < 0 || str_find(str_of(item->key), STR("formula.")) != 0) return;
    json_member_int(&call->out, "position", position_of(call, item));
    for (int i = 0; i < item->arg_count; i++) {
        struct str value = item->args[i].value;
        if (strcmp(item->args[i].name, "word") == 0) {
            json_member_int(&call->out, "length", (int64_t)utf8_length(value));
        } else if (strcmp(item->args[i].name, "hint") == 0 && value.size > 0) {
            json_member_str(&call->out, "hint", value);
        }
    }
}

static void put_item(struct call *call, const struct error_item *item)
{
    struct json_writer *out = &call->out;
    json_map_begin(out);
    json_member_str(out, "code",
                    item->gate.size > 0 ? STR("gate") : message_code(item->key));
    if (item->field.size > 0) {
        json_member_str(out, "field", item->field);
    } else {
        json_member_null(out, "field");
    }
    json_member_str(out, "message", item_message(call, item));
    if (item->gate.size > 0) {
        json_member_str(out, "gate", item->gate);
        put_needs(call, item);
    }
    put_place(call, item);
    json_map_end(out);
}

/* "errors":[…] of the open map. */
void errors_put(struct call *call, const struct error *error)
{
    json_key(&call->out, STR("errors"));
    json_list_begin(&call->out);
    for (struct error_item *item = error->first; item; item = item->next) put_item(call, item);
    json_list_end(&call->out);
}

/* Seconds to wait, where waiting helps. */
static void put_retry(struct call *call, const struct error *error)
{
    struct str seconds = STR("1");
    if (error->code != ERROR_RATE && error->code != ERROR_STORAGE) return;
    for (int i = 0; error->first && i < error->first->arg_count; i++) {
        const struct error_arg *arg = &error->first->args[i];
        if (strcmp(arg->name, "seconds") == 0) seconds = arg->value;
    }
    http_header_add(call->request, STR("Retry-After"), seconds);
}

void problem_put_as(struct call *call, const struct error *error, int status)
{
    struct http_response *response = &call->request->response;
    if (error->detail.size > 0) {
        log_line(LOG_ERROR, "%s %.*s: %.*s", http_method_name(call->request->method),
                 STR_ARG(call->request->path), STR_ARG(error->detail));
    }
    for (struct error_item *item = error->first; item; item = item->next) {
        unique_settle(call->scope, call->object, call->context.actor.language, item);
    }
    struct str detail =
        error->first ? item_message(call, error->first)
                     : message_text(call->scope, call->context.actor.language,
                                    fallback_key(error->code), NULL, 0);
    response->status = status;
    response->header_count = call->kept_header_count;
    buf_cut(&response->body, 0);
    json_begin(&call->out, &response->body);
    json_map_begin(&call->out);
    json_member_str(&call->out, "type", STR("about:blank"));
    json_member_str(&call->out, "title", str_of(http_status_text(status)));
    json_member_int(&call->out, "status", status);
    json_member_str(&call->out, "detail", detail);
    errors_put(call, error);
    json_map_end(&call->out);
    response->content_type = "application/problem+json";
    put_retry(call, error);
}

void problem_put(struct call *call, const struct error *error)
{
    problem_put_as(call, error, error_status(error->code));
}
