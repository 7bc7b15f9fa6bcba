/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.c - events to the model and to the record, findings to their file.
 *
 * A finding is a line of JSON as finding_json() makes it, with one more member: "stack", the return addresses of the
 * CPU that made the observation, innermost first, by its frame pointers. The last line is
 *
 *      {"end":true,"initial":"clean","events":N,"findings":N,"errors":N,"seen":{"dc":N,...},"rules":{"C5":N,...},
 *       "notices":["..."]}
 *
 * without which the run was cut short. "initial" is the assumption that was used, given or not; it is missing when no
 * instruction ran. "seen" counts what the guest did by which caches and memory part or meet: a run without findings
 * means something when there was something to judge. "rules" counts how often the situation came up in which each rule
 * decides (model/rules.def).
 */
#include "feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inject.h"
#include "memory.h"
#include "plugin.h"

#define STACK_MAX   16
#define NOTICES_MAX 16

struct model *model;
struct model_config model_config;
bool recording;

static FILE *findings, *record;
static struct log_writer *writer;
static char *notices[NOTICES_MAX];
static unsigned notice_count;
static bool finishing;
static unsigned long long seen[EVENT_KINDS]; /* events, by their kind */

bool output_open(const char *findings_name, const char *record_name)
{
	findings = fopen(findings_name, "w");
	if (!findings) {
		plugin_say("cannot write %s: %s", findings_name, strerror(errno));
		return false;
	}
	if (!record_name)
		return true;
	record = fopen(record_name, "wb");
	if (!record) {
		plugin_say("cannot write %s: %s", record_name, strerror(errno));
		return false;
	}
	recording = true;
	return true;
}

static bool read_guest(struct vcpu *vcpu, uint64_t va, uint64_t *value)
{
	struct translation t;

	return !(va & 7) && tlb_peek(vcpu, va, &t) && memory_read(NULL, t.pa, value);
}

/* Appends ,"stack":[...] to the object in @line of @length. */
static size_t add_stack(char *line, size_t length, size_t size, const struct finding *finding)
{
	struct vcpu *vcpu = vcpu_running;
	uint64_t frame, next, link;
	size_t at = length - 2; /* "}\n" */

	if (!vcpu || !vcpu->x || vcpu->index != finding->cpu || size < length + 40 * STACK_MAX)
		return length;
	frame = vcpu->x[29];
	at += snprintf(line + at, size - at, ",\"stack\":[\"0x%llx\"", (unsigned long long)vcpu_link(vcpu));
	for (unsigned i = 1; i < STACK_MAX && frame; i++) {
		if (!read_guest(vcpu, frame, &next) || !read_guest(vcpu, frame + 8, &link) || !link)
			break;
		at += snprintf(line + at, size - at, ",\"0x%llx\"", (unsigned long long)code_address(vcpu, link));
		if (next <= frame) /* stacks grow down */
			break;
		frame = next;
	}
	at += snprintf(line + at, size - at, "]}\n");
	return at;
}

static void found(void *context, const struct finding *finding)
{
	static char line[FINDING_JSON_SIZE + 64 * STACK_MAX];
	size_t length = finding_json(finding, line, FINDING_JSON_SIZE);

	(void)context;
	if (length && !finishing)
		length = add_stack(line, length, sizeof(line), finding);
	fwrite(line, 1, length, findings);
	fflush(findings);
}

static void notice(void *context, const char *text)
{
	(void)context;
	plugin_say("%s", text);
	if (notice_count < NOTICES_MAX)
		notices[notice_count++] = strdup(text);
}

static bool may_allocate(void *context, enum space space, uint64_t pa)
{
	bool yes = regime_may_allocate(context, space, pa);

	if (writer)
		log_write_answer(writer, space, pa, yes);
	return yes;
}

bool output_start(void)
{
	struct model_hooks hooks = {.may_allocate = may_allocate, .found = found, .notice = notice};

	model = model_new(&model_config, &hooks);
	if (!model) {
		plugin_say("cannot reserve memory for the model");
		return false;
	}
	if (record) {
		writer = log_writer_new(record, &model_config);
		if (!writer) {
			plugin_say("cannot write the record: %s", strerror(errno));
			return false;
		}
	}
	return true;
}

uint64_t feed_events;

void feed_record(struct event *event)
{
	if (writer)
		log_write(writer, event);
}

void feed_event(struct event *event)
{
	feed_events++;
	seen[event->kind]++;
	if (event->kind == EVENT_RAM)
		model_add_ram(model, &event->ram);
	else if (event->kind != EVENT_RESET)
		model_feed(model, event);
	else if (!model_reset(model))
		plugin_fail("cannot reserve memory for the model");
	if (injecting)
		inject_event(event);
	feed_record(event);
}

void feed_image(uint64_t pa, uint64_t size, const uint8_t *bytes)
{
	struct event event = {.kind = EVENT_EXTERNAL_WRITE};

	event.external_write.pa = pa;
	event.external_write.size = size;
	event.external_write.kind = EXTERNAL_IMAGE;
	event.external_write.space = SPACE_NONSECURE;
	event.external_write.bytes = bytes;
	event.external_write.lasting = !comparing();
	feed_event(&event);
}

void output_end(void)
{
	struct model_counts counts = {0};
	const char *injected = inject_summary(), *defect = inject_defect();
	char rules[RULES_JSON_SIZE];

	if (!findings)
		return;
	if (injected)
		notice(NULL, injected);
	/* Who reads the file finds no object here, and says why it cannot be believed. */
	if (defect) {
		notice(NULL, defect);
		fprintf(findings, "%s\n", defect);
	}
	if (model) {
		finishing = true;
		model_finish(model);
		model_counts(model, &counts);
	}
	fprintf(findings, "{\"end\":true");
	if (model)
		fprintf(findings, ",\"initial\":\"%s\"", options_value(&model_config.options, option_table));
	fprintf(findings,
		",\"events\":%llu,\"findings\":%llu,\"errors\":%llu,\"clouds_max\":%llu,"
		"\"given_up\":%llu,\"writers\":%llu,\"seen\":{\"switches\":%llu,\"dc\":%llu,\"set_way\":%llu,\"ic\":%"
		"llu,"
		"\"tlbi\":%llu,\"barriers\":%llu,\"register_writes\":%llu}",
		(unsigned long long)counts.events, (unsigned long long)counts.findings,
		(unsigned long long)counts.errors, (unsigned long long)counts.clouds_max,
		(unsigned long long)counts.given_up, (unsigned long long)counts.writers, seen[EVENT_REGIME_SWITCH],
		seen[EVENT_DC], seen[EVENT_DC_SET_WAY], seen[EVENT_IC], seen[EVENT_TLBI], seen[EVENT_BARRIER],
		seen[EVENT_REGISTER_WRITE]);
	if (model && rules_json(counts.exercised, rules, sizeof(rules)))
		fprintf(findings, ",\"rules\":%s", rules);
	fprintf(findings, ",\"notices\":[");
	for (unsigned i = 0; i < notice_count; i++)
		fprintf(findings, "%s\"%s\"", i ? "," : "", notices[i]);
	fprintf(findings, "]}\n");
	if (fclose(findings))
		plugin_say("the findings could not be written: %s", strerror(errno));
	findings = NULL;
	if (writer && !log_writer_free(writer))
		plugin_say("the record could not be written");
	writer = NULL;
	if (record)
		fclose(record);
	record = NULL;
}
