#!/bin/sh
# Usage: autograder/demo.sh [COURSE]
# Grades a class of sample submissions to week 1 and prints their scores. COURSE (build/demo) keeps the feedback pages.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
course=${1:-$root/build/demo}
grade=${OTO_GRADE:-$root/build/bin/oto-grade}
mkdir -p "$course"
rm -f "$course/gradebook.db"
OTO_GRADE=$grade python3 "$root/tests/grader/make_samples.py" "$course"
"$grade" run --course "$course"
"$grade" report --course "$course"
"$grade" feedback --course "$course"
