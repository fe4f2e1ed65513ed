/* openapi.json, made from the table of routes and the shapes of shapes.c. */
#include "api/inner.h"

static const char *media_of(const char *shape)
{
    if (strcmp(shape, "Text") == 0) return "text/plain";
    if (strcmp(shape, "Bytes") == 0) return "application/octet-stream";
    if (strcmp(shape, "Stream") == 0) return "text/event-stream";
    if (strcmp(shape, "Upload") == 0) return "multipart/form-data";
    return "application/json";
}

/* is_partial: members may be left out, in changes and where the server makes some of them. */
static void put_content(struct json_writer *out, const char *shape, bool is_partial)
{
    static const char upload[] =
        "{\"type\":\"object\",\"properties\":{\"file\":{\"type\":\"string\","
        "\"format\":\"binary\"}}}";
    bool is_json = strcmp(media_of(shape), "application/json") == 0;
    json_key(out, STR("content"));
    json_map_begin(out);
    json_key(out, str_of(media_of(shape)));
    json_map_begin(out);
    json_key(out, STR("schema"));
    if (is_json && is_partial) {
        shape_put_partial(out, shape);
    } else if (is_json) {
        json_map_begin(out);
        json_member_str(out, "$ref", scope_format(out->out->scope, "#/components/schemas/%s",
                                                  shape));
        json_map_end(out);
    } else {
        json_put_raw(out, strcmp(shape, "Upload") == 0 ? str_of(upload)
                                                       : STR("{\"type\":\"string\"}"));
    }
    json_map_end(out);
    json_map_end(out);
}

static void put_parameter(struct json_writer *out, struct str name, const char *place)
{
    json_map_begin(out);
    json_member_str(out, "name", name);
    json_member_str(out, "in", str_of(place));
    if (strcmp(place, "path") == 0) json_member_bool(out, "required", true);
    json_key(out, STR("schema"));
    json_put_raw(out, STR("{\"type\":\"string\"}"));
    json_map_end(out);
}

static void put_parameters(struct json_writer *out, const struct route *route)
{
    struct str rest = str_of(route->pattern), part;
    json_key(out, STR("parameters"));
    json_list_begin(out);
    while (rest.size > 0 && str_split(&rest, '/', &part)) {
        size_t begin = str_find(part, STR("{")), end = str_find(part, STR("}"));
        if (begin != SIZE_MAX) put_parameter(out, str_slice(part, begin + 1, end), "path");
    }
    rest = str_of(route->query);
    while (rest.size > 0 && str_split(&rest, ' ', &part)) put_parameter(out, part, "query");
    if (route->write && route->method != HTTP_POST) put_parameter(out, STR("If-Match"), "header");
    bool has_key = route->write && route->method == HTTP_POST && !(route->flags & ROUTE_ONCE);
    if (has_key) put_parameter(out, STR("Idempotency-Key"), "header");
    json_list_end(out);
}

static void put_problem(struct json_writer *out, const char *status, const char *text)
{
    json_key(out, str_of(status));
    json_map_begin(out);
    json_member_str(out, "description", str_of(text));
    json_key(out, STR("content"));
    json_put_raw(out, STR("{\"application/problem+json\":{\"schema\":{\"$ref\":"
                          "\"#/components/schemas/Problem\"}}}"));
    json_map_end(out);
}

static void put_responses(struct json_writer *out, const struct route *route)
{
    bool has_body = route->response[0] != 0;
    json_key(out, STR("responses"));
    json_map_begin(out);
    json_key(out, has_body ? STR("2XX") : STR("204"));
    json_map_begin(out);
    json_member_str(out, "description", has_body ? STR("Done") : STR("Done; no content"));
    if (has_body) put_content(out, route->response, false);
    json_map_end(out);
    if (route->need != NEED_NOBODY) {
        put_problem(out, "401", "Nobody is logged in");
        put_problem(out, "403", "Not allowed");
        put_problem(out, "404", "No such thing, or not visible");
    }
    if (route->body_size_max > 0) put_problem(out, "422", "The content breaks a rule");
    if (route->write) put_problem(out, "412", "Somebody else changed it first");
    put_problem(out, "default", "A problem");
    json_map_end(out);
}

