/*
 * Who is asking, remembered for a second: a session and its person cost five reads,
 * and one person asks many times. What this process changes about people, teams,
 * roles or sessions is seen by the next request (who_tell() runs before the
 * change is answered); what another process changes, after WHO_LIFE_MS at most.
 */
#include "api/inner.h"

#include <string.h>

#include "access/otp.h"

enum { WHO_SLOT_COUNT = 2048, RATE_SLOT_COUNT = 1024, WHO_LIFE_MS = 1000 };

struct who_slot {
    struct scope scope; /* of all that the actor points to */
    bool is_filled;
    int64_t generation; /* when it was read */
    int64_t read_at_ms; /* monotonic */
    struct session session;
    struct pass pass;
    int role_id;        /* the role itself goes with its configuration */
    struct actor actor; /* without a role */
};

/* What a key may still ask: as many requests as pass in a minute, all at once if need be. */
struct rate_slot {
    struct uuid key;
    double left;
    int64_t at_ms;
};

struct who {
    pthread_mutex_t lock;
    struct who_slot slots[WHO_SLOT_COUNT]; /* by the token's hash, the newest wins */
    atomic_llong generation;
    atomic_llong serial;
    struct rate_slot rates[RATE_SLOT_COUNT]; /* by the key's id, the newest wins */
};

static void who_end(void *context)
{
    struct who *who = context;
    for (int i = 0; i < WHO_SLOT_COUNT; i++) {
        if (who->slots[i].is_filled) scope_end(&who->slots[i].scope);
    }
    pthread_mutex_destroy(&who->lock);
}

void who_start(struct scope *scope, struct api *api)
{
    api->who = scope_new(scope, struct who, 1);
    pthread_mutex_init(&api->who->lock, NULL);
    scope_defer(scope, who_end, api->who);
}

static void forget(void *context)
{
    struct who *who = context;
    atomic_fetch_add(&who->generation, 1);
}

void who_tell(struct api *api, const struct event *events, int count)
{
    const struct snapshot *snapshot = snapshot_take(api->engine);
    int user = snapshot->access->user->id, team = snapshot->access->team->id;
    snapshot_release(api->engine, snapshot);
    for (int i = 0; i < count; i++) {
        bool is_record = events[i].kind == EVENT_RECORD || events[i].kind == EVENT_DELETED;
        if (events[i].kind == EVENT_ALL || events[i].kind == EVENT_SCHEMA ||
            events[i].kind == EVENT_SIGHT ||
            (is_record && (events[i].object == user || events[i].object == team))) {
            forget(api->who);
            return;
        }
    }
}

void who_forget_after(struct api *api, struct db_conn *conn)
{
    db_after_commit(conn, forget, api->who);
}

void who_ended(struct api *api, struct db_conn *conn, struct uuid person)
{
    who_forget_after(api, conn);
    event_tell(api->engine, conn, (struct event){ .kind = EVENT_SIGHT, .person = person });
}

/* ---- slots ---- */

static struct who_slot *slot_of(struct who *who, const unsigned char *hash)
{
    uint64_t word;
    memcpy(&word, hash, sizeof(word));
    return &who->slots[word % WHO_SLOT_COUNT];
}

static struct actor actor_copy(struct scope *scope, const struct actor *actor)
{
    struct actor copy = *actor;
    copy.login = scope_copy(scope, actor->login);
    copy.name = scope_copy(scope, actor->name);
    copy.region = scope_copy(scope, actor->region);
    copy.teams = scope_new(scope, struct uuid, actor->team_count);
    if (actor->team_count > 0) {
        memcpy(copy.teams, actor->teams, sizeof(*copy.teams) * (size_t)actor->team_count);
    }
    for (int i = 0; i < SCOPE_ALL; i++) {
        const struct person_list *people = &actor->people[i];
        copy.people[i].ids = scope_new(scope, struct uuid, people->count);
        if (people->count > 0) {
            memcpy(copy.people[i].ids, people->ids, sizeof(*people->ids) * (size_t)people->count);
        }
    }
    copy.shares = scope_new(scope, struct share_reach, actor->share_count);
    if (actor->share_count > 0) {
        memcpy(copy.shares, actor->shares, sizeof(*copy.shares) * (size_t)actor->share_count);
    }
    return copy;
}

