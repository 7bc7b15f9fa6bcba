/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * finding.h - what the sanitizer's plugin writes, a JSON object a line, read back; sanitizer/model/finding.h is the
 * other side of this seam.
 *
 * The file is not trusted: the plugin lives in the process of a machine that may run anything, and may be killed in the
 * middle of a line. Every text is neutral when it is here, every number has been checked.
 */
#ifndef CLI_FINDING_H
#define CLI_FINDING_H

#include <glib.h>

#include "rules.h"

enum severity_level { LEVEL_NOTE, LEVEL_WARNING, LEVEL_ERROR };

/* "note", "warning", "error" */
const char *level_name(enum severity_level level);

/* Who did something: the access itself, the write, or what came before. */
struct actor {
	gboolean known;
	guint64 pc, va, link; /* link: return address at that time, 0 when unknown, like va */
	guint cpu, el;
	gboolean mmu;
	char *attributes; /* "Normal WB ISH", or NULL */
};

struct finding {
	guint64 id, count;
	char *kind;
	enum severity_level level;
	char *rule, *text, *remedy; /* NULL when not given, as are the texts below */
	char *done, *assumption, *reg, *root;
	struct actor access;
	char *how;   /* "read", "write", "walk", "fetch", "translation"; NULL: no access to memory */
	char *space; /* "nonsecure", ... */
	guint64 pa;
	guint size;
	char *got;         /* hexadecimal bytes, the lowest address first; "??" is one that is not known */
	GPtrArray *may_be; /* char *, likewise */
	guint64 may_be_pa; /* where hardware may go instead of pa; 0: not said */
	struct actor writer, before;
	GArray *stack; /* guint64: return addresses, from the caller of the function outwards */
};

void finding_free(struct finding *finding);

/* Reads one line, without its newline. NULL when it is none, with what is wrong in @problem. */
struct finding *finding_read(const char *line, gsize len, char **problem);

/* What the machine did that the sanitizer exists for: without it, no findings mean nothing. */
struct seen {
	gboolean known;   /* the end line says so */
	guint64 switches; /* of the MMU or the caches, by a register or by a change of exception level */
	guint64 dc, set_way, ic, tlbi, barriers, register_writes;
};

/* A whole file: each finding once, with its last count, in the order in which they came. */
struct evidence {
	GPtrArray *findings; /* struct finding */
	gboolean whole;      /* the end line was there: the plugin saw the machine's end */
	char *initial;       /* what the caches were taken to hold at the start, if the end line says so */
	struct seen seen;
	struct coverage coverage; /* what rules had to decide */
	GPtrArray *notices; /* char *: what the plugin has to say besides */
	char *problem;      /* why the file cannot be believed, or NULL; what could be read is here nevertheless */
};

/* Never NULL. A file that is missing is a problem, too: a plugin that ran has made it. */
struct evidence *evidence_read(const char *path);
void evidence_free(struct evidence *evidence);

#endif
