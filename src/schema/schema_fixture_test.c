/* A workspace for tests. */
#include "schema/schema_fixture_test.h"

#include <stdio.h>

enum { TEST_NOW_MS = 1000 };

struct json quoted(struct scope *scope, const char *json)
{
    char *text = scope_alloc(scope, strlen(json) + 1);
    for (size_t i = 0; json[i]; i++) text[i] = json[i] == '\'' ? '"' : json[i];
    struct json out = { .kind = JSON_KIND_NULL };
    bool ok = json_read(scope, str_of(text), &out);
    CHECK(ok);
    return out;
}

bool workspace_load(struct workspace *workspace)
{
    struct db_conn *conn;
    if (!db_read_begin(workspace->scope, workspace->fixture.db, &conn)) return false;
    bool ok = schema_load(workspace->scope, conn, &workspace->schema);
    db_read_end(conn);
    if (!ok) printf("    %.*s\n", STR_ARG(workspace->scope->error.detail));
    return ok;
}

bool workspace_begin(struct workspace *workspace)
{
    if (!fixture_begin(&workspace->fixture, NULL)) return false;
    workspace->scope = &workspace->fixture.scope;
    bool ok = db_migrate(workspace->scope, workspace->fixture.db, schema_migrations,
                         schema_migration_count);
    if (!ok) printf("    %.*s\n", STR_ARG(workspace->scope->error.detail));
    return CHECK(ok) && CHECK(workspace_load(workspace));
}

void workspace_end(struct workspace *workspace)
{
    fixture_end(&workspace->fixture);
}

struct put_call {
    struct str kind, name;
    const struct json *body;
};

static bool put_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct put_call *call = context;
    if (!call->body) {
        return schema_drop(scope, conn, call->kind, call->name,
                           (struct uuid){ { 0 } }, TEST_NOW_MS);
    }
    return schema_put(scope, conn, call->kind, call->name, call->body,
                      (struct uuid){ { 0 } }, TEST_NOW_MS);
}

static bool call_run(struct workspace *workspace, const struct put_call *call)
{
    scope_error_clear(workspace->scope);
    bool ok = db_write_wait(workspace->scope, workspace->fixture.db, put_run,
                            (void *)(uintptr_t)call);
    if (ok) return workspace_load(workspace);
    if (workspace->scope->error.code == ERROR_STORAGE) {
        printf("    %.*s\n", STR_ARG(workspace->scope->error.detail));
    }
    return false;
}

bool workspace_put(struct workspace *workspace, const char *kind, const char *name,
                   const char *json)
{
    struct json body = quoted(workspace->scope, json);
    const struct put_call call = { str_of(kind), str_of(name), &body };
    return call_run(workspace, &call);
}

bool workspace_drop(struct workspace *workspace, const char *kind, const char *name)
{
    const struct put_call call = { str_of(kind), str_of(name), NULL };
    return call_run(workspace, &call);
}

bool workspace_refused(const struct workspace *workspace, const char *key, const char *place)
{
    const struct error *error = &workspace->scope->error;
    for (const struct error_item *item = error->first; item; item = item->next) {
        if (strcmp(item->key, key) == 0 && str_is(item->field, place)) return true;
    }
    for (const struct error_item *item = error->first; item; item = item->next) {
        printf("    got %s at %.*s\n", item->key, STR_ARG(item->field));
    }
    if (!error->first) printf("    no error, code %d\n", (int)error->code);
    return false;
}

bool workspace_exec(struct workspace *workspace, const char *sql)
{
    return fixture_exec(&workspace->fixture, sql);
}

int64_t workspace_int(struct workspace *workspace, const char *sql)
{
    return fixture_int(&workspace->fixture, sql);
}
