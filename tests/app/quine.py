"""A zip whose only member is the zip itself, after Russ Cox, "Zip Files All The Way Down" (research.swtch.com/zip)."""

import struct
import zlib

# Of 30 characters: then `repeat` of what stands before the program has five bytes.
NAME = "a-zip-that-holds-itself-{}.jpeg"


def quine() -> bytes:
    """Its checksum stands in it too: one that fits is found with linear algebra, for half of the names or so."""
    for letter in "0123456789":
        name = NAME.format(letter).encode()
        crc = fixed_point(lambda crc, name=name: zlib.crc32(built(name, crc)))
        if crc is not None:
            return built(name, crc)
    raise AssertionError("no name has a checksum")


def built(name: bytes, crc: int) -> bytes:
    """A program in deflate: each line writes what stands before it or what comes next; "literal" what follows."""
    size = 484  # of the whole, which is what the assertion below makes sure of
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
    """The begin of a stored block: what follows is output as it is. (RFC 1951, 3.2.4)"""
    return struct.pack("<BHH", final, count, count ^ 0xFFFF)


def repeat(count: int, *, padded: bool = False) -> bytes:
    """A block of fixed codes that repeats the last `count` bytes, 65 to 114; then an empty one. (3.2.5, 3.2.6)"""
    length = next(i for i, (low, high) in enumerate([(59, 67), (67, 83), (83, 99), (99, 115)]) if low <= count < high)
    base, extra = [(59, 3), (67, 4), (83, 4), (99, 4)][length]
    far = (count - 65) // 32
    bits = "010" + f"{20 + length:07b}" + f"{count - base:0{extra}b}"[::-1]
    bits += f"{12 + far:05b}" + f"{count - 65 - 32 * far:05b}"[::-1] + "0000000"
    bits += "000" if padded else "010" + "0000000"
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8)) + (literal(0)[1:] if padded else b"")


def fixed_point(checksum) -> int | None:
    """x = checksum(x) for a function that is linear over GF(2) but for a constant, or None."""
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