static bool is_same_ids(const struct uuid *a, int a_count, const struct uuid *b, int b_count)
{
    return a_count == b_count &&
           (a_count == 0 || memcmp(a, b, sizeof(*a) * (size_t)a_count) == 0);
}

/*
 * What a predicate takes of shares. It reads their rows itself and asks for those that end
 * after the moment it was made: while none has ended since, it says what one of now would.
 */
static bool is_same_shares(const struct actor *a, const struct actor *b)
{
    if (a->share_count != b->share_count || a->shares_end_at_ms != b->shares_end_at_ms) {
        return false;
    }
    for (int i = 0; i < a->share_count; i++) {
        const struct share_reach *of_a = &a->shares[i], *of_b = &b->shares[i];
        if (of_a->object != of_b->object || of_a->level != of_b->level ||
            !uuid_equal(of_a->team, of_b->team)) {
            return false;
        }
    }
    return true;
}

/* All that a predicate or a formula may take from a person, but for the role. */
static bool is_same_actor(const struct actor *a, const struct actor *b)
{
    for (int i = 0; i < SCOPE_ALL; i++) {
        const struct person_list *of_a = &a->people[i], *of_b = &b->people[i];
        if (of_a->is_known != of_b->is_known ||
            !is_same_ids(of_a->ids, of_a->count, of_b->ids, of_b->count)) {
            return false;
        }
    }
    return uuid_equal(a->user, b->user) && uuid_equal(a->team, b->team) &&
           uuid_equal(a->supervisor, b->supervisor) && str_equal(a->region, b->region) &&
           is_same_ids(a->teams, a->team_count, b->teams, b->team_count) && is_same_shares(a, b);
}

/* A copy for the call when what is remembered still holds. */
static bool recall(struct call *call, struct who *who, const unsigned char *hash, int64_t now_ms)
{
    const struct role *role = NULL;
    pthread_mutex_lock(&who->lock);
    struct who_slot *slot = slot_of(who, hash);
    if (slot->is_filled && memcmp(slot->session.hash, hash, SESSION_HASH_SIZE) == 0 &&
        slot->generation == atomic_load(&who->generation) &&
        time_monotonic_ms() - slot->read_at_ms < WHO_LIFE_MS &&
        slot->session.expires_at_ms > now_ms &&
        slot->actor.shares_at_ms <= call->context.now_ms &&
        slot->actor.shares_end_at_ms > call->context.now_ms) {
        role = access_role_by_id(call->snapshot->access, slot->role_id);
    }
    if (role) {
        call->session = slot->session;
        call->session.csrf = scope_copy(call->scope, slot->session.csrf);
        call->pass = slot->pass;
        call->pass.name = scope_copy(call->scope, slot->pass.name);
        call->context.actor = actor_copy(call->scope, &slot->actor);
        call->context.actor.role = role;
        slot->session.is_stale = false; /* the one who gets it first writes it down */
    }
    pthread_mutex_unlock(&who->lock);
    return role != NULL;
}

static void remember(struct call *call, struct who *who, int64_t generation)
{
    struct actor *actor = &call->context.actor;
    struct scope own;
    scope_begin(&own);
    pthread_mutex_lock(&who->lock);
    struct who_slot *slot = slot_of(who, call->session.hash);
    bool is_same = slot->is_filled && slot->role_id == actor->role->id &&
                   is_same_actor(&slot->actor, actor);
    actor->serial = is_same ? slot->actor.serial : atomic_fetch_add(&who->serial, 1) + 1;
    if (slot->is_filled) scope_end(&slot->scope);
    *slot = (struct who_slot){
        .is_filled = true,
        .generation = generation,
        .read_at_ms = time_monotonic_ms(),
        .session = call->session,
        .pass = call->pass,
        .role_id = actor->role->id,
        .actor = actor_copy(&own, actor),
    };
    slot->actor.role = NULL;
    slot->session.csrf = scope_copy(&own, call->session.csrf);
    slot->pass.name = scope_copy(&own, call->pass.name);
    slot->session.is_stale = false;
    slot->scope = own;
    pthread_mutex_unlock(&who->lock);
}

