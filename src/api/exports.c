/* Records as a file: written by a worker row by row, then sent. */
#include "api/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "ingest/export.h"

enum { EXPORT_SIZE_MAX = 256 * 1024 * 1024, EXPORT_TIME_MAX_MS = 120 * 1000 };

bool file_content(struct call *call, const char *path, struct str *out)
{
    struct stat found;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool is_ok = file >= 0 && fstat(file, &found) == 0 && found.st_size <= EXPORT_SIZE_MAX;
    size_t size = is_ok ? (size_t)found.st_size : 0, at = 0;
    char *data = scope_alloc(call->scope, size + 1);
    while (is_ok && at < size) {
        ssize_t count = read(file, data + at, size - at);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        at += (size_t)count;
    }
    if (file >= 0) close(file);
    *out = (struct str){ data, at };
    if (is_ok && at == size) return true;
    return error_storage(call->scope, scope_format(call->scope, "cannot read %s", path));
}

static struct str ending_of(struct call *call)
{
    struct str path = call->request->path;
    size_t dot = path.size;
    while (dot > 0 && path.data[dot - 1] != '.') dot -= 1;
    return str_slice(path, dot, path.size);
}

/* On a worker. */
bool api_export(struct call *call)
{
    struct export_options options = { .object = call->captures[0] };
    struct str ending = ending_of(call), content;
    bool is_given = false;
    int64_t row_count = 0;
    if (call->api->options.data_dir.size == 0 || !export_format_read(ending, &options.format)) {
        return error_set(call->scope, ERROR_NOT_FOUND, "route.not_found", STR(""));
    }
    if (!call_object(call) || !call_param(call, "where", &options.where) ||
        !call_param(call, "order", &options.order) ||
        !call_param(call, "fields", &options.fields) || !call_param(call, "q", &options.text) ||
        !call_param_bool(call, "plain", &is_given, &options.is_plain)) {
        return false;
    }
    call->source = options.where;
    struct str path = scope_format(call->scope, "%.*s/export-%.*s.part",
                                   STR_ARG(call->api->options.data_dir),
                                   STR_ARG(call->request_id));
    db_read_deadline(call->conn, time_monotonic_ms() + EXPORT_TIME_MAX_MS);
    bool is_ok = export_run(call->scope, call->conn, &call->context, &options, path.data,
                            &row_count) &&
                 file_content(call, path.data, &content);
    unlink(path.data);
    if (!is_ok) return false;
    log_line(LOG_INFO, "export of %lld %.*s by %.*s", (long long)row_count,
             STR_ARG(call->object->name), STR_ARG(call->context.actor.login));
    http_header_add(call->request, STR("Content-Disposition"),
                    scope_format(call->scope, "attachment; filename=\"%.*s.%.*s\"",
                                 STR_ARG(call->object->name), STR_ARG(ending)));
    http_header_add(call->request, STR("X-Content-Type-Options"), STR("nosniff"));
    http_body_refer(call->request, export_content_type(options.format), content);
    return true;
}
