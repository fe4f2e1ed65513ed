/*
 * openapi.json, made from the table of routes and the shapes below. Shapes of
 * records are open: their fields are the workspace's own (GET /objects).
 */
#include "api/inner.h"

static const struct {
    const char *name, *schema; /* JSON */
} shapes[] = {
    { "Free", "{\"type\":\"object\",\"additionalProperties\":true}" },
    { "Label", "{\"type\":\"object\",\"properties\":{\"zh\":{\"type\":\"string\"},"
               "\"en\":{\"type\":\"string\"}}}" },
    { "Problem",
      "{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\"],\"properties\":{"
      "\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},"
      "\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"},"
      "\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
      "\"code\":{\"type\":\"string\"},\"field\":{\"type\":[\"string\",\"null\"]},"
      "\"message\":{\"type\":\"string\"},\"gate\":{\"type\":\"string\"},"
      "\"needs\":{\"type\":\"object\"},\"position\":{\"type\":\"integer\"},"
      "\"length\":{\"type\":\"integer\"},\"hint\":{\"type\":\"string\"}}}}}}" },
    { "Login", "{\"type\":\"object\",\"required\":[\"login\",\"password\"],\"properties\":{"
               "\"login\":{\"type\":\"string\"},\"password\":{\"type\":\"string\"}}}" },
    { "Session", "{\"type\":\"object\",\"properties\":{\"user\":{\"type\":\"object\"},"
                 "\"token\":{\"type\":\"string\"}}}" },
    { "Invitation", "{\"type\":\"object\",\"required\":[\"token\",\"password\"],\"properties\":{"
                    "\"token\":{\"type\":\"string\"},\"password\":{\"type\":\"string\"}}}" },
    { "InvitationToken", "{\"type\":\"object\",\"properties\":{\"token\":{\"type\":\"string\"}}}" },
    { "DemoLogins", "{\"type\":\"object\",\"properties\":{\"logins\":{\"type\":\"array\","
                    "\"items\":{\"type\":\"object\"}}}}" },
    { "Me", "{\"type\":\"object\",\"properties\":{\"user\":{\"type\":\"object\"},"
            "\"workspace\":{\"type\":\"object\"},\"now\":{\"type\":\"string\","
            "\"format\":\"date-time\"},\"csrf\":{\"type\":\"string\"},"
            "\"version\":{\"type\":\"string\"},\"permissions\":{\"type\":\"object\"}}}" },
    { "MeChange", "{\"type\":\"object\",\"properties\":{\"locale\":{\"enum\":[\"zh-CN\","
                  "\"en\"]}}}" },
    { "PasswordChange", "{\"type\":\"object\",\"required\":[\"old\",\"new\"],\"properties\":{"
                        "\"old\":{\"type\":\"string\"},\"new\":{\"type\":\"string\"}}}" },
    { "Counts", "{\"type\":\"object\",\"properties\":{\"unread\":{\"type\":\"integer\"},"
                "\"tasks\":{\"type\":\"integer\"},\"alerts\":{\"type\":\"object\"}}}" },
    { "Field", "{\"type\":\"object\",\"required\":[\"name\",\"type\"],\"properties\":{"
               "\"name\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"},"
               "\"label\":{\"$ref\":\"#/components/schemas/Label\"},"
               "\"required\":{\"type\":\"boolean\"},\"unique\":{\"type\":\"boolean\"},"
               "\"default\":{},\"formula\":{\"type\":\"string\"},\"to\":{\"type\":\"string\"},"
               "\"choices\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}},"
               "\"additionalProperties\":true}" },
    { "Object", "{\"type\":\"object\",\"required\":[\"name\"],\"properties\":{"
                "\"name\":{\"type\":\"string\"},"
                "\"label\":{\"$ref\":\"#/components/schemas/Label\"},"
                "\"pipeline\":{\"type\":\"boolean\"},\"fields\":{\"type\":\"array\","
                "\"items\":{\"$ref\":\"#/components/schemas/Field\"}}},"
                "\"additionalProperties\":true}" },
    { "ObjectList", "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
                    "\"items\":{\"$ref\":\"#/components/schemas/Object\"}}}}" },
    { "Pipeline", "{\"type\":\"object\",\"required\":[\"name\",\"object\",\"stages\"],"
                  "\"properties\":{\"name\":{\"type\":\"string\"},"
                  "\"label\":{\"$ref\":\"#/components/schemas/Label\"},"
                  "\"object\":{\"type\":\"string\"},\"stages\":{\"type\":\"array\","
                  "\"items\":{\"type\":\"object\"}}}}" },
    { "PipelineList", "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
                      "\"items\":{\"$ref\":\"#/components/schemas/Pipeline\"}}}}" },
    { "Rule", "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
              "\"kind\":{\"enum\":[\"change\",\"ladder\"]},\"object\":{\"type\":\"string\"},"
              "\"when\":{\"type\":\"string\"},\"enabled\":{\"type\":\"boolean\"}},"
              "\"additionalProperties\":true}" },
    { "RuleList", "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
                  "\"items\":{\"$ref\":\"#/components/schemas/Rule\"}}}}" },
    { "Role", "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
              "\"label\":{\"$ref\":\"#/components/schemas/Label\"},"
              "\"grants\":{\"type\":\"object\"},\"fields\":{\"type\":\"object\"},"
              "\"can\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}" },
    { "RoleList", "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
                  "\"items\":{\"$ref\":\"#/components/schemas/Role\"}}}}" },
    { "Record", "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\","
                "\"format\":\"uuid\"},\"version\":{\"type\":\"integer\"}},"
                "\"additionalProperties\":true}" },
    { "RecordList", "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
                    "\"items\":{\"$ref\":\"#/components/schemas/Record\"}},"
                    "\"next\":{\"type\":[\"string\",\"null\"]},"
                    "\"count\":{\"type\":\"integer\"},"
                    "\"count_capped\":{\"type\":\"boolean\"}}}" },
    { "History", "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
                 "\"items\":{\"type\":\"object\"}},\"next\":{\"type\":[\"string\",\"null\"]}}}" },
    { "Move", "{\"type\":\"object\",\"properties\":{\"stage\":{\"type\":\"string\"},"
              "\"pipeline\":{\"type\":\"string\"},\"reason\":{\"type\":\"string\"},"
              "\"fields\":{\"type\":\"object\"}}}" },
    { "Moves", "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
               "\"items\":{\"type\":\"object\"}}}}" },
    { "Assign", "{\"type\":\"object\",\"required\":[\"owner\"],\"properties\":{"
                "\"owner\":{\"type\":\"string\",\"format\":\"uuid\"}}}" },
    { "Query", "{\"type\":\"object\",\"required\":[\"values\"],\"properties\":{"
               "\"where\":{\"type\":\"string\"},\"group\":{\"type\":\"array\",\"items\":{}},"
               "\"values\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
               "\"order\":{\"type\":\"string\"},\"limit\":{\"type\":\"integer\"}}}" },
    { "QueryRows", "{\"type\":\"object\",\"properties\":{\"rows\":{\"type\":\"array\","
                   "\"items\":{\"type\":\"object\"}}}}" },
    { "FormulaCheck", "{\"type\":\"object\",\"required\":[\"object\",\"formula\"],"
                      "\"properties\":{\"object\":{\"type\":\"string\"},"
                      "\"formula\":{\"type\":\"string\"},"
                      "\"aggregate\":{\"type\":\"boolean\"}}}" },
    { "FormulaInfo", "{\"type\":\"object\",\"properties\":{\"type\":{\"type\":\"string\"},"
                     "\"canonical\":{\"type\":\"string\"},\"uses\":{\"type\":\"array\","
                     "\"items\":{\"type\":\"string\"}}}}" },
    { "FunctionList", "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
                      "\"items\":{\"type\":\"object\"}}}}" },
    { "View", "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},"
              "\"object\":{\"type\":\"string\"},\"name\":{\"type\":\"string\"},"
              "\"layout\":{\"enum\":[\"grid\",\"board\"]},\"where\":{\"type\":\"string\"},"
              "\"order\":{\"type\":\"string\"},\"columns\":{\"type\":\"array\","
              "\"items\":{\"type\":\"string\"}},\"shared\":{\"enum\":[\"me\",\"team\","
              "\"all\"]}}}" },
    { "ViewList", "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
                  "\"items\":{\"$ref\":\"#/components/schemas/View\"}}}}" },
    { "Task", "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},"
              "\"kind\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},"
              "\"object\":{\"type\":[\"string\",\"null\"]},"
              "\"record\":{\"type\":[\"string\",\"null\"]},"
              "\"assignee\":{\"type\":[\"string\",\"null\"]},"
              "\"due_at\":{\"type\":[\"string\",\"null\"]},"
              "\"done_at\":{\"type\":[\"string\",\"null\"]},"
              "\"outcome\":{\"type\":[\"string\",\"null\"]},"
              "\"card\":{\"type\":[\"object\",\"null\"]}}}" },
    { "TaskList", "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
                  "\"items\":{\"$ref\":\"#/components/schemas/Task\"}},"
                  "\"next\":{\"type\":[\"string\",\"null\"]},\"count\":{\"type\":\"integer\"},"
                  "\"done_today\":{\"type\":\"integer\"}}}" },
    { "TaskOutcome", "{\"type\":\"object\",\"required\":[\"outcome\"],\"properties\":{"
                     "\"outcome\":{\"type\":\"string\"}}}" },
    { "TaskDue", "{\"type\":\"object\",\"required\":[\"due_at\"],\"properties\":{"
                 "\"due_at\":{\"type\":\"string\",\"format\":\"date-time\"}}}" },
    { "Alert", "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},"
               "\"rule\":{\"type\":\"string\"},\"object\":{\"type\":\"string\"},"
               "\"record\":{\"type\":\"string\"},\"level\":{\"enum\":[\"yellow\",\"orange\","
               "\"red\"]},\"owner\":{\"type\":[\"string\",\"null\"]},"
               "\"opened_at\":{\"type\":\"string\"},\"levels\":{\"type\":\"object\"},"
               "\"first_response_at\":{\"type\":[\"string\",\"null\"]},"
               "\"cleared_at\":{\"type\":[\"string\",\"null\"]},"
               "\"cleared_by\":{\"type\":[\"string\",\"null\"]},"
               "\"interventions\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}" },
    { "AlertList", "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
                   "\"items\":{\"$ref\":\"#/components/schemas/Alert\"}},"
                   "\"next\":{\"type\":[\"string\",\"null\"]}}}" },
    { "Intervention", "{\"type\":\"object\",\"required\":[\"kind\"],\"properties\":{"
                      "\"kind\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"}}}" },
    { "MessageList", "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
                     "\"items\":{\"type\":\"object\"}},"
                     "\"next\":{\"type\":[\"string\",\"null\"]},"
                     "\"unread\":{\"type\":\"integer\"}}}" },
    { "MessageRead", "{\"type\":\"object\",\"properties\":{\"ids\":{\"type\":\"array\","
                     "\"items\":{\"type\":\"string\"}},\"all\":{\"type\":\"boolean\"}}}" },
    { "Unread", "{\"type\":\"object\",\"properties\":{\"unread\":{\"type\":\"integer\"}}}" },
    { "Measure", "{\"type\":\"object\",\"properties\":{\"measure\":{\"type\":\"string\"},"
                 "\"scope\":{\"type\":\"string\"},\"from\":{\"type\":\"string\"},"
                 "\"to\":{\"type\":\"string\"},\"value\":{\"type\":[\"number\",\"null\"]},"
                 "\"numerator\":{},\"denominator\":{},\"parts\":{\"type\":\"array\","
                 "\"items\":{\"type\":\"object\"}},\"series\":{\"type\":\"array\","
                 "\"items\":{\"type\":\"object\"}}}}" },
    { "User", "{\"type\":\"object\",\"properties\":{\"login\":{\"type\":\"string\"},"
              "\"name\":{\"type\":\"string\"},\"password\":{\"type\":\"string\"},"
              "\"role\":{\"type\":\"string\"},\"team\":{\"type\":[\"string\",\"null\"]},"
              "\"supervisor\":{\"type\":[\"string\",\"null\"]},"
              "\"region\":{\"type\":[\"string\",\"null\"]},"
              "\"disabled\":{\"type\":\"boolean\"}},\"additionalProperties\":true}" },
    { "Team", "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
              "\"parent\":{\"type\":[\"string\",\"null\"]}},\"additionalProperties\":true}" },
    { "File", "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},"
              "\"name\":{\"type\":\"string\"},\"size\":{\"type\":\"integer\"},"
              "\"type\":{\"type\":\"string\"}}}" },
    { "Import", "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},"
                "\"state\":{\"enum\":[\"preview\",\"running\",\"done\",\"failed\",\"undone\","
                "\"cancelled\"]},\"rows\":{\"type\":\"integer\"},"
                "\"created\":{\"type\":\"integer\"},\"updated\":{\"type\":\"integer\"},"
                "\"skipped\":{\"type\":\"integer\"},\"failed\":{\"type\":\"array\","
                "\"items\":{\"type\":\"object\"}}},\"additionalProperties\":true}" },
    { "ImportList", "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\","
                    "\"items\":{\"$ref\":\"#/components/schemas/Import\"}}}}" },
    { "ImportOptions", "{\"type\":\"object\",\"properties\":{\"map\":{\"type\":\"object\"},"
                       "\"set\":{\"type\":\"object\"},\"key\":{\"type\":\"string\"},"
                       "\"values\":{\"type\":\"object\"},\"refs\":{\"enum\":[\"match\","
                       "\"create\"]},\"on_duplicate\":{\"enum\":[\"skip\",\"update\","
                       "\"create\"]},\"missing\":{\"enum\":[\"refuse\",\"accept\"]}}}" },
    { "Clock", "{\"type\":\"object\",\"required\":[\"now\"],\"properties\":{"
               "\"now\":{\"type\":\"string\",\"format\":\"date-time\"}}}" },
};
enum { SHAPE_COUNT = sizeof(shapes) / sizeof(shapes[0]) };

