#!/usr/bin/env bash
# Checks and measures on a machine with a GPU, within 10 minutes, and leaves everything in one folder.
#
#   ./run.sh [--device vulkan|wgpu|cpu] [--data DIR] [--out DIR] [--minutes N] [--micro-batch N] [--tiny]
#
# --device   what the program was built for, unless said otherwise
# --data     the folder of the reviews (aclImdb_labeled.tar.gz) and of BERT's vocabulary; without it no epochs are run
# --minutes  for everything (10); what is left after the checks is for epochs of `imdb` with p = 1.1 and 2
# --tiny     small models and generated reviews: whether everything works, on a device in software, say
#
# PyTorch is asked through `python3` (or $PYTHON) where it is there. A part that fails is told, and the next goes on.
set -u
here=$(cd "$(dirname "$0")" && pwd)
device=() data= out=results minutes=10 tiny= micro=()
while [ $# -gt 0 ]; do
  case "$1" in
    --device) device=(--device "$2"); shift 2;;
    --data) data=$2; shift 2;;
    --out) out=$2; shift 2;;
    --minutes) minutes=$2; shift 2;;
    --micro-batch) micro=(--micro-batch "$2"); shift 2;;
    --tiny) tiny=1; shift;;
    *) sed -n '2,11p' "$0" >&2; exit 2;;
  esac
done
python=${PYTHON:-python3}
mkdir -p "$out" || exit 1
work=$(mktemp -d) || exit 1
start=$(date +%s) failed=0
sampler=
trap 'test -n "$sampler" && kill "$sampler" 2>/dev/null; rm -rf "$work"' EXIT

left() { echo $((60 * minutes - ($(date +%s) - start))); }

part() { # NAME SECONDS COMMAND...: its words go to NAME.log, its status to parts.txt
  local name=$1 limit=$2; shift 2
  local began status
  began=$(date +%s)
  timeout --signal INT --kill-after 15 "$limit" "$@" >"$out/$name.log" 2>&1
  status=$?
  echo "$name: status $status, $(($(date +%s) - began)) s" | tee -a "$out/parts.txt"
  [ $status = 0 ] || { failed=1; tail -n 3 "$out/$name.log" >&2; }
}

: >"$out/parts.txt"
{
  date -u +%FT%TZ
  uname -srm
  nproc
  "$here/mirrorhead-gpu" --version
  nvidia-smi 2>/dev/null || echo "no nvidia-smi"
  "$python" -c 'import torch; print("torch", torch.__version__, torch.cuda.is_available())' 2>/dev/null || echo "no PyTorch"
} >"$out/machine.txt"

gpu=("$here/mirrorhead-gpu" "${device[@]}" --out "$out")
weights=$work/model.safetensors
steps=(--length 512 --batch 100 --steps 5)
[ -n "$tiny" ] && steps=(--vocabulary 500 --length 32 --width 48 --hidden 96 --batch 10 --steps 3)

# The GPU's memory while each side trains, in MiB, once a second.
sample() {
  command -v nvidia-smi >/dev/null || return 0
  nvidia-smi --query-gpu=memory.used --format=csv,noheader,nounits -l 1 >"$out/$1-memory.txt" 2>/dev/null &
  sampler=$!
}
stop_sampling() { [ -n "$sampler" ] && kill "$sampler" 2>/dev/null; sampler=; }

part optimizer 120 "${gpu[@]}" optimizer
sample steps
part steps 180 "${gpu[@]}" steps "${steps[@]}" --weights "$weights"
stop_sampling
if "$python" -c 'import torch' 2>/dev/null; then
  sample pytorch
  part pytorch 120 "$python" "$here/pytorch.py" steps "${steps[@]}" --weights "$weights" --ours "$out/steps.json" --out "$out/pytorch.json"
  stop_sampling
fi

if [ -n "$data$tiny" ]; then
  which=(--work "$work" --data-dir "${data:-.}" "${micro[@]}")
  [ -n "$tiny" ] && which+=(--profile quick --blocks 1)
  # Twenty seconds are for reading the data and for closing.
  for p in 1.1 2; do
    half=$(left)
    [ $p = 1.1 ] && half=$((half / 2))
    [ "$half" -gt 30 ] && part "epochs-$p" "$half" "${gpu[@]}" epochs --p $p --seconds $((half - 20)) "${which[@]}"
  done
fi
echo "results in $out, after $(($(date +%s) - start)) s"
exit $failed
