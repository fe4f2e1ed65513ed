#ifndef ACCESS_ACCESS_H
#define ACCESS_ACCESS_H

#include "formula/formula.h"

/*
 * Who may do what, compiled into SQL. The only place that answers "may this
 * person": a predicate for every row that is read, a yes or no for every
 * action, a mode for every field. What may not be seen looks absent.
 */
enum access_scope {
    SCOPE_NONE = 0,
    SCOPE_OWN,        /* records one owns */
    SCOPE_TEAM,       /* … or a member of one's team owns */
    SCOPE_TEAM_BELOW, /* … or of a team below it */
    SCOPE_REGION,     /* … or anyone of one's region owns */
    SCOPE_ALL,
    SCOPE_FORMULA,    /* those for which the grant's formula is true, no more and no less */
};

enum access_action {
    ACTION_READ = 0,
    ACTION_CREATE, /* SCOPE_NONE or SCOPE_ALL */
    ACTION_UPDATE,
    ACTION_DELETE,
    ACTION_ASSIGN,
    ACTION_EXPORT,
    ACTION_IMPORT, /* SCOPE_NONE or SCOPE_ALL */
    ACTION_COUNT,
};

enum access_right {
    RIGHT_CONFIGURE = 1 << 0,     /* objects, pipelines, rules, roles */
    RIGHT_MANAGE_PEOPLE = 1 << 1, /* users and teams */
    RIGHT_SKIP_STAGE = 1 << 2,
    RIGHT_IMPORT_HISTORY = 1 << 3, /* created_at, closed_at, stage … as they were */
    RIGHT_INTERVENE = 1 << 4,      /* answer alerts of those below */
    RIGHT_AUDIT = 1 << 5,
};

enum field_mode { FIELD_VISIBLE = 0, FIELD_READONLY, FIELD_MASKED, FIELD_HIDDEN };

struct grant {
    enum access_scope scopes[ACTION_COUNT];
    const struct formula *formulas[ACTION_COUNT]; /* where the scope is SCOPE_FORMULA */
    bool can_reveal;   /* masked values, each time with a line in the audit */
    bool needs_reason; /* … and only with a reason given */
    bool *reveals;     /* by field index; NULL: all masked fields */
};

struct role {
    int id; /* the value of user.role */
    struct str name;
    struct label label;
    unsigned rights;
    struct grant *grants;      /* by position of the object in schema->objects */
    bool has_scope[SCOPE_FORMULA + 1]; /* some grant reaches so far */
    bool sees_all; /* every record of every object, no field of them masked or hidden */
    enum field_mode **modes;   /* by position of the object, then field index; NULL: all visible */
};

struct access {
    const struct schema *schema;
    struct role *roles;
    int role_count;
    struct object *user, *team; /* the objects people and teams live in */
};

/* Some people, named one by one; not known: they are too many, or nobody asked. */
struct person_list {
    struct uuid *ids;
    int count;
    bool is_known;
};

/* How far a record is shared; each level holds those below it. */
enum share_level { SHARE_READ = 1, SHARE_UPDATE };

/* Some records of an object are shared with the actor. */
struct share_reach {
    int object;
    struct uuid team; /* nil: with themselves, else with this team, theirs or one above it */
    enum share_level level; /* of the widest */
};

/* The person (or the system) on whose behalf something happens. */
struct actor {
    struct uuid user; /* nil: the system, which may do all */
    struct str login, name;
    const struct role *role; /* NULL: the system */
    struct uuid team;        /* nil: in no team */
    struct uuid *teams;      /* own team first, then all below it */
    int team_count;
    struct uuid supervisor;
    struct str region;
    /* Oneself and everyone within a scope of the role, by scope. */
    struct person_list people[SCOPE_ALL];
    /* What was shared with them at shares_at_ms; it holds before shares_end_at_ms. */
    struct share_reach *shares;
    int share_count;
    int64_t shares_at_ms, shares_end_at_ms;
    enum language language;
    /*
     * The same number: the same person with the same rights, team and region, so that
     * what was made for one request may serve the next. 0: not known.
     */
    int64_t serial;
};

