"""Reads samples with polars, all columns.

Arguments: `csv` or `ndjson`, the file, and how often. Prints one JSON object.
"""

import json
import sys
import time

import polars

READERS = {"csv": polars.read_csv, "ndjson": polars.read_ndjson}


def main():
    read = READERS[sys.argv[1]]
    seconds = []
    for _ in range(int(sys.argv[3])):
        start = time.perf_counter()
        frame = read(sys.argv[2])
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"seconds": seconds, "rows": frame.height, "sum": frame["latency_ms"].sum()}))


main()
