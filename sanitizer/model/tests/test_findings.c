/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a finding says beside its kind, options, limits. */
#include <stdio.h>
#include <string.h>

#include "script.h"

static char *json_of(const char *options, const char *script)
{
	GString *json = g_string_new(NULL);

	g_free(script_run(options, script, SCRIPT_SLOW, json));
	return g_string_free(json, FALSE);
}

static void expect(const char *options, const char *script, const char *part)
{
	g_autofree char *json = json_of(options, script);

	if (!strstr(json, part))
		g_error("no %s in: %s", part, json);
}

static void expect_not(const char *options, const char *script, const char *part)
{
	g_autofree char *json = json_of(options, script);

	g_assert_null(strstr(json, part));
}

static void test_json(void)
{
	g_autofree char *json = json_of("", "on!; st x 0x1234; off; isb; ld x");

	g_assert_cmpstr(json, ==,
		"{\"id\":1,\"kind\":\"stale-memory-read\",\"severity\":\"error\",\"rule\":\"C5/H1\","
		"\"text\":\"read with the MMU off of bytes whose newest value may still be only in a cache\","
		"\"remedy\":\"clean the line to the PoC (DC CVAC or CIVAC, then DSB) after its last write and before "
		"the MMU "
		"goes off\",\"cpu\":0,\"el\":1,\"pc\":\"0x40080010\",\"link\":\"0x40180010\",\"access\":\"read\","
		"\"va\":\"0x40001000\",\"pa\":\"0x40001000\",\"space\":\"nonsecure\","
		"\"attributes\":\"Device-nGnRnE (MMU off)\",\"mmu\":false,\"size\":8,\"got\":\"3412000000000000\","
		"\"may_be\":[\"0000000000000000\"],\"writer\":{\"pc\":\"0x40080004\",\"cpu\":0,\"el\":1,\"mmu\":true,"
		"\"attributes\":\"Normal WB ISH\",\"va\":\"0x40001000\",\"link\":\"0x40180004\"},"
		"\"root\":\"cpu0.off@0x40080008\",\"count\":1}\n");
}

static void test_json_room(void)
{
	struct finding f = {.rule = "a\"b\\c", .size = 64, .candidates = FINDING_CANDIDATES};
	char line[FINDING_JSON_SIZE];
	size_t size;

	memset(f.root, 'r', sizeof(f.root) - 1);
	size = finding_json(&f, line, sizeof(line));
	g_assert_cmpuint(size, ==, strlen(line));
	g_assert_nonnull(strstr(line, "a\\\"b\\\\c"));
	for (size_t room = 0; room <= size; room++)
		g_assert_cmpuint(finding_json(&f, line, room), ==, 0);
	g_assert_cmpuint(finding_json(&f, line, size + 1), ==, size);
}

static void test_may_be(void)
{
	/* Old and new; each once. */
	expect("", "on!; ld x; st.nc x 1; dmb sy; st.nc x 2; dmb sy; ld x",
		"\"may_be\":[\"0000000000000000\",\"0100000000000000\"]");
	/* Something between that nobody kept. */
	expect("", "on!; st x 1; st x 0; ld.nc x", "\"may_be\":[\"??00000000000000\"]");
	expect("unknown", "on!; st x 1; ld.nc x", "\"may_be\":[\"????????????????\"]");
	expect("", "on!; st x 1; ivac x; dsb sy; ld x", "\"may_be\":[\"0000000000000000\"]");
}

/* More values than a byte has slots for: the oldest lose their names, nothing is forgotten. */
static void test_many_values(void)
{
	expect("",
		"on!; ld x; st.nc x 1; dmb sy; st.nc x 2; dmb sy; st.nc x 3; dmb sy; st.nc x 4; dmb sy; st.nc x 5; dmb "
		"sy; ld x",
		"stale-cache-read");
	expect("", "on!; ld x; st.nc x 1; dmb sy; st.nc x 2; dmb sy; st.nc x 3; dmb sy; st.nc x 4; dmb sy; ld x", "??");
	/* ... and the newest value is not mistaken for an old one. */
	expect_not("", "on!; ld x; st.nc x 1; st.nc x 2; st.nc x 3; st.nc x 4; dmb sy; ivac x; dsb sy; ld x; ld.nc x",
		"error");
}

