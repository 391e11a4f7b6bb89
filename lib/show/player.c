#include "lib/show/player.h"

#include "lib/show/bundle.h"

void oto_player_write_picture(FILE *out, const unsigned char *png, size_t size, const char *alt,
                              const struct oto_plot_area *area, double start) {
    bool known = area->right > area->left && area->to > area->from;
    fputs("<div style=\"position:relative;display:inline-block;max-width:100%\"", out);
    if (known)
        fprintf(out,
                " data-oto-cursor='{\"left\":%.6f,\"right\":%.6f,\"top\":%.6f,\"bottom\":%.6f,\"from\":%.12g,"
                "\"to\":%.12g,\"start\":%.12g}'",
                area->left, area->right, area->top, area->bottom, area->from, area->to, start);
    fprintf(out,
            "><img alt=\"%s\" style=\"display:block;margin:0;max-width:100%%;height:auto\" "
            "src=\"data:image/png;base64,",
            alt);
    oto_base64_write(out, png, size);
    fputs("\"></div>", out);
    if (known) fprintf(out, "<script>%s</script>", oto_player_script);
}
