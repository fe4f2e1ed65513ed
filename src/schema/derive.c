/*
 * Look-ups and roll-ups: thin sugar over formulas. Their links are kept by id and by name;
 * the id leads, so a rename elsewhere changes only the names, which schema_settle() writes
 * back into the definition for whoever reads it.
 */
#include "schema/schema_inner.h"

static const struct {
    const char *name, *formula;
} functions[] = {
    { "count", "COUNT" }, { "sum", "SUM" },     { "min", "MIN" },
    { "max", "MAX" },     { "avg", "AVERAGE" }, { "last", "LAST" },
};

const char *derivation_function(struct str name)
{
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (str_is(name, functions[i].name)) return functions[i].formula;
    }
    return NULL;
}

struct derivation *derivation_begin(struct scope *scope, const struct json *definition,
                                    struct field *field)
{
    struct derivation *derivation = scope_new(scope, struct derivation, 1);
    field->is_readonly = true;
    field->derivation = derivation;
    if (field->formula_source.size > 0) {
        define_refuse(scope, field, "formula", "schema.formula_not_allowed");
        return NULL;
    }
    derivation->field = json_text(definition, "field");
    derivation->field_id = json_int(definition, "field_id", 0);
    return derivation;
}

void derivation_write(struct scope *scope, struct field *field)
{
    const struct derivation *from = field->derivation;
    if (from->via.size > 0) {
        field->formula_source =
            scope_format(scope, "%.*s.%.*s", STR_ARG(from->via), STR_ARG(from->field));
        return;
    }
    field->formula_source = scope_format(
        scope, "%s(%.*s%s%.*s%s%.*s)", derivation_function(from->function),
        STR_ARG(from->relation), from->field.size > 0 ? "." : "", STR_ARG(from->field),
        from->where.size > 0 ? ", " : "", STR_ARG(from->where));
}

/* ---- links ---- */

/* By id, else by name; the other of the two is set right. */
static struct field *field_settle(const struct object *object, int64_t *id, struct str *name)
{
    struct field *field = *id != 0 ? object_field_by_id(object, *id) : NULL;
    if (!field && name->size > 0) field = object_field(object, *name);
    if (!field) return NULL;
    *id = field->id;
    *name = field->name;
    return field;
}

static struct relation *relation_settle(const struct object *object, struct derivation *from)
{
    struct relation *relation = object_relation(object, from->relation);
    const struct field *lines = relation ? NULL : object_field(object, from->relation);
    if (lines && field_kind(lines) == VALUE_LINES && from->relation_id == 0) {
        const struct field *via = field_lines_via(lines); /* a sub-table is its way back */
        from->relation_id = via ? via->id : 0;
    }
    bool is_same = relation && (from->relation_id == 0 ||
                                relation->field->id == from->relation_id);
    for (int i = 0; !is_same && from->relation_id != 0 && i < object->relation_count; i++) {
        if (object->relations[i].field->id != from->relation_id) continue;
        relation = &object->relations[i];
        break;
    }
    if (!relation) return NULL;
    from->relation_id = relation->field->id;
    from->relation = relation->name;
    return relation;
}

/* What leads nowhere is left as it is written: compiling it says what is missing. */
static void derivation_link(struct scope *scope, const struct object *object, struct field *field)
{
    struct derivation *from = field->derivation;
    const struct object *behind = NULL;
    if (from->via.size > 0) {
        const struct field *via = field_settle(object, &from->via_id, &from->via);
        behind = via ? via->to : NULL;
    } else {
        const struct relation *relation = relation_settle(object, from);
        behind = relation ? relation->from : NULL;
    }
    if (behind) (void)field_settle(behind, &from->field_id, &from->field);
    derivation_write(scope, field);
}

void derivations_link(struct scope *scope, struct schema *schema)
{
    for (int i = 0; i < schema->object_count; i++) {
        struct object *object = &schema->objects[i];
        for (int k = 0; k < object->field_count; k++) {
            if (object->fields[k].derivation) derivation_link(scope, object, &object->fields[k]);
        }
    }
}

/* ---- keeping definitions true ---- */

static void link_set(struct scope *scope, struct json *definition, const char *name,
                     const char *id_name, struct str text, int64_t id, bool *is_changed)
{
    if (text.size == 0) return;
    if (str_equal(json_text(definition, name), text) && json_int(definition, id_name, 0) == id) {
        return;
    }
    tree_set(scope, definition, name, tree_text(text));
    if (id != 0) tree_set(scope, definition, id_name, tree_int(id));
    *is_changed = true;
}

