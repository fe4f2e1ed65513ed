/*
 * The shapes of openapi.json, each a line of members: "name type, name? type".
 *
 *   text id time date int number bool any map    a value ("map": anything by name)
 *   (a|b)                                        one of these texts
 *   Name                                         another shape
 *   [type] {type}                                a list of it; a map of it by name
 *   type|null                                    or null
 *   name?                                        may be absent
 *   ...                                          and members not named here
 *
 * Shapes of records are open: their fields are the workspace's own (GET /objects).
 */
#include "api/inner.h"
#include "base/utf8.h"

static const struct {
    const char *name, *members;
} shapes[] = {
    { "Free", "..." },
    { "Label", "zh text, en text" },
    { "Fault", "code text, message text, field? text|null, gate? text, needs? map, position? int, "
               "length? int, hint? text" },
    { "Problem", "type text, title text, status int, detail? text, errors? [Fault]" },

    { "Login", "login text, password text, otp? text" },
    { "SessionSeen", "id id, agent text, address text, began_at time, last_at time, "
                     "expires_at time, current bool" },
    { "SessionList", "items [SessionSeen]" },
    { "Otp", "on bool, due bool, since time|null, codes_left int" },
    { "OtpPassword", "password text" },
    { "OtpSecret", "secret text, uri text" },
    { "OtpCode", "code text" },
    { "OtpCodes", "codes [text]" },
    { "Session", "user map, token text" },
    { "Invitation", "token text, password text" },
    { "InvitationToken", "token text" },
    { "DemoLogin", "login text, password text, role text, role_label? Label, name text, "
                   "hint? Label" },
    { "DemoLogins", "logins [DemoLogin]" },
    { "Person", "id id, login text, name text, role text, role_label Label, team id|null, "
                "team_name text|null, region text|null" },
    { "Workspace", "company text, zone text, currency text, demo bool, setup_done bool" },
    { "Permission", "create bool, read bool, update bool, delete bool, assign bool, export bool, "
                    "import bool" },
    { "Permissions", "admin bool, configure bool, manage_people bool, skip_stage bool, "
                     "intervene bool, import_history bool, audit bool, export bool, import bool, "
                     "objects {Permission}" },
    { "Me", "user Person, workspace Workspace, now time, csrf text, version text, "
            "permissions Permissions" },
    { "MeChange", "locale (zh-CN|en)" },
    { "PasswordChange", "old text, new text" },
    { "LevelCounts", "yellow int, orange int, red int" },
    { "Counts", "unread int, tasks int, alerts LevelCounts" },
    { "Settings", "company text, zone text, currency text, otp_roles text, bi_language text, "
                  "bi_personal text, setup_done (yes|no)" },
    { "BiColumn", "name text, type (text|integer|decimal|boolean|date|datetime|id), field text, "
                  "label Label, filling? bool" },
    { "BiAbsence", "field text, label Label, why (personal|computed|related|inner), view? text" },
    { "BiView", "name text, object text, label Label, field? text, field_label? Label, "
                "columns [BiColumn], left_out? [BiAbsence]" },
    { "BiViews", "items [BiView], database (sqlite|postgres), schema text, barred bool" },

    { "Key", "id id, name text, hint text, role text, role_label Label, scopes [text], person id, "
             "person_name text|null, rate int, until time|null, created_at time, "
             "created_by id|null, created_by_name text|null, last_at time|null" },
    { "KeyNew", "name text, role text, scopes [text], person? id, until? time|null, rate? int" },
    { "KeyMade", "key Key, secret text" },
    { "KeyList", "items [Key]" },

    { "AuditLine", "seq int, at time, by id|null, by_name text|null, via text|null, kind text, "
                   "object text|null, record id|null, field text|null, detail map|null, "
                   "hash text, who text, text text" },
    { "Export", "at time, object text|null, via text|null, detail map|null" },
    { "ExportList", "items [Export]" },
    { "AuditList", "items [AuditLine], next text|null" },

    { "Choice", "name text, label Label, color? text, aliases? [text], hidden? bool, id? int" },
    { "Validation", "formula text, message Label" },
    { "Field", "name text, type text, label Label, help? Label, title? bool, required? bool, "
               "required_if? text, unique? bool, readonly? bool, stored? bool, filling? bool, "
               "system? bool, readonly_if? text, visible_if? text, personal? any, width? int, "
               "accept? (any|image|audio), "
               "result? text, to? text, choices? [Choice], scale? int, min? any, max? any, "
               "size_max? int, default? any, formula? text, validate? Validation, "
               "mode? (readonly|masked), reveal? (yes|reason), ..." },
    { "Relation", "name text, object text, field text, label? Label, many? bool, back? text" },
    { "Object", "id? any, name text, plural? text, label Label, label_plural? Label, icon? text, "
                "title_field text, pipeline bool, owner? bool, menu? bool, inherit? [text], "
                "time_field? text, search? [text], indexes? [any], unique? [any], list? [text], "
                "order? text, fields [Field], relations [Relation]" },
    { "ObjectList", "items [Object]" },
    { "Need", "field? text, object? text" },
    { "Gate", "id? int, name text, label? Label, formula? text, needs? Need, message? Label" },
    { "Stall", "yellow? text, orange? text, red? text" },
    { "Stage", "id? int, name text, label Label, kind (open|won|lost), optional? bool, "
               "probability? any, stall? Stall, enter? [Gate], leave? [Gate], aliases? [text]" },
    { "Pipeline", "id? int, name text, label Label, object text, default? bool, stages [Stage]" },
    { "PipelineList", "items [Pipeline]" },
    { "RuleLevel", "level (yellow|orange|red), after text, tell? [text], task? [text]" },
    { "RuleStep", "on? text, at text" },
    { "RuleAction", "do (create|set|task|finish_tasks|notify), object? text, along? text, "
                    "over? text, where? text, set? map, kind? text, title? Label, body? Label, "
                    "assignee? text, due? text, on_done? map, outcome? text, to? [text], "
                    "level? (yellow|orange|red)" },
    { "RuleCard", "name text, label Label, formula any" },
    { "PackStep", "kind (take|keep|conflict|stay), action (add|change|remove), path text, "
                  "part text, place text, text text, theirs_taken bool, base any, mine any, "
                  "theirs any" },
    { "Pack", "name text, title Label, help Label, version text|null, shipped text|null, "
              "applied_at time|null, applied_by text|null, can_undo bool, "
              "version_undo text|null, changed_count int, changed [PackStep]" },
    { "PackList", "items [Pack]" },
    { "PackChoice", "pack text" },
    { "PackPlan", "id id, name text, title Label, help Label, version text, "
                  "version_before text|null, conflicts int, parts int, steps [PackStep], "
                  "breaks [PlanBreak]" },
    { "PackApply", "plan id, choices? map" },
    { "PackDone", "name text, conflicts int, parts int, steps [PackStep]" },
    { "Rule", "name text, label Label, kind (change|ladder|remind), object text, when? text, "
              "since? text, enabled bool, on? [text], actions? [RuleAction], "
              "levels? [RuleLevel], respond_within? text, steps? [RuleStep], tell? [text], "
              "level? (yellow|orange|red), title? Label, body? Label, task_title? Label, "
              "card? [RuleCard]" },
    { "RuleList", "items [Rule]" },
    { "Role", "name text, label Label, grants? {map}, fields? {text}, can? [text]" },
    { "RoleList", "items [Role]" },
    { "FieldMode", "name text, mode (visible|readonly|masked|hidden)" },
    { "ObjectPreview", "name text, actions {text}, count? int, total? int, fields [FieldMode]" },
    { "RolePreview", "items [ObjectPreview]" },
    { "Reveal", "field text, reason? text" },
    { "Revealed", "value any" },

    { "ConfigChange", "kind? text, name? text, body? map|null, changes? [map]" },
    { "PlanDay", "on text, was (plain|off|holiday|workday), is (plain|off|holiday|workday), "
                 "was_worked bool, is_worked bool, label? text" },
    { "PlanStep", "kind text, text text, rows? int, lost? int, samples? [text], capped? bool, "
                  "days? [PlanDay]" },
    { "PlanBreak", "kind text, name text, field? text, message text" },
    { "ConfigPlan", "steps [PlanStep], breaks [PlanBreak]" },
    { "Job", "id int, kind text, state (waiting|running|done|failed|cancelled), done int, "
             "total int, error? text, object? text, field? text, fields? [text], type? text, "
             "attempts? int, retry_at? time|null, created_at time, by id|null, "
             "finished_at time|null" },
    { "JobList", "items [Job]" },
    { "ConfigEntry", "id int, kind text, name text, name_after? text, version int, at time, "
                     "by id|null, by_name? text|null, action (create|change|delete), "
                     "summary text, follows bool, can_undo bool, before? map|null, "
                     "after? map|null" },
    { "ConfigHistory", "items [ConfigEntry], next text|null" },

    { "Record", "id id, version int, ..." },
    { "RecordList", "items [Record], next text|null, count? int, count_capped? bool, as_of? time" },
    { "RecordBatch", "records [Record]" },
    { "Share", "id id, person? id, team? id, name text|null, level (read|update), "
               "until time|null, by id|null, by_name text|null, at time, can_remove bool" },
    { "ShareList", "items [Share], can_share bool" },
    { "ShareNew", "person? id, team? id, level (read|update), until? time|null" },
    { "WhyItem", "action (read|update|delete|export), allowed bool, because [text]" },
    { "Why", "person id, name text, role text, role_label Label, items [WhyItem]" },
    { "LineValue", "field text, old any, new any, old_label? text, new_label? text" },
    { "LineChange", "line id, number int, kind (added|changed|removed), title? text, "
                    "changes [LineValue]" },
    { "LineOrder", "old [text], new [text]" },
    { "HistoryChange", "field text, old any, new any, old_label? text, new_label? text, "
                       "lines? [LineChange], order? LineOrder" },
    { "HistoryItem", "version int, at time, by id|null, by_name text|null, "
                     "kind (create|update|move|delete|restore|share|unshare), share? map, "
                     "changes [HistoryChange]" },
    { "History", "items [HistoryItem], next text|null" },
    { "FeedChange", "field text, old any, new any" },
    { "FeedItem", "position int, kind (create|update|move|delete|restore), object text, record id, "
                  "version int, at time, by id|null, via text, changes [FeedChange]" },
    { "Feed", "items [FeedItem], records? {RecordList}, next text, more bool" },
    { "Move", "stage? text, pipeline? text, reason? text, fields? map" },
    { "MoveOption", "stage text, move (forward|skip|back|win|lose), allowed bool, "
                    "reason_required? bool, errors? [Fault]" },
    { "Moves", "items [MoveOption]" },
    { "Assign", "owner id" },
    { "Query", "values [text], where? text, group? [any], order? text, limit? int" },
    { "QueryRows", "rows [map]" },
    { "FormulaCheck", "object text, formula text, aggregate? bool, record? id" },
    { "FormulaInfo", "type text, canonical text, uses [text], value? any, label? text" },
    { "FormCheck", "object text, record? id, values? map, conditions? [text]" },
    { "FormState", "fields {FieldState}, conditions? [bool]" },
    { "FieldState", "visible bool, required bool, readonly bool" },
    { "Function", "name text, alias text, signature text, help Label, example text" },
    { "FunctionList", "items [Function]" },
    { "CalendarDay", "on text, kind (plain|off|holiday|workday), label? any, line? int" },
    { "CalendarDays", "days [CalendarDay], years? [int]" },
    { "CalendarSource", "text text, year? int" },
    { "CalendarPassage", "line int, text text, message? text" },
    { "CalendarText", "year int|null, whole bool, days [CalendarDay], refused [CalendarPassage], "
                      "passed [CalendarPassage]" },
    { "Calendar", "name text, label Label, help? Label, default bool, days [text], hours [text], "
                  "holidays [any], workdays [any]" },
    { "CalendarList", "items [Calendar], current text|null" },
    { "LayoutSection", "name text, label Label, columns? int, fields [text], visible_if? text, "
                       "folded? bool, ..." },
    { "LayoutPhone", "order? [text], folded? [text]" },
    { "Layout", "name text, object text, for_roles? [text], sections [LayoutSection], "
                "summary? [text], create? [text], related? [text], phone? LayoutPhone, "
                "fields_if? {text}, ..." },
    { "LayoutList", "items [Layout]" },
    { "ViewColor", "where text, color (blue|green|yellow|orange|red|grey)" },
    { "ViewCalendar", "date text, ..." },
    { "ViewGallery", "image? text, fields? [text], ..." },
    { "View", "id text, object text, name text, layout (grid|board|calendar|gallery), where text, "
              "order text, columns [text], widths? {number}|null, pipeline? text|null, "
              "group? text|null, pinned? int|null, density? (comfortable|compact)|null, "
              "colors? [ViewColor]|null, calendar? ViewCalendar|null, gallery? ViewGallery|null, "
              "default_for? [text]|null, shared (me|team|all), owner id|null, "
              "owner_name? text|null, can_edit? bool, position? int, adopted_from? id, "
              "version? int" },
    { "ViewList", "items [View]" },
    { "ViewAdopt", "name? text, label? Label, position? int" },
    { "ViewState", "object text, name text, shared (me|team|all), owner id, body map" },
    { "ViewChange", "id int, at time, by id|null, by_name? text|null, "
                    "action (create|change|delete), changed [text], before ViewState|null, "
                    "after ViewState|null" },
    { "ViewHistory", "items [ViewChange]" },

    { "TaskSource", "object text, id id" },
    { "Task", "id id, version? int, kind text, title text, object text|null, record id|null, "
              "record_title? text, assignee id|null, assignee_name? text|null, due_at time|null, "
              "done_at time|null, done_by? id|null, outcome text|null, card map|null, "
              "alert? id|null, level? (yellow|orange|red)|null, created_at? time, "
              "source? TaskSource|null, ..." },
    { "TaskList", "items [Task], next text|null, count? int, done_today? int" },
    { "TaskOutcome", "outcome text" },
    { "TaskDue", "due_at time" },
    { "AlertLevels", "yellow time|null, orange time|null, red time|null" },
    { "InterventionDone", "id id, kind text, text text, by id|null, by_name? text|null, at time" },
    { "Alert", "id id, version? int, rule text, rule_label? Label, object text, record id, "
               "record_title? text, level (yellow|orange|red), level_at? time|null, "
               "owner id|null, owner_name? text|null, opened_at time, levels AlertLevels, "
               "respond_by? time|null, first_response_at time|null, cleared_at time|null, "
               "cleared_by text|null, cleared_why? text|null, "
               "interventions [InterventionDone]" },
    { "AlertList", "items [Alert], next text|null" },
    { "Intervention", "kind text, text? text" },
    { "Message", "id id, recipient id, channel text, level (yellow|orange|red)|null, "
                 "rule text|null, object text|null, record id|null, title text, body text, "
                 "created_at time, sent_at time|null, read_at time|null" },
    { "MessageList", "items [Message], next text|null, unread int" },
    { "MessageRead", "ids? [id], all? bool" },
    { "Unread", "unread int" },

    { "MeasurePart", "measure text, value number|null, weight number, numerator? number|null, "
                     "denominator? number|null" },
    { "MeasurePoint", "from time, to time, value number|null, numerator number|null, "
                      "denominator number|null" },
    { "MeasureRecord", "object text, id id, measure? text, met? bool" },
    { "Measure", "measure text, scope text, from time, to time, value number|null, "
                 "numerator number|null, denominator number|null, parts? [MeasurePart], "
                 "series? [MeasurePoint], records? [MeasureRecord], items? [Measure]" },
    { "MeasureDefPart", "measure text, weight number" },
    { "MeasureDef", "name text, label Label, help? Label, "
                    "unit (fraction|score|number|hours|days|money), at? text, baseline? number, "
                    "better? (up|down), parts? [MeasureDefPart], ..." },
    { "MeasureList", "items [MeasureDef]" },
    { "MeasureScope", "scope text, label text, level int" },
    { "ScopeList", "items [MeasureScope]" },

    { "User", "login text, name text, password? text, role text, team? id|null, "
              "supervisor? id|null, region? text|null, disabled? bool, ..." },
    { "Team", "name text, parent? id|null, ..." },
    { "File", "id id, name text, size int, type text" },
    { "FileList", "items [File]" },

    { "Webhook", "id? id, version? int, name text, url text, objects [text], "
                 "kinds [(create|update|move|delete|restore)], where text, records bool, "
                 "active bool, person? id, person_name? text|null, "
                 "state? (ok|failing|paused|off), why? text|null, failed_count? int, "
                 "failing_since? time|null, next_at? time|null, position? text, "
                 "created_at? time, secret? text" },
    { "WebhookChange", "name text, url text, objects? [text], "
                       "kinds? [(create|update|move|delete|restore)], where? text, "
                       "records? bool, active? bool, position? text, rotate_secret? bool" },
    { "WebhookList", "items [Webhook]" },
    { "WebhookAnswer", "ok bool, status int, error text|null, took_ms int" },
    { "Delivery", "id id, message text, events int, attempt int, status int, error text|null, "
                  "at time, took_ms int, after text" },
    { "DeliveryList", "items [Delivery]" },

    { "ImportValue", "value text, count int, to any" },
    { "ImportValues", "distinct [ImportValue], more? bool" },
    { "ImportColumn", "name text, samples [text|null], field text|null, type? text, "
                      "values? ImportValues" },
    { "ImportFailure", "row int, column text|null, value text|null, code text, message text" },
    { "ImportProgress", "done int, total int" },
    { "Import", "id id, state (preview|waiting|running|done|failed|undoing|undone|cancelled), "
                "object text, kind? text, file text, rows int, columns? [ImportColumn], "
                "warnings? [any], created? int, updated? int, skipped? int, "
                "failed? [ImportFailure], failed_count? int, progress? ImportProgress, "
                "created_at? time, by_name? text|null, can_undo? bool, error? text, ..." },
    { "ImportList", "items [Import]" },
    { "ImportOptions", "map? {text}, set? map, key? text, values? {map}, refs? (match|create), "
                       "on_duplicate? (skip|update|create), missing? (refuse|accept)" },
    { "SheetColumn", "name text, field text, samples [text], filled int, blank int, "
                     "misfits [text]" },
    { "Sheet", "sheet text, rows? int, object map, map {text}, columns? [SheetColumn]" },
    { "Workbook", "id id, file text, sheets [Sheet]" },
    { "WorkbookPlan", "sheets [Sheet]" },
    { "WorkbookMade", "objects [text], imports [id]" },
    { "Clock", "now time" },
};
enum {
    SHAPE_COUNT = sizeof(shapes) / sizeof(shapes[0]),
    TYPE_DEPTH_MAX = 8,
    CHECK_DEPTH_MAX = 8, /* of values; deeper ones are left to who reads them */
};

