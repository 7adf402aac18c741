//! The unpickler's stack and memo, as far as they say which callable an opcode reaches. Values
//! that cannot become a name are one and the same to it, and lie in runs, so that a long list
//! costs nothing.

use std::collections::HashMap;
use std::rc::Rc;

/// Different neighbours on the stack. Python itself writes batches of a thousand.
const RUNS_MAX: usize = 1 << 20;
/// Marks that are open at once.
const MARKS_MAX: usize = 1 << 20;
/// Memo entries that are kept in order; later ones are kept where they can matter.
const MEMO_ORDERED_MAX: u64 = 1 << 20;
/// Later memo entries that can matter.
const MEMO_LATER_MAX: usize = 1 << 20;
/// Memo numbers whose use is known: 2^28 of them take 32 MiB.
const MEMO_NUMBER_MAX: u64 = 1 << 28;

/// What the texts and tuples in the memo may take together. Later ones are forgotten, and what is
/// named by them cannot be told.
const MEMO_BYTES_MAX: usize = 64 * 1_024 * 1_024;

/// A value on the stack.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    /// Data that names nothing.
    Value,
    /// A text that may be a name.
    Text(Rc<str>),
    Integer(i64),
    /// A short tuple with a name or a number in it.
    Tuple(Rc<[Item]>),
    /// Something imported, by its number.
    Global(u32),
    /// What a call of an imported thing gave, by the thing's number.
    Made(u32),
    /// A NumPy data type, by its short name.
    DataType(Rc<str>),
    /// Something that only the program that loads the file knows.
    Unnamed,
}

#[derive(Debug)]
struct Run {
    item: Item,
    count: u64,
}

/// Why the stack cannot follow the pickle any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StackProblem {
    Empty,
    NoMark,
    TooDeep,
}

#[derive(Debug, Default)]
pub(super) struct Stack {
    runs: Vec<Run>,
    /// How many runs lie below each open mark.
    marks: Vec<usize>,
}

impl Stack {
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub(super) fn push(&mut self, item: Item) -> Result<(), StackProblem> {
        if self.runs.len() > self.floor()
            && let Some(run) = self.runs.last_mut()
            && matches!((&run.item, &item), (Item::Value, Item::Value))
        {
            run.count += 1;
            return Ok(());
        }
        if self.runs.len() >= RUNS_MAX {
            return Err(StackProblem::TooDeep);
        }
        self.runs.push(Run { item, count: 1 });
        Ok(())
    }

