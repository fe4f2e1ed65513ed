#ifndef HOOK_HOOK_H
#define HOOK_HOOK_H

#include "engine/engine.h"
#include "feed/feed.h"

/*
 * Telling other systems what has happened. A hook is an address and a position in
 * the feed: what lies behind the position waits in the history, so nothing more is
 * written when records change and nothing is lost while the other side is away.
 * Every hook is told in order, up to HOOK_EVENT_COUNT_MAX events a request, again
 * until it answers 2xx: at least once, with an id by which a repeat is known.
 *
 * Requests are signed as Standard Webhooks 1.0 says (www.standardwebhooks.com):
 * webhook-id, webhook-timestamp (seconds) and webhook-signature "v1," + base64 of
 * HMAC-SHA256 over "id.timestamp.body" with the secret behind "whsec_".
 */
enum {
    HOOK_COUNT_MAX = 100,
    HOOK_EVENT_COUNT_MAX = 100,
    HOOK_URL_SIZE_MAX = 2000,
    HOOK_NAME_SIZE_MAX = 200,
    HOOK_SECRET_SIZE = 24,         /* bytes of a secret */
    HOOK_DELIVERY_COUNT_MAX = 200, /* kept per hook */
    HOOK_TIMEOUT_MS = 10000,
    HOOK_ANSWER_SIZE_MAX = 64 * 1024, /* of the answer is read; it is not kept */
};

struct hook {
    struct uuid id;
    int64_t version;
    struct str name, url;
    struct str objects; /* names with commas between; empty: all that the person reads */
    unsigned kinds;     /* of feed_kind */
    struct str where;   /* formula of the one object; empty: all */
    bool has_records;
    bool is_active;
    struct uuid person; /* with whose eyes it reads */
    struct str secret;  /* "whsec_…" */
    struct str secret_before; /* signs beside the new one until then; empty: none */
    int64_t secret_until_ms;
    int64_t position;      /* of the feed: all up to here was delivered */
    int64_t pending_until; /* where the page ends that is being tried again; 0: none */
    int failed_count;      /* in a row */
    int64_t failing_since_ms, next_at_ms; /* 0: none */
    struct str paused_why; /* message key; empty: not paused */
    int64_t created_at_ms;
};

struct hooks;

/* ---- definitions; inside a write where they change something ---- */
/* All, oldest first; or the one of an id: ERROR_NOT_FOUND "hook.not_found". */
MUST_USE bool hooks_load(struct scope *scope, struct db_conn *conn, struct hook **out,
                         int *count);
MUST_USE bool hook_load(struct scope *scope, struct db_conn *conn, struct uuid id,
                        struct hook *out);
/*
 * ERROR_INVALID naming the field: url (no http or https, user names in it, or an address that
 * hooks may not send to), objects, where (as the person may ask), name. hooks NULL: none are sent.
 */
MUST_USE bool hook_check(struct scope *scope, const struct record_context *context,
                         const struct hooks *hooks, const struct hook *hook);
/* Inserts (version 0) or updates what a person sets; fills in id, secret, position when new. */
MUST_USE bool hook_store(struct scope *scope, struct db_conn *conn, struct hook *hook,
                         int64_t now_ms);
/* A new secret; the one before signs too for 24 hours. */
void hook_rotate(struct scope *scope, struct hook *hook, int64_t now_ms);
MUST_USE bool hook_delete(struct scope *scope, struct db_conn *conn, struct uuid id);

/* ---- delivering ---- */
/* allowed: networks inside that may be reached, "10.0.0.0/8,192.168.7.4"; empty: none. */
MUST_USE bool hooks_start(struct scope *scope, struct engine *engine, struct str allowed,
                          struct hooks **out);
/* Where they may send to; lives as long as they do. */
const struct guard *hooks_guard(const struct hooks *hooks);
/* Waits for the requests at hand, at most HOOK_TIMEOUT_MS. hooks may be NULL. */
void hooks_stop(struct hooks *hooks);
/* One round now: every hook that is due gets its next page. *count were due. */
MUST_USE bool hooks_run(struct scope *scope, struct hooks *hooks, int *count);
/* A request with no events, to see whether the other side is there; nothing is stored. */
struct hook_answer {
    int status;       /* 0: no answer */
    struct str error; /* message key; empty: none */
    int64_t took_ms;
};
MUST_USE bool hook_ping(struct scope *scope, struct hooks *hooks, const struct hook *hook,
                        int64_t now_ms, struct hook_answer *out);

/* ---- guard.c: which addresses may be reached (inner networks may not) ---- */
struct network {
    unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d */
    int bits;
};
enum { NETWORK_COUNT_MAX = 32 };
struct guard {
    struct network allowed[NETWORK_COUNT_MAX];
    int count;
};
/* ERROR_INVALID "hook.network" with {value}. */
MUST_USE bool guard_read(struct scope *scope, struct str text, struct guard *out);
/* 16 bytes, IPv4 mapped. False: loopback, private, link-local, shared, multicast, reserved … */
bool guard_is_outside(const unsigned char address[16]);
bool guard_is_allowed(const struct guard *guard, const unsigned char address[16]);
/* True for an address that is let through by name, inside or not; is_plain: for no other. */
bool guard_may_reach(const struct guard *guard, bool is_plain, const unsigned char address[16]);
/*
 * The same of the address that a URL itself says, in whatever spelling of numbers, or as
 * localhost; true for a name, whose address is known only when it is looked up to be sent to.
 */
bool guard_may_go(struct scope *scope, const struct guard *guard, struct str url);

/* ---- sign.c ---- */
/* "v1,…" for each secret, with blanks between. */
struct str hook_signature(struct scope *scope, const struct hook *hook, struct str id,
                          int64_t now_ms, struct str body);
/* A fresh "whsec_…". */
struct str hook_secret(struct scope *scope);

#endif
