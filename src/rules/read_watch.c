/* Rules that wait: ladders and reminders. */
#include "rules/inner.h"

#include "base/time.h"

static bool rung_read(const struct builder *builder, const struct json *body,
                      struct ladder *ladder)
{
    int level = LEVEL_NONE;
    if (!read_level(builder, json_text(body, "level"), &level) || level == LEVEL_NONE) {
        return read_bad(builder, STR("level"));
    }
    struct rung *rung = &ladder->rungs[level];
    if (!time_parse_duration(json_text(body, "after"), &rung->after_ms)) {
        return read_bad(builder, STR("after"));
    }
    return read_recipients(builder, json_get(body, "tell"), rung->tell, &rung->tell_count) &&
           read_recipients(builder, json_get(body, "task"), rung->task, &rung->task_count);
}

/* One formula for both languages, or {"zh": …, "en": …}. */
static bool line_read(const struct builder *builder, const struct json *formula,
                      struct card_line *line)
{
    if (formula && formula->kind == JSON_KIND_STR) {
        return read_formula(builder, formula->text, FORMULA_ALLOW_CLOCK, &line->zh);
    }
    return read_formula(builder, json_text(formula, "zh"), FORMULA_ALLOW_CLOCK, &line->zh) &&
           read_formula(builder, json_text(formula, "en"), FORMULA_ALLOW_CLOCK, &line->en);
}

static bool card_read(const struct builder *builder, const struct json *card,
                      struct ladder *ladder)
{
    ladder->card_count = card ? card->count : 0;
    ladder->card = scope_new(builder->scope, struct card_line, ladder->card_count);
    for (int i = 0; i < ladder->card_count; i++) {
        struct card_line *line = &ladder->card[i];
        line->name = json_text(&card->items[i], "name");
        line->label = read_label(json_get(&card->items[i], "label"));
        if (!line_read(builder, json_get(&card->items[i], "formula"), line)) return false;
        if (!line->zh) return read_bad(builder, STR("card"));
    }
    return true;
}

static bool watch_read(const struct builder *builder, const struct config *config,
                       struct watch *watch)
{
    const struct json *body = &config->body;
    struct str since = json_text(body, "since");
    watch->id = config->id;
    watch->name = config->name;
    watch->object = builder->object;
    watch->label = read_label(json_get(body, "label"));
    watch->since = object_field(builder->object, since);
    if (!watch->since || watch->since->column.size == 0 || builder->object->is_builtin) {
        return read_bad(builder, since);
    }
    enum value_kind kind = field_kind(watch->since);
    if (kind != VALUE_DATETIME && (watch->ladder || kind != VALUE_DATE)) {
        return read_bad(builder, since);
    }
    return read_template(builder, body, "title", &watch->title) &&
           read_template(builder, body, "body", &watch->body) &&
           read_condition(builder, body, 0, &watch->when);
}

bool read_ladder(const struct builder *builder, const struct config *config,
                 struct ladder *ladder)
{
    const struct json *body = &config->body;
    const struct json *levels = json_get(body, "levels");
    struct str respond = json_text(body, "respond_within");
    *ladder = (struct ladder){ .watch.ladder = ladder };
    if (!watch_read(builder, config, &ladder->watch)) return false;
    if (respond.size > 0 && !time_parse_duration(respond, &ladder->respond_ms)) {
        return read_bad(builder, STR("respond_within"));
    }
    for (int i = 0; levels && i < levels->count; i++) {
        if (!rung_read(builder, &levels->items[i], ladder)) return false;
    }
    return read_template(builder, body, "task_title", &ladder->task_title) &&
           card_read(builder, json_get(body, "card"), ladder);
}

/* ---- reminders ---- */

enum { STEP_DAY_MAX = 3660 };

/* "08:30": milliseconds after midnight. */
static bool clock_read(struct str text, int64_t *out_ms)
{
    if (text.size != 5 || text.data[2] != ':') return false;
    for (size_t i = 0; i < text.size; i++) {
        if (i != 2 && (text.data[i] < '0' || text.data[i] > '9')) return false;
    }
    int64_t hour = (text.data[0] - '0') * 10 + text.data[1] - '0';
    int64_t minute = (text.data[3] - '0') * 10 + text.data[4] - '0';
    *out_ms = hour * TIME_HOUR_MS + minute * TIME_MINUTE_MS;
    return hour < 24 && minute < 60;
}

/* "day", "day-1", "day+30". */
static bool day_read(struct str text, int *out)
{
    int64_t count = 0;
    *out = 0;
    if (!str_starts_with(text, STR("day"))) return false;
    if (text.size == 3) return true;
    struct str digits = str_slice(text, 4, text.size);
    if (digits.size == 0 || digits.data[0] < '0' || digits.data[0] > '9' ||
        !str_to_int64(digits, &count) || count > STEP_DAY_MAX) {
        return false;
    }
    *out = (int)(text.data[3] == '-' ? -count : count);
    return text.data[3] == '-' || text.data[3] == '+';
}

/* "-24h", "2h": before or after the moment itself. */
static bool offset_read(struct str text, int64_t *out_ms)
{
    bool is_before = str_starts_with(text, STR("-"));
    if (!time_parse_duration(str_slice(text, is_before ? 1 : 0, text.size), out_ms) ||
        *out_ms > (int64_t)STEP_DAY_MAX * TIME_DAY_MS) {
        return false;
    }
    if (is_before) *out_ms = -*out_ms;
    return true;
}

static bool step_read(const struct builder *builder, const struct json *body,
                      struct reminder_step *step)
{
    struct str on = json_text(body, "on"), at = json_text(body, "at");
    step->is_on_day = on.size > 0;
    if (step->is_on_day && !day_read(on, &step->day)) return read_bad(builder, on);
    bool ok = step->is_on_day ? clock_read(at, &step->at_ms) : offset_read(at, &step->at_ms);
    return ok || read_bad(builder, at);
}

bool read_reminder(const struct builder *builder, const struct config *config,
                   struct reminder *reminder)
{
    const struct json *body = &config->body;
    const struct json *steps = json_get(body, "steps");
    int count = steps ? steps->count : 0;
    *reminder = (struct reminder){ .watch.reminder = reminder };
    if (!watch_read(builder, config, &reminder->watch)) return false;
    if (count == 0 || count > REMINDER_STEP_COUNT_MAX) return read_bad(builder, STR("steps"));
    reminder->steps = scope_new(builder->scope, struct reminder_step, count);
    for (int i = 0; i < count; i++) {
        if (!step_read(builder, &steps->items[i], &reminder->steps[i])) return false;
    }
    reminder->step_count = count;
    return read_recipients(builder, json_get(body, "tell"), reminder->tell,
                           &reminder->tell_count) &&
           read_level(builder, json_text(body, "level"), &reminder->level);
}
