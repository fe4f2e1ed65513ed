/* Pipelines: stages, gates and thresholds; what may be taken away and what may not. */
#include "base/time.h"
#include "schema/schema_fixture_test.h"
#include "schema/schema_inner.h"

static bool deals_begin(struct workspace *w)
{
    return workspace_begin(w) &&
           CHECK(workspace_put(w, "object", "deal",
                               "{'name':'deal','pipeline':true,'fields':[{'name':'name','type':"
                               "'text'},{'name':'amount','type':'money','label':{'zh':'金额','en':"
                               "'Amount'}}]}")) &&
           CHECK(workspace_put(w, "object", "visit",
                               "{'name':'visit','fields':[{'name':'deal','type':'reference','to':"
                               "'deal'}]}"));
}

#define ENDS "{'name':'won','kind':'won'},{'name':'lost','kind':'lost'}"

static const char standard[] =
    "{'object':'deal','label':{'zh':'标准','en':'Standard'},'stages':["
    "{'name':'first','label':{'zh':'初步','en':'First'},'probability':0.3,"
    "'stall':{'yellow':'48h','orange':'72h','red':'5d'},"
    "'leave':[{'name':'amount','needs':{'field':'amount'}},"
    "{'formula':'amount > 5','message':{'zh':'金额太小','en':'Too small'}}]},"
    "{'name':'second','optional':true,'enter':[{'needs':{'object':'visit'}}]}," ENDS "]}";

TEST(pipeline_is_stored_and_loaded)
{
    struct workspace w;
    if (!deals_begin(&w)) return;
    CHECK(workspace_put(&w, "pipeline", "standard", standard));
    const struct pipeline *pipeline = schema_pipeline(w.schema, STR("standard"));
    if (!CHECK(pipeline != NULL)) return;
    CHECK(pipeline->is_default && pipeline->object->has_pipeline);
    CHECK(pipeline->object->pipelines[0] == pipeline);
    CHECK_INT(pipeline->stage_count, 4);
    const struct stage *first = &pipeline->stages[0], *second = &pipeline->stages[1];
    CHECK_INT(first->probability, 300);
    CHECK_INT(first->stall_ms[LEVEL_YELLOW], 48 * TIME_HOUR_MS);
    CHECK_INT(first->stall_ms[LEVEL_RED], 5ll * TIME_DAY_MS);
    CHECK_INT(pipeline->stages[2].probability, 1000);
    CHECK(pipeline->stages[2].kind == STAGE_WON && pipeline->stages[3].kind == STAGE_LOST);
    CHECK(second->is_optional && second->position == 1 && second->pipeline == pipeline);
    CHECK_INT(first->leave_count, 2);
    CHECK_STR(first->leave[0].source, "NOT ISBLANK(amount)");
    CHECK_STR(first->leave[0].message.zh, "请先填写“金额”。");
    CHECK_STR(first->leave[1].message.en, "Too small");
    CHECK(first->leave[0].id > 0 && first->leave[1].id > first->leave[0].id);
    CHECK_STR(second->enter[0].source, "COUNT(visits) > 0");
    CHECK(schema_stage_by_id(w.schema, first->id) == first);
    CHECK(pipeline_stage(pipeline, STR("second")) == second);
    struct buf out;
    struct json_writer writer;
    struct json json;
    buf_begin(&out, w.scope, 100000);
    json_begin(&writer, &out);
    schema_write_pipeline(&writer, pipeline);
    CHECK(json_read(w.scope, buf_str(&out), &json));
    const struct json *stage = &json_get(&json, "stages")->items[0];
    CHECK_STR(json_text(json_get(stage, "stall"), "yellow"), "48h");
    CHECK_STR(json_text(json_get(stage, "stall"), "red"), "5d");
    CHECK_STR(json_text(stage, "probability"), "0.300");
    /* And back again: the same pipeline. */
    int id = first->id;
    CHECK(workspace_put(&w, "pipeline", "standard", out.data));
    CHECK_INT(schema_pipeline(w.schema, STR("standard"))->stages[0].id, id);
    workspace_end(&w);
}

