#ifndef CLI_TOML_H
#define CLI_TOML_H

#include "base/scope.h"

/*
 * The part of TOML that settings need: key = value with strings, integers and
 * booleans, comments, and [sections], whose names are only for the reader's eye.
 */
struct toml_entry {
    struct str name, value; /* value: the text of a string, digits, "1" for true, "" for false */
    int line;
};
enum { TOML_ENTRY_COUNT_MAX = 100 };

/* ERROR_MALFORMED "toml.…" with {line}. Entries end in NUL. */
MUST_USE bool toml_read(struct scope *scope, struct str text, struct toml_entry **out,
                        int *out_count);

#endif