    pub(super) fn mark(&mut self) -> Result<(), StackProblem> {
        if self.marks.len() >= MARKS_MAX {
            return Err(StackProblem::TooDeep);
        }
        self.marks.push(self.runs.len());
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Result<Item, StackProblem> {
        if self.runs.len() <= self.floor() {
            return Err(StackProblem::Empty);
        }
        let Some(run) = self.runs.last_mut() else {
            return Err(StackProblem::Empty);
        };
        if run.count > 1 {
            run.count -= 1;
            return Ok(run.item.clone());
        }
        self.runs
            .pop()
            .map(|run| run.item)
            .ok_or(StackProblem::Empty)
    }

    /// POP takes the mark when nothing lies above it, as Python does.
    pub(super) fn pop_or_unmark(&mut self) -> Result<(), StackProblem> {
        if self.runs.len() == self.floor() && self.marks.pop().is_some() {
            return Ok(());
        }
        self.pop().map(|_popped| ())
    }

    pub(super) fn top(&self) -> Result<&Item, StackProblem> {
        let above = self.runs.len() > self.floor();
        let run = self.runs.last().filter(|_run| above);
        run.map(|run| &run.item).ok_or(StackProblem::Empty)
    }

    /// Takes everything above the mark; at most `kept_max` items are returned, in order, and
    /// whether they are all.
    pub(super) fn pop_to_mark(
        &mut self,
        kept_max: usize,
    ) -> Result<(Vec<Item>, bool), StackProblem> {
        let floor = self.marks.pop().ok_or(StackProblem::NoMark)?;
        let mut items = Vec::new();
        for run in &self.runs[floor..] {
            for _one in 0..run.count {
                if items.len() == kept_max {
                    self.runs.truncate(floor);
                    return Ok((items, false));
                }
                items.push(run.item.clone());
            }
        }
        self.runs.truncate(floor);
        Ok((items, true))
    }
}

/// What PUT wrote and GET will find.
#[derive(Debug, Default)]
pub(super) struct Memo {
    ordered: Vec<Item>,
    later: HashMap<u64, Item>,
    used: Vec<u64>,
    count: u64,
    kept_bytes: usize,
}

impl Memo {
    /// The number that MEMOIZE takes: how many numbers are in use.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Keeps the item. `false` when there are more than can be followed.
    pub(super) fn put(&mut self, number: u64, mut item: Item) -> bool {
        let size = match &item {
            Item::Text(text) | Item::DataType(text) => text.len() + 32,
            Item::Tuple(items) => items.len() * size_of::<Item>() + 32,
            Item::Value | Item::Integer(_) | Item::Global(_) | Item::Made(_) | Item::Unnamed => 0,
        };
        if self.kept_bytes + size > MEMO_BYTES_MAX {
            item = Item::Unnamed;
        } else {
            self.kept_bytes += size;
        }
        let Some(is_new) = self.use_number(number) else {
            return false;
        };
        self.count += u64::from(is_new);
        if number < MEMO_ORDERED_MAX {
            let place = usize::try_from(number).unwrap_or(usize::MAX);
            if self.ordered.len() <= place {
                self.ordered.resize(place + 1, Item::Value);
            }
            self.ordered[place] = item;
        } else if matches!(item, Item::Value | Item::Integer(_)) {
            if !is_new {
                self.later.remove(&number);
            }
        } else if self.later.len() < MEMO_LATER_MAX || self.later.contains_key(&number) {
            self.later.insert(number, item);
        } else {
            return false;
        }
        true
    }

    pub(super) fn get(&self, number: u64) -> Item {
        if number < MEMO_ORDERED_MAX {
            let place = usize::try_from(number).unwrap_or(usize::MAX);
            return self.ordered.get(place).cloned().unwrap_or(Item::Value);
        }
        self.later.get(&number).cloned().unwrap_or(Item::Value)
    }

    fn use_number(&mut self, number: u64) -> Option<bool> {
        if number >= MEMO_NUMBER_MAX {
            return None;
        }
        let word = usize::try_from(number / 64).unwrap_or(usize::MAX);
        if self.used.len() <= word {
            self.used.resize(word + 1, 0);
        }
        let bit = 1 << (number % 64);
        let is_new = self.used[word] & bit == 0;
        self.used[word] |= bit;
        Some(is_new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_neighbours_are_one_run_and_marks_keep_them_apart() {
        let mut stack = Stack::default();
        for _one in 0..1_000 {
            stack.push(Item::Value).unwrap();
        }
        stack.mark().unwrap();
        stack.push(Item::Value).unwrap();
        assert_eq!(stack.runs.len(), 2);
        assert_eq!(stack.pop_to_mark(8).unwrap(), (vec![Item::Value], true));
        assert_eq!(stack.runs[0].count, 1_000);
        assert_eq!(stack.pop_to_mark(8), Err(StackProblem::NoMark));
    }

    #[test]
    fn a_memo_number_written_twice_counts_once() {
        let mut memo = Memo::default();
        assert!(memo.put(7, Item::Global(1)));
        assert!(memo.put(7, Item::Value));
        assert_eq!((memo.count(), memo.get(7)), (1, Item::Value));
        assert!(memo.put(MEMO_ORDERED_MAX + 5, Item::Global(2)));
        assert_eq!(memo.get(MEMO_ORDERED_MAX + 5), Item::Global(2));
        assert!(!memo.put(u64::MAX, Item::Value));
    }
}
