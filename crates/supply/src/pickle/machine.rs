//! Reads opcodes one after the other and follows the stack: an unpickler that makes nothing.

mod inner;
mod values;

use std::rc::Rc;

use super::array::Wrapped;
use super::finding::{Notes, ScanVerdict};
use super::naming::Imports;
use super::opcode::{Kind, Make, OPCODES, Opcode, Plain};
use super::stack::{Item, Memo, Stack, StackProblem};
use crate::stream::{Stream, StreamError};
use values::{is_name, read_number};

/// A longer text is no name of a module or a class.
const NAME_BYTES_MAX: usize = 200;
/// Larger tuples are data.
const TUPLE_ITEMS_MAX: usize = 8;
/// How long a line may be in bytes of which it is only guessed that they are a pickle.
const GUESSED_LINE_BYTES_MAX: u64 = 64 * 1_024;
/// Pickles inside of pickles that are followed.
const NESTED_MAX: usize = 8;

/// How sure it is that the bytes are a pickle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Their name or their first bytes say so.
    Named,
    /// They may be anything.
    Guessed,
}

/// How a pickle ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PickleEnd {
    /// With STOP.
    Stopped,
    /// It cannot be read on; and whether that is because the bytes ended.
    Broken {
        offset: u64,
        problem: String,
        cut_off: bool,
    },
}

/// What a scan of one pickle saw.
#[derive(Debug)]
pub(crate) struct Scanned {
    pub(crate) end: PickleEnd,
    /// The number that a legacy PyTorch file begins with.
    pub(crate) torch_magic: bool,
    /// Whether anything was imported, and whether something imported was called.
    pub(crate) imported: bool,
    pub(crate) called: bool,
    pub(crate) notes: Notes,
}

/// Reads one pickle from where the stream stands to its STOP, or as far as it can be read.
pub(crate) fn scan(stream: &mut Stream<'_>, trust: Trust, depth: usize) -> Scanned {
    let mut machine = Machine::new(trust, depth);
    let end = loop {
        let offset = stream.position();
        match machine.step(stream) {
            Ok(true) => {}
            Ok(false) => break PickleEnd::Stopped,
            Err(halt) => {
                break PickleEnd::Broken {
                    offset,
                    problem: halt.to_string(),
                    cut_off: matches!(halt, Halt::Ended),
                };
            }
        }
    };
    machine.imports.finish(&mut machine.notes);
    Scanned {
        end,
        torch_magic: machine.torch_magic,
        imported: machine.imports.any(),
        called: machine.imports.called,
        notes: machine.notes,
    }
}

/// Why no further opcode is read.
#[derive(Debug, thiserror::Error)]
enum Halt {
    #[error("the bytes end before the pickle does")]
    Ended,
    #[error("the bytes cannot be read: {0}")]
    Unreadable(std::io::Error),
    #[error("there is no opcode {0:#04x}")]
    Unknown(u8),
    #[error("{0} finds less on the stack than it takes")]
    Stack(&'static str),
    #[error("the pickle is nested deeper than is followed")]
    TooDeep,
    #[error("a line is longer than a name can be")]
    LongLine,
}

impl From<StreamError> for Halt {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::Ended => Self::Ended,
            StreamError::Broken(error) => Self::Unreadable(error),
        }
    }
}

struct Machine {
    trust: Trust,
    depth: usize,
    stack: Stack,
    memo: Memo,
    imports: Imports,
    notes: Notes,
    wrapped: Wrapped,
    objects: bool,
    torch_magic: bool,
    line: Vec<u8>,
    second_line: Vec<u8>,
}

impl Machine {
    fn new(trust: Trust, depth: usize) -> Self {
        Self {
            trust,
            depth,
            stack: Stack::default(),
            memo: Memo::default(),
            imports: Imports::default(),
            notes: Notes::default(),
            wrapped: Wrapped::default(),
            objects: false,
            torch_magic: false,
            line: vec![],
            second_line: vec![],
        }
    }

    /// One opcode; `false` after STOP.
    fn step(&mut self, stream: &mut Stream<'_>) -> Result<bool, Halt> {
        let offset = stream.position();
        let byte = stream.byte()?.ok_or(Halt::Ended)?;
        let Some(opcode) = &OPCODES[usize::from(byte)] else {
            return Err(Halt::Unknown(byte));
        };
        match opcode.kind {
            Kind::Stop => return Ok(false),
            Kind::Plain(act) => {
                let done = self.plain(act, opcode, offset);
                self.settle(opcode, offset, done)?;
            }
            Kind::Make(act) => {
                let done = self.make(act, opcode, offset);
                self.settle(opcode, offset, done)?;
                if act == Make::Build {
                    self.read_wrapped(stream)?;
                }
            }
            Kind::Number(size, act) => {
                let number = read_number(stream, size)?;
                let done = self.number(act, size, number, opcode, offset);
                self.settle(opcode, offset, done)?;
            }
            Kind::Line(act) => {
                let fits = self.read_line(stream, false)?;
                let done = self.line(act, fits, opcode, offset);
                self.settle(opcode, offset, done)?;
            }
            Kind::Names { call } => {
                let fit = self.read_line(stream, true)? & self.read_line(stream, false)?;
                let done = self.names(call, fit, opcode, offset);
                self.settle(opcode, offset, done)?;
            }
            Kind::Counted(size, act) => {
                let item = self.counted(stream, size, act)?;
                let done = self.stack.push(item);
                self.settle(opcode, offset, done)?;
            }
        }
        Ok(true)
    }

