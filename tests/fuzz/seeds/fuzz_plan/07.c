extern int absent;
int get(void) { return absent; }