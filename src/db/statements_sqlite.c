/* The cache of prepared statements; see struct statement_cache. */
#include "base/log.h"
#include "db/sqlite.h"

void statements_init(struct statement_cache *cache)
{
    memset(cache, 0, sizeof(*cache));
    for (int i = 0; i < STATEMENT_BUCKET_COUNT; i++) cache->buckets[i] = -1;
    cache->newest = cache->oldest = -1;
}

/*
 * Eight bytes at a time: SQL is a few hundred bytes and this is on the path of
 * every query. The texts are compared anyway, so it need not be strong.
 */
static uint64_t sql_hash(struct str sql)
{
    uint64_t hash = sql.size * 0x9e3779b97f4a7c15u;
    size_t i = 0;
    for (; i + 8 <= sql.size; i += 8) {
        uint64_t word;
        memcpy(&word, sql.data + i, 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    uint64_t tail = 0;
    if (i < sql.size) memcpy(&tail, sql.data + i, sql.size - i);
    hash = (hash ^ tail) * 0xc4ceb9fe1a85ec53u;
    return hash ^ hash >> 29;
}

/* The library keeps the text up to the statement's end; only blanks can follow. */
static bool is_same(const struct statement_slot *slot, struct str sql, uint64_t hash)
{
    if (slot->hash != hash || slot->sql_size != sql.size) return false;
    const char *kept = sqlite3_sql(slot->statement);
    return kept && strncmp(kept, sql.data, sql.size) == 0;
}

static void order_remove(struct statement_cache *cache, int index)
{
    struct statement_slot *slot = &cache->slots[index];
    if (slot->newer >= 0) cache->slots[slot->newer].older = slot->older;
    if (slot->older >= 0) cache->slots[slot->older].newer = slot->newer;
    if (cache->newest == index) cache->newest = slot->older;
    if (cache->oldest == index) cache->oldest = slot->newer;
}

static void order_put_newest(struct statement_cache *cache, int index)
{
    struct statement_slot *slot = &cache->slots[index];
    slot->newer = -1;
    slot->older = cache->newest;
    if (cache->newest >= 0) cache->slots[cache->newest].newer = (int16_t)index;
    cache->newest = (int16_t)index;
    if (cache->oldest < 0) cache->oldest = (int16_t)index;
}

static void chain_remove(struct statement_cache *cache, int index)
{
    int16_t *link = &cache->buckets[cache->slots[index].hash % STATEMENT_BUCKET_COUNT];
    while (*link != index) link = &cache->slots[*link].chain_next;
    *link = cache->slots[index].chain_next;
}

/* A slot to fill, or -1 when every statement is in use. */
static int slot_free(struct statement_cache *cache)
{
    if (cache->count < STATEMENT_COUNT_MAX) return cache->count++;
    int index = cache->oldest;
    while (index >= 0 && cache->slots[index].is_used) index = cache->slots[index].newer;
    if (index < 0) return -1;
    sqlite3_finalize(cache->slots[index].statement);
    chain_remove(cache, index);
    order_remove(cache, index);
    return index;
}

static bool prepare(struct scope *scope, struct sqlite_conn *conn, struct str sql, unsigned flags,
                    sqlite3_stmt **out)
{
    if (sql.size == 0 || sql.size > SQL_SIZE_MAX) {
        return error_storage(scope, STR("a statement is empty or longer than any should be"));
    }
    const char *tail = sql.data;
    if (!db_touch(scope, &conn->base)) return false;
    int code = sqlite3_prepare_v3(conn->handle, sql.data, (int)sql.size, flags, out, &tail);
    if (code != SQLITE_OK) return sqlite_fail(scope, conn->handle, code, sql);
    struct str rest = str_trim(str_slice(sql, (size_t)(tail - sql.data), sql.size));
    if (*out && rest.size == 0) return true;
    sqlite3_finalize(*out);
    log_line(LOG_ERROR, "db: exactly one statement expected: %.*s", STR_ARG(sql));
    return error_storage(scope, STR("exactly one statement expected"));
}

static sqlite3_stmt *find(struct statement_cache *cache, struct str sql, uint64_t hash, int *slot)
{
    int index = cache->buckets[hash % STATEMENT_BUCKET_COUNT];
    for (; index >= 0; index = cache->slots[index].chain_next) {
        struct statement_slot *found = &cache->slots[index];
        if (found->is_used || !is_same(found, sql, hash)) continue;
        found->is_used = true;
        if (cache->newest != index) {
            order_remove(cache, index);
            order_put_newest(cache, index);
        }
        *slot = index;
        return found->statement;
    }
    return NULL;
}

bool statements_take(struct scope *scope, struct sqlite_conn *conn, struct str sql,
                     sqlite3_stmt **out, int *slot)
{
    struct statement_cache *cache = &conn->cache;
    uint64_t hash = sql_hash(sql);
    *slot = -1;
    *out = find(cache, sql, hash, slot);
    if (*out) return true;
    if (!prepare(scope, conn, sql, SQLITE_PREPARE_PERSISTENT, out)) return false;

    int index = slot_free(cache);
    if (index < 0) return true;
    int16_t *bucket = &cache->buckets[hash % STATEMENT_BUCKET_COUNT];
    cache->slots[index] = (struct statement_slot){
        .statement = *out, .hash = hash, .sql_size = sql.size, .chain_next = *bucket,
        .is_used = true
    };
    *bucket = (int16_t)index;
    order_put_newest(cache, index);
    *slot = index;
    return true;
}

void statements_give_back(struct sqlite_conn *conn, sqlite3_stmt *statement, int slot)
{
    if (slot < 0) {
        sqlite3_finalize(statement);
        return;
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    conn->cache.slots[slot].is_used = false;
}

void statements_end(struct statement_cache *cache)
{
    for (int i = 0; i < cache->count; i++) sqlite3_finalize(cache->slots[i].statement);
    statements_init(cache);
}