    /// Python stops where the stack is short. What was meant to be a pickle is read on, because
    /// what comes later must not hide behind it.
    fn settle(
        &mut self,
        opcode: &Opcode,
        offset: u64,
        done: Result<(), StackProblem>,
    ) -> Result<(), Halt> {
        match (done, self.trust) {
            (Ok(()), _) => Ok(()),
            (Err(StackProblem::TooDeep), _) => Err(Halt::TooDeep),
            (Err(StackProblem::Empty | StackProblem::NoMark), Trust::Guessed) => {
                Err(Halt::Stack(opcode.name))
            }
            (Err(StackProblem::Empty | StackProblem::NoMark), Trust::Named) => {
                let reason = Halt::Stack(opcode.name).to_string();
                let verdict = ScanVerdict::Unknown;
                self.notes
                    .add(verdict, Some(opcode.name), offset, None, reason);
                self.stack
                    .push(Item::Unnamed)
                    .map_err(|_full| Halt::TooDeep)
            }
        }
    }

    fn read_line(&mut self, stream: &mut Stream<'_>, second: bool) -> Result<bool, Halt> {
        let line = if second {
            &mut self.second_line
        } else {
            &mut self.line
        };
        let start = stream.position();
        let fits = stream.line(line, NAME_BYTES_MAX)?;
        if self.trust == Trust::Guessed && stream.position() - start > GUESSED_LINE_BYTES_MAX {
            return Err(Halt::LongLine);
        }
        Ok(fits)
    }

    /// Opcodes that move values.
    fn plain(&mut self, act: Plain, opcode: &Opcode, offset: u64) -> Result<(), StackProblem> {
        match act {
            Plain::Push => self.stack.push(Item::Value),
            Plain::Tuple => {
                let (items, all) = self.stack.pop_to_mark(TUPLE_ITEMS_MAX)?;
                let item = if all { tuple(items) } else { Item::Value };
                self.stack.push(item)
            }
            Plain::TupleOf(count) => self.tuple_of(count),
            Plain::Append => {
                self.stack.pop()?;
                self.change_top(opcode, offset)
            }
            Plain::SetItem => {
                let value = self.stack.pop()?;
                let key = self.stack.pop()?;
                self.wrapped.note(&key, &value);
                self.change_top(opcode, offset)
            }
            Plain::AddToMark => self.add_to_mark(opcode, offset),
            Plain::Collect => {
                self.stack.pop_to_mark(0)?;
                self.stack.push(Item::Value)
            }
            Plain::Pop => self.stack.pop_or_unmark(),
            Plain::Duplicate => {
                let top = self.stack.top()?.clone();
                self.stack.push(top)
            }
            Plain::Mark => self.stack.mark(),
            Plain::PopMark => self.stack.pop_to_mark(0).map(|_popped| ()),
            Plain::Memoize => self.remember(offset, self.memo.count()),
            Plain::Buffer => {
                let reason = "takes a buffer that is not in the file";
                self.unknown(opcode, offset, reason);
                self.stack.push(Item::Value)
            }
            Plain::ReadOnly => Ok(()),
        }
    }

    fn tuple_of(&mut self, count: u8) -> Result<(), StackProblem> {
        let mut items = Vec::with_capacity(usize::from(count));
        for _one in 0..count {
            items.push(self.stack.pop()?);
        }
        items.reverse();
        self.stack.push(tuple(items))
    }

    fn add_to_mark(&mut self, opcode: &Opcode, offset: u64) -> Result<(), StackProblem> {
        // The state of joblib's wrapper is a dictionary of six pairs.
        const PAIRS_MAX: usize = 64;
        let wanted = if self.imports.wrapper.is_some() {
            PAIRS_MAX
        } else {
            0
        };
        let (items, _all) = self.stack.pop_to_mark(wanted)?;
        for pair in items.chunks_exact(2) {
            self.wrapped.note(&pair[0], &pair[1]);
        }
        self.change_top(opcode, offset)
    }

    fn change_top(&mut self, opcode: &Opcode, offset: u64) -> Result<(), StackProblem> {
        if let Item::Global(number) = *self.stack.top()? {
            self.imports.change(number, opcode, offset, &mut self.notes);
        }
        Ok(())
    }

