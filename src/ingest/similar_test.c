#include "ingest/similar.h"
#include "tests/test.h"

TEST(similar_values)
{
    CHECK_INT(ingest_value_score(STR("GTXPro"), STR("GTX Pro")), 100);
    CHECK_INT(ingest_value_score(STR("technolgy"), STR("technology")), 90);
    CHECK_INT(ingest_value_score(STR("ｇｔｘ－ＰＲＯ"), STR("GTX Pro")), 100);
    CHECK_INT(ingest_value_score(STR("recieve"), STR("receive")), 85); /* one swap */
    CHECK(ingest_value_score(STR("Won"), STR("Lost")) < INGEST_VALUE_SCORE_MIN);
    CHECK_INT(ingest_value_score(STR(""), STR("x")), 0);
    CHECK_INT(ingest_value_score(STR("**"), STR("--")), 0);
    CHECK_INT(ingest_value_score(STR("上海（浦东）"), STR("上海 浦东")), 100);
    struct str names[] = { STR("GTX Basic"), STR("GTX Pro"), STR("GTX Plus Pro") };
    int score;
    CHECK_INT(ingest_value_best(STR("GTXPro"), names, 3, &score), 1);
    CHECK_INT(score, 100);
    CHECK_INT(ingest_value_best(STR("nothing"), names, 3, &score), -1);
    CHECK_INT(score, 0);
    struct str twins[] = { STR("colour 1"), STR("colour 2") };
    CHECK_INT(ingest_value_best(STR("colour"), twins, 2, NULL), -1);
    CHECK_INT(ingest_value_best(STR("colour 2"), twins, 2, NULL), 1);
    CHECK_INT(ingest_value_best(STR("x"), NULL, 0, NULL), -1);
}

TEST(similar_headers)
{
    struct str name = STR("close_value"), zh = STR("金额"), en = STR("Amount");
    CHECK_INT(ingest_header_score(STR("Close Value"), name, zh, en), 100);
    CHECK_INT(ingest_header_score(STR("AMOUNT"), name, zh, en), 100);
    CHECK_INT(ingest_header_score(STR("金额（元）"), name, zh, en), 98);
    CHECK_INT(ingest_header_score(STR("*金额"), name, zh, en), 100);
    int held = ingest_header_score(STR("合同金额"), name, zh, en);
    CHECK(held >= INGEST_HEADER_SCORE_MIN && held < 98);
    CHECK(ingest_header_score(STR("备注"), name, zh, en) < INGEST_HEADER_SCORE_MIN);
    CHECK(ingest_header_score(STR(""), name, zh, en) < INGEST_HEADER_SCORE_MIN);
}

TEST(similar_cost_is_bounded)
{
    static char big[100000];
    memset(big, 'x', sizeof(big));
    struct str text = { big, sizeof(big) };
    /* Beyond the bound two texts are never called equal. */
    CHECK_INT(ingest_value_score(text, text), 99);
}
