/*
 * The one SELECT behind every list, put together from what was asked and what the
 * actor may see. Paging is by key: the cursor holds the order values of the last
 * row, so page 1000 costs what page 1 costs; nothing is counted unless asked, and
 * then at most to a cap. query_run.c runs what is made here.
 */
#include "record/query_inner.h"

/* More people than these: going through the order's own index finds a page sooner. */
enum { BRANCH_PERSON_COUNT_MAX = 40 };

/* While the statements are made; a query_plan is what is left of it. */
struct plan {
    const struct record_query *query;
    const struct record_context *context;
    struct access_reader reader;
    struct formula_context formulas;
    struct query_order orders[QUERY_ORDER_COUNT_MAX];
    int order_count;
    bool is_id_descending;
    int field_count;
    const struct field_path *fields;
    const struct str *names;
    /*
     * Where persons tell what is read: a branch for each person who may be the owner, then
     * one per further column. Else one branch with the whole predicate.
     */
    bool has_reach;
    struct access_reach reach;
    int branch_count; /* at least 1 */
    bool is_one;      /* a record by its id */
};

/* ---- what is selected ---- */

static void plan_all_fields(struct scope *scope, struct plan *plan)
{
    const struct object *object = plan->query->object;
    struct field_path *fields = scope_new(scope, struct field_path, object->field_count);
    struct str *names = scope_new(scope, struct str, object->field_count);
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (field->is_hidden || str_is(field->name, "id") || str_is(field->name, "version")) {
            continue;
        }
        /* Lists do not come with the lines of all their records unless they are asked for. */
        if (field_kind(field) == VALUE_LINES && !plan->is_one) continue;
        if (access_field_mode(plan->context->access, plan->context->actor, object, field) ==
            FIELD_HIDDEN) {
            continue;
        }
        fields[plan->field_count].fields[0] = field;
        fields[plan->field_count].count = 1;
        names[plan->field_count++] = field->name;
    }
    plan->fields = fields;
    plan->names = names;
}

bool query_order_default(struct scope *scope, const struct record_context *context,
                         struct record_query *query)
{
    struct str order = json_text(query->object->body, "order");
    if (order.size == 0) {
        order = object_field(query->object, STR("updated_at")) ? STR("-updated_at") : STR("-id");
    }
    return query_parse_order(scope, context, order, query);
}

static bool plan_order(struct scope *scope, struct plan *plan)
{
    const struct record_query *query = plan->query;
    plan->order_count = query->order_count;
    memcpy(plan->orders, query->orders, sizeof(plan->orders));
    if (plan->order_count == 0) {
        struct record_query fallback = { .object = query->object };
        if (!query_order_default(scope, plan->context, &fallback)) return false;
        plan->order_count = fallback.order_count;
        memcpy(plan->orders, fallback.orders, sizeof(plan->orders));
    }
    plan->is_id_descending = plan->orders[plan->order_count - 1].is_descending;
    return true;
}

static bool plan_begin(struct scope *scope, struct plan *plan, const struct record_query *query,
                       const struct record_context *context, bool is_one)
{
    *plan = (struct plan){ .query = query, .context = context, .is_one = is_one };
    access_reader_begin(&plan->reader, context->access, context->actor, context->now_ms);
    plan->formulas = access_formula_context(context->access, context->actor, &plan->reader,
                                            STR("t"), context->now_ms);
    if (query->field_count > 0) {
        plan->field_count = query->field_count;
        plan->fields = query->fields;
        plan->names = query->field_names;
    } else {
        plan_all_fields(scope, plan);
    }
    plan->has_reach = query->id_count == 0 &&
                      access_reach(context->access, context->actor, query->object,
                                   &plan->reach) &&
                      plan->reach.people.count <= BRANCH_PERSON_COUNT_MAX;
    plan->branch_count =
        plan->has_reach ? plan->reach.people.count + access_reach_count(&plan->reach) - 1 : 1;
    return plan_order(scope, plan);
}

static void put_access(struct sql *sql, const struct plan *plan, enum access_action action)
{
    access_put(sql, plan->context->access, plan->context->actor, plan->reader.now_ms,
               plan->query->object, action, STR("t"));
}

