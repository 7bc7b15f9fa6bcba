/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Twins of what a device reads: a queue, and the buffers in it, which must be in memory before the store that tells the
 * device. twin.h says what twins are.
 */
#include <arch/io.h>
#include <limpid/delay.h>
#include <limpid/string.h>
#include <limpid/virtio.h>
#include "machines.h"
#include "twin.h"

#define ENTRIES 4
#define BYTES   64

/* Little of it, so that the last stores of a CPU are those to it. */
static struct {
	struct {
		uint64_t address;
		uint32_t length;
		uint16_t flags, next;
	} descriptors[ENTRIES] OWN_LINE;
	struct {
		uint16_t flags, index, ring[ENTRIES];
	} available OWN_LINE;
	struct {
		uint16_t flags, index;
		struct {
			uint32_t id, length;
		} ring[ENTRIES];
	} used OWN_LINE;
	uint8_t buffer[BYTES] OWN_LINE;
} queue;

static void write_address(const struct virtio *v, unsigned int offset, const void *address)
{
	uint64_t pa = virt_to_phys(address).pa;

	virtio_write(v, offset, (uint32_t)pa);
	virtio_write(v, offset + 4, (uint32_t)(pa >> 32));
}

/* Up to the store that makes the queue the device's. */
static struct virtio prepare(void)
{
	struct virtio v;

	if (!virtio_find(VIRTIO_ID_RNG, &v) || v.version < 2)
		SKIP("there is no virtio entropy source in its current form");
	ASSERT_TRUE(virtio_begin(&v, 0));
	memset(&queue, 0, sizeof(queue));
	dsb(sy);
	virtio_write(&v, VIRTIO_QUEUE_SELECT, 0);
	virtio_write(&v, VIRTIO_QUEUE_NUM, ENTRIES);
	write_address(&v, VIRTIO_QUEUE_DESC, queue.descriptors);
	write_address(&v, VIRTIO_QUEUE_DRIVER, &queue.available);
	write_address(&v, VIRTIO_QUEUE_DEVICE, &queue.used);
	return v;
}

static void drive(const struct virtio *v)
{
	virtio_write(v, VIRTIO_STATUS, virtio_read(v, VIRTIO_STATUS) | VIRTIO_STATUS_DRIVER_OK);
}

static void describe(void)
{
	queue.descriptors[0].address = virt_to_phys(queue.buffer).pa;
	queue.descriptors[0].length = BYTES;
	queue.descriptors[0].flags = 2; /* the device writes */
}

static void finish(struct virtio *v)
{
	uint64_t start = counter_read(), ticks = counter_from_us(PATIENCE_US);

	while (!*(volatile uint16_t *)&queue.used.index && counter_read() - start < ticks)
		cpu_relax();
	virtio_reset(v);
}

#define REGISTER(v, offset) (*(volatile uint32_t *)((v).base + (offset)))

TEST(twins, bad_maintenance_order_ready, .doc = "a virtqueue is written, and made ready with no DMB between",
	.finding = "maintenance-order", .needs = "virtio-mmio", .qemu = QEMU_DEVICES)
{
	struct virtio v = prepare();

	describe();
	FINDING_HERE(REGISTER(v, VIRTIO_QUEUE_READY) = 1);
	virtio_reset(&v);
}

TEST(twins, bad_maintenance_order_index,
	.doc = "the index of an available ring is stored with no DMB behind the store of the descriptor",
	.finding = "maintenance-order", .needs = "virtio-mmio", .qemu = QEMU_DEVICES)
{
	struct virtio v = prepare();

	virtio_write(&v, VIRTIO_QUEUE_READY, 1);
	drive(&v);
	describe();
	FINDING_HERE(*(volatile uint16_t *)&queue.available.index = 1);
	dmb(osh);
	virtio_write(&v, VIRTIO_QUEUE_NOTIFY, 0);
	finish(&v);
}

TEST(twins, bad_maintenance_order_doorbell,
	.doc = "a device is notified with no DMB behind the store of the index that it then reads",
	.finding = "maintenance-order", .needs = "virtio-mmio", .qemu = QEMU_DEVICES)
{
	struct virtio v = prepare();

	virtio_write(&v, VIRTIO_QUEUE_READY, 1);
	drive(&v);
	describe();
	dmb(oshst);
	*(volatile uint16_t *)&queue.available.index = 1;
	FINDING_HERE(REGISTER(v, VIRTIO_QUEUE_NOTIFY) = 0);
	/* If it did not see the index. */
	dmb(osh);
	virtio_write(&v, VIRTIO_QUEUE_NOTIFY, 0);
	finish(&v);
}

TEST(twins, good_maintenance_order_doorbell, .doc = "the three with their DMBs", .needs = "virtio-mmio",
	.qemu = QEMU_DEVICES)
{
	struct virtio v = prepare();

	describe();
	dmb(osh);
	REGISTER(v, VIRTIO_QUEUE_READY) = 1;
	drive(&v);
	dmb(oshst);
	*(volatile uint16_t *)&queue.available.index = 1;
	dmb(osh);
	REGISTER(v, VIRTIO_QUEUE_NOTIFY) = 0;
	finish(&v);
	EXPECT_EQ(*(volatile uint16_t *)&queue.used.index, 1u);
}

TEST(twins, good_maintenance_order_release, .doc = "and with a store-release of the index", .needs = "virtio-mmio",
	.qemu = QEMU_DEVICES)
{
	struct virtio v = prepare();

	virtio_write(&v, VIRTIO_QUEUE_READY, 1);
	drive(&v);
	describe();
	asm volatile("stlrh %w1, %0" : "=Q"(queue.available.index) : "r"(1) : "memory");
	dmb(osh);
	REGISTER(v, VIRTIO_QUEUE_NOTIFY) = 0;
	finish(&v);
	EXPECT_EQ(*(volatile uint16_t *)&queue.used.index, 1u);
}

static struct virtio ask(void)
{
	struct virtio v = prepare();

	virtio_write(&v, VIRTIO_QUEUE_READY, 1);
	drive(&v);
	describe();
	dmb(oshst);
	*(volatile uint16_t *)&queue.available.index = 1;
	dmb(osh);
	virtio_write(&v, VIRTIO_QUEUE_NOTIFY, 0);
	return v;
}

TEST(twins, bad_maintenance_order_used,
	.doc = "an entry of a used ring is loaded with no barrier behind the load of the index",
	.finding = "maintenance-order", .needs = "virtio-mmio", .qemu = QEMU_DEVICES)
{
	struct virtio v = ask();
	uint32_t length = 0;

	while (!*(volatile uint16_t *)&queue.used.index)
		cpu_relax();
	FINDING_HERE(length = *(volatile uint32_t *)&queue.used.ring[0].length);
	OBSERVED(length, (uint32_t)BYTES);
	virtio_reset(&v);
}

TEST(twins, good_maintenance_order_used, .doc = "the same with a DMB of loads", .needs = "virtio-mmio",
	.qemu = QEMU_DEVICES)
{
	struct virtio v = ask();

	while (!*(volatile uint16_t *)&queue.used.index)
		cpu_relax();
	dmb(oshld);
	EXPECT_EQ(*(volatile uint32_t *)&queue.used.ring[0].length, (uint32_t)BYTES);
	virtio_reset(&v);
}
