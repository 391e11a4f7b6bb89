/* truncation: whether a sound file ends before its own headers say so. libsndfile plays what is there without a word.
 */
#ifndef OTO_TRUNCATION_H
#define OTO_TRUNCATION_H

#include <stdbool.h>
#include <stdio.h>

/* Looks at WAV, AIFF, Wave64, AU and Ogg files; other formats are never "cut short" by this test. On true *expected is
 * the size in bytes that the file should have at least, or 0 when that cannot be known, and *size what it has. */
bool oto_file_is_cut_short(FILE *file, long long *expected, long long *size);

#endif