static void put_reach(struct sql *sql, const struct plan *plan, int branch)
{
    const struct access_reach *reach = &plan->reach;
    if (branch >= reach->people.count) {
        access_reach_put(sql, reach, branch - reach->people.count + 1, STR("t"));
        return;
    }
    sql_column(sql, STR("t"), reach->columns[0]->column);
    sql_put(sql, STR(" = "));
    sql_id(sql, reach->people.ids[branch]);
}

/* Was it there at that moment, and has it changed since? An imported stay has no row of change. */
static void put_past(struct sql *sql, const struct plan *plan)
{
    const struct object *object = plan->query->object;
    sql_put(sql, STR(" AND t.created_at <= "));
    sql_int(sql, plan->query->past_ms);
    sql_put(sql, plan->query->past == PAST_SAME ? STR(" AND NOT (") : STR(" AND ("));
    sql_put(sql, STR("EXISTS (SELECT 1 FROM change AS pc WHERE pc.object = "));
    sql_int(sql, object->id);
    sql_put(sql, STR(" AND pc.record = t.id AND pc.at > "));
    sql_int(sql, plan->query->past_ms);
    sql_putf(sql, " AND pc.field <> %d)", CHANGE_CREATED);
    if (object->has_pipeline) {
        sql_put(sql, STR(" OR EXISTS (SELECT 1 FROM stage_stay AS ps WHERE ps.object = "));
        sql_int(sql, object->id);
        sql_put(sql, STR(" AND ps.record = t.id AND ps.entered_at > "));
        sql_int(sql, plan->query->past_ms);
        sql_put(sql, STR(")"));
    }
    sql_put(sql, STR(")"));
}

static void put_from(struct sql *sql, const struct plan *plan, int branch)
{
    const struct object *object = plan->query->object;
    sql_put(sql, STR(" FROM "));
    sql_name(sql, object->table);
    sql_put(sql, STR(" AS t WHERE "));
    sql_put(sql, object->is_builtin ? STR("1=1") : STR("t.deleted_at IS NULL"));
    sql_put(sql, STR(" AND "));
    if (plan->query->action != ACTION_READ) {
        put_access(sql, plan, plan->query->action);
        sql_put(sql, STR(" AND "));
    }
    if (plan->has_reach) {
        put_reach(sql, plan, branch);
    } else {
        put_access(sql, plan, ACTION_READ);
    }
    if (plan->query->where) {
        sql_put(sql, STR(" AND "));
        formula_put_condition(sql, &plan->formulas, plan->query->where);
    }
    if (plan->query->past != PAST_OFF) put_past(sql, plan);
    for (int i = 0; i < plan->query->id_count; i++) {
        if (i == 0) {
            sql_put(sql, STR(" AND "));
            sql_column(sql, STR("t"), plan->query->via ? plan->query->via->column : STR("id"));
        }
        sql_put(sql, i == 0 ? STR(" IN (") : STR(", "));
        sql_id(sql, plan->query->ids[i]);
    }
    if (plan->query->id_count > 0) sql_put(sql, STR(")"));
}

static void put_search(struct sql *sql, const struct plan *plan)
{
    const struct object *object = plan->query->object;
    if (plan->query->text.size == 0) return;
    /* Nobody finds a record by what they may not read of it. */
    bool is_open = object->search_count > 0;
    for (int i = 0; i < object->search_count; i++) {
        is_open = is_open && access_field_mode(plan->context->access, plan->context->actor, object,
                                               object->search[i]) < FIELD_MASKED;
    }
    if (!is_open) {
        sql_put(sql, STR(" AND 1=0"));
        return;
    }
    struct scope *scope = sql->text.scope;
    struct str match = db_search_query(scope, plan->query->text);
    if (match.size == 0) return;
    sql_put(sql, STR(" AND t.search_id IN (SELECT rowid FROM "));
    sql_name(sql, scope_format(scope, "%.*s_search", STR_ARG(object->table)));
    sql_put(sql, STR(" WHERE text MATCH "));
    sql_text(sql, match);
    sql_put(sql, STR(")"));
}

/* ---- order and cursor ---- */

