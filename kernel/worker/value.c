#include "kernel/worker/value.h"
char *value_format(const void *address, const char *type) { return 0; }
void oto_cell_result(const void *address, const char *type) {}
