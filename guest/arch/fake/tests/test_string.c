// SPDX-License-Identifier: GPL-2.0-or-later
/* string.h against the C library, at every alignment, with guard bytes around. */
#include <glib.h>
#include <string.h>

/* Ours, under the names that they have in host builds: here both are needed. */
#undef memcpy
#undef memmove
#undef memset
#undef strlcpy
void *limpid_memcpy(void *restrict dst, const void *restrict src, size_t size);
void *limpid_memmove(void *dst, const void *src, size_t size);
void *limpid_memset(void *dst, int byte, size_t size);
int limpid_memcmp(const void *a, const void *b, size_t size);
void *limpid_memchr(const void *memory, int byte, size_t size);
size_t limpid_strlen(const char *string);
size_t limpid_strnlen(const char *string, size_t size);
int limpid_strcmp(const char *a, const char *b);
int limpid_strncmp(const char *a, const char *b, size_t size);
char *limpid_strchr(const char *string, int c);
char *limpid_strrchr(const char *string, int c);
char *limpid_strstr(const char *string, const char *what);
size_t limpid_strlcpy(char *restrict dst, const char *restrict src, size_t size);
size_t limpid_strlcat(char *restrict dst, const char *restrict src, size_t size);
_Bool str_starts_with(const char *string, const char *prefix);

#define SIZE 160

static void fill(unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)g_test_rand_int();
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void test_copy(void)
{
	unsigned char src[SIZE], ours[SIZE], theirs[SIZE];

	for (unsigned from = 0; from < 9; from++) {
		for (unsigned to = 0; to < 9; to++) {
			for (unsigned size = 0; size < 130; size++) {
				fill(src, SIZE);
				fill(ours, SIZE);
				memcpy(theirs, ours, SIZE);
				g_assert_true(limpid_memcpy(ours + to, src + from, size) == ours + to);
				memcpy(theirs + to, src + from, size);
				g_assert_cmpmem(ours, SIZE, theirs, SIZE);
			}
		}
	}
}

static void test_move(void)
{
	unsigned char ours[SIZE], theirs[SIZE];

	for (unsigned from = 0; from < 60; from++) {
		for (unsigned to = 0; to < 60; to++) {
			unsigned size = (unsigned)g_test_rand_int_range(0, 100);

			fill(ours, SIZE);
			memcpy(theirs, ours, SIZE);
			g_assert_true(limpid_memmove(ours + to, ours + from, size) == ours + to);
			memmove(theirs + to, theirs + from, size);
			g_assert_cmpmem(ours, SIZE, theirs, SIZE);
		}
	}
}

static void test_set(void)
{
	unsigned char ours[SIZE], theirs[SIZE];

	for (unsigned to = 0; to < 9; to++) {
		for (unsigned size = 0; size < 130; size++) {
			int byte = g_test_rand_int_range(-300, 300);

			fill(ours, SIZE);
			memcpy(theirs, ours, SIZE);
			g_assert_true(limpid_memset(ours + to, byte, size) == ours + to);
			memset(theirs + to, byte, size);
			g_assert_cmpmem(ours, SIZE, theirs, SIZE);
		}
	}
}

static void test_compare(void)
{
	unsigned char a[SIZE], b[SIZE];

	for (unsigned i = 0; i < 20000; i++) {
		unsigned at = (unsigned)g_test_rand_int_range(0, 9), bt = (unsigned)g_test_rand_int_range(0, 9);
		unsigned size = (unsigned)g_test_rand_int_range(0, 100);

		fill(a, SIZE);
		memcpy(b + bt, a + at, size);
		if (size && g_test_rand_bit())
			b[bt + (unsigned)g_test_rand_int_range(0, (int)size)] ^=
				(unsigned char)(1 << g_test_rand_int_range(0, 8));
		g_assert_cmpint(sign(limpid_memcmp(a + at, b + bt, size)), ==, sign(memcmp(a + at, b + bt, size)));
	}
}

/* A heap copy of exactly the string, so that AddressSanitizer sees a byte too many being read. */
static char *exact(const char *string)
{
	return g_strdup(string);
}

static void test_strings(void)
{
	static const char *const words[] = {"", "a", "b", "ab", "abc", "abd", "\xff", "a\xff", "aab", "aaab", "gic.v3"};

	for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
		char *a = exact(words[i]);

		g_assert_cmpuint(limpid_strlen(a), ==, strlen(a));
		g_assert_cmpuint(limpid_strnlen(a, 2), ==, strnlen(a, 2));
		for (int c = 0; c < 256; c++) {
			g_assert_true(limpid_strchr(a, c) == strchr(a, c));
			g_assert_true(limpid_strrchr(a, c) == strrchr(a, c));
			g_assert_true(limpid_memchr(a, c, strlen(a)) == memchr(a, c, strlen(a)));
		}
		for (unsigned j = 0; j < G_N_ELEMENTS(words); j++) {
			char *b = exact(words[j]);

			g_assert_cmpint(sign(limpid_strcmp(a, b)), ==, sign(strcmp(a, b)));
			for (size_t n = 0; n < 5; n++)
				g_assert_cmpint(sign(limpid_strncmp(a, b, n)), ==, sign(strncmp(a, b, n)));
			g_assert_true(limpid_strstr(a, b) == strstr(a, b));
			g_assert_cmpint(str_starts_with(a, b), ==, g_str_has_prefix(a, b));
			g_free(b);
		}
		g_free(a);
	}
	/* Not a string: no NUL within the bytes that may be read. */
	char *raw = g_malloc(3);
	memcpy(raw, "xyz", 3);
	g_assert_cmpuint(limpid_strnlen(raw, 3), ==, 3);
	g_assert_cmpint(limpid_strncmp(raw, "xyzw", 3), ==, 0);
	g_free(raw);
}

static void test_bounded_copy(void)
{
	char buffer[8];

	memset(buffer, '#', sizeof(buffer));
	g_assert_cmpuint(limpid_strlcpy(buffer, "abc", 0), ==, 3);
	g_assert_cmpint(buffer[0], ==, '#');
	g_assert_cmpuint(limpid_strlcpy(buffer, "abcdef", 4), ==, 6);
	g_assert_cmpstr(buffer, ==, "abc");
	g_assert_cmpint(buffer[4], ==, '#');
	g_assert_cmpuint(limpid_strlcat(buffer, "xyz", 6), ==, 6);
	g_assert_cmpstr(buffer, ==, "abcxy");
	g_assert_cmpuint(limpid_strlcat(buffer, "!", sizeof(buffer)), ==, 6);
	g_assert_cmpstr(buffer, ==, "abcxy!");
	/* A destination without a NUL in its size stays as it is. */
	memset(buffer, '#', sizeof(buffer));
	g_assert_cmpuint(limpid_strlcat(buffer, "ab", 4), ==, 6);
	g_assert_cmpint(buffer[4], ==, '#');
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/string/copy", test_copy);
	g_test_add_func("/string/move", test_move);
	g_test_add_func("/string/set", test_set);
	g_test_add_func("/string/compare", test_compare);
	g_test_add_func("/string/strings", test_strings);
	g_test_add_func("/string/bounded_copy", test_bounded_copy);
	return g_test_run();
}
