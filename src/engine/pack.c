/* Reading and writing packs: the folder's name is the kind, the file's name the name. */
#include "engine/pack.h"

#include <dirent.h>
#include <stdio.h>

enum { FILE_NAME_SIZE_MAX = 620 }; /* of a name of 200 bytes, all of them written as %xx */

static const char hex[] = "0123456789abcdef";

/* ---- names of files: names of configuration may be any text ---- */

static bool is_plain(struct str name, size_t i)
{
    unsigned char byte = (unsigned char)name.data[i];
    if (byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9')) return true;
    return (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '-' || (byte == '.' && i > 0);
}

static struct str file_name(struct scope *scope, struct str name)
{
    struct buf out;
    buf_begin(&out, scope, 3 * name.size + 16);
    for (size_t i = 0; i < name.size; i++) {
        if (is_plain(name, i)) {
            buf_put_char(&out, name.data[i]);
        } else {
            buf_put_char(&out, '%');
            buf_put_char(&out, hex[(unsigned char)name.data[i] >> 4]);
            buf_put_char(&out, hex[(unsigned char)name.data[i] & 15]);
        }
    }
    return buf_str(&out);
}

static int hex_digit(char byte)
{
    const char *at = byte ? strchr(hex, byte) : NULL;
    return at ? (int)(at - hex) : -1;
}

/* False: it is not how a name is written. */
static bool name_of_file(struct scope *scope, struct str file, struct str *out)
{
    struct buf name;
    if (!str_ends_with(file, STR(".json")) || file.size > FILE_NAME_SIZE_MAX) return false;
    file = str_slice(file, 0, file.size - 5);
    buf_begin(&name, scope, file.size + 16);
    for (size_t i = 0; i < file.size; i++) {
        char byte = file.data[i];
        if (byte == '%') {
            int high = i + 2 < file.size ? hex_digit(file.data[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(file.data[i + 2]) : -1;
            if (low < 0) return false;
            byte = (char)(16 * high + low);
            i += 2;
        } else if (!is_plain(file, i)) {
            return false;
        }
        buf_put_char(&name, byte);
    }
    *out = buf_str(&name);
    return out->size > 0;
}

/* ---- reading ---- */

void pack_begin(struct scope *scope, struct pack *pack)
{
    *pack = (struct pack){ .parts = scope_new(scope, struct schema_part, PACK_PART_COUNT_MAX) };
}

static bool is_word(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        bool is_good = (byte >= 'a' && byte <= 'z') || byte == '_' ||
                       (i > 0 && ((byte >= '0' && byte <= '9') || byte == '-'));
        if (!is_good) return false;
    }
    return text.size > 0 && text.size <= PACK_NAME_SIZE_MAX;
}

static bool json_of_file(struct scope *scope, struct str path, struct str text, struct json *out)
{
    if (json_read(scope, text, out)) {
        return out->kind == JSON_KIND_MAP ||
               error_set(scope, ERROR_INVALID, "schema.not_map", path);
    }
    struct error_item *item = error_last(scope);
    if (item) item->field = scope_copy(scope, path);
    return false;
}

bool pack_file_put(struct scope *scope, struct pack *pack, struct str path, struct str text)
{
    struct str folder, name, rest = path;
    if (str_is(path, "pack.json")) return json_of_file(scope, path, text, &pack->head);
    if (!str_split(&rest, '/', &folder) || !str_ends_with(folder, STR("s"))) return true;
    folder = str_slice(folder, 0, folder.size - 1);
    if (!is_word(folder) || !name_of_file(scope, rest, &name)) return true;
    if (pack->part_count == PACK_PART_COUNT_MAX) {
        return error_set(scope, ERROR_TOO_LARGE, "pack.too_large", name);
    }
    for (int i = 0; i < pack->part_count; i++) {
        bool is_kind = str_equal(pack->parts[i].kind, folder);
        if (is_kind && str_equal(pack->parts[i].name, name)) {
            return error_set(scope, ERROR_INVALID, "schema.duplicate", scope_copy(scope, path));
        }
    }
    struct schema_part *part = &pack->parts[pack->part_count];
    *part = (struct schema_part){ .kind = scope_copy(scope, folder), .name = name };
    if (!json_of_file(scope, path, text, &part->body)) return false;
    pack->part_count += 1;
    return true;
}

static bool is_version(struct str text)
{
    struct str part;
    int64_t number;
    int count = 0;
    while (str_split(&text, '.', &part)) {
        if (part.size == 0 || part.size > 9 || part.data[0] == '+' || part.data[0] == '-' ||
            !str_to_int64(part, &number)) {
            return false;
        }
        count += 1;
    }
    return count > 0 && count <= 4;
}

bool pack_end(struct scope *scope, struct pack *pack)
{
    pack->name = json_text(&pack->head, "name");
    pack->version = json_text(&pack->head, "version");
    if (!is_word(pack->name)) return error_set(scope, ERROR_INVALID, "pack.head", STR("name"));
    if (!is_version(pack->version)) {
        return error_set(scope, ERROR_INVALID, "pack.head", STR("version"));
    }
    return true;
}

static bool not_found(struct scope *scope, struct str name)
{
    error_set(scope, ERROR_NOT_FOUND, "pack.not_found", STR("name"));
    return error_arg(scope, "name", name);
}

bool pack_read(struct scope *scope, struct str name, struct pack *out)
{
    struct str folder = scope_format(scope, "%.*s/", STR_ARG(name));
    bool is_found = false;
    pack_begin(scope, out);
    for (int i = 0; i < pack_file_count; i++) {
        struct str path = str_of(pack_files[i].path);
        if (!str_starts_with(path, folder)) continue;
        is_found = true;
        if (!pack_file_put(scope, out, str_slice(path, folder.size, path.size),
                           (struct str){ pack_files[i].text, pack_files[i].size })) {
            return false;
        }
    }
    return is_found ? pack_end(scope, out) : not_found(scope, name);
}

bool pack_shipped(struct scope *scope, struct json **out, int *count)
{
    *out = scope_new(scope, struct json, pack_file_count + 1);
    *count = 0;
    for (int i = 0; i < pack_file_count; i++) {
        if (!str_ends_with(str_of(pack_files[i].path), STR("/pack.json"))) continue;
        if (!json_read(scope, (struct str){ pack_files[i].text, pack_files[i].size },
                       &(*out)[*count])) {
            return false;
        }
        *count += 1;
    }
    return true;
}

static bool file_read(struct scope *scope, struct str path, struct str *out)
{
    FILE *file = fopen(path.data, "rb");
    if (!file) return not_found(scope, path);
    char *text = NULL;
    size_t size = PACK_FILE_SIZE_MAX;
    if (fseek(file, 0, SEEK_END) == 0 && ftell(file) < PACK_FILE_SIZE_MAX) {
        size = (size_t)ftell(file);
        text = scope_alloc(scope, size + 1);
        rewind(file);
        size = fread(text, 1, size, file);
    }
    fclose(file);
    *out = (struct str){ text, size };
    return size < PACK_FILE_SIZE_MAX || error_set(scope, ERROR_TOO_LARGE, "pack.too_large", path);
}

/* The files of one folder of the pack (below: its name and '/'), in the order of their names. */
static bool folder_read(struct scope *scope, struct str path, const char *below,
                        struct pack *pack)
{
    struct dirent **entries = NULL;
    int count = scandir(scope_format(scope, "%.*s/%s", STR_ARG(path), below).data, &entries, NULL,
                        alphasort);
    bool ok = true;
    for (int i = 0; i < count; i++) {
        struct str name = scope_copy(scope, str_of(entries[i]->d_name)), text;
        scope_take(scope, entries[i]);
        if (!ok || name.data[0] == '.') continue;
        struct str inner = scope_format(scope, "%s%.*s", below, STR_ARG(name));
        if (str_ends_with(name, STR(".json"))) {
            ok = file_read(scope, scope_format(scope, "%.*s/%.*s", STR_ARG(path), STR_ARG(inner)),
                           &text) &&
                 pack_file_put(scope, pack, inner, text);
        } else if (!below[0]) {
            ok = folder_read(scope, path, scope_format(scope, "%.*s/", STR_ARG(name)).data, pack);
        }
    }
    scope_take(scope, entries);
    return ok;
}

bool pack_read_folder(struct scope *scope, struct str path, struct pack *out)
{
    struct str text;
    pack_begin(scope, out);
    return file_read(scope, scope_format(scope, "%.*s/pack.json", STR_ARG(path)), &text) &&
           folder_read(scope, path, "", out) && pack_end(scope, out);
}

/* ---- as files ---- */

static struct str text_of(struct scope *scope, const struct json *json)
{
    struct buf out;
    buf_begin(&out, scope, 4 * PACK_FILE_SIZE_MAX);
    json_pretty(&out, json);
    return buf_str(&out);
}

void pack_texts(struct scope *scope, const struct pack *pack, struct pack_text **out, int *count)
{
    *out = scope_new(scope, struct pack_text, pack->part_count + 1);
    *count = pack->part_count + 1;
    (*out)[0] = (struct pack_text){ STR("pack.json"), text_of(scope, &pack->head) };
    for (int i = 0; i < pack->part_count; i++) {
        const struct schema_part *part = &pack->parts[i];
        struct str name = file_name(scope, part->name);
        (*out)[i + 1] = (struct pack_text){
            scope_format(scope, "%.*ss/%.*s.json", STR_ARG(part->kind), STR_ARG(name)),
            text_of(scope, &part->body),
        };
    }
}

struct json pack_to_json(struct scope *scope, const struct pack *pack)
{
    struct json list = { .kind = JSON_KIND_LIST,
                         .items = scope_new(scope, struct json, pack->part_count + 1) };
    for (int i = 0; i < pack->part_count; i++) {
        struct json *part = &list.items[list.count++];
        *part = (struct json){ .kind = JSON_KIND_MAP };
        json_set(scope, part, STR("kind"), json_of_text(pack->parts[i].kind));
        json_set(scope, part, STR("name"), json_of_text(pack->parts[i].name));
        json_set(scope, part, STR("body"), pack->parts[i].body);
    }
    struct json out = { .kind = JSON_KIND_MAP };
    json_set(scope, &out, STR("head"), pack->head);
    json_set(scope, &out, STR("parts"), list);
    return out;
}

bool pack_of_json(struct scope *scope, const struct json *json, struct pack *out)
{
    const struct json *head = json_get(json, "head"), *parts = json_get(json, "parts");
    pack_begin(scope, out);
    if (head) out->head = *head;
    for (int i = 0; parts && i < parts->count && i < PACK_PART_COUNT_MAX; i++) {
        const struct json *body = json_get(&parts->items[i], "body");
        if (!body) continue;
        out->parts[out->part_count++] = (struct schema_part){
            json_text(&parts->items[i], "kind"), json_text(&parts->items[i], "name"), *body
        };
    }
    return pack_end(scope, out);
}
