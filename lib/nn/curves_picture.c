#include "lib/nn/curves_picture.h"

enum { PANELS = 3 };

/* A learning rate that never changes needs no panel. */
static bool varies(const struct oto_line *line) {
    for (size_t i = 1; i < line->count; i++)
        if (line->y[i] != line->y[0]) return true;
    return false;
}

unsigned char *oto_curves_picture(const struct oto_line lines[OTO_CURVES], const char *x_label, size_t *size,
                                  char **why) {
    struct oto_panel panels[PANELS] = {{.title = "loss",
                                        .x_label = x_label,
                                        .lines = lines,
                                        .count = lines[OTO_CURVE_VALIDATION].count ? 2 : 1,
                                        .logarithmic = true}};
    size_t count = 1;
    const struct oto_line *metric = &lines[OTO_CURVE_METRIC], *lr = &lines[OTO_CURVE_LR];
    if (metric->count)
        panels[count++] = (struct oto_panel){.title = metric->label, .x_label = x_label, .lines = metric, .count = 1};
    if (varies(lr))
        panels[count++] = (struct oto_panel){
            .title = "learning rate", .x_label = x_label, .lines = lr, .count = 1, .logarithmic = true};
    struct oto_frame frame = {.width = count == 1 ? 420 : 0};
    return oto_figure_panels(&frame, panels, count, count, size, why);
}
