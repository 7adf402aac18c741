//! What a tool is: the list is made from one table, so that what is offered, what it takes and which
//! right it needs are read from the same row.

use adjutant_app::Home;
use adjutant_store::Store;
use adjutant_work::access::Right;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::answer::Declined;
use crate::caller::ToolCaller;
use crate::room::{Pace, Working};
use crate::schema;
use crate::server::ToolGround;

/// Everything that a tool works with.
#[derive(Clone, Copy)]
pub(crate) struct Errand<'a> {
    pub(crate) store: &'a Store,
    pub(crate) ground: &'a ToolGround,
    pub(crate) caller: &'a ToolCaller,
}

impl<'a> Errand<'a> {
    pub(crate) fn home(&self) -> &'a Home {
        &self.ground.home
    }
}

type Run = Box<dyn for<'a> Fn(Errand<'a>, Value) -> Working<'a> + Send + Sync>;

/// One row.
pub(crate) struct ToolRow {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) right: Right,
    pub(crate) pace: Pace,
    pub(crate) input: Map<String, Value>,
    /// Reads beside others what the work then needs in place of the arguments, so that who writes waits
    /// for no file.
    pub(crate) look: Option<Run>,
    pub(crate) run: Run,
}

/// A function of typed arguments as one of JSON.
fn typed<A: DeserializeOwned + 'static>(
    name: &'static str,
    run: for<'a> fn(Errand<'a>, A) -> Working<'a>,
) -> Run {
    Box::new(
        move |errand, arguments| match serde_json::from_value(arguments) {
            Ok(arguments) => run(errand, arguments),
            Err(error) => Box::pin(async move {
                Err(Declined::usage(
                    format!("the arguments cannot be read: {error}"),
                    format!("See the input schema of {name}."),
                ))
            }),
        },
    )
}

/// A tool, from its typed function.
pub(crate) fn tool<A: JsonSchema + DeserializeOwned + 'static>(
    (name, description): (&'static str, &'static str),
    (right, pace): (Right, Pace),
    run: for<'a> fn(Errand<'a>, A) -> Working<'a>,
) -> ToolRow {
    ToolRow {
        name,
        description,
        right,
        pace,
        input: schema::of::<A>(),
        look: None,
        run: typed(name, run),
    }
}

impl ToolRow {
    /// The same tool, which runs on what is read for it from its arguments.
    pub(crate) fn after<A: JsonSchema + DeserializeOwned + 'static>(
        mut self,
        look: for<'a> fn(Errand<'a>, A) -> Working<'a>,
    ) -> Self {
        self.input = schema::of::<A>();
        self.look = Some(typed(self.name, look));
        self
    }
}

/// A name in the arguments.
pub(crate) fn named<T: std::str::FromStr>(text: &str) -> Result<T, Declined>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error: T::Err| Declined::usage(error.to_string(), "Use a name that exists."))
}

/// A name that may be left out.
pub(crate) fn optional<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, Declined>
where
    T::Err: std::fmt::Display,
{
    text.map(named).transpose()
}
