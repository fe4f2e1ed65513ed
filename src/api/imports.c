/*
 * Imports: a file is looked at, then run by a thread of its own, one after the
 * other, so that a long one keeps nobody from logging in. What came in, what was
 * refused and why is in the database; these handlers only ask for it.
 *
 * A file lies under DATA/imports by the id of its import: what the client calls it
 * never becomes a path.
 */
#include "api/inner.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "http/multipart.h"
#include "ingest/export.h"
#include "ingest/import.h"

enum {
    JOB_COUNT_MAX = 20,
    RUN_PATIENCE_MS = 500, /* a small import is done in the answer to "run" */
    LIST_LIMIT = 100,
    PREVIEW_SIZE_MAX = 8 * 1024 * 1024,
    PREVIEW_KEPT_MAX = 512 * 1024, /* until it is run, to be asked for again */
};

struct import_job {
    struct scope scope; /* its own */
    struct uuid id, user;
    enum language language;
    struct import_options options;
    struct str path, errors_path;
    bool is_done, is_left; /* under the lock; freed by who comes second */
    struct import_job *next;
};

struct imports {
    struct api *api;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t is_filled, is_moved;
    struct import_job *first, *last;
    int count;
    bool is_ending, is_started;
    struct import_watch watch; /* the thread's */
};

/* ---- files ---- */

static bool folder_make(struct call *call, struct str path)
{
    if (mkdir(path.data, 0700) == 0 || errno == EEXIST) return true;
    return error_storage(call->scope,
                         scope_format(call->scope, "mkdir %s: %s", path.data, strerror(errno)));
}

struct str imports_path(struct call *call, struct str name)
{
    return scope_format(call->scope, "%.*s/imports/%.*s",
                        STR_ARG(call->api->options.data_dir), STR_ARG(name));
}

bool imports_file_store(struct call *call, struct str path, struct str body)
{
    struct str folder = imports_path(call, STR(""));
    if (!folder_make(call, scope_copy(call->scope, str_slice(folder, 0, folder.size - 1)))) {
        return false;
    }
    FILE *file = fopen(path.data, "wxe");
    bool is_ok = file && fwrite(body.data, 1, body.size, file) == body.size;
    if (file) is_ok = fclose(file) == 0 && is_ok;
    if (is_ok) return true;
    error_storage(call->scope,
                  scope_format(call->scope, "writing %s: %s", path.data, strerror(errno)));
    if (file) unlink(path.data); /* on a full disk half of a file would only be in the way */
    return false;
}

/* The rows an import refused. */
static struct str errors_path(struct call *call, struct uuid id)
{
    struct str text = uuid_format(call->scope, id);
    return imports_path(call, scope_format(call->scope, "%.*s-errors.xlsx", STR_ARG(text)));
}

/* ---- looking at a file ---- */

struct preview {
    struct str path, object, file_name;
    enum import_kind kind;
    struct buf members; /* "{…}" without the closing brace */
    struct uuid id;
};

static struct str part_text(const struct multipart *parts, const char *name)
{
    const struct multipart_part *part = multipart_get(parts, name);
    return part ? str_trim(part->body) : STR("");
}

bool file_take(struct call *call, struct handed_file *out)
{
    out->parts = scope_new(call->scope, struct multipart, 1);
    if (call->api->options.data_dir.size == 0) {
        return error_set(call->scope, ERROR_NOT_FOUND, "route.not_found", STR(""));
    }
    if (!multipart_read(call->scope, http_header(call->request, "content-type"),
                        call->request->body, out->parts)) {
        return false;
    }
    const struct multipart_part *file = multipart_get(out->parts, "file");
    if (!file || file->body.size == 0) {
        return error_set(call->scope, ERROR_INVALID, "field.required", STR("file"));
    }
    out->bytes = file->body;
    out->name = file->filename.size > 0 ? file->filename : STR("file");
    return true;
}

static bool preview_parts(struct call *call, struct preview *preview, struct handed_file *upload)
{
    if (!file_take(call, upload)) return false;
    struct str kind = part_text(upload->parts, "kind");
    preview->object = part_text(upload->parts, "object");
    preview->file_name = upload->name;
    if (kind.size > 0 && !import_kind_read(kind, &preview->kind)) {
        error_set(call->scope, ERROR_INVALID, "field.not_choice", STR("kind"));
        return error_arg(call->scope, "value", kind);
    }
    if (preview->object.size == 0) {
        return error_set(call->scope, ERROR_INVALID, "field.required", STR("object"));
    }
    return call_object_named(call, preview->object, &call->object) &&
           access_check(call->scope, call->snapshot->access, &call->context.actor, call->object,
                        ACTION_IMPORT);
}

