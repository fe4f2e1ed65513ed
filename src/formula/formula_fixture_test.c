/* What the tests of formulas have in common. */
#include "formula/formula_fixture_test.h"

#include <stdio.h>

#include "base/decimal.h"
#include "base/time.h"
#include "formula/inner.h"

/* An id by its last byte in hexadecimal. */
#define ID_SQL(byte) "x'000000000000000000000000000000" byte "'"

/* 2026-03-02T10:00:00+08:00, a Monday. */
static const int64_t CLOCK_MS = 1772416800000;

static const char FIRM[] =
    "{'name':'firm','plural':'firms','label':{'zh':'公司','en':'Firm'},'fields':["
    "{'name':'name','type':'text','title':true,'label':{'zh':'名称','en':'Name'}},"
    "{'name':'region','type':'text','label':{'zh':'地区','en':'Region'}},"
    "{'name':'parent','type':'reference','to':'firm','label':{'zh':'上级','en':'Parent'}},"
    "{'name':'founded','type':'date'},"
    "{'name':'order_total','type':'formula','result':'money','formula':'SUM(orders.amount)'}]}";

static const char ORDER[] =
    "{'name':'order','plural':'orders','pipeline':true,'label':{'zh':'订单','en':'Order'},"
    "'fields':["
    "{'name':'name','type':'text','title':true,'label':{'zh':'名称','en':'Name'}},"
    "{'name':'firm','type':'reference','to':'firm','label':{'zh':'公司','en':'Firm'}},"
    "{'name':'amount','type':'money','label':{'zh':'预计成交额','en':'Amount'}},"
    "{'name':'discount','type':'number','scale':3,'label':{'zh':'折扣','en':'Discount'}},"
    "{'name':'pieces','type':'integer','label':{'zh':'件数','en':'Pieces'}},"
    "{'name':'urgent','type':'boolean','label':{'zh':'加急','en':'Urgent'}},"
    "{'name':'due_on','type':'date','label':{'zh':'到期日','en':'Due on'}},"
    "{'name':'seen_at','type':'datetime','label':{'zh':'最近联系','en':'Seen at'}},"
    "{'name':'kind','type':'choice','label':{'zh':'类别','en':'Kind'},'choices':["
    "{'name':'small','label':{'zh':'小单','en':'Small'}},"
    "{'name':'large','label':{'zh':'大单','en':'Large'}}]},"
    "{'name':'tags','type':'multi_choice','label':{'zh':'标签','en':'Tags'},'choices':["
    "{'name':'vip','label':{'zh':'贵宾','en':'VIP'}},"
    "{'name':'cold','label':{'zh':'冷链','en':'Cold'}},"
    "{'name':'far','label':{'zh':'远程','en':'Far'}}]},"
    "{'name':'spent','type':'duration','label':{'zh':'用时','en':'Spent'}},"
    "{'name':'spot','type':'geo','label':{'zh':'位置','en':'Spot'}},"
    "{'name':'memo','type':'long_text','label':{'zh':'备注','en':'Memo'}},"
    "{'name':'net','type':'formula','result':'money','formula':'amount * (1 - discount)'},"
    "{'name':'is_big','type':'formula','formula':'amount > 1000'},"
    "{'name':'note_count','type':'formula','formula':'COUNT(notes)'},"
    "{'name':'heard_at','type':'formula','result':'datetime','stored':true,"
    "'formula':'MAX(notes.noted_at, method = \\'meeting\\')'},"
    "{'name':'last_text','type':'formula','result':'text','formula':'LAST(notes.text)'},"
    "{'name':'firm_name','type':'formula','result':'text','stored':true,"
    "'formula':'firm.name & \\'\\''},"
    "{'name':'partners','type':'many_to_many','to':'firm','back':'partner_orders'},"
    "{'name':'region','type':'lookup','via':'firm','field':'region'},"
    "{'name':'founded','type':'lookup','via':'firm','field':'founded'},"
    "{'name':'cost_total','type':'rollup','relation':'notes','function':'sum','field':'cost'},"
    "{'name':'best','type':'rollup','relation':'notes','function':'max','field':'quality',"
    "'where':'method = \\'meeting\\''},"
    "{'name':'mean','type':'rollup','relation':'notes','function':'avg','field':'quality'},"
    "{'name':'last_cost','type':'rollup','relation':'notes','function':'last','field':'cost'},"
    "{'name':'partner_count','type':'rollup','relation':'partners','function':'count'},"
    "{'name':'partner_founded','type':'rollup','relation':'partners','function':'min',"
    "'field':'founded'}]}";

