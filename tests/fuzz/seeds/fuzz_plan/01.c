int (*pick(int which))(int) { return which ? abs : neg; }
int neg(int x) { return -x; }
static inline int *address(int *p) { return p; }
[[nodiscard]] int must(void) { return 4; }
__attribute__((noinline)) int apart(void) { return 5; }
_Noreturn void stop(void) { exit(0); }
void nothing() {}
const char *const word(void) { return "w"; }
struct pair { int a, b; } swap(struct pair p) { return (struct pair){ p.b, p.a }; }
int sum(int n, const int v[static n]) { int s = 0; for (int i = 0; i < n; i++) s += v[i]; return s; }