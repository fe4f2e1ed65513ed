/*
 * The row predicates made from roles. A predicate never reads more than the owner's
 * row (team, region), where sight is inherited the parent's, and what the formula of
 * a scope names: so a point read stays a point read.
 */
#include "access/access.h"

enum { INHERIT_DEPTH_MAX = 3 };

const struct role *access_role(const struct access *access, struct str name)
{
    for (int i = 0; i < access->role_count; i++) {
        if (str_equal(access->roles[i].name, name)) return &access->roles[i];
    }
    return NULL;
}

const struct role *access_role_by_id(const struct access *access, int64_t id)
{
    for (int i = 0; i < access->role_count; i++) {
        if (access->roles[i].id == id) return &access->roles[i];
    }
    return NULL;
}

/* ---- yes or no ---- */

bool actor_is_system(const struct actor *actor)
{
    return actor->role == NULL;
}

bool actor_has_right(const struct actor *actor, enum access_right right)
{
    return actor_is_system(actor) || (actor->role->rights & right) != 0;
}

enum access_action access_owned_action(enum access_action action)
{
    return action == ACTION_READ || action == ACTION_EXPORT ? action : ACTION_UPDATE;
}

static enum access_scope access_scope_plain(const struct access *access,
                                            const struct actor *actor,
                                            const struct object *object,
                                            enum access_action action)
{
    return actor->role->grants[object - access->schema->objects].scopes[action];
}

enum access_scope access_scope(const struct access *access, const struct actor *actor,
                               const struct object *object, enum access_action action)
{
    if (actor_is_system(actor)) return SCOPE_ALL;
    if (object->owned_by) { /* what belongs to another record is seen and changed with it */
        enum access_scope scope =
            access_scope_plain(access, actor, object->owned_by->to, access_owned_action(action));
        if (action != ACTION_CREATE) return scope;
        bool may = scope != SCOPE_NONE || access_scope_plain(access, actor, object->owned_by->to,
                                                             ACTION_CREATE) != SCOPE_NONE;
        return may ? SCOPE_ALL : SCOPE_NONE;
    }
    return access_scope_plain(access, actor, object, action);
}

bool access_check(struct scope *scope, const struct access *access, const struct actor *actor,
                  const struct object *object, enum access_action action)
{
    if (access_scope(access, actor, object, action) != SCOPE_NONE) return true;
    return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
}

enum field_mode access_field_mode(const struct access *access, const struct actor *actor,
                                  const struct object *object, const struct field *field)
{
    if (actor_is_system(actor)) return FIELD_VISIBLE;
    const enum field_mode *modes = actor->role->modes[object - access->schema->objects];
    return modes ? modes[field->index] : FIELD_VISIBLE;
}

bool access_can_reveal(const struct access *access, const struct actor *actor,
                       const struct field *field, bool *needs_reason)
{
    *needs_reason = false;
    if (actor_is_system(actor)) return true;
    const struct grant *grant = &actor->role->grants[field->object - access->schema->objects];
    *needs_reason = grant->needs_reason;
    return grant->can_reveal && (!grant->reveals || grant->reveals[field->index]);
}

static bool check_open(struct scope *scope, const struct access *access, const struct actor *actor,
                       const struct object *object, const struct field *field)
{
    if (access_field_mode(access, actor, object, field) < FIELD_MASKED) return true;
    return error_set(scope, ERROR_INVALID, "field.unknown", field->name);
}

bool access_check_formula(struct scope *scope, const struct access *access,
                          const struct actor *actor, const struct formula *formula)
{
    for (int i = 0; i < formula->use_count; i++) {
        const struct formula_use *use = &formula->uses[i];
        if (use->field && !check_open(scope, access, actor, use->object, use->field)) return false;
    }
    return true;
}

bool access_check_path(struct scope *scope, const struct access *access,
                       const struct actor *actor, const struct object *object,
                       const struct field_path *path)
{
    for (int i = 0; i < path->count; i++) {
        if (!check_open(scope, access, actor, object, path->fields[i])) return false;
        object = path->fields[i]->to;
        if (!object) break;
    }
    return true;
}

/* ---- row predicates ---- */

/* Who looks, and when: what every predicate is made for. */
struct viewer {
    const struct access *access;
    const struct actor *actor;
    int64_t now_ms;
};

static void put_teams(struct sql *sql, const struct actor *actor, int count)
{
    sql_put(sql, STR("("));
    for (int i = 0; i < count && i < actor->team_count; i++) {
        if (i > 0) sql_put(sql, STR(","));
        sql_id(sql, actor->teams[i]);
    }
    sql_put(sql, STR(")"));
}

