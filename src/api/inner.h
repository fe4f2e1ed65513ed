#ifndef API_INNER_H
#define API_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "access/key.h"
#include "api/api.h"
#include "base/json.h"
#include "feed/feed.h"
#include "http/router.h"
#include "http/sse.h"
#include "record/titles.h"

/*
 * What the files of this room share; nobody else includes it.
 *
 * A call is one request on its way: who asks, what with, and the answer being
 * written. It lives in the request's scope and is touched by one thread at a
 * time: the loop, perhaps a worker, perhaps the writer.
 */
enum {
    BODY_SIZE_MAX = 1024 * 1024,
    BATCH_SIZE_MAX = 8 * 1024 * 1024,
    FILE_SIZE_MAX = 25 * 1024 * 1024,
    IMPORT_SIZE_MAX = 64 * 1024 * 1024,
    READ_TIME_MAX_MS = 5000,
    BATCH_COUNT_MAX = 1000,
    PAGE_LIMIT = 50,
    PAGE_LIMIT_MAX = 200,
    TEXT_OUT_SIZE_MAX = 1024 * 1024,
};

struct call;

enum need {
    NEED_USER = 0,
    NEED_NOBODY,       /* open to all */
    NEED_CONFIGURE,
    NEED_PEOPLE,
    NEED_AUDIT,
};

enum route_flag {
    ROUTE_RAW = 1,     /* the body is not JSON */
    ROUTE_WORK = 2,    /* handle runs on a worker */
    ROUTE_READ = 4,    /* a POST that changes nothing: no CSRF header, no idempotency */
    ROUTE_BARE = 8,    /* no snapshot of the database is opened for handle */
    ROUTE_ONCE = 16,   /* answered anew each time: no idempotency */
    ROUTE_STREAM = 32, /* handle's state becomes a stream of events */
    ROUTE_ANYWAY = 64, /* also for who must set up a second factor before anything else */
    /* Open to keys with the scope; a route with none of these is open to no key. */
    ROUTE_KEY_SHIFT = 8,
    FOR_READ = KEY_READ << ROUTE_KEY_SHIFT,
    FOR_WRITE = KEY_WRITE << ROUTE_KEY_SHIFT,
    FOR_EXPORT = KEY_EXPORT << ROUTE_KEY_SHIFT,
    FOR_CONFIGURE = KEY_CONFIGURE << ROUTE_KEY_SHIFT,
    FOR_PEOPLE = KEY_PEOPLE << ROUTE_KEY_SHIFT,
    FOR_AUDIT = KEY_AUDIT << ROUTE_KEY_SHIFT,
};

struct route {
    enum http_method method;
    const char *pattern;
    enum need need;
    unsigned flags;
    int64_t body_size_max; /* 0: takes no body */
    /*
     * handle: reads and checks; without a write it also makes the answer.
     * write: inside the transaction, on the writer's thread; makes the answer.
     * finish: after the commit, when the answer needs what it made current.
     */
    bool (*handle)(struct call *call);
    bool (*write)(struct call *call, struct db_conn *conn);
    bool (*finish)(struct call *call);
    const char *summary;  /* for people */
    const char *query;    /* names of query parameters */
    const char *request;  /* schema names of openapi.c */
    const char *response; /* empty: 204 */
};

/* What a key adds to the session it stands for. */
struct pass {
    struct uuid key; /* nil: none */
    struct str name;
    unsigned scopes;
    int rate_per_min;
};

struct call {
    struct api *api;
    struct http_request *request;
    struct scope *scope; /* the request's */
    const struct route *route;
    struct str captures[ROUTE_CAPTURE_COUNT_MAX];
    const struct snapshot *snapshot; /* pinned until the answer */
    struct engine_context context;   /* on behalf of whom */
    struct record_context records;
    struct session session;
    struct pass pass;                /* of a key; nil: a person's own session */
    bool has_session, has_cookie;
    struct db_conn *conn;            /* the snapshot of the database, during handle */
    struct json body;
    struct json_writer out;          /* onto the answer's body */
    struct str source;               /* a formula the client sent, for positions of errors */
    const struct object *object;     /* what the call is about, for texts of errors */
    struct titles titles;            /* of what the answer names; begun when first needed */
    struct uuid id;
    int64_t job;                     /* begun by this call; 0: none */
    void *state;                     /* from handle to write and finish */
    int kept_header_count;
    bool is_outdated;                /* the configuration moved on: to be planned anew */
    bool is_renewed;                 /* has been, once */
    int64_t began_ms;                /* monotonic */
    struct str request_id, idempotency_key;
    struct db_write db_write;
    struct call *next;               /* a queue's */
};

