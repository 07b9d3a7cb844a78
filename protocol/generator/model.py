# SPDX-License-Identifier: MIT
"""Loads protocol/*.toml, checks it, and hands the writers a model with every offset settled.

How a description is written: protocol/README.md.
"""
import dataclasses
import pathlib
import re
import tomllib


@dataclasses.dataclass(frozen=True)
class Scalar:
    size: int
    c: str            # C type of the struct member
    take: str         # suffix of pvg_take_ and pvg_put_
    wrapped: bool = False  # a one-member struct: the number is in .value


SCALARS = {
    "u8": Scalar(1, "uint8_t", "u8"),
    "u16": Scalar(2, "uint16_t", "u16"),
    "u32": Scalar(4, "uint32_t", "u32"),
    "u64": Scalar(8, "uint64_t", "u64"),
    "i16": Scalar(2, "int16_t", "u16"),
    "i64": Scalar(8, "int64_t", "u64"),
    "f32": Scalar(4, "float", "f32"),
    "f64": Scalar(8, "double", "f64"),
    "gva": Scalar(8, "struct pvg_gva", "u64", True),
    "gpa": Scalar(8, "struct pvg_gpa", "u64", True),
    "pfn": Scalar(4, "struct pvg_pfn", "u32", True),
    "vpn": Scalar(4, "struct pvg_vpn", "u32", True),
}
UNSIGNED = {1: "uint8_t", 2: "uint16_t", 4: "uint32_t", 8: "uint64_t"}


class Fault(Exception):
    """Something in the description that does not hold together; the text says where."""


@dataclasses.dataclass
class Bits:
    """A member that is some bits of a word."""
    low: int
    width: int
    type: str        # "u", "bool", "pad", or the name of an enum
    name: str
    doc: str


@dataclasses.dataclass
class Field:
    offset: int      # bytes from the start of the layout; None: behind a counted field
    kind: str        # scalar, struct, pad, zero, word (bits only), bytes (all that is left)
    type: str        # name of the scalar or struct; for pad and zero: ""
    size: int        # bytes of one element
    name: str
    doc: str
    enum: str = ""   # names its values; "bool" for a truth value
    fixed: int = 0   # number of elements, when the layout says it; 0: not an array
    counted: str = ""  # the member that holds the number of elements
    bits: list = dataclasses.field(default_factory=list)
    owner: str = ""  # the C struct, for a field that is one

    @property
    def total(self):
        """Bytes, 0 when only the record itself can tell."""
        return 0 if self.counted or self.kind == "bytes" else self.size * max(self.fixed, 1)


@dataclasses.dataclass
class Layout:
    """Fields in the order of their offsets: a struct, or the payload of one form of a record."""
    name: str
    fields: list
    size: int          # bytes of the part that is always there, unwritten tail included
    written: int       # the same without the unwritten tail

    @property
    def variable(self):
        return any(f.counted or f.kind == "bytes" for f in self.fields)


@dataclasses.dataclass
class Item:
    """What every entry of the description has."""
    room: str
    name: str
    title: str
    doc: str
    spec: str
    confidence: str


@dataclasses.dataclass
class Enum(Item):
    flags: bool
    values: list       # (number, name, doc)


@dataclasses.dataclass
class Constant(Item):
    value: str


@dataclasses.dataclass
class Register(Item):
    offset: int
    size: int
    direction: str
    reset: str


@dataclasses.dataclass
class Form:
    """One way in which a struct or record is written; forms share the C struct of their owner."""
    owner: str
    name: str
    title: str
    confidence: str
    doc: str
    layout: Layout
    constants: dict    # members that follow from the form
    opcode: int = None  # of a record
    only_size: int = 0  # the opcode has forms that only this total size tells apart; 0: no
    spaces: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Formed(Item):
    """What is written in one or more forms."""
    forms: list
    defaults: dict     # members that not every form carries

    def members(self):
        """Members of the C struct by name; where forms differ, the widest wins."""
        found = {}
        for form in self.forms:
            for field in form.layout.fields:
                for member in members_of(field):
                    old = found.get(member.name)
                    if old is None or width_of(member) > width_of(old):
                        found[member.name] = member
        return found

    def constants(self):
        """Members that no form carries: they follow from the form alone."""
        found = self.members()
        return dict.fromkeys(n for f in self.forms for n in f.constants if n not in found)

    def preset(self, form):
        return {**self.defaults, **form.constants}