static void person_list_put(struct sql *sql, const struct person_list *people)
{
    for (int i = 0; i < people->count; i++) {
        if (i > 0) sql_put(sql, STR(","));
        sql_id(sql, people->ids[i]);
    }
}

/* owner column of the row is the actor, or a person within the scope. */
static void put_owner(struct sql *sql, const struct viewer *viewer, enum access_scope scope,
                      struct str alias, struct str column)
{
    const struct actor *actor = viewer->actor;
    if (scope != SCOPE_OWN && actor->people[scope].is_known) {
        sql_column(sql, alias, column);
        sql_put(sql, STR(" IN ("));
        person_list_put(sql, &actor->people[scope]);
        sql_put(sql, STR(")"));
        return;
    }
    sql_column(sql, alias, column);
    sql_put(sql, STR(" = "));
    sql_id(sql, actor->user);
    if (scope == SCOPE_OWN) return;
    if (scope == SCOPE_REGION ? actor->region.size == 0 : actor->team_count == 0) return;
    sql_put(sql, STR(" OR EXISTS (SELECT 1 FROM "));
    sql_name(sql, viewer->access->user->table);
    sql_put(sql, STR(" AS au WHERE au.id = "));
    sql_column(sql, alias, column);
    if (scope == SCOPE_REGION) {
        sql_put(sql, STR(" AND au.region = "));
        sql_text(sql, actor->region);
    } else {
        sql_put(sql, STR(" AND au.team IN "));
        put_teams(sql, actor, scope == SCOPE_TEAM ? 1 : actor->team_count);
    }
    sql_put(sql, STR(")"));
}

static void put_row(struct sql *sql, const struct viewer *viewer, const struct object *object,
                    enum access_action action, struct str alias, int depth);

/* The column that says whose a row is: its owner, a task's assignee, a message's recipient. */
static const struct field *person_of(const struct object *object)
{
    if (object->owner) return object->owner;
    if (!object->is_builtin) return NULL;
    const struct field *assignee = object_field(object, STR("assignee"));
    return assignee ? assignee : object_field(object, STR("recipient"));
}

/* A message is its recipient's alone; all else that hangs on a record is seen with it. */
static bool is_shared(const struct object *object)
{
    return object->is_polymorphic && !object_field(object, STR("recipient"));
}

/* " OR the record behind a reference may be read": built-in rows have no column that says so. */
static void put_inherited(struct sql *sql, const struct viewer *viewer,
                          const struct object *object, struct str alias, int depth)
{
    for (int i = 0; i < object->inherit_count; i++) {
        const struct field *field = object->inherit[i];
        char name[8] = { 'i', (char)('a' + depth), (char)('a' + i), 0 };
        struct str parent = scope_copy(sql->text.scope, str_of(name));
        sql_put(sql, STR(" OR EXISTS (SELECT 1 FROM "));
        sql_name(sql, field->to->table);
        sql_putf(sql, " AS %s WHERE %s.id = ", parent.data, parent.data);
        sql_column(sql, alias, field->column);
        if (!field->to->is_builtin) sql_putf(sql, " AND %s.deleted_at IS NULL", parent.data);
        sql_put(sql, STR(" AND "));
        put_row(sql, viewer, field->to, ACTION_READ, parent, depth + 1);
        sql_put(sql, STR(")"));
    }
}

/* A row of the history tells the value of a field: not of one the actor may not read. */
static void put_open_fields(struct sql *sql, const struct viewer *viewer,
                            const struct object *object, struct str alias)
{
    bool is_any = false;
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (access_field_mode(viewer->access, viewer->actor, object, field) < FIELD_MASKED) {
            continue;
        }
        if (!is_any) {
            sql_put(sql, STR(" AND "));
            sql_column(sql, alias, STR("field"));
        }
        sql_putf(sql, "%s%d", is_any ? ", " : " NOT IN (", field->id);
        is_any = true;
    }
    if (is_any) sql_put(sql, STR(")"));
}

/* Rows that hang on any record (alerts, tasks, stays) are seen by those who see that record;
 * in built-in objects the scope of a role plays no part. */
