/*
 * A journey: stays in stages from the record's beginning to an end or to now,
 * events along them, and the alerts that the gaps between events must have
 * raised. Times run forward; what would lie in the future has not happened.
 */
#include "cli/demo_inner.h"

#include "base/time.h"

enum { STAY_MS_MIN = 2 * TIME_HOUR_MS, EVENT_GAP_MS_MIN = 20 * TIME_MINUTE_MS };

static int64_t days_draw(struct run *run, double median, double sigma)
{
    double ms = random_lognormal(&run->random, median, sigma) * TIME_DAY_MS;
    return ms < STAY_MS_MIN ? STAY_MS_MIN : (int64_t)ms;
}

static struct str text_of(struct run *run, struct expression *expression,
                          struct demo_record *self)
{
    if (!expression) return STR("");
    struct demo_value value = expression_value(run, expression, self);
    return value.kind == DEMO_TEXT ? value.text : STR("");
}

static const struct journey_pipeline *pipeline_of(const struct journey *journey, struct str name)
{
    for (int i = 0; i < journey->pipeline_count; i++) {
        if (str_equal(journey->pipelines[i].name, name)) return &journey->pipelines[i];
    }
    return &journey->pipelines[0];
}

/* ---- stays ---- */

struct walk {
    struct run *run;
    const struct journey *journey;
    const struct journey_pipeline *pipeline;
    struct demo_record *record;
    struct demo_stay *stays;
    int stay_count;
    int position;
};

static void stay_add(struct walk *walk, struct str stage, const char *move,
                     struct expression *reason, int64_t at_ms)
{
    if (walk->stay_count > 0) walk->stays[walk->stay_count - 1].left_at_ms = at_ms;
    walk->stays[walk->stay_count++] = (struct demo_stay){
        .stage = stage,
        .move = move,
        .entered_at_ms = at_ms,
        .reason = text_of(walk->run, reason, walk->record),
    };
}

/* What comes after the present stay; false when it is an end. */
static bool stay_next(struct walk *walk, const struct stage_spec *spec, int64_t at_ms)
{
    const struct journey *journey = walk->journey;
    double draw = random_real(&walk->run->random);
    if (draw < spec->lose) {
        stay_add(walk, journey->lost, "lose", journey->reason_lose, at_ms);
        return false;
    }
    draw -= spec->lose;
    if (draw < spec->back && walk->position > 0) {
        walk->position--;
        stay_add(walk, walk->pipeline->stages[walk->position].name, "back", journey->reason_back,
                 at_ms);
        return true;
    }
    draw -= spec->back;
    bool is_skip = draw >= 0 && draw < spec->skip && walk->position + 2 < walk->pipeline->count;
    walk->position += is_skip ? 2 : 1;
    if (walk->position >= walk->pipeline->count) {
        stay_add(walk, journey->won, "win", NULL, at_ms);
        return false;
    }
    stay_add(walk, walk->pipeline->stages[walk->position].name, is_skip ? "skip" : "forward",
             is_skip ? journey->reason_skip : NULL, at_ms);
    return true;
}

static void stays_walk(struct walk *walk)
{
    struct run *run = walk->run;
    int64_t now_ms = run->options->now_ms;
    stay_add(walk, walk->pipeline->stages[0].name, "start", NULL, walk->record->created_at_ms);
    while (walk->stay_count < DEMO_STAY_COUNT_MAX) {
        const struct journey_stage *stage = &walk->pipeline->stages[walk->position];
        int64_t entered_at_ms = walk->stays[walk->stay_count - 1].entered_at_ms;
        bool is_late = stage->late_ms > 0 && entered_at_ms > now_ms - stage->late_ms;
        const struct stage_spec *spec = is_late ? &stage->late : &stage->usual;
        int64_t leave_ms = entered_at_ms + days_draw(run, spec->days_median, spec->days_sigma);
        leave_ms = work_time(run, leave_ms);
        if (leave_ms < entered_at_ms + STAY_MS_MIN) leave_ms = entered_at_ms + STAY_MS_MIN;
        if (leave_ms > now_ms) return;
        if (!stay_next(walk, spec, leave_ms)) {
            walk->record->is_closed = true;
            return;
        }
    }
}

static void end_fields(struct run *run, struct demo_record *record,
                       const struct journey_field *fields, int count)
{
    for (int i = 0; i < count; i++) {
        record->values[fields[i].field] = expression_value(run, fields[i].value, record);
    }
}

