/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio devices behind memory-mapped registers: discovery, negotiation, configuration space, and round trips through a
 * queue of an entropy source. With --qemu-arg '-global virtio-mmio.force-legacy=true' the same through legacy
 * registers.
 */
#include <arch/barrier.h>
#include <arch/exception.h>
#include <arch/io.h>
#include <limpid/alloc.h>
#include <limpid/boot.h>
#include <limpid/delay.h>
#include <limpid/expect.h>
#include <limpid/gic.h>
#include <limpid/string.h>
#include <limpid/test.h>
#include <limpid/virtio.h>
#include "machines.h"

#define VIRTIO "Virtual I/O Device (VIRTIO) Version 1.2, "

TEST(virtio, slots, .doc = "each device that firmware names has the magic value and a known version; an empty one ID 0",
	.needs = "virtio-mmio", .source = VIRTIO "4.2.2 MMIO Device Register Layout")
{
	for (unsigned int i = 0; i < machine.virtio_count; i++) {
		struct virtio v = virtio_slot(i);

		EXPECT_EQ(virtio_read(&v, VIRTIO_MAGIC), (uint32_t)VIRTIO_MAGIC_VALUE);
		EXPECT_GE(v.version, 1u);
		EXPECT_LE(v.version, 2u);
		EXPECT_LT(virtio_read(&v, VIRTIO_DEVICE_ID), 64u);
		EXPECT_GE(v.irq.intid, 32u);
	}
}

static struct virtio find(uint32_t id, const char *name)
{
	struct virtio v;

	if (!virtio_find(id, &v))
		SKIP("there is no virtio %s", name);
	return v;
}

