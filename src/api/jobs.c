/* Long work: how far it is, and stopping it. */
#include "api/inner.h"
#include "engine/job.h"

enum { JOB_LIST_LIMIT = 100 };

/* Kept in both languages, one a line. */
static struct str error_in(const struct call *call, struct str both)
{
    size_t line = str_find(both, STR("\n"));
    if (line == SIZE_MAX) return both;
    return call->context.actor.language == LANGUAGE_ZH ? str_slice(both, 0, line)
                                                       : str_slice(both, line + 1, both.size);
}

static void put_job(struct call *call, const struct job *job)
{
    struct json_writer *out = &call->out;
    const struct object *object = schema_object_by_id(call->snapshot->schema, job->object);
    const struct json *changes = json_get(&job->body, "changes");
    const struct field *field = object ? object_field_by_id(object, job->field) : NULL;
    if (object && !field) field = object_field_by_id(object, json_int(&job->body, "target", 0));
    json_map_begin(out);
    json_member_int(out, "id", job->id);
    json_member_str(out, "kind", job->kind);
    json_member_str(out, "state", job->state);
    json_member_int(out, "done", job->done);
    json_member_int(out, "total", job->total);
    if (job->error.size > 0) json_member_str(out, "error", error_in(call, job->error));
    if (object) json_member_str(out, "object", object->name);
    if (field) json_member_str(out, "field", field->name);
    const struct json *names = json_get(&job->body, "fields");
    if (names) {
        json_key(out, STR("fields"));
        json_put_tree(out, names);
    }
    if (changes) json_member_str(out, "type", json_text(changes, "type"));
    if (job->attempts > 0) json_member_int(out, "attempts", job->attempts);
    if (job->attempts > 0) member_time(out, "retry_at", &job->retry_at);
    json_key(out, STR("created_at"));
    json_put_time(out, job->created_at_ms);
    member_id(out, "by", &job->by);
    member_time(out, "finished_at", &job->finished_at);
    json_map_end(out);
}

bool api_jobs(struct call *call)
{
    struct job *jobs;
    int count;
    if (!job_list(call->scope, call->conn, JOB_LIST_LIMIT, &jobs, &count)) return false;
    list_begin(call);
    for (int i = 0; i < count; i++) put_job(call, &jobs[i]);
    list_end(call);
    return true;
}

static bool job_id(struct call *call, int64_t *out)
{
    if (str_to_int64(call->captures[0], out) && *out > 0) return true;
    return error_set(call->scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
}

bool api_job(struct call *call)
{
    struct job job;
    int64_t id;
    if (!job_id(call, &id) || !job_load(call->scope, call->conn, id, &job)) return false;
    put_job(call, &job);
    return true;
}

bool api_job_retry(struct call *call, struct db_conn *conn)
{
    int64_t id;
    call->request->response.status = 204;
    return job_id(call, &id) && job_retry(call->scope, conn, &call->context, id);
}

bool api_job_cancel(struct call *call, struct db_conn *conn)
{
    int64_t id;
    call->request->response.status = 204;
    return job_id(call, &id) && job_cancel(call->scope, conn, &call->context, id);
}