/* What has not become an import's file by then. */
static void preview_end(void *context)
{
    const struct preview *preview = context;
    unlink(preview->path.data);
}

/* On a worker. */
bool api_import_create(struct call *call)
{
    struct preview *preview = scope_new(call->scope, struct preview, 1);
    struct handed_file upload;
    struct json_writer writer;
    call->state = preview;
    if (!preview_parts(call, preview, &upload)) return false;
    preview->path = imports_path(call, uuid_format(call->scope, uuid_make(api_wall_ms())));
    if (!imports_file_store(call, preview->path, upload.bytes)) return false;
    scope_defer(call->scope, preview_end, preview);
    db_read_deadline(call->conn, 0);
    buf_begin(&preview->members, call->scope, PREVIEW_SIZE_MAX);
    json_begin(&writer, &preview->members);
    json_map_begin(&writer);
    return import_preview(call->scope, call->conn, &call->context, preview->path.data,
                          preview->object, preview->kind, &writer);
}

bool api_import_create_write(struct call *call, struct db_conn *conn)
{
    struct preview *preview = call->state;
    struct json_writer *out = &call->out;
    struct str members = buf_str(&preview->members);
    struct str whole = scope_format(call->scope, "%.*s}", STR_ARG(members));
    if (whole.size > PREVIEW_KEPT_MAX) whole = STR("");
    if (!import_register(call->scope, conn, &call->context, preview->object, preview->kind,
                         preview->file_name, whole, &preview->id)) {
        return false;
    }
    call->request->response.status = 201;
    json_map_begin(out);
    json_key(out, STR("id"));
    json_put_id(out, preview->id);
    json_member_str(out, "state", STR("preview"));
    json_member_str(out, "object", preview->object);
    json_member_str(out, "file", preview->file_name);
    buf_put_char(out->out, ',');
    buf_put(out->out, str_slice(members, 1, members.size));
    out->needs_comma = true;
    json_map_end(out);
    return true;
}

/* The file takes the import's id, now that there is one. */
bool api_import_create_finish(struct call *call)
{
    const struct preview *preview = call->state;
    struct str path = imports_path(call, uuid_format(call->scope, preview->id));
    if (rename(preview->path.data, path.data) == 0) return true;
    return error_storage(call->scope, scope_format(call->scope, "renaming to %s: %s", path.data,
                                                   strerror(errno)));
}

/* ---- running ---- */

static struct timespec patience_end(void)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += RUN_PATIENCE_MS * 1000000L;
    end.tv_sec += end.tv_nsec / 1000000000L;
    end.tv_nsec %= 1000000000L;
    return end;
}

static void job_free(struct import_job *job)
{
    struct scope scope = job->scope;
    scope_end(&scope);
}

/*
 * The database went away, or had no room: how the import ended is stored as soon as it can be.
 * Those that wait for their turn could not be stored either.
 */
static void job_settle(struct imports *imports, struct uuid id)
{
    for (bool is_settled = false, is_ending = false; !is_settled && !is_ending;) {
        struct scope scope;
        struct timespec end = patience_end();
        scope_begin(&scope);
        is_settled = import_settle(&scope, imports->api->engine, id);
        scope_end(&scope);
        pthread_mutex_lock(&imports->lock);
        while (!is_settled && !imports->is_ending &&
               pthread_cond_timedwait(&imports->is_filled, &imports->lock, &end) == 0) {
            continue;
        }
        is_ending = imports->is_ending;
        pthread_mutex_unlock(&imports->lock);
    }
}

static void job_run(struct imports *imports, struct import_job *job)
{
    struct scope scope;
    struct import_report report;
    struct import_task task = {
        .by = { imports->api->engine, job->user, job->language },
        .id = job->id,
        .path = job->path.data,
        .options = &job->options,
        .errors_path = job->errors_path.data,
    };
    scope_begin(&scope);
    if (!import_run(&scope, &task, &report)) {
        const char *key = scope.error.first ? scope.error.first->key : "";
        log_line(LOG_WARN, "import failed: %s %.*s", key, STR_ARG(scope.error.detail));
        job_settle(imports, job->id);
    } else if (str_is(report.state, "done")) {
        unlink(job->path.data); /* taking it back needs only what the database knows */
    }
    scope_end(&scope);
}

