/* reading: what the readers of label files share. Not for students. */
#ifndef OTO_LABELS_READING_H
#define OTO_LABELS_READING_H

#include "labels.h"

/* Refuses a label that oto_labels_from would refuse, but says where in the file it stands: "song.lab, line 7: ...". */
void oto_label_must_fit(OtoLabelKind kind, const OtoLabel *label, const char *name, const char *unit, int64_t place);

#endif
