/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "caches.h"

#include <stdio.h>
#include <string.h>

#include "sysregs.h"

struct geometry_kib {
	uint16_t l1_kib, l1_ways;
	uint32_t l2_kib, l2_ways;
	uint32_t l3_kib, l3_ways;
};

/*
 * Lines have 64 bytes. Source: what the set/way loop of U-Boot named on each of them, QEMU 10.0.2; of those with
 * FEAT_CCIDX (Cortex-A710, Neoverse V1 and N2), which that loop misreads, QEMU's target/arm/tcg/cpu64.c.
 */
static const struct {
	const char *name;
	struct geometry_kib geometry;
} cpus[] = {
	{"cortex-a35", {32, 4, 512, 16, 0, 0}}, {"cortex-a53", {32, 4, 1024, 16, 0, 0}},
	{"cortex-a55", {32, 4, 512, 16, 0, 0}}, {"cortex-a57", {32, 4, 2048, 16, 0, 0}},
	{"cortex-a72", {32, 4, 1024, 16, 0, 0}}, {"cortex-a76", {64, 4, 512, 8, 0, 0}},
	{"cortex-a710", {64, 4, 512, 8, 0, 0}}, {"neoverse-n1", {64, 4, 1024, 8, 0, 0}},
	{"neoverse-v1", {64, 4, 1024, 8, 0, 0}}, {"neoverse-n2", {64, 4, 512, 8, 0, 0}},
	{"max", {32, 4, 2048, 16, 0, 0}}, /* begins as a Cortex-A57 */
};

static void set_level(struct cache_level *level, uint32_t kib, uint32_t ways)
{
	if (kib)
		*level = (struct cache_level){kib * 1024 / ways / 64, ways, 6};
}

/* QEMU does not show DCZID_EL0. All CPUs that it models zero 64 bytes but one. Source: its target/arm, dcz_blocksize.
 */
static unsigned zva_bytes = 64;

unsigned caches_zva_bytes(void)
{
	return zva_bytes;
}

void caches_identify(struct cache_ids *ids)
{
	static char line[1 << 16];
	FILE *file = fopen("/proc/self/cmdline", "r");
	size_t size = 0;
	char name[32];

	if (sysregs_have(R_CTR_EL0))
		ids->ctr = sysreg_read(R_CTR_EL0);
	if (sysregs_have(R_CLIDR_EL1))
		ids->clidr = sysreg_read(R_CLIDR_EL1);
	if (sysregs_have(R_ID_AA64MMFR1))
		ids->ets2 = (sysreg_read(R_ID_AA64MMFR1) >> 36 & 15) >= 2;
	if (sysregs_have(R_ID_AA64MMFR2))
		ids->bbm = sysreg_read(R_ID_AA64MMFR2) >> 52 & 15;
	if (file) {
		size = fread(line, 1, sizeof(line) - 1, file);
		fclose(file);
	}
	if (!caches_cpu_name(line, size, name, sizeof(name)))
		return;
	if (!strcmp(name, "a64fx"))
		zva_bytes = 256;
	for (unsigned i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++) {
		if (strcmp(cpus[i].name, name))
			continue;
		set_level(&ids->level[0], cpus[i].geometry.l1_kib, cpus[i].geometry.l1_ways);
		set_level(&ids->level[1], cpus[i].geometry.l2_kib, cpus[i].geometry.l2_ways);
		set_level(&ids->level[2], cpus[i].geometry.l3_kib, cpus[i].geometry.l3_ways);
	}
}
