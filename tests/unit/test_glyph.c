/* SPDX-License-Identifier: Apache-2.0
 *
 * What others wrote, on a terminal: letters of all scripts are shown, with the columns they take;
 * what would move the cursor, turn the writing or is no UTF-8 is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "text/glyph.h"

static const struct {
	const char *text, *shown;
	int columns;
} cases[] = {
	{"train-7 ~", "train-7 ~", 9},
	{"a\x1b[2Jb\nc\x7f", "a?[2Jb?c?", 9},
	{"caf\xc3\xa9 \xc3\x80", "caf\xc3\xa9 \xc3\x80", 6},
	{"\xe8\xae\xad\xe7\xbb\x83", "\xe8\xae\xad\xe7\xbb\x83", 4}, /* two Chinese signs */
	{"\xf0\x9f\x9a\x80!", "\xf0\x9f\x9a\x80!", 3},		     /* a rocket */
	{"e\xcc\x81", "e\xcc\x81", 1},				     /* an accent that joins */
	{"a\xc2\x9b"
	 "31m",
	 "a?31m", 5},		  /* CSI in one character */
	{"a\xc2\x85z", "a?z", 3}, /* next line */
	{"a\xe2\x80\xae"
	 "b\xe2\x81\xa6"
	 "c\xe2\x80\xa8",
	 "a?b?c?", 6},				      /* direction, line */
	{"\x9b\xff\xc3", "???", 3},		      /* no UTF-8; cut off */
	{"\xc0\xaf\xe0\x80\x80", "?????", 5},	      /* longer than it has to be */
	{"\xed\xa0\x80\xf4\x90\x80\x80", "?????", 5}, /* half of a pair; above all of Unicode */
};

static void test_what_is_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char shown[128] = "", glyph[GLYPH_BYTES];
		const char *text = cases[i].text;
		size_t used = 0;
		int columns = 0;

		while (*text != '\0') {
			columns += glyph_take(&text, glyph);
			used += (size_t)snprintf(shown + used, sizeof(shown) - used, "%s", glyph);
		}
		assert_string_equal(shown, cases[i].shown);
		assert_int_equal(columns, cases[i].columns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