/* Never blank, so the plain index order holds without NULLS LAST. */
static bool is_never_null(const struct field_path *path)
{
    const struct field *field = path->fields[0];
    return path->count == 1 && field->is_system &&
           (str_is(field->name, "id") || str_is(field->name, "version") ||
            str_is(field->name, "created_at") || str_is(field->name, "updated_at"));
}

/*
 * By number of the result's columns, since the branches of a list are ordered together; the id by
 * a name of its own (a field may be asked for as "id"), which db/ knows to be never blank: so the
 * database sees that an index has this order.
 */
static void put_order(struct sql *sql, const struct plan *plan, int first_key)
{
    sql_put(sql, STR(" ORDER BY "));
    for (int i = 0; i < plan->order_count; i++) {
        const struct query_order *order = &plan->orders[i];
        sql_putf(sql, "%d%s", first_key + i, order->is_descending ? " DESC" : " ASC");
        if (!is_never_null(&order->path)) sql_put(sql, STR(" NULLS LAST"));
        sql_put(sql, STR(", "));
    }
    sql_put(sql, plan->is_id_descending ? STR("_id DESC") : STR("_id ASC"));
}

static void put_key(struct sql *sql, const struct plan *plan, int i)
{
    if (i == plan->order_count) {
        sql_put(sql, STR("t.id"));
    } else {
        field_path_put(sql, &plan->formulas, &plan->orders[i].path);
    }
}

/*
 * Rows after the cursor: key i lies behind, or equals it and key i+1 lies behind.
 * Blanks come last in either direction. A first key that is never blank is bounded
 * by a plain comparison as well, so that its index begins where the page begins.
 */
static void put_after(struct sql *sql, const struct plan *plan, const struct cell *cells)
{
    sql_put(sql, STR(" AND ("));
    if (is_never_null(&plan->orders[0].path)) {
        put_key(sql, plan, 0);
        sql_put(sql, plan->orders[0].is_descending ? STR(" <= ") : STR(" >= "));
        sql_value(sql, cells[0]);
        sql_put(sql, STR(" AND ("));
    } else {
        sql_put(sql, STR("("));
    }
    for (int i = 0; i <= plan->order_count; i++) {
        bool is_descending =
            i == plan->order_count ? plan->is_id_descending : plan->orders[i].is_descending;
        bool is_nullable = i < plan->order_count && !is_never_null(&plan->orders[i].path);
        if (cells[i].kind == CELL_NULL) {
            sql_put(sql, STR("1=0"));
        } else {
            put_key(sql, plan, i);
            sql_put(sql, is_descending ? STR(" < ") : STR(" > "));
            sql_value(sql, cells[i]);
            if (is_nullable) {
                sql_put(sql, STR(" OR "));
                put_key(sql, plan, i);
                sql_put(sql, STR(" IS NULL"));
            }
        }
        if (i == plan->order_count) break;
        sql_put(sql, STR(" OR ("));
        put_key(sql, plan, i);
        if (cells[i].kind == CELL_NULL) {
            sql_put(sql, STR(" IS NULL"));
        } else {
            sql_put(sql, STR(" = "));
            sql_value(sql, cells[i]);
        }
        sql_put(sql, STR(" AND ("));
    }
    for (int i = 0; i < plan->order_count; i++) sql_put(sql, STR("))"));
    sql_put(sql, STR("))"));
}

static void put_fields(struct sql *sql, const struct plan *plan)
{
    bool has_version = object_field(plan->query->object, STR("version")) != NULL;
    sql_put(sql, has_version ? STR(", t.version") : STR(", 1"));
    for (int i = 0; i < plan->field_count; i++) {
        sql_put(sql, STR(", "));
        field_path_put(sql, &plan->formulas, &plan->fields[i]);
    }
}

/* Rows of a branch that is made of their owners: stored formulas may be told from the column. */
static void branch_begin(struct plan *plan, int branch)
{
    bool is_owned = plan->has_reach && branch < plan->reach.people.count;
    plan->reader.owned_alias = is_owned ? STR("t") : STR("");
}

static void branch_end(struct plan *plan)
{
    plan->reader.owned_alias = STR("");
}

