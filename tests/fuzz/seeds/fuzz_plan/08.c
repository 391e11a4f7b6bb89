int v = compute(3);
int compute(int x) { return x + offset(); }
int offset(void) { return 40; }
v