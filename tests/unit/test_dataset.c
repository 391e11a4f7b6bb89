/* Data sets: look-alikes in the layout of each research set, made here, and read by its loader. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "refusal.h"
#include <cmocka.h>

#include "lib/dataset/dataset.h"
#include "lib/io/audio.h"

static char root[] = "/tmp/oto_test_dataset_XXXXXX";

/* A path below the root; the folders on the way are made. */
static const char *place(const char *path) {
    static char whole[4][500];
    static int next;
    char *at = whole[next++ % 4];
    snprintf(at, sizeof whole[0], "%s/%s", root, path);
    for (char *slash = at + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(at, 0777) != 0) assert_int_equal(errno, EEXIST);
        *slash = '/';
    }
    return at;
}

static void put(const char *path, const char *text) {
    FILE *file = fopen(place(path), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static const OtoItem *find(OtoDataset *set, const char *name) {
    for (int64_t i = 0; i < set->count; i++)
        if (!strcmp(set->items[i].name, name)) return &set->items[i];
    fail_msg("%s is not in the set", name);
    return NULL;
}

static void assert_described(OtoDataset *set, const char *expected) {
    char *text = oto_dataset_describe(set);
    assert_string_equal(text, expected);
    free(text);
}

static void a_folder_of_ones_own(void **state) {
    put("own/piano/ann_c4.wav", "");
    put("own/piano/ann_c4.mid", "");
    put("own/piano/bob_c4.flac", "");
    put("own/flute/ann_g4.wav", "");
    put("own/flute/ann_g4.jams", "");
    put("own/flute/notes.pdf", "");
    put("own/.hidden/x.wav", "");
    OtoDataset *set = oto_dataset_folder(place("own"), .group = "%/{}_%");
    assert_described(set, "own: 3 items, 2 classes, 2 groups (group)");
    const OtoItem *c4 = find(set, "piano/ann_c4");
    assert_string_equal(set->classes[c4->label], "piano");
    assert_string_equal(set->groups[c4->group], "ann");
    assert_non_null(strstr(c4->audio, "/own/piano/ann_c4.wav"));
    assert_non_null(strstr(c4->midi, "/own/piano/ann_c4.mid"));
    assert_non_null(strstr(find(set, "flute/ann_g4")->labels, "ann_g4.jams"));
    OtoTensor *groups = oto_dataset_groups(set);
    assert_int_equal(oto_int_at(groups, 0), oto_int_at(groups, 1)); /* ann's flute and piano */
    OtoTensor *tags = oto_dataset_tags(set);
    assert_string_equal(oto_shape_quoted(tags), "(item 3, class 2)");
}

static void partitions_of_a_folder(void **state) {
    put("parts/train/a/1.wav", "");
    put("parts/valid/a/2.wav", "");
    put("parts/test/b/3.wav", "");
    OtoDataset *set = oto_dataset_folder(place("parts"), .labels = "%/{}/%", .partition = "{}/%");
    assert_described(set, "parts: 3 items, 2 classes, 1 train, 1 validation, 1 test");
    OtoDataset *test = oto_dataset_partition(set, OTO_TEST);
    assert_int_equal(test->count, 1);
    assert_int_equal(test->class_count, 2); /* the classes keep their numbers */
    assert_int_equal(test->items[0].label, 1);
    assert_refused(oto_dataset_folder(place("parts"), .partition = "%/{}/%"), "test/b/3: \"b\" is no partition");
}

static void folders_that_are_none(void **state) {
    assert_refused(oto_dataset_folder("/nowhere"), "/nowhere: No such file or directory");
    assert_refused(oto_dataset_folder(place("own/flute/notes.pdf")), "is a file, but must be the data set's folder");
    put("empty/readme.txt", "");
    assert_refused(oto_dataset_folder(place("empty")), "has none of the endings .wav");
    assert_refused(oto_dataset_folder(place("own"), .group = "{}-%"), "flute/ann_g4 does not fit .group = \"{}-%\"");
    assert_refused(oto_dataset_folder(place("own"), .labels = "%"), "must hold {}");
}

static void selections(void **state) {
    OtoDataset *set = oto_dataset_folder(place("parts"), .labels = NULL);
    OtoDataset *two = oto_dataset_select(set, oto_from(((int64_t[]){2, 0}), 2));
    assert_string_equal(two->items[0].name, set->items[2].name);
    assert_refused(oto_dataset_select(set, oto_from(((int64_t[]){3}), 1)),
                   "index 0 is 3, but the set has items 0 to 2");
    assert_refused(oto_dataset_labels(set), "has no class");
    assert_refused(oto_dataset_partition(set, OTO_TRAIN), "no item of parts is in the train partition");
}

static void gtzan(void **state) {
    put("gtzan/genres/blues/blues.00000.wav", "");
    put("gtzan/genres/blues/blues.00001.wav", "");
    put("gtzan/genres/rock/rock.00000.au", "");
    put("gtzan/train_filtered.txt", "blues/blues.00000.wav\n");
    put("gtzan/test_filtered.txt", "blues/blues.00001.wav\n");
    put("gtzan/artists.csv", "file,artist\nblues.00000.wav,John Lee Hooker\nblues.00001.wav,John Lee Hooker\n");
    OtoDataset *set = oto_dataset_gtzan(place("gtzan"));
    assert_described(set, "GTZAN: 3 items, 2 classes, 1 groups (artist), 1 train, 1 test");
    assert_int_equal(find(set, "blues.00001")->partition, OTO_TEST);
    assert_int_equal(find(set, "rock.00000")->group, -1);
    assert_refused(oto_dataset_gtzan(place("empty")), "has none of GTZAN's files");
}

static void nsynth(void **state) {
    put("nsynth/nsynth-train/examples.json",
        "{\"bass_synthetic_033-022-050\": {\"note_str\": \"bass_synthetic_033-022-050\", \"pitch\": 22, \"velocity\": "
        "50,"
        "\"instrument_str\": \"bass_synthetic_033\", \"instrument_family_str\": \"bass\"}}");
    put("nsynth/nsynth-train/audio/bass_synthetic_033-022-050.wav", "");
    put("nsynth/nsynth-test/examples.json",
        "{\"flute_acoustic_002-070-127\": {\"pitch\": 70, \"velocity\": 127, \"instrument_str\": "
        "\"flute_acoustic_002\","
        "\"instrument_family_str\": \"flute\"}, \"flute_acoustic_002-071-127\": {\"instrument_str\": "
        "\"flute_acoustic_002\", \"instrument_family_str\": \"flute\"}}");
    put("nsynth/nsynth-test/audio/flute_acoustic_002-070-127.wav", "");
    OtoDataset *set = oto_dataset_nsynth(place("nsynth"));
    assert_described(set, "NSynth: 2 items, 2 classes, 2 groups (instrument), 1 train, 1 test, 1 missing");
    assert_int_equal(find(set, "flute_acoustic_002-070-127")->pitch, 70);
    put("nsynth/nsynth-valid/examples.json", "{\"x\": ");
    assert_refused(oto_dataset_nsynth(place("nsynth")), "examples.json, line 1, column");
}

static void maestro(void **state) {
    put("maestro/maestro-v3.0.0.csv",
        "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration\n"
        "Alban Berg,\"Sonata, Op. 1\",train,2018,2018/a.midi,2018/a.wav,698.66\n"
        "Alban Berg,\"Sonata, Op. 1\",train,2008,2008/b.midi,2008/b.wav,759.5\n"
        "Claude Debussy,Images,test,2009,2009/c.midi,2009/c.wav,100\n");
    put("maestro/2018/a.midi", "");
    put("maestro/2018/a.wav", "");
    put("maestro/2008/b.midi", "");
    OtoDataset *set = oto_dataset_maestro(place("maestro"));
    assert_described(set, "MAESTRO: 2 items, 1 classes, 1 groups (piece), 2 train, 1 missing");
    assert_string_equal(set->groups[0], "Alban Berg: Sonata, Op. 1");
    assert_null(find(set, "2008/b")->audio);
    assert_float_equal(find(set, "2018/a")->seconds, 698.66, 1e-9);
    assert_refused(oto_dataset_maestro(place("gtzan")), "holds no maestro-v3.0.0.csv");
}

static void magnatagatune(void **state) {
    put("mtt/annotations_final.csv", "\"clip_id\"\t\"no voice\"\t\"guitar\"\t\"mp3_path\"\n"
                                     "\"2\"\t\"1\"\t\"0\"\t\"f/a.mp3\"\n\"6\"\t\"0\"\t\"1\"\t\"c/b.mp3\"\n");
    put("mtt/clip_info_final.csv",
        "\"clip_id\"\t\"artist\"\t\"mp3_path\"\n\"2\"\t\"American Bach Soloists\"\t\"f/a.mp3\"\n"
        "\"6\"\t\"Jay\"\t\"c/b.mp3\"\n");
    put("mtt/f/a.mp3", "");
    put("mtt/c/b.mp3", "");
    OtoDataset *set = oto_dataset_magnatagatune(place("mtt"));
    assert_described(set, "MagnaTagATune: 2 items, 2 classes, 2 groups (artist), 1 validation, 1 test");
    OtoTensor *tags = oto_dataset_tags(set);
    assert_float_equal(oto_at(tags, 0, 0), 1, 0);
    assert_float_equal(oto_at(tags, 1, 1), 1, 0);
    assert_float_equal(oto_at(tags, 1, 0), 0, 0);
    assert_string_equal(set->groups[find(set, "6")->group], "Jay");
    assert_int_equal(oto_dataset_partition(set, OTO_TEST)->items[0].tags[0], 1);
}

static void musdb18(void **state) {
    const char *tracks[] = {"train/A Classic Education - NightOwl", "train/ANiMAL - Rockshow",
                            "test/AM Contra - Heart"};
    const char *stems[] = {"mixture", "drums", "bass", "other", "vocals"};
    char path[200];
    for (int t = 0; t < 3; t++)
        for (int s = 0; s < 5; s++) {
            snprintf(path, sizeof path, "musdb/%s/%s.wav", tracks[t], stems[s]);
            put(path, "");
        }
    OtoDataset *set = oto_dataset_musdb18(place("musdb"));
    assert_described(set, "MUSDB18-HQ: 3 items, 3 groups (artist), 1 train, 1 validation, 1 test");
    const OtoItem *item = find(set, "ANiMAL - Rockshow");
    assert_int_equal(item->partition, OTO_VALIDATION);
    assert_string_equal(set->groups[item->group], "ANiMAL");
    assert_non_null(strstr(item->stems[3], "vocals.wav"));
    unlink(place("musdb/test/AM Contra - Heart/bass.wav"));
    assert_refused(oto_dataset_musdb18(place("musdb")), "AM Contra - Heart has no bass.wav");
    put("musdb_small/test/x.stem.mp4", "");
    assert_refused(oto_dataset_musdb18(place("musdb_small")), "is of the compressed MUSDB18");
}

static void groove(void **state) {
    put("groove/info.csv",
        "drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,audio_filename,duration,split\n"
        "drummer1,drummer1/eval_session,drummer1/eval_session/1,funk/groove1,138,beat,4-4,"
        "drummer1/eval_session/1.mid,drummer1/eval_session/1.wav,27.87,test\n"
        "drummer2,s,drummer2/s/1,rock,95,fill,4-4,drummer2/s/1.mid,,2.5,train\n");
    put("groove/drummer1/eval_session/1.mid", "");
    put("groove/drummer2/s/1.mid", "");
    OtoDataset *set = oto_dataset_groove(place("groove"));
    assert_described(set, "Groove MIDI: 2 items, 2 classes, 2 groups (drummer), 1 train, 1 test");
    const OtoItem *item = find(set, "drummer1/eval_session/1");
    assert_string_equal(set->classes[item->label], "funk");
    assert_float_equal(item->bpm, 138, 0);
    char *text = oto_dataset_text(set);
    assert_non_null(strstr(text, "       1  funk\n"));
    free(text);
    put("groove_broken/info.csv", "drummer,id\n1,2\n");
    assert_refused(oto_dataset_groove(place("groove_broken")), "info.csv has no column \"style\"");
}

/* Reads what is below the folder, or is refused by the name of something in it, or of the list. */
static void read_or_be_refused(OtoDataset *(*load)(const char *folder), const char *folder, const char *list) {
    OtoScope scope = oto_scope_begin();
    OtoErrorHandler before = oto_on_error(refusal_taken, NULL);
    if (setjmp(refusal_jump) == 0)
        load(folder);
    else if (!strstr(refusal_text, folder) && !strstr(refusal_text, list))
        fail_msg("%s does not name the data set", refusal_text);
    oto_on_error(before, NULL);
    oto_scope_end(&scope);
}

static void lists_cut_anywhere_are_read_or_refused_by_name(void **state) {
    static const struct {
        OtoDataset *(*load)(const char *folder);
        const char *folder, *list;
    } sets[] = {{oto_dataset_gtzan, "gtzan", "gtzan/artists.csv"},
                {oto_dataset_nsynth, "nsynth", "nsynth/nsynth-test/examples.json"},
                {oto_dataset_maestro, "maestro", "maestro/maestro-v3.0.0.csv"},
                {oto_dataset_magnatagatune, "mtt", "mtt/annotations_final.csv"},
                {oto_dataset_groove, "groove", "groove/info.csv"}};
    unlink(place("nsynth/nsynth-valid/examples.json"));
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        char list[2000] = {}, part[2000] = {};
        FILE *file = fopen(place(sets[i].list), "r");
        assert_non_null(file);
        size_t size = fread(list, 1, sizeof list - 1, file);
        fclose(file);
        for (size_t length = 0; length <= size; length++) {
            memcpy(part, list, length);
            part[length] = '\0';
            put(sets[i].list, part);
            read_or_be_refused(sets[i].load, place(sets[i].folder), strrchr(sets[i].list, '/') + 1);
        }
    }
}

static void broken_sounds_are_listed_and_refused_by_name_when_they_are_loaded(void **state) {
    static const char *const broken[] = {"", "RIFF", "RIFF\x24 \x7fWAVEfmt \x10", "no sound at all, but some text"};
    const char *const folders[] = {"broken/genres/jazz", "broken/genres/rock"};
    char path[100];
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s.%05d.wav", folders[i / 2], i / 2 ? "rock" : "jazz", i);
        put(path, broken[i]);
    }
    OtoDataset *sets[] = {oto_dataset_gtzan(place("broken")), oto_dataset_folder(place("broken"), .labels = NULL)};
    for (int set = 0; set < 2; set++) {
        assert_int_equal(sets[set]->count, 4);
        for (int i = 0; i < 4; i++) {
            snprintf(path, sizeof path, "%05d.wav", i);
            assert_refused(oto_audio_load(sets[set]->items[i].audio), path);
        }
    }
}

static int make_root(void **state) {
    return mkdtemp(root) ? 0 : -1;
}
static int remove_root(void **state) {
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_of_ones_own),
        cmocka_unit_test(partitions_of_a_folder),
        cmocka_unit_test(folders_that_are_none),
        cmocka_unit_test(selections),
        cmocka_unit_test(gtzan),
        cmocka_unit_test(nsynth),
        cmocka_unit_test(maestro),
        cmocka_unit_test(magnatagatune),
        cmocka_unit_test(musdb18),
        cmocka_unit_test(groove),
        cmocka_unit_test(lists_cut_anywhere_are_read_or_refused_by_name),
        cmocka_unit_test(broken_sounds_are_listed_and_refused_by_name_when_they_are_loaded),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