    /// Opcodes that import, make or call.
    fn make(&mut self, act: Make, opcode: &Opcode, offset: u64) -> Result<(), StackProblem> {
        let made = match act {
            Make::StackGlobal => {
                let name = self.stack.pop()?;
                let module = self.stack.pop()?;
                if let (Item::Text(module), Item::Text(name)) = (module, name) {
                    self.imports.import(&module, &name, opcode, offset)
                } else {
                    self.hidden_name(opcode, offset)
                }
            }
            Make::Reduce => {
                let arguments = self.stack.pop()?;
                let callee = self.stack.pop()?;
                self.call(callee, &arguments, opcode, offset)
            }
            Make::Build => {
                self.stack.pop()?;
                return self.change_top(opcode, offset);
            }
            Make::Object => {
                let (items, _all) = self.stack.pop_to_mark(1)?;
                let callee = items.into_iter().next().ok_or(StackProblem::Empty)?;
                self.call(callee, &Item::Value, opcode, offset)
            }
            Make::New { named } => {
                self.stack.pop()?;
                if named {
                    self.stack.pop()?;
                }
                let class = self.stack.pop()?;
                self.imports
                    .construct(&class, opcode, offset, &mut self.notes);
                self.result(&class, &Item::Value)
            }
            Make::Persistent => self.persistent(opcode, offset)?,
        };
        self.stack.push(made)
    }

    fn call(&mut self, callee: Item, arguments: &Item, opcode: &Opcode, offset: u64) -> Item {
        self.imports.call(&callee, opcode, offset, &mut self.notes);
        self.result(&callee, arguments)
    }

    fn result(&mut self, callee: &Item, arguments: &Item) -> Item {
        let &Item::Global(number) = callee else {
            return Item::Unnamed;
        };
        if self.imports.is_data_type(number)
            && let Item::Tuple(items) = arguments
            && let Some(Item::Text(name)) = items.first()
        {
            self.objects |= name
                .trim_start_matches(['<', '>', '|', '='])
                .starts_with('O');
            return Item::DataType(Rc::clone(name));
        }
        Item::Made(number)
    }

    /// PyTorch's storages are named by a tuple; any other loader must know what it is given.
    fn persistent(&mut self, opcode: &Opcode, offset: u64) -> Result<Item, StackProblem> {
        let id = self.stack.pop()?;
        if let Item::Tuple(items) = &id
            && let Some(Item::Text(kind)) = items.first()
            && matches!(kind.as_ref(), "storage" | "module")
        {
            return Ok(Item::Value);
        }
        self.unknown(opcode, offset, "hands an id to the program that loads it");
        Ok(Item::Unnamed)
    }

    fn hidden_name(&mut self, opcode: &Opcode, offset: u64) -> Item {
        self.imports.hidden = true;
        let reason = "imports a name that the file does not spell out";
        self.unknown(opcode, offset, reason);
        Item::Unnamed
    }

    fn unknown(&mut self, opcode: &Opcode, offset: u64, reason: &str) {
        let verdict = ScanVerdict::Unknown;
        self.notes
            .add(verdict, Some(opcode.name), offset, None, reason);
    }

    fn remember(&mut self, offset: u64, number: u64) -> Result<(), StackProblem> {
        let item = self.stack.top()?.clone();
        let matters = matches!(item, Item::Global(_) | Item::Made(_));
        if !self.memo.put(number, item) && matters {
            let reason = "more is memoized than is followed";
            self.notes.unseen(offset, reason);
        }
        Ok(())
    }

    fn names(
        &mut self,
        call: bool,
        fit: bool,
        opcode: &Opcode,
        offset: u64,
    ) -> Result<(), StackProblem> {
        let lines = [&self.second_line, &self.line].map(|line| std::str::from_utf8(line).ok());
        let imported = match lines {
            [Some(module), Some(name)] if fit => {
                if self.trust == Trust::Guessed && !(is_name(module) && is_name(name)) {
                    return Err(StackProblem::Empty);
                }
                self.imports.import(module, name, opcode, offset)
            }
            [_, _] => self.hidden_name(opcode, offset),
        };
        let item = if call {
            self.stack.pop_to_mark(0)?;
            self.call(imported, &Item::Value, opcode, offset)
        } else {
            imported
        };
        self.stack.push(item)
    }
}

/// A tuple is kept when something in it can matter.
fn tuple(items: Vec<Item>) -> Item {
    let matters = |item: &Item| matches!(item, Item::Text(_) | Item::Integer(_));
    if items.is_empty() || (items.len() <= TUPLE_ITEMS_MAX && items.iter().any(matters)) {
        Item::Tuple(items.into())
    } else {
        Item::Value
    }
}
