#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include "base/scope.h"

/*
 * Every sentence the engine says to a person, in all languages, one row per
 * key in message.c. To add one: a row there. Nothing else changes.
 */
enum language { LANGUAGE_ZH = 0, LANGUAGE_EN, LANGUAGE_COUNT };

/* First supported language of an Accept-Language value; Chinese when none is named. */
enum language language_from_header(struct str accept_language);
/* Text of a key with {name} replaced from args; the key itself when unknown. */
struct str message_text(struct scope *scope, enum language language, const char *key,
                        const struct error_arg *args, int arg_count);
/*
 * The sentence of one error item: its own text, or the one of its key.
 * {field} is the API name unless the item has an argument "field" (a label).
 */
struct str message_of_error(struct scope *scope, enum language language,
                            const struct error_item *item);
/* Machine code of a key: the part behind the last dot ("field.required" -> "required"). */
struct str message_code(const char *key);

/* The table itself, for checks and for handing all texts out; NULL behind the last row. */
struct message {
    const char *key, *zh, *en;
};
const struct message *message_at(int index);

#endif
