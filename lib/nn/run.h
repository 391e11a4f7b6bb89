/* run: an experiment that is written down while it goes, so that settings can be compared next week.
 *
 *     for (int seed = 0; seed < 5; seed++) {
 *         oto_seed(seed);
 *         OtoRun *run = oto_run("tagger", lr, width, train);       names and values of these, seed, place, time
 *         ...
 *         oto_log(run, "f1", f1);
 *     }
 *     oto_runs("tagger")                       for each setting: how many runs, mean and deviation of what was logged
 *
 *     lr      width   train                 runs  f1 mean  f1 sd
 *     0.001   32      3f2a91c4 (600, 40)    5     0.871    0.012
 *
 * Everything is a line of JSON in runs/tagger.jsonl of the working directory, written as soon as it is known: nothing
 * is lost with the kernel, and several programs may write at the same time.
 */
#ifndef OTO_NN_RUN_H
#define OTO_NN_RUN_H

#include "../io/table.h"
#include "../tensor/elementwise.h"
#include "batches.h"

/* Lives by the rule of lifetime.h; what it wrote down stays. */
typedef struct OtoRun {
    char *name, *id; /* the id is its own among all runs */
    char *file;      /* that it is written to */
} OtoRun;

/* Begins a run: name, and up to 16 settings, each a variable or another expression, that is called as it is written.
 * Numbers, texts and truth values are kept as they are; of tensors, examples and data sets their shape and a hash of
 * their numbers (of a data set: of its names), which tells whether it was the same data. Also written down: the seed
 * that was given to oto_seed last, the time, and file, line and (where it can be read) hash of the source.
 * Refuses a name that is no file name, and a folder that cannot be written. */
#define oto_run(name, ...)                                                                                             \
    oto_run_begin(name, __FILE__, __LINE__, "" #__VA_ARGS__,                                                           \
                  (const OtoSetting[]){__VA_OPT__(OTO_SETTINGS(__VA_ARGS__), ){.kind = OTO_SETTING_END}})

/* oto_log(run, "f1", f1): writes down a result. Logged again (after each epoch, say), the last one counts. (Of a
 * tensor, oto_log(x) is the logarithm, as before.) */
void oto_run_log(OtoRun *run, const char *what, double value);
#define oto_log(x, ...) _Generic((x), OtoRun *: oto_run_log, default: oto_log)(x __VA_OPT__(, ) __VA_ARGS__)

/* All runs of this name, one line for each combination of settings, in the order in which they were first tried: the
 * settings, the number of runs, and of each logged value the mean and the standard deviation (with n - 1; empty for a
 * single run). The cells are texts: oto_table_number. Lines of the file that cannot be read are left out, with a note.
 * Refuses when there are no runs, and says which names there are. */
OtoTable *oto_runs(const char *name);

/* ---- what oto_run is made of ---- */

typedef enum OtoSettingKind {
    OTO_SETTING_END,
    OTO_SETTING_NUMBER,
    OTO_SETTING_TRUTH,
    OTO_SETTING_TEXT,
    OTO_SETTING_DATA
} OtoSettingKind;
typedef struct OtoSetting {
    OtoSettingKind kind;
    double number;
    char *text; /* of data: what it is, allocated */
} OtoSetting;
OtoRun *oto_run_begin(const char *name, const char *file, int line, const char *names, const OtoSetting settings[]);
OtoSetting oto_setting_number(double value);
OtoSetting oto_setting_truth(bool value);
OtoSetting oto_setting_text(const char *value);
OtoSetting oto_setting_tensor(OtoTensor *x);
OtoSetting oto_setting_examples(OtoExamples examples);
OtoSetting oto_setting_dataset(OtoDataset *set);
#define OTO_SETTING(x)                                                                                                 \
    _Generic((x),                                                                                                      \
        bool: oto_setting_truth,                                                                                       \
        char *: oto_setting_text,                                                                                      \
        const char *: oto_setting_text,                                                                                \
        OtoTensor *: oto_setting_tensor,                                                                               \
        OtoExamples: oto_setting_examples,                                                                             \
        OtoDataset *: oto_setting_dataset,                                                                             \
        default: oto_setting_number)(x)
/* OTO_SETTING of each of up to 16. */
#define OTO_SETTINGS(...) OTO_SETTINGS_4(OTO_SETTINGS_MORE(__VA_ARGS__))
#define OTO_SETTINGS_4(...) OTO_SETTINGS_3(OTO_SETTINGS_3(OTO_SETTINGS_3(OTO_SETTINGS_3(__VA_ARGS__))))
#define OTO_SETTINGS_3(...) OTO_SETTINGS_2(OTO_SETTINGS_2(OTO_SETTINGS_2(OTO_SETTINGS_2(__VA_ARGS__))))
#define OTO_SETTINGS_2(...) __VA_ARGS__
#define OTO_SETTINGS_MORE(first, ...)                                                                                  \
    OTO_SETTING(first) __VA_OPT__(, OTO_SETTINGS_AGAIN OTO_SETTINGS_PARENTHESES(__VA_ARGS__))
#define OTO_SETTINGS_PARENTHESES ()
#define OTO_SETTINGS_AGAIN() OTO_SETTINGS_MORE

#endif
