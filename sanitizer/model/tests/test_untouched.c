/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images that are not copied until they are written (untouched.c): what a page held before the store by which the model
 * learns of it. A load with the MMU off says: it may read that.
 */
#include <glib.h>
#include <string.h>

#include "../model.h"

#define BASE 0x40000000ull
#define SIZE 0x4000u

struct run {
	struct model *model;
	uint8_t ram[SIZE], loaded[SIZE];
	struct candidate may_be; /* of the last finding */
	unsigned found, candidates;
	uint64_t pc; /* of the next access: findings at one place are one */
};

static void found(void *context, const struct finding *f)
{
	struct run *r = context;

	r->found++;
	r->candidates = f->candidates;
	r->may_be = f->may_be[0];
}

static struct run *start(void)
{
	struct run *r = g_new0(struct run, 1);
	struct model_config config;
	struct model_hooks hooks = {.context = r, .found = found};

	model_config_defaults(&config);
	r->model = model_new(&config, &hooks);
	for (unsigned i = 0; i < SIZE; i++)
		r->ram[i] = (uint8_t)(i * 7 + i / 64);
	memcpy(r->loaded, r->ram, SIZE);
	model_add_ram(r->model, &(struct ram){BASE, SIZE, SPACE_NONSECURE, 0});
	model_external_write(r->model,
		&(struct external_write){BASE, SIZE, r->ram, SPACE_NONSECURE, EXTERNAL_IMAGE, .lasting = true});
	model_regime_switch(r->model, &(struct regime_switch){.mmu = 1, .cache = 1, .synchronized = 1});
	return r;
}

static void end(struct run *r)
{
	model_free(r->model);
	g_free(r);
}

/* As the plugin feeds it: RAM has changed already, and what crosses a line comes in two. */
static void store(struct run *r, unsigned offset, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		r->ram[offset + i] ^= (uint8_t)(0x5a + i);
	for (unsigned done = 0, step; done < size; done += step) {
		struct access a = {.pa = BASE + offset + done,
			.va = BASE + offset + done,
			.flags = ACCESS_WRITE,
			.attributes = ATTRIBUTES_WB_INNER,
			.at = {.pc = r->pc += 4, .el = 1}};

		step = MIN(size - done, 64 - (offset + done) % 64);
		a.size = (uint8_t)step;
		memcpy(a.value, r->ram + offset + done, step);
		model_access(r->model, &a);
	}
}

/* Under a mapping that is not cacheable. */
static void load(struct run *r, unsigned offset, unsigned size)
{
	struct access a = {.pa = BASE + offset,
		.va = BASE + offset,
		.size = (uint8_t)size,
		.attributes = ATTRIBUTES_MMU_OFF,
		.at = {.pc = r->pc += 4, .el = 1}};

	memcpy(a.value, r->ram + offset, size);
	model_access(r->model, &a);
}

static void expect_loaded(struct run *r, unsigned offset, unsigned size)
{
	r->found = 0;
	load(r, offset, size);
	g_assert_cmpuint(r->found, ==, 1);
	g_assert_cmpuint(r->candidates, ==, 1);
	g_assert_cmphex(r->may_be.known & ((1ull << size) - 1), ==, (1ull << size) - 1);
	g_assert_cmpmem(r->may_be.bytes, size, r->loaded + offset, size);
}

/* offset, size */
static const unsigned stores[][2] = {{0x1000, 8}, {0x1038, 8}, {0x103c, 8}, {0x1ff8, 8}, {0x1100, 64}, {0x1123, 1},
	{0x1fc0, 64}, {0x1078, 16}, {0x1ffc, 8}};

static void test_store(gconstpointer data)
{
	const unsigned *s = data;
	struct run *r = start();

	store(r, s[0], s[1]);
	for (unsigned done = 0, step; done < s[1]; done += step) {
		step = MIN(s[1] - done, 8 - (s[0] + done) % 8);
		expect_loaded(r, s[0] + done, step);
	}
	end(r);
}

/* Whoever does not store leaves it as it is: no finding, and the next store is seen as well. */
static void test_load_first(void)
{
	struct run *r = start();

	load(r, 0x1040, 8);
	g_assert_cmpuint(r->found, ==, 0);
	store(r, 0x1080, 8);
	expect_loaded(r, 0x1080, 8);
	end(r);
}

/* More has changed than was said: that the old value is not known is said, instead of a wrong one. */
static void test_unseen(void)
{
	struct run *r = start();

	r->ram[0x1800] ^= 1;
	store(r, 0x1000, 8);
	load(r, 0x1000, 8);
	g_assert_cmpuint(r->found, ==, 1);
	g_assert_cmphex(r->may_be.known & 0xff, ==, 0);
	end(r);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(stores); i++) {
		g_autofree char *path = g_strdup_printf("/untouched/store/0x%x+%u", stores[i][0], stores[i][1]);

		g_test_add_data_func(path, stores[i], test_store);
	}
	g_test_add_func("/untouched/load-first", test_load_first);
	g_test_add_func("/untouched/unseen", test_unseen);
	return g_test_run();
}
