/* What every unit test includes: cmocka with the headers that it wants before it. */
#ifndef DVO_TESTS_UNIT_H
#define DVO_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RUN_TESTS(tests) cmocka_run_group_tests_name(__FILE_NAME__, tests, NULL, NULL)

#endif
