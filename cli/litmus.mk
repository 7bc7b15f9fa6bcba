# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tests of `limpid litmus`: the reader and the machine under AddressSanitizer and UndefinedBehaviorSanitizer, the machine
# against the oracle, and a fuzzer of the reader; and the oracle's other models against published tests (fetch.h,
# translation.h).

litmus := $(BUILD)/litmus
litmus-sources := cli/litmus_code.c cli/litmus_init.c cli/litmus_show.c cli/litmus_test.c cli/litmus_token.c cli/text.c \
	$(patsubst %,sanitizer/oracle/%.c,explore machine order)
litmus-cflags := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -g -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all

$(litmus)/check/%.o: %.c cli/litmus.mk
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(HOST_CC) $(litmus-cflags) $(san-glib-cflags) -MMD -MP -c -o $@ $<

$(litmus)/test-litmus: $(patsubst %.c,$(litmus)/check/%.o,cli/tests/litmus/test_litmus.c $(litmus-sources))
	$(call say,LD,$@)
	$(Q)$(HOST_CC) $(litmus-cflags) -o $@ $^ $(san-glib-libs)

$(litmus)/test-machine: $(patsubst %,$(san)/obj/oracle/%.o,test_machine caches explore machine order)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(HOST_CC) $(CFLAGS) -o $@ $^ $(san-glib-libs)

$(litmus)/test-fetch: $(patsubst %,$(litmus)/check/sanitizer/oracle/%.o,fetch reached test_fetch)
	$(call say,LD,$@)
	$(Q)$(HOST_CC) $(litmus-cflags) -o $@ $^ $(san-glib-libs)

$(litmus)/test-translation: $(patsubst %,$(litmus)/check/sanitizer/oracle/%.o,translation reached test_translation)
	$(call say,LD,$@)
	$(Q)$(HOST_CC) $(litmus-cflags) -o $@ $^ $(san-glib-libs)

host-tests += $(patsubst %,$(litmus)/test-%,litmus machine fetch translation)

$(litmus)/fuzz/%.o: %.c cli/litmus.mk
	@mkdir -p $(@D)
	$(call say,FUZZCC,$@)
	$(Q)$(FUZZ_CC) $(litmus-cflags) $(san-glib-cflags) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(litmus)/fuzz-litmus: $(patsubst %.c,$(litmus)/fuzz/%.o,cli/tests/litmus/fuzz_litmus.c $(litmus-sources))
	$(call say,FUZZLD,$@)
	$(Q)$(FUZZ_CC) $(litmus-cflags) -fsanitize=fuzzer -o $@ $^ $(san-glib-libs)

# A program that runs a fixed number of inputs from a fixed seed, and prints TAP. Seeds: the project's own tests.
fuzz-tests += $(litmus)/check_fuzz_litmus
fuzz-targets += fuzz-run-litmus
.PHONY: fuzz-run-litmus

$(litmus)/check_fuzz_litmus: $(litmus)/fuzz-litmus cli/litmus.mk
	$(call say,GEN,$@)
	@mkdir -p $(litmus)/crashes
	$(Q){ echo '#!/bin/sh'; echo 'echo 1..1'; echo 'rm -rf $(litmus)/scratch && mkdir -p $(litmus)/scratch'; \
		echo 'if $< -seed=1 -runs=$(FUZZ_RUNS) -timeout=20 -max_len=2000 -artifact_prefix=$(litmus)/crashes/ $(litmus)/scratch litmus \'; \
		echo '	>$(litmus)/crashes/log 2>&1'; \
		echo 'then echo "ok 1 fuzz_litmus"'; \
		echo 'else sed "s/^/# /" $(litmus)/crashes/log | tail -n 60; echo "not ok 1 fuzz_litmus"; exit 1'; \
		echo 'fi'; } >$@ && chmod +x $@

fuzz-run-litmus: $(litmus)/fuzz-litmus
	@mkdir -p $(litmus)/crashes $(litmus)/corpus
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -timeout=20 -max_len=2000 -print_final_stats=1 -artifact_prefix=$(litmus)/crashes/ \
		$(litmus)/corpus litmus

fuzz: fuzz-run-litmus

-include $(wildcard $(litmus)/check/*/*.d $(litmus)/check/*/*/*.d $(litmus)/fuzz/*/*.d $(litmus)/fuzz/*/*/*.d \
	$(litmus)/check/cli/tests/litmus/*.d $(litmus)/fuzz/cli/tests/litmus/*.d)