/* One branch: SELECT t.id, [version, fields…,] keys… of the rows the actor sees through it. */
static void put_branch(struct sql *sql, struct plan *plan, int branch, bool has_fields,
                       const struct cell *after)
{
    branch_begin(plan, branch);
    sql_put(sql, STR("SELECT t.id AS _id"));
    if (has_fields) put_fields(sql, plan);
    for (int i = 0; i < plan->order_count; i++) {
        sql_put(sql, STR(", "));
        put_key(sql, plan, i);
        sql_putf(sql, " AS k%d", i);
    }
    put_from(sql, plan, branch);
    put_search(sql, plan);
    if (after) put_after(sql, plan, after);
    branch_end(plan);
}

/* Plain columns cost nothing; what is computed must not be so for rows off the page. */
static bool is_light(const struct plan *plan, int branch)
{
    bool is_owned = plan->has_reach && branch < plan->reach.people.count;
    for (int i = 0; i < plan->field_count; i++) {
        const struct field *field = plan->fields[i].fields[0];
        if (plan->fields[i].count > 1 || field->column.size == 0) return false;
        if (field_kind(field) == VALUE_LINKS) return false;
        if (!field->is_stored) continue;
        enum formula_telling telling =
            access_telling(plan->context->access, plan->context->actor, field);
        if (telling != TELL_ALWAYS && !(telling == TELL_OWNED && is_owned)) return false;
    }
    return true;
}

/*
 * A branch as one of several. SQLite merges them in the order of the list by itself; PostgreSQL
 * does when each says that it comes in that order, and how much of it is wanted at the most.
 */
static void put_member(struct sql *sql, struct plan *plan, int branch, bool has_fields,
                       const struct cell *after, int limit)
{
    bool is_told = plan->context->access->schema->dialect == DB_POSTGRES &&
                   plan->branch_count > 1 && limit > 0;
    if (is_told) sql_put(sql, STR("SELECT * FROM ("));
    put_branch(sql, plan, branch, has_fields, after);
    if (!is_told) return;
    put_order(sql, plan, has_fields ? 3 + plan->field_count : 2);
    sql_put(sql, STR(" LIMIT "));
    sql_int(sql, limit);
    sql_putf(sql, ") AS b%d", branch);
}

/* The branches from the first on: their page is found by its keys, then its fields. */
static void put_found(struct sql *sql, struct plan *plan, int first, const struct cell *after,
                      int limit)
{
    sql_put(sql, STR("SELECT t.id AS _id"));
    put_fields(sql, plan);
    for (int i = 0; i < plan->order_count; i++) sql_putf(sql, ", p.k%d", i);
    sql_put(sql, STR(" FROM ("));
    for (int i = first; i < plan->branch_count; i++) {
        if (i > first) sql_put(sql, STR(" UNION ALL "));
        put_member(sql, plan, i, false, after, limit);
    }
    put_order(sql, plan, 2);
    sql_put(sql, STR(" LIMIT "));
    sql_int(sql, limit);
    sql_put(sql, STR(") AS p CROSS JOIN "));
    sql_name(sql, plan->query->object->table);
    sql_put(sql, STR(" AS t WHERE t.id = p._id"));
}

/*
 * A page of rows, or all with limit 0: (id, version, fields…, keys…). Branches whose fields are
 * plain columns give them in one go, from the index of the order and the row behind it. Where
 * fields are computed, the page is found first by its keys alone and they are computed for its
 * rows only; in one go they would be computed for every row that is sorted.
 */
static bool put_page(struct scope *scope, struct sql *sql, struct plan *plan, int limit)
{
    struct cell cells[QUERY_ORDER_COUNT_MAX + 1], *after = NULL;
    if (plan->query->after.size > 0) {
        after = cells;
        if (!query_cursor_read(scope, plan->query->after, cells, plan->order_count + 1)) {
            return false;
        }
    }
    int count = 0; /* branches in one go; those by owner come first, and they are the light ones */
    while (count < plan->branch_count && (limit == 0 || is_light(plan, count))) count += 1;
    for (int i = 0; i < count; i++) {
        if (i > 0) sql_put(sql, STR(" UNION ALL "));
        put_member(sql, plan, i, true, after, limit);
    }
    if (count < plan->branch_count) {
        if (count > 0) sql_put(sql, STR(" UNION ALL "));
        put_found(sql, plan, count, after, limit);
    }
    put_order(sql, plan, 3 + plan->field_count);
    if (limit == 0 || count == 0) return true; /* found: no more than the limit */
    sql_put(sql, STR(" LIMIT "));
    sql_int(sql, limit);
    return true;
}

