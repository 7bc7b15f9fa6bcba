/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sanitizer.h - the sanitizer as `limpid check` has it: the plugin and its options, what was found in all machines so
 * far, and the reports at the end.
 */
#ifndef CLI_SANITIZER_H
#define CLI_SANITIZER_H

#include <glib.h>
#include <stdio.h>

#include "findings.h"
#include "instrument.h"
#include "options.h"
#include "status.h"

/* What the model may assume: handed to the plugin as it is, so the names and values are those of its table. */
#define MODEL_OPTIONS                                                                                                  \
	{"initial", 0, OPTION_CHOICE, "invalid|clean|dirty", OPTION_CONFIG | OPTION_CHECK, NULL, NULL, 0, 0,           \
		"what caches may hold at the start: nothing, copies of anything,\nor dirty lines too; default: clean " \
		"for -kernel, else invalid"},                                                                          \
		{"initial-tlb", 0, OPTION_CHOICE, "empty|unknown", OPTION_CONFIG | OPTION_CHECK, NULL, NULL, 0, 0,     \
			"what TLBs may hold at the start; default: empty"},                                            \
		{"dma", 0, OPTION_CHOICE, "coherent|noncoherent", OPTION_CONFIG | OPTION_CHECK, NULL, NULL, 0, 0,      \
			"whether devices see the caches; default: coherent"},                                          \
		{"doorbell", 0, OPTION_CHOICE, "dmb|dsb", OPTION_CONFIG | OPTION_CHECK, NULL, NULL, 0, 0,              \
			"what must order data before a doorbell; default: dmb"},                                       \
		{"trust-ids", 0, OPTION_CHOICE, "on|off", OPTION_CONFIG | OPTION_CHECK, NULL, NULL, 0, 0,              \
			"believe the guest-visible CTR and CLIDR, or assume the worst;\ndefault: on"},                 \
		{"set-way", 0, OPTION_CHOICE, "credit|private|never", OPTION_CONFIG | OPTION_CHECK, NULL, NULL, 0, 0,  \
			"set/way maintenance: credit where it can work, none beyond\nprivate caches, or none; "        \
			"default: credit"},                                                                            \
		{"cwg0", 0, OPTION_CHOICE, "dminline|2048", OPTION_CONFIG | OPTION_CHECK, NULL, NULL, 0, 0,            \
			"write-back granule when CTR_EL0.CWG is 0; default: dminline"},                                \
		{"higher-el-allocates", 0, OPTION_CHOICE, "on|off", OPTION_CONFIG | OPTION_CHECK, NULL, NULL, 0, 0,    \
			"a cacheable mapping of a higher EL allows allocation;\ndefault: off"},                        \
		{"af0-allocates", 0, OPTION_CHOICE, "on|off", OPTION_CONFIG | OPTION_CHECK, NULL, NULL, 0, 0,          \
			"a mapping with AF = 0 allows allocation even where hardware\ndoes not manage that flag; "     \
			"default: off"},                                                                               \
		{"shareability-mismatch", 0, OPTION_CHOICE, "strict|practical", OPTION_CONFIG | OPTION_CHECK, NULL,    \
			NULL, 0, 0,                                                                                    \
			"whether MMU-off accesses count as outer shareable against\ninner shareable ones; default: "   \
			"practical"},                                                                                  \
		{"spurious-faults", 0, OPTION_CHOICE, "off|warn", OPTION_CONFIG | OPTION_CHECK, NULL, NULL, 0, 0,      \
			"report what can only fault spuriously; default: warn"},                                       \
		{"vipt", 0, OPTION_CHOICE, "on|off", OPTION_CONFIG | OPTION_CHECK, NULL, NULL, 0, 0,                   \
			"instruction maintenance by address covers only the address\nused; default: off"},             \
		{"hw-coherent-power-down", 0, OPTION_CHOICE, "on|off", OPTION_CONFIG | OPTION_CHECK, NULL, NULL, 0, 0, \
			"hardware cleans the caches of a CPU that loses power;\ndefault: off"},                        \
	{                                                                                                              \
		"notes", 0, OPTION_CHOICE, "on|off", OPTION_CONFIG | OPTION_CHECK, NULL, NULL, 0, 0,                   \
			"report notes, too; default: off"                                                              \
	}

