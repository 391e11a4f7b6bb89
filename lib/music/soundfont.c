#include "lib/music/soundfont.h"
#include "lib/music/fluidsynth.h"
#include "lib/tensor/error.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In the order in which "any" looks for them: MuseScore_General is compressed and takes two seconds to open. */
static const struct soundfont {
    const char *name, *package, *files[3];
} soundfonts[] = {
    {"FluidR3", "fluid-soundfont-gm", {"/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/soundfonts/FluidR3_GM.sf2"}},
    {"MuseScore_General",
     "musescore-general-soundfont",
     {"/usr/share/sounds/sf3/MuseScore_General_Full.sf3", "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3",
      "/usr/share/soundfonts/MuseScore_General.sf3"}},
    {"TimGM6mb", "timgm6mb-soundfont", {"/usr/share/sounds/sf2/TimGM6mb.sf2", "/usr/share/soundfonts/TimGM6mb.sf2"}},
};
enum { SOUNDFONTS = sizeof soundfonts / sizeof *soundfonts };

static const char *installed(const struct soundfont *soundfont) {
    for (size_t i = 0; i < sizeof soundfont->files / sizeof *soundfont->files && soundfont->files[i]; i++)
        if (access(soundfont->files[i], R_OK) == 0) return soundfont->files[i];
    return NULL;
}

/* The row of a name; NULL for "any"; refuses a name that is neither. */
static const struct soundfont *find(const char *operation, const char *name) {
    if (strcmp(name, "any") == 0) return NULL;
    for (size_t i = 0; i < SOUNDFONTS; i++)
        if (strcmp(name, soundfonts[i].name) == 0) return &soundfonts[i];
    oto_refuse(operation,
               "\"%.60s\" is no soundfont; use \"MuseScore_General\", \"FluidR3\", \"TimGM6mb\", \"any\", or a path as "
               "in \"./mine.sf2\"",
               name);
}

const char *oto_soundfont_path(const char *name) {
    oto_check_text("oto_soundfont_path", "name", name);
    if (strchr(name, '/')) {
        if (access(name, R_OK) != 0) oto_refuse("oto_soundfont_path", "there is no soundfont %s", name);
        return name;
    }
    const struct soundfont *wanted = find("oto_soundfont_path", name);
    if (wanted) return installed(wanted);
    for (size_t i = 0; i < SOUNDFONTS; i++) {
        const char *path = installed(&soundfonts[i]);
        if (path) return path;
    }
    return NULL;
}

const char *oto_soundfont_problem(const char *name) {
    static _Thread_local char text[200];
    bool has_file = oto_soundfont_path(name) != NULL, has_player = oto_fluidsynth_is_there();
    if (has_file && has_player) return NULL;
    const struct soundfont *wanted = has_file ? NULL : find("oto_soundfont_problem", name);
    snprintf(text, sizeof text, "%s needs Debian's package%s %s%s%s", strcmp(name, "any") == 0 ? "a soundfont" : name,
             has_file || has_player ? "" : "s", has_player ? "" : "libfluidsynth3",
             has_file || has_player ? "" : " and ",
             has_file ? ""
             : wanted ? wanted->package
                      : soundfonts[0].package);
    return text;
}