/* One member in turn: false when there is none; "..." has no type. */
static bool member_next(struct str *rest, struct str *name, struct str *type, bool *is_optional)
{
    struct str member;
    if (rest->size == 0 || !str_split(rest, ',', &member)) return false;
    member = str_trim(member);
    size_t space = str_find(member, STR(" "));
    *name = space == SIZE_MAX ? member : str_slice(member, 0, space);
    *type = space == SIZE_MAX ? STR("") : str_trim(str_slice(member, space, member.size));
    *is_optional = type->size == 0 || str_ends_with(*name, STR("?"));
    if (str_ends_with(*name, STR("?"))) *name = str_slice(*name, 0, name->size - 1);
    return true;
}

static const char *members_of(struct str name)
{
    for (int i = 0; i < SHAPE_COUNT; i++) {
        if (str_is(name, shapes[i].name)) return shapes[i].members;
    }
    return NULL;
}

/* ---- what a client sends ---- */

/* False: the shape has no such member. Its type; "" where the shape is open to any. */
static bool member_find(const char *members, struct str wanted, struct str *type)
{
    struct str rest = str_of(members), name;
    bool is_optional;
    while (member_next(&rest, &name, type, &is_optional)) {
        if (type->size == 0 || str_equal(name, wanted)) return true;
    }
    return false;
}

