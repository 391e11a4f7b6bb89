#include "lib/io/audio.h"
#include "lib/tensor/error.h"

#include <errno.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static SNDFILE *open_sound(const char *operation, const char *path, SF_INFO *info) {
    struct stat status;
    oto_check_text(operation, "path", path);
    if (stat(path, &status) != 0) oto_refuse(operation, "%s: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode)) oto_refuse(operation, "%s is a folder, not a file", path);
    SNDFILE *file = sf_open(path, SFM_READ, info);
    if (!file)
        oto_refuse(operation, "%s is not audio that can be read (WAV, FLAC, OGG, MP3): %s", path, sf_strerror(NULL));
    return file;
}

/* libsndfile's own words for a container or a coding, which are never freed. */
static const char *name_of(int format, int question) {
    SF_FORMAT_INFO info = {.format = format};
    return sf_command(NULL, question, &info, sizeof info) == 0 && info.name ? info.name : "unknown";
}

OtoAudioInfo oto_audio_info(const char *path) {
    SF_INFO info = {};
    sf_close(open_sound("oto_audio_info", path, &info));
    bool known = info.frames != SF_COUNT_MAX;
    return (OtoAudioInfo){.sample_rate = info.samplerate,
                          .channels = info.channels,
                          .samples = known ? info.frames : -1,
                          .seconds = known && info.samplerate > 0 ? (double)info.frames / info.samplerate : 0,
                          .format = name_of(info.format & SF_FORMAT_TYPEMASK, SFC_GET_FORMAT_INFO),
                          .coding = name_of(info.format & SF_FORMAT_SUBMASK, SFC_GET_FORMAT_INFO)};
}

char *oto_audio_tag(const char *path, const char *name) {
    static const struct {
        const char *name;
        int number;
    } tags[] = {{"title", SF_STR_TITLE},       {"artist", SF_STR_ARTIST},
                {"album", SF_STR_ALBUM},       {"date", SF_STR_DATE},
                {"genre", SF_STR_GENRE},       {"comment", SF_STR_COMMENT},
                {"license", SF_STR_LICENSE},   {"copyright", SF_STR_COPYRIGHT},
                {"software", SF_STR_SOFTWARE}, {"tracknumber", SF_STR_TRACKNUMBER}};
    oto_check_text("oto_audio_tag", "name", name);
    size_t i = 0, count = sizeof tags / sizeof *tags;
    while (i < count && strcasecmp(name, tags[i].name) != 0) i++;
    if (i == count)
        oto_refuse("oto_audio_tag",
                   "\"%.40s\" is no name of a text; there are title, artist, album, date, genre, comment, license, "
                   "copyright, software, tracknumber",
                   name);
    SF_INFO info = {};
    SNDFILE *file = open_sound("oto_audio_tag", path, &info);
    const char *text = sf_get_string(file, tags[i].number);
    char *copy = text ? strdup(text) : NULL;
    sf_close(file);
    return copy;
}
