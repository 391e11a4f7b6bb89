/* Sounds: HTML5 players with the sound inside the page, and the waveform below. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/io/audio.h"
#include "lib/show/player.h"
#include "lib/show/view.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

enum { WAV_BYTES_MOST = 45 << 20 }; /* in one output; 4/3 of it as base64 */

bool oto_view_is_sound(OtoTensor *x) {
    if (x->type != OTO_FLOAT32 || x->sample_rate <= 0 || x->rank < 1 || x->rank > 2 || x->size == 0) return false;
    const OtoAxis *time = &x->axes[x->rank - 1];
    if (strcmp(time->name, "time") || fabs(time->step * x->sample_rate - 1) > 1e-6) return false;
    if (x->quantity != OTO_AMPLITUDE && x->quantity != OTO_PLAIN) return false;
    return x->rank == 1 || (!strcmp(x->axes[0].name, "channels") && x->shape[0] <= 32);
}

static int64_t channels_of(OtoTensor *x) {
    return x->rank == 2 ? x->shape[0] : 1;
}
static int64_t samples_of(OtoTensor *x) {
    return x->shape[x->rank - 1];
}
static double seconds_of(OtoTensor *x) {
    return (double)samples_of(x) / x->sample_rate;
}

/* "2 channels, 44100 Hz, 3.2 s, peak -1.3 dBFS", and what a listener would wonder about. */
static void write_caption(FILE *out, OtoTensor *x, double seconds) {
    float *samples = oto_data(x);
    double peak = 0;
    int64_t broken = 0;
    for (int64_t i = 0; i < x->size; i++) {
        if (isfinite(samples[i]))
            peak = fmax(peak, fabs((double)samples[i]));
        else
            broken++;
    }
    if (channels_of(x) > 1) fprintf(out, "%lld channels, ", (long long)channels_of(x));
    fprintf(out, "%.6g Hz, %.3g s, ", x->sample_rate, seconds_of(x));
    if (peak > 0)
        fprintf(out, "peak %.1f dBFS", fabs(peak - 1) < 1e-9 ? 0.0 : 20 * log10(peak));
    else
        fputs("silence", out);
    if (peak > 1.00001) fprintf(out, "; samples beyond &plusmn;1 are clipped here (peak %.3g)", peak);
    if (broken) fprintf(out, "; %lld samples are NaN or infinite", (long long)broken);
    if (seconds < seconds_of(x)) fprintf(out, "; only the first %.4g s are in this player", seconds);
}

/* The sound's first seconds as a WAV file; free() it. */
static unsigned char *wav_of(OtoTensor *x, double seconds, size_t *size) {
    unsigned char *wav = NULL;
    oto_scope {
        OtoTensor *part = seconds < seconds_of(x) ? oto_slice(x, "time", 0, (int64_t)(seconds * x->sample_rate)) : x;
        wav = oto_audio_wav(part, size);
    }
    return wav;
}

/* name: what a screen reader calls it. */
static void write_player(FILE *out, const char *name, const unsigned char *wav, size_t size) {
    fputs("<audio controls preload=\"auto\" style=\"display:block;width:100%;max-width:540px\" aria-label=\"", out);
    oto_html_write(out, name);
    fputs("\" src=\"data:audio/wav;base64,", out);
    oto_base64_write(out, wav, size);
    fputs("\"></audio>", out);
}

static void write_title(FILE *out, const char *title) {
    if (!title || !*title) return;
    fputs("<div style=\"font-weight:600;margin-bottom:4px\">", out);
    oto_html_write(out, title);
    fputs("</div>", out);
}

/* A row a track, with its name on the left. Returns the first one's WAV for a program without a host. */
static void write_tracks(FILE *out, struct oto_bundle *bundle, OtoTensor *const tracks[], const char *const labels[],
                         size_t count, double seconds) {
    bool many = count > 1 || labels[0];
    if (many) fputs("<table style=\"border-spacing:0\">", out);
    for (size_t i = 0; i < count; i++) {
        if (many) fputs("<tr><td style=\"text-align:left;padding:2px 12px 2px 0\"><b>", out);
        char numbered[32];
        snprintf(numbered, sizeof numbered, "track %zu", i + 1);
        const char *name = labels[i] ? labels[i] : many ? numbered : "sound";
        if (many) oto_html_write(out, name);
        if (many) fputs("</b></td><td style=\"text-align:left;width:540px\">", out);
        size_t size = 0;
        unsigned char *wav = wav_of(tracks[i], seconds, &size);
        write_player(out, name, wav, size);
        fputs("<div style=\"font-size:85%;opacity:.75\">", out);
        write_caption(out, tracks[i], seconds);
        fputs("</div>", out);
        if (many) fputs("</td></tr>", out);
        if (count == 1 && oto_host() < 0) {
            bundle->wav = wav;
            bundle->wav_size = size;
        } else
            free(wav);
    }
    if (many) fputs("</table>", out);
}

void oto_view_waveform(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options) {
    struct oto_frame frame = {.title = options->title ? options->title : x->origin,
                              .width = options->width,
                              .height = options->height,
                              .area = &bundle->area};
    oto_view_marks(&frame, options);
    size_t size;
    char *why;
    unsigned char *png = oto_figure_waveform(&frame, oto_data(x), (size_t)channels_of(x), (size_t)samples_of(x),
                                             x->sample_rate, x->axes[x->rank - 1].start, &size, &why);
    oto_view_marks_free(&frame);
    oto_view_take_png(bundle, png, size, why);
}

/* Players of the tracks, and below them the bundle's picture, if there is one. */
static void view_tracks(struct oto_bundle *bundle, OtoTensor *const tracks[], size_t count, const char *const labels[],
                        const char *title, const char *picture) {
    double bytes_a_second = 0;
    for (size_t i = 0; i < count; i++) bytes_a_second += (double)channels_of(tracks[i]) * tracks[i]->sample_rate * 2;
    size_t size;
    FILE *out = open_memstream(&bundle->html, &size);
    if (!out) oto_refuse("oto_show", "no memory is left for a player");
    fputs("<div class=\"oto-sound\">", out);
    write_title(out, title);
    write_tracks(out, bundle, tracks, labels, count, WAV_BYTES_MOST / bytes_a_second);
    if (bundle->png)
        oto_player_write_picture(out, bundle->png, bundle->png_size, picture, &bundle->area,
                                 tracks[0]->axes[tracks[0]->rank - 1].start);
    fputs("</div>", out);
    if (fclose(out)) oto_refuse("oto_show", "no memory is left for a player");
}

void oto_view_sound(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options, bool picture) {
    OtoTensor *tracks[OTO_SHOW_WITH + 1] = {x};
    size_t count = 1;
    for (int i = 0; i < OTO_SHOW_WITH && options->with[i]; i++) {
        oto_need_audio("oto_show", "a track of .with", options->with[i]);
        tracks[count++] = options->with[i];
    }
    if (picture && count == 1) oto_view_waveform(bundle, x, options);
    view_tracks(bundle, tracks, count, options->labels, bundle->png ? NULL : options->title, "waveform");
}

void oto_view_play(struct oto_bundle *bundle, OtoTensor *sound, const char *picture) {
    static const char *const unnamed[1] = {NULL};
    view_tracks(bundle, &sound, 1, unnamed, NULL, picture);
}
