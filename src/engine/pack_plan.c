/*
 * What a pack would change: its parts, those it shipped last and those that stand here go
 * through the merge of merge.h, part by part. Dropped things that are in use stay: those that
 * hold data, and those that something made or changed here still names. The second is only
 * known when all is merged, so the merge runs again while there is such a name.
 */
#include "base/version.h"
#include "engine/pack_inner.h"

enum { VALUE_SIZE_MAX = 120, VERSION_PART_COUNT = 4 };

struct planning {
    struct scope *scope;
    const struct part_merge *from;
    struct pack_plan *plan;
    int step_capacity, part_capacity;
    const struct schema *schema;     /* when drops are checked */
    struct str kind, name;           /* the part being merged, as it is called here */
    struct str *stays;               /* paths of what is named by what was made or changed here */
    int stay_count;
    bool has_failed;
};

static struct str full_path(struct scope *scope, struct str kind, struct str name, struct str path)
{
    return scope_format(scope, "%.*s/%.*s%s%.*s", STR_ARG(kind), STR_ARG(name),
                        path.size > 0 ? "." : "", STR_ARG(path));
}

struct str pack_step_path(struct scope *scope, const struct pack_step *step)
{
    return full_path(scope, step->kind, step->name, step->change.path);
}

/* ---- asked by the merge ---- */

static bool is_chosen(const struct merge *merge, struct str path)
{
    const struct planning *p = merge->context;
    struct str full = full_path(p->scope, p->kind, p->name, path);
    for (int i = 0; i < p->from->choice_count; i++) {
        struct str choice = p->from->choices[i];
        if (choice.size == 0 || !str_starts_with(full, choice)) continue;
        if (full.size == choice.size || full.data[choice.size] == '.') return true;
    }
    return false;
}

static bool may_drop(const struct merge *merge, struct str path, const struct json *mine)
{
    struct planning *p = merge->context;
    struct str full = full_path(p->scope, p->kind, p->name, path);
    (void)mine;
    for (int i = 0; i < p->stay_count; i++) {
        if (str_equal(p->stays[i], full)) return false;
    }
    const struct use_question question = { p->from->conn, p->schema, p->kind, p->name, path };
    bool is_used = true;
    if (!pack_use(p->scope, &question, &is_used)) p->has_failed = true;
    return !is_used;
}

/* ---- part by part ---- */

static void steps_take(struct planning *p, const struct merge *merge)
{
    struct pack_plan *plan = p->plan;
    for (int i = 0; i < merge->step_count; i++) {
        if (plan->step_count == p->step_capacity) {
            p->step_capacity = p->step_capacity > 0 ? 2 * p->step_capacity : 256;
            struct pack_step *steps = scope_new(p->scope, struct pack_step, p->step_capacity);
            if (plan->steps) {
                memcpy(steps, plan->steps, sizeof(*steps) * (size_t)plan->step_count);
            }
            plan->steps = steps;
        }
        plan->steps[plan->step_count++] =
            (struct pack_step){ p->kind, p->name, merge->steps[i] };
        plan->conflict_count += merge->steps[i].kind == MERGE_CONFLICT;
    }
}

static struct str word(struct scope *scope, enum language language, struct str kind)
{
    const char *key = scope_format(scope, "pack.word.%.*s", STR_ARG(kind)).data;
    struct str text = message_text(scope, language, key, NULL, 0);
    return str_is(text, key) ? kind : text;
}

static struct str part_words(struct scope *scope, enum language language, struct str kind,
                             struct str name, const struct json *body)
{
    const struct json *label = json_get(body, "label");
    struct str text = json_text(label, language == LANGUAGE_ZH ? "zh" : "en");
    struct str of = word(scope, language, kind);
    return scope_format(scope, language == LANGUAGE_ZH ? "%.*s「%.*s」" : "%.*s: %.*s",
                        STR_ARG(of), STR_ARG(text.size > 0 ? text : name));
}

static const struct json *body_of(const struct schema_part *part)
{
    return part && part->body.kind == JSON_KIND_MAP ? &part->body : NULL;
}

