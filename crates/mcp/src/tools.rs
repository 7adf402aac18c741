//! The tools, in the order of an agent's day.

mod gates;
mod holding;
mod looking;
mod measuring;

use std::sync::LazyLock;

use crate::tool::ToolRow;

pub(crate) use gates::report_of;

/// Every tool.
pub(crate) static TOOLS: LazyLock<Vec<ToolRow>> = LazyLock::new(|| {
    [
        looking::tools(),
        holding::tools(),
        measuring::tools(),
        gates::tools(),
    ]
    .into_iter()
    .flatten()
    .collect()
});