static void test_done(void)
{
	expect("", "on!; st x 1; cvau x; dsb sy; off; isb; ld x", "\"done\":\"the line was cleaned to the PoU only");
	expect("", "on!; st x 1; cvac x; dsb sy; st x 2; off; isb; ld x",
		"\"done\":\"the line was cleaned to the PoC, but written");
	expect("", "on!; st x 1; cvac x; dmb sy; ld.nc x", "\"done\":\"a DMB orders the DC");
	/* A write after the clean to the PoU makes that history. */
	expect_not("", "on!; st x 1; cvau x; dsb sy; st x 2; off; isb; ld x", "\"done\"");
}

static void test_assumption(void)
{
	expect("initial=clean", "st x 1; dmb sy; on; isb; ld x", "\"assumption\":\"initial=clean\"");
	/* Needs none: the line was mapped cacheable before. */
	expect_not("initial=clean", "on!; ld x; off; isb; st x 1; dmb sy; on; isb; ld x", "\"assumption\"");
}

static void test_root(void)
{
	/* Two lines of one stack, one switch. */
	g_autofree char *json = json_of("", "on!; st x 1; st z 1; off; isb; ld x; ld z");
	char *first = strstr(json, "\"root\":\"cpu0.off@0x4008000c\"");

	g_assert_nonnull(first);
	g_assert_nonnull(strstr(first + 1, "\"root\":\"cpu0.off@0x4008000c\""));
	expect("", "on!; st x 1; cvac x; ld.nc x", "\"root\":\"dc@0x40080008\"");
	expect("", "on!; st x 1; ld.nc x", "\"root\":\"write@0x40080004\"");
	expect("initial=clean", "st x 1; dmb sy; on; isb; ld x", "\"root\":\"cpu0.on@0x40080008\"");
	expect("", "on!; msr TTBR0 1 2; ld x", "\"register\":\"TTBR0_EL1\"");
	expect("", "on!; msr TTBR0 1 2; ld x", "\"root\":\"TTBR0_EL1@0x40080004\"");
	expect("", "on!; st x 1; st.nc x 2; dmb sy; ld.nc x", "\"before\":{\"pc\":\"0x40080004\"");
}

static void test_writer(void)
{
	/* Neighbours of 8 bytes each have writers of their own. */
	expect("", "on!; st x 1; st y 2; off; isb; ld x", "\"writer\":{\"pc\":\"0x40080004\"");
	expect("", "on!; st x 1; st y 2; off; isb; ld y", "\"writer\":{\"pc\":\"0x40080008\"");
}

/* ---- */

struct tally {
	unsigned first, again;
	uint64_t last;
	unsigned notices;
};

static void tally(void *context, const struct finding *f)
{
	struct tally *t = context;

	if (f->count == 1)
		t->first++;
	else
		t->again++;
	t->last = f->count;
}

static void notice(void *context, const char *text)
{
	g_assert_nonnull(strstr(text, "in doubt"));
	((struct tally *)context)->notices++;
}

static void store(struct model *m, uint64_t pc, uint64_t pa, bool cached)
{
	struct access a = {.at = {.pc = pc, .el = 1},
		.pa = pa,
		.size = 1,
		.flags = ACCESS_WRITE,
		.attributes = cached ? ATTRIBUTES_WB_INNER : ATTRIBUTES_NC,
		.value = {7}};

	model_access(m, &a);
}

static void load(struct model *m, uint64_t pc, uint64_t pa, bool cached)
{
	struct access a = {.at = {.pc = pc, .el = 1},
		.pa = pa,
		.size = 1,
		.attributes = cached ? ATTRIBUTES_WB_INNER : ATTRIBUTES_NC,
		.value = {7}};

	model_access(m, &a);
}

static struct model *small_model(struct tally *t, size_t cloud_limit)
{
	struct model_config config;
	struct model_hooks hooks = {.context = t, .found = tally, .notice = notice};
	struct model *m;

