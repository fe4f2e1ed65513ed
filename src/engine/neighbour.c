/*
 * Events as text, for other processes on the same database (db_notify): what one
 * process tells its listeners, the others tell theirs. Only ids and versions
 * travel, as in every event; who hears of it looks for himself.
 */
#include "engine/inner.h"

enum {
    EVENT_BYTES = 1 + 1 + 4 + 8 + 3 * 16,
    EVENT_TEXT = 2 * EVENT_BYTES,
    SHARED_COUNT_MAX = NOTIFY_SIZE_MAX / EVENT_TEXT,
};

static void number_put(unsigned char **at, uint64_t number, int size)
{
    for (int i = size - 1; i >= 0; i--) *(*at)++ = (unsigned char)(number >> (8 * i));
}

static uint64_t number_take(const unsigned char **at, int size)
{
    uint64_t number = 0;
    for (int i = 0; i < size; i++) number = number << 8 | *(*at)++;
    return number;
}

static void event_put(struct buf *out, const struct event *event)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[EVENT_BYTES], *at = bytes;
    number_put(&at, (uint64_t)event->kind, 1);
    number_put(&at, (uint64_t)event->level, 1);
    number_put(&at, (uint32_t)event->object, 4);
    number_put(&at, (uint64_t)event->version, 8);
    const struct uuid *ids[] = { &event->id, &event->record, &event->person };
    for (int i = 0; i < 3; i++, at += sizeof(struct uuid)) memcpy(at, ids[i], sizeof(struct uuid));
    for (int i = 0; i < EVENT_BYTES; i++) {
        buf_put_char(out, digits[bytes[i] >> 4]);
        buf_put_char(out, digits[bytes[i] & 15]);
    }
}

struct str events_write(struct scope *scope, const struct event *events, int count)
{
    struct buf out;
    struct event all = { .kind = EVENT_ALL };
    bool are_many = count > SHARED_COUNT_MAX;
    buf_begin(&out, scope, NOTIFY_SIZE_MAX);
    if (are_many) event_put(&out, &all);
    for (int i = 0; i < count && !are_many; i++) event_put(&out, &events[i]);
    return buf_str(&out);
}

static int digit_of(char byte)
{
    if (byte >= '0' && byte <= '9') return byte - '0';
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool event_take(struct str text, struct event *out)
{
    unsigned char bytes[EVENT_BYTES];
    for (size_t i = 0; i < EVENT_BYTES; i++) {
        int high = digit_of(text.data[2 * i]), low = digit_of(text.data[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    const unsigned char *at = bytes;
    *out = (struct event){ .kind = (enum event_kind)number_take(&at, 1) };
    out->level = (int)number_take(&at, 1);
    out->object = (int)(int32_t)(uint32_t)number_take(&at, 4);
    out->version = (int64_t)number_take(&at, 8);
    struct uuid *ids[] = { &out->id, &out->record, &out->person };
    for (int i = 0; i < 3; i++, at += sizeof(struct uuid)) memcpy(ids[i], at, sizeof(struct uuid));
    return out->kind >= EVENT_RECORD && out->kind <= EVENT_ALL;
}

int events_read(struct str text, struct event *out, int count_max)
{
    int count = 0;
    while (count < count_max && text.size >= EVENT_TEXT) {
        if (event_take(str_slice(text, 0, EVENT_TEXT), &out[count])) count += 1;
        text = str_slice(text, EVENT_TEXT, text.size);
    }
    return count;
}
