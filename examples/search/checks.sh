#!/bin/sh
# What can be told of the candidate before it gets any traffic, from what `search drive` left in the
# folder $1. Each answer is kept as evidence, whatever it says: the gate decides.
set -eu
cd "$1"

answer() {
    file=$1
    shift
    code=0
    adjutant "$@" --format json >"$file" || code=$?
    case $code in
    0 | 10 | 20 | 30) echo "$file: exit code $code" ;;
    *) exit "$code" ;;
    esac
}

for direction in request response; do
    answer "contract.$direction.json" schema diff --direction "$direction" \
        --baseline baseline.openapi.json --candidate candidate.openapi.json
done

# Both versions are built from this repository's lockfile.
answer dependencies.json deps align --baseline ../Cargo.lock --candidate ../Cargo.lock --osv ../osv

answer models.json model scan candidate.colors.npy

# Another ranking is meant to find other products, more of them and with other scores, under
# another version's name. Types, fields, encodings and everything else must stay.
answer shadow.json shadow compare \
    --baseline baseline.ndjson --again baseline.again.ndjson --candidate candidate.ndjson \
    --ignore body.version --unordered body.results --tolerance body.results=1 \
    --tolerance 'body.results[*].score=1' \
    --text 'body.results[*].id=0' --text 'body.results[*].title=0'