	model_config_defaults(&config);
	config.cloud_limit = cloud_limit;
	m = model_new(&config, &hooks);
	g_assert_true(model_add_ram(m, &(struct ram){0, 1 << 20, SPACE_NONSECURE, 0}));
	model_regime_switch(m, &(struct regime_switch){{.pc = 4}, 1, 1, 1});
	return m;
}

static void test_counts(void)
{
	struct tally t = {0};
	struct model *m = small_model(&t, 0);
	struct model_counts counts;

	store(m, 0x100, 0x40, true);
	for (unsigned i = 0; i < 5; i++)
		load(m, 0x200, 0x40, false);
	load(m, 0x204, 0x40, false);
	g_assert_cmpuint(t.first, ==, 2);
	model_finish(m);
	g_assert_cmpuint(t.again, ==, 1);
	g_assert_cmpuint(t.last, ==, 5);
	model_finish(m);
	g_assert_cmpuint(t.again, ==, 1);
	model_counts(m, &counts);
	g_assert_cmpuint(counts.findings, ==, 2);
	g_assert_cmpuint(counts.errors, ==, 2);
	g_assert_cmpuint(counts.writers, ==, 1);
	/* The same place, another writer. */
	store(m, 0x104, 0x80, true);
	load(m, 0x200, 0x80, false);
	g_assert_cmpuint(t.first, ==, 3);
	model_free(m);
}

static void notice_of_loc(void *context, const char *text)
{
	g_assert_nonnull(strstr(text, "LoC is 0"));
	((struct tally *)context)->notices++;
}

/* A CPU without a cache before the PoC has nothing to find; who reads "0 findings" is told why. */
static void test_no_caches(gconstpointer trust_ids)
{
	struct tally t = {0};
	struct model_config config;
	struct model_hooks hooks = {.context = &t, .found = tally, .notice = notice_of_loc};
	struct model *m;

	model_config_defaults(&config);
	config.ids.clidr = 0;
	config.options.trust_ids = trust_ids != NULL;
	m = model_new(&config, &hooks);
	g_assert_true(model_add_ram(m, &(struct ram){0, 1 << 20, SPACE_NONSECURE, 0}));
	model_regime_switch(m, &(struct regime_switch){{.pc = 4}, 1, 1, 1});
	store(m, 0x100, 0x40, true);
	load(m, 0x200, 0x40, false);
	model_finish(m);
	g_assert_cmpuint(t.first, ==, trust_ids ? 0 : 1);
	g_assert_cmpuint(t.notices, ==, trust_ids ? 1 : 0);
	model_free(m);
}

static void test_cloud_limit(void)
{
	struct tally t = {0};
	struct model *m = small_model(&t, 16);
	struct model_counts counts;

	for (unsigned i = 0; i < 64; i++)
		store(m, 0x100, i * 64, false);
	model_counts(m, &counts);
	g_assert_cmpuint(counts.clouds, ==, 16);
	g_assert_cmpuint(counts.given_up, ==, 48);
	g_assert_cmpuint(t.notices, ==, 1);
	/* Lines that were given up are silent, the others are not. */
	model_barrier(m, &(struct barrier){{0}, BARRIER_DMB, DOMAIN_SYSTEM, BARRIER_FULL});
	load(m, 0x200, 0, true);
	g_assert_cmpuint(t.first, ==, 1);
	load(m, 0x204, 63 * 64, true);
	g_assert_cmpuint(t.first, ==, 1);
	model_free(m);
}

/* Clouds end when maintenance does, and their memory with them. */
static void test_clouds_end(void)
{
	struct tally t = {0};
	struct model *m = small_model(&t, 0);
	struct model_counts counts;

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 256; i++)
			store(m, 0x100, i * 64, false);
		model_barrier(m, &(struct barrier){{0}, BARRIER_DMB, DOMAIN_SYSTEM, BARRIER_FULL});
		for (unsigned i = 0; i < 256; i++)
			model_dc(m, &(struct dc){{0}, 0, i * 64, SPACE_NONSECURE, DC_IVAC, ATTRIBUTES_WB_INNER});
		model_barrier(m, &(struct barrier){{0}, BARRIER_DSB, DOMAIN_SYSTEM, BARRIER_FULL});
	}
	model_counts(m, &counts);
	g_assert_cmpuint(counts.clouds, ==, 0);
	g_assert_cmpuint(counts.given_up, ==, 0);
	load(m, 0x200, 0, true);
	g_assert_cmpuint(t.first, ==, 0);
	model_free(m);
}