/* A value with nothing in it that could be misspelt; shapes' names begin with a capital. */
static bool is_plain(struct str type)
{
    return type.size == 0 || type.data[0] == '(' || (type.data[0] >= 'a' && type.data[0] <= 'z');
}

static bool value_check(struct scope *scope, struct str type, const struct json *value,
                        struct str path, int depth);

static bool members_check(struct scope *scope, const char *members, const struct json *map,
                          struct str path, int depth)
{
    bool is_ok = true;
    for (int i = 0; i < map->count; i++) {
        struct str type, name = utf8_prefix(map->names[i], 50);
        bool is_known = member_find(members, map->names[i], &type);
        if (is_known ? is_plain(type) : map->items[i].kind == JSON_KIND_NULL) continue;
        struct str at = path.size == 0 ? name
                                       : scope_format(scope, "%.*s.%.*s", STR_ARG(path),
                                                      STR_ARG(name));
        if (is_known) {
            is_ok = value_check(scope, type, &map->items[i], at, depth) && is_ok;
        } else {
            is_ok = error_add(scope, ERROR_INVALID, "json.member_unknown", at);
        }
    }
    return is_ok;
}

static bool items_check(struct scope *scope, struct str type, const struct json *list,
                        struct str path, int depth)
{
    bool is_ok = true;
    for (int i = 0; i < list->count && !is_plain(type); i++) {
        struct str at = list->kind == JSON_KIND_MAP
                            ? scope_format(scope, "%.*s.%.*s", STR_ARG(path),
                                           STR_ARG(utf8_prefix(list->names[i], 50)))
                            : scope_format(scope, "%.*s[%d]", STR_ARG(path), i);
        is_ok = value_check(scope, type, &list->items[i], at, depth) && is_ok;
    }
    return is_ok;
}

