/*
 * What was changed in the configuration, from the bodies that every change leaves behind:
 * the one before is in its entry, the one after in the next entry of the same thing, or it
 * is what stands now.
 */
#include "base/time.h"
#include "engine/life.h"
#include "schema/calendar.h"

enum { ENTRY_COUNT_MAX = 500, PART_COUNT_MAX = 4, SUMMARY_SIZE_MAX = 4000 };

#define ENTRY_SELECT                                                                            \
    "SELECT h.seq, h.kind, h.name, h.version, h.at, h.\"by\", u.name, h.config, h.is_follow, " \
    "h.lost, h.body, CASE WHEN n.seq IS NULL THEN c.body ELSE n.body END "                      \
    "FROM config_history AS h LEFT JOIN config_history AS n ON n.seq = (SELECT min(m.seq) "     \
    "FROM config_history AS m WHERE m.kind = h.kind AND m.config = h.config AND m.seq > h.seq) " \
    "LEFT JOIN config AS c ON c.kind = h.kind AND c.id = h.config "                             \
    "LEFT JOIN \"user\" AS u ON u.id = h.\"by\" "

static bool entry_take(struct scope *scope, const struct cell *row, struct config_entry *out)
{
    *out = (struct config_entry){
        .id = row[0].integer, .kind = row[1].text, .name = row[2].text,
        .version = row[3].integer, .at_ms = row[4].integer, .by = row[5], .by_name = row[6],
        .config = row[7].kind == CELL_INT ? row[7].integer : 0,
        .is_follow = row[8].kind == CELL_INT && row[8].integer != 0,
        .is_lost = row[9].kind == CELL_INT, .has_before = row[10].kind == CELL_TEXT,
        .has_after = row[11].kind == CELL_TEXT,
    };
    return (!out->has_before || json_read(scope, row[10].text, &out->before)) &&
           (!out->has_after || json_read(scope, row[11].text, &out->after));
}

bool config_entry_load(struct scope *scope, struct db_conn *conn, int64_t id,
                       struct config_entry *out)
{
    struct cell arg = cell_int(id);
    struct row row;
    if (!db_one(scope, conn, STR(ENTRY_SELECT "WHERE h.seq = ?"), &arg, 1, &row)) return false;
    if (row.count == 0) return error_set(scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
    return entry_take(scope, row.cells, out);
}

/* A place that was only kept (schema_put_all) is nobody's change: both bodies are missing. */
static bool is_change(const struct config_entry *entry)
{
    return (entry->has_before && entry->before.count > 0) ||
           (entry->has_after && entry->after.count > 0);
}

static bool page_load(struct scope *scope, struct db_conn *conn, struct str kind, struct str name,
                      int64_t after_id, int limit, struct rows *out)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR(ENTRY_SELECT "WHERE 1 = 1"));
    if (kind.size > 0) {
        sql_put(&sql, STR(" AND h.kind = "));
        sql_text(&sql, kind);
    }
    if (name.size > 0) {
        sql_put(&sql, STR(" AND h.config IN (SELECT m.config FROM config_history AS m WHERE "
                          "m.kind = h.kind AND m.name = "));
        sql_text(&sql, name);
        sql_put(&sql, STR(" UNION SELECT c.id FROM config AS c WHERE c.kind = h.kind AND "
                          "c.name = "));
        sql_text(&sql, name);
        sql_put(&sql, STR(")"));
    }
    if (after_id > 0) {
        sql_put(&sql, STR(" AND h.seq < "));
        sql_int(&sql, after_id);
    }
    sql_put(&sql, STR(" ORDER BY h.seq DESC LIMIT "));
    sql_int(&sql, limit);
    return sql_all(scope, conn, &sql, ENTRY_COUNT_MAX, out);
}

bool config_entries(struct scope *scope, struct db_conn *conn, struct str kind, struct str name,
                    int64_t after_id, int limit, struct config_entry **out, int *count)
{
    if (limit > ENTRY_COUNT_MAX) limit = ENTRY_COUNT_MAX;
    *out = scope_new(scope, struct config_entry, limit + 1);
    *count = 0;
    /* What is nobody's change does not count; the page goes on behind it. */
    for (bool is_more = true; is_more && *count < limit;) {
        struct rows rows;
        if (!page_load(scope, conn, kind, name, after_id, limit, &rows)) return false;
        for (int i = 0; i < rows.count && *count < limit; i++) {
            struct config_entry *entry = &(*out)[*count];
            if (!entry_take(scope, rows.items[i].cells, entry)) return false;
            after_id = entry->id;
            if (is_change(entry)) *count += 1;
        }
        is_more = rows.count == limit;
    }
    return true;
}