#define CHECK_OPTIONS                                                                                                  \
	MODEL_OPTIONS,                                                                                                 \
		{"inject", 0, OPTION_CHOICE, "none|worst|random", OPTION_CONFIG | OPTION_CHECK, "none", NULL, 0, 0,    \
			"give the guest what hardware may give: what differs wherever\nthat is permitted, or now and " \
			"then, by --seed"},                                                                            \
		{"seed", 0, OPTION_UINT, "N", OPTION_CONFIG | OPTION_CHECK, "1", NULL, 0, 0,                           \
			"of --inject random; each round of --repeat takes the next"},                                  \
		{"table", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,                                                \
			"run the tests three times, plainly, under the sanitizer, and with\n--inject worst, and "      \
			"print the verdicts side by side"},                                                            \
		{"symbols", 0, OPTION_TEXT, "ELF[@ADDR]", OPTION_REPEAT, NULL, NULL, 0, 0,                             \
			"symbols of what runs, and where its lowest byte is; without an\naddress it is looked for in " \
			"the machine's RAM; may be given\nseveral times"},                                             \
		{"sarif", 0, OPTION_TEXT, "FILE", OPTION_CONFIG, NULL, NULL, 0, 0, "write the findings as SARIF"},     \
		{"html", 0, OPTION_TEXT, "FILE", OPTION_CONFIG, NULL, NULL, 0, 0,                                      \
			"write the findings as a page of HTML"},                                                       \
		{"suppress", 0, OPTION_TEXT, "FILE", OPTION_CONFIG | OPTION_REPEAT | OPTION_CHECK, NULL, NULL, 0, 0,   \
			"findings that are known, with reasons; may be given several\ntimes"},                         \
		{"gen-suppressions", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,                                     \
			"print a block for --suppress for each finding"},                                              \
		{"coverage", 0, OPTION_FLAG, NULL, 0, "false", NULL, 0, 0,                                             \
			"count how often each of the sanitizer's rules had something to\ndecide, and name those that "  \
			"never had"},                                                                                  \
		{"error-exitcode", 0, OPTION_UINT, "N", OPTION_CONFIG, "6", NULL, 0, 255,                              \
			"the exit status for findings"},                                                               \
		{"record", 0, OPTION_TEXT, "FILE", 0, NULL, NULL, 0, 0,                                                \
			"write the events of the one machine, for --replay"},                                          \
		{"replay", 0, OPTION_TEXT, "FILE", 0, NULL, NULL, 0, 0,                                                \
			"no machine: what --record has written, once more"},                                           \
		{"picture", 0, OPTION_TEXT, "FILE", 0, NULL, NULL, 0, 0,                                               \
			"with --replay: draw the first error as SVG, time downwards, with\nlanes for the CPUs, the "   \
			"copy in a cache, and memory"},                                                                \
	{                                                                                                              \
		"plugin", 0, OPTION_TEXT, "FILE", 0, NULL, "LIMPID_PLUGIN", 0, 0,                                      \
			"the plugin; default: that of this limpid"                                                     \
	}

struct sanitizer;

/* From the settings of `limpid check`. Needs the plugin's file, and reads suppressions. */
struct sanitizer *sanitizer_new(const struct settings *settings, GError **error);
void sanitizer_free(struct sanitizer *sanitizer);

/* "none", "worst", "random": --inject */
const char *sanitizer_inject(const struct sanitizer *sanitizer);

/* QEMU's command line under the sanitizer: see instrument.h. @record may be NULL. @round: of --repeat, from 1. */
gboolean sanitizer_instrument(const struct sanitizer *sanitizer, const char *const *argv, const char *findings,
	const char *record, guint round, struct instrumented *out, GError **error);

/* --symbols, as a fresh set for one machine: each may have the files elsewhere. */
struct loaded *sanitizer_loaded(const struct sanitizer *sanitizer, GError **error);

/*
 * Takes what a machine's plugin has written, and resolves it. @ended: the machine ended by itself or was told to, so
 * that the end line should be there. @test, @expected and @seen: see findings_take(). False when the file cannot be
 * believed, which has been complained of then; what could be read counts nevertheless.
 */
gboolean sanitizer_take(struct sanitizer *sanitizer, struct evidence *evidence, struct loaded *loaded, const char *test,
	const struct expectation *expected, GPtrArray *seen, struct tally *tally);

/* What caches were taken to hold at the start: "clean", or "clean, invalid" of several machines; NULL: not known. */
const char *sanitizer_initial(const struct sanitizer *sanitizer);

const struct findings *sanitizer_findings(const struct sanitizer *sanitizer);

/*
 * Prints the findings, and writes the files of --sarif and --html. @title: what ran, for the page. @json, if not NULL,
 * gets a line a finding. @with_expected: show those too that tests are there to make.
 */
gboolean sanitizer_report(struct sanitizer *sanitizer, const char *title, FILE *json, gboolean with_expected);

/* What findings make of a status that is otherwise @status. */
int sanitizer_status(const struct sanitizer *sanitizer, int status);

/* The addresses that findings will ask about. */
GArray *evidence_addresses(const struct evidence *evidence);

#endif
