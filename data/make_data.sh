#!/bin/sh
# Makes every sound and MIDI file of this folder again, from Debian packages and tunes.c. Needs:
#   apt-get install clang-19 fluidsynth sox sonic-pi-samples musescore-general-soundfont-small
# The committed files are the output of this script under Debian 12; data/README.md says where each comes from.
set -eu
cd "$(dirname "$0")"

samples=/usr/share/sonic-pi/samples
soundfont=/usr/share/sounds/sf3/MuseScore_General_Lite.sf3
for needed in "$samples/ambi_piano.flac" "$soundfont"; do
    [ -r "$needed" ] || { echo "make_data.sh: $needed is missing; see the first lines of this script" >&2; exit 1; }
done
for program in clang-19 fluidsynth sox; do
    command -v "$program" >/dev/null || { echo "make_data.sh: no $program; see the first lines of this script" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p recordings songs melodies

# -D: no dither, -R: the same bytes each time. Fades keep a cut from clicking.
cut_mono() { sox -D -R "$samples/$1.flac" --comment "" -b 16 "recordings/$2.flac" remix - trim 0 "$3" fade q 0 -0 0.05; }
cut_stereo() { sox -D -R "$samples/$1.flac" --comment "" -b 16 "recordings/$2.flac" trim 0 "$3" fade q 0 -0 0.05; }
cut_stereo ambi_piano       piano    2.8
cut_mono   guit_em9         guitar   6
cut_mono   loop_tabla       tabla    5.33
cut_mono   ambi_choir       choir    1.57
cut_mono   misc_crow        crow     0.48
cut_mono   perc_bell        bell     4
cut_mono   drum_heavy_kick  kick     0.25
cut_mono   drum_snare_hard  snare    0.44
cut_mono   drum_cymbal_open cymbal   1.8

clang-19 -std=gnu23 -Wall -Wextra -O1 -o "$work/tunes" tunes.c
"$work/tunes" . "$work"

# Reverb and chorus are off, so that a stem is the instrument and nothing else; 22,050 Hz is the rate most of the field
# works at. --ignore-length: fluidsynth leaves the length in its WAV header open.
render() { fluidsynth -q -n -i -R 0 -C 0 -g "$3" -r 44100 -O s16 -T wav -F "$2" "$soundfont" "$1"; }
to_flac() { sox -D -R --ignore-length "$1" --comment "" -b 16 "$2" remix - rate -v 22050 trim 0 "$3" fade q 0 -0 "$4"; }
for voice in flute cello guitar; do
    render "$work/$voice.mid" "$work/$voice.wav" 1.8
    to_flac "$work/$voice.wav" "songs/trio_$voice.flac" 21.4 0.2
done
# The mix is the plain sum of the stems: trio = flute + cello + guitar, sample by sample.
sox -D -R -m -v 1 songs/trio_flute.flac -v 1 songs/trio_cello.flac -v 1 songs/trio_guitar.flac --comment "" -b 16 songs/trio.flac

render melodies/sakura.mid "$work/sakura.wav" 1.5
to_flac "$work/sakura.wav" melodies/sakura_koto.flac 12 0.4