/* The definition with the links as they are today. */
static struct json body_settle(struct scope *scope, const struct object *object,
                               const struct json *stored, bool *is_changed)
{
    const struct json *fields = json_get(stored, "fields");
    struct json body = *stored, list = tree_list(scope, fields ? fields->count : 0);
    for (int i = 0; fields && i < fields->count; i++) {
        struct json definition = fields->items[i];
        const struct field *field = object_field_by_id(object, json_int(&definition, "id", 0));
        if (field && field->derivation) {
            const struct derivation *from = field->derivation;
            link_set(scope, &definition, "via", "via_id", from->via, from->via_id, is_changed);
            link_set(scope, &definition, "relation", "relation_id", from->relation,
                     from->relation_id, is_changed);
            link_set(scope, &definition, "field", "field_id", from->field, from->field_id,
                     is_changed);
        }
        tree_push(&list, definition);
    }
    tree_set(scope, &body, "fields", list);
    return body;
}

static bool has_derivation(const struct object *object)
{
    for (int i = 0; i < object->field_count; i++) {
        if (object->fields[i].derivation) return true;
    }
    return false;
}

bool schema_settle(struct scope *scope, struct db_conn *conn, const struct schema *schema)
{
    for (int i = 0; i < schema->object_count; i++) {
        const struct object *object = &schema->objects[i];
        struct config_row row;
        bool is_changed = false;
        if (!has_derivation(object)) continue;
        if (!config_get(scope, conn, STR("object"), object->name, &row)) return false;
        if (!row.is_found) continue;
        struct json body = body_settle(scope, object, &row.body, &is_changed);
        struct cell args[] = { cell_text(json_to_text(scope, &body)), cell_text(object->name) };
        if (is_changed &&
            !db_exec(scope, conn,
                     STR("UPDATE config SET body = ? WHERE kind = 'object' AND name = ?"), args,
                     2)) {
            return false;
        }
    }
    return true;
}

/* ---- what a stored one is kept as ---- */

/*
 * A column needs its type before all objects stand. So the result of a stored derivation is
 * looked up among the definitions: those of the same change first, then the stored ones.
 */
enum { RESULT_DEPTH_MAX = 4 };

struct finding {
    const struct put *put;
    const struct json *own_body; /* as given, of the object being put */
    struct str own_name;
};

static bool body_of(struct scope *scope, const struct finding *finding, struct str name,
                    const struct json **out)
{
    const struct put *put = finding->put;
    *out = NULL;
    if (str_equal(name, finding->own_name)) {
        *out = finding->own_body;
        return true;
    }
    for (int i = 0; i < put->part_count; i++) {
        if (!str_is(put->parts[i].kind, "object") || !str_equal(put->parts[i].name, name)) continue;
        *out = &put->parts[i].body;
        return true;
    }
    struct config_row row;
    if (!config_get(scope, put->conn, STR("object"), name, &row)) return false;
    const struct json *builtin = builtin_object(scope, name);
    struct json *body = scope_new(scope, struct json, 1);
    *body = builtin && row.is_found ? builtin_merge(scope, builtin, &row.body)
            : builtin               ? *builtin
                                    : row.body;
    if (builtin || row.is_found) *out = body;
    return true;
}

/* The object whose records a way back leads to: "orders", "orders_by_buyer". */
static bool object_behind(struct scope *scope, const struct finding *finding, struct str relation,
                          struct str *out)
{
    struct rows rows;
    const struct put *put = finding->put;
    *out = STR("");
    if (!db_all(scope, put->conn, STR("SELECT name FROM config WHERE kind = 'object'"), NULL, 0,
                SCHEMA_OBJECT_COUNT_MAX, &rows)) {
        return false;
    }
    for (int i = 0; i < rows.count && out->size == 0; i++) {
        const struct json *body;
        struct object object;
        struct str name = rows.items[i].cells[0].text;
        if (!body_of(scope, finding, name, &body)) return false;
        struct scope trial;
        scope_begin(&trial);
        struct json named = body ? *body : tree_map();
        tree_set(&trial, &named, "name", tree_text(name));
        bool is_behind = false, is_built = object_build(&trial, &named, &object);
        for (int k = 0; is_built && k < object.field_count; k++) {
            const struct field *field = &object.fields[k];
            is_behind = is_behind || (field->back.size > 0 && str_equal(field->back, relation));
        }
        if (is_built && !is_behind && str_starts_with(relation, object.plural)) {
            struct str rest = str_slice(relation, object.plural.size, relation.size);
            is_behind = rest.size == 0 || str_starts_with(rest, STR("_by_"));
        }
        scope_end(&trial);
        if (is_behind) *out = name;
    }
    return true;
}

