//! The opcodes of pickle protocols 0 to 5 (Python's `pickletools.opcodes`), and how the argument
//! of each is written.

/// How the bytes after an opcode are read, and what it does with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// No argument; moves values on the stack.
    Plain(Plain),
    /// No argument; imports, makes or calls.
    Make(Make),
    /// So many bytes, a little-endian number.
    Number(u8, NumberAct),
    /// One line of text.
    Line(LineAct),
    /// Two lines of text, a module and a name; and whether it is called at once.
    Names { call: bool },
    /// A little-endian length of so many bytes, then as many bytes.
    Counted(u8, CountedAct),
    /// The end.
    Stop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plain {
    Push,
    Tuple,
    TupleOf(u8),
    Append,
    SetItem,
    AddToMark,
    Collect,
    Pop,
    Duplicate,
    Mark,
    PopMark,
    Memoize,
    Buffer,
    ReadOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Make {
    StackGlobal,
    Reduce,
    Build,
    Object,
    New { named: bool },
    Persistent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberAct {
    Get,
    Put,
    Extension,
    Integer,
    Value,
    Ignored,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineAct {
    Get,
    Put,
    Integer,
    Quoted,
    Escaped,
    Persistent,
    Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CountedAct {
    Bytes,
    Long,
    Text,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Opcode {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

const fn op(name: &'static str, kind: Kind) -> Option<Opcode> {
    Some(Opcode { name, kind })
}

/// The opcode of each byte.
pub(super) static OPCODES: [Option<Opcode>; 256] = table();

const fn table() -> [Option<Opcode>; 256] {
    let mut table = [None; 256];
    values(&mut table);
    containers(&mut table);
    objects(&mut table);
    table
}

const fn values(table: &mut [Option<Opcode>; 256]) {
    table[b'I' as usize] = op("INT", Kind::Line(LineAct::Integer));
    table[b'J' as usize] = op("BININT", Kind::Number(4, NumberAct::Integer));
    table[b'K' as usize] = op("BININT1", Kind::Number(1, NumberAct::Integer));
    table[b'M' as usize] = op("BININT2", Kind::Number(2, NumberAct::Integer));
    table[b'L' as usize] = op("LONG", Kind::Line(LineAct::Value));
    table[0x8a] = op("LONG1", Kind::Counted(1, CountedAct::Long));
    table[0x8b] = op("LONG4", Kind::Counted(4, CountedAct::Long));
    table[b'S' as usize] = op("STRING", Kind::Line(LineAct::Quoted));
    table[b'T' as usize] = op("BINSTRING", Kind::Counted(4, CountedAct::Text));
    table[b'U' as usize] = op("SHORT_BINSTRING", Kind::Counted(1, CountedAct::Text));
    table[b'B' as usize] = op("BINBYTES", Kind::Counted(4, CountedAct::Bytes));
    table[b'C' as usize] = op("SHORT_BINBYTES", Kind::Counted(1, CountedAct::Bytes));
    table[0x8e] = op("BINBYTES8", Kind::Counted(8, CountedAct::Bytes));
    table[0x96] = op("BYTEARRAY8", Kind::Counted(8, CountedAct::Bytes));
    table[0x97] = op("NEXT_BUFFER", Kind::Plain(Plain::Buffer));
    table[0x98] = op("READONLY_BUFFER", Kind::Plain(Plain::ReadOnly));
    table[b'N' as usize] = op("NONE", Kind::Plain(Plain::Push));
    table[0x88] = op("NEWTRUE", Kind::Plain(Plain::Push));
    table[0x89] = op("NEWFALSE", Kind::Plain(Plain::Push));
    table[b'V' as usize] = op("UNICODE", Kind::Line(LineAct::Escaped));
    table[0x8c] = op("SHORT_BINUNICODE", Kind::Counted(1, CountedAct::Text));
    table[b'X' as usize] = op("BINUNICODE", Kind::Counted(4, CountedAct::Text));
    table[0x8d] = op("BINUNICODE8", Kind::Counted(8, CountedAct::Text));
    table[b'F' as usize] = op("FLOAT", Kind::Line(LineAct::Value));
    table[b'G' as usize] = op("BINFLOAT", Kind::Number(8, NumberAct::Value));
}

const fn containers(table: &mut [Option<Opcode>; 256]) {
    table[b']' as usize] = op("EMPTY_LIST", Kind::Plain(Plain::Push));
    table[b'a' as usize] = op("APPEND", Kind::Plain(Plain::Append));
    table[b'e' as usize] = op("APPENDS", Kind::Plain(Plain::AddToMark));
    table[b'l' as usize] = op("LIST", Kind::Plain(Plain::Collect));
    table[b')' as usize] = op("EMPTY_TUPLE", Kind::Plain(Plain::TupleOf(0)));
    table[b't' as usize] = op("TUPLE", Kind::Plain(Plain::Tuple));
    table[0x85] = op("TUPLE1", Kind::Plain(Plain::TupleOf(1)));
    table[0x86] = op("TUPLE2", Kind::Plain(Plain::TupleOf(2)));
    table[0x87] = op("TUPLE3", Kind::Plain(Plain::TupleOf(3)));
    table[b'}' as usize] = op("EMPTY_DICT", Kind::Plain(Plain::Push));
    table[b'd' as usize] = op("DICT", Kind::Plain(Plain::Collect));
    table[b's' as usize] = op("SETITEM", Kind::Plain(Plain::SetItem));
    table[b'u' as usize] = op("SETITEMS", Kind::Plain(Plain::AddToMark));
    table[0x8f] = op("EMPTY_SET", Kind::Plain(Plain::Push));
    table[0x90] = op("ADDITEMS", Kind::Plain(Plain::AddToMark));
    table[0x91] = op("FROZENSET", Kind::Plain(Plain::Collect));
    table[b'0' as usize] = op("POP", Kind::Plain(Plain::Pop));
    table[b'2' as usize] = op("DUP", Kind::Plain(Plain::Duplicate));
    table[b'(' as usize] = op("MARK", Kind::Plain(Plain::Mark));
    table[b'1' as usize] = op("POP_MARK", Kind::Plain(Plain::PopMark));
    table[b'g' as usize] = op("GET", Kind::Line(LineAct::Get));
    table[b'h' as usize] = op("BINGET", Kind::Number(1, NumberAct::Get));
    table[b'j' as usize] = op("LONG_BINGET", Kind::Number(4, NumberAct::Get));
    table[b'p' as usize] = op("PUT", Kind::Line(LineAct::Put));
    table[b'q' as usize] = op("BINPUT", Kind::Number(1, NumberAct::Put));
    table[b'r' as usize] = op("LONG_BINPUT", Kind::Number(4, NumberAct::Put));
    table[0x94] = op("MEMOIZE", Kind::Plain(Plain::Memoize));
}

const fn objects(table: &mut [Option<Opcode>; 256]) {
    table[0x82] = op("EXT1", Kind::Number(1, NumberAct::Extension));
    table[0x83] = op("EXT2", Kind::Number(2, NumberAct::Extension));
    table[0x84] = op("EXT4", Kind::Number(4, NumberAct::Extension));
    table[b'c' as usize] = op("GLOBAL", Kind::Names { call: false });
    table[0x93] = op("STACK_GLOBAL", Kind::Make(Make::StackGlobal));
    table[b'R' as usize] = op("REDUCE", Kind::Make(Make::Reduce));
    table[b'b' as usize] = op("BUILD", Kind::Make(Make::Build));
    table[b'i' as usize] = op("INST", Kind::Names { call: true });
    table[b'o' as usize] = op("OBJ", Kind::Make(Make::Object));
    table[0x81] = op("NEWOBJ", Kind::Make(Make::New { named: false }));
    table[0x92] = op("NEWOBJ_EX", Kind::Make(Make::New { named: true }));
    table[0x80] = op("PROTO", Kind::Number(1, NumberAct::Ignored));
    table[b'.' as usize] = op("STOP", Kind::Stop);
    table[0x95] = op("FRAME", Kind::Number(8, NumberAct::Ignored));
    table[b'P' as usize] = op("PERSID", Kind::Line(LineAct::Persistent));
    table[b'Q' as usize] = op("BINPERSID", Kind::Make(Make::Persistent));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_68_opcodes_of_the_protocols_0_to_5_are_there() {
        let known = OPCODES.iter().flatten();
        let mut names: Vec<&str> = known.map(|opcode| opcode.name).collect();
        assert_eq!(names.len(), 68);
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 68);
    }
}