enum { ACCESS_TEAM_COUNT_MAX = 1000, ACCESS_PERSON_COUNT_MAX = 200 };

/*
 * From the role bodies of the snapshot (whose formulas are compiled), into its scope. Errors
 * name the role and the key; those of a formula are about "role.grants.object.action".
 */
MUST_USE bool access_build(struct scope *scope, const struct schema *schema, struct access **out);
const struct role *access_role(const struct access *access, struct str name);
const struct role *access_role_by_id(const struct access *access, int64_t id);

/* "session.ended" (ERROR_UNAUTHENTICATED) when the user is gone or disabled. */
MUST_USE bool actor_load(struct scope *scope, struct db_conn *conn, const struct access *access,
                         struct uuid user, int64_t now_ms, struct actor *out);
/* The person with another role than their own; NULL: their own. */
MUST_USE bool actor_load_as(struct scope *scope, struct db_conn *conn,
                            const struct access *access, struct uuid user,
                            const struct role *role, int64_t now_ms, struct actor *out);
struct actor actor_system(void);
/* The person for a column such as created_by; blank for the system. */
struct cell actor_cell(struct scope *scope, const struct actor *actor);
bool actor_is_system(const struct actor *actor);
bool actor_has_right(const struct actor *actor, enum access_right right);

const char *access_scope_name(enum access_scope scope);
const char *access_action_name(enum access_action action);
/* The scope of an action on an object. */
enum access_scope access_scope(const struct access *access, const struct actor *actor,
                               const struct object *object, enum access_action action);
/* ERROR_DENIED "access.denied" when the actor may do this to no record at all. */
MUST_USE bool access_check(struct scope *scope, const struct access *access,
                           const struct actor *actor, const struct object *object,
                           enum access_action action);
const char *access_mode_name(enum field_mode mode);
/*
 * A computed field that stands on one that is masked or hidden for the role is so itself.
 */
enum field_mode access_field_mode(const struct access *access, const struct actor *actor,
                                  const struct object *object, const struct field *field);
/* May the actor be shown a value that is masked for them? */
bool access_can_reveal(const struct access *access, const struct actor *actor,
                       const struct field *field, bool *needs_reason);
/*
 * Does the role `own` reach at least as far as the other one does in what that has more than
 * `before` (NULL: nothing)? Nobody gives what they lack. *word names the first thing that is
 * too much: "object.action", "object.field" or a right. before and own are of the first access.
 */
bool access_covers(struct scope *scope, const struct access *access, const struct role *own,
                   const struct role *before, const struct access *after_access,
                   const struct role *after, struct str *word);
/*
 * ERROR_INVALID "field.unknown" when the formula reads a field that is hidden or
 * masked for the actor: a filter or sort must not tell what a column may not show.
 */
MUST_USE bool access_check_formula(struct scope *scope, const struct access *access,
                                   const struct actor *actor, const struct formula *formula);
MUST_USE bool access_check_path(struct scope *scope, const struct access *access,
                                const struct actor *actor, const struct object *object,
                                const struct field_path *path);

/* Appends a condition: the actor may at this moment do this to the row of object under alias. */
void access_put(struct sql *sql, const struct access *access, const struct actor *actor,
                int64_t now_ms, const struct object *object, enum access_action action,
                struct str alias);

/* ---- shares (share.c) ---- */
/* One way in which a share reaches the rows of an object. */
struct access_shared {
    const struct field *reference; /* NULL: the row itself is shared, else what it refers to */
    const struct object *object;   /* what is shared */
    enum share_level level;
};
enum { ACCESS_SHARED_COUNT_MAX = 6 };
/* actor_load()'s part: what is shared with the actor at this moment. */
MUST_USE bool actor_shares_load(struct scope *scope, struct db_conn *conn, int64_t now_ms,
                                struct actor *actor);
bool actor_has_shares(const struct actor *actor, const struct object *object,
                      enum share_level level);
/* The ways, at most ACCESS_SHARED_COUNT_MAX; 0 for who has no shares. */
int access_shared(const struct actor *actor, const struct object *object,
                  enum access_action action, struct access_shared *out);
