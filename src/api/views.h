#ifndef API_VIEWS_H
#define API_VIEWS_H

#include "api/inner.h"

/* What views.c, views_app.c and views_history.c share; nobody else includes it. */
struct view {
    struct uuid id, owner;
    struct str object, name, shared;
    struct str part; /* what it is called in the configuration once it is part of the app */
    struct str owner_name; /* empty: they are gone */
    struct json body;
    int64_t version;
};
/* In the order view_take() wants them, of "view AS v". */
#define VIEW_COLUMNS                                                                   \
    "v.id, v.version, v.object, v.name, v.owner, v.shared, v.body, v.part, "           \
    "(SELECT o.name FROM \"user\" AS o WHERE o.id = v.owner)"
/* Those the person may see; a view that is part of the app is not read. */
void view_put_select(struct call *call, struct sql *sql);
MUST_USE bool view_take(struct call *call, const struct cell *row, struct view *out);
/* The saved view the path names, as far as the person may see it. */
MUST_USE bool view_find(struct call *call, struct view *out);
/* … and change it, as it was when they saw it. */
MUST_USE bool view_load(struct call *call, struct view *out);
bool view_may_edit(const struct call *call, struct uuid owner);
/* The request's members over what the view was; null takes one away. All of it is checked. */
MUST_USE bool view_merge(struct call *call, struct view *view);
MUST_USE bool view_check(struct call *call, const struct view *view);
/* May the person share a view with those? */
MUST_USE bool view_shared_check(struct call *call, struct str shared);
void view_put(struct call *call, const struct view *view);
/* The members that are kept as they are, from one body into another. */
void view_body_copy(struct call *call, const struct json *from, struct json *to);
/* adopted_from nil: it was none of the saved ones. */
void view_put_app(struct call *call, const struct json *body, struct uuid adopted_from);

MUST_USE bool view_insert(struct call *call, struct db_conn *conn, const struct view *view);
MUST_USE bool view_update(struct call *call, struct db_conn *conn, struct view *view);
MUST_USE bool view_remove(struct call *call, struct db_conn *conn, const struct view *view);

/* ---- views_app.c: those that are configuration ---- */
/* Does the path name one of them? */
bool view_is_app(const struct call *call);
MUST_USE bool view_app_change(struct call *call);
MUST_USE bool view_app_change_write(struct call *call, struct db_conn *conn);

/* ---- views_history.c ---- */
/* before, after NULL: there was, is none. Kept when it is, or was, for more than one person. */
MUST_USE bool view_note(struct call *call, struct db_conn *conn, const struct view *before,
                        const struct view *after);

#endif
