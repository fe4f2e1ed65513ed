/* What a hook is connected to is judged when it is, whatever was thought of its address before. */
#include "hook/hook.h"
#include "tests/office.h"
#include "tests/test.h"

static struct str sent(struct office *office, const char *allowed, const char *url)
{
    struct hook hook = { .url = str_of(url),
                         .secret = STR("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz") };
    struct hook_answer answer = { .error = STR("not sent") };
    struct hooks *hooks = NULL;
    CHECK(hooks_start(&office->scope, office->engine, str_of(allowed), &hooks));
    CHECK(hook_ping(&office->scope, hooks, &hook, OFFICE_START_MS, &answer));
    CHECK_INT(answer.status, 0);
    hooks_stop(hooks);
    return answer.error;
}

TEST(hook_is_not_sent_into_private_networks)
{
    struct office office;
    office_begin(&office);
    CHECK_STR(sent(&office, "127.0.0.0/24", "https://127.0.0.1:9/"), "hook.no_connection");
    CHECK_STR(sent(&office, "127.0.0.0/24", "http://127.0.0.1:9/"), "hook.no_connection");
    CHECK_STR(sent(&office, "127.0.0.0/24", "https://127.0.1.1:9/"), "hook.inside");
    CHECK_STR(sent(&office, "", "https://127.0.0.1:9/"), "hook.inside");
    CHECK_STR(sent(&office, "", "http://127.0.0.1:9/"), "hook.inside");
    CHECK_STR(sent(&office, "", "https://localhost:9/"), "hook.inside");
    CHECK_STR(sent(&office, "", "https://2130706433:9/"), "hook.inside");
    office_end(&office);
}
