#include "kernel/worker/frames.h"

#include <string.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/machine.h"
#include "kernel/worker/memory.h"
#include "kernel/worker/run.h"
#include "kernel/worker/symbols.h"

enum { PAGE = 4096, SCAN_WORDS = 1 << 16, WALK_MAX = 1 << 21 };

/* The page read last: a walk touches each page of the stack many times. */
struct reader {
    uintptr_t page;
    unsigned char bytes[PAGE];
};
static struct reader stack;

static bool read_word(uintptr_t address, uintptr_t *word) {
    uintptr_t page = address & ~(uintptr_t)(PAGE - 1);
    if (address & 7) return false;
    if (page != stack.page) {
        stack.page = 0;
        if (!memory_read(stack.bytes, page, PAGE)) return false;
        stack.page = page;
    }
    memcpy(word, stack.bytes + (address - page), sizeof *word);
    return true;
}

static bool is_return_into_cell(uintptr_t address) {
    unsigned char window[8];
    return arena_is_code(address) && address - 8 >= arena_low(AREA_STUBS) &&
           memory_read(window, address - 8, sizeof window) && machine_is_call(window);
}

/* A frame pointer is plausible when it lies further out and what it points at looks like the head of a frame. */
static bool is_frame(uintptr_t fp, uintptr_t limit) {
    uintptr_t saved, back;
    return read_word(fp, &saved) && read_word(fp + 8, &back) && saved > fp && (!limit || saved <= limit) &&
           saved - fp < (64u << 20) && !(saved & 7) && back > 4096;
}

/* Libraries keep no frame pointers: below them the stack is searched for the return into cell code, and for the frame
 * that the cell's function had there. */
static bool scan(uintptr_t *sp, uintptr_t *pc, uintptr_t *fp, uintptr_t limit) {
    uintptr_t at = *sp, word;
    for (int i = 0; i < SCAN_WORDS && (!limit || at < limit) && read_word(at, &word); i++, at += 8) {
        if (!is_return_into_cell(word)) continue;
        *pc = word;
        if (!is_frame(*fp, limit) || *fp <= at) {
            uintptr_t head = at + 8, back;
            for (int j = 0; j < SCAN_WORDS && (!limit || head < limit); j++, head += 8)
                if (is_frame(head, limit) && read_word(head + 8, &back) &&
                    (is_return_into_cell(back) || (limit && head + 512 > limit)))
                    break;
            *fp = head;
        }
        *sp = at + 8;
        return true;
    }
    return false;
}

/* The call by which cell code left for a library, when it is still going on: it lies above sp, and its return address
 * is where it was (x86-64 keeps it on the stack). */
static bool left_by_call(uintptr_t sp, uintptr_t *pc, uintptr_t *fp, uintptr_t limit) {
    struct call_out out = symbols_call_out;
    uintptr_t word;
    if (out.sp < sp || (limit && out.sp >= limit) || !is_return_into_cell(out.pc)) return false;
#if defined(__x86_64__)
    if (!read_word(out.sp, &word) || word != out.pc) return false;
#else
    if (!read_word(out.sp, &word)) return false;
#endif
    *pc = out.pc;
    *fp = out.fp;
    return true;
}

struct list {
    struct frame *frames;
    size_t total;
    struct frame last[FRAMES_KEPT_AT_EACH_END]; /* a ring of the newest */
};
static struct list list;

static void add(uintptr_t pc, uintptr_t fp) {
    struct frame frame = {pc, fp};
    if (list.total < FRAMES_MAX) list.frames[list.total] = frame;
    list.last[list.total % FRAMES_KEPT_AT_EACH_END] = frame;
    list.total++;
}

size_t frames_walk(struct frame frames[FRAMES_MAX], uintptr_t pc, uintptr_t fp, uintptr_t sp, uintptr_t link) {
    uintptr_t limit = run_base(), saved, back;
    stack.page = 0;
    list.frames = frames;
    list.total = 0;
    add(pc, fp);
    if (!arena_is_code(pc)) {
        /* A jump to a bad address left its return address in the link register or on the stack's top. */
        uintptr_t top = link;
        if (!top && sp && !read_word(sp, &top)) top = 0;
        if (is_return_into_cell(top))
            add(top, fp);
        else if (sp && (left_by_call(sp, &back, &fp, limit) || scan(&sp, &back, &fp, limit)))
            add(back, fp);
    }
    for (int i = 0; i < WALK_MAX && fp && (!limit || fp < limit); i++) {
        if (!is_frame(fp, limit) || !read_word(fp, &saved) || !read_word(fp + 8, &back)) {
            uintptr_t from = sp > fp || fp - sp > (64u << 20) ? sp : fp + 8;
            if (!sp || !scan(&from, &back, &saved, limit)) break;
            sp = from;
        } else {
            sp = fp + 16;
        }
        if (limit && saved >= limit && !arena_is_code(back)) break;
        add(back, saved);
        fp = saved;
    }
    if (list.total <= FRAMES_MAX) return list.total;
    for (size_t i = 0; i < FRAMES_KEPT_AT_EACH_END; i++)
        frames[FRAMES_KEPT_AT_EACH_END + i] = list.last[(list.total + i) % FRAMES_KEPT_AT_EACH_END];
    return 2 * FRAMES_KEPT_AT_EACH_END;
}
