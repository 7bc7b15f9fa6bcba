/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <limpid/check.h>
#include <limpid/string.h>
#include <limpid/types.h>

/* By their encodings: an assembler of 2022 does not know all names. */
#define ID(name, encoding)                    \
	static uint64_t id_##name(void)       \
	{                                     \
		return read_sysreg(encoding); \
	}

ID(pfr0, S3_0_C0_C4_0)
ID(pfr1, S3_0_C0_C4_1)
ID(isar0, S3_0_C0_C6_0)
ID(isar1, S3_0_C0_C6_1)
ID(isar2, S3_0_C0_C6_2)
ID(mmfr0, S3_0_C0_C7_0)
ID(mmfr1, S3_0_C0_C7_1)
ID(mmfr2, S3_0_C0_C7_2)

/* Fields are unsigned: the feature is there from `least` on, but 0xf means that it is not where `not_f` says so. */
static const struct feature {
	const char *word, *name;
	uint64_t (*id)(void);
	uint8_t lsb, least;
	bool not_f;
} features[] = {
	{"fp", "floating-point and Advanced SIMD", id_pfr0, 16, 0, true},
	{"ras", "FEAT_RAS", id_pfr0, 28, 1, false},
	{"sve", "FEAT_SVE", id_pfr0, 32, 1, false},
	{"bti", "FEAT_BTI", id_pfr1, 0, 1, false},
	{"ssbs", "FEAT_SSBS", id_pfr1, 4, 1, false},
	{"mte", "FEAT_MTE2", id_pfr1, 8, 2, false},
	{"mte3", "FEAT_MTE3", id_pfr1, 8, 3, false},
	{"sme", "FEAT_SME", id_pfr1, 24, 1, false},
	{"lse", "FEAT_LSE", id_isar0, 20, 2, false},
	{"flagm", "FEAT_FlagM", id_isar0, 52, 1, false},
	{"tlbi-os", "FEAT_TLBIOS", id_isar0, 56, 1, false},
	{"tlbi-range", "FEAT_TLBIRANGE", id_isar0, 56, 2, false},
	{"rng", "FEAT_RNG", id_isar0, 60, 1, false},
	{"dpb", "FEAT_DPB", id_isar1, 0, 1, false},
	{"dpb2", "FEAT_DPB2", id_isar1, 0, 2, false},
	{"lrcpc", "FEAT_LRCPC", id_isar1, 20, 1, false},
	{"pauth-qarma5", "FEAT_PACQARMA5", id_isar1, 4, 1, false},
	{"pauth-impdef", "FEAT_PACIMP", id_isar1, 8, 1, false},
	{"pauth-qarma3", "FEAT_PACQARMA3", id_isar2, 12, 1, false},
	{"lpa", "FEAT_LPA", id_mmfr0, 0, 6, true},
	{"asid16", "16-bit ASIDs", id_mmfr0, 4, 2, false},
	{"hafdbs", "FEAT_HAFDBS", id_mmfr1, 0, 1, false},
	{"dirty", "FEAT_HAFDBS with dirty state", id_mmfr1, 0, 2, false},
	{"vhe", "FEAT_VHE", id_mmfr1, 8, 1, false},
	{"hpds", "FEAT_HPDS", id_mmfr1, 12, 1, false},
	{"pan", "FEAT_PAN", id_mmfr1, 20, 1, false},
	{"pan2", "FEAT_PAN2", id_mmfr1, 20, 2, false},
	{"uao", "FEAT_UAO", id_mmfr2, 4, 1, false},
	{"lva", "FEAT_LVA", id_mmfr2, 16, 1, false},
	{"lse2", "FEAT_LSE2", id_mmfr2, 32, 1, false},
	{"bbm2", "FEAT_BBM, level 2", id_mmfr2, 52, 2, false},
	{"e0pd", "FEAT_E0PD", id_mmfr2, 60, 1, false},
};

static bool is_there(const struct feature *feature)
{
	unsigned int field = sysreg_field(feature->id(), feature->lsb, 4);

	return field >= feature->least && !(feature->not_f && field == 0xf);
}

const char *cpu_feature(const char *word, bool *has)
{
	/* Which algorithm it has is of no interest to who signs. */
	if (!strcmp(word, "pauth")) {
		*has = cpu_has("pauth-qarma5") || cpu_has("pauth-impdef") || cpu_has("pauth-qarma3");
		return "FEAT_PAuth";
	}
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		if (strcmp(word, features[i].word))
			continue;
		*has = is_there(&features[i]);
		return features[i].name;
	}
	return NULL;
}

bool cpu_has(const char *word)
{
	bool has = false;
	const char *name = cpu_feature(word, &has);

	CHECK_MSG(name, "no feature is called '%s'", word);
	return has;
}
