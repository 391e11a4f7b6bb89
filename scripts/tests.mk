# Tests, fuzzers and measurements: the part of the Makefile that a person who only uses Oto never needs.

# The C sources once more with AddressSanitizer and UndefinedBehaviorSanitizer in one archive: all but the programs' main.c
# and the worker's deferred.c, which defines functions of libraries that these programs link. Each tests/unit/test_*.c is
# a program of its own, and the linker takes from the archive what that one needs.
TESTED := $(filter-out %/main.c kernel/worker/deferred.c,$(ALL_SRC))
UNITS  := $(patsubst tests/unit/%.c,$(BUILD)/san/bin/%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/bin/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
LIBS_ALL = $(LIBS_LIB) $(LIBS_KERNEL) $(LIBS_GRADE)

$(BUILD)/san/obj/%.o: %.c $(BUILD)/flags.mk
	@mkdir -p $(@D)
	@$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -O1 $(SANITIZE) -MMD -MP -c $< -o $@
$(BUILD)/san/libtested.a: $(TESTED:%.c=$(BUILD)/san/obj/%.o)
	@$(call say,AR)
	$(Q)rm -f $@ && ar rcs $@ $^
$(BUILD)/san/bin/%: $(BUILD)/san/obj/tests/unit/%.o $(BUILD)/san/libtested.a
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(SANITIZE) -rdynamic -o $@ $^ -Wl,--as-needed $(LIBS_ALL) -lcmocka

$(BUILD)/fuzz/obj/%.o: %.c $(BUILD)/flags.mk
	@mkdir -p $(@D)
	@$(call say,CC)
	$(Q)$(CC) $(CFLAGS) -O1 $(SANITIZE) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@
$(BUILD)/fuzz/libtested.a: $(TESTED:%.c=$(BUILD)/fuzz/obj/%.o)
	@$(call say,AR)
	$(Q)rm -f $@ && ar rcs $@ $^
$(BUILD)/fuzz/bin/%: $(BUILD)/fuzz/obj/tests/fuzz/%.o $(BUILD)/fuzz/libtested.a
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) $(SANITIZE) -fsanitize=fuzzer -o $@ $^ -Wl,--as-needed $(LIBS_ALL)

# The tests need more packages (a browser, cmocka) than Oto itself.
$(BUILD)/test-packages: tests/packages.txt scripts/packages.sh | $(BUILD)/flags.mk
	@scripts/packages.sh tests/packages.txt
	@touch $@
$(UNITS:$(BUILD)/san/bin/%=$(BUILD)/san/obj/tests/unit/%.o): | $(BUILD)/test-packages

##@ Test and measure
.PHONY: test units fuzz golden agreement bench-kernel bench-dsp bench-nn bench-grader
## test: set up, build, run every test; the closing table counts them
test: setup all units | $(BUILD)/test-packages
	@$(PYTHON) tests/run.py
## units: build the C unit tests only (build/san/bin/test_*)
units: $(UNITS)

## fuzz: each fuzzer of tests/fuzz for a short while (SECONDS=20), with other choices each time (SEED=0) or the same
SECONDS ?= 20
SEED ?= 0
fuzz: $(FUZZERS)
	@scripts/fuzz.sh $(SECONDS) $(SEED) $^

## golden: make the reference values again that unit tests compare with (librosa and others, from PyPI)
golden: $(BUILD)/flags.mk
	@scripts/venv.sh $(BUILD)/golden-venv tests/golden/requirements.txt
	@for script in $(sort $(wildcard tests/golden/make_*.py)); do $(BUILD)/golden-venv/bin/python $$script || exit 1; done

## agreement: lib/AGREEMENT.md, from what the unit tests compared
agreement: units
	@rm -rf $(BUILD)/agreement
	@$(PYTHON) tests/run.py unit >/dev/null
	@$(PYTHON) scripts/agreement.py

## bench-kernel: the kernel beside ipykernel and jupyter-c-kernel (BENCH="latency memory" for a part)
bench-kernel: all $(BUILD)/bench-venv/installed
	@$(BUILD)/bench-venv/bin/python bench/kernel $(BENCH)
$(BUILD)/bench-venv/installed: $(wildcard bench/kernel/*.txt) scripts/venv.sh | $(BUILD)/flags.mk
	@scripts/packages.sh bench/kernel/packages.txt
	@scripts/venv.sh $(BUILD)/bench-venv bench/kernel/requirements.txt

## bench-dsp: the signal half of the library beside librosa, torch, essentia and others (BENCH="spectral" for a part)
bench-dsp: all $(BUILD)/bench-dsp-venv/installed
	@$(BUILD)/bench-dsp-venv/bin/python bench/dsp $(BENCH)
$(BUILD)/bench-dsp-venv/installed: bench/dsp/requirements.txt scripts/venv.sh | $(BUILD)/flags.mk
	@scripts/venv.sh $(BUILD)/bench-dsp-venv bench/dsp/requirements.txt

## bench-nn: training steps of the course's models beside PyTorch (BENCH="cnn gpt" for some)
bench-nn: all $(BUILD)/bench-nn-venv/installed
	@$(BUILD)/bench-nn-venv/bin/python bench/nn $(BENCH)
$(BUILD)/bench-nn-venv/installed: bench/nn/requirements.txt scripts/venv.sh | $(BUILD)/flags.mk
	@scripts/venv.sh $(BUILD)/bench-nn-venv bench/nn/requirements.txt

## bench-grader: oto-grade beside nbgrader with the same kernel (BENCH="speed" for a part)
bench-grader: all $(BUILD)/bench-grader-venv/installed
	@$(BUILD)/bench-grader-venv/bin/python bench/grader $(BENCH)
$(BUILD)/bench-grader-venv/installed: bench/grader/requirements.txt requirements.txt scripts/venv.sh | $(BUILD)/flags.mk
	@scripts/venv.sh $(BUILD)/bench-grader-venv bench/grader/requirements.txt