/* One part of the three, each may be NULL. */
static void part_merge(struct planning *p, const struct schema_part *base,
                       const struct schema_part *mine, const struct schema_part *theirs,
                       bool is_addition)
{
    const struct schema_part *shown = mine ? mine : theirs ? theirs : base;
    p->kind = shown->kind;
    p->name = shown->name;
    struct merge merge = {
        .scope = p->scope, .has_ids = part_has_ids(shown->kind), .is_addition = is_addition,
        .is_chosen = is_chosen, .may_drop = p->from->is_checked ? may_drop : NULL, .context = p,
        .place = { part_words(p->scope, LANGUAGE_ZH, p->kind, p->name, &shown->body),
                   part_words(p->scope, LANGUAGE_EN, p->kind, p->name, &shown->body) },
    };
    const struct json *result =
        merge_run(&merge, body_of(base), body_of(mine), body_of(theirs));
    steps_take(p, &merge);
    if (merge_is_same(merge.has_ids, result, body_of(mine))) return;
    p->plan->parts[p->plan->part_count++] = (struct schema_part){
        p->kind, p->name, result ? *result : (struct json){ .kind = JSON_KIND_NULL }
    };
}

/* By the id the other has, for kinds that have ids; else by name. */
static const struct schema_part *same_part(const struct part_set *set,
                                           const struct schema_part *like)
{
    int64_t id = part_has_ids(like->kind) ? json_int(&like->body, "id", 0) : 0;
    for (int i = 0; id != 0 && i < set->count; i++) {
        if (str_equal(set->items[i].kind, like->kind) &&
            json_int(&set->items[i].body, "id", 0) == id) {
            return &set->items[i];
        }
    }
    return part_find(set, like->kind, like->name);
}

static const struct schema_part *base_of(const struct part_set *base,
                                         const struct schema_part *theirs)
{
    const struct schema_part *found = same_part(base, theirs);
    struct str was = json_text(&theirs->body, "was");
    if (found || was.size == 0 || !part_has_ids(theirs->kind)) return found;
    return part_find(base, theirs->kind, was);
}

static void theirs_merge(struct planning *p, const struct schema_part *theirs, bool *is_base_taken)
{
    const struct part_merge *from = p->from;
    const struct schema_part *base = base_of(&from->base, theirs);
    const struct schema_part *mine = same_part(&from->mine, base ? base : theirs);
    if (base) {
        is_base_taken[base - from->base.items] = true;
        part_merge(p, base, mine, theirs, false);
        return;
    }
    const struct schema_part *other = mine ? same_part(&from->other, mine) : NULL;
    part_merge(p, other, mine, theirs, mine != NULL);
}

static bool merge_once(struct planning *p)
{
    const struct part_merge *from = p->from;
    bool *is_base_taken = scope_new(p->scope, bool, from->base.count + 1);
    int capacity = from->base.count + from->theirs.count + 1;
    *p->plan = (struct pack_plan){ .version_before = p->plan->version_before,
                                   .parts = scope_new(p->scope, struct schema_part, capacity) };
    p->step_capacity = 0;
    for (int i = 0; i < from->theirs.count; i++) {
        theirs_merge(p, &from->theirs.items[i], is_base_taken);
    }
    for (int i = 0; i < from->base.count; i++) {
        const struct schema_part *base = &from->base.items[i];
        if (is_base_taken[i]) continue;
        const struct schema_part *mine = same_part(&from->mine, base);
        if (mine) part_merge(p, base, mine, NULL, false);
    }
    return !p->has_failed;
}

/* ---- what is named by what was made or changed here ---- */

static bool is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
}

static bool text_names(struct str text, struct str name)
{
    for (size_t from = 0; from + name.size <= text.size;) {
        size_t at = str_find(str_slice(text, from, text.size), name);
        if (at == SIZE_MAX) return false;
        size_t start = from + at, end = start + name.size;
        bool is_begin = start == 0 || !is_word_byte(text.data[start - 1]);
        bool is_end = end == text.size || !is_word_byte(text.data[end]);
        if (is_begin && is_end) return true;
        from = start + 1;
    }
    return false;
}

static bool tree_names(const struct json *json, struct str name)
{
    if (!json) return false;
    if (json->kind == JSON_KIND_STR) return text_names(json->text, name);
    if (json->kind != JSON_KIND_LIST && json->kind != JSON_KIND_MAP) return false;
    for (int i = 0; i < json->count; i++) {
        if (json->kind == JSON_KIND_MAP && str_equal(json->names[i], name)) return true;
        if (tree_names(&json->items[i], name)) return true;
    }
    return false;
}

static bool is_named(const struct planning *p, struct str name)
{
    const struct part_merge *from = p->from;
    for (int i = 0; i < p->plan->step_count; i++) {
        const struct merge_step *step = &p->plan->steps[i].change;
        if (!step->takes_theirs && tree_names(step->mine, name)) return true;
    }
    for (int i = 0; i < from->mine.count; i++) {
        const struct schema_part *part = &from->mine.items[i];
        bool is_shipped = same_part(&from->base, part) || same_part(&from->theirs, part);
        if (!is_shipped && tree_names(&part->body, name)) return true;
    }
    return false;
}