@dataclasses.dataclass
class Struct(Formed):
    offsets: bool      # also make constants of the offsets


@dataclasses.dataclass
class Record(Formed):
    def in_space(self, space):
        return [f for f in self.forms if space in f.spaces]


@dataclasses.dataclass
class Space(Item):
    header: str        # "packet" or "record"


@dataclasses.dataclass
class Room:
    name: str
    title: str
    doc: str
    enums: list
    constants: list
    registers: list
    structs: list
    records: list
    spaces: list


@dataclasses.dataclass
class Model:
    rooms: list
    enums: dict
    struct_forms: dict  # name of the form: its Struct
    form_layouts: dict
    structs: dict
    records: dict
    spaces: dict

    def records_of(self, space):
        return [r for room in self.rooms for r in room.records if r.in_space(space)]

    def forms_of(self, space):
        return [(r, f) for r in self.records_of(space) for f in r.in_space(space)]

    def struct_of(self, name):
        """The struct of which @name is a form."""
        return self.struct_forms[name]


def members_of(field):
    """What a field adds to the C struct: itself, or its named bits."""
    if field.bits:
        return [b for b in field.bits if b.type != "pad"]
    return [] if field.kind in ("pad", "zero") else [field]


def width_of(member):
    return member.width if isinstance(member, Bits) else member.size * 8


def member_type(member):
    """The C type of a struct member, without its array part."""
    if isinstance(member, Bits):
        if member.type == "bool":
            return "bool"
        return UNSIGNED[next(n for n in UNSIGNED if n * 8 >= member.width)]
    if member.kind == "bytes" or (member.counted and member.type == "u8"):
        return "struct pvg_wire_bytes"
    if member.counted:
        return f"struct pvg_wire_{member.type}_array"
    if member.kind == "struct":
        return f"struct pvg_wire_{member.owner}"
    return "bool" if member.enum == "bool" else SCALARS[member.type].c