static void put_polymorphic(struct sql *sql, const struct viewer *viewer,
                            const struct object *hanging, struct str alias, int depth)
{
    const struct field *told = object_field(hanging, STR("field"));
    const struct schema *schema = viewer->access->schema;
    sql_put(sql, STR("CASE "));
    sql_column(sql, alias, STR("object"));
    for (int i = 0; i < schema->object_count; i++) {
        const struct object *object = &schema->objects[i];
        if (object->is_builtin || access_scope(viewer->access, viewer->actor, object,
                                               ACTION_READ) == SCOPE_NONE) {
            continue;
        }
        sql_putf(sql, " WHEN %d THEN EXISTS (SELECT 1 FROM ", object->id);
        sql_name(sql, object->table);
        sql_put(sql, STR(" AS pr WHERE pr.id = "));
        sql_column(sql, alias, STR("record"));
        sql_put(sql, STR(" AND pr.deleted_at IS NULL AND "));
        put_row(sql, viewer, object, ACTION_READ, STR("pr"), depth + 1);
        sql_put(sql, STR(")"));
        if (told) put_open_fields(sql, viewer, object, alias);
    }
    sql_put(sql, STR(" ELSE (1=0) END = (1=1)"));
}

/* People are seen by those whose scope holds them, by themselves, and by those they supervise. */
static void put_person(struct sql *sql, const struct viewer *viewer, enum access_scope scope,
                       enum access_action action, struct str alias)
{
    put_owner(sql, viewer, scope, alias, STR("id"));
    if (action != ACTION_READ || uuid_is_nil(viewer->actor->supervisor)) return;
    sql_put(sql, STR(" OR "));
    sql_column(sql, alias, STR("id"));
    sql_put(sql, STR(" = "));
    sql_id(sql, viewer->actor->supervisor);
}

/*
 * The formula of a scope says all: it reads with the eyes of the configuration, not of the
 * person, so it never asks for itself again; only shares, and oneself among people, come to it.
 */
static void put_formula(struct sql *sql, const struct viewer *viewer, const struct object *object,
                        enum access_action action, struct str alias)
{
    const struct role *role = viewer->actor->role;
    const struct grant *grant = &role->grants[object - viewer->access->schema->objects];
    struct formula_context formulas = access_formula_context(viewer->access, viewer->actor, NULL,
                                                             alias, viewer->now_ms);
    formula_put_condition(sql, &formulas, grant->formulas[action]);
    if (action != ACTION_READ || object != viewer->access->user) return;
    sql_put(sql, STR(" OR "));
    put_person(sql, viewer, SCOPE_OWN, action, alias);
}

/* Teams within the scope: one's own and those below, or those with people of one's region. */
static void put_team(struct sql *sql, const struct viewer *viewer, enum access_scope scope,
                     struct str alias)
{
    if (scope == SCOPE_REGION) {
        sql_put(sql, STR("EXISTS (SELECT 1 FROM "));
        sql_name(sql, viewer->access->user->table);
        sql_put(sql, STR(" AS au WHERE au.team = "));
        sql_column(sql, alias, STR("id"));
        sql_put(sql, STR(" AND au.region = "));
        sql_text(sql, viewer->actor->region);
        sql_put(sql, STR(")"));
    } else if (viewer->actor->team_count > 0) {
        sql_column(sql, alias, STR("id"));
        sql_put(sql, STR(" IN "));
        put_teams(sql, viewer->actor, scope == SCOPE_TEAM_BELOW ? viewer->actor->team_count : 1);
    } else {
        sql_put(sql, STR("1=0"));
    }
}

static void put_shared(struct sql *sql, const struct actor *actor, const struct object *object,
                       enum access_action action, struct str alias)
{
    struct access_shared shared[ACCESS_SHARED_COUNT_MAX];
    int count = access_shared(actor, object, action, shared);
    for (int i = 0; i < count; i++) {
        sql_put(sql, STR(" OR "));
        access_shared_put(sql, actor, &shared[i], alias);
    }
}

/* The record it belongs to is there and may be read (updated …). */
static void put_owned_row(struct sql *sql, const struct viewer *viewer,
                          const struct object *object, enum access_action action,
                          struct str alias, int depth)
{
    const struct object *whole = object->owned_by->to;
    if (depth >= INHERIT_DEPTH_MAX) {
        sql_put(sql, STR("1=0"));
        return;
    }
    struct str parent = scope_format(sql->text.scope, "ow%d", depth);
    sql_put(sql, STR("EXISTS (SELECT 1 FROM "));
    sql_name(sql, whole->table);
    sql_putf(sql, " AS %s WHERE %s.id = ", parent.data, parent.data);
    sql_column(sql, alias, object->owned_by->column);
    sql_putf(sql, " AND %s.deleted_at IS NULL AND ", parent.data);
    put_row(sql, viewer, whole, access_owned_action(action), parent, depth + 1);
    sql_put(sql, STR(")"));
}

