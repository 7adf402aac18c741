//! The agent's day over the Model Context Protocol: the use cases of `app` as tools, with the JSON
//! that the command line prints and its refusals as tool errors.
//!
//! What a tool is (name, description, shape of its arguments, right, function) is ours; the official
//! SDK (`rmcp`) stands behind `server`, `lines` and `http` only, so that it can change.
//!
//! **Invariant.** Nothing here decides anything: a tool reads its arguments, calls one use case and
//! tells what `wire` says of the answer. **Invariant:** descriptions are constant; nothing that an
//! agent wrote becomes part of one.

mod answer;
mod caller;
mod http;
mod lines;
mod own_room;
mod prompts;
mod resources;
mod room;
mod schema;
mod server;
mod tool;
mod tools;

pub use answer::{Answer, Declined};
pub use caller::ToolCaller;
pub use http::answer_http;
pub use lines::serve_lines;
pub use own_room::OwnRoom;
pub use room::{Pace, Work, Workroom};
pub use server::{McpServer, ToolGround};
