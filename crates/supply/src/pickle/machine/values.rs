//! Opcodes with an argument: numbers, lines, texts and bytes.

use super::{Halt, Machine, NAME_BYTES_MAX};
use crate::pickle::opcode::{CountedAct, LineAct, NumberAct, Opcode};
use crate::pickle::stack::{Item, StackProblem};
use crate::stream::Stream;

impl Machine {
    pub(super) fn number(
        &mut self,
        act: NumberAct,
        size: u8,
        number: u64,
        opcode: &Opcode,
        offset: u64,
    ) -> Result<(), StackProblem> {
        match act {
            NumberAct::Get => {
                let item = self.memo.get(number);
                self.stack.push(item)
            }
            NumberAct::Put => self.remember(offset, number),
            NumberAct::Extension => {
                let reason = "takes a name from the registry of the program that loads it";
                self.unknown(opcode, offset, reason);
                self.imports.hidden = true;
                self.stack.push(Item::Unnamed)
            }
            NumberAct::Integer => {
                let unused_bits = if size == 4 { 32 } else { 0 };
                let number = (number << unused_bits).cast_signed() >> unused_bits;
                self.stack.push(Item::Integer(number))
            }
            NumberAct::Value => self.stack.push(Item::Value),
            NumberAct::Ignored => Ok(()),
        }
    }

    pub(super) fn line(
        &mut self,
        act: LineAct,
        fits: bool,
        opcode: &Opcode,
        offset: u64,
    ) -> Result<(), StackProblem> {
        let text = fits.then(|| std::str::from_utf8(&self.line).ok()).flatten();
        let number = text.and_then(|text| text.trim().parse::<i64>().ok());
        match act {
            LineAct::Get => {
                let number = number.and_then(|number| u64::try_from(number).ok());
                let item = number.map_or(Item::Unnamed, |number| self.memo.get(number));
                self.stack.push(item)
            }
            LineAct::Put => match number.and_then(|number| u64::try_from(number).ok()) {
                Some(number) => self.remember(offset, number),
                None => Ok(()),
            },
            LineAct::Integer => self.stack.push(number.map_or(Item::Value, Item::Integer)),
            LineAct::Quoted => {
                let inner = text.and_then(|text| {
                    let text = text.trim();
                    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
                    text.strip_prefix(quote)?.strip_suffix(quote)
                });
                self.stack.push(name_item(inner))
            }
            LineAct::Escaped => self.stack.push(name_item(text)),
            LineAct::Persistent => {
                self.unknown(opcode, offset, "hands an id to the program that loads it");
                self.stack.push(Item::Unnamed)
            }
            LineAct::Value => self.stack.push(Item::Value),
        }
    }

    /// A length and as many bytes: a text, bytes, or a long number.
    pub(super) fn counted(
        &mut self,
        stream: &mut Stream<'_>,
        size: u8,
        act: CountedAct,
    ) -> Result<Item, Halt> {
        /// The first pickle of a legacy PyTorch file is this number.
        const TORCH_MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
        /// A shorter pickle imports nothing.
        const PICKLE_BYTES_MIN: u64 = 8;
        let length = read_number(stream, size)?;
        match act {
            CountedAct::Bytes => {
                if length >= PICKLE_BYTES_MIN && matches!(stream.peek(2)?, [0x80, 2..=5, ..]) {
                    self.nested(stream, length)?;
                } else {
                    stream.skip(length)?;
                }
                Ok(Item::Value)
            }
            CountedAct::Long => {
                let bytes = stream.text(length, NAME_BYTES_MAX)?;
                self.torch_magic |= bytes == Some(TORCH_MAGIC.as_slice());
                Ok(Item::Value)
            }
            CountedAct::Text => {
                let bytes = stream.text(length, NAME_BYTES_MAX)?;
                let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
                Ok(name_item(text))
            }
        }
    }
}

/// A text, if it can be the name of something. Escapes are not resolved: what hides behind them
/// is a name that the file does not spell out.
pub(super) fn name_item(text: Option<&str>) -> Item {
    match text {
        Some(text) if is_name(text) => Item::Text(text.into()),
        Some(_) | None => Item::Value,
    }
}

pub(super) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '<' | '>' | '|' | '=');
    !text.is_empty() && text.chars().all(allowed)
}

pub(super) fn read_number(stream: &mut Stream<'_>, size: u8) -> Result<u64, Halt> {
    let mut bytes = [0; 8];
    match size {
        1 => bytes[..1].copy_from_slice(&stream.array::<1>()?),
        2 => bytes[..2].copy_from_slice(&stream.array::<2>()?),
        4 => bytes[..4].copy_from_slice(&stream.array::<4>()?),
        _ => bytes = stream.array::<8>()?,
    }
    Ok(u64::from_le_bytes(bytes))
}
