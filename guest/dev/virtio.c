/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arch/barrier.h>
#include <arch/io.h>
#include <limpid/boot.h>
#include <limpid/check.h>
#include <limpid/mmu.h>
#include <limpid/page_alloc.h>
#include <limpid/phys.h>
#include <limpid/string.h>
#include <limpid/virtio.h>

#define VIRTIO_SIZE 0x200
#define QUEUE_SIZE  4
#define QUEUE_INDEX 0
#define LEGACY_PAGE 4096

#define DESC_WRITE 2u /* by the device */

struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

struct available {
	uint16_t flags, index, ring[QUEUE_SIZE], event;
};

struct used {
	uint16_t flags, index;
	struct {
		uint32_t id, length;
	} ring[QUEUE_SIZE];
	uint16_t event;
};

/* As a legacy device wants it: the used ring at the next page. */
struct virtio_queue {
	struct descriptor descriptors[QUEUE_SIZE];
	struct available available;
	struct used used __attribute__((aligned(LEGACY_PAGE)));
};

_Static_assert(sizeof(struct descriptor) == 16, "VIRTIO 1.2, 2.7.5 The Virtqueue Descriptor Table");
_Static_assert(offsetof(struct available, ring) == 4, "VIRTIO 1.2, 2.7.6 The Virtqueue Available Ring");
_Static_assert(offsetof(struct used, ring) == 4, "VIRTIO 1.2, 2.7.8 The Virtqueue Used Ring");

uint32_t virtio_read(const struct virtio *v, unsigned int offset)
{
	return io_read32(v->base + offset);
}

void virtio_write(const struct virtio *v, unsigned int offset, uint32_t value)
{
	io_write32(v->base + offset, value);
}

struct virtio virtio_slot(unsigned int index)
{
	struct virtio v = {.irq = machine.virtio[index].irq};

	CHECK(index < machine.virtio_count);
	v.base = io_map(pa_make(machine.virtio[index].base), VIRTIO_SIZE);
	v.version = virtio_read(&v, VIRTIO_VERSION);
	return v;
}

bool virtio_find(uint32_t id, struct virtio *found)
{
	for (unsigned int i = 0; i < machine.virtio_count; i++) {
		struct virtio v = virtio_slot(i);

		if (virtio_read(&v, VIRTIO_MAGIC) != VIRTIO_MAGIC_VALUE || virtio_read(&v, VIRTIO_DEVICE_ID) != id)
			continue;
		*found = v;
		return true;
	}
	return false;
}

void virtio_reset(struct virtio *v)
{
	virtio_write(v, VIRTIO_STATUS, 0);
	while (virtio_read(v, VIRTIO_STATUS))
		cpu_relax();
}

uint64_t virtio_features(const struct virtio *v)
{
	uint64_t low;

	virtio_write(v, VIRTIO_DEVICE_SELECT, 0);
	low = virtio_read(v, VIRTIO_DEVICE_FEATURES);
	virtio_write(v, VIRTIO_DEVICE_SELECT, 1);
	return (uint64_t)virtio_read(v, VIRTIO_DEVICE_FEATURES) << 32 | low;
}

static void add_status(const struct virtio *v, uint32_t bits)
{
	virtio_write(v, VIRTIO_STATUS, virtio_read(v, VIRTIO_STATUS) | bits);
}

bool virtio_begin(struct virtio *v, uint64_t features)
{
	virtio_reset(v);
	add_status(v, VIRTIO_STATUS_ACKNOWLEDGE);
	add_status(v, VIRTIO_STATUS_DRIVER);
	if (v->version >= 2)
		features |= VIRTIO_F_VERSION_1;
	features &= virtio_features(v);
	virtio_write(v, VIRTIO_DRIVER_SELECT, 0);
	virtio_write(v, VIRTIO_DRIVER_FEATURES, features);
	virtio_write(v, VIRTIO_DRIVER_SELECT, 1);
	virtio_write(v, VIRTIO_DRIVER_FEATURES, features >> 32);
	if (v->version < 2)
		return true;
	add_status(v, VIRTIO_STATUS_FEATURES_OK);
	return virtio_read(v, VIRTIO_STATUS) & VIRTIO_STATUS_FEATURES_OK;
}

static void write64(const struct virtio *v, unsigned int offset, uint64_t value)
{
	virtio_write(v, offset, value);
	virtio_write(v, offset + 4, value >> 32);
}

bool virtio_open_queue(struct virtio *v, unsigned int index)
{
	unsigned int order = page_order(sizeof(struct virtio_queue));
	pa_t pages;

	virtio_write(v, VIRTIO_QUEUE_SELECT, index);
	if (virtio_read(v, VIRTIO_QUEUE_NUM_MAX) < QUEUE_SIZE)
		return false;
	pages = page_alloc_zeroed(order);
	CHECK(!pa_is_none(pages));
	v->queue = phys_to_virt(pages);
	v->used = 0;
	/* The zeros are in memory before the device hears of the queue. */
	dmb(osh);
	virtio_write(v, VIRTIO_QUEUE_NUM, QUEUE_SIZE);
	if (v->version < 2) {
		virtio_write(v, VIRTIO_GUEST_PAGE_SIZE, LEGACY_PAGE);
		virtio_write(v, VIRTIO_QUEUE_ALIGN, LEGACY_PAGE);
		virtio_write(v, VIRTIO_QUEUE_PFN, pages.pa / LEGACY_PAGE);
	} else {
		write64(v, VIRTIO_QUEUE_DESC, pages.pa + offsetof(struct virtio_queue, descriptors));
		write64(v, VIRTIO_QUEUE_DRIVER, pages.pa + offsetof(struct virtio_queue, available));
		write64(v, VIRTIO_QUEUE_DEVICE, pages.pa + offsetof(struct virtio_queue, used));
		virtio_write(v, VIRTIO_QUEUE_READY, 1);
	}
	add_status(v, VIRTIO_STATUS_DRIVER_OK);
	return true;
}

void virtio_offer(struct virtio *v, void *buffer, uint32_t size, bool device_writes)
{
	struct virtio_queue *q = v->queue;
	uint16_t index = *(volatile uint16_t *)&q->available.index;

	q->descriptors[0] = (struct descriptor){virt_to_phys(buffer).pa, size, device_writes ? DESC_WRITE : 0, 0};
	q->available.ring[index % QUEUE_SIZE] = 0;
	/* The device, another observer, sees descriptor and ring entry when it sees the index. */
	dmb(oshst);
	*(volatile uint16_t *)&q->available.index = index + 1;
	/* It sees the index when it is notified. */
	dmb(osh);
	virtio_write(v, VIRTIO_QUEUE_NOTIFY, QUEUE_INDEX);
}

bool virtio_used(struct virtio *v, uint32_t *length)
{
	struct virtio_queue *q = v->queue;

	if (*(volatile uint16_t *)&q->used.index == v->used)
		return false;
	/* The entry, and the buffer, are read after the index that says that they are there. */
	dmb(oshld);
	*length = *(volatile uint32_t *)&q->used.ring[v->used % QUEUE_SIZE].length;
	v->used++;
	return true;
}

void virtio_end(struct virtio *v)
{
	virtio_reset(v);
	if (v->queue)
		page_free(virt_to_phys(v->queue), page_order(sizeof(struct virtio_queue)));
	v->queue = NULL;
}
