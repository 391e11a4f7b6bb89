/* sounds: what was expected and what was heard, short enough to be carried by a page. */
#ifndef GRADER_SOUNDS_H
#define GRADER_SOUNDS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/record/record.h"

enum {
    SOUND_SECONDS = 3,
    SOUND_CHANNELS = 2,
    SOUNDS_MAX_MB = 3 /* of a submission, in base64 */
};

/* For an audio check that failed: "SECONDS FROM EXPECTED YOURS", the last two FLAC files in base64 of the same piece
 * of at most SOUND_SECONDS around the worst sample. Both are at the level at which the expected one does not clip.
 * Malloc'd; NULL where there is nothing to hear. got is hostile. */
char *sounds_of(const struct oto_record *expected, const struct oto_record *got, int64_t worst);

/* Keeps of what sounds_of made "SECONDS FROM" alone: there were sounds, but they have no room. */
void sounds_leave_out(char *sounds);

#endif
