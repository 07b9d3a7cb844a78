/* SPDX-License-Identifier: MIT */
/* cmocka with the headers it forgets to include. */
#ifndef PVG_TESTS_UNIT_TEST_H
#define PVG_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