static void put_count(struct sql *sql, struct plan *plan)
{
    sql_put(sql, STR("SELECT COUNT(*) FROM ("));
    for (int i = 0; i < plan->branch_count; i++) {
        sql_put(sql, i > 0 ? STR(" UNION ALL SELECT 1") : STR("SELECT 1"));
        branch_begin(plan, i);
        put_from(sql, plan, i);
        put_search(sql, plan);
        branch_end(plan);
    }
    if (plan->query->count == COUNT_CAPPED) sql_putf(sql, " LIMIT %d", QUERY_COUNT_CAP + 1);
    sql_put(sql, STR(") AS counted"));
}

/* One row by its id, or those the query names: the plain predicate. Also what the actor may do. */
static void put_one(struct sql *sql, const struct plan *plan, int *id_arg)
{
    const struct record_query *query = plan->query;
    sql_put(sql, STR("SELECT t.id"));
    put_fields(sql, plan);
    for (int i = 0; i < query->ability_count; i++) {
        if (!query->abilities[i].is_possible) {
            sql_put(sql, STR(", 0"));
            continue;
        }
        sql_put(sql, STR(", CASE WHEN "));
        put_access(sql, plan, query->abilities[i].action);
        sql_put(sql, STR(" THEN 1 ELSE 0 END"));
    }
    put_from(sql, plan, 0);
    if (query->id_count > 0) return;
    sql_put(sql, STR(" AND t.id = "));
    *id_arg = sql->arg_count;
    sql_value(sql, cell_null());
    sql_put(sql, STR(" LIMIT 1"));
}

/* ---- plans that are kept ---- */

enum statement_kind { STATEMENT_PAGE, STATEMENT_COUNT, STATEMENT_ONE };

static bool put_statement(struct scope *scope, struct sql *sql, struct plan *plan,
                          enum statement_kind kind, int *id_arg)
{
    sql_begin(sql, scope);
    switch (kind) {
    case STATEMENT_PAGE:
        if (!put_page(scope, sql, plan, plan->query->limit + 1)) return false;
        break;
    case STATEMENT_COUNT: put_count(sql, plan); break;
    case STATEMENT_ONE: put_one(sql, plan, id_arg); break;
    }
    return sql_is_ok(scope, sql);
}

/*
 * What of the values goes with the clock shows when the statement is made for the
 * next millisecond too: within a day all of them stand still or move with it.
 */
static bool find_moving(struct scope *scope, struct plan *plan, enum statement_kind kind,
                        struct ready *ready)
{
    struct sql later;
    int id_arg = 0;
    plan->formulas.now_ms += 1;
    plan->reader.now_ms += 1;
    bool is_ok = put_statement(scope, &later, plan, kind, &id_arg);
    plan->formulas.now_ms -= 1;
    plan->reader.now_ms -= 1;
    bool *is_moving = NULL;
    for (int i = 0; is_ok && i < ready->arg_count; i++) {
        if (cell_equal(&ready->args[i], &later.args[i])) continue;
        if (!is_moving) is_moving = scope_new(scope, bool, ready->arg_count);
        is_moving[i] = true;
    }
    ready->is_moving = is_moving;
    return is_ok;
}

static bool make_ready(struct scope *scope, struct plan *plan, enum statement_kind kind,
                       enum plan_use use, struct ready *ready, int *id_arg)
{
    struct sql sql;
    if (!put_statement(scope, &sql, plan, kind, id_arg)) return false;
    *ready = (struct ready){ .sql = buf_str(&sql.text), .args = sql.args,
                             .arg_count = sql.arg_count };
    for (int i = 0; use == PLAN_KEPT && i < ready->arg_count; i++) {
        ready->args[i] = cell_copy(scope, &ready->args[i]);
    }
    return use != PLAN_KEPT || find_moving(scope, plan, kind, ready);
}

