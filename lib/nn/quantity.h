/* quantity: numbers of things for people to read. For the library's own files. */
#ifndef OTO_NN_QUANTITY_H
#define OTO_NN_QUANTITY_H

#include <stdint.h>
#include <stdio.h>

/* 4,522 */
void oto_write_count(FILE *out, int64_t number);
/* Three digits and the prefix of the unit: 1.23 M, 45.1 k, 512; then the unit. */
void oto_write_quantity(FILE *out, double number, const char *unit);

#endif