static const char NOTE[] =
    "{'name':'note','plural':'notes','label':{'zh':'记录','en':'Note'},'fields':["
    "{'name':'text','type':'long_text','title':true,'label':{'zh':'内容','en':'Text'}},"
    "{'name':'order','type':'reference','to':'order','label':{'zh':'订单','en':'Order'}},"
    "{'name':'method','type':'choice','label':{'zh':'方式','en':'Method'},'choices':["
    "{'name':'meeting','label':{'zh':'面谈','en':'Meeting'}},"
    "{'name':'phone','label':{'zh':'电话','en':'Phone'}}]},"
    "{'name':'noted_at','type':'datetime'},"
    "{'name':'quality','type':'integer'},"
    "{'name':'cost','type':'money'}]}";

static const char PLAIN[] =
    "{'object':'order','default':true,'label':{'zh':'标准','en':'Plain'},'stages':["
    "{'name':'ask','kind':'open','probability':0.1,'label':{'zh':'询价','en':'Ask'}},"
    "{'name':'talk','kind':'open','probability':0.5,'label':{'zh':'谈判','en':'Talk'},"
    "'stall':{'yellow':'30m','red':'5d'}},"
    "{'name':'won','kind':'won','label':{'zh':'成交','en':'Won'}},"
    "{'name':'lost','kind':'lost','label':{'zh':'输单','en':'Lost'}}]}";

static const char SHORT[] =
    "{'object':'order','label':{'zh':'简易','en':'Short'},'stages':["
    "{'name':'talk','kind':'open','probability':0.7,'label':{'zh':'谈判','en':'Talk'}},"
    "{'name':'won','kind':'won','label':{'zh':'成交','en':'Won'}},"
    "{'name':'lost','kind':'lost','label':{'zh':'输单','en':'Lost'}}]}";

/* Holidays and make-up workdays as they were published, for a few months. */
static const char CHINA[] =
    "{'label':'中国','default':true,'holidays':['2025-10-01..2025-10-08','2026-01-01..2026-01-03',"
    "{'on':'2026-02-15..2026-02-23','label':{'zh':'春节'}},'2026-04-04..2026-04-06'],"
    "'workdays':['2025-09-28','2025-10-11','2026-01-04','2026-02-14','2026-02-28']}";

static const char SIX[] =
    "{'days':['mon','tue','wed','thu','fri','sat'],'hours':['08:30-12:00','22:00-24:00']}";

struct uuid bench_id(int number)
{
    struct uuid id = { { 0 } };
    id.bytes[15] = (unsigned char)number;
    return id;
}

static struct str id_sql(struct bench *bench, int number)
{
    return number == 0 ? STR("NULL") : scope_format(bench->scope, "x'%032x'", number);
}

static bool insert(struct bench *bench, const char *table, int id, int created_min,
                   const char *columns, const char *values)
{
    int64_t created_ms = CLOCK_MS - (int64_t)created_min * TIME_MINUTE_MS;
    struct str sql = scope_format(
        bench->scope,
        "INSERT INTO \"%s\" (id, version, created_at, updated_at, %s) VALUES (x'%032x', 1, %lld, "
        "%lld, %s)",
        table, columns, id, (long long)created_ms, (long long)created_ms, values);
    return CHECK(workspace_exec(&bench->workspace, sql.data));
}

