/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event log: what is written is read, and no file does harm. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

#define EVERYTHING                                                                                               \
	"image x 5; st x 1; dmb sy; ivac x; dsb sy; on; isb; ld x; ldx x; swp y 3; zva z; walk x; cvau x; "      \
	"coff!; con!; csw all; dsb ish; msr TTBR0 1 2; use fp; read CCSIDR; told w; sgi 1; sgi.pend0 1; sev 1; wfe; queue x; iar; hppir; isactive; priority; used.index 1; used.entry 0; device.ready x; queue x off; dma w 9; exc; eret; " \
	"1:on!; "                                                                                                \
	"1:st w "                                                                                                \
	"0x123456789abcdef0; "                                                                                   \
	"ivau x; exec x; link t; map 1 1; use 1; map 1 0; tlbi vae1is 1; dsb ish; use 1; fault 1 w; "            \
	"st.nc w 4; alias off; ld.nc w; ld.nsh x; coff; isb; ld x; 1:cut; 1:cpuon; civac x; ld x; reset; ld x"

static bool never(void *context, enum space space, uint64_t pa)
{
	(void)context;
	(void)space;
	(void)pa;
	return false;
}

static void count(void *context, const struct finding *finding)
{
	(void)finding;
	++*(unsigned *)context;
}

static bool replay(const void *bytes, size_t size, unsigned *findings, struct log_error *error)
{
	struct model_hooks hooks = {.context = findings, .may_allocate = never, .found = count};

	*findings = 0;
	return log_replay(bytes, size, &hooks, error);
}

/* Reads all events, writes them again: the same bytes. */
static void test_round_trip(void)
{
	g_autoptr(GBytes) log = script_log("initial=clean levels2 notes=on", EVERYTHING);
	gsize size, again_size;
	const uint8_t *bytes = g_bytes_get_data(log, &size);
	struct model_config config;
	struct log_error error;
	struct log_reader *reader = log_reader_new(bytes, size, &config, &error);
	char *again;
	FILE *file = open_memstream(&again, &again_size);
	struct log_writer *writer;
	struct event event;
	unsigned kinds = 0;
	int status;

	g_assert_nonnull(reader);
	g_assert_cmpint(config.options.initial, ==, INITIAL_CLEAN);
	g_assert_cmpint(config.options.notes, ==, 1);
	g_assert_cmpuint(config.ids.level[1].sets, ==, 8);
	writer = log_writer_new(file, &config);
	while ((status = log_read(reader, &event, &error)) == 1) {
		kinds |= 1u << event.kind;
		g_assert_true(log_write(writer, &event));
	}
	g_assert_cmpint(status, ==, 0);
	log_reader_free(reader);
	g_assert_true(log_writer_free(writer));
	fclose(file);
	g_assert_cmpmem(bytes, size, again, again_size);
	free(again);
	g_assert_cmphex(kinds, ==, (1u << EVENT_KINDS) - 2);
}

static GBytes *log_of(const struct event *event)
{
	char *bytes;
	size_t size;
	FILE *file = open_memstream(&bytes, &size);
	struct model_config config;
	struct log_writer *writer;

	model_config_defaults(&config);
	writer = log_writer_new(file, &config);
	g_assert_true(log_write(writer, event));
	g_assert_true(log_writer_free(writer));
	fclose(file);
	return g_bytes_new_with_free_func(bytes, size, free, bytes);
}

/* Written, read and written again. Returns what was read. */
static struct event check_one(const struct event *event)
{
	g_autoptr(GBytes) once = log_of(event), twice = NULL;
	gsize size;
	const void *bytes = g_bytes_get_data(once, &size);
	struct model_config config;
	struct log_reader *reader;
	struct log_error error;
	struct event read, none;

	reader = log_reader_new(bytes, size, &config, &error);
	g_assert_nonnull(reader);
	g_assert_cmpint(log_read(reader, &read, &error), ==, 1);
	g_assert_cmpint(log_read(reader, &none, &error), ==, 0);
	log_reader_free(reader);
	twice = log_of(&read);
	g_assert_true(g_bytes_equal(once, twice));
	return read;
}

static void test_extremes(void)
{
	struct event e, read;

	memset(&e, 0, sizeof(e));
	e.kind = EVENT_TLBI;
	e.tlbi.at.pc = UINT64_MAX;
	e.tlbi.at.link = 1ull << 63;
	e.tlbi.at.cpu = 255;
	e.tlbi.at.el = 3;
	e.tlbi.operand = UINT64_MAX;
	e.tlbi.opcode = 0xffff;
	read = check_one(&e);
	g_assert_cmphex(read.tlbi.at.pc, ==, UINT64_MAX);
	g_assert_cmphex(read.tlbi.at.link, ==, 1ull << 63);
	g_assert_cmpuint(read.tlbi.at.cpu, ==, 255);
	g_assert_cmphex(read.tlbi.operand, ==, UINT64_MAX);
	memset(&e, 0, sizeof(e));
	e.kind = EVENT_IC;
	e.ic.va = UINT64_MAX;
	e.ic.pa = 1;
	e.ic.op = IC_IVAU;
	e.ic.space = SPACE_REALM;
	check_one(&e);
	memset(&e, 0, sizeof(e));
	e.kind = EVENT_ACCESS;
	e.access.size = 64;
	e.access.pa = UINT64_MAX - 63;
	e.access.attributes = ATTRIBUTES_WB_INNER;
	memset(e.access.value, 0xa5, 64);
	read = check_one(&e);
	g_assert_cmpmem(read.access.value, 64, e.access.value, 64);
	g_assert_cmphex(read.access.pa, ==, UINT64_MAX - 63);
}

