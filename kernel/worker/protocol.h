/* What the engine and a worker say to each other: records (lib/record) on two private descriptors.
 *
 *     oto-worker --commands FD --records FD [--no-snapshots]
 *
 * The engine writes commands to --commands; the worker (and the library inside it) writes everything to --records.
 * stdin, stdout and stderr of the worker are pipes of the engine; stdin is never read directly: reading asks the host
 * (OTO_RECORD_INPUT on --records, OTO_RECORD_ANSWER on --commands).
 *
 * A transaction, which is one cell. P holds the session's state and sleeps; C was forked from it ahead:
 *
 *     engine             worker
 *     BEGIN         ->   C
 *                   <-   BEGUN {pid of C}
 *     RUN {...}     ->   C loads, links, runs
 *                   <-   LOADED {sections}, any records of the cell, RAN {how}
 *     (more RUNs, when a cell is built in several units)
 *     COMMIT        ->   C holds the session's state now
 *                   <-   COMMITTED {pid of C}; then C forks the next and sleeps, above P, which is the last snapshot
 *     or ABANDON    ->   C exits
 *                   <-   RESTORED {status}, from P
 *
 * When C dies, whatever the reason, P ends what C's cell left running, puts file offsets back, says RESTORED, and forks
 * another. After COMMITTED the engine kills the snapshot before the last one (it knows all pids); orphans are adopted
 * and reaped by the engine's process, a child subreaper. UNDO ends the process that holds the state: P, its snapshot,
 * says RESTORED.
 *
 * With --no-snapshots P runs the cells itself: BEGUN names it as both, nothing says RESTORED, and with a cell that dies,
 * that is abandoned or that leaves threads behind the worker ends.
 */
#ifndef OTO_WORKER_PROTOCOL_H
#define OTO_WORKER_PROTOCOL_H

/* Stops the cell that runs. It is one of three in the middle of the real-time signals, which the worker keeps for
 * itself (dispositions.h). Known only at run time, as SIGRTMIN is. */
#define WORKER_SIGNAL_INTERRUPT (SIGRTMIN + 13)
#define WORKER_SIGNAL_STOP_THREAD (SIGRTMIN + 14)
#define WORKER_SIGNAL_FAMILY (SIGRTMIN + 15)

/* RESTORED's exit status where no process for the cell could be made. */
enum { WORKER_NO_PROCESS = 98 };

enum worker_message {
    /* engine -> worker */
    WORKER_BEGIN = 64, /* what the cell may take, 0: no limit: "memory" i bytes, "processes" i alive at once, "file" i
                          bytes of a file; "debug" i: 1 when a debugger may attach */
    WORKER_RUN,        /* "unit" i: its number; "object" b: an ELF relocatable of clang; "rebind" s: lines "old new",
                          symbols whose slot shall point at another symbol once the object is loaded; "entry" s: the
                          function to call, void (*)(void), or main for a program; "program" i: 1 for a program, with
                          "arguments" s, one a line, argv[0] first; "libraries" s, one a line: shared
                          libraries to load first (m is libm.so, /a/path.so that file); "keep" s: lines "new old", local
                          symbols of the     object (static locals: f.new.n) that shall live on at an old symbol's address
                          (f.3.n)        when sizes agree; "transient" i: 1 when no function of the unit is known outside it,
                          so that        its code need not stay; "debug" i: 1 to tell a debugger where the object lies */
    WORKER_COMMIT,     /* - */
    WORKER_ABANDON,    /* - */
    WORKER_CONTINUE,   /* after FAULT: the engine has looked at the memory; the child may die */
    WORKER_FORMAT,     /* "name" s, "type" s (value.h descriptor), repeated in order: asks for VALUES (also while no
                          transaction is open); each name is a symbol such as x.3; type & asks
                          for its address, 0x... */
    WORKER_UNDO,       /* - outside a transaction: back to before the last one; RESTORED answers */
    WORKER_LEAKS,      /* asks LeakSanitizer's question: VALUES {"leaks" s} */

    /* worker -> engine */
    WORKER_BEGUN = 96, /* "pid" i; "parent" i: the process that holds the session, asleep */
    WORKER_READY,      /* once, at start-up: "pid" i */
    WORKER_LOADED,  /* "unit" i; one "section" b field a loaded section, in order: u32 index in the object, u64 address,
                       u64 size; "text_low" i and "text_high" i: bounds of all cell code; "reset" s, one field a name of
                       "keep" that could not live on */
    WORKER_MISSING, /* instead of LOADED: "symbol" s, one field a symbol that nobody defines, or "problem" s: why the
                       object cannot be loaded at all; nothing ran */
    WORKER_RAN,     /* "unit" i; "how" s: "returned" | "exited" (exit(0) in the cell; it was unwound) | "interrupted" |
                       "refused" (after OTO_RECORD_REFUSAL); "threads" i: student threads stopped at the end;
                       interrupted in a cell's code: "frames" b, as of FAULT */
    WORKER_FAULT,   /* the cell is dying, see below; the child then waits for CONTINUE (at most 2 s) and exits */
    WORKER_COMMITTED, /* "pid" i */
    WORKER_RESTORED,  /* "status" i: as waitpid gave it; "pid" i: of the session now */
    WORKER_VALUES,    /* one s field per name asked for, its text */
    WORKER_FINDING,   /* while a program runs: undefined behaviour, after which it goes on; fields as of FAULT undefined
                       */
};

/* FAULT: "what" s is one of
 *     signal        "signal" i, "code" i (si_code); a SIGSEGV of an access says "access" s read|write|execute|unknown,
 * or check: the sanitizer's, which comes before a read or a write, "region" s
 * null|literal|code|guard|freed|unmapped|unknown, guard meaning the stack ran out, and "address" i, when it is known
 *     asan          "kind" s (heap-buffer-overflow, double-free, ...), "address" i, "access" s, "size" i; when known,
 *                   where the address lies: "object" s heap|stack|global|literal, "relation" s before|after|inside,
 *                   "distance" i and "extent" i in bytes (whereabouts.h), "name" s of a variable, "owner" b: a u64
 *                   program counter in its function; "allocated" b, "freed" b: u64 program counters, innermost first
 *     undefined     "kind" s, "message" s (of the UBSan runtime), "line" i, "column" i, "file" s
 *     abort         "message" s (assert's expression, or empty); an assert adds "file" s, "line" i, "function" s
 *     exit          "code" i (exit(n) with n != 0, also quick_exit and _exit; the program's status for a program)
 *     memory        "limit" i, "used" i
 *     processes     "limit" i, "used" i: a fork or a thread too many
 *     file          "limit" i: bytes that a file was to grow beyond
 * and always "shadow" i: where AddressSanitizer keeps the state of address a, at shadow + a / 8; "frames" b: per frame
 * u64 program counter, u64 frame pointer, innermost first, at most 256 (of more, the first 64 and the last 64), "pid"
 * i: whose memory may be read until CONTINUE. The first program counter lies inside the instruction that failed, the
 * others are return addresses. Frames outside text_low..text_high are libraries'; when the failure was in one, the
 * first of them in cell code, a return address, is the call that led there. OTO_RECORD_REFUSAL has "frames" as well. */

#endif