struct work_queue {
    pthread_mutex_t lock;
    pthread_cond_t is_filled;
    pthread_t threads[8];
    int thread_count;
    struct call *first, *last;
    int count;
    bool is_ending;
};

enum { ADDRESS_SLOT_COUNT = 4096, LATENCY_BUCKET_COUNT = 10, TEXT_SLOT_COUNT = 64 };
/* Wrong logins of one address; slots are shared by hash, the newest address wins. */
struct address_slot {
    uint64_t hash;
    int failed_count;
    int64_t since_ms;
};

/* The definitions of all objects as one role sees them in one version of the configuration. */
struct text_slot {
    int64_t version; /* 0: empty */
    int role;
    struct scope scope; /* the text's */
    struct str text;
};

struct hub;     /* events.c */
struct who;     /* who.c */
struct imports; /* imports.c */

struct api {
    struct engine *engine;
    struct db *db;
    struct api_options options;
    struct router *router;
    struct work_queue work;
    struct hub *hub;
    struct who *who;
    struct imports *imports;
    pthread_mutex_t address_lock;
    struct address_slot *addresses;
    pthread_mutex_t text_lock;
    struct text_slot *texts; /* by role */
    int64_t started_ms;
    atomic_llong request_counts[6]; /* by first digit of the status */
    atomic_llong latency_counts[LATENCY_BUCKET_COUNT + 1], latency_sum_ms;
    atomic_llong write_count, write_failed_count, open_count, stream_count;
};

/* ---- routes.c ---- */
extern const struct route api_routes[];
extern const int api_route_count;

/* ---- api.c ---- */
/* The real time; sessions and limits are about it, not about the workspace's clock. */
int64_t api_wall_ms(void);
/* After handle (and write): the answer or the problem goes out. The call is gone then. */
void call_finish(struct call *call, bool is_ok);
/* Runs handle with a snapshot of the database; then submits or answers. */
void call_run(struct call *call);

/* ---- auth.c ---- */
/* Fills in session, actor, language. ERROR_UNAUTHENTICATED when there is nobody. */
bool call_authenticate(struct call *call);
bool call_check_need(struct call *call);
bool call_check_csrf(struct call *call);
struct str call_token(const struct call *call, bool *is_cookie);
/* Wrong logins from one address; true: no more for now. */
bool address_is_blocked(struct api *api, struct str address, int64_t now_ms, int64_t *rest_ms);
void address_failed(struct api *api, struct str address, int64_t now_ms);

/* ---- who.c ---- */
void who_start(struct scope *scope, struct api *api);
/* Fills in session and actor; ERROR_UNAUTHENTICATED when there is nobody. */
bool who_find(struct call *call, struct str token, int64_t now_ms);
/* ERROR_RATE when the key has asked too much this minute. */
bool who_check_rate(struct call *call, int64_t now_ms);
/* After a commit: what it may have changed about people, teams and roles. */
void who_tell(struct api *api, const struct event *events, int count);
/* Inside a write that ends sessions: when it is durable, before it is answered. */
void who_forget_after(struct api *api, struct db_conn *conn);
/* The same when sessions of a person end, on all nodes; their streams of events end with them. */
void who_ended(struct api *api, struct db_conn *conn, struct uuid person);

/* ---- plans.c ---- */
struct plan_hold {
    const struct query_plan *plan;
    struct memo_entry *entry; /* NULL: made for this call only */
    struct str key;
};
typedef bool plan_maker(struct scope *scope, const struct record_context *context,
                        const struct record_query *query, enum plan_use use,
                        struct query_plan **out);
/* What a plan of call->object is kept under; empty: it is not to be kept. */
struct str call_plan_key(struct call *call, char kind, struct str asked);
bool call_plan_find(struct call *call, struct str key, struct plan_hold *out);
/* After call_plan_find() found none. */
bool call_plan_make(struct call *call, plan_maker *make, const struct record_query *query,
               struct plan_hold *hold);
void call_plan_drop(struct plan_hold *hold);

/* ---- problem.c ---- */
int error_status(enum error_code code);
/* application/problem+json from an error; takes back what the answer held. */
void problem_put(struct call *call, const struct error *error);
void problem_put_as(struct call *call, const struct error *error, int status);
/* "errors":[…] as a member of the open map. */
void errors_put(struct call *call, const struct error *error);

