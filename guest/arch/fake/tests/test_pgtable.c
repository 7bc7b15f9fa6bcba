// SPDX-License-Identifier: GPL-2.0-or-later
/* The page-table builder: against a model that is a list of pages, and against the rule of break-before-make. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "fake_pgtable.h"

#include <limpid/types.h>

/* The end of the address space. */
#define BIT48 ((uint64_t)1 << 48)

static struct pgtable pt;
static GPtrArray *tables;

static uint64_t *new_table(void)
{
	size_t size = (size_t)1 << pt.granule_shift;
	uint64_t *table = aligned_alloc(size, size);

	memset(table, 0, size);
	g_ptr_array_add(tables, table);
	return table;
}

static void start(unsigned shift)
{
	tables = g_ptr_array_new_with_free_func(free);
	pt.granule_shift = shift;
	pgtable_init(&pt, shift, new_table);
	fake_invalidated = NULL;
	fake_published = 0;
}

static void finish(void)
{
	g_ptr_array_unref(tables);
}

static uint64_t page(void)
{
	return (uint64_t)1 << pt.granule_shift;
}

static void expect_mapped(uint64_t va, uint64_t pa, enum mem_type type, unsigned prot)
{
	struct mmu_translation t;

	g_assert_true(pgtable_walk(&pt, va, &t));
	g_assert_cmphex(t.pa.pa, ==, pa);
	g_assert_cmpuint(t.type, ==, type);
	g_assert_cmphex(t.prot, ==, prot);
}

static void expect_unmapped(uint64_t va)
{
	struct mmu_translation t;

	g_assert_false(pgtable_walk(&pt, va, &t));
}

static void test_map_walk(gconstpointer data)
{
	start(GPOINTER_TO_UINT(data));
	pgtable_map(&pt, 16 * page(), 32 * page(), 3 * page(), MEM_NORMAL_WB, PROT_WRITE, PGTABLE_BLOCKS);
	expect_unmapped(16 * page() - 1);
	expect_mapped(16 * page(), 32 * page(), MEM_NORMAL_WB, PROT_WRITE);
	expect_mapped(19 * page() - 1, 35 * page() - 1, MEM_NORMAL_WB, PROT_WRITE);
	expect_unmapped(19 * page());
	/* The far end of the address space, and beyond it. */
	pgtable_map(&pt, BIT48 - page(), 0, page(), MEM_DEVICE_nGnRE, PROT_WRITE, PGTABLE_BLOCKS);
	expect_mapped(BIT48 - 8, page() - 8, MEM_DEVICE_nGnRE, PROT_WRITE);
	expect_unmapped(BIT48);
	finish();
}

static void test_permissions(gconstpointer data)
{
	static const unsigned prots[] = {PROT_READ, PROT_WRITE, PROT_EXEC, PROT_WRITE | PROT_EXEC, PROT_USER,
		PROT_USER | PROT_WRITE, PROT_USER | PROT_EXEC};

	start(GPOINTER_TO_UINT(data));
	for (unsigned i = 0; i < G_N_ELEMENTS(prots); i++)
		for (unsigned type = MEM_DEVICE_nGnRnE; type <= MEM_NORMAL_WB; type++) {
			uint64_t va = (i * 8 + type) * page();

			pgtable_map(&pt, va, va, page(), type, prots[i], PGTABLE_BLOCKS);
			expect_mapped(va, va, type, prots[i]);
		}
	finish();
}

static void test_blocks(gconstpointer data)
{
	struct mmu_translation t;
	uint64_t block;

	start(GPOINTER_TO_UINT(data));
	block = pgtable_level_size(&pt, 2);
	pgtable_map(&pt, block, block, 4 * block, MEM_NORMAL_WB, PROT_WRITE, PGTABLE_BLOCKS);
	g_assert_true(pgtable_walk(&pt, block, &t));
	g_assert_cmpuint(t.level, ==, 2);
	g_assert_cmpuint(t.size, ==, block);
	/* Of the root, and tables down to level 2, one each. */
	g_assert_cmpuint(tables->len, ==, pt.granule_shift == 16 ? 2 : 3);
	/* Pages where pages are asked for. */
	pgtable_map(&pt, 8 * block, 8 * block, block, MEM_NORMAL_WB, PROT_WRITE, PGTABLE_PAGES);
	g_assert_true(pgtable_walk(&pt, 8 * block, &t));
	g_assert_cmpuint(t.level, ==, 3);
	/* No block where only the virtual address is aligned. */
	pgtable_map(&pt, 16 * block, 16 * block + page(), block, MEM_NORMAL_WB, PROT_WRITE, PGTABLE_BLOCKS);
	expect_mapped(17 * block - 1, 17 * block + page() - 1, MEM_NORMAL_WB, PROT_WRITE);
	finish();
}

