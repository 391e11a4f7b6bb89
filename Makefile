# Oto. `make help` lists the targets. Sources are found by folder: a new .c file needs no change here.
CC       := clang-19
CSTD     := -std=gnu23
WARN     := -Wall -Wextra -Wno-unused-parameter -Wno-initializer-overrides
OPT      := -O2 -g
BUILD    := build
PKGS_LIB := sndfile fftw3f soxr libpng libxml-2.0
PKGS_KERNEL := libzmq jansson libcrypto uuid sqlite3 libdw libelf
PKGS_GRADE  := jansson libcrypto sqlite3 libdw libelf libseccomp
LLVM_INC := $(shell llvm-config-19 --includedir 2>/dev/null)
LLVM_LIB := $(shell llvm-config-19 --libdir 2>/dev/null)
CFLAGS   = $(CSTD) $(WARN) $(OPT) -D_GNU_SOURCE -I. -Ilib -fPIC $(shell pkg-config --cflags $(PKGS_LIB) $(PKGS_KERNEL) $(PKGS_GRADE) 2>/dev/null)
LIBS_LIB    = $(shell pkg-config --libs $(PKGS_LIB)) -lfftw3f_threads -lopenblas -lm -lpthread
LIBS_CLANG  = -L$(LLVM_LIB) -lclang-19 -Wl,-rpath,$(LLVM_LIB)

LIB_SRC    := $(shell find lib -name '*.c' 2>/dev/null)
ENGINE_SRC := $(wildcard kernel/engine/*.c)
SERVER_SRC := $(wildcard kernel/*.c)
WORKER_SRC := $(wildcard kernel/worker/*.c)
GRADE_SRC  := $(wildcard autograder/*.c)
obj = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

.PHONY: all
all: $(BUILD)/lib/liboto.a $(BUILD)/lib/liboto.so $(BUILD)/bin/oto-worker $(BUILD)/bin/oto-kernel $(BUILD)/bin/oto-grade

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/lib/liboto.a: $(call obj,$(LIB_SRC))
	@mkdir -p $(@D)
	rm -f $@ && ar rcs $@ $^
$(BUILD)/lib/liboto.so: $(call obj,$(LIB_SRC))
	$(CC) -shared -o $@ $^ $(LIBS_LIB)

# The worker exports the library to cells; ASan's runtime is linked, the library itself is not instrumented.
$(BUILD)/bin/oto-worker: $(call obj,$(WORKER_SRC)) $(BUILD)/lib/liboto.a
	@mkdir -p $(@D)
	$(CC) -fsanitize=address,undefined -rdynamic -o $@ $(call obj,$(WORKER_SRC)) -Wl,--whole-archive $(BUILD)/lib/liboto.a -Wl,--no-whole-archive $(LIBS_LIB) -ldl

# The ground floor that trusted programs use of lib/: records and the comparators.
GROUND := $(call obj,$(wildcard lib/record/*.c))
$(BUILD)/bin/oto-kernel: $(call obj,$(SERVER_SRC) $(ENGINE_SRC)) $(GROUND)
	@mkdir -p $(@D)
	$(CC) -o $@ $^ $(shell pkg-config --libs $(PKGS_KERNEL)) $(LIBS_CLANG) -lpthread -lm
$(BUILD)/bin/oto-grade: $(call obj,$(GRADE_SRC) $(ENGINE_SRC)) $(BUILD)/lib/liboto.a
	@mkdir -p $(@D)
	$(CC) -o $@ $^ $(shell pkg-config --libs $(PKGS_GRADE)) $(LIBS_CLANG) $(LIBS_LIB)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: clean
clean:
	rm -rf $(BUILD)