/* A loop of store and clean with one DSB at its end, as page table code has it. */
static void test_many_pending(void)
{
	struct tally t = {0};
	struct model *m = small_model(&t, 0);
	struct model_counts counts;

	for (unsigned i = 0; i < (1 << 20) / 8; i++) {
		store(m, 0x100, i * 8, true);
		model_dc(m, &(struct dc){{0}, 0, i * 8, SPACE_NONSECURE, DC_CVAC, ATTRIBUTES_WB_INNER});
	}
	/* Lines without end. */
	for (unsigned i = 0; i < (1 << 20) / 64; i++)
		model_dc(m, &(struct dc){{0}, 0, i * 64, SPACE_NONSECURE, DC_IVAC, ATTRIBUTES_WB_INNER});
	model_barrier(m, &(struct barrier){{0}, BARRIER_DSB, DOMAIN_SYSTEM, BARRIER_FULL});
	for (unsigned i = 0; i < (1 << 20) / 8; i++)
		load(m, 0x200, i * 8, false);
	g_assert_cmpuint(t.first, ==, 0);
	model_counts(m, &counts);
	g_assert_cmpuint(counts.clouds, ==, 0);
	g_assert_cmpuint(counts.given_up, ==, 0);
	model_free(m);
}

/* Stores with the MMU off, without a barrier for long: only the last ones count as on their way. */
static void test_many_open(void)
{
	struct tally t = {0};
	struct model_config config;
	struct model_hooks hooks = {.context = &t, .found = tally};
	struct model *m;

	model_config_defaults(&config);
	m = model_new(&config, &hooks);
	g_assert_true(model_add_ram(m, &(struct ram){0, 1 << 20, SPACE_NONSECURE, 0}));
	for (unsigned i = 0; i < 1000; i++)
		store(m, 0x100, i * 64, false);
	model_regime_switch(m, &(struct regime_switch){{.pc = 4}, 1, 1, 1});
	load(m, 0x200, 0, true);
	g_assert_cmpuint(t.first, ==, 0);
	load(m, 0x204, 999 * 64, true);
	g_assert_cmpuint(t.first, ==, 1);
	model_free(m);
}

static void test_nonsense(void)
{
	struct tally t = {0};
	struct model *m = small_model(&t, 0);
	struct event e;

	g_assert_false(model_add_ram(m, &(struct ram){0x1000, 0x1000, SPACE_NONSECURE, 0}));
	g_assert_false(model_add_ram(m, &(struct ram){0x200001, 0x1000, SPACE_NONSECURE, 0}));
	g_assert_false(model_add_ram(m, &(struct ram){0x200000, 0, SPACE_NONSECURE, 0}));
	g_assert_false(model_add_ram(m, &(struct ram){UINT64_MAX - 0xfff, 0x2000, SPACE_NONSECURE, 0}));
	g_assert_false(model_add_ram(m, &(struct ram){0x200000, 0x1000, SPACES, 0}));
	/* The same addresses of another space are other memory. */
	g_assert_true(model_add_ram(m, &(struct ram){0, 0x1000, SPACE_SECURE, 0}));
	memset(&e, 0xff, sizeof(e));
	for (unsigned kind = 0; kind < 256; kind++) {
		e.kind = (uint8_t)kind;
		if (kind == EVENT_EXTERNAL_WRITE || kind == EVENT_RAM)
			continue;
		g_assert_cmpint(model_feed(m, &e), ==, kind >= 1 && kind < EVENT_KINDS);
	}
	model_free(m);
	model_free(NULL);
}

