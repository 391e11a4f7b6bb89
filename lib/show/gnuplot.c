#include "lib/show/gnuplot.h"

#include <stdlib.h>
#include <string.h>

#include "lib/show/child.h"

unsigned char *oto_gnuplot(const char *commands, size_t size, size_t *written, char **said, char **why) {
    static const char *const arguments[] = {"gnuplot", "--default-settings", "-", NULL};
    struct oto_child child = oto_child(getenv("OTO_GNUPLOT"), arguments, commands, size);
    if (child.missing) {
        free(child.why);
        child.why = strdup("gnuplot is not installed; pictures need it: apt install gnuplot-nox");
    }
    *written = child.size;
    *said = child.said;
    *why = child.why;
    return child.out;
}