static int choice_id(struct bench *bench, const char *object, const char *field, const char *name)
{
    const struct object *found = schema_object(bench->workspace.schema, str_of(object));
    const struct choice *choice =
        name ? field_choice(object_field(found, str_of(field)), str_of(name)) : NULL;
    return choice ? choice->id : 0;
}

struct order_row {
    int id, firm, owner;
    const char *name, *amount, *discount, *pieces, *urgent, *due_on;
    int seen_hours; /* ago; -1: blank */
    const char *kind, *memo, *pipeline, *stage;
};

static bool add_order(struct bench *bench, const struct order_row *row)
{
    const struct schema *schema = bench->workspace.schema;
    const struct pipeline *pipeline = schema_pipeline(schema, str_of(row->pipeline));
    const struct stage *stage = pipeline_stage(pipeline, str_of(row->stage));
    int64_t seen_ms = CLOCK_MS - (int64_t)row->seen_hours * TIME_HOUR_MS, due_on = 0;
    bool has_due = row->due_on && time_parse_date(str_of(row->due_on), &due_on);
    struct str seen = scope_format(bench->scope, "%lld", (long long)seen_ms);
    struct str due = scope_format(bench->scope, "%lld", (long long)due_on);
    struct str values = scope_format(
        bench->scope, "'%s', %.*s, %.*s, %s, %s, %s, %s, %.*s, %.*s, NULLIF(%d, 0), %s, %d, %d",
        row->name, STR_ARG(id_sql(bench, row->firm)), STR_ARG(id_sql(bench, row->owner)),
        row->amount, row->discount, row->pieces, row->urgent,
        STR_ARG(has_due ? due : STR("NULL")), STR_ARG(row->seen_hours < 0 ? STR("NULL") : seen),
        choice_id(bench, "order", "kind", row->kind), row->memo, pipeline->id, stage->id);
    return insert(bench, "order", row->id, row->id * 1000,
                  "name, firm, owner, amount, discount, pieces, urgent, due_on, seen_at, kind, "
                  "memo, pipeline, stage",
                  values.data);
}

static bool add_note(struct bench *bench, int id, int order, int owner, const char *method,
                     int hours_ago, const char *quality, const char *cost, const char *text)
{
    struct str values = scope_format(
        bench->scope, "%s, %.*s, %.*s, NULLIF(%d, 0), %lld, %s, %s", text,
        STR_ARG(id_sql(bench, order)), STR_ARG(id_sql(bench, owner)),
        choice_id(bench, "note", "method", method),
        (long long)(CLOCK_MS - (int64_t)hours_ago * TIME_HOUR_MS), quality, cost);
    return insert(bench, "note", id, hours_ago * 60,
                  "text, \"order\", owner, method, noted_at, quality, cost", values.data);
}

