/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio devices behind memory-mapped registers: reset, negotiation, configuration space, and one buffer at a time
 * through one queue. Both forms of the registers: version 2 and legacy 1. A device tree names them; ACPI has them in
 * byte code only. One CPU at a time.
 *
 * Source: Virtual I/O Device (VIRTIO) Version 1.2, 4.2 Virtio Over MMIO, 2.7 Split Virtqueues, 3.1 Device
 * Initialization.
 */
#ifndef LIMPID_VIRTIO_H
#define LIMPID_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <limpid/machine.h>

#define VIRTIO_MAGIC            0x000
#define VIRTIO_MAGIC_VALUE      0x74726976
#define VIRTIO_VERSION          0x004
#define VIRTIO_DEVICE_ID        0x008
#define VIRTIO_VENDOR_ID        0x00c
#define VIRTIO_DEVICE_FEATURES  0x010
#define VIRTIO_DEVICE_SELECT    0x014
#define VIRTIO_DRIVER_FEATURES  0x020
#define VIRTIO_DRIVER_SELECT    0x024
#define VIRTIO_GUEST_PAGE_SIZE  0x028 /* version 1, like the next ones with a 1 */
#define VIRTIO_QUEUE_SELECT     0x030
#define VIRTIO_QUEUE_NUM_MAX    0x034
#define VIRTIO_QUEUE_NUM        0x038
#define VIRTIO_QUEUE_ALIGN      0x03c /* 1 */
#define VIRTIO_QUEUE_PFN        0x040 /* 1 */
#define VIRTIO_QUEUE_READY      0x044
#define VIRTIO_QUEUE_NOTIFY     0x050
#define VIRTIO_INTERRUPT_STATUS 0x060
#define VIRTIO_INTERRUPT_ACK    0x064
#define VIRTIO_STATUS           0x070
#define VIRTIO_QUEUE_DESC       0x080
#define VIRTIO_QUEUE_DRIVER     0x090
#define VIRTIO_QUEUE_DEVICE     0x0a0
#define VIRTIO_CONFIG_GEN       0x0fc
#define VIRTIO_CONFIG           0x100

#define VIRTIO_STATUS_ACKNOWLEDGE 1u
#define VIRTIO_STATUS_DRIVER      2u
#define VIRTIO_STATUS_DRIVER_OK   4u
#define VIRTIO_STATUS_FEATURES_OK 8u
#define VIRTIO_STATUS_FAILED      128u

#define VIRTIO_F_VERSION_1 (1ull << 32)

#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_RNG     4

struct virtio_queue;

struct virtio {
	uint64_t base;
	struct irq_line irq;
	uint32_t version;
	struct virtio_queue *queue; /* memory of the one queue that is in use */
	uint16_t used;              /* entries of the used ring that were taken */
};

uint32_t virtio_read(const struct virtio *v, unsigned int offset);
void virtio_write(const struct virtio *v, unsigned int offset, uint32_t value);

/* Slot `index` of machine.virtio, mapped; whether a device is behind it is what its ID says. */
struct virtio virtio_slot(unsigned int index);

/* The first device of this ID; false: none. */
bool virtio_find(uint32_t id, struct virtio *found);

void virtio_reset(struct virtio *v);
uint64_t virtio_features(const struct virtio *v);

/* Reset, acknowledge, and the features that are wanted and offered; false: the device does not take them. */
bool virtio_begin(struct virtio *v, uint64_t features);

/* Sets queue `index` up, and says that the driver is ready; false: there is no such queue. */
bool virtio_open_queue(struct virtio *v, unsigned int index);

/* Offers a buffer for the device to write to (or to read), notifies it, and returns at once. */
void virtio_offer(struct virtio *v, void *buffer, uint32_t size, bool device_writes);

/* Whether the device has used a buffer since the last time; *length is what it wrote. */
bool virtio_used(struct virtio *v, uint32_t *length);

/* Resets the device and frees the queue. */
void virtio_end(struct virtio *v);

#endif
