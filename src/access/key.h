#ifndef ACCESS_KEY_H
#define ACCESS_KEY_H

#include "access/access.h"
#include "access/session.h"

/*
 * Keys for programs. A key acts for a person, as a role that is never more than its maker's,
 * for the routes its scopes open and no others. Its secret is told once and kept as a hash;
 * what is done with it stands in the history under its name. Times are of the real clock.
 */
enum {
    KEY_COUNT_MAX = 200,
    KEY_NAME_SIZE_MAX = 100,
    KEY_RATE_PER_MIN = 6000, /* requests, when nothing else is asked for */
    KEY_RATE_PER_MIN_MAX = 60000,
};

/* What routes are open to it; a route that names none is open to no key. */
enum key_scope {
    KEY_READ = 1 << 0,      /* "records:read": records, their history, sums, measures */
    KEY_WRITE = 1 << 1,     /* "records:write" */
    KEY_EXPORT = 1 << 2,    /* "export" */
    KEY_CONFIGURE = 1 << 3, /* "configure" */
    KEY_PEOPLE = 1 << 4,    /* "people" */
    KEY_AUDIT = 1 << 5,     /* "audit" */
};
/* 0: there is none of that name. */
unsigned key_scope_find(struct str name);
const char *key_scope_name(int index); /* NULL behind the last one; the scope is 1 << index */

struct key {
    struct uuid id, person, created_by;
    struct str name, hint; /* the secret's first characters */
    int role;
    unsigned scopes;
    int rate_per_min;
    int64_t until_ms; /* 0: until it is taken back */
    int64_t created_at_ms, last_at_ms;
};

bool key_is_secret(struct str token); /* a key's, not a session's */
/* In a write: sets id and hint; the secret is told only here. ERROR_TOO_LARGE "key.too_many". */
MUST_USE bool key_make(struct scope *scope, struct db_conn *conn, struct key *key, int64_t now_ms,
                       struct str *out_secret);
/* One indexed read. ERROR_UNAUTHENTICATED "key.ended" when there is none, or it has ended. */
MUST_USE bool key_find(struct scope *scope, struct db_conn *conn, struct str secret,
                       int64_t now_ms, struct key *out);
/* All, newest first. */
MUST_USE bool key_list(struct scope *scope, struct db_conn *conn, struct key **out, int *count);
MUST_USE bool key_touch(struct scope *scope, struct db_conn *conn, struct uuid id, int64_t now_ms);
/* ERROR_NOT_FOUND when there is none. */
MUST_USE bool key_end(struct scope *scope, struct db_conn *conn, struct uuid id);
/* Does the one role hold all that the other does, for every object, action and field? */
bool role_covers(const struct access *access, const struct role *role, const struct role *other);

#endif