static void test_errors(void)
{
	static const uint8_t header[] = "LIMPIDEV\1\0\0\0\0\0\0\0";
	static const struct {
		const char *bytes;
		unsigned size;
		uint64_t offset;
		const char *text;
	} cases[] = {
		{"", 0, 0, "not an event log"},
		{"LIMPIDEX\1\0\0\0\0\0\0\0", 16, 0, "not an event log"},
		{"LIMPIDEV\2\0\0\0\0\0\0\0", 16, 8, "version 2"},
		{"LIMPIDEV\1\0\0\0\1\0\0\0", 16, 12, "does not fit"},
		{"LIMPIDEV\1\0\0\0\0\0\1\0", 16, 12, "does not fit"},
		{"LIMPIDEV\1\0\0\0\4\0\0\0abc\n", 20, 16, "unknown option 'abc'"},
		{"LIMPIDEV\1\0\0\0\3\0\0\0abc", 19, 16, "within a line"},
		{"LIMPIDEV\1\0\0\0\6\0\0\0ctr=x\n", 22, 16, "bad value"},
		{"LIMPIDEV\1\0\0\0\14\0\0\0level1=1,2,\n", 28, 16, "bad value"},
		{"LIMPIDEV\1\0\0\0\2\0\0\0\0\n", 18, 16, "not text"},
		{"LIMPIDEV\1\0\0\0\0\0\0\0\x7f", 17, 16, "no such kind of event: 127"},
		{"LIMPIDEV\1\0\0\0\0\0\0\0\0", 17, 16, "no such kind of event: 0"},
		{"LIMPIDEV\1\0\0\0\0\0\0\0\6", 17, 17, "ends within a record"},
		{"LIMPIDEV\1\0\0\0\0\0\0\0\6\0\4", 19, 18, "no such exception level"},
		{"LIMPIDEV\1\0\0\0\0\0\0\0\6\0\1\0\0\2", 22, 21, "no such barrier"},
		{"LIMPIDEV\1\0\0\0\0\0\0\0\x0c\0\0\0\7ab", 23, 21, "ends within a record"},
		{"LIMPIDEV\1\0\0\0\0\0\0\0\x0f\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", 31, 29, "64 bits"},
		{"LIMPIDEV\1\0\0\0\0\0\0\0\x0f\0\0\0\x80\x80\x80\x80\x80\x80\x80\x80\x01", 29, 20, "more RAM"},
		{"LIMPIDEV\1\0\0\0\0\0\0\0\x0f\0\0\0\x80\x20", 22, 22, ""},
		{"LIMPIDEV\1\0\0\0\0\0\0\0\x0f\0\0\1\x80\x20", 22, 22, "not aligned"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct log_error error = {0};
		unsigned findings;
		bool ok = replay(cases[i].bytes, cases[i].size, &findings, &error);

		g_assert_cmpint(ok, ==, !*cases[i].text);
		if (ok)
			continue;
		if (!strstr(error.text, cases[i].text))
			g_error("case %u: '%s'", i, error.text);
		g_assert_cmpuint(error.offset, ==, cases[i].offset);
	}
	g_assert_cmpuint(sizeof(header), ==, 17);
}

/* Every prefix of a log, and a bit of every byte of it changed (the fuzzer does more): an error or not, but no crash.
 */
static void test_damaged(void)
{
	/* RAM of unknown contents needs no image in the log, which would be most of it. */
	g_autoptr(GBytes) log = script_log("unknown initial=clean", EVERYTHING);
	gsize size;
	const uint8_t *bytes = g_bytes_get_data(log, &size);
	g_autofree uint8_t *copy = g_memdup2(bytes, size);
	unsigned findings;
	struct log_error error;

	for (gsize i = 0; i < size; i++) {
		uint8_t *part = g_memdup2(bytes, i);

		if (!replay(part, i, &findings, &error))
			g_assert_cmpuint(error.offset, <=, i);
		g_free(part);
		copy[i] ^= (uint8_t)(1u << i % 8);
		replay(copy, size, &findings, &error);
		copy[i] = bytes[i];
	}
}

static void test_write_error(void)
{
	FILE *full = fopen("/dev/full", "w");
	struct model_config config;
	struct log_writer *writer;

	model_config_defaults(&config);
	g_assert_nonnull(full);
	setvbuf(full, NULL, _IONBF, 0);
	writer = log_writer_new(full, &config);
	g_assert_null(writer);
	g_assert_true(log_writer_free(NULL));
	fclose(full);
}

static void write_seed(const char *directory, const char *name, const char *options, const char *script)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autoptr(GBytes) log = script_log(options, script);

	g_assert_true(g_file_set_contents(path, g_bytes_get_data(log, NULL), (gssize)g_bytes_get_size(log), NULL));
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--write-seeds")) {
		/* Small: RAM of unknown contents needs no image in the log. */
		write_seed(argv[2], "everything", "unknown initial=clean notes=on", EVERYTHING);
		write_seed(argv[2], "dirty", "unknown initial=dirty cwg128",
			"st x 1; dmb sy; ivac z; ld x; dsb sy; on; ld x; st z 2; isb; ld.nc z");
		write_seed(argv[2], "set-way", "unknown levels2 set-way=private",
			"on!; st x 1; off; isb; cisw all; dsb sy; ld x");
		return 0;
	}
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/round-trip", test_round_trip);
	g_test_add_func("/log/extremes", test_extremes);
	g_test_add_func("/log/errors", test_errors);
	g_test_add_func("/log/damaged", test_damaged);
	g_test_add_func("/log/write-error", test_write_error);
	return g_test_run();
}