const char *config_entry_action(const struct config_entry *entry)
{
    if (!entry->has_before || entry->before.count == 0) return "create";
    return entry->has_after ? "change" : "delete";
}

/* ---- in words ---- */

struct telling {
    struct scope *scope;
    enum language language;
    struct buf out;
    int count; /* told and counted */
};

static void tell(struct telling *t, const char *key, const struct error_arg *args, int arg_count)
{
    t->count += 1;
    if (t->count > PART_COUNT_MAX) return;
    if (t->count > 1) buf_put(&t->out, t->language == LANGUAGE_ZH ? STR("；") : STR("; "));
    buf_put(&t->out, message_text(t->scope, t->language, key, args, arg_count));
}

static void tell_one(struct telling *t, const char *key, struct str name)
{
    struct error_arg arg = { "name", name };
    tell(t, key, &arg, 1);
}

static struct str called(const struct telling *t, const struct json *thing)
{
    const struct json *label = json_get(thing, "label");
    struct str text = json_text(label, t->language == LANGUAGE_ZH ? "zh" : "en");
    if (text.size == 0) text = json_text(label, t->language == LANGUAGE_ZH ? "en" : "zh");
    if (text.size == 0 && label && label->kind == JSON_KIND_STR) text = label->text;
    return text.size > 0 ? text : json_text(thing, "name");
}

static bool is_same(struct scope *scope, const struct json *a, const struct json *b)
{
    if (!a || !b) return a == b;
    return str_equal(json_to_text(scope, a), json_to_text(scope, b));
}

static const struct json *by_id(const struct json *list, const struct json *item)
{
    int64_t id = json_int(item, "id", 0);
    for (int i = 0; list && i < list->count; i++) {
        bool is_it = id != 0 ? json_int(&list->items[i], "id", 0) == id
                             : str_equal(json_text(&list->items[i], "name"),
                                         json_text(item, "name"));
        if (is_it) return &list->items[i];
    }
    return NULL;
}

/* A member's name for people, else as it stands. */
static struct str member_word(const struct telling *t, struct str name)
{
    static const char *const known[] = {
        "label", "name", "help", "required", "unique", "default", "validate", "formula",
        "choices", "type", "visible_if", "required_if", "readonly_if", "index", "personal",
        "where", "columns", "order", "when", "levels", "actions", "grants", "fields", "icon",
        "stages", "search", "indexes", "enabled", "aliases", "inherit", "stored", "days",
        "hours",
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!str_is(name, known[i])) continue;
        struct str key = scope_format(t->scope, "history.m_%s", known[i]);
        return message_text(t->scope, t->language, key.data, NULL, 0);
    }
    return name;
}

static bool is_kept_out(struct str name)
{
    static const char *const names[] = { "id", "to_id", "object_id", "gone", "gone_at",
                                         "version", "aliases" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_is(name, names[i])) return true;
    }
    return false;
}

/* "label, required": the members that differ. */
static struct str members_differ(struct telling *t, const struct json *before,
                                 const struct json *after, const char *except, int *count)
{
    struct buf out;
    buf_begin(&out, t->scope, SUMMARY_SIZE_MAX);
    *count = 0;
    for (int side = 0; side < 2; side++) {
        const struct json *one = side == 0 ? after : before, *two = side == 0 ? before : after;
        for (int i = 0; i < one->count; i++) {
            struct str name = one->names[i];
            const struct json *other = json_get_str(two, name);
            if (is_kept_out(name) || (except && str_is(name, except))) continue;
            if (side == 1 ? other != NULL : is_same(t->scope, &one->items[i], other)) continue;
            if (*count > 0) buf_put(&out, t->language == LANGUAGE_ZH ? STR("、") : STR(", "));
            buf_put(&out, member_word(t, name));
            *count += 1;
        }
    }
    return buf_str(&out);
}

static void tell_changed(struct telling *t, const char *renamed, const char *changed,
                         const struct json *before, const struct json *after)
{
    struct str old_name = called(t, before), new_name = called(t, after);
    if (!str_equal(json_text(before, "name"), json_text(after, "name")) &&
        str_equal(old_name, new_name)) {
        old_name = json_text(before, "name");
        new_name = json_text(after, "name");
    }
    if (!str_equal(old_name, new_name)) {
        struct error_arg args[] = { { "old", old_name }, { "new", new_name } };
        tell(t, renamed, args, 2);
        return;
    }
    int count;
    struct str what = members_differ(t, before, after, NULL, &count);
    struct error_arg args[] = { { "name", new_name }, { "what", what } };
    if (count > 0) tell(t, changed, args, 2);
}