TEST(pipeline_mistakes_name_their_place)
{
    static const struct {
        const char *body, *key, *place;
    } bad[] = {
        { "{'object':'nothing','stages':[]}", "schema.no_such_object", "object" },
        { "{'stages':[]}", "schema.no_such_object", "object" },
        { "{'object':'visit','stages':[]}", "schema.no_pipeline", "object" },
        { "{'object':'deal'}", "schema.not_list", "stages" },
        { "{'object':'deal','stages':[]}", "schema.stage_kinds", "stages" },
        { "{'object':'deal','stages':[" ENDS "]}", "schema.stage_kinds", "stages" },
        { "{'object':'deal','stages':[{'name':'a'},{'name':'w','kind':'won'}]}",
          "schema.stage_kinds", "stages" },
        { "{'object':'deal','stages':[" ENDS ",{'name':'a'}]}", "schema.stage_order", "stages.a" },
        { "{'object':'deal','stages':[{'name':'a'},{'name':'a'}," ENDS "]}", "schema.duplicate",
          "stages.a" },
        { "{'object':'deal','stages':[{'name':'A'}," ENDS "]}", "schema.name", "stages.0.name" },
        { "{'object':'deal','stages':[5," ENDS "]}", "schema.not_map", "stages.0" },
        { "{'object':'deal','stages':[{'name':'a','kind':'maybe'}," ENDS "]}", "schema.stage_kind",
          "stages.a.kind" },
        { "{'object':'deal','stages':[{'name':'a','probability':1.5}," ENDS "]}",
          "schema.probability", "stages.a.probability" },
        { "{'object':'deal','stages':[{'name':'a','stall':{'yellow':'soon'}}," ENDS "]}",
          "schema.duration", "stages.a.stall" },
        { "{'object':'deal','stages':[{'name':'a','stall':{'yellow':'72h','red':'48h'}}," ENDS "]}",
          "schema.stall_order", "stages.a.stall" },
        { "{'object':'deal','stages':[{'name':'a','enter':[{'name':'g'}]}," ENDS "]}",
          "schema.gate_empty", "stages.a.enter.0" },
        { "{'object':'deal','stages':[{'name':'a','enter':5}," ENDS "]}", "schema.not_list",
          "stages.a.enter" },
        { "{'object':'deal','stages':[{'name':'a','enter':[{'needs':{'field':'x'}}]}," ENDS "]}",
          "schema.no_such_field", "stages.a.needs" },
        { "{'object':'deal','stages':[{'name':'a','enter':[{'needs':{'object':'x'}}]}," ENDS "]}",
          "schema.no_such_object", "stages.a.needs" },
        { "{'name':'X','object':'deal','stages':[{'name':'a'}," ENDS "]}", "schema.name", "name" },
    };
    struct workspace w;
    if (!deals_begin(&w)) return;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(!workspace_put(&w, "pipeline", "p", bad[i].body));
        CHECK(workspace_refused(&w, bad[i].key, bad[i].place));
    }
    CHECK(workspace_load(&w));
    CHECK_INT(w.schema->pipeline_count, 0);
    workspace_end(&w);
}