static void put_row(struct sql *sql, const struct viewer *viewer, const struct object *object,
                    enum access_action action, struct str alias, int depth)
{
    enum access_scope scope = access_scope(viewer->access, viewer->actor, object, action);
    bool can_inherit = action == ACTION_READ && depth < INHERIT_DEPTH_MAX;
    if (scope == SCOPE_ALL || scope == SCOPE_NONE) {
        sql_put(sql, scope == SCOPE_ALL ? STR("1=1") : STR("1=0"));
        return;
    }
    if (object->owned_by) {
        put_owned_row(sql, viewer, object, action, alias, depth);
        return;
    }
    sql_put(sql, STR("("));
    if (scope == SCOPE_FORMULA) {
        put_formula(sql, viewer, object, action, alias);
        put_shared(sql, viewer->actor, object, action, alias);
        sql_put(sql, STR(")"));
        return;
    }
    if (object == viewer->access->user) {
        put_person(sql, viewer, scope, action, alias);
    } else if (object == viewer->access->team) {
        put_team(sql, viewer, scope, alias);
    } else if (person_of(object)) {
        put_owner(sql, viewer, scope, alias, person_of(object)->column);
    } else {
        sql_put(sql, STR("1=0"));
    }
    if (can_inherit && is_shared(object)) {
        sql_put(sql, STR(" OR "));
        put_polymorphic(sql, viewer, object, alias, depth);
    } else if (can_inherit && object->is_builtin) {
        put_inherited(sql, viewer, object, alias, depth);
    }
    for (int i = 0; action == ACTION_READ && i < object->inherit_count; i++) {
        if (!object->seen_by[i]) continue;
        sql_put(sql, STR(" OR "));
        put_owner(sql, viewer, scope, alias, object->seen_by[i]->column);
    }
    put_shared(sql, viewer->actor, object, action, alias);
    sql_put(sql, STR(")"));
}

void access_put(struct sql *sql, const struct access *access, const struct actor *actor,
                int64_t now_ms, const struct object *object, enum access_action action,
                struct str alias)
{
    struct viewer viewer = { access, actor, now_ms };
    put_row(sql, &viewer, object, action, alias, 0);
}

bool access_reach(const struct access *access, const struct actor *actor,
                  const struct object *object, struct access_reach *out)
{
    *out = (struct access_reach){ .column_count = 0 };
    bool is_plain = !object->is_builtin && object->owner && !object->owned_by;
    if (!is_plain || actor_is_system(actor)) return false;
    enum access_scope scope = access_scope(access, actor, object, ACTION_READ);
    if (scope == SCOPE_NONE || scope >= SCOPE_ALL) return false;
    out->people = actor->people[scope];
    if (!out->people.is_known) return false;
    out->columns[out->column_count++] = object->owner;
    for (int i = 0; i < object->inherit_count && out->column_count < ACCESS_COLUMN_COUNT_MAX;
         i++) {
        if (object->seen_by[i]) out->columns[out->column_count++] = object->seen_by[i];
    }
    out->actor = actor;
    out->shared_count = access_shared(actor, object, ACTION_READ, out->shared);
    return true;
}

int access_reach_count(const struct access_reach *reach)
{
    return reach->column_count + reach->shared_count;
}

void access_owned_put(struct sql *sql, const struct access *access, const struct actor *actor,
                      const struct object *object, struct str alias)
{
    struct viewer viewer = { access, actor, 0 };
    enum access_scope scope = access_scope(access, actor, object, ACTION_READ);
    bool is_by_owner = object->owner && scope != SCOPE_NONE && scope < SCOPE_ALL;
    if (!is_by_owner) {
        sql_put(sql, scope == SCOPE_ALL ? STR("1=1") : STR("1=0"));
        return;
    }
    sql_put(sql, STR("("));
    put_owner(sql, &viewer, scope, alias, object->owner->column);
    sql_put(sql, STR(")"));
}

static void put_any_of(struct sql *sql, struct str alias, const struct field *column,
                       const struct person_list *people)
{
    sql_column(sql, alias, column->column);
    sql_put(sql, STR(" IN ("));
    person_list_put(sql, people);
    sql_put(sql, STR(")"));
}

