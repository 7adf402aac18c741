"""The script a user would write instead of `adjutant shadow compare`: deepdiff on each pair of
bodies, counted by path.

Arguments: two recordings and how many pairs. Prints how many pairs it compared and how many of
them disagree.
"""

import collections, itertools, json, re, sys  # noqa: E401

from deepdiff import DeepDiff

count = int(sys.argv[3])
paths = collections.Counter()
pairs = disagreeing = 0
with open(sys.argv[1]) as baseline, open(sys.argv[2]) as candidate:
    for one, other in itertools.islice(zip(baseline, candidate), count):
        one, other = json.loads(one), json.loads(other)
        assert one["request"]["id"] == other["request"]["id"]
        found = DeepDiff(one["body"], other["body"])
        pairs += 1
        disagreeing += bool(found)
        for changes in found.values():
            for path in changes:
                paths[re.sub(r"\[\d+\]", "[*]", path)] += 1
print(json.dumps({"pairs": pairs, "disagreeing": disagreeing}))