/* Order 1: asked 200 hours ago, talked 150, asked again 120, talks since 90. Its fields changed. */
static bool add_history(struct bench *bench)
{
    static const struct {
        const char *stage;
        int from_hours, to_hours; /* ago; 0: it goes on */
    } stays[] = {
        { "ask", 200, 150 }, { "talk", 150, 120 }, { "ask", 120, 90 }, { "talk", 90, 0 }
    };
    const struct schema *schema = bench->workspace.schema;
    const struct object *order = schema_object(schema, STR("order"));
    const struct pipeline *plain = schema_pipeline(schema, STR("plain"));
    bool ok = true;
    for (int i = 0; ok && i < 4; i++) {
        struct str left = scope_format(bench->scope, "%lld",
                                       (long long)(CLOCK_MS - stays[i].to_hours * TIME_HOUR_MS));
        ok = workspace_exec(&bench->workspace, scope_format(
            bench->scope,
            "INSERT INTO stage_stay (id, object, record, pipeline, stage, entered_at, left_at, "
            "move) VALUES (x'%032x', %d, " ID_SQL("01") ", %d, %d, %lld, %.*s, 2)",
            100 + i, order->id, plain->id, pipeline_stage(plain, str_of(stays[i].stage))->id,
            (long long)(CLOCK_MS - stays[i].from_hours * TIME_HOUR_MS),
            STR_ARG(stays[i].to_hours ? left : STR("NULL"))).data);
    }
    int small = choice_id(bench, "order", "kind", "small");
    const struct { const char *field; struct str old; } changes[] = {
        { "name", STR("'Alpa'") }, { "amount", STR("'100000'") }, { "amount", STR("NULL") },
        { "amount", STR("'-128050'") }, { "kind", scope_format(bench->scope, "'%d'", small) },
        { "owner", STR("'00000000-0000-0000-0000-00000000000c'") }, { "due_on", STR("'20512'") },
        { "urgent", STR("'0'") },
    };
    for (size_t i = 0; ok && i < sizeof(changes) / sizeof(changes[0]); i++) {
        ok = workspace_exec(&bench->workspace, scope_format(
            bench->scope, "INSERT INTO change (object, record, version, field, old, at) VALUES "
            "(%d, " ID_SQL("01") ", %d, %d, %.*s, 0)", order->id, (int)i + 2,
            object_field(order, str_of(changes[i].field))->id, STR_ARG(changes[i].old)).data);
    }
    return ok && workspace_exec(&bench->workspace, scope_format(
        bench->scope, "UPDATE \"order\" SET stage_entered_at = %lld WHERE id = " ID_SQL("01"),
        (long long)(CLOCK_MS - (int64_t)90 * TIME_HOUR_MS)).data);
}

static bool fill(struct bench *bench)
{
    static const struct order_row orders[] = {
        { 1, 1, 11, "Alpha", "128050", "125", "7", "1", "2026-03-31", 50, "large",
          "'面谈  纪要 abc'", "plain", "talk" },
        { 2, 2, 12, "Beta", "99999", "NULL", "0", "0", "2026-02-01", 48, "small", "NULL", "short",
          "talk" },
        { 3, 0, 0, "Gamma", "NULL", "-500", "-3", "NULL", NULL, -1, NULL, "'x'", "plain", "won" },
        { 4, 1, 11, "Delta", "9223372036854775807", "1000", "9223372036854775807", "1",
          "2026-03-02", 3, "small", "'a,b,c'", "plain", "lost" },
        { 5, 3, 12, "Epsilon", "-5", "333", "2", "0", "2024-02-29", 73, "large", "'ＡＢＣ'", "plain",
          "ask" },
    };
    bool ok = insert(bench, "team", 21, 0, "name", "'North'") &&
              insert(bench, "team", 22, 0, "name, parent", "'Harbour'," ID_SQL("15")) &&
              insert(bench, "team", 23, 0, "name", "'South'") &&
              insert(bench, "user", 11, 0, "name, team", "'Ann'," ID_SQL("16")) &&
              insert(bench, "user", 12, 0, "name, team, supervisor",
                     "'Bob'," ID_SQL("17") "," ID_SQL("0b")) &&
              insert(bench, "firm", 1, 0, "name, region, parent, founded",
                     "'One', '华东'," ID_SQL("02") ", 0") &&
              insert(bench, "firm", 2, 0, "name, region", "'Two', '华北'") &&
              insert(bench, "firm", 3, 0, "name, region, deleted_at", "'Gone', '华南', 5");
    for (size_t i = 0; ok && i < sizeof(orders) / sizeof(orders[0]); i++) {
        ok = add_order(bench, &orders[i]);
    }
    return ok && add_history(bench) &&
           add_note(bench, 1, 1, 11, "meeting", 100, "3", "1050", "'第一次面谈，确认了需求'") &&
           add_note(bench, 2, 1, 11, "phone", 50, "5", "NULL", "'已沟通，正常推进。'") &&
           add_note(bench, 3, 1, 11, "meeting", 60, "NULL", "250", "'第一次面谈，确认了需求！'") &&
           add_note(bench, 4, 2, 12, "phone", 10, "9", "100", "'报了价'") &&
           workspace_exec(&bench->workspace, "UPDATE note SET deleted_at = 5 WHERE id = "
                                             "x'00000000000000000000000000000004'") &&
           add_note(bench, 5, 2, 12, "meeting", 20, "1", "300", "NULL") &&
           workspace_exec(&bench->workspace,
                          "UPDATE \"order\" SET tags = ',0001,0003,', spent = 9000000, "
                          "spot = '31.230416,121.473701' WHERE id = " ID_SQL("01")) &&
           workspace_exec(&bench->workspace,
                          "UPDATE \"order\" SET tags = ',0002,', spent = 1500, "
                          "spot = '39.904200,116.407396' WHERE id = " ID_SQL("02")) &&
           workspace_exec(&bench->workspace, "UPDATE \"order\" SET heard_at = seen_at + 1");
}