static void put_branch(struct sql *sql, const struct access_reach *reach, int branch,
                       struct str alias)
{
    int shared = branch - reach->column_count;
    if (shared < 0) {
        put_any_of(sql, alias, reach->columns[branch], &reach->people);
    } else {
        access_shared_put(sql, reach->actor, &reach->shared[shared], alias);
    }
}

int access_way_count(const struct actor *actor, const struct object *object,
                     enum access_action action)
{
    struct access_shared shared[ACCESS_SHARED_COUNT_MAX];
    int inherit_count = action == ACTION_READ ? object->inherit_count : 0;
    return object->is_builtin ? 0
                              : 1 + inherit_count + access_shared(actor, object, action, shared);
}

void access_way_put(struct sql *sql, const struct access *access, const struct actor *actor,
                    int64_t now_ms, const struct object *object, enum access_action action,
                    int way, struct str alias, struct access_way *out)
{
    struct viewer viewer = { access, actor, now_ms };
    enum access_scope scope = access_scope(access, actor, object, action);
    struct access_shared shared[ACCESS_SHARED_COUNT_MAX];
    int inherit_count = action == ACTION_READ ? object->inherit_count : 0;
    const struct field *column = way == 0 ? object->owner : NULL;
    access_shared(actor, object, action, shared);
    *out = (struct access_way){ .kind = way == 0 ? WAY_OWNER : WAY_SHARED };
    if (way > inherit_count) {
        out->shared = shared[way - 1 - inherit_count];
        access_shared_put(sql, actor, &out->shared, alias);
        return;
    }
    if (way > 0) {
        out->kind = WAY_INHERITED;
        out->reference = object->inherit[way - 1];
        column = object->seen_by[way - 1];
    }
    out->column = column;
    if (scope == SCOPE_FORMULA && way == 0) {
        out->kind = WAY_FORMULA;
        put_formula(sql, &viewer, object, action, alias);
    } else if (column && scope != SCOPE_NONE && scope < SCOPE_ALL) {
        put_owner(sql, &viewer, scope, alias, column->column);
    } else {
        sql_put(sql, STR("1=0"));
    }
}

/* The column a branch looks at; a blank one opens nothing. */
static struct str branch_column(const struct access_reach *reach, int branch)
{
    int shared = branch - reach->column_count;
    if (shared < 0) return reach->columns[branch]->column;
    return reach->shared[shared].reference ? reach->shared[shared].reference->column : STR("id");
}

void access_reach_put(struct sql *sql, const struct access_reach *reach, int branch,
                      struct str alias)
{
    put_branch(sql, reach, branch, alias);
    for (int i = 0; i < branch; i++) {
        sql_put(sql, STR(" AND ("));
        sql_column(sql, alias, branch_column(reach, i));
        sql_put(sql, STR(" IS NULL OR NOT "));
        put_branch(sql, reach, i, alias);
        sql_put(sql, STR(")"));
    }
}

static void reader_put(const void *context, const struct object *object, struct str alias,
                       struct sql *sql)
{
    const struct access_reader *reader = context;
    access_put(sql, reader->access, reader->actor, reader->now_ms, object, ACTION_READ, alias);
}

static enum formula_telling reader_tell(const void *context, const struct field *field,
                                        struct str alias)
{
    const struct access_reader *reader = context;
    enum formula_telling telling = access_telling(reader->access, reader->actor, field);
    bool is_owned = telling == TELL_OWNED && alias.size > 0 &&
                    str_equal(alias, reader->owned_alias);
    return is_owned ? TELL_ALWAYS : telling;
}

static void reader_put_owned(const void *context, const struct object *object, struct str alias,
                             struct sql *sql)
{
    const struct access_reader *reader = context;
    access_owned_put(sql, reader->access, reader->actor, object, alias);
}

void access_reader_begin(struct access_reader *reader, const struct access *access,
                         const struct actor *actor, int64_t now_ms)
{
    *reader = (struct access_reader){
        { reader_put, reader_tell, reader_put_owned, reader }, access, actor, now_ms, STR("")
    };
}

struct formula_context access_formula_context(const struct access *access,
                                              const struct actor *actor,
                                              const struct access_reader *reader,
                                              struct str alias, int64_t now_ms)
{
    return (struct formula_context){
        .schema = access->schema,
        .alias = alias,
        .now_ms = now_ms,
        .person = actor->user,
        .teams = actor->teams,
        .team_count = actor->team_count,
        .access = reader ? &reader->face : NULL,
        .is_new = false,
    };
}