/* At the moment of a TLB invalidation the entry that is being replaced must be invalid: else two CPUs see two of them.
 */
static uint64_t broken;
static unsigned breaks;

static void expect_broken(uint64_t va)
{
	expect_unmapped(va);
	expect_unmapped(broken);
	breaks++;
}

static void test_split_breaks(gconstpointer data)
{
	uint64_t block;

	start(GPOINTER_TO_UINT(data));
	block = pgtable_level_size(&pt, 2);
	pgtable_map(&pt, 0, 0, 2 * block, MEM_NORMAL_WB, PROT_WRITE, PGTABLE_BLOCKS);
	pt.live = true;
	broken = 5 * page();
	breaks = 0;
	fake_invalidated = expect_broken;
	pgtable_protect(&pt, broken, page(), MEM_NORMAL_NC, PROT_WRITE);
	/* Once for the block, once for the page. */
	g_assert_cmpuint(breaks, ==, 2);
	g_assert_cmpuint(fake_published, >=, 1);
	expect_mapped(broken, broken, MEM_NORMAL_NC, PROT_WRITE);
	expect_mapped(broken - 1, broken - 1, MEM_NORMAL_WB, PROT_WRITE);
	expect_mapped(broken + page(), broken + page(), MEM_NORMAL_WB, PROT_WRITE);
	expect_mapped(block, block, MEM_NORMAL_WB, PROT_WRITE);
	finish();
}

static void expect_unmapped_there(uint64_t va)
{
	g_assert_cmphex(va, ==, broken);
	expect_unmapped(va);
	breaks++;
}

/* Only permissions change: no moment without a mapping. */
static void expect_not_broken(uint64_t va)
{
	struct mmu_translation t;

	g_assert_true(pgtable_walk(&pt, va, &t));
	breaks++;
}

static void test_protect_keeps(gconstpointer data)
{
	start(GPOINTER_TO_UINT(data));
	pgtable_map(&pt, 0, 0, 4 * page(), MEM_NORMAL_WB, PROT_WRITE, PGTABLE_PAGES);
	pt.live = true;
	breaks = 0;
	fake_invalidated = expect_not_broken;
	pgtable_protect(&pt, page(), 2 * page(), MEM_NORMAL_WB, PROT_READ);
	g_assert_cmpuint(breaks, ==, 2);
	/* Nothing changes, nothing is invalidated. */
	pgtable_protect(&pt, page(), 2 * page(), MEM_NORMAL_WB, PROT_READ);
	g_assert_cmpuint(breaks, ==, 2);
	finish();
}

/* A window that is mapped at ever new addresses costs the tables of one. The way to them is invalidated before. */
static void test_reuse(gconstpointer data)
{
	uint64_t block, first;
	unsigned invalidations;

	start(GPOINTER_TO_UINT(data));
	block = pgtable_level_size(&pt, 2);
	pt.live = true;
	pgtable_map(&pt, 0, 0, page(), MEM_NORMAL_WB, PROT_WRITE, PGTABLE_BLOCKS);
	pgtable_map(&pt, block, 0, page(), MEM_NORMAL_WB, PROT_WRITE, PGTABLE_BLOCKS);
	first = tables->len;
	broken = block;
	breaks = 0;
	fake_invalidated = expect_unmapped_there;
	pgtable_unmap(&pt, block, page());
	invalidations = breaks;
	fake_invalidated = NULL;
	/* Once for the page, once for the table. */
	g_assert_cmpuint(invalidations, ==, 2);
	for (uint64_t va = 2 * block; va < 100 * block; va += block) {
		pgtable_map(&pt, va, 3 * page(), page(), MEM_NORMAL_WB, PROT_WRITE, PGTABLE_BLOCKS);
		expect_mapped(va, 3 * page(), MEM_NORMAL_WB, PROT_WRITE);
		for (uint64_t other = page(); other < block; other += block / 16)
			expect_unmapped(va + other);
		pgtable_unmap(&pt, va, page());
		expect_unmapped(va);
	}
	g_assert_cmpuint(tables->len, ==, first);
	expect_mapped(0, 0, MEM_NORMAL_WB, PROT_WRITE);
	/* A table in which one page is left stays. */
	pgtable_map(&pt, page(), page(), page(), MEM_NORMAL_WB, PROT_WRITE, PGTABLE_BLOCKS);
	pgtable_unmap(&pt, 0, page());
	expect_mapped(page(), page(), MEM_NORMAL_WB, PROT_WRITE);
	finish();
}

