/* answer: what oto-compiler answers to the text of a unit: this, the object file, and what clang said. */
#ifndef OTO_COMPILER_ANSWER_H
#define OTO_COMPILER_ANSWER_H

#include <stdint.h>

struct compiler_answer {
    uint64_t succeeded;
    uint64_t object_size; /* the rest is what clang said */
};

#endif
