"""Write compound files by the specification ([MS-CFB]): streams in storages, long and short.

It is what the samples of several formats are made of.  A storage's entries hang in one row
of right siblings, which every reader takes.
"""

import struct

END, FREE, TABLE, MORE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFC
# So many sectors of the table are named in the header, the others in sectors of their own.
IN_HEADER = 109
MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
CUTOFF, SMALL = 4096, 64


def compound(streams: dict[str, bytes], sector: int = 512, class_id: bytes = bytes(16)) -> bytes:
    """A compound file; a stream's name is its path ("ObjectPool/_1/\\1Ole10Native")."""
    return Writer(sector).write(streams, class_id)


class Writer:
    def __init__(self, sector: int) -> None:
        self.sector = sector
        self.sectors: list[bytes] = []
        self.table: list[int] = []
        self.mini, self.mini_table = b"", []

    def chain(self, octets: bytes) -> int:
        """Add a chain of sectors; gives its first."""
        if not octets:
            return END
        first = len(self.sectors)
        for at in range(0, len(octets), self.sector):
            self.sectors.append(octets[at : at + self.sector].ljust(self.sector, b"\0"))
            self.table.append(len(self.sectors))
        self.table[-1] = END
        return first

    def small(self, octets: bytes) -> int:
        first = len(self.mini_table)
        count = -(-len(octets) // SMALL)
        self.mini_table += [*range(first + 1, first + count), END]
        self.mini += octets.ljust(count * SMALL, b"\0")
        return first

    def place(self, octets: bytes) -> int:
        if not octets:
            return END
        return self.small(octets) if len(octets) < CUTOFF else self.chain(octets)

    def write(self, streams: dict[str, bytes], class_id: bytes) -> bytes:
        entries = self.entries(streams)
        mini = self.chain(self.mini)
        mini_table = self.chain(struct.pack(f"<{len(self.mini_table)}I", *self.mini_table))
        entries[0] |= {"start": mini, "size": len(self.mini), "class": class_id}
        directory = self.chain(b"".join(packed(one) for one in entries))
        per, count, more = self.sector // 4, 0, 0
        while count * per < len(self.sectors) + count + more:
            count += 1
            more = max(0, -(-(count - IN_HEADER) // (per - 1)))
        first = len(self.sectors)
        self.table += [TABLE] * count + [MORE] * more
        raw = struct.pack(f"<{len(self.table)}I", *self.table).ljust(count * self.sector, b"\xff")
        places = [*range(first, first + count)]
        for number in range(more):
            held = places[IN_HEADER + number * (per - 1) :][: per - 1]
            held += [FREE] * (per - 1 - len(held))
            following = first + count + number + 1 if number + 1 < more else END
            raw += struct.pack(f"<{per}I", *held, following)
        header = MAGIC + bytes(16) + struct.pack(
            "<HHHHH6xIIIIIIIII", 0x3E, 3 if self.sector == 512 else 4, 0xFFFE,
            self.sector.bit_length() - 1, 6, 0, count, directory, 0, CUTOFF,
            mini_table, -(-len(self.mini_table) * 4 // self.sector),
            first + count if more else END, more,
        )  # fmt: skip
        header += struct.pack("<109I", *(places + [FREE] * IN_HEADER)[:IN_HEADER])
        return header.ljust(self.sector, b"\0") + b"".join(self.sectors) + raw

    def entries(self, streams: dict[str, bytes]) -> list[dict]:
        """The directory, the root first."""
        root = {"name": "Root Entry", "kind": 5, "right": FREE, "child": FREE}
        entries, storages = [root], {(): root}
        last: dict[tuple, dict] = {}

        def hang(entry: dict, above: tuple) -> None:
            entry["number"] = len(entries)
            if above in last:
                last[above]["right"] = entry["number"]
            else:
                storages[above]["child"] = entry["number"]
            last[above] = entry
            entries.append(entry)

        for path, octets in streams.items():
            *steps, name = path.split("/")
            for depth in range(1, len(steps) + 1):
                above = tuple(steps[:depth])
                if above not in storages:
                    storages[above] = {"name": above[-1], "kind": 1, "right": FREE, "child": FREE}
                    hang(storages[above], above[:-1])
            hang({"name": name, "kind": 2, "right": FREE, "child": FREE,
                  "start": self.place(octets), "size": len(octets)}, tuple(steps))  # fmt: skip
        return entries


def packed(entry: dict) -> bytes:
    raw = entry["name"].encode("utf-16-le") + b"\0\0"
    head = raw.ljust(64, b"\0") + struct.pack(
        "<HBB3I", len(raw), entry["kind"], 1, FREE, entry["right"], entry["child"]
    )
    tail = struct.pack("<I16xIQ", 0, entry.get("start", 0), entry.get("size", 0))
    return head + entry.get("class", bytes(16)) + tail
