#ifndef SCHEMA_REGION_TABLE_H
#define SCHEMA_REGION_TABLE_H

#include "base/str.h"

/* The administrative divisions of China as data; codes of GB/T 2260. */
struct region {
    int code; /* 440000 is a province, 440300 is in it */
    struct str name, short_name;
};

extern const struct region regions[];
extern const int region_count;

#endif