static bool value_check(struct scope *scope, struct str type, const struct json *value,
                        struct str path, int depth)
{
    if (depth > CHECK_DEPTH_MAX || is_plain(type)) return true;
    if (str_ends_with(type, STR("|null"))) type = str_slice(type, 0, type.size - 5);
    struct str inner = str_slice(type, 1, type.size - 1);
    bool is_list = type.data[0] == '[' && value->kind == JSON_KIND_LIST;
    bool is_map = type.data[0] == '{' && value->kind == JSON_KIND_MAP;
    if (is_list || is_map) return items_check(scope, inner, value, path, depth + 1);
    const char *members = value->kind == JSON_KIND_MAP ? members_of(type) : NULL;
    return !members || members_check(scope, members, value, path, depth + 1);
}

bool shape_check(struct scope *scope, const char *shape, const struct json *value)
{
    return value_check(scope, str_of(shape), value, STR(""), 0);
}

/* ---- as openapi.json tells them ---- */

static void put_reference(struct json_writer *out, struct str name)
{
    json_map_begin(out);
    json_member_str(out, "$ref",
                    scope_format(out->out->scope, "#/components/schemas/%.*s", STR_ARG(name)));
    json_map_end(out);
}

/* The words for a value, with "type" open to null where it may be. */
static bool put_word(struct json_writer *out, struct str word, bool has_null)
{
    static const struct {
        const char *word, *type, *format;
    } words[] = {
        { "text", "string", NULL },        { "id", "string", "uuid" },
        { "time", "string", "date-time" }, { "date", "string", "date" },
        { "int", "integer", NULL },        { "number", "number", NULL },
        { "bool", "boolean", NULL },       { "map", "object", NULL },
        { "any", NULL, NULL },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!str_is(word, words[i].word)) continue;
        json_map_begin(out);
        if (words[i].type && has_null) {
            json_key(out, STR("type"));
            json_list_begin(out);
            json_put_str(out, str_of(words[i].type));
            json_put_str(out, STR("null"));
            json_list_end(out);
        } else if (words[i].type) {
            json_member_str(out, "type", str_of(words[i].type));
        }
        if (words[i].format) json_member_str(out, "format", str_of(words[i].format));
        if (str_is(word, "map")) json_member_bool(out, "additionalProperties", true);
        json_map_end(out);
        return true;
    }
    return false;
}

