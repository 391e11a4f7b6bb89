# The data sets of the course: rendered, not committed (data/README.md says what and how).

DATA_SRC := $(sort $(wildcard data/render/*.c))
# Never a multiplication and an addition in one rounding, so that every computer gets the same samples.
$(call obj,$(DATA_SRC)): CFLAGS += -ffp-contract=off
$(BUILD)/bin/oto-data: $(call obj,$(DATA_SRC)) $(BUILD)/lib/liboto.a
	@mkdir -p $(@D)
	@$(call say,LINK)
	$(Q)$(CC) -Wl,--as-needed -o $@ $^ $(LIBS_LIB)
$(BUILD)/data-packages: data/packages.txt scripts/packages.sh | $(BUILD)/flags.mk
	@scripts/packages.sh data/packages.txt
	@touch $@

##@ Data
.PHONY: data data-excerpts data-checksums data-difficulty
## data: render the course's data sets that are missing into data/sets (SETS="notes styles/TimGM6mb" for a part)
data: $(BUILD)/bin/oto-data $(BUILD)/data-packages
	@$(BUILD)/bin/oto-data data/sets $(SETS)
	@scripts/data_check.sh

# For those who change the sets: what is committed of them, and the list that `make data` compares with.
data-excerpts: data
	@$(BUILD)/bin/oto-data data/sets --excerpts data/excerpts
data-checksums:
	@cd data/sets && find . -type f ! -name '*.new' -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' b2sum -l 64 >../checksums.txt
# How hard the sets are for a simple classifier: the table of data/README.md.
data-difficulty: data
	@scripts/venv.sh $(BUILD)/golden-venv tests/golden/requirements.txt
	@$(BUILD)/golden-venv/bin/python data/difficulty.py data/sets
