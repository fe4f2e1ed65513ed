/*
 * Plans of lists and records, kept with the snapshot for the next request that asks
 * the same for the same person on the same day: parsing what was asked and putting
 * the statement together costs more than running it for one record.
 */
#include "api/inner.h"

struct str call_plan_key(struct call *call, char kind, struct str asked)
{
    int zone_min = call->snapshot->schema->zone_min;
    int64_t now_ms = call->context.now_ms, serial = call->context.actor.serial;
    int64_t day = time_local_days(now_ms, zone_min);
    /* In the last millisecond of a day it would not be seen what goes with the clock. */
    if (serial == 0 || time_local_days(now_ms + 1, zone_min) != day) return STR("");
    struct buf key;
    buf_begin(&key, call->scope, 64 * 1024);
    buf_put_char(&key, kind);
    buf_put_int(&key, call->object->id);
    buf_put_char(&key, ' ');
    buf_put_int(&key, serial);
    buf_put_char(&key, ' ');
    buf_put_int(&key, day);
    buf_put_char(&key, ' ');
    buf_put(&key, asked);
    return key.is_over ? STR("") : buf_str(&key);
}

bool call_plan_find(struct call *call, struct str key, struct plan_hold *out)
{
    *out = (struct plan_hold){ .key = key };
    if (key.size > 0) out->entry = memo_take(call->snapshot->memo, key);
    if (out->entry) out->plan = memo_value(out->entry);
    return out->entry != NULL;
}

bool call_plan_make(struct call *call, plan_maker *make, const struct record_query *query,
                    struct plan_hold *hold)
{
    struct query_plan *plan = NULL;
    if (hold->key.size > 0) {
        struct scope *scope = NULL;
        struct memo_entry *entry = memo_begin(hold->key, &scope);
        if (make(scope, &call->records, query, PLAN_KEPT, &plan)) {
            memo_keep(call->snapshot->memo, entry, plan);
            hold->entry = entry;
            hold->plan = plan;
            return true;
        }
        memo_release(entry); /* made once more below, for its error */
    }
    if (!make(call->scope, &call->records, query, PLAN_ONCE, &plan)) return false;
    hold->plan = plan;
    return true;
}

void call_plan_drop(struct plan_hold *hold)
{
    if (hold->entry) memo_release(hold->entry);
    hold->entry = NULL;
}
