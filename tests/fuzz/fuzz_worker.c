/* What a worker, or student code in it, may write on the records: kernel/engine/process.c must take anything. The input
 * is what a worker writes that ends at once; every transaction there is is tried on it. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/engine/limits.h"
#include "kernel/engine/loaded.h"
#include "kernel/engine/process.h"

static char folder[] = "/tmp/oto-fuzz-worker-XXXXXX";
static char worker[64], input[64], variable[96];

static void remove_folder(void) {
    unlink(worker);
    unlink(input);
    rmdir(folder);
}

static bool write_file(const char *path, const void *bytes, size_t size) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    if (fd < 0) return false;
    bool whole = write(fd, bytes, size) == (ssize_t)size;
    return close(fd) == 0 && whole;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    static const char script[] = "#!/bin/sh\nexec /bin/cat \"$OTO_FUZZ_INPUT\" >&4\n";
    if (!mkdtemp(folder)) return -1;
    snprintf(worker, sizeof worker, "%s/worker", folder);
    snprintf(input, sizeof input, "%s/input", folder);
    snprintf(variable, sizeof variable, "OTO_FUZZ_INPUT=%s", input);
    atexit(remove_folder);
    return write_file(worker, script, sizeof script - 1) ? 0 : -1;
}

static void run(struct process *process, struct loaded *units, int unit) {
    static const unsigned char object[] = {0x7f, 'E', 'L', 'F'};
    struct run_request request = {.unit = unit, .object = object, .size = sizeof object, .entry = "oto_cell.new"};
    struct run_result result = {};
    process_run(process, &request, NULL, &result);
    struct object kept = {malloc(sizeof object), sizeof object};
    if (result.loaded.kind && kept.bytes) loaded_add(units, unit, unit, unit % 2, false, &kept, &result.loaded);
    free(kept.bytes);
    run_result_free(&result);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const char *const environment[] = {variable, NULL};
    const struct session_options options = {.limits = limits_default, .environment = environment};
    const char *const names[] = {"x.1", "y.1"}, *const shapes[] = {"i4", "f8"};
    char *error = NULL, *texts[2] = {};
    if (size > 1 << 16 || !write_file(input, bytes, size)) return 0;
    struct interruption interruption;
    interruption_open(&interruption);
    struct process *process = process_start(worker, &options, &interruption, &error);
    free(error);
    if (!process) {
        interruption_close(&interruption);
        return 0;
    }
    struct loaded units;
    loaded_open(&units);
    uint32_t section;
    uint64_t offset;
    for (int unit = 1; unit < 4 && process_begin(process, &options.limits, false) == BEGIN_DONE; unit++) {
        run(process, &units, unit);
        loaded_at(&units, (uint64_t)unit << 12, &section, &offset);
        if (unit == 2 ? !process_abandon(process, NULL) : !process_commit(process)) break;
    }
    if (process_format(process, names, shapes, 2, texts)) {
        free(texts[0]);
        free(texts[1]);
    }
    free(process_leaks(process));
    process_undo(process);
    process_stop(process);
    interruption_close(&interruption);
    loaded_close(&units);
    return 0;
}