/* What other processes began and nobody ends. Next time, when it cannot be asked now. */
static void watch_others(struct imports *imports)
{
    struct scope scope;
    scope_begin(&scope);
    if (!import_recover(&scope, imports->api->engine, &imports->watch)) {
        log_line(LOG_WARN, "imports of others could not be looked at: %.*s",
                 STR_ARG(scope.error.detail));
    }
    scope_end(&scope);
}

static struct import_job *job_take(struct imports *imports)
{
    pthread_mutex_lock(&imports->lock);
    while (!imports->first && !imports->is_ending) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += IMPORT_RECOVER_SECONDS;
        if (pthread_cond_timedwait(&imports->is_filled, &imports->lock, &until) != ETIMEDOUT) {
            continue;
        }
        pthread_mutex_unlock(&imports->lock);
        watch_others(imports);
        imports_tidy(imports->api->options.data_dir, api_wall_ms());
        pthread_mutex_lock(&imports->lock);
    }
    struct import_job *job = imports->is_ending ? NULL : imports->first;
    if (job) {
        imports->first = job->next;
        if (!imports->first) imports->last = NULL;
        imports->count -= 1;
    }
    pthread_mutex_unlock(&imports->lock);
    return job;
}

static void *imports_loop(void *context)
{
    struct imports *imports = context;
    for (struct import_job *job; (job = job_take(imports)) != NULL;) {
        job_run(imports, job);
        pthread_mutex_lock(&imports->lock);
        job->is_done = true;
        bool is_left = job->is_left;
        pthread_cond_broadcast(&imports->is_moved);
        pthread_mutex_unlock(&imports->lock);
        if (is_left) job_free(job);
    }
    return NULL;
}

/* Queues the job and, when patient, waits for a moment; false when too many wait. */
static bool job_submit(struct call *call, struct import_job *job, bool is_patient)
{
    struct imports *imports = call->api->imports;
    struct timespec end = patience_end();
    pthread_mutex_lock(&imports->lock);
    bool is_taken = imports->count < JOB_COUNT_MAX && !imports->is_ending;
    if (is_taken) {
        if (imports->last) {
            imports->last->next = job;
        } else {
            imports->first = job;
        }
        imports->last = job;
        imports->count += 1;
        pthread_cond_signal(&imports->is_filled);
        while (is_patient && !job->is_done &&
               pthread_cond_timedwait(&imports->is_moved, &imports->lock, &end) == 0) {
            continue;
        }
        job->is_left = true;
    }
    bool is_done = job->is_done;
    pthread_mutex_unlock(&imports->lock);
    if (!is_taken || is_done) job_free(job);
    return is_taken || error_set(call->scope, ERROR_STORAGE, "server.busy", STR(""));
}

/* It will not be run after all. */
static void job_put_back(struct imports *imports, struct uuid id)
{
    struct scope scope;
    scope_begin(&scope);
    if (!import_unwait(&scope, imports->api->engine, id)) {
        log_line(LOG_WARN, "import not taken out of the line: %.*s", STR_ARG(scope.error.detail));
    }
    scope_end(&scope);
}

/* In the line for everybody to see before it is in the line. Takes the job. */
static bool job_queue(struct call *call, struct import_job *job, bool is_patient)
{
    struct uuid id = job->id;
    if (!import_wait(call->scope, call->api->engine, id)) {
        job_free(job);
        return false;
    }
    if (job_submit(call, job, is_patient)) return true;
    job_put_back(call->api->imports, id);
    return false;
}

/* The report as it stands now, in a snapshot of its own. */
static bool report_answer(struct call *call)
{
    struct db_conn *conn = NULL;
    if (!db_read_begin(call->scope, call->api->db, &conn)) return false;
    json_map_begin(&call->out);
    bool is_ok = import_report_put(call->scope, conn, &call->context, call->id, &call->out);
    json_map_end(&call->out);
    db_read_end(conn);
    return is_ok;
}

static bool options_take(struct call *call, struct scope *scope, struct import_options *options)
{
    struct str object, state;
    enum import_kind kind;
    if (!import_find(call->scope, call->conn, &call->context, call->id, &object, &kind,
                     &state)) {
        return false;
    }
    if (!str_is(state, "preview")) {
        return error_set(call->scope, ERROR_CONFLICT, "import.already_run", STR(""));
    }
    if (!import_options_read(scope, &call->body, options)) return false;
    options->object = scope_copy(scope, object);
    options->kind = kind;
    return true;
}

