/*
 * A pack speaks of things by the names it gave them; here some have got others, and all that
 * names them was written anew. So what was shipped is put into the words of here before it
 * is merged: a rename is then one change, of a name, not one of every formula; and what the
 * pack says anew of a renamed thing finds it.
 *
 * base knows the ids of things here and the names they were shipped under. From that comes the
 * schema as the pack sees it; names.h does the rest.
 */
#include "engine/names.h"
#include "engine/pack_inner.h"

struct renaming {
    struct scope *scope;
    struct schema *before; /* by the pack's names; what is called otherwise here has both */
    bool is_any;
};

static void rename_thing(struct renaming *r, struct str shipped, struct str *name,
                         struct aliases *aliases)
{
    if (shipped.size == 0 || str_equal(shipped, *name)) return;
    struct str *names = scope_new(r->scope, struct str, aliases->count + 1);
    if (aliases->count > 0) {
        memcpy(names, aliases->names, sizeof(*names) * (size_t)aliases->count);
    }
    names[aliases->count] = *name;
    *aliases = (struct aliases){ names, aliases->count + 1 };
    *name = shipped;
    r->is_any = true;
}

static const struct json *list_of(const struct json *map, const char *name)
{
    const struct json *list = json_get(map, name);
    return list && list->kind == JSON_KIND_LIST ? list : NULL;
}

/* Ways back to the object are named by its plural. */
static void rename_plural(struct renaming *r, struct object *object, struct str shipped)
{
    if (shipped.size == 0 || str_equal(shipped, object->plural)) return;
    for (int i = 0; i < r->before->object_count; i++) {
        struct object *other = &r->before->objects[i];
        for (int k = 0; k < other->relation_count; k++) {
            struct relation *relation = &other->relations[k];
            bool is_so = relation->from == object && str_equal(relation->name, object->plural);
            if (is_so) relation->name = shipped;
        }
    }
    object->plural = shipped;
    r->is_any = true;
}

static void rename_object(struct renaming *r, const struct json *base)
{
    struct object *object = schema_object_by_id(r->before, json_int(base, "id", 0));
    const struct json *fields = list_of(base, "fields");
    if (!object) return;
    rename_thing(r, json_text(base, "name"), &object->name, &object->aliases);
    rename_plural(r, object, json_text(base, "plural"));
    for (int i = 0; fields && i < fields->count; i++) {
        const struct json *item = &fields->items[i], *choices = list_of(item, "choices");
        struct field *field = object_field_by_id(object, json_int(item, "id", 0));
        if (!field) continue;
        rename_thing(r, json_text(item, "name"), &field->name, &field->aliases);
        for (int k = 0; choices && k < choices->count; k++) {
            const struct json *shipped = &choices->items[k];
            struct choice *choice = field_choice_by_id(field, json_int(shipped, "id", 0));
            if (!choice) continue;
            rename_thing(r, json_text(shipped, "name"), &choice->name, &choice->aliases);
        }
    }
}

static void rename_pipeline(struct renaming *r, const struct json *base)
{
    struct pipeline *pipeline = schema_pipeline_by_id(r->before, json_int(base, "id", 0));
    const struct json *stages = list_of(base, "stages");
    struct str name = json_text(base, "name");
    if (!pipeline) return;
    if (name.size > 0 && !str_equal(name, pipeline->name)) {
        pipeline->name = name;
        r->is_any = true;
    }
    for (int i = 0; stages && i < stages->count; i++) {
        const struct json *item = &stages->items[i];
        struct stage *stage = schema_stage_by_id(r->before, json_int(item, "id", 0));
        if (stage) rename_thing(r, json_text(item, "name"), &stage->name, &stage->aliases);
    }
}

/* A field that both have renamed: by the pack's new name it is meant, too. */
static void meant_add(struct renaming *r, const struct schema *after, const struct json *theirs)
{
    struct object *object = schema_object(r->before, json_text(theirs, "name"));
    const struct json *fields = list_of(theirs, "fields");
    for (int i = 0; object && fields && i < fields->count; i++) {
        struct str was = json_text(&fields->items[i], "was"), kept;
        struct field *field = was.size > 0 ? object_field(object, was) : NULL;
        const struct object *here = schema_object_by_id(after, object->id);
        const struct field *now = field && here ? object_field_by_id(here, field->id) : NULL;
        if (!now || str_equal(now->name, field->name)) continue;
        kept = field->name;
        rename_thing(r, json_text(&fields->items[i], "name"), &field->name, &field->aliases);
        rename_thing(r, kept, &field->name, &field->aliases);
    }
}

static bool parts_follow(struct names *names, struct part_set *set)
{
    struct schema_part *items = scope_new(names->scope, struct schema_part, set->count + 1);
    for (int i = 0; i < set->count; i++) {
        items[i] = set->items[i];
        if (items[i].body.kind != JSON_KIND_MAP) continue;
        /* A copy: what a pack ships is kept as it was shipped. */
        if (!json_read(names->scope, json_to_text(names->scope, &set->items[i].body),
                       &items[i].body)) {
            return false;
        }
        names_follow(names, items[i].kind, items[i].name, &items[i].body);
    }
    set->items = items;
    return true;
}

bool parts_translate(struct scope *scope, struct db_conn *conn, struct part_set *base,
                     struct part_set *theirs)
{
    struct renaming r = { .scope = scope };
    struct schema *after;
    if (!schema_load(scope, conn, &r.before)) return false;
    for (int i = 0; i < base->count; i++) {
        const struct schema_part *part = &base->items[i];
        if (str_is(part->kind, "object")) rename_object(&r, &part->body);
        if (str_is(part->kind, "pipeline")) rename_pipeline(&r, &part->body);
    }
    if (!r.is_any) return true;
    if (!schema_load(scope, conn, &after)) return false;
    for (int i = 0; i < theirs->count; i++) {
        if (str_is(theirs->items[i].kind, "object")) meant_add(&r, after, &theirs->items[i].body);
    }
    struct names *names = scope_new(scope, struct names, 1);
    *names = (struct names){ .scope = scope, .before = r.before, .after = after,
                             .is_trial = true };
    if (!formula_build(scope, r.before)) {
        if (scope->error.code == ERROR_STORAGE) return false;
        scope_error_clear(scope); /* words of both sides at once: merged as they are */
        return true;
    }
    bool is_one = theirs->items == base->items;
    if (!parts_follow(names, base)) return false;
    if (is_one) *theirs = *base;
    return is_one || parts_follow(names, theirs);
}
