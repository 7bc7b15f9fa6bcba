/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oracle - does the model say what a machine with caches may do?
 *
 *      oracle --part                        about half a minute
 *      oracle --full                        all of them. Data: one PE up to length 5, two PEs up to length 4; fetch: 7
 * and 5; translation: 6 and 5 oracle [--of data|fetch|translation] --pes N --length N [--setting N] [--rate N] of data
 * only: one setting; beyond length 3 one letter in N is followed
 *
 * Prints how many programs were judged and how many disagreements there are, and the first ones. Exits with 1 when
 * there are any.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch_search.h"
#include "search.h"
#include "translation_search.h"

static int usage(void)
{
	fprintf(stderr,
		"usage: oracle --part | --full | [--of data] --pes 1|2 --length 1..%d [--setting N] [--rate N]\n"
		"       oracle --of fetch|translation --pes 1|2 --length 1..%d\n",
		SEARCH_LENGTH, FETCH_SEARCH_LENGTH);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"part", no_argument, NULL, 'p'},
		{"full", no_argument, NULL, 'f'},
		{"pes", required_argument, NULL, 'n'},
		{"length", required_argument, NULL, 'l'},
		{"setting", required_argument, NULL, 's'},
		{"rate", required_argument, NULL, 'r'},
		{"of", required_argument, NULL, 'o'},
		{NULL, 0, NULL, 0},
	};
	int mode = 0, pes = 1, length = 0, setting = -1, rate = 1, option;
	struct totals totals = {0};
	const char *of = "data";
	bool ok = true;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'p':
		case 'f':
			mode = option;
			break;
		case 'n':
			pes = atoi(optarg);
			break;
		case 'l':
			length = atoi(optarg);
			break;
		case 's':
			setting = atoi(optarg);
			break;
		case 'r':
			rate = atoi(optarg);
			break;
		case 'o':
			of = optarg;
			break;
		default:
			return usage();
		}
	}
	if (strcmp(of, "data") != 0 && strcmp(of, "fetch") != 0 && strcmp(of, "translation") != 0)
		return usage();
	if (optind != argc || rate < 1 || pes < 1 || pes > 2 || length < 0 ||
		length > (strcmp(of, "data") == 0 ? SEARCH_LENGTH : FETCH_SEARCH_LENGTH) || (!mode && !length))
		return usage();
	if (mode == 'p') {
		ok = search_run(1, 4, 4, 1, setting, &totals) && search_run(1, 6, 2, 6, setting, &totals) &&
		     search_run(2, 3, 3, 1, setting, &totals) && search_run(2, 5, 2, 6, setting, &totals) &&
		     fetch_search_run(1, 5, &totals) && fetch_search_run(2, 4, &totals) &&
		     translation_search_run(1, 4, &totals) && translation_search_run(2, 4, &totals);
	} else if (mode == 'f') {
		ok = search_run(1, 5, 5, 1, setting, &totals) && search_run(2, 4, 4, 1, setting, &totals) &&
		     fetch_search_run(1, 7, &totals) && fetch_search_run(2, 5, &totals) &&
		     translation_search_run(1, 6, &totals) && translation_search_run(2, 5, &totals);
	} else if (strcmp(of, "fetch") == 0) {
		ok = fetch_search_run((unsigned)pes, (unsigned)length, &totals);
	} else if (strcmp(of, "translation") == 0) {
		ok = translation_search_run((unsigned)pes, (unsigned)length, &totals);
	} else {
		ok = search_run((unsigned)pes, (unsigned)length, rate > 1 ? 3 : (unsigned)length, (unsigned)rate,
			setting, &totals);
	}
	if (!ok) {
		fprintf(stderr, "oracle: out of memory\n");
		return 3;
	}
	printf("oracle: %llu programs, %llu disagreements\n", (unsigned long long)totals.programs,
		(unsigned long long)totals.disagreements);
	return totals.disagreements != 0;
}