static enum field_mode path_mode(const struct plan *plan, const struct field_path *path)
{
    const struct object *object = plan->query->object;
    enum field_mode mode = FIELD_VISIBLE;
    for (int i = 0; i < path->count && object; i++) {
        enum field_mode here = access_field_mode(plan->context->access, plan->context->actor,
                                                 object, path->fields[i]);
        if (here > mode) mode = here;
        object = path->fields[i]->to;
    }
    return mode;
}

/* The parts of the plan that its rows are written with, in memory of their own. */
static struct query_plan *plan_keep(struct scope *scope, const struct plan *plan)
{
    const struct record_query *query = plan->query;
    int count = plan->field_count;
    struct query_plan *kept = scope_new(scope, struct query_plan, 1);
    enum field_mode *modes = scope_new(scope, enum field_mode, count);
    for (int i = 0; i < count; i++) modes[i] = path_mode(plan, &plan->fields[i]);
    *kept = (struct query_plan){
        .object = query->object, .made_at_ms = plan->context->now_ms,
        .field_count = count, .modes = modes,
        .order_count = plan->order_count, .limit = query->limit, .count = query->count,
        .ability_count = query->ability_count,
    };
    struct field_path *fields = scope_new(scope, struct field_path, count);
    struct str *keys = scope_new(scope, struct str, count);
    struct query_ability *abilities =
        scope_new(scope, struct query_ability, query->ability_count);
    for (int i = 0; i < count; i++) {
        fields[i] = plan->fields[i];
        keys[i] = json_quoted_key(scope, plan->names[i]);
    }
    for (int i = 0; i < query->ability_count; i++) abilities[i] = query->abilities[i];
    for (int i = 0; i < count; i++) {
        bool is_lines = fields[i].count == 1 && field_kind(fields[i].fields[0]) == VALUE_LINES;
        kept->has_lines = kept->has_lines || is_lines;
    }
    kept->fields = fields;
    kept->keys = keys;
    kept->abilities = abilities;
    return kept;
}

bool query_plan_list(struct scope *scope, const struct record_context *context,
                     const struct record_query *query, enum plan_use use,
                     struct query_plan **out)
{
    struct plan plan;
    int id_arg = 0;
    if (!plan_begin(scope, &plan, query, context, false)) return false;
    struct query_plan *made = plan_keep(scope, &plan);
    *out = made;
    return make_ready(scope, &plan, STATEMENT_PAGE, use, &made->rows, &id_arg) &&
           (query->count == COUNT_NONE ||
            make_ready(scope, &plan, STATEMENT_COUNT, use, &made->counting, &id_arg));
}

bool query_plan_one(struct scope *scope, const struct record_context *context,
                    const struct record_query *query, enum plan_use use,
                    struct query_plan **out)
{
    struct plan plan;
    if (!plan_begin(scope, &plan, query, context, true)) return false;
    plan.branch_count = 1;
    plan.has_reach = false;
    struct query_plan *made = plan_keep(scope, &plan);
    made->order_count = 0;
    *out = made;
    return make_ready(scope, &plan, STATEMENT_ONE, use, &made->rows, &made->id_arg);
}

/* ---- rows one by one ---- */

bool query_each(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                const struct record_query *query,
                bool (*each)(struct scope *scope, const struct query_row *row, void *user),
                void *user)
{
    struct plan plan;
    struct sql sql;
    sql_begin(&sql, scope);
    if (!plan_begin(scope, &plan, query, context, false) ||
        !put_page(scope, &sql, &plan, query->limit)) {
        return false;
    }
    struct db_cursor *cursor = NULL;
    if (!sql_query(scope, conn, &sql, &cursor)) return false;
    struct cell *cells = scope_new(scope, struct cell, plan.field_count);
    bool has_row = false, is_going = true;
    while (is_going && db_next(scope, cursor, &has_row) && has_row) {
        struct cell id = db_cell(cursor, 0);
        for (int i = 0; i < plan.field_count; i++) cells[i] = db_cell(cursor, i + 2);
        struct query_row row = { cell_uuid(&id), db_cell(cursor, 1).integer, cells };
        is_going = each(scope, &row, user);
    }
    db_cursor_end(cursor);
    return is_going && !error_is_set(scope);
}
