#include "kernel/engine/nearest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST = 62 };

/* Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal string
 * alignment). */
static int distance(const char *a, size_t n, const char *b, size_t m) {
    int rows[3][LONGEST + 1];
    int *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++) last[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best) best = last[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && before[j - 2] + 1 < best) best = before[j - 2] + 1;
            row[j] = best;
        }
        int *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[m];
}

void nearest_offer(struct nearest *nearest, const char *candidate) {
    size_t n = strlen(nearest->word), m = strlen(candidate);
    if (n > LONGEST || m > LONGEST || !m || !strcmp(nearest->word, candidate)) return;
    size_t apart = n > m ? n - m : m - n;
    int allowed = n < 2 ? 0 : n <= 3 ? 1 : n <= 7 ? 2 : 3; /* every other letter is near to a single one */
    bool same_letters = !strcasecmp(nearest->word, candidate);
    if (apart > (size_t)allowed && !same_letters) return;
    int d = same_letters ? 0 : distance(nearest->word, n, candidate, m);
    if (d > allowed || (nearest->best && d >= nearest->distance)) return;
    nearest->best = candidate;
    nearest->distance = d;
}
