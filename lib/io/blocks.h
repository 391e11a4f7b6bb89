/* blocks: a sound file read a block at a time, so that an hour of it never has to fit into memory.
 *
 *     oto_audio_blocks(block, "hour.flac", .frame_length = 2048, .hop_length = 512) {
 *         OtoTensor *mel = oto_mel(block, .center = false);     // 256 frames; the next block goes on with the 257th
 *         ...
 *     }
 *
 * is a loop whose body runs once a block. `block` is a tensor, (time) or (channels, time), that knows when it begins;
 * what the body makes is freed at its end, but for what oto_keep hands out, and the file is closed when the loop ends,
 * also by break, return and goto. */
#ifndef OTO_BLOCKS_H
#define OTO_BLOCKS_H

#include "../tensor/tensor.h"

/*     .frame_length 2048, .hop_length 512   neighbouring blocks overlap by frame_length - hop_length samples, so that
 *                    frames which are not centred fall into exactly one block each
 *     .block_length  256: frames a block; a block has frame_length + (block_length - 1) hop_length samples, the last
 *                    one what is left
 *     .mono          true: the mean of the channels; false: (channels, time) where there are several
 *     .offset, .duration   seconds to skip, and to read (0: all)
 * Refuses what oto_audio_load refuses, at the block where it is found.
 * As librosa.stream 0.11. */
typedef struct OtoAudioBlocks {
    int block_length, frame_length, hop_length;
    bool mono;
    double offset, duration;
} OtoAudioBlocks;
#define oto_audio_blocks(block, path, ...)                                                                             \
    for (OtoBlockReader oto_reader __attribute__((cleanup(oto_block_reader_close))) = oto_block_reader(                \
             path,                                                                                                     \
             OTO_OPTIONS(OtoAudioBlocks, (.block_length = 256, .frame_length = 2048, .hop_length = 512, .mono = true), \
                         __VA_ARGS__));                                                                                \
         oto_reader.open; oto_block_reader_close(&oto_reader))                                                         \
        for (OtoTensor * block; (block = oto_block_next(&oto_reader));)

/* What the loop is made of. oto_block_next gives NULL behind the last block; closing twice is fine. */
typedef struct OtoBlockReader {
    bool open;
    struct OtoBlockFile *file;
    OtoScope scope; /* of the pass */
} OtoBlockReader;
OtoBlockReader oto_block_reader(const char *path, OtoAudioBlocks options);
OtoTensor *oto_block_next(OtoBlockReader *reader);
void oto_block_reader_close(OtoBlockReader *reader);

#endif