/* ---- work.c ---- */
bool work_start(struct scope *scope, struct api *api);
void work_stop(struct api *api);
/* ERROR_STORAGE "server.busy" when too much is waiting. */
bool work_submit(struct call *call);

/* ---- call.c: what handlers need ---- */
/* A query parameter; empty when absent. */
bool call_param(struct call *call, const char *name, struct str *out);
/* 1 … max; "field.too_large" and the like blame the parameter. */
bool call_param_limit(struct call *call, int fallback, int max, int *out);
bool call_param_bool(struct call *call, const char *name, bool *out_is_given, bool *out);
/* A capture as an id; ERROR_NOT_FOUND when it is none. */
bool call_capture_id(struct call *call, int index, struct uuid *out);
/* The object of capture 0, when the person may see any of it; sets call->object. */
bool call_object(struct call *call);
/* Like call_object, for any name. */
bool call_object_named(struct call *call, struct str name, const struct object **out);
/* The version If-Match asks for; 0: any. */
int64_t call_if_match(const struct call *call);
void call_etag(struct call *call, int64_t version);
/* An entity tag for what changes with the configuration only; true: 304 was set. */
bool call_etag_schema(struct call *call);
bool call_body_map(struct call *call);
/* A member that must be a text. */
bool call_text(struct call *call, const char *name, bool is_required, struct str *out);
bool call_time(struct call *call, const char *name, int64_t *out_ms);
bool call_has_right(const struct call *call, enum access_right right);
bool call_is_admin(const struct call *call);
/* json helpers */
void member_id(struct json_writer *writer, const char *name, const struct cell *cell);
void member_time(struct json_writer *writer, const char *name, const struct cell *cell);
void member_text(struct json_writer *writer, const char *name, const struct cell *cell);
void member_label(struct json_writer *writer, const char *name, struct label label);
/* A text stored as {"zh","en"}, in the caller's language. */
void member_both(struct call *call, const char *name, const struct cell *cell);
/* NULL: null. */
void member_tree(struct json_writer *writer, const char *name, const struct json *tree);
/* JSON as stored; null when it is none. */
void member_json(struct call *call, const char *name, const struct cell *cell);
void member_object(struct call *call, const char *name, const struct cell *cell);
/*
 * Names and titles of a page are read together when the first of them is asked for: a list says
 * of all its rows what they will name, then writes them.
 */
struct titles *call_titles(struct call *call);
void name_want(struct call *call, const char *table, struct uuid id);
void title_want(struct call *call, const struct object *object, struct uuid id);
/* Of the "user" or "team", for everybody; false in *is_found: there is none any more. */
bool name_find(struct call *call, struct db_conn *conn, const char *table, struct uuid id,
               struct str *out, bool *is_found);
/* Name of a person or team; null when gone. */
bool member_name_of(struct call *call, struct db_conn *conn, const char *name, const char *table,
                    const struct cell *id);
/* Title of a record the caller may see; empty otherwise. */
bool record_title(struct call *call, struct db_conn *conn, const struct object *object,
                  struct uuid id, struct str *out);
const char *level_name(int64_t level);
int level_of(struct str name);
/* {"items":[ … ]} */
void list_begin(struct call *call);
void list_end(struct call *call);
/* In place of the end, of one page: ],"next":CURSOR (empty: null), and the map stays open. */
void list_next(struct call *call, struct str cursor);
/* Page cursors made of integers and an id: "1.2.uuid". */
struct str cursor_put(struct scope *scope, const int64_t *keys, int key_count, struct uuid id);
bool cursor_take(struct scope *scope, struct str text, int64_t *keys, int key_count,
                 struct uuid *id);

/* ---- audit.c ---- */
/* A line of the audit inside a write, by the actor, or (they are nobody yet) by the person. */
bool call_audit(struct call *call, struct db_conn *conn, const char *kind, struct uuid person,
                const struct audit_pair *pairs, int count);

/* ---- audit_text.c ---- */
struct audit_row {
    struct uuid by, record;
    struct str by_name, via, kind, object, field; /* empty: none */
    struct json detail;
};
/* Says which names and titles the sentence will need. */
void audit_want(struct call *call, const struct audit_row *row);
/* What was done, as a sentence without its subject, and its subject. */
bool audit_sentence(struct call *call, const struct audit_row *row, struct str *out);
struct str audit_doer(struct call *call, const struct audit_row *row);

