/*
 * JSON lines out: one object per row, keys are the columns' names. Decimals are
 * written digit by digit, never through floating point.
 */
#include "base/json.h"
#include "base/time.h"
#include "ingest/table_write_inner.h"

enum { JSONL_ROW_SIZE_MAX = 64 * 1024 * 1024 };

static void value_put(struct json_writer *json, struct scope *scope,
                      const struct table_writer *writer, const struct table_column *column,
                      const struct table_value *value)
{
    if (!value->is_set) {
        json_put_null(json);
        return;
    }
    switch (column->kind) {
    case TABLE_SPAN:
    case TABLE_INTEGER: json_put_int(json, value->number); break;
    case TABLE_BOOL: json_put_bool(json, value->number != 0); break;
    case TABLE_MOMENT: json_put_time(json, value->number); break;
    case TABLE_DECIMAL:
    case TABLE_MONEY:
        json_put_raw(json, table_value_text(scope, writer, column, value));
        break;
    case TABLE_TEXT:
    case TABLE_DATE:
        json_put_str(json, table_value_text(scope, writer, column, value));
        break;
    }
}

static bool jsonl_row(struct table_writer *writer, struct scope *scope,
                      const struct table_value *values)
{
    struct buf out;
    struct json_writer json;
    buf_begin(&out, scope, JSONL_ROW_SIZE_MAX);
    json_begin(&json, &out);
    json_map_begin(&json);
    for (int i = 0; i < writer->column_count; i++) {
        json_key(&json, writer->columns[i].name);
        value_put(&json, scope, writer, &writer->columns[i], &values[i]);
    }
    json_map_end(&json);
    buf_put_char(&out, '\n');
    if (out.is_over) return error_storage(scope, STR("a row is too large for JSON lines"));
    return table_stream_put(writer, scope, buf_str(&out));
}

const struct table_file table_file_jsonl = { table_stream_open, jsonl_row, table_stream_end };
