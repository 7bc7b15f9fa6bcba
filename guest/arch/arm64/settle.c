/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/barrier.h>
#include <arch/feature.h>
#include <arch/sysreg.h>
#include <limpid/bitops.h>
#include "asm.h"
#include "mmu.h"

#define PAN  S3_0_C4_C2_3
#define UAO  S3_0_C4_C2_4
#define TCO  S3_3_C4_C2_7
#define SVCR S3_3_C4_C2_2 /* PSTATE.SM and ZA */

/* As mmu.S sets them. */
#define CPACR_INIT (3ull << 20)
#define CPACR_SMEN (3ull << 24)
#define HCR_INIT   (BIT(34) | BIT(31) | BIT(27)) /* E2H, RW, TGE */

static void settle_translation(void)
{
	struct mmu_regs regs = mmu_regs();

	if (read_sysreg(tcr_el1) == regs.tcr && read_sysreg(ttbr0_el1) == regs.ttbr0)
		return;
	write_sysreg(regs.ttbr0, ttbr0_el1);
	write_sysreg(regs.tcr, tcr_el1);
	/* No walk with the old registers can bring an entry back behind the TLBI; HCR_EL2.TGE says whose it takes. */
	isb();
	asm volatile("tlbi vmalle1" ::: "memory");
	/* What the test's tables and ASIDs left is gone before what comes behind cpu_settle()'s ISB. */
	dsb(nsh);
}

/* PSTATE.SM and ZA change what SIMD instructions do, and an SME unit that is on may cost the whole cluster. */
static void settle_sme(void)
{
	write_sysreg(CPACR_INIT | CPACR_SMEN, cpacr_el1);
	/* SVCR is accessed behind the trap's end. */
	isb();
	write_sysreg_s(0, SVCR);
}

void cpu_settle(void)
{
	if (current_el() == 2 && read_sysreg(hcr_el2) != HCR_INIT)
		write_sysreg(HCR_INIT, hcr_el2);
	if (read_sysreg(sctlr_el1) != SCTLR_INIT)
		write_sysreg(SCTLR_INIT, sctlr_el1);
	settle_translation();
	if (cpu_has("sme"))
		settle_sme();
	write_sysreg(CPACR_INIT, cpacr_el1);
	if (cpu_has("pan"))
		write_sysreg_s(0, PAN);
	if (cpu_has("uao"))
		write_sysreg_s(0, UAO);
	if (cpu_has("mte"))
		write_sysreg_s(0, TCO);
	/* All of it applies to what runs next on this CPU. */
	isb();
}
