/*
 * How many connections each client address holds. Entries live in one array
 * made at start, so counting never allocates and the table cannot outgrow the
 * limit on connections.
 */
#include <assert.h>
#include <netinet/in.h>

#include "http/connection.h"

enum { KEY_SIZE = 16, IPV6_NETWORK_SIZE = 8 };

struct address_entry {
    unsigned char key[KEY_SIZE];
    int count;
    struct address_entry *next; /* in its bucket, or on the free list */
};

struct address_table {
    pthread_mutex_t mutex;
    int bucket_count;
    struct address_entry **buckets;
    struct address_entry *unused;
};

struct address_table *address_table_make(struct scope *scope, int count_max)
{
    struct address_table *table = scope_new(scope, struct address_table, 1);
    pthread_mutex_init(&table->mutex, NULL);
    table->bucket_count = count_max;
    table->buckets = scope_new(scope, struct address_entry *, count_max);
    struct address_entry *entries = scope_new(scope, struct address_entry, count_max);
    for (int i = 0; i < count_max; i++) {
        entries[i].next = table->unused;
        table->unused = &entries[i];
    }
    return table;
}

static void key_of(const struct sockaddr *address, unsigned char key[KEY_SIZE])
{
    memset(key, 0, KEY_SIZE);
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        bool is_mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
        memcpy(key, &v6.sin6_addr, is_mapped ? KEY_SIZE : IPV6_NETWORK_SIZE);
    } else {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        key[10] = key[11] = 0xff;
        memcpy(key + 12, &v4.sin_addr, 4);
    }
}

static struct address_entry **bucket_of(struct address_table *table, const unsigned char *key)
{
    uint64_t hash = str_hash((struct str){ (const char *)key, KEY_SIZE });
    return &table->buckets[hash % (uint64_t)table->bucket_count];
}

struct address_entry *address_take(struct address_table *table, const struct sockaddr *address,
                                   int per_address_max)
{
    unsigned char key[KEY_SIZE];
    key_of(address, key);
    pthread_mutex_lock(&table->mutex);
    struct address_entry **bucket = bucket_of(table, key);
    struct address_entry *entry = *bucket;
    while (entry && memcmp(entry->key, key, KEY_SIZE) != 0) entry = entry->next;
    if (!entry && table->unused) {
        entry = table->unused;
        table->unused = entry->next;
        memcpy(entry->key, key, KEY_SIZE);
        entry->count = 0;
        entry->next = *bucket;
        *bucket = entry;
    }
    if (entry && entry->count >= per_address_max) entry = NULL;
    if (entry) entry->count += 1;
    pthread_mutex_unlock(&table->mutex);
    return entry;
}

void address_release(struct address_table *table, struct address_entry *entry)
{
    pthread_mutex_lock(&table->mutex);
    assert(entry->count > 0);
    entry->count -= 1;
    if (entry->count == 0) {
        struct address_entry **link = bucket_of(table, entry->key);
        while (*link != entry) link = &(*link)->next;
        *link = entry->next;
        entry->next = table->unused;
        table->unused = entry;
    }
    pthread_mutex_unlock(&table->mutex);
}
