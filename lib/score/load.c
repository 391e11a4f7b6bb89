#include "lib/io/file.h"
#include "lib/score/mxl.h"
#include "lib/score/score.h"
#include "lib/tensor/error.h"

enum { FILE_MAX = 256 << 20 };

OtoScore *(oto_score_load)(const char *path, OtoScoreLoad options) {
    oto_check_text("oto_score_load", "path", path);
    OtoScore *score = NULL;
    const char *name = oto_file_name(path);
    bool abc = oto_file_ends_in(path, "abc"), zipped = oto_file_ends_in(path, "mxl");
    if (!abc && !zipped && !oto_file_ends_in(path, "musicxml") && !oto_file_ends_in(path, "xml"))
        oto_refuse("oto_score_load",
                   "%s does not end in .musicxml, .xml, .mxl or .abc, so its format is not known; "
                   "MIDI files are read with oto_midi_load",
                   path);
    oto_scope {
        size_t size;
        char *text = oto_file_read("oto_score_load", path, FILE_MAX, &size);
        if (zipped) text = oto_mxl_score(path, &size);
        score = abc ? (oto_abc_parse)(text, size, name, options) : (oto_musicxml_parse)(text, size, name, options);
        (void)oto_keep(score);
    }
    return score;
}
