"""The random numbers of noise and mini-batches in plain Python: the same Philox counters, and so the same numbers."""

PHILOX = '''def philox(key, counter):
    """Four 64-bit words of Philox 4x64-10 (Salmon et al. 2011), as numpy.random.Philox gives them."""
    (k0, k1), (c0, c1, c2, c3), word = key, counter, 2**64 - 1
    for _ in range(10):
        low, high = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
        c0, c1, c2, c3 = (high >> 64) ^ c1 ^ k0, high & word, (low >> 64) ^ c3 ^ k1, low & word
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & word, (k1 + 0xBB67AE8584CAA73B) & word
    return c0, c1, c2, c3'''

NORMALS = '''def normals(t, dim, stream):
    """Standard normal numbers of step t: they depend on the seed, {on}the step and the stream."""
    pairs = (dim + 1) // 2
    blocks = (pairs + 1) // 2
    words = [w for n in range(blocks) for w in philox((SEED, t), ({first}n + 1, 0, 0, stream))][: 2 * pairs]
    uniform = [((w >> 11) + 0.5) * 2.0**-53 for w in words]
    polar = [(math.sqrt(-2 * math.log(u)), 2 * math.pi * v) for u, v in zip(uniform[:pairs], uniform[pairs:])]
    numbers = [r * math.cos(a) for r, a in polar] + [r * math.sin(a) for r, a in polar]
    return torch.tensor(numbers[:dim])'''

BATCH = '''def batch(t):
    """The samples of step t: each epoch is a permutation that depends on the seed and the epoch."""
    epoch, part = divmod(t, SAMPLES // BATCH_SIZE)
    halves = (h for n in itertools.count(1) for w in philox((SEED, epoch), (n, 0, 0, 0)) for h in (w & 0xFFFFFFFF, w >> 32))
    order = list(range(SAMPLES))
    for i in range(SAMPLES - 1, 0, -1):  # numpy's shuffle
        j = next(h & (2 ** i.bit_length() - 1) for h in halves if h & (2 ** i.bit_length() - 1) <= i)
        order[i], order[j] = order[j], order[i]
    return order[part * BATCH_SIZE : (part + 1) * BATCH_SIZE]'''
