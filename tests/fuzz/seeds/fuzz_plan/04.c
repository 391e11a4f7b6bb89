#define COLOURS X(RED) X(GREEN) X(BLUE)
#define X(name) name,
enum colour { COLOURS };
#undef X
#define X(name) #name,
const char *names[] = { COLOURS };
#undef X
names[GREEN]