TEST(stages_keep_their_ids_and_occupied_ones_stay)
{
    struct workspace w;
    if (!deals_begin(&w)) return;
    CHECK(workspace_put(&w, "pipeline", "standard", standard));
    const struct pipeline *pipeline = schema_pipeline(w.schema, STR("standard"));
    int first = pipeline->stages[0].id, second = pipeline->stages[1].id;
    CHECK(workspace_exec(&w, scope_format(w.scope,
                                          "INSERT INTO deal (id, version, created_at, updated_at, "
                                          "pipeline, stage, deleted_at) VALUES "
                                          "(x'00000000000000000000000000000001', 1, 0, 0, %d, "
                                          "%d, 1)",
                                          pipeline->id, second).data));
    const char *shorter = "{'object':'deal','stages':[{'name':'first'}," ENDS "]}";
    CHECK(!workspace_put(&w, "pipeline", "standard", shorter));
    CHECK(workspace_refused(&w, "schema.stage_in_use", "stages.second"));
    CHECK(!workspace_drop(&w, "pipeline", "standard"));
    CHECK(workspace_exec(&w, scope_format(w.scope, "UPDATE deal SET stage = %d", first).data));
    CHECK(workspace_put(&w, "pipeline", "standard", shorter));
    pipeline = schema_pipeline(w.schema, STR("standard"));
    CHECK_INT(pipeline->stage_count, 3);
    CHECK_INT(pipeline->stages[0].id, first);
    /* Known to history still, and the same one when it comes back. */
    CHECK(pipeline_stage(pipeline, STR("second")) == NULL);
    CHECK_STR(schema_stage_by_id(w.schema, second)->name, "second");
    CHECK(workspace_put(&w, "pipeline", "standard",
                        scope_format(w.scope,
                                     "{'stages':[{'id':%d,'name':'renamed'},{'name':'second'},"
                                     ENDS "]}", first).data));
    pipeline = schema_pipeline(w.schema, STR("standard"));
    CHECK_INT(pipeline_stage(pipeline, STR("renamed"))->id, first);
    CHECK_INT(pipeline_stage(pipeline, STR("second"))->id, second);
    CHECK_INT(pipeline->gone_count, 0);
    workspace_end(&w);
}

TEST(there_is_one_default_pipeline)
{
    struct workspace w;
    if (!deals_begin(&w)) return;
    const char *plain = "{'object':'deal','stages':[{'name':'a'}," ENDS "]}";
    const char *chosen = "{'object':'deal','default':true,'stages':[{'name':'a'}," ENDS "]}";
    CHECK(workspace_put(&w, "pipeline", "one", plain));
    CHECK(workspace_put(&w, "pipeline", "two", chosen));
    CHECK(!schema_pipeline(w.schema, STR("one"))->is_default);
    CHECK(schema_pipeline(w.schema, STR("two"))->is_default);
    CHECK(workspace_put(&w, "pipeline", "one", chosen));
    CHECK(schema_pipeline(w.schema, STR("one"))->is_default);
    CHECK(!schema_pipeline(w.schema, STR("two"))->is_default);
    CHECK_INT(schema_object(w.schema, STR("deal"))->pipeline_count, 2);
    /* The default one's stage is meant when a name is in both. */
    const struct object *deal = schema_object(w.schema, STR("deal"));
    const struct value_context context = { w.schema, LANGUAGE_EN, 0 };
    struct json name = tree_text(STR("a"));
    struct cell cell;
    CHECK(field_read(w.scope, &context, deal->stage, &name, &cell));
    CHECK_INT(cell.integer, schema_pipeline(w.schema, STR("one"))->stages[0].id);
    name = tree_text(STR("nowhere"));
    CHECK(!field_read(w.scope, &context, deal->stage, &name, &cell));
    scope_error_clear(w.scope);
    CHECK(workspace_drop(&w, "pipeline", "one"));
    CHECK(schema_pipeline(w.schema, STR("two"))->is_default);
    CHECK(!workspace_drop(&w, "object", "deal"));
    CHECK(workspace_refused(&w, "schema.in_use", "name"));
    workspace_end(&w);
}

TEST(pipelines_are_not_switched_off_over_records)
{
    struct workspace w;
    if (!deals_begin(&w)) return;
    const char *off = "{'name':'deal','pipeline':false,'fields':[{'name':'name','type':'text'}]}";
    const char *on = "{'name':'deal','pipeline':true,'fields':[{'name':'name','type':'text'}]}";
    CHECK(workspace_put(&w, "object", "deal", off));
    CHECK(schema_object(w.schema, STR("deal"))->stage == NULL);
    CHECK(workspace_put(&w, "object", "deal", on));
    CHECK(workspace_put(&w, "object", "deal", off) && workspace_put(&w, "object", "deal", on));
    CHECK(workspace_exec(&w, "INSERT INTO deal (id, version, created_at, updated_at) VALUES "
                             "(x'00000000000000000000000000000001', 1, 0, 0)"));
    CHECK(!workspace_put(&w, "object", "deal", off));
    CHECK(workspace_refused(&w, "schema.pipeline_in_use", "pipeline"));
    workspace_end(&w);
}
