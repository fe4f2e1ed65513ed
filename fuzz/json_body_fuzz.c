/*
 * The body of a write: any bytes as JSON, then as changes of a record with one
 * field of every type. Nothing is stored; whatever comes in, the answer is a list
 * of changes or of mistakes.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FOLDER_SIZE = 64, BODY_SIZE_MAX = 64 * 1024 };

static const char definition[] =
    "{\"name\":\"thing\",\"label\":{\"zh\":\"物\",\"en\":\"Thing\"},\"fields\":["
    "{\"name\":\"name\",\"type\":\"text\",\"title\":true,\"size_max\":20},"
    "{\"name\":\"note\",\"type\":\"long_text\"},{\"name\":\"count\",\"type\":\"integer\"},"
    "{\"name\":\"size\",\"type\":\"number\",\"scale\":3},{\"name\":\"price\",\"type\":\"money\"},"
    "{\"name\":\"share\",\"type\":\"percent\"},{\"name\":\"open\",\"type\":\"boolean\"},"
    "{\"name\":\"day\",\"type\":\"date\"},{\"name\":\"at\",\"type\":\"datetime\"},"
    "{\"name\":\"kind\",\"type\":\"choice\",\"choices\":[{\"name\":\"a\"},{\"name\":\"b\"}]},"
    "{\"name\":\"who\",\"type\":\"person\"},{\"name\":\"group\",\"type\":\"team\"},"
    "{\"name\":\"file\",\"type\":\"file\"},{\"name\":\"phone\",\"type\":\"phone\"},"
    "{\"name\":\"mail\",\"type\":\"mail\"},{\"name\":\"region\",\"type\":\"region\"}]}";

static struct setting {
    struct scope scope;
    struct clock clock;
    struct engine *engine;
    char folder[FOLDER_SIZE];
} setting;

static bool define_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct engine_context *engine = context;
    struct schema_part part = { .kind = STR("object"), .name = STR("thing") };
    return json_read(scope, str_of(definition), &part.body) &&
           engine_configure(scope, conn, engine, &part, 1);
}

static void setting_end(void)
{
    engine_close(setting.engine);
    scope_end(&setting.scope);
    static const char *const names[] = { "db", "db-wal", "db-shm" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[FOLDER_SIZE + 16];
        snprintf(path, sizeof(path), "%s/%s", setting.folder, names[i]);
        unlink(path);
    }
    rmdir(setting.folder);
}

static void setting_begin(void)
{
    scope_begin(&setting.scope);
    setting.clock.fixed_ms = 1772413200000;
    snprintf(setting.folder, sizeof(setting.folder), "/tmp/json_body_fuzz.XXXXXX");
    bool is_ok = mkdtemp(setting.folder) != NULL;
    struct engine_options options = {
        .url = scope_format(&setting.scope, "%s/db", setting.folder), .clock = &setting.clock,
    };
    is_ok = is_ok && engine_open(&setting.scope, &options, &setting.engine);
    assert(is_ok);
    const struct snapshot *snapshot = snapshot_take(setting.engine);
    struct engine_context context =
        engine_system_context(setting.engine, snapshot, "fuzz");
    is_ok = db_write_wait(&setting.scope, engine_db(setting.engine), define_run, &context);
    snapshot_release(setting.engine, snapshot);
    assert(is_ok);
    atexit(setting_end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scope scope;
    struct json body;
    struct changes changes;
    if (!setting.engine) setting_begin();
    if (size > BODY_SIZE_MAX) return 0;
    scope_begin(&scope);
    const struct snapshot *snapshot = snapshot_take(setting.engine);
    struct engine_context context =
        engine_system_context(setting.engine, snapshot, "fuzz");
    const struct object *object = schema_object(snapshot->schema, STR("thing"));
    if (json_read(&scope, (struct str){ (const char *)data, size }, &body)) {
        bool is_ok = engine_parse(&scope, &context, object, &body, size % 2 == 0, &changes);
        assert(is_ok != error_is_set(&scope));
        assert(!is_ok || changes.count <= body.count);
        for (struct error_item *item = scope.error.first; item; item = item->next) {
            (void)message_of_error(&scope, LANGUAGE_EN, item);
        }
    }
    snapshot_release(setting.engine, snapshot);
    scope_end(&scope);
    return 0;
}