static void put_operation(struct json_writer *out, const struct route *route)
{
    /* The right that whoever asks must have. */
    static const char *const rights[] = { [NEED_CONFIGURE] = "configure",
                                          [NEED_PEOPLE] = "manage_people",
                                          [NEED_AUDIT] = "audit" };
    struct scope *scope = out->out->scope;
    struct buf method;
    buf_begin(&method, scope, 16);
    for (const char *c = http_method_name(route->method); *c; c++) {
        buf_put_char(&method, (char)(*c | 0x20));
    }
    json_key(out, buf_str(&method));
    json_map_begin(out);
    json_member_str(out, "summary", str_of(route->summary));
    for (int i = 0; key_scope_name(i); i++) {
        if (route->flags >> ROUTE_KEY_SHIFT >> i & 1) {
            json_member_str(out, "x-key-scope", str_of(key_scope_name(i)));
        }
    }
    if (route->need == NEED_NOBODY) {
        json_key(out, STR("security"));
        json_list_begin(out);
        json_list_end(out);
    }
    if (rights[route->need]) json_member_str(out, "x-need", str_of(rights[route->need]));
    put_parameters(out, route);
    if (route->request[0]) {
        json_key(out, STR("requestBody"));
        json_map_begin(out);
        put_content(out, route->request,
                    strcmp(route->request, route->response) == 0);
        json_map_end(out);
    }
    put_responses(out, route);
    json_map_end(out);
}

/* Rows of one pattern need not stand together in the table. */
static bool is_first(int index)
{
    for (int i = 0; i < index; i++) {
        if (strcmp(api_routes[i].pattern, api_routes[index].pattern) == 0) return false;
    }
    return true;
}

void openapi_put(struct json_writer *out, const char *version)
{
    json_map_begin(out);
    json_member_str(out, "openapi", STR("3.1.0"));
    json_key(out, STR("info"));
    json_map_begin(out);
    json_member_str(out, "title", STR("Leadline"));
    json_member_str(out, "version", str_of(version));
    json_member_str(out, "description",
                    STR("Log in with POST /api/v1/session. A cookie session sends X-Leadline-CSRF "
                        "with every write; a Bearer token does not. Errors are problem+json."));
    json_map_end(out);
    json_key(out, STR("security"));
    json_put_raw(out, STR("[{\"bearer\":[]},{\"cookie\":[]}]"));
    json_key(out, STR("paths"));
    json_map_begin(out);
    for (int i = 0; i < api_route_count; i++) {
        if (!is_first(i)) continue;
        json_key(out, str_of(api_routes[i].pattern));
        json_map_begin(out);
        for (int k = i; k < api_route_count; k++) {
            if (strcmp(api_routes[k].pattern, api_routes[i].pattern) == 0) {
                put_operation(out, &api_routes[k]);
            }
        }
        json_map_end(out);
    }
    json_map_end(out);
    json_key(out, STR("components"));
    json_map_begin(out);
    json_key(out, STR("securitySchemes"));
    json_put_raw(out, STR("{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},\"cookie\":{"
                          "\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"leadline_session\"}}"));
    json_key(out, STR("schemas"));
    shapes_put(out);
    json_map_end(out);
    json_map_end(out);
}

struct str api_description(struct scope *scope, const char *version)
{
    struct buf text;
    struct json_writer out;
    buf_begin(&text, scope, 16 * 1024 * 1024);
    json_begin(&out, &text);
    openapi_put(&out, version);
    return buf_str(&text);
}

bool api_openapi(struct call *call)
{
    openapi_put(&call->out, call->api->options.version);
    http_header_add(call->request, STR("Cache-Control"), STR("public, max-age=300"));
    return true;
}
