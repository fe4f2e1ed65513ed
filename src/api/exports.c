/* Records as a file: written by a worker row by row, then sent. */
#include "api/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest/export.h"

enum { EXPORT_SIZE_MAX = 256 * 1024 * 1024, EXPORT_TIME_MAX_MS = 120 * 1000,
       EXPORT_ID_SIZE = 8 };

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

/* ---- who took what ---- */

struct taking {
    struct call *call;
    struct str id, format, row_count;
    const struct export_options *options;
};

static bool taking_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct taking *taking = context;
    struct call *call = taking->call;
    struct audit_pair pairs[] = {
        { "export", taking->id },
        { "format", taking->format },
        { "rows", taking->row_count },
        { "where", taking->options->where },
        { "q", taking->options->text },
        { "fields", taking->options->fields },
    };
    struct audit_line line = { .kind = "export", .object = call->object,
                               .detail = audit_detail(scope, pairs, 6) };
    return audit_put(scope, conn, &call->context, &line);
}

/* "Office · Rob (rob) · 2026-03-02 09:00 · 1a2b3c4d": stands on every page of a workbook. */
static bool mark_make(struct call *call, struct str id, struct str *out)
{
    int zone_min = call->snapshot->schema->zone_min;
    int64_t now_ms = call->context.now_ms, day = time_local_days(now_ms, zone_min);
    int minute = (int)((now_ms - time_day_start(day, zone_min)) / TIME_MINUTE_MS);
    const struct actor *actor = &call->context.actor;
    struct str company;
    struct buf mark;
    if (!setting_get(call->scope, call->conn, STR("company"), &company)) return false;
    buf_begin(&mark, call->scope, 4096);
    buf_format(&mark, "%.*s · %.*s (%.*s) · ",
               STR_ARG(company.size > 0 ? company : STR("Leadline")), STR_ARG(actor->name),
               STR_ARG(actor->login));
    time_put_date(&mark, day);
    buf_format(&mark, " %02d:%02d · %.*s", minute / 60, minute % 60, STR_ARG(id));
    *out = buf_str(&mark);
    return true;
}

/* The day and the number of the export are in the name, which is all a CSV can bear. */
static void put_name(struct call *call, struct str id, struct str ending)
{
    struct buf name;
    buf_begin(&name, call->scope, 512);
    buf_format(&name, "attachment; filename=\"%.*s-", STR_ARG(call->object->name));
    time_put_date(&name, time_local_days(call->context.now_ms,
                                         call->snapshot->schema->zone_min));
    buf_format(&name, "-%.*s.%.*s\"", STR_ARG(id), STR_ARG(ending));
    http_header_add(call->request, STR("Content-Disposition"), buf_str(&name));
    http_header_add(call->request, STR("Leadline-Export"), id);
}

static bool options_read(struct call *call, struct export_options *options)
{
    bool is_given = false;
    return call_object(call) && call_param(call, "where", &options->where) &&
           call_param(call, "order", &options->order) &&
           call_param(call, "fields", &options->fields) &&
           call_param(call, "q", &options->text) &&
           call_param_bool(call, "plain", &is_given, &options->is_plain);
}

/* On a worker. Without its line in the audit no file goes out. */
bool api_export(struct call *call)
{
    struct export_options options = { .object = call->captures[0] };
    struct str ending = ending_of(call), content;
    int64_t row_count = 0;
    if (call->api->options.data_dir.size == 0 || !export_format_read(ending, &options.format)) {
        return error_set(call->scope, ERROR_NOT_FOUND, "route.not_found", STR(""));
    }
    struct str name = uuid_format(call->scope, uuid_make(call->context.now_ms));
    struct str id = str_slice(name, name.size - EXPORT_ID_SIZE, name.size); /* of its random part */
    if (!options_read(call, &options) || !mark_make(call, id, &options.mark)) return false;
    call->source = options.where;
    struct str path = scope_format(call->scope, "%.*s/export-%.*s.part",
                                   STR_ARG(call->api->options.data_dir), STR_ARG(name));
    db_read_deadline(call->conn, time_monotonic_ms() + EXPORT_TIME_MAX_MS);
    bool is_ok = export_run(call->scope, call->conn, &call->context, &options, path.data,
                            &row_count) &&
                 file_content(call, path.data, &content);
    unlink(path.data);
    struct taking taking = { call, id, ending,
                             scope_format(call->scope, "%lld", (long long)row_count), &options };
    if (!is_ok || !db_write_wait(call->scope, call->api->db, taking_run, &taking)) return false;
    put_name(call, id, ending);
    http_header_add(call->request, STR("X-Content-Type-Options"), STR("nosniff"));
    http_body_refer(call->request, export_content_type(options.format), content);
    return true;
}

/* What I have taken, newest first. */
bool api_my_exports(struct call *call)
{
    struct cell args[] = { cell_id(call->scope, call->context.actor.user), cell_int(0) };
    struct rows rows;
    int limit;
    if (!call_param_limit(call, PAGE_LIMIT, PAGE_LIMIT_MAX, &limit)) return false;
    args[1] = cell_int(limit);
    if (!db_all(call->scope, call->conn,
                STR("SELECT at, object, via, detail FROM audit WHERE \"by\" = ? AND "
                    "kind = 'export' ORDER BY seq DESC LIMIT ?"),
                args, 2, PAGE_LIMIT_MAX, &rows)) {
        return false;
    }
    list_begin(call);
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        json_map_begin(&call->out);
        member_time(&call->out, "at", &cells[0]);
        member_text(&call->out, "object", &cells[1]);
        member_text(&call->out, "via", &cells[2]);
        member_json(call, "detail", &cells[3]);
        json_map_end(&call->out);
    }
    list_end(call);
    return true;
}
