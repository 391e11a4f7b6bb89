struct in { int x; };
struct out { struct in a[2]; int tail; };
int sizes(void) { return sizeof(struct in) * 1000 + sizeof(struct out); }
sizes()