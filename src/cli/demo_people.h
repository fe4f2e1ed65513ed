#ifndef CLI_DEMO_PEOPLE_H
#define CLI_DEMO_PEOPLE_H

#include "cli/demo.h"
#include "engine/engine.h"

/* The people of a demo: each gets the recipe's password, some are offered on the login page. */
enum { DEMO_PERSON_COUNT_MAX = 1000 };
struct person {
    struct uuid id;
    struct str login, name, role;
};
struct people {
    struct scope *scope;
    struct person *items;
    int count;
};

void people_begin(struct scope *scope, struct people *people);
/* Remembers the record when it is a person. */
MUST_USE bool people_add(struct scope *scope, struct people *people,
                         const struct demo_record *record);
/*
 * Passwords for all; the workspace's name ("company" of the recipe); its setting
 * "is_demo"; and "demo_logins", the recipe's "logins" with names and roles:
 * [{"login", "password", "role", "role_label", "name", "hint"}].
 */
MUST_USE bool people_welcome(struct scope *scope, struct engine *engine,
                             const struct snapshot *snapshot, const struct json *recipe,
                             const struct people *people, int64_t now_ms);

#endif