static bool is_built(struct bench *bench)
{
    scope_error_clear(bench->scope);
    if (formula_build(bench->scope, bench->workspace.schema)) return true;
    const struct error_item *item = error_last(bench->scope);
    printf("    %.*s: %.*s\n", STR_ARG(item->field), STR_ARG(item->text_en));
    return false;
}

bool bench_begin(struct bench *bench)
{
    *bench = (struct bench){ .conn = NULL };
    db_functions_set(formula_functions_sqlite, formula_function_sqlite_count);
    db_functions_postgres_set(formula_functions_postgres, formula_functions_postgres_count);
    if (!workspace_begin(&bench->workspace)) return false;
    struct workspace *workspace = &bench->workspace;
    bench->scope = workspace->scope;
    bool ok = CHECK(workspace_put(workspace, "object", "firm",
                                  "{'name':'firm','fields':[{'name':'name','type':'text'}]}")) &&
              CHECK(workspace_put(workspace, "object", "order", ORDER)) &&
              CHECK(workspace_put(workspace, "object", "note", NOTE)) &&
              CHECK(workspace_put(workspace, "object", "firm", FIRM)) &&
              CHECK(workspace_put(workspace, "pipeline", "plain", PLAIN)) &&
              CHECK(workspace_put(workspace, "pipeline", "short", SHORT)) &&
              CHECK(workspace_put(workspace, "list", "filler",
                                  "{'name':'filler','items':['已沟通','正常推进','沟通']}")) &&
              CHECK(workspace_put(workspace, "calendar", "china", CHINA)) &&
              CHECK(workspace_put(workspace, "calendar", "six", SIX)) &&
              CHECK(is_built(bench)) && fill(bench) &&
              CHECK(db_read_begin(bench->scope, workspace->fixture.db, &bench->conn));
    if (!ok) return false;
    bench->teams[0] = bench_id(21);
    bench->teams[1] = bench_id(22);
    bench->context = (struct formula_context){ .schema = workspace->schema,
                                               .alias = STR("t"),
                                               .now_ms = CLOCK_MS,
                                               .person = bench_id(11),
                                               .teams = bench->teams,
                                               .team_count = 2 };
    return true;
}

void bench_end(struct bench *bench)
{
    if (bench->conn) db_read_end(bench->conn);
    workspace_end(&bench->workspace);
}

struct formula *bench_compile_with(struct bench *bench, const char *object, struct str source,
                                   unsigned flags)
{
    struct formula *formula;
    const struct object *found = schema_object(bench->workspace.schema, str_of(object));
    scope_error_clear(bench->scope);
    const struct schema *schema = bench->workspace.schema;
    return formula_compile(bench->scope, schema, found, source, flags, &formula) ? formula : NULL;
}

struct formula *bench_compile(struct bench *bench, const char *object, const char *source)
{
    return bench_compile_with(bench, object, str_of(source),
                              FORMULA_ALLOW_CHANGE | FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON);
}

