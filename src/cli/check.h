#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "cli/workspace.h"

/*
 * What leadline check looks for. A check counts rows that break one rule and
 * reports how many and the first of them; with --repair, what can be mended is
 * mended afterwards and nothing else is touched.
 */
struct check {
    struct cli *cli;
    struct workspace *workspace;
    struct db_conn *conn; /* one snapshot for all checks */
    struct engine_context context; /* the system */
    int64_t found_count;
    bool is_timer_wrong;      /* mendable findings, by kind */
    bool *is_formula_wrong;   /* by position of the object */
    bool *is_search_wrong;
    bool *is_link_wrong;
};

/*
 * sql selects COUNT(*) and some id of the rows that are wrong. When there are any,
 * the sentence of key is printed with {count}, {record}, {object} and {name}.
 */
MUST_USE bool check_rows(struct check *check, struct sql *sql, const char *key,
                         struct str object, struct str name, bool *is_wrong);

/* check_records.c */
MUST_USE bool check_stays(struct check *check);
MUST_USE bool check_history(struct check *check);
MUST_USE bool check_stored(struct check *check);
MUST_USE bool check_links(struct check *check);
MUST_USE bool check_search(struct check *check);
MUST_USE bool check_files(struct check *check);
/* check_ladders.c */
MUST_USE bool check_ladders(struct check *check);

/* Inside a write: sets right what the checks found. */
MUST_USE bool mend_search(struct scope *scope, struct db_conn *conn, const struct check *check);
MUST_USE bool mend_timers(struct scope *scope, struct db_conn *conn, const struct check *check);

#endif