/* Moves an error of a scope that ends to the call's. */
static bool error_move(struct call *call, const struct scope *from)
{
    for (const struct error_item *item = from->error.first; item; item = item->next) {
        error_add(call->scope, from->error.code, item->key, scope_copy(call->scope, item->field));
        for (int i = 0; i < item->arg_count; i++) {
            error_arg(call->scope, item->args[i].name, item->args[i].value);
        }
    }
    if (!error_is_set(call->scope)) {
        error_storage(call->scope, scope_copy(call->scope, from->error.detail));
    }
    return false;
}

static struct import_task task_of(struct call *call, const struct import_options *options,
                                  const char *path)
{
    return (struct import_task){
        .by = { call->api->engine, call->context.actor.user, call->context.actor.language },
        .id = call->id,
        .path = path,
        .options = options,
    };
}

static struct import_job *job_make(struct call *call, struct scope *own, struct uuid id)
{
    struct import_job *job = scope_new(own, struct import_job, 1);
    job->path = scope_copy(own, imports_path(call, uuid_format(call->scope, id)));
    job->errors_path = scope_copy(own, errors_path(call, id));
    job->id = id;
    job->user = call->context.actor.user;
    job->language = call->context.actor.language;
    return job;
}

bool imports_queue(struct call *call, struct uuid id, struct str object,
                   const struct json *options)
{
    struct scope own;
    struct json body;
    scope_begin(&own);
    struct import_job *job = job_make(call, &own, id);
    bool is_ok = json_read(&own, scope_copy(&own, json_to_text(call->scope, options)), &body) &&
                 import_options_read(&own, &body, &job->options);
    if (!is_ok) {
        error_move(call, &own);
        scope_end(&own);
        return false;
    }
    job->options.object = scope_copy(&own, object);
    job->scope = own;
    return job_queue(call, job, false);
}

/* On a worker. */
bool api_import_run(struct call *call)
{
    struct scope own;
    if (!call_capture_id(call, 0, &call->id) || !call_body_map(call)) return false;
    scope_begin(&own);
    struct import_job *job = job_make(call, &own, call->id);
    /* The options keep pointers into a text of the job's own. */
    struct json body;
    struct json kept = call->body;
    bool is_ok = json_read(&own, scope_copy(&own, json_to_text(call->scope, &kept)), &body);
    if (is_ok) call->body = body;
    is_ok = is_ok && options_take(call, &own, &job->options);
    call->body = kept;
    struct import_task task = task_of(call, &job->options, job->path.data);
    is_ok = is_ok && import_check(call->scope, &task);
    if (!is_ok) {
        if (!error_is_set(call->scope)) error_move(call, &own);
        scope_end(&own);
        return false;
    }
    job->scope = own;
    call->request->response.status = 202;
    return job_queue(call, job, true) && report_answer(call);
}

static void put_failures(struct call *call, const struct import_report *report)
{
    json_key(&call->out, STR("failed"));
    json_list_begin(&call->out);
    for (int i = 0; i < report->failed_kept; i++) {
        const struct import_failure *failure = &report->failed[i];
        json_map_begin(&call->out);
        json_member_int(&call->out, "row", failure->row);
        json_member_str(&call->out, "column", failure->column);
        json_member_str(&call->out, "value", failure->value);
        json_member_str(&call->out, "code", failure->code);
        json_member_str(&call->out, "message", failure->message);
        json_map_end(&call->out);
    }
    json_list_end(&call->out);
}

/* On a worker: the same as run, with nothing kept. */
bool api_import_check(struct call *call)
{
    struct import_options options;
    struct import_report report;
    if (!call_capture_id(call, 0, &call->id) || !call_body_map(call) ||
        !options_take(call, call->scope, &options)) {
        return false;
    }
    options.is_dry_run = true;
    struct str path = imports_path(call, uuid_format(call->scope, call->id));
    struct import_task task = task_of(call, &options, path.data);
    if (!import_run(call->scope, &task, &report)) return false;
    json_map_begin(&call->out);
    json_key(&call->out, STR("id"));
    json_put_id(&call->out, call->id);
    json_member_str(&call->out, "state", STR("preview"));
    json_member_int(&call->out, "rows", report.rows);
    json_member_int(&call->out, "created", report.created);
    json_member_int(&call->out, "updated", report.updated);
    json_member_int(&call->out, "skipped", report.skipped);
    json_member_int(&call->out, "failed_count", report.failed_count);
    put_failures(call, &report);
    json_map_end(&call->out);
    return true;
}