bool journey_walk(struct run *run, struct entity *entity, struct demo_record *record)
{
    const struct journey *journey = entity->journey;
    record->pipeline = text_of(run, journey->pipeline, record);
    struct walk walk = { .run = run, .journey = journey, .record = record };
    walk.pipeline = pipeline_of(journey, record->pipeline);
    walk.stays = scope_new(run->scope, struct demo_stay, DEMO_STAY_COUNT_MAX + 1);
    record->pipeline = walk.pipeline->name;
    stays_walk(&walk);
    record->stays = walk.stays;
    record->stay_count = walk.stay_count;

    const struct demo_stay *last = &walk.stays[walk.stay_count - 1];
    record->values[JOURNEY_STAGE] =
        (struct demo_value){ .kind = DEMO_TEXT, .text = last->stage };
    record->values[JOURNEY_ENTERED_AT] =
        (struct demo_value){ .kind = DEMO_TIME, .integer = last->entered_at_ms };
    int end = !record->is_closed ? JOURNEY_OPEN
              : str_equal(last->stage, journey->won) ? JOURNEY_WON
                                                     : JOURNEY_LOST;
    end_fields(run, record, journey->ends[end].fields, journey->ends[end].count);
    return true;
}

/* ---- events ---- */

struct along {
    struct run *run;
    const struct journey *journey;
    struct demo_record *record;
    int64_t *resets; /* moments the clock of the alerts begins again, ascending */
    int reset_count, reset_count_max;
    int64_t last_ms; /* of the event before */
    int event_count;
};

static void reset_add(struct along *along, int64_t at_ms)
{
    if (along->reset_count == along->reset_count_max) return;
    along->resets[along->reset_count++] = at_ms;
}

static bool event_make(struct along *along, int stay, const char *step, int64_t at_ms)
{
    const struct demo_record *record = along->record;
    bool has_next = stay + 1 < record->stay_count;
    struct demo_value presets[EVENT_PRESET_COUNT] = {
        [EVENT_AT] = { .kind = DEMO_TIME, .integer = at_ms },
        [EVENT_STAGE] = { .kind = DEMO_TEXT, .text = record->stays[stay].stage },
        [EVENT_STEP] = { .kind = DEMO_TEXT, .text = str_of(step) },
        [EVENT_TO] = { .kind = has_next ? DEMO_TEXT : DEMO_BLANK,
                       .text = has_next ? record->stays[stay + 1].stage : STR("") },
    };
    if (along->event_count++ >= DEMO_EVENT_COUNT_MAX) return true;
    struct entity *event = along->journey->event;
    struct demo_record *made;
    if (!record_make(along->run, event, along->record, NULL, presets, EVENT_PRESET_COUNT,
                     &made)) {
        return false;
    }
    along->last_ms = at_ms;
    int counts = along->journey->event_counts;
    if (counts < 0 || value_is_true(&made->values[counts])) reset_add(along, at_ms);
    return true;
}

static int64_t gap_draw(struct along *along)
{
    struct run *run = along->run;
    double ms = random_lognormal(&run->random, along->journey->gap_median,
                                 along->journey->gap_sigma) * TIME_DAY_MS;
    int64_t pace = expression_int(run, along->journey->pace, along->record, 100);
    if (pace > 0) ms = ms * 100 / (double)pace;
    return ms < EVENT_GAP_MS_MIN ? EVENT_GAP_MS_MIN : (int64_t)ms;
}

/* Events on their own rhythm between two moments. */
static bool events_between(struct along *along, int stay, int64_t from_ms, int64_t to_ms)
{
    for (int64_t at_ms = from_ms + gap_draw(along) / 2; at_ms < to_ms;
         at_ms += gap_draw(along)) {
        int64_t moved_ms = work_time(along->run, at_ms);
        if (moved_ms <= from_ms) moved_ms = at_ms;
        if (moved_ms <= along->last_ms) moved_ms = along->last_ms + EVENT_GAP_MS_MIN;
        if (moved_ms >= to_ms) return true;
        if (!event_make(along, stay, "on", moved_ms)) return false;
        if (moved_ms > at_ms) at_ms = moved_ms;
    }
    return true;
}

static const char *step_of(const struct demo_stay *next)
{
    if (strcmp(next->move, "win") == 0) return "won";
    if (strcmp(next->move, "lose") == 0) return "lost";
    return strcmp(next->move, "back") == 0 ? "back" : "done";
}

/* A stay that ended: the last event comes shortly before the move it led to. */
static bool stay_events(struct along *along, int stay)
{
    const struct demo_stay *now = &along->record->stays[stay];
    int64_t end_ms = now->left_at_ms - random_range(&along->run->random, 10, 90) * TIME_MINUTE_MS;
    if (!events_between(along, stay, now->entered_at_ms, end_ms - 4 * (int64_t)TIME_HOUR_MS)) {
        return false;
    }
    if (end_ms <= now->entered_at_ms || end_ms <= along->last_ms) return true;
    return event_make(along, stay, step_of(now + 1), end_ms);
}

