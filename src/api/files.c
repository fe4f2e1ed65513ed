/*
 * Uploaded files: content by its SHA-256 under the data folder, so the same file
 * is kept once; a row each in the table file. Seen by who uploaded it and, once a
 * record names it, by those who may read that record and that field.
 */
#include "api/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "http/multipart.h"

enum { NAME_SIZE_MAX = 200, LIST_COUNT_MAX = 200, HEAD_SIZE = 4096 };

/*
 * What may be uploaded. magic: how such a file begins (at offset), so that a
 * name cannot claim what the bytes are not; NULL: text and others without one.
 */
static const struct {
    const char *ending, *type;
    const char *magic;
    size_t offset;
    bool is_shown; /* a browser may show it; all else is offered for saving */
    const char *within; /* what such a file also has near its beginning; NULL: nothing special */
} kinds[] = {
    { ".png", "image/png", "\x89PNG", 0, true, NULL },
    { ".jpg", "image/jpeg", "\xff\xd8\xff", 0, true, NULL },
    { ".jpeg", "image/jpeg", "\xff\xd8\xff", 0, true, NULL },
    { ".gif", "image/gif", "GIF8", 0, true, NULL },
    { ".webp", "image/webp", "WEBP", 8, true, NULL },
    { ".heic", "image/heic", "ftyphe", 4, false, NULL },
    { ".heic", "image/heic", "ftypmif1", 4, false, NULL },
    { ".pdf", "application/pdf", "%PDF", 0, true, NULL },
    { ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "PK", 0,
      false, NULL },
    { ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK", 0,
      false, NULL },
    { ".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "PK",
      0, false, NULL },
    { ".doc", "application/msword", "\xd0\xcf\x11\xe0", 0, false, NULL },
    { ".xls", "application/vnd.ms-excel", "\xd0\xcf\x11\xe0", 0, false, NULL },
    { ".ppt", "application/vnd.ms-powerpoint", "\xd0\xcf\x11\xe0", 0, false, NULL },
    { ".zip", "application/zip", "PK", 0, false, NULL },
    { ".txt", "text/plain; charset=utf-8", NULL, 0, false, NULL },
    { ".csv", "text/csv; charset=utf-8", NULL, 0, false, NULL },
    { ".md", "text/plain; charset=utf-8", NULL, 0, false, NULL },
    { ".mp3", "audio/mpeg", "ID3", 0, true, NULL },
    { ".mp3", "audio/mpeg", "\xff", 0, true, NULL },
    { ".m4a", "audio/mp4", "ftyp", 4, true, NULL },
    { ".wav", "audio/wav", "WAVE", 8, true, NULL },
    { ".ogg", "audio/ogg", "OggS", 0, true, NULL },
    /* A track of pictures is named V_…; a recording of sound has none. */
    { ".webm", "video/webm", "\x1a\x45\xdf\xa3", 0, true, "V_" },
    { ".webm", "audio/webm", "\x1a\x45\xdf\xa3", 0, true, NULL },
    { ".mp4", "video/mp4", "ftyp", 4, true, NULL },
};
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

struct upload {
    struct uuid id;
    struct str name;
    int kind;
    int64_t size;
    unsigned char hash[crypto_hash_sha256_BYTES];
};

/* ---- storing ---- */

static int kind_of(struct str name, struct str body)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        struct str ending = str_of(kinds[i].ending);
        if (name.size <= ending.size ||
            !str_equal_nocase(str_slice(name, name.size - ending.size, name.size), ending)) {
            continue;
        }
        if (!kinds[i].magic) return i;
        size_t end = kinds[i].offset + strlen(kinds[i].magic);
        struct str head = str_slice(body, 0, HEAD_SIZE);
        bool is_so = str_equal(str_slice(body, kinds[i].offset, end), str_of(kinds[i].magic)) &&
                     (!kinds[i].within || str_find(head, str_of(kinds[i].within)) != SIZE_MAX);
        if (is_so) return i;
    }
    return -1;
}

static struct str hash_text(struct scope *scope, const unsigned char *hash)
{
    char text[crypto_hash_sha256_BYTES * 2 + 1];
    sodium_bin2hex(text, sizeof(text), hash, crypto_hash_sha256_BYTES);
    return scope_copy(scope, str_of(text));
}