static const char *media_of(const char *shape)
{
    if (strcmp(shape, "Text") == 0) return "text/plain";
    if (strcmp(shape, "Bytes") == 0) return "application/octet-stream";
    if (strcmp(shape, "Stream") == 0) return "text/event-stream";
    if (strcmp(shape, "Upload") == 0) return "multipart/form-data";
    return "application/json";
}

static void put_content(struct json_writer *out, const char *shape)
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
    if (is_json) {
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
    if (has_body) put_content(out, route->response);
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
    struct scope *scope = out->out->scope;
    struct buf method;
    buf_begin(&method, scope, 16);
    for (const char *c = http_method_name(route->method); *c; c++) {
        buf_put_char(&method, (char)(*c | 0x20));
    }
    json_key(out, buf_str(&method));
    json_map_begin(out);
    json_member_str(out, "summary", str_of(route->summary));
    if (route->need == NEED_NOBODY) {
        json_key(out, STR("security"));
        json_list_begin(out);
        json_list_end(out);
    }
    put_parameters(out, route);
    if (route->request[0]) {
        json_key(out, STR("requestBody"));
        json_map_begin(out);
        put_content(out, route->request);
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
    json_map_begin(out);
    for (int i = 0; i < SHAPE_COUNT; i++) {
        json_key(out, str_of(shapes[i].name));
        json_put_raw(out, str_of(shapes[i].schema));
    }
    json_map_end(out);
    json_map_end(out);
    json_map_end(out);
}

bool api_openapi(struct call *call)
{
    openapi_put(&call->out, call->api->options.version);
    http_header_add(call->request, STR("Cache-Control"), STR("public, max-age=300"));
    return true;
}
