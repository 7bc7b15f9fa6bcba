/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "attributes.h"

const char *attributes_text(struct attributes a, char buffer[ATTRIBUTES_TEXT])
{
	static const char *const types[] = {"Device-nGnRnE", "Device-nGnRE", "Device-nGRE", "Device-GRE"};
	static const char *const caches[] = {"NC", "WT", "WB"};
	static const char *const shares[] = {"NSH", "OSH", "ISH"};
	static const char *const whys[] = {"", " (MMU off)", " (C=0)", " (stage 2)", " (HCR.DC)"};
	const char *why = whys[a.why <= WHY_HCR_DC ? a.why : 0];

	if (a.type < MEMORY_NORMAL)
		snprintf(buffer, ATTRIBUTES_TEXT, "%s%s", types[a.type], why);
	else if (!attributes_are_cacheable(a))
		snprintf(buffer, ATTRIBUTES_TEXT, "Normal NC%s", why);
	else if (a.inner == a.outer)
		snprintf(buffer, ATTRIBUTES_TEXT, "Normal %s %s%s", caches[a.inner % 3], shares[a.share % 3], why);
	else
		snprintf(buffer, ATTRIBUTES_TEXT, "Normal i%s o%s %s%s", caches[a.inner % 3], caches[a.outer % 3],
			shares[a.share % 3], why);
	return buffer;
}