class Loader:
    def __init__(self):
        self.model = Model([], {}, {}, {}, {}, {}, {})
        self.where = ""

    def need(self, condition, text):
        if not condition:
            raise Fault(f"{self.where}: {text}")

    def load(self, paths):
        # Names first, so that files and entries can stand in any order; then layouts.
        texts = [(path.stem, tomllib.loads(path.read_text())) for path in paths]
        for stem, data in texts:
            self.where = stem
            room = Room(stem, data.pop("title"), data.pop("doc", ""), [], [], [], [], [], [])
            self.model.rooms.append(room)
            for entry in data.pop("enum", []):
                room.enums.append(self.enum(room, entry))
            for entry in data.pop("constants", []):
                room.constants += self.constants(room, entry)
            for entry in data.pop("register", []):
                room.registers += self.registers(room, entry)
            for entry in data.pop("space", []):
                room.spaces.append(self.space(room, entry))
        for room, (stem, data) in zip(self.model.rooms, texts):
            self.where = stem
            for entry in data.pop("struct", []):
                room.structs.append(self.struct(room, entry))
            for entry in data.pop("record", []):
                room.records.append(self.record(room, entry))
            self.need(not data, f"unknown tables {', '.join(data)}")
        # Enums and structs share C's tags.
        for name in self.model.enums.keys() & (self.model.structs.keys() | self.model.records.keys()):
            self.need(False, f"{name} is both an enum and a struct")
        for name in self.model.structs.keys() & self.model.records.keys():
            self.need(False, f"{name} is both a struct and a record")
        for space in self.model.spaces:
            self.check_space(space)
        return self.model

    def item(self, room, entry):
        self.need("name" in entry, "an entry without a name")
        self.where = f"{room.name}.toml: {entry['name']}"
        self.need(re.fullmatch(r"[a-z][a-z0-9_]*", entry["name"]), "a name in snake_case")
        self.need(entry.get("spec"), "no spec section")
        return dict(room=room.name, name=entry.pop("name"), title=entry.pop("title", ""),
                    doc=" ".join(entry.pop("doc", "").split()), spec=entry.pop("spec"),
                    confidence=entry.pop("confidence", "driver"))

    def done(self, entry, made, table=None):
        self.need(not entry, f"unknown keys {', '.join(entry)}")
        if table is not None:
            self.need(made.name not in table, "the name is taken")
            table[made.name] = made
        return made

    def enum(self, room, entry):
        base = self.item(room, entry)
        values = []
        for line in lines_of(entry.pop("values")):
            number, name, doc = (line.split(None, 2) + [""])[:3]
            values.append((int(number, 0), name, doc))
        self.need(len({v[1] for v in values}) == len(values), "a value's name occurs twice")
        self.need(len({v[0] for v in values}) == len(values), "a value occurs twice")
        return self.done(entry, Enum(**base, flags=entry.pop("flags", False), values=values),
                         self.model.enums)

    def constants(self, room, entry):
        base = self.item(room, entry)
        made = []
        for line in lines_of(entry.pop("values")):
            value, name, doc = (line.split(None, 2) + [""])[:3]
            made.append(Constant(**{**base, "name": name, "doc": doc}, value=value))
        self.need(not entry, f"unknown keys {', '.join(entry)}")
        return made

    def registers(self, room, entry):
        base = self.item(room, entry)
        made = []
        for line in lines_of(entry.pop("fields")):
            offset, size, direction, reset, name, doc = (line.split(None, 5) + [""])[:6]
            made.append(Register(**{**base, "name": f"{base['name']}_{name}", "doc": doc},
                                 offset=int(offset, 16), size=int(size), direction=direction,
                                 reset=reset))
        self.need(len({r.offset for r in made}) == len(made), "an offset occurs twice")
        self.need(not entry, f"unknown keys {', '.join(entry)}")
        return made

    def space(self, room, entry):
        base = self.item(room, entry)
        return self.done(entry, Space(**base, header=entry.pop("header")), self.model.spaces)

    def struct(self, room, entry):
        base = self.item(room, entry)
        forms = []
        for form in entry.pop("form", None) or [take_keys(entry, ("size", "fields"))]:
            made = self.form(room, base, form)
            size = form.pop("size", made.layout.size)
            self.need(made.layout.size <= size, f"its fields need {made.layout.size} bytes")
            made.layout.size = size
            self.need(not form, f"unknown keys {', '.join(form)}")
            self.need(made.name not in self.model.struct_forms, "the name is taken")
            forms.append(made)
        made = Struct(**base, forms=forms, defaults=entry.pop("defaults", {}),
                      offsets=entry.pop("offsets", False))
        for form in forms:
            self.model.struct_forms[form.name] = made
            self.model.form_layouts[form.name] = form.layout
        return self.done(entry, made, self.model.structs)

    def record(self, room, entry):
        base = self.item(room, entry)
        forms = []
        # The one form of most records stands in the record itself.
        for form in entry.pop("form", None) or [take_keys(entry, (
                "opcode", "size", "fields", "set", "only_size", "spaces"))]:
            made = self.form(room, base, form)
            made.opcode = form.pop("opcode")
            made.spaces = form.pop("spaces", None) or [room.spaces[0].name]
            header = 8 if self.model.spaces[made.spaces[0]].header == "record" else 0
            size = form.pop("size", None)
            # A record's size is written as the spec gives it: with its header, rounded to 4.
            if size is not None:
                self.need(round4(made.layout.size) + header == size,
                          f"size {size}, its fields need {round4(made.layout.size) + header}")
            else:
                self.need(made.layout.variable, "a fixed record states its size")
            made.only_size = size if form.pop("only_size", False) else 0
            self.need(not form, f"unknown keys {', '.join(form)}")
            forms.append(made)
        made = Record(**base, forms=forms, defaults=entry.pop("defaults", {}))
        for name in made.defaults:
            self.need(name in made.members(), f"a default for {name}, which no form has")
        return self.done(entry, made, self.model.records)

    def form(self, room, base, entry):
        name = entry.pop("name", base["name"])
        self.where = f"{room.name}.toml: {name}"
        return Form(base["name"], name, entry.pop("title", base["title"] or name),
                    entry.pop("confidence", base["confidence"]), entry.pop("doc", ""),
                    self.layout(name, entry.pop("fields", "")), entry.pop("set", {}))

    def layout(self, name, text):
        fields, end, written, open_end = [], 0, 0, False
        for line in lines_of(text):
            if line[0] == "." and not line.startswith(".. "):
                self.need(fields, "bits before any word")
                fields[-1].bits.append(self.bits(fields[-1], line))
                continue
            at, kind, *rest = line.split(None, 3)
            field = self.field(kind, rest[0] if rest else "-", rest[1] if len(rest) > 1 else "")
            self.need(field.kind in ("pad", "zero", "word") or field.name != "-", f"{line}: no name")
            if at == "..":
                field.offset = None if open_end else end
            else:
                field.offset = int(at, 16)
                self.need(not open_end, f"{line}: an offset behind a counted field")
                self.need(field.offset >= end, f"{line}: overlaps what stands before it")
                self.need(field.offset == end, f"{line}: bytes from {end:#x} are not described")
            fields.append(field)
            if not field.total:
                open_end = True
            else:
                end += field.total
                if field.kind != "pad":
                    written = end
        counts = {m.name for f in fields for m in members_of(f)}
        for field in fields:
            self.need(not field.counted or field.counted in counts,
                      f"{field.name}: no field {field.counted}")
        return Layout(name, fields, end, written)

    def field(self, kind, name, doc):
        if kind == "bytes":
            return Field(None, "bytes", "u8", 1, name, doc)
        match = re.fullmatch(r"(pad|zero)(\d+)", kind)
        if match:
            return Field(None, match[1], "", int(match[2]), "-", name if name != "-" else doc)
        match = re.fullmatch(r"([a-z0-9_]+)(?:/([a-z0-9]+))?(?:\[(\w+)\])?", kind)
        self.need(match, f"{kind}: not a type")
        base, carrier, count = match.groups()
        made = Field(None, "scalar", base, 0, name, doc)
        if carrier:
            self.need(base == "bool" or base in self.model.enums, f"{base}: no such enum")
            made.enum, made.type = base, carrier
            base = carrier
        if base in SCALARS:
            made.size = SCALARS[base].size
            if name == "-":
                made.kind = "word"
        elif base in self.model.struct_forms:
            made.kind, made.size = "struct", self.model.form_layouts[base].size
            made.owner = self.model.struct_forms[base].name
        else:
            self.need(False, f"{base}: no such type")
        if count:
            if count.isdigit():
                made.fixed = int(count)
            else:
                made.counted = count
        return made

    def bits(self, word, line):
        span, kind, *rest = line[1:].split(None, 3)
        high, _, low = span.partition(":")
        low = int(low or high)
        made = Bits(low, int(high) - low + 1, kind, rest[0] if rest else "-",
                    rest[1] if len(rest) > 1 else "")
        self.need(word.kind == "word", f"{line}: bits of a field that has a name itself")
        self.need(kind in ("u", "bool", "pad") or kind in self.model.enums, f"{kind}: no such enum")
        self.need(made.width > 0 and low + made.width <= word.size * 8, f"{line}: outside its word")
        taken = 0
        for other in word.bits:
            taken |= ((1 << other.width) - 1) << other.low
        self.need(not taken & ((1 << made.width) - 1) << low, f"{line}: overlaps other bits")
        return made

    def check_space(self, space):
        seen = {}
        for record, form in self.model.forms_of(space):
            self.where = f"{record.room}.toml: {form.name}"
            key = (form.opcode, form.only_size)
            self.need(key not in seen, f"opcode {form.opcode:#x} is {seen.get(key)}'s")
            seen[key] = form.name


def take_keys(entry, keys):
    return {key: entry.pop(key) for key in keys if key in entry}


def lines_of(text):
    return [line.strip() for line in text.splitlines()
            if line.strip() and not line.strip().startswith("#")]


def round4(size):
    return (size + 3) & ~3


def load(paths):
    """@paths in an order in which a struct stands before its users."""
    return Loader().load([pathlib.Path(path) for path in paths])
