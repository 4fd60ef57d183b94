/* Backoff stays within its bounds, honours what a service asks for, and belongs to
 * transient errors only. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "runtime/http.h"
#include "runtime/retry.h"

static void bounds_pauses(void **state)
{
    (void)state;
    for (unsigned failed = 0; failed < 100; failed++) {
        int64_t ceiling = RETRY_CAP_MS;
        if (failed < 6)
            ceiling = RETRY_BASE_MS << failed;
        if (ceiling > RETRY_CAP_MS)
            ceiling = RETRY_CAP_MS;
        assert_int_equal(retry_pause(failed, 0, 0), 0);
        assert_int_equal(retry_pause(failed, 0, UINT32_MAX), ceiling);
        uint32_t random = 12345;
        for (unsigned i = 0; i < 200; i++) {
            random = random * 1664525u + 1013904223u;
            assert_in_range(retry_pause(failed, 0, random), 0, ceiling);
        }
    }
    assert_int_equal(retry_pause(UINT32_MAX, 0, UINT32_MAX), RETRY_CAP_MS);
}

/* Full jitter: the pauses of many clients spread over the whole range. */
static void spreads_pauses(void **state)
{
    (void)state;
    unsigned quarters[4] = {0};
    for (uint32_t i = 0; i < 4096; i++)
        quarters[retry_pause(4, 0, i << 20) * 4 / ((RETRY_BASE_MS << 4) + 1)]++;
    for (unsigned i = 0; i < 4; i++)
        assert_in_range(quarters[i], 1000, 1048);
}

static void waits_as_long_as_asked(void **state)
{
    (void)state;
    assert_int_equal(retry_pause(0, 7000, 0), 7000);
    assert_int_equal(retry_pause(0, 7000, UINT32_MAX), 7000);
    assert_int_equal(retry_pause(0, 3600000, 0), 3600000);
    assert_int_equal(retry_pause(5, 1, UINT32_MAX), RETRY_BASE_MS << 5);
    struct retry r = retry_begin(1);
    struct fault f = {.code = DVO_EAGAIN, .retry_after_ms = 60000};
    int64_t pause = 0;
    assert_true(retry_again(&r, &f, &pause));
    assert_int_equal(pause, 60000);
}

static void retries_transient_errors_only(void **state)
{
    (void)state;
    unsigned transient = 0;
    for (unsigned e = DVO_OK; e < DVO_ERROR_COUNT; e++) {
        struct retry r = retry_begin(3);
        struct fault f = {.code = (enum dvo_error)e};
        int64_t pause = -1;
        bool again = retry_again(&r, &f, &pause);
        assert_int_equal(again, error_transient((enum dvo_error)e));
        assert_int_equal(r.left, again ? 2 : 3);
        assert_int_equal(r.failed, again);
        transient += again;
        f.final = true;
        assert_false(retry_again(&r, &f, &pause));
    }
    assert_in_range(transient, 1, DVO_ERROR_COUNT - 2);
    static const enum dvo_error never[] = {DVO_OK,     DVO_EAUTH,  DVO_EPERM,
                                           DVO_ENOENT, DVO_EINVAL, DVO_EDEP};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_false(error_transient(never[i]));
    static const enum dvo_error worth_it[] = {DVO_EAGAIN, DVO_ECONN, DVO_ETIMEDOUT};
    for (size_t i = 0; i < sizeof worth_it / sizeof *worth_it; i++)
        assert_true(error_transient(worth_it[i]));
}

static void ends(void **state)
{
    (void)state;
    static const struct {
        int asked;
        unsigned attempts;
    } cases[] = {{-1, RETRY_DEFAULT}, {0, 0}, {1, 1}, {50, 50}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct retry r = retry_begin(cases[i].asked);
        struct fault f = {.code = DVO_ECONN};
        int64_t pause;
        unsigned attempts = 0;
        while (retry_again(&r, &f, &pause)) {
            assert_in_range(pause, 0, RETRY_CAP_MS);
            attempts++;
        }
        assert_int_equal(attempts, cases[i].attempts);
    }
}

static void reads_retry_after(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        long ms;
    } cases[] = {
        {"5", 5000},
        {"0", 0},
        {"-5", 0},
        {"", 0},
        {"soon", 0},
        {"3600", 3600000},
        {"3601", 3600000},
        {"99999999999999999999999", 3600000},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(http_retry_after(cases[i].text), cases[i].ms);
    char date[64];
    time_t when = time(NULL) + 60;
    struct tm tm;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&when, &tm));
    assert_in_range(http_retry_after(date), 55000, 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_pauses),
        cmocka_unit_test(spreads_pauses),
        cmocka_unit_test(waits_as_long_as_asked),
        cmocka_unit_test(retries_transient_errors_only),
        cmocka_unit_test(ends),
        cmocka_unit_test(reads_retry_after),
    };
    return RUN_TESTS(tests);
}