/* ---- configure.c: kinds that the schema only keeps ---- */
/* The definition as it stands in this transaction; ERROR_NOT_FOUND. */
bool config_body_load(struct call *call, struct db_conn *conn, const char *kind, struct str name,
                      struct json *out);
/* What is given replaces what was; null takes it away. */
void config_overlay(struct scope *scope, struct json *map, const struct json *change);
bool plain_create(struct call *call, struct db_conn *conn, const char *kind);
bool plain_change(struct call *call, struct db_conn *conn, const char *kind);
bool config_delete(struct call *call, struct db_conn *conn, const char *kind);

/* ---- record.c ---- */
/* The record as the API gives it, read inside the write; a bare one when it is out of sight now. */
bool record_answer(struct call *call, struct db_conn *conn, const struct object *object,
                   struct uuid id, int64_t version);
/* A list of them, in their order: as they are when all have been written. */
bool records_answer(struct call *call, struct db_conn *conn, const struct record *records,
                    int count);
/* exports.c. All of a file of our own, for an answer. */
bool file_content(struct call *call, const char *path, struct str *out);
/* People and teams are written only by those who may manage them, roles only within one's own. */
bool people_check(struct call *call, struct db_conn *conn, const struct object *object,
                  struct uuid id, const struct changes *changes);

/* ---- events.c ---- */
bool hub_start(struct scope *scope, struct api *api);
void hub_stop(struct api *api);
void hub_tell(const struct event *events, int count, void *api);
int hub_stream_count(struct hub *hub);
void hub_open(struct api *api, struct http_request *request, void *state);

/* ---- metadata.c ---- */
void put_configs(struct call *call, const char *kind);
void texts_end(struct api *api);

/* ---- calendars.c ---- */
/* {"days": [DAY…], "years"?: [2026…]} put into a calendar's definition. */
bool calendar_days_apply(struct call *call, const struct json *change, struct json *body);

/* ---- layouts.c ---- */
/* {object: layout} as the person's role has them. */
struct json layouts_for(struct call *call);

/* ---- imports.c ---- */
/* DATA/imports/NAME */
struct str imports_path(struct call *call, struct str name);
bool imports_file_store(struct call *call, struct str path, struct str body);
/* The file of a multipart body, which is never empty, and the body's other parts. */
struct multipart;
struct handed_file {
    struct multipart *parts;
    struct str bytes, name;
};
bool file_take(struct call *call, struct handed_file *out);
/* A registered import whose file lies under its id, to be run in its turn; options as for run. */
bool imports_queue(struct call *call, struct uuid id, struct str object,
                   const struct json *options);
bool imports_start(struct scope *scope, struct api *api);
/* imports_tidy.c: files nobody came back for in a week. */
void imports_tidy(struct str data_dir, int64_t now_ms);
void imports_stop(struct api *api);

/* ---- openapi.c ---- */
void openapi_put(struct json_writer *writer, const char *version);

/* ---- shapes.c ---- */
/* All shapes by name, as JSON schemas. */
void shapes_put(struct json_writer *writer);
/*
 * Refuses members that the shape does not name, at any depth, with the path of each; one that is
 * null takes nothing in and passes. Types are for who reads the value. "": there is no shape.
 */
bool shape_check(struct scope *scope, const char *shape, const struct json *value);
/* One of them with every member optional. */
void shape_put_partial(struct json_writer *writer, const char *name);

/* Handlers, by file. */
bool api_session_open(struct call *call);
bool api_session_close(struct call *call, struct db_conn *conn);
bool api_session_end_all(struct call *call, struct db_conn *conn);
bool api_invite_accept(struct call *call);

bool api_otp(struct call *call);
bool api_otp_password(struct call *call);
bool api_otp_begin_write(struct call *call, struct db_conn *conn);
bool api_otp_confirm(struct call *call);
bool api_otp_confirm_write(struct call *call, struct db_conn *conn);
bool api_otp_remove_write(struct call *call, struct db_conn *conn);
bool api_user_otp(struct call *call);
bool api_user_otp_reset(struct call *call);
bool api_user_otp_reset_write(struct call *call, struct db_conn *conn);
bool api_sessions(struct call *call);
bool api_session_end_one(struct call *call);
bool api_session_end_one_write(struct call *call, struct db_conn *conn);
bool api_keys(struct call *call);
bool api_key_create(struct call *call);
bool api_key_create_write(struct call *call, struct db_conn *conn);
bool api_key_delete(struct call *call);
bool api_key_delete_write(struct call *call, struct db_conn *conn);