/* ---- asking ---- */

bool api_imports(struct call *call)
{
    int limit;
    if (!call_param_limit(call, PAGE_LIMIT, LIST_LIMIT, &limit)) return false;
    json_map_begin(&call->out);
    if (!import_list_put(call->scope, call->conn, &call->context, limit, &call->out)) {
        return false;
    }
    json_map_end(&call->out);
    return true;
}

bool api_import(struct call *call)
{
    if (!call_capture_id(call, 0, &call->id)) return false;
    json_map_begin(&call->out);
    if (!import_report_put(call->scope, call->conn, &call->context, call->id, &call->out)) {
        return false;
    }
    json_map_end(&call->out);
    return true;
}

/* On a worker. */
bool api_import_errors(struct call *call)
{
    struct str object, state, content;
    enum import_kind kind;
    if (!call_capture_id(call, 0, &call->id) ||
        !import_find(call->scope, call->conn, &call->context, call->id, &object, &kind,
                     &state)) {
        return false;
    }
    struct str path = errors_path(call, call->id);
    if (access(path.data, R_OK) != 0) {
        return error_set(call->scope, ERROR_NOT_FOUND, "import.no_errors", STR(""));
    }
    if (!file_content(call, path.data, &content)) return false;
    http_header_add(call->request, STR("Content-Disposition"),
                    scope_format(call->scope, "attachment; filename=\"%.*s-errors.xlsx\"",
                                 STR_ARG(object)));
    http_header_add(call->request, STR("X-Content-Type-Options"), STR("nosniff"));
    http_body_refer(call->request, export_content_type(TABLE_XLSX), content);
    return true;
}

bool api_import_cancel(struct call *call)
{
    return call_capture_id(call, 0, &call->id);
}

bool api_import_cancel_write(struct call *call, struct db_conn *conn)
{
    if (!import_cancel(call->scope, conn, &call->context, call->id)) return false;
    json_map_begin(&call->out);
    if (!import_report_put(call->scope, conn, &call->context, call->id, &call->out)) return false;
    json_map_end(&call->out);
    return true;
}

/* On a worker. Only those who may see an import may take it back. */
bool api_import_undo(struct call *call)
{
    struct str object, state;
    enum import_kind kind;
    struct import_by by = { call->api->engine, call->context.actor.user,
                            call->context.actor.language };
    if (!call_capture_id(call, 0, &call->id) ||
        !import_find(call->scope, call->conn, &call->context, call->id, &object, &kind,
                     &state) ||
        !import_undo(call->scope, &by, call->id)) {
        return false;
    }
    unlink(errors_path(call, call->id).data);
    return report_answer(call);
}

/* ---- life ---- */

bool imports_start(struct scope *scope, struct api *api)
{
    struct imports *imports = scope_new(scope, struct imports, 1);
    imports->api = api;
    pthread_mutex_init(&imports->lock, NULL);
    pthread_cond_init(&imports->is_filled, NULL);
    pthread_cond_init(&imports->is_moved, NULL);
    api->imports = imports;
    if (!import_recover(scope, api->engine, &imports->watch)) return false;
    if (pthread_create(&imports->thread, NULL, imports_loop, imports) != 0) {
        return error_storage(scope, STR("no thread for imports"));
    }
    imports->is_started = true;
    return true;
}

/* An import under way is finished; those waiting can be run again later. */
void imports_stop(struct api *api)
{
    struct imports *imports = api->imports;
    pthread_mutex_lock(&imports->lock);
    imports->is_ending = true;
    struct import_job *waiting = imports->first;
    imports->first = imports->last = NULL;
    pthread_cond_broadcast(&imports->is_filled);
    pthread_mutex_unlock(&imports->lock);
    if (imports->is_started) pthread_join(imports->thread, NULL);
    imports->is_started = false;
    while (waiting) {
        struct import_job *next = waiting->next;
        job_put_back(imports, waiting->id);
        pthread_mutex_lock(&imports->lock);
        bool is_left = waiting->is_left;
        waiting->is_done = true;
        pthread_cond_broadcast(&imports->is_moved);
        pthread_mutex_unlock(&imports->lock);
        if (is_left) job_free(waiting);
        waiting = next;
    }
}
