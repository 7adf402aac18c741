"""Writes an archive as torch.save does: `model_archive.py PATH MEGABYTES PICKLE_MEGABYTES`.

Tensors of 4 MiB lie beside a pickle of a state dictionary. With PICKLE_MEGABYTES the pickle also
has a vocabulary and a history of training, of about that size. Needs no torch.
"""

import collections, io, pickle, sys, types, zipfile  # noqa: E401

path, megabytes, pickle_megabytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
TENSOR = 4 << 20


def stub(module, **names):
    made = types.ModuleType(module)
    for name, value in names.items():
        value.__module__, value.__qualname__ = module, name
        setattr(made, name, value)
    sys.modules[module] = made


def rebuild(*arguments):
    pass


class Storage:
    pass


stub("torch", FloatStorage=Storage)
stub("torch._utils", _rebuild_tensor_v2=rebuild)


class Tensor:
    def __init__(self, key):
        self.key = key

    def __reduce__(self):
        sizes, strides = (1024, 1024), (1024, 1)
        return rebuild, (Reference(self.key), 0, sizes, strides, False, collections.OrderedDict())


class Reference:
    def __init__(self, key):
        self.key = key


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        if isinstance(value, Reference):
            return ("storage", Storage, value.key, "cpu", TENSOR // 4)
        return None


count = (megabytes << 20) // TENSOR
state = collections.OrderedDict((f"layers.{n}.weight", Tensor(str(n))) for n in range(count))
document = {"model": state}
if pickle_megabytes:
    entries = pickle_megabytes * 25_000
    document["vocabulary"] = {f"token_{n}": n for n in range(entries)}
    document["history"] = [(n, n * 0.5) for n in range(entries)]
data = io.BytesIO()
Pickler(data, protocol=2).dump(document)
with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
    archive.writestr("archive/data.pkl", data.getvalue())
    weights = bytes(range(256)) * (TENSOR // 256)
    for n in range(count):
        archive.writestr(f"archive/data/{n}", weights)
    archive.writestr("archive/version", "3\n")
print(f'{{"pickle_bytes": {len(data.getvalue())}}}')
