#ifndef ACCESS_SESSION_H
#define ACCESS_SESSION_H

#include "db/db.h"

/*
 * Who is asking: passwords, sessions and invitations. A password is kept as an
 * argon2id hash, a token only as its SHA-256: who reads the database can be
 * nobody. Times here are those of a real clock, even where the workspace runs on
 * a simulated one, so that moving that clock logs nobody out.
 */
enum {
    PASSWORD_SIZE_MIN = 8,   /* code points */
    PASSWORD_SIZE_MAX = 256, /* bytes */
    LOGIN_FAILED_COUNT_MAX = 5,
    SESSION_TOKEN_SIZE = 43, /* 32 random bytes in base64url */
    SESSION_HASH_SIZE = 32,
};

/* ---- passwords: slow on purpose (about 11 ms); never on an event loop or the writer ---- */
/* ERROR_INVALID "password.too_short" or "field.too_long" blaming the field. */
MUST_USE bool password_check(struct scope *scope, struct str password, const char *field);
MUST_USE bool password_hash(struct scope *scope, struct str password, struct str *out);
/* An empty hash takes as long as a real one and matches nothing. */
bool password_matches(struct str hash, struct str password);
/* Inside a write: the hash becomes the person's password; locks and invitations end. */
MUST_USE bool password_store(struct scope *scope, struct db_conn *conn, struct uuid user,
                             struct str hash, int64_t now_ms);
/* Checks, hashes and stores as a write of its own; for the command line. */
MUST_USE bool password_set(struct scope *scope, struct db *db, struct uuid user,
                           struct str password, int64_t now_ms);

/* ---- logging in ---- */
struct credential {
    bool is_found;    /* the login belongs to somebody who is not disabled */
    struct uuid user;
    struct str hash;  /* empty: no password yet */
    int failed_count;
    int64_t locked_until_ms; /* 0: not locked */
};
MUST_USE bool credential_find(struct scope *scope, struct db_conn *conn, struct str login,
                              struct credential *out);
/* By person, also a disabled one. */
MUST_USE bool credential_of(struct scope *scope, struct db_conn *conn, struct uuid user,
                            struct credential *out);
/* A wrong password: from the fifth on the login rests, longer each time, 15 minutes at most. */
MUST_USE bool credential_failed(struct scope *scope, struct db_conn *conn, struct uuid user,
                                int64_t now_ms);

/* ---- invitations: a link with which somebody chooses a first password ---- */
MUST_USE bool invite_make(struct scope *scope, struct db_conn *conn, struct uuid user,
                          int64_t now_ms, struct str *out_token);
/* ERROR_INVALID "session.bad_invite" when it is unknown, used or older than 7 days. */
MUST_USE bool invite_find(struct scope *scope, struct db_conn *conn, struct str token,
                          int64_t now_ms, struct uuid *out_user);

/* ---- sessions ---- */
struct session {
    unsigned char hash[SESSION_HASH_SIZE];
    struct uuid user;
    struct str csrf;
    int64_t last_at_ms, expires_at_ms;
    bool is_stale;   /* session_touch() is due */
    bool is_otp_due; /* the role asks for a second factor that the person has not set up */
};
/* Inside a write, after the password was found right. The token is told only here. */
MUST_USE bool session_begin(struct scope *scope, struct db_conn *conn, struct uuid user,
                            struct str address, struct str agent, int64_t now_ms,
                            struct str *out_token);
/* One indexed read. ERROR_UNAUTHENTICATED "session.expired" when it has ended or never was. */
MUST_USE bool session_find(struct scope *scope, struct db_conn *conn, struct str token,
                           int64_t now_ms, struct session *out);
/* It is in use: 30 more days, but never more than 90 from its beginning. */
MUST_USE bool session_touch(struct scope *scope, struct db_conn *conn,
                            const unsigned char hash[SESSION_HASH_SIZE], int64_t now_ms);
MUST_USE bool session_end(struct scope *scope, struct db_conn *conn,
                          const unsigned char hash[SESSION_HASH_SIZE]);
MUST_USE bool session_end_all(struct scope *scope, struct db_conn *conn, struct uuid user);
/*
 * Sessions as people see them: known by an id that opens nothing (the first half of the hash).
 * A person's, the one used last first.
 */
enum { SESSION_LIST_MAX = 200 };
struct session_seen {
    struct uuid id, user;
    int64_t created_at_ms, last_at_ms, expires_at_ms;
    struct str address, agent;
};
MUST_USE bool session_list(struct scope *scope, struct db_conn *conn, struct uuid user,
                           int64_t now_ms, struct session_seen **out, int *count);
/* ERROR_NOT_FOUND when there is none. */
MUST_USE bool session_seen_find(struct scope *scope, struct db_conn *conn, struct uuid id,
                                int64_t now_ms, struct session_seen *out);
MUST_USE bool session_seen_end(struct scope *scope, struct db_conn *conn, struct uuid id);
/* The hash under which a token is kept. */
void session_hash(struct str token, unsigned char out[SESSION_HASH_SIZE]);

#endif
