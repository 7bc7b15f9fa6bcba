/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupt controllers' registers, for drivers and for tests of the controller itself.
 *
 * Source: Arm Generic Interrupt Controller Architecture Specification, v2 (IHI 0048), v3 and v4 (IHI 0069).
 */
#ifndef LIMPID_GIC_REGISTERS_H
#define LIMPID_GIC_REGISTERS_H

#define INTID_SPECIAL 1020 /* from here on an acknowledge says that there is nothing */
#define INTID_NONE    1023
#define INTID_LPI     8192 /* the first */

/* Distributor, the same in both; the registers of INTIDs below 32 are banked (v2), or in the redistributor's second
 * frame (v3). */
#define GICD_CTLR       0x000
#define GICD_TYPER      0x004
#define GICD_IIDR       0x008
#define GICD_SETSPI_NSR 0x040 /* v3 */
#define GICD_CLRSPI_NSR 0x048 /* v3 */
#define GICD_IGROUPR    0x080
#define GICD_ISENABLER  0x100
#define GICD_ICENABLER  0x180
#define GICD_ISPENDR    0x200
#define GICD_ICPENDR    0x280
#define GICD_ISACTIVER  0x300
#define GICD_ICACTIVER  0x380
#define GICD_IPRIORITYR 0x400
#define GICD_ITARGETSR  0x800
#define GICD_ICFGR      0xc00
#define GICD_SGIR       0xf00  /* v2 */
#define GICD_CPENDSGIR  0xf10  /* v2 */
#define GICD_SPENDSGIR  0xf20  /* v2 */
#define GICD_IROUTER    0x6000 /* v3 */
#define GICD_ICPIDR2    0xfe8  /* v2 */
#define GICD_PIDR2      0xffe8 /* v3; the same offset in GICR and GITS */

#define GICD_TYPER_LPIS (1u << 17)
#define GICD_TYPER_MBIS (1u << 16)

#define GICD_CTLR_RWP        (1u << 31)
#define GICD_CTLR_DS         (1u << 6)
#define GICD_CTLR_ARE_NS     (1u << 4)
#define GICD_CTLR_ENABLE_G1A (1u << 1)
#define GICD_CTLR_ENABLE_G1  (1u << 0)

#define GICD_IROUTER_ANY (1ull << 31)

/* CPU interface of v2. */
#define GICC_CTLR  0x00
#define GICC_PMR   0x04
#define GICC_BPR   0x08
#define GICC_IAR   0x0c
#define GICC_EOIR  0x10
#define GICC_RPR   0x14
#define GICC_HPPIR 0x18
#define GICC_APR   0xd0
#define GICC_IIDR  0xfc
#define GICC_DIR   0x1000

#define GICC_CTLR_ENABLE   (1u << 0)
#define GICC_CTLR_EOI_MODE (1u << 9) /* where the GIC has no Security Extensions, or in the Non-secure view */

/* Redistributor. */
#define GICR_CTLR           0x0000
#define GICR_CTLR_LPIS      (1u << 0)
#define GICR_CTLR_CES       (1u << 1)
#define GICR_CTLR_RWP       (1u << 3)
#define GICR_IIDR           0x0004
#define GICR_TYPER          0x0008
#define GICR_TYPER_PLPIS    (1u << 0)
#define GICR_TYPER_VLPIS    (1u << 1)
#define GICR_TYPER_LAST     (1u << 4)
#define GICR_WAKER          0x0014
#define GICR_WAKER_SLEEP    (1u << 1)
#define GICR_WAKER_CHILDREN (1u << 2)
#define GICR_PROPBASER      0x0070
#define GICR_PENDBASER      0x0078
#define GICR_FRAME          KIB(64)
#define GICR_SGI            GICR_FRAME /* SGIs' and PPIs' registers, at the distributor's offsets */

#define GICR_PENDBASER_PTZ (1ull << 62)

/* ITS. */
#define GITS_CTLR       0x0000
#define GITS_CTLR_ON    (1u << 0)
#define GITS_CTLR_QUIET (1u << 31)
#define GITS_IIDR       0x0004
#define GITS_TYPER      0x0008
#define GITS_CBASER     0x0080
#define GITS_CWRITER    0x0088
#define GITS_CREADR     0x0090
#define GITS_BASER      0x0100
#define GITS_TRANSLATER 0x10040
#define GITS_FRAMES     KIB(128)

#define GITS_TYPER_PHYSICAL    (1ull << 0)
#define GITS_TYPER_PTA         (1ull << 19)
#define GITS_BASER_DEVICES     1
#define GITS_BASER_COLLECTIONS 4

/* Of GICR_PROPBASER, GICR_PENDBASER, GITS_CBASER, GITS_BASER: shareability and inner cacheability. The latter's place
 * differs. */
#define GIC_BASER_SHARE_MASK  (3ull << 10)
#define GIC_BASER_SHARE_INNER (1ull << 10)
#define GIC_BASER_RAWAWB      7ull /* write-back, read and write allocate */
#define GIC_BASER_NC          1ull
#define GIC_BASER_VALID       (1ull << 63)

#endif
