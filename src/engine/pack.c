/* Reading packs: the folder's name is the kind, the file's name the name. */
#include "engine/pack.h"

#include <dirent.h>
#include <stdio.h>

static const char *const kinds[] = { "object", "list", "pipeline", "role", "rule",
                                     "measure", "view", "app", "demo",
                                     "calendar" };
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

static bool part_add(struct scope *scope, struct pack *pack, const char *kind, struct str name,
                     struct str text)
{
    if (pack->part_count == PACK_PART_COUNT_MAX) {
        return error_set(scope, ERROR_TOO_LARGE, "pack.too_large", name);
    }
    struct schema_part *part = &pack->parts[pack->part_count];
    part->kind = str_of(kind);
    part->name = scope_copy(scope, name);
    if (!json_read(scope, text, &part->body)) {
        struct error_item *item = error_last(scope);
        if (item) item->field = part->name;
        return false;
    }
    pack->part_count += 1;
    return true;
}

static bool head_read(struct scope *scope, struct pack *pack, struct str text)
{
    struct json head;
    if (!json_read(scope, text, &head)) return false;
    pack->name = json_text(&head, "name");
    pack->version = json_text(&head, "version");
    return true;
}

static void pack_begin(struct scope *scope, struct pack *pack)
{
    *pack = (struct pack){ .parts = scope_new(scope, struct schema_part, PACK_PART_COUNT_MAX) };
}

/* "x.json" -> "x"; false for other files. */
static bool name_of(struct str file, struct str *name)
{
    if (!str_ends_with(file, STR(".json"))) return false;
    *name = str_slice(file, 0, file.size - 5);
    return true;
}

static bool builtin_kind(struct scope *scope, struct str pack_name, const char *kind,
                         struct pack *pack)
{
    struct str folder =
        scope_format(scope, "%.*s/%ss/", STR_ARG(pack_name), kind);
    for (int i = 0; i < pack_file_count; i++) {
        struct str path = str_of(pack_files[i].path), name;
        if (!str_starts_with(path, folder)) continue;
        if (!name_of(str_slice(path, folder.size, path.size), &name)) continue;
        if (!part_add(scope, pack, kind, name,
                      (struct str){ pack_files[i].text, pack_files[i].size })) {
            return false;
        }
    }
    return true;
}

bool pack_read(struct scope *scope, struct str name, struct pack *out)
{
    struct str head = scope_format(scope, "%.*s/pack.json", STR_ARG(name));
    pack_begin(scope, out);
    for (int i = 0; i < pack_file_count; i++) {
        if (!str_equal(str_of(pack_files[i].path), head)) continue;
        if (!head_read(scope, out, (struct str){ pack_files[i].text, pack_files[i].size })) {
            return false;
        }
        for (int k = 0; k < KIND_COUNT; k++) {
            if (!builtin_kind(scope, name, kinds[k], out)) return false;
        }
        return true;
    }
    error_set(scope, ERROR_NOT_FOUND, "pack.not_found", STR(""));
    return error_arg(scope, "name", name);
}

static bool file_read(struct scope *scope, struct str path, struct str *out)
{
    FILE *file = fopen(path.data, "rb");
    if (!file) {
        error_set(scope, ERROR_NOT_FOUND, "pack.not_found", STR(""));
        return error_arg(scope, "name", path);
    }
    char *text = scope_alloc(scope, PACK_FILE_SIZE_MAX);
    size_t size = fread(text, 1, PACK_FILE_SIZE_MAX, file);
    fclose(file);
    *out = (struct str){ text, size };
    return size < PACK_FILE_SIZE_MAX || error_set(scope, ERROR_TOO_LARGE, "pack.too_large", path);
}

static bool folder_kind(struct scope *scope, struct str path, const char *kind,
                        struct pack *pack)
{
    struct str folder = scope_format(scope, "%.*s/%ss", STR_ARG(path), kind);
    struct dirent **entries = NULL;
    int count = scandir(folder.data, &entries, NULL, alphasort);
    bool ok = true;
    for (int i = 0; i < count; i++) {
        struct str name, text;
        if (ok && name_of(str_of(entries[i]->d_name), &name)) {
            struct str file =
                scope_format(scope, "%.*s/%s", STR_ARG(folder), entries[i]->d_name);
            ok = file_read(scope, file, &text) && part_add(scope, pack, kind, name, text);
        }
        scope_take(scope, entries[i]);
    }
    scope_take(scope, entries);
    return ok;
}

bool pack_read_folder(struct scope *scope, struct str path, struct pack *out)
{
    struct str text;
    pack_begin(scope, out);
    if (!file_read(scope, scope_format(scope, "%.*s/pack.json", STR_ARG(path)), &text) ||
        !head_read(scope, out, text)) {
        return false;
    }
    for (int k = 0; k < KIND_COUNT; k++) {
        if (!folder_kind(scope, path, kinds[k], out)) return false;
    }
    return true;
}

struct applying {
    const struct engine_context *context;
    const struct pack *pack;
};

static bool apply_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct applying *applying = context;
    return engine_configure(scope, conn, applying->context, applying->pack->parts,
                            applying->pack->part_count);
}

bool pack_apply(struct scope *scope, const struct engine_context *context,
                const struct pack *pack)
{
    struct applying applying = { context, pack };
    return db_write_wait(scope, engine_db(context->engine), apply_run, &applying);
}