bool api_me(struct call *call);
bool api_me_counts(struct call *call);
bool api_me_change(struct call *call);
bool api_me_change_write(struct call *call, struct db_conn *conn);
bool api_me_password(struct call *call);
bool api_me_password_write(struct call *call, struct db_conn *conn);

bool api_objects(struct call *call);
bool api_object(struct call *call);
bool api_pipelines(struct call *call);
bool api_pipeline(struct call *call);
bool api_app(struct call *call);
bool api_demo(struct call *call);
bool api_roles(struct call *call);
bool api_calendars(struct call *call);
bool api_calendar_read(struct call *call);
bool api_calendar_create(struct call *call, struct db_conn *conn);
bool api_calendar_change(struct call *call, struct db_conn *conn);
bool api_calendar_days(struct call *call, struct db_conn *conn);
bool api_calendar_delete(struct call *call, struct db_conn *conn);
bool api_jobs(struct call *call);
bool api_job(struct call *call);
bool api_job_cancel(struct call *call, struct db_conn *conn);
bool api_job_retry(struct call *call, struct db_conn *conn);
bool api_config_plan(struct call *call, struct db_conn *conn);
bool api_config_history(struct call *call);
bool api_config_entry(struct call *call);
bool api_config_undo(struct call *call, struct db_conn *conn);
bool api_rules(struct call *call);
bool api_rule(struct call *call);

bool api_configure_check(struct call *call);
bool api_object_create(struct call *call, struct db_conn *conn);
bool api_object_change(struct call *call, struct db_conn *conn);
bool api_object_delete(struct call *call, struct db_conn *conn);
bool api_object_finish(struct call *call);
bool api_field_create(struct call *call, struct db_conn *conn);
bool api_field_change(struct call *call, struct db_conn *conn);
bool api_field_delete(struct call *call, struct db_conn *conn);
bool api_pipeline_create(struct call *call, struct db_conn *conn);
bool api_pipeline_change(struct call *call, struct db_conn *conn);
bool api_pipeline_delete(struct call *call, struct db_conn *conn);
bool api_pipeline_finish(struct call *call);
bool api_rule_create(struct call *call, struct db_conn *conn);
bool api_rule_change(struct call *call, struct db_conn *conn);
bool api_rule_delete(struct call *call, struct db_conn *conn);
bool api_role_create(struct call *call, struct db_conn *conn);
bool api_role_change(struct call *call, struct db_conn *conn);
bool api_role_delete(struct call *call, struct db_conn *conn);
bool api_role_preview(struct call *call);
bool api_reveal(struct call *call);
bool api_reveal_write(struct call *call, struct db_conn *conn);

bool api_records(struct call *call);
bool api_record(struct call *call);
bool api_record_create(struct call *call);
bool api_record_create_write(struct call *call, struct db_conn *conn);
bool api_records_change(struct call *call);
bool api_records_change_write(struct call *call, struct db_conn *conn);
bool api_record_change(struct call *call);
bool api_record_change_write(struct call *call, struct db_conn *conn);
bool api_record_delete(struct call *call);
bool api_record_delete_write(struct call *call, struct db_conn *conn);
bool api_record_restore(struct call *call);
bool api_record_restore_write(struct call *call, struct db_conn *conn);
bool api_record_claim(struct call *call);
bool api_record_claim_write(struct call *call, struct db_conn *conn);
bool api_record_release(struct call *call);
bool api_record_assign(struct call *call);
bool api_history(struct call *call);
bool api_changes(struct call *call);
bool api_move(struct call *call);
bool api_form_check(struct call *call);
bool api_moves(struct call *call);
bool api_moves_write(struct call *call, struct db_conn *conn);
bool api_shares(struct call *call);
bool api_share_create(struct call *call);
bool api_share_create_write(struct call *call, struct db_conn *conn);
bool api_share_delete(struct call *call);
bool api_share_delete_write(struct call *call, struct db_conn *conn);
bool api_why(struct call *call);
bool api_query(struct call *call);
bool api_formula_check(struct call *call);
bool api_functions(struct call *call);

bool api_audit(struct call *call);
bool api_layouts(struct call *call);
bool api_layout_create(struct call *call, struct db_conn *conn);
bool api_layout_change(struct call *call, struct db_conn *conn);
bool api_layout_delete(struct call *call, struct db_conn *conn);
bool api_layout_reset(struct call *call, struct db_conn *conn);

