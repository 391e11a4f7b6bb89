#!/bin/sh
# Opens the course in JupyterLab: this tree's root, so that lessons, exercises and data are all at hand. More arguments
# come from LAB_ARGS, e.g. LAB_ARGS="--no-browser --port 9000".
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 2
PATH="$root/.venv/bin:$PATH"
export PATH

# JupyterLab refuses to run as root unless told; in a container root is the usual user.
[ "$(id -u)" = 0 ] && LAB_ARGS="--allow-root --no-browser ${LAB_ARGS-}"
# shellcheck disable=SC2086 # LAB_ARGS is a list of words
exec .venv/bin/jupyter lab --ServerApp.root_dir="$root" --LabApp.default_url=/lab/tree/lessons/00_start.ipynb ${LAB_ARGS-}
