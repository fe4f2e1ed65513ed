/*
 * A pack from a stranger. The first byte says how the rest is taken: as a whole archive, or
 * (so that the fuzzer need not learn checksums) as one file of a pack: pack.json, an object,
 * a rule; what was read is then merged with the shipped pack, as a plan does.
 */
#include "engine/pack.h"
#include "ingest/pack_zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool pack_of(struct scope *scope, int mode, struct str text, struct pack *out)
{
    static const struct str paths[] = { STR_INIT("pack.json"), STR_INIT("objects/team.json"),
                                        STR_INIT("rules/any.json") };
    if (mode == 0) return pack_zip_read(scope, text, out);
    pack_begin(scope, out);
    if (mode != 1 && !pack_file_put(scope, out, paths[0],
                                    STR("{\"name\":\"p\",\"version\":\"1\"}"))) {
        return false;
    }
    return pack_file_put(scope, out, paths[mode - 1], text) && pack_end(scope, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct scope scope;
    scope_begin(&scope);
    struct pack pack, shipped;
    struct pack_plan plan;
    struct str zip, text = { (const char *)data + 1, size - 1 };
    bool ok = pack_of(&scope, data[0] % 4, text, &pack) &&
              pack_read(&scope, STR("none"), &shipped) &&
              pack_compare(&scope, &shipped, &pack, &plan) &&
              pack_compare(&scope, &pack, &shipped, &plan) && pack_zip_write(&scope, &pack, &zip);
    if (ok && !pack_zip_read(&scope, zip, &shipped)) __builtin_trap();
    scope_end(&scope);
    return 0;
}
