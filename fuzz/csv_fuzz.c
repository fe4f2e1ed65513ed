/*
 * Any bytes as a CSV: all rows, every cell guessed at and read as every type.
 */
#include "ingest/guess.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scope scope;
    scope_begin(&scope);
    struct ingest_table *table;
    struct str bytes = { (const char *)data, size };
    bool has_row = ingest_open(&scope, bytes, NULL, &table);
    struct ingest_profile *profile = ingest_profile_begin(&scope);
    while (has_row) {
        struct scope inner;
        struct ingest_row row;
        scope_begin(&inner);
        if (!ingest_next(table, &inner, &row, &has_row)) has_row = false;
        for (int i = 0; i < row.count; i++) {
            struct ingest_date_format format = { INGEST_DATE_MDY, true };
            int64_t number;
            bool flag;
            ingest_profile_add(profile, row.number, &row.cells[i]);
            ingest_cell_moment(&row.cells[i], format, 480, &number);
            ingest_cell_decimal(&row.cells[i], 6, &number, &flag);
            ingest_cell_bool(&row.cells[i], &flag);
        }
        scope_end(&inner);
    }
    struct ingest_guess guess;
    ingest_profile_end(profile, true, &guess);
    scope_end(&scope);
    return 0;
}
