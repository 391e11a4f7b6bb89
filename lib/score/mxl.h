/* mxl: compressed MusicXML, a zip archive with a score in it. Not for students. */
#ifndef OTO_MXL_H
#define OTO_MXL_H

#include <stddef.h>

/* The score's XML, which META-INF/container.xml names (or, without that, the first .xml or .musicxml): *size bytes that
 * live until the end of the innermost scope. Refuses what is no such archive, and a score of more than 256 MB. */
char *oto_mxl_score(const char *path, size_t *size);

#endif