/* The type and scale of a field, through further look-ups; an empty type: not to be found. */
static bool shape_of(struct scope *scope, const struct finding *finding, struct str object_name,
                     struct str field_name, struct str *type, int64_t *scale)
{
    *type = STR("");
    for (int depth = 0; depth < RESULT_DEPTH_MAX; depth++) {
        const struct json *body;
        struct object object;
        if (!body_of(scope, finding, object_name, &body)) return false;
        if (!body) return true;
        struct json named = *body;
        struct scope trial;
        tree_set(scope, &named, "name", tree_text(object_name));
        scope_begin(&trial);
        bool is_built = object_build(&trial, &named, &object);
        const struct field *field = is_built ? object_field(&object, field_name) : NULL;
        const struct field_type *shown = field ? field->type : NULL;
        if (shown && shown->is_computed) shown = field->result_type;
        *type = shown ? str_of(shown->name) : STR("");
        *scale = field ? field->scale : 0;
        const struct derivation *from = field && !shown ? field->derivation : NULL;
        const struct field *via = from && from->via.size > 0 ? object_field(&object, from->via)
                                                             : NULL;
        struct str next_object = STR(""), next_field = STR("");
        const struct json *fields = json_get(&named, "fields");
        for (int i = 0; via && fields && i < fields->count; i++) {
            if (!str_equal(json_text(&fields->items[i], "name"), via->name)) continue;
            next_object = scope_copy(scope, json_text(&fields->items[i], "to"));
            next_field = scope_copy(scope, from->field);
        }
        scope_end(&trial);
        if (next_object.size == 0) return true;
        object_name = next_object;
        field_name = next_field;
    }
    return true;
}

static bool target_find(struct scope *scope, const struct finding *finding,
                        const struct json *definition, struct str *out)
{
    struct str via = json_text(definition, "via");
    const struct json *fields = json_get(finding->own_body, "fields");
    *out = STR("");
    for (int i = 0; via.size > 0 && fields && i < fields->count; i++) {
        const struct json *field = &fields->items[i];
        if (!str_equal(json_text(field, "name"), via)) continue;
        struct str type = json_text(field, "type");
        *out = str_is(type, "person") ? STR("user") : str_is(type, "team") ? STR("team")
                                                    : json_text(field, "to");
    }
    if (str_is(via, "owner")) *out = STR("user");
    if (via.size > 0) return true;
    for (int i = 0; fields && i < fields->count; i++) { /* a list or a sub-table of its own */
        const struct json *field = &fields->items[i];
        struct str type = json_text(field, "type");
        bool is_relation = str_is(type, "many_to_many") || str_is(type, "sub_table");
        bool is_it = str_equal(json_text(field, "name"), json_text(definition, "relation"));
        if (!is_relation || !is_it) continue;
        *out = json_text(field, "to");
        return true;
    }
    return object_behind(scope, finding, json_text(definition, "relation"), out);
}

bool derived_normalise(struct scope *scope, const struct put *put, struct str object_name,
                       struct json *definition)
{
    struct finding finding = { put, put->body, object_name };
    struct str type = json_text(definition, "type"), result = STR(""), object;
    struct str function = json_text(definition, "function");
    bool is_derived = str_is(type, "lookup") || str_is(type, "rollup");
    int64_t scale = 0;
    if (!is_derived) return true;
    tree_remove(scope, definition, "result");
    tree_remove(scope, definition, "scale");
    if (!json_bool(definition, "stored", false)) return true;
    if (str_is(function, "count")) {
        result = STR("integer");
    } else if (str_is(function, "avg")) {
        result = STR("number");
        scale = 4;
    } else if (!target_find(scope, &finding, definition, &object) ||
               !shape_of(scope, &finding, object, json_text(definition, "field"), &result,
                         &scale)) {
        return false;
    }
    if (str_is(result, "stage") || str_is(result, "pipeline")) result = STR("text");
    if (result.size == 0) return true; /* refused when it is read: it leads nowhere */
    tree_set(scope, definition, "result", tree_text(result));
    if (scale > 0) tree_set(scope, definition, "scale", tree_int(scale));
    return true;
}