/* The stay a record is still in: quiet for as long as "idle" says. */
static bool open_events(struct along *along, int stay)
{
    struct run *run = along->run;
    const struct demo_stay *now = &along->record->stays[stay];
    int64_t idle_ms = expression_int(run, along->journey->idle_hours, along->record, 24) *
                          (int64_t)TIME_HOUR_MS +
                      random_range(&run->random, 0, 59) * TIME_MINUTE_MS;
    int64_t end_ms = run->options->now_ms - idle_ms;
    if (end_ms > now->entered_at_ms) {
        if (!events_between(along, stay, now->entered_at_ms,
                            end_ms - 12 * (int64_t)TIME_HOUR_MS)) {
            return false;
        }
        if (end_ms > along->last_ms && !event_make(along, stay, "last", end_ms)) return false;
    }
    int64_t quiet_ms = run->options->now_ms - along->last_ms;
    if (quiet_ms < 30 * (int64_t)TIME_HOUR_MS ||
        !random_chance(&run->random, along->journey->idle_chance)) {
        return true;
    }
    double share = 0.3 + 0.5 * random_real(&run->random);
    return event_make(along, stay, "idle", along->last_ms + (int64_t)(share * (double)quiet_ms));
}

/* ---- alerts ---- */

static struct demo_value moment(int64_t at_ms, bool is_there)
{
    if (!is_there) return (struct demo_value){ .kind = DEMO_BLANK };
    return (struct demo_value){ .kind = DEMO_TIME, .integer = at_ms };
}

/* The alert that a quiet time from since to until must have raised; until 0: still quiet. */
static bool alert_make(struct along *along, int64_t since_ms, int64_t until_ms)
{
    static const char *const names[] = { "yellow", "orange", "red" };
    const struct journey *journey = along->journey;
    int64_t now_ms = along->run->options->now_ms;
    int64_t end_ms = until_ms ? until_ms : now_ms;
    int level = -1;
    for (int i = 0; i < 3; i++) {
        if (since_ms + journey->level_ms[i] < end_ms) level = i;
    }
    if (level < 0 || since_ms + journey->level_ms[0] < now_ms - journey->alert_within_ms) {
        return true;
    }
    struct demo_value presets[ALERT_PRESET_COUNT] = {
        [ALERT_SINCE] = moment(since_ms, true),
        [ALERT_LEVEL] = { .kind = DEMO_TEXT, .text = str_of(names[level]) },
        [ALERT_YELLOW_AT] = moment(since_ms + journey->level_ms[0], true),
        [ALERT_ORANGE_AT] = moment(since_ms + journey->level_ms[1], level >= 1),
        [ALERT_RED_AT] = moment(since_ms + journey->level_ms[2], level >= 2),
        [ALERT_CLEARED_AT] = moment(until_ms, until_ms != 0),
    };
    struct demo_record *made;
    return record_make(along->run, journey->alert, along->record, NULL, presets,
                       ALERT_PRESET_COUNT, &made);
}

static bool alerts_make(struct along *along)
{
    const struct demo_record *record = along->record;
    const struct demo_stay *last = &record->stays[record->stay_count - 1];
    int64_t end_ms = record->is_closed ? last->entered_at_ms : 0;
    for (int i = 0; i < along->reset_count; i++) {
        bool is_last = i + 1 == along->reset_count;
        int64_t until_ms = is_last ? end_ms : along->resets[i + 1];
        if (!alert_make(along, along->resets[i], until_ms)) return false;
    }
    return true;
}

bool journey_events(struct run *run, struct entity *entity, struct demo_record *record)
{
    struct along along = {
        .run = run,
        .journey = entity->journey,
        .record = record,
        .reset_count_max = DEMO_EVENT_COUNT_MAX + DEMO_STAY_COUNT_MAX,
        .last_ms = record->created_at_ms,
    };
    along.resets = scope_new(run->scope, int64_t, along.reset_count_max);
    for (int i = 0; i < record->stay_count; i++) {
        bool is_last = i + 1 == record->stay_count;
        if (is_last && record->is_closed) break;
        reset_add(&along, record->stays[i].entered_at_ms);
        if (!(is_last ? open_events(&along, i) : stay_events(&along, i))) return false;
    }
    return !entity->journey->alert || alerts_make(&along);
}
