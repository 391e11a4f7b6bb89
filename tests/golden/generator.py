"""The library's generator (lib/tensor/random.c) in Python, for models whose weights and data both sides draw."""

import math

import numpy as np

ALL = 2**64 - 1


class Generator:
    """xoshiro256** from a seed, as after oto_seed(seed)."""

    def __init__(self, seed):
        self.state = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & ALL
            z = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & ALL
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & ALL
            self.state.append(z ^ (z >> 31))

    def next(self):
        a, b, c, d = self.state
        result = (b * 5) & ALL
        result = (((result << 7) | (result >> 57)) * 9) & ALL
        t = (b << 17) & ALL
        c ^= a
        d ^= b
        self.state = [a ^ d, b ^ c, c ^ t, ((d << 45) | (d >> 19)) & ALL]
        return result

    def uniform(self):
        return (self.next() >> 11) * 2.0**-53

    def normal(self):
        radius = math.sqrt(-2 * math.log(1 - self.uniform()))
        return radius * math.cos(2 * math.pi * self.uniform())

    def below(self, n):
        draw = ALL
        while draw >= ALL - ALL % n:
            draw = self.next()
        return draw % n

    def array(self, draw, shape, dtype=np.float32):
        return np.array([draw() for _ in range(math.prod(shape))], dtype).reshape(shape)