static void put_choices(struct json_writer *out, struct str choices, bool has_null)
{
    struct str choice;
    json_map_begin(out);
    json_key(out, STR("enum"));
    json_list_begin(out);
    while (str_split(&choices, '|', &choice)) json_put_str(out, choice);
    if (has_null) json_put_null(out);
    json_list_end(out);
    json_map_end(out);
}

static void put_type(struct json_writer *out, struct str type, int depth)
{
    bool has_null = str_ends_with(type, STR("|null"));
    if (has_null) type = str_slice(type, 0, type.size - 5);
    struct str inner = str_slice(type, 1, type.size - 1);
    bool is_list = type.data[0] == '[', is_map = type.data[0] == '{';
    if (type.data[0] == '(') {
        put_choices(out, inner, has_null);
    } else if ((is_list || is_map) && depth < TYPE_DEPTH_MAX) {
        json_map_begin(out);
        json_key(out, STR("type"));
        json_list_begin(out);
        json_put_str(out, is_list ? STR("array") : STR("object"));
        if (has_null) json_put_str(out, STR("null"));
        json_list_end(out);
        json_key(out, is_list ? STR("items") : STR("additionalProperties"));
        put_type(out, inner, depth + 1);
        json_map_end(out);
    } else if (!put_word(out, type, has_null)) {
        if (!has_null) {
            put_reference(out, type);
            return;
        }
        json_map_begin(out);
        json_key(out, STR("anyOf"));
        json_list_begin(out);
        put_reference(out, type);
        json_put_raw(out, STR("{\"type\":\"null\"}"));
        json_list_end(out);
        json_map_end(out);
    }
}