/* Appends the condition of one way. */
void access_shared_put(struct sql *sql, const struct actor *actor,
                       const struct access_shared *shared, struct str alias);
/* Appends which rows sh of the table share are meant: those of the actor that hold now. */
void access_share_put(struct sql *sql, const struct actor *actor, const struct object *object,
                      enum share_level level);

/* What may be done to a record that belongs to another, told by what may be done to that one. */
enum access_action access_owned_action(enum access_action action);

/* ---- why (why.c) ---- */
/* One of the conditions that access_put() joins by OR, for objects that are not built in. */
struct access_way {
    enum { WAY_OWNER, WAY_FORMULA, WAY_INHERITED, WAY_SHARED } kind;
    const struct field *column;    /* of the person; NULL: there is none */
    const struct field *reference; /* WAY_INHERITED */
    struct access_shared shared;   /* WAY_SHARED */
};
int access_way_count(const struct actor *actor, const struct object *object,
                     enum access_action action);
void access_way_put(struct sql *sql, const struct access *access, const struct actor *actor,
                    int64_t now_ms, const struct object *object, enum access_action action,
                    int way, struct str alias, struct access_way *out);
/*
 * May the subject do this to the record, and why (not), in sentences for the reader, who must
 * be able to see the record, or (is_blind) is the subject and gets the same for a record that
 * is not there.
 */
enum { WHY_LINE_COUNT_MAX = 16 };
struct why {
    bool is_allowed;
    struct str lines[WHY_LINE_COUNT_MAX];
    int line_count;
};
MUST_USE bool access_why(struct scope *scope, struct db_conn *conn, const struct access *access,
                         const struct actor *reader, const struct actor *subject,
                         int64_t now_ms, const struct object *object, struct uuid record,
                         enum access_action action, bool is_blind, struct why *out);

/*
 * Where what the actor reads is told by persons: one of the columns of the row (owner
 * first) must hold one of the people, so that a list can be merged from one index per
 * column and person; what is shared comes as further branches. False: the predicate is
 * another one, use access_put().
 */
enum { ACCESS_COLUMN_COUNT_MAX = 5 };
struct access_reach {
    const struct field *columns[ACCESS_COLUMN_COUNT_MAX];
    int column_count;
    struct person_list people;
    const struct actor *actor;
    struct access_shared shared[ACCESS_SHARED_COUNT_MAX];
    int shared_count;
};
bool access_reach(const struct access *access, const struct actor *actor,
                  const struct object *object, struct access_reach *out);
/* Columns first, then shares. */
int access_reach_count(const struct access_reach *reach);
/* Appends the condition of one of them: it opens the row and none before it does. */
void access_reach_put(struct sql *sql, const struct access_reach *reach, int branch,
                      struct str alias);

/*
 * What the column of a stored formula may tell the actor of a row they see: it holds what
 * comes out for one who sees all. For a role that reads all records it stands on: always.
 * Where those inherit sight along the very reference they hang by: of rows that are read for
 * their owner's sake (access_owned_put). Else never.
 * A text written for one person (field->told_to): for a role that sees all, always.
 */
enum formula_telling access_telling(const struct access *access, const struct actor *actor,
                                    const struct field *field);
/* Appends a condition: the actor reads the row of object for its owner's sake. */
void access_owned_put(struct sql *sql, const struct access *access, const struct actor *actor,
                      const struct object *object, struct str alias);

/* For formula_context.access: rows reached by a formula must be readable for the actor. */
struct access_reader {
    struct formula_access face;
    const struct access *access;
    const struct actor *actor;
    int64_t now_ms;
    struct str owned_alias; /* rows under it are all read for their owner's sake; empty: none */
};
void access_reader_begin(struct access_reader *reader, const struct access *access,
                         const struct actor *actor, int64_t now_ms);
/* A formula context on behalf of the actor: clock, person, teams, reader. */
struct formula_context access_formula_context(const struct access *access,
                                              const struct actor *actor,
                                              const struct access_reader *reader,
                                              struct str alias, int64_t now_ms);

#endif
