/* The table of db_functions_set as SQL functions of one connection. */
#include "base/log.h"
#include "db/sqlite.h"

enum { FUNCTION_ARG_COUNT_MAX = 100 };

static struct cell cell_of_value(sqlite3_value *value)
{
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: return cell_int(sqlite3_value_int64(value));
    case SQLITE_FLOAT: return cell_real(sqlite3_value_double(value));
    case SQLITE_TEXT: {
        const char *data = (const char *)sqlite3_value_text(value);
        size_t size = (size_t)sqlite3_value_bytes(value);
        return cell_text((struct str){ data ? data : "", data ? size : 0 });
    }
    case SQLITE_BLOB: {
        const char *data = sqlite3_value_blob(value);
        size_t size = (size_t)sqlite3_value_bytes(value);
        return cell_blob((struct str){ data ? data : "", data ? size : 0 });
    }
    default: return cell_null();
    }
}

static void result_set(sqlite3_context *context, const struct cell *result)
{
    switch (result->kind) {
    case CELL_NULL: sqlite3_result_null(context); break;
    case CELL_INT: sqlite3_result_int64(context, result->integer); break;
    case CELL_REAL: sqlite3_result_double(context, result->real); break;
    case CELL_TEXT:
        sqlite3_result_text64(context, result->text.data ? result->text.data : "",
                              result->text.size, SQLITE_TRANSIENT, SQLITE_UTF8);
        break;
    case CELL_BLOB:
    case CELL_INTS:
        sqlite3_result_blob64(context, result->text.data ? result->text.data : "",
                              result->text.size, SQLITE_TRANSIENT);
        break;
    }
}

static void call(sqlite3_context *context, int value_count, sqlite3_value **values)
{
    const struct db_function *function = sqlite3_user_data(context);
    struct cell args[FUNCTION_ARG_COUNT_MAX];
    if (value_count > FUNCTION_ARG_COUNT_MAX) {
        sqlite3_result_error(context, "too many arguments", -1);
        return;
    }
    for (int i = 0; i < value_count; i++) args[i] = cell_of_value(values[i]);
    struct scope scope;
    scope_begin(&scope);
    struct cell result = cell_null();
    function->run(&scope, args, value_count, &result);
    if (error_is_set(&scope)) {
        sqlite3_result_error(context, scope.error.first ? scope.error.first->key : "failed", -1);
    } else {
        result_set(context, &result);
    }
    scope_end(&scope);
}

bool sqlite_functions_register(struct scope *scope, sqlite3 *handle)
{
    int count;
    const struct db_function *functions = db_functions(&count);
    for (int i = 0; i < count; i++) {
        int code = sqlite3_create_function_v2(
            handle, functions[i].name, functions[i].arg_count,
            SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
            (void *)(uintptr_t)&functions[i], call, NULL, NULL, NULL);
        if (code != SQLITE_OK) return sqlite_fail(scope, handle, code, str_of(functions[i].name));
    }
    return true;
}