static void put_members(struct json_writer *out, const char *members, bool is_partial)
{
    struct str rest = str_of(members), name, type;
    bool is_optional, is_open = false;
    json_map_begin(out);
    json_member_str(out, "type", STR("object"));
    json_key(out, STR("properties"));
    json_map_begin(out);
    while (member_next(&rest, &name, &type, &is_optional)) {
        is_open = is_open || type.size == 0;
        if (type.size == 0) continue;
        json_key(out, name);
        put_type(out, type, 0);
    }
    json_map_end(out);
    if (!is_partial) {
        rest = str_of(members);
        json_key(out, STR("required"));
        json_list_begin(out);
        while (member_next(&rest, &name, &type, &is_optional)) {
            if (!is_optional) json_put_str(out, name);
        }
        json_list_end(out);
    }
    if (is_open) json_member_bool(out, "additionalProperties", true);
    json_map_end(out);
}

void shapes_put(struct json_writer *out)
{
    json_map_begin(out);
    for (int i = 0; i < SHAPE_COUNT; i++) {
        json_key(out, str_of(shapes[i].name));
        put_members(out, shapes[i].members, false);
    }
    json_map_end(out);
}

void shape_put_partial(struct json_writer *out, const char *name)
{
    const char *members = members_of(str_of(name));
    if (members) put_members(out, members, true);
}