/* A whole part, or a thing of a list of things: what others may name. */
static bool is_thing(const struct pack_step *step)
{
    const struct merge_step *change = &step->change;
    if (change->path.size == 0) return true;
    return change->mine && change->mine->kind == JSON_KIND_MAP &&
           json_text(change->mine, "name").size > 0;
}

/* Adds what would go but is named by what stays; how many there are now. */
static int stays_find(struct planning *p)
{
    struct str *stays = scope_new(p->scope, struct str, p->stay_count + p->plan->step_count + 1);
    if (p->stays) memcpy(stays, p->stays, sizeof(*stays) * (size_t)p->stay_count);
    p->stays = stays;
    for (int i = 0; i < p->plan->step_count; i++) {
        const struct pack_step *step = &p->plan->steps[i];
        bool is_drop = step->change.takes_theirs && !step->change.theirs && is_thing(step);
        if (!is_drop) continue;
        struct str name = step->change.path.size > 0 ? json_text(step->change.mine, "name")
                                                     : step->name;
        if (is_named(p, name)) p->stays[p->stay_count++] = pack_step_path(p->scope, step);
    }
    return p->stay_count;
}

bool parts_merge(struct scope *scope, const struct part_merge *from, struct pack_plan *out)
{
    struct planning planning = { .scope = scope, .from = from, .plan = out };
    struct schema *schema;
    if (from->is_checked) {
        if (!schema_load(scope, from->conn, &schema)) return false;
        planning.schema = schema;
    }
    if (!merge_once(&planning)) return false;
    /* What stays may name more; each round adds at least one, so this ends. */
    for (int known = 0; from->is_checked && stays_find(&planning) > known;) {
        known = planning.stay_count;
        if (!merge_once(&planning)) return false;
    }
    return true;
}

/* ---- versions ---- */

static void version_read(struct str text, int64_t out[VERSION_PART_COUNT])
{
    struct str part;
    for (int i = 0; i < VERSION_PART_COUNT; i++) {
        out[i] = 0;
        if (!str_split(&text, '.', &part) || !str_to_int64(part, &out[i])) out[i] = 0;
    }
}

static int version_compare(struct str a, struct str b)
{
    int64_t left[VERSION_PART_COUNT], right[VERSION_PART_COUNT];
    version_read(a, left);
    version_read(b, right);
    for (int i = 0; i < VERSION_PART_COUNT; i++) {
        if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
    }
    return 0;
}

static bool refuse(struct scope *scope, const char *key, struct str name, struct str version)
{
    error_set(scope, ERROR_CONFLICT, key, STR("version"));
    error_arg(scope, "name", name);
    return error_arg(scope, "version", version);
}

static bool needs_check(struct scope *scope, struct db_conn *conn, const struct pack *pack)
{
    const struct json *needs = json_get(&pack->head, "needs");
    struct str engine = json_text(&pack->head, "engine");
    if (version_compare(engine, STR(LEADLINE_VERSION)) > 0) {
        return refuse(scope, "pack.engine", STR(""), engine);
    }
    for (int i = 0; needs && needs->kind == JSON_KIND_LIST && i < needs->count; i++) {
        struct cell name = cell_text(json_text(&needs->items[i], "name"));
        struct str version = json_text(&needs->items[i], "version");
        struct row row;
        if (!db_one(scope, conn, STR("SELECT version FROM pack WHERE name = ?"), &name, 1, &row)) {
            return false;
        }
        if (row.count == 0 || version_compare(row.cells[0].text, version) < 0) {
            return refuse(scope, "pack.needs", name.text, version);
        }
    }
    return true;
}

static bool sets_same(const struct part_set *a, const struct part_set *b)
{
    if (a->count != b->count) return false;
    for (int i = 0; i < a->count; i++) {
        const struct schema_part *other = part_find(b, a->items[i].kind, a->items[i].name);
        bool has_ids = part_has_ids(a->items[i].kind);
        if (!other || !merge_is_same(has_ids, &a->items[i].body, &other->body)) return false;
    }
    return true;
}

static bool version_check(struct scope *scope, const struct pack *pack, struct str installed,
                          const struct part_set *base, const struct part_set *theirs)
{
    if (installed.size == 0) return true;
    int order = version_compare(pack->version, installed);
    if (order > 0 || (order == 0 && sets_same(base, theirs))) return true;
    refuse(scope, order < 0 ? "pack.version_old" : "pack.version_same", pack->name,
           pack->version);
    return error_arg(scope, "installed", installed);
}

