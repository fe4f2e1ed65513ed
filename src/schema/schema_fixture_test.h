#ifndef SCHEMA_SCHEMA_FIXTURE_TEST_H
#define SCHEMA_SCHEMA_FIXTURE_TEST_H

#include "db/fixture_test.h"
#include "schema/schema.h"

/* For tests on a workspace: a database with the engine's tables and a snapshot of it. */
struct workspace {
    struct fixture fixture;
    struct scope *scope; /* the fixture's; its error slot is that of the last put */
    struct schema *schema;
};

bool workspace_begin(struct workspace *workspace);
void workspace_end(struct workspace *workspace);
/* Puts a definition (JSON, ' for ") and loads the snapshot anew when it was taken. */
bool workspace_put(struct workspace *workspace, const char *kind, const char *name,
                   const char *json);
bool workspace_drop(struct workspace *workspace, const char *kind, const char *name);
bool workspace_load(struct workspace *workspace);
/* Whether the last put was refused with this key and place, among others. */
bool workspace_refused(const struct workspace *workspace, const char *key, const char *place);
/* JSON text with ' for ", so that tests stay legible. */
struct json quoted(struct scope *scope, const char *json);
bool workspace_exec(struct workspace *workspace, const char *sql);
int64_t workspace_int(struct workspace *workspace, const char *sql);

#endif