/* DATA/files/ab/abcdef… */
static struct str path_of(struct call *call, const unsigned char *hash)
{
    struct str text = hash_text(call->scope, hash);
    return scope_format(call->scope, "%.*s/files/%.2s/%.*s",
                        STR_ARG(call->api->options.data_dir), text.data, STR_ARG(text));
}

static bool folder_make(struct scope *scope, struct str path)
{
    if (mkdir(path.data, 0700) == 0 || errno == EEXIST) return true;
    return error_storage(scope, scope_format(scope, "mkdir %s: %s", path.data, strerror(errno)));
}

static bool write_all(int file, struct str body)
{
    while (body.size > 0) {
        ssize_t count = write(file, body.data, body.size);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        body = str_slice(body, (size_t)count, body.size);
    }
    return fsync(file) == 0;
}

/* Under another name first: a file of the right name is always whole. */
static bool content_store(struct call *call, struct str path, struct str body)
{
    struct str root = scope_format(call->scope, "%.*s/files",
                                   STR_ARG(call->api->options.data_dir));
    struct str folder = scope_copy(call->scope, str_slice(path, 0, root.size + 3));
    struct str own = uuid_format(call->scope, uuid_make(api_wall_ms()));
    struct str part = scope_format(call->scope, "%s.%s", path.data, own.data);
    if (!folder_make(call->scope, root) || !folder_make(call->scope, folder)) return false;
    if (access(path.data, F_OK) == 0) return true;
    int file = open(part.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_ok = file >= 0 && write_all(file, body);
    if (file >= 0) is_ok = close(file) == 0 && is_ok;
    is_ok = is_ok && rename(part.data, path.data) == 0;
    if (is_ok) return true;
    struct str reason = scope_format(call->scope, "storing %s: %s", path.data, strerror(errno));
    unlink(part.data);
    return error_storage(call->scope, reason);
}

/* On a worker. */
bool api_file_create(struct call *call)
{
    struct upload *upload = scope_new(call->scope, struct upload, 1);
    struct multipart *parts = scope_new(call->scope, struct multipart, 1);
    call->state = upload;
    if (call->api->options.data_dir.size == 0) {
        return error_set(call->scope, ERROR_NOT_FOUND, "route.not_found", STR(""));
    }
    if (!multipart_read(call->scope, http_header(call->request, "content-type"),
                        call->request->body, parts)) {
        return false;
    }
    const struct multipart_part *part = multipart_get(parts, "file");
    if (!part || part->filename.size == 0 || part->body.size == 0) {
        return error_set(call->scope, ERROR_INVALID, "field.required", STR("file"));
    }
    upload->kind = kind_of(part->filename, part->body);
    if (upload->kind < 0) {
        error_set(call->scope, ERROR_INVALID, "file.type", STR("file"));
        return error_arg(call->scope, "name", part->filename);
    }
    if (part->filename.size > NAME_SIZE_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_long", STR("file"));
        return error_arg(call->scope, "max", scope_format(call->scope, "%d", NAME_SIZE_MAX));
    }
    upload->id = uuid_make(call->context.now_ms);
    upload->name = part->filename;
    upload->size = (int64_t)part->body.size;
    crypto_hash_sha256(upload->hash, (const unsigned char *)part->body.data, part->body.size);
    return content_store(call, path_of(call, upload->hash), part->body);
}

bool api_file_create_write(struct call *call, struct db_conn *conn)
{
    const struct upload *upload = call->state;
    struct str hash = { (const char *)upload->hash, sizeof(upload->hash) };
    struct cell args[] = {
        cell_id(call->scope, upload->id), cell_text(upload->name),
        cell_text(str_of(kinds[upload->kind].type)), cell_int(upload->size), cell_blob(hash),
        cell_id(call->scope, call->context.actor.user), cell_int(call->context.now_ms),
    };
    if (!db_exec(call->scope, conn,
                 STR("INSERT INTO file (id, name, type, size, sha256, owner, created_at) "
                     "VALUES (?, ?, ?, ?, ?, ?, ?)"),
                 args, 7)) {
        return false;
    }
    call->request->response.status = 201;
    json_map_begin(&call->out);
    json_key(&call->out, STR("id"));
    json_put_id(&call->out, upload->id);
    json_member_str(&call->out, "name", upload->name);
    json_member_int(&call->out, "size", upload->size);
    json_member_str(&call->out, "type", str_of(kinds[upload->kind].type));
    json_map_end(&call->out);
    return true;
}

/* Is the content, as the upload found it to be, of the kind the field takes? */
static bool is_accepted(struct call *call, const struct field *field, struct str type)
{
    static const struct {
        const char *prefix, *kind;
    } kinds_of[] = {
        [ACCEPT_IMAGE] = { "image/", "file.kind_image" },
        [ACCEPT_AUDIO] = { "audio/", "file.kind_audio" },
    };
    if (field->accept == ACCEPT_ANY) return true;
    if (str_starts_with(type, str_of(kinds_of[field->accept].prefix))) return true;
    error_set(call->scope, ERROR_INVALID, "file.not_accepted", field->name);
    return error_arg(call->scope, "kind",
                     message_text(call->scope, call->context.actor.language,
                                  kinds_of[field->accept].kind, NULL, 0));
}

bool files_hang(struct call *call, struct db_conn *conn, const struct changes *changes,
                const struct record *record)
{
    for (int i = 0; i < changes->count; i++) {
        const struct change *change = &changes->items[i];
        if (!field_is_file(change->field) || change->cell.kind != CELL_BLOB) continue;
        struct cell args[] = {
            cell_int(record->object->id), cell_id(call->scope, record->id),
            cell_int(change->field->id), change->cell,
            cell_id(call->scope, call->context.actor.user),
        };
        struct cell again_args[] = { change->cell, args[0], args[1] };
        struct row row;
        if (!db_exec(call->scope, conn,
                     STR("UPDATE file SET object = ?, record = ?, field = ? WHERE id = ? AND "
                         "owner = ? AND record IS NULL AND deleted_at IS NULL"),
                     args, 5) ||
            !db_one(call->scope, conn,
                    STR("SELECT type FROM file WHERE id = ? AND object = ? AND record = ?"),
                    again_args, 3, &row)) {
            return false;
        }
        /* Somebody else's file, or one that hangs elsewhere, shows nothing of itself here. */
        if (row.count == 0) {
            return error_set(call->scope, ERROR_INVALID, "field.not_reference",
                             change->field->name);
        }
        if (!is_accepted(call, change->field, row.cells[0].text)) return false;
    }
    return true;
}

/* ---- giving out ---- */

static bool may_see(struct call *call, const struct row *row, bool *out)
{
    const struct cell *cells = row->cells;
    *out = uuid_equal(cell_uuid(&cells[4]), call->context.actor.user) &&
           cells[6].kind == CELL_NULL;
    const struct object *object =
        schema_object_by_id(call->snapshot->schema, cells[5].integer);
    if (*out || !object || cells[6].kind != CELL_BLOB) return true;
    const struct field *field = object_field_by_id(object, cells[7].integer);
    if (!field || access_field_mode(call->snapshot->access, &call->context.actor, object,
                                    field) >= FIELD_MASKED) {
        return true;
    }
    struct record record;
    if (record_load(call->scope, call->conn, &call->records, object, cell_uuid(&cells[6]),
                    ACTION_READ, &record)) {
        *out = true;
        return true;
    }
    if (call->scope->error.code != ERROR_NOT_FOUND) return false;
    scope_error_clear(call->scope);
    return true;
}

/* What may_see and the answers go by. */
#define FILE_COLUMNS "name, type, size, sha256, owner, object, record, field"

static bool file_find(struct call *call, struct uuid id, struct row *row, bool *is_seen)
{
    struct cell arg = cell_id(call->scope, id);
    *is_seen = false;
    return db_one(call->scope, call->conn,
                  STR("SELECT " FILE_COLUMNS " FROM file WHERE id = ? AND deleted_at IS NULL"),
                  &arg, 1, row) &&
           (row->count == 0 || may_see(call, row, is_seen));
}

/* For lists of attachments: names and sizes without the content. */
bool api_files(struct call *call)
{
    struct str ids, part;
    int count = 0;
    if (!call_param(call, "ids", &ids)) return false;
    list_begin(call);
    while (ids.size > 0 && str_split(&ids, ',', &part)) {
        struct uuid id;
        struct row row;
        bool is_seen = false;
        if (++count > LIST_COUNT_MAX) {
            error_set(call->scope, ERROR_INVALID, "field.too_many", STR("ids"));
            return error_arg(call->scope, "max", scope_format(call->scope, "%d", LIST_COUNT_MAX));
        }
        if (!uuid_parse(part, &id)) {
            return error_set(call->scope, ERROR_INVALID, "field.not_id", STR("ids"));
        }
        if (!file_find(call, id, &row, &is_seen)) return false;
        if (!is_seen) continue;
        json_map_begin(&call->out);
        json_key(&call->out, STR("id"));
        json_put_id(&call->out, id);
        json_member_str(&call->out, "name", row.cells[0].text);
        json_member_int(&call->out, "size", row.cells[2].integer);
        json_member_str(&call->out, "type", row.cells[1].text);
        json_map_end(&call->out);
    }
    list_end(call);
    return true;
}

static bool content_read(struct call *call, struct str path, int64_t size, struct str *out)
{
    char *data = scope_alloc(call->scope, (size_t)size + 1);
    int file = open(path.data, O_RDONLY | O_CLOEXEC);
    size_t at = 0;
    while (file >= 0 && at < (size_t)size) {
        ssize_t count = read(file, data + at, (size_t)size - at);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        at += (size_t)count;
    }
    if (file >= 0) close(file);
    *out = (struct str){ data, at };
    if (at == (size_t)size) return true;
    return error_storage(call->scope, scope_format(call->scope, "cannot read %s", path.data));
}

/* RFC 6266: the name in UTF-8, percent-encoded, so that no name breaks the header. */
static struct str disposition(struct call *call, struct str name, bool is_shown)
{
    struct buf text;
    buf_begin(&text, call->scope, 4096);
    buf_put(&text, is_shown ? STR("inline") : STR("attachment"));
    buf_put(&text, STR("; filename*=UTF-8''"));
    for (size_t i = 0; i < name.size; i++) {
        unsigned char byte = (unsigned char)name.data[i];
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' ||
                        byte == '.';
        if (is_plain) {
            buf_put_char(&text, (char)byte);
        } else {
            buf_format(&text, "%%%02X", byte);
        }
    }
    return buf_str(&text);
}

static int kind_by_type(struct str type)
{
    for (int i = 0; i < KIND_COUNT; i++) {
        if (str_is(type, kinds[i].type)) return i;
    }
    return -1;
}

bool api_file(struct call *call)
{
    struct row row;
    bool is_seen = false;
    if (!call_capture_id(call, 0, &call->id) || !file_find(call, call->id, &row, &is_seen)) {
        return false;
    }
    if (!is_seen) return error_set(call->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
    /* What an id stands for never changes; whether one may see it is asked each time. */
    struct str tag = scope_format(call->scope, "\"%.*s\"",
                                  STR_ARG(uuid_format(call->scope, call->id)));
    http_header_add(call->request, STR("ETag"), tag);
    http_header_add(call->request, STR("Cache-Control"), STR("private, no-cache"));
    if (str_equal(http_header(call->request, "if-none-match"), tag)) {
        call->request->response.status = 304;
        return true;
    }
    struct str content;
    const unsigned char *hash = (const unsigned char *)row.cells[3].text.data;
    if (!content_read(call, path_of(call, hash), row.cells[2].integer, &content)) return false;
    int kind = kind_by_type(row.cells[1].text);
    bool is_shown = kind >= 0 && kinds[kind].is_shown;
    http_header_add(call->request, STR("Content-Disposition"),
                    disposition(call, row.cells[0].text, is_shown));
    http_header_add(call->request, STR("X-Content-Type-Options"), STR("nosniff"));
    http_header_add(call->request, STR("Content-Security-Policy"),
                    STR("sandbox; default-src 'none'"));
    http_body_refer(call->request,
                    kind >= 0 ? kinds[kind].type : "application/octet-stream", content);
    return true;
}