/* ---- the doors ---- */

static struct str version_installed(struct scope *scope, struct db_conn *conn, struct str name,
                                    bool *is_ok)
{
    const struct cell arg = cell_text(name);
    struct row row;
    *is_ok = db_one(scope, conn, STR("SELECT version FROM pack WHERE name = ?"), &arg, 1, &row);
    return *is_ok && row.count > 0 ? row.cells[0].text : STR("");
}

bool pack_plan(struct scope *scope, struct db_conn *conn, const struct pack *pack,
               const struct str *choices, int choice_count, struct pack_plan *out)
{
    bool is_ok;
    struct part_merge merge = { .conn = conn, .is_checked = true, .choices = choices,
                                .choice_count = choice_count,
                                .theirs = pack_set(scope, pack) };
    *out = (struct pack_plan){ .version_before =
                                   version_installed(scope, conn, pack->name, &is_ok) };
    return is_ok && needs_check(scope, conn, pack) &&
           base_parts(scope, conn, pack->name, &merge.base) &&
           base_others(scope, conn, pack->name, &merge.other) &&
           version_check(scope, pack, out->version_before, &merge.base, &merge.theirs) &&
           parts_translate(scope, conn, &merge.base, &merge.theirs) &&
           stored_parts(scope, conn, &merge.mine) && parts_merge(scope, &merge, out);
}

bool pack_changed(struct scope *scope, struct db_conn *conn, struct str name,
                  struct pack_plan *out)
{
    struct part_merge merge = { .conn = conn };
    *out = (struct pack_plan){ .steps = NULL };
    if (!base_parts(scope, conn, name, &merge.base) || !stored_parts(scope, conn, &merge.mine)) {
        return false;
    }
    merge.theirs = merge.base;
    if (!parts_translate(scope, conn, &merge.base, &merge.theirs)) return false;
    return parts_merge(scope, &merge, out);
}

bool pack_compare(struct scope *scope, const struct pack *from, const struct pack *to,
                  struct pack_plan *out)
{
    struct part_merge merge = { .base = pack_set(scope, from), .theirs = pack_set(scope, to) };
    merge.mine = merge.base;
    *out = (struct pack_plan){ .steps = NULL };
    return parts_merge(scope, &merge, out);
}

/* ---- in words ---- */

/* A value short enough to stand in a sentence; empty: it does not. */
static struct str value_text(struct scope *scope, const struct json *json)
{
    bool is_leaf = json && json->kind != JSON_KIND_MAP && json->kind != JSON_KIND_LIST &&
                   json->kind != JSON_KIND_NULL;
    if (!is_leaf) return STR("");
    struct str text = json->kind == JSON_KIND_STR ? json->text : json_to_text(scope, json);
    return text.size <= VALUE_SIZE_MAX ? text : STR("");
}

static const char *step_key(const struct merge_step *step, bool has_values)
{
    switch (step->kind) {
    case MERGE_TAKE:
        if (!step->mine) return "pack.step_add";
        if (!step->theirs) return "pack.step_remove";
        return has_values ? "pack.step_change_text" : "pack.step_change";
    case MERGE_KEEP:
        if (!step->base) return "pack.step_keep_add";
        if (!step->mine) return "pack.step_keep_remove";
        return has_values ? "pack.step_keep_change_text" : "pack.step_keep_change";
    case MERGE_CONFLICT:
        return step->takes_theirs ? "pack.step_conflict_theirs" : "pack.step_conflict";
    case MERGE_STAY: break;
    }
    return "pack.step_stay";
}

struct str pack_step_text(struct scope *scope, enum language language,
                          const struct pack_step *step)
{
    const struct merge_step *change = &step->change;
    bool is_take = change->kind == MERGE_TAKE;
    struct str from = value_text(scope, is_take ? change->mine : change->theirs);
    struct str to = value_text(scope, is_take ? change->theirs : change->mine);
    const struct error_arg args[] = { { "place", label_text(change->place, language) },
                                      { "from", from },
                                      { "to", to } };
    /* Nothing to nothing is an order: it has no values. */
    bool is_order = !change->base && !change->mine && !change->theirs;
    const char *key = is_order && is_take ? "pack.step_change"
                      : is_order && change->kind == MERGE_KEEP
                          ? "pack.step_keep_change"
                          : step_key(change, from.size > 0 && to.size > 0);
    return message_text(scope, language, key, args, 3);
}
