/*
 * People who come in by a list have no login yet: one is made from their name
 * ("Moses Frase" is moses.frase, a second one moses.frase-2); names without Latin
 * letters are user-1, user-2 …
 */
#include "ingest/import_inner.h"

enum { LOGIN_SIZE_MAX = 60, LOGIN_TRY_COUNT_MAX = 100000 };

static struct str login_base(struct scope *scope, struct str name)
{
    struct str folded = name_fold(scope, name);
    struct buf out;
    buf_begin(&out, scope, LOGIN_SIZE_MAX + 1);
    for (size_t i = 0; i < folded.size && out.size < LOGIN_SIZE_MAX; i++) {
        char byte = folded.data[i];
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        bool is_gap = byte == ' ' || byte == '.' || byte == '-' || byte == '_';
        if (is_plain) buf_put_char(&out, byte);
        if (is_gap && out.size > 0 && out.data[out.size - 1] != '.') buf_put_char(&out, '.');
    }
    while (out.size > 0 && out.data[out.size - 1] == '.') buf_cut(&out, out.size - 1);
    return buf_str(&out);
}

static bool is_taken(struct scope *scope, struct db_conn *conn, struct batch *batch,
                     struct str login, bool *out)
{
    struct cell arg = cell_text(login);
    struct row row;
    for (int i = 0; i < batch->login_count; i++) {
        *out = str_equal(batch->logins[i], login);
        if (*out) return true;
    }
    if (!db_one(scope, conn, STR("SELECT 1 FROM \"user\" WHERE login = ? AND deleted_at IS NULL"),
                &arg, 1, &row)) {
        return false;
    }
    *out = row.count > 0;
    return true;
}

bool login_make(struct scope *scope, struct db_conn *conn, struct batch *batch, struct str name,
                struct str *out)
{
    struct str base = login_base(scope, name);
    bool is_named = base.size > 0;
    *out = is_named ? base : STR("user-1");
    for (int64_t n = is_named ? 2 : batch->run->login_number + 1; n < LOGIN_TRY_COUNT_MAX; n++) {
        if (!is_named) {
            *out = scope_format(scope, "user-%lld", (long long)n);
            batch->run->login_number = n;
        }
        bool taken = false;
        if (!is_taken(scope, conn, batch, *out, &taken)) return false;
        if (!taken) {
            if (batch->login_count < 2 * IMPORT_BATCH_SIZE) {
                batch->logins[batch->login_count++] = scope_copy(batch->scope, *out);
            }
            return true;
        }
        if (is_named) *out = scope_format(scope, "%.*s-%lld", STR_ARG(base), (long long)n);
    }
    return error_set(scope, ERROR_INVALID, "field.not_unique", STR("login"));
}
