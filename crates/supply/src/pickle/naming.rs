//! What a pickle imported, what it does with it, and the findings that follow.

use std::collections::HashMap;

use super::finding::{GlobalName, Notes, ScanVerdict};
use super::known::{Standing, Use, standing};
use super::opcode::Opcode;
use super::stack::Item;

/// Different names that are told apart; a pickle with more is no model.
const NAMES_MAX: usize = 1 << 16;

const UNLISTED: &str = "which is not on the list of harmless names";

#[derive(Debug)]
struct Import {
    name: GlobalName,
    standing: Standing,
    opcode: &'static str,
    offset: u64,
    used: bool,
}

#[derive(Debug, Default)]
pub(super) struct Imports {
    imports: Vec<Import>,
    numbers: HashMap<GlobalName, u32>,
    /// joblib's wrapper of an array, once it was imported.
    pub(super) wrapper: Option<u32>,
    /// Whether a name was imported that the file does not spell out.
    pub(super) hidden: bool,
    /// Whether something that the file names was called.
    pub(super) called: bool,
}

impl Imports {
    pub(super) fn any(&self) -> bool {
        self.hidden || !self.imports.is_empty()
    }

    pub(super) fn import(
        &mut self,
        module: &str,
        name: &str,
        opcode: &Opcode,
        offset: u64,
    ) -> Item {
        let name = GlobalName {
            module: module.to_owned(),
            name: name.to_owned(),
        };
        if let Some(&number) = self.numbers.get(&name) {
            return Item::Global(number);
        }
        let Ok(number) = u32::try_from(self.imports.len()) else {
            return Item::Unnamed;
        };
        if self.imports.len() >= NAMES_MAX {
            self.hidden = true;
            return Item::Unnamed;
        }
        let wrapper = "joblib.numpy_pickle";
        if name.name == "NumpyArrayWrapper" && module.ends_with(wrapper) {
            self.wrapper = Some(number);
        }
        self.imports.push(Import {
            standing: standing(module, &name.name),
            name: name.clone(),
            opcode: opcode.name,
            offset,
            used: false,
        });
        self.numbers.insert(name, number);
        Item::Global(number)
    }

    pub(super) fn is_data_type(&self, number: u32) -> bool {
        self.of(number)
            .is_some_and(|import| import.name.module == "numpy" && import.name.name == "dtype")
    }

    fn of(&self, number: u32) -> Option<&Import> {
        self.imports.get(number as usize)
    }

    /// REDUCE, INST, OBJ: the callable runs with arguments from the file.
    pub(super) fn call(&mut self, callee: &Item, opcode: &Opcode, offset: u64, notes: &mut Notes) {
        let Item::Global(number) = callee else {
            self.called |= self.hidden;
            let reason = "calls something that the file does not name";
            let verdict = ScanVerdict::Executable;
            notes.add(verdict, Some(opcode.name), offset, None, reason);
            return;
        };
        self.called = true;
        let Some(import) = self.imports.get_mut(*number as usize) else {
            return;
        };
        let (verdict, reason) = match import.standing {
            Standing::Harmless(Use::Call) => return,
            Standing::Harmless(Use::Construct) => {
                let reason = "is called, and only known to be harmless when it is not".to_owned();
                (ScanVerdict::Unknown, reason)
            }
            Standing::Executor(why) => (ScanVerdict::Executable, format!("is called, and {why}")),
            Standing::Unlisted => (ScanVerdict::Executable, format!("is called, {UNLISTED}")),
        };
        import.used = true;
        let name = Some(import.name.clone());
        notes.add(verdict, Some(opcode.name), offset, name, reason);
    }

    /// NEWOBJ: an object is made without calling the class.
    pub(super) fn construct(
        &mut self,
        class: &Item,
        opcode: &Opcode,
        offset: u64,
        notes: &mut Notes,
    ) {
        let imports = &mut self.imports;
        let import = if let Item::Global(number) = class {
            imports.get_mut(*number as usize)
        } else {
            None
        };
        let Some(import) = import else {
            self.called |= self.hidden;
            let reason = "makes an object of something that the file does not name";
            let verdict = ScanVerdict::Executable;
            notes.add(verdict, Some(opcode.name), offset, None, reason);
            return;
        };
        self.called = true;
        let (verdict, reason) = match import.standing {
            Standing::Harmless(Use::Call | Use::Construct) => return,
            Standing::Executor(why) => (
                ScanVerdict::Executable,
                format!("an object of it is made, and it {why}"),
            ),
            Standing::Unlisted => (
                ScanVerdict::Unknown,
                format!("an object of it is made, {UNLISTED}"),
            ),
        };
        import.used = true;
        let name = Some(import.name.clone());
        notes.add(verdict, Some(opcode.name), offset, name, reason);
    }

    /// BUILD, APPEND, SETITEM and their like on the imported thing itself, for every later user.
    pub(super) fn change(&mut self, number: u32, opcode: &Opcode, offset: u64, notes: &mut Notes) {
        self.called = true;
        if let Some(import) = self.imports.get_mut(number as usize) {
            import.used = true;
            let name = Some(import.name.clone());
            let reason = "is itself changed, for every later user of it";
            let verdict = ScanVerdict::Executable;
            notes.add(verdict, Some(opcode.name), offset, name, reason);
        }
    }

    /// Names that were imported, and for which nothing was found yet.
    pub(super) fn finish(&mut self, notes: &mut Notes) {
        for import in self.imports.iter().filter(|import| !import.used) {
            let (verdict, reason) = match import.standing {
                Standing::Harmless(_) => continue,
                Standing::Executor(why) => {
                    (ScanVerdict::Executable, format!("is imported, and {why}"))
                }
                Standing::Unlisted => (ScanVerdict::Unknown, format!("is imported, {UNLISTED}")),
            };
            let name = Some(import.name.clone());
            notes.add(verdict, Some(import.opcode), import.offset, name, reason);
        }
        if self.imports.len() >= NAMES_MAX {
            notes.unseen(0, format!("imports more than {NAMES_MAX} names"));
        }
    }
}