TEST(virtio, reset, .doc = "after a reset the status is 0, and bits that are written to it stay",
	.needs = "virtio-mmio", .qemu = QEMU_DEVICES, .source = VIRTIO "2.1 Device Status Field; 4.2.2.1")
{
	struct virtio v = find(VIRTIO_ID_RNG, "entropy source");

	virtio_reset(&v);
	EXPECT_EQ(virtio_read(&v, VIRTIO_STATUS), 0u);
	virtio_write(&v, VIRTIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE);
	EXPECT_EQ(virtio_read(&v, VIRTIO_STATUS), VIRTIO_STATUS_ACKNOWLEDGE);
	virtio_write(&v, VIRTIO_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	EXPECT_EQ(virtio_read(&v, VIRTIO_STATUS), VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	virtio_reset(&v);
	EXPECT_EQ(virtio_read(&v, VIRTIO_STATUS), 0u);
}

TEST(virtio, features, .doc = "a device of version 2 offers VIRTIO_F_VERSION_1 and takes it", .needs = "virtio-mmio",
	.qemu = QEMU_DEVICES, .source = VIRTIO "2.2 Feature Bits; 3.1.1 Driver Requirements: Device Initialization")
{
	struct virtio v = find(VIRTIO_ID_RNG, "entropy source");

	if (v.version < 2)
		SKIP("the device has legacy registers");
	virtio_reset(&v);
	EXPECT_EQ(virtio_features(&v) & VIRTIO_F_VERSION_1, VIRTIO_F_VERSION_1);
	EXPECT_TRUE(virtio_begin(&v, 0));
	virtio_end(&v);
}

TEST(virtio, queues, .doc = "the entropy source has one queue, whose size is a power of two", .needs = "virtio-mmio",
	.qemu = QEMU_DEVICES, .source = VIRTIO "4.2.2 QueueNumMax; 5.4.2 Entropy Device, Virtqueues")
{
	struct virtio v = find(VIRTIO_ID_RNG, "entropy source");
	uint32_t most;

	EXPECT_TRUE(virtio_begin(&v, 0));
	virtio_write(&v, VIRTIO_QUEUE_SELECT, 0);
	most = virtio_read(&v, VIRTIO_QUEUE_NUM_MAX);
	EXPECT_GT(most, 0u);
	if (v.version < 2) {
		EXPECT_EQ(most & (most - 1), 0u);
		EXPECT_EQ(virtio_read(&v, VIRTIO_QUEUE_PFN), 0u);
	} else {
		EXPECT_EQ(virtio_read(&v, VIRTIO_QUEUE_READY), 0u);
	}
	virtio_write(&v, VIRTIO_QUEUE_SELECT, 1);
	EXPECT_EQ(virtio_read(&v, VIRTIO_QUEUE_NUM_MAX), 0u);
	virtio_end(&v);
}

#define BYTES   64
#define GUARD   0xa5
#define WAIT_US 5000000

/* Has the device fill a buffer; returns the number of bytes that it says. */
static uint32_t fill(struct virtio *v, uint8_t *buffer, uint32_t size)
{
	uint64_t start = counter_read(), ticks = counter_from_us(WAIT_US);
	uint32_t length = 0;

	virtio_offer(v, buffer, size, true);
	while (!virtio_used(v, &length))
		if (counter_read() - start > ticks) {
			FAIL("the device has not used the buffer within %u s", WAIT_US / 1000000);
			break;
		}
	return length;
}

TEST(virtio, rng_round_trip, .doc = "the entropy source fills buffers through its queue, each otherwise, and no more",
	.needs = "virtio-mmio", .qemu = QEMU_DEVICES, .source = VIRTIO "2.7 Split Virtqueues; 5.4 Entropy Device")
{
	struct virtio v = find(VIRTIO_ID_RNG, "entropy source");
	uint8_t *buffer = malloc(2 * BYTES), last[BYTES] = {0};

	ASSERT_NE(buffer, NULL);
	ASSERT_TRUE(virtio_begin(&v, 0));
	ASSERT_TRUE(virtio_open_queue(&v, 0));
	for (unsigned int i = 0; i < 10; i++) {
		uint32_t length;

		memset(buffer, GUARD, 2 * BYTES);
		length = fill(&v, buffer, BYTES);
		EXPECT_GE(length, 1u);
		EXPECT_LE(length, (uint32_t)BYTES);
		/* With 64 bytes that is as likely as nothing is. */
		EXPECT_TRUE(length < BYTES || memcmp(buffer, last, BYTES));
		for (unsigned int at = BYTES; at < 2 * BYTES; at++)
			EXPECT_EQ(buffer[at], GUARD);
		memcpy(last, buffer, BYTES);
	}
	virtio_end(&v);
	free(buffer);
}

static struct virtio *interrupting;
static volatile uint32_t interrupts, statuses;

static void take_interrupt(unsigned int intid, void *arg)
{
	uint32_t status = virtio_read(interrupting, VIRTIO_INTERRUPT_STATUS);

	(void)intid;
	(void)arg;
	interrupts++;
	statuses |= status;
	virtio_write(interrupting, VIRTIO_INTERRUPT_ACK, status);
	/* The line is low before the interrupt is ended: the read comes back after the write took effect. */
	virtio_read(interrupting, VIRTIO_INTERRUPT_STATUS);
}

TEST(virtio, rng_interrupt, .doc = "a used buffer interrupts once, with bit 0 of InterruptStatus",
	.needs = "virtio-mmio gic", .qemu = QEMU_DEVICES,
	.source = VIRTIO "4.2.3.4 Notifications From The Device; 2.7.7 Used Buffer Notification Suppression")
{
	struct virtio v = find(VIRTIO_ID_RNG, "entropy source");
	uint8_t *buffer = malloc(BYTES);
	uint64_t start, ticks = counter_from_us(WAIT_US);

	if (!v.irq.intid)
		SKIP("the machine's description has no interrupt for this device");
	ASSERT_NE(buffer, NULL);
	ASSERT_TRUE(virtio_begin(&v, 0));
	ASSERT_TRUE(virtio_open_queue(&v, 0));
	interrupting = &v;
	interrupts = 0;
	statuses = 0;
	gic_set_handler(v.irq.intid, take_interrupt, NULL);
	gic_enable_irq(v.irq.intid);
	irq_enable();
	fill(&v, buffer, BYTES);
	start = counter_read();
	while (!interrupts && counter_read() - start < ticks)
		cpu_relax();
	udelay(100);
	irq_disable();
	gic_disable_irq(v.irq.intid);
	EXPECT_EQ(interrupts, 1u);
	EXPECT_EQ(statuses, 1u);
	EXPECT_EQ(virtio_read(&v, VIRTIO_INTERRUPT_STATUS), 0u);
	virtio_end(&v);
	free(buffer);
}

#define CONSOLE_F_MULTIPORT (1ull << 1)
#define CONSOLE_MAX_PORTS   4 /* in the configuration: behind two halfwords */
#define PORTS               5 /* of QEMU_DEVICES */

TEST(virtio, console_config, .doc = "the serial device's configuration has as many ports as it was given",
	.needs = "virtio-mmio", .qemu = QEMU_DEVICES,
	.source = VIRTIO "5.3.4 Console Device, Device configuration layout")
{
	struct virtio v = find(VIRTIO_ID_CONSOLE, "serial device");
	uint32_t word;

	ASSERT_TRUE(virtio_begin(&v, CONSOLE_F_MULTIPORT));
	EXPECT_EQ(virtio_features(&v) & CONSOLE_F_MULTIPORT, CONSOLE_F_MULTIPORT);
	word = virtio_read(&v, VIRTIO_CONFIG + CONSOLE_MAX_PORTS);
	EXPECT_EQ(word, (uint32_t)PORTS);
	/* Bytes and halfwords as well. */
	for (unsigned int i = 0; i < 4; i++)
		EXPECT_EQ(io_read8(v.base + VIRTIO_CONFIG + CONSOLE_MAX_PORTS + i), word >> 8 * i & 0xff);
	EXPECT_EQ(io_read16(v.base + VIRTIO_CONFIG + CONSOLE_MAX_PORTS), word & 0xffff);
	virtio_end(&v);
}

TEST(virtio, config_generation, .doc = "the configuration's generation does not change by itself",
	.needs = "virtio-mmio", .qemu = QEMU_DEVICES,
	.source = VIRTIO "2.5.1 Device Requirements: Device Configuration Space")
{
	struct virtio v = find(VIRTIO_ID_CONSOLE, "serial device");
	uint32_t before;

	if (v.version < 2)
		SKIP("the device has legacy registers");
	before = virtio_read(&v, VIRTIO_CONFIG_GEN);
	virtio_read(&v, VIRTIO_CONFIG + CONSOLE_MAX_PORTS);
	EXPECT_EQ(virtio_read(&v, VIRTIO_CONFIG_GEN), before);
}