static struct str error_text(struct bench *bench)
{
    const struct error_item *item = error_last(bench->scope);
    struct buf out;
    buf_begin(&out, bench->scope, 4096);
    buf_format(&out, "error %s @%lld", item->key, (long long)item->position);
    for (int i = 0; i < item->arg_count; i++) {
        if (strcmp(item->args[i].name, "hint") != 0) continue;
        buf_format(&out, " %.*s", STR_ARG(item->args[i].value));
    }
    return buf_str(&out);
}

/* A cell as a vector writes it. */
static struct str shown(struct bench *bench, const struct formula_type *type,
                        const struct cell *cell)
{
    struct scope *scope = bench->scope;
    if (cell->kind == CELL_NULL) return STR("blank");
    if (cell->kind == CELL_REAL) return scope_format(scope, "%.10g", cell->real);
    if (cell->kind == CELL_TEXT) return scope_format(scope, "\"%.*s\"", STR_ARG(cell->text));
    struct buf out;
    buf_begin(&out, scope, 256);
    if (cell->kind == CELL_BLOB) {
        buf_format(&out, "ID(%d)", (unsigned char)cell->text.data[cell->text.size - 1]);
    } else if (type->kind == FORMULA_BOOLEAN) {
        buf_put(&out, cell->integer ? STR("TRUE") : STR("FALSE"));
    } else if (type->kind == FORMULA_DATE) {
        time_put_date(&out, cell->integer);
    } else if (type->kind == FORMULA_DATETIME) {
        time_put(&out, cell->integer);
    } else {
        decimal_put(&out, cell->integer, type->scale);
    }
    return buf_str(&out);
}

struct str bench_value(struct bench *bench, const char *object, int row, struct str source)
{
    struct formula *formula = bench_compile_with(
        bench, object, source, FORMULA_ALLOW_CHANGE | FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON);
    if (!formula) return error_text(bench);
    struct sql sql;
    struct row out;
    sql_begin(&sql, bench->scope);
    sql_put(&sql, STR("SELECT "));
    formula_put(&sql, &bench->context, formula);
    sql_putf(&sql, " FROM \"%s\" t WHERE t.id = ", object);
    sql_id(&sql, bench_id(row));
    if (!sql_one(bench->scope, bench->conn, &sql, &out)) {
        printf("    %.*s\n    %.*s\n", STR_ARG(bench->scope->error.detail),
               STR_ARG(buf_str(&sql.text)));
        return STR("storage");
    }
    return out.count == 0 ? STR("no row") : shown(bench, &formula->type, &out.cells[0]);
}

struct str bench_rows(struct bench *bench, const char *object, const struct formula *formula,
                      bool is_plain)
{
    struct sql sql;
    struct rows rows;
    struct buf out;
    buf_begin(&out, bench->scope, 4096);
    sql_begin(&sql, bench->scope);
    sql_putf(&sql, "SELECT t.id FROM \"%s\" t WHERE ", object);
    if (is_plain) {
        formula_put_condition_plain(&sql, &bench->context, formula);
    } else {
        formula_put_condition(&sql, &bench->context, formula);
    }
    sql_put(&sql, STR(" ORDER BY t.id"));
    if (!sql_all(bench->scope, bench->conn, &sql, 1000, &rows)) {
        printf("    %.*s\n", STR_ARG(bench->scope->error.detail));
        return STR("storage");
    }
    for (int i = 0; i < rows.count; i++) {
        struct str id = rows.items[i].cells[0].text;
        buf_format(&out, "%s%d", i > 0 ? "," : "", (unsigned char)id.data[15]);
    }
    return buf_str(&out);
}

struct str bench_sql(struct bench *bench, const struct formula *formula)
{
    struct sql sql;
    sql_begin(&sql, bench->scope);
    formula_put_condition(&sql, &bench->context, formula);
    return buf_str(&sql.text);
}