/* Members of a list that have ids or names: added, removed, renamed, changed. */
static void list_tell(struct telling *t, const struct json *before, const struct json *after,
                      const char *const keys[4])
{
    for (int i = 0; after && i < after->count; i++) {
        const struct json *was = by_id(before, &after->items[i]);
        if (json_bool(&after->items[i], "hidden", false)) continue;
        if (!was) {
            tell_one(t, keys[0], called(t, &after->items[i]));
        } else if (!is_same(t->scope, was, &after->items[i])) {
            tell_changed(t, keys[2], keys[3], was, &after->items[i]);
        }
    }
    for (int i = 0; before && i < before->count; i++) {
        if (json_bool(&before->items[i], "hidden", false)) continue;
        if (!by_id(after, &before->items[i])) tell_one(t, keys[1], called(t, &before->items[i]));
    }
}

static struct str day_word(const struct telling *t, int64_t day)
{
    struct buf text;
    buf_begin(&text, t->scope, 32);
    time_put_date(&text, day);
    return buf_str(&text);
}

/* A calendar: how many days, from which to which; not that its lists are other lists. */
static void days_tell(struct telling *t, struct json *before, struct json *after)
{
    struct calendar_difference difference;
    struct json now = *after;
    int64_t conflict;
    bool is_ok = calendar_compare(t->scope, before, after, &difference) &&
                 calendar_days_undo(t->scope, before, after, &now, &conflict);
    if (!is_ok || difference.count == 0) return;
    int64_t first = difference.changes[0].is.day;
    int64_t last = difference.changes[difference.count - 1].is.day;
    const struct error_arg args[] = {
        { "count", scope_format(t->scope, "%d", difference.count) },
        { "from", day_word(t, first) }, { "to", day_word(t, last) },
    };
    const char *key = first == last ? "history.calendar_day" : "history.calendar_days";
    struct error_arg what = { "what", message_text(t->scope, t->language, key, args, 3) };
    tell(t, "history.changed", &what, 1);
}

static void change_tell(struct telling *t, const struct config_entry *entry)
{
    static const char *const field_keys[] = { "history.field_added", "history.field_removed",
                                              "history.field_renamed", "history.field_changed" };
    static const char *const stage_keys[] = { "history.stage_added", "history.stage_removed",
                                              "history.stage_renamed", "history.stage_changed" };
    struct json was = entry->before, now = entry->after;
    if (str_is(entry->kind, "calendar")) days_tell(t, &was, &now);
    const struct json *before = &was, *after = &now;
    bool is_object = str_is(entry->kind, "object"), is_pipeline = str_is(entry->kind, "pipeline");
    const char *list = is_object ? "fields" : is_pipeline ? "stages" : NULL;
    if (list) {
        list_tell(t, json_get(before, list), json_get(after, list),
                  is_object ? field_keys : stage_keys);
    }
    int count;
    struct str old_name = called(t, before), new_name = called(t, after);
    if (!str_equal(old_name, new_name)) {
        struct error_arg args[] = { { "old", old_name }, { "new", new_name } };
        tell(t, "history.renamed", args, 2);
        return;
    }
    struct str what = members_differ(t, before, after, list, &count);
    struct error_arg arg = { "what", what };
    if (count > 0) tell(t, "history.changed", &arg, 1);
    if (t->count == 0) tell(t, "history.reordered", NULL, 0);
}

struct str config_entry_summary(struct scope *scope, const struct config_entry *entry,
                                enum language language)
{
    struct telling t = { .scope = scope, .language = language };
    buf_begin(&t.out, scope, SUMMARY_SIZE_MAX);
    const char *action = config_entry_action(entry);
    if (strcmp(action, "create") == 0) {
        tell_one(&t, "history.created", entry->has_after ? called(&t, &entry->after)
                                                         : entry->name);
    } else if (strcmp(action, "delete") == 0) {
        tell_one(&t, "history.deleted", called(&t, &entry->before));
    } else {
        if (entry->is_follow) tell(&t, "history.follow", NULL, 0);
        change_tell(&t, entry);
    }
    if (t.count > PART_COUNT_MAX) {
        struct error_arg arg = {
            "count", scope_format(scope, "%d", t.count - PART_COUNT_MAX)
        };
        buf_put(&t.out, message_text(scope, language, "history.more", &arg, 1));
    }
    return buf_str(&t.out);
}
