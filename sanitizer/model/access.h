/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * access.h - what loads, stores and devices' writes share. Internal to the model.
 */
#ifndef MODEL_ACCESS_H
#define MODEL_ACCESS_H

#include "internal.h"

/* Does byte @i of a line that holds @line_value differ from what the access read or wrote? */
static inline bool access_differs(const uint8_t *line_value, const struct access *a, unsigned i)
{
	return line_value[i] != a->value[i - (a->pa & (LINE_SIZE - 1))];
}

static inline uint64_t access_mask(const struct access *a)
{
	return line_mask(a->pa & (LINE_SIZE - 1), a->size);
}

/* The access's bytes at their place in a line. */
static inline const uint8_t *access_line(const struct access *a, uint8_t bytes[LINE_SIZE])
{
	memset(bytes, 0, LINE_SIZE);
	memcpy(bytes + (a->pa & (LINE_SIZE - 1)), a->value, a->size);
	return bytes;
}

/* Pending DCs of @cpu with operation @op, issued before its event number @before. */
static inline unsigned own_ops(const struct cloud *cloud, unsigned cpu, unsigned op, uint32_t before)
{
	unsigned ops = 0;

	for (unsigned i = 0; i < cloud->op_count; i++)
		if (cloud->ops[i].cpu == cpu && cloud->ops[i].op == op && cloud->ops[i].seq < before)
			ops |= 1u << i;
	return ops;
}

/* Bytes of @mask that are not in @line_value what they were when they were last written or read: a device wrote them.
 */
uint64_t access_changed(struct model *m, struct ref ref, uint64_t mask, const uint8_t *line_value);

/*
 * Before an access of the line by @cpu: the DCs of other CPUs behind which there is a DMB have executed. What comes
 * after that DMB, such as the flag that told this CPU, is not observed before their effects are.
 *
 * Source: DDI 0487, appendix "Barrier Litmus Tests", "Message passing to non-caching observers".
 */
void line_settle_maintenance(struct model *m, struct ref ref, unsigned cpu);

void line_set_writer(struct ref ref, uint64_t mask, uint32_t writer);
void line_copy_bytes(uint8_t *to, const uint8_t *from, uint64_t mask);
/* The bytes are written: why they were wrong is history. */
void cloud_forget_causes(struct cloud *cloud, uint64_t mask);

/* @both: it may also be made under the attributes of before a switch that is not synchronized. */
void access_read(struct model *m, struct ref ref, const struct access *a, bool cacheable, bool both);
void access_write(struct model *m, struct ref ref, const struct access *a, bool both);

#endif
