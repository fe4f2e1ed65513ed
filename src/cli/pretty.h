#ifndef CLI_PRETTY_H
#define CLI_PRETTY_H

#include "base/json.h"

/*
 * JSON for people and for version control: the same tree always gives the same
 * text. What fits stands on one line; else one member or item per line.
 */
void json_pretty(struct buf *out, const struct json *json);

/*
 * A body of configuration as a pack has it: without the ids that one workspace
 * gave, and without what it once had.
 */
struct json body_portable(struct scope *scope, struct str kind, const struct json *body);

/*
 * Where two trees differ: one line per place, "fields.amount.label.zh". Members
 * of maps in any order; items of lists by their "name" where they have one.
 */
void json_differences(struct buf *out, const struct json *a, const struct json *b);

#endif
