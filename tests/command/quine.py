"""A zip whose only member is the zip itself, after Russ Cox, "Zip Files All The Way Down" (research.swtch.com/zip)."""

import struct
import zlib

# A name has 30 characters, so that `repeat` of the bytes before the program takes five bytes.
NAME = "a-zip-that-holds-itself-{}.jpeg"


def quine() -> bytes:
    """The zip's bytes. They contain their own checksum; linear algebra finds one for about half of the names."""
    for letter in "0123456789":
        name = NAME.format(letter).encode()
        crc = fixed_point(lambda crc, name=name: zlib.crc32(built(name, crc)))
        if crc is not None:
            return built(name, crc)
    raise AssertionError("no name has a checksum")


def built(name: bytes, crc: int) -> bytes:
    """The zip as a deflate program: `repeat` writes earlier bytes again, `literal` writes the bytes that follow."""
    size = 484  # of the whole zip; the assertion below checks it
    tail_size = 5 + 46 + len(name) + 22
    fields = struct.pack(
        "<HHHHHLLLHH", 20, 0, 8, 0, 33, crc, size - 30 - len(name) - (tail_size - 5), size, len(name), 0
    )
    head = b"PK\3\4" + fields + name
    central = b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<HHHLL", 0, 0, 0, 0, 0) + name
    tail = literal(0, final=True) + central
    tail += b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(central), size - len(central) - 22, 0)
    again, row = repeat(len(head) + 5), bytes.fromhex("428821c400")  # row: the last 20 bytes, as two matches of 10
    end = repeat(len(tail) + 9, padded=True)
    nothing, to_end = literal(0), literal(len(end) + len(tail))
    begin, one, four = literal(len(head) + 5), literal(5), literal(20)
    whole = head + begin + head + begin + again + one + again + one + one
    whole += four + again + one + one + four + row
    whole += four + row + four + row + four + row
    whole += four + row + nothing + nothing + to_end + row
    whole += nothing + nothing + to_end + end + tail + end + tail
    assert (len(again), len(end), len(tail), len(whole)) == (5, 9, tail_size, size)
    return whole


def literal(count: int, *, final: bool = False) -> bytes:
    """The header of a stored block: the next `count` bytes are output unchanged. (RFC 1951, 3.2.4)"""
    return struct.pack("<BHH", final, count, count ^ 0xFFFF)


def repeat(count: int, *, padded: bool = False) -> bytes:
    """A block with fixed codes that repeats the last `count` bytes (65 to 114), and an empty block. (3.2.5, 3.2.6)"""
    length = next(i for i, (low, high) in enumerate([(59, 67), (67, 83), (83, 99), (99, 115)]) if low <= count < high)
    base, extra = [(59, 3), (67, 4), (83, 4), (99, 4)][length]
    far = (count - 65) // 32
    bits = "010" + f"{20 + length:07b}" + f"{count - base:0{extra}b}"[::-1]
    bits += f"{12 + far:05b}" + f"{count - 65 - 32 * far:05b}"[::-1] + "0000000"
    bits += "000" if padded else "010" + "0000000"
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8)) + (literal(0)[1:] if padded else b"")


def fixed_point(checksum) -> int | None:
    """x with x = checksum(x), or None; the function must be affine over GF(2)."""
    constant, rows = checksum(0), []
    columns = [checksum(1 << i) ^ constant ^ (1 << i) for i in range(32)]
    for bit in range(32):
        rows.append(sum((columns[i] >> bit & 1) << i for i in range(32)) | (constant >> bit & 1) << 32)
    for i in range(32):
        pivot = next((r for r in range(i, 32) if rows[r] >> i & 1), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows = [row ^ rows[i] if r != i and row >> i & 1 else row for r, row in enumerate(rows)]
    return sum((row >> 32) << i for i, row in enumerate(rows))
