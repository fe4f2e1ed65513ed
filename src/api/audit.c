/* What must be answered for later, for those with the right to read it; newest first. */
#include "api/inner.h"

#include <inttypes.h>

enum { AUDIT_LIMIT = 100, AUDIT_LIMIT_MAX = 1000 };

bool call_audit(struct call *call, struct db_conn *conn, const char *kind, struct uuid person,
                const struct audit_pair *pairs, int count)
{
    struct engine_context context = call->context;
    if (!uuid_is_nil(person)) context.actor.user = person;
    struct audit_line line = { .kind = kind,
                               .detail = audit_detail(call->scope, pairs, count) };
    return audit_put(call->scope, conn, &context, &line);
}

/* A moment, or a day: its first millisecond, as "to" that of the day after it. */
static bool read_moment(struct call *call, const char *name, bool is_end, int64_t *out)
{
    int zone_min = call->snapshot->schema->zone_min;
    struct str text;
    int64_t day;
    if (!call_param(call, name, &text) || text.size == 0) return !error_is_set(call->scope);
    if (time_parse_date(text, &day)) {
        *out = time_day_start(is_end ? day + 1 : day, zone_min);
        return true;
    }
    return time_parse(text, zone_min, out) ||
           error_set(call->scope, ERROR_INVALID, "field.not_time", str_of(name));
}

static bool put_text_filter(struct call *call, struct sql *sql, const char *name)
{
    struct str text;
    if (!call_param(call, name, &text)) return false;
    if (text.size == 0) return true;
    sql_putf(sql, " AND a.%s = ", name);
    sql_text(sql, text);
    return true;
}

static bool put_id_filter(struct call *call, struct sql *sql, const char *name)
{
    struct str text;
    struct uuid id;
    if (!call_param(call, name, &text)) return false;
    if (text.size == 0) return true;
    if (!uuid_parse(text, &id)) {
        return error_set(call->scope, ERROR_INVALID, "field.not_id", str_of(name));
    }
    sql_put(sql, STR(" AND "));
    sql_column(sql, STR("a"), str_of(name));
    sql_put(sql, STR(" = "));
    sql_id(sql, id);
    return true;
}

static bool put_filters(struct call *call, struct sql *sql, int limit)
{
    struct str after;
    int64_t from = INT64_MIN, to = INT64_MAX, before = INT64_MAX;
    if (!put_text_filter(call, sql, "kind") || !put_text_filter(call, sql, "object") ||
        !put_id_filter(call, sql, "by") || !put_id_filter(call, sql, "record") ||
        !read_moment(call, "from", false, &from) || !read_moment(call, "to", true, &to) ||
        !call_param(call, "after", &after)) {
        return false;
    }
    if (after.size > 0 && !str_to_int64(after, &before)) {
        return error_set(call->scope, ERROR_INVALID, "query.bad_cursor", STR("after"));
    }
    sql_put(sql, STR(" AND a.at >= "));
    sql_int(sql, from);
    sql_put(sql, STR(" AND a.at < "));
    sql_int(sql, to);
    sql_put(sql, STR(" AND a.seq < "));
    sql_int(sql, before);
    sql_put(sql, STR(" ORDER BY a.seq DESC LIMIT "));
    sql_int(sql, limit + 1);
    return true;
}

enum audit_column { AUDIT_SEQ, AUDIT_AT, AUDIT_BY, AUDIT_BY_NAME, AUDIT_VIA, AUDIT_KIND,
                    AUDIT_OBJECT, AUDIT_RECORD, AUDIT_FIELD, AUDIT_DETAIL, AUDIT_HASH };

static struct str text_of(const struct cell *cell)
{
    return cell->kind == CELL_TEXT ? cell->text : STR("");
}

static bool row_take(struct call *call, const struct cell *cells, struct audit_row *out)
{
    *out = (struct audit_row){
        .by_name = text_of(&cells[AUDIT_BY_NAME]), .via = text_of(&cells[AUDIT_VIA]),
        .kind = text_of(&cells[AUDIT_KIND]), .object = text_of(&cells[AUDIT_OBJECT]),
        .field = text_of(&cells[AUDIT_FIELD]), .detail = { .kind = JSON_KIND_MAP },
        .by = cell_uuid(&cells[AUDIT_BY]), .record = cell_uuid(&cells[AUDIT_RECORD]),
    };
    return cells[AUDIT_DETAIL].kind != CELL_TEXT ||
           json_read(call->scope, cells[AUDIT_DETAIL].text, &out->detail);
}

static bool put_line(struct call *call, const struct cell *cells, const struct audit_row *row)
{
    struct json_writer *out = &call->out;
    struct str text;
    if (!audit_sentence(call, row, &text)) return false;
    json_map_begin(out);
    json_member_int(out, "seq", cells[AUDIT_SEQ].integer);
    member_time(out, "at", &cells[AUDIT_AT]);
    member_id(out, "by", &cells[AUDIT_BY]);
    member_text(out, "by_name", &cells[AUDIT_BY_NAME]);
    member_text(out, "via", &cells[AUDIT_VIA]);
    member_text(out, "kind", &cells[AUDIT_KIND]);
    member_text(out, "object", &cells[AUDIT_OBJECT]);
    member_id(out, "record", &cells[AUDIT_RECORD]);
    member_text(out, "field", &cells[AUDIT_FIELD]);
    member_json(call, "detail", &cells[AUDIT_DETAIL]);
    struct buf hash;
    buf_begin(&hash, call->scope, 128);
    for (size_t i = 0; i < cells[AUDIT_HASH].text.size; i++) {
        buf_format(&hash, "%02x", (unsigned char)cells[AUDIT_HASH].text.data[i]);
    }
    json_member_str(out, "hash", buf_str(&hash));
    json_member_str(out, "who", audit_doer(call, row));
    json_member_str(out, "text", text);
    json_map_end(out);
    return true;
}

/* All that the sentences name is read for the page as a whole. */
static bool put_lines(struct call *call, const struct row *rows, int count)
{
    struct audit_row *lines = scope_new(call->scope, struct audit_row, count + 1);
    for (int i = 0; i < count; i++) {
        if (!row_take(call, rows[i].cells, &lines[i])) return false;
        audit_want(call, &lines[i]);
    }
    for (int i = 0; i < count; i++) {
        if (!put_line(call, rows[i].cells, &lines[i])) return false;
    }
    return true;
}

bool api_audit(struct call *call)
{
    struct sql sql;
    struct rows rows;
    int limit;
    sql_begin(&sql, call->scope);
    sql_put(&sql, STR("SELECT a.seq, a.at, a.\"by\", u.name, a.via, a.kind, a.object, a.record, "
                      "a.field, a.detail, a.hash FROM audit AS a LEFT JOIN \"user\" AS u ON "
                      "u.id = a.\"by\" WHERE 1=1"));
    if (!call_param_limit(call, AUDIT_LIMIT, AUDIT_LIMIT_MAX, &limit) ||
        !put_filters(call, &sql, limit) ||
        !sql_all(call->scope, call->conn, &sql, AUDIT_LIMIT_MAX + 1, &rows)) {
        return false;
    }
    bool has_more = rows.count > limit;
    int count = has_more ? limit : rows.count;
    list_begin(call);
    if (!put_lines(call, rows.items, count)) return false;
    list_next(call, has_more ? scope_format(call->scope, "%" PRId64,
                                            rows.items[count - 1].cells[AUDIT_SEQ].integer)
                             : STR(""));
    json_map_end(&call->out);
    return true;
}