static void test_secure_is_other(void)
{
	struct tally t = {0};
	struct model *m = small_model(&t, 0);
	struct access a = {.at = {.pc = 0x300, .el = 3},
		.pa = 0x40,
		.size = 1,
		.attributes = ATTRIBUTES_NC,
		.space = SPACE_SECURE};

	g_assert_true(model_add_ram(m, &(struct ram){0, 0x1000, SPACE_SECURE, 0}));
	store(m, 0x100, 0x40, true);
	model_access(m, &a);
	g_assert_cmpuint(t.first, ==, 0);
	a.space = SPACE_NONSECURE;
	a.value[0] = 7;
	model_access(m, &a);
	g_assert_cmpuint(t.first, ==, 1);
	model_free(m);
}

/* A view stays good for the slow path's kind of trouble: 16 bytes, and rewriting with and without a difference. */
static void test_fast_write(void)
{
	static struct bytes bytes[64];
	static uint8_t values[4096];
	static uint32_t writers[512];
	static struct slow slow;
	struct shadow shadow = {&slow, bytes, writers, values};
	struct bytes *line = &bytes[1];
	uint8_t value[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	bool changes = false;

	line->exact = ~0ull;
	/* What is not dirty is in memory, and the shadow's value of it is nothing. */
	memcpy(values + 64 + 16, value, 16);
	g_assert_true(line_write_is_fast(&shadow, 64 + 16, 16, value, 5, &changes));
	g_assert_true(changes);
	g_assert_true(line_write_is_fast(&shadow, 64 + 16, 16, value, 5, &changes));
	g_assert_false(changes);
	g_assert_false(line_write_is_plain(&shadow, 64 + 16, 16, value, 5, &changes));
	g_assert_cmphex(line->dirty, ==, 0xffff0000);
	g_assert_cmphex(line->exact, ==, ~0ull);
	g_assert_cmpuint(writers[10], ==, 5);
	g_assert_cmpuint(writers[11], ==, 5);
	value[1] = 0;
	value[8] = 0;
	g_assert_true(line_write_is_fast(&shadow, 64 + 16, 16, value, 6, &changes));
	g_assert_cmphex(line->exact, ==, ~(1ull << 17 | 1ull << 24));
	g_assert_true(changes);
	g_assert_true(line_write_is_plain(&shadow, 64 + 17, 1, &value[1], 6, &changes));
	g_assert_false(changes);
	value[1] = 77;
	g_assert_true(line_write_is_plain(&shadow, 64 + 17, 1, &value[1], 6, &changes));
	g_assert_true(changes);
	value[1] = 0;
	g_assert_true(line_write_is_plain(&shadow, 64 + 17, 1, &value[1], 6, &changes));
	g_assert_cmpmem(values + 80, 16, value, 16);
	value[0] = 9;
	g_assert_true(line_write_is_fast(&shadow, 64 + 16, 1, value, 6, &changes));
	g_assert_true(line_write_is_fast(&shadow, 64 + 20, 2, value, 6, &changes));
	g_assert_true(line_write_is_fast(&shadow, 64 + 24, 4, value, 6, &changes));
	g_assert_true(line_write_is_fast(&shadow, 64 + 56, 8, value, 7, &changes));
	g_assert_cmphex(line->dirty >> 56, ==, 0xff);
	g_assert_cmpuint(writers[15], ==, 7);
	/* A line of zeros: where the same was there already memory holds that or zero, as before. */
	line->exact = ~0ull;
	g_assert_true(line_zero_is_fast(&shadow, 64, 8, &changes));
	g_assert_cmphex(line->dirty, ==, ~0ull);
	g_assert_cmphex(line->exact & 0xff0000, ==, 0x220000); /* 9, 0, 3, 4, 9, 0, 7, 8 were there */
	g_assert_cmpuint(writers[8], ==, 8);
	g_assert_cmpuint(values[80], ==, 0);
	slow.writes = 2;
	g_assert_false(line_zero_is_fast(&shadow, 64, 8, &changes));
	g_assert_false(line_write_is_fast(&shadow, 64 + 0, 8, value, 7, &changes));
	g_assert_true(line_write_is_fast(&shadow, 128, 8, value, 7, &changes));
	g_assert_true(line_read_is_fast(&shadow, 64));
	slow.reads = 2;
	g_assert_false(line_read_is_fast(&shadow, 127));
	g_assert_true(line_read_is_fast(&shadow, 128));
	g_assert_cmphex(line_mask(0, 64), ==, ~0ull);
	g_assert_cmphex(line_mask(63, 1), ==, 1ull << 63);
}

static void test_options(void)
{
	struct options o;
	char error[512];

	options_defaults(&o);
	g_assert_cmpint(o.trust_ids, ==, 1);
	g_assert_cmpint(o.dma, ==, DMA_COHERENT);
	g_assert_cmpint(o.af0_allocates, ==, 0);
	g_assert_true(options_parse(&o, "initial=dirty", error, sizeof(error)));
	g_assert_cmpint(o.initial, ==, INITIAL_DIRTY);
	g_assert_false(options_parse(&o, "initial=wet", error, sizeof(error)));
	g_assert_cmpstr(error, ==, "initial: known values are invalid, clean, dirty");
	g_assert_false(options_parse(&o, "initial", error, sizeof(error)));
	g_assert_false(options_parse(&o, "initia=clean", error, sizeof(error)));
	g_assert_nonnull(strstr(error, "unknown option 'initia': known are initial, initial-tlb, dma, "));
	/* Little room is no harm. */
	for (size_t room = 0; room < 60; room++)
		g_assert_false(options_parse(&o, "=", error, room));
	for (const struct option_info *info = option_table; info->name; info++) {
		for (int i = 0; info->values[i]; i++) {
			g_autofree char *text = g_strdup_printf("%s=%s", info->name, info->values[i]);

			g_assert_true(options_parse(&o, text, error, sizeof(error)));
			g_assert_cmpstr(options_value(&o, info), ==, info->values[i]);
		}
	}
}

static void test_names(void)
{
	char buffer[64];

	for (unsigned i = 0; i < KINDS; i++)
		g_assert_nonnull(strchr(kind_name(i), '-'));
	g_assert_cmpstr(register_name(SYSREG_SCTLR_EL2, buffer), ==, "SCTLR_EL2");
	g_assert_cmpstr(register_name(SYSREG(3, 3, 13, 0, 2), buffer), ==, "s3_3_c13_c0_2");
	g_assert_cmphex(SYSREG_OF_OPCODE(0xd5181000), ==, SYSREG_SCTLR_EL1);
	g_assert_cmpstr(attributes_text(ATTRIBUTES_C_OFF, buffer), ==, "Normal NC (C=0)");
	g_assert_cmpstr(
		attributes_text((struct attributes){MEMORY_NORMAL, CACHE_WB, CACHE_NONE, SHARE_OUTER, 0}, buffer), ==,
		"Normal iWB oNC OSH");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/findings/json", test_json);
	g_test_add_func("/findings/json-room", test_json_room);
	g_test_add_func("/findings/may-be", test_may_be);
	g_test_add_func("/findings/many-values", test_many_values);
	g_test_add_func("/findings/done", test_done);
	g_test_add_func("/findings/assumption", test_assumption);
	g_test_add_func("/findings/root", test_root);
	g_test_add_func("/findings/writer", test_writer);
	g_test_add_func("/findings/counts", test_counts);
	g_test_add_func("/limits/clouds", test_cloud_limit);
	g_test_add_data_func("/limits/no_caches", "", test_no_caches);
	g_test_add_data_func("/limits/no_caches_untrusted", NULL, test_no_caches);
	g_test_add_func("/limits/clouds-end", test_clouds_end);
	g_test_add_func("/limits/pending", test_many_pending);
	g_test_add_func("/limits/open", test_many_open);
	g_test_add_func("/limits/nonsense", test_nonsense);
	g_test_add_func("/model/secure", test_secure_is_other);
	g_test_add_func("/model/fast-write", test_fast_write);
	g_test_add_func("/options/parse", test_options);
	g_test_add_func("/names", test_names);
	return g_test_run();
}