bool api_views(struct call *call);
bool api_view_create(struct call *call);
bool api_view_create_write(struct call *call, struct db_conn *conn);
bool api_view_change(struct call *call);
bool api_view_change_write(struct call *call, struct db_conn *conn);
bool api_view_delete(struct call *call);
bool api_view_delete_write(struct call *call, struct db_conn *conn);
bool api_view_adopt(struct call *call);
bool api_view_adopt_write(struct call *call, struct db_conn *conn);
bool api_view_release(struct call *call);
bool api_view_release_write(struct call *call, struct db_conn *conn);
bool api_view_history(struct call *call);
bool api_view_undo(struct call *call);
bool api_view_undo_write(struct call *call, struct db_conn *conn);

bool api_tasks(struct call *call);
bool api_task(struct call *call);
bool api_task_done(struct call *call);
bool api_task_done_write(struct call *call, struct db_conn *conn);
bool api_task_reschedule(struct call *call);
bool api_task_reschedule_write(struct call *call, struct db_conn *conn);

bool api_alerts(struct call *call);
bool api_alert(struct call *call);
bool api_intervene(struct call *call);
bool api_intervene_write(struct call *call, struct db_conn *conn);

bool api_messages(struct call *call);
bool api_messages_read(struct call *call);
bool api_messages_read_write(struct call *call, struct db_conn *conn);

bool api_events(struct call *call);

bool api_users(struct call *call);
bool api_user_create(struct call *call);
bool api_user_create_write(struct call *call, struct db_conn *conn);
bool api_user_change(struct call *call);
bool api_user_change_write(struct call *call, struct db_conn *conn);
bool api_user_invite(struct call *call);
bool api_user_invite_write(struct call *call, struct db_conn *conn);
bool api_teams(struct call *call);
bool api_team_create(struct call *call);
bool api_team_create_write(struct call *call, struct db_conn *conn);
bool api_team_change(struct call *call);
bool api_team_change_write(struct call *call, struct db_conn *conn);

bool api_measures(struct call *call);
bool api_measure_scopes(struct call *call);
bool api_measure(struct call *call);

bool api_imports(struct call *call);
bool api_import_create(struct call *call);
bool api_import_create_write(struct call *call, struct db_conn *conn);
bool api_import_create_finish(struct call *call);
bool api_import(struct call *call);
bool api_import_check(struct call *call);
bool api_import_run(struct call *call);
bool api_import_errors(struct call *call);
bool api_import_cancel(struct call *call);
bool api_import_cancel_write(struct call *call, struct db_conn *conn);
bool api_import_undo(struct call *call);
bool api_export(struct call *call);
bool api_my_exports(struct call *call);

bool api_workbook_create(struct call *call);
bool api_workbook_run(struct call *call);

bool api_file_create(struct call *call);
bool api_file_create_write(struct call *call, struct db_conn *conn);
bool api_files(struct call *call);
bool api_file(struct call *call);
/* Files named by a written record hang on it from now on. */
bool files_hang(struct call *call, struct db_conn *conn, const struct changes *changes,
                const struct record *record);

bool api_packs(struct call *call);
bool api_pack_export(struct call *call);
bool api_pack_plan(struct call *call);
bool api_pack_plan_write(struct call *call, struct db_conn *conn);
bool api_pack_apply(struct call *call);
bool api_pack_apply_write(struct call *call, struct db_conn *conn);
bool api_pack_undo(struct call *call);
bool api_pack_undo_write(struct call *call, struct db_conn *conn);
bool api_webhooks(struct call *call);
bool api_webhook_deliveries(struct call *call);
bool api_webhook_check(struct call *call);
bool api_webhook_create_write(struct call *call, struct db_conn *conn);
bool api_webhook_change_write(struct call *call, struct db_conn *conn);
bool api_webhook_delete_write(struct call *call, struct db_conn *conn);
bool api_webhook_test(struct call *call);

bool api_bi(struct call *call);
bool api_settings(struct call *call);
bool api_settings_change(struct call *call);
bool api_settings_change_write(struct call *call, struct db_conn *conn);
bool api_test_clock(struct call *call);
bool api_openapi(struct call *call);
bool api_health(struct call *call);
bool api_ready(struct call *call);
bool api_metrics(struct call *call);

#endif