static void test_misuse(gconstpointer data)
{
	start(GPOINTER_TO_UINT(data));
	pgtable_map(&pt, 0, 0, page(), MEM_NORMAL_WB, PROT_WRITE, PGTABLE_BLOCKS);
	g_assert_true(FAKE_PANICS(pgtable_map(&pt, 0, 0, page(), MEM_NORMAL_WB, PROT_WRITE, PGTABLE_BLOCKS)));
	g_assert_true(FAKE_PANICS(pgtable_map(&pt, 8, 0, page(), MEM_NORMAL_WB, PROT_WRITE, PGTABLE_BLOCKS)));
	g_assert_true(FAKE_PANICS(pgtable_map(&pt, BIT48, 0, page(), MEM_NORMAL_WB, PROT_WRITE, PGTABLE_BLOCKS)));
	g_assert_true(FAKE_PANICS(pgtable_protect(&pt, page(), page(), MEM_NORMAL_WB, PROT_READ)));
	pgtable_unmap(&pt, 0, 2 * page()); /* what is not mapped may be unmapped */
	finish();
}

/* Random maps, protections and unmaps of a few blocks' worth of pages, against an array. */
#define MODEL_PAGES 6144

struct mapped {
	bool valid;
	uint64_t pa;
	enum mem_type type;
	unsigned prot;
};

static void check_model(const struct mapped *model)
{
	for (unsigned i = 0; i < MODEL_PAGES; i++)
		if (model[i].valid)
			expect_mapped(i * page(), model[i].pa, model[i].type, model[i].prot);
		else
			expect_unmapped(i * page());
}

static void test_random(gconstpointer data)
{
	static struct mapped model[MODEL_PAGES];

	start(GPOINTER_TO_UINT(data));
	memset(model, 0, sizeof(model));
	pt.live = true;
	for (unsigned step = 0; step < 400; step++) {
		unsigned from = (unsigned)g_test_rand_int_range(0, MODEL_PAGES);
		unsigned count = MIN((unsigned)g_test_rand_int_range(1, 3000), MODEL_PAGES - from);
		enum mem_type type = g_test_rand_bit() ? MEM_NORMAL_WB : MEM_NORMAL_NC;
		unsigned prot = g_test_rand_bit() ? PROT_WRITE : PROT_EXEC, to = from;
		bool valid = model[from].valid;

		/* A run that is mapped throughout, or not at all. */
		while (to < from + count && model[to].valid == valid)
			to++;
		if (!valid) {
			pgtable_map(
				&pt, from * page(), from * page(), (to - from) * page(), type, prot, PGTABLE_BLOCKS);
			for (unsigned i = from; i < to; i++)
				model[i] = (struct mapped){true, i * page(), type, prot};
		} else if (g_test_rand_bit()) {
			pgtable_protect(&pt, from * page(), (to - from) * page(), type, prot);
			for (unsigned i = from; i < to; i++) {
				model[i].type = type;
				model[i].prot = prot;
			}
		} else {
			pgtable_unmap(&pt, from * page(), (to - from) * page());
			memset(&model[from], 0, (to - from) * sizeof(*model));
		}
		if (step % 20 == 0)
			check_model(model);
	}
	check_model(model);
	finish();
}

static void add(const char *name, GTestDataFunc function)
{
	static const unsigned shifts[] = {12, 14, 16};

	for (unsigned i = 0; i < G_N_ELEMENTS(shifts); i++) {
		g_autofree char *path = g_strdup_printf("/pgtable/%s/%uk", name, 1u << (shifts[i] - 10));

		g_test_add_data_func(path, GUINT_TO_POINTER(shifts[i]), function);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("map_walk", test_map_walk);
	add("permissions", test_permissions);
	add("blocks", test_blocks);
	add("split_breaks", test_split_breaks);
	add("protect_keeps", test_protect_keeps);
	add("reuse", test_reuse);
	add("misuse", test_misuse);
	add("random", test_random);
	return g_test_run();
}
