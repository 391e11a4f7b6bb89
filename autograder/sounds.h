/* sounds: what was expected and what was heard, short enough to be carried by a page. */
#ifndef GRADER_SOUNDS_H
#define GRADER_SOUNDS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/record/record.h"

enum {
    SOUND_SECONDS = 3,
    SOUND_CHANNELS = 2,
    SOUNDS_MAX_MB = 3 /* in base64: of a cell in the gradebook, of all cells in what is made of it for a student */
};

/* For an audio check that failed: "SECONDS FROM EXPECTED YOURS", the last two FLAC files in base64 of the same piece
 * of at most SOUND_SECONDS around the worst sample. Both are at the level at which the expected one does not clip.
 * Malloc'd; NULL where there is nothing to hear. got is hostile. */
char *sounds_of(const struct oto_record *expected, const struct oto_record *got, int64_t worst);

/* Takes what sounds_of made (or NULL) out of the room. Where that is too small, of it stays "SECONDS FROM" alone: there
 * were sounds. */
void sounds_fit(char *sounds, size_t *room);

#endif
