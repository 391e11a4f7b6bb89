int answer = 0;
__asm__ volatile ("" ::: "memory");
[[maybe_unused]] int spare = 3;
__attribute__((aligned(64))) int wide = 4;
((uintptr_t)&wide) % 64