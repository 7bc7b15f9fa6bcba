/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tests ask of QEMU beyond the default machine. Few and alike, since tests with the same words share a boot.
 */
#ifndef TESTS_MACHINES_H
#define TESTS_MACHINES_H

/* Instructions are counted, one a nanosecond, and while all CPUs sleep the clocks jump to what comes next. */
#define QEMU_COUNTING "-icount shift=0,sleep=off -rtc clock=vm"

/* A PCI device made for tests; an entropy source and a serial device behind virtio-mmio in its current form. */
#define QEMU_DEVICES                                                                            \
	"-device pci-testdev -global virtio-mmio.force-legacy=false -device virtio-rng-device " \
	"-device virtio-serial-device,max_ports=5"

/* A PCI device that raises an interrupt when it is told to, and copies memory: all of it, not 28 bits of address. */
#define QEMU_EDU "-device edu,dma_mask=0xffffffffffff"

/* One that has a table of messages, and needs no disk to answer commands. */
#define QEMU_NVME "-device nvme,serial=limpid"

#endif