/* ---- reading ---- */

static bool session_load(struct call *call, struct db_conn *conn, struct str token, int64_t now_ms)
{
    struct actor *actor = &call->context.actor;
    return session_find(call->scope, conn, token, now_ms, &call->session) &&
           actor_load(call->scope, conn, call->snapshot->access, call->session.user,
                      call->context.now_ms, actor) &&
           otp_is_due(call->scope, conn, actor->user, actor->role->name,
                      &call->session.is_otp_due);
}

/* A key stands for a session of its person that has no CSRF token and is not slid along. */
static bool key_load(struct call *call, struct db_conn *conn, struct str token, int64_t now_ms)
{
    const struct access *access = call->snapshot->access;
    struct key key;
    if (!key_find(call->scope, conn, token, now_ms, &key)) return false;
    const struct role *role = access_role_by_id(access, key.role);
    if (!role) return error_set(call->scope, ERROR_UNAUTHENTICATED, "key.ended", STR(""));
    call->session = (struct session){
        .user = key.person,
        .last_at_ms = key.last_at_ms,
        .expires_at_ms = key.until_ms > 0 ? key.until_ms : INT64_MAX,
        .is_stale = now_ms - key.last_at_ms > TIME_MINUTE_MS,
    };
    session_hash(token, call->session.hash);
    call->pass = (struct pass){ key.id, key.name, key.scopes, key.rate_per_min };
    return actor_load_as(call->scope, conn, access, key.person, role, call->context.now_ms,
                         &call->context.actor);
}

bool who_check_rate(struct call *call, int64_t now_ms)
{
    struct who *who = call->api->who;
    double most = call->pass.rate_per_min;
    uint64_t word;
    memcpy(&word, &call->pass.key.bytes[8], sizeof(word)); /* the random half */
    pthread_mutex_lock(&who->lock);
    struct rate_slot *slot = &who->rates[word % RATE_SLOT_COUNT];
    if (!uuid_equal(slot->key, call->pass.key)) {
        *slot = (struct rate_slot){ call->pass.key, most, now_ms };
    }
    slot->left += (double)(now_ms - slot->at_ms) * most / (double)TIME_MINUTE_MS;
    if (slot->left > most) slot->left = most;
    slot->at_ms = now_ms;
    bool is_open = slot->left >= 1;
    if (is_open) slot->left -= 1;
    pthread_mutex_unlock(&who->lock);
    if (is_open) return true;
    error_set(call->scope, ERROR_RATE, "key.rate", STR(""));
    error_arg(call->scope, "max", scope_format(call->scope, "%d", call->pass.rate_per_min));
    return error_arg(call->scope, "seconds",
                     scope_format(call->scope, "%d", (int)(60 / most) + 1));
}

bool who_find(struct call *call, struct str token, int64_t now_ms)
{
    struct who *who = call->api->who;
    unsigned char hash[SESSION_HASH_SIZE];
    session_hash(token, hash);
    if (recall(call, who, hash, now_ms)) return true;
    int64_t generation = atomic_load(&who->generation);
    struct db_conn *conn = NULL;
    if (!db_read_begin(call->scope, call->api->db, &conn)) return false;
    bool is_ok = key_is_secret(token) ? key_load(call, conn, token, now_ms)
                                      : session_load(call, conn, token, now_ms);
    db_read_end(conn);
    if (is_ok) remember(call, who, generation);
    return is_ok;
}
